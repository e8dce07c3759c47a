//! A contact's own request: a confirmed replacement takes their place in open engagements, and
//! nothing else is touched (DSR-3, decision 9).

use super::super::{Context, Matter};
use super::scope::customer_tenants;
use super::{decision, to_change};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Case, CaseStatus, Contact, ContactMethod, DecisionKind, Id, Request, Requester,
};
use crate::policy::{case as case_rules, referral as rules};
use crate::text;
use crate::workspace::{CaseRef, Commit, DsrRef, Loaded};
use serde::Serialize;

/// Who takes a contact's place.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// A principal of one of the customer's tenants.
    pub upn: String,
    /// Reference of their own confirmation.
    pub confirmed: String,
    pub phone: Option<String>,
}

/// What was swapped.
#[derive(Debug, Clone, Serialize)]
pub struct Swapped {
    pub id: Id,
    /// The open engagements whose contact it was, as `TENANT/ID`.
    pub engagements: Vec<String>,
    /// Those whose transfer link the contact may still use.
    pub transfer_accounts: Vec<String>,
}

/// How far the swap of a contact is; `None` when there is nothing to swap.
pub(super) fn swap_state(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
) -> Result<Option<&'static str>> {
    if request.requester != Requester::Contact {
        return Ok(None);
    }
    if rules::is_swapped(request) {
        return Ok(Some("contact_swapped"));
    }
    let waiting = open_cases_of(context, dsr, request)?;
    Ok((!waiting.is_empty()).then_some("awaiting_replacement"))
}

/// Puts a confirmed replacement in the contact's place in every open engagement of the customer.
///
/// # Errors
/// It is no contact's request, nobody confirmed, or the replacement is unknown.
pub fn swap_contact(context: &Context, named: &str, with: &Replacement) -> Result<Swapped> {
    let (dsr, loaded) = to_change(context, named)?;
    let matter = Matter::dsr(&dsr.id);
    let refused = |refusal| context.refused(refusal, &dsr.tenant, Activity::DsrUpdated, &matter);
    rules::may_swap_contact(&context.actor, &loaded.value, &with.confirmed).map_err(refused)?;
    let tenants = customer_tenants(context, &dsr)?;
    let Some(person) = tenants.iter().find_map(|tenant| tenant.principal(&with.upn)) else {
        let known: Vec<&str> =
            tenants.iter().flat_map(|t| t.principals.iter().map(|p| p.upn.as_str())).collect();
        let near = text::nearest(&with.upn, known);
        return Err(Error::Usage {
            message: format!("{} is no principal of this customer", text::safe(&with.upn)),
            hint: Some(near.map_or_else(
                || "`caseward tenant principal add` makes them one".to_owned(),
                |near| format!("did you mean {near}?"),
            )),
        });
    };
    if is_the_contact(&loaded.value, &person.upn) {
        return Err(Error::usage(format!("{} is the contact who asks", person.upn)));
    }
    let cases = open_cases_of(context, &dsr, &loaded.value)?;
    if cases.is_empty() {
        return Err(Error::Usage {
            message: format!("no open engagement names the contact of {}", dsr.id),
            hint: Some(
                "the request's identifiers tell who it is: an e-mail address or upn".to_owned(),
            ),
        });
    }
    let mut commit = Commit::new();
    let mut swapped =
        Swapped { id: dsr.id.clone(), engagements: Vec::new(), transfer_accounts: Vec::new() };
    for (case_ref, case) in cases {
        let mut changed = case.value.clone();
        for contact in &mut changed.contacts {
            if is_the_contact(&loaded.value, &contact.upn) {
                let phone = with.phone.clone();
                let method =
                    if phone.is_some() { ContactMethod::Phone } else { ContactMethod::Email };
                *contact = Contact {
                    upn: person.upn.clone(),
                    name: person.name.clone(),
                    method,
                    phone,
                    ..contact.clone()
                };
                case_rules::check_contact(contact).map_err(refused)?;
            }
        }
        // Whoever was a contact beside stays one, once.
        let mut seen: Vec<String> = Vec::new();
        changed.contacts.retain(|contact| {
            let upn = contact.upn.to_lowercase();
            let new = !seen.contains(&upn);
            seen.push(upn);
            new
        });
        let accounts = changed.transfer.as_ref().map(|link| link.accounts.as_slice());
        if accounts.unwrap_or_default().iter().any(|who| is_the_contact(&loaded.value, who)) {
            swapped.transfer_accounts.push(case_ref.to_string());
        }
        commit.update(&case, changed);
        let event = context
            .event(Activity::CaseUpdated, &Matter::case(&case_ref))
            .detail("contact", "changed")
            .detail("dsr", &dsr.id);
        commit.audit(&case_ref.tenant, event.build());
        swapped.engagements.push(case_ref.to_string());
    }
    let mut request = loaded.value.clone();
    let mut entry = decision(context, DecisionKind::ContactSwapped);
    entry.reason = Some(format!("confirmed: {}", with.confirmed.trim()));
    request.decisions.push(entry);
    commit.update(&loaded, request);
    let event = context
        .event(Activity::DsrUpdated, &matter)
        .detail("contact_swapped", swapped.engagements.len());
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(swapped)
}

fn is_the_contact(request: &Request, upn: &str) -> bool {
    request.identifiers.iter().any(|given| given.value.trim().eq_ignore_ascii_case(upn))
}

/// The customer's open engagements that name the contact.
fn open_cases_of(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
) -> Result<Vec<(CaseRef, Loaded<Case>)>> {
    let mut found = Vec::new();
    for tenant in customer_tenants(context, dsr)? {
        for case in context.workspace.cases(&tenant.domain)?.0 {
            let open = case.value.status == CaseStatus::Open;
            if open && case.value.contacts.iter().any(|c| is_the_contact(request, &c.upn)) {
                let case_ref = CaseRef { tenant: tenant.domain.clone(), id: case.value.id.clone() };
                found.push((case_ref, case));
            }
        }
    }
    Ok(found)
}
