//! What may be done to a case (CASE-1 … CASE-11).

use super::{Actor, Refusal};
use crate::model::{Case, CaseStatus, Contact, ContactMethod, PolicySettings, Portal, Sla, Time};
use chrono::{Months, TimeDelta};

/// CASE-6: a closed case accepts no work.
///
/// # Errors
/// The case is closed.
pub fn require_open(case: &Case, work: &str) -> Result<(), Refusal> {
    if case.status == CaseStatus::Open {
        return Ok(());
    }
    Err(Refusal::new("CASE-6", format!("case {} is closed and accepts no {work}", case.id))
        .hint(format!("`caseward case reopen {}` if the customer wants it continued", case.id)))
}

/// CASE-2: a contact who is to be phoned has a number, and a country is an alpha-3 code.
///
/// # Errors
/// What is missing.
pub fn check_contact(contact: &Contact) -> Result<(), Refusal> {
    let number = contact.phone.as_deref().is_some_and(|phone| !phone.trim().is_empty());
    if contact.method == ContactMethod::Phone && !number {
        return Err(Refusal::new(
            "CASE-2",
            format!("contact {} is to be phoned but has no `phone`", contact.upn),
        )
        .hint("give `phone`, or set method = \"email\""));
    }
    let alpha3 =
        contact.country.len() == 3 && contact.country.bytes().all(|b| b.is_ascii_uppercase());
    if !alpha3 {
        return Err(Refusal::new(
            "CASE-2",
            format!(
                "the country `{}` of contact {} is not an ISO 3166-1 alpha-3 code such as DEU",
                contact.country, contact.upn
            ),
        ));
    }
    Ok(())
}

/// CASE-3: a service level ends after it began, and an engineer is an e-mail address.
///
/// # Errors
/// Which of the two is not so.
pub fn check_service(sla: Option<&Sla>, assigned_to: Option<&str>) -> Result<(), Refusal> {
    if let Some(sla) = sla
        && sla.expires_at <= sla.started_at
    {
        let message = "the service level's `expires_at` does not lie after its `started_at`";
        return Err(Refusal::new("CASE-3", message));
    }
    match assigned_to {
        Some(engineer) if !is_address(engineer) => Err(Refusal::new(
            "CASE-3",
            format!("the engineer `{}` is not an e-mail address", crate::text::safe(engineer)),
        )),
        _ => Ok(()),
    }
}

/// Whether a name has the form of an address: one `@`, something on both sides, no white space.
#[must_use]
pub fn is_address(name: &str) -> bool {
    name.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// CASE-3: what is left of the service level at `now`; negative once it is over, `None` without one
/// or when the case is closed.
#[must_use]
pub fn sla_left(case: &Case, now: Time) -> Option<TimeDelta> {
    let sla = case.sla.as_ref().filter(|_| case.status == CaseStatus::Open)?;
    Some(sla.expires_at - now)
}

/// CASE-9: when a closed case's records are expected to be gone at the portal, by the schedule of
/// the workspace; `None` for an open case or without a schedule.
#[must_use]
pub fn expunge_expected_at(settings: &PolicySettings, case: &Case) -> Option<Time> {
    let months = Some(settings.case_months_after_close).filter(|months| *months > 0)?;
    case.closed_at?.checked_add_months(Months::new(months))
}

/// What the records of a case say of moments that have not come: each a key with its time. A clock
/// was wrong when they were written, or is wrong now.
#[must_use]
pub fn future_times(case: &Case, now: Time) -> Vec<(&'static str, Time)> {
    let mut times = vec![("opened_at", case.opened_at)];
    times.extend(case.closed_at.map(|at| ("closed_at", at)));
    times.extend(case.consent.iter().map(|entry| ("consent.at", entry.at)));
    times.extend(case.closures.iter().flat_map(|closure| {
        [("closures.closed_at", closure.closed_at), ("closures.reopened_at", closure.reopened_at)]
    }));
    times.extend(case.restriction.iter().map(|restriction| ("restriction.at", restriction.at)));
    times.extend(case.transfer.iter().map(|link| ("transfer.link_issued_at", link.link_issued_at)));
    times.retain(|(_, at)| *at > now);
    times
}

/// CASE-4: severity is changed directly only while nobody is assigned. Afterwards the change is a
/// request to the assigned engineer, who records whose request it was.
///
/// # Errors
/// The case is closed; or assigned, and the actor is not that engineer or names no request.
pub fn may_set_severity(
    actor: &Actor,
    case: &Case,
    on_request_of: Option<&str>,
) -> Result<(), Refusal> {
    require_open(case, "change of severity")?;
    let Some(engineer) = &case.assigned_to else { return Ok(()) };
    if actor.is(engineer) && on_request_of.is_some() {
        return Ok(());
    }
    let refusal = Refusal::new(
        "CASE-4",
        format!("case {} is assigned: a change of severity is a request to {engineer}", case.id),
    );
    Err(refusal.hint(if actor.is(engineer) {
        "say whose request it is: --on-request-of UPN".to_owned()
    } else {
        format!("ask {engineer}")
    }))
}

/// Whether the case may be assigned.
///
/// # Errors
/// The case is closed, or the actor is no engineer.
pub fn may_assign(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    actor.require_engineer("CASE-1", "assign a case")?;
    require_open(case, "assignment")
}

/// Whether the case may be closed (CASE-5): by an engineer, or by the customer's own people.
///
/// # Errors
/// It is closed already, or the actor has nothing to do with it.
pub fn may_close(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    actor.require_engineer("CASE-5", "close a case")?;
    if case.status == CaseStatus::Closed {
        return Err(Refusal::new("CASE-5", format!("case {} is closed already", case.id)));
    }
    Ok(())
}

/// Whether a closed case may be marked "do not reopen without the customer's permission" (CASE-7).
///
/// # Errors
/// The case is still open.
pub fn may_restrict(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    actor.require_engineer("CASE-7", "restrict a case")?;
    if case.status == CaseStatus::Open {
        return Err(Refusal::new("CASE-7", format!("case {} is still open", case.id))
            .hint(format!("`caseward case close {}` first", case.id)));
    }
    Ok(())
}

/// Whether a case may be reopened (CASE-7, CASE-8).
///
/// # Errors
/// It is open, or restricted and no permission of the customer is given.
pub fn may_reopen(actor: &Actor, case: &Case, permission: Option<&str>) -> Result<(), Refusal> {
    actor.require_engineer("CASE-8", "reopen a case")?;
    if case.status == CaseStatus::Open {
        return Err(Refusal::new("CASE-8", format!("case {} is open", case.id)));
    }
    let restricted = case.restriction.as_ref().is_some_and(|r| r.no_reopen);
    if restricted && permission.is_none_or(|reference| reference.trim().is_empty()) {
        return Err(Refusal::new(
            "CASE-7",
            format!("case {} is not to be reopened without the customer's permission", case.id),
        )
        .hint("record it: --customer-permission <reference of the customer's message>"));
    }
    Ok(())
}

/// CASE-10: a case is never simply removed.
#[must_use]
pub fn removal_refusal(case: &Case) -> Refusal {
    Refusal::new(
        "CASE-10",
        format!(
            "removing case {} would leave personal data in logs and downstream systems, and prove nothing",
            case.id
        ),
    )
    .hint("answer the data subject request: `caseward dsr new TENANT --type delete …`")
}

/// CONS-12: only who works on the case may collect, attach or read its diagnostics.
///
/// # Errors
/// The actor is not assigned to the case nor named on it.
pub fn require_worker(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    if actor.engineer && case.is_worked_by(&actor.principal) {
        return Ok(());
    }
    let message = match &case.assigned_to {
        Some(engineer) => {
            format!("{} does not work on case {}, {engineer} does", actor.principal, case.id)
        }
        None => format!("case {} is not assigned: nobody may handle its diagnostics", case.id),
    };
    Err(Refusal::new("CONS-12", message)
        .hint(format!("`caseward case assign {} --engineer {}`", case.id, actor.principal)))
}

/// CONS-10: whether the portal leads to the consent of the case; otherwise access is requested.
#[must_use]
pub fn consent_is_the_way_in(portal: Portal) -> bool {
    portal != Portal::Other
}

/// DTM-4, DTM-5: the last moment of the transfer files of a closed case.
#[must_use]
pub fn transfer_due_at(settings: &PolicySettings, case: &Case) -> Option<Time> {
    case.closed_at.map(|closed| super::clock::end_of(closed, settings.transfer_days_after_close))
}
