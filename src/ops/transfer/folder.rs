//! The files of a transfer folder, whatever the customer put there.

use crate::error::{Error, Result};
use crate::fs::{FileKind, RelPath};
use crate::model::{Store, Tombstone};
use crate::ops::Context;
use crate::workspace::{CaseRef, Commit, Problem, ProblemKind, layout};
use std::collections::BTreeSet;
use std::io;

/// A file of a transfer folder with its sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct FolderFile {
    pub path: RelPath,
    pub sidecar: Option<RelPath>,
}

/// All files in a case's transfer folder, sidecars among them, by path; and what is no file. Never
/// opened: only names are read (decision 5).
pub(in crate::ops) fn files(
    context: &Context,
    case: &CaseRef,
) -> Result<(Vec<RelPath>, Vec<Problem>)> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    walk(context, &layout::store(case, Store::Transfer), &mut files, &mut problems)?;
    Ok((files, problems))
}

fn walk(
    context: &Context,
    dir: &RelPath,
    files: &mut Vec<RelPath>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let entries = match context.workspace.fs().list(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("read", dir, error)),
    };
    for entry in entries {
        let path = dir.join(&entry.name);
        match entry.kind {
            FileKind::Dir => walk(context, &path, files, problems)?,
            FileKind::File => files.push(path),
            FileKind::Symlink | FileKind::Other => {
                let why = "a link or a special file: it can be neither hashed nor attested; \
                           remove it by hand";
                problems.push(Problem::new(path.display(), ProblemKind::Unreadable, why));
            }
        }
    }
    Ok(())
}

/// Puts each file together with its sidecar. A sidecar whose file is gone stands alone.
pub(in crate::ops) fn with_sidecars(files: Vec<RelPath>) -> Vec<FolderFile> {
    let all: BTreeSet<RelPath> = files.into_iter().collect();
    all.iter()
        .filter(|path| {
            let file = layout::sidecar_of(path.name()).map(|file| path.parent().join(file));
            file.is_none_or(|file| !all.contains(&file))
        })
        .map(|path| {
            let sidecar = layout::sidecar(path);
            FolderFile { path: path.clone(), sidecar: all.get(&sidecar).cloned() }
        })
        .collect()
}

/// The folders from a file up to the transfer folder itself.
pub(in crate::ops) fn folders_above(case: &CaseRef, file: &RelPath) -> Vec<RelPath> {
    let root = layout::store(case, Store::Transfer);
    let mut folders = Vec::new();
    let mut dir = file.parent();
    while dir.is_within(&root) {
        folders.push(dir.clone());
        if dir == root {
            break;
        }
        dir = dir.parent();
    }
    folders
}

/// An expunged engagement whose transfer files are gone says so in its tombstone.
pub(in crate::ops) fn note_in_tombstone(
    context: &Context,
    commit: &mut Commit,
    case: &CaseRef,
) -> Result<()> {
    let Ok(Some(tombstone)) = context.workspace.load::<Tombstone>(&layout::tombstone(case)) else {
        return Ok(());
    };
    if tombstone.value.transfer_pending && files(context, case)?.0.is_empty() {
        let changed = Tombstone { transfer_pending: false, ..tombstone.value.clone() };
        commit.update(&tombstone, changed);
    }
    Ok(())
}

/// Whether nothing is left in a folder but what is under legal hold.
pub(super) fn is_empty_but_held(context: &Context, case: &CaseRef) -> Result<bool> {
    let (files, problems) = files(context, case)?;
    let held = |unit: &FolderFile| super::store::is_held(context, unit);
    Ok(problems.is_empty() && with_sidecars(files).iter().all(held))
}
