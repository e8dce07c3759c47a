//! One stretch of bytes: anchors, the windows around them, and the views derived from the bytes.

use super::budget::Budget;
use super::buffers::Buffers;
use super::limits::Limits;
use super::look::Look;
use crate::discovery::findings::{Collector, Form, Reason, Step};
use crate::discovery::patterns::{AnchorHit, AnchorKind, Exact, Query, Scene, Verdict};
use crate::discovery::text::Encoding;
use crate::discovery::views::layers::{self, Layer};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Deepest nesting of views in views.
const MAX_VIEWS: usize = 5;

/// The state of one file's search.
pub(crate) struct Engine<'q> {
    pub query: &'q Query,
    pub limits: &'q Limits,
    pub out: Collector,
    pub(super) budget: Budget,
    /// Tells a second look what it wants to see of the search.
    pub(super) look: Look,
    pub(super) buffers: &'q mut Buffers,
    cancel: &'q AtomicBool,
}

/// A stretch of bytes and how one gets to it.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    pub bytes: &'a [u8],
    pub form: Form,
    pub member: Option<&'a str>,
    pub scene: Scene,
    /// Where it lies in the file or member.
    pub place: Place,
    /// Views above it.
    pub depth: usize,
    /// Containers around it.
    pub level: usize,
    /// Hits that begin outside belong to a neighbouring piece.
    pub own: Range<usize>,
}

/// From positions in a view to offsets in the file or member it came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub base: u64,
    /// Bytes outside for each byte inside; 0 pins everything to the base.
    pub scale: f64,
}

impl Place {
    pub(crate) const START: Self = Self { base: 0, scale: 1.0 };

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub(crate) fn offset(self, position: usize) -> u64 {
        self.base + (position as f64 * self.scale) as u64
    }

    pub(crate) fn at(self, position: usize, scale: f64) -> Self {
        Self { base: self.offset(position), scale: self.scale * scale }
    }
}

impl<'a> View<'a> {
    pub(crate) fn plain(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            form: Form::default(),
            member: None,
            scene: Scene::Content,
            place: Place::START,
            depth: 0,
            level: 0,
            own: 0..bytes.len(),
        }
    }

    /// A view of `bytes` derived from this one at `position`.
    pub(crate) fn derive<'b>(
        &self,
        bytes: &'b [u8],
        step: Step,
        position: usize,
        scale: f64,
    ) -> View<'b>
    where
        'a: 'b,
    {
        View {
            bytes,
            form: self.form.with(step),
            member: self.member,
            scene: self.scene,
            place: self.place.at(position, scale),
            depth: self.depth + 1,
            level: self.level,
            own: 0..bytes.len(),
        }
    }
}

impl<'q> Engine<'q> {
    pub(crate) fn new(
        query: &'q Query,
        limits: &'q Limits,
        cancel: &'q AtomicBool,
        buffers: &'q mut Buffers,
    ) -> Self {
        Self {
            query,
            limits,
            out: Collector::default(),
            budget: Budget::default(),
            look: Look::default(),
            buffers,
            cancel,
        }
    }

    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Searches a view and everything that can be derived from it.
    pub(crate) fn view(&mut self, view: &View) {
        if self.look.done() {
            return;
        }
        if self.is_empty_of_all(view.bytes) {
            return self.look.view(view);
        }
        self.view_without_base64(view);
        if view.depth < MAX_VIEWS && !self.cancelled() {
            self.base64(view);
        }
    }

    /// As [`Engine::view`], for bytes whose base64 is decoded in another way.
    pub(super) fn view_without_base64(&mut self, view: &View) {
        let mut found = self.raw(view);
        self.regions(view, &mut found);
        self.record(view, found);
        if view.depth < MAX_VIEWS && !self.cancelled() {
            self.utf16(view);
            self.utf32(view);
            self.dumps(view);
            self.uuencoded(view);
        }
    }

    /// Searches packed bytes: only what stands in them as it is.
    pub(super) fn packed_view(&mut self, view: &View) {
        if self.is_empty_of_all(view.bytes) {
            return self.look.view(view);
        }
        let found = self.raw(view);
        self.record(view, found);
    }

    /// Whether the bytes are one byte over and over, as in holes of dumps and in bombs: no code that
    /// is read here makes two different characters of them.
    fn is_empty_of_all(&self, bytes: &[u8]) -> bool {
        !self.query.monotone && bytes.len() > 1 && bytes.first() == bytes.last() && {
            let (without_last, without_first) = (&bytes[..bytes.len() - 1], &bytes[1..]);
            without_last == without_first
        }
    }

    fn record(&mut self, view: &View, found: BTreeMap<(usize, usize), Occurrence>) {
        self.look.view(view);
        for ((identifier, start), occurrence) in found {
            if !view.own.contains(&start) {
                continue;
            }
            self.look.occurrence(view, identifier, start, &occurrence);
            let reason = match occurrence.verdict {
                Verdict::Match => None,
                Verdict::Review(reason) => Some(reason),
            };
            let form = view.form.with_all(occurrence.steps);
            self.out.hit(identifier, reason, form, view.member, view.place.offset(start));
        }
    }

    /// The bytes as they are, with the windows around anchors decoded: by identifier and place.
    fn raw(&mut self, view: &View) -> BTreeMap<(usize, usize), Occurrence> {
        let query = self.query;
        let mut found = BTreeMap::new();
        for hit in self.anchors_in(view.bytes) {
            for (identifier, kind) in query.index.served(hit.anchor) {
                let located = match kind {
                    AnchorKind::Exact(exact) => compare(view, &hit, exact),
                    AnchorKind::Text(text) => {
                        decide(query, view, &hit, *identifier, text.encoding())
                    }
                };
                match located {
                    Some((start, occurrence)) => {
                        found.entry((*identifier, start)).or_insert(occurrence);
                    }
                    None => self.look.refused(view, *identifier),
                }
            }
        }
        found
    }

    pub(super) fn anchors_in(&self, bytes: &[u8]) -> Vec<AnchorHit> {
        let mut hits = Vec::new();
        self.query.index.search(bytes, |hit| hits.push(hit));
        hits
    }
}

/// One place at which an identifier stands in a view.
#[derive(Debug, Clone)]
pub(super) struct Occurrence {
    /// One past its last byte in the view.
    pub end: usize,
    pub verdict: Verdict,
    pub steps: Vec<Step>,
}

fn compare(view: &View, hit: &AnchorHit, exact: &Exact) -> Option<(usize, Occurrence)> {
    let end = hit.start + exact.bytes.len();
    if view.bytes.get(hit.start..end)? != exact.bytes {
        return None;
    }
    let beside = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let longer = exact.wordy
        && (beside(hit.start.checked_sub(1).and_then(|i| view.bytes.get(i)))
            || beside(view.bytes.get(end)));
    let verdict = Verdict::unless(longer.then_some(Reason::LongerWord).or(exact.review));
    Some((hit.start, Occurrence { end, verdict, steps: vec![exact.step] }))
}

/// Reads the window around an anchor every plausible way. The most decoded reading in which the
/// identifier shows up decides, for it is what a reader would see.
fn decide(
    query: &Query,
    view: &View,
    hit: &AnchorHit,
    identifier: usize,
    encoding: Encoding,
) -> Option<(usize, Occurrence)> {
    let reach = query.reach(identifier);
    let mut from = hit.start.saturating_sub(reach);
    if encoding == Encoding::Utf8 {
        // Not in the middle of a character.
        while from > 0 && view.bytes[from] & 0xC0 == 0x80 && hit.start - from < reach + 4 {
            from -= 1;
        }
    } else {
        from += (hit.start - from) % 2;
    }
    let window = &view.bytes[from..(hit.end + reach).min(view.bytes.len())];
    if encoding == Encoding::Utf8 && !query.plausible(identifier, window) {
        return None;
    }
    let near = hit.start - from..hit.end - from;
    let mut last: Option<(usize, Occurrence)> = None;
    for layer in layers::read(window, encoding) {
        let at = glyphs_at(&layer, &near);
        if at.is_empty() {
            continue;
        }
        if let Some(found) = query.verify(identifier, &layer.glyphs, at, view.scene) {
            if last.as_ref().is_some_and(|(_, last)| !found.verdict.replaces(last.verdict)) {
                continue;
            }
            let start = from + layer.glyphs[found.start].start as usize;
            let mut steps = layer.steps;
            if encoding != Encoding::Utf8 {
                steps.insert(0, Step::Utf16);
            }
            // The reading that needed least decoding names the form.
            let steps = match last {
                Some((_, last)) if last.verdict == found.verdict => last.steps,
                _ => steps,
            };
            let end = from + layer.glyphs[found.end - 1].end as usize;
            last = Some((start, Occurrence { end, verdict: found.verdict, steps }));
        }
    }
    last
}

/// The glyphs that came from the bytes `near`.
fn glyphs_at(layer: &Layer, near: &Range<usize>) -> Range<usize> {
    let first = layer.glyphs.partition_point(|g| (g.end as usize) <= near.start);
    let end = layer.glyphs.partition_point(|g| (g.start as usize) < near.end);
    first..end.max(first)
}
