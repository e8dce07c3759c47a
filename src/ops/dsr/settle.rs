//! After a transaction of a request: what the attestation log says is written into the request, the
//! audit logs and the tombstones, once.

use super::super::{Context, EventDraft, Matter, erased};
use super::load_plan;
use crate::attest::{Outcome, Verdict};
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{
    Activity, DecisionKind, DsrDecision, DsrState, Execution, FORMAT, Meta, PlanItem, Redaction,
    Request, Store, Tombstone,
};
use crate::workspace::{CaseRef, Commit, DsrRef, WorkspaceLock, layout};
use std::collections::BTreeSet;

/// Writes a transaction's outcome into its request, the audit logs and the tombstones. Idempotent:
/// a transaction that is recorded already changes nothing.
pub(in crate::ops) fn record(
    context: &Context,
    lock: &WorkspaceLock,
    (dsr, first, by): (&DsrRef, usize, &str),
    outcome: &Outcome,
    recovered: bool,
) -> Result<()> {
    let loaded = context.workspace.dsr(dsr)?;
    let tx = outcome.tx.to_string();
    if loaded.value.executions.iter().any(|execution| execution.tx == tx) {
        return Ok(());
    }
    let plan = load_plan(context, dsr)?;
    let window = plan.get(first..).unwrap_or_default();
    let window = &window[..window.len().min(crate::attest::MAX_ITEMS)];
    let letters: String = window
        .iter()
        .map(|planned| {
            outcome
                .items
                .iter()
                .find(|item| item.path.display() == planned.path)
                .map_or('.', |item| item.verdict.letter())
        })
        .collect();
    let mut changed = loaded.value.clone();
    changed.executions.push(Execution {
        tx: tx.clone(),
        begin: outcome.begin,
        end: outcome.end,
        at: context.now,
        by: by.to_owned(),
        first: first as u64,
        outcomes: letters,
        recovered,
    });
    let results = results(&changed, &plan);
    let settled = is_settled(context, &changed, &plan);
    // DTM-8: with a transfer deletion request open, the check after it is still owed.
    let owed = settled && !crate::ops::transfer::blocking(context, dsr)?.is_empty();
    changed.state = match (settled, owed) {
        // A deletion that had waited for a hold: the request was answered before.
        (true, _) if loaded.value.state == DsrState::Closed => DsrState::Closed,
        (true, false) if loaded.value.state == DsrState::Attested => DsrState::Attested,
        (true, true) => DsrState::Verifying,
        (true, false) => DsrState::Fulfilled,
        (false, _) => DsrState::Executing,
    };
    if settled && !owed {
        changed.decisions.push(DsrDecision {
            what: DecisionKind::Executed,
            at: context.now,
            by: by.to_owned(),
            os_user: context.actor.os_user.clone(),
            item: None,
            digest: changed.plan.as_ref().map(|plan| plan.digest),
            reason: None,
            signature: None,
        });
    }
    let mut commit = Commit::new();
    let event = EventDraft::by_app(Activity::DsrExecuted, &Matter::dsr(&dsr.id), context.now)
        .detail("tx", &tx)
        .detail("by", by)
        .detail("files", outcome.items.iter().filter(|item| item.verdict.is_gone()).count())
        .change("state", loaded.value.state, changed.state);
    commit.audit(&dsr.tenant, event.build());
    let gone: Vec<&PlanItem> = window
        .iter()
        .filter(|planned| {
            outcome
                .items
                .iter()
                .any(|item| item.path.display() == planned.path && item.verdict.is_gone())
        })
        .collect();
    log_diagnostics(context, &mut commit, &gone, &tx)?;
    let expunged = bury(context, &mut commit, &changed, &plan, &results, &tx)?;
    redacted_sidecars(context, &mut commit, dsr, &plan, &results, &tx)?;
    let mut notes = erased::Notes::new(context, dsr)?;
    notes.outcome(outcome);
    for dir in &expunged {
        notes.dir(dir);
    }
    notes.add_to(&mut commit);
    commit.update(&loaded, changed);
    context.workspace.commit_locked(lock, None, commit)
}

/// The sidecar of a file that was written anew says so, and has its size and hash. Until then the
/// transaction is not settled, so whoever opens the workspace for writing comes by here first. A
/// sidecar that is to be written anew itself comes after that: its own hash is planned.
fn redacted_sidecars(
    context: &Context,
    commit: &mut Commit,
    dsr: &DsrRef,
    plan: &[PlanItem],
    results: &[char],
    tx: &str,
) -> Result<()> {
    let letter = |path: &str| {
        plan.iter().zip(results).find(|(item, _)| item.path == path).map(|(_, letter)| *letter)
    };
    for (item, _) in plan.iter().zip(results).filter(|(_, letter)| **letter == 'r') {
        let Some(after) = &item.after else { continue };
        let path = RelPath::new(&item.path).map_err(|error| Error::usage(error.to_string()))?;
        let sidecar = layout::sidecar(&path);
        if letter(&sidecar.display()).is_some_and(|letter| letter != 'r') {
            continue;
        }
        let Some(loaded) = context.workspace.load::<Meta>(&sidecar)? else { continue };
        if loaded.value.sha256 == after.sha256 {
            continue;
        }
        let mut meta = loaded.value.clone();
        (meta.size, meta.sha256) = (after.size, after.sha256);
        let (dsr, tx) = (dsr.id.clone(), tx.to_owned());
        meta.redactions.push(Redaction { dsr, at: context.now, tx });
        commit.update(&loaded, meta);
    }
    Ok(())
}

/// CONS-11: the deletion of a diagnostic is logged in the tenant it concerns.
fn log_diagnostics(
    context: &Context,
    commit: &mut Commit,
    gone: &[&PlanItem],
    tx: &str,
) -> Result<()> {
    for item in gone {
        let path = RelPath::new(&item.path).map_err(|error| Error::usage(error.to_string()))?;
        let parts: Vec<&str> = path.components().filter_map(|part| part.to_str()).collect();
        let is_diagnostic = parts.get(4) == Some(&Store::Diagnostics.as_str());
        if !is_diagnostic || layout::sidecar_of(path.name()).is_some() {
            continue;
        }
        let (Some(tenant), Some(case)) = (parts.get(1), engagement(&item.engagement)) else {
            continue;
        };
        let Ok(tenant) = tenant.parse() else { continue };
        let categories: Vec<&str> = item.categories.iter().map(|c| c.as_str()).collect();
        let event = EventDraft::by_app(
            Activity::DiagnosticDeleted,
            &Matter::diagnostic(&case),
            context.now,
        )
        .detail("tx", tx)
        .detail("categories", categories.join(","))
        .detail("action", item.action);
        commit.audit(&tenant, event.build());
    }
    Ok(())
}

/// Writes the tombstone of every engagement whose last planned file is gone, and removes the
/// directories that are empty by then. The directories that are expunged whole: nothing comes into
/// them again.
fn bury(
    context: &Context,
    commit: &mut Commit,
    request: &Request,
    plan: &[PlanItem],
    results: &[char],
    tx: &str,
) -> Result<BTreeSet<RelPath>> {
    let mut expunged = BTreeSet::new();
    let engagements =
        request.plan.as_ref().map(|plan| plan.engagements.as_slice()).unwrap_or_default();
    for planned in engagements {
        let all_gone = plan
            .iter()
            .zip(results)
            .filter(|(item, _)| item.engagement == planned.engagement)
            .all(|(_, letter)| matches!(letter, 'g' | 'a'));
        let Some(case) = engagement(&planned.engagement) else { continue };
        let path = layout::tombstone(&case);
        if !all_gone || context.workspace.load::<Tombstone>(&path).ok().flatten().is_some() {
            continue;
        }
        let tombstone = Tombstone {
            format: FORMAT,
            id: case.id.clone(),
            status: "expunged".to_owned(),
            at: context.now,
            closed_at: planned.closed_at,
            tx: tx.to_owned(),
            transfer_pending: planned.transfer_pending,
        };
        commit.create(path, &tombstone);
        expunged.insert(layout::case_dir(&case));
        let of_it = plan.iter().filter(|item| item.engagement == planned.engagement);
        expunged.extend(of_it.filter_map(|item| approval_dir(&item.path)));
        let event = EventDraft::by_app(Activity::CaseExpunged, &Matter::case(&case), context.now)
            .detail("tx", tx);
        commit.audit(&case.tenant, event.build());
        super::authority::end(context, commit, &case, plan, tx)?;
    }
    let mut dirs = BTreeSet::new();
    for (item, letter) in plan.iter().zip(results) {
        if !matches!(letter, 'g' | 'a') {
            continue;
        }
        let Ok(path) = RelPath::new(&item.path) else { continue };
        let mut dir = path.parent();
        // Up to, and not including, the case's directory; an approval's own directory goes.
        while dir.components().count() > 4
            || (dir.components().count() == 4
                && dir.components().nth(2).is_some_and(|c| c == "approvals"))
        {
            dirs.insert(dir.clone());
            dir = dir.parent();
        }
    }
    // The deepest first: a directory is empty once those in it are gone.
    for dir in dirs.into_iter().rev() {
        commit.remove_empty_dir(dir);
    }
    Ok(expunged)
}

/// The approval's directory that a file lies in.
fn approval_dir(path: &str) -> Option<RelPath> {
    let mut dir = RelPath::new(path).ok()?;
    while dir.components().count() > 4 {
        dir = dir.parent();
    }
    let is_approval = dir.components().nth(2).is_some_and(|part| part == "approvals");
    is_approval.then_some(dir)
}

fn engagement(named: &str) -> Option<CaseRef> {
    let (tenant, id) = named.split_once('/')?;
    Some(CaseRef { tenant: tenant.parse().ok()?, id: id.parse().ok()? })
}

/// What became of each plan item over all transactions so far: the letter of the newest one that
/// dealt with it, `.` for one that none did.
pub(in crate::ops) fn results(request: &Request, plan: &[PlanItem]) -> Vec<char> {
    let mut results = vec!['.'; plan.len()];
    for execution in &request.executions {
        let first = usize::try_from(execution.first).unwrap_or(usize::MAX);
        for (slot, letter) in results.iter_mut().skip(first).zip(execution.outcomes.chars()) {
            if letter != '.' {
                *slot = letter;
            }
        }
    }
    results
}

/// Whether nothing of a plan is left to do but what waits for a hold (DEL-8).
pub(in crate::ops) fn is_settled(context: &Context, request: &Request, plan: &[PlanItem]) -> bool {
    let waiting = super::waiting::waiting(context, plan);
    plan.iter()
        .zip(results(request, plan))
        .all(|(item, letter)| is_final(letter) || waiting.contains(&item.path))
}

/// Whether an item needs no further transaction: all but untouched and failed ones.
pub(super) fn is_final(letter: char) -> bool {
    Verdict::from_letter(letter).is_some_and(|verdict| verdict != Verdict::Failed) || letter == 'u'
}
