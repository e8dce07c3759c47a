//! Legal holds on a file: placed with a reason, released after a question (DEL-8).

use super::form::{Field, Form};
use crate::tui::app::{Effect, Operation, Question, Step};

/// What the key on a file leads to: a form for a hold, or the question whether to release it.
#[must_use]
pub fn hold_steps(path: &str, held: bool) -> Vec<Step> {
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    let path = path.to_owned();
    if held {
        return vec![Step::Confirm(Question {
            title: format!("Release {name}?"),
            lines: vec![
                "Every legal hold on it is released.".to_owned(),
                "What waited for it is due again: the next sweep takes it, and a request that was \
                 executed around it goes on when it is executed again."
                    .to_owned(),
            ],
            verb: "Release it",
            effect: Effect::Do(Operation::ReleaseHolds { path }),
        })];
    }
    let form = Form::new(
        format!("Legal hold on {name}"),
        "Nothing deletes the file until the hold is released: no clock, no request, no account.",
        "Put it on hold",
        vec![Field::text("Reason", "", "Such as the file number of the proceedings.")],
        Box::new(move |fields| {
            let (path, reason) = (path.clone(), fields[0].word().to_owned());
            Ok(Effect::Do(Operation::PlaceHold { path, reason }))
        }),
    );
    vec![Step::Push(Box::new(form))]
}
