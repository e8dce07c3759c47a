//! What discovery finds: hits, problems, and the forms the text took. The text itself is never
//! part of a finding.

mod collect;
mod form;

pub(crate) use collect::Collector;
pub use form::{Form, Step};

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the engine says of an identifier's occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The identifier, in a context that its kind accepts.
    Match,
    /// The identifier's text, in a context that only a person can judge.
    Review,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Match => "match",
            Self::Review => "review",
        })
    }
}

/// Why an occurrence is left to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Letters or digits go on directly before or after it.
    LongerWord,
    /// Digits go on before or after the number.
    LongerNumber,
    /// The local part begins earlier, or the domain goes on.
    LongerAddress,
    /// A name goes on: a hyphenated first or last name.
    LongerName,
    /// The number stands behind another country's code.
    OtherCountry,
    /// It may be a version number.
    VersionNumber,
    /// The words are joined by something other than space.
    Joined,
    /// The words stand in reverse order without a comma.
    Reversed,
    /// A guest account's or folder's name made from the address.
    DerivedName,
    /// The address as part of a host name or of a longer address.
    PartOfHost,
    /// Letters beyond ASCII were lost on the way: `S?ren`.
    LostLetters,
    /// Written so that nothing takes it for an address: `user (at) domain`, `10[.]20[.]30[.]4`.
    Rewritten,
    /// The same number in another notation.
    OtherNotation,
    /// The text as typed is there, in a shape its kind does not accept.
    TextPresent,
    /// Only part of the surrounding data could be decoded.
    Partial,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::LongerWord => "inside a longer word",
            Self::LongerNumber => "inside a longer number",
            Self::LongerAddress => "inside a longer address",
            Self::LongerName => "inside a longer name",
            Self::OtherCountry => "behind another country's code",
            Self::VersionNumber => "may be a version number",
            Self::Joined => "words joined by a sign",
            Self::Reversed => "words in reverse order",
            Self::DerivedName => "account or folder name made from the address",
            Self::PartOfHost => "inside a host name or a longer address",
            Self::LostLetters => "letters were lost in a conversion",
            Self::Rewritten => "written so as not to be taken for an address",
            Self::OtherNotation => "the same number in another notation",
            Self::TextPresent => "the text is there, in an unexpected shape",
            Self::Partial => "only part of the data could be decoded",
        })
    }
}

/// One identifier found in one way in one file or member, any number of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Index into the query's identifiers.
    pub identifier: usize,
    pub outcome: Outcome,
    /// Why it is left to a person; only with [`Outcome::Review`].
    pub reason: Option<Reason>,
    pub form: Form,
    /// Inner name when the file is a container, nested ones joined by `!/`.
    pub member: Option<String>,
    /// Occurrences.
    pub count: u64,
    /// Where the first one (or the encoded run it is in) begins: bytes into the member, else the
    /// file.
    pub offset: u64,
}

/// Why something could not be searched, or not wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Damaged, protected, not permitted, or of a kind nothing here opens.
    Unreadable,
    /// A limit was reached; what lies behind it was not searched.
    Limit,
}

/// Something that was not searched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// Inner name when the problem lies inside a container.
    pub member: Option<String>,
    pub kind: ProblemKind,
    pub why: String,
}

/// All that came of one file, or of one stretch of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileResult {
    pub hits: Vec<Hit>,
    pub problems: Vec<Problem>,
    /// Bytes of the file itself that were read.
    pub bytes: u64,
}

impl FileResult {
    /// The strongest outcome among the hits.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.hits.iter().map(|hit| hit.outcome).min()
    }
}
