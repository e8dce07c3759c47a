//! A stop between any two steps of a sweep, of a transfer deletion and of the erasure of evidence:
//! the next start finishes what was begun, the next run what was not, and everything happens once.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests look at the workspace from outside the program"
)]

#[path = "rules/world.rs"]
mod world;

use caseward::attest::{Log, VerifyOptions};
use caseward::error::Result;
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RealFs};
use caseward::ops::transfer::{self, NewTransferRequest};
use caseward::ops::{Context, retention, settle};
use caseward::workspace::{Access, Workspace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use world::*;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Files that are not of the log, the journal, the audit logs or requests, by path.
fn records(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = files_below(root);
    files.retain(|path, _| {
        path.starts_with("tenants")
            && !path.ends_with("audit.jsonl")
            && !path.ends_with("request.toml")
    });
    files
}

/// How often each activity stands in all audit logs, by case.
fn events(root: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (path, bytes) in files_below(root) {
        if !path.ends_with("audit.jsonl") {
            continue;
        }
        for line in String::from_utf8(bytes).unwrap().lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let about = &event["targetResources"][0]["id"];
            let key = format!("{} {} {about}", path.display(), event["activityDisplayName"]);
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

/// Stops `operation` after every number of steps, opens the workspace as the next start does, runs
/// it again, and compares with a run that was not stopped. `stride` leaves out stops between two.
fn finishes_from_anywhere(
    prepared: &World,
    now: &str,
    stride: u64,
    operation: &dyn Fn(&Context) -> Result<()>,
) {
    let trial = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("caseward-test-");
        let dir = builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir()).unwrap();
        let root = dir.path().join("ws");
        copy(&prepared.root(), &root);
        (dir, root)
    };
    let (_whole, root) = trial();
    operation(&context(&Workspace::open(&root).unwrap(), now, ANA)).unwrap();
    let expected = (records(&root), events(&root));
    let mut steps = 0;
    let mut stops = 0;
    loop {
        let (_dir, root) = trial();
        let plain: Arc<dyn Fs> = Arc::new(RealFs::open(&root).unwrap());
        let stop = Arc::new(StopFs::new(plain, steps));
        let fs = Arc::clone(&stop) as Arc<dyn Fs>;
        let workspace = Workspace::open_with(fs, &root, Access::Write).unwrap();
        let result = operation(&context(&workspace, now, ANA));
        let stopped = stop.stopped();
        assert!(stopped || result.is_ok(), "{steps} steps: {result:?}");
        drop(workspace);
        let workspace = Workspace::open(&root).unwrap();
        let next = context(&workspace, now, ANA);
        let log = Log::open(Arc::clone(workspace.fs()));
        if log.needs_recovery().unwrap() {
            let mut session = log.lock(time(now)).unwrap();
            settle::settle(&next, &mut session).unwrap();
        }
        operation(&next).unwrap();
        assert_eq!((records(&root), events(&root)), expected, "{steps} steps");
        assert!(log.verify(&VerifyOptions::default(), &mut |_, _| {}).ok, "{steps} steps");
        for empty in [".attest/trash", ".attest/txn", ".journal"] {
            let left = std::fs::read_dir(root.join(empty)).map_or(0, Iterator::count);
            assert_eq!(left, 0, "{steps} steps: {empty}");
        }
        if !stopped {
            break;
        }
        stops += 1;
        steps += stride;
    }
    assert!(stops > 8, "{stops} stops");
}

#[test]
fn diag_3_a_sweep_that_is_stopped_anywhere_is_finished() {
    let world = World::demo();
    // Diagnostics of three tenants, some under an approval, and a transfer folder.
    finishes_from_anywhere(&world, "2026-12-19T07:40:00Z", 29, &|context| {
        retention::sweep(context, &mut |_| {}).map(drop)
    });
}

#[test]
fn diag_3_a_small_sweep_is_stopped_at_every_step() {
    let world = World::demo();
    finishes_from_anywhere(&world, NOW, 1, &|context| {
        retention::sweep(context, &mut |_| {}).map(drop)
    });
}

#[test]
fn dtm_7_a_transfer_deletion_that_is_stopped_anywhere_is_finished() {
    let world = World::demo();
    let new = NewTransferRequest {
        tenant: "contoso.com".to_owned(),
        cases: vec!["2609080010007741".to_owned()],
        ..NewTransferRequest::default()
    };
    let id = transfer::submit(&world.as_engineer(ANA), &new).unwrap().id;
    transfer::approve(&world.as_engineer(BEN), id.as_str(), false).unwrap();
    finishes_from_anywhere(&world, NOW, 5, &|context| {
        transfer::execute(context, id.as_str(), &mut |_| {}).map(drop)
    });
}
