//! What the deletion of diagnostics and transfer files leaves in the records of the tenants
//! concerned: an audit event a case (CONS-11), no empty transfer folder (DTM-5).

use crate::attest::Outcome;
use crate::error::Result;
use crate::fs::RelPath;
use crate::model::{Activity, AuditEvent, Id, Store};
use crate::ops::{Context, EventDraft, Matter, transfer};
use crate::workspace::{CaseRef, Commit, layout};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;

/// Why files went.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause<'a> {
    /// An account of the customer deleted them itself.
    Customer,
    /// It follows from a clock or a request.
    Follows(&'a str),
}

/// Where a file of a case lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Diagnostic(CaseRef),
    /// At the resource tenant, under this approval.
    ApprovalDiagnostic {
        tenant: Id,
        approval: Id,
    },
    Transfer(CaseRef),
}

impl Place {
    fn of(path: &RelPath) -> Option<Self> {
        let parts: Vec<&str> = path.components().take(5).filter_map(OsStr::to_str).collect();
        let [_, tenant, kind, id, store] = parts.as_slice() else { return None };
        let (tenant, id) = (Id::new(*tenant).ok()?, Id::new(*id).ok()?);
        match (*kind, store.parse().ok()?) {
            ("cases", Store::Diagnostics) => Some(Self::Diagnostic(CaseRef { tenant, id })),
            ("cases", Store::Transfer) => Some(Self::Transfer(CaseRef { tenant, id })),
            ("approvals", Store::Diagnostics) => {
                Some(Self::ApprovalDiagnostic { tenant, approval: id })
            }
            _ => None,
        }
    }

    fn tenant(&self) -> &Id {
        match self {
            Self::Diagnostic(case) | Self::Transfer(case) => &case.tenant,
            Self::ApprovalDiagnostic { tenant, .. } => tenant,
        }
    }

    fn activity(&self) -> Activity {
        match self {
            Self::Diagnostic(_) | Self::ApprovalDiagnostic { .. } => Activity::DiagnosticDeleted,
            Self::Transfer(_) => Activity::TransferDeleted,
        }
    }

    fn matter(&self, context: &Context) -> Matter {
        match self {
            Self::Diagnostic(case) => Matter::diagnostic(case),
            Self::Transfer(case) => Matter::case(case),
            Self::ApprovalDiagnostic { tenant, approval } => {
                match context.workspace.approval(tenant, approval) {
                    Ok(Some(loaded)) => Matter::diagnostic(&CaseRef {
                        tenant: loaded.value.request_tenant,
                        id: loaded.value.case,
                    }),
                    _ => Matter::access_request(approval),
                }
            }
        }
    }
}

/// Whether a transaction's events are in the audit log of a tenant that it touched, or of `also`. A
/// commit writes all of them or none.
pub(super) fn is_logged(context: &Context, also: Option<&Id>, outcome: &Outcome) -> Result<bool> {
    let tx = outcome.tx.to_string();
    let names = |event: &AuditEvent| {
        event.additional_details.iter().any(|detail| detail.key == "tx" && detail.value == tx)
    };
    let touched = outcome.items.iter().filter_map(|item| tenant_of(&item.path));
    let tenants: BTreeSet<Id> = touched.chain(also.cloned()).collect();
    for tenant in tenants {
        if context.workspace.audit(&tenant)?.0.iter().any(names) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tenant_of(path: &RelPath) -> Option<Id> {
    let mut parts = path.components();
    if parts.next()? != "tenants" {
        return None;
    }
    Id::new(parts.next()?.to_str()?).ok()
}

/// Writes what a transaction deleted into the audit logs of the tenants concerned, an event a case,
/// and removes transfer folders that are empty by then. Transfer files are not counted (DTM-2).
pub(super) fn log_deleted(
    context: &Context,
    commit: &mut Commit,
    outcome: &Outcome,
    cause: Cause<'_>,
    by: &str,
) -> Result<()> {
    let tx = outcome.tx.to_string();
    let mut counts: BTreeMap<Place, u64> = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for item in &outcome.items {
        let Some(place) = Place::of(&item.path) else { continue };
        if let Place::Transfer(case) = &place {
            folders.extend(transfer::folders_above(case, &item.path));
        }
        if item.verdict.is_gone() && layout::sidecar_of(item.path.name()).is_none() {
            *counts.entry(place).or_default() += 1;
        }
    }
    for (place, count) in &counts {
        let matter = place.matter(context);
        let event = EventDraft::by_transaction(place.activity(), &matter, &tx, context.now);
        let mut event = match cause {
            Cause::Customer => event.initiated_by(by, &context.actor.os_user),
            Cause::Follows(from) => event.detail("by", by).detail("because", from),
        };
        if !matches!(place, Place::Transfer(_)) {
            event = event.detail("files", count);
        }
        commit.audit(place.tenant(), event.build());
    }
    // The deepest first: a directory is empty once those in it are gone.
    for folder in folders.into_iter().rev() {
        commit.remove_empty_dir(folder);
    }
    let cases: BTreeSet<&CaseRef> = counts
        .keys()
        .filter_map(|place| match place {
            Place::Transfer(case) => Some(case),
            _ => None,
        })
        .collect();
    for case in cases {
        transfer::note_in_tombstone(context, commit, case)?;
    }
    Ok(())
}
