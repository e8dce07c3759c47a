//! The plan: the preview that a second person approves by its digest (DEL-1, DEL-2).

use super::super::{Context, Matter};
use super::draft::Draft;
use super::{decision, load_findings, load_plan, plan_digest, to_change, to_lines};
use crate::error::{Error, Result};
use crate::model::{
    Activity, DecisionKind, DsrState, DsrType, Finding, Id, IdentifierType, Plan, PlanItem,
    PlanScope, PlannedEngagement, Request, RequestOption, Sha256,
};
use crate::policy::Refusal;
use crate::policy::dsr::{self as rules, Choice};
use crate::workspace::{Commit, DsrRef, layout};
use serde::Serialize;
use std::collections::BTreeMap;

/// A plan as a face shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Planned {
    pub dsr: Id,
    pub digest: Sha256,
    pub option: RequestOption,
    pub scope: PlanScope,
    pub bytes: u64,
    pub engagements: Vec<PlannedEngagement>,
    pub items: Vec<PlanItem>,
    pub warnings: Vec<String>,
}

/// Makes the plan of a request and records it; an approval of an earlier plan is void.
///
/// # Errors
/// A finding in review is undecided, a rule says no, or a file of the plan cannot be removed.
pub fn plan(
    context: &Context,
    named: &str,
    scope: Option<PlanScope>,
    history_loss_acknowledged: bool,
) -> Result<Planned> {
    let (dsr, loaded) = to_change(context, named)?;
    let request = &loaded.value;
    let scope = match (request.option, scope) {
        // DSR-11: what is wrong is corrected or goes, never the engagement around it.
        _ if request.kind == DsrType::Rectify => PlanScope::Items,
        (RequestOption::A, None | Some(PlanScope::Engagement)) => PlanScope::Engagement,
        (RequestOption::A, Some(PlanScope::Items)) => {
            return Err(Error::Usage {
                message: "option A deletes whole engagements [DSR-7]".to_owned(),
                hint: Some("--scope items belongs to option B".to_owned()),
            });
        }
        (RequestOption::B, scope) => scope.unwrap_or(PlanScope::Items),
    };
    let findings = load_findings(context, &dsr)?;
    let matter = Matter::dsr(&dsr.id);
    rules::may_plan(
        &context.actor,
        request,
        &undecided(request, &findings),
        scope,
        history_loss_acknowledged,
    )
    .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrPlanned, &matter))?;
    let draft = Draft::of(context, &dsr, request, &findings, scope)
        .map_err(|error| context.logged(error, &dsr.tenant, Activity::DsrPlanned, &matter))?;
    if draft.items.is_empty() {
        let refusal = Refusal::new("DEL-1", "nothing is included, so there is nothing to delete")
            .hint(format!("`caseward dsr findings {}`", request.id));
        return Err(context.refused(refusal, &dsr.tenant, Activity::DsrPlanned, &matter));
    }
    let lines = to_lines(&draft.items)?;
    let digest = plan_digest(request, scope, &lines);
    let bytes = draft.items.iter().map(|item| item.size).sum();
    let mut changed = request.clone();
    changed.state = DsrState::Planned;
    changed.plan = Some(Plan {
        digest,
        at: context.now,
        by: context.actor.principal.clone(),
        scope,
        items: draft.items.len() as u64,
        bytes,
        history_loss_acknowledged,
        warnings: draft.warnings.clone(),
        held: draft.held.clone(),
        same_content: draft.same_content.clone(),
        engagements: draft.engagements.clone(),
    });
    let mut entry = decision(context, DecisionKind::Planned);
    entry.digest = Some(digest);
    changed.decisions.push(entry);
    let event = context
        .event(Activity::DsrPlanned, &matter)
        .change("state", request.state, changed.state)
        .detail("digest", digest)
        .detail("items", draft.items.len());
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.replace(layout::plan(&dsr), lines);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(Planned {
        dsr: request.id.clone(),
        digest,
        option: request.option,
        scope,
        bytes,
        engagements: draft.engagements,
        items: draft.items,
        warnings: draft.warnings,
    })
}

/// The current plan of a request.
///
/// # Errors
/// There is none.
pub fn current(context: &Context, dsr: &DsrRef, request: &Request) -> Result<Planned> {
    let Some(plan) = &request.plan else {
        return Err(Error::Usage {
            message: format!("{} has no plan", request.id),
            hint: Some(format!("`caseward dsr plan {}`", request.id)),
        });
    };
    Ok(Planned {
        dsr: request.id.clone(),
        digest: plan.digest,
        option: request.option,
        scope: plan.scope,
        bytes: plan.bytes,
        engagements: plan.engagements.clone(),
        items: load_plan(context, dsr)?,
        warnings: plan.warnings.clone(),
    })
}

/// What a person has to decide on before there can be a plan: findings in review, and engagements
/// that only a name was found in (a name alone never erases without a person).
pub(super) fn undecided(request: &Request, findings: &[Finding]) -> Vec<String> {
    let mut open: Vec<String> = findings
        .iter()
        .filter(|finding| rules::choice(request, finding) == Choice::Undecided)
        .map(|finding| finding.id.clone())
        .collect();
    let mut engagements: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        if rules::choice(request, finding) == Choice::Included
            && let Some(engagement) = &finding.engagement
        {
            engagements.entry(engagement).or_default().push(finding);
        }
    }
    let is_name = |finding: &Finding| {
        finding.matches.iter().all(|found| {
            request
                .identifiers
                .get(found.identifier)
                .is_some_and(|identifier| identifier.kind == IdentifierType::Name)
        })
    };
    for findings in engagements.values() {
        let only_names = findings.iter().all(|finding| is_name(finding));
        let decided = findings.iter().any(|f| rules::last_decision(request, &f.id).is_some());
        if only_names && !decided {
            open.extend(findings.iter().map(|finding| format!("{} (only a name)", finding.id)));
        }
    }
    open
}
