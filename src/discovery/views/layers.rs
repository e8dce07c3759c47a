//! The plausible readings of a small window of text, from raw to most decoded.

use super::escapes::{self, Dialect};
use super::markup;
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
    // Markup too: what a browser shows is the text without it.
    if let Some(text) = markup::strip(&raw) {
        layers.push(Layer { glyphs: fold(&text), steps: vec![Step::Markup] });
        peel(&text, vec![Step::Markup], &mut layers);
    }
    layers
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
