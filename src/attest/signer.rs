//! Making and checking SSH signatures (SSHSIG).

use super::sshsig::{put, signed_data};
use super::{SshKey, SshSignature};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fmt;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

/// The namespace of a report's signature.
pub const REPORT_NAMESPACE: &str = "report@caseward";
/// The namespace of a decision's signature.
pub const DECISION_NAMESPACE: &str = "decision@caseward";

/// Why nothing was signed, or why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error(
        "the ssh-agent at {socket} cannot be reached ({detail}); start or forward one, or give a key file"
    )]
    Unreachable { socket: String, detail: String },
    #[error("the ssh-agent did not answer within {seconds} seconds")]
    Timeout { seconds: u64 },
    #[error("the ssh-agent offers no key (it may be locked): see ssh-add -l")]
    NoKeys,
    #[error("the ssh-agent does not offer the key {key}")]
    NoSuchKey { key: String },
    #[error("the ssh-agent offers several keys and none was named: {}", keys.join(", "))]
    WhichKey { keys: Vec<String> },
    #[error("the ssh-agent refused to sign with {key} (locked, or not confirmed)")]
    Refused { key: String },
    #[error("the ssh-agent sent an answer that is none")]
    BadAnswer,
    #[error("the key file is not usable here ({0}); add it to an ssh-agent instead")]
    KeyFile(String),
    #[error("not a signature: {0}")]
    Malformed(String),
    #[error("the signature is for {found:?}, not for {wanted:?}")]
    Namespace { found: String, wanted: String },
    #[error("the signature does not fit the text")]
    Invalid,
    #[error(
        "a signature of type {algorithm} needs ssh-keygen to be checked, and it cannot be run: {detail}"
    )]
    CannotCheck { algorithm: String, detail: String },
}

/// Something that holds a private SSH key and signs with it.
pub trait Signer: fmt::Debug {
    /// The key whose private half signs.
    fn key(&self) -> &SshKey;
    /// An armored SSHSIG over `message`.
    ///
    /// # Errors
    /// When the key cannot be used.
    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError>;
}

/// An unencrypted Ed25519 key file, read into memory. Anything else goes through an agent.
pub struct KeyFile {
    key: SshKey,
    secret: SigningKey,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({})", self.key.fingerprint())
    }
}

impl KeyFile {
    /// Reads the contents of an OpenSSH private key file.
    ///
    /// # Errors
    /// [`SignError::KeyFile`] when it is encrypted or not Ed25519.
    pub fn parse(contents: &[u8]) -> Result<Self, SignError> {
        let refuse = |what: String| SignError::KeyFile(what);
        let file = ssh_key::PrivateKey::from_openssh(contents)
            .map_err(|error| refuse(error.to_string()))?;
        if file.is_encrypted() {
            return Err(refuse("it is encrypted".to_owned()));
        }
        let Some(pair) = file.key_data().ed25519() else {
            return Err(refuse(format!("it is of type {}", file.algorithm())));
        };
        let secret = SigningKey::from_bytes(&pair.private.to_bytes());
        let blob = file.public_key().to_bytes().map_err(|error| refuse(error.to_string()))?;
        let key = SshKey::from_blob(&blob).ok_or_else(|| refuse("its key is malformed".into()))?;
        Ok(Self { key, secret })
    }
}

impl Signer for KeyFile {
    fn key(&self) -> &SshKey {
        &self.key
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError> {
        let data = signed_data(namespace, "sha512", message).unwrap_or_default();
        let mut blob = Vec::new();
        put(&mut blob, b"ssh-ed25519");
        put(&mut blob, &self.secret.sign(&data).to_bytes());
        let (namespace, hash) = (namespace.to_owned(), "sha512".to_owned());
        Ok(SshSignature { key: self.key.clone(), namespace, hash, blob }.armored())
    }
}

/// Checks an armored signature over `message` and returns the key that made it. Whether that key
/// may sign is another question ([`super::AllowedSigners`]). Ed25519 is checked here, any other
/// type by the system's `ssh-keygen`.
///
/// # Errors
/// Malformed, of another namespace, not fitting, or not to be checked on this host.
pub fn verify_signature(
    armored: &str,
    namespace: &str,
    message: &[u8],
) -> Result<SshKey, SignError> {
    let signature = SshSignature::parse(armored)?;
    if signature.namespace != namespace {
        let (found, wanted) = (signature.namespace, namespace.to_owned());
        return Err(SignError::Namespace { found, wanted });
    }
    let fits = match (signature.key.ed25519(), signature.ed25519()) {
        (Some(key), Some(bytes)) => {
            let data = signed_data(namespace, &signature.hash, message);
            let key = VerifyingKey::from_bytes(&key).ok();
            data.zip(key).is_some_and(|(data, key)| {
                key.verify_strict(&data, &Signature::from_bytes(&bytes)).is_ok()
            })
        }
        _ => keygen_accepts(&signature, message).map_err(|error| SignError::CannotCheck {
            algorithm: signature.key.algorithm().to_owned(),
            detail: error.to_string(),
        })?,
    };
    if fits { Ok(signature.key) } else { Err(SignError::Invalid) }
}

/// Asks `ssh-keygen -Y check-novalidate`. The signature is handed over in memory, by descriptor:
/// nothing is written to disk.
fn keygen_accepts(signature: &SshSignature, message: &[u8]) -> std::io::Result<bool> {
    let memory = memfd_create("signature", MemfdFlags::empty())?;
    let mut memory = std::fs::File::from(memory);
    memory.write_all(signature.armored().as_bytes())?;
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "check-novalidate", "-n", &signature.namespace, "-s", &path])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A child that refuses early closes its end; its exit code tells.
        let _ = input.write_all(message);
    }
    Ok(child.wait()?.success())
}
