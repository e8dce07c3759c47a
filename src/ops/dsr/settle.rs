//! After a transaction: what the attestation log says is written into the records, once.
//!
//! A transaction that ended keeps its private intent until its caller has settled it. So whatever
//! stops the program in between, the next start finds the transaction, settles it here, and then
//! lets it go (`Session::forget`).

use super::super::{Context, EventDraft, Matter};
use super::load_plan;
use crate::attest::{Outcome, Recovered, RecoveredKind, Session, Verdict};
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{
    Activity, DecisionKind, DsrDecision, DsrState, Execution, FORMAT, Meta, PlanItem, Redaction,
    Request, Store, Tombstone,
};
use crate::workspace::{CaseRef, Commit, DsrRef, WorkspaceLock, layout};
use std::collections::BTreeSet;

/// What the private intent of a transaction says about its caller: `dsr TENANT/ID FIRST ENGINEER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Memo {
    pub dsr: DsrRef,
    /// Index of the first plan item of the window.
    pub first: usize,
    pub by: String,
}

impl Memo {
    pub(super) fn render(&self) -> String {
        format!("dsr {} {} {}", self.dsr, self.first, self.by)
    }

    fn parse(memo: &str) -> Option<Self> {
        let mut words = memo.split(' ');
        if words.next()? != "dsr" {
            return None;
        }
        let (tenant, id) = words.next()?.split_once('/')?;
        Some(Self {
            dsr: DsrRef { tenant: tenant.parse().ok()?, id: id.parse().ok()? },
            first: words.next()?.parse().ok()?,
            by: words.next()?.to_owned(),
        })
    }
}

/// What was found unfinished and what was done about it, in sentences for people.
///
/// # Errors
/// The bookkeeping of a transaction cannot be written; the next start tries again.
pub fn settle(context: &Context, session: &mut Session) -> Result<Vec<String>> {
    let recovered: Vec<Recovered> = session.recovered().to_vec();
    let mut notices = Vec::new();
    for found in recovered {
        let memo = found.memo.as_deref().and_then(Memo::parse);
        let of = memo.as_ref().map_or_else(
            || format!("transaction {}", found.tx),
            |memo| format!("a deletion for {}", memo.dsr.id),
        );
        match (found.kind, &found.outcome) {
            (RecoveredKind::Dropped, _) => {
                notices.push(format!(
                    "{of} was interrupted before anything was touched: nothing was deleted"
                ));
            }
            (RecoveredKind::RolledForward | RecoveredKind::Finished, Some(outcome)) => {
                if let Some(memo) = &memo {
                    let lock = context.workspace.lock()?;
                    record(context, &lock, memo, outcome, true)?;
                }
                session.forget(found.tx)?;
                let gone = outcome.items.iter().filter(|item| item.verdict.is_gone()).count();
                notices.push(format!(
                    "{of} was interrupted and is finished now: {} removed, entries {} and {} of the log",
                    crate::text::plural(gone as u64, "file"),
                    outcome.begin,
                    outcome.end
                ));
            }
            (RecoveredKind::RolledForward | RecoveredKind::Finished, None) => {}
            (RecoveredKind::Lost, _) => {
                notices.push(format!("{of} began and its intent vanished: its outcome is unknown, and the log says so"));
            }
        }
    }
    Ok(notices)
}

/// Writes a transaction's outcome into its request, the audit logs and the tombstones. Idempotent:
/// a transaction that is recorded already changes nothing.
pub(super) fn record(
    context: &Context,
    lock: &WorkspaceLock,
    memo: &Memo,
    outcome: &Outcome,
    recovered: bool,
) -> Result<()> {
    let dsr = &memo.dsr;
    let loaded = context.workspace.dsr(dsr)?;
    let tx = outcome.tx.to_string();
    if loaded.value.executions.iter().any(|execution| execution.tx == tx) {
        return Ok(());
    }
    let plan = load_plan(context, dsr)?;
    let window = plan.get(memo.first..).unwrap_or_default();
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
        by: memo.by.clone(),
        first: memo.first as u64,
        outcomes: letters,
        recovered,
    });
    let results = results(&changed, &plan);
    let settled = results.iter().all(|letter| is_final(*letter));
    changed.state = if settled { DsrState::Fulfilled } else { DsrState::Executing };
    if settled {
        changed.decisions.push(DsrDecision {
            what: DecisionKind::Executed,
            at: context.now,
            by: memo.by.clone(),
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
        .detail("by", &memo.by)
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
    bury(context, &mut commit, &changed, &plan, &results, &tx)?;
    redacted_sidecars(context, &mut commit, dsr, &plan, &results, &tx)?;
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
/// directories that are empty by then.
fn bury(
    context: &Context,
    commit: &mut Commit,
    request: &Request,
    plan: &[PlanItem],
    results: &[char],
    tx: &str,
) -> Result<()> {
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
        let event = EventDraft::by_app(Activity::CaseExpunged, &Matter::case(&case), context.now)
            .detail("tx", tx);
        commit.audit(&case.tenant, event.build());
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
    Ok(())
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

/// Whether an item needs no further transaction: all but untouched and failed ones.
pub(super) fn is_final(letter: char) -> bool {
    Verdict::from_letter(letter).is_some_and(|verdict| verdict != Verdict::Failed) || letter == 'u'
}
