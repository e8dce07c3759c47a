//! The second person: approves a plan, gives it back, or cancels the request (DEL-2, DEL-3).

use super::super::{Context, Matter, signing};
use super::plan::{Planned, current};
use super::{decision, to_change};
use crate::attest::Statement;
use crate::error::{Error, Result};
use crate::model::{Activity, DecisionKind, DsrState, Request, Sha256};
use crate::policy::dsr::{self as rules};
use crate::workspace::{Commit, DsrRef};

/// The exact text that the actor signs to approve the current plan (`dsr statement`).
///
/// # Errors
/// A rule says that they may not approve it.
pub fn approval_statement(context: &Context, named: &str) -> Result<String> {
    let dsr = super::find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    let settings = &context.workspace.config().policy;
    rules::may_approve(&context.actor, &request, settings, None)?;
    Ok(statement_of(context, &dsr, &request)?.text().to_owned())
}

fn statement_of(context: &Context, dsr: &DsrRef, request: &Request) -> Result<Statement> {
    let Some(plan) = &request.plan else {
        return Err(Error::usage(format!("{} has no plan", request.id)));
    };
    let by = &context.actor.principal;
    Ok(signing::deletion_statement(context, &dsr.tenant, request, plan, by))
}

/// Where the workspace requires signed decisions, an approval that somebody merely wrote into the
/// request counts for nothing.
pub(super) fn check_approval_signed(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
) -> Result<(), Error> {
    let Some(plan) = request
        .plan
        .as_ref()
        .filter(|_| context.workspace.config().policy.require_signed_decisions)
    else {
        return Ok(());
    };
    for decision in &request.decisions {
        if decision.what == DecisionKind::Approved && decision.digest == Some(plan.digest) {
            let text =
                signing::deletion_statement(context, &dsr.tenant, request, plan, &decision.by);
            let signature = decision.signature.as_deref();
            if signing::stands(context, &[text], signature, &decision.by, decision.at)? {
                return Ok(());
            }
        }
    }
    Err(signing::unsigned("DEL-2", &format!("caseward dsr statement {}", request.id)).into())
}

/// Approves the current plan (DEL-2), with a signature over its statement where one is given or
/// the workspace requires it.
///
/// # Errors
/// A rule says no: there is no plan, another digest is meant, the actor made it, or the signature
/// does not stand for this approval.
pub fn approve(
    context: &Context,
    named: &str,
    digest: Option<Sha256>,
    signature: Option<&str>,
) -> Result<Planned> {
    let (dsr, loaded) = to_change(context, named)?;
    let settings = &context.workspace.config().policy;
    let matter = Matter::dsr(&dsr.id);
    let refused = |refusal| context.refused(refusal, &dsr.tenant, Activity::DsrApproved, &matter);
    let approved =
        rules::may_approve(&context.actor, &loaded.value, settings, digest).map_err(refused)?;
    let signature = match signature {
        Some(armored) => {
            let text = statement_of(context, &dsr, &loaded.value)?;
            let by = &context.actor.principal;
            Some(signing::check_decision(context, "DEL-2", &text, armored, by)?.map_err(refused)?)
        }
        None if settings.require_signed_decisions => {
            let command = format!("caseward dsr statement {}", dsr.id);
            return Err(refused(signing::unsigned("DEL-2", &command)));
        }
        None => None,
    };
    let mut changed = loaded.value.clone();
    changed.state = DsrState::Approved;
    let mut entry = decision(context, DecisionKind::Approved);
    entry.digest = Some(approved);
    entry.signature = signature;
    changed.decisions.push(entry);
    let event = context
        .event(Activity::DsrApproved, &matter)
        .change("state", loaded.value.state, changed.state)
        .detail("digest", approved);
    let planned = current(context, &dsr, &changed)?;
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(planned)
}

/// Returns a plan to review with a reason (DEL-2).
///
/// # Errors
/// There is no plan to return.
pub fn give_back(context: &Context, named: &str, reason: &str) -> Result<DsrState> {
    step_back(context, named, reason, super::RETURNABLE, DsrState::Review, DecisionKind::Returned)
}

/// Cancels a request before anything is deleted (DEL-3).
///
/// # Errors
/// It ended, or its execution has begun.
pub fn cancel(context: &Context, named: &str, reason: &str) -> Result<DsrState> {
    step_back(context, named, reason, super::CANCELABLE, DsrState::Canceled, DecisionKind::Canceled)
}

fn step_back(
    context: &Context,
    named: &str,
    reason: &str,
    allowed: &[DsrState],
    state: DsrState,
    what: DecisionKind,
) -> Result<DsrState> {
    let (dsr, loaded) = to_change(context, named)?;
    let matter = Matter::dsr(&dsr.id);
    let activity = match what {
        DecisionKind::Canceled => Activity::DsrClosed,
        _ => Activity::DsrReturned,
    };
    context
        .actor
        .require_engineer("DEL-2", "decide on a deletion")
        .and_then(|()| rules::require_state(&loaded.value, allowed, what.as_str()))
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, activity, &matter))?;
    if reason.trim().is_empty() {
        return Err(Error::Usage {
            message: "this needs a reason".to_owned(),
            hint: Some("--reason \"…\"".to_owned()),
        });
    }
    let mut changed = loaded.value.clone();
    changed.state = state;
    changed.plan = None;
    let mut entry = decision(context, what);
    entry.reason = Some(reason.trim().to_owned());
    changed.decisions.push(entry);
    let event = context.event(activity, &matter).change("state", loaded.value.state, state);
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(state)
}
