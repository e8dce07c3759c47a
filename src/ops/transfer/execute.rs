//! Executing a transfer deletion request: closed cases within their 90 days are deleted, later ones
//! swept, open ones left to their contacts; then it is looked up what is there (DTM-6, DTM-7).

use super::folder::{self, FolderFile};
use super::request::{Covered, Found, TransferRequestView, covered, decision, find, view_of};
use super::store::{DeletedItem, is_held};
use crate::attest::{Log, Outcome, Session, Why};
use crate::error::Result;
use crate::fs::RelPath;
use crate::model::{
    Activity, TransferBranch, TransferDecisionKind, TransferExecution, TransferRequest,
    TransferRequestState, TransferResult,
};
use crate::ops::dsr::{ExecutedTx, clock_of};
use crate::ops::removal::{RemovalProgress, Removing, windows};
use crate::ops::settle::{self, Memo, Passage};
use crate::ops::{Context, EventDraft, Matter, erased, retention};
use crate::policy::retention::{Keep, is_due};
use crate::policy::transfer as rules;
use crate::workspace::{CaseRef, Commit, DsrRef, TransferRef, layout};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What executing a request did.
#[derive(Debug, Clone, Serialize)]
pub struct TransferDone {
    #[serde(flatten)]
    pub request: TransferRequestView,
    pub txs: Vec<ExecutedTx>,
    pub items: Vec<DeletedItem>,
    /// Nothing is left in the folders that the request covers, open cases included.
    pub complete: bool,
    /// Nothing was done: this is what would be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

impl TransferDone {
    /// Whether something failed or is unknown.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.items.iter().any(|item| matches!(item.verdict, "failed" | "unknown"))
    }
}

const EXECUTABLE: &[TransferRequestState] =
    &[TransferRequestState::Approved, TransferRequestState::SelfService];

/// Whether there is nothing more to execute: it says the same again.
fn is_done(state: TransferRequestState) -> bool {
    use TransferRequestState as S;
    matches!(state, S::CrossCheckRequired | S::Closed)
}

fn may_execute(context: &Context, found: &Found) -> Result<()> {
    let matter = Matter::transfer_request(&found.of.id);
    context
        .actor
        .require_engineer("DTM-7", "delete transfer files")
        .and_then(|()| rules::require_state(&found.loaded.value, EXECUTABLE, "executed"))
        .map_err(|refusal| {
            let activity = Activity::TransferDeletionExecuted;
            context.refused(refusal, &found.of.tenant, activity, &matter)
        })
}

fn retained(unit: &FolderFile, reason: String) -> DeletedItem {
    DeletedItem {
        path: unit.path.display(),
        sha256: None,
        verdict: "retained",
        reason: Some(reason),
        hash_mismatch: false,
    }
}

/// What [`execute`] would do. Changes nothing.
///
/// # Errors
/// As [`execute`].
pub fn rehearse(context: &Context, named: &str) -> Result<TransferDone> {
    let found = find(context, named)?;
    let mut items = Vec::new();
    if !is_done(found.loaded.value.state) {
        may_execute(context, &found)?;
        for one in covered(context, &found.of, &found.loaded.value)? {
            if branch_of(context, &one) == TransferBranch::SelfService {
                continue;
            }
            for unit in folder::with_sidecars(folder::files(context, &one.case)?.0) {
                if is_held(context, &unit) {
                    items.push(retained(&unit, hold_ground(context, &unit)));
                    continue;
                }
                items.extend(std::iter::once(&unit.path).chain(&unit.sidecar).map(|path| {
                    DeletedItem {
                        path: path.display(),
                        sha256: None,
                        verdict: "planned",
                        reason: None,
                        hash_mismatch: false,
                    }
                }));
            }
        }
    }
    let Found { of, loaded } = found;
    let complete = is_done(loaded.value.state);
    let request = view_of(context, &of, loaded.value)?;
    Ok(TransferDone { request, txs: Vec::new(), items, complete, dry_run: true })
}

fn branch_of(context: &Context, one: &Covered) -> TransferBranch {
    rules::branch(&context.workspace.config().policy, one.closed_at, context.now)
}

fn hold_ground(context: &Context, unit: &FolderFile) -> String {
    let of = unit.sidecar.as_ref().unwrap_or(&unit.path);
    let meta = context.workspace.load::<crate::model::Meta>(of).ok().flatten();
    let holds = meta.map(|meta| meta.value.holds).unwrap_or_default();
    Keep::Hold(holds.into_iter().map(|hold| hold.id).collect()).ground()
}

/// Executes an approved request. Executed again while it waits for contacts, it looks again.
///
/// # Errors
/// A rule says no, or an I/O error, after which the next start finishes what was begun.
pub fn execute(
    context: &Context,
    named: &str,
    progress: &mut dyn FnMut(RemovalProgress),
) -> Result<TransferDone> {
    context.require_writable()?;
    let log = Log::open(Arc::clone(context.workspace.fs()));
    let mut session = log.lock(clock_of(context))?;
    settle::settle(context, &mut session)?;
    let found = find(context, named)?;
    if is_done(found.loaded.value.state) {
        let request = view_of(context, &found.of, found.loaded.value.clone())?;
        let txs = executed_txs(&found.loaded.value);
        return Ok(TransferDone {
            request,
            txs,
            items: Vec::new(),
            complete: true,
            dry_run: false,
        });
    }
    may_execute(context, &found)?;
    let cases = covered(context, &found.of, &found.loaded.value)?;
    let (mut txs, mut items) = (Vec::new(), Vec::new());
    // Only an approved request deletes: one that waits for contacts looks what they did.
    if found.loaded.value.state == TransferRequestState::Approved {
        delete_closed(context, &mut session, &found.of, &cases, (&mut txs, &mut items), progress)?;
    }
    let late: BTreeSet<CaseRef> = cases
        .iter()
        .filter(|one| branch_of(context, one) == TransferBranch::AlreadyDeleted)
        .map(|one| one.case.clone())
        .collect();
    let swept = retention::sweep_folders(context, &mut session, late)?;
    txs.extend(swept.txs);
    items.extend(swept.items.into_iter().map(|item| DeletedItem {
        path: item.path,
        sha256: item.sha256,
        verdict: item.verdict,
        reason: item.reason,
        hash_mismatch: item.hash_mismatch,
    }));
    measure(context, &found.of, txs, items)
}

fn executed_txs(request: &TransferRequest) -> Vec<ExecutedTx> {
    let tx = |execution: &TransferExecution| ExecutedTx {
        tx: execution.tx.clone(),
        begin: execution.begin,
        end: execution.end,
    };
    request.executions.iter().map(tx).collect()
}

/// Deletes the files of cases that were closed less than 90 days ago.
fn delete_closed(
    context: &Context,
    session: &mut Session,
    of: &TransferRef,
    cases: &[Covered],
    (txs, items): (&mut Vec<ExecutedTx>, &mut Vec<DeletedItem>),
    progress: &mut dyn FnMut(RemovalProgress),
) -> Result<()> {
    let mut units: Vec<(CaseRef, FolderFile)> = Vec::new();
    for one in cases.iter().filter(|one| branch_of(context, one) == TransferBranch::Delete) {
        let files = folder::with_sidecars(folder::files(context, &one.case)?.0);
        units.extend(files.into_iter().map(|unit| (one.case.clone(), unit)));
    }
    let size = |unit: &FolderFile| 1 + usize::from(unit.sidecar.is_some());
    let total = units.iter().map(|(_, unit)| size(unit)).sum();
    let by = context.actor.principal.clone();
    let mut removing = Removing {
        context,
        session,
        why: Why::Transfer,
        request: of.id.to_string(),
        memo: Memo::Transfer { request: of.clone(), by },
    };
    let mut before = 0;
    for window in windows(units, |(_, unit)| size(unit)) {
        let lock = context.workspace.lock()?;
        let mut paths: Vec<RelPath> = Vec::new();
        for (case, unit) in &window {
            if !is_still_closed(context, case) {
                continue;
            }
            if is_held(context, unit) {
                items.push(retained(unit, hold_ground(context, unit)));
                continue;
            }
            paths.extend(std::iter::once(&unit.path).chain(&unit.sidecar).cloned());
        }
        let done = removing.window(&lock, &paths, &mut |at| {
            progress(RemovalProgress { step: at.step, done: before + at.done, total });
        })?;
        before += window.iter().map(|(_, unit)| size(unit)).sum::<usize>();
        txs.extend(done.tx);
        items.extend(done.files.into_iter().map(|(path, gone)| DeletedItem {
            path: path.display(),
            sha256: gone.sha256,
            verdict: gone.verdict,
            reason: gone.reason,
            hash_mismatch: false,
        }));
    }
    Ok(())
}

/// A case that was reopened since is its contact's again.
fn is_still_closed(context: &Context, case: &CaseRef) -> bool {
    match context.workspace.load::<crate::model::Case>(&layout::case(case)) {
        Ok(Some(loaded)) => loaded.value.closed_at.is_some_and(|at| is_due(at, context.now)),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// Looks up what is left, and says where the request stands by that.
fn measure(
    context: &Context,
    of: &TransferRef,
    txs: Vec<ExecutedTx>,
    mut items: Vec<DeletedItem>,
) -> Result<TransferDone> {
    let loaded = context.workspace.transfer_request(of)?;
    let mut changed = loaded.value.clone();
    let mut results = Vec::new();
    for one in covered(context, of, &changed)? {
        results.push(TransferResult {
            case: one.case.to_string(),
            branch: branch_of(context, &one),
            gone: folder::is_empty_but_held(context, &one.case)?,
            region: one.region,
        });
    }
    // What was covered before and has no folder any more is gone.
    for earlier in &changed.results {
        if !results.iter().any(|result| result.case == earlier.case) {
            results.push(TransferResult { gone: true, ..earlier.clone() });
        }
    }
    let left = |branch| results.iter().any(|one| one.branch == branch && !one.gone);
    let complete = results.iter().all(|one| one.gone);
    changed.state = if complete {
        TransferRequestState::CrossCheckRequired
    } else if left(TransferBranch::Delete) || left(TransferBranch::AlreadyDeleted) {
        // Something failed: it is executed again.
        TransferRequestState::Approved
    } else {
        TransferRequestState::SelfService
    };
    changed.results = results;
    changed.check = None;
    changed.decisions.push(decision(context, TransferDecisionKind::Executed, None));
    let activity = Activity::TransferDeletionExecuted;
    let request = super::decide::write(context, of, &loaded, changed, activity)?;
    items.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(TransferDone { request, txs, items, complete, dry_run: false })
}

/// After a transaction: it stands in the request, its files in the index of what was erased
/// (DEL-11). Idempotent by the transaction.
pub(in crate::ops) fn record_execution(
    context: &Context,
    commit: &mut Commit,
    of: &TransferRef,
    outcome: &Outcome,
    by: &str,
    passage: Passage,
) -> Result<()> {
    let loaded = context.workspace.transfer_request(of)?;
    let tx = outcome.tx.to_string();
    if loaded.value.executions.iter().any(|execution| execution.tx == tx) {
        return Ok(());
    }
    let mut changed = loaded.value.clone();
    changed.executions.push(TransferExecution {
        tx: tx.clone(),
        begin: outcome.begin,
        end: outcome.end,
        at: context.now,
        by: by.to_owned(),
        recovered: passage == Passage::Recovered,
    });
    let mut notes =
        erased::Notes::new(context, &DsrRef { tenant: of.tenant.clone(), id: of.id.clone() })?;
    notes.outcome(outcome);
    notes.add_to(commit);
    let matter = Matter::transfer_request(&of.id);
    let activity = Activity::TransferDeletionExecuted;
    let event = EventDraft::by_transaction(activity, &matter, &tx, context.now).detail("by", by);
    commit.update(&loaded, changed);
    commit.audit(&of.tenant, event.build());
    Ok(())
}
