//! Support access requests: two slots, derived state, and what each side sees (SAR-1 … SAR-13).

use super::clock;
use super::{Actor, Refusal};
use crate::model::{
    AccessRequest, Approval, Case, Decision, EndedState, Id, OutcomeState, PolicySettings, Portal,
    Time,
};

/// The state of an access request; never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SarState {
    Pending,
    Approved,
    Rejected,
    Canceled,
    Expired,
    Removed,
    Completed,
}

impl SarState {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Removed => "removed",
            Self::Completed => "completed",
        }
    }

    /// How people see it (SAR-11: the status is called Completed).
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Canceled => "Canceled",
            Self::Expired => "Expired",
            Self::Removed => "Removed",
            Self::Completed => "Completed",
        }
    }
}

/// The two sides that decide (decision 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The support request tenant: where the case was opened.
    Request,
    /// The resource tenant: where the problem is.
    Resource,
}

/// An access request at one moment, as it truly is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarStatus {
    pub state: SarState,
    /// When it came into this state.
    pub since: Time,
    /// When both sides had approved.
    pub approved_at: Option<Time>,
    /// SAR-12: until when completed access stays in the approved list.
    pub listed_until: Option<Time>,
}

/// A request with what belongs to it. `case` is `None` when the engagement was expunged.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    pub request: &'a AccessRequest,
    pub approval: Option<&'a Approval>,
    pub case: Option<&'a Case>,
}

impl Matter<'_> {
    fn resource_slot(&self) -> Option<&crate::model::Slot> {
        self.approval.and_then(|approval| approval.resource_slot.as_ref())
    }

    /// When both slots were filled with a Yes.
    #[must_use]
    pub fn approved_at(&self) -> Option<Time> {
        let request = self.request.request_slot.as_ref()?;
        let resource = self.resource_slot()?;
        let both =
            request.decision == Decision::Approved && resource.decision == Decision::Approved;
        both.then(|| request.at.max(resource.at))
    }

    fn first_closing_since(&self, time: Time) -> Option<Time> {
        self.case.and_then(|case| case.first_closing_since(time, self.request.after_closings))
    }

    /// The state at `now`, derived from the records (state table "Access request").
    #[must_use]
    pub fn status(&self, settings: &PolicySettings, now: Time) -> SarStatus {
        let plain =
            |state, since| SarStatus { state, since, approved_at: None, listed_until: None };
        if let Some(outcome) = &self.request.outcome {
            let state = match outcome.state {
                OutcomeState::Rejected => SarState::Rejected,
                OutcomeState::Canceled => SarState::Canceled,
                OutcomeState::Expired => SarState::Expired,
            };
            return plain(state, outcome.at);
        }
        let slots = [self.request.request_slot.as_ref(), self.resource_slot()];
        if let Some(no) = slots.iter().flatten().find(|s| s.decision == Decision::Rejected) {
            return plain(SarState::Rejected, no.at);
        }
        let Some(approved_at) = self.approved_at() else {
            return match self.first_closing_since(self.request.created_at) {
                Some(closed) if closed <= now => plain(SarState::Canceled, closed),
                _ if self.case.is_none() => plain(SarState::Canceled, self.request.created_at),
                _ => plain(SarState::Pending, self.request.created_at),
            };
        };
        let ended = self.approval.and_then(|approval| approval.ended.as_ref());
        let closed = self.first_closing_since(approved_at).filter(|closed| *closed <= now);
        let approved = |state, since, listed_until| SarStatus {
            state,
            since,
            approved_at: Some(approved_at),
            listed_until,
        };
        let listed = |at| Some(clock::end_of(at, settings.approved_list_days));
        match (ended, closed) {
            // A manual removal before the closing is what ended access (SAR-10).
            (Some(end), closed)
                if end.state == EndedState::Removed && closed.is_none_or(|at| end.at <= at) =>
            {
                approved(SarState::Removed, end.at, None)
            }
            (_, Some(at)) => approved(SarState::Completed, at, listed(at)),
            (Some(end), None) => approved(SarState::Completed, end.at, listed(end.at)),
            (None, None) if self.case.is_none() => {
                approved(SarState::Completed, approved_at, listed(approved_at))
            }
            (None, None) => approved(SarState::Approved, approved_at, None),
        }
    }

    /// SAR-13: the state as the support request tenant may know it. A manual removal does not show:
    /// until the case closes the request looks as if access were still there.
    #[must_use]
    pub fn status_for_request_tenant(&self, settings: &PolicySettings, now: Time) -> SarStatus {
        let unremoved = self.approval.map(|approval| Approval { ended: None, ..approval.clone() });
        Matter { approval: unremoved.as_ref(), ..*self }.status(settings, now)
    }

    /// Whether access was in force at `at` (SAR-8, DIAG-5): half-open, from both approvals until
    /// removal or closing.
    #[must_use]
    pub fn in_force_at(&self, at: Time) -> bool {
        let Some(approved_at) = self.approved_at() else { return false };
        let ended = self.approval.and_then(|a| a.ended.as_ref()).map(|end| end.at);
        let closed = self.first_closing_since(approved_at);
        let open = self.case.is_some_and(|case| case.was_open_at(at));
        open && at >= approved_at
            && ended.is_none_or(|end| at < end)
            && closed.is_none_or(|closed| at < closed)
    }
}

/// Whether an access request may be made (SAR-1, SAR-2, SAR-3, SAR-17).
///
/// # Errors
/// The actor is no engineer, the case is closed, consent is the way in, or nothing justifies it.
pub fn may_request(
    actor: &Actor,
    case: &Case,
    request_tenant: &Id,
    resource_tenant: &Id,
    justification: &str,
) -> Result<(), Refusal> {
    actor.require_engineer("SAR-3", "request access to a tenant")?;
    super::case::require_open(case, "access request")?;
    if request_tenant == resource_tenant && case.portal != Portal::Other {
        return Err(Refusal::new(
            "SAR-1",
            format!("the problem lies in {resource_tenant}, where case {} was opened: use consent instead", case.id),
        )
        .hint(format!("`caseward consent show {}`", case.id)));
    }
    if justification.trim().is_empty() {
        return Err(Refusal::new("SAR-17", "an access request needs a justification")
            .hint("--justification \"why the problem can only be seen in the other tenant\""));
    }
    Ok(())
}

/// Which slots `actor` fills with a decision. Without `side`, every open slot they may fill.
///
/// # Errors
/// The request is not pending (SAR-5), the actor made it (SAR-6), or holds no deciding role in the
/// tenant at this moment (SAR-4, SAR-7).
pub fn slots_to_fill(
    actor: &Actor,
    matter: &Matter<'_>,
    settings: &PolicySettings,
    side: Option<Side>,
    now: Time,
) -> Result<Vec<Side>, Refusal> {
    let request = matter.request;
    if actor.is(&request.created_by) {
        return Err(Refusal::new(
            "SAR-6",
            format!("{} requested {} and may not decide on it", actor.principal, request.id),
        )
        .hint("an administrator of each tenant decides"));
    }
    let status = if actor.belongs_to(&request.resource_tenant) {
        matter.status(settings, now)
    } else {
        matter.status_for_request_tenant(settings, now)
    };
    if status.state != SarState::Pending {
        return Err(Refusal::new(
            "SAR-5",
            format!("{} is {}, not pending", request.id, status.state.as_str()),
        ));
    }
    let open: Vec<Side> = [
        (Side::Request, request.request_slot.is_none()),
        (Side::Resource, matter.resource_slot().is_none()),
    ]
    .into_iter()
    .filter_map(|(slot, free)| free.then_some(slot))
    .collect();
    let tenant_of = |slot: Side| match slot {
        Side::Request => &request.request_tenant,
        Side::Resource => &request.resource_tenant,
    };
    let asked: Vec<Side> = open.iter().copied().filter(|s| side.is_none_or(|w| w == *s)).collect();
    if asked.is_empty() {
        return Err(Refusal::new("SAR-5", format!("that slot of {} is filled", request.id))
            .hint(format!("`caseward access show {}`", request.id)));
    }
    let mut mine: Vec<Side> =
        asked.iter().copied().filter(|slot| actor.may_decide_in(tenant_of(*slot))).collect();
    if mine.is_empty() {
        let tenants: Vec<&str> = asked.iter().map(|slot| tenant_of(*slot).as_str()).collect();
        let member = asked.iter().any(|slot| actor.belongs_to(tenant_of(*slot)));
        return Err(Refusal::new(
            if member { "SAR-7" } else { "SAR-4" },
            format!(
                "{} holds no role in {} that may decide on support access requests",
                actor.principal,
                tenants.join(" or ")
            ),
        )
        .hint(format!("the least privileged one is {}", super::roles::LEAST_PRIVILEGED)));
    }
    if settings.require_distinct_approvers {
        let decided = |slot: Side| {
            let slot = match slot {
                Side::Request => request.request_slot.as_ref(),
                Side::Resource => matter.resource_slot(),
            };
            slot.is_some_and(|slot| actor.is(&slot.by))
        };
        if decided(Side::Request) || decided(Side::Resource) {
            return Err(Refusal::new(
                "SAR-5",
                format!(
                    "{} decided for the other tenant already; this workspace wants two people",
                    actor.principal
                ),
            ));
        }
        mine.truncate(1);
    }
    Ok(mine)
}

/// Whether approved access may be removed by hand (SAR-10).
///
/// # Errors
/// The actor may not decide in the resource tenant, or there is no access to remove.
pub fn may_remove(
    actor: &Actor,
    matter: &Matter<'_>,
    settings: &PolicySettings,
    now: Time,
) -> Result<(), Refusal> {
    let request = matter.request;
    if !actor.may_decide_in(&request.resource_tenant) {
        return Err(Refusal::new(
            "SAR-10",
            format!(
                "{} holds no role in {} that may remove access",
                actor.principal, request.resource_tenant
            ),
        )
        .hint(format!("the least privileged one is {}", super::roles::LEAST_PRIVILEGED)));
    }
    match matter.status(settings, now).state {
        SarState::Approved => Ok(()),
        other => Err(Refusal::new(
            "SAR-10",
            format!("{} is {}: there is no access to remove", request.id, other.as_str()),
        )),
    }
}

/// Whether a pending request may be withdrawn: by the engineers of the workspace.
///
/// # Errors
/// The actor is no engineer, or the request is not pending.
pub fn may_withdraw(
    actor: &Actor,
    matter: &Matter<'_>,
    settings: &PolicySettings,
    now: Time,
) -> Result<(), Refusal> {
    actor.require_engineer("SAR-3", "withdraw an access request")?;
    match matter.status(settings, now).state {
        SarState::Pending => Ok(()),
        other => Err(Refusal::new(
            "SAR-5",
            format!("{} is {}, not pending", matter.request.id, other.as_str()),
        )),
    }
}

/// What an actor sees of access requests (SAR-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Engineers and the resource tenant: the true state.
    Full,
    /// The support request tenant: nothing of the approval.
    RequestTenant,
    /// Not their matter.
    None,
}

/// Which view `actor` has of a request.
#[must_use]
pub fn view_of(actor: &Actor, request: &AccessRequest) -> View {
    if actor.engineer || actor.belongs_to(&request.resource_tenant) {
        View::Full
    } else if actor.belongs_to(&request.request_tenant) {
        View::RequestTenant
    } else {
        View::None
    }
}
