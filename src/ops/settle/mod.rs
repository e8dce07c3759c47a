//! After a transaction: what the attestation log says is written into the records, once.
//!
//! A transaction that ended keeps its private intent until its caller has settled it. So whatever
//! stops the program in between, the next start finds the transaction, settles it here, and then
//! lets it go (`Session::forget`).

mod files;
mod memo;

pub(in crate::ops) use memo::Memo;

use super::{Context, dsr, retention, transfer};
use crate::attest::{Outcome, Recovered, RecoveredKind, Session};
use crate::error::Result;
use crate::model::Id;
use crate::text;
use crate::workspace::{Commit, WorkspaceLock};
use files::Cause;

/// Settles what a session recovered. What was found unfinished and what was done about it, in
/// sentences for people.
///
/// # Errors
/// The bookkeeping of a transaction cannot be written; the next start tries again.
pub fn settle(context: &Context, session: &mut Session) -> Result<Vec<String>> {
    let recovered: Vec<Recovered> = session.recovered().to_vec();
    let mut notices = Vec::new();
    for found in recovered {
        let memo = found.memo.as_deref().and_then(Memo::parse);
        let of = memo.as_ref().map_or_else(|| format!("transaction {}", found.tx), Memo::subject);
        match (found.kind, &found.outcome) {
            (RecoveredKind::Dropped, _) => {
                notices.push(format!(
                    "{of} was interrupted before anything was touched: nothing was deleted"
                ));
            }
            (RecoveredKind::RolledForward | RecoveredKind::Finished, Some(outcome)) => {
                if let Some(memo) = &memo {
                    let lock = context.workspace.lock()?;
                    record(context, &lock, memo, outcome, Passage::Recovered)?;
                }
                session.forget(found.tx)?;
                let gone = outcome.items.iter().filter(|item| item.verdict.is_gone()).count();
                notices.push(format!(
                    "{of} was interrupted and is finished now: {} removed, entries {} and {} of the log",
                    text::plural(gone as u64, "file"),
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

/// How a transaction came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Passage {
    /// By the process that began it.
    Straight,
    /// By recovery: it may have been recorded before.
    Recovered,
}

/// Writes a transaction's outcome into the records and the audit logs. Idempotent: a transaction
/// that is recorded already changes nothing.
pub(in crate::ops) fn record(
    context: &Context,
    lock: &WorkspaceLock,
    memo: &Memo,
    outcome: &Outcome,
    passage: Passage,
) -> Result<()> {
    // It quotes what is gone now.
    context.workspace.forget_index()?;
    match memo {
        Memo::Dsr { dsr, first, by } => {
            let recovered = passage == Passage::Recovered;
            dsr::record(context, lock, (dsr, *first, by), outcome, recovered)
        }
        Memo::Evidence { dsr, by } => retention::record_evidence(context, lock, dsr, outcome, by),
        Memo::Retention { by } => record_files(
            context,
            lock,
            outcome,
            passage,
            None,
            (Cause::Follows("retention"), by),
            |_| Ok(()),
        ),
        Memo::SelfService { by, .. } => {
            let because = (Cause::Customer, by.as_str());
            record_files(context, lock, outcome, passage, None, because, |_| Ok(()))
        }
        Memo::Transfer { request, by } => {
            let because = request.id.to_string();
            record_files(
                context,
                lock,
                outcome,
                passage,
                Some(&request.tenant),
                (Cause::Follows(&because), by),
                |commit| transfer::record_execution(context, commit, request, outcome, by, passage),
            )
        }
        Memo::Replay { dsr, by } => {
            let because = dsr.id.to_string();
            record_files(
                context,
                lock,
                outcome,
                passage,
                Some(&dsr.tenant),
                (Cause::Follows(&because), by),
                |commit| {
                    retention::record_replay(context, commit, dsr, outcome, by);
                    Ok(())
                },
            )
        }
    }
}

/// Audit events and folders of a transaction, with what else its caller writes beside them, in the
/// log of `tenant` for example.
fn record_files(
    context: &Context,
    lock: &WorkspaceLock,
    outcome: &Outcome,
    passage: Passage,
    tenant: Option<&Id>,
    (cause, by): (Cause<'_>, &str),
    also: impl FnOnce(&mut Commit) -> Result<()>,
) -> Result<()> {
    if passage == Passage::Recovered && files::is_logged(context, tenant, outcome)? {
        return Ok(());
    }
    let mut commit = Commit::new();
    files::log_deleted(context, &mut commit, outcome, cause, by)?;
    also(&mut commit)?;
    context.workspace.commit_locked(lock, None, commit)
}
