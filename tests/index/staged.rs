//! A file system of which a test decides what it says of files, and notices what it is asked to do.

use caseward::fs::{DirEntry, Fs, FsDir, FsFile, FsLock, FsTraits, RealFs, RelPath, Replace, Stat};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file system says of a name.
type Says = dyn Fn(&Path, Stat) -> io::Result<Stat> + Send + Sync;

/// What may be decided; each gets the path relative to the workspace.
pub struct Stage {
    /// What a look at a name says, and at a file that was made for this account alone.
    pub stat: Box<Says>,
    /// Whether a file may be opened, or a directory listed.
    pub opens: Box<dyn Fn(&Path) -> bool + Send + Sync>,
    /// Whether a directory may be held open, to look below it.
    pub enters: Box<dyn Fn(&Path) -> bool + Send + Sync>,
    /// A directory was listed: what follows happens behind that.
    pub listed: Box<dyn Fn(&Path) + Send + Sync>,
    /// A name is about to be removed.
    pub removing: Box<dyn Fn(&Path) + Send + Sync>,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            stat: Box::new(|_, stat| Ok(stat)),
            opens: Box::new(|_| true),
            enters: Box::new(|_| true),
            listed: Box::new(|_| ()),
            removing: Box::new(|_| ()),
        }
    }
}

/// The file system.
pub struct StagedFs {
    inner: RealFs,
    stage: Arc<Stage>,
}

impl StagedFs {
    pub fn new(root: &Path, stage: Stage) -> Self {
        Self { inner: RealFs::open(root).unwrap(), stage: Arc::new(stage) }
    }
}

impl fmt::Debug for StagedFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StagedFs")
    }
}

struct StagedFile {
    inner: Box<dyn FsFile>,
    path: PathBuf,
    stage: Arc<Stage>,
}

impl fmt::Debug for StagedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StagedFile")
    }
}

impl FsFile for StagedFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.inner.write_at(bytes, offset)
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.inner.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }

    fn stat(&self) -> io::Result<Stat> {
        (self.stage.stat)(&self.path, self.inner.stat()?)
    }
}

struct StagedDir {
    inner: Box<dyn FsDir>,
    path: PathBuf,
    stage: Arc<Stage>,
}

impl fmt::Debug for StagedDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StagedDir")
    }
}

impl FsDir for StagedDir {
    fn sync(&self) -> io::Result<()> {
        self.inner.sync()
    }

    fn stat_below(&self, path: &Path) -> io::Result<Stat> {
        (self.stage.stat)(&self.path.join(path), self.inner.stat_below(path)?)
    }
}

impl Fs for StagedFs {
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        if (self.stage.opens)(path.as_path()) {
            return self.inner.open(path);
        }
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.inner.open_write(path)
    }

    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.inner.create(path)
    }

    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        let (inner, stage) = (self.inner.create_private(path)?, Arc::clone(&self.stage));
        Ok(Box::new(StagedFile { inner, path: path.as_path().to_owned(), stage }))
    }

    fn stat(&self, path: &RelPath) -> io::Result<Stat> {
        (self.stage.stat)(path.as_path(), self.inner.stat(path)?)
    }

    fn traits(&self, path: &RelPath) -> io::Result<FsTraits> {
        self.inner.traits(path)
    }

    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>> {
        if !(self.stage.opens)(path.as_path()) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let entries = self.inner.list(path);
        (self.stage.listed)(path.as_path());
        entries
    }

    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>> {
        if !(self.stage.enters)(path.as_path()) {
            // As a process is told that has as many files open as it may.
            return Err(io::Error::from_raw_os_error(24));
        }
        let (inner, stage) = (self.inner.open_dir(path)?, Arc::clone(&self.stage));
        Ok(Box::new(StagedDir { inner, path: path.as_path().to_owned(), stage }))
    }

    fn create_dir(&self, path: &RelPath) -> io::Result<()> {
        self.inner.create_dir(path)
    }

    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        self.inner.rename(from, to, replace)
    }

    fn unlink(&self, path: &RelPath) -> io::Result<()> {
        (self.stage.removing)(path.as_path());
        self.inner.unlink(path)
    }

    fn remove_dir(&self, path: &RelPath) -> io::Result<()> {
        self.inner.remove_dir(path)
    }

    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>> {
        self.inner.lock(path)
    }

    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        self.inner.try_lock(path)
    }
}
