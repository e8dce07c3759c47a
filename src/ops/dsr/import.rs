//! Taking a request that another system wrote (OpenDSR), and answering in its words.

use super::super::Context;
use super::intake::{Arrival, NewRequest, Received, receive_as};
use super::opendsr;
use super::scope::customer_tenants;
use crate::error::{Error, Result};
use crate::model::{
    Id, OpenDsr, Regulation, RequestAnswer, RequestOption, Requester, Tenant, Time,
};
use crate::outside;
use crate::policy::clock;
use crate::text;
use crate::workspace::DsrRef;
use chrono::NaiveDate;
use serde::Serialize;
use std::path::PathBuf;

/// A file to import, and what it does not say.
#[derive(Debug, Clone)]
pub struct Import {
    pub file: PathBuf,
    /// Without it the request's `controller_id` names the customer.
    pub tenant: Option<String>,
    /// Where the file names none.
    pub regulation: Option<Regulation>,
    pub option: RequestOption,
    pub cases: Vec<String>,
    pub allow_single_word: bool,
    /// Take a request that was imported before once more.
    pub allow_duplicate: bool,
}

/// A request that was imported.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    #[serde(flatten)]
    pub received: Received,
    pub subject_request_id: String,
    /// The specification's word.
    pub request_status: &'static str,
    pub received_time: Time,
    pub expected_completion_time: Time,
    /// What the file said that has no meaning here.
    pub notices: Vec<String>,
}

/// Takes an OpenDSR request as the customer's. The legal clock starts when the data subject
/// submitted it: that it took a way through another system is no ground for more time (DSR-15).
///
/// # Errors
/// The file is not one, its identities came hashed, the customer is unknown, it was imported
/// before, or a rule says no.
pub fn import(context: &Context, import: &Import) -> Result<Imported> {
    context.require_writable()?;
    let shown = import.file.display().to_string();
    let bytes = outside::read_bounded(&import.file, opendsr::MAX_SIZE)?;
    let open = opendsr::parse(&shown, &bytes)?;
    let tenant = match (&import.tenant, &open.controller_id) {
        (Some(tenant), _) => tenant.clone(),
        (None, Some(controller)) => tenant_of(context, controller)?.to_string(),
        (None, None) => {
            return Err(Error::Usage {
                message: format!("{shown} names no controller_id, so the tenant is unknown"),
                hint: Some("--tenant DOMAIN".to_owned()),
            });
        }
    };
    let regulation = open.regulation.or(import.regulation).ok_or_else(|| Error::Usage {
        message: format!("{shown} names no regulation [DSR-2]"),
        hint: Some("--regulation gdpr or ccpa".to_owned()),
    })?;
    if let Some(known) = known(context, &open.subject_request_id)?
        && !import.allow_duplicate
    {
        return Err(Error::Conflict {
            message: format!(
                "the request {} was imported before, as {}",
                open.subject_request_id, known.id
            ),
            hint: Some("nothing was recorded; --allow-duplicate takes it once more".to_owned()),
        });
    }
    if open.submitted_time > context.now {
        return Err(Error::Usage {
            message: format!("{shown}: $.submitted_time is in the future"),
            hint: Some("times are UTC unless they name an offset".to_owned()),
        });
    }
    let new = NewRequest {
        tenant,
        kind: open.kind,
        regulation,
        requester: Requester::Customer,
        option: import.option,
        cases: import.cases.clone(),
        identifiers: open.identifiers,
        allow_single_word: import.allow_single_word,
        received_at: Some(open.submitted_time),
    };
    let arrival = Arrival {
        open_dsr: Some(OpenDsr {
            subject_request_id: open.subject_request_id.clone(),
            controller_id: open.controller_id,
        }),
        ..Arrival::default()
    };
    let received = receive_as(context, &new, &arrival)?;
    Ok(Imported {
        expected_completion_time: received.due_at,
        received_time: context.now,
        subject_request_id: open.subject_request_id,
        request_status: "pending",
        notices: open.notices,
        received,
    })
}

/// The tenant of a controller: a domain, a tenant id, or the tenant of a customer that bears its
/// name, else its first.
fn tenant_of(context: &Context, controller: &str) -> Result<Id> {
    let tenants = context.tenants()?;
    let by = |matches: &dyn Fn(&Tenant) -> bool| tenants.iter().find(|tenant| matches(tenant));
    let found = by(&|t| t.domain.as_str().eq_ignore_ascii_case(controller))
        .or_else(|| by(&|t| t.tenant_id.eq_ignore_ascii_case(controller)))
        .or_else(|| {
            by(&|t| {
                let named = t.domain.as_str().split('.').next().unwrap_or_default();
                t.customer.eq_ignore_ascii_case(controller)
                    && named.eq_ignore_ascii_case(controller)
            })
        })
        .or_else(|| by(&|t| t.customer.eq_ignore_ascii_case(controller)));
    if let Some(tenant) = found {
        return Ok(tenant.domain.clone());
    }
    let seen = tenants.iter().filter(|tenant| context.actor.may_see(&tenant.domain));
    let known = seen.map(|tenant| tenant.customer.as_str());
    Err(Error::Usage {
        message: format!("controller_id `{}` is no customer here", text::safe(controller)),
        hint: Some(text::nearest(controller, known).map_or_else(
            || "--tenant DOMAIN says whose request it is".to_owned(),
            |near| format!("is it {near}? --tenant DOMAIN says so"),
        )),
    })
}

/// The request that an OpenDSR id was recorded as.
fn known(context: &Context, subject_request_id: &str) -> Result<Option<DsrRef>> {
    for tenant in context.tenants()? {
        for request in context.workspace.dsrs(&tenant.domain)?.0 {
            let open = request.value.open_dsr.as_ref();
            if open.is_some_and(|open| open.subject_request_id == subject_request_id) {
                return Ok(Some(DsrRef { tenant: tenant.domain, id: request.value.id }));
            }
        }
    }
    Ok(None)
}

/// Where a request stands, in our words and in the specification's.
#[derive(Debug, Clone, Serialize)]
pub struct RequestStatus {
    pub id: Id,
    pub tenant: Id,
    pub state: crate::model::DsrState,
    pub api_version: &'static str,
    /// `null` for a request that came another way.
    pub subject_request_id: Option<String>,
    pub controller_id: String,
    /// `pending`, `in_progress`, `completed` or `cancelled`.
    pub request_status: &'static str,
    pub received_time: Time,
    pub expected_completion_time: Time,
    pub due_on: NaiveDate,
    pub extended_to: Option<NaiveDate>,
    pub overdue: bool,
    /// LAW-4: until when, and when, receipt was confirmed.
    pub confirm_by: Option<NaiveDate>,
    pub confirmed_at: Option<Time>,
    pub confirm_overdue: bool,
    pub answer: Option<RequestAnswer>,
}

/// Where a request stands; `named` is its id, or the id that an OpenDSR request bears.
///
/// # Errors
/// There is none of that id.
pub fn request_status(context: &Context, named: &str) -> Result<RequestStatus> {
    let dsr = match known(context, named)? {
        Some(dsr) => dsr,
        None => super::find(context, named)?,
    };
    let request = context.workspace.dsr(&dsr)?.value;
    let customer = customer_tenants(context, &dsr)?
        .into_iter()
        .find(|tenant| tenant.domain == dsr.tenant)
        .map(|tenant| tenant.customer.clone())
        .unwrap_or_default();
    let open = request.open_dsr.as_ref();
    let day = request.extended_to.unwrap_or(request.due_on);
    let due_at = clock::end_of_day(day);
    let clocks = super::Clocks::of(context, &request);
    Ok(RequestStatus {
        id: request.id.clone(),
        tenant: dsr.tenant.clone(),
        state: request.state,
        api_version: opendsr::API_VERSION,
        subject_request_id: open.map(|open| open.subject_request_id.clone()),
        controller_id: open.and_then(|open| open.controller_id.clone()).unwrap_or(customer),
        request_status: opendsr::status_word(&request),
        received_time: request.received_at,
        expected_completion_time: due_at,
        due_on: day,
        extended_to: request.extended_to,
        overdue: clocks.overdue,
        confirm_by: clocks.confirm_by,
        confirmed_at: request.confirmed_at,
        confirm_overdue: clocks.confirm_overdue,
        answer: request.answer,
    })
}
