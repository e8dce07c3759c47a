//! The list of cases, and what falls due of each.

use crate::error::{Error, Result};
use crate::model::{Case, CaseStatus, Id, Severity, Tenant, Time, Tombstone};
use crate::ops::access::{self};
use crate::ops::{Context, dates};
use crate::policy::access::SarState;
use crate::policy::{case as rules, consent as rules_of_consent, diagnostics};
use crate::workspace::index::{Engagement, Freshness, Look, Parts, Surveyed};
use crate::workspace::{CaseRef, Problem};
use serde::Serialize;
use std::collections::HashSet;
use std::sync::OnceLock;

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
    list_with(context, filter, Freshness::Checked)
}

/// As [`list`], from the index as it lies there: to show something at once. Nothing when there is
/// no index.
///
/// # Errors
/// As [`list`].
pub fn list_as_indexed(context: &Context, filter: &CaseFilter) -> Result<Vec<CaseLine>> {
    Ok(list_with(context, filter, Freshness::AsIndexed)?.0)
}

fn list_with(
    context: &Context,
    filter: &CaseFilter,
    freshness: Freshness,
) -> Result<(Vec<CaseLine>, Vec<Problem>)> {
    let workspace = &context.workspace;
    let tenant = filter.known_tenant(context)?;
    let look = Look { parts: Parts::Engagements, freshness, tenant: tenant.as_ref() };
    let seen = |tenant: &Tenant| context.actor.may_see(&tenant.domain);
    let known = KnownDomains::of(context);
    let (found, mut problems, _) =
        workspace.survey(look, &seen, &|mut seen| lines_of(context, filter, &known, &mut seen))?;
    let mut lines = Vec::new();
    for found in found {
        let (some, more) = found?;
        lines.extend(some);
        problems.extend(more);
    }
    sort(&mut lines);
    Ok((lines, problems))
}

impl CaseFilter {
    /// The tenant named, as it calls itself.
    ///
    /// # Errors
    /// It is unknown.
    pub fn known_tenant(&self, context: &Context) -> Result<Option<Id>> {
        let Some(domain) = &self.tenant else { return Ok(None) };
        let id = Id::new(domain.as_str()).map_err(|error| Error::usage(error.to_string()))?;
        Ok(Some(context.workspace.tenant(&id)?.value.domain))
    }

    fn lets_through(&self, line: &CaseLine) -> bool {
        (!self.open_only || line.status == CaseStatus::Open.as_str())
            && self.text.as_ref().is_none_or(|words| matches_words(line, words))
    }
}

/// The tenants there are, found out when it first matters: a request may name one that vanished.
#[derive(Debug)]
pub(in crate::ops) struct KnownDomains<'a> {
    context: &'a Context,
    domains: OnceLock<Result<HashSet<Id>, String>>,
}

impl<'a> KnownDomains<'a> {
    pub(in crate::ops) fn of(context: &'a Context) -> Self {
        Self { context, domains: OnceLock::new() }
    }

    fn has(&self, domain: &Id) -> bool {
        let all = || {
            let tenants = self.context.tenants().map_err(|error| error.to_string())?;
            Ok(tenants.into_iter().map(|tenant| tenant.domain).collect())
        };
        // When they cannot be listed now, the survey that asks cannot list them either and says so.
        self.domains.get_or_init(all).as_ref().map_or(true, |known| known.contains(domain))
    }
}

/// The newest first.
pub(in crate::ops) fn sort(lines: &mut Vec<CaseLine>) {
    // Lines are wide, so their places are sorted and each line moves once.
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        let (a, b) = (&lines[a], &lines[b]);
        (b.opened_at, &a.tenant, &a.id).cmp(&(a.opened_at, &b.tenant, &b.id))
    });
    let mut from: Vec<Option<CaseLine>> = lines.drain(..).map(Some).collect();
    lines.extend(order.into_iter().filter_map(|at| from[at].take()));
}

/// The lines of a tenant's cases, in no order, with what is wrong with their files. They take the
/// words that they show out of `seen`.
pub(in crate::ops) fn lines_of(
    context: &Context,
    filter: &CaseFilter,
    known: &KnownDomains<'_>,
    seen: &mut Surveyed,
) -> Result<(Vec<CaseLine>, Vec<Problem>)> {
    let settings = &context.workspace.config().policy;
    let tenant = &seen.tenant;
    let now = match seen.latest {
        Some(latest) => latest.map_or(context.now, |latest| latest.max(context.now)),
        None => context.moment_in(&tenant.domain)?,
    };
    let mut problems = std::mem::take(&mut seen.case_problems);
    let mut lines = Vec::new();
    let cases = || seen.engagements.iter().filter_map(|engagement| engagement.case.as_ref());
    let window_end = rules_of_consent::tenant_window_end(settings, cases(), now);
    for engagement in &mut seen.engagements {
        problems.append(&mut engagement.problems);
        let Some(case) = &engagement.case else {
            if let Some(tombstone) = &engagement.tombstone {
                lines.push(CaseLine::of_tombstone(&tenant.domain, tombstone));
            }
            continue;
        };
        let case_ref = CaseRef { tenant: tenant.domain.clone(), id: case.id.clone() };
        let consent =
            rules_of_consent::status_in_window(settings, tenant.regime, case, window_end, now);
        let (requests, more) =
            access::of_engagement(context, &case_ref, engagement, &|id| known.has(id))?;
        problems.extend(more);
        let (due, more) = due_of(context, case, engagement);
        problems.extend(more);
        problems.extend(dates::of_case(&case_ref, case, now));
        let in_state = |state| requests.iter().filter(move |request| request.state == state);
        let Some(case) = engagement.case.take() else { continue };
        lines.push(CaseLine {
            id: case.id,
            tenant: case_ref.tenant,
            title: case.title,
            status: case.status.as_str(),
            severity: Some(case.severity),
            product: Some(case.product),
            assigned_to: case.assigned_to,
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
    lines.retain(|line| filter.lets_through(line));
    Ok((lines, problems))
}

impl CaseLine {
    fn of_tombstone(tenant: &Id, tombstone: &Tombstone) -> Self {
        Self {
            id: tombstone.id.clone(),
            tenant: tenant.clone(),
            title: String::new(),
            status: "expunged",
            severity: None,
            product: None,
            assigned_to: None,
            opened_at: None,
            closed_at: tombstone.closed_at,
            consent: None,
            consent_expires_at: None,
            access_pending: 0,
            access_approved: 0,
            due: Vec::new(),
        }
    }
}

impl CaseLine {
    /// What a search by words looks in: id, tenant, title, states and people.
    #[must_use]
    pub fn words(&self) -> [&str; 8] {
        [
            self.id.as_str(),
            self.tenant.as_str(),
            &self.title,
            self.status,
            self.severity.map_or("", Severity::as_str),
            self.product.as_deref().unwrap_or_default(),
            self.assigned_to.as_deref().unwrap_or_default(),
            self.consent.unwrap_or_default(),
        ]
    }
}

/// Whether every word of `words` stands in the line, without case.
#[must_use]
pub fn matches_words(line: &CaseLine, words: &str) -> bool {
    let hay = line.words().join("\n").to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| hay.contains(word))
}

/// What falls due of a case's files: diagnostics (also those collected under its access requests)
/// and, once it is closed, transfer files.
pub(super) fn due_of(
    context: &Context,
    case: &Case,
    engagement: &Engagement,
) -> (Vec<Due>, Vec<Problem>) {
    let settings = &context.workspace.config().policy;
    let mut due = Vec::new();
    let mut problems = engagement.diagnostics_problems.clone();
    let mut add = |what, path: &str, at: Time, held: bool| {
        due.push(Due { what, path: path.to_owned(), at, overdue: context.now >= at, held });
    };
    for file in &engagement.diagnostics {
        if let Some(collected_at) = file.collected_at {
            let at = diagnostics::delete_after(settings, collected_at);
            add("diagnostics", &file.path, at, file.held);
        }
    }
    // DTM-2: that there are transfer files is for engineers and the listed accounts.
    let listed = case
        .transfer
        .as_ref()
        .is_some_and(|link| link.accounts.iter().any(|account| context.actor.is(account)));
    let told = context.actor.engineer || context.actor.memberships.is_empty() || listed;
    if let Some(at) = rules::transfer_due_at(settings, case).filter(|_| told) {
        problems.extend(engagement.transfer_problems.iter().cloned());
        for file in &engagement.transfer {
            add("transfer", &file.path, at, file.held);
        }
    }
    due.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    (due, problems)
}
