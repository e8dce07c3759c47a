//! Data subject requests: taken, discovered, reviewed, planned, approved, executed.

mod allowed;
mod answer;
mod approval;
mod authority;
mod contact;
mod discover;
mod draft;
mod execute;
mod export;
mod import;
mod intake;
mod look;
pub mod opendsr;
mod plan;
mod redact;
mod restrict;
mod resume;
mod review;
mod scope;
mod settle;
mod shard;
mod waiting;
mod walk;

pub use super::settle::settle;
pub use allowed::{RequestAllowed, allowed};
pub use answer::{Stepped, close, confirm, deny, extend, hold, resume};
pub use approval::{approval_statement, approve, cancel, give_back};
pub use contact::{Replacement, Swapped, swap_contact};
pub use discover::{DiscoverProgress, Discovered, discover};
pub(in crate::ops) use discover::{hash_of, search_once};
pub use execute::{ExecuteProgress, Executed, ExecutedItem, ExecutedTx, execute, rehearse};
pub(crate) use execute::{clock_of, verdict_of};
pub use export::{Exported, ExportedItem, LeftOut, export};
pub use import::{Import, Imported, RequestStatus, import, request_status};
pub use intake::{Arrival, NewRequest, Received, identify, receive, receive_as};
pub use look::{ContextLine, Explained, contexts, explain};
pub use plan::{Planned, plan};
pub use restrict::{Restricted, restrict};
pub(in crate::ops) use resume::forget_resume;
pub use review::{FindingLine, exclude, findings, include, rectify, redact};
pub(in crate::ops) use scope::customer_tenants;
pub(in crate::ops) use settle::{is_settled, record, results};
pub use shard::{Shard, Sharded, discover_shard, merge};

use super::{Context, Matter};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Channel, DecisionKind, DsrDecision, DsrState, DsrType, Extension, Finding, Id,
    IdentifierType, Link, Plan, PlanItem, Regulation, Request, RequestAnswer, RequestOption,
    Requester, Route, Sha256, Tenant, Time,
};
use crate::policy::{answer as answer_rules, clock, referral as referral_rules};
use crate::workspace::{Commit, DsrRef, Loaded, Problem, layout};
use chrono::NaiveDate;
use serde::Serialize;

/// The states in which a discovery may run.
const DISCOVERABLE: &[DsrState] =
    &[DsrState::Discovering, DsrState::Review, DsrState::Planned, DsrState::Approved];

/// The states in which a plan may be returned (DEL-2).
const RETURNABLE: &[DsrState] = &[DsrState::Planned, DsrState::Approved];

/// The states in which a request may be canceled: nothing is deleted yet (DEL-3).
const CANCELABLE: &[DsrState] = &[
    DsrState::Received,
    DsrState::IdentifiersNeeded,
    DsrState::Discovering,
    DsrState::Review,
    DsrState::Planned,
    DsrState::Approved,
    DsrState::Held,
];

/// The request that is meant, of a tenant whose records the actor may see: its subject is nobody
/// else's business.
///
/// # Errors
/// There is none of that id that they may see, or there are several.
pub(in crate::ops) fn find(context: &Context, named: &str) -> Result<DsrRef> {
    let dsr = context.workspace.find_dsr(named)?;
    if context.actor.may_see(&dsr.tenant) {
        return Ok(dsr);
    }
    let who = &context.actor.principal;
    Err(Error::usage(format!("there is no data subject request `{}` that {who} may see", dsr.id))
        .with_hint("`caseward dsr list` shows them"))
}

/// A request that is about to change.
fn to_change(context: &Context, named: &str) -> Result<(DsrRef, Loaded<Request>)> {
    context.require_writable()?;
    let dsr = find(context, named)?;
    let request = context.workspace.dsr(&dsr)?;
    Ok((dsr, request))
}

/// A decision by the actor, now.
fn decision(context: &Context, what: DecisionKind) -> DsrDecision {
    DsrDecision {
        what,
        at: context.now,
        by: context.actor.principal.clone(),
        os_user: context.actor.os_user.clone(),
        item: None,
        digest: None,
        reason: None,
        signature: None,
    }
}

fn load_findings(context: &Context, dsr: &DsrRef) -> Result<Vec<Finding>> {
    Ok(context.workspace.json_lines(&layout::findings(dsr))?.unwrap_or_default())
}

pub(super) fn load_plan(context: &Context, dsr: &DsrRef) -> Result<Vec<PlanItem>> {
    Ok(context.workspace.json_lines(&layout::plan(dsr))?.unwrap_or_default())
}

/// Records that a report was given (DSR-14).
pub(super) fn to_record_report(context: &Context, dsr: &DsrRef) -> Result<()> {
    let loaded = context.workspace.dsr(dsr)?;
    let mut changed = loaded.value.clone();
    if changed.state == DsrState::Fulfilled {
        changed.state = DsrState::Attested;
    }
    let mut entry = decision(context, DecisionKind::Reported);
    entry.digest = changed.plan.as_ref().map(|plan| plan.digest);
    changed.decisions.push(entry);
    let event = context.event(Activity::DsrReported, &Matter::dsr(&dsr.id)).change(
        "state",
        loaded.value.state,
        changed.state,
    );
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)
}

/// The digest that a plan is approved by.
fn plan_digest(request: &Request, scope: crate::model::PlanScope, lines: &[u8]) -> Sha256 {
    let head = format!("caseward-plan/1 {} {} {scope}\n", request.id, request.option);
    Sha256::of(&[head.as_bytes(), lines].concat())
}

fn to_lines<T: Serialize>(items: &[T]) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for item in items {
        serde_json::to_writer(&mut lines, item)
            .map_err(|error| Error::io("write", "a list of items", error.into()))?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// A request as a face shows it.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    pub id: Id,
    pub tenant: Id,
    #[serde(rename = "type")]
    pub kind: DsrType,
    pub regulation: Regulation,
    pub requester: Requester,
    pub route: Route,
    /// What to do with a referred request.
    pub referral: Option<&'static str>,
    /// What to send then.
    pub referral_text: Option<String>,
    /// DSR-3: `awaiting_replacement` or `contact_swapped`; only where one request is looked at.
    pub contact_swap: Option<&'static str>,
    pub channel: Channel,
    pub option: RequestOption,
    pub cases: Vec<String>,
    pub state: DsrState,
    pub received_at: Time,
    pub due_on: NaiveDate,
    /// The last second of the day on which it is due, extensions included.
    pub due_at: Time,
    pub overdue: bool,
    pub extended_to: Option<NaiveDate>,
    pub extension: Option<Extension>,
    /// LAW-4: until when its receipt is confirmed to the data subject.
    pub confirm_by: Option<NaiveDate>,
    pub confirmed_at: Option<Time>,
    pub confirm_overdue: bool,
    pub answer: Option<RequestAnswer>,
    pub links: Vec<Link>,
    pub identifiers: Vec<IdentifierView>,
    pub discovery: Option<crate::model::DiscoverySummary>,
    pub plan: Option<Plan>,
    pub executions: Vec<crate::model::Execution>,
    pub decisions: Vec<DsrDecision>,
}

/// An identifier as given; its mask once the evidence was erased (ATT-7).
#[derive(Debug, Clone, Serialize)]
pub struct IdentifierView {
    #[serde(rename = "type")]
    pub kind: IdentifierType,
    pub value: String,
}

/// The legal clocks of a request, read at a moment.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    overdue: bool,
    confirm_by: Option<NaiveDate>,
    confirm_overdue: bool,
}

impl Clocks {
    fn of(context: &Context, request: &Request) -> Self {
        let open = request.answer.is_none() && !answer_rules::is_over(request.state);
        let holidays = &context.workspace.config().policy.holidays;
        let confirm_by = clock::confirm_by(request.regulation, request.received_at, holidays);
        let past = |day: NaiveDate| context.now > clock::end_of_day(day);
        Self {
            overdue: open && past(request.extended_to.unwrap_or(request.due_on)),
            confirm_by,
            confirm_overdue: open && request.confirmed_at.is_none() && confirm_by.is_some_and(past),
        }
    }
}

fn view_of(context: &Context, dsr: &DsrRef, request: Request) -> RequestView {
    let due_at = clock::end_of_day(request.extended_to.unwrap_or(request.due_on));
    let clocks = Clocks::of(context, &request);
    let referral = referral_rules::referral(request.route);
    // A tenant that cannot be read has no name to be sent to.
    let customer = referral.and_then(|_| context.workspace.tenant(&dsr.tenant).ok());
    let customer = customer.map_or_else(|| dsr.tenant.to_string(), |tenant| tenant.value.name);
    RequestView {
        tenant: dsr.tenant.clone(),
        kind: request.kind,
        regulation: request.regulation,
        requester: request.requester,
        route: request.route,
        referral,
        referral_text: referral_rules::message(request.route, &customer, request.id.as_str()),
        contact_swap: None,
        channel: request
            .channel
            .unwrap_or_else(|| referral_rules::usual_channel(request.requester)),
        option: request.option,
        cases: request.cases,
        state: request.state,
        received_at: request.received_at,
        due_on: request.due_on,
        due_at,
        overdue: clocks.overdue,
        extended_to: request.extended_to,
        extension: request.extension,
        confirm_by: clocks.confirm_by,
        confirmed_at: request.confirmed_at,
        confirm_overdue: clocks.confirm_overdue,
        answer: request.answer,
        links: request.links,
        identifiers: request
            .identifiers
            .into_iter()
            .map(|given| IdentifierView {
                kind: given.kind,
                value: if given.value.is_empty() {
                    given.mask.unwrap_or_default()
                } else {
                    given.value
                },
            })
            .collect(),
        discovery: request.discovery,
        plan: request.plan,
        executions: request.executions,
        decisions: request.decisions,
        id: request.id,
    }
}

/// One request.
///
/// # Errors
/// There is none of that id, or it is not valid.
pub fn show(context: &Context, named: &str) -> Result<RequestView> {
    let dsr = find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    let contact_swap = contact::swap_state(context, &dsr, &request)?;
    Ok(RequestView { contact_swap, ..view_of(context, &dsr, request) })
}

/// All requests that the actor may see, newest first.
///
/// # Errors
/// The workspace cannot be read.
pub fn list(context: &Context) -> Result<(Vec<RequestView>, Vec<Problem>)> {
    let (tenants, mut problems) = context.workspace.tenants()?;
    let mut views = Vec::new();
    let seen = |tenant: &Loaded<Tenant>| context.actor.may_see(&tenant.value.domain);
    for tenant in tenants.into_iter().filter(seen) {
        let (requests, more) = context.workspace.dsrs(&tenant.value.domain)?;
        problems.extend(more);
        views.extend(requests.into_iter().map(|request| {
            let dsr = DsrRef { tenant: tenant.value.domain.clone(), id: request.value.id.clone() };
            view_of(context, &dsr, request.value)
        }));
    }
    views.sort_by(|a, b| (b.received_at, &b.id).cmp(&(a.received_at, &a.id)));
    Ok((views, problems))
}
