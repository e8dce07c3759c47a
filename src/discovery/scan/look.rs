//! A second look at a file: why it matched or did not, and the text around a hit. Both read the file
//! again; nothing of it is kept.

use super::buffers::Buffers;
use super::engine::{Engine, Occurrence, View};
use super::limits::Limits;
use super::source::Source;
use crate::discovery::findings::{FileResult, Form, Hit, Outcome, Reason};
use crate::discovery::patterns::{Query, Verdict};
use crate::discovery::text::{Encoding, Text};
use crate::discovery::views::layers;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// All that was looked at in a file, in the order of its views.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// Every reading of the file, of its members, and of what is encoded in them.
    pub views: Vec<ViewSeen>,
    /// What the search says, as discovery does.
    pub result: FileResult,
}

/// One reading; readings of the same form in the same member are taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewSeen {
    pub member: Option<String>,
    pub form: Form,
    /// Stretches of bytes read in this way, and their bytes after decoding.
    pub stretches: u64,
    pub bytes: u64,
    /// Part of an identifier stood there, but not the identifier.
    pub refused: Vec<Refused>,
    /// Identifiers found: index, outcome, reason, occurrences.
    pub found: Vec<(usize, Outcome, Option<Reason>, u64)>,
}

/// An identifier of which a telling part was seen and that was not found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub identifier: usize,
    pub count: u64,
}

/// The text around a hit, decoded as a reader would see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub before: String,
    pub matched: String,
    pub after: String,
}

impl Context {
    /// The same with every letter and digit outside the match replaced by a bullet: enough to judge
    /// by, without showing other people's data.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mask =
            |text: &str| text.chars().map(|c| if c.is_alphanumeric() { '•' } else { c }).collect();
        Self { before: mask(&self.before), matched: self.matched.clone(), after: mask(&self.after) }
    }
}

/// One occurrence of an identifier in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub identifier: usize,
    pub outcome: Outcome,
    pub form: Form,
    pub member: Option<String>,
    /// Its bytes in the file itself; `None` where it shows only once something is unpacked or
    /// decoded as a whole.
    pub bytes: Option<Range<u64>>,
}

/// What a second look wants to see of the search.
#[derive(Debug, Default)]
pub(super) struct Look {
    trace: Option<BTreeMap<(Option<String>, Form), Seen>>,
    focus: Option<Focus>,
    spans: Option<Vec<Span>>,
}

#[derive(Debug, Default)]
struct Seen {
    order: usize,
    stretches: u64,
    bytes: u64,
    refused: BTreeMap<usize, u64>,
    found: BTreeMap<(usize, Outcome, Option<Reason>), u64>,
}

/// The hit whose context is wanted.
#[derive(Debug)]
struct Focus {
    hit: Hit,
    width: usize,
    context: Option<Context>,
}

impl Look {
    /// Whether what was wanted has been seen.
    pub(super) fn done(&self) -> bool {
        self.focus.as_ref().is_some_and(|focus| focus.context.is_some())
    }

    pub(super) fn view(&mut self, view: &View) {
        if let Some(seen) = self.seen(view) {
            seen.stretches += 1;
            seen.bytes += view.bytes.len() as u64;
        }
    }

    pub(super) fn refused(&mut self, view: &View, identifier: usize) {
        if let Some(seen) = self.seen(view) {
            *seen.refused.entry(identifier).or_default() += 1;
        }
    }

    pub(super) fn occurrence(
        &mut self,
        view: &View,
        identifier: usize,
        start: usize,
        occurrence: &Occurrence,
    ) {
        let (outcome, reason) = match occurrence.verdict {
            Verdict::Match => (Outcome::Match, None),
            Verdict::Review(reason) => (Outcome::Review, Some(reason)),
        };
        if let Some(seen) = self.seen(view) {
            *seen.found.entry((identifier, outcome, reason)).or_default() += 1;
        }
        if let Some(spans) = &mut self.spans {
            let own = view.depth == 0 && view.level == 0 && view.member.is_none();
            let offset = |position| view.place.offset(position);
            spans.push(Span {
                identifier,
                outcome,
                form: view.form.with_all(occurrence.steps.iter().copied()),
                member: view.member.map(str::to_owned),
                bytes: own.then(|| offset(start)..offset(occurrence.end)),
            });
        }
        let Some(focus) = &mut self.focus else { return };
        let hit = &focus.hit;
        let wanted = focus.context.is_none()
            && hit.identifier == identifier
            && hit.outcome == outcome
            && hit.reason == reason
            && hit.member.as_deref() == view.member
            && hit.offset == view.place.offset(start)
            && hit.form == view.form.with_all(occurrence.steps.iter().copied());
        if wanted {
            focus.context =
                Some(around(view.bytes, start..occurrence.end, &occurrence.steps, focus.width));
        }
    }

    fn seen(&mut self, view: &View) -> Option<&mut Seen> {
        let trace = self.trace.as_mut()?;
        let order = trace.len();
        let key = (view.member.map(str::to_owned), view.form.clone());
        Some(trace.entry(key).or_insert_with(|| Seen { order, ..Seen::default() }))
    }
}

/// Up to `width` characters on either side of `place`.
fn around(
    bytes: &[u8],
    place: Range<usize>,
    steps: &[crate::discovery::Step],
    width: usize,
) -> Context {
    // Escapes take up to twelve bytes a character.
    let from = place.start.saturating_sub(width * 12);
    let window = &bytes[from..(place.end + width * 12).min(bytes.len())];
    let text = layers::text(window, Encoding::Utf8, steps);
    let (mut before, mut matched, mut after) = (Vec::new(), String::new(), String::new());
    for &(c, start, end) in text.iter().filter(|(c, ..)| *c != Text::GAP) {
        let (start, end) = (from + start as usize, from + end as usize);
        if end <= place.start {
            before.push(c);
        } else if start < place.end {
            matched.push(c);
        } else if after.chars().count() < width {
            after.push(c);
        }
    }
    let before = before[before.len().saturating_sub(width)..].iter().collect();
    Context { before, matched, after }
}

impl Query {
    /// Says, view by view, why a file matches or does not.
    #[must_use]
    pub fn explain(&self, file: &mut dyn Source, limits: &Limits) -> Explanation {
        let look = Look { trace: Some(BTreeMap::new()), ..Look::default() };
        let (result, look) = self.look(file, limits, look);
        let mut seen: Vec<_> = look.trace.unwrap_or_default().into_iter().collect();
        seen.sort_by_key(|(_, seen)| seen.order);
        let views = seen.into_iter().map(|((member, form), seen)| ViewSeen {
            member,
            form,
            stretches: seen.stretches,
            bytes: seen.bytes,
            refused: seen
                .refused
                .into_iter()
                .map(|(identifier, count)| Refused { identifier, count })
                .collect(),
            found: seen
                .found
                .into_iter()
                .map(|((id, outcome, reason), count)| (id, outcome, reason, count))
                .collect(),
        });
        Explanation { views: views.collect(), result }
    }

    /// Reads a file again for the text around the first occurrence of a hit, `width` characters on
    /// either side. `None` when it is no longer there.
    #[must_use]
    pub fn context(
        &self,
        file: &mut dyn Source,
        hit: &Hit,
        limits: &Limits,
        width: usize,
    ) -> Option<Context> {
        let focus = Focus { hit: hit.clone(), width, context: None };
        let (_, look) = self.look(file, limits, Look { focus: Some(focus), ..Look::default() });
        look.focus.and_then(|focus| focus.context)
    }

    /// Where in the bytes of a file every identifier stands, in no particular order; and what could
    /// not be read.
    #[must_use]
    pub fn spans(&self, bytes: &[u8], limits: &Limits) -> (Vec<Span>, FileResult) {
        let mut source = bytes;
        let look = Look { spans: Some(Vec::new()), ..Look::default() };
        let (result, look) = self.look(&mut source, limits, look);
        (look.spans.unwrap_or_default(), result)
    }

    fn look(&self, file: &mut dyn Source, limits: &Limits, look: Look) -> (FileResult, Look) {
        let never = AtomicBool::new(false);
        let mut buffers = Buffers::default();
        let mut engine = Engine::new(self, limits, &never, &mut buffers);
        engine.look = look;
        engine.search(file, &|_| {});
        let look = std::mem::take(&mut engine.look);
        (engine.out.finish(), look)
    }
}
