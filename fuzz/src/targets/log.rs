//! The attestation log's formats: leaves, checkpoints, keys, signatures, openings, and recovery from files
//! that say anything.

use super::splice;
use caseward::attest::{
    AllowedSigners, Checkpoint, FileRecord, Head, IfChanged, KeyFile, Leaf, Log, Opening, Removal,
    RemovalItem, Sha256, Signer, SshKey, SshSignature, Standing, TxId, VKey, VerifyOptions,
    Warnings, Why, decode_path, encode_path, verify_signature,
};
use caseward::fs::sim::SimFs;
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RelPath, Replace, create_dirs, read};
use chrono::{DateTime, Utc};
use std::sync::{Arc, LazyLock};

/// A note as this program signs it, and the key it was signed with.
const NOTE: &str = include_str!("../../fixtures/checkpoint");
const VKEY: &str = include_str!("../../fixtures/vkey");
/// A key, a text and its signature.
const SIGNATURE: &str = include_str!("../../fixtures/statement.sig");
const SIGNED: &str = include_str!("../../fixtures/statement");
const NAMESPACE: &str = "decision@caseward";

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_880_000, 0).unwrap_or_default()
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// A line of the log, and a head.
pub fn leaves(data: &[u8]) {
    let first = Leaf::parse(data);
    assert_eq!(first, Leaf::parse(data));
    if let Ok(leaf) = first {
        assert!(data.iter().all(|byte| (b' '..=b'~').contains(byte)), "printable ASCII only");
        // A number may be larger than any type of ours and is JSON all the same.
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok(), "a leaf is JSON");
        let spelled = leaf.to_bytes();
        match leaf.body {
            caseward::attest::Body::Unknown { .. } => {
                assert!(data.starts_with(&spelled[..spelled.len() - 1]));
            }
            _ => assert_eq!(spelled, data, "one spelling"),
        }
    }
    if let Some(head) = Head::parse(data) {
        assert_eq!(head.to_string().as_bytes(), data, "one spelling");
    }
}

/// A signed note: what verifies is what was signed, whatever stands around it.
pub fn checkpoint(data: &[u8]) {
    let vkey = VKey::parse(VKEY.trim_end()).expect("the key of the fixture");
    let signed = Checkpoint::verify(NOTE.as_bytes(), &vkey).expect("the note of the fixture");
    for note in [data.to_vec(), splice(NOTE.as_bytes(), data)] {
        if let Ok(read) = Checkpoint::parse(&note) {
            assert!(note.starts_with(format!("{}\n", read.text()).as_bytes()), "one spelling");
        }
        if let Ok(verified) = Checkpoint::verify(&note, &vkey) {
            assert_eq!(verified, signed, "a note that nobody signed");
        }
    }
}

/// Keys in their three forms, and signatures: what verifies was signed.
pub fn keys(data: &[u8]) {
    let typed = text(data);
    if let Some(vkey) = VKey::parse(&typed) {
        assert_eq!(VKey::parse(&vkey.to_string()), Some(vkey));
    }
    if let Some(key) = SshKey::parse(&typed) {
        assert_eq!(SshKey::parse(&key.to_string()), Some(key));
    }
    if let Some(key) = SshKey::from_blob(data) {
        assert_eq!(key.blob(), data);
        assert_eq!(SshKey::parse(&key.to_string()), Some(key));
    }
    if let Ok(key) = KeyFile::parse(data) {
        let armored = key.sign(NAMESPACE, data).expect("a key that was read signs");
        assert_eq!(verify_signature(&armored, NAMESPACE, data).as_ref(), Ok(key.key()));
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }
    signature(&typed);
    signature(&text(&splice(SIGNATURE.as_bytes(), data)));
    // The envelope behind the armour, where base64 would hide it.
    signature(&format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, data)
    ));
}

fn signature(armored: &str) {
    let Ok(read) = SshSignature::parse(armored) else { return };
    assert_eq!(SshSignature::parse(&read.armored()).as_ref(), Ok(&read));
    // Other types of keys are ssh-keygen's.
    if read.key.algorithm() == "ssh-ed25519"
        && read.blob.starts_with(b"\0\0\0\x0bssh-ed25519\0\0\0\x40")
        && read.blob.len() == 83
        && read.key.blob().len() == 51
        && let Ok(key) = verify_signature(armored, NAMESPACE, SIGNED.as_bytes())
    {
        let genuine = verify_signature(SIGNATURE, NAMESPACE, SIGNED.as_bytes());
        assert_eq!(Ok(key), genuine, "a text that nobody signed");
    }
}

/// `allowed_signers`: what a file allows, and that a pattern is answered at once.
pub fn signers(data: &[u8]) {
    let typed = text(data);
    let key = verify_signature(SIGNATURE, NAMESPACE, SIGNED.as_bytes()).expect("the fixture");
    let lined = typed.lines().map(|line| format!("{line} {key}\n")).collect::<String>();
    for file in [typed, lined] {
        let allowed = match AllowedSigners::parse(&file) {
            Ok(allowed) => allowed,
            Err(bad) => {
                assert!((1..=file.lines().count()).contains(&bad.line), "{bad}");
                assert_eq!(AllowedSigners::parse(&file), Err(bad));
                continue;
            }
        };
        assert!(allowed.signers().len() <= file.lines().count());
        let standing = allowed.standing(&key, NAMESPACE, noon());
        if !allowed.signers().iter().any(|signer| signer.key == key && !signer.cert_authority) {
            assert_eq!(standing, Standing::NotListed);
        }
        let long = "a".repeat(200);
        for principal in ["ana.silva@support.example.com", &long] {
            let as_one = allowed.standing_of(&key, principal, NAMESPACE, noon());
            if standing == Standing::NotListed {
                assert_eq!(as_one, Standing::NotListed, "listed as one, and not at all");
            }
        }
    }
}

/// Openings, file records and the paths in them.
pub fn openings(data: &[u8]) {
    let sealed = seal(data);
    for bytes in [data, &sealed] {
        if let Some(opening) = Opening::parse(bytes) {
            assert_eq!(opening.to_bytes(), bytes, "one spelling");
            for one in &opening.records {
                let FileRecord { path, .. } = &one.record;
                assert_eq!(decode_path(&encode_path(path)).as_ref(), Some(path));
            }
        }
    }
    let typed = text(data);
    if let Some(path) = decode_path(&typed) {
        assert_eq!(encode_path(&path), typed, "one spelling");
        let climbs = path.as_path().components().any(|part| part.as_os_str() == "..");
        assert!(!climbs && path.as_path().is_relative(), "{path:?}");
    }
    if let Ok(tx) = typed.parse::<TxId>() {
        assert_eq!(tx.to_string(), typed);
    }
}

/// The bytes with the trailer that shows them whole.
fn seal(data: &[u8]) -> Vec<u8> {
    [data, format!("sha256 {}\n", Sha256::of(data)).as_bytes()].concat()
}

/// A log that was interrupted in the middle of a transaction, after so many steps of it.
struct Interrupted {
    fs: SimFs,
    /// Files of the log, all that recovery reads.
    files: Vec<RelPath>,
}

static INTERRUPTED: LazyLock<Vec<Interrupted>> = LazyLock::new(|| {
    let path = |text: &str| RelPath::new(text).expect("a path of ours");
    let fs = SimFs::new();
    let contents = b"Jane called at nine";
    for name in ["a/one.txt", "a/two.txt"] {
        create_dirs(&fs, &path(name).parent()).expect("a directory");
        fs.create(&path(name)).and_then(|mut file| file.write_at(contents, 0)).expect("a file");
    }
    Log::create(Arc::new(fs.clone()), "example.com/log", noon()).expect("a log");
    let item = |name: &str, replacement: Option<Vec<u8>>| RemovalItem {
        replacement,
        if_changed: IfChanged::default(),
        ..RemovalItem::remove(path(name), contents.len() as u64, Sha256::of(contents))
    };
    let removal = Removal {
        tx: "00112233445566778899aabbccddeeff".parse().expect("an id"),
        why: Why::Dsr,
        request: "DSR-2026-0001".into(),
        engineer: "ana@example.com".into(),
        memo: "{}".into(),
        warnings: Warnings::default(),
        items: vec![item("a/one.txt", None), item("a/two.txt", Some(b"[redacted]".to_vec()))],
    };
    // Before `begin`, after it, withdrawn, and ended but not forgotten.
    [6, 14, 22, 30, 1_000]
        .into_iter()
        .map(|permitted| interrupted(&fs, &removal, permitted))
        .collect()
});

fn interrupted(fs: &SimFs, removal: &Removal, permitted: u64) -> Interrupted {
    let fs = fs.settled();
    let stopping = Arc::new(StopFs::new(Arc::new(fs.clone()), permitted));
    if let Ok(mut session) = Log::open(stopping).lock(noon()) {
        // It is meant to stop.
        let _ = session.remove(removal, &mut |_| {});
    }
    let base = RelPath::root().join(".attest");
    let mut files = Vec::new();
    for dir in ["", "txn", "open", "checkpoints", "keys"] {
        let dir = if dir.is_empty() { base.clone() } else { base.join(dir) };
        for entry in fs.list(&dir).unwrap_or_default() {
            let path = dir.join(&entry.name);
            if read(&fs, &path).is_ok_and(|bytes| !bytes.is_empty()) {
                files.push(path);
            }
        }
    }
    Interrupted { fs: fs.settled(), files }
}

/// Recovery with one of the log's files changed: refused or finished, alike when asked again, and what it
/// accepts verifies.
pub fn recovery(data: &[u8]) {
    let Some((&[state, file, how], data)) = data.split_first_chunk() else { return };
    let state = &INTERRUPTED[usize::from(state) % INTERRUPTED.len()];
    let path = &state.files[usize::from(file) % state.files.len()];
    let fs = state.fs.settled();
    let old = read(&fs, path).expect("a file of the log");
    // An intent and a phase end in a hash over what is before it.
    let body = old.len().checked_sub(72).filter(|_| path.as_path().starts_with(".attest/txn"));
    let new = match (how % 3, body) {
        (0, _) => data.to_vec(),
        (1, Some(body)) => seal(&splice(&old[..body], data)),
        (2, Some(_)) => seal(data),
        _ => splice(&old, data),
    };
    let temp = path.with_suffix(".fuzzed");
    fs.create(&temp)
        .and_then(|mut file| file.write_at(&new, 0))
        .and_then(|()| fs.rename(&temp, path, Replace::Yes))
        .expect("a simulated disk");
    let shared: Arc<dyn Fs> = Arc::new(fs.clone());
    let log = Log::open(shared);
    let verdict = |log: &Log| match log.lock(noon()) {
        Ok(session) => Ok(session.head()),
        Err(error) => Err(error.to_string()),
    };
    let first = verdict(&log);
    let second = verdict(&log);
    match (&first, &second) {
        (Ok(head), Ok(again)) => {
            assert_eq!(head, again, "recovered once is recovered");
            // What nothing wrote again may still be what was put there.
            let ours = [".attest/checkpoints", ".attest/open", ".attest/keys/log.pub"];
            if !ours.iter().any(|name| path.as_path().starts_with(name)) {
                let verified = log.verify(&VerifyOptions::default(), &mut |_, _| {});
                assert!(verified.ok, "{path:?}: {:?}", verified.checks);
            }
        }
        (Err(first), Err(second)) => assert_eq!(first, second, "refused alike twice"),
        _ => panic!("{path:?}: {first:?}, then {second:?}"),
    }
}
