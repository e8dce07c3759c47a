//! A made-up workspace of any size for benches, tests and trying things out: the same seed, number
//! of cases and moment give the same records, byte for byte.
//!
//! The lives of its cases follow the rules: what the clocks would have removed is gone but for the
//! few files that are due now, access was decided by people who may, every state occurs. Only
//! expunged engagements are missing: those come from real deletions.

mod access;
mod case;
mod contents;
mod customer;
mod dice;
mod people;
mod request;
mod teller;
mod write;

use super::init::{Made, with_log};
use crate::env;
use crate::error::{Error, Result};
use crate::model::{Engineer, FORMAT, PolicySettings, Time, WorkspaceConfig};
use crate::workspace::NewWorkspace;
use customer::Customer;
use dice::Dice;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use write::Written;

/// What to make.
#[derive(Debug, Clone)]
pub struct NewGenerated {
    pub dir: PathBuf,
    /// Engagements, 1 to 10,000,000.
    pub cases: u64,
    pub seed: u64,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Generated {
    #[serde(flatten)]
    pub made: Made,
    pub seed: u64,
    pub engineers: usize,
    pub customers: usize,
    #[serde(flatten)]
    pub written: Written,
}

/// The most cases that ids of sixteen digits can tell apart on one day.
const MOST: u64 = 10_000_000;

/// Makes the workspace. `progress` hears how many cases are written, of how many.
///
/// Nothing of it is flushed to storage file by file: a stop half-way leaves a directory to throw
/// away.
///
/// # Errors
/// The directory exists and is not empty, the number of cases is out of range, or an I/O error.
pub fn generate(new: &NewGenerated, progress: &mut dyn FnMut(u64, u64)) -> Result<Generated> {
    if new.cases == 0 || new.cases > MOST {
        return Err(Error::usage(format!("--cases is a number from 1 to {MOST}")));
    }
    let now = env::now(true)?;
    let mut dice = Dice::new(new.seed, 0);
    let engineers = people::engineers(&mut dice, new.cases);
    let config = WorkspaceConfig {
        format: FORMAT,
        name: format!("Generated support, {} cases", new.cases),
        origin: format!("generated.example/{}/deletions", new.seed),
        organisation: Some("Example Support".to_owned()),
        region: Some("EU".to_owned()),
        test_clock: true,
        policy: PolicySettings::default(),
        engineers,
        x: None,
    };
    let workspace = NewWorkspace::create(&new.dir, &config)?;
    let customers = customer::plan(&mut dice, new.cases);
    let world = World { seed: new.seed, now, engineers: &config.engineers };
    let written = write_all(&workspace, &world, &customers, new.cases, progress)?;
    let made = with_log(&workspace, now, false)?;
    Ok(Generated {
        made,
        seed: new.seed,
        engineers: config.engineers.len(),
        customers: customers.len(),
        written,
    })
}

/// What every customer's story is told in.
#[derive(Debug, Clone, Copy)]
struct World<'a> {
    seed: u64,
    now: Time,
    engineers: &'a [Engineer],
}

/// Customers share nothing, so each is one thread's work; which thread's does not matter.
fn write_all(
    workspace: &crate::workspace::Workspace,
    world: &World<'_>,
    customers: &[Customer],
    cases: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Written> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (said, heard) = mpsc::channel();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (next, said) = (&next, said.clone());
                scope.spawn(move || -> Result<Written> {
                    let mut total = Written::default();
                    while let Some(customer) = customers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        total += customer::write(workspace, world, customer, &said)?;
                    }
                    Ok(total)
                })
            })
            .collect();
        drop(said);
        let mut done = 0;
        for more in heard {
            done += more;
            progress(done, cases);
        }
        let mut total = Written::default();
        for worker in workers {
            total += worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(total)
    })
}
