//! What each side sees of a request (SAR-13).

use super::matter::{LoadedMatter, find, matters, matters_of};
use crate::error::{Error, Result};
use crate::model::{Activity, Case, Decision, Id, Slot, Time};
use crate::ops::moments::Moments;
use crate::ops::{Context, Matter, dates};
use crate::policy::Refusal;
use crate::policy::access::{self as rules, SarState, View};
use crate::workspace::index::{Look, Neighbours, Parts, Surveyed};
use crate::workspace::{CaseRef, Loaded, Problem, ProblemKind, layout};
use serde::Serialize;

/// A request as the actor may see it (SAR-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessView {
    pub id: Id,
    pub case: Id,
    pub request_tenant: Id,
    pub resource_tenant: Id,
    pub state: &'static str,
    pub justification: String,
    /// SAR-17: what is asked for; there is nothing else to ask for (CONS-4).
    pub scope: &'static str,
    /// SAR-16: the longest that access lasts, such as `8h`; without it until the case is closed.
    pub duration: Option<String>,
    pub created_at: Time,
    pub created_by: String,
    /// When it came into this state.
    pub since: Time,
    /// When it ends by itself, where a setting says so (SAR-15, SAR-16); else access lasts until
    /// the case is closed, which nobody knows beforehand.
    pub expires_at: Option<Time>,
    pub listed_until: Option<Time>,
    /// What each side decided, as far as the viewer may know.
    pub request_decision: Option<SlotView>,
    pub resource_decision: Option<SlotView>,
    /// Whether the viewer sees the approval: approved access is listed for the resource tenant and
    /// the engineers only (SAR-13).
    #[serde(skip)]
    pub sees_approval: bool,
}

/// One side's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotView {
    pub decision: Decision,
    pub at: Time,
    pub by: String,
    pub signed: bool,
}

impl From<&Slot> for SlotView {
    fn from(slot: &Slot) -> Self {
        Self {
            decision: slot.decision,
            at: slot.at,
            by: slot.by.clone(),
            signed: slot.signature.is_some(),
        }
    }
}

/// The view that the actor has of a request; `None` when it is not their matter.
///
/// # Errors
/// An audit log cannot be read.
pub fn project(context: &Context, matter: &LoadedMatter) -> Result<Option<AccessView>> {
    project_at(context, &Moments::of(context), matter)
}

/// As [`project`], one of several.
fn project_at(
    context: &Context,
    moments: &Moments<'_>,
    matter: &LoadedMatter,
) -> Result<Option<AccessView>> {
    let settings = &context.workspace.config().policy;
    let request = &matter.request.value;
    let resource_slot = matter
        .approval
        .as_ref()
        .and_then(|approval| approval.value.resource_slot.as_ref())
        .map(SlotView::from);
    let view = rules::view_of(&context.actor, request);
    let own = &request.request_tenant;
    let (status, resource_decision) = match view {
        View::Full => {
            let there = moments.in_tenant(&request.resource_tenant)?;
            let now = moments.in_tenant(own)?.max(there);
            (matter.as_matter().status(settings, now), resource_slot)
        }
        View::RequestTenant => {
            let now = moments.in_tenant(own)?;
            (matter.as_matter().status_for_request_tenant(settings, now), None)
        }
        View::None => return Ok(None),
    };
    Ok(Some(AccessView {
        id: request.id.clone(),
        case: request.case.clone(),
        request_tenant: request.request_tenant.clone(),
        resource_tenant: request.resource_tenant.clone(),
        state: status.state.as_str(),
        justification: request.justification.clone(),
        scope: "read_only",
        duration: settings.max_duration.map(|span| span.to_string()),
        created_at: request.created_at,
        created_by: request.created_by.clone(),
        since: status.since,
        expires_at: status.expires_at,
        listed_until: status.listed_until,
        request_decision: request.request_slot.as_ref().map(SlotView::from),
        resource_decision,
        sees_approval: view == View::Full,
    }))
}

/// As [`project`], of several: those that are the actor's matter.
fn project_all(
    context: &Context,
    moments: &Moments<'_>,
    matters: &[LoadedMatter],
) -> Result<Vec<AccessView>> {
    matters.iter().filter_map(|matter| project_at(context, moments, matter).transpose()).collect()
}

/// The requests of one case as the actor may see them.
pub(in crate::ops) fn of_case(
    context: &Context,
    case_ref: &CaseRef,
    case: &Loaded<Case>,
) -> Result<(Vec<AccessView>, Vec<Problem>)> {
    let (matters, mut problems) = matters(context, case_ref, Some(case))?;
    let moments = Moments::of(context);
    let views = project_all(context, &moments, &matters)?;
    let is_known = |tenant: &Id| context.workspace.tenant(tenant).is_ok();
    problems.extend(problems_of(&moments, &views, case_ref, &is_known)?);
    problems.retain(|problem| may_see(context, problem));
    Ok((views, problems))
}

/// What is wrong with requests, as far as the viewer sees them.
fn problems_of(
    moments: &Moments<'_>,
    views: &[AccessView],
    case_ref: &CaseRef,
    is_known: &dyn Fn(&Id) -> bool,
) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for view in views {
        let own = moments.in_tenant(&view.request_tenant)?;
        problems.extend(dates::of_access(view, own));
        // A tenant that vanished took its approvals along: nobody there can decide any more.
        if !is_known(&view.resource_tenant) {
            let path = layout::access_request(case_ref, &view.id).display();
            let why = format!(
                "the resource tenant {} is not in this workspace: nobody there can decide, and \
                 there is no access",
                view.resource_tenant
            );
            problems.push(Problem::new(path, ProblemKind::Invalid, why));
        }
    }
    Ok(problems)
}

/// Whether a problem lies where the actor may look: what is wrong with an approval is no business of
/// the tenant that asked for it (SAR-13).
fn may_see(context: &Context, problem: &Problem) -> bool {
    let tenant = problem.path.split('/').nth(1).and_then(|tenant| Id::new(tenant).ok());
    tenant.is_none_or(|tenant| context.actor.may_see(&tenant))
}

/// What is wrong with the requests of an engagement that was surveyed, beside their files.
pub(in crate::ops) fn problems_of_engagement(
    context: &Context,
    moments: &Moments<'_>,
    views: &[AccessView],
    case_ref: &CaseRef,
    others: &Neighbours<'_>,
) -> Result<Vec<Problem>> {
    let mut problems = problems_of(moments, views, case_ref, &|tenant| others.has(tenant))?;
    problems.retain(|problem| may_see(context, problem));
    Ok(problems)
}

/// One request, as the actor may see it.
///
/// # Errors
/// There is none of that id, or none that the actor may see.
pub fn show(context: &Context, sar: &str) -> Result<AccessView> {
    let (_, matter) = find(context, sar)?;
    project(context, &matter)?.ok_or_else(|| {
        let message = format!("{sar} is not a matter of {}", context.actor.principal);
        let (about, at) = (&matter.request.value.id, &matter.request.value.resource_tenant);
        let about = Matter::access_request(about);
        context.refused(Refusal::new("SAR-13", message), at, Activity::RecordViewed, &about)
    })
}

/// SAR-18: what to send to those who decide on a request, without a link.
///
/// # Errors
/// As [`show`].
pub fn notice(context: &Context, sar: &str) -> Result<String> {
    show(context, sar)?;
    let (_, matter) = find(context, sar)?;
    Ok(rules::notice(&matter.request.value))
}

/// Which requests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessFilter {
    /// Pending, approved, and what stays in the approved list (SAR-12).
    #[default]
    Current,
    Pending,
    /// The list "Approved access": in force, and completed less than 30 days ago.
    Approved,
    All,
}

/// Access requests as the actor may see them, newest first.
///
/// # Errors
/// The workspace cannot be read, or the tenant is unknown.
pub fn list(
    context: &Context,
    filter: AccessFilter,
    tenant: Option<&str>,
) -> Result<(Vec<AccessView>, Vec<Problem>)> {
    let only = match tenant {
        Some(tenant) => {
            let id = Id::new(tenant).map_err(|error| Error::usage(error.to_string()))?;
            Some(context.workspace.tenant(&id)?.value.domain)
        }
        None => None,
    };
    let moments = Moments::of(context);
    let (look, of) = (Look::at(Parts::Engagements), |seen: Surveyed, others: &Neighbours<'_>| {
        views_of(context, &moments, &seen, others)
    });
    let (found, mut problems, _) = context.workspace.survey(look, &|_| true, &of)?;
    let mut views = Vec::new();
    for found in found {
        let (some, more) = found?;
        views.extend(some.into_iter().flatten());
        problems.extend(more);
    }
    let views = narrow(context, views, filter, only.as_ref());
    Ok((views, problems))
}

/// The requests of each of a tenant's engagements as the actor may see them, with what is wrong with
/// their files.
pub(in crate::ops) fn views_of(
    context: &Context,
    moments: &Moments<'_>,
    seen: &Surveyed,
    others: &Neighbours<'_>,
) -> Result<(Vec<Vec<AccessView>>, Vec<Problem>)> {
    let mut views = Vec::with_capacity(seen.engagements.len());
    let mut problems = Vec::new();
    for engagement in &seen.engagements {
        for (request, _) in &engagement.access {
            moments.learn(&request.resource_tenant, others);
        }
        views.push(project_all(context, moments, &matters_of(context, engagement)?)?);
        let wrong = engagement.access_problems.iter();
        problems.extend(wrong.filter(|problem| may_see(context, problem)).cloned());
    }
    Ok((views, problems))
}

fn narrow(
    context: &Context,
    mut views: Vec<AccessView>,
    filter: AccessFilter,
    only: Option<&Id>,
) -> Vec<AccessView> {
    views.retain(|view| {
        only.is_none_or(|t| view.request_tenant == *t || view.resource_tenant == *t)
    });
    let pending = |view: &AccessView| view.state == SarState::Pending.as_str();
    let approved = |view: &AccessView| {
        view.sees_approval && view.state == SarState::Approved.as_str()
            || view.listed_until.is_some_and(|until| context.now < until)
    };
    views.retain(|view| match filter {
        AccessFilter::All => true,
        AccessFilter::Pending => pending(view),
        AccessFilter::Approved => approved(view),
        AccessFilter::Current => pending(view) || approved(view),
    });
    views.sort_by(|a, b| (b.created_at, &a.id).cmp(&(a.created_at, &b.id)));
    views
}
