//! The program's own log (`--log FILE`): what it did and how long that took, for reports of problems.
//!
//! It holds no personal data, because nothing personal can get in: this module alone speaks to it, and each
//! function here takes numbers, truths and words of the program; an event from anywhere else is not written. No path, name, title, address or content is
//! among them, and no message of an error, which may quote one; [`file`] drops whatever else it is handed.
//! Without `--log` nothing listens, and a call costs a comparison.

mod file;

pub use file::{Level, start};

use crate::attest::TxId;
use crate::env::Stopwatch;
use crate::error::Error;
use crate::exit::Exit;
use crate::workspace::index::Work;
use std::io;
use tracing::{debug, error, info, warn};

/// Waiting longer than this for a lock is worth a warning, in milliseconds.
const LONG_WAIT: u64 = 1_000;

/// The program runs `command`, for example `case note`; the terminal interface is `tui`.
pub fn started(command: &str, read_only: bool) {
    let version = env!("CARGO_PKG_VERSION");
    info!(event = "started", version, command, read_only);
}

/// It ends.
pub fn ended(exit: Exit, failure: Option<&Error>, took: Stopwatch) {
    let (code, ms) = (exit as u8, took.milliseconds());
    let (kind, rule) = (failure.map(Error::code), failure.and_then(Error::rule));
    match failure {
        None => info!(event = "ended", exit = code, ms),
        Some(Error::Io { source, .. }) => {
            error!(event = "ended", exit = code, ms, error = kind, io = io_kind(source));
        }
        Some(_) => warn!(event = "ended", exit = code, ms, error = kind, rule),
    }
}

/// The program is about to die of a mistake in it, at this line of its source.
pub fn panicked(file: &str, line: u32) {
    error!(event = "panicked", file, line);
}

/// A workspace of this format was opened.
pub fn opened(format: u32, read_only: bool, took: Stopwatch) {
    debug!(event = "opened", format, read_only, ms = took.milliseconds());
}

/// `.lock` was taken.
pub fn locked(took: Stopwatch) {
    let ms = took.milliseconds();
    if ms > LONG_WAIT {
        warn!(event = "locked", ms);
    } else {
        debug!(event = "locked", ms);
    }
}

/// A commit was applied.
pub fn committed(steps: usize, took: Stopwatch) {
    info!(event = "committed", steps, ms = took.milliseconds());
}

/// Commits that a stop had left were finished or taken back.
pub fn rolled_forward(commits: usize, took: Stopwatch) {
    if commits > 0 {
        warn!(event = "rolled_forward", commits, ms = took.milliseconds());
    }
}

/// Deletions that a stop had left were finished.
pub fn recovered(transactions: usize) {
    if transactions > 0 {
        warn!(event = "recovered", transactions);
    }
}

/// A flush failed: nothing is written any more.
pub fn flush_failed(source: &io::Error) {
    error!(event = "flush_failed", io = io_kind(source));
}

/// Tenants were gone over, with or without the index.
pub fn surveyed(tenants: usize, work: Work, took: Stopwatch) {
    let Work { kept, read, saved, indexed } = work;
    let ms = took.milliseconds();
    debug!(event = "surveyed", tenants, indexed, kept, read, saved, ms);
}

/// Files were searched for a request's identifiers.
pub fn discovered(identifiers: usize, files: u64, bytes: u64, findings: usize, took: Stopwatch) {
    let ms = took.milliseconds();
    info!(event = "discovered", identifiers, files, bytes, findings, ms);
}

/// A transaction of the attestation log ended.
pub fn removed(tx: TxId, files: usize, took: Stopwatch) {
    info!(event = "removed", tx = tx.to_string().as_str(), files, ms = took.milliseconds());
}

/// The name of a kind of error, which quotes nothing.
fn io_kind(source: &io::Error) -> String {
    format!("{:?}", source.kind())
}
