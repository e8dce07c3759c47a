//! The walk over the directories that a request covers: what is searched of them, and what is not.

use super::resume::Stamp;
use super::scope::{ScopeFile, without_contacts};
use crate::discovery::{Content, Target};
use crate::env;
use crate::error::{Error, Result};
use crate::fs::{DirEntry, FileKind, RelPath, Stat};
use crate::model::{FindingKind, Id, ScopeProblem};
use crate::ops::Context;
use crate::share;
use crate::workspace::{CaseRef, layout};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::sync::Arc;

/// From so many directories on it pays to walk them on several threads.
const MANY: usize = 64;

/// Files of a store that is not searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub files: u64,
    /// Bytes, of those whose size is known.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, stat: Option<Stat>) {
        self.files += 1;
        self.bytes += stat.map_or(0, |stat| stat.size);
    }
}

/// What a walk found, in no order.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub files: Vec<ScopeFile>,
    pub problems: Vec<ScopeProblem>,
    pub transfer: Tally,
    pub contacts: Tally,
}

impl Walked {
    pub(super) fn problem(&mut self, path: &RelPath, kind: &str, why: impl Into<String>) {
        let problem = ScopeProblem { path: path.display(), kind: kind.to_owned(), why: why.into() };
        self.problems.push(problem);
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.files.append(&mut other.files);
        self.problems.append(&mut other.problems);
        for (mine, theirs) in
            [(&mut self.transfer, other.transfer), (&mut self.contacts, other.contacts)]
        {
            mine.files += theirs.files;
            mine.bytes += theirs.bytes;
        }
    }
}

/// Which engagement each approval belongs to: it lies in another directory, and often in another
/// tenant (decision 8).
#[derive(Debug, Default)]
pub(super) struct Engagements(BTreeMap<RelPath, CaseRef>);

impl Engagements {
    /// Adds those of a tenant.
    ///
    /// # Errors
    /// Its approvals cannot be listed.
    pub(super) fn read(&mut self, context: &Context, tenant: &Id) -> Result<()> {
        let dir = layout::approvals(tenant);
        let entries = match context.workspace.fs().list(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("read", dir, error)),
        };
        for entry in entries {
            let path = dir.join(&entry.name);
            let sar = entry.name.to_str().and_then(|name| Id::new(name).ok());
            if let Some(sar) = sar
                && let Ok(Some(approval)) = context.workspace.approval(tenant, &sar)
            {
                let approval = approval.value;
                let case = CaseRef { tenant: approval.request_tenant, id: approval.case };
                self.0.insert(path, case);
            }
        }
        Ok(())
    }

    /// The directories of approvals that belong to one of these engagements.
    pub(super) fn dirs_of(&self, cases: &[CaseRef]) -> Vec<RelPath> {
        self.0.iter().filter(|(_, case)| cases.contains(case)).map(|(dir, _)| dir.clone()).collect()
    }

    /// The engagement of the approval in whose directory a path lies.
    fn holding(&self, path: &RelPath) -> Option<&CaseRef> {
        let mut above = path.parent();
        while !above.is_root() {
            if let Some(case) = self.0.get(&above) {
                return Some(case);
            }
            above = above.parent();
        }
        None
    }
}

/// Walks directories and everything below them. Nothing of `own`, the request's own directory, is
/// looked at: it holds the identifiers.
pub(super) fn walk(
    context: &Context,
    own: &RelPath,
    engagements: &Engagements,
    dirs: Vec<RelPath>,
) -> Walked {
    let begin = || Walk { context, own, engagements, found: Walked::default() };
    let mut first = begin();
    let mut dirs = dirs;
    // Down to where there are enough directories to share.
    while !dirs.is_empty() && dirs.len() < MANY {
        dirs = dirs.iter().flat_map(|dir| first.level(dir)).collect();
    }
    let mut found = first.found;
    let below = |dir: &RelPath| {
        let mut walk = begin();
        walk.directory(dir);
        walk.found
    };
    share::map(&dirs, env::processors(), &below).into_iter().for_each(|more| found.append(more));
    found
}

/// Takes a single file into what is searched.
pub(super) fn file(context: &Context, engagements: &Engagements, path: &RelPath) -> Walked {
    let own = RelPath::root();
    let mut walk = Walk { context, own: &own, engagements, found: Walked::default() };
    walk.file(path, context.workspace.fs().stat(path).ok());
    walk.found
}

/// A thread's part of a walk.
struct Walk<'a> {
    context: &'a Context,
    own: &'a RelPath,
    engagements: &'a Engagements,
    found: Walked,
}

impl Walk<'_> {
    fn directory(&mut self, dir: &RelPath) {
        for below in self.level(dir) {
            self.directory(&below);
        }
    }

    /// Takes the files of one directory and returns the directories in it.
    fn level(&mut self, dir: &RelPath) -> Vec<RelPath> {
        if dir == self.own {
            return Vec::new();
        }
        let entries = match self.context.workspace.fs().list(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.found.problem(dir, "unreadable", error.to_string());
                return Vec::new();
            }
        };
        // One call of the kernel for each name, in the directory itself.
        let opened = entries.iter().any(|entry| entry.kind == FileKind::File);
        let opened = opened.then(|| self.context.workspace.fs().open_dir(dir).ok()).flatten();
        let stat = |name: &OsStr| opened.as_ref()?.stat_below(name.as_ref()).ok();
        let transfer = layout::is_transfer(dir);
        let store = !transfer && is_store(dir);
        let mut below = Vec::new();
        for entry in &entries {
            let path = dir.join(&entry.name);
            match entry.kind {
                FileKind::Dir => below.push(path),
                FileKind::File if transfer => {
                    if layout::sidecar_of(path.name()).is_none() {
                        self.found.transfer.add(stat(&entry.name));
                    }
                }
                FileKind::File => {
                    if store && !is_registered(&path, &entries) {
                        let why = "has no sidecar; it is searched all the same";
                        self.found.problem(&path, "unregistered", why);
                    }
                    self.file(&path, stat(&entry.name));
                }
                FileKind::Symlink | FileKind::Other if transfer => {}
                FileKind::Symlink => {
                    let why = "a symbolic link, which is never followed";
                    self.found.problem(&path, "unreadable", why);
                }
                FileKind::Other => self.found.problem(&path, "unreadable", "not a regular file"),
            }
        }
        below
    }

    fn file(&mut self, path: &RelPath, stat: Option<Stat>) {
        let fs = self.context.workspace.fs();
        let parts: Vec<&OsStr> = path.components().skip(2).collect();
        // DSR-9: the tenant's people are business relationship data.
        if parts == ["tenant.toml"] {
            self.found.contacts.add(stat);
            return;
        }
        let kind = kind_of(path);
        let engagement =
            layout::engagement_of(path).or_else(|| self.engagements.holding(path).cloned());
        let mut content = Content::File { fs: Arc::clone(fs), path: path.clone() };
        if kind == FindingKind::Case {
            match without_contacts(self.context, path) {
                Ok(Some(text)) => {
                    self.found.contacts.files += 1;
                    content = Content::Bytes(text.into());
                }
                // Searched as it stands: better a finding too many than one too few.
                Ok(None) => {
                    self.found.problem(
                        path,
                        "invalid",
                        "is not valid TOML; searched as plain text",
                    );
                }
                Err(error) => {
                    self.found.problem(path, "unreadable", error.to_string());
                    return;
                }
            }
        }
        let stamp = stat.filter(|_| matches!(content, Content::File { .. })).map(Stamp::from);
        let about = match layout::sidecar_of(path.name()) {
            Some(file) => path.parent().join(file),
            None => path.clone(),
        };
        let name = path.name();
        self.found.files.push(ScopeFile {
            target: Target { name: std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec(), content },
            about,
            path: path.clone(),
            kind,
            engagement,
            stamp,
        });
    }
}

/// Whether a file of a store is a sidecar or has one among its `siblings`, which are in order.
fn is_registered(path: &RelPath, siblings: &[DirEntry]) -> bool {
    let sidecar = layout::sidecar(path);
    layout::sidecar_of(path.name()).is_some()
        || siblings.binary_search_by(|other| other.name.as_os_str().cmp(sidecar.name())).is_ok()
}

/// A directory whose files have sidecars.
fn is_store(dir: &RelPath) -> bool {
    let parts: Vec<&OsStr> = dir.components().skip(2).collect();
    match parts.as_slice() {
        [cases, _, store] if *cases == "cases" => *store == "records" || *store == "diagnostics",
        [approvals, _, store] if *approvals == "approvals" => *store == "diagnostics",
        _ => false,
    }
}

/// What a file is, from its path.
fn kind_of(path: &RelPath) -> FindingKind {
    let parts: Vec<&str> =
        path.components().map(|part| part.to_str().unwrap_or("\u{fffd}")).collect();
    match parts.as_slice() {
        [".attest", ..] => FindingKind::Attestation,
        [_, _, "audit.jsonl"] => FindingKind::Audit,
        [_, _, "dsr" | "transfer", ..] => FindingKind::Request,
        [_, _, "cases", _, "case.toml"] => FindingKind::Case,
        [_, _, "cases", _, "records", ..] => FindingKind::Record,
        [_, _, "cases" | "approvals", _, "diagnostics", ..] => FindingKind::Diagnostic,
        [_, _, "cases", _, "access", ..] => FindingKind::Access,
        [_, _, "approvals", _, "approval.toml"] => FindingKind::Approval,
        _ => FindingKind::Leftover,
    }
}
