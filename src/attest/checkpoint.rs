//! Checkpoints: a C2SP tlog-checkpoint in a C2SP signed note.

use super::key::LogKey;
use super::{Sha256, VKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// What a checkpoint states: this log had this root at this size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    /// Entries.
    pub size: u64,
    pub root: Sha256,
}

/// Why bytes are not a checkpoint of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    #[error("not a checkpoint in a signed note")]
    Malformed,
    #[error("a checkpoint of another log")]
    OtherLog,
    #[error("no signature by this log's key")]
    Unsigned,
    #[error("the signature does not fit")]
    WrongSignature,
}

impl Checkpoint {
    /// The text that is signed, last line feed included.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.0))
    }

    /// The signed note. Ed25519 signatures are deterministic, and so are these bytes.
    pub(crate) fn sign(&self, key: &LogKey) -> Vec<u8> {
        let text = self.text();
        let signature = BASE64.encode(key.sign(text.as_bytes()));
        format!("{text}\n\u{2014} {} {signature}\n", key.public().name()).into_bytes()
    }

    /// Reads a note without checking who signed it.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn parse(note: &[u8]) -> Result<Self, BadCheckpoint> {
        read(note).map(|(checkpoint, _, _)| checkpoint).ok_or(BadCheckpoint::Malformed)
    }

    /// Reads a note and checks that `key` signed it. Signatures by other names (witnesses) are
    /// not looked at.
    ///
    /// # Errors
    /// When it is malformed, of another log, unsigned or wrongly signed.
    pub fn verify(note: &[u8], key: &VKey) -> Result<Self, BadCheckpoint> {
        let (checkpoint, text, signatures) = read(note).ok_or(BadCheckpoint::Malformed)?;
        if checkpoint.origin != key.name() {
            return Err(BadCheckpoint::OtherLog);
        }
        let mut ours = signatures.iter().filter(|(name, _)| name == key.name()).peekable();
        if ours.peek().is_none() {
            return Err(BadCheckpoint::Unsigned);
        }
        if ours.all(|(_, signature)| key.verifies(text.as_bytes(), signature)) {
            Ok(checkpoint)
        } else {
            Err(BadCheckpoint::WrongSignature)
        }
    }
}

type Note<'a> = (Checkpoint, &'a str, Vec<(String, Vec<u8>)>);

/// Splits a note into checkpoint, signed text and signatures; any other spelling is `None`.
fn read(note: &[u8]) -> Option<Note<'_>> {
    let note = std::str::from_utf8(note).ok()?;
    let end = note.find("\n\n")? + 1;
    let (text, rest) = note.split_at(end);
    let mut signatures = Vec::new();
    for line in rest.strip_prefix('\n')?.strip_suffix('\n')?.split('\n') {
        let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        signatures.push((name.to_owned(), BASE64.decode(signature).ok()?));
    }
    let mut lines = text.lines();
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let checkpoint = Checkpoint {
        origin: origin.to_owned(),
        size: size.parse().ok()?,
        root: Sha256(BASE64.decode(root).ok()?.try_into().ok()?),
    };
    (checkpoint.text() == text).then_some((checkpoint, text, signatures))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn signed() -> (LogKey, Vec<u8>) {
        let key = LogKey::generate("support.example.com/eu").unwrap();
        let origin = key.public().name().to_owned();
        let note = Checkpoint { origin, size: 12, root: Sha256::of(b"x") }.sign(&key);
        (key, note)
    }

    #[test]
    fn a_checkpoint_verifies_with_its_own_key_only() {
        let (key, note) = signed();
        assert_eq!(Checkpoint::verify(&note, key.public()).unwrap().size, 12);
        let text = key.public().to_string();
        assert_eq!(VKey::parse(&text).unwrap(), *key.public());
        let other = LogKey::generate("support.example.com/eu").unwrap();
        assert_eq!(Checkpoint::verify(&note, other.public()), Err(BadCheckpoint::WrongSignature));
        let named = LogKey::generate("support.example.com/us").unwrap();
        assert_eq!(Checkpoint::verify(&note, named.public()), Err(BadCheckpoint::OtherLog));
    }

    #[test]
    fn every_altered_bit_is_noticed() {
        let (key, note) = signed();
        for bit in 0..note.len() * 8 {
            let mut altered = note.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(Checkpoint::verify(&altered, key.public()).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_key_file_is_read_back_and_never_shown() {
        let key = LogKey::generate("a.example/log").unwrap();
        let (private, public) = key.files().unwrap();
        let again = LogKey::parse("a.example/log", &private).unwrap();
        assert_eq!(again.public(), key.public());
        assert!(public.starts_with(b"ssh-ed25519 "));
        let secret = hex_of(&key.secret_bytes());
        assert!(!format!("{key:?}").contains(&secret[..16]));
    }

    fn hex_of(bytes: &[u8]) -> String {
        super::super::hex::encode(bytes)
    }
}
