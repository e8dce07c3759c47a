//! Reading records for the index: what it cannot answer comes from the files.
//!
//! The stamps of files and directories are always taken before they are read: a change in between
//! makes a row look older than it is, which only means that it is read again.

use super::names::Names;
use super::row::{DatedFile, Engagement, RequestOutline, Stores, outline};
use super::stamp::{Gatherer, Stamps};
use crate::error::{Error, Result};
use crate::fs::{FileKind, FsDir, RelPath};
use crate::model::{Id, Request, Store};
use crate::policy::retention;
use crate::workspace::{CaseRef, DsrRef, Problem, ProblemKind, Workspace, layout};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const RECORD: &[u8] = b"case.toml";
const SIDECAR: &[u8] = layout::SIDECAR.as_bytes();
const DIAGNOSTICS: &str = Store::Diagnostics.as_str();

/// An engagement as read, with what it was made of.
#[derive(Debug)]
pub(super) struct Read {
    pub engagement: Engagement,
    pub watched: Watched,
    pub approvals: Vec<(String, String)>,
    pub clock_stamps: Stamps,
    pub stamps: Stamps,
    /// Everything could be read, and no name came or went meanwhile.
    pub quiet: bool,
}

/// The names below an engagement's directory that it was made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Watched {
    /// What is under a clock; the directory itself comes before them.
    pub clocks: Names,
    /// The rest; the record comes before them, approvals behind.
    pub record: Names,
}

/// The path of a watched name below `cases`.
pub(super) fn below(id: &str, watched: &[u8]) -> PathBuf {
    let mut path = PathBuf::from(id);
    path.push(OsStr::from_bytes(watched));
    path
}

/// The stamps of an engagement's directory and of what is under a clock in it.
pub(super) fn clock_stamps_of(cases: &dyn FsDir, id: &str, watched: &Names) -> Stamps {
    let mut stamps = Gatherer::new();
    stamps.below(cases, id);
    add_names(&mut stamps, cases, id, watched.iter());
    stamps.done()
}

/// The stamps of the rest of an engagement; approvals come behind them.
pub(super) fn stamps_of(cases: &dyn FsDir, id: &str, watched: &Names) -> Gatherer {
    let mut stamps = Gatherer::new();
    add_names(&mut stamps, cases, id, [RECORD].into_iter().chain(watched.iter()));
    stamps
}

/// The stamps of names below a directory in another one.
fn add_names<'a>(
    stamps: &mut Gatherer,
    dir: &dyn FsDir,
    below: &str,
    names: impl Iterator<Item = &'a [u8]>,
) {
    // One buffer for all names: this is done for every file behind every row.
    let mut path = Vec::new();
    for name in names {
        if path.is_empty() {
            path.reserve(below.len() + 64);
            path.extend_from_slice(below.as_bytes());
            path.push(b'/');
        }
        path.truncate(below.len() + 1);
        path.extend_from_slice(name);
        stamps.below(dir, OsStr::from_bytes(&path));
    }
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
    let none = Watched::default();
    let watched_now = names.as_ref().unwrap_or(&none);
    let clock_stamps = clock_stamps_of(cases, id, &watched_now.clocks);
    let mut stamps = stamps_of(cases, id, &watched_now.record);
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
    let store = |store| dated(workspace, &layout::store(case_ref, store), store);
    let (diagnostics, diagnostics_problems) = store(Store::Diagnostics);
    let (transfer, transfer_problems) = store(Store::Transfer);
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
            stores: Stores { diagnostics, transfer, diagnostics_problems, transfer_problems },
            problems,
            access_problems,
        },
        watched: names.unwrap_or_default(),
        approvals,
        clock_stamps,
        stamps: stamps.done(),
        quiet,
    }
}

fn unreadable(path: &RelPath, error: &Error) -> Problem {
    Problem::new(path.display(), ProblemKind::Unreadable, error.to_string())
}

/// The names that an engagement is made of; `None` when they cannot be listed.
fn watched(workspace: &Workspace, case_ref: &CaseRef) -> Option<Watched> {
    let dir = layout::case_dir(case_ref);
    let mut watched = Watched::default();
    for entry in workspace.fs().list(&dir).ok()? {
        let (names, ending): (_, &[u8]) = match entry.name.as_bytes() {
            b"tombstone.toml" => {
                watched.record.push(&[entry.name.as_bytes()]);
                continue;
            }
            b"access" => (&mut watched.record, b".toml"),
            b"diagnostics" => (&mut watched.clocks, SIDECAR),
            b"transfer" => {
                // Their clock runs from the closing of the case.
                watched.clocks.push(&[RECORD]);
                (&mut watched.clocks, SIDECAR)
            }
            _ => continue,
        };
        names.push(&[entry.name.as_bytes()]);
        if entry.kind == FileKind::Dir {
            for inner in workspace.fs().list(&dir.join(&entry.name)).ok()? {
                if inner.name.as_bytes().ends_with(ending) {
                    names.push(&[entry.name.as_bytes(), b"/", inner.name.as_bytes()]);
                }
            }
        }
    }
    Some(watched)
}

/// What was collected under a tenant's approvals.
pub(super) struct ReadCollected {
    pub stores: Vec<(Id, Stores)>,
    pub watched: Names,
    pub stamps: Stamps,
    pub quiet: bool,
}

/// The stamps of the directory `approvals` and of names below it.
pub(super) fn collected_stamps_of(tenants: &dyn FsDir, tenant: &str, watched: &Names) -> Stamps {
    let dir = format!("{tenant}/approvals");
    let mut stamps = Gatherer::new();
    stamps.below(tenants, &dir);
    add_names(&mut stamps, tenants, &dir, watched.iter());
    stamps.done()
}

/// Reads what was collected under a tenant's approvals. `stamps_of` are those of names below them.
///
/// # Errors
/// The directory of approvals cannot be listed.
pub(super) fn collected(
    workspace: &Workspace,
    tenant: &Id,
    stamps_of: &dyn Fn(&Names) -> Stamps,
) -> Result<ReadCollected> {
    let names = watched_collected(workspace, tenant);
    let stamps = stamps_of(names.as_ref().unwrap_or(&Names::default()));
    let mut stores = Vec::new();
    for sar in workspace.approval_ids(tenant)? {
        let dir = layout::approval_diagnostics(tenant, &sar);
        let (diagnostics, diagnostics_problems) = dated(workspace, &dir, Store::Diagnostics);
        let found = Stores { diagnostics, diagnostics_problems, ..Stores::default() };
        if !found.is_empty() {
            stores.push((sar, found));
        }
    }
    let problems = stores.iter().flat_map(|(_, stores)| &stores.diagnostics_problems);
    let readable = problems.into_iter().all(|problem| problem.kind != ProblemKind::Unreadable);
    let quiet = readable && names.is_some() && watched_collected(workspace, tenant) == names;
    Ok(ReadCollected { stores, watched: names.unwrap_or_default(), stamps, quiet })
}

/// The names below a tenant's approvals that tell what was collected; `None` when they cannot be
/// listed.
fn watched_collected(workspace: &Workspace, tenant: &Id) -> Option<Names> {
    let dir = layout::approvals(tenant);
    let mut names = Names::default();
    let list = |dir: &RelPath| match workspace.fs().list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Vec::new()),
        other => other.ok(),
    };
    for approval in list(&dir)? {
        names.push(&[approval.name.as_bytes()]);
        if approval.kind != FileKind::Dir {
            continue;
        }
        let below = dir.join(&approval.name);
        for entry in list(&below)?.iter().filter(|entry| entry.name == DIAGNOSTICS) {
            names.push(&[approval.name.as_bytes(), b"/", entry.name.as_bytes()]);
            if entry.kind != FileKind::Dir {
                continue;
            }
            for inner in list(&below.join(&entry.name))? {
                if inner.name.as_bytes().ends_with(SIDECAR) {
                    let parts = [&approval.name, &entry.name, &inner.name].map(|n| n.as_bytes());
                    names.push(&[parts[0], b"/", parts[1], b"/", parts[2]]);
                }
            }
        }
    }
    Some(names)
}

/// The files of a store with the dates that their sidecars give them.
fn dated(workspace: &Workspace, dir: &RelPath, store: Store) -> (Vec<DatedFile>, Vec<Problem>) {
    match workspace.artefacts(dir, store) {
        Err(error) => (Vec::new(), vec![unreadable(dir, &error)]),
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
) -> std::result::Result<RequestOutline, Option<Problem>> {
    let path = layout::dsr(dsr);
    match workspace.load::<Request>(&path) {
        Ok(None) => Err(None),
        Ok(Some(loaded)) if loaded.value.id != dsr.id => {
            let why = format!("its id is `{}`, its directory `{}`", loaded.value.id, dsr.id);
            Err(Some(Problem::new(path.display(), ProblemKind::Invalid, why)))
        }
        Ok(Some(loaded)) => Ok(RequestOutline {
            id: dsr.id.clone(),
            path: path.display(),
            state: loaded.value.state,
            due_on: loaded.value.extended_to.unwrap_or(loaded.value.due_on),
            has_clock: has_clock(workspace, dsr, &loaded.value),
        }),
        Err(Error::Invalid(invalid)) => Err(Some(invalid.into())),
        Err(error) => Err(Some(unreadable(&path, &error))),
    }
}

/// Whether something of a request is under a clock, or keeps files that are.
fn has_clock(workspace: &Workspace, dsr: &DsrRef, request: &Request) -> bool {
    // What cannot be listed is looked at again by whoever asks for it.
    let Ok(entries) = workspace.fs().list(&layout::dsr_dir(dsr)) else { return true };
    let record = layout::dsr(dsr);
    let mut beside = entries.iter().filter(|entry| entry.name != record.name());
    retention::has_clock(request, beside.next().is_some())
}
