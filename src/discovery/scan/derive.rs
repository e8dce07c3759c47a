//! The views derived from a stretch of bytes, and the documents that hold text in their own way.

use super::engine::{Engine, Occurrence, View};
use super::stream::Path;
use crate::discovery::containers::{self, Kind, mail, pdf};
use crate::discovery::findings::{ProblemKind, Step};
use crate::discovery::patterns::AnchorKind;
use crate::discovery::text::{Encoding, Glyph};
use crate::discovery::views::{base64, dump, layers, triggers, utf16};
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

/// Bytes decoded at a time around triggers.
const REGION: usize = 64 << 10;
/// Most bytes a deflated token may unpack to.
const MAX_TOKEN: u64 = 1 << 20;

impl Engine<'_> {
    /// UTF-16 in the bytes, as a view in UTF-8.
    pub(super) fn utf16(&mut self, view: &View) {
        let begins = view.place.base == 0 && view.own.start == 0;
        let mark = if begins { utf16::byte_order_mark(view.bytes) } else { None };
        for run in utf16::runs(view.bytes, mark) {
            let encoding = match run.encoding {
                Encoding::Utf16Be => encoding_rs::UTF_16BE,
                _ => encoding_rs::UTF_16LE,
            };
            let (text, _) = encoding.decode_without_bom_handling(&view.bytes[run.bytes.clone()]);
            if text.is_empty() {
                continue;
            }
            let scale = ratio(run.bytes.len(), text.len());
            self.view(&view.derive(text.as_bytes(), Step::Utf16, run.bytes.start, scale));
        }
    }

    /// UTF-32 in the bytes.
    pub(super) fn utf32(&mut self, view: &View) {
        for (place, text) in utf16::utf32_runs(view.bytes) {
            let scale = ratio(place.len(), text.len());
            self.view(&view.derive(text.as_bytes(), Step::Utf32, place.start, scale));
        }
    }

    /// Uuencoded files in text.
    pub(super) fn uuencoded(&mut self, view: &View) {
        let mut done = 0;
        for at in memchr::memmem::find_iter(view.bytes, b"begin ") {
            if at < done {
                continue;
            }
            if let Some(lines) = mail::uuencoded_at(view.bytes, at) {
                done = at + memchr::memmem::find(lines, b"\nend").unwrap_or(lines.len());
                let bytes = mail::uudecode(&view.bytes[at..done]);
                self.encoded(view, &bytes, Step::Uuencode, at, 0.0);
            }
        }
    }

    /// Runs of base64 and of hexadecimal digits, decoded.
    pub(super) fn base64(&mut self, view: &View) {
        let least = self.query.shortest_base64;
        let mut places = Vec::new();
        base64::stretches(view.bytes, least, |place| places.push(place));
        let mut done = 0;
        for place in places {
            if self.stopped() {
                return;
            }
            let mut dumps = Vec::new();
            dump::digits(&view.bytes[place.clone()], place.start, least, &mut dumps);
            self.dumped(view, &dumps);
            // A body's lines are one run.
            if place.start < done || !base64::worthwhile(&view.bytes[place.clone()]) {
                continue;
            }
            for run in base64::runs_from(view.bytes, place.start, least) {
                done = run.bytes.end;
                self.base64_run(view, &run);
            }
        }
    }

    fn base64_run(&mut self, view: &View, run: &base64::Run) {
        let scale = ratio(run.bytes.len(), run.encoded.len() * 3 / 4);
        let whole = base64::decode(&run.encoded, 0);
        let is_text = base64::is_text(&whole);
        let is_open = containers::sniff(&whole[..whole.len().min(containers::HEAD)]) == Kind::Plain;
        self.encoded(view, &whole, Step::Base64, run.bytes.start, scale);
        if is_text || !is_open || run.encoded.len() < base64::LONG {
            return;
        }
        // Nothing readable: it may have begun before the run did.
        for phase in 1..4 {
            let bytes = base64::decode(&run.encoded, phase);
            self.view(&view.derive(&bytes, Step::Base64, run.bytes.start, scale));
        }
    }

    /// Bytes out of an encoding, which may be anything again.
    pub(super) fn encoded(
        &mut self,
        view: &View,
        bytes: &[u8],
        step: Step,
        position: usize,
        scale: f64,
    ) {
        let derived = view.derive(bytes, step, position, scale);
        let head = &bytes[..bytes.len().min(containers::HEAD)];
        match containers::sniff(head) {
            Kind::Plain => {
                self.view(&derived);
                if step == Step::Base64 && !base64::is_text(bytes) {
                    self.inflated_token(&derived);
                }
            }
            _ => {
                let path = Path {
                    form: derived.form.clone(),
                    member: view.member.map(str::to_owned),
                    depth: view.level + 1,
                };
                self.content(bytes, &path);
            }
        }
    }

    /// What SAML and others deflate before they encode it.
    pub(super) fn inflated_token(&mut self, view: &View) {
        let mut text = Vec::new();
        let zlib = matches!(view.bytes, [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..]);
        if !zlib && view.form.steps().last() != Some(&Step::Base64) {
            return;
        }
        let result = if zlib {
            flate2::read::ZlibDecoder::new(view.bytes).take(MAX_TOKEN).read_to_end(&mut text)
        } else {
            flate2::read::DeflateDecoder::new(view.bytes).take(MAX_TOKEN).read_to_end(&mut text)
        };
        let good =
            !text.is_empty() && (result.is_ok() || text.len() > 32) && base64::is_text(&text);
        if good {
            let inner = view.derive(&text, Step::Deflate, 0, 0.0);
            self.view(&inner);
        }
    }

    /// Bytes written out as numbers, with something between them.
    pub(super) fn dumps(&mut self, view: &View) {
        self.dumped(view, &dump::find(view.bytes));
    }

    fn dumped(&mut self, view: &View, dumps: &[dump::Dump]) {
        for dump in dumps {
            let step = if dump.hex { Step::Hex } else { Step::Numbers };
            let scale = ratio(dump.place.len(), dump.bytes.len());
            if dump.text {
                self.encoded(view, &dump.bytes, step, dump.place.start, scale);
            } else {
                self.packed_view(&view.derive(&dump.bytes, step, dump.place.start, scale));
            }
        }
    }

    /// Text around places where the anchors themselves may be written in another way.
    pub(super) fn regions(
        &mut self,
        view: &View,
        found: &mut BTreeMap<(usize, usize), Occurrence>,
    ) {
        let margin = self.query.margin;
        let query = self.query;
        let wanted =
            triggers::Wanted { foreign: query.foreign, signs: &query.signs, phones: query.phones };
        for region in triggers::regions(view.bytes, wanted, margin) {
            let mut start = region.start;
            loop {
                let end = (start + REGION).min(region.end);
                self.region(view, start..end, found);
                if end == region.end || self.cancelled() {
                    break;
                }
                start = end - margin.min(REGION / 2);
            }
        }
    }

    fn region(
        &mut self,
        view: &View,
        range: Range<usize>,
        found: &mut BTreeMap<(usize, usize), Occurrence>,
    ) {
        let query = self.query;
        let mut here: BTreeMap<(usize, usize), Occurrence> = BTreeMap::new();
        for layer in layers::read(&view.bytes[range.clone()], Encoding::Utf8) {
            let (text, places) = written_out(&layer.glyphs);
            for hit in self.anchors_in(text.as_bytes()) {
                let at = places[hit.start] as usize..places[hit.end - 1] as usize + 1;
                for (identifier, kind) in query.index.served(hit.anchor) {
                    if !matches!(kind, AnchorKind::Text(_)) {
                        continue;
                    }
                    let Some(seen) =
                        query.verify(*identifier, &layer.glyphs, at.clone(), view.scene)
                    else {
                        continue;
                    };
                    let start = range.start + layer.glyphs[seen.start].start as usize;
                    let end = range.start + layer.glyphs[seen.end - 1].end as usize;
                    let before = here.get(&(*identifier, start));
                    if before.is_some_and(|before| !seen.verdict.replaces(before.verdict)) {
                        continue;
                    }
                    let steps = match before {
                        Some(before) if before.verdict == seen.verdict => before.steps.clone(),
                        _ if layer.steps.is_empty() => vec![Step::Variant],
                        _ => layer.steps.clone(),
                    };
                    here.insert(
                        (*identifier, start),
                        Occurrence { end, verdict: seen.verdict, steps },
                    );
                }
            }
        }
        for (key, occurrence) in here {
            found.entry(key).or_insert(occurrence);
        }
    }

    /// A mail: its own bytes, and every part as what it is.
    pub(super) fn mail(&mut self, bytes: &[u8], path: &Path) {
        let parts = mail::parts(bytes);
        let view = path.view(bytes);
        // Encoded bodies are decoded as parts; looking for base64 in them would do so twice.
        self.view_without_base64(&view);
        if path.depth >= self.limits.depth {
            self.too_deep(path);
            return;
        }
        let mut plain = 0;
        for part in parts {
            if self.stopped() {
                return;
            }
            let Some(decoded) = part.decoded else { continue };
            self.base64(&within(&view, plain..part.place.start));
            plain = part.place.end;
            let step = if decoded.base64 { Step::Base64 } else { Step::QuotedPrintable };
            let inside = path.member(&format!("part {}", part.name)).inside(step);
            if self.spend(decoded.bytes.len() as u64, &inside) {
                self.content(&decoded.bytes, &inside);
            }
        }
        self.base64(&within(&view, plain..bytes.len()));
    }

    pub(super) fn pdf(&mut self, bytes: &[u8], path: &Path) {
        let contents = pdf::read(bytes);
        if contents.encrypted {
            self.problem(path, ProblemKind::Unreadable, "protected by a password");
        } else if contents.damaged {
            self.problem(path, ProblemKind::Unreadable, "some of its parts could not be unpacked");
        }
        let inside = path.inside(Step::Pdf);
        for text in contents
            .texts
            .iter()
            .map(String::as_bytes)
            .chain(contents.streams.iter().map(Vec::as_slice))
        {
            if !self.spend(text.len() as u64, &inside) || self.cancelled() {
                return;
            }
            let view = inside.view(text);
            self.view(&View { place: view.place.at(0, 0.0), ..view });
        }
    }
}

/// A part of a view.
fn within<'a>(view: &View<'a>, range: Range<usize>) -> View<'a> {
    let bytes = &view.bytes[range.clone()];
    View { bytes, place: view.place.at(range.start, 1.0), own: 0..bytes.len(), ..view.clone() }
}

#[expect(clippy::cast_precision_loss)]
fn ratio(outside: usize, inside: usize) -> f64 {
    if inside == 0 { 0.0 } else { outside as f64 / inside as f64 }
}

/// Folded glyphs as UTF-8, and for each of its bytes the glyph it came from.
fn written_out(glyphs: &[Glyph]) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(glyphs.len());
    let mut places = Vec::with_capacity(glyphs.len());
    for (number, glyph) in (0u32..).zip(glyphs) {
        text.push(glyph.c);
        places.resize(text.len(), number);
    }
    (text, places)
}
