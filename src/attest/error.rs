//! What can go wrong in the attestation log, as far as a caller must tell it apart.

use super::Sha256;
use crate::fs::RelPath;
use std::io;

/// A failure of the attestation log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no attestation log here (.attest is missing)")]
    Missing,
    #[error("there is an attestation log already")]
    Exists,
    #[error("the attestation log is of version {found:?}, and this program knows only attest/1")]
    Version { found: String },
    #[error("cannot {doing} {path}: {source}")]
    Io { doing: &'static str, path: RelPath, source: io::Error },
    /// A failed flush: what reached storage is unknown, so nothing more is written.
    #[error(
        "{path} could not be flushed to storage ({detail}): nothing more is written; check the \
         disk, then start again"
    )]
    ReadOnly { path: RelPath, detail: String },
    /// Files of an interrupted transaction lie on a file system that is not there.
    #[error(
        "an interrupted deletion has files on a file system that is not mounted on {mount} now: \
         nothing is finished before it is"
    )]
    NotMounted { mount: RelPath },
    /// Renames, locks or flushes may not hold on it, and nobody accepted that.
    #[error("{path} lies on a file system ({name}) that is not known to keep what was flushed")]
    WeakFileSystem { path: RelPath, name: String },
    /// An earlier step of this session failed; a new session recovers first.
    #[error("an earlier step failed: open the log again, so that it recovers")]
    Broken,
    /// The log contradicts itself. It is never repaired.
    #[error("the attestation log is damaged, and is left as it is: {0}")]
    Damaged(String),
    #[error("{path} can be changed or read by others (mode {mode:04o}): set it to {wanted:04o}")]
    Permissions { path: RelPath, mode: u32, wanted: u32 },
    /// DEL-1: files differ from the plan before `begin`; nothing was touched.
    #[error("{} of the files differ from the plan; nothing was touched", .0.len())]
    Differs(Vec<Difference>),
    /// DEL-4: none of the files is there any more, so there is nothing to attest.
    #[error("none of the files is there any more: nothing was removed, nothing is attested")]
    NothingThere,
    #[error("{count} files in one transaction; at most {} are possible", super::MAX_ITEMS)]
    TooMany { count: usize },
    #[error("{0}")]
    Invalid(String),
    #[error("no randomness from the operating system: {0}")]
    Random(String),
    #[error("the log key is unusable: {0}")]
    Key(String),
    #[error("there is no transaction {0}")]
    UnknownTx(super::TxId),
    #[error("there is no entry {0}")]
    UnknownEntry(u64),
}

/// One file that is not what the plan says.
#[derive(Debug)]
pub struct Difference {
    pub path: RelPath,
    pub how: How,
}

/// How a file differs from its plan.
#[derive(Debug)]
pub enum How {
    /// Other content than planned.
    Content { planned: Sha256, found: Sha256 },
    /// Not a regular file (any more).
    NotAFile,
    /// It may or may not be there: it cannot be read (verdict Unknown, DEL-7).
    Unreadable(io::Error),
}

impl Error {
    /// Whether the cause is that the disk or quota is full.
    #[must_use]
    pub fn is_full_disk(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ))
    }
}
