//! What a caller asks to have removed, and what became of it.

use super::{Sha256, TxId, Verdict, Warnings, Why};
use crate::fs::RelPath;
use std::fmt;

/// A transaction as its caller plans it.
#[derive(Clone)]
pub struct Removal {
    pub tx: TxId,
    pub why: Why,
    /// Id of the request (or of the sweep); bound by the subject commitment, never in the log.
    pub request: String,
    /// Principal of the engineer; bound by the subject commitment, never in the log.
    pub engineer: String,
    /// The caller's own, kept in the private intent and given back by recovery.
    pub memo: String,
    /// What the caller knows to limit the outcome ([`Warnings::SAME_CONTENT`], …).
    pub warnings: Warnings,
    /// 1 to [`super::MAX_ITEMS`] files, no path twice, none of the log itself.
    pub items: Vec<RemovalItem>,
}

impl fmt::Debug for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tx, why, items, .. } = self;
        write!(f, "Removal {{ tx: {tx}, why: {}, items: {} }}", why.name(), items.len())
    }
}

/// One file to remove or to rewrite.
#[derive(Clone, PartialEq, Eq)]
pub struct RemovalItem {
    pub path: RelPath,
    /// Bytes, as planned.
    pub size: u64,
    /// As planned.
    pub sha256: Sha256,
    /// What takes the file's place: a version without the span (redaction). `None` removes it.
    pub replacement: Option<Vec<u8>>,
    pub if_changed: IfChanged,
}

/// What a file means for the transaction that is no longer what was planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfChanged {
    /// Nothing is begun (DEL-1).
    #[default]
    Refuse,
    /// That file stays, with the verdict that it changed, and the others go: what is left of a plan
    /// of which a part is gone already.
    Keep,
}

impl RemovalItem {
    /// A file to remove altogether.
    #[must_use]
    pub fn remove(path: RelPath, size: u64, sha256: Sha256) -> Self {
        Self { path, size, sha256, replacement: None, if_changed: IfChanged::Refuse }
    }
}

impl fmt::Debug for RemovalItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = if self.replacement.is_some() { "rewrite" } else { "remove" };
        write!(f, "RemovalItem({action} {})", self.path)
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub tx: TxId,
    /// Index of the `begin` entry.
    pub begin: u64,
    /// Index of the `end` entry.
    pub end: u64,
    /// In the order of the removal's items.
    pub items: Vec<OutcomeItem>,
    pub warnings: Warnings,
}

impl Outcome {
    /// Whether every file is gone, by us or before us.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let gone =
            |item: &OutcomeItem| item.verdict.is_gone() || item.verdict == Verdict::AlreadyAbsent;
        self.items.iter().all(gone)
    }
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeItem {
    pub path: RelPath,
    /// Measured by this transaction; `None` when the file was absent before it began. For a
    /// removed or rewritten file it was measured again after the file left its directory.
    pub sha256: Option<Sha256>,
    /// Content that took its place, when it was rewritten.
    pub after: Option<Sha256>,
    /// Bytes.
    pub size: u64,
    /// Seconds since the epoch; 0 when the file was absent before the transaction began.
    pub mtime: i64,
    pub verdict: Verdict,
    /// Why it was kept, in words; for `Changed` it begins with `changed`.
    pub reason: Option<String>,
    /// HMAC-SHA-256 of the record under the file's salt, a leaf of the `begin` entry's `c`.
    pub commitment: [u8; 32],
}

/// What a transaction is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Hashing the files in place; nothing is touched.
    Planning,
    /// Writing the intent and the `begin` entry.
    Recording,
    /// Moving files into quarantine and hashing them again.
    Withdrawing,
    /// Unlinking.
    Removing,
    /// Writing the opening, the `end` entry and the checkpoint.
    Closing,
}

/// How far a transaction or a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    /// Files done in this step.
    pub done: usize,
    /// Files of this step.
    pub total: usize,
    /// Bytes hashed in this step.
    pub bytes: u64,
}
