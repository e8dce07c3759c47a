//! One case with everything that belongs to it.

use super::list::{Due, due_of};
use crate::error::{Error, Result};
use crate::model::{Case, CaseStatus, Contact, Id, Portal, Restriction, Severity, Store, Time};
use crate::ops::access::{self, AccessView};
use crate::ops::attach::{self, DiagnosticView};
use crate::ops::consent::{self, ConsentView};
use crate::ops::{Context, dates};
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
    /// CASE-3: the service level of an open case.
    pub sla: Option<SlaView>,
    /// CASE-9: when the portal's own schedule is expected to have deleted a closed case, and what
    /// the customer has to know of it.
    pub expunge_expected_at: Option<Time>,
    pub expunge_warning: Option<String>,
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

/// A service level and what is left of it (CASE-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlaView {
    pub started_at: Time,
    pub expires_at: Time,
    pub minutes: u32,
    /// Whole minutes until it expires; negative once it is over.
    pub minutes_left: i64,
    pub overdue: bool,
}

impl SlaView {
    fn of(case: &Case, now: Time) -> Option<Self> {
        let (sla, left) = (case.sla.as_ref()?, rules::sla_left(case, now)?);
        Some(Self {
            started_at: sla.started_at,
            expires_at: sla.expires_at,
            minutes: sla.minutes,
            minutes_left: left.num_minutes(),
            // Half-open as every window: over at equality.
            overdue: left <= chrono::TimeDelta::zero(),
        })
    }

    /// In words: `SLA of 240 minutes: 3 hours left`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let left = clock::in_words(chrono::TimeDelta::minutes(self.minutes_left));
        let said = if self.overdue { format!("over since {left}") } else { format!("{left} left") };
        format!("SLA of {} minutes: {said}", self.minutes)
    }
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
    /// Under legal hold (DEL-8).
    pub held: bool,
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
    let sla = SlaView::of(&case, context.now);
    let expunge_expected_at = rules::expunge_expected_at(&workspace.config().policy, &case);
    let (access, mut problems) = access::of_case(context, case_ref, &loaded)?;
    let (records, more) =
        workspace.artefacts(&layout::store(case_ref, Store::Records), Store::Records)?;
    problems.extend(more);
    let (diagnostics, more) = attach::list(context, case_ref, &loaded)?;
    problems.extend(more);
    let (due, _) = due_of(context, &case, &workspace.engagement(case_ref)?);
    let transfer = transfer_view(context, case_ref, &case)?;
    problems.extend(dates::of_case(case_ref, &case, context.moment_in(&case_ref.tenant)?));
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
        sla,
        expunge_expected_at,
        expunge_warning: expunge_expected_at.map(expunge_warning),
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
                    held: meta.as_ref().is_some_and(|meta| !meta.holds.is_empty()),
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

/// CASE-9, in one sentence.
#[must_use]
pub fn expunge_warning(at: Time) -> String {
    format!(
        "the portal deletes its own records on a schedule of its own, expected {}: the customer \
         has to extract copies before [CASE-9]",
        at.format("%Y-%m-%d")
    )
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
