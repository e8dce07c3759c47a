//! The sweep: what is due goes, in attested transactions; what is kept is said with its ground.
//!
//! Safe to run from cron on several hosts at once: the log's lock lets one at a time, and whoever
//! comes next finds nothing due. A stop anywhere is finished at the next start; what was not begun,
//! by the next sweep.

use super::evidence;
use super::requests::Requests;
use super::scan::{Clocked, Reach, Scan};
use crate::attest::{Log, Session, Why};
use crate::error::Result;
use crate::fs::RelPath;
use crate::model::{Activity, Sha256};
use crate::ops::access;
use crate::ops::dsr::{ExecutedTx, clock_of};
use crate::ops::removal::{RemovalProgress, Removing, windows};
use crate::ops::settle::{self, Memo};
use crate::ops::{Context, Matter};
use crate::policy::retention::{self as rules, RetentionClock};
use crate::workspace::{CaseRef, Problem};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a sweep did.
#[derive(Debug, Clone, Serialize)]
pub struct Swept {
    pub txs: Vec<ExecutedTx>,
    /// Everything that was due, by path.
    pub items: Vec<SweptItem>,
    /// Everything that was due is gone.
    pub complete: bool,
    /// Files whose clock could not be told.
    pub problems: Vec<Problem>,
    /// Nothing was done: this is what would be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SweptItem {
    pub path: String,
    pub clock: RetentionClock,
    /// As it was removed; `None` when it was kept, absent or unreadable.
    pub sha256: Option<Sha256>,
    /// `deleted`, `redacted` (a request's identifiers gave way to their masks), `already_absent`,
    /// `retained`, `failed` or `unknown`; `planned` in a dry run.
    pub verdict: &'static str,
    pub reason: Option<String>,
    /// The file was not what was attached (DEL-5).
    pub hash_mismatch: bool,
}

impl Swept {
    /// Whether something failed or is unknown.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.items.iter().any(|item| matches!(item.verdict, "failed" | "unknown"))
    }

    fn finish(mut self) -> Self {
        self.items.sort_by(|a, b| a.path.cmp(&b.path));
        self.problems.sort();
        self.problems.dedup();
        self.complete = self
            .items
            .iter()
            .all(|item| matches!(item.verdict, "deleted" | "redacted" | "already_absent"));
        self
    }
}

/// A file and its sidecar.
pub(super) fn paths_of(file: &Clocked) -> impl Iterator<Item = &RelPath> {
    std::iter::once(&file.path).chain(&file.sidecar)
}

fn kept(context: &Context, file: &Clocked) -> Option<SweptItem> {
    let keep = file.keep.as_ref()?;
    Some(SweptItem {
        path: file.path.display(),
        clock: file.clock,
        sha256: None,
        verdict: "retained",
        reason: Some(keep.conflict(file.clock, &context.workspace.config().policy)),
        hash_mismatch: false,
    })
}

/// What [`sweep`] would delete. Changes nothing.
///
/// # Errors
/// The actor is no engineer, or the workspace cannot be read.
pub fn rehearse(context: &Context) -> Result<Swept> {
    rules::may_sweep(&context.actor)?;
    let requests = Requests::all(context)?;
    let scan = Scan::new(context, &requests)?.run(&Reach::Everything)?;
    let evidence = evidence::due(context, &requests)?;
    let mut problems = scan.problems;
    problems.extend(requests.problems);
    let planned = |path: String, clock| SweptItem {
        path,
        clock,
        sha256: None,
        verdict: "planned",
        reason: None,
        hash_mismatch: false,
    };
    let mut items = Vec::new();
    for file in scan.files.iter().filter(|file| rules::is_due(file.due_at, context.now)) {
        match kept(context, file) {
            Some(item) => items.push(item),
            None => items.extend(paths_of(file).map(|path| planned(path.display(), file.clock))),
        }
    }
    for request in evidence.iter().filter(|request| rules::is_due(request.due_at, context.now)) {
        match request.kept(context) {
            Some(item) => items.push(item),
            None => {
                items.extend(request.paths().map(|path| planned(path, RetentionClock::Evidence)));
            }
        }
    }
    let swept = Swept { txs: Vec::new(), items, complete: false, problems, dry_run: true };
    Ok(swept.finish())
}

/// Deletes everything that is due and that nothing keeps. Needs no second person and asks nothing.
///
/// # Errors
/// The actor is no engineer, the workspace is open read-only, or an I/O error, after which the next
/// start finishes what was begun.
pub fn sweep(context: &Context, progress: &mut dyn FnMut(RemovalProgress)) -> Result<Swept> {
    context.require_writable()?;
    if let Err(refusal) = rules::may_sweep(&context.actor) {
        return Err(refused(context, refusal));
    }
    let log = Log::open(Arc::clone(context.workspace.fs()));
    // The lock order: `.attest/lock`, then `.lock`. What was interrupted is settled first.
    let mut session = log.lock(clock_of(context))?;
    settle::settle(context, &mut session)?;
    // What the clocks of access requests did is written down as well (SAR-15, SAR-16).
    access::settle_lapsed(context)?;
    let mut swept = sweep_files(context, &mut session, &Reach::Everything, progress)?;
    // Files are gone: what waited for them waits no longer.
    let requests = Requests::all(context)?;
    let evidence = evidence::due(context, &requests)?;
    swept.problems.extend(requests.problems);
    for request in evidence.iter().filter(|request| rules::is_due(request.due_at, context.now)) {
        match request.kept(context) {
            Some(item) => swept.items.push(item),
            None => request.erase(context, &mut session, &mut swept)?,
        }
    }
    Ok(swept.finish())
}

/// The refusal of a sweep stands in the logs of the tenants that the actor belongs to.
fn refused(context: &Context, refusal: crate::policy::Refusal) -> crate::error::Error {
    match context.actor.memberships.first() {
        Some(membership) => {
            let matter = Matter::sweep();
            context.refused(refusal, &membership.tenant, Activity::DiagnosticDeleted, &matter)
        }
        None => refusal.into(),
    }
}

/// Sweeps the transfer folders of these cases alone, in a session that is open.
pub(in crate::ops) fn sweep_folders(
    context: &Context,
    session: &mut Session,
    cases: BTreeSet<CaseRef>,
) -> Result<Swept> {
    Ok(sweep_files(context, session, &Reach::Transfer(cases), &mut |_| {})?.finish())
}

fn sweep_files(
    context: &Context,
    session: &mut Session,
    reach: &Reach,
    progress: &mut dyn FnMut(RemovalProgress),
) -> Result<Swept> {
    let requests = Requests::all(context)?;
    let scan = Scan::new(context, &requests)?.run(reach)?;
    let mut swept = Swept {
        txs: Vec::new(),
        items: Vec::new(),
        complete: false,
        problems: [scan.problems, requests.problems].concat(),
        dry_run: false,
    };
    let mut due: Vec<Clocked> = Vec::new();
    for file in scan.files {
        if !rules::is_due(file.due_at, context.now) {
            continue;
        }
        match kept(context, &file) {
            Some(item) => swept.items.push(item),
            None => due.push(file),
        }
    }
    // Files of one directory together: it is flushed once a window.
    due.sort_by(|a, b| a.path.cmp(&b.path));
    let total = due.iter().map(|file| paths_of(file).count()).sum();
    let by = context.actor.principal.clone();
    let mut removing = Removing {
        context,
        session,
        why: Why::Retention,
        request: format!("sweep-{}", context.now.format("%Y%m%dT%H%M%SZ")),
        memo: Memo::Retention { by },
    };
    let mut before = 0;
    for window in windows(due, |file| paths_of(file).count()) {
        let lock = context.workspace.lock()?;
        let mut look = Scan::new(context, &Requests::all(context)?)?;
        let mut still = Vec::new();
        for file in &window {
            match look.again(file) {
                Some(file) if !rules::is_due(file.due_at, context.now) => {}
                Some(file) => match kept(context, &file) {
                    Some(item) => swept.items.push(item),
                    None => still.push(file),
                },
                // Its case was reopened, or somebody removed it: no matter of this sweep any more.
                None => {}
            }
        }
        let paths: Vec<RelPath> = still.iter().flat_map(|file| paths_of(file).cloned()).collect();
        let done = removing.window(&lock, &paths, &mut |at| {
            progress(RemovalProgress { step: at.step, done: before + at.done, total });
        })?;
        before += window.iter().map(|file| paths_of(file).count()).sum::<usize>();
        swept.txs.extend(done.tx);
        for file in &still {
            for path in paths_of(file) {
                let Some(gone) = done.files.get(path) else { continue };
                let attached = file.attached.filter(|_| *path == file.path);
                swept.items.push(SweptItem {
                    path: path.display(),
                    clock: file.clock,
                    sha256: gone.sha256,
                    verdict: gone.verdict,
                    reason: gone.reason.clone(),
                    hash_mismatch: attached
                        .is_some_and(|hash| gone.sha256.is_some_and(|found| found != hash)),
                });
            }
        }
    }
    Ok(swept)
}
