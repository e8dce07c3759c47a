//! The list of cases, and what falls due of each.

use crate::error::{Error, Result};
use crate::model::{Case, CaseStatus, Id, Severity, Tenant, Time, Tombstone, moment};
use crate::ops::access::{self, AccessView};
use crate::ops::moments::Moments;
use crate::ops::{Context, dates};
use crate::policy::access::SarState;
use crate::policy::{case as rules, consent as rules_of_consent, diagnostics};
use crate::workspace::index::{Engagement, Freshness, Look, NEWEST, Neighbours, Parts, Surveyed};
use crate::workspace::{CaseRef, Problem};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

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
    pub title: Box<str>,
    /// `open`, `closed` or `expunged`.
    pub status: &'static str,
    pub severity: Option<Severity>,
    pub product: Option<Arc<str>>,
    pub assigned_to: Option<Arc<str>>,
    #[serde(serialize_with = "moment::maybe")]
    pub opened_at: Option<Time>,
    #[serde(serialize_with = "moment::maybe")]
    pub closed_at: Option<Time>,
    /// The state of the consent.
    pub consent: Option<&'static str>,
    #[serde(serialize_with = "moment::maybe")]
    pub consent_expires_at: Option<Time>,
    /// Requests that await a decision, and access in force.
    pub access_pending: u32,
    pub access_approved: u32,
    pub due: Box<[Due]>,
}

/// Something with a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// `diagnostics`, `transfer`, `consent` or `dsr`.
    pub what: &'static str,
    /// The file or record, relative to the workspace.
    pub path: String,
    #[serde(serialize_with = "moment::one")]
    pub at: Time,
    pub overdue: bool,
    pub held: bool,
}

/// The list of cases, newest first, with what is wrong with other files.
///
/// # Errors
/// The workspace cannot be read, or the tenant named is unknown.
pub fn list(context: &Context, filter: &CaseFilter) -> Result<(Vec<CaseLine>, Vec<Problem>)> {
    let (lines, problems, _) = list_with(context, filter, Freshness::Checked)?;
    Ok((lines, problems))
}

/// The newest cases, from the index as it lies there: to show something at once, however many there
/// are; with how many there are. Nothing when there is no index.
///
/// # Errors
/// As [`list`].
pub fn newest_as_indexed(context: &Context) -> Result<(Vec<CaseLine>, usize)> {
    // Who sees a part of the tenants has few of the newest, and few of all.
    let freshness = if context.actor.sees_every_tenant() {
        Freshness::NewestAsIndexed
    } else {
        Freshness::AsIndexed
    };
    let (mut lines, _, indexed) = list_with(context, &CaseFilter::default(), freshness)?;
    let all = if freshness == Freshness::NewestAsIndexed { indexed } else { lines.len() };
    lines.truncate(NEWEST);
    Ok((lines, all))
}

fn list_with(
    context: &Context,
    filter: &CaseFilter,
    freshness: Freshness,
) -> Result<(Vec<CaseLine>, Vec<Problem>, usize)> {
    let workspace = &context.workspace;
    let tenant = filter.known_tenant(context)?;
    let look = Look { parts: Parts::Engagements, freshness, tenant: tenant.as_ref() };
    let seen = |tenant: &Tenant| context.actor.may_see(&tenant.domain);
    let common = Common::of(context);
    let of = |mut seen: Surveyed, others: &Neighbours<'_>| -> Result<_> {
        let (access, wrong) = access::views_of(context, &common.moments, &seen, others)?;
        let (lines, mut problems) = lines_of(context, filter, &common, &mut seen, &access, others)?;
        problems.extend(wrong);
        Ok((lines, problems))
    };
    let (found, mut problems, work) = workspace.survey(look, &seen, &of)?;
    let mut lines = Vec::with_capacity(found.iter().flatten().map(|(some, _)| some.len()).sum());
    for found in found {
        let (some, more) = found?;
        lines.extend(some);
        problems.extend(more);
    }
    sort(&mut lines);
    Ok((lines, problems, work.indexed))
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

/// What the lines of a list have in common.
#[derive(Debug)]
pub(in crate::ops) struct Common<'a> {
    pub moments: Moments<'a>,
    /// Products and engineers: the same few in very many lines.
    words: Mutex<HashSet<Arc<str>>>,
}

impl<'a> Common<'a> {
    pub(in crate::ops) fn of(context: &'a Context) -> Self {
        Self { moments: Moments::of(context), words: Mutex::default() }
    }

    fn word(&self, word: &str) -> Arc<str> {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = words.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        words.insert(Arc::clone(&word));
        word
    }
}

/// The newest first.
pub(in crate::ops) fn sort(lines: &mut [CaseLine]) {
    // Lines are wide, so their places are sorted, and then each line moves once. Few were opened in
    // the same second: the lines themselves are hardly looked at.
    let places = lines.iter().enumerate();
    let mut order: Vec<_> = places.map(|(at, line)| (Reverse(line.opened_at), at)).collect();
    order.sort_unstable_by(|(age, a), (other, b)| {
        let name = |at: usize| (&lines[at].tenant, &lines[at].id);
        age.cmp(other).then_with(|| name(*a).cmp(&name(*b)))
    });
    for place in 0..order.len() {
        // Whatever stood at an earlier place was sent on to where that one came from.
        let mut from = order[place].1;
        while from < place {
            from = order[from].1;
        }
        order[place].1 = from;
        lines.swap(place, from);
    }
}

/// The lines of a tenant's cases, in no order, with what is wrong with their files. `access` are
/// the requests of each. They take the words that they show out of `seen`.
pub(in crate::ops) fn lines_of(
    context: &Context,
    filter: &CaseFilter,
    common: &Common<'_>,
    seen: &mut Surveyed,
    access: &[Vec<AccessView>],
    others: &Neighbours<'_>,
) -> Result<(Vec<CaseLine>, Vec<Problem>)> {
    let settings = &context.workspace.config().policy;
    let tenant = &seen.tenant;
    let now = match seen.latest {
        Some(latest) => common.moments.after(&tenant.domain, latest),
        None => common.moments.in_tenant(&tenant.domain)?,
    };
    let mut problems = std::mem::take(&mut seen.case_problems);
    let mut lines = Vec::new();
    let cases = || seen.engagements.iter().filter_map(|engagement| engagement.case.as_ref());
    debug_assert_eq!(access.len(), seen.engagements.len(), "requests of each");
    let window_end = rules_of_consent::tenant_window_end(settings, cases(), now);
    for (engagement, requests) in seen.engagements.iter_mut().zip(access) {
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
        problems.extend(access::problems_of_engagement(
            context,
            &common.moments,
            requests,
            &case_ref,
            others,
        )?);
        let (due, more) = due_of(context, case, engagement);
        problems.extend(more);
        problems.extend(dates::of_case(&case_ref, case, now));
        let in_state = |state| requests.iter().filter(move |request| request.state == state);
        let Some(case) = engagement.case.take() else { continue };
        lines.push(CaseLine {
            id: case.id,
            tenant: case_ref.tenant,
            title: case.title.into(),
            status: case.status.as_str(),
            severity: Some(case.severity),
            product: Some(common.word(&case.product)),
            assigned_to: case.assigned_to.map(|who| common.word(&who)),
            opened_at: Some(case.opened_at),
            closed_at: case.closed_at,
            consent: Some(consent.state.as_str()),
            consent_expires_at: consent.expires_at,
            access_pending: in_state(SarState::Pending.as_str()).count() as u32,
            access_approved: in_state(SarState::Approved.as_str())
                .filter(|request| request.sees_approval)
                .count() as u32,
            due: due.into(),
        });
    }
    lines.retain(|line| filter.lets_through(line));
    Ok((lines, problems))
}

impl CaseLine {
    fn of_tombstone(tenant: &Id, tombstone: &Tombstone) -> Self {
        let bare = Self::bare(tenant.clone(), tombstone.id.clone());
        Self { closed_at: tombstone.closed_at, ..bare }
    }

    /// One of which nothing is known but its names.
    pub(crate) fn bare(tenant: Id, id: Id) -> Self {
        Self {
            id,
            tenant,
            title: Box::default(),
            status: "expunged",
            severity: None,
            product: None,
            assigned_to: None,
            opened_at: None,
            closed_at: None,
            consent: None,
            consent_expires_at: None,
            access_pending: 0,
            access_approved: 0,
            due: Box::default(),
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
    let mut problems = engagement.stores.diagnostics_problems.clone();
    let mut add = |what, path: &str, at: Time, held: bool| {
        due.push(Due { what, path: path.to_owned(), at, overdue: context.now >= at, held });
    };
    for file in &engagement.stores.diagnostics {
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
        problems.extend(engagement.stores.transfer_problems.iter().cloned());
        for file in &engagement.stores.transfer {
            add("transfer", &file.path, at, file.held);
        }
    }
    due.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    (due, problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line((opened, tenant, number): (Option<i64>, u8, u8)) -> CaseLine {
        let id = |letter: char, number: u8| Id::new(format!("{letter}{number}")).unwrap();
        let opened_at = opened.and_then(|seconds| Time::from_timestamp(seconds, 0));
        CaseLine { opened_at, ..CaseLine::bare(id('t', tenant), id('c', number)) }
    }

    proptest! {
        /// Of one second by tenant and id; of which nobody knows when they were opened, last.
        #[test]
        fn lines_are_sorted_newest_first(
            some in prop::collection::vec((prop::option::of(0..3_i64), 0..3_u8, 0..9_u8), 0..40),
        ) {
            let mut lines: Vec<CaseLine> = some.into_iter().map(line).collect();
            let name = |line: &CaseLine| (line.opened_at, line.tenant.clone(), line.id.clone());
            let mut expected: Vec<_> = lines.iter().map(name).collect();
            expected.sort_by(|(a, of_a, id_a), (b, of_b, id_b)| {
                b.cmp(a).then_with(|| (of_a, id_a).cmp(&(of_b, id_b)))
            });
            sort(&mut lines);
            prop_assert_eq!(lines.iter().map(name).collect::<Vec<_>>(), expected);
        }
    }
}
