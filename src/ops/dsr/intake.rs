//! Taking a request: identifiers checked, the route decided, the legal clock started at receipt.

use super::super::{Context, Matter};
use super::decision;
use crate::discovery::{Identifier, IntakeOptions};
use crate::error::{Error, Result};
use crate::model::{
    Activity, DecisionKind, DsrState, DsrType, FORMAT, GivenIdentifier, Id, Regulation, Request,
    RequestOption, Requester, Route, Sha256, Time,
};
use crate::policy::{clock, dsr as rules};
use crate::workspace::{Commit, DsrRef, layout};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

/// A request as it comes in.
#[derive(Debug, Clone)]
pub struct NewRequest {
    pub tenant: String,
    pub kind: DsrType,
    pub regulation: Regulation,
    pub requester: Requester,
    pub option: RequestOption,
    pub cases: Vec<String>,
    pub identifiers: Vec<GivenIdentifier>,
    /// Accept a name of one word.
    pub allow_single_word: bool,
    /// Without it, now.
    pub received_at: Option<Time>,
}

/// A request that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    pub id: Id,
    pub tenant: Id,
    pub route: Route,
    /// What to do with it when it is referred.
    pub referral: Option<&'static str>,
    pub state: DsrState,
    pub due_on: NaiveDate,
    pub due_at: Time,
}

/// Takes a request.
///
/// # Errors
/// The tenant or a case is unknown, an identifier cannot be searched for, or a rule says no.
pub fn receive(context: &Context, new: NewRequest) -> Result<Received> {
    context.require_writable()?;
    let tenant = Id::new(new.tenant).map_err(|error| Error::usage(error.to_string()))?;
    let tenant = context.workspace.tenant(&tenant)?.value;
    let received_at = new.received_at.unwrap_or(context.now);
    if received_at > context.now {
        return Err(Error::Usage {
            message: format!(
                "the request is said to be received in the future, {}",
                received_at.format("%Y-%m-%d %H:%M UTC")
            ),
            hint: Some("times are UTC".to_owned()),
        });
    }
    let placeholder = Matter::dsr(&tenant.domain);
    rules::may_receive(
        &context.actor,
        new.requester,
        new.option,
        &new.cases,
        new.identifiers.len(),
    )
    .map_err(|refusal| {
        context.refused(refusal, &tenant.domain, Activity::DsrReceived, &placeholder)
    })?;
    let options = IntakeOptions { allow_single_word: new.allow_single_word, ..Default::default() };
    for given in &new.identifiers {
        Identifier::parse(given.kind, &given.value, &options).map_err(|error| Error::Usage {
            message: error.to_string(),
            hint: Some("nothing was recorded; correct --identifier TYPE=VALUE".to_owned()),
        })?;
    }
    let mut cases = Vec::new();
    for named in &new.cases {
        let case = context.workspace.find_case(named)?;
        let of = context.workspace.tenant(&case.tenant)?.value;
        if of.customer != tenant.customer {
            return Err(Error::Usage {
                message: format!("case {case} belongs to another customer, {}", of.customer),
                hint: Some("a request covers the engagements of one customer".to_owned()),
            });
        }
        // The record gives the full form, whatever was typed, and the case must be there.
        context.workspace.case(&case)?;
        cases.push(case.to_string());
    }
    let mut identifiers = new.identifiers.clone();
    for given in &mut identifiers {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)
            .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
        given.salt = Some(Sha256(salt));
    }
    let (route, state) = rules::route(new.requester);
    let due_on = clock::due_on(new.regulation, received_at);
    for _ in 0..16 {
        let dsr = DsrRef { tenant: tenant.domain.clone(), id: next_id(context)? };
        let request = Request {
            format: FORMAT,
            revision: 1,
            id: dsr.id.clone(),
            kind: new.kind,
            regulation: new.regulation,
            requester: new.requester,
            route,
            option: new.option,
            cases: cases.clone(),
            received_at,
            due_on,
            extended_to: None,
            state,
            discovery: None,
            plan: None,
            identifiers: identifiers.clone(),
            decisions: vec![decision(context, DecisionKind::Received)],
            executions: Vec::new(),
            x: None,
        };
        let mut commit = Commit::new();
        commit.create(layout::dsr(&dsr), &request);
        let event = context
            .event(Activity::DsrReceived, &Matter::dsr(&dsr.id))
            .detail("type", new.kind)
            .detail("regulation", new.regulation)
            .detail("route", route);
        commit.audit(&dsr.tenant, event.build());
        match context.commit(commit) {
            Ok(()) => {
                return Ok(Received {
                    id: dsr.id,
                    tenant: dsr.tenant,
                    route,
                    referral: rules::referral(route),
                    state,
                    due_on,
                    due_at: clock::end_of_day(due_on),
                });
            }
            // Somebody else took that number at the same moment.
            Err(Error::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Conflict {
        message: "others take requests at the same moment".to_owned(),
        hint: Some("nothing was recorded; try again".to_owned()),
    })
}

/// `DSR-<year>-<number>`, the next free number of the year over the whole workspace.
fn next_id(context: &Context) -> Result<Id> {
    let prefix = format!("DSR-{}-", context.now.year());
    let (tenants, _) = context.workspace.tenants()?;
    let mut highest = 0_u32;
    for tenant in tenants {
        for id in context.workspace.dsr_ids(&tenant.value.domain)? {
            let number = id.as_str().strip_prefix(&prefix).and_then(|n| n.parse().ok());
            highest = highest.max(number.unwrap_or(0));
        }
    }
    Id::new(format!("{prefix}{:04}", highest + 1)).map_err(|error| Error::usage(error.to_string()))
}
