//! The redo journal: a commit is recorded whole before it is applied, and finished after a stop.
//!
//! `.journal/<id>/commit.json` is the commit point: a stage that was renamed to `<id>` is applied,
//! now or at the next start; one that is still called `new-<id>` never happened. Every step can be
//! taken again: a staged file that is gone was placed, an append goes to a fixed offset.

use super::stage::{ALIVE, UNFINISHED, remove_dir_with_files};
use super::{Stage, Workspace, WorkspaceLock, layout};
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, FileKind, RelPath, Replace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;

const MANIFEST: &str = "commit.json";

/// `commit.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    v: u32,
    steps: Vec<Step>,
}

/// One change, idempotent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    /// The staged file becomes `path`.
    Write { file: usize, path: String },
    /// The staged bytes stand in `path` from byte `at`.
    Append { file: usize, path: String, at: u64 },
    /// An engagement's directory goes once it is empty.
    RemoveEmptyDir { path: String },
}

impl Manifest {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self { v: 1, steps }
    }
}

impl Workspace {
    /// Whether `.journal` holds anything: interrupted commits, or stages of living processes.
    pub(super) fn has_interrupted_commits(&self) -> Result<bool> {
        let journal = layout::journal();
        match self.fs.list(&journal) {
            Ok(entries) => Ok(!entries.is_empty()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.io("read", &journal, error)),
        }
    }

    pub(super) fn record_and_apply(
        &self,
        _lock: &WorkspaceLock,
        mut stage: Stage,
        manifest: &Manifest,
    ) -> Result<()> {
        let journal = layout::journal();
        let dir = journal.join(&stage.id);
        let bytes = serde_json::to_vec(manifest)
            .map_err(|error| self.io("write", &journal, error.into()))?;
        (|| {
            let stage_dir = self.fs.open_dir(&stage.dir)?;
            let journal_dir = self.fs.open_dir(&journal)?;
            let mut file = self.fs.create(&stage.dir.join(MANIFEST))?;
            file.write_at(&bytes, 0)?;
            file.sync()?;
            stage_dir.sync()?;
            self.fs.rename(&stage.dir, &dir, Replace::No)?;
            stage.taken = true;
            journal_dir.sync()
        })()
        .map_err(|error| self.io("write to", &journal, error))?;
        self.apply(&dir, manifest).map_err(|error| match error {
            Error::Io { path, source, .. } => Error::Io {
                action: "finish a change that is recorded and will be completed at the next start:",
                path,
                source,
            },
            other => other,
        })
    }

    /// Finishes every recorded commit and drops every stage whose process is gone.
    pub(super) fn roll_forward(&self, _lock: &WorkspaceLock) -> Result<()> {
        let journal = layout::journal();
        let entries = self.fs.list(&journal).map_err(|error| self.io("read", &journal, error))?;
        for entry in entries {
            let dir = journal.join(&entry.name);
            if entry.kind != FileKind::Dir {
                continue;
            }
            let unfinished = entry.name.to_string_lossy().starts_with(UNFINISHED);
            if unfinished {
                self.drop_stage(&dir).map_err(|error| self.io("clear", &dir, error))?;
                continue;
            }
            let path = dir.join(MANIFEST);
            match fs::read(&*self.fs, &path) {
                Ok(bytes) => {
                    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
                        Invalid::new(path.display(), format!("is not a commit: {error}")).hint(
                            "it was changed by hand; move its directory away to go on without it",
                        )
                    })?;
                    if manifest.v != 1 {
                        return Err(Invalid::new(path.display(), "was written by a newer version")
                            .hint("install a newer caseward")
                            .into());
                    }
                    // The crash may have come before the rename that made it a commit was durable.
                    let journal_dir =
                        self.fs.open_dir(&journal).map_err(|e| self.io("open", &journal, e))?;
                    journal_dir.sync().map_err(|e| self.io("flush", &journal, e))?;
                    self.apply(&dir, &manifest)?;
                }
                // The stop came while the journal entry itself was removed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    remove_dir_with_files(&*self.fs, &dir)
                        .map_err(|error| self.io("clear", &dir, error))?;
                }
                Err(error) => return Err(self.io("read", &path, error)),
            }
        }
        Ok(())
    }

    fn drop_stage(&self, dir: &RelPath) -> io::Result<()> {
        let lock = dir.join(ALIVE);
        let abandoned = !fs::exists(&*self.fs, &lock)? || self.fs.try_lock(&lock)?.is_some();
        if abandoned { remove_dir_with_files(&*self.fs, dir) } else { Ok(()) }
    }

    fn apply(&self, dir: &RelPath, manifest: &Manifest) -> Result<()> {
        let mut changed = BTreeSet::new();
        for step in &manifest.steps {
            match step {
                Step::Write { file, path } => {
                    let target = self.target(dir, path)?;
                    self.place(&dir.join(file.to_string()), &target)
                        .map_err(|error| self.io("write", &target, error))?;
                    changed.insert(target.parent());
                }
                Step::Append { file, path, at } => {
                    let target = self.target(dir, path)?;
                    self.append(&dir.join(file.to_string()), &target, *at)
                        .map_err(|error| self.io("append to", &target, error))?;
                    changed.insert(target.parent());
                }
                Step::RemoveEmptyDir { path } => {
                    let target = self.target(dir, path)?;
                    self.remove_if_empty(&target)
                        .map_err(|error| self.io("remove", &target, error))?;
                    changed.insert(target.parent());
                }
            }
        }
        for parent in changed {
            match self.fs.open_dir(&parent).and_then(|handle| handle.sync()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.io("flush", &parent, error));
                }
                _ => {}
            }
        }
        self.forget(dir).map_err(|error| self.io("clear", dir, error))
    }

    fn target(&self, dir: &RelPath, path: &str) -> Result<RelPath> {
        let invalid = |why: String| {
            Invalid::new(dir.join(MANIFEST).display(), why)
                .hint("it was changed by hand; move its directory away to go on without it")
        };
        match RelPath::new(path) {
            Ok(target) if !target.is_root() => Ok(target),
            Ok(_) => Err(invalid("names no file".to_owned()).into()),
            Err(error) => Err(invalid(error.to_string()).into()),
        }
    }

    fn place(&self, staged: &RelPath, target: &RelPath) -> io::Result<()> {
        if !fs::exists(&*self.fs, staged)? {
            return Ok(()); // placed before the stop
        }
        fs::create_dirs(&*self.fs, &target.parent())?;
        self.fs.rename(staged, target, Replace::Yes)
    }

    fn append(&self, staged: &RelPath, target: &RelPath, at: u64) -> io::Result<()> {
        let bytes = match fs::read(&*self.fs, staged) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let mut file = if fs::exists(&*self.fs, target)? {
            self.fs.open_write(target)?
        } else {
            fs::create_dirs(&*self.fs, &target.parent())?;
            self.fs.create(target)?
        };
        let end = at + bytes.len() as u64;
        let size = file.stat()?.size;
        if size < at {
            let lost = format!("it has {size} bytes where {at} were recorded");
            return Err(io::Error::new(io::ErrorKind::InvalidData, lost));
        }
        if size <= end {
            file.write_at(&bytes, at)?;
            file.sync()?;
        }
        Ok(())
    }

    fn remove_if_empty(&self, dir: &RelPath) -> io::Result<()> {
        let above = match self.fs.open_dir(&dir.parent()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        match self.fs.remove_dir(dir) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => above.sync(),
        }
    }

    /// Removes the directory of an applied commit. The manifest goes first: without it the rest is
    /// a leftover. A staged file that is missing beside a manifest was therefore applied.
    fn forget(&self, dir: &RelPath) -> io::Result<()> {
        let journal = self.fs.open_dir(&layout::journal())?;
        self.fs.unlink(&dir.join(MANIFEST))?;
        remove_dir_with_files(&*self.fs, dir)?;
        journal.sync()
    }
}
