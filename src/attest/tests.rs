//! The log as a whole: transactions, stops between any two steps, tampering.

#![allow(clippy::unwrap_used)]

mod peer;
mod privacy;
mod sign;
mod stop;
mod tamper;

use super::*;
use crate::fs::{Fs, RealFs, RelPath};
use chrono::{DateTime, Utc};
use std::sync::Arc;

pub(super) const ORIGIN: &str = "support.example.com/eu/deletions";

pub(super) fn noon() -> DateTime<Utc> {
    "2026-11-05T12:00:00Z".parse().unwrap()
}

/// A workspace with files, and a log.
pub(super) struct Place {
    pub(super) dir: tempfile::TempDir,
    pub(super) log: Log,
}

pub(super) const FILES: [(&str, &str); 4] = [
    ("tenants/contoso.com/cases/1/records/note.txt", "Jane called at nine"),
    ("tenants/contoso.com/cases/1/records/note.txt.meta.toml", "name = \"note.txt\""),
    ("tenants/contoso.com/cases/2/diagnostics/signins.json", "{\"user\":\"jane@contoso.com\"}"),
    ("tenants/contoso.com/cases/2/records/empty", ""),
];

impl Place {
    pub(super) fn new() -> Self {
        let dir = scratch();
        for (path, content) in FILES {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let log = Log::create(real(&dir), ORIGIN, noon()).unwrap();
        Self { dir, log }
    }

    pub(super) fn fs(&self) -> Arc<dyn Fs> {
        real(&self.dir)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.dir.path().join(path).symlink_metadata().is_ok()
    }

    pub(super) fn write(&self, path: &str, content: &str) {
        std::fs::write(self.dir.path().join(path), content).unwrap();
    }

    pub(super) fn verify(&self) -> Verification {
        self.log.verify(&VerifyOptions::default(), &mut |_, _| {})
    }
}

/// A directory in memory where there is one: these tests flush thousands of times, and what a
/// flush does to a disk is the crash simulator's business.
pub(super) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn real(dir: &tempfile::TempDir) -> Arc<dyn Fs> {
    Arc::new(RealFs::open(dir.path()).unwrap())
}

pub(super) fn item(path: &str, content: &str) -> RemovalItem {
    let content = content.as_bytes();
    RemovalItem::remove(RelPath::new(path).unwrap(), content.len() as u64, Sha256::of(content))
}

pub(super) fn removal(items: Vec<RemovalItem>) -> Removal {
    Removal {
        tx: TxId::random().unwrap(),
        why: Why::Dsr,
        request: "DSR-2026-0001".into(),
        engineer: "ana.silva@support.example.com".into(),
        memo: "contoso.com DSR-2026-0001".into(),
        warnings: Warnings::default(),
        items,
    }
}

pub(super) fn all_files() -> Removal {
    removal(FILES.iter().map(|(path, content)| item(path, content)).collect())
}

pub(super) fn quiet(_: Progress) {}

#[test]
fn a_removal_is_done_recorded_signed_and_verified() {
    let place = Place::new();
    let removal = all_files();
    let mut session = place.log.lock(noon()).unwrap();
    let outcome = session.remove(&removal, &mut quiet).unwrap();
    assert_eq!((outcome.begin, outcome.end), (1, 2));
    assert!(outcome.is_complete());
    for (item, (path, content)) in outcome.items.iter().zip(FILES) {
        assert!(!place.has(path));
        assert_eq!(item.verdict, Verdict::Removed);
        assert_eq!(item.sha256, Some(Sha256::of(content.as_bytes())));
    }
    let opening = place.log.opening(removal.tx).unwrap().unwrap();
    let Body::Begin { commitments, subject, count, .. } = place.log.entry(1).unwrap().leaf.body
    else {
        panic!("entry 1 is the begin")
    };
    assert_eq!((commitments, subject, count), (opening.commitments(), opening.subject(), 4));
    for (item, opened) in outcome.items.iter().zip(&opening.records) {
        assert_eq!(item.commitment, opened.commitment());
    }
    assert!(place.log.needs_recovery().unwrap(), "not forgotten yet");
    session.forget(removal.tx).unwrap();
    assert!(!place.log.needs_recovery().unwrap());
    let verification = place.verify();
    assert!(verification.ok, "{:#?}", verification.checks);
    assert_eq!(verification.size, 3);
    assert_eq!(place.log.entries_of(removal.tx).unwrap().len(), 2);
}

#[test]
fn an_ended_transaction_comes_back_until_it_is_forgotten() {
    let place = Place::new();
    let removal = all_files();
    let outcome = place.log.lock(noon()).unwrap().remove(&removal, &mut quiet).unwrap();
    let mut session = place.log.lock(noon()).unwrap();
    let recovered = session.recovered().to_vec();
    assert_eq!(recovered.len(), 1);
    assert_eq!(recovered[0].kind, RecoveredKind::Finished);
    assert_eq!(recovered[0].memo.as_deref(), Some("contoso.com DSR-2026-0001"));
    assert_eq!(recovered[0].outcome.as_ref(), Some(&outcome));
    session.forget(removal.tx).unwrap();
    drop(session);
    assert!(place.log.lock(noon()).unwrap().recovered().is_empty());
}

#[test]
fn del_1_a_file_that_differs_from_the_plan_touches_nothing() {
    let place = Place::new();
    place.write(FILES[1].0, "other");
    let mut session = place.log.lock(noon()).unwrap();
    let error = session.remove(&all_files(), &mut quiet).unwrap_err();
    let Error::Differs(differences) = error else { panic!("{error}") };
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].path, RelPath::new(FILES[1].0).unwrap());
    assert!(FILES.iter().all(|(path, _)| place.has(path)));
    assert_eq!(place.log.size().unwrap(), 1);
    assert!(!place.log.needs_recovery().unwrap());
}

#[test]
fn del_1_a_file_that_changes_during_the_transaction_is_kept() {
    let place = Place::new();
    let removal = all_files();
    let mut session = place.log.lock(noon()).unwrap();
    let outcome = session
        .remove(&removal, &mut |progress| {
            if progress.step == Step::Recording {
                place.write(FILES[2].0, "more was logged meanwhile");
            }
        })
        .unwrap();
    let verdicts: Vec<_> = outcome.items.iter().map(|item| item.verdict).collect();
    let removed = Verdict::Removed;
    assert_eq!(verdicts, [removed, removed, Verdict::Changed, removed]);
    assert!(outcome.items[2].reason.as_ref().unwrap().starts_with("changed"));
    let kept = std::fs::read_to_string(place.dir.path().join(FILES[2].0)).unwrap();
    assert_eq!(kept, "more was logged meanwhile");
}

#[test]
fn del_4_what_is_absent_already_is_not_called_removed() {
    let place = Place::new();
    std::fs::remove_file(place.dir.path().join(FILES[0].0)).unwrap();
    let mut session = place.log.lock(noon()).unwrap();
    let outcome = session.remove(&all_files(), &mut quiet).unwrap();
    assert_eq!(outcome.items[0].verdict, Verdict::AlreadyAbsent);
    assert_eq!(outcome.items[0].sha256, None);
    let error = session.remove(&all_files(), &mut quiet).unwrap_err();
    assert!(matches!(error, Error::NothingThere), "{error}");
    assert_eq!(place.log.size().unwrap(), 3);
}

#[test]
fn a_rewritten_file_has_its_new_content_and_binds_both_hashes() {
    let place = Place::new();
    let mut redacted = item(FILES[0].0, FILES[0].1);
    redacted.replacement = Some(b"[redacted] called at nine".to_vec());
    let removal = removal(vec![redacted, item(FILES[2].0, FILES[2].1)]);
    let outcome = place.log.lock(noon()).unwrap().remove(&removal, &mut quiet).unwrap();
    assert_eq!(outcome.items[0].verdict, Verdict::Rewritten);
    let after = Sha256::of(b"[redacted] called at nine");
    assert_eq!(outcome.items[0].after, Some(after));
    let opening = place.log.opening(removal.tx).unwrap().unwrap();
    assert_eq!(opening.records[0].record.after, Some(after));
    let content = std::fs::read(place.dir.path().join(FILES[0].0)).unwrap();
    assert_eq!(Sha256::of(&content), after);
    assert!(place.verify().ok);
}

#[test]
fn hard_links_are_warned_of() {
    let place = Place::new();
    let path = place.dir.path().join(FILES[0].0);
    std::fs::hard_link(&path, path.with_file_name("second")).unwrap();
    let outcome = place.log.lock(noon()).unwrap().remove(&all_files(), &mut quiet).unwrap();
    assert!(outcome.warnings.has(Warnings::HARD_LINKS));
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let place = Place::new();
    let path = place.dir.path().join(FILES[0].0);
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
    let error = place.log.lock(noon()).unwrap().remove(&all_files(), &mut quiet).unwrap_err();
    let Error::Differs(differences) = error else { panic!("{error}") };
    assert!(matches!(differences[0].how, How::NotAFile));
}

#[test]
fn impossible_removals_are_refused() {
    let place = Place::new();
    let mut session = place.log.lock(noon()).unwrap();
    let one = item(FILES[0].0, FILES[0].1);
    for bad in [
        removal(vec![]),
        removal(vec![one.clone(), one.clone()]),
        removal(vec![item(".attest/head", "")]),
        removal(vec![item(".lock", "")]),
    ] {
        let error = session.remove(&bad, &mut quiet).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
    }
    let many = (0..=MAX_ITEMS).map(|n| item(&format!("f{n}"), "")).collect();
    let error = session.remove(&removal(many), &mut quiet).unwrap_err();
    assert!(matches!(error, Error::TooMany { count: 2049 }), "{error}");
    assert!(session.remove(&all_files(), &mut quiet).is_ok(), "a refusal spoils nothing");
}

#[test]
fn att_2_shredding_every_opening_leaves_the_log_intact() {
    let place = Place::new();
    let removal = all_files();
    let mut session = place.log.lock(noon()).unwrap();
    session.remove(&removal, &mut quiet).unwrap();
    assert_eq!(session.shred(removal.tx).unwrap(), 3);
    session.forget(removal.tx).unwrap();
    assert_eq!(place.log.opening(removal.tx).unwrap(), None);
    assert!(place.verify().ok);
    assert!(matches!(session.shred(removal.tx), Err(Error::UnknownTx(_))));
}

#[test]
fn a_log_is_created_once_and_named_properly() {
    let place = Place::new();
    assert!(matches!(Log::create(place.fs(), ORIGIN, noon()), Err(Error::Exists)));
    let dir = scratch();
    for bad in ["", "a b", "a+b", "\u{fc}", "a\"b"] {
        let error = Log::create(real(&dir), bad, noon()).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{bad:?}: {error}");
    }
    assert!(matches!(Log::open(real(&dir)).lock(noon()), Err(Error::Missing)));
}

#[test]
fn proofs_from_the_log_verify() {
    let place = Place::new();
    let mut session = place.log.lock(noon()).unwrap();
    for (path, content) in FILES {
        session.remove(&removal(vec![item(path, content)]), &mut quiet).unwrap();
    }
    let Head { size, root, .. } = place.log.head().unwrap();
    for index in 0..size {
        let proof = place.log.inclusion_proof(index, size).unwrap();
        let leaf = merkle::leaf_hash(&place.log.entry(index).unwrap().raw);
        assert!(merkle::verify_inclusion(leaf, index, size, &proof, &root));
        let (_, old) = place.log.prove(&[], index + 1).unwrap();
        let steps = place.log.consistency_proof(index + 1, size).unwrap();
        assert!(merkle::verify_consistency(index + 1, &old, size, &root, &steps));
    }
    assert!(place.log.inclusion_proof(size, size).is_err());
}

#[test]
fn a_file_that_a_process_holds_open_is_warned_of() {
    for held in [true, false] {
        let (place, removal) = (Place::new(), all_files());
        let path = place.dir.path().join(removal.items[0].path.as_path());
        let handle = held.then(|| std::fs::File::open(path).unwrap());
        let mut session = place.log.lock(noon()).unwrap();
        let outcome = session.remove(&removal, &mut quiet).unwrap();
        assert!(outcome.is_complete());
        assert_eq!(outcome.warnings.has(Warnings::OPEN_ELSEWHERE), held);
        drop(handle);
    }
}

#[test]
fn a_weak_file_system_is_refused_until_it_is_accepted_and_then_warned_of() {
    let sim = crate::fs::sim::SimFs::new();
    let fs: Arc<dyn Fs> = Arc::new(sim.clone());
    let file = RelPath::new("note.txt").unwrap();
    fs.create(&file).unwrap().write_at(b"Jane", 0).unwrap();
    let strong = Log::create(Arc::clone(&fs), ORIGIN, noon()).unwrap();
    assert!(strong.footing().unwrap().supported);
    sim.weaken();
    let elsewhere = crate::fs::sim::SimFs::new();
    elsewhere.weaken();
    let refused = Log::create(Arc::new(elsewhere.clone()), ORIGIN, noon());
    assert!(matches!(refused, Err(Error::WeakFileSystem { .. })));
    assert_eq!(elsewhere.steps(), 0, "nothing was made");
    let born = Log::create_anywhere(Arc::new(elsewhere), ORIGIN, noon()).unwrap();
    assert!(born.footing().unwrap().accepted && born.lock(noon()).is_ok());

    // A log that was moved there.
    assert!(matches!(strong.lock(noon()), Err(Error::WeakFileSystem { .. })));
    assert!(strong.accept_weak_filesystem(&file).unwrap());
    let mut session = strong.lock(noon()).unwrap();
    let mut removal = all_files();
    removal.items = vec![RemovalItem::remove(file, 4, Sha256::of(b"Jane"))];
    let outcome = session.remove(&removal, &mut quiet).unwrap();
    assert!(outcome.warnings.has(Warnings::WEAK_FILE_SYSTEM));
    assert!(strong.verify(&VerifyOptions::default(), &mut |_, _| {}).ok);
}
