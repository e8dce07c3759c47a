//! The separate request to delete transfer files: submitted, approved, closed (DTM-7, DTM-8).

use super::folder;
use crate::error::{Error, Result};
use crate::model::{
    Activity, Case, FORMAT, Id, Time, Tombstone, TransferBranch, TransferDecision,
    TransferDecisionKind, TransferExecution, TransferRequest, TransferRequestState, TransferResult,
};
use crate::ops::{Context, Matter};
use crate::policy::transfer as rules;
use crate::text;
use crate::workspace::{CaseRef, Commit, DsrRef, Loaded, Problem, TransferRef, layout};
use chrono::Datelike;
use serde::Serialize;
use std::collections::BTreeSet;

/// A request as it is made.
#[derive(Debug, Clone, Default)]
pub struct NewTransferRequest {
    pub tenant: String,
    /// The customer's own narrowing; empty means all cases of the account.
    pub cases: Vec<String>,
    /// The data subject request that it belongs to.
    pub dsr: Option<String>,
    /// The customer knows that all files go, whomever they are about.
    pub all_files_acknowledged: bool,
}

/// A request as a face shows it.
#[derive(Debug, Clone, Serialize)]
pub struct TransferRequestView {
    pub id: Id,
    pub tenant: Id,
    pub state: TransferRequestState,
    pub dsr: Option<String>,
    /// The customer's own narrowing.
    pub cases: Vec<String>,
    pub submitted_at: Time,
    pub submitted_by: String,
    pub all_files_acknowledged: bool,
    /// What becomes of each case now. Files are not counted (DTM-2).
    pub branches: Vec<BranchView>,
    pub results: Vec<TransferResult>,
    pub executions: Vec<TransferExecution>,
    pub check: Option<crate::model::TransferCheck>,
    pub decisions: Vec<TransferDecision>,
    /// What is to be done next, in a sentence.
    pub next: String,
}

/// What becomes of the files of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchView {
    pub case: String,
    pub branch: TransferBranch,
    pub closed_at: Option<Time>,
    /// When the files go by themselves.
    pub due_at: Option<Time>,
}

/// A request in its tenant.
pub(super) struct Found {
    pub of: TransferRef,
    pub loaded: Loaded<TransferRequest>,
}

/// A case of a request: an engagement, or what an expunged one left.
pub(super) struct Covered {
    pub case: CaseRef,
    pub closed_at: Option<Time>,
    pub region: Option<String>,
}

/// Submits a request.
///
/// # Errors
/// The actor is no engineer, a case is another customer's, or the linked request is unknown.
pub fn submit(context: &Context, new: &NewTransferRequest) -> Result<TransferRequestView> {
    context.require_writable()?;
    let domain = Id::new(new.tenant.as_str()).map_err(|error| Error::usage(error.to_string()))?;
    let tenant = context.workspace.tenant(&domain)?.value;
    let matter = Matter::transfer_request(&tenant.domain);
    context.actor.require_engineer("DTM-6", "take a request to delete transfer files").map_err(
        |refusal| {
            let activity = Activity::TransferDeletionRequested;
            context.refused(refusal, &tenant.domain, activity, &matter)
        },
    )?;
    let same_customer = |domain: &Id, what: &str| -> Result<()> {
        let other = context.workspace.tenant(domain)?.value;
        if other.customer == tenant.customer {
            return Ok(());
        }
        Err(Error::Usage {
            message: format!("{what} belongs to another customer, {}", other.customer),
            hint: Some("a request covers the account of one customer".to_owned()),
        })
    };
    let mut cases = Vec::new();
    for named in &new.cases {
        let case = context.workspace.find_case(named)?;
        same_customer(&case.tenant, &format!("case {case}"))?;
        if !cases.contains(&case.to_string()) {
            cases.push(case.to_string());
        }
    }
    let dsr = new.dsr.as_deref().map(|named| crate::ops::dsr::find(context, named)).transpose()?;
    if let Some(dsr) = &dsr {
        same_customer(&dsr.tenant, &dsr.id.to_string())?;
    }
    // A customer who names the cases has seen what goes.
    let accepted = new.all_files_acknowledged || !cases.is_empty();
    let mut request = TransferRequest {
        format: FORMAT,
        revision: 1,
        id: tenant.domain.clone(),
        dsr: dsr.as_ref().map(ToString::to_string),
        cases,
        state: if accepted {
            TransferRequestState::Accepted
        } else {
            TransferRequestState::Submitted
        },
        submitted_at: context.now,
        submitted_by: context.actor.principal.clone(),
        all_files_acknowledged: new.all_files_acknowledged,
        check: None,
        results: Vec::new(),
        executions: Vec::new(),
        decisions: vec![decision(context, TransferDecisionKind::Submitted, None)],
        x: None,
    };
    for _ in 0..16 {
        let of = TransferRef { tenant: tenant.domain.clone(), id: next_id(context)? };
        request.id = of.id.clone();
        route(context, &of, &mut request)?;
        let event = context
            .event(Activity::TransferDeletionRequested, &Matter::transfer_request(&of.id))
            .detail("state", request.state)
            .detail("dsr", request.dsr.as_deref().unwrap_or("none"));
        let mut commit = Commit::new();
        commit.create(layout::transfer_request(&of), &request);
        commit.audit(&of.tenant, event.build());
        match context.commit(commit) {
            Ok(()) => return view_of(context, &of, request),
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

/// DTM-6: with no closed case within its 90 days there is nothing to approve: the contacts delete,
/// or the clock has deleted already.
fn route(context: &Context, of: &TransferRef, request: &mut TransferRequest) -> Result<()> {
    let settings = &context.workspace.config().policy;
    let covered = covered(context, of, request)?;
    let branches: Vec<TransferBranch> =
        covered.iter().map(|c| rules::branch(settings, c.closed_at, context.now)).collect();
    if branches.contains(&TransferBranch::Delete) {
        return Ok(());
    }
    let mut left = false;
    for one in &covered {
        left |= !folder::is_empty_but_held(context, &one.case)?;
    }
    request.state = match (left, branches.contains(&TransferBranch::SelfService)) {
        (false, _) => TransferRequestState::CrossCheckRequired,
        (true, true) => TransferRequestState::SelfService,
        // The sweep is late: executing the request runs it.
        (true, false) => TransferRequestState::Approved,
    };
    Ok(())
}

/// The cases of a request that have or had a transfer folder: named ones, or all of the customer.
pub(super) fn covered(
    context: &Context,
    of: &TransferRef,
    request: &TransferRequest,
) -> Result<Vec<Covered>> {
    let mut cases = BTreeSet::new();
    if request.cases.is_empty() {
        let dsr = DsrRef { tenant: of.tenant.clone(), id: of.id.clone() };
        for tenant in crate::ops::dsr::customer_tenants(context, &dsr)? {
            for id in context.workspace.case_ids(&tenant.domain)?.0 {
                cases.insert(CaseRef { tenant: tenant.domain.clone(), id });
            }
        }
    } else {
        for named in &request.cases {
            cases.insert(context.workspace.find_case(named)?);
        }
    }
    let mut covered = Vec::new();
    for case in cases {
        let there = || Ok::<_, Error>(!folder::files(context, &case)?.0.is_empty());
        let (folder, closed_at, region) =
            match context.workspace.load::<Case>(&layout::case(&case))? {
                Some(loaded) => {
                    let link = loaded.value.transfer;
                    let region = link.as_ref().and_then(|link| link.region.clone());
                    (link.is_some(), loaded.value.closed_at, region)
                }
                None => {
                    let path = layout::tombstone(&case);
                    let Some(stone) = context.workspace.load::<Tombstone>(&path)? else { continue };
                    let start = rules::tombstone_start(&stone.value);
                    (stone.value.transfer_pending, Some(start), None)
                }
            };
        if folder || there()? {
            covered.push(Covered { case, closed_at, region });
        }
    }
    Ok(covered)
}

pub(super) fn find(context: &Context, named: &str) -> Result<Found> {
    let (only, word) = match named.split_once('/') {
        Some((tenant, id)) => (Some(tenant), id),
        None => (None, named),
    };
    let id = Id::new(word).map_err(|error| Error::usage(error.to_string()))?;
    let mut known = Vec::new();
    for tenant in context.tenants()? {
        if only.is_some_and(|only| tenant.domain != *only) {
            continue;
        }
        for other in context.workspace.transfer_request_ids(&tenant.domain)? {
            if other == id {
                let of = TransferRef { tenant: tenant.domain, id: other };
                let loaded = context.workspace.transfer_request(&of)?;
                return Ok(Found { of, loaded });
            }
            known.push(other.to_string());
        }
    }
    let near = text::nearest(id.as_str(), known.iter().map(String::as_str));
    Err(Error::Usage {
        message: format!("there is no transfer deletion request `{}`", text::safe(id.as_str())),
        hint: Some(near.map_or_else(
            || "`caseward transfer requests` shows them".to_owned(),
            |near| format!("did you mean {near}?"),
        )),
    })
}

pub(super) fn decision(
    context: &Context,
    what: TransferDecisionKind,
    reason: Option<&str>,
) -> TransferDecision {
    TransferDecision {
        what,
        at: context.now,
        by: context.actor.principal.clone(),
        os_user: context.actor.os_user.clone(),
        reason: reason.map(str::to_owned),
    }
}

/// `TDR-<year>-<number>`, the next free number of the year over the whole workspace.
fn next_id(context: &Context) -> Result<Id> {
    let prefix = format!("TDR-{}-", context.now.year());
    let mut highest = 0_u32;
    for tenant in context.tenants()? {
        for id in context.workspace.transfer_request_ids(&tenant.domain)? {
            let number = id.as_str().strip_prefix(&prefix).and_then(|n| n.parse().ok());
            highest = highest.max(number.unwrap_or(0));
        }
    }
    Id::new(format!("{prefix}{:04}", highest + 1)).map_err(|error| Error::usage(error.to_string()))
}

pub(super) fn view_of(
    context: &Context,
    of: &TransferRef,
    request: TransferRequest,
) -> Result<TransferRequestView> {
    use TransferRequestState as S;
    let settings = &context.workspace.config().policy;
    let branches = covered(context, of, &request)?
        .into_iter()
        .map(|one| BranchView {
            case: one.case.to_string(),
            branch: rules::branch(settings, one.closed_at, context.now),
            closed_at: one.closed_at,
            due_at: one.closed_at.map(|closed| rules::due_after(settings, closed)),
        })
        .collect();
    let id = &request.id;
    let next = match request.state {
        S::Submitted => format!(
            "a second person approves it: `caseward transfer approve {id} --acknowledge-all-files`"
        ),
        S::Accepted => format!("a second person approves it: `caseward transfer approve {id}`"),
        S::Approved => format!("`caseward transfer execute {id}`"),
        S::SelfService => format!(
            "the contacts of the open cases delete their files; then `caseward transfer execute {id}` looks again"
        ),
        S::CrossCheckRequired => match &request.check {
            Some(check) if check.complete => format!("`caseward transfer close {id}`"),
            _ => format!(
                "the check over the other stores is owed [DTM-8]: `caseward transfer check {id}`"
            ),
        },
        S::Closed | S::Canceled => "nothing".to_owned(),
    };
    Ok(TransferRequestView {
        id: request.id,
        tenant: of.tenant.clone(),
        state: request.state,
        dsr: request.dsr,
        cases: request.cases,
        submitted_at: request.submitted_at,
        submitted_by: request.submitted_by,
        all_files_acknowledged: request.all_files_acknowledged,
        branches,
        results: request.results,
        executions: request.executions,
        check: request.check,
        decisions: request.decisions,
        next,
    })
}

/// DTM-2: the requests name cases with transfer folders, so they are for engineers.
fn require_engineer(context: &Context, tenant: &Id) -> Result<()> {
    context.actor.require_engineer("DTM-2", "see requests to delete transfer files").map_err(
        |refusal| {
            let matter = Matter::transfer_request(tenant);
            context.refused(refusal, tenant, Activity::TransferViewed, &matter)
        },
    )
}

/// One request.
///
/// # Errors
/// There is none of that id, or the actor is no engineer.
pub fn show(context: &Context, named: &str) -> Result<TransferRequestView> {
    let Found { of, loaded } = find(context, named)?;
    require_engineer(context, &of.tenant)?;
    view_of(context, &of, loaded.value)
}

/// All requests, newest first.
///
/// # Errors
/// The actor is no engineer, or the workspace cannot be read.
pub fn list(context: &Context) -> Result<(Vec<TransferRequestView>, Vec<Problem>)> {
    let (mut views, mut problems) = (Vec::new(), Vec::new());
    for tenant in context.tenants()? {
        let (requests, more) = context.workspace.transfer_requests(&tenant.domain)?;
        problems.extend(more);
        for request in requests {
            require_engineer(context, &tenant.domain)?;
            let id = request.value.id.clone();
            let of = TransferRef { tenant: tenant.domain.clone(), id };
            views.push(view_of(context, &of, request.value)?);
        }
    }
    views.sort_by(|a, b| (b.submitted_at, &b.id).cmp(&(a.submitted_at, &a.id)));
    Ok((views, problems))
}
