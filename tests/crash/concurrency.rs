//! Several processes delete at once while another verifies all the time.
//!
//! `CASEWARD_CONCURRENCY=8x100` sets processes and transactions each; without it a short form runs.

use crate::job::noon;
use caseward::attest::{Log, Removal, RemovalItem, Sha256, TxId, VerifyOptions, Warnings, Why};
use caseward::fs::{Fs, RealFs, RelPath};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Tells a process that it is one of the workers: directory, its number, transactions.
const WORKER: &str = "CASEWARD_CONCURRENCY_WORKER";
const CONTENT: &[u8] = b"somebody's data";

fn log(dir: &Path) -> Log {
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir).unwrap());
    Log::open(fs)
}

/// Deletes `count` files, each in a transaction and a session of its own.
fn work(dir: &Path, number: u32, count: u32) {
    for n in 0..count {
        let name = format!("w{number}-{n}");
        std::fs::write(dir.join(&name), CONTENT).unwrap();
        let path = RelPath::new(&name).unwrap();
        let removal = Removal {
            tx: TxId::random().unwrap(),
            why: Why::Dsr,
            request: format!("DSR-{number}-{n}"),
            engineer: "ana@example.com".into(),
            memo: String::new(),
            warnings: Warnings::default(),
            items: vec![RemovalItem::remove(path, CONTENT.len() as u64, Sha256::of(CONTENT))],
        };
        let mut session = log(dir).lock(noon()).unwrap();
        assert!(session.recovered().is_empty(), "nobody was interrupted");
        assert!(session.remove(&removal, &mut |_| {}).unwrap().is_complete());
        session.forget(removal.tx).unwrap();
    }
}

#[test]
fn processes_lose_nothing_and_raise_no_false_alarm() {
    if let Ok(task) = std::env::var(WORKER) {
        let mut parts = task.rsplitn(3, ':');
        let count = parts.next().unwrap().parse().unwrap();
        let number = parts.next().unwrap().parse().unwrap();
        return work(Path::new(parts.next().unwrap()), number, count);
    }
    let asked = std::env::var("CASEWARD_CONCURRENCY").unwrap_or_else(|_| "3x8".to_owned());
    let (processes, count) = asked.split_once('x').unwrap();
    let (processes, count): (u32, u32) = (processes.parse().unwrap(), count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir.path()).unwrap());
    let log = Log::create(fs, "example.com/log", noon()).unwrap();
    let worker = |number| -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["concurrency::processes_lose_nothing_and_raise_no_false_alarm", "--exact"])
            .env(WORKER, format!("{}:{number}:{count}", dir.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut workers: Vec<Child> = (0..processes).map(worker).collect();
    let (mut verified, mut last_seen) = (0, None);
    loop {
        let running = workers.iter_mut().any(|worker| worker.try_wait().unwrap().is_none());
        let options = VerifyOptions { last_seen: last_seen.clone(), checkpoint: None };
        let verification = log.verify(&options, &mut |_, _| {});
        assert!(verification.ok, "verification {verified}: {:#?}", verification.checks);
        (verified, last_seen) = (verified + 1, verification.checkpoint);
        if !running {
            break;
        }
    }
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    let size = log.size().unwrap();
    println!(
        "{processes} processes x {count} transactions: {size} entries, {verified} verifications"
    );
    assert_eq!(size, 1 + 2 * u64::from(processes * count));
    assert!(!log.needs_recovery().unwrap());
    let left = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 1, "nothing but the log is left");
}
