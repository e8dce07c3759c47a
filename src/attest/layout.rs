//! Where the files of the log lie.

use super::TxId;
use crate::fs::RelPath;

/// What `VERSION` holds.
pub(crate) const VERSION: &[u8] = b"attest/1\n";

/// The paths below one log directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    base: RelPath,
}

impl Layout {
    /// The log of a workspace.
    pub(crate) fn live() -> Self {
        Self { base: RelPath::root().join(".attest") }
    }

    /// Where a new log is prepared, to appear by one rename.
    pub(crate) fn nascent() -> Self {
        Self { base: RelPath::root().join(".attest.new") }
    }

    pub(crate) fn base(&self) -> &RelPath {
        &self.base
    }

    pub(crate) fn version(&self) -> RelPath {
        self.base.join("VERSION")
    }

    pub(crate) fn lock(&self) -> RelPath {
        self.base.join("lock")
    }

    pub(crate) fn log(&self) -> RelPath {
        self.base.join("log.jsonl")
    }

    pub(crate) fn head(&self) -> RelPath {
        self.base.join("head")
    }

    pub(crate) fn checkpoint(&self) -> RelPath {
        self.base.join("checkpoint")
    }

    pub(crate) fn checkpoints(&self) -> RelPath {
        self.base.join("checkpoints")
    }

    pub(crate) fn checkpoint_of(&self, size: u64) -> RelPath {
        self.checkpoints().join(size.to_string())
    }

    pub(crate) fn keys(&self) -> RelPath {
        self.base.join("keys")
    }

    pub(crate) fn key(&self) -> RelPath {
        self.keys().join("log")
    }

    pub(crate) fn public_key(&self) -> RelPath {
        self.keys().join("log.pub")
    }

    pub(crate) fn allowed_signers(&self) -> RelPath {
        self.base.join("allowed_signers")
    }

    /// The file systems that were accepted as weak, a name a line.
    pub(crate) fn weak(&self) -> RelPath {
        self.base.join("weak_filesystems")
    }

    pub(crate) fn txn(&self) -> RelPath {
        self.base.join("txn")
    }

    pub(crate) fn intent(&self, tx: TxId) -> RelPath {
        self.txn().join(format!("{tx}.intent"))
    }

    pub(crate) fn phase(&self, tx: TxId) -> RelPath {
        self.txn().join(format!("{tx}.phase"))
    }

    pub(crate) fn trash(&self) -> RelPath {
        self.base.join("trash")
    }

    pub(crate) fn trash_of(&self, tx: TxId) -> RelPath {
        self.trash().join(tx.to_string())
    }

    /// A transaction's quarantine for files of another file system: in the topmost directory of
    /// the workspace that lies on it.
    pub(crate) fn trash_on(mount: &RelPath, tx: TxId) -> RelPath {
        mount.join(format!("{MOUNTED_TRASH}{tx}"))
    }

    pub(crate) fn openings(&self) -> RelPath {
        self.base.join("open")
    }

    pub(crate) fn opening(&self, tx: TxId) -> RelPath {
        self.openings().join(tx.to_string())
    }

    pub(crate) fn torn(&self) -> RelPath {
        self.base.join("torn")
    }

    /// Every directory of the log, its base first.
    pub(crate) fn directories(&self) -> [RelPath; 7] {
        [
            self.base.clone(),
            self.checkpoints(),
            self.keys(),
            self.txn(),
            self.trash(),
            self.openings(),
            self.torn(),
        ]
    }
}

/// The beginning of the name of a quarantine on another file system.
pub(crate) const MOUNTED_TRASH: &str = ".caseward-trash-";
/// The ending of a replacement's name in the quarantine.
pub(crate) const STAGED: &str = ".new";
/// The ending of a file that is being written beside its final name.
pub(crate) const TEMPORARY: &str = ".tmp";
