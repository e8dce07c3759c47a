//! What a verifier says.

use crate::discovery::findings::Reason;

/// Where text stands, as far as it changes what is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    Content,
    /// A file's name: an extension may follow an address.
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Match,
    Review(Reason),
}

impl Verdict {
    /// Match, or review for the reason given.
    pub(crate) fn unless(reason: Option<Reason>) -> Self {
        reason.map_or(Self::Match, Self::Review)
    }
}

/// An occurrence: glyph indices and what to make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub start: usize,
    pub end: usize,
    pub verdict: Verdict,
}

impl Found {
    /// The better of two readings of the same place.
    pub(crate) fn better(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.verdict < self.verdict => other,
            _ => self,
        }
    }
}
