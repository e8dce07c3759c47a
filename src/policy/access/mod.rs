//! Support access requests: who may ask, decide, remove and see (SAR-1 … SAR-18).

mod notice;
mod status;

pub use notice::notice;
pub use status::{Matter, SarState, SarStatus};

use super::{Actor, Refusal};
use crate::model::{AccessRequest, Case, Id, PolicySettings, Portal, Time};

/// The two sides that decide (decision 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The support request tenant: where the case was opened.
    Request,
    /// The resource tenant: where the problem is.
    Resource,
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
    require_pending(request, &status)?;
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
    require_pending(matter.request, &matter.status(settings, now))
}

/// Only what is pending is decided or withdrawn (SAR-5), and nothing pends for longer than
/// `pending_ttl` (SAR-15).
fn require_pending(request: &AccessRequest, status: &SarStatus) -> Result<(), Refusal> {
    match status.state {
        SarState::Pending => Ok(()),
        SarState::Expired => Err(Refusal::new(
            "SAR-15",
            format!("{} expired: nobody decided on it in time", request.id),
        )
        .hint("the engineer may ask again")),
        other => {
            Err(Refusal::new("SAR-5", format!("{} is {}, not pending", request.id, other.as_str())))
        }
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
