//! DTM-8: after the transfer files went, the check over everything else: a discovery with the
//! identifiers of a data subject request, and the files that were copied out of transfer folders.

use super::decide::write;
use super::linked::dsr_of;
use super::request::{Found, TransferRequestView, decision, find};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Finding, FindingKind, Origin, Store, TransferCheck, TransferDecisionKind,
    TransferRequestState,
};
use crate::ops::dsr::{self, DiscoverProgress};
use crate::ops::{Context, Matter};
use crate::policy::transfer as rules;
use crate::workspace::{CaseRef, Problem, layout};
use serde::Serialize;
use std::sync::atomic::AtomicBool;

/// What the check found.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    #[serde(flatten)]
    pub request: TransferRequestView,
    /// Findings of the discovery, records kept by law left out.
    pub items: Vec<Finding>,
    /// Files whose origin is a transfer folder: they are copies of what was deleted.
    pub from_transfer: Vec<FromTransfer>,
    pub complete: bool,
    pub problems: Vec<Problem>,
}

/// A file that was copied out of a transfer folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FromTransfer {
    pub path: String,
    pub origin: String,
}

/// Runs the check and records that it was done. `named_dsr` names the data subject request whose
/// identifiers are searched for, where the transfer request is linked to none.
///
/// # Errors
/// The files are not gone yet, there are no identifiers, or the workspace cannot be read.
pub fn check(
    context: &Context,
    named: &str,
    named_dsr: Option<&str>,
    progress: &(dyn Fn(DiscoverProgress) + Sync),
    cancel: &AtomicBool,
) -> Result<Checked> {
    context.require_writable()?;
    let Found { of, loaded } = find(context, named)?;
    let matter = Matter::transfer_request(&of.id);
    let activity = Activity::TransferDeletionChecked;
    context
        .actor
        .require_engineer("DTM-8", "check the other stores")
        .and_then(|()| {
            let wanted = &[TransferRequestState::CrossCheckRequired];
            rules::require_state(&loaded.value, wanted, "checked")
        })
        .map_err(|refusal| context.refused(refusal, &of.tenant, activity, &matter))?;
    let linked = loaded.value.dsr.as_deref().and_then(dsr_of);
    let dsr = match (linked, named_dsr) {
        (Some(dsr), None) => dsr,
        (linked, Some(named)) => {
            let named = dsr::find(context, named)?;
            if linked.as_ref().is_some_and(|linked| *linked != named) {
                return Err(Error::usage(format!("{} is linked to another request", of.id)));
            }
            named
        }
        (None, None) => {
            return Err(Error::Usage {
                message: format!("{} is linked to no data subject request", of.id),
                hint: Some("name the one whose identifiers are searched for: --dsr DSR".to_owned()),
            });
        }
    };
    let request = context.workspace.dsr(&dsr)?.value;
    let own = |tenant: &crate::model::Id| -> Result<String> {
        Ok(context.workspace.tenant(tenant)?.value.customer)
    };
    if own(&dsr.tenant)? != own(&of.tenant)? {
        return Err(Error::usage(format!("{} belongs to another customer", dsr.id)));
    }
    if request.identifiers.iter().all(|given| given.value.is_empty()) {
        return Err(Error::Usage {
            message: format!("{} has no identifiers to search for", dsr.id),
            hint: Some("discovery searches only for what the customer gave [DSR-5]".to_owned()),
        });
    }
    let found = dsr::search_once(context, &dsr, &request, progress, cancel)?;
    let legal = [FindingKind::Request, FindingKind::Audit, FindingKind::Attestation];
    let items: Vec<Finding> =
        found.items.into_iter().filter(|finding| !legal.contains(&finding.kind)).collect();
    let (from_transfer, problems) = copies(context, &of)?;
    let mut changed = loaded.value.clone();
    changed.check = Some(TransferCheck {
        at: context.now,
        by: context.actor.principal.clone(),
        dsr: dsr.to_string(),
        findings: items.len() as u64,
        complete: found.complete,
    });
    changed.decisions.push(decision(context, TransferDecisionKind::Checked, None));
    let request = write(context, &of, &loaded, changed, activity)?;
    Ok(Checked { request, items, from_transfer, complete: found.complete, problems })
}

/// The customer's files whose origin is `transfer:<name>`.
fn copies(
    context: &Context,
    of: &crate::workspace::TransferRef,
) -> Result<(Vec<FromTransfer>, Vec<Problem>)> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let dsr = crate::workspace::DsrRef { tenant: of.tenant.clone(), id: of.id.clone() };
    for tenant in dsr::customer_tenants(context, &dsr)? {
        let domain = &tenant.domain;
        let mut stores = Vec::new();
        for id in context.workspace.case_ids(domain)?.0 {
            let case = CaseRef { tenant: domain.clone(), id };
            for store in [Store::Records, Store::Diagnostics] {
                stores.push((layout::store(&case, store), store));
            }
        }
        for sar in context.workspace.approval_ids(domain)? {
            stores.push((layout::approval_diagnostics(domain, &sar), Store::Diagnostics));
        }
        for (dir, store) in stores {
            let (artefacts, more) = context.workspace.artefacts(&dir, store)?;
            problems.extend(more);
            found.extend(artefacts.into_iter().filter_map(|artefact| {
                let meta = artefact.meta?.value;
                matches!(meta.origin, Origin::Transfer(_)).then(|| FromTransfer {
                    path: artefact.path.display(),
                    origin: meta.origin.to_string(),
                })
            }));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    problems.sort();
    problems.dedup();
    Ok((found, problems))
}
