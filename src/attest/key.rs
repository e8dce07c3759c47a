//! The log's own Ed25519 key: an OpenSSH key file, a C2SP verifier key, note signatures.

use super::{Error, Sha256, hex, ids};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use std::fmt;

/// The signature type of a plain Ed25519 note signature (C2SP signed-note).
const ED25519: u8 = 1;

/// The key that signs checkpoints, with the log's name. Its secret never shows in `Debug`.
pub(crate) struct LogKey {
    secret: SigningKey,
    public: VKey,
}

/// The public half: what a C2SP vkey holds, `<name>+<key id>+<base64 of 01 ‖ key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct VKey {
    name: String,
    key: VerifyingKey,
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({})", self.public)
    }
}

impl fmt::Debug for VKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VKey({self})")
    }
}

impl fmt::Display for VKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex::encode(&self.id()), BASE64.encode(self.typed()))
    }
}

/// Whether a name can be a log's origin: printable ASCII without space, plus, quote or backslash.
pub(crate) fn is_origin(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'+' | b'"' | b'\\');
    !name.is_empty() && name.len() <= 255 && name.bytes().all(plain)
}

impl VKey {
    /// Reads the text form; the key id must fit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, id, typed) = (parts.next()?, parts.next()?, parts.next()?);
        let typed = BASE64.decode(typed).ok()?;
        let (&kind, key) = typed.split_first()?;
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        let vkey = Self { name: name.to_owned(), key };
        let fits = kind == ED25519 && is_origin(name) && hex::encode(&vkey.id()) == id;
        fits.then_some(vkey)
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn typed(&self) -> [u8; 33] {
        let mut typed = [ED25519; 33];
        typed[1..].copy_from_slice(self.key.as_bytes());
        typed
    }

    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key).
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let bytes = [self.name.as_bytes(), b"\n", &self.typed()].concat();
        let hash = Sha256::of(&bytes).0;
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// SHA-256 of the text form: how a user's state directory names this log.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(self.to_string().as_bytes())
    }

    /// The 32 bytes of the Ed25519 key.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether `signature` (key id and 64 bytes, as in a note) stands for `text`.
    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((id, signature)) = signature.split_at_checked(4) else { return false };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        id == self.id() && self.key.verify_strict(text, &signature).is_ok()
    }
}

impl LogKey {
    pub(crate) fn generate(name: &str) -> Result<Self, Error> {
        Ok(Self::from_secret(name, SigningKey::from_bytes(&ids::random()?)))
    }

    fn from_secret(name: &str, secret: SigningKey) -> Self {
        let key = secret.verifying_key();
        Self { secret, public: VKey { name: name.to_owned(), key } }
    }

    /// Reads an unencrypted OpenSSH key file.
    pub(crate) fn parse(name: &str, file: &[u8]) -> Result<Self, Error> {
        let bad = |error: &dyn fmt::Display| Error::Key(error.to_string());
        let key = ssh_key::PrivateKey::from_openssh(file).map_err(|error| bad(&error))?;
        let pair =
            key.key_data().ed25519().ok_or_else(|| bad(&"not an unencrypted Ed25519 key"))?;
        Ok(Self::from_secret(name, SigningKey::from_bytes(&pair.private.to_bytes())))
    }

    /// The key file and the public key file.
    pub(crate) fn files(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let bad = |error: ssh_key::Error| Error::Key(error.to_string());
        let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&self.secret.to_bytes()));
        let key = ssh_key::PrivateKey::new(pair, self.public.name.clone()).map_err(bad)?;
        let private = key.to_openssh(ssh_key::LineEnding::LF).map_err(bad)?;
        let public = key.public_key().to_openssh().map_err(bad)?;
        Ok((private.as_bytes().to_vec(), format!("{public}\n").into_bytes()))
    }

    pub(crate) fn public(&self) -> &VKey {
        &self.public
    }

    /// The signature of a note's text: key id and 64 bytes.
    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let signature = self.secret.sign(text).to_bytes();
        [&self.public.id()[..], &signature[..]].concat()
    }
}

#[cfg(test)]
impl LogKey {
    pub(crate) fn secret_bytes(&self) -> [u8; 32] {
        self.secret.to_bytes()
    }
}
