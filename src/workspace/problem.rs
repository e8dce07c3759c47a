//! Problems: what is wrong with single files, listed instead of failing the whole.

use crate::error::Invalid;
use serde::Serialize;

/// What kind of problem a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// It could not be read, or only in part.
    Unreadable,
    /// A file in a store without a sidecar.
    Unregistered,
    /// A limit was reached before all of it was read.
    Limit,
    /// A record that does not say what it should.
    Invalid,
}

impl ProblemKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unregistered => "unregistered",
            Self::Limit => "limit",
            Self::Invalid => "invalid",
        }
    }
}

/// One problem of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Relative to the workspace.
    pub path: String,
    pub kind: ProblemKind,
    /// One sentence; with line and column where a place is known.
    pub why: String,
}

impl Problem {
    #[must_use]
    pub fn new(path: impl Into<String>, kind: ProblemKind, why: impl Into<String>) -> Self {
        Self { path: path.into(), kind, why: why.into() }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let at = match (invalid.line, invalid.column) {
            (Some(line), Some(column)) => format!("line {line}, column {column}: "),
            _ => String::new(),
        };
        Self::new(invalid.path, ProblemKind::Invalid, format!("{at}{}", invalid.message))
    }
}
