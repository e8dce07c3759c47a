//! Every crash state of the job, of recovery, and of a power loss after a kill and its recovery.

use crate::explore::{Dice, Facts, Found, explore};
use crate::job::{Job, Told, noon};
use caseward::attest::Log;
use caseward::fs::sim::{History, Model, SimFs};
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RelPath, read};
use std::sync::Arc;

const MODELS: [Model; 2] = [Model::AnySubset, Model::OrderedJournal];

/// States wanted in each model: a short form, or what the environment asks for.
pub fn wanted() -> usize {
    std::env::var("CASEWARD_CRASH_STATES").map_or(600, |number| number.parse().unwrap())
}

/// Runs the job once and notes when its caller knew what and which checkpoints could be read.
pub fn record(job: &Job, fs: &SimFs) -> (History, Facts) {
    let mut facts = Facts::default();
    let mut told = Vec::new();
    let watched = fs.clone();
    let done = job.run(Arc::new(fs.clone()), &mut |now| {
        told.push((watched.history().points() - 1, now));
    });
    assert!(done.is_ok());
    facts.told = told;
    let history = fs.history();
    facts.seen = checkpoints(&history);
    (history, facts)
}

/// Every checkpoint that could be read under its name, and from which event on.
fn checkpoints(history: &History) -> Vec<(usize, Vec<u8>)> {
    let path = RelPath::new(".attest/checkpoint").unwrap();
    let mut seen: Vec<(usize, Vec<u8>)> = Vec::new();
    for point in 0..history.points() {
        // The live state: everything that was done is there.
        let live = history.live(point);
        if let Ok(note) = read(&live, &path)
            && seen.last().is_none_or(|(_, last)| *last != note)
        {
            seen.push((point, note));
        }
    }
    seen
}

fn report(what: &str, model: Model, found: &Found) {
    println!("{what}, {model:?}: {} states, {} violations", found.states, found.violations.len());
    assert!(
        found.violations.is_empty(),
        "{:#?}",
        &found.violations[..found.violations.len().min(5)]
    );
}

#[test]
fn no_crash_state_of_the_job_breaks_anything() {
    for model in MODELS {
        let mut found = Found::default();
        // Each run has other salts and keys; the histories are alike.
        while found.states < wanted() {
            let job = Job::new();
            let fs = job.fs.settled();
            let (history, facts) = record(&job, &fs);
            let left = (wanted() - found.states) / history.points() + 8;
            let more = explore(&job, &history, &facts, model, 0..usize::MAX, left as u64, false);
            found.states += more.states;
            found.violations.extend(more.violations);
        }
        report("the job", model, &found);
    }
}

/// Recovers on `fs` and returns what happened meanwhile.
fn recover(fs: &SimFs) -> History {
    drop(Log::open(Arc::new(fs.clone())).lock(noon()));
    fs.history()
}

#[test]
fn no_crash_inside_recovery_breaks_anything() {
    for model in MODELS {
        let mut found = Found::default();
        let mut dice = Dice::new(7);
        while found.states < wanted() {
            let job = Job::new();
            let fs = job.fs.settled();
            let (history, facts) = record(&job, &fs);
            let rounds = 40.min(history.points());
            for _ in 0..rounds {
                let sides = u32::try_from(history.points()).unwrap();
                let point = dice.roll(sides) as usize;
                let (told, seen) = facts.at(point);
                let (crashed, _) = history.crash(model, point, &mut |sides| dice.roll(sides));
                let again = recover(&crashed);
                let mut facts = Facts { told: vec![(0, told)], seen: Vec::new() };
                facts.seen.extend(seen.into_iter().map(|note| (0, note)));
                facts.seen.extend(checkpoints(&again));
                let more = explore(&job, &again, &facts, model, 0..usize::MAX, 4, false);
                found.states += more.states;
                found.violations.extend(more.violations);
            }
        }
        report("recovery", model, &found);
    }
}

#[test]
fn a_power_loss_after_a_kill_and_its_recovery_breaks_nothing() {
    for model in MODELS {
        let mut found = Found::default();
        let mut permitted = 0;
        loop {
            let job = Job::new();
            let fs = job.fs.settled();
            let stop = Arc::new(StopFs::new(Arc::new(fs.clone()) as Arc<dyn Fs>, permitted));
            let mut told = Told::default();
            let _ = job.run(Arc::clone(&stop) as Arc<dyn Fs>, &mut |now| told = now);
            let killed = fs.history().points() - 1;
            let history = recover(&fs);
            let facts = Facts { told: vec![(0, told)], seen: checkpoints(&history) };
            let sample = (wanted() / 4000 + 1) as u64;
            let more = explore(&job, &history, &facts, model, killed..usize::MAX, sample, false);
            found.states += more.states;
            found.violations.extend(more.violations);
            if !stop.stopped() {
                break;
            }
            permitted += if wanted() < 10_000 { 7 } else { 1 };
        }
        report("kill, recovery, power loss", model, &found);
    }
}

#[test]
fn a_crash_while_a_log_is_created_leaves_all_or_nothing() {
    for model in MODELS {
        let fs = SimFs::new();
        Log::create(Arc::new(fs.clone()), "example.com/log", noon()).unwrap();
        let history = fs.history();
        let mut states = 0;
        for point in 0..history.points() {
            for number in 0..8 {
                let mut dice = Dice::new(number + 11 * point as u64);
                let (crashed, _) = history.crash(model, point, &mut |sides| dice.roll(sides));
                let fs: Arc<dyn Fs> = Arc::new(crashed);
                let log = match Log::create(Arc::clone(&fs), "example.com/log", noon()) {
                    Err(caseward::attest::Error::Exists) => Log::open(fs),
                    other => other.unwrap(),
                };
                let verification = log.verify(&Default::default(), &mut |_, _| {});
                assert!(verification.ok, "{model:?}, point {point}: {:#?}", verification.checks);
                states += 1;
            }
        }
        println!("creation, {model:?}: {states} states, 0 violations");
    }
}
