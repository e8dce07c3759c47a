//! Records of a case: notes, chats, e-mails, calls.

use super::change::to_change;
use super::view::RecordView;
use crate::error::{Error, Result};
use crate::fs::{self, RelPath};
use crate::model::{Activity, Case, FORMAT, Id, Meta, Origin, RecordKind, Store};
use crate::ops::attach::{self};
use crate::ops::{Context, Matter};
use crate::policy::case as rules;
use crate::workspace::{CaseRef, Commit, layout};
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

/// Whether the actor may read the contents of records: an engineer, for internal notes are among them.
pub(in crate::ops) fn may_read_record(
    context: &Context,
) -> std::result::Result<(), crate::policy::Refusal> {
    context.actor.require_engineer("CASE-1", "read the records of a case")
}

/// A record's contents for reading; reading is logged in the tenant of the case.
///
/// # Errors
/// CASE-1, there is none of that name, or it cannot be read.
pub fn read_record(
    context: &Context,
    case_ref: &CaseRef,
    name: &str,
) -> Result<(RecordView, Vec<u8>)> {
    let matter = Matter::case(case_ref);
    let activity = Activity::RecordViewed;
    may_read_record(context)
        .map_err(|refusal| context.refused(refusal, &case_ref.tenant, activity, &matter))?;
    let records = super::view::show(context, case_ref)?.records;
    let Some(view) = records.into_iter().find(|record| record.name == name) else {
        let shown = crate::text::safe(name);
        return Err(Error::usage(format!("case {} has no record `{shown}`", case_ref.id)));
    };
    let path = RelPath::new(&view.path).map_err(|error| Error::usage(error.to_string()))?;
    let bytes = fs::read(&**context.workspace.fs(), &path)
        .map_err(|error| Error::io("read", &view.path, error))?;
    let mut commit = Commit::new();
    commit.audit(&case_ref.tenant, context.event(activity, &matter).build());
    context.commit(commit)?;
    Ok((view, bytes))
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
