//! One entry of the log: its typed form and the only bytes that stand for it.

use super::cursor::Cursor;
use super::{Sha256, TxId, Verdict, Warnings, Why, time};
use chrono::{DateTime, Utc};
use std::io::Write;

/// The longest leaf, in bytes without its line feed.
pub const MAX_LEAF: usize = 4096;
/// The most files in one transaction, so that an `end` leaf stays below [`MAX_LEAF`].
pub const MAX_ITEMS: usize = 2048;

/// What an entry says, beside its index and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The first entry: the log's name and its verifier key (C2SP vkey).
    Genesis { origin: String, vkey: String },
    /// A transaction is about to touch files.
    Begin {
        tx: TxId,
        why: Why,
        /// Files, 1 to [`MAX_ITEMS`].
        count: u32,
        /// Merkle root over the files' commitments.
        commitments: Sha256,
        /// Commitment to request and engineer.
        subject: Sha256,
    },
    /// What became of the files, in the order of the commitments.
    End { tx: TxId, begin: u64, outcomes: Vec<Verdict>, warnings: Warnings },
    /// The opening of a transaction was destroyed.
    Shred { tx: TxId },
    /// The intent of a begun transaction vanished: its outcome is unknown.
    Lost { tx: TxId, begin: u64 },
    /// A kind of a later version: intact, meaning unknown.
    Unknown { kind: String },
}

/// An entry: index, time, content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub index: u64,
    pub time: DateTime<Utc>,
    pub body: Body,
}

/// An entry with the bytes that are hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub leaf: Leaf,
    /// The line without its line feed.
    pub raw: Vec<u8>,
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    #[error("a line of more than {MAX_LEAF} bytes")]
    TooLong,
    #[error("an entry of an unknown version")]
    UnknownVersion,
    #[error("not an entry in canonical form")]
    NotCanonical,
}

impl Leaf {
    /// Reads a leaf and makes sure that it is spelled the only accepted way.
    ///
    /// # Errors
    /// Too long, an unknown version, or any other spelling.
    pub fn parse(line: &[u8]) -> Result<Self, LeafError> {
        if line.len() > MAX_LEAF {
            return Err(LeafError::TooLong);
        }
        let leaf = Self::read(line)?;
        if let Body::Unknown { .. } = leaf.body {
            // Its fields are unknown, so only the common beginning can be spelled again.
            let printable = line.iter().all(|b| (b' '..=b'~').contains(b));
            let json = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
            let head = leaf.common();
            let same = line.starts_with(&head) && matches!(line.get(head.len()), Some(b',' | b'}'));
            return if printable && json && same { Ok(leaf) } else { Err(LeafError::NotCanonical) };
        }
        if leaf.to_bytes() == line { Ok(leaf) } else { Err(LeafError::NotCanonical) }
    }

    fn read(line: &[u8]) -> Result<Self, LeafError> {
        let mut cursor = Cursor::new(line);
        let version = cursor.expect(r#"{"v":"#).and_then(|()| cursor.number());
        match version {
            Some(1) => {}
            Some(_) => return Err(LeafError::UnknownVersion),
            None => return Err(LeafError::NotCanonical),
        }
        Self::read_fields(&mut cursor).ok_or(LeafError::NotCanonical)
    }

    fn read_fields(cursor: &mut Cursor<'_>) -> Option<Self> {
        let index = cursor.number_of("i")?;
        let kind = cursor.text_of("k")?;
        let time = time::parse(cursor.text_of("t")?)?;
        let body = match kind {
            "genesis" => Body::Genesis {
                origin: cursor.text_of("origin")?.to_owned(),
                vkey: cursor.text_of("vkey")?.to_owned(),
            },
            "begin" => {
                let (tx, why) =
                    (TxId(cursor.hex_of("tx")?), Why::from_name(cursor.text_of("why")?)?);
                let count = u32::try_from(cursor.number_of("n")?).ok()?;
                if count == 0 || count as usize > MAX_ITEMS {
                    return None;
                }
                let (commitments, subject) = (cursor.hex_of("c")?, cursor.hex_of("s")?);
                let (commitments, subject) = (Sha256(commitments), Sha256(subject));
                Body::Begin { tx, why, count, commitments, subject }
            }
            "end" => {
                let (tx, begin) = (TxId(cursor.hex_of("tx")?), cursor.number_of("b")?);
                let letters = cursor.text_of("out")?;
                let outcomes: Option<Vec<_>> = letters.chars().map(Verdict::from_letter).collect();
                if cursor.text_of("m")? != "unlink" {
                    return None;
                }
                let warnings = Warnings(u16::from_be_bytes(cursor.hex_of("w")?));
                Body::End { tx, begin, outcomes: outcomes?, warnings }
            }
            "shred" => Body::Shred { tx: TxId(cursor.hex_of("tx")?) },
            "lost" => Body::Lost { tx: TxId(cursor.hex_of("tx")?), begin: cursor.number_of("b")? },
            other => {
                let kind = other.to_owned();
                return Some(Self { index, time, body: Body::Unknown { kind } });
            }
        };
        cursor.end("}")?;
        Some(Self { index, time, body })
    }

    /// The name of its kind, as in `k`.
    #[must_use]
    pub fn kind(&self) -> &str {
        match &self.body {
            Body::Genesis { .. } => "genesis",
            Body::Begin { .. } => "begin",
            Body::End { .. } => "end",
            Body::Shred { .. } => "shred",
            Body::Lost { .. } => "lost",
            Body::Unknown { kind } => kind,
        }
    }

    /// The transaction it speaks of.
    #[must_use]
    pub fn tx(&self) -> Option<TxId> {
        match self.body {
            Body::Begin { tx, .. }
            | Body::End { tx, .. }
            | Body::Shred { tx }
            | Body::Lost { tx, .. } => Some(tx),
            Body::Genesis { .. } | Body::Unknown { .. } => None,
        }
    }

    fn common(&self) -> Vec<u8> {
        let (index, kind, time) = (self.index, self.kind(), time::stamp(self.time));
        format!(r#"{{"v":1,"i":{index},"k":"{kind}","t":"{time}""#).into_bytes()
    }

    /// The bytes that are hashed and stored. Of an unknown kind only the common beginning is known.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut line = self.common();
        // Writing to a vector cannot fail.
        let _ = match &self.body {
            Body::Genesis { origin, vkey } => {
                write!(line, r#","origin":"{origin}","vkey":"{vkey}"}}"#)
            }
            Body::Begin { tx, why, count, commitments, subject } => write!(
                line,
                r#","tx":"{tx}","why":"{}","n":{count},"c":"{commitments}","s":"{subject}"}}"#,
                why.name()
            ),
            Body::End { tx, begin, outcomes, warnings } => {
                let out: String = outcomes.iter().map(|verdict| verdict.letter()).collect();
                write!(
                    line,
                    r#","tx":"{tx}","b":{begin},"out":"{out}","m":"unlink","w":"{warnings}"}}"#
                )
            }
            Body::Shred { tx } => write!(line, r#","tx":"{tx}"}}"#),
            Body::Lost { tx, begin } => write!(line, r#","tx":"{tx}","b":{begin}}}"#),
            Body::Unknown { .. } => write!(line, "}}"),
        };
        line
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TX: &str = "00112233445566778899aabbccddeeff";

    fn samples() -> Vec<String> {
        let c = "ab".repeat(32);
        let t = "2026-11-05T08:12:00Z";
        vec![
            format!(
                r#"{{"v":1,"i":0,"k":"genesis","t":"{t}","origin":"a.example/log","vkey":"k"}}"#
            ),
            format!(
                r#"{{"v":1,"i":7,"k":"begin","t":"{t}","tx":"{TX}","why":"dsr","n":3,"c":"{c}","s":"{c}"}}"#
            ),
            format!(
                r#"{{"v":1,"i":8,"k":"end","t":"{t}","tx":"{TX}","b":7,"out":"gramx","m":"unlink","w":"0004"}}"#
            ),
            format!(r#"{{"v":1,"i":9,"k":"shred","t":"{t}","tx":"{TX}"}}"#),
            format!(r#"{{"v":1,"i":10,"k":"lost","t":"{t}","tx":"{TX}","b":9}}"#),
        ]
    }

    #[test]
    fn each_kind_is_read_and_spelled_alike() {
        for line in samples() {
            assert_eq!(Leaf::parse(line.as_bytes()).unwrap().to_bytes(), line.as_bytes());
        }
    }

    #[test]
    fn any_other_spelling_is_refused() {
        for line in samples() {
            for (from, to) in [
                (":", ": "),
                ("}", ",}"),
                ("}", "} "),
                ("\"i\":", "\"i\":0"),
                ("Z", "+00:00"),
                ("Z", ".0Z"),
                ("\"k\"", "\"\\u006b\""),
            ] {
                let other = line.replacen(from, to, 1);
                assert!(Leaf::parse(other.as_bytes()).is_err(), "{other}");
            }
            let twice = line.replacen("\"i\":", "\"i\":1,\"i\":", 1);
            assert!(Leaf::parse(twice.as_bytes()).is_err());
        }
        let upper = samples()[1].replace("aabb", "AABB");
        assert_eq!(Leaf::parse(upper.as_bytes()), Err(LeafError::NotCanonical));
    }

    #[test]
    fn an_unknown_version_fails_and_an_unknown_kind_does_not() {
        let newer = samples()[3].replace("\"v\":1", "\"v\":2");
        assert_eq!(Leaf::parse(newer.as_bytes()), Err(LeafError::UnknownVersion));
        let other = samples()[3].replace("shred", "witness");
        let leaf = Leaf::parse(other.as_bytes()).unwrap();
        assert_eq!(leaf.body, Body::Unknown { kind: "witness".into() });
        let broken = other.replace("\"}", "\"");
        assert_eq!(Leaf::parse(broken.as_bytes()), Err(LeafError::NotCanonical));
    }

    #[test]
    fn the_largest_end_fits() {
        let tx = TX.parse().unwrap();
        let outcomes = vec![Verdict::Removed; MAX_ITEMS];
        let body = Body::End { tx, begin: u64::MAX, outcomes, warnings: Warnings(u16::MAX) };
        let time = time::parse("2026-11-05T08:12:00Z").unwrap();
        let bytes = Leaf { index: u64::MAX, time, body }.to_bytes();
        assert!(bytes.len() <= MAX_LEAF);
        assert!(Leaf::parse(&bytes).is_ok());
    }
}
