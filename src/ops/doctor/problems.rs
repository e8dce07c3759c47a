//! Everything that is wrong with the files of a workspace: one that cannot be read stops nothing.
//!
//! Beside what lists say of records, every directory below a tenant is looked through for names that
//! are neither files nor directories, and the notes of cases for files without sidecars: lists look
//! into the other stores only.

use crate::error::Error;
use crate::fs::{DirEntry, FileKind, RelPath};
use crate::model::{Id, Store};
use crate::ops::{Context, access, case, dates};
use crate::workspace::index::{Look, Neighbours, Parts, Surveyed};
use crate::workspace::{Problem, ProblemKind, artefact, layout};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::sync::{Mutex, PoisonError};

/// What is wrong where the actor may look, by path.
pub(super) fn all(context: &Context) -> Vec<Problem> {
    let common = case::Common::of(context);
    let found = Mutex::new(Vec::new());
    let visit = |seen: Surveyed, others: &Neighbours<'_>| {
        let some = of_tenant(context, &common, seen, others);
        found.lock().unwrap_or_else(PoisonError::into_inner).extend(some);
    };
    let rest = match context.workspace.survey(Look::at(Parts::Everything), &|_| true, &visit) {
        Ok((_, problems, _)) => problems,
        // Every tenant was visited all the same; what could not be listed in one is told here.
        Err(error) => seen_by(context, problem_of(context, error)),
    };
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.extend(rest);
    found.sort();
    found.dedup();
    found
}

fn of_tenant(
    context: &Context,
    common: &case::Common<'_>,
    mut seen: Surveyed,
    others: &Neighbours<'_>,
) -> Vec<Problem> {
    let tenant = seen.tenant.domain.clone();
    let mut problems = Vec::new();
    let mut note = |looked: Result<Vec<Problem>, Error>| match looked {
        Ok(some) => problems.extend(some),
        Err(error) => problems.extend(seen_by(context, problem_of(context, error))),
    };
    // A request may concern somebody of another tenant, so these are looked at everywhere. Where they
    // cannot be told, the rest is.
    let access = access::views_of(context, &common.moments, &seen, others);
    let (views, looked) = match access {
        Ok((views, some)) => (views, Ok(some)),
        Err(error) => (vec![Vec::new(); seen.engagements.len()], Err(error)),
    };
    note(looked);
    if !context.actor.may_see(&tenant) {
        return problems;
    }
    note(Ok(std::mem::take(&mut seen.request_problems)));
    note(Ok(std::mem::take(&mut seen.audit_problems)));
    // Kept for the case that what they are to be joined with cannot be read.
    let own = seen.engagements.iter().flat_map(|engagement| engagement.problems.iter().cloned());
    note(Ok(own.chain(seen.case_problems.iter().cloned()).collect()));
    let filter = case::CaseFilter::default();
    let lines = case::lines_of(context, &filter, common, &mut seen, &views, others);
    note(lines.map(|(_, some)| some));
    note(dates::of_log(context, &tenant).map(|late| late.into_iter().collect()));
    // Something else in the place of a store: of several the survey tells one.
    let listed = |dir: RelPath| match context.workspace.fs().list(&dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(context.workspace.io("read", &dir, error))
        }
        _ => Ok(Vec::new()),
    };
    note(listed(layout::cases(&tenant)));
    note(listed(layout::dsrs(&tenant)));
    let named: HashSet<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    let mut strange = Vec::new();
    look_through(context, &layout::tenant_dir(&tenant), &mut strange);
    strange.retain(|problem| !named.contains(problem.path.as_str()));
    problems.extend(strange);
    problems
}

/// Names of no file and no directory, and directories that cannot be listed.
fn look_through(context: &Context, dir: &RelPath, problems: &mut Vec<Problem>) {
    let fs = context.workspace.fs();
    let entries = match fs.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            problems.extend(problem_of(context, context.workspace.io("read", dir, error)));
            return;
        }
        Ok(entries) => entries,
    };
    if dir.name() == Store::Records.as_str() {
        unpaired(dir, &entries, problems);
    }
    for DirEntry { name, kind } in entries {
        let path = dir.join(&name);
        match kind {
            FileKind::File => {}
            // DTM-2: what lies in a transfer folder is for engineers and its accounts.
            FileKind::Dir if !context.actor.engineer && name == Store::Transfer.as_str() => {}
            FileKind::Dir => look_through(context, &path, problems),
            FileKind::Symlink => {
                let why = "a symbolic link, which is never followed; put the file itself here";
                problems.push(Problem::new(path.display(), ProblemKind::Unreadable, why));
            }
            FileKind::Other => {
                let mode = fs.stat(&path).map_or(0, |stat| stat.mode);
                let why = format!("{}, which is never opened: it is no record", in_words(mode));
                problems.push(Problem::new(path.display(), ProblemKind::Unreadable, why));
            }
        }
    }
}

/// Files of a store without their sidecars, and sidecars without their files.
fn unpaired(dir: &RelPath, entries: &[DirEntry], problems: &mut Vec<Problem>) {
    let files = entries.iter().filter(|entry| entry.kind == FileKind::File);
    let names: HashSet<&OsStr> = files.map(|entry| entry.name.as_os_str()).collect();
    for name in &names {
        let path = dir.join(name);
        let (kind, why) = match layout::sidecar_of(name) {
            Some(file) if names.contains(file) => continue,
            Some(_) => (ProblemKind::Invalid, artefact::WITHOUT_FILE),
            None if names.contains(layout::sidecar(&path).name()) => continue,
            None => (ProblemKind::Unregistered, artefact::UNREGISTERED),
        };
        problems.push(Problem::new(path.display(), kind, why));
    }
}

/// What a mode says of a name that is no file, directory or link.
const fn in_words(mode: u32) -> &'static str {
    match mode & 0o17_0000 {
        0o01_0000 => "a pipe",
        0o02_0000 | 0o06_0000 => "a device",
        0o14_0000 => "a socket",
        _ => "not a regular file",
    }
}

/// What stopped a look, as a problem of the file that it was at.
fn problem_of(context: &Context, error: Error) -> Option<Problem> {
    match error {
        Error::Io { ref path, .. } => {
            let root = format!("{}/", context.workspace.root().display());
            let path = path.strip_prefix(&root).unwrap_or(path).to_owned();
            Some(Problem::new(path, ProblemKind::Unreadable, error.to_string()))
        }
        Error::Invalid(invalid) => Some(invalid.into()),
        // What a rule says is no problem of a file.
        other => Some(Problem::new(
            layout::tenants().display(),
            ProblemKind::Unreadable,
            other.to_string(),
        )),
    }
}

/// SAR-13: what lies in another tenant is no business of the actor's.
fn seen_by(context: &Context, problem: Option<Problem>) -> Vec<Problem> {
    let tenant = |problem: &Problem| {
        let name = problem.path.strip_prefix("tenants/")?.split('/').next()?;
        Id::new(name).ok()
    };
    let mine = |problem: &Problem| tenant(problem).is_none_or(|id| context.actor.may_see(&id));
    problem.into_iter().filter(mine).collect()
}
