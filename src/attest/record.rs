//! Commitments: what binds the log to files, requests and people without naming them.

use super::{Error, Sha256, hex, ids, merkle};
use crate::fs::RelPath;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ffi::OsString;
use std::fmt;
use std::fmt::Write;
use std::os::unix::ffi::OsStringExt;

/// 32 random bytes that hide a commitment's content. They never show in `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub(crate) [u8; 32]);

impl Salt {
    pub(crate) fn random() -> Result<Self, Error> {
        ids::random().map(Self)
    }

    /// The 64 digits, for an opening that leaves the workspace on purpose.
    #[must_use]
    pub fn reveal(&self) -> String {
        hex::encode(&self.0)
    }

    /// HMAC-SHA-256 of `message` under this salt.
    #[must_use]
    pub fn commit(&self, message: &[u8]) -> [u8; 32] {
        // HMAC takes a key of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reveal())
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hex::decode(text.as_bytes());
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not a salt"))
    }
}

/// A path in ASCII: everything but RFC 3986's unreserved characters and the slash as `%XX`.
#[must_use]
pub fn encode_path(path: &RelPath) -> String {
    encode(path.as_bytes(), |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/')
    })
}

/// A name without spaces or control characters: those, `%` and non-ASCII as `%XX`.
pub(crate) fn encode_name(name: &str) -> String {
    encode(name.as_bytes(), |byte| byte.is_ascii_graphic() && byte != b'%')
}

fn encode(bytes: &[u8], plain: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?].map(|digit| digit.to_ascii_lowercase());
            bytes.push(hex::decode::<1>(&pair)?[0]);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

/// The path spelled by [`encode_path`]; any other spelling is `None`.
#[must_use]
pub fn decode_path(text: &str) -> Option<RelPath> {
    let path = RelPath::new(OsString::from_vec(decode(text)?)).ok()?;
    (encode_path(&path) == text).then_some(path)
}

/// What a file's commitment binds: its content, size, time and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    pub sha256: Sha256,
    /// The content that replaced it, when it was rewritten.
    pub after: Option<Sha256>,
    /// Bytes.
    pub size: u64,
    /// Seconds since the epoch.
    pub mtime: i64,
    pub path: RelPath,
}

impl fmt::Display for FileRecord {
    /// `attest-file/1 <sha256>[><sha256-after>] <size> <mtime> <path>`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attest-file/1 {}", self.sha256)?;
        if let Some(after) = self.after {
            write!(f, ">{after}")?;
        }
        write!(f, " {} {} {}", self.size, self.mtime, encode_path(&self.path))
    }
}

impl FileRecord {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("attest-file/1 ")?.split(' ');
        let hashes = parts.next()?;
        let (sha256, after) = match hashes.split_once('>') {
            Some((before, after)) => (before, Some(after.parse().ok()?)),
            None => (hashes, None),
        };
        let record = Self {
            sha256: sha256.parse().ok()?,
            after,
            size: parts.next()?.parse().ok()?,
            mtime: parts.next()?.parse().ok()?,
            path: decode_path(parts.next()?)?,
        };
        (record.to_string() == text).then_some(record)
    }
}

/// The message of a `begin` leaf's subject commitment, last line feed included.
pub(crate) fn subject_message(request: &str, engineer: &str) -> String {
    format!("attest-subject/1 {} {}\n", encode_name(request), encode_name(engineer))
}

/// One opened file commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningRecord {
    pub salt: Salt,
    pub record: FileRecord,
}

impl OpeningRecord {
    /// HMAC-SHA-256(salt, record).
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        self.salt.commit(self.record.to_string().as_bytes())
    }
}

/// The opening of a transaction: everything its `begin` leaf commits to. Private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub subject_salt: Salt,
    /// Request id.
    pub request: String,
    pub engineer: String,
    /// In the order of the `end` leaf's `out`.
    pub records: Vec<OpeningRecord>,
}

impl Opening {
    /// `c` of the `begin` leaf: the Merkle root over the commitments.
    #[must_use]
    pub fn commitments(&self) -> Sha256 {
        merkle::root_of(self.records.iter().map(OpeningRecord::commitment))
    }

    /// `s` of the `begin` leaf.
    #[must_use]
    pub fn subject(&self) -> Sha256 {
        let message = subject_message(&self.request, &self.engineer);
        Sha256(self.subject_salt.commit(message.as_bytes()))
    }

    /// The file: a line `salt message` for the subject, one `salt record` for each file, and
    /// `sha256 <hash of all before>`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = self.subject_salt.reveal() + " ";
        text += &subject_message(&self.request, &self.engineer);
        for OpeningRecord { salt, record } in &self.records {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {record}", salt.reveal());
        }
        seal(text)
    }

    /// Reads the only accepted spelling.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = unseal(bytes)?.lines();
        let split = |line: &'_ str| -> Option<(Salt, String)> {
            let (salt, message) = line.split_once(' ')?;
            Some((Salt(hex::decode(salt.as_bytes())?), message.to_owned()))
        };
        let (subject_salt, subject) = split(lines.next()?)?;
        let (request, engineer) = subject.strip_prefix("attest-subject/1 ")?.split_once(' ')?;
        let name = |text: &str| String::from_utf8(decode(text)?).ok();
        let (request, engineer) = (name(request)?, name(engineer)?);
        let mut records = Vec::new();
        for line in lines {
            let (salt, record) = split(line)?;
            records.push(OpeningRecord { salt, record: FileRecord::parse(&record)? });
        }
        let opening = Self { subject_salt, request, engineer, records };
        (opening.to_bytes() == bytes).then_some(opening)
    }
}

/// Adds the trailer that shows a file is whole.
pub(crate) fn seal(text: String) -> Vec<u8> {
    let hash = Sha256::of(text.as_bytes());
    (text + &format!("sha256 {hash}\n")).into_bytes()
}

/// The text before a fitting trailer.
pub(crate) fn unseal(bytes: &[u8]) -> Option<&str> {
    const TRAILER: usize = "sha256 \n".len() + 64;
    let split = bytes.len().checked_sub(TRAILER)?;
    let text = std::str::from_utf8(&bytes[..split]).ok()?;
    let hash = Sha256::of(text.as_bytes());
    (bytes[split..] == *format!("sha256 {hash}\n").as_bytes()).then_some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_percent_encoded_and_read_back() {
        let path = RelPath::new("tenants/contoso.com/a b+\u{e4}~%.txt").unwrap();
        let text = encode_path(&path);
        assert_eq!(text, "tenants/contoso.com/a%20b%2B%C3%A4~%25.txt");
        assert_eq!(decode_path(&text).unwrap(), path);
        for other in ["a%2fb", "a%7Eb", "a b", "../x", "a%0"] {
            assert_eq!(decode_path(other), None, "{other}");
        }
    }

    #[test]
    fn an_opening_is_read_back_and_an_altered_one_is_not() {
        let record = FileRecord {
            sha256: Sha256::of(b"before"),
            after: Some(Sha256::of(b"after")),
            size: 6,
            mtime: -5,
            path: RelPath::new("a/\u{fc}").unwrap(),
        };
        let opening = Opening {
            subject_salt: Salt([7; 32]),
            request: "DSR-2026-0001".into(),
            engineer: "ana silva@support.example.com".into(),
            records: vec![OpeningRecord { salt: Salt([9; 32]), record }],
        };
        let bytes = opening.to_bytes();
        assert_eq!(Opening::parse(&bytes).unwrap(), opening);
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert_eq!(Opening::parse(&altered), None, "byte {at}");
        }
        assert!(!format!("{opening:?}").contains("0909"));
    }

    #[test]
    fn a_commitment_is_plain_hmac() {
        // RFC 4231 test case 2 has a four-byte key; zero padding makes ours the same HMAC key.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        assert_eq!(
            hex::encode(&Salt(key).commit(b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
