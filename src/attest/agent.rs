//! Signing through ssh-agent (draft-miller-ssh-agent), so that private keys stay where they are.
//!
//! Agent forwarding works: the socket is then one of sshd's. Every answer is awaited for a limited
//! time, because an agent may ask a person for confirmation who is not there.

use super::sshsig::{Reader, put, signed_data};
use super::{SignError, Signer, SshKey, SshSignature};
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// Asks an RSA key for a SHA-512 signature; other types ignore it.
const RSA_SHA2_512: u32 = 4;
/// The longest answer that OpenSSH's agent sends.
const LONGEST: u32 = 256 * 1024;

/// An agent, and the key in it that signs.
pub struct AgentKey {
    socket: PathBuf,
    timeout: Duration,
    key: SshKey,
}

impl fmt::Debug for AgentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentKey({})", self.key.fingerprint())
    }
}

/// The keys that the agent at `socket` offers, in its order, with their comments.
///
/// # Errors
/// [`SignError::Unreachable`], [`SignError::Timeout`], [`SignError::BadAnswer`].
pub fn agent_keys(socket: &Path, timeout: Duration) -> Result<Vec<(SshKey, String)>, SignError> {
    let answer = ask(socket, timeout, &[REQUEST_IDENTITIES])?;
    let read = || -> Option<Vec<(SshKey, String)>> {
        let (kind, rest) = answer.split_first()?;
        let mut reader = Reader(rest);
        let count = (*kind == IDENTITIES_ANSWER).then(|| reader.number())??;
        let mut keys = Vec::new();
        for _ in 0..count {
            let (blob, comment) = (reader.string()?, reader.string()?);
            if let Some(key) = SshKey::from_blob(blob) {
                keys.push((key, String::from_utf8_lossy(comment).into_owned()));
            }
        }
        Some(keys)
    };
    read().ok_or(SignError::BadAnswer)
}

impl AgentKey {
    /// The key `wanted` in the agent at `socket`; without `wanted` the only key it offers.
    ///
    /// # Errors
    /// As [`agent_keys`]; [`SignError::NoKeys`], [`SignError::NoSuchKey`], [`SignError::WhichKey`].
    pub fn find(
        socket: &Path,
        timeout: Duration,
        wanted: Option<&SshKey>,
    ) -> Result<Self, SignError> {
        let offered = agent_keys(socket, timeout)?;
        let key = match (wanted, offered.as_slice()) {
            (_, []) => return Err(SignError::NoKeys),
            (Some(wanted), offered) => match offered.iter().find(|(key, _)| key == wanted) {
                Some((key, _)) => key.clone(),
                None => return Err(SignError::NoSuchKey { key: wanted.fingerprint() }),
            },
            (None, [(key, _)]) => key.clone(),
            (None, many) => {
                let shown = |(key, comment): &(SshKey, String)| {
                    format!("{} ({comment})", key.fingerprint())
                };
                return Err(SignError::WhichKey { keys: many.iter().map(shown).collect() });
            }
        };
        Ok(Self { socket: socket.to_path_buf(), timeout, key })
    }
}

impl Signer for AgentKey {
    fn key(&self) -> &SshKey {
        &self.key
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, SignError> {
        let data = signed_data(namespace, "sha512", message).unwrap_or_default();
        let mut request = vec![SIGN_REQUEST];
        put(&mut request, self.key.blob());
        put(&mut request, &data);
        request.extend_from_slice(&RSA_SHA2_512.to_be_bytes());
        let answer = ask(&self.socket, self.timeout, &request)?;
        let blob = match answer.split_first() {
            Some((&SIGN_RESPONSE, rest)) => Reader(rest).string().ok_or(SignError::BadAnswer)?,
            Some(_) => return Err(SignError::Refused { key: self.key.fingerprint() }),
            None => return Err(SignError::BadAnswer),
        };
        let signature = SshSignature {
            key: self.key.clone(),
            namespace: namespace.to_owned(),
            hash: "sha512".to_owned(),
            blob: blob.to_vec(),
        };
        Ok(signature.armored())
    }
}

/// Sends one request and reads its answer.
fn ask(socket: &Path, timeout: Duration, request: &[u8]) -> Result<Vec<u8>, SignError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            SignError::Timeout { seconds: timeout.as_secs() }
        }
        _ => SignError::Unreachable {
            socket: socket.display().to_string(),
            detail: error.to_string(),
        },
    };
    let mut stream = UnixStream::connect(socket).map_err(failed)?;
    stream.set_read_timeout(Some(timeout)).map_err(failed)?;
    stream.set_write_timeout(Some(timeout)).map_err(failed)?;
    let mut framed = Vec::new();
    put(&mut framed, request);
    stream.write_all(&framed).map_err(failed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(failed)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(SignError::BadAnswer);
    }
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer).map_err(failed)?;
    Ok(answer)
}
