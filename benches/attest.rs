//! The attestation log: verifying a million entries, and deleting, each beside the tools that do the
//! bare work. `cargo bench --bench attest`; `-- --smoke` runs a short form,
//! `-- verify` the first part only.
//!
//! Figures are ratios to a peer measured in the same run, so that they mean something on any host.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench measures with the wall clock and prints"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use caseward::attest::merkle::{Frontier, leaf_hash};
use caseward::attest::{
    Body, Checkpoint, Head, Leaf, Log, Removal, RemovalItem, Sha256, TxId, Verdict, VerifyOptions,
    Warnings, Why,
};
use caseward::fs::{Fs, RealFs, RelPath, hash_file};
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer, SigningKey};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ORIGIN: &str = "bench.example/log";

fn noon() -> DateTime<Utc> {
    "2026-11-05T12:00:00Z".parse().unwrap()
}

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let scratch = tempfile::tempdir().unwrap();
    verify(&scratch.path().join("verify"), if smoke { 10_000 } else { 1_000_000 });
    if std::env::args().any(|argument| argument == "verify") {
        return;
    }
    delete(&scratch.path().join("many"), if smoke { 50 } else { 1000 }, 10_000);
    let large = if smoke { 16 << 20 } else { 4 << 30 };
    delete(&scratch.path().join("one"), 1, large);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let value = work();
    (value, began.elapsed())
}

fn shell(dir: &Path, script: &str) -> Duration {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(dir).stdout(Stdio::null());
    let (status, took) = timed(|| command.status().unwrap());
    assert!(status.success(), "{script}");
    took
}

fn print(what: &str, ours: Duration, peer: &str, theirs: Duration) {
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let (ours, theirs) = (ours.as_secs_f64(), theirs.as_secs_f64());
    println!("{what}: {ours:.3} s, {peer}: {theirs:.3} s, ratio {ratio:.2}");
}

/// The most memory this process has had in RAM, in MB.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kilobytes: f64 = line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1000.0
}

fn open(dir: &Path) -> Arc<dyn Fs> {
    Arc::new(RealFs::open(dir).unwrap())
}

fn verify(dir: &Path, entries: u64) {
    std::fs::create_dir(dir).unwrap();
    let log = Log::create(open(dir), ORIGIN, noon()).unwrap();
    fill(dir, entries);
    let before = peak_memory();
    let check = || log.verify(&VerifyOptions::default(), &mut |_, _| {});
    let (first, _) = timed(check);
    assert!(first.ok, "{:#?}", first.checks);
    let took = (0..3).map(|_| timed(check).1).min().unwrap();
    let file = dir.join(".attest");
    let sums = (0..3).map(|_| shell(&file, "sha256sum log.jsonl")).min().unwrap();
    let openssl = (0..3).map(|_| shell(&file, "openssl dgst -sha256 log.jsonl")).min().unwrap();
    let bytes = std::fs::metadata(file.join("log.jsonl")).unwrap().len();
    println!(
        "{entries} entries, {:.0} MB, peak memory +{:.1} MB",
        bytes as f64 / 1e6,
        peak_memory() - before
    );
    print("attest verify", took, "sha256sum of the log", sums);
    print("attest verify", took, "openssl dgst of the log", openssl);
}

/// Extends a new log to `entries` without the flushes of real transactions.
fn fill(dir: &Path, entries: u64) {
    let base = dir.join(".attest");
    let path = base.join("log.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    let mut frontier = Frontier::default();
    frontier.push(leaf_hash(&bytes[..bytes.len() - 1]));
    let mut index = 1;
    while index + 1 < entries {
        let tx = TxId::random().unwrap();
        let commitments = Sha256::of(&tx.0);
        let begin = Body::Begin { tx, why: Why::Dsr, count: 3, commitments, subject: commitments };
        let outcomes = vec![Verdict::Removed; 3];
        let end = Body::End { tx, begin: index, outcomes, warnings: Warnings::default() };
        for body in [begin, end] {
            let line = Leaf { index, time: noon(), body }.to_bytes();
            frontier.push(leaf_hash(&line));
            bytes.extend_from_slice(&line);
            bytes.push(b'\n');
            index += 1;
        }
    }
    let (size, root) = (index, frontier.root());
    std::fs::write(&path, &bytes).unwrap();
    let head = Head { size, bytes: bytes.len() as u64, root };
    std::fs::write(base.join("head"), head.to_string()).unwrap();
    let note = sign(&base, &Checkpoint { origin: ORIGIN.into(), size, root });
    std::fs::write(base.join("checkpoint"), &note).unwrap();
    std::fs::write(base.join("checkpoints").join(size.to_string()), &note).unwrap();
}

/// Signs a checkpoint as docs/attestation.md says, with the log's key file.
fn sign(base: &Path, checkpoint: &Checkpoint) -> Vec<u8> {
    let file = std::fs::read(base.join("keys/log")).unwrap();
    let file = ssh_key::PrivateKey::from_openssh(file).unwrap();
    let secret = file.key_data().ed25519().unwrap().private.to_bytes();
    let key = SigningKey::from_bytes(&secret);
    let typed = [&[1], key.verifying_key().as_bytes().as_slice()].concat();
    let id = Sha256::of(&[ORIGIN.as_bytes(), b"\n", &typed].concat());
    let text = checkpoint.text();
    let signature = key.sign(text.as_bytes()).to_bytes();
    let signature = BASE64.encode([&id.0[..4], &signature].concat());
    format!("{text}\n\u{2014} {ORIGIN} {signature}\n").into_bytes()
}

/// Files of `size` bytes each, written and flushed.
fn files(dir: &Path, count: usize, size: u64) -> Vec<RemovalItem> {
    std::fs::create_dir_all(dir.join("data")).unwrap();
    let block = vec![0x5a; usize::try_from(size.min(1 << 20)).unwrap()];
    for n in 0..count {
        let mut file = std::fs::File::create(dir.join(format!("data/{n}"))).unwrap();
        let mut left = size;
        while left > 0 {
            let part = usize::try_from(left.min(block.len() as u64)).unwrap();
            file.write_all(&block[..part]).unwrap();
            left -= part as u64;
        }
        file.sync_all().unwrap();
    }
    let fs = open(dir);
    let item = |n| {
        let path = RelPath::new(format!("data/{n}")).unwrap();
        let (sha256, size) = hash_file(&mut *fs.open(&path).unwrap(), &mut |_| {}).unwrap();
        RemovalItem::remove(path, size, sha256)
    };
    // Files of one size have one content: the first one's hash is everybody's.
    let first: RemovalItem = item(0);
    (0..count)
        .map(|n| RemovalItem { path: RelPath::new(format!("data/{n}")).unwrap(), ..first.clone() })
        .collect()
}

fn delete(dir: &Path, count: usize, size: u64) {
    let items = files(dir, count, size);
    // The bare work: a transaction hashes twice, in place and again in quarantine.
    let twice = "sha256sum data/* > sums && sha256sum data/* > again && rm data/* && sync -f .";
    let peer = shell(dir, twice);
    std::fs::remove_dir_all(dir.join("data")).unwrap();
    files(dir, count, size);
    let once = shell(dir, "sha256sum data/* > sums && rm data/* && sync -f .");
    std::fs::remove_dir_all(dir.join("data")).unwrap();
    files(dir, count, size);
    let log = Log::create(open(dir), ORIGIN, noon()).unwrap();
    let removal = Removal {
        tx: TxId::random().unwrap(),
        why: Why::Dsr,
        request: "DSR-1".into(),
        engineer: "ana@example.com".into(),
        memo: String::new(),
        warnings: Warnings::default(),
        items,
    };
    let (done, took) = timed(|| {
        let mut session = log.lock(noon()).unwrap();
        let outcome = session.remove(&removal, &mut |_| {}).unwrap();
        session.forget(removal.tx).unwrap();
        outcome
    });
    assert!(done.is_complete());
    let what = format!("deletion of {count} x {size} bytes");
    print(&what, took, "sha256sum, rm, sync", once);
    print(&what, took, "sha256sum twice, rm, sync", peer);
}
