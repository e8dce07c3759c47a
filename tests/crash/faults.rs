//! A disk that fails once, at every call: full, broken, or unable to flush; and one that is not
//! there when an interrupted deletion is to be finished.

use crate::explore::{Facts, explore};
use crate::job::{Job, noon};
use caseward::attest::{Body, Error, Log, Sha256, Verdict, VerifyOptions};
use caseward::fs::sim::{Model, SimFs};
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RelPath, read};
use std::io::ErrorKind;
use std::sync::Arc;

/// After the fault is gone: recovers, and compares every file with what the log says of it.
fn settled(job: &Job, fs: &SimFs, what: &str) -> Vec<Verdict> {
    fs.heal();
    let log = Log::open(Arc::new(fs.clone()));
    let mut session = log.lock(noon()).unwrap_or_else(|error| panic!("{what}: {error}"));
    for one in session.recovered().to_vec() {
        session.forget(one.tx).unwrap();
    }
    drop(session);
    let removal = &job.removals[0];
    let ended = log.entries_of(removal.tx).ok().and_then(|entries| {
        entries.into_iter().find_map(|entry| match entry.leaf.body {
            Body::End { outcomes, .. } => Some(outcomes),
            _ => None,
        })
    });
    for (n, item) in removal.items.iter().enumerate() {
        let hash = read(fs, &item.path).ok().map(|content| Sha256::of(&content));
        let after = item.replacement.as_deref().map(Sha256::of);
        let right = match ended.as_ref().map(|outcomes| outcomes[n]) {
            Some(Verdict::Removed) => hash.is_none(),
            Some(Verdict::Rewritten) => hash == after,
            Some(Verdict::Failed) | None => hash == Some(item.sha256),
            Some(Verdict::AlreadyAbsent | Verdict::Changed) => false,
        };
        assert!(right, "{what}: {} is {hash:?}, the log says {ended:?}", item.path);
    }
    let verification = log.verify(&VerifyOptions::default(), &mut |_, _| {});
    assert!(verification.ok, "{what}: {:#?}", verification.checks);
    assert!(!log.needs_recovery().unwrap(), "{what}");
    ended.unwrap_or_default()
}

#[test]
fn a_call_that_fails_once_leaves_a_true_account() {
    let job = Job::new();
    let (mut failed, mut steps) = (0, 0);
    for kind in [ErrorKind::StorageFull, ErrorKind::Other, ErrorKind::ReadOnlyFilesystem] {
        for step in 0.. {
            let fs = job.fs.settled();
            fs.fail_step(step, kind);
            let log = Log::open(Arc::new(fs.clone()));
            let done = log.lock(noon()).and_then(|mut session| {
                let outcome = session.remove(&job.removals[0], &mut |_| {});
                if outcome.is_err() {
                    // One failed step is enough: nothing else may be tried on top of it.
                    let before = fs.steps();
                    let again = session.remove(&job.removals[1], &mut |_| {});
                    assert!(matches!(again, Err(Error::Broken | Error::ReadOnly { .. })));
                    assert!(session.forget(job.removals[0].tx).is_err());
                    assert_eq!(fs.steps(), before, "{kind:?} at step {step}");
                }
                outcome
            });
            let reached = fs.steps() > step;
            let what = format!("{kind:?} at step {step}");
            let verdicts = settled(&job, &fs, &what);
            if let Ok(outcome) = done {
                let told: Vec<_> = outcome.items.iter().map(|item| item.verdict).collect();
                assert_eq!(told, verdicts, "{what}");
            }
            failed += verdicts.iter().filter(|verdict| **verdict == Verdict::Failed).count();
            steps += 1;
            if !reached {
                break;
            }
        }
    }
    assert!(steps > 200 && failed > 0, "{steps} steps, {failed} files that could not be removed");
}

#[test]
fn a_crash_after_a_file_could_not_be_removed_breaks_nothing() {
    let job = Job::new();
    let mut states = 0;
    for step in 0.. {
        let fs = job.fs.settled();
        fs.fail_step(step, ErrorKind::PermissionDenied);
        let log = Log::open(Arc::new(fs.clone()));
        let done =
            log.lock(noon()).and_then(|mut session| session.remove(&job.removals[0], &mut |_| {}));
        if fs.steps() <= step {
            break;
        }
        if done.is_ok_and(|outcome| !outcome.is_complete()) {
            for model in [Model::AnySubset, Model::OrderedJournal] {
                let points = 0..usize::MAX;
                let found = explore(&job, &fs.history(), &Facts::default(), model, points, 4, true);
                assert!(found.violations.is_empty(), "step {step}: {:#?}", found.violations);
                states += found.states;
            }
        }
    }
    println!("after a file could not be removed: {states} states, 0 violations");
    assert!(states > 200, "{states}");
}

#[test]
fn after_a_failed_flush_nothing_is_written_any_more() {
    let job = Job::new();
    let probe = job.fs.settled();
    let log = Log::open(Arc::new(probe.clone()));
    log.lock(noon()).unwrap().remove(&job.removals[0], &mut |_| {}).unwrap();
    let flushes = probe.flushes();
    for flush in &flushes {
        let fs = job.fs.settled();
        fs.fail_step(flush.step, ErrorKind::Other);
        let log = Log::open(Arc::new(fs.clone()));
        let session = log.lock(noon());
        let (error, session) = match session {
            Err(error) => (error, None),
            Ok(mut session) => {
                let error = session.remove(&job.removals[0], &mut |_| {}).unwrap_err();
                (error, Some(session))
            }
        };
        let what = format!("flush of {} at step {}", flush.name, flush.step);
        assert!(matches!(error, Error::ReadOnly { .. }), "{what}: {error}");
        assert_eq!(fs.steps(), flush.step + 1, "{what}: something was written after it");
        if let Some(mut session) = session {
            assert!(matches!(session.forget(job.removals[0].tx), Err(Error::ReadOnly { .. })));
        }
        assert!(matches!(log.lock(noon()), Err(Error::ReadOnly { .. })), "{what}");
        assert_eq!(fs.steps(), flush.step + 1, "{what}");
        settled(&job, &fs, &what);
    }
    assert!(flushes.len() > 30);
}

/// A file's absence says nothing while its file system is not mounted: recovery waits for it.
#[test]
fn nothing_is_finished_while_a_file_system_is_not_there() {
    let job = Job::new();
    let mounted = RelPath::new("b").unwrap();
    let (mut waited, mut went_on) = (0, 0);
    for permitted in 0.. {
        let fs = job.fs.settled();
        let stop = Arc::new(StopFs::new(Arc::new(fs.clone()) as Arc<dyn Fs>, permitted));
        let log = Log::open(Arc::clone(&stop) as Arc<dyn Fs>);
        let _ = log.lock(noon()).and_then(|mut held| held.remove(&job.removals[0], &mut |_| {}));
        if !stop.stopped() {
            break;
        }
        let gone = fs.without(&mounted).unwrap();
        let log = Log::open(Arc::new(gone.clone()));
        let before = log.size().unwrap();
        match log.lock(noon()) {
            // Not begun, or ended: what is on the other file system does not matter.
            Ok(_) => {
                assert_ne!(before, 2, "{permitted} steps: begun and not ended");
                went_on += 1;
            }
            Err(Error::NotMounted { mount }) => {
                assert_eq!((mount, before), (mounted.clone(), 2), "{permitted} steps");
                assert_eq!(log.size().unwrap(), 2, "{permitted} steps: nothing was said of it");
                waited += 1;
            }
            Err(other) => panic!("{permitted} steps: {other}"),
        }
        settled(&job, &fs.settled(), &format!("{permitted} steps, mounted again"));
    }
    assert!(waited > 20 && went_on > 10, "{waited} waited, {went_on} went on");
}
