//! Write-ahead state of a transaction: the intent, and the phase after which absent means removed.

use super::record::{seal, unseal};
use super::{FileRecord, Opening, OpeningRecord, Salt, Sha256, TxId, Verdict, Warnings, Why};
use super::{decode_path, encode_path};
use crate::fs::RelPath;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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

impl Planned {
    pub(crate) fn opened(&self) -> OpeningRecord {
        let Self { salt, path, sha256, size, mtime, after, .. } = self.clone();
        OpeningRecord { salt, record: FileRecord { sha256, after, size, mtime, path } }
    }
}

impl Intent {
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
