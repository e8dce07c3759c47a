//! Cases: open, list, show, assign, close, restrict, reopen, and their records.

use super::access::{self, AccessView};
use super::attach::{self, DiagnosticView};
use super::consent::{self, ConsentView};
use super::{Context, Matter};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Answer, Case, CaseStatus, Closure, ConsentEntry, Contact, ContactMethod, FORMAT, Id,
    Meta, Origin, Portal, RecordKind, Restriction, Severity, Store, Time,
};
use crate::policy::access::SarState;
use crate::policy::{case as rules, clock, diagnostics};
use crate::text;
use crate::workspace::{CaseRef, Commit, Loaded, Problem, layout};
use serde::Serialize;
use std::io::Read;

/// A case to open (CASE-1).
#[derive(Debug, Clone)]
pub struct NewCase {
    pub tenant: String,
    pub title: String,
    pub description: Option<String>,
    pub severity: Severity,
    pub product: String,
    pub portal: Portal,
    pub contact: String,
    pub contact_method: ContactMethod,
    pub phone: Option<String>,
    pub country: String,
    pub language: String,
    pub time_zone: String,
    /// The answer on advanced diagnostics (CONS-1).
    pub advanced_diagnostics: bool,
    pub assign: Option<String>,
}

/// Opens a case.
///
/// # Errors
/// The tenant or the contact is unknown, something required is empty, or a rule says no.
pub fn open(context: &Context, new: NewCase) -> Result<(CaseRef, Case)> {
    context.require_writable()?;
    let tenant_id = Id::new(new.tenant).map_err(|error| Error::usage(error.to_string()))?;
    let tenant = context.workspace.tenant(&tenant_id)?.value;
    for (name, value) in [("--title", &new.title), ("--product", &new.product)] {
        if value.trim().is_empty() {
            return Err(Error::usage(format!("{name} must not be empty")));
        }
    }
    // There is no case yet that a refusal could be about: it is about the tenant.
    let about = Matter::case(&CaseRef { tenant: tenant.domain.clone(), id: tenant.domain.clone() });
    let refuse = |refusal| context.refused(refusal, &tenant.domain, Activity::CaseOpened, &about);
    if !context.actor.belongs_to(&tenant.domain) {
        context.actor.require_engineer("CASE-1", "open a case for this tenant").map_err(refuse)?;
    }
    let Some(person) = tenant.principal(&new.contact) else {
        let known = tenant.principals.iter().map(|principal| principal.upn.as_str());
        let near = text::nearest(&new.contact, known);
        return Err(Error::Usage {
            message: format!(
                "the contact {} is not a principal of {}",
                text::safe(&new.contact),
                tenant.domain
            ),
            hint: Some(near.map_or_else(
                || format!("`caseward tenant principal add {} --upn …`", tenant.domain),
                |near| format!("did you mean {near}?"),
            )),
        });
    };
    let contact = Contact {
        upn: person.upn.clone(),
        name: person.name.clone(),
        method: new.contact_method,
        phone: new.phone,
        country: new.country,
        language: new.language,
        time_zone: new.time_zone,
    };
    rules::check_contact(&contact).map_err(refuse)?;
    if let Some(engineer) = &new.assign {
        require_known_engineer(context, engineer)?;
    }
    let case_ref =
        CaseRef { tenant: tenant.domain.clone(), id: fresh_id(context, &tenant.domain)? };
    let answer = if new.advanced_diagnostics { Answer::Yes } else { Answer::No };
    let case = Case {
        format: FORMAT,
        revision: 1,
        id: case_ref.id.clone(),
        title: new.title.clone(),
        description: new.description.unwrap_or_else(|| new.title.clone()),
        status: CaseStatus::Open,
        severity: new.severity,
        product: new.product,
        portal: new.portal,
        opened_at: context.now,
        opened_by: person.upn.clone(),
        closed_at: None,
        assigned_to: new.assign,
        engineers: Vec::new(),
        contacts: vec![contact],
        consent: vec![ConsentEntry {
            answer,
            at: context.now,
            by: person.upn.clone(),
            kind: ConsentEntry::ADVANCED.to_owned(),
        }],
        closures: Vec::new(),
        restriction: None,
        transfer: None,
        x: None,
    };
    let matter = Matter::case(&case_ref);
    let mut commit = Commit::new();
    commit.create(layout::case(&case_ref), &case);
    let opened = context
        .event(Activity::CaseOpened, &matter)
        .detail("severity", case.severity)
        .detail("portal", case.portal);
    commit.audit(&case_ref.tenant, opened.build());
    let answered = match answer {
        Answer::Yes => Activity::ConsentGranted,
        _ => Activity::ConsentDeclined,
    };
    commit.audit(&case_ref.tenant, context.event(answered, &matter).build());
    if let Some(engineer) = &case.assigned_to {
        let assigned =
            context.event(Activity::CaseAssigned, &matter).change("engineer", "", engineer);
        commit.audit(&case_ref.tenant, assigned.build());
    }
    context.commit(commit)?;
    Ok((case_ref, case))
}

/// Sixteen digits, the date first, as support request numbers are (CASE-11); never one that a
/// case or tombstone of the tenant bears.
fn fresh_id(context: &Context, tenant: &Id) -> Result<Id> {
    let (taken, _) = context.workspace.case_ids(tenant)?;
    loop {
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
        let number = u64::from_le_bytes(random) % 10_000_000_000;
        let id = format!("{}{number:010}", context.now.format("%y%m%d"));
        match Id::new(id) {
            Ok(id) if !taken.contains(&id) => return Ok(id),
            _ => {}
        }
    }
}

fn require_known_engineer(context: &Context, principal: &str) -> Result<()> {
    let engineers = &context.workspace.config().engineers;
    if engineers.iter().any(|engineer| engineer.principal.eq_ignore_ascii_case(principal)) {
        return Ok(());
    }
    let near = text::nearest(principal, engineers.iter().map(|e| e.principal.as_str()));
    Err(Error::Usage {
        message: format!("{} is not an engineer of this workspace", text::safe(principal)),
        hint: Some(near.map_or_else(
            || "`caseward engineer list` names them".to_owned(),
            |near| format!("did you mean {near}?"),
        )),
    })
}

/// Which cases to list.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    pub tenant: Option<String>,
    pub open_only: bool,
    /// Words that must all be in the id, title, tenant, product, severity or engineer.
    pub text: Option<String>,
}

/// A line of the list of cases.
#[derive(Debug, Clone, Serialize)]
pub struct CaseLine {
    pub id: Id,
    pub tenant: Id,
    pub title: String,
    /// `open`, `closed` or `expunged`.
    pub status: &'static str,
    pub severity: Option<Severity>,
    pub product: Option<String>,
    pub assigned_to: Option<String>,
    pub opened_at: Option<Time>,
    pub closed_at: Option<Time>,
    /// The state of the consent.
    pub consent: Option<&'static str>,
    pub consent_expires_at: Option<Time>,
    /// Requests that await a decision, and access in force.
    pub access_pending: usize,
    pub access_approved: usize,
    pub due: Vec<Due>,
}

/// Something with a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// `diagnostics`, `transfer`, `consent` or `dsr`.
    pub what: &'static str,
    /// The file or record, relative to the workspace.
    pub path: String,
    pub at: Time,
    pub overdue: bool,
    pub held: bool,
}

/// The list of cases, newest first, with what is wrong with other files.
///
/// # Errors
/// The workspace cannot be read, or the tenant named is unknown.
pub fn list(context: &Context, filter: &CaseFilter) -> Result<(Vec<CaseLine>, Vec<Problem>)> {
    let workspace = &context.workspace;
    let settings = &workspace.config().policy;
    let (tenants, mut problems) = workspace.tenants()?;
    let wanted = match &filter.tenant {
        Some(domain) => {
            let id = Id::new(domain.as_str()).map_err(|error| Error::usage(error.to_string()))?;
            Some(workspace.tenant(&id)?.value.domain)
        }
        None => None,
    };
    let mut lines = Vec::new();
    for tenant in tenants.iter().filter(|t| wanted.as_ref().is_none_or(|w| t.value.domain == *w)) {
        let (cases, more) = workspace.cases(&tenant.value.domain)?;
        problems.extend(more);
        let values: Vec<Case> = cases.iter().map(|case| case.value.clone()).collect();
        for loaded in &cases {
            let case = &loaded.value;
            let case_ref = CaseRef { tenant: tenant.value.domain.clone(), id: case.id.clone() };
            let consent = crate::policy::consent::status(
                settings,
                tenant.value.regime,
                case,
                &values,
                context.now,
            );
            let (requests, more) = access::of_case(context, &case_ref, loaded)?;
            problems.extend(more);
            let (due, more) = due_of(context, &case_ref, case)?;
            problems.extend(more);
            let in_state = |state| requests.iter().filter(move |request| request.state == state);
            lines.push(CaseLine {
                id: case.id.clone(),
                tenant: case_ref.tenant,
                title: case.title.clone(),
                status: case.status.as_str(),
                severity: Some(case.severity),
                product: Some(case.product.clone()),
                assigned_to: case.assigned_to.clone(),
                opened_at: Some(case.opened_at),
                closed_at: case.closed_at,
                consent: Some(consent.state.as_str()),
                consent_expires_at: consent.expires_at,
                access_pending: in_state(SarState::Pending.as_str()).count(),
                access_approved: in_state(SarState::Approved.as_str())
                    .filter(|request| request.sees_approval)
                    .count(),
                due,
            });
        }
        let (tombstones, more) = workspace.tombstones(&tenant.value.domain)?;
        problems.extend(more);
        lines.extend(tombstones.into_iter().map(|tombstone| CaseLine {
            id: tombstone.value.id,
            tenant: tenant.value.domain.clone(),
            title: String::new(),
            status: "expunged",
            severity: None,
            product: None,
            assigned_to: None,
            opened_at: None,
            closed_at: tombstone.value.closed_at,
            consent: None,
            consent_expires_at: None,
            access_pending: 0,
            access_approved: 0,
            due: Vec::new(),
        }));
    }
    lines.retain(|line| !filter.open_only || line.status == CaseStatus::Open.as_str());
    if let Some(words) = &filter.text {
        lines.retain(|line| matches_words(line, words));
    }
    lines.sort_by(|a, b| (b.opened_at, &a.tenant, &a.id).cmp(&(a.opened_at, &b.tenant, &b.id)));
    Ok((lines, problems))
}

/// Whether every word of `words` stands in the line, without case.
#[must_use]
pub fn matches_words(line: &CaseLine, words: &str) -> bool {
    let hay = [
        line.id.as_str(),
        line.tenant.as_str(),
        &line.title,
        line.status,
        line.severity.map_or("", Severity::as_str),
        line.product.as_deref().unwrap_or_default(),
        line.assigned_to.as_deref().unwrap_or_default(),
        line.consent.unwrap_or_default(),
    ]
    .join("\n")
    .to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| hay.contains(word))
}

/// What falls due of a case's files: diagnostics (also those collected under its access requests)
/// and, once it is closed, transfer files.
fn due_of(context: &Context, case_ref: &CaseRef, case: &Case) -> Result<(Vec<Due>, Vec<Problem>)> {
    let workspace = &context.workspace;
    let settings = &workspace.config().policy;
    let (mut due, mut problems) = (Vec::new(), Vec::new());
    let mut add = |what, path: String, at: Time, held: bool| {
        due.push(Due { what, path, at, overdue: context.now >= at, held });
    };
    let (artefacts, more) =
        workspace.artefacts(&layout::store(case_ref, Store::Diagnostics), Store::Diagnostics)?;
    problems.extend(more);
    for artefact in artefacts {
        if let Some(meta) = artefact.meta
            && let Some(collected_at) = meta.value.collected_at
        {
            let at = diagnostics::delete_after(settings, collected_at);
            add("diagnostics", artefact.path.display(), at, !meta.value.holds.is_empty());
        }
    }
    if let Some(at) = rules::transfer_due_at(settings, case) {
        let (artefacts, more) =
            workspace.artefacts(&layout::store(case_ref, Store::Transfer), Store::Transfer)?;
        problems.extend(more);
        for artefact in artefacts {
            let held = artefact.meta.is_some_and(|meta| !meta.value.holds.is_empty());
            add("transfer", artefact.path.display(), at, held);
        }
    }
    due.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    Ok((due, problems))
}

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
    let loaded = workspace.case(case_ref)?;
    let case = loaded.value.clone();
    let consent = consent::view_of(context, case_ref, &case)?;
    let (access, mut problems) = access::of_case(context, case_ref, &loaded)?;
    let (records, more) =
        workspace.artefacts(&layout::store(case_ref, Store::Records), Store::Records)?;
    problems.extend(more);
    let (diagnostics, more) = attach::list(context, case_ref, &loaded)?;
    problems.extend(more);
    let (due, _) = due_of(context, case_ref, &case)?;
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

/// A case that is about to change: its reference and its record.
fn to_change(context: &Context, named: &str) -> Result<(CaseRef, Loaded<Case>)> {
    context.require_writable()?;
    let case_ref = context.workspace.find_case(named)?;
    let case = context.workspace.case(&case_ref)?;
    Ok((case_ref, case))
}

/// Assigns a case to an engineer.
///
/// # Errors
/// The engineer is unknown, or a rule says no.
pub fn assign(context: &Context, named: &str, engineer: &str) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    require_known_engineer(context, engineer)?;
    let matter = Matter::case(&case_ref);
    rules::may_assign(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseAssigned, &matter)
    })?;
    let mut changed = loaded.value.clone();
    let old = changed.assigned_to.replace(engineer.to_owned());
    let event = context.event(Activity::CaseAssigned, &matter).change(
        "engineer",
        old.unwrap_or_default(),
        engineer,
    );
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// Changes the severity (CASE-4).
///
/// # Errors
/// A rule says no.
pub fn set_severity(
    context: &Context,
    named: &str,
    severity: Severity,
    on_request_of: Option<&str>,
) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    rules::may_set_severity(&context.actor, &loaded.value, on_request_of).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseUpdated, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.severity = severity;
    let mut event = context.event(Activity::CaseUpdated, &matter).change(
        "severity",
        loaded.value.severity,
        severity,
    );
    if let Some(requester) = on_request_of {
        event = event.detail("on_request_of", requester);
    }
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// What closing a case ended (CASE-5).
#[derive(Debug, Clone, Serialize)]
pub struct Closed {
    pub id: Id,
    pub tenant: Id,
    pub closed_at: Time,
    /// Access that became completed, and requests that became canceled.
    pub completed: Vec<Id>,
    pub canceled: Vec<Id>,
    /// When the transfer files are deleted.
    pub transfer_due_at: Option<Time>,
}

/// Closes a case: one write of `closed_at`, from which everything else follows, and the audit
/// entries it owes to both tenants, in one commit (CASE-5, SAR-11, AUD-4).
///
/// # Errors
/// A rule says no.
pub fn close(context: &Context, named: &str) -> Result<Closed> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    rules::may_close(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseClosed, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.status = CaseStatus::Closed;
    changed.closed_at = Some(context.now);
    let mut commit = Commit::new();
    commit.update(&loaded, changed.clone());
    let event = context.event(Activity::CaseClosed, &matter).change("status", "open", "closed");
    commit.audit(&case_ref.tenant, event.build());
    let (mut completed, mut canceled) = (Vec::new(), Vec::new());
    for request in access::matters(context, &case_ref, Some(&loaded))?.0 {
        let sar = &request.request.value.id;
        let matter = Matter::access_request(sar);
        match request.status(context).state {
            SarState::Pending => {
                let event = context.automatic_event(Activity::RequestCanceled, &matter);
                commit.audit(&case_ref.tenant, event);
                canceled.push(sar.clone());
            }
            SarState::Approved => {
                let event = context.automatic_event(Activity::ApprovalRemoved, &matter);
                commit.audit(&request.request.value.resource_tenant, event);
                completed.push(sar.clone());
            }
            _ => {}
        }
    }
    context.commit(commit)?;
    let settings = &context.workspace.config().policy;
    // SAR-13: who may not see approvals does not learn here which access there was.
    if !context.actor.engineer {
        completed.clear();
    }
    Ok(Closed {
        id: changed.id.clone(),
        tenant: case_ref.tenant,
        closed_at: context.now,
        completed,
        canceled,
        transfer_due_at: rules::transfer_due_at(settings, &changed)
            .filter(|_| changed.transfer.is_some()),
    })
}

/// Marks a closed case "do not reopen without the customer's permission" (CASE-7).
///
/// # Errors
/// A rule says no.
pub fn restrict(context: &Context, named: &str, note: Option<String>) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    rules::may_restrict(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseRestricted, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.restriction = Some(Restriction {
        no_reopen: true,
        at: context.now,
        by: context.actor.principal.clone(),
        note,
    });
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, context.event(Activity::CaseRestricted, &matter).build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// Reopens a case. What the closing ended stays ended (CASE-8).
///
/// # Errors
/// A rule says no.
pub fn reopen(context: &Context, named: &str, permission: Option<String>) -> Result<CaseRef> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    rules::may_reopen(&context.actor, &loaded.value, permission.as_deref()).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseReopened, &matter)
    })?;
    let mut changed = loaded.value.clone();
    changed.status = CaseStatus::Open;
    if let Some(closed_at) = changed.closed_at.take() {
        changed.closures.push(Closure {
            closed_at,
            reopened_at: context.now,
            reopened_by: context.actor.principal.clone(),
            customer_permission: permission,
            answers: Some(changed.consent.len()),
        });
    }
    changed.restriction = None;
    let event = context.event(Activity::CaseReopened, &matter).change("status", "closed", "open");
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(case_ref)
}

/// CASE-10: always refused, and logged.
///
/// # Errors
/// Always: the refusal, or that the case is unknown.
pub fn remove(context: &Context, named: &str) -> Result<()> {
    let case_ref = context.workspace.find_case(named)?;
    let case = context.workspace.case(&case_ref)?.value;
    let matter = Matter::case(&case_ref);
    let refusal = rules::removal_refusal(&case);
    Err(context.refused(refusal, &case_ref.tenant, Activity::CaseExpunged, &matter))
}

/// Whether the actor may add a record: an engineer, to an open case (CASE-6).
pub(super) fn may_note(
    context: &Context,
    case: &Case,
    what: &str,
) -> std::result::Result<(), crate::policy::Refusal> {
    context
        .actor
        .require_engineer("CASE-1", "add to a case")
        .and_then(|()| rules::require_open(case, what))
}

/// A record that was added.
#[derive(Debug, Clone, Serialize)]
pub struct Noted {
    pub case: Id,
    pub name: String,
    pub path: String,
    pub size: u64,
    pub sha256: crate::model::Sha256,
}

/// Adds a record to a case.
///
/// # Errors
/// The case is closed (CASE-6), the actor is no engineer, or the text cannot be read.
pub fn add_record(
    context: &Context,
    named: &str,
    kind: RecordKind,
    internal: bool,
    source: &mut dyn Read,
    shown: &str,
) -> Result<Noted> {
    let (case_ref, loaded) = to_change(context, named)?;
    let matter = Matter::case(&case_ref);
    may_note(context, &loaded.value, kind.as_str()).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::CaseUpdated, &matter)
    })?;
    let mut stage = context.workspace.stage()?;
    let staged = stage.copy_in(source, shown, &mut |_| {})?;
    if staged.size == 0 {
        return Err(Error::usage(format!("an empty {kind} is not added")));
    }
    let dir = layout::store(&case_ref, Store::Records);
    let stem = format!("{kind}-{}", context.now.format("%Y%m%dT%H%M%SZ"));
    let ending = if kind == RecordKind::Email { "eml" } else { "md" };
    let path = attach::free_name(context, &dir, &stem, ending)?;
    let name = path.name().to_string_lossy().into_owned();
    let meta = Meta {
        format: FORMAT,
        name: name.clone(),
        size: staged.size,
        sha256: staged.sha256,
        at: context.now,
        by: context.actor.principal.clone(),
        origin: Origin::Collected,
        categories: Vec::new(),
        collected_at: None,
        authorised_by: None,
        kind: Some(kind.as_str().to_owned()),
        internal,
        holds: Vec::new(),
        x: None,
    };
    let noted = Noted {
        case: case_ref.id.clone(),
        name,
        path: path.display(),
        size: staged.size,
        sha256: staged.sha256,
    };
    let mut commit = Commit::new();
    commit.rely_on(&loaded);
    commit.place(staged, path.clone());
    commit.create(layout::sidecar(&path), &meta);
    let event = context.event(Activity::CaseUpdated, &matter).detail("record_added", kind);
    commit.audit(&case_ref.tenant, event.build());
    context.workspace.commit_staged(Some(stage), commit)?;
    Ok(noted)
}
