//! Restriction: the engagements are closed and marked not to be opened again without the customer's
//! permission (DSR-12, CASE-6, CASE-7).

use super::super::{Context, Matter, case, partner};
use super::plan::undecided;
use super::scope::named_cases;
use super::{decision, load_findings, to_change};
use crate::error::Result;
use crate::model::{
    Activity, Case, CaseStatus, DecisionKind, DsrState, Id, RequestOption, Restriction,
};
use crate::policy::Refusal;
use crate::policy::dsr::{self as rules, Choice};
use crate::workspace::{CaseRef, Commit};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was restricted.
#[derive(Debug, Clone, Serialize)]
pub struct Restricted {
    pub id: Id,
    pub state: DsrState,
    /// All of them, as `TENANT/ID`.
    pub engagements: Vec<String>,
    /// Those that were open until now.
    pub closed: Vec<String>,
}

/// Closes and marks every engagement with an included finding, and under option B those named; in
/// one commit.
///
/// # Errors
/// It asks for something else, a person has to decide first, or nothing is included.
pub fn restrict(context: &Context, named: &str, reason: &str) -> Result<Restricted> {
    let (dsr, loaded) = to_change(context, named)?;
    let request = &loaded.value;
    let matter = Matter::dsr(&dsr.id);
    let refused = |refusal| context.refused(refusal, &dsr.tenant, Activity::DsrUpdated, &matter);
    let findings = load_findings(context, &dsr)?;
    rules::may_restrict(&context.actor, request, &undecided(request, &findings))
        .map_err(refused)?;
    let mut engagements: BTreeSet<CaseRef> = BTreeSet::new();
    for finding in &findings {
        if rules::choice(request, finding) == Choice::Included
            && let Some(engagement) = &finding.engagement
        {
            engagements.insert(context.workspace.find_case(engagement)?);
        }
    }
    if request.option == RequestOption::B {
        engagements.extend(named_cases(context, request)?);
    }
    if engagements.is_empty() {
        let refusal =
            Refusal::new("DSR-12", "nothing is included, so there is nothing to restrict")
                .hint(format!("`caseward dsr close {}` answers that nothing was found", dsr.id));
        return Err(refused(refusal));
    }
    let mut commit = Commit::new();
    let mut closed = Vec::new();
    let mut ended: BTreeMap<Id, Vec<Case>> = BTreeMap::new();
    for case_ref in &engagements {
        let case = context.workspace.case(case_ref)?;
        let mut changed = case.value.clone();
        if changed.status == CaseStatus::Open {
            case::close_in(context, &mut commit, case_ref, &case, &mut changed)?;
            closed.push(case_ref.to_string());
            ended.entry(case_ref.tenant.clone()).or_default().push(changed.clone());
        }
        if !changed.restriction.as_ref().is_some_and(|known| known.no_reopen) {
            changed.restriction = Some(Restriction {
                no_reopen: true,
                at: context.now,
                by: context.actor.principal.clone(),
                note: Some(format!("{}: processing is restricted", dsr.id)),
            });
            let event = context.event(Activity::CaseRestricted, &Matter::case(case_ref));
            commit.audit(&case_ref.tenant, event.detail("dsr", &dsr.id).build());
        }
        if changed != case.value {
            commit.update(&case, changed);
        }
    }
    for (tenant, cases) in &ended {
        partner::events(context, &mut commit, tenant, &cases.iter().collect::<Vec<_>>())?;
    }
    let mut changed = request.clone();
    changed.state = DsrState::Fulfilled;
    let mut entry = decision(context, DecisionKind::Restricted);
    entry.reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    changed.decisions.push(entry);
    let event = context
        .event(Activity::DsrUpdated, &matter)
        .change("state", request.state, changed.state)
        .detail("engagements", engagements.len());
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(Restricted {
        id: dsr.id,
        state: DsrState::Fulfilled,
        engagements: engagements.iter().map(ToString::to_string).collect(),
        closed,
    })
}
