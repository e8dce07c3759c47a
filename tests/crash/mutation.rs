//! Leaves out each flush in turn: the simulator must notice every one that matters.

use crate::explore::{Facts, explore};
use crate::job::{Job, Told, noon};
use crate::states::{record, wanted};
use caseward::attest::Log;
use caseward::fs::Fs;
use caseward::fs::sim::{Flush, Model};
use caseward::fs::stop::StopFs;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const MODELS: [Model; 2] = [Model::AnySubset, Model::OrderedJournal];

/// A flush by what it is of, transaction ids taken out.
fn role(name: &str) -> String {
    let plain = |part: &str| {
        let stem = part.strip_prefix(".caseward-trash-").unwrap_or(part);
        let stem = stem.split('.').next().unwrap_or_default();
        let is_tx = stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit());
        if is_tx { part.replace(stem, "TX") } else { part.to_owned() }
    };
    name.split('/').map(plain).collect::<Vec<_>>().join("/")
}

/// Flushes of the job that no crash state needs, and why:
/// - those at the beginning of a session, when nothing was interrupted: the test below is theirs;
/// - `.attest/` after the name `checkpoint` was replaced: a session signs again what a crash took,
///   with the same bytes;
/// - `.attest/trash/` and the directory of the other device after an empty quarantine was removed,
///   and `.attest/txn/` after a transaction was forgotten: what comes back is removed, or told,
///   again.
const NEEDLESS: [(&str, usize); 4] =
    [(".attest/", 3), (".attest/trash/", 1), (".attest/txn/", 2), ("b/", 2)];

#[test]
fn every_flush_that_matters_is_noticed_when_it_is_left_out() {
    let job = Job::new();
    let probe = job.fs.settled();
    let _ = record(&job, &probe);
    let flushes = probe.flushes();
    let sessions = flushes.iter().enumerate().filter(|(n, flush)| {
        // A session begins with the log, head and checkpoint one after the other.
        let third = flushes.get(n + 2).map(|flush| flush.name.as_str());
        flush.name == ".attest/log.jsonl" && third == Some(".attest/checkpoint")
    });
    let beginnings: BTreeSet<usize> = sessions.flat_map(|(n, _)| n..n + 10).collect();
    assert_eq!(beginnings.len(), 30, "three sessions");
    // In the short form only the states soon after the flush, where its absence shows.
    let reach = if wanted() < 10_000 { 60 } else { usize::MAX };
    let mut unnoticed: BTreeMap<String, usize> = BTreeMap::new();
    let mut noticed = 0;
    for (n, flush) in flushes.iter().enumerate().filter(|(n, _)| !beginnings.contains(n)) {
        let fs = job.fs.settled();
        fs.leave_out_flush(n);
        let (history, facts) = record(&job, &fs);
        let points = flush.point..flush.point.saturating_add(reach);
        let violated = MODELS.into_iter().any(|model| {
            let found = explore(&job, &history, &facts, model, points.clone(), 24, true);
            !found.violations.is_empty()
        });
        if violated {
            noticed += 1;
        } else {
            *unnoticed.entry(role(&flush.name)).or_default() += 1;
        }
    }
    println!("flushes of the job: {noticed} noticed, needless: {unnoticed:?}");
    let needless = NEEDLESS.into_iter().map(|(name, count)| (name.to_owned(), count));
    assert_eq!(unnoticed, needless.collect());
}

/// Flushes at the beginning of a session that a kill just before the same flush makes necessary.
/// The others are of files whose data was flushed before they got their names, and of directories
/// that recovery itself flushes before it relies on them: belt and braces.
const TRUSTED: [&str; 3] = [".attest/", ".attest/checkpoints/", ".attest/txn/"];

#[test]
fn recovery_flushes_what_a_killed_predecessor_left_in_the_cache() {
    let probe = Job::new();
    let job_fs = probe.fs.settled();
    let _ = record(&probe, &job_fs);
    let mut noticed: BTreeMap<String, usize> = BTreeMap::new();
    for Flush { step, name: killed_at, .. } in job_fs.flushes() {
        let job = Job::new();
        let killed = |left_out: Option<usize>| {
            let fs = job.fs.settled();
            let stop = Arc::new(StopFs::new(Arc::new(fs.clone()) as Arc<dyn Fs>, step));
            let mut told = Told::default();
            let _ = job.run(Arc::clone(&stop) as Arc<dyn Fs>, &mut |now| told = now);
            let (before, from) = (fs.flushes().len(), fs.history().points() - 1);
            if let Some(n) = left_out {
                fs.leave_out_flush(before + n);
            }
            drop(Log::open(Arc::new(fs.clone())).lock(noon()));
            (fs, told, before, from)
        };
        let (fs, _, before, _) = killed(None);
        // Until the base directory is flushed nothing is changed.
        let names: Vec<_> =
            fs.flushes().split_off(before).into_iter().map(|flush| role(&flush.name)).collect();
        let trusting = names.iter().position(|name| name == ".attest/").unwrap_or(0);
        for (n, name) in names.iter().enumerate().take(trusting + 1) {
            let count = noticed.entry(name.clone()).or_default();
            if *count > 0 || (wanted() < 10_000 && *name != role(&killed_at)) {
                continue;
            }
            let (fs, told, _, from) = killed(Some(n));
            let facts = Facts { told: vec![(0, told)], seen: Vec::new() };
            let violated = MODELS.into_iter().any(|model| {
                let points = from..usize::MAX;
                !explore(&job, &fs.history(), &facts, model, points, 6, true).violations.is_empty()
            });
            *count += usize::from(violated);
        }
    }
    println!("flushes at the beginning of recovery, noticed: {noticed:?}");
    for name in TRUSTED {
        assert!(noticed.get(name).is_some_and(|count| *count > 0), "{name}: {noticed:?}");
    }
}
