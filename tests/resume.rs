//! A discovery that was interrupted goes on where it stopped, and finds the same.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests look at files from outside"
)]

use caseward::error::Error;
use caseward::model::{
    DsrType, GivenIdentifier, IdentifierType, Regulation, RequestOption, Requester,
};
use caseward::ops::dsr::{self, DiscoverProgress};
use caseward::ops::{Context, Opening, init};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

fn open(path: &Path) -> Context {
    Context::open(&Opening {
        workspace: Some(path.to_path_buf()),
        acting_as: Some("ana.silva@support.example.com".to_owned()),
        read_only: false,
    })
    .unwrap()
}

fn demo() -> (tempfile::TempDir, PathBuf, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("demo");
    init::demo(Some(path.clone())).unwrap();
    let received = dsr::receive(
        &open(&path),
        dsr::NewRequest {
            tenant: "contoso.com".to_owned(),
            kind: DsrType::Delete,
            regulation: Regulation::Gdpr,
            requester: Requester::Customer,
            option: RequestOption::A,
            cases: Vec::new(),
            identifiers: vec![GivenIdentifier::new(
                IdentifierType::Email,
                "jane@contoso.com".to_owned(),
            )],
            allow_single_word: false,
            received_at: None,
        },
    )
    .unwrap();
    (dir, path, received.id.to_string())
}

/// Stops after some files and returns how many were finished at the first and the last report.
fn run(path: &Path, id: &str, stop_after: u64) -> (Result<dsr::Discovered, Error>, u64) {
    let cancel = AtomicBool::new(false);
    let first: Mutex<Option<u64>> = Mutex::new(None);
    let progress = |at: DiscoverProgress| {
        let mut first = first.lock().unwrap();
        let seen = *first.get_or_insert(at.files);
        if at.files >= seen + stop_after {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let found = dsr::discover(&open(path), id, &progress, &cancel);
    (found, first.into_inner().unwrap().unwrap_or_default())
}

#[test]
fn what_was_searched_before_an_interruption_is_not_searched_again() {
    let (_dir, path, id) = demo();
    let (found, _) = run(&path, &id, 60);
    assert!(matches!(found, Err(Error::Interrupted)));
    let state = dsr::show(&open(&path), &id).unwrap();
    assert!(state.discovery.is_none(), "an interrupted discovery is no discovery");
    let cache = path.join(".cache").join(format!("discovery-contoso.com-{id}.jsonl"));
    assert!(cache.exists());

    let (found, first) = run(&path, &id, u64::MAX / 2);
    let found = found.unwrap();
    // All but the records that are searched as text in memory, and what was just being read.
    assert!(first >= 30, "it began again at {first}");
    assert!(!cache.exists(), "nothing is kept once it is done");

    let (whole, first) = run(&path, &id, u64::MAX / 2);
    let whole = whole.unwrap();
    assert!(first < 30, "a whole run begins at {first}");
    assert_eq!(found.items, whole.items);
    assert_eq!(found.problems, whole.problems);
    assert_eq!(found.searched.files, whole.searched.files);
}

#[test]
fn a_file_that_changed_meanwhile_is_searched_again() {
    let (_dir, path, id) = demo();
    let (found, _) = run(&path, &id, 60);
    assert!(matches!(found, Err(Error::Interrupted)));
    // A note that names nobody, and names her now.
    let note = path.join("tenants/contoso.com/cases/2611120010003365/records");
    let note = std::fs::read_dir(note)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "md"))
        .unwrap();
    let text = std::fs::read_to_string(&note).unwrap();
    std::fs::write(&note, format!("{text}\ncall jane@contoso.com back\n")).unwrap();
    let (found, _) = run(&path, &id, u64::MAX / 2);
    let name = note.file_name().unwrap().to_str().unwrap();
    let finding = found.unwrap().items.into_iter().find(|item| item.path.ends_with(name)).unwrap();
    assert_eq!(finding.outcome, caseward::model::FindingOutcome::Match);
}

#[test]
fn other_identifiers_begin_from_the_start() {
    let (_dir, path, id) = demo();
    let (found, _) = run(&path, &id, 20);
    assert!(matches!(found, Err(Error::Interrupted)));
    let record = path.join(format!("tenants/contoso.com/dsr/{id}/request.toml"));
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace("jane@contoso.com", "pat@contoso.com")).unwrap();
    let (found, first) = run(&path, &id, u64::MAX / 2);
    assert!(first < 20, "it began at {first}");
    assert!(found.unwrap().items.iter().all(|item| !item.path.ends_with("first-call.md")));
}
