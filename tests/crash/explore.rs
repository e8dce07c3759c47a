//! Walks through crash states: all of them where they are few, a sample where they are many.

use crate::job::{Job, Told};
use caseward::fs::sim::{History, Model};
use std::collections::HashSet;
use std::ops::Range;

/// Crash points with up to this many ways are tried in every way.
const EXHAUSTIVE: u64 = 64;

/// A small reproducible source of choices.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 33) % u64::from(sides)).unwrap()
    }
}

/// What is known of a history beside its events: after which event the job's caller knew what,
/// and which checkpoints anybody could have read.
#[derive(Default, Clone)]
pub struct Facts {
    pub told: Vec<(usize, Told)>,
    pub seen: Vec<(usize, Vec<u8>)>,
}

impl Facts {
    pub fn at(&self, point: usize) -> (Told, Vec<Vec<u8>>) {
        let told = self.told.iter().rev().find(|(from, _)| *from <= point);
        let seen = self.seen.iter().filter(|(from, _)| *from <= point);
        (told.map(|(_, told)| *told).unwrap_or_default(), seen.map(|(_, n)| n.clone()).collect())
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Different states checked.
    pub states: usize,
    pub violations: Vec<String>,
}

/// Checks states of `history` at some crash points: every way where there are few, else `sample`
/// ways. Stops at the first violation when `stop`.
pub fn explore(
    job: &Job,
    history: &History,
    facts: &Facts,
    model: Model,
    points: Range<usize>,
    sample: u64,
    stop: bool,
) -> Found {
    let mut found = Found::default();
    let mut known = HashSet::new();
    for point in points.start..points.end.min(history.points()) {
        let (told, seen) = facts.at(point);
        let ways = history.ways(model, point, EXHAUSTIVE + 1);
        let exhaustive = ways <= EXHAUSTIVE;
        let tries = if exhaustive { ways } else { sample };
        for number in 0..tries {
            let mut rest = number;
            let mut dice = Dice::new(number + 1 + point as u64 * 1_000_003);
            let (fs, state) = history.crash(model, point, &mut |sides| {
                if exhaustive {
                    let choice = rest % u64::from(sides);
                    rest /= u64::from(sides);
                    u32::try_from(choice).unwrap()
                } else {
                    dice.roll(sides)
                }
            });
            if !known.insert((state, told, seen.len())) {
                continue;
            }
            found.states += 1;
            if let Err(what) = job.check(&fs, told, &seen) {
                found.violations.push(format!("{model:?}, point {point}, way {number}: {what}"));
                if stop {
                    return found;
                }
            }
        }
    }
    found
}
