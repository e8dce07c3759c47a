//! Data subject requests: what may be taken, and who may take which step (DSR-1 …, DEL-2, DEL-3).

use super::{Actor, Refusal};
use crate::model::{
    DecisionKind, DsrDecision, DsrState, DsrType, Finding, FindingKind, FindingOutcome, PlanScope,
    PolicySettings, Request, RequestOption, Requester, Sha256, Time,
};
use chrono::TimeDelta;

/// Whether a new request is complete enough to be taken (DSR-2, DSR-7). Identifiers may follow: the
/// clock runs all the same.
///
/// # Errors
/// What is missing or contradicts itself.
pub fn may_receive(
    actor: &Actor,
    requester: Requester,
    option: RequestOption,
    cases: &[String],
) -> Result<(), Refusal> {
    actor.require_engineer("DSR-4", "take a data subject request")?;
    if requester != Requester::Customer {
        return Ok(());
    }
    match option {
        RequestOption::A if !cases.is_empty() => Err(Refusal::new(
            "DSR-7",
            "option A covers every engagement of the customer and takes no --case",
        )
        .hint("use --option b to limit the request to engagements")),
        RequestOption::B if cases.is_empty() => {
            Err(Refusal::new("DSR-7", "option B needs the engagements that it covers")
                .hint("--case ID, once for each"))
        }
        _ => Ok(()),
    }
}

/// A step of a request that needs it to be in certain states.
///
/// # Errors
/// The request is in another state.
pub fn require_state(request: &Request, allowed: &[DsrState], step: &str) -> Result<(), Refusal> {
    if allowed.contains(&request.state) {
        return Ok(());
    }
    let hint = match request.state {
        DsrState::Referred => "it was referred: see `caseward dsr show`",
        DsrState::Discovering | DsrState::Received => "run `caseward dsr discover` first",
        DsrState::Review => "review the findings, then run `caseward dsr plan`",
        DsrState::Planned => "a second person approves it: `caseward dsr approve`",
        DsrState::Approved => "run `caseward dsr execute`",
        DsrState::Executing | DsrState::Verifying => "resume it: `caseward dsr execute`",
        DsrState::IdentifiersNeeded => {
            "ask the customer for identifiers, then run `caseward dsr identify`"
        }
        DsrState::Held => "`caseward dsr resume` takes it up again",
        _ => "see `caseward dsr show`",
    };
    let rule = if request.state == DsrState::IdentifiersNeeded { "DSR-5" } else { "DSR-1" };
    Err(Refusal::new(rule, format!("{} is {}: it cannot be {step} now", request.id, request.state))
        .hint(hint))
}

/// Whether a finding goes into a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Included,
    /// Its matches give way to a mark or a correction, and the rest of the file stays.
    Rewritten,
    Excluded,
    /// A person has to decide before there can be a plan.
    Undecided,
    /// Never deleted: audit logs and the records of requests are kept by law (LAW-5).
    LegalRecord,
}

/// What the last decision on a finding says; an undecided match counts as included.
#[must_use]
pub fn choice(request: &Request, finding: &Finding) -> Choice {
    if matches!(finding.kind, FindingKind::Audit | FindingKind::Request | FindingKind::Attestation)
    {
        return Choice::LegalRecord;
    }
    match last_decision(request, &finding.id).map(|decision| decision.what) {
        Some(DecisionKind::Include) => Choice::Included,
        Some(DecisionKind::Exclude) => Choice::Excluded,
        Some(DecisionKind::Redact | DecisionKind::Rectify) => Choice::Rewritten,
        _ if finding.outcome == FindingOutcome::Match => Choice::Included,
        _ => Choice::Undecided,
    }
}

/// Whether a file that is no finding was taken out of the plan by its path (DSR-6).
#[must_use]
pub fn is_path_excluded(request: &Request, path: &str) -> bool {
    last_decision(request, path).is_some_and(|decision| decision.what == DecisionKind::Exclude)
}

/// The newest decision on what is done with a finding.
#[must_use]
pub fn last_decision<'a>(request: &'a Request, finding: &str) -> Option<&'a DsrDecision> {
    request.decisions.iter().rev().find(|decision| {
        matches!(
            decision.what,
            DecisionKind::Include
                | DecisionKind::Exclude
                | DecisionKind::Redact
                | DecisionKind::Rectify
        ) && decision.item.as_deref() == Some(finding)
    })
}

/// Whether a plan may be made: every finding in review is decided (DSR-10), the loss of history is
/// known to the customer (DSR-7), and the request asks for deletion.
///
/// # Errors
/// What stands in the way, with the undecided findings named.
pub fn may_plan(
    actor: &Actor,
    request: &Request,
    undecided: &[String],
    scope: PlanScope,
    history_loss_acknowledged: bool,
) -> Result<(), Refusal> {
    actor.require_engineer("DSR-4", "plan a deletion")?;
    require_state(request, REVIEWABLE, "planned")?;
    // DSR-11: what is wrong is changed, or deleted and asked for again.
    if !matches!(request.kind, DsrType::Delete | DsrType::Rectify) {
        let hint = match request.kind {
            DsrType::Access | DsrType::Export => "`caseward dsr export`",
            _ => "`caseward dsr restrict`",
        };
        return Err(Refusal::new(
            "DSR-1",
            format!("{} asks for {}, and a plan deletes", request.id, request.kind),
        )
        .hint(hint));
    }
    require_decided(request, undecided)?;
    if scope == PlanScope::Engagement && !history_loss_acknowledged {
        return Err(Refusal::new(
            "DSR-7",
            "deleting whole engagements also deletes their history for everybody else",
        )
        .hint("if the customer knows and agrees, add --acknowledge-history-loss"));
    }
    Ok(())
}

/// The states in which findings are decided on.
pub const REVIEWABLE: &[DsrState] = &[DsrState::Review, DsrState::Planned, DsrState::Approved];

/// Whether the matches of findings may give way to a mark (DSR-7, DSR-10), or to a correction
/// (DSR-11).
///
/// # Errors
/// The request is not in review, or its type or option asks for something else.
pub fn may_rewrite(actor: &Actor, request: &Request, correct: bool) -> Result<(), Refusal> {
    let (rule, what) =
        if correct { ("DSR-11", "correct records") } else { ("DSR-10", "redact findings") };
    actor.require_engineer(rule, what)?;
    require_state(request, REVIEWABLE, "reviewed")?;
    match (correct, request.kind, request.option) {
        (true, DsrType::Rectify, _)
        | (false, DsrType::Access | DsrType::Export, _)
        | (false, DsrType::Delete, RequestOption::B) => Ok(()),
        (true, ..) => Err(Refusal::new(
            "DSR-11",
            format!("{} asks for {}: only a request to rectify corrects", request.id, request.kind),
        )),
        (false, DsrType::Delete, RequestOption::A) => Err(Refusal::new(
            "DSR-7",
            "option A deletes whole engagements; a span is redacted under option B",
        )
        .hint("take the request again with --option b and its engagements")),
        (false, DsrType::Rectify, _) => Err(Refusal::new(
            "DSR-11",
            format!(
                "{} asks to rectify: a record is corrected, or deleted and asked for again",
                request.id
            ),
        )
        .hint(format!("`caseward dsr rectify {} ITEM --to …`, or leave it included", request.id))),
        (false, DsrType::Restrict, _) => Err(Refusal::new(
            "DSR-12",
            format!("{} asks to restrict: nothing is changed", request.id),
        )),
    }
}

/// Whether the findings may be given out: it asks for a copy, and everything is decided (DSR-10).
///
/// # Errors
/// It asks for something else, there was no discovery, or a person has to decide first.
pub fn may_export(actor: &Actor, request: &Request, undecided: &[String]) -> Result<(), Refusal> {
    actor.require_engineer("DSR-10", "export")?;
    if !matches!(request.kind, DsrType::Access | DsrType::Export) {
        return Err(Refusal::new(
            "DSR-10",
            format!("{} asks for {}: nothing is given out", request.id, request.kind),
        ));
    }
    require_state(
        request,
        &[DsrState::Review, DsrState::Fulfilled, DsrState::Attested],
        "exported",
    )?;
    require_decided(request, undecided)
}

/// DSR-12: whether the engagements may be closed and marked not to be opened again.
///
/// # Errors
/// It asks for something else, there was no discovery, or a person has to decide first.
pub fn may_restrict(actor: &Actor, request: &Request, undecided: &[String]) -> Result<(), Refusal> {
    actor.require_engineer("DSR-12", "restrict engagements")?;
    if request.kind != DsrType::Restrict {
        return Err(Refusal::new(
            "DSR-12",
            format!("{} asks for {}, not to restrict", request.id, request.kind),
        ));
    }
    require_state(request, &[DsrState::Review], "restricted")?;
    require_decided(request, undecided)
}

/// DSR-10: a person decides on whatever only a person can judge.
fn require_decided(request: &Request, undecided: &[String]) -> Result<(), Refusal> {
    if undecided.is_empty() {
        return Ok(());
    }
    let (shown, more) = undecided.split_at(undecided.len().min(8));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Err(Refusal::new(
        "DSR-10",
        format!("a person has to decide on {}{more} first", shown.join(", ")),
    )
    .hint(format!(
        "`caseward dsr include {0} ITEM --reason …` or `caseward dsr exclude {0} ITEM --reason …`",
        request.id
    )))
}

/// DEL-2: a second person approves the current plan.
///
/// # Errors
/// There is no plan, another plan is meant, or the actor made it.
pub fn may_approve(
    actor: &Actor,
    request: &Request,
    settings: &PolicySettings,
    digest: Option<Sha256>,
) -> Result<Sha256, Refusal> {
    actor.require_engineer("DEL-2", "approve a deletion")?;
    require_state(request, &[DsrState::Planned], "approved")?;
    let Some(plan) = &request.plan else {
        return Err(Refusal::new("DEL-1", format!("{} has no plan", request.id))
            .hint(format!("`caseward dsr plan {}`", request.id)));
    };
    if digest.is_some_and(|meant| meant != plan.digest) {
        return Err(Refusal::new(
            "DEL-1",
            format!("the current plan of {} has another digest: {}", request.id, plan.digest),
        )
        .hint("look at the plan again before approving it"));
    }
    if settings.deletion_second_person && actor.is(&plan.by) {
        return Err(Refusal::new(
            "DEL-2",
            format!("{} made this plan; a second person approves it", actor.principal),
        )
        .hint("another engineer approves: --as PRINCIPAL"));
    }
    Ok(plan.digest)
}

/// Whether the approved plan may be executed at `now` (DEL-2, DEL-3).
///
/// # Errors
/// It is not approved, or its cancel window is still open.
pub fn may_execute(
    actor: &Actor,
    request: &Request,
    settings: &PolicySettings,
    now: Time,
) -> Result<(), Refusal> {
    actor.require_engineer("DEL-2", "execute a deletion")?;
    require_state(
        request,
        &[DsrState::Approved, DsrState::Executing, DsrState::Verifying],
        "executed",
    )?;
    let digest = request.plan.as_ref().map(|plan| plan.digest);
    let approval = request
        .decisions
        .iter()
        .rev()
        .find(|decision| decision.what == DecisionKind::Approved && decision.digest == digest);
    let Some(approval) = approval else {
        return Err(Refusal::new(
            "DEL-2",
            format!("the current plan of {} is not approved", request.id),
        )
        .hint(format!("`caseward dsr approve {} --as PRINCIPAL`", request.id)));
    };
    let opens = approval.at + TimeDelta::minutes(i64::from(settings.cancel_window_minutes));
    // Without a window there is nothing to wait for, whatever two hosts' clocks make of it.
    if settings.cancel_window_minutes > 0 && now < opens {
        return Err(Refusal::new(
            "DEL-3",
            format!(
                "{} can still be canceled until {}; it cannot be executed before",
                request.id,
                opens.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            ),
        ));
    }
    Ok(())
}
