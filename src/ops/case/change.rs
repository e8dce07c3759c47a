//! What is done to a case: assigned, closed, restricted, reopened; never removed.

use super::open::require_known_engineer;
use crate::error::{Invalid, Result};
use crate::model::{Activity, Case, CaseStatus, Closure, Id, Restriction, Severity, Time};
use crate::ops::access::{self};
use crate::ops::{Context, Matter, partner};
use crate::policy::access::SarState;
use crate::policy::case as rules;
use crate::workspace::{CaseRef, Commit, Loaded, ProblemKind};
use serde::Serialize;

/// A case that is about to change: its reference and its record.
pub(super) fn to_change(context: &Context, named: &str) -> Result<(CaseRef, Loaded<Case>)> {
    context.require_writable()?;
    let case_ref = context.workspace.find_case(named)?;
    let case = context.workspace.case(&case_ref)?;
    Ok((case_ref, case))
}

/// Assigns a case to an engineer.
///
/// # Errors
/// The engineer is unknown, or a rule says no.
pub fn assign(context: &Context, named: &str, engineer: &str) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    require_known_engineer(context, engineer)?;
    let matter = Matter::case(&case_ref);
    rules::may_assign(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseAssigned, &matter)
    })?;
    let mut changed = loaded.value.clone();
    let old = changed.assigned_to.replace(engineer.to_owned());
    let event = context.event(Activity::CaseAssigned, &matter).change(
        "engineer",
        old.unwrap_or_default(),
        engineer,
    );
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// Changes the severity (CASE-4).
///
/// # Errors
/// A rule says no.
pub fn set_severity(
    context: &Context,
    named: &str,
    severity: Severity,
    on_request_of: Option<&str>,
) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    rules::may_set_severity(&context.actor, &loaded.value, on_request_of).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseUpdated, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.severity = severity;
    let mut event = context.event(Activity::CaseUpdated, &matter).change(
        "severity",
        loaded.value.severity,
        severity,
    );
    if let Some(requester) = on_request_of {
        event = event.detail("on_request_of", requester);
    }
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// What closing a case ended (CASE-5).
#[derive(Debug, Clone, Serialize)]
pub struct Closed {
    pub id: Id,
    pub tenant: Id,
    pub closed_at: Time,
    /// Access that became completed, and requests that became canceled.
    pub completed: Vec<Id>,
    pub canceled: Vec<Id>,
    /// When the transfer files are deleted.
    pub transfer_due_at: Option<Time>,
}

/// Closes a case: one write of `closed_at`, from which everything else follows, and the audit
/// entries it owes to both tenants, in one commit (CASE-5, SAR-11, AUD-4).
///
/// # Errors
/// A rule says no.
pub fn close(context: &Context, named: &str) -> Result<Closed> {
    let (case_ref, loaded) = to_change(context, named)?;
    let context = &context.not_before(&[&case_ref.tenant])?;
    access::settle_case(context, &case_ref)?;
    let matter = Matter::case(&case_ref);
    rules::may_close(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseClosed, &matter)
    })?;
    let mut changed = loaded.value.clone();
    let mut commit = Commit::new();
    let (mut completed, canceled) =
        close_in(context, &mut commit, &case_ref, &loaded, &mut changed)?;
    partner::events(context, &mut commit, &case_ref.tenant, &[&changed])?;
    commit.update(&loaded, changed.clone());
    context.commit(commit)?;
    let settings = &context.workspace.config().policy;
    // SAR-13: who may not see approvals does not learn here which access there was.
    if !context.actor.engineer {
        completed.clear();
    }
    Ok(Closed {
        id: changed.id.clone(),
        tenant: case_ref.tenant,
        closed_at: context.now,
        completed,
        canceled,
        transfer_due_at: rules::transfer_due_at(settings, &changed)
            .filter(|_| changed.transfer.is_some()),
    })
}

/// Closes `changed`, a case that is open, and adds to a commit the audit entries that this owes to
/// both tenants, but for the partner entries, which depend on all cases that close with it. Gives the
/// access requests that became completed, and those that became canceled.
pub(in crate::ops) fn close_in(
    context: &Context,
    commit: &mut Commit,
    case_ref: &CaseRef,
    loaded: &Loaded<Case>,
    changed: &mut Case,
) -> Result<(Vec<Id>, Vec<Id>)> {
    changed.status = CaseStatus::Closed;
    changed.closed_at = Some(context.now);
    let matter = Matter::case(case_ref);
    let event = context.event(Activity::CaseClosed, &matter).change("status", "open", "closed");
    commit.audit(&case_ref.tenant, event.build());
    let (mut completed, mut canceled) = (Vec::new(), Vec::new());
    let (requests, problems) = access::matters(context, case_ref, Some(loaded))?;
    // What could not be read now may be read later, and closing would not have ended it in the log.
    if let Some(problem) = problems.iter().find(|p| p.kind == ProblemKind::Unreadable) {
        return Err(Invalid::new(problem.path.as_str(), problem.why.as_str())
            .hint("nothing was changed: what closing ends cannot be told without it")
            .into());
    }
    for request in requests {
        let sar = &request.request.value.id;
        let matter = Matter::access_request(sar);
        match request.status(context).state {
            SarState::Pending => {
                let event = context.automatic_event(Activity::RequestCanceled, &matter);
                commit.audit(&case_ref.tenant, event);
                canceled.push(sar.clone());
            }
            SarState::Approved => {
                let event = context.automatic_event(Activity::ApprovalRemoved, &matter);
                commit.audit(&request.request.value.resource_tenant, event);
                completed.push(sar.clone());
            }
            _ => {}
        }
    }
    Ok((completed, canceled))
}

/// Marks a closed case "do not reopen without the customer's permission" (CASE-7).
///
/// # Errors
/// A rule says no.
pub fn restrict(context: &Context, named: &str, note: Option<String>) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    rules::may_restrict(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseRestricted, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.restriction = Some(Restriction {
        no_reopen: true,
        at: context.now,
        by: context.actor.principal.clone(),
        note,
    });
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, context.event(Activity::CaseRestricted, &matter).build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// Reopens a case. What the closing ended stays ended (CASE-8).
///
/// # Errors
/// A rule says no.
pub fn reopen(context: &Context, named: &str, permission: Option<String>) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    let context = &context.not_before(&[&case_ref.tenant])?;
    let matter = Matter::case(&case_ref);
    rules::may_reopen(&context.actor, &loaded.value, permission.as_deref()).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseReopened, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.status = CaseStatus::Open;
    if let Some(closed_at) = changed.closed_at.take() {
        changed.closures.push(Closure {
            closed_at,
            reopened_at: context.now,
            reopened_by: context.actor.principal.clone(),
            customer_permission: permission,
            answers: Some(changed.consent.len()),
        });
    }
    changed.restriction = None;
    let event = context.event(Activity::CaseReopened, &matter).change("status", "closed", "open");
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// CASE-10: always refused, and logged.
///
/// # Errors
/// Always: the refusal, or that the case is unknown.
pub fn remove(context: &Context, named: &str) -> Result<()> {
    let case_ref = context.workspace.find_case(named)?;
    let case = context.workspace.case(&case_ref)?.value;
    let matter = Matter::case(&case_ref);
    let refusal = rules::removal_refusal(&case);
    Err(context.refused(refusal, &case_ref.tenant, Activity::CaseExpunged, &matter))
}
