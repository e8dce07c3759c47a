//! What screens show, read from the workspace: the same on the loop's thread and behind it.

use super::app::{
    AccessData, AuditLine, CaseData, CaseList, Failure, Load, Loaded, LogData, Person, Session,
};
use crate::error::Result;
use crate::model::{AuditEvent, Id, InitiatedBy, Tenant};
use crate::ops::{self, Context, access, allowed, attest, case, dsr, retention, status, transfer};
use crate::workspace::CaseRef;
use crate::workspace::index::Freshness;
use std::collections::HashMap;
use std::sync::Arc;

/// The newest entries of the log that are shown.
const LOG_ENTRIES: u64 = 2000;

/// Reads it. `own` is whoever acted at the start.
pub(super) fn read(context: &Context, own: &str, load: &Load) -> Result<Loaded> {
    Ok(match load {
        Load::Session => Loaded::Session(Box::new(session(context, own, &context.tenants()?))),
        Load::Cases => {
            let (lines, status) = status::landing(context, Freshness::Checked)?;
            Loaded::Cases(Arc::new(CaseList::new(lines, status)))
        }
        Load::Case(case_ref) => Loaded::Case(Box::new(case_of(context, case_ref)?)),
        Load::Access => {
            let (views, _) = access::list(context, access::AccessFilter::Current, None)?;
            let with = |view: access::AccessView| -> Result<AccessData> {
                let allowed = allowed::of_access(context, view.id.as_str())?;
                Ok(AccessData { view, allowed })
            };
            Loaded::Access(views.into_iter().map(with).collect::<Result<_>>()?)
        }
        Load::Requests => Loaded::Requests(dsr::list(context)?.0),
        Load::Request(named) => Loaded::Request(Box::new(dsr::allowed(context, named)?)),
        Load::Findings(named) => {
            let (dsr, lines) = dsr::findings(context, named)?;
            Loaded::Findings { dsr, lines }
        }
        Load::Context { dsr, item } => {
            let lines = dsr::contexts(context, dsr, item)?;
            Loaded::Context { item: item.clone(), lines }
        }
        Load::Receipt(named) => Loaded::Receipt(Box::new(dsr::rehearse(context, named)?)),
        Load::Log => {
            let (_, entries) = attest::log(context, LOG_ENTRIES)?;
            let standing = attest::standing(context, &entries)?;
            let recovered = context.notices.clone();
            Loaded::Log(Box::new(LogData { standing, entries, recovered }))
        }
        Load::Retention => {
            let (items, problems) = retention::list(context, None)?;
            Loaded::Retention { items, problems }
        }
        Load::SweepPreview => Loaded::SweepPreview(Box::new(retention::rehearse(context)?)),
        Load::Directory(asked) => {
            let dir = crate::env::absolute(asked);
            let entries = crate::outside::list_dir(&dir)?;
            Loaded::Directory { asked: asked.clone(), dir, entries }
        }
        Load::Entry(index) => Loaded::Entry(Box::new(attest::show(context, *index)?)),
    })
}

fn case_of(context: &Context, case_ref: &CaseRef) -> Result<CaseData> {
    let view = case::show(context, case_ref)?;
    let allowed = allowed::of_case(context, case_ref)?;
    let mut requests: Vec<Id> = view.access.iter().map(|request| request.id.clone()).collect();
    requests.push(view.id.clone());
    let about = |event: &AuditEvent| {
        event
            .target_resources
            .iter()
            .any(|target| requests.iter().any(|id| id == target.id.as_str()))
    };
    // Looking at a case is no attempt to read the log: without the right it is not asked for.
    let audit = allowed::of_audit(context, &case_ref.tenant)
        .map_err(crate::error::Error::from)
        .and_then(|()| ops::audit::show(context, case_ref.tenant.as_str(), None));
    let audit = match audit {
        Ok(log) => {
            Ok(log.events.iter().rev().filter(|event| about(event)).map(audit_line).collect())
        }
        Err(error) => Err(Failure::from(&error)),
    };
    let folder = transfer::glance(context, case_ref)?;
    Ok(CaseData { view, allowed, folder, audit })
}

/// The surroundings, with the people of these tenants. `own` is whoever acted at the start.
pub(super) fn session(context: &Context, own: &str, tenants: &[Tenant]) -> Session {
    let config = context.workspace.config();
    let mut people: Vec<Person> = config
        .engineers
        .iter()
        .map(|engineer| Person {
            principal: engineer.principal.clone(),
            name: engineer.name.clone(),
            part: "engineer".to_owned(),
        })
        .collect();
    let place = |(at, person): (usize, &Person)| (person.principal.to_ascii_lowercase(), at);
    let mut places: HashMap<String, usize> = people.iter().enumerate().rev().map(place).collect();
    for tenant in tenants {
        for who in &tenant.principals {
            let part = format!("{}: {}", tenant.domain, who.roles.join(", "));
            let at = *places.entry(who.upn.to_ascii_lowercase()).or_insert(people.len());
            match people.get_mut(at) {
                Some(known) => known.part = format!("{}; {part}", known.part),
                None => {
                    people.push(Person {
                        principal: who.upn.clone(),
                        name: who.name.clone(),
                        part,
                    });
                }
            }
        }
    }
    Session {
        workspace: config.name.clone(),
        root: context.workspace.root().display().to_string(),
        test_clock: config.test_clock,
        now: context.now,
        principal: context.actor.principal.clone(),
        own: own.to_owned(),
        engineer: context.actor.engineer,
        tenants: tenants.iter().map(|tenant| tenant.domain.clone()).collect(),
        engineers: config.engineers.iter().map(|e| e.principal.clone()).collect(),
        signed_decisions: config.policy.require_signed_decisions,
        people,
    }
}

fn audit_line(event: &AuditEvent) -> AuditLine {
    let by = match &event.initiated_by {
        InitiatedBy::User { user_principal_name, .. } => user_principal_name.clone(),
        InitiatedBy::App { display_name } => format!("({display_name})"),
    };
    let details: Vec<String> = event
        .additional_details
        .iter()
        .map(|detail| format!("{} {}", detail.key, detail.value))
        .collect();
    AuditLine {
        at: event.activity_date_time,
        activity: event.activity_display_name.as_str().to_owned(),
        by,
        failed: !event.result_reason.is_empty(),
        details: if event.result_reason.is_empty() {
            details.join(", ")
        } else {
            event.result_reason.clone()
        },
    }
}
