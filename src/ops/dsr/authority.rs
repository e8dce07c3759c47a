//! DEL-10: authority over data that was deleted dies with it.
//!
//! When an engagement is expunged its requests and approvals are files of it and are gone. What was
//! still in force then ends here, in the logs: access at the tenant that gave it, a request that
//! awaited a decision at the tenant that made it, each in its own log only (SAR-13).

use super::super::{Context, EventDraft, Matter};
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{Activity, AuditEvent, AuditResult, Id, PlanItem};
use crate::workspace::{CaseRef, Commit};

/// Ends what the logs say is open of an expunged engagement, as far as `plan` deleted it. The logs
/// are asked, for the records are gone; written twice, an entry is there once.
pub(super) fn end(
    context: &Context,
    commit: &mut Commit,
    case: &CaseRef,
    plan: &[PlanItem],
    tx: &str,
) -> Result<()> {
    let (own, _) = context.workspace.audit(&case.tenant)?;
    for item in plan.iter().filter(|item| item.engagement == case.to_string()) {
        let path = RelPath::new(&item.path).map_err(|error| Error::usage(error.to_string()))?;
        let parts: Vec<&str> = path.components().filter_map(|part| part.to_str()).collect();
        match parts.as_slice() {
            ["tenants", _, "cases", _, "access", file] => {
                let Some(Ok(sar)) = file.strip_suffix(".toml").map(Id::new) else { continue };
                if is_open(
                    &own,
                    &sar,
                    Activity::RequestCreated,
                    &[
                        Activity::RequestApproved,
                        Activity::RequestRejected,
                        Activity::RequestCanceled,
                    ],
                ) {
                    let event = ended(context, Activity::RequestCanceled, &sar, tx);
                    commit.owe(&case.tenant, event.change("state", "pending", "canceled").build());
                }
            }
            ["tenants", tenant, "approvals", sar, "approval.toml"] => {
                let (Ok(tenant), Ok(sar)) = (Id::new(*tenant), Id::new(*sar)) else { continue };
                let (log, _) = context.workspace.audit(&tenant)?;
                if is_open(&log, &sar, Activity::ApprovalApproved, &[Activity::ApprovalRemoved]) {
                    let event = ended(context, Activity::ApprovalRemoved, &sar, tx);
                    commit.owe(&tenant, event.change("state", "approved", "completed").build());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn ended(context: &Context, activity: Activity, sar: &Id, tx: &str) -> EventDraft {
    EventDraft::by_app(activity, &Matter::access_request(sar), context.now).detail("tx", tx)
}

/// Whether `began` was logged of a request and nothing that ends it.
fn is_open(log: &[AuditEvent], sar: &Id, began: Activity, ends: &[Activity]) -> bool {
    let of = |event: &&AuditEvent| {
        let mut targets = event.target_resources.iter();
        event.result == AuditResult::Success
            && targets.any(|target| target.id.eq_ignore_ascii_case(sar.as_str()))
    };
    let has = |wanted: &[Activity]| {
        log.iter().filter(of).any(|event| wanted.contains(&event.activity_display_name))
    };
    has(&[began]) && !has(ends)
}
