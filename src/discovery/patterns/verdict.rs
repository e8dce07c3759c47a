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
    /// Whether this, from a further decoded reading, takes the place of what an earlier reading
    /// said. A reading in which the identifier turns out to be part of something longer does; one in
    /// which it merely looks odd may have decoded too much.
    pub(crate) fn replaces(self, earlier: Self) -> bool {
        match self {
            Self::Match => true,
            Self::Review(
                Reason::LongerWord
                | Reason::LongerNumber
                | Reason::LongerAddress
                | Reason::LongerName
                | Reason::OtherCountry,
            ) => true,
            Self::Review(_) => earlier == self,
        }
    }

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
