//! The forms of a transfer folder.

use super::form::{Field, Form};
use crate::ops::transfer::TransferUpload;
use crate::tui::app::{CaseData, Effect, Failure, Operation, Question, Step, Work};
use crate::workspace::CaseRef;
use std::path::PathBuf;

/// Makes the forms of a transfer folder.
#[derive(Debug)]
pub struct TransferForm;

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl TransferForm {
    /// A new link, and the accounts that may use it.
    #[must_use]
    pub fn link(case: &CaseRef, data: &CaseData) -> Form {
        let listed = data.folder.as_ref().map(|folder| folder.accounts.join(", "));
        let listed = listed.filter(|listed| !listed.is_empty());
        let case = case.clone();
        Form::new(
            format!("Transfer link of {}", case.id),
            format!(
                "A new link is valid for 90 days. Only listed accounts add, download and delete; \
                 listed now: {}.",
                listed.as_deref().unwrap_or("none")
            ),
            "Issue the link",
            vec![
                Field::text("List", "", "Accounts of the tenant to list, with a comma between."),
                Field::text("Remove", "", "Accounts that are not to be listed any more."),
            ],
            Box::new(move |fields| {
                let (add, remove) = (split(fields[0].word()), split(fields[1].word()));
                let case = case.clone();
                Ok(Effect::Do(Operation::TransferLink { case, add, remove }))
            }),
        )
    }

    /// Files to put in.
    #[must_use]
    pub fn add(case: &CaseRef) -> Form {
        let case = case.clone();
        Form::new(
            format!("Add to the transfer folder of {}", case.id),
            "Its contents are never searched; the file goes 90 days after the case is closed.",
            "Add",
            vec![Field::text(
                "File",
                "",
                "A path; several with a comma between. ~ is not expanded.",
            )],
            Box::new(move |fields| {
                let files: Vec<PathBuf> =
                    split(fields[0].word()).into_iter().map(PathBuf::from).collect();
                if files.is_empty() {
                    return Err(Failure::usage("Name a file to add."));
                }
                let upload = TransferUpload { case: case.to_string(), files };
                Ok(Effect::Start(Work::TransferAdd(upload)))
            }),
        )
    }

    /// The question before a file is deleted.
    #[must_use]
    pub fn delete(case: &CaseRef, name: &str) -> Step {
        Step::Confirm(Question {
            title: format!("Delete {name}?"),
            lines: vec![
                "It is removed from the transfer folder for good, and the attestation log says so."
                    .to_owned(),
                "Copies that were taken out of the folder stay where they are.".to_owned(),
            ],
            verb: "Delete it",
            effect: Effect::Start(Work::TransferDelete {
                case: case.clone(),
                name: name.to_owned(),
            }),
        })
    }
}
