//! What the actor may do with a data subject request now: the rules' own answers, unlogged.

use super::super::Context;
use super::super::allowed::Answer;
use super::answer::dealt_with;
use super::load_findings;
use super::plan::{current, undecided};
use super::{Planned, RequestView, view_of};
use crate::error::Result;
use crate::model::{DsrState, PlanScope};
use crate::policy::{answer, dsr as rules, referral};

/// A request with the answers on every step of it.
#[derive(Debug, Clone)]
pub struct RequestAllowed {
    pub request: RequestView,
    /// The preview, where there is one.
    pub plan: Option<Planned>,
    /// Ids of findings that a person has to decide on before there can be a plan.
    pub undecided: Vec<String>,
    pub discover: Answer,
    pub review: Answer,
    /// As if the loss of history were acknowledged: the form asks for it.
    pub plan_it: Answer,
    pub approve: Answer,
    pub give_back: Answer,
    pub cancel: Answer,
    pub execute: Answer,
    /// Having matches give way to a mark.
    pub redact: Answer,
    /// Having matches say what is right.
    pub rectify: Answer,
    pub identify: Answer,
    pub restrict: Answer,
    pub export: Answer,
    pub swap_contact: Answer,
    pub confirm: Answer,
    /// As if a reason were given: the form asks for it. So for the next three.
    pub extend: Answer,
    pub deny: Answer,
    pub hold: Answer,
    pub resume: Answer,
    pub close: Answer,
}

/// A request, its plan, and what the actor may do with it.
///
/// # Errors
/// There is no such request, or it is not valid.
pub fn allowed(context: &Context, named: &str) -> Result<RequestAllowed> {
    let dsr = super::find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    let findings = load_findings(context, &dsr)?;
    let open = undecided(&request, &findings);
    let settings = &context.workspace.config().policy;
    let actor = &context.actor;
    let step = |rule, what: &str, allowed: &[DsrState], word: &str| {
        actor
            .require_engineer(rule, what)
            .and_then(|()| rules::require_state(&request, allowed, word))
    };
    let (included, kept) = dealt_with(context, &dsr, &request, &findings)?;
    let contact_swap = super::contact::swap_state(context, &dsr, &request)?;
    let unnamed = &[DsrState::Received, DsrState::IdentifiersNeeded, DsrState::Discovering];
    let given = "given";
    let plan = if request.plan.is_some() { Some(current(context, &dsr, &request)?) } else { None };
    Ok(RequestAllowed {
        undecided: open
            .iter()
            .filter_map(|item| item.split(' ').next())
            .map(str::to_owned)
            .collect(),
        discover: step("DSR-4", "run a discovery", super::DISCOVERABLE, "discovered"),
        review: step("DSR-10", "review findings", rules::REVIEWABLE, "reviewed"),
        plan_it: rules::may_plan(actor, &request, &open, PlanScope::Engagement, true),
        approve: rules::may_approve(actor, &request, settings, None).map(|_| ()),
        give_back: step("DEL-2", "decide on a deletion", super::RETURNABLE, "returned"),
        cancel: step("DEL-2", "decide on a deletion", super::CANCELABLE, "canceled"),
        execute: rules::may_execute(actor, &request, settings, context.now),
        redact: rules::may_rewrite(actor, &request, false),
        rectify: rules::may_rewrite(actor, &request, true),
        identify: step("DSR-5", "record identifiers", unnamed, "identified"),
        restrict: rules::may_restrict(actor, &request, &open),
        export: rules::may_export(actor, &request, &open),
        swap_contact: referral::may_swap_contact(actor, &request, given),
        confirm: answer::may_confirm(actor, &request),
        extend: answer::may_extend(actor, &request, settings, given, context.now).map(|_| ()),
        // One that comes late can be recorded, and the form says so.
        deny: answer::may_deny(actor, &request, given, true, context.now),
        hold: answer::may_hold(actor, &request, given),
        resume: answer::may_resume(actor, &request).map(|_| ()),
        close: answer::may_close(actor, &request, &included, kept).map(|_| ()),
        plan,
        request: RequestView { contact_swap, ..view_of(context, &dsr, request) },
    })
}
