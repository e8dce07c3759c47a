//! SSH signatures (SSHSIG): who can make one, and whether one holds.

use ssh_key::{HashAlg, PrivateKey, PublicKey, SshSig};
use std::fmt;

/// The namespace of a report's signature.
pub const REPORT_NAMESPACE: &str = "report@caseward";
/// The namespace of a decision's signature.
pub const DECISION_NAMESPACE: &str = "decision@caseward";

/// Why nothing was signed, or why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error("no ssh-agent: SSH_AUTH_SOCK is not set; start one, forward one, or give a key file")]
    NoAgent,
    #[error("the ssh-agent at {socket} cannot be reached: {detail}")]
    Unreachable { socket: String, detail: String },
    #[error("the ssh-agent did not answer within {seconds} seconds")]
    Timeout { seconds: u64 },
    #[error("the ssh-agent holds no key (it may be locked): ssh-add -l shows what it offers")]
    NoKeys,
    #[error("the ssh-agent does not hold the key {key}")]
    NoSuchKey { key: String },
    #[error("the ssh-agent refused to sign with {key} (locked, or not confirmed)")]
    Refused { key: String },
    #[error("the ssh-agent sent an answer that is none")]
    BadAnswer,
    #[error("the key file is not usable here: {0}; add it to an ssh-agent instead")]
    KeyFile(String),
    #[error("not a signature: {0}")]
    Malformed(String),
    #[error("the signature is for {found:?}, not for {wanted:?}")]
    Namespace { found: String, wanted: String },
    #[error("the signature does not fit the text")]
    Invalid,
    #[error("this program cannot check a signature by a key of type {0}; ssh-keygen -Y verify can")]
    CannotCheck(String),
}

/// Something that holds a private SSH key and signs with it.
pub trait Signer: fmt::Debug {
    /// The key whose private half signs.
    fn public_key(&self) -> &PublicKey;
    /// An armored SSHSIG over `message`.
    ///
    /// # Errors
    /// When the key cannot be used.
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError>;
}

/// An unencrypted Ed25519 key file, read into memory. Anything else goes through an agent.
pub struct KeyFile {
    key: PrivateKey,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({})", fingerprint(self.key.public_key()))
    }
}

impl KeyFile {
    /// Reads the contents of an OpenSSH private key file.
    ///
    /// # Errors
    /// [`SignError::KeyFile`] when it is encrypted or not Ed25519.
    pub fn parse(contents: &[u8]) -> Result<Self, SignError> {
        let key = PrivateKey::from_openssh(contents)
            .map_err(|error| SignError::KeyFile(error.to_string()))?;
        if key.is_encrypted() {
            return Err(SignError::KeyFile("it is encrypted".to_owned()));
        }
        if key.key_data().ed25519().is_none() {
            return Err(SignError::KeyFile(format!("it is of type {}", key.algorithm())));
        }
        Ok(Self { key })
    }
}

impl Signer for KeyFile {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError> {
        let signature = self
            .key
            .sign(namespace, HashAlg::Sha512, message)
            .map_err(|error| SignError::KeyFile(error.to_string()))?;
        armor(&signature)
    }
}

/// The text form of a signature.
pub(crate) fn armor(signature: &SshSig) -> Result<String, SignError> {
    let text = signature.to_pem(ssh_key::LineEnding::LF);
    text.map_err(|error| SignError::Malformed(error.to_string()))
}

/// `SHA256:…`, as `ssh-keygen -l` shows it.
#[must_use]
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Checks an armored signature over `message` and returns the key that made it. Whether that key
/// may sign is another question ([`super::AllowedSigners`]).
///
/// # Errors
/// Malformed, of another namespace, not fitting, or of a key type that cannot be checked here.
pub fn verify_signature(
    armored: &str,
    namespace: &str,
    message: &[u8],
) -> Result<PublicKey, SignError> {
    let malformed = |error: ssh_key::Error| SignError::Malformed(error.to_string());
    let signature = SshSig::from_pem(armored.trim_start()).map_err(malformed)?;
    if signature.namespace() != namespace {
        let (found, wanted) = (signature.namespace().to_owned(), namespace.to_owned());
        return Err(SignError::Namespace { found, wanted });
    }
    let key = PublicKey::from(signature.public_key().clone());
    match key.verify(namespace, message, &signature) {
        Ok(()) => Ok(key),
        Err(ssh_key::Error::AlgorithmUnsupported { .. } | ssh_key::Error::AlgorithmUnknown) => {
            Err(SignError::CannotCheck(key.algorithm().to_string()))
        }
        Err(_) => Err(SignError::Invalid),
    }
}
