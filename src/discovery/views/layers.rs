//! The plausible readings of a small window of text, from raw to most decoded.

use super::escapes::{self, Dialect};
use super::{markup, variants};
use crate::discovery::findings::Step;
use crate::discovery::text::{Encoding, Glyph, Text, fold};

/// How often escapes are peeled off: JSON inside JSON inside a URL is seen in the field.
const PEELS: usize = 3;

/// One reading.
#[derive(Debug)]
pub(crate) struct Layer {
    pub glyphs: Vec<Glyph>,
    /// What was decoded to get here, outermost first.
    pub steps: Vec<Step>,
}

/// The readings of `window`, each decoded further than the one before. The last one in which an
/// identifier shows up is the one a reader would see, so it decides.
pub(crate) fn read(window: &[u8], encoding: Encoding) -> Vec<Layer> {
    let raw = Text::decode(window, encoding);
    let mut layers = vec![Layer { glyphs: fold(&raw), steps: Vec::new() }];
    peel(&raw, Vec::new(), &mut layers);
    // `=` is everywhere in logs, so quoted-printable is a reading of its own.
    if let Some((text, found)) = escapes::decode(&raw, Dialect::QuotedPrintable) {
        layers.push(Layer { glyphs: fold(&text), steps: found.clone() });
        peel(&text, found, &mut layers);
    }
    // Long lines of calendars, directories and cards go on after a line break and one space.
    if let Some(text) = variants::unfolded(&raw) {
        layers.push(Layer { glyphs: fold(&text), steps: vec![Step::Folded] });
        peel(&text, vec![Step::Folded], &mut layers);
    }
    // A terminal's record keeps what was typed over.
    if let Some(text) = variants::erased(&raw) {
        layers.push(Layer { glyphs: fold(&text), steps: vec![Step::Overstrike] });
    }
    // UTF-8 that was once taken for Windows-1252.
    if let Some(text) = variants::repaired(&raw) {
        layers.push(Layer { glyphs: fold(&text), steps: vec![Step::Mojibake] });
    }
    // UTF-16 that was escaped byte by byte leaves zeros between the letters.
    if let Some(text) = layers.last().and_then(|layer| variants::without_zeros(&layer.glyphs)) {
        let steps = layers.last().map(|layer| layer.steps.clone()).unwrap_or_default();
        layers.push(Layer { glyphs: text, steps: [steps, vec![Step::Utf16]].concat() });
    }
    // Markup too: what a browser shows is the text without it.
    if let Some(text) = markup::strip(&raw) {
        layers.push(Layer { glyphs: fold(&text), steps: vec![Step::Markup] });
        peel(&text, vec![Step::Markup], &mut layers);
    }
    layers
}

/// The reading that `steps` lead to, unfolded, as it can be shown to a person.
pub(crate) fn text(window: &[u8], encoding: Encoding, steps: &[Step]) -> Text {
    let raw = Text::decode(window, encoding);
    let (first, mut rest) = match steps {
        [Step::Folded, rest @ ..] => (variants::unfolded(&raw), rest),
        [Step::Overstrike, rest @ ..] => (variants::erased(&raw), rest),
        [Step::Mojibake, rest @ ..] => (variants::repaired(&raw), rest),
        [Step::Markup, rest @ ..] => (markup::strip(&raw), rest),
        [Step::QuotedPrintable, rest @ ..] => {
            (escapes::decode(&raw, Dialect::QuotedPrintable).map(|(text, _)| text), rest)
        }
        rest => (None, rest),
    };
    let mut text = first.unwrap_or(raw);
    while !rest.is_empty() {
        let Some((decoded, found)) = escapes::decode(&text, Dialect::General) else { break };
        text = decoded;
        rest = rest.get(found.len()..).unwrap_or_default();
    }
    text
}

fn peel(text: &Text, mut steps: Vec<Step>, layers: &mut Vec<Layer>) {
    let mut text = escapes::decode(text, Dialect::General);
    for _ in 0..PEELS {
        let Some((decoded, found)) = text else { return };
        steps.extend(found);
        layers.push(Layer { glyphs: fold(&decoded), steps: steps.clone() });
        text = escapes::decode(&decoded, Dialect::General);
    }
}
