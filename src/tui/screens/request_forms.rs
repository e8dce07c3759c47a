//! The forms of a data subject request.

use super::form::{Field, Form};
use crate::model::{Id, PlanScope, RequestOption};
use crate::ops::dsr::RequestView;
use crate::tui::app::{Effect, Failure, Operation, Signed, Work};
use std::path::PathBuf;

/// A reason, as the rules want one; refused here only when there is none.
pub(super) fn reason(field: &Field) -> Result<String, Failure> {
    let reason = field.word();
    if reason.is_empty() {
        return Err(Failure::usage("A reason is needed: it goes into the records."));
    }
    Ok(reason.to_owned())
}

/// The plan: option A asks whether the loss of history is known (DSR-7).
#[must_use]
pub fn plan(request: &RequestView) -> Form {
    let dsr = request.id.clone();
    let whole = request.option == RequestOption::A;
    let known = Field::check(
        "History may go",
        "Space says yes: the customer knows that whole engagements go, with their history for everybody else.",
    );
    let scope = Field::one(
        "Delete",
        ["the files found", "the whole cases"],
        0,
        "The files with findings and their sidecars, or everything of the cases.",
    );
    let intro = "The plan lists every file with its size and hash. Nothing is deleted by it: a \
                 second person approves it, then it is executed.";
    let fields = if whole { vec![known] } else { vec![scope, known] };
    Form::new(
        format!("Plan {dsr}"),
        intro,
        "Make the plan",
        fields,
        Box::new(move |fields| {
            let scope = match fields {
                [_] => None,
                [scope, ..] if scope.word() == "the whole cases" => Some(PlanScope::Engagement),
                _ => Some(PlanScope::Items),
            };
            let history_loss_acknowledged = fields.last().is_some_and(Field::is_on);
            Ok(Effect::Start(Work::Plan { dsr: dsr.clone(), scope, history_loss_acknowledged }))
        }),
    )
}

/// Include or exclude findings.
#[must_use]
pub fn decide(dsr: &Id, items: Vec<String>, include: bool) -> Form {
    let dsr = dsr.clone();
    let verb = if include { "Include" } else { "Exclude" };
    let which = match items.as_slice() {
        [one] => one.clone(),
        all => format!("{} findings", all.len()),
    };
    let help = if include {
        "Why it is this person's: it goes into the records."
    } else {
        "Why it stays, for example: another person of that name."
    };
    let intro = if include {
        "Included, it is part of the plan and deleted with it."
    } else {
        "Excluded, it is kept, and the report says so."
    };
    Form::new(
        format!("{verb} {which}"),
        intro,
        verb,
        vec![Field::text("Reason", "", help)],
        Box::new(move |fields| {
            let (dsr, items, reason) = (dsr.clone(), items.clone(), reason(&fields[0])?);
            Ok(Effect::Do(if include {
                Operation::Include { dsr, items, reason }
            } else {
                Operation::Exclude { dsr, items, reason }
            }))
        }),
    )
}

/// Back to review.
#[must_use]
pub fn give_back(dsr: &Id) -> Form {
    let dsr = dsr.clone();
    Form::new(
        format!("Give back the plan of {dsr}"),
        "The plan is void, and the request is in review again.",
        "Give it back",
        vec![Field::text("Reason", "", "What has to change.")],
        Box::new(move |fields| {
            let reason = reason(&fields[0])?;
            Ok(Effect::Do(Operation::GiveBack { dsr: dsr.clone(), reason }))
        }),
    )
}

/// The end of it, before anything is deleted.
#[must_use]
pub fn cancel(dsr: &Id) -> Form {
    let dsr = dsr.clone();
    Form::new(
        format!("Cancel {dsr}"),
        "The request ends and nothing is deleted. Its record stays.",
        "Cancel the request",
        vec![Field::text("Reason", "", "Why it ends, for example: withdrawn by the customer.")],
        Box::new(move |fields| {
            let reason = reason(&fields[0])?;
            Ok(Effect::Do(Operation::CancelRequest { dsr: dsr.clone(), reason }))
        }),
    )
}

/// The attestation report on a request or a transaction.
#[must_use]
pub fn report(on: &str) -> Form {
    let on = on.to_owned();
    // A transaction's name is long; its beginning tells it apart.
    let short: String = on.chars().take(16).collect();
    Form::new(
        format!("Report on {short}"),
        "For the customer: what was deleted, with hashes and proofs that anybody can check without \
         this program. Signed by you, it cannot be denied later.",
        "Write the report",
        vec![
            Field::text(
                "Directory",
                format!("report-{short}"),
                "It must not exist, or be empty. From where you started the program.",
            ),
            Field::one(
                "Signed by",
                SIGNERS.map(str::to_owned).to_vec(),
                0,
                "Your key in the ssh-agent (agent forwarding works), or an unencrypted Ed25519 key.",
            ),
            Field::text("Key file", "", "Only when a key file signs."),
        ],
        Box::new(move |fields| {
            if fields[0].word().is_empty() {
                return Err(Failure::usage("Name a directory for the report."));
            }
            let out = PathBuf::from(fields[0].word());
            let key = fields[2].word();
            let signed = match fields[1].word() {
                word if word == SIGNERS[1] => Signed::ByAgent,
                word if word == SIGNERS[2] && key.is_empty() => {
                    return Err(Failure::usage("Name the key file that signs."));
                }
                word if word == SIGNERS[2] => Signed::By(PathBuf::from(key)),
                _ => Signed::ByNobody,
            };
            Ok(Effect::Start(Work::Report { on: on.clone(), out, signed }))
        }),
    )
}

/// Who may sign a report.
const SIGNERS: [&str; 3] = ["nobody", "ssh-agent", "key file"];
