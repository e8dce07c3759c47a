//! The one way to write records: everything of a commit happens, or nothing.

use super::conflict;
use super::journal::{Manifest, Step};
use super::record::{self, Record};
use super::{Loaded, Stage, StagedFile, Workspace, WorkspaceLock, layout};
use crate::env::Stopwatch;
use crate::error::{Error, Result};
use crate::fs::{self, RelPath};
use crate::log;
use crate::model::{AuditEvent, Id};
use std::collections::{BTreeMap, BTreeSet};

/// Writes that belong together: a decision with its audit entries, a file with its sidecar.
#[derive(Debug, Default)]
pub struct Commit {
    writes: Vec<Write>,
    /// Records that are not written, but on whose contents the writes rest.
    premises: Vec<(RelPath, Expected)>,
    events: Vec<(Id, AuditEvent)>,
    lines: Vec<(RelPath, Vec<u8>)>,
    /// Events that whoever commits next appends, once.
    owed: Vec<(Id, AuditEvent)>,
    removals: Vec<RelPath>,
}

#[derive(Debug)]
struct Write {
    path: RelPath,
    contents: Contents,
    expected: Expected,
}

/// What a commit makes of a record that somebody else changed: what a conflict may say of it.
#[derive(Debug, Clone, Copy)]
enum Ours<'a> {
    Written(&'a [u8]),
    /// It rests on it, or writes no text.
    Unchanged,
    /// It rests on a record of a tenant in which it writes nothing: what stands there need not be
    /// for whoever acts, and is not quoted (SAR-13).
    Elsewhere,
}

#[derive(Debug)]
enum Contents {
    Bytes(Vec<u8>),
    Staged(StagedFile),
}

/// What must be true of a path when the commit is applied; anything else is a conflict.
#[derive(Debug)]
enum Expected {
    Absent,
    /// Still these contents: nobody wrote since they were read.
    Unchanged {
        text: String,
        revision: Option<u64>,
    },
    Anything,
}

impl Commit {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A new record; it is a conflict if the path exists by then.
    pub fn create<T: Record>(&mut self, path: RelPath, record: &T) {
        let contents = Contents::Bytes(record::render(None, record).into_bytes());
        self.writes.push(Write { path, contents, expected: Expected::Absent });
    }

    /// A new version of a record that was read; its revision grows by one. It is a conflict if
    /// somebody wrote the record since.
    pub fn update<T: Record>(&mut self, base: &Loaded<T>, mut record: T) {
        let revision = base.value.revision();
        if let Some(revision) = revision {
            record.set_revision(revision + 1);
        }
        let contents = Contents::Bytes(record::render(Some(&base.text), &record).into_bytes());
        let expected = Expected::Unchanged { text: base.text.clone(), revision };
        self.writes.push(Write { path: base.path.clone(), contents, expected });
    }

    /// The commit rests on what a record said: it is a conflict if somebody wrote it since, for
    /// example closed the case that a file is attached to.
    pub fn rely_on<T: Record>(&mut self, base: &Loaded<T>) {
        let expected =
            Expected::Unchanged { text: base.text.clone(), revision: base.value.revision() };
        self.premises.push((base.path.clone(), expected));
    }

    /// The commit rests on there being no record at `path` yet: what somebody else made there since
    /// would have changed what is decided.
    pub fn rely_on_absent(&mut self, path: RelPath) {
        self.premises.push((path, Expected::Absent));
    }

    /// A file that is derived from a record of the same commit and replaced with it.
    pub fn replace(&mut self, path: RelPath, bytes: Vec<u8>) {
        self.writes.push(Write {
            path,
            contents: Contents::Bytes(bytes),
            expected: Expected::Anything,
        });
    }

    /// A staged file goes to `path`; it is a conflict if the path exists by then.
    pub fn place(&mut self, file: StagedFile, path: RelPath) {
        self.writes.push(Write {
            path,
            contents: Contents::Staged(file),
            expected: Expected::Absent,
        });
    }

    /// Appends an event to a tenant's audit log.
    pub fn audit(&mut self, tenant: &Id, event: AuditEvent) {
        self.events.push((tenant.clone(), event));
    }

    /// A new version of a record that was read, written afresh: comments and people's own values of
    /// the old text do not stay.
    pub fn rewrite<T: Record>(&mut self, base: &Loaded<T>, mut record: T) {
        let revision = base.value.revision();
        if let Some(revision) = revision {
            record.set_revision(revision + 1);
        }
        let contents = Contents::Bytes(record::render(None, &record).into_bytes());
        let expected = Expected::Unchanged { text: base.text.clone(), revision };
        self.writes.push(Write { path: base.path.clone(), contents, expected });
    }

    /// Appends whole lines to a file of lines.
    pub fn append(&mut self, path: RelPath, lines: Vec<u8>) {
        if !lines.is_empty() {
            self.lines.push((path, lines));
        }
    }

    /// Appends an event that follows from the clock and has a derived id, unless the log has it.
    pub fn owe(&mut self, tenant: &Id, event: AuditEvent) {
        self.owed.push((tenant.clone(), event));
    }

    /// Removes a directory that is empty by then, and its empty parents up to the engagement.
    /// Never a file: files are removed by the attestation log's transaction alone.
    pub fn remove_empty_dir(&mut self, dir: RelPath) {
        self.removals.push(dir);
    }

    /// What the commit is about by the entries that it makes: tenants and correlations.
    #[must_use]
    pub fn matters(&self) -> Vec<(Id, String)> {
        let events = self.events.iter();
        events.map(|(tenant, event)| (tenant.clone(), event.correlation_id.clone())).collect()
    }

    /// Whether it writes a record in the directory of the same tenant.
    fn writes_beside(&self, path: &RelPath) -> bool {
        let tenant = |path: &RelPath| {
            path.components().take(2).map(std::ffi::OsStr::to_owned).collect::<Vec<_>>()
        };
        let here = tenant(path);
        self.writes.iter().any(|write| tenant(&write.path) == here)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
            && self.events.is_empty()
            && self.lines.is_empty()
            && self.owed.is_empty()
            && self.removals.is_empty()
    }
}

impl Workspace {
    /// Applies a commit under `.lock`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a record changed since it was read; an I/O error. Before the commit
    /// is recorded in the journal nothing is changed; after that it is finished now or at the next
    /// start.
    pub fn commit(&self, commit: Commit) -> Result<()> {
        self.commit_staged(None, commit)
    }

    /// As [`Workspace::commit`], with files from a stage.
    ///
    /// # Errors
    /// As [`Workspace::commit`].
    pub fn commit_staged(&self, stage: Option<Stage>, commit: Commit) -> Result<()> {
        let lock = self.lock()?;
        self.commit_locked(&lock, stage, commit)
    }

    /// As [`Workspace::commit`], for a caller that holds `.lock` already.
    ///
    /// # Errors
    /// As [`Workspace::commit`].
    pub fn commit_locked(
        &self,
        lock: &WorkspaceLock,
        stage: Option<Stage>,
        mut commit: Commit,
    ) -> Result<()> {
        if commit.is_empty() {
            return Ok(());
        }
        let watch = Stopwatch::start();
        if self.has_interrupted_commits()? {
            self.roll_forward(lock)?;
        }
        for (tenant, event) in std::mem::take(&mut commit.owed) {
            if !self.audit_has(&tenant, &event.id)? {
                commit.events.push((tenant, event));
            }
        }
        if commit.is_empty() {
            return Ok(());
        }
        for (path, expected) in &commit.premises {
            let version =
                if commit.writes_beside(path) { Ours::Unchanged } else { Ours::Elsewhere };
            self.check_expected(path, expected, version)?;
        }
        for write in &commit.writes {
            let ours = match &write.contents {
                Contents::Bytes(bytes) => Ours::Written(bytes),
                Contents::Staged(_) => Ours::Unchanged,
            };
            self.check_expected(&write.path, &write.expected, ours)?;
        }
        self.check_writable(&commit)?;
        let mut stage = match stage {
            Some(stage) => stage,
            None => self.stage_locked()?,
        };
        let mut steps = Vec::new();
        let writes = commit.writes.iter().map(|write| write.path.clone());
        let logs = commit.events.iter().map(|(tenant, _)| layout::audit(tenant));
        for dir in self.missing_dirs(writes.chain(logs))? {
            steps.push(Step::MakeDir { path: dir.display() });
        }
        for write in commit.writes {
            let staged = match write.contents {
                Contents::Staged(file) => file,
                Contents::Bytes(bytes) => stage.put(&bytes)?,
            };
            let (new, path) = (!self.is_there(&write.path)?, write.path.display());
            steps.push(Step::Write { file: staged.index, path, new });
        }
        let mut logs: BTreeMap<RelPath, Vec<u8>> = BTreeMap::new();
        for (path, lines) in commit.lines {
            logs.entry(path).or_default().extend(lines);
        }
        for (tenant, event) in commit.events {
            let log = logs.entry(layout::audit(&tenant)).or_default();
            serde_json::to_writer(&mut *log, &event)
                .map_err(|error| Error::io("write", ".journal", error.into()))?;
            log.push(b'\n');
        }
        for (path, lines) in logs {
            let at = self.lines_end(&path)?;
            let staged = stage.put(&lines)?;
            let (new, path) = (!self.is_there(&path)?, path.display());
            steps.push(Step::Append { file: staged.index, path, at, new });
        }
        steps
            .extend(commit.removals.iter().map(|dir| Step::RemoveEmptyDir { path: dir.display() }));
        let count = steps.len();
        self.record_and_apply(lock, stage, &Manifest::new(steps))?;
        log::committed(count, watch);
        Ok(())
    }

    /// Refuses what could not be applied: once it is in the journal a commit has to be finished, and
    /// until then nobody could open the workspace for writing.
    fn check_writable(&self, commit: &Commit) -> Result<()> {
        let logs = commit.events.iter().map(|(tenant, _)| layout::audit(tenant));
        let removals = commit.removals.iter().cloned();
        let logs = logs.chain(commit.lines.iter().map(|(path, _)| path.clone()));
        let paths = commit.writes.iter().map(|write| write.path.clone()).chain(logs);
        let dirs: BTreeSet<RelPath> = paths.chain(removals).map(|path| path.parent()).collect();
        for mut dir in dirs {
            while !self.is_there(&dir)? {
                dir = dir.parent();
            }
            self.fs.may_write(&dir).map_err(|error| self.io("write to", &dir, error))?;
        }
        Ok(())
    }

    /// Refuses when a record says anything but `text`.
    ///
    /// # Errors
    /// [`Error::Conflict`] with what it was and what it is; it cannot be read.
    pub(crate) fn still(&self, path: &RelPath, text: &str) -> Result<()> {
        let revision = revision_in(text.as_bytes()).and_then(|at| u64::try_from(at).ok());
        let expected = Expected::Unchanged { text: text.to_owned(), revision };
        self.check_expected(path, &expected, Ours::Unchanged)
    }

    fn is_there(&self, path: &RelPath) -> Result<bool> {
        fs::exists(&*self.fs, path).map_err(|error| self.io("read", path, error))
    }

    /// The directories that are missing for `paths`, those above before those in them.
    fn missing_dirs(&self, paths: impl Iterator<Item = RelPath>) -> Result<BTreeSet<RelPath>> {
        let mut missing = BTreeSet::new();
        for path in paths {
            let mut dir = path.parent();
            while !missing.contains(&dir) && !self.is_there(&dir)? {
                missing.insert(dir.clone());
                dir = dir.parent();
            }
        }
        Ok(missing)
    }

    fn check_expected(&self, path: &RelPath, expected: &Expected, ours: Ours<'_>) -> Result<()> {
        let current = match fs::read(&*self.fs, path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            // A directory or link in the way: creating the file would fail as well.
            Err(error) => return Err(self.io("read", path, error)),
        };
        match (expected, current) {
            (Expected::Anything, _) | (Expected::Absent, None) => Ok(()),
            (Expected::Absent, Some(_)) => Err(Error::Conflict {
                message: format!("{path} exists already"),
                hint: Some("somebody else made it; nothing was overwritten".to_owned()),
            }),
            (Expected::Unchanged { text, .. }, Some(bytes)) if bytes == text.as_bytes() => Ok(()),
            (Expected::Unchanged { text, revision }, current) => {
                let read = revision.map(|r| format!(" at revision {r}")).unwrap_or_default();
                let now = match (current, ours) {
                    (None, _) => "it is gone".to_owned(),
                    (Some(_), Ours::Elsewhere) => "it has other contents now".to_owned(),
                    (Some(bytes), ours) => {
                        let ours = if let Ours::Written(bytes) = ours { Some(bytes) } else { None };
                        let differs = conflict::explain(text, ours, &bytes);
                        let at = revision_in(&bytes).map(|r| format!("it is at revision {r}: "));
                        format!("{}{differs}", at.unwrap_or_default())
                    }
                };
                Err(Error::Conflict {
                    message: format!(
                        "{path} was changed by somebody else since it was read{read}: {now}"
                    ),
                    hint: Some("nothing was written; look at it again and repeat".to_owned()),
                })
            }
        }
    }
}

fn revision_in(bytes: &[u8]) -> Option<i64> {
    let table: toml::Table = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
    table.get("revision")?.as_integer()
}
