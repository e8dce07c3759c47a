//! The redo journal: a commit is recorded whole before it is applied, and finished after a stop.
//!
//! `.journal/<id>/commit.json` is the commit point: a stage that was renamed to `<id>` is applied,
//! now or at the next start; one that is still called `new-<id>` never happened. Every step can be
//! taken again: a staged file that is gone was placed, an append goes to a fixed offset.
//!
//! Steps that need room on the disk come first, and each of them can be taken back: when one fails,
//! the commit becomes `old-<id>`, is undone, and never happened either. Only then come the steps
//! that cannot be taken back, and they need no room: so a full disk neither leaves half a commit
//! nor one that blocks the next start.

use super::stage::{ALIVE, UNFINISHED, remove_dir_with_files};
use super::{Stage, Workspace, WorkspaceLock, layout};
use crate::env::Stopwatch;
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, FileKind, FsFile, RelPath, Replace};
use crate::log;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;

const MANIFEST: &str = "commit.json";
/// The beginning of the name of a commit that is being undone. As long as that of a stage, whose
/// room in the directory it takes.
const UNDONE: &str = "old-";

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
    /// The directory `path`, which was missing, is there.
    MakeDir { path: String },
    /// The staged bytes stand in `path` from byte `at`; `new` when there was no such file.
    Append { file: usize, path: String, at: u64, new: bool },
    /// The staged file becomes `path`; `new` when there was none.
    Write { file: usize, path: String, new: bool },
    /// An engagement's directory goes once it is empty.
    RemoveEmptyDir { path: String },
}

impl Step {
    /// Whether it may need room on the disk. Such a step can be taken back.
    fn grows(&self) -> bool {
        match self {
            Self::MakeDir { .. } | Self::Append { .. } => true,
            Self::Write { new, .. } => *new,
            Self::RemoveEmptyDir { .. } => false,
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::MakeDir { path }
            | Self::Append { path, .. }
            | Self::Write { path, .. }
            | Self::RemoveEmptyDir { path } => path,
        }
    }
}

impl Manifest {
    /// Steps in the order in which they are taken: those that can be taken back first.
    pub(super) fn new(mut steps: Vec<Step>) -> Self {
        steps.sort_by_key(|step| (!step.grows(), !matches!(step, Step::MakeDir { .. })));
        Self { v: 1, steps }
    }
}

/// Appended files, held until they are flushed.
type Appended = Vec<(RelPath, Box<dyn FsFile>)>;

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
        self.note_own(&stage.id);
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
        let later = |action| {
            move |error| match error {
                Error::Io { path, source, .. } => Error::Io { action, path, source },
                other => other,
            }
        };
        match self.grow(&dir, manifest) {
            Ok(appended) => self.finish(&dir, manifest, appended).map_err(later(
                "finish a change that is recorded and will be completed at the next start:",
            )),
            Err(error) => {
                self.undo(&stage.id, manifest).map_err(later(
                    "take back a change that failed; it is taken back at the next start:",
                ))?;
                Err(error)
            }
        }
    }

    /// Finishes every recorded commit and drops every stage whose process is gone.
    pub(super) fn roll_forward(&self, _lock: &WorkspaceLock) -> Result<()> {
        let journal = layout::journal();
        let entries = self.fs.list(&journal).map_err(|error| self.io("read", &journal, error))?;
        let (watch, mut commits) = (Stopwatch::start(), 0);
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
            // Without a manifest the stop came while the journal entry itself was removed.
            let Some(manifest) = self.manifest(&dir)? else {
                remove_dir_with_files(&*self.fs, &dir)
                    .map_err(|error| self.io("clear", &dir, error))?;
                continue;
            };
            commits += 1;
            // The crash may have come before the rename that gave it its name was durable.
            let journal_dir =
                self.fs.open_dir(&journal).map_err(|e| self.io("open", &journal, e))?;
            journal_dir.sync().map_err(|e| self.io("flush", &journal, e))?;
            let name = entry.name.to_string_lossy();
            if name.starts_with(UNDONE) {
                self.take_back(&dir, &manifest)?;
                continue;
            }
            match self.grow(&dir, &manifest) {
                Ok(appended) => self.finish(&dir, &manifest, appended)?,
                // Nobody was told that it happened, and there is no room for it now.
                Err(error) if is_full(&error) && !self.is_final(&dir, &manifest)? => {
                    self.undo(&name, &manifest)?;
                }
                Err(error) => return Err(error),
            }
        }
        log::rolled_forward(commits, watch);
        Ok(())
    }

    fn manifest(&self, dir: &RelPath) -> Result<Option<Manifest>> {
        let path = dir.join(MANIFEST);
        let bytes = match fs::read(&*self.fs, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io("read", &path, error)),
        };
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| {
            Invalid::new(path.display(), format!("is not a commit: {error}"))
                .hint("it was changed by hand; move its directory away to go on without it")
        })?;
        if manifest.v == 1 {
            return Ok(Some(manifest));
        }
        let newer = Invalid::new(path.display(), "was written by a newer version");
        Err(newer.hint("install a newer caseward").into())
    }

    fn drop_stage(&self, dir: &RelPath) -> io::Result<()> {
        let lock = dir.join(ALIVE);
        let abandoned = !fs::exists(&*self.fs, &lock)? || self.fs.try_lock(&lock)?.is_some();
        if abandoned { remove_dir_with_files(&*self.fs, dir) } else { Ok(()) }
    }

    /// Takes the steps that can be taken back. Nothing is flushed: as long as that has not failed,
    /// undoing is safe.
    fn grow(&self, dir: &RelPath, manifest: &Manifest) -> Result<Appended> {
        let mut appended = Appended::new();
        for step in manifest.steps.iter().filter(|step| step.grows()) {
            let target = self.target(dir, step.path())?;
            match step {
                Step::MakeDir { .. } => match self.fs.create_dir(&target) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    other => other.map_err(|error| self.io("create", &target, error))?,
                },
                Step::Append { file, at, .. } => {
                    let file = self
                        .append(&dir.join(file.to_string()), &target, *at)
                        .map_err(|error| self.io("append to", &target, error))?;
                    appended.extend(file.map(|file| (target, file)));
                }
                Step::Write { file, .. } => self
                    .place(&dir.join(file.to_string()), &target)
                    .map_err(|error| self.io("write", &target, error))?,
                Step::RemoveEmptyDir { .. } => {}
            }
        }
        Ok(appended)
    }

    /// Takes the steps that cannot be taken back, flushes everything and forgets the commit.
    fn finish(&self, dir: &RelPath, manifest: &Manifest, appended: Appended) -> Result<()> {
        for (path, mut file) in appended {
            file.sync().map_err(|error| self.io("flush", &path, error))?;
        }
        for step in manifest.steps.iter().filter(|step| !step.grows()) {
            let target = self.target(dir, step.path())?;
            match step {
                Step::Write { file, .. } => self
                    .place(&dir.join(file.to_string()), &target)
                    .map_err(|error| self.io("write", &target, error))?,
                Step::RemoveEmptyDir { .. } => self
                    .remove_if_empty(&target)
                    .map_err(|error| self.io("remove", &target, error))?,
                Step::MakeDir { .. } | Step::Append { .. } => {}
            }
        }
        self.flush_and_forget(dir, manifest)
    }

    /// Whether a step that cannot be taken back was taken already.
    fn is_final(&self, dir: &RelPath, manifest: &Manifest) -> Result<bool> {
        for step in &manifest.steps {
            if let Step::Write { file, new: false, .. } = step {
                let staged = dir.join(file.to_string());
                if !fs::exists(&*self.fs, &staged).map_err(|e| self.io("read", &staged, e))? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Makes a commit one that never happened. No step of it that cannot be taken back was taken.
    fn undo(&self, id: &str, manifest: &Manifest) -> Result<()> {
        let journal = layout::journal();
        let (dir, undone) = (journal.join(id), journal.join(format!("{UNDONE}{id}")));
        (|| {
            let handle = self.fs.open_dir(&journal)?;
            self.fs.rename(&dir, &undone, Replace::No)?;
            handle.sync()
        })()
        .map_err(|error| self.io("take back", &dir, error))?;
        self.take_back(&undone, manifest)
    }

    /// Takes back what was done of a commit, last step first. Can be done again after a stop.
    fn take_back(&self, dir: &RelPath, manifest: &Manifest) -> Result<()> {
        for step in manifest.steps.iter().rev().filter(|step| step.grows()) {
            let target = self.target(dir, step.path())?;
            let taken = match step {
                Step::MakeDir { .. } => self.remove_if_empty(&target),
                // A staged file that is still there was not placed.
                Step::Write { file, .. } => fs::exists(&*self.fs, &dir.join(file.to_string()))
                    .and_then(|staged| if staged { Ok(()) } else { self.unlink_if_there(&target) }),
                Step::Append { new: true, .. } => self.unlink_if_there(&target),
                Step::Append { at, .. } => self.cut_to(&target, *at),
                Step::RemoveEmptyDir { .. } => Ok(()),
            };
            taken.map_err(|error| self.io("take back", &target, error))?;
        }
        self.flush_and_forget(dir, manifest)
    }

    fn unlink_if_there(&self, path: &RelPath) -> io::Result<()> {
        match self.fs.unlink(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn cut_to(&self, path: &RelPath, size: u64) -> io::Result<()> {
        let mut file = self.fs.open_write(path)?;
        if file.stat()?.size > size {
            file.set_len(size)?;
            file.sync()?;
        }
        Ok(())
    }

    /// Flushes every directory in which a name changed, then removes the commit's own.
    fn flush_and_forget(&self, dir: &RelPath, manifest: &Manifest) -> Result<()> {
        let targets = manifest.steps.iter().map(|step| self.target(dir, step.path()));
        let changed: BTreeSet<RelPath> =
            targets.map(|target| target.map(|path| path.parent())).collect::<Result<_>>()?;
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
        self.fs.rename(staged, target, Replace::Yes)
    }

    /// The file that was written to, to be flushed.
    fn append(
        &self,
        staged: &RelPath,
        target: &RelPath,
        at: u64,
    ) -> io::Result<Option<Box<dyn FsFile>>> {
        let bytes = match fs::read(&*self.fs, staged) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut file = if fs::exists(&*self.fs, target)? {
            self.fs.open_write(target)?
        } else {
            self.fs.create(target)?
        };
        let end = at.checked_add(bytes.len() as u64);
        let size = file.stat()?.size;
        let Some(end) = end.filter(|_| size >= at) else {
            let lost = format!("it has {size} bytes where {at} were recorded");
            return Err(io::Error::new(io::ErrorKind::InvalidData, lost));
        };
        if size <= end {
            file.write_at(&bytes, at)?;
        }
        Ok(Some(file))
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
                    // A file system may be mounted on it.
                    io::ErrorKind::NotFound
                        | io::ErrorKind::DirectoryNotEmpty
                        | io::ErrorKind::ResourceBusy
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

/// Whether the cause is that the disk or quota is full.
fn is_full(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if matches!(
        source.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    ))
}
