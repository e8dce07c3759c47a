//! The legal clocks of a request and its end: confirmed, extended, put aside, denied, closed.

use super::super::{Context, EventDraft, Matter};
use super::{decision, load_findings, load_plan, results, to_change};
use crate::error::Result;
use crate::model::{
    Activity, AnswerNature, DecisionKind, DsrState, Extension, Finding, Id, Request, RequestAnswer,
    Time,
};
use crate::policy::dsr::{self as dsr_rules, Choice};
use crate::policy::{Refusal, answer as rules, clock, referral};
use crate::workspace::{Commit, DsrRef, Loaded};
use chrono::NaiveDate;
use serde::Serialize;

/// A request after a step of its clock or its end.
#[derive(Debug, Clone, Serialize)]
pub struct Stepped {
    pub id: Id,
    pub state: DsrState,
    /// The last day to answer, extensions included.
    pub due_on: NaiveDate,
    pub extended_to: Option<NaiveDate>,
    pub confirmed_at: Option<Time>,
    pub answer: Option<RequestAnswer>,
    /// What to send to the data subject, where there is something.
    pub notice: Option<String>,
}

/// A step that is about to be recorded.
struct Step<'a> {
    context: &'a Context,
    dsr: DsrRef,
    loaded: Loaded<Request>,
    activity: Activity,
}

impl<'a> Step<'a> {
    fn of(context: &'a Context, named: &str, activity: Activity) -> Result<Self> {
        let (dsr, loaded) = to_change(context, named)?;
        Ok(Self { context, dsr, loaded, activity })
    }

    fn refused(&self, refusal: Refusal) -> crate::error::Error {
        let matter = Matter::dsr(&self.dsr.id);
        self.context.refused(refusal, &self.dsr.tenant, self.activity, &matter)
    }

    fn event(&self) -> EventDraft {
        self.context.event(self.activity, &Matter::dsr(&self.dsr.id))
    }

    /// Records what changed with its entry in the history and the log.
    fn record(
        self,
        mut changed: Request,
        what: DecisionKind,
        reason: Option<&str>,
        event: EventDraft,
        notice: Option<String>,
    ) -> Result<Stepped> {
        let mut entry = decision(self.context, what);
        entry.reason = reason.map(|reason| reason.trim().to_owned());
        changed.decisions.push(entry);
        let event = event.change("state", self.loaded.value.state, changed.state);
        let stepped = Stepped {
            id: changed.id.clone(),
            state: changed.state,
            due_on: changed.extended_to.unwrap_or(changed.due_on),
            extended_to: changed.extended_to,
            confirmed_at: changed.confirmed_at,
            answer: changed.answer.clone(),
            notice,
        };
        let mut commit = Commit::new();
        commit.update(&self.loaded, changed);
        commit.audit(&self.dsr.tenant, event.build());
        self.context.commit(commit)?;
        Ok(stepped)
    }
}

/// Records that the receipt of a request was confirmed to the data subject (LAW-4).
///
/// # Errors
/// The law asks for none, or it was confirmed before.
pub fn confirm(context: &Context, named: &str) -> Result<Stepped> {
    let step = Step::of(context, named, Activity::DsrUpdated)?;
    rules::may_confirm(&context.actor, &step.loaded.value).map_err(|r| step.refused(r))?;
    let mut changed = step.loaded.value.clone();
    changed.confirmed_at = Some(context.now);
    let event = step.event().detail("confirmed", context.now.date_naive());
    step.record(changed, DecisionKind::Confirmed, None, event, None)
}

/// Takes more time to answer, with the notice and its reasons (LAW-1, LAW-4, DSR-15).
///
/// # Errors
/// The first period has passed, it was extended before, or the ground is none.
pub fn extend(context: &Context, named: &str, ground: &str, reason: &str) -> Result<Stepped> {
    let step = Step::of(context, named, Activity::DsrExtended)?;
    let settings = &context.workspace.config().policy;
    let request = &step.loaded.value;
    let day = rules::may_extend(&context.actor, request, settings, reason, context.now);
    let ground = rules::ground(ground).map_err(|refusal| step.refused(refusal))?;
    let day = day.map_err(|refusal| step.refused(refusal))?;
    let mut changed = request.clone();
    changed.extended_to = Some(day);
    changed.extension = Some(Extension {
        at: context.now,
        by: context.actor.principal.clone(),
        ground,
        reason: reason.trim().to_owned(),
    });
    let notice = format!(
        "We need more time for your request ({}) and will answer it by {day}. The reason is: {}",
        request.id,
        sentence(reason)
    );
    let event = step.event().change("due", request.due_on, day).detail("ground", ground);
    step.record(changed, DecisionKind::Extended, Some(reason), event, Some(notice))
}

/// Denies a request, with its reasons and the ways to complain (LAW-3).
///
/// # Errors
/// Something was deleted already, there is no reason, or it is late and nobody says so.
pub fn deny(
    context: &Context,
    named: &str,
    reason: &str,
    complaint_route: Option<&str>,
    late: bool,
) -> Result<Stepped> {
    let step = Step::of(context, named, Activity::DsrDenied)?;
    let request = &step.loaded.value;
    rules::may_deny(&context.actor, request, reason, late, context.now)
        .map_err(|refusal| step.refused(refusal))?;
    let route = complaint_route.map(str::trim).filter(|route| !route.is_empty());
    let route = route.unwrap_or_else(|| rules::complaint_route(request.regulation)).to_owned();
    let mut changed = request.clone();
    changed.state = DsrState::Denied;
    changed.plan = None;
    changed.answer = Some(RequestAnswer {
        at: context.now,
        by: context.actor.principal.clone(),
        nature: AnswerNature::Denied,
        basis_of_denial: Some(reason.trim().to_owned()),
        complaint_route: Some(route.clone()),
        late: context.now > clock::end_of_day(request.due_on),
    });
    let notice = format!(
        "Your request ({}) is denied. The reason is: {} {route}",
        request.id,
        sentence(reason)
    );
    let event = step.event();
    step.record(changed, DecisionKind::Denied, Some(reason), event, Some(notice))
}

/// Puts a request aside; its clock goes on.
///
/// # Errors
/// It is not in a state for it, or there is no reason.
pub fn hold(context: &Context, named: &str, reason: &str) -> Result<Stepped> {
    let step = Step::of(context, named, Activity::DsrUpdated)?;
    rules::may_hold(&context.actor, &step.loaded.value, reason).map_err(|r| step.refused(r))?;
    let mut changed = step.loaded.value.clone();
    changed.state = DsrState::Held;
    changed.plan = None;
    let event = step.event();
    step.record(changed, DecisionKind::Held, Some(reason), event, None)
}

/// Takes a request up again that was put aside. A plan that there was has to be made again.
///
/// # Errors
/// It was not put aside.
pub fn resume(context: &Context, named: &str) -> Result<Stepped> {
    let step = Step::of(context, named, Activity::DsrUpdated)?;
    let state = rules::may_resume(&context.actor, &step.loaded.value);
    let state = state.map_err(|refusal| step.refused(refusal))?;
    let mut changed = step.loaded.value.clone();
    changed.state = state;
    let event = step.event();
    step.record(changed, DecisionKind::Resumed, None, event, None)
}

/// Closes a request whose answer was sent, and keeps of it what LAW-5 wants kept.
///
/// # Errors
/// Something is still to be done.
pub fn close(context: &Context, named: &str, reason: Option<&str>) -> Result<Stepped> {
    let step = Step::of(context, named, Activity::DsrClosed)?;
    let request = &step.loaded.value;
    let findings = load_findings(context, &step.dsr)?;
    let (included, kept) = dealt_with(context, &step.dsr, request, &findings)?;
    let nature = rules::may_close(&context.actor, request, &included, kept)
        .map_err(|refusal| step.refused(refusal))?;
    let mut changed = request.clone();
    if changed.state != DsrState::Referred {
        changed.state = DsrState::Closed;
    }
    let last = changed.extended_to.unwrap_or(changed.due_on);
    changed.answer = Some(RequestAnswer {
        at: context.now,
        by: context.actor.principal.clone(),
        nature,
        basis_of_denial: None,
        complaint_route: None,
        late: context.now > clock::end_of_day(last),
    });
    let customer = context.workspace.tenant(&step.dsr.tenant)?.value.name;
    let notice = referral::message(request.route, &customer, request.id.as_str());
    let event = step.event().detail("answer", nature);
    step.record(changed, DecisionKind::Closed, reason, event, notice)
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let reason = reason.trim();
    if reason.ends_with(['.', '!', '?']) { reason.to_owned() } else { format!("{reason}.") }
}

/// The findings that something is done with, and how many files of the plan stayed.
pub(super) fn dealt_with<'a>(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    findings: &'a [Finding],
) -> Result<(Vec<&'a Finding>, usize)> {
    let with = |finding: &&Finding| {
        matches!(
            dsr_rules::choice(request, finding),
            Choice::Included | Choice::Rewritten | Choice::Undecided
        )
    };
    let included = findings.iter().filter(with).collect();
    let held = request.plan.as_ref().map_or(0, |plan| plan.held.len());
    let plan = load_plan(context, dsr)?;
    let stayed = if request.executions.is_empty() {
        0
    } else {
        results(request, &plan).iter().filter(|l| !matches!(l, 'g' | 'r' | 'a')).count()
    };
    Ok((included, held + stayed))
}
