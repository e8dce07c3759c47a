//! The list of cases, and what falls due of each.

use crate::error::{Error, Result};
use crate::model::{Case, CaseStatus, Id, Severity, Store, Time};
use crate::ops::access::{self};
use crate::ops::{Context, dates};
use crate::policy::access::SarState;
use crate::policy::{case as rules, diagnostics};
use crate::workspace::{CaseRef, Problem, layout};
use serde::Serialize;

/// Which cases to list.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    pub tenant: Option<String>,
    pub open_only: bool,
    /// Words that must all be in the id, title, tenant, product, severity or engineer.
    pub text: Option<String>,
}

/// A line of the list of cases.
#[derive(Debug, Clone, Serialize)]
pub struct CaseLine {
    pub id: Id,
    pub tenant: Id,
    pub title: String,
    /// `open`, `closed` or `expunged`.
    pub status: &'static str,
    pub severity: Option<Severity>,
    pub product: Option<String>,
    pub assigned_to: Option<String>,
    pub opened_at: Option<Time>,
    pub closed_at: Option<Time>,
    /// The state of the consent.
    pub consent: Option<&'static str>,
    pub consent_expires_at: Option<Time>,
    /// Requests that await a decision, and access in force.
    pub access_pending: usize,
    pub access_approved: usize,
    pub due: Vec<Due>,
}

/// Something with a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// `diagnostics`, `transfer`, `consent` or `dsr`.
    pub what: &'static str,
    /// The file or record, relative to the workspace.
    pub path: String,
    pub at: Time,
    pub overdue: bool,
    pub held: bool,
}

/// The list of cases, newest first, with what is wrong with other files.
///
/// # Errors
/// The workspace cannot be read, or the tenant named is unknown.
pub fn list(context: &Context, filter: &CaseFilter) -> Result<(Vec<CaseLine>, Vec<Problem>)> {
    let workspace = &context.workspace;
    let settings = &workspace.config().policy;
    let (tenants, mut problems) = workspace.tenants()?;
    let wanted = match &filter.tenant {
        Some(domain) => {
            let id = Id::new(domain.as_str()).map_err(|error| Error::usage(error.to_string()))?;
            Some(workspace.tenant(&id)?.value.domain)
        }
        None => None,
    };
    let mut lines = Vec::new();
    let seen = tenants.iter().filter(|tenant| context.actor.may_see(&tenant.value.domain));
    for tenant in seen.filter(|t| wanted.as_ref().is_none_or(|w| t.value.domain == *w)) {
        let (cases, more) = workspace.cases(&tenant.value.domain)?;
        problems.extend(more);
        let now = context.moment_in(&tenant.value.domain)?;
        let values: Vec<Case> = cases.iter().map(|case| case.value.clone()).collect();
        for loaded in &cases {
            let case = &loaded.value;
            let case_ref = CaseRef { tenant: tenant.value.domain.clone(), id: case.id.clone() };
            let consent =
                crate::policy::consent::status(settings, tenant.value.regime, case, &values, now);
            let (requests, more) = access::of_case(context, &case_ref, loaded)?;
            problems.extend(more);
            let (due, more) = due_of(context, &case_ref, case)?;
            problems.extend(more);
            problems.extend(dates::of_case(&case_ref, case, now));
            let in_state = |state| requests.iter().filter(move |request| request.state == state);
            lines.push(CaseLine {
                id: case.id.clone(),
                tenant: case_ref.tenant,
                title: case.title.clone(),
                status: case.status.as_str(),
                severity: Some(case.severity),
                product: Some(case.product.clone()),
                assigned_to: case.assigned_to.clone(),
                opened_at: Some(case.opened_at),
                closed_at: case.closed_at,
                consent: Some(consent.state.as_str()),
                consent_expires_at: consent.expires_at,
                access_pending: in_state(SarState::Pending.as_str()).count(),
                access_approved: in_state(SarState::Approved.as_str())
                    .filter(|request| request.sees_approval)
                    .count(),
                due,
            });
        }
        let (tombstones, more) = workspace.tombstones(&tenant.value.domain)?;
        problems.extend(more);
        lines.extend(tombstones.into_iter().map(|tombstone| CaseLine {
            id: tombstone.value.id,
            tenant: tenant.value.domain.clone(),
            title: String::new(),
            status: "expunged",
            severity: None,
            product: None,
            assigned_to: None,
            opened_at: None,
            closed_at: tombstone.value.closed_at,
            consent: None,
            consent_expires_at: None,
            access_pending: 0,
            access_approved: 0,
            due: Vec::new(),
        }));
    }
    lines.retain(|line| !filter.open_only || line.status == CaseStatus::Open.as_str());
    if let Some(words) = &filter.text {
        lines.retain(|line| matches_words(line, words));
    }
    lines.sort_by(|a, b| (b.opened_at, &a.tenant, &a.id).cmp(&(a.opened_at, &b.tenant, &b.id)));
    Ok((lines, problems))
}

/// Whether every word of `words` stands in the line, without case.
#[must_use]
pub fn matches_words(line: &CaseLine, words: &str) -> bool {
    let hay = [
        line.id.as_str(),
        line.tenant.as_str(),
        &line.title,
        line.status,
        line.severity.map_or("", Severity::as_str),
        line.product.as_deref().unwrap_or_default(),
        line.assigned_to.as_deref().unwrap_or_default(),
        line.consent.unwrap_or_default(),
    ]
    .join("\n")
    .to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| hay.contains(word))
}

/// What falls due of a case's files: diagnostics (also those collected under its access requests)
/// and, once it is closed, transfer files.
pub(super) fn due_of(
    context: &Context,
    case_ref: &CaseRef,
    case: &Case,
) -> Result<(Vec<Due>, Vec<Problem>)> {
    let workspace = &context.workspace;
    let settings = &workspace.config().policy;
    let (mut due, mut problems) = (Vec::new(), Vec::new());
    let mut add = |what, path: String, at: Time, held: bool| {
        due.push(Due { what, path, at, overdue: context.now >= at, held });
    };
    let (artefacts, more) =
        workspace.artefacts(&layout::store(case_ref, Store::Diagnostics), Store::Diagnostics)?;
    problems.extend(more);
    for artefact in artefacts {
        if let Some(meta) = artefact.meta
            && let Some(collected_at) = meta.value.collected_at
        {
            let at = diagnostics::delete_after(settings, collected_at);
            add("diagnostics", artefact.path.display(), at, !meta.value.holds.is_empty());
        }
    }
    // DTM-2: that there are transfer files is for engineers and the listed accounts.
    let listed = case
        .transfer
        .as_ref()
        .is_some_and(|link| link.accounts.iter().any(|account| context.actor.is(account)));
    let told = context.actor.engineer || context.actor.memberships.is_empty() || listed;
    if let Some(at) = rules::transfer_due_at(settings, case).filter(|_| told) {
        let (artefacts, more) =
            workspace.artefacts(&layout::store(case_ref, Store::Transfer), Store::Transfer)?;
        problems.extend(more);
        for artefact in artefacts {
            let held = artefact.meta.is_some_and(|meta| !meta.value.holds.is_empty());
            add("transfer", artefact.path.display(), at, held);
        }
    }
    due.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    Ok((due, problems))
}
