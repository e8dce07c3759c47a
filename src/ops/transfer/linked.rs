//! The data subject request that a transfer deletion request belongs to: it waits for the check, is
//! fulfilled with it, and its report says what became of the folder (DTM-8, DTM-9).

use crate::error::Result;
use crate::model::{Activity, DecisionKind, DsrDecision, DsrState, Id, Request};
use crate::ops::dsr::{is_settled, load_plan};
use crate::ops::{Context, Matter};
use crate::policy::transfer as rules;
use crate::workspace::{Commit, DsrRef, Loaded};
use std::collections::BTreeSet;

pub(super) fn dsr_of(named: &str) -> Option<DsrRef> {
    let (tenant, id) = named.split_once('/')?;
    Some(DsrRef { tenant: tenant.parse().ok()?, id: id.parse().ok()? })
}

/// DTM-8: the transfer deletion requests that stand in the way of a data subject request.
pub(in crate::ops) fn blocking(context: &Context, dsr: &DsrRef) -> Result<Vec<Id>> {
    let named = dsr.to_string();
    let mut open = Vec::new();
    for tenant in context.tenants()? {
        for request in context.workspace.transfer_requests(&tenant.domain)?.0 {
            let request = request.value;
            if rules::is_open(request.state) && request.dsr.as_deref() == Some(&named) {
                open.push(request.id);
            }
        }
    }
    Ok(open)
}

/// What became of the transfer folder for a data subject request, in words for its report: the
/// separate request, where the files lay (DTM-9), and the check after it (DTM-8). Files are not
/// counted (DTM-2). `None` when there was no such request.
pub(in crate::ops) fn in_report(context: &Context, dsr: &DsrRef) -> Result<Option<String>> {
    let named = dsr.to_string();
    let mut said = Vec::new();
    for tenant in context.tenants()? {
        for request in context.workspace.transfer_requests(&tenant.domain)?.0 {
            let request = request.value;
            if request.dsr.as_deref() != Some(&named) {
                continue;
            }
            let regions: BTreeSet<&str> =
                request.results.iter().filter_map(|result| result.region.as_deref()).collect();
            let region = if regions.is_empty() {
                String::new()
            } else {
                let regions: Vec<&str> = regions.into_iter().collect();
                format!(", region {}", regions.join(" and "))
            };
            let check = match &request.check {
                Some(check) if check.complete => {
                    format!(
                        "the check over the other stores was done on {}",
                        check.at.format("%Y-%m-%d")
                    )
                }
                Some(_) => "the check over the other stores was not complete".to_owned(),
                None => "the check over the other stores is owed".to_owned(),
            };
            let state = request.state.as_str().replace('_', " ");
            said.push(format!("{}{region}: {state}; {check}", request.id));
        }
    }
    Ok((!said.is_empty()).then(|| said.join(". ")))
}

/// A data subject request in which everything was executed and that only waited for the transfer
/// deletion request `closing` is fulfilled.
pub(super) fn fulfil_after(
    context: &Context,
    commit: &mut Commit,
    dsr: &DsrRef,
    closing: &Id,
) -> Result<()> {
    let loaded: Loaded<Request> = context.workspace.dsr(dsr)?;
    let waits = loaded.value.state == DsrState::Verifying;
    if !waits || blocking(context, dsr)?.iter().any(|id| id != closing) {
        return Ok(());
    }
    if !is_settled(context, &loaded.value, &load_plan(context, dsr)?) {
        return Ok(());
    }
    let mut changed = loaded.value.clone();
    changed.state = DsrState::Fulfilled;
    changed.decisions.push(DsrDecision {
        what: DecisionKind::Executed,
        at: context.now,
        by: context.actor.principal.clone(),
        os_user: context.actor.os_user.clone(),
        item: None,
        digest: changed.plan.as_ref().map(|plan| plan.digest),
        reason: Some(format!("{closing} has ended")),
        signature: None,
    });
    let event = context.event(Activity::DsrExecuted, &Matter::dsr(&dsr.id)).change(
        "state",
        loaded.value.state,
        changed.state,
    );
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    Ok(())
}
