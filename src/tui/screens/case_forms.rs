//! The forms of a case.

use super::form::{Field, Form};
use crate::model::{Category, ConsentEntry, DiagnosticKind, RecordKind, Severity};
use crate::ops::attach::Attachment;
use crate::tui::app::{CaseData, Effect, Failure, Operation, Session, Work, kinds};
use crate::workspace::CaseRef;
use std::path::PathBuf;

/// Makes the forms of a case.
#[derive(Debug)]
pub struct CaseForm;

impl CaseForm {
    /// The customer's answer on advanced diagnostics.
    #[must_use]
    pub fn consent(case: &CaseRef, data: &CaseData) -> Form {
        let active = data.view.consent.state == "active";
        let contact = data.view.contacts.first().map_or("", |contact| contact.upn.as_str());
        let case = case.clone();
        let intro = format!(
            "Consent is {} now: {}. Record what the customer answered when asked whether advanced \
             diagnostic information may be collected ({}).",
            data.view.consent.state,
            data.view.consent.why,
            ConsentEntry::ADVANCED
        );
        Form::new(
            format!("Consent of {}", case.id),
            intro,
            "Record the answer",
            vec![
                Field::one(
                    "Answer",
                    ["yes", "no"],
                    usize::from(active),
                    "What the customer said; left and right change it. No revokes a Yes.",
                ),
                Field::text("Given by", contact, "Who said it, on the customer's side."),
                Field::one(
                    "About",
                    [ConsentEntry::ADVANCED, ConsentEntry::MEMORY_DUMP],
                    0,
                    "A memory dump pauses the machine and needs a Yes of its own.",
                ),
            ],
            Box::new(move |fields| {
                let (case, by) = (case.clone(), fields[1].word().to_owned());
                let (yes, kind) = (fields[0].word() == "yes", fields[2].word().to_owned());
                Ok(Effect::Do(Operation::Consent { case, yes, by, kind }))
            }),
        )
    }

    /// A support access request.
    #[must_use]
    pub fn access(case: &CaseRef, data: &CaseData, session: &Session) -> Form {
        // SAR-1: a case that came in another way than a portal needs a request for its own tenant.
        let own = !crate::policy::case::consent_is_the_way_in(data.view.portal);
        let others = || session.tenants.iter().filter(|tenant| own || **tenant != case.tenant);
        let same = |tenant: &str| {
            tenant.split(['.', '-']).next() == case.tenant.as_str().split('.').next()
        };
        // Another tenant of the same customer is the usual one.
        let likely = others().position(|tenant| same(tenant.as_str())).unwrap_or(0);
        let tenants: Vec<String> = others().map(ToString::to_string).collect();
        let case = case.clone();
        Form::new(
            format!("Request access for {}", case.id),
            "For a problem in another tenant than the one that opened the case. Administrators of \
             both tenants decide; until then there is no access.",
            "Request access",
            vec![
                Field::one(
                    "Resource tenant",
                    tenants,
                    likely,
                    "Where the problem is; left and right change it.",
                ),
                Field::text(
                    "Justification",
                    "",
                    "Why it can only be seen there. Both tenants read it.",
                ),
            ],
            Box::new(move |fields| {
                Ok(Effect::Do(Operation::RequestAccess {
                    case: case.clone(),
                    tenant: fields[0].word().to_owned(),
                    justification: fields[1].word().to_owned(),
                }))
            }),
        )
    }

    /// Diagnostics with their categories.
    #[must_use]
    pub fn attach(case: &CaseRef, data: &CaseData, session: &Session) -> Form {
        let at = session.tenants.iter().position(|tenant| *tenant == case.tenant).unwrap_or(0);
        let tenants: Vec<String> = session.tenants.iter().map(ToString::to_string).collect();
        let categories: Vec<&str> =
            Category::ALL.iter().map(|category| category.as_str()).collect();
        let kinds = kinds();
        let kind = kinds.iter().position(|kind| *kind == "other").unwrap_or(0);
        let case = case.clone();
        let intro = format!(
            "Consent is {}: {}. Files are checked against the rules before anything is copied, \
             and deleted 28 days after collection at the latest.",
            data.view.consent.state, data.view.consent.why
        );
        Form::new(
            format!("Attach to {}", case.id),
            intro,
            "Attach",
            vec![
                Field::text(
                    "File",
                    "",
                    "Paths with commas between, ~ is not expanded. transfer:NAME: from the transfer folder.",
                ),
                Field::one("Kind", kinds, kind, "Basic kinds need no consent. A letter jumps to a word."),
                Field::many("Categories", categories, "Left and right move, space marks. At least one; suggested from the file's name."),
                Field::one("Collected from", tenants, at, "The tenant that the data is from."),
                Field::text("Collected at", "", "RFC 3339 UTC, such as 2026-11-20T14:00:00Z; empty is now."),
            ],
            Box::new(move |fields| attachment(&case, fields).map(|work| Effect::Start(Work::Attach(work)))),
        )
        .following(suggest)
    }

    /// A record.
    #[must_use]
    pub fn note(case: &CaseRef) -> Form {
        let case = case.clone();
        let kinds: Vec<&str> = RecordKind::ALL.iter().map(|kind| kind.as_str()).collect();
        Form::new(
            format!("Add to {}", case.id),
            "A record of the case. Longer ones come from a file: `caseward case note --file`.",
            "Add",
            vec![
                Field::one("Kind", kinds, 0, "What it is."),
                Field::check("Internal", "Space marks it: never given to a data subject."),
                Field::text("Text", "", "One line; pasted line breaks become spaces."),
            ],
            Box::new(move |fields| {
                let kind: RecordKind =
                    fields[0].word().parse().map_err(|error: crate::model::UnknownWord| {
                        Failure::usage(error.to_string())
                    })?;
                Ok(Effect::Do(Operation::Note {
                    case: case.clone(),
                    kind,
                    internal: fields[1].is_on(),
                    text: fields[2].word().to_owned(),
                }))
            }),
        )
    }

    /// How bad it is (CASE-4).
    #[must_use]
    pub fn severity(case: &CaseRef, data: &CaseData) -> Form {
        let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
        let now = Severity::ALL.iter().position(|s| *s == data.view.severity).unwrap_or(0);
        let contact = data.view.contacts.first().map_or("", |contact| contact.upn.as_str());
        let assigned = data.view.assigned_to.is_some();
        let case = case.clone();
        Form::new(
            format!("Severity of {}", case.id),
            "Once a case is assigned a change is a request to its engineer, who says whose it was.",
            "Change",
            vec![
                Field::one("Severity", words, now, "Left and right change it."),
                Field::text(
                    "On request of",
                    if assigned { contact } else { "" },
                    "Who asked for it; empty while nobody is assigned.",
                ),
            ],
            Box::new(move |fields| {
                let severity =
                    fields[0].word().parse().map_err(|error: crate::model::UnknownWord| {
                        Failure::usage(error.to_string())
                    })?;
                let by = fields[1].word();
                let on_request_of = (!by.is_empty()).then(|| by.to_owned());
                let case = case.clone();
                Ok(Effect::Do(Operation::Severity { case, severity, on_request_of }))
            }),
        )
    }

    /// Who works on it.
    #[must_use]
    pub fn assign(case: &CaseRef, session: &Session) -> Form {
        let engineers = session.engineers.clone();
        let me = engineers.iter().position(|e| *e == session.principal).unwrap_or(0);
        let case = case.clone();
        Form::new(
            format!("Assign {}", case.id),
            "Only the engineers of a case may handle its diagnostics.",
            "Assign",
            vec![Field::one("Engineer", engineers, me, "Left and right change it.")],
            Box::new(move |fields| {
                let engineer = fields[0].word().to_owned();
                Ok(Effect::Do(Operation::Assign { case: case.clone(), engineer }))
            }),
        )
    }

    /// Back to work.
    #[must_use]
    pub fn reopen(case: &CaseRef, data: &CaseData) -> Form {
        let restricted = data.view.restriction.as_ref().is_some_and(|r| r.no_reopen);
        let intro = if restricted {
            "It is not to be reopened without the customer's permission. What closing ended stays ended."
        } else {
            "What closing ended stays ended: ask for consent and access again."
        };
        let case = case.clone();
        Form::new(
            format!("Reopen {}", case.id),
            intro,
            "Reopen",
            vec![Field::text(
                "Permission",
                "",
                "Reference of the customer's message, where one is needed.",
            )],
            Box::new(move |fields| {
                let word = fields[0].word();
                let permission = (!word.is_empty()).then(|| word.to_owned());
                Ok(Effect::Do(Operation::Reopen { case: case.clone(), permission }))
            }),
        )
    }
}

/// Before a name in the case's transfer folder, as a sidecar has it in `origin` (DTM-8).
const FROM_TRANSFER: &str = "transfer:";

fn attachment(case: &CaseRef, fields: &[Field]) -> Result<Attachment, Failure> {
    let named = fields[0].word().split(',').map(str::trim).filter(|path| !path.is_empty());
    let (mut files, mut from_transfer) = (Vec::new(), Vec::new());
    for path in named {
        match path.strip_prefix(FROM_TRANSFER) {
            Some(name) => from_transfer.push(name.to_owned()),
            None => files.push(PathBuf::from(path)),
        }
    }
    if files.is_empty() && from_transfer.is_empty() {
        return Err(Failure::usage("Name a file to attach."));
    }
    let unknown = |error: crate::model::UnknownWord| Failure::usage(error.to_string());
    let categories: Vec<Category> = fields[2]
        .words()
        .into_iter()
        .map(|word| word.parse().map_err(unknown))
        .collect::<Result<_, _>>()?;
    let kind: DiagnosticKind = fields[1].word().parse().map_err(unknown)?;
    let at = fields[4].word();
    let collected_at = if at.is_empty() {
        None
    } else {
        let time = crate::env::parse_time(at);
        let wrong = format!("`{at}` is no time such as 2026-11-20T14:00:00Z.");
        Some(time.map_err(|_| Failure::usage(wrong))?)
    };
    Ok(Attachment {
        case: case.to_string(),
        files,
        from_transfer,
        categories,
        tenant: Some(fields[3].word().to_owned()),
        collected_at,
        kind,
    })
}

/// Suggests kind and categories from the file's name, until somebody chose categories.
fn suggest(fields: &mut [Field], focus: usize) {
    if focus != 0 || fields.len() < 3 {
        return;
    }
    let name = fields[0].word().rsplit('/').next().unwrap_or_default();
    let Some((kind, categories)) = crate::policy::suggest::of_name(name) else { return };
    use super::form::Value;
    if let Value::One(words, chosen) = &mut fields[1].value {
        *chosen = words.iter().position(|word| *word == kind.as_str()).unwrap_or(*chosen);
    }
    if let Value::Many(words, _) = &mut fields[2].value {
        for (word, on) in words {
            *on = categories.iter().any(|category| category.as_str() == word.as_str());
        }
    }
}
