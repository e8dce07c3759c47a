//! Whoever changes the log's files is found out.

use super::*;
use crate::fs::sim::SimFs;

/// A log of a few transactions, its sessions closed.
fn grown() -> Place {
    let place = Place::new();
    let mut session = place.log.lock(noon()).unwrap();
    for (path, content) in FILES {
        let removal = removal(vec![item(path, content)]);
        session.remove(&removal, &mut quiet).unwrap();
        session.forget(removal.tx).unwrap();
    }
    drop(session);
    place
}

fn names_failed(verification: &Verification) -> Vec<&'static str> {
    verification.checks.iter().filter(|check| !check.ok).map(|check| check.name).collect()
}

/// A log in memory: a genesis, `removals` transactions, a destroyed opening.
fn in_memory(removals: u64) -> (SimFs, Log) {
    let fs = SimFs::new();
    let log = Log::create(Arc::new(fs.clone()), ORIGIN, noon()).unwrap();
    let mut session = log.lock(noon()).unwrap();
    let mut last = None;
    for n in 0..removals {
        let name = format!("file{n}");
        fs.create(&RelPath::new(&name).unwrap()).unwrap().write_at(b"x", 0).unwrap();
        let removal = removal(vec![item(&name, "x")]);
        session.remove(&removal, &mut quiet).unwrap();
        session.forget(removal.tx).unwrap();
        last = Some(removal.tx);
    }
    assert_eq!(session.shred(last.unwrap()).unwrap(), 1 + 2 * removals);
    (fs, log)
}

/// `CASEWARD_FLIP_REMOVALS=14` flips every bit of a log of thirty entries; the short form has six.
#[test]
fn every_flipped_bit_of_log_head_and_checkpoint_is_found() {
    let removals = std::env::var("CASEWARD_FLIP_REMOVALS").map_or(2, |n| n.parse().unwrap());
    let (fs, log) = in_memory(removals);
    let verify = || log.verify(&VerifyOptions::default(), &mut |_, _| {});
    assert!(verify().ok);
    let mut flipped = 0;
    for name in ["log.jsonl", "head", "checkpoint", "VERSION"] {
        let path = RelPath::new(format!(".attest/{name}")).unwrap();
        let whole = crate::fs::read(&fs, &path).unwrap();
        let mut file = fs.open_write(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let (at, byte) = ((bit / 8) as u64, whole[bit / 8]);
            file.write_at(&[byte ^ 1 << (bit % 8)], at).unwrap();
            let verification = verify();
            assert!(!verification.ok, "{name}, bit {bit}");
            assert!(verification.checks.len() >= 10, "what was not checked is named");
            file.write_at(&[byte], at).unwrap();
            flipped += 1;
        }
    }
    assert!(flipped > 3_000 * removals, "only {flipped} bits");
    assert!(verify().ok);
}

#[test]
fn a_tampered_log_is_never_written_to() {
    for (name, from, to) in [
        ("log.jsonl", "\"why\":\"dsr\"", "\"why\":\"dsf\""),
        ("head", "attest-head/1 9", "attest-head/1 8"),
        ("checkpoint", "\u{2014}", "-"),
    ] {
        let place = grown();
        let path = place.dir.path().join(".attest").join(name);
        let whole = std::fs::read_to_string(&path).unwrap();
        let altered = whole.replacen(from, to, 1);
        assert_ne!(whole, altered, "{name}");
        std::fs::write(&path, &altered).unwrap();
        let error = place.log.lock(noon()).unwrap_err();
        assert!(matches!(error, Error::Damaged(_)), "{name}: {error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), altered, "left as it is");
    }
}

#[test]
fn att_1_dropping_swapping_and_cutting_entries_is_found() {
    let place = grown();
    let path = place.dir.path().join(".attest/log.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let join = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let mut swapped = lines.clone();
    swapped.swap(3, 5);
    let mut dropped = lines.clone();
    dropped.remove(4);
    for other in [join(&swapped), join(&dropped), join(&lines[..7]), whole.trim_end().to_owned()] {
        std::fs::write(&path, other).unwrap();
        let verification = place.verify();
        assert!(names_failed(&verification).contains(&"entries"), "{verification:#?}");
    }
}

#[test]
fn a_rollback_is_alarmed_by_the_last_checkpoint_seen() {
    let place = grown();
    let early = Place::new();
    let seen = place.log.checkpoint().unwrap();
    // The whole log directory as it was earlier, with its own valid head and checkpoint.
    let copy = |from: &Place, to: &Place, name: &str| {
        let (from, to) = (from.dir.path().join(".attest"), to.dir.path().join(".attest"));
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    };
    let root = place.dir.path().join(".attest");
    let log = std::fs::read_to_string(root.join("log.jsonl")).unwrap();
    let older: String = log.lines().take(5).map(|line| format!("{line}\n")).collect();
    let head = Head { size: 5, bytes: older.len() as u64, root: merkle::root_of(older.lines()) };
    std::fs::write(root.join("log.jsonl"), &older).unwrap();
    std::fs::write(root.join("head"), head.to_string()).unwrap();
    std::fs::copy(root.join("checkpoints/5"), root.join("checkpoint")).unwrap();
    for size in [7, 9] {
        std::fs::remove_file(root.join(format!("checkpoints/{size}"))).unwrap();
    }
    for entry in std::fs::read_dir(root.join("open")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert!(place.verify().ok, "a consistent rollback is invisible from within");
    for options in [
        VerifyOptions { last_seen: Some(seen.clone()), checkpoint: None },
        VerifyOptions { last_seen: None, checkpoint: Some(seen) },
    ] {
        let verification = place.log.verify(&options, &mut |_, _| {});
        let failed = names_failed(&verification);
        assert!(failed == ["last_seen"] || failed == ["given_checkpoint"], "{failed:?}");
    }
    // A checkpoint of another log is no proof of anything.
    let other = early.log.checkpoint().unwrap();
    let options = VerifyOptions { last_seen: None, checkpoint: Some(other) };
    assert!(!place.log.verify(&options, &mut |_, _| {}).ok);
    // A log from another workspace does not fit this one's key.
    for name in ["log.jsonl", "head", "checkpoint"] {
        copy(&early, &place, name);
    }
    assert!(!place.verify().ok);
}

#[test]
fn a_missing_checkpoint_or_signature_fails() {
    let place = grown();
    let path = place.dir.path().join(".attest/checkpoint");
    let whole = std::fs::read_to_string(&path).unwrap();
    let unsigned = whole.split("\u{2014}").next().unwrap().to_owned();
    std::fs::write(&path, unsigned).unwrap();
    assert!(names_failed(&place.verify()).contains(&"checkpoint"));
    std::fs::remove_file(&path).unwrap();
    assert!(names_failed(&place.verify()).contains(&"checkpoint"));
    assert!(matches!(place.log.lock(noon()), Err(Error::Damaged(_))));
}

#[test]
fn an_altered_opening_is_found() {
    let place = grown();
    let dir = place.dir.path().join(".attest/open");
    let path = std::fs::read_dir(dir).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[70] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(names_failed(&place.verify()), ["openings"]);
}

#[test]
fn a_log_open_to_others_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = grown();
    let path = place.dir.path().join(".attest");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o770)).unwrap();
    let error = place.log.lock(noon()).unwrap_err();
    assert!(matches!(error, Error::Permissions { wanted: 0o700, .. }), "{error}");
    assert_eq!(names_failed(&place.verify()), ["permissions"]);
}

#[test]
fn a_newer_version_is_refused_not_guessed() {
    let place = grown();
    std::fs::write(place.dir.path().join(".attest/VERSION"), "attest/2\n").unwrap();
    assert!(matches!(place.log.lock(noon()), Err(Error::Version { .. })));
    assert!(!place.verify().ok);
}

#[test]
fn a_key_that_is_not_the_logs_is_refused() {
    let (place, other) = (grown(), Place::new());
    let key = |place: &Place| place.dir.path().join(".attest/keys/log");
    std::fs::copy(key(&other), key(&place)).unwrap();
    assert!(matches!(place.log.lock(noon()), Err(Error::Key(_))));
}
