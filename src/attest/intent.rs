//! Write-ahead state of a transaction: the intent, and the phase after which absent means removed.

use super::layout::{Layout, STAGED};
use super::record::{seal, unseal};
use super::{FileRecord, Opening, OpeningRecord, Salt, Sha256, TxId, Verdict, Warnings, Why};
use super::{decode_path, encode_path};
use crate::fs::RelPath;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;

/// What a transaction is going to do; durable before its `begin`. Private, short-lived.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intent {
    pub(crate) v: u8,
    pub(crate) tx: TxId,
    pub(crate) why: Why,
    pub(crate) request: String,
    pub(crate) engineer: String,
    pub(crate) memo: String,
    pub(crate) warnings: Warnings,
    pub(crate) subject_salt: Salt,
    pub(crate) items: Vec<Planned>,
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Intent {{ tx: {}, items: {} }}", self.tx, self.items.len())
    }
}

/// One file of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Planned {
    pub(crate) salt: Salt,
    #[serde(serialize_with = "write_path", deserialize_with = "read_path")]
    pub(crate) path: RelPath,
    /// Measured, or as planned when the file was absent already.
    pub(crate) sha256: Sha256,
    pub(crate) size: u64,
    pub(crate) mtime: i64,
    pub(crate) after: Option<Sha256>,
    /// The file that was hashed; `None` when it was absent already.
    pub(crate) inode: Option<Inode>,
    /// Where the file system of the file is mounted, when it is not that of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "write_mount", deserialize_with = "read_mount")]
    pub(crate) mount: Option<RelPath>,
}

/// Which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inode {
    pub(crate) dev: u64,
    pub(crate) inode: u64,
}

impl From<crate::fs::Stat> for Inode {
    fn from(stat: crate::fs::Stat) -> Self {
        Self { dev: stat.dev, inode: stat.inode }
    }
}

fn write_path<S: Serializer>(path: &RelPath, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode_path(path))
}

fn read_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RelPath, D::Error> {
    let text = String::deserialize(deserializer)?;
    decode_path(&text).ok_or_else(|| serde::de::Error::custom("not a path"))
}

fn write_mount<S: Serializer>(mount: &Option<RelPath>, serializer: S) -> Result<S::Ok, S::Error> {
    mount.as_ref().map(encode_path).serialize(serializer)
}

fn read_mount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RelPath>, D::Error> {
    read_path(deserializer).map(Some)
}

impl Planned {
    /// The directory that the file is withdrawn to.
    pub(crate) fn trash(&self, layout: &Layout, tx: TxId) -> RelPath {
        self.mount.as_ref().map_or_else(|| layout.trash_of(tx), |at| Layout::trash_on(at, tx))
    }

    /// Where the file is withdrawn to, being the `n`th of its transaction.
    pub(crate) fn quarantine(&self, layout: &Layout, tx: TxId, n: usize) -> RelPath {
        self.trash(layout, tx).join(n.to_string())
    }

    /// Where its replacement waits.
    pub(crate) fn staged(&self, layout: &Layout, tx: TxId, n: usize) -> RelPath {
        self.trash(layout, tx).join(format!("{n}{STAGED}"))
    }

    pub(crate) fn opened(&self) -> OpeningRecord {
        let Self { salt, path, sha256, size, mtime, after, .. } = self.clone();
        OpeningRecord { salt, record: FileRecord { sha256, after, size, mtime, path } }
    }
}

impl Intent {
    /// Where file systems other than that of the log are mounted, as far as files lie on them.
    pub(crate) fn mounts(&self) -> BTreeSet<&RelPath> {
        self.items.iter().filter_map(|item| item.mount.as_ref()).collect()
    }

    /// Whether any of the files is on the file system of the log.
    pub(crate) fn is_at_home(&self) -> bool {
        self.items.iter().any(|item| item.mount.is_none())
    }

    /// Every quarantine of the transaction, that beside the log first.
    pub(crate) fn trashes(&self, layout: &Layout) -> Vec<RelPath> {
        let mounted = self.mounts().into_iter().map(|mount| Layout::trash_on(mount, self.tx));
        let home = self.is_at_home().then(|| layout.trash_of(self.tx));
        home.into_iter().chain(mounted).collect()
    }

    pub(crate) fn opening(&self) -> Opening {
        Opening {
            subject_salt: self.subject_salt,
            request: self.request.clone(),
            engineer: self.engineer.clone(),
            records: self.items.iter().map(Planned::opened).collect(),
        }
    }
}

/// The verdicts so far, durable once every file is withdrawn: from here a file that is absent from
/// quarantine was removed by us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phase {
    pub(crate) v: u8,
    pub(crate) tx: TxId,
    pub(crate) warnings: Warnings,
    pub(crate) items: Vec<Settled>,
}

/// The verdict on one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settled {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<String>,
}

impl Settled {
    pub(crate) fn plain(verdict: Verdict) -> Self {
        Self { verdict, reason: None }
    }

    pub(crate) fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: Some(reason.into()) }
    }
}

/// The bytes of an intent or phase file: one line of JSON and a hash that shows it is whole.
pub(crate) fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // These types hold nothing that JSON cannot spell.
    seal(serde_json::to_string(value).unwrap_or_default() + "\n")
}

/// Reads an intent or phase file; `None` unless it is whole.
pub(crate) fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_str(unseal(bytes)?).ok()
}
