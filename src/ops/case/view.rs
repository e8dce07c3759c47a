//! One case with everything that belongs to it.

use super::list::{Due, due_of};
use crate::error::{Error, Result};
use crate::model::{Case, CaseStatus, Contact, Id, Portal, Restriction, Severity, Store, Time};
use crate::ops::Context;
use crate::ops::access::{self, AccessView};
use crate::ops::attach::{self, DiagnosticView};
use crate::ops::consent::{self, ConsentView};
use crate::policy::{case as rules, clock};
use crate::workspace::{CaseRef, Problem, layout};
use serde::Serialize;

/// A case with everything that belongs to it.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    pub id: Id,
    pub tenant: Id,
    pub title: String,
    pub description: String,
    pub status: &'static str,
    pub severity: Severity,
    pub product: String,
    pub portal: Portal,
    pub opened_at: Time,
    pub opened_by: String,
    pub closed_at: Option<Time>,
    pub assigned_to: Option<String>,
    pub engineers: Vec<String>,
    pub contacts: Vec<Contact>,
    pub restriction: Option<Restriction>,
    pub consent: ConsentView,
    pub access: Vec<AccessView>,
    pub records: Vec<RecordView>,
    pub diagnostics: Vec<DiagnosticView>,
    pub transfer: TransferView,
    pub due: Vec<Due>,
    pub problems: Vec<Problem>,
}

/// A file in `records/`.
#[derive(Debug, Clone, Serialize)]
pub struct RecordView {
    pub name: String,
    pub path: String,
    pub kind: Option<String>,
    pub size: u64,
    pub at: Option<Time>,
    pub by: Option<String>,
    pub internal: bool,
}

/// The transfer workspace of a case. Counts are for its engineers and listed accounts only (DTM-2).
#[derive(Debug, Clone, Serialize)]
pub struct TransferView {
    /// `none`, `active`, `link_expired` or `inaccessible`.
    pub state: &'static str,
    pub link_expires_at: Option<Time>,
    pub files: Option<usize>,
    pub due_at: Option<Time>,
}

/// Everything about one case.
///
/// # Errors
/// The case is unknown, expunged or not valid.
pub fn show(context: &Context, case_ref: &CaseRef) -> Result<CaseView> {
    let workspace = &context.workspace;
    if !context.actor.may_see(&case_ref.tenant) {
        return Err(Error::Usage {
            message: format!(
                "there is no case `{}` that {} may see",
                case_ref.id, context.actor.principal
            ),
            hint: Some("`caseward case list` shows them".to_owned()),
        });
    }
    let loaded = workspace.case(case_ref)?;
    let case = loaded.value.clone();
    let consent = consent::view_of(context, case_ref, &case)?;
    let (access, mut problems) = access::of_case(context, case_ref, &loaded)?;
    let (records, more) =
        workspace.artefacts(&layout::store(case_ref, Store::Records), Store::Records)?;
    problems.extend(more);
    let (diagnostics, more) = attach::list(context, case_ref, &loaded)?;
    problems.extend(more);
    let (due, _) = due_of(context, &case, &workspace.engagement(case_ref)?);
    let transfer = transfer_view(context, case_ref, &case)?;
    problems.sort();
    problems.dedup();
    Ok(CaseView {
        id: case.id,
        tenant: case_ref.tenant.clone(),
        title: case.title,
        description: case.description,
        status: case.status.as_str(),
        severity: case.severity,
        product: case.product,
        portal: case.portal,
        opened_at: case.opened_at,
        opened_by: case.opened_by,
        closed_at: case.closed_at,
        assigned_to: case.assigned_to,
        engineers: case.engineers,
        contacts: case.contacts,
        restriction: case.restriction,
        consent,
        access,
        records: records
            .into_iter()
            .map(|artefact| {
                let meta = artefact.meta.map(|meta| meta.value);
                RecordView {
                    name: artefact.name,
                    path: artefact.path.display(),
                    kind: meta.as_ref().and_then(|meta| meta.kind.clone()),
                    size: artefact.size,
                    at: meta.as_ref().map(|meta| meta.at),
                    internal: meta.as_ref().is_some_and(|meta| meta.internal),
                    by: meta.map(|meta| meta.by),
                }
            })
            .collect(),
        diagnostics,
        transfer,
        due,
        problems,
    })
}

fn transfer_view(context: &Context, case_ref: &CaseRef, case: &Case) -> Result<TransferView> {
    let settings = &context.workspace.config().policy;
    let link_expires_at = case
        .transfer
        .as_ref()
        .map(|link| clock::end_of(link.link_issued_at, settings.transfer_link_days));
    let state = match (case.status, link_expires_at) {
        (_, None) => "none",
        (CaseStatus::Closed, _) => "inaccessible",
        (CaseStatus::Open, Some(end)) if context.now >= end => "link_expired",
        (CaseStatus::Open, Some(_)) => "active",
    };
    let listed = case
        .transfer
        .as_ref()
        .is_some_and(|link| link.accounts.iter().any(|account| context.actor.is(account)));
    let own = context.actor.engineer && case.is_worked_by(&context.actor.principal);
    let files = if own || listed {
        let dir = layout::store(case_ref, Store::Transfer);
        Some(context.workspace.artefacts(&dir, Store::Transfer)?.0.len())
    } else {
        None
    };
    let due_at = rules::transfer_due_at(settings, case).filter(|_| state != "none");
    Ok(TransferView { state, link_expires_at, files, due_at })
}
