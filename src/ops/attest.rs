//! The attestation log as people use it: list, show, verify.

use super::Context;
use crate::attest::{Body, Check, Checkpoint, Entry, Log, TxId, Verification, VerifyOptions};
use crate::env;
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{Sha256, Time};
use crate::outside;
use crate::workspace::layout;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The workspace's log.
#[must_use]
pub fn log_of(context: &Context) -> Log {
    Log::open(Arc::clone(context.workspace.fs()))
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryView {
    pub index: u64,
    pub kind: String,
    pub at: Time,
    pub tx: Option<String>,
    /// `begin`: why, and how many files.
    pub why: Option<&'static str>,
    pub files: Option<u32>,
    /// `end`: a letter a file.
    pub outcomes: Option<String>,
    pub warnings: Vec<&'static str>,
    /// `end`, `lost`: the index of the `begin`.
    pub begin: Option<u64>,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        let mut view = Self {
            index: entry.leaf.index,
            kind: entry.leaf.kind().to_owned(),
            at: entry.leaf.time,
            tx: entry.leaf.tx().map(|tx| tx.to_string()),
            why: None,
            files: None,
            outcomes: None,
            warnings: Vec::new(),
            begin: None,
        };
        match &entry.leaf.body {
            Body::Begin { why, count, .. } => {
                (view.why, view.files) = (Some(why.name()), Some(*count));
            }
            Body::End { begin, outcomes, warnings, .. } => {
                view.begin = Some(*begin);
                view.outcomes = Some(outcomes.iter().map(|verdict| verdict.letter()).collect());
                view.warnings = warnings.meanings();
            }
            Body::Lost { begin, .. } => view.begin = Some(*begin),
            Body::Genesis { .. } | Body::Shred { .. } | Body::Unknown { .. } => {}
        }
        view
    }
}

/// The newest entries, newest first.
///
/// # Errors
/// There is no log, or it cannot be read.
pub fn log(context: &Context, limit: u64) -> Result<(u64, Vec<EntryView>)> {
    let log = log_of(context);
    let size = log.size()?;
    let entries = log.entries(size.saturating_sub(limit)..size)?;
    Ok((size, entries.iter().rev().map(EntryView::from).collect()))
}

/// How the log stands, as far as can be told without checking it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogStanding {
    pub size: u64,
    /// Entries under the newest signed checkpoint; `None` when there is none that can be read.
    pub signed: Option<u64>,
    /// The transaction that has begun and not ended.
    pub open: Option<String>,
    /// Something waits for recovery: interrupted, or at work right now.
    pub unfinished: bool,
}

/// How the log stands; `newest` are its newest entries, newest first.
///
/// # Errors
/// There is no log, or it cannot be read.
pub fn standing(context: &Context, newest: &[EntryView]) -> Result<LogStanding> {
    let log = log_of(context);
    let last = newest.iter().find(|entry| matches!(&*entry.kind, "begin" | "end" | "lost"));
    let open = last.filter(|entry| entry.kind == "begin").and_then(|entry| entry.tx.clone());
    let note = log.checkpoint().unwrap_or_default();
    Ok(LogStanding {
        size: log.size()?,
        signed: Checkpoint::parse(&note).ok().map(|checkpoint| checkpoint.size),
        open,
        unfinished: log.needs_recovery()?,
    })
}

/// An entry with what it commits to, while its opening exists.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub entry: EntryView,
    /// The bytes that are hashed.
    pub raw: String,
    pub leaf_hash: String,
    /// Request and engineer, from the opening.
    pub request: Option<String>,
    pub engineer: Option<String>,
    /// The files, from the opening; `None` when it was destroyed.
    pub items: Option<Vec<ShownItem>>,
}

/// A file of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownItem {
    pub path: String,
    pub sha256: Sha256,
    pub size: u64,
    pub commitment: Sha256,
    pub verdict: Option<&'static str>,
}

/// One entry.
///
/// # Errors
/// There is no entry of that index.
pub fn show(context: &Context, index: u64) -> Result<Shown> {
    let log = log_of(context);
    let entry = log.entry(index)?;
    let opening = match entry.leaf.tx() {
        Some(tx) => log.opening(tx)?,
        None => None,
    };
    let outcomes = match entry.leaf.tx() {
        Some(tx) => log.entries_of(tx)?.into_iter().find_map(|entry| match entry.leaf.body {
            Body::End { outcomes, .. } => Some(outcomes),
            _ => None,
        }),
        None => None,
    };
    let items = opening.as_ref().map(|opening| {
        opening
            .records
            .iter()
            .enumerate()
            .map(|(position, record)| ShownItem {
                path: record.record.path.display(),
                sha256: record.record.sha256,
                size: record.record.size,
                commitment: Sha256(record.commitment()),
                verdict: outcomes
                    .as_ref()
                    .and_then(|outcomes| outcomes.get(position))
                    .map(|verdict| super::dsr::verdict_of(verdict.letter()).0),
            })
            .collect()
    });
    Ok(Shown {
        entry: EntryView::from(&entry),
        leaf_hash: crate::attest::merkle::leaf_hash(&entry.raw).to_string(),
        raw: String::from_utf8_lossy(&entry.raw).into_owned(),
        request: opening.as_ref().map(|opening| opening.request.clone()),
        engineer: opening.map(|opening| opening.engineer),
        items,
    })
}

/// A file system, and whether it had to be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    pub name: &'static str,
    pub weak: bool,
}

/// Accepts the file system of the log, or of a path of the workspace, although it is not known to
/// keep what was flushed.
///
/// # Errors
/// There is no log, or it cannot be written.
pub fn accept_weak_filesystem(context: &Context, path: Option<&Path>) -> Result<Accepted> {
    context.require_writable()?;
    let path = match path {
        None => layout::attest().join("head"),
        Some(path) => RelPath::new(path).map_err(|error| Error::usage(error.to_string()))?,
    };
    let fs = context.workspace.fs();
    let traits = fs.traits(&path).map_err(|e| context.workspace.io("look up", &path, e))?;
    let weak = log_of(context).accept_weak_filesystem(&path)?;
    Ok(Accepted { name: traits.name, weak })
}

/// The result of a verification.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    pub ok: bool,
    pub size: u64,
    pub root: Option<String>,
    pub checks: Vec<Check>,
    /// A transaction that is open: in progress, or interrupted and not yet recovered.
    pub open: Option<String>,
}

/// Verifies the log: takes no lock, recovers nothing. Compares it with the newest checkpoint that
/// this user saw, and with one handed in; remembers the newest when everything is well.
///
/// # Errors
/// The checkpoint handed in cannot be read. Everything else is a failed check.
pub fn verify(
    context: &Context,
    checkpoint: Option<&Path>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified> {
    verify_until(context, checkpoint, &AtomicBool::new(false), progress)
}

/// As [`verify`], until `stop` is set.
///
/// # Errors
/// As [`verify`]; [`Error::Interrupted`] when it was stopped: then nothing is said of the log.
pub fn verify_until(
    context: &Context,
    checkpoint: Option<&Path>,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified> {
    let log = log_of(context);
    let handed_in = match checkpoint {
        Some(path) => Some(outside::read(path)?),
        None => None,
    };
    let seen = last_seen_path(&log);
    let last_seen = match &seen {
        Some(path) => outside::read_state(path)?,
        None => None,
    };
    let options = VerifyOptions { last_seen, checkpoint: handed_in };
    let result = log.verify_until(&options, stop, progress).ok_or(Error::Interrupted)?;
    if result.ok && !context.read_only {
        remember(seen.as_deref(), &result);
    }
    Ok(Verified {
        ok: result.ok,
        size: result.size,
        root: result.root.map(|root| root.to_string()),
        checks: result.checks,
        open: result.open.map(|tx| tx.to_string()),
    })
}

/// Where this user's newest checkpoint of a log is kept: named by the log's key.
fn last_seen_path(log: &Log) -> Option<PathBuf> {
    let vkey = log.vkey().ok()?;
    Some(env::state_dir()?.join(vkey.fingerprint().to_string()))
}

/// Keeps the newest checkpoint. Best effort: without it the next verification compares with an
/// older one, which is as true.
fn remember(path: Option<&Path>, result: &Verification) {
    if let (Some(path), Some(checkpoint)) = (path, &result.checkpoint) {
        let _ = outside::write_state(path, checkpoint);
    }
}

/// Destroys the opening of a transaction: afterwards the log still verifies, and nobody can tell
/// any more which files its entries were about.
///
/// # Errors
/// There is no such opening, or the actor is no engineer.
pub fn shred(context: &Context, tx: &str) -> Result<u64> {
    context.require_writable()?;
    context.actor.require_engineer("ATT-2", "destroy an opening")?;
    let tx: TxId = tx.parse().map_err(|_| Error::Usage {
        message: format!("`{}` is no transaction id", crate::text::safe(tx)),
        hint: Some("32 hex digits; `caseward attest log` lists them".to_owned()),
    })?;
    let mut session = log_of(context).lock(super::dsr::clock_of(context))?;
    super::dsr::settle(context, &mut session)?;
    Ok(session.shred(tx)?)
}

/// Destroys every opening whose time has come: that of a request `evidence_days` after the request
/// ended, any other as long after its transaction (ATT-7), and returns the transactions. What they
/// say of erased files is in the keyed index before (DEL-11).
///
/// # Errors
/// The actor is no engineer, a request cannot be read, or the log cannot be written.
pub fn shred_expired(context: &Context) -> Result<Vec<String>> {
    context.require_writable()?;
    context.actor.require_engineer("ATT-7", "destroy openings")?;
    let mut session = log_of(context).lock(super::dsr::clock_of(context))?;
    super::dsr::settle(context, &mut session)?;
    let expired = super::retention::shred_expired(context, &mut session)?;
    Ok(expired.iter().map(ToString::to_string).collect())
}
