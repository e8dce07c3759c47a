//! The job that is crashed: two deletions with rewritten files on two devices, and a destroyed
//! opening.

use caseward::attest::{
    Body, Log, Recovered, RecoveredKind, Removal, RemovalItem, Sha256, TxId, Verdict,
    VerifyOptions, Warnings, Why,
};
use caseward::fs::sim::SimFs;
use caseward::fs::{Fs, RelPath, create_dirs, read};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Files; those below `b` are on a device of their own.
const FILES: [(&str, &str); 5] = [
    ("a/records/note.txt", "Jane called at nine"),
    ("a/records/note.txt.meta.toml", "name = \"note.txt\""),
    ("a/diagnostics/signins.json", "{\"user\":\"jane\"}"),
    ("b/records/chat.txt", "Jane: hello"),
    ("b/diagnostics/trace.log", "jane signed in"),
];

pub fn noon() -> DateTime<Utc> {
    "2026-11-05T12:00:00Z".parse().unwrap()
}

fn path(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

/// The workspace before the job, durable, and what the job is to remove.
pub struct Job {
    pub fs: SimFs,
    pub removals: Vec<Removal>,
}

/// How far the job came: what its caller was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Told {
    /// Removals that returned an outcome.
    pub done: usize,
    /// The opening of the first removal was destroyed.
    pub shredded: bool,
}

impl Job {
    pub fn new() -> Self {
        let fs = SimFs::new();
        for (name, content) in FILES {
            create_dirs(&fs, &path(name).parent()).unwrap();
            fs.create(&path(name)).unwrap().write_at(content.as_bytes(), 0).unwrap();
        }
        fs.mount(&path("b")).unwrap();
        let item = |n: usize| {
            let (name, content) = FILES[n];
            let bytes = content.as_bytes();
            RemovalItem::remove(path(name), bytes.len() as u64, Sha256::of(bytes))
        };
        let mut rewritten = item(2);
        rewritten.replacement = Some(b"{\"user\":\"[redacted]\"}".to_vec());
        let mut elsewhere = item(4);
        elsewhere.replacement = Some(b"[redacted] signed in".to_vec());
        let removal = |items| Removal {
            tx: TxId::random().unwrap(),
            why: Why::Dsr,
            request: "DSR-1".into(),
            engineer: "ana@example.com".into(),
            memo: "memo".into(),
            warnings: Warnings::default(),
            items,
        };
        let removals =
            vec![removal(vec![item(0), item(1), rewritten, item(3)]), removal(vec![elsewhere])];
        Log::create(Arc::new(fs.clone()), "example.com/log", noon()).unwrap();
        Self { fs: fs.settled(), removals }
    }

    /// Runs the job on `fs`, telling after each event how far it came.
    pub fn run(&self, fs: Arc<dyn Fs>, told: &mut dyn FnMut(Told)) -> Result<(), ()> {
        let log = Log::open(fs);
        for (n, removal) in self.removals.iter().enumerate() {
            let mut session = log.lock(noon()).map_err(drop)?;
            session.remove(removal, &mut |_| {}).map_err(drop)?;
            told(Told { done: n + 1, shredded: false });
            session.forget(removal.tx).map_err(drop)?;
        }
        let mut session = log.lock(noon()).map_err(drop)?;
        session.shred(self.removals[0].tx).map_err(drop)?;
        told(Told { done: self.removals.len(), shredded: true });
        Ok(())
    }

    /// Checks a state that a crash left, recovers it, checks again. `seen` are the checkpoints
    /// that anybody may have read before the crash.
    pub fn check(&self, fs: &SimFs, told: Told, seen: &[Vec<u8>]) -> Result<(), String> {
        self.untouched_before_begin(fs)?;
        let log = Log::open(Arc::new(fs.clone()));
        let opening = log.opening(self.removals[0].tx).map_err(|error| error.to_string())?;
        if told.shredded && opening.is_some() {
            return Err("what was destroyed is back".into());
        }
        let mut session = log.lock(noon()).map_err(|error| format!("recovery: {error}"))?;
        let recovered = session.recovered().to_vec();
        for one in &recovered {
            if one.kind == RecoveredKind::Lost {
                return Err("a transaction was lost".into());
            }
            session.forget(one.tx).map_err(|error| format!("forget: {error}"))?;
        }
        drop(session);
        self.recovered(fs, &log, told, &recovered)?;
        // The newest checkpoint seen contains those before it.
        let checkpoint = seen.last().cloned();
        let options = VerifyOptions { checkpoint, ..VerifyOptions::default() };
        let verification = log.verify(&options, &mut |_, _| {});
        if let Some(failed) = verification.checks.iter().find(|check| !check.ok) {
            return Err(format!("{}: {}", failed.name, failed.detail));
        }
        if verification.open.is_some() {
            return Err("a transaction is open after recovery".into());
        }
        if log.needs_recovery().map_err(|error| error.to_string())? {
            return Err("something is left after recovery".into());
        }
        Ok(())
    }

    /// No file is touched before its `begin` exists durably.
    fn untouched_before_begin(&self, fs: &SimFs) -> Result<(), String> {
        let log = Log::open(Arc::new(fs.clone()));
        let size = log.size().map_err(|error| format!("head: {error}"))?;
        // Entries: genesis, then begin and end of each removal.
        let begun = usize::try_from(size / 2).unwrap_or(0);
        for removal in self.removals.iter().skip(begun) {
            for item in &removal.items {
                let content = read(fs, &item.path).map_err(|_| {
                    format!("{} was touched before its begin (size {size})", item.path)
                })?;
                if Sha256::of(&content) != item.sha256 {
                    return Err(format!("{} was changed before its begin", item.path));
                }
            }
        }
        Ok(())
    }

    fn recovered(
        &self,
        fs: &SimFs,
        log: &Log,
        told: Told,
        recovered: &[Recovered],
    ) -> Result<(), String> {
        let shredded = log
            .entries_where(&mut |leaf| matches!(leaf.body, Body::Shred { .. }))
            .map_err(|error| error.to_string())?;
        for (n, removal) in self.removals.iter().enumerate() {
            let ended = log.entries_of(removal.tx).ok().and_then(|entries| {
                entries.into_iter().find_map(|entry| match entry.leaf.body {
                    Body::End { outcomes, .. } => Some(outcomes),
                    _ => None,
                })
            });
            if n < told.done && ended.is_none() {
                return Err("what was acknowledged is gone".into());
            }
            for (i, item) in removal.items.iter().enumerate() {
                let content = read(fs, &item.path).ok();
                let hash = content.as_deref().map(Sha256::of);
                let after = item.replacement.as_deref().map(Sha256::of);
                let right = match ended.as_ref().map(|outcomes| outcomes[i]) {
                    Some(Verdict::Removed) => hash.is_none(),
                    Some(Verdict::Rewritten) => hash == after,
                    Some(Verdict::Failed) | None => hash == Some(item.sha256),
                    Some(_) => false,
                };
                if !right {
                    let verdict = ended.as_ref().map(|outcomes| outcomes[i]);
                    return Err(format!("{}: the log says {verdict:?}, it is {hash:?}", item.path));
                }
            }
            let gone = shredded.iter().any(|entry| entry.leaf.tx() == Some(removal.tx));
            let opening = log.opening(removal.tx).map_err(|error| error.to_string())?;
            if opening.is_some() != (ended.is_some() && !gone) {
                return Err(format!("opening of removal {n}: {}", opening.is_some()));
            }
            let back = recovered.iter().find(|one| one.tx == removal.tx);
            if let Some(back) = back
                && back.outcome.is_some() != ended.is_some()
            {
                return Err("recovery told its caller something else than the log".into());
            }
        }
        Ok(())
    }
}
