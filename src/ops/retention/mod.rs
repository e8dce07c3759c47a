//! Retention: what is under a clock, deleted when it is due (DIAG-3, DTM-5, ATT-7, DEL-11).

mod clocks;
mod evidence;
mod forget;
mod replay;
mod requests;
mod scan;
mod sweep;

pub(in crate::ops) use evidence::{record_evidence, shred_expired};
pub(in crate::ops) use replay::record_replay;
pub(in crate::ops) use sweep::sweep_folders;

pub use replay::{Replayed, ReplayedItem, rehearse_replay, replay};
pub use sweep::{Swept, SweptItem, rehearse, sweep};

use super::Context;
use crate::error::Result;
use crate::model::{Case, Id, PolicySettings, Time, moment};
use crate::policy::retention::{self as rules, Keep, RetentionClock};
use crate::policy::transfer as folder_rules;
use crate::workspace::{Problem, layout};
use chrono::TimeDelta;
use clocks::{Clocks, OnClock};
use serde::Serialize;

/// A file under a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetentionItem {
    /// Relative to the workspace. A sidecar goes with its file and is not listed.
    pub path: String,
    pub clock: RetentionClock,
    #[serde(serialize_with = "moment::one")]
    pub due_at: Time,
    pub overdue: bool,
    /// It stays beyond its clock: a legal hold (DEL-8), or evidence (DEL-9).
    pub held: bool,
    /// The legal holds on it.
    pub holds: Vec<Id>,
    /// DEL-9: the unanswered request whose evidence it is.
    pub frozen_by: Option<Id>,
    /// Overdue and kept: both duties in a sentence.
    pub conflict: Option<String>,
}

impl RetentionItem {
    fn new(
        settings: &PolicySettings,
        now: Time,
        path: String,
        clock: RetentionClock,
        due_at: Time,
        keep: Option<&Keep>,
    ) -> Self {
        let overdue = rules::is_due(due_at, now);
        let conflict = keep.filter(|_| overdue).map(|keep| keep.conflict(clock, settings));
        let (holds, frozen_by) = match keep {
            Some(Keep::Hold(holds)) => (holds.clone(), None),
            Some(Keep::Evidence(dsr)) => (Vec::new(), Some(dsr.clone())),
            None => (Vec::new(), None),
        };
        Self { path, clock, due_at, overdue, held: keep.is_some(), holds, frozen_by, conflict }
    }
}

/// Everything under a clock that is overdue or falls due `within` days, soonest first; without
/// `within` everything. Files whose clock cannot be told are problems: nothing is guessed.
///
/// # Errors
/// The workspace cannot be read.
pub fn list(context: &Context, within: Option<u32>) -> Result<(Vec<RetentionItem>, Vec<Problem>)> {
    let settings = &context.workspace.config().policy;
    let Clocks { files, mut problems, requests } = Clocks::read(context)?;
    let mut items = Vec::with_capacity(files.len());
    for file in files {
        if may_see(context, &file) {
            let OnClock { path, clock, due_at, keep, .. } = file;
            let keep = keep.as_ref();
            items.push(RetentionItem::new(settings, context.now, path, clock, due_at, keep));
        }
    }
    if sees_everything(context) {
        for request in evidence::due(context, &requests)? {
            let due = |path: String| {
                let clock = RetentionClock::Evidence;
                let keep = request.keep.as_ref();
                RetentionItem::new(settings, context.now, path, clock, request.due_at, keep)
            };
            items.extend(request.paths().map(due));
        }
    } else {
        problems.clear();
    }
    if let Some(days) = within {
        let until = context.now.checked_add_signed(TimeDelta::days(i64::from(days)));
        items.retain(|item| until.is_none_or(|until| item.due_at <= until));
    }
    items.sort_unstable_by(|a, b| (a.due_at, &a.path).cmp(&(b.due_at, &b.path)));
    problems.sort();
    problems.dedup();
    Ok((items, problems))
}

/// Engineers see all of it, and so does an account that nobody knows: by the files' permissions.
fn sees_everything(context: &Context) -> bool {
    context.actor.engineer || context.actor.memberships.is_empty()
}

/// A tenant's people see what is due of theirs; transfer files only those who are listed (DTM-2).
fn may_see(context: &Context, file: &OnClock) -> bool {
    if sees_everything(context) {
        return true;
    }
    match &file.case {
        None => context.actor.may_see(&file.tenant),
        Some(case) => context
            .workspace
            .load::<Case>(&layout::case(case))
            .ok()
            .flatten()
            .is_some_and(|case| folder_rules::is_listed(&context.actor, &case.value)),
    }
}
