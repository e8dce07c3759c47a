//! The files of a transfer folder: listed, added and deleted by whom the case lists (DTM-1, DTM-2,
//! DTM-6).

use super::folder::{self, FolderFile};
use crate::attest::{Log, Why};
use crate::error::{Error, Result};
use crate::fs::{FsFile, RelPath};
use crate::model::{Activity, Case, FORMAT, Id, Meta, Origin, Sha256, Store, Time};
use crate::ops::attach::{copy_in, store_path};
use crate::ops::dsr::{ExecutedTx, clock_of};
use crate::ops::removal::{Removing, windows};
use crate::ops::settle::{self, Memo};
use crate::ops::{Context, Matter};
use crate::policy::Refusal;
use crate::policy::transfer as rules;
use crate::text;
use crate::workspace::{CaseRef, Commit, Loaded, Problem, Stage, StagedFile, layout};
use serde::Serialize;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A transfer folder, for whom it is.
#[derive(Debug, Clone, Serialize)]
pub struct FolderView {
    pub case: Id,
    pub tenant: Id,
    /// `none`, `active`, `link_expired` or `inaccessible`.
    pub state: &'static str,
    pub link_expires_at: Option<Time>,
    /// DTM-5: once the case is closed.
    pub due_at: Option<Time>,
    pub accounts: Vec<String>,
    pub region: Option<String>,
    pub files: Vec<TransferFile>,
    pub problems: Vec<Problem>,
}

/// A file in a transfer folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferFile {
    pub name: String,
    pub path: String,
    /// Bytes.
    pub size: u64,
    pub at: Option<Time>,
    pub by: Option<String>,
    pub sha256: Option<Sha256>,
    pub held: bool,
}

/// Files to put into a folder.
#[derive(Debug, Clone)]
pub struct TransferUpload {
    pub case: String,
    pub files: Vec<PathBuf>,
}

/// What a self-service deletion did.
#[derive(Debug, Clone, Serialize)]
pub struct Deleted {
    pub case: Id,
    pub tenant: Id,
    pub txs: Vec<ExecutedTx>,
    pub items: Vec<DeletedItem>,
    pub complete: bool,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeletedItem {
    pub path: String,
    pub sha256: Option<Sha256>,
    pub verdict: &'static str,
    pub reason: Option<String>,
    pub hash_mismatch: bool,
}

impl Deleted {
    /// Whether something failed or is unknown.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.items.iter().any(|item| matches!(item.verdict, "failed" | "unknown"))
    }
}

/// The folder of a case (DTM-2).
///
/// # Errors
/// The actor is neither listed nor an engineer of the case.
pub fn list(context: &Context, named: &str) -> Result<FolderView> {
    let case_ref = context.workspace.find_case(named)?;
    let loaded = context.workspace.case(&case_ref)?;
    let matter = Matter::case(&case_ref);
    rules::may_list(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::TransferViewed, &matter)
    })?;
    view_unchecked(context, &case_ref, &loaded.value)
}

/// The folder, for whom it is: `None` for who is not told what is in it (DTM-2). Asking is not
/// logged.
///
/// # Errors
/// The case is not valid, or the folder cannot be read.
pub fn glance(context: &Context, case_ref: &CaseRef) -> Result<Option<FolderView>> {
    let case = context.workspace.case(case_ref)?.value;
    if !rules::is_told(&context.actor, &case) {
        return Ok(None);
    }
    view_unchecked(context, case_ref, &case).map(Some)
}

/// As [`list`], for a caller that asked whether the actor may see it.
fn view_unchecked(context: &Context, case_ref: &CaseRef, case: &Case) -> Result<FolderView> {
    let settings = &context.workspace.config().policy;
    let (files, mut problems) = folder::files(context, case_ref)?;
    let mut shown = Vec::new();
    for FolderFile { path, sidecar } in folder::with_sidecars(files) {
        let size = match context.workspace.fs().stat(&path) {
            Ok(stat) => stat.size,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let meta = match sidecar.as_ref().map(|path| context.workspace.load::<Meta>(path)) {
            Some(Ok(meta)) => meta.map(|meta| meta.value),
            Some(Err(Error::Invalid(invalid))) => {
                problems.push(invalid.into());
                None
            }
            Some(Err(error)) => return Err(error),
            None => None,
        };
        let root = layout::store(case_ref, Store::Transfer).display();
        let shown_path = path.display();
        let name = shown_path.strip_prefix(&format!("{root}/")).unwrap_or(&shown_path).to_owned();
        shown.push(TransferFile {
            name,
            path: shown_path,
            size,
            at: meta.as_ref().map(|meta| meta.at),
            sha256: meta.as_ref().map(|meta| meta.sha256),
            held: meta.as_ref().is_some_and(|meta| !meta.holds.is_empty()),
            by: meta.map(|meta| meta.by),
        });
    }
    let link = case.transfer.as_ref();
    Ok(FolderView {
        case: case_ref.id.clone(),
        tenant: case_ref.tenant.clone(),
        state: rules::folder(settings, case, context.now).as_str(),
        link_expires_at: rules::link_expires_at(settings, case),
        due_at: case.closed_at.map(|closed| rules::due_after(settings, closed)),
        accounts: link.map(|link| link.accounts.clone()).unwrap_or_default(),
        region: link.and_then(|link| link.region.clone()),
        files: shown,
        problems,
    })
}

/// Puts files into the folder: all of them or none. `progress` is told the file and the bytes so
/// far.
///
/// # Errors
/// A rule says no; a file is a link, a FIFO or changes while it is read.
pub fn add(
    context: &Context,
    upload: &TransferUpload,
    progress: &mut dyn FnMut(&Path, u64),
) -> Result<Vec<TransferFile>> {
    context.require_writable()?;
    let (case_ref, loaded) = load(context, &upload.case)?;
    let settings = &context.workspace.config().policy;
    let matter = Matter::case(&case_ref);
    rules::may_add(&context.actor, settings, &loaded.value, context.now).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::TransferAdded, &matter)
    })?;
    let dir = layout::store(&case_ref, Store::Transfer);
    let mut stage = context.workspace.stage()?;
    let mut commit = Commit::new();
    // The case must still be open, and its link the same, when the copy is done.
    commit.rely_on(&loaded);
    let (mut added, mut taken): (Vec<TransferFile>, Vec<RelPath>) = (Vec::new(), Vec::new());
    for file in &upload.files {
        let staged = copy_in(&mut stage, file, &mut |bytes| progress(file, bytes))?;
        let original = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let original =
            original.ok_or_else(|| Error::usage(format!("{} has no name", file.display())))?;
        let path = store_path(context, &dir, &original, &taken)?;
        taken.push(path.clone());
        let meta = Meta {
            format: FORMAT,
            name: original,
            size: staged.size,
            sha256: staged.sha256,
            at: context.now,
            by: context.actor.principal.clone(),
            origin: Origin::Customer,
            categories: Vec::new(),
            collected_at: None,
            authorised_by: None,
            kind: None,
            internal: false,
            holds: Vec::new(),
            redactions: Vec::new(),
            x: None,
        };
        added.push(TransferFile {
            name: path.name().to_string_lossy().into_owned(),
            path: path.display(),
            size: staged.size,
            at: Some(context.now),
            by: Some(meta.by.clone()),
            sha256: Some(staged.sha256),
            held: false,
        });
        commit.place(staged, path.clone());
        commit.create(layout::sidecar(&path), &meta);
        commit.audit(&case_ref.tenant, context.event(Activity::TransferAdded, &matter).build());
    }
    context.workspace.commit_staged(Some(stage), commit)?;
    Ok(added)
}

/// Copies a file of the folder into the stage: for an engineer of the case, while the folder is
/// open to them (DTM-1, DTM-4); returns what it was called. The copy is what was put there: its
/// hash is compared with that of the sidecar.
///
/// # Errors
/// A rule says no, there is no such file, or it is no longer what was put there.
pub(in crate::ops) fn copy_out(
    context: &Context,
    case_ref: &CaseRef,
    case: &Case,
    name: &str,
    stage: &mut Stage,
    progress: &mut dyn FnMut(u64),
) -> Result<(StagedFile, String)> {
    let settings = &context.workspace.config().policy;
    let matter = Matter::case(case_ref);
    rules::may_list(&context.actor, case)
        .and_then(|()| rules::may_add(&context.actor, settings, case, context.now))
        .map_err(|refusal| {
            context.refused(refusal, &case_ref.tenant, Activity::TransferViewed, &matter)
        })?;
    let files = view_unchecked(context, case_ref, case)?.files;
    let Some(file) = files.iter().find(|file| file.name == name) else {
        let near = text::nearest(name, files.iter().map(|file| file.name.as_str()));
        return Err(Error::Usage {
            message: format!(
                "the transfer folder of case {} has no file `{}`",
                case_ref.id,
                text::safe(name)
            ),
            hint: Some(near.map_or_else(
                || format!("`caseward transfer list {}`", case_ref.id),
                |near| format!("did you mean {}?", text::safe(near)),
            )),
        });
    };
    let path = RelPath::new(&file.path).map_err(|error| Error::usage(error.to_string()))?;
    let source =
        context.workspace.fs().open(&path).map_err(|error| Error::io("read", &path, error))?;
    let staged = stage.copy_in(&mut Sequential { file: source, at: 0 }, &file.path, progress)?;
    if file.sha256.is_some_and(|put| put != staged.sha256) {
        return Err(Error::Conflict {
            message: format!("{} is no longer what was put there", text::safe(&file.path)),
            hint: Some("nothing was attached; ask the customer to send it again".to_owned()),
        });
    }
    let original = path.name().to_string_lossy().into_owned();
    Ok((staged, original))
}

/// A file read from its beginning.
#[derive(Debug)]
struct Sequential {
    file: Box<dyn FsFile>,
    at: u64,
}

impl Read for Sequential {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

fn load(context: &Context, named: &str) -> Result<(CaseRef, Loaded<Case>)> {
    let case_ref = context.workspace.find_case(named)?;
    let loaded = context.workspace.case(&case_ref)?;
    Ok((case_ref, loaded))
}

/// Deletes files out of the folder of an open case: the customer's listed accounts do it themselves
/// (DTM-6). Attested like every deletion.
///
/// # Errors
/// A rule says no, a name is unknown, or a file is under legal hold (DEL-8).
pub fn delete(context: &Context, named: &str, names: &[String]) -> Result<Deleted> {
    context.require_writable()?;
    let (case_ref, loaded) = load(context, named)?;
    let tenant = context.workspace.tenant(&case_ref.tenant)?.value;
    let settings = &context.workspace.config().policy;
    let matter = Matter::case(&case_ref);
    let refused = |refusal: Refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::TransferDeleted, &matter)
    };
    let may = |case: &Case| rules::may_delete(&context.actor, settings, &tenant, case, context.now);
    may(&loaded.value).map_err(refused)?;
    let log = Log::open(Arc::clone(context.workspace.fs()));
    let mut session = log.lock(clock_of(context))?;
    settle::settle(context, &mut session)?;
    let units = named_files(context, &case_ref, &loaded.value, names)?;
    let unheld = |units: &[FolderFile]| match units.iter().find(|unit| is_held(context, unit)) {
        Some(unit) => Err(Refusal::new("DEL-8", format!("{} is under legal hold", unit.path))
            .hint("it was not deleted; `caseward hold list` names the hold")),
        None => Ok(()),
    };
    unheld(&units).map_err(refused)?;
    let by = context.actor.principal.clone();
    let mut removing = Removing {
        context,
        session: &mut session,
        why: Why::Transfer,
        request: case_ref.id.to_string(),
        memo: Memo::SelfService { case: case_ref.clone(), by },
    };
    let (mut txs, mut items) = (Vec::new(), Vec::new());
    for window in windows(units, |unit| 1 + usize::from(unit.sidecar.is_some())) {
        let lock = context.workspace.lock()?;
        may(&context.workspace.case(&case_ref)?.value)?;
        unheld(&window)?;
        let paths: Vec<RelPath> = window
            .iter()
            .flat_map(|unit| std::iter::once(&unit.path).chain(&unit.sidecar).cloned())
            .collect();
        let done = removing.window(&lock, &paths, &mut |_| {})?;
        txs.extend(done.tx);
        items.extend(done.files.into_iter().map(|(path, gone)| DeletedItem {
            path: path.display(),
            sha256: gone.sha256,
            verdict: gone.verdict,
            reason: gone.reason,
            hash_mismatch: false,
        }));
    }
    let complete = items.iter().all(|item| matches!(item.verdict, "deleted" | "already_absent"));
    let CaseRef { tenant, id } = case_ref;
    Ok(Deleted { case: id, tenant, txs, items, complete })
}

/// DEL-8: whether a hold keeps the file.
pub(super) fn is_held(context: &Context, unit: &FolderFile) -> bool {
    let of = match layout::sidecar_of(unit.path.name()) {
        Some(_) => Some(&unit.path),
        None => unit.sidecar.as_ref(),
    };
    let meta = of.and_then(|path| context.workspace.load::<Meta>(path).ok().flatten());
    meta.is_some_and(|meta| !meta.value.holds.is_empty())
}

/// The files that the names mean.
fn named_files(
    context: &Context,
    case_ref: &CaseRef,
    case: &Case,
    names: &[String],
) -> Result<Vec<FolderFile>> {
    let view = view_unchecked(context, case_ref, case)?;
    let units = folder::with_sidecars(folder::files(context, case_ref)?.0);
    let mut wanted: Vec<FolderFile> = Vec::new();
    for name in names {
        let found = view.files.iter().find(|file| file.name == *name || file.path == *name);
        let unit =
            found.and_then(|file| units.iter().find(|unit| unit.path.display() == file.path));
        let Some(unit) = unit else {
            let near = text::nearest(name, view.files.iter().map(|file| file.name.as_str()));
            return Err(Error::Usage {
                message: format!(
                    "case {} has no transfer file `{}`",
                    case_ref.id,
                    text::safe(name)
                ),
                hint: Some(near.map_or_else(
                    || format!("`caseward transfer list {}`", case_ref.id),
                    |near| format!("nothing was deleted; did you mean {near}?"),
                )),
            });
        };
        if !wanted.contains(unit) {
            wanted.push(unit.clone());
        }
    }
    Ok(wanted)
}
