//! Decisions that carry the decider's SSH signature, made elsewhere and imported here (SAR-7, DEL-2).

use super::form::{Field, Form};
use crate::model::{Decision, Id, Plan};
use crate::tui::app::{Effect, Failure, Operation};
use std::path::PathBuf;

/// A signed decision on an access request.
#[must_use]
pub fn access(sar: &Id, decision: Decision, principal: &str) -> Form {
    let (word, option) = match decision {
        Decision::Approved => ("Approve", ""),
        Decision::Rejected => ("Reject", " --decision rejected"),
    };
    let sar = sar.clone();
    form(
        format!("{word} {sar}, signed"),
        &format!("caseward --as {principal} access statement {sar}{option}"),
        word,
        move |signature| Operation::Decide { sar: sar.clone(), decision, signature },
    )
}

/// A signed approval of a plan.
#[must_use]
pub fn plan(dsr: &Id, plan: &Plan, principal: &str) -> Form {
    let (dsr, digest) = (dsr.clone(), plan.digest);
    form(
        format!("Approve the plan of {dsr}, signed"),
        &format!("caseward --as {principal} dsr statement {dsr}"),
        "Approve the plan",
        move |signature| Operation::Approve { dsr: dsr.clone(), digest, signature },
    )
}

fn form(
    title: String,
    statement: &str,
    verb: &'static str,
    operation: impl Fn(Option<PathBuf>) -> Operation + Send + Sync + 'static,
) -> Form {
    let intro = format!(
        "In this workspace a decision counts with the signature of whoever decides: you, as whom you \
         act. Print the statement (`{statement} > FILE`), sign it where the key is (`ssh-keygen -Y \
         sign -n {} -f KEY FILE`), and name the signature.",
        crate::attest::DECISION_NAMESPACE
    );
    let help = "The file that ssh-keygen wrote: FILE.sig.";
    Form::new(
        title,
        intro,
        verb,
        vec![Field::text("Signature", "", help)],
        Box::new(move |fields| {
            let path = fields[0].word();
            if path.is_empty() {
                return Err(Failure::usage("Name the file with the signature."));
            }
            Ok(Effect::Do(operation(Some(PathBuf::from(path)))))
        }),
    )
}
