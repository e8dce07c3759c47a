//! Where records live: layout, loading, saving, locking. The only module that opens record files.
//!
//! Everything is read from its file when it is needed, and written by one [`Workspace::commit`].
//! A file that does not parse is a [`Problem`] of that file; everything else goes on.

pub mod artefact;
mod audit;
mod commit;
mod conflict;
mod example;
mod find;
pub mod index;
mod init;
mod journal;
pub mod layout;
mod load;
pub mod lookout;
mod problem;
pub mod record;
mod stage;

pub use artefact::Artefact;
pub use commit::Commit;
pub use init::NewWorkspace;
pub use layout::{CaseRef, DsrRef, TransferRef};
pub use load::Loaded;
pub use problem::{Problem, ProblemKind};
pub use record::Record;
pub use stage::{Stage, StagedFile};

use crate::env::Stopwatch;
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, Fs, FsLock, GuardedFs, RealFs};
use crate::log;
use crate::model::{FORMAT, Id, WorkspaceConfig};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open workspace. Cheap to clone; holds no lock and no records but its configuration.
#[derive(Debug, Clone)]
pub struct Workspace {
    fs: Arc<dyn Fs>,
    root: PathBuf,
    config: Arc<WorkspaceConfig>,
    access: Access,
    latest: audit::LatestEvents,
    own: lookout::OwnCommits,
    /// The tenants whose ids may be suggested; `None` for all.
    sight: Option<Arc<BTreeSet<Id>>>,
}

impl Workspace {
    /// Opens the workspace in `root` and rolls interrupted commits forward.
    ///
    /// # Errors
    /// There is no workspace, its `workspace.toml` is not valid or of a newer format, or an
    /// interrupted commit cannot be finished.
    pub fn open(root: &Path) -> Result<Self> {
        let real = RealFs::open(root).map_err(|error| no_workspace(root, error))?;
        Self::open_with(Arc::new(real), root, Access::Write)
    }

    /// As [`Workspace::open`], but changes nothing, interrupted commits included.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_read_only(root: &Path) -> Result<Self> {
        let real = RealFs::open(root).map_err(|error| no_workspace(root, error))?;
        Self::open_with(Arc::new(real), root, Access::ReadOnly)
    }

    /// Opens a workspace on any file system; `root` is what messages call it.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_with(fs: Arc<dyn Fs>, root: &Path, access: Access) -> Result<Self> {
        let (path, watch) = (layout::config(), Stopwatch::start());
        let bytes = match fs::read(&*fs, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(no_workspace(root, error));
            }
            Err(error) => {
                return Err(Error::io("read", root.join(path.as_path()).display(), error));
            }
            Ok(bytes) => bytes,
        };
        let config: WorkspaceConfig = record::parse(&path, &bytes)?;
        if config.format != FORMAT {
            return Err(Invalid::new(
                path.display(),
                format!(
                    "this workspace has format {}; this program reads format {FORMAT}",
                    config.format
                ),
            )
            .hint("install a newer caseward")
            .into());
        }
        // A flush that fails ends all writing, of records and of the log, until the next start.
        let fs: Arc<dyn Fs> = Arc::new(GuardedFs::new(fs));
        let workspace = Self {
            fs,
            root: root.to_path_buf(),
            config: Arc::new(config),
            access,
            latest: Default::default(),
            own: Default::default(),
            sight: None,
        };
        if access == Access::Write && workspace.has_interrupted_commits()? {
            let lock = workspace.lock()?;
            workspace.roll_forward(&lock)?;
        }
        log::opened(workspace.config.format, access == Access::ReadOnly, watch);
        Ok(workspace)
    }

    /// The same for somebody who may know of these tenants only, `None` for all: ids of others are
    /// found when they are named, and never suggested (SAR-13).
    #[must_use]
    pub fn in_sight(mut self, tenants: Option<BTreeSet<Id>>) -> Self {
        self.sight = tenants.map(Arc::new);
        self
    }

    fn sees(&self, tenant: &Id) -> bool {
        self.sight.as_ref().is_none_or(|tenants| tenants.contains(tenant))
    }

    #[must_use]
    pub fn fs(&self) -> &Arc<dyn Fs> {
        &self.fs
    }

    /// The workspace directory as it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[must_use]
    pub fn config(&self) -> &WorkspaceConfig {
        &self.config
    }

    /// Takes `.lock`: held while a commit is applied, never for reading. A deletion takes
    /// `.attest/lock` first, always in that order.
    ///
    /// # Errors
    /// The lock file cannot be opened.
    pub fn lock(&self) -> Result<WorkspaceLock> {
        let (path, watch) = (layout::lock(), Stopwatch::start());
        let lock = self.fs.lock(&path).map_err(|error| self.io("lock", &path, error))?;
        log::locked(watch);
        Ok(WorkspaceLock { _lock: lock })
    }

    /// An I/O error about a path of this workspace, shown with the workspace's directory.
    pub(crate) fn io(&self, action: &'static str, path: &fs::RelPath, error: io::Error) -> Error {
        Error::io(action, self.root.join(path.as_path()).display(), error)
    }
}

/// Proof that `.lock` is held.
#[derive(Debug)]
pub struct WorkspaceLock {
    _lock: Box<dyn FsLock>,
}

/// Whether opening may change the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Write,
    ReadOnly,
}

fn no_workspace(root: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Error::Usage {
            message: format!("{} is not a workspace: it has no workspace.toml", root.display()),
            hint: Some(
                "make one with `caseward init DIR`, or try `caseward demo`; --workspace DIR points at another"
                    .to_owned(),
            ),
        },
        _ => Error::io("open", root.display(), error),
    }
}
