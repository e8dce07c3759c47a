//! What the clocks did to access requests, written into the logs by whoever comes next.
//!
//! A request that expires (SAR-15) and access that reaches its longest duration (SAR-16) end at an
//! instant at which no program runs. The entry that is owed for it has an id derived from that
//! instant, so however many write it, the log has it once.

use super::matter::{LoadedMatter, matters};
use crate::error::Result;
use crate::model::{Activity, Id};
use crate::ops::{Context, EventDraft, Matter};
use crate::policy::access::SarState;
use crate::workspace::{CaseRef, Commit};

/// Writes what is owed for the requests of one case. AUD-4: an expired request concerns the tenant
/// that made it, ended access the tenant that gave it, and nobody else.
pub(in crate::ops) fn settle_case(context: &Context, case: &CaseRef) -> Result<usize> {
    settle(context, case, &|_| true)
}

/// As [`settle_case`], for what concerns one tenant only: an act that the other one is not to see
/// writes nothing into its log either (SAR-13).
pub(in crate::ops) fn settle_case_at(
    context: &Context,
    case: &CaseRef,
    tenant: &Id,
) -> Result<usize> {
    settle(context, case, &|concerned| concerned == tenant)
}

fn settle(context: &Context, case: &CaseRef, concerns: &dyn Fn(&Id) -> bool) -> Result<usize> {
    if context.read_only || !has_clocks(context) {
        return Ok(0);
    }
    let loaded = context.workspace.case(case).ok();
    let mut commit = Commit::new();
    let mut owed = 0;
    for matter in matters(context, case, loaded.as_ref())?.0 {
        owed += usize::from(owe(context, &matter, concerns, &mut commit));
    }
    context.commit(commit)?;
    Ok(owed)
}

/// Writes what is owed for all requests of the workspace; how many entries there should be.
///
/// # Errors
/// The records cannot be read, or the logs not be written.
pub fn settle_lapsed(context: &Context) -> Result<usize> {
    let mut owed = 0;
    if !has_clocks(context) {
        return Ok(owed);
    }
    for tenant in context.workspace.tenants()?.0 {
        let tenant = tenant.value.domain;
        for id in context.workspace.case_ids(&tenant)?.0 {
            owed += settle_case(context, &CaseRef { tenant: tenant.clone(), id })?;
        }
    }
    Ok(owed)
}

/// Whether a setting ends anything by itself: without one there is nothing to look for.
fn has_clocks(context: &Context) -> bool {
    let settings = &context.workspace.config().policy;
    settings.pending_ttl.is_some() || settings.max_duration.is_some()
}

fn owe(
    context: &Context,
    matter: &LoadedMatter,
    concerns: &dyn Fn(&Id) -> bool,
    commit: &mut Commit,
) -> bool {
    let request = &matter.request.value;
    let status = matter.status(context);
    if !status.lapsed {
        return false;
    }
    let (tenant, activity, change) = match status.state {
        SarState::Expired => {
            (&request.request_tenant, Activity::RequestCanceled, ("pending", "expired"))
        }
        SarState::Completed => {
            (&request.resource_tenant, Activity::ApprovalRemoved, ("approved", "completed"))
        }
        _ => return false,
    };
    if concerns(tenant) {
        let event =
            EventDraft::by_app(activity, &Matter::access_request(&request.id), status.since);
        commit.owe(tenant, event.change("state", change.0, change.1).build());
    }
    true
}
