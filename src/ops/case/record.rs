//! Records of a case: notes, chats, e-mails, calls.

use super::change::to_change;
use crate::error::{Error, Result};
use crate::model::{Activity, Case, FORMAT, Id, Meta, Origin, RecordKind, Store};
use crate::ops::attach::{self};
use crate::ops::{Context, Matter};
use crate::policy::case as rules;
use crate::workspace::{Commit, layout};
use serde::Serialize;
use std::io::Read;

/// Whether the actor may add a record: an engineer, to an open case (CASE-6).
pub(in crate::ops) fn may_note(
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
        redactions: Vec::new(),
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
