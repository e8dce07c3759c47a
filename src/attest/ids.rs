//! Identifiers and closed lists of the log: transaction id, reason, outcome, warnings.

use super::{Error, hex};
use std::fmt;
use std::str::FromStr;

/// A transaction's random name: 16 bytes, written as 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TxId(pub [u8; 16]);

impl TxId {
    /// A new name nobody can guess.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn random() -> Result<Self, Error> {
        random().map(Self)
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(bytes)
}

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// A text that is not a transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a transaction id is 32 lower-case hexadecimal digits")]
pub struct NotTxId;

impl FromStr for TxId {
    type Err = NotTxId;

    fn from_str(text: &str) -> Result<Self, NotTxId> {
        hex::decode(text.as_bytes()).map(Self).ok_or(NotTxId)
    }
}

impl serde::Serialize for TxId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for TxId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why files are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A data subject request.
    Dsr,
    /// A retention period ended.
    Retention,
    /// The customer's files in the transfer folder.
    Transfer,
    /// Evidence of an old request (ATT-7).
    Evidence,
}

impl Why {
    pub const ALL: [Self; 4] = [Self::Dsr, Self::Retention, Self::Transfer, Self::Evidence];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dsr => "dsr",
            Self::Retention => "retention",
            Self::Transfer => "transfer",
            Self::Evidence => "evidence",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }
}

/// What became of one file; the character is its place in an `end` leaf's `out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// `g`: unlinked by us and seen gone.
    Removed,
    /// `r`: replaced by a version without the span; the original is unlinked and seen gone.
    Rewritten,
    /// `a`: it was absent before we came.
    AlreadyAbsent,
    /// `m`: changed since the plan, kept.
    Changed,
    /// `x`: failed, kept.
    Failed,
}

impl Verdict {
    pub const ALL: [Self; 5] =
        [Self::Removed, Self::Rewritten, Self::AlreadyAbsent, Self::Changed, Self::Failed];

    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Removed => 'g',
            Self::Rewritten => 'r',
            Self::AlreadyAbsent => 'a',
            Self::Changed => 'm',
            Self::Failed => 'x',
        }
    }

    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.letter() == letter)
    }

    /// Whether the original content left the workspace by our hand.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Removed | Self::Rewritten)
    }
}

/// What limits an outcome's meaning: the bits of an `end` leaf's `w`, four hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Warnings(pub u16);

impl Warnings {
    /// A removed file had other hard links: its content may live on under another name.
    pub const HARD_LINKS: Self = Self(0x0001);
    /// A process had a removed file open, as far as this user could see.
    pub const OPEN_ELSEWHERE: Self = Self(0x0002);
    /// The file system shares or snapshots blocks (btrfs, zfs, bcachefs, …).
    pub const COPY_ON_WRITE: Self = Self(0x0004);
    /// The file system is on another host, which may keep copies.
    pub const NETWORK: Self = Self(0x0008);
    /// The same content lies elsewhere in the workspace (the caller's finding, DEL-6).
    pub const SAME_CONTENT: Self = Self(0x0010);
    /// After the removal something bears a removed file's path again.
    pub const PATH_TAKEN_AGAIN: Self = Self(0x0020);
    /// The log or a file lay on a file system not known to keep what was flushed, accepted as such.
    pub const WEAK_FILE_SYSTEM: Self = Self(0x0040);
    /// The transaction was interrupted and recovery finished it.
    pub const RECOVERED: Self = Self(0x0080);

    /// Every known bit with its meaning, lowest first.
    pub const MEANINGS: [(Self, &'static str); 8] = [
        (Self::HARD_LINKS, "a removed file had other hard links"),
        (Self::OPEN_ELSEWHERE, "a process had a removed file open"),
        (Self::COPY_ON_WRITE, "the file system is copy-on-write or may hold snapshots"),
        (Self::NETWORK, "the file system is on another host"),
        (Self::SAME_CONTENT, "the same content lies elsewhere in the workspace"),
        (Self::PATH_TAKEN_AGAIN, "something bears a removed file's path again"),
        (Self::WEAK_FILE_SYSTEM, "the file system is one that was accepted as weak"),
        (Self::RECOVERED, "the transaction was interrupted and finished by recovery"),
    ];

    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The meanings of the bits set, in words; unknown bits are named as such.
    #[must_use]
    pub fn meanings(self) -> Vec<&'static str> {
        let known = Self::MEANINGS.iter().filter(|(bit, _)| self.has(*bit));
        let mut words: Vec<_> = known.map(|(_, words)| *words).collect();
        if self.0 & !Self::MEANINGS.iter().fold(0, |bits, (bit, _)| bits | bit.0) != 0 {
            words.push("a warning unknown to this version");
        }
        words
    }
}

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}
