//! SSH public keys and signatures as bytes (PROTOCOL.sshsig), whatever the type of key.
//!
//! Only the envelope is read here; keys and signatures pass through unchanged, so certificates,
//! security keys and types that this program cannot check itself work as well.

use super::SignError;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD as BASE64_BARE};
use sha2::{Digest, Sha256, Sha512};
use std::fmt;

const MAGIC: &[u8] = b"SSHSIG";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Characters of base64 on a line, as OpenSSH writes it.
const COLUMNS: usize = 70;

/// An SSH public key (or certificate) in its wire form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SshKey {
    blob: Vec<u8>,
    algorithm: String,
}

impl SshKey {
    /// From the wire form; `None` when it does not even name an algorithm.
    #[must_use]
    pub fn from_blob(blob: &[u8]) -> Option<Self> {
        let algorithm = String::from_utf8(Reader(blob).string()?.to_vec()).ok()?;
        let plain = !algorithm.is_empty() && algorithm.bytes().all(|b| b.is_ascii_graphic());
        plain.then(|| Self { blob: blob.to_vec(), algorithm })
    }

    /// From a line `algorithm base64 [comment]`; the two must name the same algorithm.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (algorithm, blob) = (words.next()?, BASE64.decode(words.next()?).ok()?);
        Self::from_blob(&blob).filter(|key| key.algorithm == algorithm)
    }

    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// As `ssh-ed25519`.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// `SHA256:…` over the wire form.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_BARE.encode(Sha256::digest(&self.blob)))
    }

    /// The 32 bytes of a plain Ed25519 key.
    pub(crate) fn ed25519(&self) -> Option<[u8; 32]> {
        let mut reader = Reader(&self.blob);
        let plain = reader.string()? == b"ssh-ed25519";
        let key = reader.string()?.try_into().ok()?;
        (plain && reader.0.is_empty()).then_some(key)
    }
}

impl fmt::Display for SshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm, BASE64.encode(&self.blob))
    }
}

impl fmt::Debug for SshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SshKey({})", self.fingerprint())
    }
}

/// A signature with the key that made it and the purpose it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSignature {
    pub key: SshKey,
    pub namespace: String,
    /// sha256 or sha512.
    pub hash: String,
    /// The signature in its wire form.
    pub blob: Vec<u8>,
}

/// The bytes that a key signs for `message`.
pub(crate) fn signed_data(namespace: &str, hash: &str, message: &[u8]) -> Option<Vec<u8>> {
    let digest = match hash {
        "sha256" => Sha256::digest(message).to_vec(),
        "sha512" => Sha512::digest(message).to_vec(),
        _ => return None,
    };
    let mut data = MAGIC.to_vec();
    for part in [namespace.as_bytes(), b"", hash.as_bytes(), &digest] {
        put(&mut data, part);
    }
    Some(data)
}

impl SshSignature {
    /// Reads the armored form.
    ///
    /// # Errors
    /// [`SignError::Malformed`].
    pub fn parse(armored: &str) -> Result<Self, SignError> {
        let malformed = |what: &str| SignError::Malformed(what.to_owned());
        let text = armored.trim();
        let body = text.strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END));
        let body = body.ok_or_else(|| malformed("no SSH signature block"))?;
        let base64: String = body.split_ascii_whitespace().collect();
        let bytes = BASE64.decode(base64).map_err(|_| malformed("not base64"))?;
        Self::read(&bytes).ok_or_else(|| malformed("not in the format of PROTOCOL.sshsig"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
        if reader.number()? != 1 {
            return None;
        }
        let key = SshKey::from_blob(reader.string()?)?;
        let namespace = String::from_utf8(reader.string()?.to_vec()).ok()?;
        let _reserved = reader.string()?;
        let hash = String::from_utf8(reader.string()?.to_vec()).ok()?;
        let blob = reader.string()?.to_vec();
        reader.0.is_empty().then_some(Self { key, namespace, hash, blob })
    }

    /// The armored form, as `ssh-keygen -Y sign` writes it.
    #[must_use]
    pub fn armored(&self) -> String {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&1u32.to_be_bytes());
        let hash = self.hash.as_bytes();
        for part in [self.key.blob(), self.namespace.as_bytes(), b"", hash, &self.blob] {
            put(&mut bytes, part);
        }
        let base64 = BASE64.encode(bytes);
        let mut text = format!("{BEGIN}\n");
        let mut rest = base64.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(COLUMNS));
            text += line;
            text.push('\n');
            rest = after;
        }
        text + END + "\n"
    }

    /// The 64 bytes of a plain Ed25519 signature.
    pub(crate) fn ed25519(&self) -> Option<[u8; 64]> {
        let mut reader = Reader(&self.blob);
        let plain = reader.string()? == b"ssh-ed25519";
        let signature = reader.string()?.try_into().ok()?;
        (plain && reader.0.is_empty()).then_some(signature)
    }
}

/// Appends an SSH string: length and bytes.
pub(crate) fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

/// Reads SSH wire data.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }
}
