//! The forms of a request's clocks and answers: more time, denial, pause, close, restriction, export.

use super::form::{Field, Form};
use super::request_forms::reason;
use super::requests::{identifier_fields, identifiers};
use crate::model::{ExtensionGround, Id};
use crate::ops::dsr::{Replacement, RequestView};
use crate::tui::app::{Effect, Failure, Operation, Work};
use std::path::PathBuf;

/// A form that asks for a reason and nothing else.
fn with_reason(
    title: String,
    intro: &str,
    verb: &'static str,
    help: &str,
    operation: impl Fn(String) -> Operation + Send + Sync + 'static,
) -> Form {
    Form::new(
        title,
        intro,
        verb,
        vec![Field::text("Reason", "", help)],
        Box::new(move |fields| Ok(Effect::Do(operation(reason(&fields[0])?)))),
    )
}

/// More time (LAW-1, LAW-4).
#[must_use]
pub fn extend(dsr: &Id) -> Form {
    let dsr = dsr.clone();
    let grounds = ExtensionGround::ALL.map(|ground| ground.as_str().replace('_', " "));
    Form::new(
        format!("Extend {dsr}"),
        "Once, and with the notice inside the first period: what you write here is what the data \
         subject is told.",
        "Extend the deadline",
        vec![
            Field::one("Ground", grounds, 0, "That a processor has the data is none (DSR-15)."),
            Field::text("Reason", "", "What the data subject is told."),
        ],
        Box::new(move |fields| {
            let ground = fields[0].word().replace(' ', "_");
            let reason = reason(&fields[1])?;
            Ok(Effect::Do(Operation::Extend { dsr: dsr.clone(), ground, reason }))
        }),
    )
}

/// A denial (LAW-3).
#[must_use]
pub fn deny(request: &RequestView) -> Form {
    let (dsr, late) = (request.id.clone(), request.overdue);
    let intro = "The request ends and nothing is deleted. The data subject is told the reason and \
                 how to complain.";
    let mut fields = vec![Field::text("Reason", "", "What the data subject is told.")];
    if late {
        fields.push(Field::check(
            "Late",
            "The first period has passed. Space says yes: it is recorded as late.",
        ));
    }
    Form::new(
        format!("Deny {dsr}"),
        intro,
        "Deny the request",
        fields,
        Box::new(move |fields| {
            let late = fields.get(1).is_some_and(Field::is_on);
            let reason = reason(&fields[0])?;
            Ok(Effect::Do(Operation::Deny { dsr: dsr.clone(), reason, late }))
        }),
    )
}

/// Aside for a while.
#[must_use]
pub fn hold(dsr: &Id) -> Form {
    let id = dsr.clone();
    with_reason(
        format!("Put {dsr} aside"),
        "Its clock goes on. A plan that there is has to be made again.",
        "Put it aside",
        "What is waited for, for example: identity is being verified.",
        move |reason| Operation::PutAside { dsr: id.clone(), reason },
    )
}

/// The answer was sent (LAW-5).
#[must_use]
pub fn close(dsr: &Id) -> Form {
    let dsr = dsr.clone();
    Form::new(
        format!("Close {dsr}"),
        "Its answer was sent. What is kept: date, nature and manner, the date and nature of the \
         response.",
        "Close the request",
        vec![Field::text("Remark", "", "Whatever should be remembered of the answer, or nothing.")],
        Box::new(move |fields| {
            let reason = fields[0].word().to_owned();
            Ok(Effect::Do(Operation::CloseRequest { dsr: dsr.clone(), reason }))
        }),
    )
}

/// Restriction (DSR-12).
#[must_use]
pub fn restrict(dsr: &Id) -> Form {
    let id = dsr.clone();
    with_reason(
        format!("Restrict for {dsr}"),
        "Every engagement with an included finding is closed and marked: not to be opened again \
         without the customer's permission. Access and consent end with it.",
        "Restrict",
        "Why, for example: accuracy is contested.",
        move |reason| Operation::Restrict { dsr: id.clone(), reason },
    )
}

/// What is given out (DSR-10).
#[must_use]
pub fn export(dsr: &Id) -> Form {
    let proposed = format!("export-{dsr}");
    let dsr = dsr.clone();
    Form::new(
        format!("Export {dsr}"),
        "The included files, redacted copies where that was decided, with a manifest of hashes and \
         reasons. Internal notes and what was excluded stay here, and the manifest says why.",
        "Export",
        vec![Field::text(
            "Directory",
            proposed,
            "It must not exist, or be empty. From where you started the program.",
        )],
        Box::new(move |fields| {
            if fields[0].word().is_empty() {
                return Err(Failure::usage("Name a directory for the export."));
            }
            let out = PathBuf::from(fields[0].word());
            Ok(Effect::Start(Work::Export { dsr: dsr.clone(), out }))
        }),
    )
}

/// Identifiers that came later (DSR-5).
#[must_use]
pub fn identify(dsr: &Id) -> Form {
    let dsr = dsr.clone();
    Form::new(
        format!("Identifiers of {dsr}"),
        "Only what the customer gave is searched for.",
        "Record them",
        identifier_fields().into(),
        Box::new(move |fields| {
            let identifiers = identifiers(fields)?;
            Ok(Effect::Do(Operation::Identify { dsr: dsr.clone(), identifiers }))
        }),
    )
}

/// Somebody else in a contact's place (DSR-3).
#[must_use]
pub fn swap_contact(dsr: &Id) -> Form {
    let dsr = dsr.clone();
    Form::new(
        format!("Replace the contact of {dsr}"),
        "In open engagements only, and once the replacement has confirmed. Closed engagements are \
         not touched.",
        "Replace the contact",
        vec![
            Field::text(
                "Replacement",
                "",
                "A principal of the customer, for example adele@contoso.com.",
            ),
            Field::text("Confirmed by", "", "Reference of the replacement's own message."),
            Field::text("Phone", "", "When they are to be phoned; else nothing."),
        ],
        Box::new(move |fields| {
            let phone = Some(fields[2].word().to_owned()).filter(|phone| !phone.is_empty());
            let with = Replacement {
                upn: fields[0].word().to_owned(),
                confirmed: fields[1].word().to_owned(),
                phone,
            };
            Ok(Effect::Do(Operation::SwapContact { dsr: dsr.clone(), with }))
        }),
    )
}

/// A mark in the place of the matches.
#[must_use]
pub fn redact(dsr: &Id, item: &str) -> Form {
    let (id, item) = (dsr.clone(), item.to_owned());
    with_reason(
        format!("Redact {item}"),
        "Its matches give way to a visible mark, and the rest of the file stays as it is. When the \
         request is to give data out, only the copy is redacted.",
        "Redact",
        "Why the rest is kept: it goes into the records.",
        move |reason| Operation::Redact { dsr: id.clone(), items: vec![item.clone()], reason },
    )
}

/// What is right in the place of the matches (DSR-11).
#[must_use]
pub fn rectify(dsr: &Id, item: &str) -> Form {
    let (dsr, item) = (dsr.clone(), item.to_owned());
    Form::new(
        format!("Correct {item}"),
        "Its matches say this instead, and the rest of the file stays as it is. Included, the file \
         is deleted, and the customer is asked for it again.",
        "Correct",
        vec![
            Field::text("To", "", "What is right."),
            Field::text("Reason", "", "Why: it goes into the records."),
        ],
        Box::new(move |fields| {
            let (to, reason) = (fields[0].word().to_owned(), reason(&fields[1])?);
            Ok(Effect::Do(Operation::Rectify { dsr: dsr.clone(), item: item.clone(), to, reason }))
        }),
    )
}
