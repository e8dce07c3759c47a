//! Below the file: the spans that matched give way to a mark or a correction, and everything else
//! stays byte for byte (DSR-7, DSR-10, DSR-11).
//!
//! A span is rewritten only where its bytes are known exactly: in text, escapes included, never
//! inside something packed. What comes out is searched again, so that nothing that matched is left.

use super::super::Context;
use super::discover::query_of;
use super::scope::strip_contacts;
use crate::discovery::{self, FileResult, Limits, Outcome, Query, Span, Step};
use crate::error::{Error, Result};
use crate::fs::{self, RelPath};
use crate::model::{
    AccessRequest, Approval, Case, Finding, FindingKind, FindingOutcome, Id, Meta, Request, Sha256,
};
use crate::policy::Refusal;
use crate::policy::dsr as rules;
use crate::workspace::{layout, record};
use std::ops::Range;

/// Largest file that is written anew, bytes.
const MAX_SIZE: u64 = 16 << 20;

/// Readings of text whose spans can be replaced where they stand.
const EXACT: &[Step] = &[
    Step::Percent,
    Step::JsonEscape,
    Step::HtmlEntity,
    Step::Backslash,
    Step::QuotedPrintable,
    Step::Folded,
    Step::Variant,
];

/// A file as it is and as it will be.
#[derive(Debug, Clone)]
pub(super) struct Rewritten {
    pub path: RelPath,
    pub before: Sha256,
    pub size: u64,
    pub bytes: Vec<u8>,
    pub spans: u64,
}

/// The visible mark that a redacted span leaves.
#[must_use]
pub(super) fn mark(dsr: &Id) -> String {
    format!("[redacted {dsr}]")
}

/// Rewrites the files of a request's findings.
pub(super) struct Rewriter<'a> {
    context: &'a Context,
    request: &'a Request,
    query: Query,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(context: &'a Context, request: &'a Request) -> Result<Self> {
        Ok(Self { context, request, query: query_of(request)? })
    }

    /// What a finding's matches are to say instead.
    fn text_for(&self, finding: &Finding) -> String {
        let correction = self.request.corrections.iter().rev().find(|c| c.item == finding.id);
        match rules::last_decision(self.request, &finding.id).map(|decision| decision.what) {
            Some(crate::model::DecisionKind::Rectify) => {
                correction.map_or_else(|| mark(&self.request.id), |c| c.to.clone())
            }
            _ => mark(&self.request.id),
        }
    }

    /// The file of a finding, and its sidecar where that holds a match too, as decided on.
    ///
    /// # Errors
    /// A match cannot be replaced where it stands; the refusal says what can be done instead.
    pub(super) fn files(&self, finding: &Finding) -> Result<Vec<Rewritten>> {
        self.files_with(finding, &self.text_for(finding))
    }

    /// As [`Rewriter::files`], before anything is decided.
    pub(super) fn files_with(&self, finding: &Finding, text: &str) -> Result<Vec<Rewritten>> {
        if finding.path.contains("!/") {
            return Err(
                self.cannot(finding, "is a member of an archive, which can only go as a whole")
            );
        }
        let path = RelPath::new(&finding.path).map_err(|error| Error::usage(error.to_string()))?;
        let name = path.name().to_string_lossy().into_owned();
        if self.matched(finding, &self.query.scan_name(name.as_bytes())).is_some() {
            return Err(self.cannot(finding, "bears it in its name, and a name cannot be redacted"));
        }
        let mut files: Vec<Rewritten> =
            self.file(finding, &path, finding.kind, text)?.into_iter().collect();
        let sidecar = layout::sidecar(&path);
        if fs::exists(&**self.context.workspace.fs(), &sidecar)
            .map_err(|error| Error::io("read", &sidecar, error))?
        {
            files.extend(self.file(finding, &sidecar, FindingKind::Leftover, text)?);
        }
        if files.is_empty() {
            return Err(self.cannot(finding, "does not hold it any more: discover again"));
        }
        Ok(files)
    }

    /// One file written anew; `None` when it holds no match.
    fn file(
        &self,
        finding: &Finding,
        path: &RelPath,
        kind: FindingKind,
        text: &str,
    ) -> Result<Option<Rewritten>> {
        let io = |error| Error::io("read", path, error);
        let workspace = self.context.workspace.fs();
        if workspace.stat(path).map_err(io)?.size > MAX_SIZE {
            let why = format!("is larger than {} MB", MAX_SIZE >> 20);
            return Err(self.cannot(finding, &why));
        }
        let bytes = fs::read(&**workspace, path).map_err(io)?;
        if let Some(what) = discovery::container(&bytes) {
            return Err(self.cannot(finding, &format!("is a {what}, which can only go as a whole")));
        }
        let Some(plain) = Plain::read(&bytes) else {
            return Err(self.cannot(finding, "is no text"));
        };
        let toml = Toml::of(path, kind);
        let (spans, _) = self.query.spans(&plain.utf8, &Limits::default());
        let mut places: Vec<Range<usize>> = spans
            .iter()
            .filter(|span| self.is_wanted(finding, span.outcome))
            .filter_map(exact)
            .collect();
        places = merged(places);
        if toml == Some(Toml::Case) {
            places.retain(|place| is_searched(&plain.utf8, place));
        }
        if places.is_empty() {
            // Nothing to replace; what matches all the same stands in a form without a place.
            self.check(finding, &plain.utf8, toml)?;
            return Ok(None);
        }
        if !text.is_ascii() && std::str::from_utf8(&plain.utf8).is_err() {
            return Err(self.cannot(finding, "is not UTF-8, and the correction is not plain ASCII"));
        }
        let mut rewritten = plain.utf8.clone();
        for place in places.iter().rev() {
            rewritten.splice(place.clone(), text.bytes());
        }
        if let Some(toml) = toml {
            toml.parse(path, &rewritten).map_err(|error| {
                self.cannot(finding, &format!("would no longer be valid: {error}"))
            })?;
        } else if is_json(&plain.utf8) && !is_json(&rewritten) {
            return Err(self.cannot(finding, "is JSON and would no longer be"));
        }
        // A correction may name the person rightly; a mark may not.
        if text == mark(&self.request.id) {
            self.check(finding, &rewritten, toml)?;
        }
        Ok(Some(Rewritten {
            path: path.clone(),
            before: Sha256::of(&bytes),
            size: bytes.len() as u64,
            bytes: plain.write(&rewritten),
            spans: places.len() as u64,
        }))
    }

    /// An occurrence that a person has to judge is replaced when that is what the finding is.
    fn is_wanted(&self, finding: &Finding, outcome: Outcome) -> bool {
        outcome == Outcome::Match || finding.outcome == FindingOutcome::Review
    }

    /// The form of what still matches.
    fn matched(&self, finding: &Finding, result: &FileResult) -> Option<String> {
        let mut hits = result.hits.iter().filter(|hit| self.is_wanted(finding, hit.outcome));
        hits.next().map(|hit| match &hit.member {
            Some(member) => format!("{} in {member}", hit.form),
            None => hit.form.to_string(),
        })
    }

    /// Nothing that discovery would find is left.
    fn check(&self, finding: &Finding, text: &[u8], toml: Option<Toml>) -> Result<()> {
        let stripped;
        let text = match toml {
            Some(Toml::Case) => {
                stripped = strip_contacts(text).unwrap_or_else(|| text.to_vec());
                &stripped
            }
            _ => text,
        };
        match self.matched(finding, &self.query.scan_bytes(text, &Limits::default())) {
            None => Ok(()),
            Some(form) => {
                let why = format!("holds it as {form}, where no span can be taken out exactly");
                Err(self.cannot(finding, &why))
            }
        }
    }

    fn cannot(&self, finding: &Finding, why: &str) -> Error {
        Refusal::new("DSR-7", format!("{} ({}) {why}", finding.id, finding.path))
            .hint(format!(
                "leave it included to delete the whole file, or `caseward dsr exclude {} {} --reason …`",
                self.request.id, finding.id
            ))
            .into()
    }
}

/// The bytes of a span that can be replaced where it stands.
fn exact(span: &Span) -> Option<Range<usize>> {
    let bytes = span.bytes.clone()?;
    if !span.form.steps().iter().all(|step| EXACT.contains(step)) {
        return None;
    }
    Some(usize::try_from(bytes.start).ok()?..usize::try_from(bytes.end).ok()?)
}

/// Sorted, and those that overlap as one.
fn merged(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_by_key(|place| (place.start, place.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match merged.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => merged.push(place),
        }
    }
    merged
}

/// Whether a place in a `case.toml` is searched at all: contacts are not (DSR-9). Replacing what is
/// not searched changes nothing of what is.
fn is_searched(text: &[u8], place: &Range<usize>) -> bool {
    let mut changed = text.to_vec();
    changed.splice(place.clone(), *b"x");
    strip_contacts(&changed).is_none_or(|changed| Some(changed) != strip_contacts(text))
}

/// One JSON document, or several.
fn is_json(text: &[u8]) -> bool {
    let mut some = false;
    let documents = serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
    for document in documents {
        if document.is_err() {
            return false;
        }
        some = true;
    }
    some
}

/// A record that has to stay one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Toml {
    Case,
    Access,
    Approval,
    Sidecar,
}

impl Toml {
    fn of(path: &RelPath, kind: FindingKind) -> Option<Self> {
        match kind {
            FindingKind::Case => Some(Self::Case),
            FindingKind::Access => Some(Self::Access),
            FindingKind::Approval => Some(Self::Approval),
            _ => layout::sidecar_of(path.name()).map(|_| Self::Sidecar),
        }
    }

    fn parse(self, path: &RelPath, text: &[u8]) -> Result<(), String> {
        let signed = |slot: bool| {
            if slot { Err("a signature stands over it".to_owned()) } else { Ok(()) }
        };
        match self {
            Self::Case => record::parse::<Case>(path, text).map(drop),
            Self::Access => match record::parse::<AccessRequest>(path, text) {
                Ok(access) => {
                    return signed(access.request_slot.is_some_and(|s| s.signature.is_some()));
                }
                Err(error) => Err(error),
            },
            Self::Approval => match record::parse::<Approval>(path, text) {
                Ok(approval) => {
                    return signed(approval.resource_slot.is_some_and(|s| s.signature.is_some()));
                }
                Err(error) => Err(error),
            },
            Self::Sidecar => record::parse::<Meta>(path, text).map(drop),
        }
        .map_err(|error| error.to_string())
    }
}

/// A text file, read as UTF-8 whatever its encoding, and written back in its own.
#[derive(Debug)]
struct Plain {
    encoding: Encoding,
    utf8: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8 and everything that is ASCII where it matters.
    Bytes,
    Utf16Le,
    Utf16Be,
}

impl Plain {
    fn read(bytes: &[u8]) -> Option<Self> {
        if is_text(bytes) {
            return Some(Self { encoding: Encoding::Bytes, utf8: bytes.to_vec() });
        }
        let encodings = match bytes {
            [0xFF, 0xFE, ..] => &[Encoding::Utf16Le][..],
            [0xFE, 0xFF, ..] => &[Encoding::Utf16Be],
            _ => &[Encoding::Utf16Le, Encoding::Utf16Be],
        };
        // Without a mark, the reading with more Latin letters and digits is the text.
        let readings = encodings.iter().filter_map(|&encoding| {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let unit = |pair: &[u8; 2]| match encoding {
                Encoding::Utf16Be => u16::from_be_bytes(*pair),
                _ => u16::from_le_bytes(*pair),
            };
            let text: String =
                char::decode_utf16(pairs.iter().map(unit)).collect::<Result<_, _>>().ok()?;
            let is_text = rest.is_empty() && is_text(text.as_bytes());
            is_text.then(|| Self { encoding, utf8: text.into_bytes() })
        });
        readings.max_by_key(|plain| plain.utf8.iter().filter(|byte| byte.is_ascii()).count())
    }

    fn write(&self, utf8: &[u8]) -> Vec<u8> {
        if self.encoding == Encoding::Bytes {
            return utf8.to_vec();
        }
        // It was read from UTF-16, and what was put in is text.
        let units = String::from_utf8_lossy(utf8);
        let bytes = units.encode_utf16().map(|unit| match self.encoding {
            Encoding::Utf16Be => unit.to_be_bytes(),
            _ => unit.to_le_bytes(),
        });
        bytes.flatten().collect()
    }
}

/// No control characters but those of text.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte >= 0x20 && byte != 0x7F || matches!(byte, 0x09..=0x0D | 0x1B))
}
