//! Identifiers compiled for searching: anchors to look for in bytes, verifiers to decide on text.

mod anchor;
mod around;
mod guid;
mod index;
mod ip;
mod literal;
mod name;
mod phone;
mod runs;
mod verdict;

pub(crate) use anchor::{AnchorKind, Exact};
pub(crate) use index::AnchorHit;
pub(crate) use verdict::{Found, Scene, Verdict};

use super::identifier::{Identifier, IdentifierType, Shape};
use super::text::{Glyph, fold_str};
use index::AnchorIndex;
use std::ops::Range;

/// The identifiers of a request, compiled once and shared by all threads.
#[derive(Debug)]
pub struct Query {
    patterns: Vec<Pattern>,
    pub(crate) index: AnchorIndex,
    /// Some anchor is made of other letters than ASCII ones, so escapes of those matter too.
    pub(crate) foreign: bool,
    /// Signs that an anchor holds because no run of letters was long enough.
    pub(crate) signs: Vec<u8>,
    /// Some identifier is a phone number.
    pub(crate) phones: bool,
    /// Some identifier is one character many times over, so a stretch of one byte may hold it.
    pub(crate) monotone: bool,
    /// Bytes around a trigger that can hold a whole identifier.
    pub(crate) margin: usize,
    /// Fewest characters of base64 that can hold an identifier.
    pub(crate) shortest_base64: usize,
}

/// Whether a value has no two different letters or digits.
fn is_monotone(value: &str) -> bool {
    let mut signs = fold_str(value).into_iter().filter(|sign| sign.is_alphanumeric());
    signs.next().is_none_or(|first| signs.all(|sign| sign == first))
}

#[derive(Debug)]
struct Pattern {
    kind: IdentifierType,
    shape: Shape,
    /// The value as typed, folded: what a plain search would look for.
    typed: Vec<char>,
    /// Runs of letters that stand beside every anchor in raw text; where they do not, they are
    /// written in another way, and that is what the regions around triggers are for.
    companions: Vec<Vec<u8>>,
}

impl Query {
    /// Compiles any number of identifiers; the cost of a search hardly depends on how many.
    #[must_use]
    pub fn compile(identifiers: &[Identifier]) -> Self {
        let patterns: Vec<Pattern> = identifiers
            .iter()
            .map(|id| Pattern {
                kind: id.kind(),
                shape: id.shape().clone(),
                typed: fold_str(id.value()),
                companions: companions(id),
            })
            .collect();
        let mut anchors = anchor::Anchors::default();
        for (number, identifier) in identifiers.iter().enumerate() {
            anchors.add(number, identifier);
        }
        let (foreign, signs) = (anchors.foreign, std::mem::take(&mut anchors.signs));
        // Numbers and machine names are seldom encoded on their own.
        let shortest = patterns
            .iter()
            .filter(|p| {
                matches!(
                    p.kind,
                    IdentifierType::Email
                        | IdentifierType::Upn
                        | IdentifierType::Name
                        | IdentifierType::Custom
                )
            })
            .map(|p| p.typed.len())
            .min()
            .unwrap_or(usize::MAX);
        let mut query = Self {
            patterns,
            index: AnchorIndex::new(anchors),
            foreign,
            signs,
            monotone: identifiers.iter().any(|id| is_monotone(id.value())),
            phones: identifiers.iter().any(|id| id.kind() == IdentifierType::Phone),
            margin: 0,
            shortest_base64: (shortest.min(24) * 4 / 3).clamp(16, 23),
        };
        query.margin =
            (0..query.len()).map(|number| query.reach(number)).max().unwrap_or(0).min(1024);
        query
    }

    /// How many identifiers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Bytes on either side of an anchor that can hold the rest of an identifier and what its
    /// verifier looks at beside it, escapes included.
    pub(crate) fn reach(&self, identifier: usize) -> usize {
        let pattern = &self.patterns[identifier];
        match pattern.shape {
            Shape::Literal(_) => 64 + 8 * pattern.typed.len(),
            Shape::Name(_) => 128 + 10 * pattern.typed.len(),
            Shape::Guid(_) => 320,
            Shape::Phone { .. } => 160,
            Shape::Ipv4(_) | Shape::Ipv6(_) => 192,
        }
    }

    /// Whether the rest of the identifier can stand in the raw text `window` around an anchor.
    pub(crate) fn plausible(&self, identifier: usize, window: &[u8]) -> bool {
        self.patterns[identifier].companions.iter().all(|run| stands_in(run, window))
    }

    /// What stands in `glyphs` of the identifier, touching the glyphs `at`.
    pub(crate) fn verify(
        &self,
        identifier: usize,
        glyphs: &[Glyph],
        at: Range<usize>,
        scene: Scene,
    ) -> Option<Found> {
        let pattern = &self.patterns[identifier];
        let found = match &pattern.shape {
            Shape::Literal(text) => literal::verify(pattern.kind, text, glyphs, &at, scene),
            Shape::Name(words) => name::verify(words, glyphs, &at),
            Shape::Phone { country, national } => phone::verify(country, national, glyphs, &at),
            Shape::Ipv4(address) => ip::verify_v4(*address, glyphs, &at),
            Shape::Ipv6(address) => ip::verify_v6(*address, glyphs, &at),
            Shape::Guid(bytes) => guid::verify(bytes, glyphs, &at),
        };
        // Whatever its kind makes of it: text that a plain search would find is never dropped.
        found.or_else(|| literal::present(&pattern.typed, glyphs, &at))
    }
}

fn companions(identifier: &Identifier) -> Vec<Vec<u8>> {
    let text: String = match identifier.shape() {
        Shape::Literal(text) if identifier.value().is_ascii() => text.iter().collect(),
        // What folding made of other letters does not stand in raw text.
        Shape::Literal(_) => identifier.value().to_owned(),
        Shape::Name(_) => identifier.value().to_owned(),
        _ => return Vec::new(),
    };
    let folded: String = match identifier.shape() {
        Shape::Literal(text) => text.iter().collect(),
        _ => text.to_lowercase(),
    };
    // Letters that other letters fold to (ß, ligatures) are found by their variants' triggers; a
    // scheme that was typed is no part of an address.
    let mut runs: Vec<Vec<u8>> = runs::runs(&text)
        .into_iter()
        .filter(|run| run.len() > 1 && folded.contains(run.as_str()))
        .map(String::into_bytes)
        .collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    runs
}

/// Whether a lower-case run stands in the window, in any case.
fn stands_in(run: &[u8], window: &[u8]) -> bool {
    let Some((&first, rest)) = run.split_first() else { return true };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), window).any(|at| {
        window.get(at + 1..at + run.len()).is_some_and(|text| text.eq_ignore_ascii_case(rest))
    })
}
