//! Support access requests: made, decided, removed, and shown as each side may see them.

use super::consent::tenant_cases;
use super::signing;
use super::{Context, Matter};
use crate::error::{Error, Result};
use crate::model::{
    AccessRequest, Activity, Approval, Case, Decision, DiagnosticKind, Ended, EndedState, FORMAT,
    Id, Outcome, OutcomeState, Slot, Time,
};
use crate::policy::access::{self as rules, SarState, SarStatus, Side, View};
use crate::policy::diagnostics::{self, Collection};
use crate::policy::{Actor, Refusal, case as case_rules};
use crate::workspace::{CaseRef, Commit, Loaded, Problem, layout};
use serde::Serialize;

/// A request with its approval and its case, as loaded.
#[derive(Debug, Clone)]
pub struct LoadedMatter {
    pub request: Loaded<AccessRequest>,
    pub approval: Option<Loaded<Approval>>,
    /// `None` when the engagement was expunged.
    pub case: Option<Loaded<Case>>,
}

impl LoadedMatter {
    /// As the rules look at it.
    #[must_use]
    pub fn as_matter(&self) -> rules::Matter<'_> {
        rules::Matter {
            request: &self.request.value,
            approval: self.approval.as_ref().map(|approval| &approval.value),
            case: self.case.as_ref().map(|case| &case.value),
        }
    }

    #[must_use]
    pub fn status(&self, context: &Context) -> SarStatus {
        self.as_matter().status(&context.workspace.config().policy, context.now)
    }
}

/// The access requests of a case, oldest first.
pub(super) fn matters(
    context: &Context,
    case_ref: &CaseRef,
    case: Option<&Loaded<Case>>,
) -> Result<(Vec<LoadedMatter>, Vec<Problem>)> {
    let (requests, mut problems) = context.workspace.access_requests(case_ref)?;
    let mut matters = Vec::new();
    for request in requests {
        let resource = &request.value.resource_tenant;
        match context.workspace.approval(resource, &request.value.id) {
            Ok(approval) => {
                let matter = LoadedMatter { request, approval, case: case.cloned() };
                matters.push(only_signed(context, matter)?);
            }
            // Without its approval the state of a request is unknown: better none than a wrong one.
            Err(Error::Invalid(invalid)) => problems.push(invalid.into()),
            Err(error) => return Err(error),
        }
    }
    Ok((matters, problems))
}

/// Where the workspace requires signed decisions, a slot without a signature that stands for it is
/// as good as empty. The text that the records were read from stays, so a change is still based on
/// what the files say.
fn only_signed(context: &Context, mut matter: LoadedMatter) -> Result<LoadedMatter> {
    if !context.workspace.config().policy.require_signed_decisions {
        return Ok(matter);
    }
    let request = matter.request.value.clone();
    let stands = |slot: &Slot| {
        let sides: [&[Side]; 3] =
            [&[Side::Request], &[Side::Resource], &[Side::Request, Side::Resource]];
        let statements = sides.map(|sides| {
            signing::access_statement(context, &request, sides, slot.decision, &slot.by)
        });
        signing::stands(context, &statements, slot.signature.as_deref(), &slot.by, slot.at)
    };
    if let Some(slot) = &matter.request.value.request_slot
        && !stands(slot)?
    {
        matter.request.value.request_slot = None;
    }
    if let Some(approval) = &mut matter.approval
        && let Some(slot) = &approval.value.resource_slot
        && !stands(slot)?
    {
        approval.value.resource_slot = None;
    }
    Ok(matter)
}

/// A request as the actor may see it (SAR-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessView {
    pub id: Id,
    pub case: Id,
    pub request_tenant: Id,
    pub resource_tenant: Id,
    pub state: &'static str,
    pub justification: String,
    pub created_at: Time,
    pub created_by: String,
    /// When it came into this state.
    pub since: Time,
    /// Access has no end known beforehand: it lasts until the case is closed.
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
#[must_use]
pub fn project(context: &Context, matter: &LoadedMatter) -> Option<AccessView> {
    let settings = &context.workspace.config().policy;
    let request = &matter.request.value;
    let resource_slot = matter
        .approval
        .as_ref()
        .and_then(|approval| approval.value.resource_slot.as_ref())
        .map(SlotView::from);
    let view = rules::view_of(&context.actor, request);
    let (status, resource_decision) = match view {
        View::Full => (matter.as_matter().status(settings, context.now), resource_slot),
        View::RequestTenant => {
            (matter.as_matter().status_for_request_tenant(settings, context.now), None)
        }
        View::None => return None,
    };
    Some(AccessView {
        id: request.id.clone(),
        case: request.case.clone(),
        request_tenant: request.request_tenant.clone(),
        resource_tenant: request.resource_tenant.clone(),
        state: status.state.as_str(),
        justification: request.justification.clone(),
        created_at: request.created_at,
        created_by: request.created_by.clone(),
        since: status.since,
        expires_at: None,
        listed_until: status.listed_until,
        request_decision: request.request_slot.as_ref().map(SlotView::from),
        resource_decision,
        sees_approval: view == View::Full,
    })
}

/// The requests of one case as the actor may see them.
pub(super) fn of_case(
    context: &Context,
    case_ref: &CaseRef,
    case: &Loaded<Case>,
) -> Result<(Vec<AccessView>, Vec<Problem>)> {
    let (matters, problems) = matters(context, case_ref, Some(case))?;
    Ok((matters.iter().filter_map(|matter| project(context, matter)).collect(), problems))
}

/// Makes an access request (SAR-3).
///
/// # Errors
/// The resource tenant is unknown, or a rule says no.
pub fn request(
    context: &Context,
    named: &str,
    resource_tenant: &str,
    justification: &str,
) -> Result<AccessRequest> {
    context.require_writable()?;
    let case_ref = context.workspace.find_case(named)?;
    let loaded = context.workspace.case(&case_ref)?;
    let case = &loaded.value;
    let resource = Id::new(resource_tenant).map_err(|error| Error::usage(error.to_string()))?;
    let resource = context.workspace.tenant(&resource)?.value.domain;
    rules::may_request(&context.actor, case, &case_ref.tenant, &resource, justification).map_err(
        |refusal| {
            let matter = Matter::case(&case_ref);
            context.refused(refusal, &case_ref.tenant, Activity::RequestCreated, &matter)
        },
    )?;
    let id = fresh_sar()?;
    let request = AccessRequest {
        format: FORMAT,
        revision: 1,
        id: id.clone(),
        case: case.id.clone(),
        request_tenant: case_ref.tenant.clone(),
        resource_tenant: resource,
        justification: justification.trim().to_owned(),
        created_at: context.now,
        created_by: context.actor.principal.clone(),
        after_closings: case.closures.len(),
        request_slot: None,
        outcome: None,
        x: None,
    };
    let mut commit = Commit::new();
    commit.rely_on(&loaded);
    commit.create(layout::access_request(&case_ref, &id), &request);
    let event = context.automatic_event(Activity::RequestCreated, &Matter::access_request(&id));
    commit.audit(&case_ref.tenant, event);
    context.commit(commit)?;
    Ok(request)
}

/// `SAR-` and eight characters of Crockford's alphabet: 40 random bits.
fn fresh_sar() -> Result<Id> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
    let letters: String =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    Id::new(format!("SAR-{letters}")).map_err(|error| Error::usage(error.to_string()))
}

pub(super) fn find(context: &Context, sar: &str) -> Result<(CaseRef, LoadedMatter)> {
    let id = Id::new(sar).map_err(|error| Error::usage(error.to_string()))?;
    let (case_ref, request) = context.workspace.find_access_request(&id)?;
    let approval = context.workspace.approval(&request.value.resource_tenant, &request.value.id)?;
    let case = context.workspace.case(&case_ref).ok();
    let matter = only_signed(context, LoadedMatter { request, approval, case })?;
    Ok((case_ref, matter))
}

/// One request, as the actor may see it.
///
/// # Errors
/// There is none of that id, or none that the actor may see.
pub fn show(context: &Context, sar: &str) -> Result<AccessView> {
    let (_, matter) = find(context, sar)?;
    project(context, &matter).ok_or_else(|| {
        Refusal::new("SAR-13", format!("{sar} is not a matter of {}", context.actor.principal))
            .into()
    })
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
    let (tenants, mut problems) = context.workspace.tenants()?;
    let mut views = Vec::new();
    for tenant in tenants {
        for id in context.workspace.case_ids(&tenant.value.domain)?.0 {
            let case_ref = CaseRef { tenant: tenant.value.domain.clone(), id };
            let case = context.workspace.case(&case_ref).ok();
            let (matters, more) = matters(context, &case_ref, case.as_ref())?;
            problems.extend(more);
            views.extend(matters.iter().filter_map(|matter| project(context, matter)));
        }
    }
    views.retain(|view| {
        only.as_ref().is_none_or(|t| view.request_tenant == *t || view.resource_tenant == *t)
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
    Ok((views, problems))
}

/// What somebody decides on a request.
#[derive(Debug, Clone, Copy)]
pub struct DecisionInput<'a> {
    pub decision: Decision,
    /// Only this side; without it every slot that the actor may fill.
    pub side: Option<Side>,
    /// An armoured SSH signature over the decision's statement.
    pub signature: Option<&'a str>,
}

impl DecisionInput<'_> {
    /// A decision that is declared, not signed.
    #[must_use]
    pub const fn unsigned(decision: Decision, side: Option<Side>) -> Self {
        Self { decision, side, signature: None }
    }
}

/// The exact text that the actor signs to decide so (`access statement`).
///
/// # Errors
/// A rule says that they may not decide.
pub fn statement(
    context: &Context,
    sar: &str,
    decision: Decision,
    side: Option<Side>,
) -> Result<String> {
    let settings = &context.workspace.config().policy;
    let (_, matter) = find(context, sar)?;
    let slots =
        rules::slots_to_fill(&context.actor, &matter.as_matter(), settings, side, context.now)?;
    let by = &context.actor.principal;
    let statement = signing::access_statement(context, &matter.request.value, &slots, decision, by);
    Ok(statement.text().to_owned())
}

/// Decides on a request: fills every slot that the actor may fill, or the one named.
///
/// # Errors
/// A rule says no, or the signature does not stand for this decision; the refusal is logged at the
/// resource tenant only (SAR-13).
pub fn decide(context: &Context, sar: &str, input: DecisionInput<'_>) -> Result<AccessView> {
    context.require_writable()?;
    let DecisionInput { decision, side, signature } = input;
    let settings = &context.workspace.config().policy;
    let (case_ref, mut matter) = find(context, sar)?;
    let resource = matter.request.value.resource_tenant.clone();
    let about = Matter::access_request(&matter.request.value.id);
    let activity = match decision {
        Decision::Approved => Activity::RequestApproved,
        Decision::Rejected => Activity::RequestRejected,
    };
    let slots =
        rules::slots_to_fill(&context.actor, &matter.as_matter(), settings, side, context.now)
            .map_err(|refusal| context.refused(refusal, &resource, activity, &about))?;
    let signature = match signature {
        Some(armored) => {
            let by = &context.actor.principal;
            let statement =
                signing::access_statement(context, &matter.request.value, &slots, decision, by);
            let checked = signing::check_decision(context, "SAR-7", &statement, armored, by)?;
            Some(checked.map_err(|refusal| context.refused(refusal, &resource, activity, &about))?)
        }
        None if settings.require_signed_decisions => {
            let refusal = signing::unsigned("SAR-7", &format!("caseward access statement {sar}"));
            return Err(context.refused(refusal, &resource, activity, &about));
        }
        None => None,
    };
    let slot = Slot { decision, at: context.now, by: context.actor.principal.clone(), signature };
    let mut commit = Commit::new();
    // The other side's slot and the case's state are part of what is decided here.
    commit.rely_on(&matter.request);
    if let Some(case) = &matter.case {
        commit.rely_on(case);
    }
    if let Some(approval) = &matter.approval {
        commit.rely_on(approval);
    }
    let mut request = matter.request.value.clone();
    if slots.contains(&Side::Request) {
        request.request_slot = Some(slot.clone());
    }
    if decision == Decision::Rejected {
        request.outcome = Some(Outcome { state: OutcomeState::Rejected, at: context.now });
    }
    if request != matter.request.value {
        commit.update(&matter.request, request.clone());
    }
    let mut approval = matter.approval.as_ref().map(|approval| approval.value.clone());
    if slots.contains(&Side::Resource) {
        let base = matter.approval.take();
        let mut changed = approval.take().unwrap_or_else(|| Approval {
            format: FORMAT,
            revision: 1,
            id: request.id.clone(),
            request_tenant: request.request_tenant.clone(),
            case: request.case.clone(),
            resource_slot: None,
            ended: None,
            x: None,
        });
        changed.resource_slot = Some(slot);
        match &base {
            Some(base) => commit.update(base, changed.clone()),
            None => commit.create(layout::approval(&resource, &request.id), &changed),
        }
        approval = Some(changed);
    }
    let after = rules::Matter {
        request: &request,
        approval: approval.as_ref(),
        case: matter.case.as_ref().map(|case| &case.value),
    };
    match after.status(settings, context.now).state {
        SarState::Approved => {
            let event = context.event(Activity::RequestApproved, &about);
            commit.audit(&case_ref.tenant, event.change("state", "pending", "approved").build());
            let event = context.automatic_event(Activity::ApprovalApproved, &about);
            commit.audit(&resource, event);
        }
        SarState::Rejected => {
            let event = context.event(Activity::RequestRejected, &about);
            commit.audit(&case_ref.tenant, event.change("state", "pending", "rejected").build());
        }
        _ => {}
    }
    context.commit(commit)?;
    show_after(context, sar)
}

fn show_after(context: &Context, sar: &str) -> Result<AccessView> {
    let (_, matter) = find(context, sar)?;
    // Whoever was permitted to act may see the outcome of it.
    project(context, &matter).ok_or_else(|| Error::usage(format!("{sar} is done")))
}

/// Removes approved access by hand (SAR-10). Nothing of it reaches the request tenant.
///
/// # Errors
/// A rule says no.
pub fn remove(context: &Context, sar: &str) -> Result<AccessView> {
    context.require_writable()?;
    let settings = &context.workspace.config().policy;
    let (_, matter) = find(context, sar)?;
    let resource = matter.request.value.resource_tenant.clone();
    let about = Matter::access_request(&matter.request.value.id);
    rules::may_remove(&context.actor, &matter.as_matter(), settings, context.now).map_err(
        |refusal| context.refused(refusal, &resource, Activity::ApprovalRemoved, &about),
    )?;
    let Some(base) = &matter.approval else {
        return Err(Error::usage(format!("{sar} has no approval")));
    };
    let mut changed = base.value.clone();
    changed.ended = Some(Ended {
        state: EndedState::Removed,
        at: context.now,
        by: Some(context.actor.principal.clone()),
    });
    let mut commit = Commit::new();
    commit.update(base, changed);
    let event = context.event(Activity::ApprovalRemoved, &about);
    commit.audit(&resource, event.change("state", "approved", "removed").build());
    context.commit(commit)?;
    show_after(context, sar)
}

/// Withdraws a pending request.
///
/// # Errors
/// A rule says no.
pub fn withdraw(context: &Context, sar: &str) -> Result<AccessView> {
    context.require_writable()?;
    let settings = &context.workspace.config().policy;
    let (case_ref, matter) = find(context, sar)?;
    let resource = matter.request.value.resource_tenant.clone();
    let about = Matter::access_request(&matter.request.value.id);
    rules::may_withdraw(&context.actor, &matter.as_matter(), settings, context.now).map_err(
        |refusal| context.refused(refusal, &resource, Activity::RequestCanceled, &about),
    )?;
    let mut changed = matter.request.value.clone();
    changed.outcome = Some(Outcome { state: OutcomeState::Canceled, at: context.now });
    let mut commit = Commit::new();
    commit.update(&matter.request, changed);
    let event = context.event(Activity::RequestCanceled, &about);
    commit.audit(&case_ref.tenant, event.change("state", "pending", "canceled").build());
    context.commit(commit)?;
    show_after(context, sar)
}

/// Whether diagnostics may be collected now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessCheck {
    pub case: Id,
    pub tenant: Id,
    pub kind: DiagnosticKind,
    pub allowed: bool,
    /// `consent`, `access_request` or `basic`.
    pub basis: Option<&'static str>,
    pub reason: String,
    pub rule: &'static str,
    pub expires_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Allow or deny, with the reason. For engineers, and for the resource tenant, which asks what the
/// engineer of the case could do (SAR-13).
///
/// # Errors
/// The case or the tenant is unknown, or the answer is none of the actor's business.
pub fn check(
    context: &Context,
    named: &str,
    tenant: Option<&str>,
    kind: DiagnosticKind,
) -> Result<AccessCheck> {
    let case_ref = context.workspace.find_case(named)?;
    let loaded = context.workspace.case(&case_ref)?;
    let case = loaded.value.clone();
    let from = match tenant {
        Some(tenant) => {
            let id = Id::new(tenant).map_err(|error| Error::usage(error.to_string()))?;
            context.workspace.tenant(&id)?.value.domain
        }
        None => case_ref.tenant.clone(),
    };
    let asking = &context.actor;
    let engineer: Actor = if asking.engineer {
        asking.clone()
    } else if asking.belongs_to(&from)
        && (from != case_ref.tenant || case_rules::consent_is_the_way_in(case.portal))
    {
        Actor {
            principal: case.assigned_to.clone().unwrap_or_default(),
            engineer: case.assigned_to.is_some(),
            ..asking.clone()
        }
    } else {
        let message = format!("access to {from} is a matter of its engineers and of {from}");
        return Err(Refusal::new("SAR-13", message).into());
    };
    let decided = authorise(context, &case_ref, &loaded, &from, kind, &engineer, context.now)?;
    let (case, tenant) = (case.id, from);
    Ok(match decided {
        Ok(authority) => AccessCheck {
            case,
            tenant,
            kind,
            allowed: true,
            basis: Some(match authority.basis {
                crate::model::AuthorisedBy::Consent => "consent",
                crate::model::AuthorisedBy::Basic => "basic",
                crate::model::AuthorisedBy::AccessRequest(_) => "access_request",
            }),
            reason: authority.reason,
            rule: authority.rule,
            expires_at: authority.expires_at,
            hint: None,
        },
        Err(refusal) => AccessCheck {
            case,
            tenant,
            kind,
            allowed: false,
            basis: None,
            reason: refusal.message,
            rule: refusal.rule,
            expires_at: None,
            hint: refusal.hint,
        },
    })
}

/// What the rules say on collecting from `from` at `at`.
pub(super) fn authorise(
    context: &Context,
    case_ref: &CaseRef,
    loaded: &Loaded<Case>,
    from: &Id,
    kind: DiagnosticKind,
    actor: &Actor,
    at: Time,
) -> Result<Result<diagnostics::Authority, Refusal>> {
    let tenant = context.workspace.tenant(&case_ref.tenant)?.value;
    let case = &loaded.value;
    let cases = tenant_cases(context, case_ref, case)?;
    let (matters, _) = matters(context, case_ref, Some(loaded))?;
    let requests: Vec<rules::Matter<'_>> = matters
        .iter()
        .filter(|matter| matter.request.value.resource_tenant == *from)
        .map(LoadedMatter::as_matter)
        .collect();
    let collection = Collection {
        settings: &context.workspace.config().policy,
        tenant: &tenant,
        case,
        tenant_cases: &cases,
        from,
        requests: &requests,
        kind,
    };
    Ok(diagnostics::authorise(&collection, actor, at, context.now))
}
