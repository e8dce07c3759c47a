//! What the actor may do with a data subject request now: the rules' own answers, unlogged.

use super::super::Context;
use super::super::allowed::Answer;
use super::load_findings;
use super::plan::{current, undecided};
use super::{Planned, RequestView, view_of};
use crate::error::Result;
use crate::model::{DsrState, PlanScope};
use crate::policy::dsr as rules;

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
}

/// A request, its plan, and what the actor may do with it.
///
/// # Errors
/// There is no such request, or it is not valid.
pub fn allowed(context: &Context, named: &str) -> Result<RequestAllowed> {
    let dsr = context.workspace.find_dsr(named)?;
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
    let reviewable = [DsrState::Review, DsrState::Planned, DsrState::Approved];
    let plan = if request.plan.is_some() { Some(current(context, &dsr, &request)?) } else { None };
    Ok(RequestAllowed {
        undecided: open
            .iter()
            .filter_map(|item| item.split(' ').next())
            .map(str::to_owned)
            .collect(),
        discover: step("DSR-4", "run a discovery", super::DISCOVERABLE, "discovered"),
        review: step("DSR-10", "review findings", &reviewable, "reviewed"),
        plan_it: rules::may_plan(actor, &request, &open, PlanScope::Engagement, true),
        approve: rules::may_approve(actor, &request, settings, None).map(|_| ()),
        give_back: step("DEL-2", "decide on a deletion", super::RETURNABLE, "returned"),
        cancel: step("DEL-2", "decide on a deletion", super::CANCELABLE, "canceled"),
        execute: rules::may_execute(actor, &request, settings, context.now),
        plan,
        request: view_of(context, &dsr, request),
    })
}
