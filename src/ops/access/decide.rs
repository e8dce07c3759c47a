//! Decisions: approved, rejected, removed, withdrawn.

use super::matter::find;
use super::owed::{settle_case, settle_case_at};
use super::view::{AccessView, project};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Approval, Decision, Ended, EndedState, FORMAT, Outcome, OutcomeState, Slot,
};
use crate::ops::signing;
use crate::ops::{Context, Matter};
use crate::policy::access::{self as rules, SarState, Side};
use crate::workspace::{Commit, layout};

/// What somebody decides on a request.
#[derive(Debug, Clone, Copy)]
pub struct DecisionInput<'a> {
    pub decision: Decision,
    /// Only this side; without it every slot that the actor may fill.
    pub side: Option<Side>,
    /// An armoured SSH signature over the decision's statement.
    pub signature: Option<&'a str>,
}

impl DecisionInput<'_> {
    /// A decision that is declared, not signed.
    #[must_use]
    pub const fn unsigned(decision: Decision, side: Option<Side>) -> Self {
        Self { decision, side, signature: None }
    }
}

/// The exact text that the actor signs to decide so (`access statement`).
///
/// # Errors
/// A rule says that they may not decide.
pub fn statement(
    context: &Context,
    sar: &str,
    decision: Decision,
    side: Option<Side>,
) -> Result<String> {
    let settings = &context.workspace.config().policy;
    let (_, matter) = find(context, sar)?;
    let slots =
        rules::slots_to_fill(&context.actor, &matter.as_matter(), settings, side, context.now)?;
    let by = &context.actor.principal;
    let statement = signing::access_statement(context, &matter.request.value, &slots, decision, by);
    Ok(statement.text().to_owned())
}

/// Decides on a request: fills every slot that the actor may fill, or the one named.
///
/// # Errors
/// A rule says no, or the signature does not stand for this decision; the refusal is logged at the
/// resource tenant only (SAR-13).
pub fn decide(context: &Context, sar: &str, input: DecisionInput<'_>) -> Result<AccessView> {
    context.require_writable()?;
    let DecisionInput { decision, side, signature } = input;
    let (case_ref, mut matter) = find(context, sar)?;
    // What is written reaches the request tenant: of the resource tenant's log nothing may show.
    let context = &context.with_roles_now()?.not_before(&[&case_ref.tenant])?;
    settle_case(context, &case_ref)?;
    let settings = &context.workspace.config().policy;
    let resource = matter.request.value.resource_tenant.clone();
    let about = Matter::access_request(&matter.request.value.id);
    let activity = match decision {
        Decision::Approved => Activity::RequestApproved,
        Decision::Rejected => Activity::RequestRejected,
    };
    let slots =
        rules::slots_to_fill(&context.actor, &matter.as_matter(), settings, side, context.now)
            .map_err(|refusal| context.refused(refusal, &resource, activity, &about))?;
    let signature = match signature {
        Some(armored) => {
            let by = &context.actor.principal;
            let statement =
                signing::access_statement(context, &matter.request.value, &slots, decision, by);
            let checked = signing::check_decision(context, "SAR-7", &statement, armored, by)?;
            Some(checked.map_err(|refusal| context.refused(refusal, &resource, activity, &about))?)
        }
        None if settings.require_signed_decisions => {
            let refusal = signing::unsigned("SAR-7", &format!("caseward access statement {sar}"));
            return Err(context.refused(refusal, &resource, activity, &about));
        }
        None => None,
    };
    let slot = Slot { decision, at: context.now, by: context.actor.principal.clone(), signature };
    let mut commit = Commit::new();
    // The other side's slot and the case's state are part of what is decided here.
    commit.rely_on(&matter.request);
    if let Some(case) = &matter.case {
        commit.rely_on(case);
    }
    match &matter.approval {
        Some(approval) => commit.rely_on(approval),
        None => commit.rely_on_absent(layout::approval(&resource, &matter.request.value.id)),
    }
    let mut request = matter.request.value.clone();
    if slots.contains(&Side::Request) {
        request.request_slot = Some(slot.clone());
    }
    if decision == Decision::Rejected {
        request.outcome = Some(Outcome { state: OutcomeState::Rejected, at: context.now });
    }
    if request != matter.request.value {
        commit.update(&matter.request, request.clone());
    }
    let mut approval = matter.approval.as_ref().map(|approval| approval.value.clone());
    if slots.contains(&Side::Resource) {
        let base = matter.approval.take();
        let mut changed = approval.take().unwrap_or_else(|| Approval {
            format: FORMAT,
            revision: 1,
            id: request.id.clone(),
            request_tenant: request.request_tenant.clone(),
            case: request.case.clone(),
            resource_slot: None,
            ended: None,
            x: None,
        });
        changed.resource_slot = Some(slot);
        match &base {
            Some(base) => commit.update(base, changed.clone()),
            None => commit.create(layout::approval(&resource, &request.id), &changed),
        }
        approval = Some(changed);
    }
    let after = rules::Matter {
        request: &request,
        approval: approval.as_ref(),
        case: matter.case.as_ref().map(|case| &case.value),
    };
    match after.status(settings, context.now).state {
        SarState::Approved => {
            let event = context.event(Activity::RequestApproved, &about);
            commit.audit(&case_ref.tenant, event.change("state", "pending", "approved").build());
            let event = context.automatic_event(Activity::ApprovalApproved, &about);
            commit.audit(&resource, event);
        }
        SarState::Rejected => {
            let event = context.event(Activity::RequestRejected, &about);
            commit.audit(&case_ref.tenant, event.change("state", "pending", "rejected").build());
        }
        _ => {}
    }
    context.commit(commit)?;
    show_after(context, sar)
}

fn show_after(context: &Context, sar: &str) -> Result<AccessView> {
    let (_, matter) = find(context, sar)?;
    // Whoever was permitted to act may see the outcome of it.
    project(context, &matter)?.ok_or_else(|| Error::usage(format!("{sar} is done")))
}

/// Removes approved access by hand (SAR-10). Nothing of it reaches the request tenant.
///
/// # Errors
/// A rule says no.
pub fn remove(context: &Context, sar: &str) -> Result<AccessView> {
    context.require_writable()?;
    let (case_ref, matter) = find(context, sar)?;
    let resource = matter.request.value.resource_tenant.clone();
    let context = &context.with_roles_now()?.not_before(&[&case_ref.tenant, &resource])?;
    settle_case_at(context, &case_ref, &resource)?;
    let settings = &context.workspace.config().policy;
    let about = Matter::access_request(&matter.request.value.id);
    rules::may_remove(&context.actor, &matter.as_matter(), settings, context.now).map_err(
        |refusal| context.refused(refusal, &resource, Activity::ApprovalRemoved, &about),
    )?;
    let Some(base) = &matter.approval else {
        return Err(Error::usage(format!("{sar} has no approval")));
    };
    let mut changed = base.value.clone();
    changed.ended = Some(Ended {
        state: EndedState::Removed,
        at: context.now,
        by: Some(context.actor.principal.clone()),
    });
    let mut commit = Commit::new();
    commit.update(base, changed);
    let event = context.event(Activity::ApprovalRemoved, &about);
    commit.audit(&resource, event.change("state", "approved", "removed").build());
    context.commit(commit)?;
    show_after(context, sar)
}

/// Withdraws a pending request.
///
/// # Errors
/// A rule says no.
pub fn withdraw(context: &Context, sar: &str) -> Result<AccessView> {
    context.require_writable()?;
    let (case_ref, matter) = find(context, sar)?;
    let context = &context.not_before(&[&case_ref.tenant])?;
    settle_case(context, &case_ref)?;
    let settings = &context.workspace.config().policy;
    let resource = matter.request.value.resource_tenant.clone();
    let about = Matter::access_request(&matter.request.value.id);
    rules::may_withdraw(&context.actor, &matter.as_matter(), settings, context.now).map_err(
        |refusal| context.refused(refusal, &resource, Activity::RequestCanceled, &about),
    )?;
    let mut changed = matter.request.value.clone();
    changed.outcome = Some(Outcome { state: OutcomeState::Canceled, at: context.now });
    let mut commit = Commit::new();
    commit.update(&matter.request, changed);
    let event = context.event(Activity::RequestCanceled, &about);
    commit.audit(&case_ref.tenant, event.change("state", "pending", "canceled").build());
    context.commit(commit)?;
    show_after(context, sar)
}
