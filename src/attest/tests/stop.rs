//! A stop between any two changes, and recovery from it.

use super::*;
use crate::fs::stop::StopFs;

/// What must hold after recovery, whatever was interrupted.
fn settled(place: &Place, removal: &Removal, session: &Session, at: u64) {
    let entries = place.log.entries_of(removal.tx);
    let ended = entries.ok().and_then(|entries| {
        entries.into_iter().find_map(|entry| match entry.leaf.body {
            Body::End { outcomes, .. } => Some(outcomes),
            _ => None,
        })
    });
    for (n, item) in removal.items.iter().enumerate() {
        let there = place.dir.path().join(item.path.as_path());
        let content = std::fs::read(&there).ok();
        let verdict = ended.as_ref().map(|outcomes| outcomes[n]);
        match (&item.replacement, verdict) {
            (_, Some(Verdict::Removed)) => assert_eq!(content, None, "stop {at}"),
            (Some(new), Some(Verdict::Rewritten)) => {
                assert_eq!(content.as_ref(), Some(new), "stop {at}");
            }
            (_, None) => assert_eq!(Sha256::of(&content.unwrap()), item.sha256, "stop {at}"),
            (_, Some(other)) => panic!("stop {at}: {other:?}"),
        }
    }
    let opening = place.log.opening(removal.tx).unwrap();
    assert_eq!(opening.is_some(), ended.is_some(), "stop {at}");
    for left in ["trash", "torn"] {
        let names: Vec<_> = std::fs::read_dir(place.dir.path().join(".attest").join(left))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(left == "torn" || names.is_empty(), "stop {at}: {left} holds {names:?}");
    }
    let verification = place.verify();
    assert!(verification.ok, "stop {at}: {:#?}", verification.checks);
    assert_eq!(verification.open, None);
    let kinds: Vec<_> = session.recovered().iter().map(|recovered| recovered.kind).collect();
    match ended {
        Some(_) => assert!(
            kinds == [RecoveredKind::RolledForward] || kinds == [RecoveredKind::Finished],
            "stop {at}: {kinds:?}"
        ),
        None => {
            let dropped = kinds.is_empty() || kinds == [RecoveredKind::Dropped];
            assert!(dropped, "stop {at}: {kinds:?}");
        }
    }
    for recovered in session.recovered() {
        assert_eq!(recovered.memo.as_deref(), Some(&*removal.memo), "stop {at}");
        if let (Some(outcome), Some(ended)) = (&recovered.outcome, &ended) {
            let verdicts: Vec<_> = outcome.items.iter().map(|item| item.verdict).collect();
            assert_eq!(&verdicts, ended);
        }
    }
}

fn with_rewrite() -> Removal {
    let mut removal = all_files();
    removal.items[0].replacement = Some(b"[redacted]".to_vec());
    removal
}

/// Runs a removal that stops after `permitted` changes. Whether it was stopped.
fn stopped(place: &Place, removal: &Removal, permitted: u64) -> bool {
    let fs = Arc::new(StopFs::new(place.fs(), permitted));
    let log = Log::open(Arc::clone(&fs) as Arc<dyn Fs>);
    let done = log.lock(noon()).and_then(|mut session| session.remove(removal, &mut quiet));
    assert_eq!(done.is_err(), fs.stopped());
    fs.stopped()
}

#[test]
fn a_stop_between_any_two_steps_is_recovered() {
    let mut at = 0;
    loop {
        let (place, removal) = (Place::new(), with_rewrite());
        let stop = stopped(&place, &removal, at);
        let mut session = place.log.lock(noon()).unwrap();
        settled(&place, &removal, &session, at);
        for recovered in session.recovered().to_vec() {
            session.forget(recovered.tx).unwrap();
        }
        assert!(!place.log.needs_recovery().unwrap(), "stop {at}");
        if !stop {
            break;
        }
        at += 1;
    }
    assert!(at > 40, "only {at} steps");
}

#[test]
fn a_stop_inside_recovery_is_recovered() {
    let mut points = 0;
    for first in (0..).step_by(5) {
        let mut reached = false;
        for second in (0..).step_by(3) {
            let (place, removal) = (Place::new(), with_rewrite());
            reached = stopped(&place, &removal, first);
            let fs = Arc::new(StopFs::new(place.fs(), second));
            let again = Log::open(Arc::clone(&fs) as Arc<dyn Fs>).lock(noon());
            assert_eq!(again.is_err(), fs.stopped(), "stops {first}, {second}");
            drop(again);
            let session = place.log.lock(noon()).unwrap();
            settled(&place, &removal, &session, first * 1000 + second);
            points += 1;
            if !fs.stopped() {
                break;
            }
        }
        if !reached {
            break;
        }
    }
    assert!(points > 100, "only {points} points");
}

#[test]
fn a_begin_whose_intent_vanished_is_called_lost() {
    let mut lost = 0;
    for at in 0.. {
        let (place, removal) = (Place::new(), all_files());
        let stop = stopped(&place, &removal, at);
        let begun = place.log.size().unwrap() == 2;
        let withdrawn = std::fs::read_dir(place.dir.path().join(".attest/trash"))
            .unwrap()
            .any(|dir| std::fs::read_dir(dir.unwrap().path()).unwrap().next().is_some());
        if begun && !withdrawn {
            let intent = place.dir.path().join(format!(".attest/txn/{}.intent", removal.tx));
            std::fs::remove_file(intent).unwrap();
            let session = place.log.lock(noon()).unwrap();
            assert_eq!(session.recovered()[0].kind, RecoveredKind::Lost);
            let Body::Lost { tx, begin } = place.log.entry(2).unwrap().leaf.body else {
                panic!("entry 2 is the loss")
            };
            assert_eq!((tx, begin), (removal.tx, 1));
            assert!(place.verify().ok);
            lost += 1;
        }
        if !stop {
            break;
        }
    }
    assert!(lost > 0);
}

#[test]
fn creating_a_log_is_all_or_nothing() {
    let mut at = 0;
    loop {
        let dir = scratch();
        let fs = Arc::new(StopFs::new(real(&dir), at));
        let created = Log::create(Arc::clone(&fs) as Arc<dyn Fs>, ORIGIN, noon());
        assert_eq!(created.is_err(), fs.stopped());
        let log = match Log::create(real(&dir), ORIGIN, noon()) {
            Err(Error::Exists) => Log::open(real(&dir)),
            other => other.unwrap(),
        };
        assert!(log.verify(&VerifyOptions::default(), &mut |_, _| {}).ok, "stop {at}");
        assert!(!log.needs_recovery().unwrap());
        if !fs.stopped() {
            break;
        }
        at += 1;
    }
}

#[test]
fn bytes_beyond_the_head_are_moved_aside() {
    let place = Place::new();
    let path = place.dir.path().join(".attest/log.jsonl");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], b"{\"v\":1,\"i\":1,\"k\":\"be"].concat()).unwrap();
    assert!(place.log.needs_recovery().unwrap());
    assert!(place.verify().ok, "what is beyond the head does not exist");
    drop(place.log.lock(noon()).unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    let torn = std::fs::read(place.dir.path().join(".attest/torn/20261105T120000Z")).unwrap();
    assert_eq!(torn, b"{\"v\":1,\"i\":1,\"k\":\"be");
}
