//! Taking a request: identifiers checked, the route decided, the legal clock started at receipt.

use super::super::{Context, Matter};
use super::decision;
use crate::discovery::{Identifier, IntakeOptions};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Channel, DecisionKind, DsrState, DsrType, FORMAT, GivenIdentifier, Id, Link,
    LinkKind, OpenDsr, Regulation, Request, RequestOption, Requester, Route, Sha256, Tenant, Time,
};
use crate::policy::{answer, clock, dsr as rules, referral};
use crate::workspace::{Commit, DsrRef, layout};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use std::collections::BTreeSet;

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

/// How a request came, beside what it asks for.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// Without it, the usual one of the requester.
    pub channel: Option<Channel>,
    /// DSR-3: for whom else it asks; each becomes a request of its own.
    pub also: Vec<Requester>,
    /// As another system knows it.
    pub open_dsr: Option<OpenDsr>,
}

/// A request that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    pub id: Id,
    pub tenant: Id,
    pub requester: Requester,
    pub route: Route,
    /// What to do with it when it is referred.
    pub referral: Option<&'static str>,
    /// What to send then.
    pub referral_text: Option<String>,
    pub state: DsrState,
    pub due_on: NaiveDate,
    pub due_at: Time,
    /// LAW-4: until when its receipt is confirmed to the data subject.
    pub confirm_by: Option<NaiveDate>,
    /// Open requests of the same customer with the same identifiers.
    pub duplicates: Vec<Id>,
    /// The other parts of a mixed request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Received>,
}

/// Takes a request.
///
/// # Errors
/// The tenant or a case is unknown, an identifier cannot be searched for, or a rule says no.
#[allow(clippy::needless_pass_by_value, reason = "it is taken")]
pub fn receive(context: &Context, new: NewRequest) -> Result<Received> {
    receive_as(context, &new, &Arrival::default())
}

/// As [`receive`], with how it came. A mixed request is split: each part takes its own route, and
/// all are recorded together.
///
/// # Errors
/// As [`receive`].
pub fn receive_as(context: &Context, new: &NewRequest, arrival: &Arrival) -> Result<Received> {
    context.require_writable()?;
    let tenant = Id::new(new.tenant.clone()).map_err(|error| Error::usage(error.to_string()))?;
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
    let mut parts = vec![new.requester];
    for requester in &arrival.also {
        if !parts.contains(requester) {
            parts.push(*requester);
        }
    }
    let placeholder = Matter::dsr(&tenant.domain);
    for requester in &parts {
        let channel = arrival.channel.unwrap_or_else(|| referral::usual_channel(*requester));
        rules::may_receive(&context.actor, *requester, new.option, &new.cases)
            .and_then(|()| match parts.len() {
                1 => referral::check_channel(*requester, channel),
                // The parts that are referred may have come another way.
                _ => Ok(()),
            })
            .map_err(|refusal| {
                context.refused(refusal, &tenant.domain, Activity::DsrReceived, &placeholder)
            })?;
    }
    let identifiers = accepted(&new.identifiers, new.allow_single_word)?;
    let cases = named_cases(context, &tenant, &new.cases)?;
    let settings = &context.workspace.config().policy;
    let duplicates = duplicates_of(context, &tenant, &identifiers)?;
    for _ in 0..16 {
        let first = next_number(context)?;
        let ids = (0..parts.len())
            .map(|part| numbered(context, first + u32::try_from(part).unwrap_or(0)))
            .collect::<Result<Vec<Id>>>()?;
        let mut commit = Commit::new();
        let mut taken = Vec::new();
        for (requester, id) in parts.iter().zip(&ids) {
            let (route, state) = referral::route(*requester, identifiers.len());
            let split = ids.iter().filter(|other| *other != id);
            let links = split.map(|dsr| Link { dsr: dsr.clone(), kind: LinkKind::Split }).chain(
                duplicates
                    .iter()
                    .map(|(_, dsr)| Link { dsr: dsr.clone(), kind: LinkKind::Duplicate }),
            );
            let request = Request {
                format: FORMAT,
                revision: 1,
                id: id.clone(),
                kind: new.kind,
                regulation: new.regulation,
                requester: *requester,
                route,
                option: new.option,
                cases: cases.clone(),
                channel: Some(
                    arrival.channel.unwrap_or_else(|| referral::usual_channel(*requester)),
                ),
                received_at,
                confirmed_at: None,
                due_on: answer::due_on(settings, new.regulation, received_at),
                extended_to: None,
                state,
                extension: None,
                answer: None,
                open_dsr: arrival.open_dsr.clone(),
                links: links.collect(),
                corrections: Vec::new(),
                discovery: None,
                plan: None,
                identifiers: identifiers.clone(),
                decisions: vec![decision(context, DecisionKind::Received)],
                executions: Vec::new(),
                x: None,
            };
            let dsr = DsrRef { tenant: tenant.domain.clone(), id: id.clone() };
            commit.create(layout::dsr(&dsr), &request);
            let event = context
                .event(Activity::DsrReceived, &Matter::dsr(id))
                .detail("type", new.kind)
                .detail("regulation", new.regulation)
                .detail("route", route);
            commit.audit(&dsr.tenant, event.build());
            taken.push(Received {
                id: id.clone(),
                tenant: tenant.domain.clone(),
                requester: *requester,
                route,
                referral: referral::referral(route),
                referral_text: referral::message(route, &tenant.name, id.as_str()),
                state,
                due_on: request.due_on,
                due_at: clock::end_of_day(request.due_on),
                confirm_by: clock::confirm_by(new.regulation, received_at, &settings.holidays),
                duplicates: duplicates.iter().map(|(_, id)| id.clone()).collect(),
                also: Vec::new(),
            });
        }
        match context.commit(commit) {
            Ok(()) => {
                let mut parts = taken.into_iter();
                if let Some(mut first) = parts.next() {
                    first.also = parts.collect();
                    return Ok(first);
                }
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

/// Gives a request that came without identifiers those that the customer sent since.
///
/// # Errors
/// There are none, one cannot be searched for, or the request is past its discovery.
pub fn identify(
    context: &Context,
    named: &str,
    given: &[GivenIdentifier],
    allow_single_word: bool,
) -> Result<DsrState> {
    let (dsr, loaded) = super::to_change(context, named)?;
    let matter = Matter::dsr(&dsr.id);
    let allowed = &[DsrState::Received, DsrState::IdentifiersNeeded, DsrState::Discovering];
    context
        .actor
        .require_engineer("DSR-5", "record identifiers")
        .and_then(|()| rules::require_state(&loaded.value, allowed, "identified"))
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrUpdated, &matter))?;
    if given.is_empty() {
        return Err(Error::Usage {
            message: "there is no identifier".to_owned(),
            hint: Some(IDENTIFIER_HINT.to_owned()),
        });
    }
    let mut changed = loaded.value.clone();
    changed.identifiers.extend(accepted(given, allow_single_word)?);
    changed.state = DsrState::Discovering;
    changed.decisions.push(decision(context, DecisionKind::Identified));
    let event = context
        .event(Activity::DsrUpdated, &matter)
        .change("state", loaded.value.state, changed.state)
        .detail("identifiers", given.len());
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(DsrState::Discovering)
}

const IDENTIFIER_HINT: &str = "--identifier email=… (name, email, upn, phone, guid, puid, session, ipv4, ipv6, sip, machine, custom)";

/// The identifiers with their salts, once each can be searched for.
fn accepted(given: &[GivenIdentifier], allow_single_word: bool) -> Result<Vec<GivenIdentifier>> {
    let options = IntakeOptions { allow_single_word, ..Default::default() };
    let mut identifiers = given.to_vec();
    for given in &mut identifiers {
        Identifier::parse(given.kind, &given.value, &options).map_err(|error| Error::Usage {
            message: error.to_string(),
            hint: Some("nothing was recorded; correct --identifier TYPE=VALUE".to_owned()),
        })?;
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)
            .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
        given.salt = Some(Sha256(salt));
    }
    Ok(identifiers)
}

/// The engagements that were named, in full, once they are the customer's.
fn named_cases(context: &Context, tenant: &Tenant, named: &[String]) -> Result<Vec<String>> {
    let mut cases = Vec::new();
    for named in named {
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
    Ok(cases)
}

/// Requests of the same customer that are not over and name the same identifiers.
fn duplicates_of(
    context: &Context,
    tenant: &Tenant,
    identifiers: &[GivenIdentifier],
) -> Result<Vec<(Id, Id)>> {
    let key = |given: &[GivenIdentifier]| -> BTreeSet<(&'static str, String)> {
        given.iter().map(|one| (one.kind.as_str(), one.value.trim().to_lowercase())).collect()
    };
    let wanted = key(identifiers);
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    for other in context.tenants()?.into_iter().filter(|t| t.customer == tenant.customer) {
        for request in context.workspace.dsrs(&other.domain)?.0 {
            let request = request.value;
            if !answer::is_over(request.state) && key(&request.identifiers) == wanted {
                found.push((other.domain.clone(), request.id));
            }
        }
    }
    Ok(found)
}

/// The next free number of the year over the whole workspace.
fn next_number(context: &Context) -> Result<u32> {
    let prefix = format!("DSR-{}-", context.now.year());
    let (tenants, _) = context.workspace.tenants()?;
    let mut highest = 0_u32;
    for tenant in tenants {
        for id in context.workspace.dsr_ids(&tenant.value.domain)? {
            let number = id.as_str().strip_prefix(&prefix).and_then(|n| n.parse().ok());
            highest = highest.max(number.unwrap_or(0));
        }
    }
    Ok(highest + 1)
}

/// `DSR-<year>-<number>`.
fn numbered(context: &Context, number: u32) -> Result<Id> {
    Id::new(format!("DSR-{}-{number:04}", context.now.year()))
        .map_err(|error| Error::usage(error.to_string()))
}
