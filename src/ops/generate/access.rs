//! Support access requests in every state, with both tenants' halves (decision 2).

use super::contents;
use super::teller::Teller;
use crate::error::Result;
use crate::model::{
    AccessRequest, Activity, Approval, AuthorisedBy, Case, Category, Decision, DiagnosticKind,
    Ended, EndedState, FORMAT, Origin, Outcome, OutcomeState, Slot,
};
use crate::ops::Matter;
use crate::workspace::{CaseRef, layout, record};
use chrono::Duration;

const ALPHABET: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A request of a case for another tenant of the same customer.
pub(super) fn write(
    teller: &mut Teller<'_, '_>,
    home: usize,
    of: &CaseRef,
    case: &Case,
) -> Result<()> {
    let Some(engineer) = &case.assigned_to else { return Ok(()) };
    let now = teller.world.now;
    let until = case.closed_at.unwrap_or(now);
    let created_at = case.opened_at + teller.dice.within((until - case.opened_at) / 2);
    // A request from before an earlier closing would have ended with it.
    let after_closings = case.closures.len();
    if case.closures.iter().any(|closure| created_at < closure.reopened_at) {
        return Ok(());
    }
    let resource = (home + 1 + teller.dice.below(teller.tenants.len() - 1)) % teller.tenants.len();
    let id = format!("SAR-{}", teller.dice.word(ALPHABET, 8));
    let id = teller.id(id)?;
    let decided_at = created_at + teller.dice.within((until - created_at) / 2);
    let [request_admin, resource_admin] =
        [home, resource].map(|tenant| teller.tenants[tenant].principals[0].upn.clone());
    let slot =
        |decision, by: &String| Slot { decision, at: decided_at, by: by.clone(), signature: None };
    let mut request = AccessRequest {
        format: FORMAT,
        revision: 1,
        id: id.clone(),
        case: case.id.clone(),
        request_tenant: of.tenant.clone(),
        resource_tenant: teller.tenants[resource].domain.clone(),
        justification: "The failing requests end in the other tenant".to_owned(),
        created_at,
        created_by: engineer.clone(),
        after_closings,
        request_slot: None,
        outcome: None,
        x: None,
    };
    let matter = Matter::access_request(&id);
    teller.by_app(home, Activity::RequestCreated, &matter, created_at);
    let ends = |state| Some(Outcome { state, at: decided_at });
    let mut approval = None;
    let mut removed = None;
    match teller.dice.below(10) {
        // Pending; a case that closes cancels it.
        0 | 1 => {
            if let Some(closed) = case.closed_at {
                teller.by_app(home, Activity::RequestCanceled, &matter, closed);
            }
        }
        2 => {
            request.request_slot = Some(slot(Decision::Rejected, &request_admin));
            request.outcome = ends(OutcomeState::Rejected);
            let by = &request_admin;
            teller.by_user(home, Activity::RequestRejected, &matter, by, decided_at, |event| {
                event.change("state", "pending", "rejected")
            });
        }
        3 => {
            request.outcome = ends(OutcomeState::Canceled);
            teller.by_user(
                home,
                Activity::RequestCanceled,
                &matter,
                engineer,
                decided_at,
                |event| event.change("state", "pending", "canceled"),
            );
        }
        other => {
            request.request_slot = Some(slot(Decision::Approved, &request_admin));
            let by = &resource_admin;
            teller.by_user(home, Activity::RequestApproved, &matter, by, decided_at, |event| {
                event.change("state", "pending", "approved")
            });
            teller.by_app(resource, Activity::ApprovalApproved, &matter, decided_at);
            if other == 4 {
                let at = decided_at + (until - decided_at) / 2;
                removed = Some(Ended { state: EndedState::Removed, at, by: Some(by.clone()) });
                teller.by_user(resource, Activity::ApprovalRemoved, &matter, by, at, |event| {
                    event.change("state", "approved", "removed")
                });
            } else if let Some(closed) = case.closed_at {
                teller.by_app(resource, Activity::ApprovalRemoved, &matter, closed);
            }
            approval = Some(slot(Decision::Approved, by));
        }
    }
    teller.writer.dir(&layout::access_dir(of))?;
    let text = record::render(None, &request);
    teller.writer.file(&layout::access_request(of, &id), text.as_bytes())?;
    teller.writer.written.access_requests += 1;
    let Some(resource_slot) = approval else { return Ok(()) };
    let resource_tenant = request.resource_tenant.clone();
    let ended_at = removed.as_ref().map_or(until, |ended| ended.at);
    let approval = Approval {
        format: FORMAT,
        revision: 1,
        id: id.clone(),
        request_tenant: of.tenant.clone(),
        case: case.id.clone(),
        resource_slot: Some(resource_slot),
        ended: removed,
        x: None,
    };
    teller.writer.dir(&layout::approval_dir(&resource_tenant, &id))?;
    let text = record::render(None, &approval);
    teller.writer.file(&layout::approval(&resource_tenant, &id), text.as_bytes())?;
    // What was collected under it lies at the resource tenant (decision 8).
    let from = decided_at.max(now - Duration::days(27));
    if from >= ended_at {
        return Ok(());
    }
    let dir = layout::approval_diagnostics(&resource_tenant, &id);
    teller.writer.dir(&dir)?;
    let at = from + teller.dice.within(ended_at - from);
    let kind = DiagnosticKind::SignInLogs;
    let people = &teller.tenants[resource].principals;
    let contents = contents::diagnostic(teller.dice, kind, 1, people, at - Duration::days(1));
    teller.artefact(&dir, &contents, |mut meta| {
        meta.at = at;
        meta.by.clone_from(engineer);
        meta.origin = Origin::Collected;
        meta.kind = Some(kind.to_string());
        meta.collected_at = Some(at);
        meta.authorised_by = Some(AuthorisedBy::AccessRequest(id.clone()));
        meta.categories = vec![Category::Euii, Category::Eupi];
        meta
    })?;
    let matter = Matter::diagnostic(of);
    teller.by_user(resource, Activity::DiagnosticAttached, &matter, engineer, at, |event| {
        event.detail("categories", "euii,eupi")
    });
    Ok(())
}
