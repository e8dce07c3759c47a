//! SSH signatures against the real tools: ssh-keygen and ssh-agent.

use super::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// A key that nobody here holds.
const STRANGER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

fn keygen(args: &[&str]) {
    let status = Command::new("ssh-keygen").args(args).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "ssh-keygen {args:?}");
}

/// A new key pair of a type, its path.
fn pair(dir: &Path, kind: &str, extra: &[&str]) -> PathBuf {
    let path = dir.join(format!("id_{kind}"));
    let name = path.to_str().unwrap();
    keygen(&[&["-q", "-t", kind, "-N", "", "-C", kind, "-f", name], extra].concat());
    path
}

fn public(path: &Path) -> SshKey {
    let line = std::fs::read_to_string(path.with_extension("pub")).unwrap();
    SshKey::parse(&line).unwrap()
}

/// An agent in the foreground, gone when dropped.
struct RealAgent {
    child: Child,
    socket: PathBuf,
}

impl RealAgent {
    fn start(dir: &Path) -> Self {
        let socket = dir.join("agent");
        let mut agent = Command::new("ssh-agent");
        agent.args(["-D", "-a", socket.to_str().unwrap()]).stdout(Stdio::null());
        let child = agent.spawn().unwrap();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            std::thread::yield_now();
        }
        Self { child, socket }
    }

    fn add(&self, args: &[&str], input: &str) {
        let mut add = Command::new("ssh-add");
        add.args(args).env("SSH_AUTH_SOCK", &self.socket).env("SSH_ASKPASS_REQUIRE", "never");
        let streams = add.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = streams.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "ssh-add {args:?}");
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether stock ssh-keygen accepts the signature as `ana`'s.
fn stock_accepts(dir: &Path, allowed: &str, armored: &str, message: &[u8]) -> bool {
    std::fs::write(dir.join("allowed"), allowed).unwrap();
    std::fs::write(dir.join("sig"), armored).unwrap();
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", REPORT_NAMESPACE, "-I", "ana", "-f"])
        .arg(dir.join("allowed"))
        .arg("-s")
        .arg(dir.join("sig"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(message);
    child.wait().unwrap().success()
}

#[test]
fn an_agent_signs_with_every_type_of_key() {
    let dir = tempfile::tempdir().unwrap();
    let agent = RealAgent::start(dir.path());
    let error = AgentKey::find(&agent.socket, PATIENCE, None).unwrap_err();
    assert_eq!(error, SignError::NoKeys);
    for (kind, extra) in
        [("ed25519", &[][..]), ("ecdsa", &["-b", "384"][..]), ("rsa", &["-b", "2048"][..])]
    {
        let path = pair(dir.path(), kind, extra);
        agent.add(&["-q", path.to_str().unwrap()], "");
        let key = public(&path);
        let signer = AgentKey::find(&agent.socket, PATIENCE, Some(&key)).unwrap();
        let armored = signer.sign(REPORT_NAMESPACE, b"message").unwrap();
        assert_eq!(verify_signature(&armored, REPORT_NAMESPACE, b"message").unwrap(), key);
        assert_eq!(
            verify_signature(&armored, REPORT_NAMESPACE, b"other"),
            Err(SignError::Invalid),
            "{kind}"
        );
        assert!(stock_accepts(dir.path(), &format!("ana {key}\n"), &armored, b"message"));
    }
    let error = AgentKey::find(&agent.socket, PATIENCE, None).unwrap_err();
    assert!(matches!(error, SignError::WhichKey { keys } if keys.len() == 3));
    let stranger = SshKey::parse(STRANGER).unwrap();
    let error = AgentKey::find(&agent.socket, PATIENCE, Some(&stranger)).unwrap_err();
    assert_eq!(error, SignError::NoSuchKey { key: stranger.fingerprint() });
}

#[test]
fn an_agent_signs_with_a_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &path("ca")]);
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &path("ana")]);
    keygen(&["-q", "-s", &path("ca"), "-I", "ana", "-n", "ana", &path("ana.pub")]);
    let agent = RealAgent::start(dir.path());
    agent.add(&["-q", &path("ana")], "");
    let keys = agent_keys(&agent.socket, PATIENCE).unwrap();
    let (certificate, _) = keys.iter().find(|(key, _)| key.algorithm().contains("-cert-")).unwrap();
    let signer = AgentKey::find(&agent.socket, PATIENCE, Some(certificate)).unwrap();
    let armored = signer.sign(REPORT_NAMESPACE, b"message").unwrap();
    assert_eq!(verify_signature(&armored, REPORT_NAMESPACE, b"message").unwrap(), *certificate);
    let ca = std::fs::read_to_string(path("ca.pub")).unwrap();
    let allowed = format!("ana cert-authority {ca}");
    assert!(stock_accepts(dir.path(), &allowed, &armored, b"message"));
    assert!(!stock_accepts(dir.path(), &allowed, &armored, b"other"));
}

#[test]
fn a_missing_locked_or_silent_agent_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    assert!(matches!(AgentKey::find(&nowhere, PATIENCE, None), Err(SignError::Unreachable { .. })));
    let silent = dir.path().join("silent");
    let listener = std::os::unix::net::UnixListener::bind(&silent).unwrap();
    let error = AgentKey::find(&silent, Duration::from_millis(30), None).unwrap_err();
    assert!(matches!(error, SignError::Timeout { .. }), "{error}");
    drop(listener);
    // An agent that answers with rubbish, and one that refuses to sign.
    let talker = |name: &str, answers: Vec<Vec<u8>>| {
        let path = dir.path().join(name);
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let thread = std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut length = [0; 4];
                std::io::Read::read_exact(&mut stream, &mut length).unwrap();
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                std::io::Read::read_exact(&mut stream, &mut request).unwrap();
                stream.write_all(&answer).unwrap();
            }
        });
        (path, thread)
    };
    let frame =
        |message: &[u8]| [&u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let (path, thread) = talker("rubbish", vec![frame(&[12, 0, 0, 0, 9, 1])]);
    assert!(matches!(AgentKey::find(&path, PATIENCE, None), Err(SignError::BadAnswer)));
    thread.join().unwrap();
    let blob = SshKey::parse(STRANGER).unwrap();
    let mut offer = vec![12, 0, 0, 0, 1];
    for part in [blob.blob(), b"comment"] {
        offer.extend_from_slice(&frame(part));
    }
    let (path, thread) = talker("refusing", vec![frame(&offer), frame(&[5])]);
    let signer = AgentKey::find(&path, PATIENCE, None).unwrap();
    let error = signer.sign(REPORT_NAMESPACE, b"message").unwrap_err();
    assert!(matches!(error, SignError::Refused { .. }), "{error}");
    thread.join().unwrap();
}

/// Answers as an agent that holds one security key: a list of keys, then signatures.
fn security_key_agent(socket: &Path, seed: u8, counter: u32) -> (SshKey, SecurityKeyAgent) {
    use crate::attest::sshsig::{Reader, put};
    use ed25519_dalek::{Signer as _, SigningKey};
    use sha2::{Digest, Sha256};
    let secret = SigningKey::from_bytes(&[seed; 32]);
    let mut blob = Vec::new();
    put(&mut blob, b"sk-ssh-ed25519@openssh.com");
    put(&mut blob, secret.verifying_key().as_bytes());
    put(&mut blob, b"ssh:");
    let key = SshKey::from_blob(&blob).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    let answering = std::thread::spawn(move || {
        let mut sent = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut length = [0; 4];
            std::io::Read::read_exact(&mut stream, &mut length).unwrap();
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            std::io::Read::read_exact(&mut stream, &mut request).unwrap();
            let mut answer = Vec::new();
            if request[0] == 11 {
                answer.extend_from_slice(&[12, 0, 0, 0, 1]);
                put(&mut answer, &blob);
                put(&mut answer, b"token");
            } else {
                let mut reader = Reader(&request[1..]);
                assert_eq!(reader.string().unwrap(), blob);
                // What the token signs: application, touched, counter, message (PROTOCOL.u2f).
                let data = reader.string().unwrap();
                let mut signed = Sha256::digest(b"ssh:").to_vec();
                signed.push(1);
                signed.extend_from_slice(&counter.to_be_bytes());
                signed.extend_from_slice(&Sha256::digest(data));
                put(&mut sent, b"sk-ssh-ed25519@openssh.com");
                put(&mut sent, &secret.sign(&signed).to_bytes());
                sent.push(1);
                sent.extend_from_slice(&counter.to_be_bytes());
                answer.push(14);
                put(&mut answer, &sent);
            }
            let mut framed = Vec::new();
            put(&mut framed, &answer);
            stream.write_all(&framed).unwrap();
        }
        sent
    });
    (key, answering)
}

/// Ends with the signature that was sent.
type SecurityKeyAgent = std::thread::JoinHandle<Vec<u8>>;

#[test]
fn a_security_keys_signature_passes_unchanged_and_stock_ssh_keygen_judges_it() {
    let dir = scratch();
    let socket = dir.path().join("agent");
    let (key, agent) = security_key_agent(&socket, 7, 41);
    let signer = AgentKey::find(&socket, PATIENCE, None).unwrap();
    assert_eq!(*signer.key(), key);
    let armored = signer.sign(REPORT_NAMESPACE, b"message").unwrap();
    let sent = agent.join().unwrap();
    assert_eq!(SshSignature::parse(&armored).unwrap().blob, sent, "not a byte is changed");
    // This program cannot check it itself; what ssh-keygen says counts, in both directions.
    assert_eq!(verify_signature(&armored, REPORT_NAMESPACE, b"message").unwrap(), key);
    assert!(stock_accepts(dir.path(), &format!("ana {key}"), &armored, b"message"));
    let other = verify_signature(&armored, REPORT_NAMESPACE, b"another message");
    assert_eq!(other.unwrap_err(), SignError::Invalid);
}

#[test]
fn a_key_file_signs_only_when_it_is_plain_ed25519() {
    let dir = tempfile::tempdir().unwrap();
    let path = pair(dir.path(), "ed25519", &[]);
    let file = KeyFile::parse(&std::fs::read(&path).unwrap()).unwrap();
    let armored = file.sign(REPORT_NAMESPACE, b"message").unwrap();
    assert!(stock_accepts(dir.path(), &format!("ana {}\n", file.key()), &armored, b"message"));
    let rsa = pair(dir.path(), "rsa", &["-b", "2048"]);
    let error = KeyFile::parse(&std::fs::read(rsa).unwrap()).unwrap_err();
    assert!(matches!(error, SignError::KeyFile(_)));
    keygen(&["-q", "-p", "-N", "secret", "-f", path.to_str().unwrap()]);
    let error = KeyFile::parse(&std::fs::read(path).unwrap()).unwrap_err();
    assert_eq!(error, SignError::KeyFile("it is encrypted".into()));
}

#[test]
fn a_decision_signed_elsewhere_counts_and_cannot_be_forged_or_moved() {
    let dir = tempfile::tempdir().unwrap();
    let (bo, other) = (pair(dir.path(), "ecdsa", &[]), pair(dir.path(), "ed25519", &[]));
    let name = "bo.lind@support.example.com";
    let mut allowed = AllowedSigners::default();
    allowed.add(name, public(&bo), &[DECISION_NAMESPACE]);
    allowed.add("ana@support.example.com", public(&other), &[DECISION_NAMESPACE]);
    let statement = |id: &str, decision: &str| {
        Statement::new(ORIGIN, "deletion", id, decision, name).with("digest", "9f86d081")
    };
    let approved = statement("DSR-2026-0001", "approved");
    let file = dir.path().join("statement");
    let sign = |key: &Path, text: &str| {
        std::fs::write(&file, text).unwrap();
        let _ = std::fs::remove_file(file.with_extension("sig"));
        let (key, file) = (key.to_str().unwrap(), file.to_str().unwrap());
        let status = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", DECISION_NAMESPACE, "-f", key, file])
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        std::fs::read_to_string(dir.path().join("statement.sig")).unwrap()
    };
    let armored = sign(&bo, approved.text());
    assert_eq!(approved.verify(&armored, &allowed, name, noon()).unwrap(), public(&bo));
    for moved in [statement("DSR-2026-0002", "approved"), statement("DSR-2026-0001", "returned")] {
        let error = moved.verify(&armored, &allowed, name, noon()).unwrap_err();
        assert_eq!(error, DecisionError::Signature(SignError::Invalid));
    }
    let forged = sign(&other, approved.text());
    let error = approved.verify(&forged, &allowed, name, noon()).unwrap_err();
    assert!(matches!(error, DecisionError::OtherPrincipal { .. }), "{error}");
    let nobody = AllowedSigners::default();
    let error = approved.verify(&armored, &nobody, name, noon()).unwrap_err();
    assert!(matches!(error, DecisionError::NotListed { .. }), "{error}");
    let mut reports = AllowedSigners::default();
    reports.add(name, public(&bo), &[REPORT_NAMESPACE]);
    let error = approved.verify(&armored, &reports, name, noon()).unwrap_err();
    assert!(matches!(error, DecisionError::OtherPurpose { .. }), "{error}");
    let line = format!("{name} valid-before=\"20261104Z\" {}", public(&bo));
    let expired = AllowedSigners::parse(&line).unwrap();
    let error = approved.verify(&armored, &expired, name, noon()).unwrap_err();
    assert!(matches!(error, DecisionError::NotValid { .. }), "{error}");
}

#[test]
fn a_statement_cannot_be_broken_by_what_it_names() {
    let text = Statement::new(ORIGIN, "deletion", "x\ndecision approved", "returned", "a b");
    assert_eq!(text.text().lines().count(), 6);
    assert!(text.text().contains("id x%0Adecision%20approved\n"));
}
