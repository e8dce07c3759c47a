//! Opening a case (CASE-1).

use crate::error::{Error, Result};
use crate::model::{
    Activity, Answer, Case, CaseStatus, ConsentEntry, Contact, ContactMethod, FORMAT, Id, Portal,
    Severity, Sla,
};
use crate::ops::{Context, Matter, partner};
use crate::policy::case as rules;
use crate::text;
use crate::workspace::{CaseRef, Commit, layout};
use chrono::TimeDelta;

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
    /// Minutes agreed for the first answer, from now (CASE-3).
    pub sla_minutes: Option<u32>,
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
    if new.sla_minutes == Some(0) {
        return Err(Error::usage("a service level of no minutes is none"));
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
        sla: new.sla_minutes.map(|minutes| Sla {
            started_at: context.now,
            expires_at: context.now + TimeDelta::minutes(i64::from(minutes)),
            minutes,
        }),
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
    partner::events(context, &mut commit, &case_ref.tenant, &[&case])?;
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

pub(super) fn require_known_engineer(context: &Context, principal: &str) -> Result<()> {
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
