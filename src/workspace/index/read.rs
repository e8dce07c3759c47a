//! Reading records for the index: what it cannot answer comes from the files.
//!
//! The stamps of files and directories are always taken before they are read: a change in between
//! makes a row look older than it is, which only means that it is read again.

use super::names::Names;
use super::row::{DatedFile, Engagement, RequestOutline, outline};
use super::stamp::{Gatherer, Stamps};
use crate::error::Error;
use crate::fs::{FsDir, RelPath};
use crate::model::{Id, Request, Store};
use crate::workspace::{CaseRef, DsrRef, Problem, ProblemKind, Workspace, layout};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// An engagement as read, with what it was made of.
#[derive(Debug)]
pub(super) struct Read {
    pub engagement: Engagement,
    pub watched: Names,
    pub approvals: Vec<(String, String)>,
    pub stamps: Stamps,
    /// Everything could be read, and no name came or went meanwhile.
    pub quiet: bool,
}

/// The path of a watched name below `cases`.
pub(super) fn below(id: &str, watched: &[u8]) -> PathBuf {
    let mut path = PathBuf::from(id);
    path.push(std::ffi::OsStr::from_bytes(watched));
    path
}

/// The stamps of an engagement's own files; approvals come behind them.
pub(super) fn stamps_of(cases: &dyn FsDir, id: &str, watched: &Names) -> Gatherer {
    let mut stamps = Gatherer::new();
    stamps.below(cases, id);
    // One buffer for all names: this is done for every file behind every row.
    let mut path = Vec::with_capacity(id.len() + 64);
    path.extend_from_slice(id.as_bytes());
    path.push(b'/');
    for name in [b"case.toml".as_slice()].into_iter().chain(watched.iter()) {
        path.truncate(id.len() + 1);
        path.extend_from_slice(name);
        stamps.below(cases, std::ffi::OsStr::from_bytes(&path));
    }
    stamps
}

pub(super) fn add_approval(
    stamps: &mut Gatherer,
    workspace: &Workspace,
    resource_tenant: &str,
    sar: &str,
) {
    match (Id::new(resource_tenant), Id::new(sar)) {
        (Ok(tenant), Ok(sar)) => {
            stamps.add(&workspace.fs().stat(&layout::approval(&tenant, &sar)));
        }
        _ => stamps.add(&Err(io::Error::from(io::ErrorKind::InvalidData))),
    }
}

/// Reads an engagement with everything that lists say about it.
pub(super) fn engagement(workspace: &Workspace, cases: &dyn FsDir, case_ref: &CaseRef) -> Read {
    let id = case_ref.id.as_str();
    let names = watched(workspace, case_ref);
    let none = Names::default();
    let mut stamps = stamps_of(cases, id, names.as_ref().unwrap_or(&none));
    let mut approvals = Vec::new();
    let (case, tombstone, problems) = workspace.case_or_tombstone(case_ref);
    let mut access_problems = Vec::new();
    let mut access = Vec::new();
    match workspace.access_requests(case_ref) {
        Err(error) => access_problems.push(unreadable(&layout::access_dir(case_ref), &error)),
        Ok((requests, more)) => {
            access_problems.extend(more);
            for request in requests {
                let (resource, sar) = (&request.value.resource_tenant, &request.value.id);
                let named = (resource.as_str().to_owned(), sar.as_str().to_owned());
                add_approval(&mut stamps, workspace, &named.0, &named.1);
                approvals.push(named);
                match workspace.approval(resource, sar) {
                    Ok(approval) => {
                        let mut request = request.value;
                        request.x = None;
                        let mut approval = approval.map(|approval| approval.value);
                        if let Some(approval) = &mut approval {
                            approval.x = None;
                        }
                        access.push((request, approval));
                    }
                    // Without its approval the state of a request is unknown: better none than a
                    // wrong one.
                    Err(Error::Invalid(invalid)) => access_problems.push(invalid.into()),
                    Err(error) => {
                        let path = layout::approval(resource, sar);
                        access_problems.push(unreadable(&path, &error));
                    }
                }
            }
        }
    }
    let (diagnostics, diagnostics_problems) = dated(workspace, case_ref, Store::Diagnostics);
    let (transfer, transfer_problems) = dated(workspace, case_ref, Store::Transfer);
    let readable = [&problems, &access_problems, &diagnostics_problems, &transfer_problems]
        .into_iter()
        .flatten()
        .all(|problem| problem.kind != ProblemKind::Unreadable);
    let quiet = readable && names.is_some() && watched(workspace, case_ref) == names;
    Read {
        engagement: Engagement {
            id: case_ref.id.clone(),
            case: case.map(outline),
            tombstone,
            access,
            diagnostics,
            transfer,
            problems,
            access_problems,
            diagnostics_problems,
            transfer_problems,
        },
        watched: names.unwrap_or_default(),
        approvals,
        stamps: stamps.done(),
        quiet,
    }
}

fn unreadable(path: &RelPath, error: &Error) -> Problem {
    Problem::new(path.display(), ProblemKind::Unreadable, error.to_string())
}

/// The names below an engagement's directory whose stamps belong to its row; `None` when they
/// cannot be listed.
fn watched(workspace: &Workspace, case_ref: &CaseRef) -> Option<Names> {
    let dir = layout::case_dir(case_ref);
    let mut names = Names::default();
    for entry in workspace.fs().list(&dir).ok()? {
        let ending: &[u8] = match entry.name.as_bytes() {
            b"tombstone.toml" => {
                names.push(&[entry.name.as_bytes()]);
                continue;
            }
            b"access" => b".toml",
            b"diagnostics" | b"transfer" => layout::SIDECAR.as_bytes(),
            _ => continue,
        };
        names.push(&[entry.name.as_bytes()]);
        if entry.kind != crate::fs::FileKind::Dir {
            continue;
        }
        for inner in workspace.fs().list(&dir.join(&entry.name)).ok()? {
            if inner.name.as_bytes().ends_with(ending) {
                names.push(&[entry.name.as_bytes(), b"/", inner.name.as_bytes()]);
            }
        }
    }
    Some(names)
}

/// The files of a store with the dates that their sidecars give them.
fn dated(
    workspace: &Workspace,
    case_ref: &CaseRef,
    store: Store,
) -> (Vec<DatedFile>, Vec<Problem>) {
    let dir = layout::store(case_ref, store);
    match workspace.artefacts(&dir, store) {
        Err(error) => (Vec::new(), vec![unreadable(&dir, &error)]),
        Ok((artefacts, problems)) => {
            let files = artefacts.into_iter().map(|artefact| {
                let meta = artefact.meta.map(|meta| meta.value);
                DatedFile {
                    name: artefact.name,
                    path: artefact.path.display(),
                    registered: meta.is_some(),
                    collected_at: meta.as_ref().and_then(|meta| meta.collected_at),
                    held: meta.is_some_and(|meta| !meta.holds.is_empty()),
                }
            });
            (files.collect(), problems)
        }
    }
}

/// Reads a data subject request: its outline, what is wrong with it, or nothing.
pub(super) fn request(
    workspace: &Workspace,
    dsr: &DsrRef,
) -> Result<RequestOutline, Option<Problem>> {
    let path = layout::dsr(dsr);
    match workspace.load::<Request>(&path) {
        Ok(None) => Err(None),
        Ok(Some(loaded)) if loaded.value.id != dsr.id => {
            let why = format!("its id is `{}`, its directory `{}`", loaded.value.id, dsr.id);
            Err(Some(Problem::new(path.display(), ProblemKind::Invalid, why)))
        }
        Ok(Some(loaded)) => Ok(RequestOutline {
            path: path.display(),
            state: loaded.value.state,
            due_on: loaded.value.extended_to.unwrap_or(loaded.value.due_on),
        }),
        Err(Error::Invalid(invalid)) => Err(Some(invalid.into())),
        Err(error) => Err(Some(unreadable(&path, &error))),
    }
}
