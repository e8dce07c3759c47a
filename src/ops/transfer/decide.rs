//! Decisions on a transfer deletion request: approved, canceled, closed (DTM-7, DTM-8).

use super::linked::{dsr_of, fulfil_after};
use super::request::{Found, TransferRequestView, decision, find, view_of};
use crate::error::{Error, Result};
use crate::model::{Activity, TransferDecisionKind, TransferRequest, TransferRequestState};
use crate::ops::{Context, Matter};
use crate::policy::transfer as rules;
use crate::workspace::{Commit, Loaded, TransferRef};

/// Approves a request as the second person (DEL-2), knowing that all files go (DTM-7).
///
/// # Errors
/// A rule says no.
pub fn approve(
    context: &Context,
    named: &str,
    all_files_acknowledged: bool,
) -> Result<TransferRequestView> {
    context.require_writable()?;
    let Found { of, loaded } = find(context, named)?;
    let settings = &context.workspace.config().policy;
    let (activity, matter) = (Activity::TransferDeletionApproved, Matter::transfer_request(&of.id));
    rules::may_approve(&context.actor, settings, &loaded.value, all_files_acknowledged)
        .map_err(|refusal| context.refused(refusal, &of.tenant, activity, &matter))?;
    let mut changed = loaded.value.clone();
    changed.all_files_acknowledged |= all_files_acknowledged;
    changed.state = TransferRequestState::Approved;
    changed.decisions.push(decision(context, TransferDecisionKind::Approved, None));
    write(context, &of, &loaded, changed, activity)
}

/// Cancels a request before anything was deleted for it, or while it waits for the contacts.
///
/// # Errors
/// A rule says no, or there is no reason.
pub fn cancel(context: &Context, named: &str, reason: &str) -> Result<TransferRequestView> {
    use TransferRequestState as S;
    context.require_writable()?;
    let Found { of, loaded } = find(context, named)?;
    let (activity, matter) = (Activity::TransferDeletionClosed, Matter::transfer_request(&of.id));
    let untouched = if loaded.value.executions.is_empty() {
        &[S::Submitted, S::Accepted, S::Approved, S::SelfService][..]
    } else {
        &[S::SelfService][..]
    };
    context
        .actor
        .require_engineer("DTM-7", "cancel the deletion of transfer files")
        .and_then(|()| rules::require_state(&loaded.value, untouched, "canceled"))
        .map_err(|refusal| context.refused(refusal, &of.tenant, activity, &matter))?;
    if reason.trim().is_empty() {
        return Err(Error::Usage {
            message: "this needs a reason".to_owned(),
            hint: Some("--reason \"…\"".to_owned()),
        });
    }
    let mut changed = loaded.value.clone();
    changed.state = S::Canceled;
    let reason = Some(reason.trim());
    changed.decisions.push(decision(context, TransferDecisionKind::Canceled, reason));
    end(context, &of, &loaded, changed)
}

/// Closes a request whose check is done (DTM-8). A data subject request that waited for nothing else
/// is fulfilled with it.
///
/// # Errors
/// The check is still owed.
pub fn close(context: &Context, named: &str) -> Result<TransferRequestView> {
    context.require_writable()?;
    let Found { of, loaded } = find(context, named)?;
    let (activity, matter) = (Activity::TransferDeletionClosed, Matter::transfer_request(&of.id));
    rules::may_close(&context.actor, &loaded.value)
        .map_err(|refusal| context.refused(refusal, &of.tenant, activity, &matter))?;
    let mut changed = loaded.value.clone();
    changed.state = TransferRequestState::Closed;
    changed.decisions.push(decision(context, TransferDecisionKind::Closed, None));
    end(context, &of, &loaded, changed)
}

fn end(
    context: &Context,
    of: &TransferRef,
    loaded: &Loaded<TransferRequest>,
    changed: TransferRequest,
) -> Result<TransferRequestView> {
    let mut commit = Commit::new();
    if let Some(dsr) = changed.dsr.as_deref().and_then(dsr_of) {
        fulfil_after(context, &mut commit, &dsr, &of.id)?;
    }
    let matter = Matter::transfer_request(&of.id);
    let event = context.event(Activity::TransferDeletionClosed, &matter).change(
        "state",
        loaded.value.state,
        changed.state,
    );
    commit.update(loaded, changed.clone());
    commit.audit(&of.tenant, event.build());
    context.commit(commit)?;
    view_of(context, of, changed)
}

pub(super) fn write(
    context: &Context,
    of: &TransferRef,
    loaded: &Loaded<TransferRequest>,
    changed: TransferRequest,
    activity: Activity,
) -> Result<TransferRequestView> {
    let event = context.event(activity, &Matter::transfer_request(&of.id)).change(
        "state",
        loaded.value.state,
        changed.state,
    );
    let mut commit = Commit::new();
    commit.update(loaded, changed.clone());
    commit.audit(&of.tenant, event.build());
    context.commit(commit)?;
    view_of(context, of, changed)
}
