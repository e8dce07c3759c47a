//! A file system that stops after a number of changes: what a killed process leaves behind.
//!
//! Every operation that changes something counts one step. The step after the last permitted one
//! fails, and so does everything that follows, reads included, as if the process were gone. What
//! was done before stays, in order; lost *unsynced* changes are the crash simulator's business.

use super::{DirEntry, Fs, FsDir, FsFile, FsLock, FsTraits, RelPath, Replace, Stat};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Wraps a file system and stops it after `permitted` changes.
#[derive(Debug)]
pub struct StopFs {
    inner: Arc<dyn Fs>,
    steps: Arc<Steps>,
}

#[derive(Debug)]
struct Steps {
    permitted: u64,
    taken: AtomicU64,
}

impl Steps {
    fn take(&self) -> io::Result<()> {
        if self.taken.fetch_add(1, Ordering::SeqCst) < self.permitted {
            Ok(())
        } else {
            Err(io::Error::other("stopped"))
        }
    }

    fn alive(&self) -> io::Result<()> {
        if self.taken.load(Ordering::SeqCst) <= self.permitted {
            Ok(())
        } else {
            Err(io::Error::other("stopped"))
        }
    }
}

impl StopFs {
    #[must_use]
    pub fn new(inner: Arc<dyn Fs>, permitted: u64) -> Self {
        Self { inner, steps: Arc::new(Steps { permitted, taken: AtomicU64::new(0) }) }
    }

    /// Whether the stop was reached: once it was not, every later step number is the same run.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.steps.taken.load(Ordering::SeqCst) > self.steps.permitted
    }

    fn file(&self, inner: Box<dyn FsFile>) -> Box<dyn FsFile> {
        Box::new(StopFile { inner, steps: Arc::clone(&self.steps) })
    }
}

#[derive(Debug)]
struct StopFile {
    inner: Box<dyn FsFile>,
    steps: Arc<Steps>,
}

#[derive(Debug)]
struct StopDir {
    inner: Box<dyn FsDir>,
    steps: Arc<Steps>,
}

impl FsDir for StopDir {
    fn sync(&self) -> io::Result<()> {
        self.steps.take()?;
        self.inner.sync()
    }
}

impl FsFile for StopFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.steps.alive()?;
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Err(error) = self.steps.take() {
            // The write that is interrupted leaves its first half.
            if self.steps.taken.load(Ordering::SeqCst) == self.steps.permitted + 1 {
                self.inner.write_at(&bytes[..bytes.len() / 2], offset)?;
            }
            return Err(error);
        }
        self.inner.write_at(bytes, offset)
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.steps.take()?;
        self.inner.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.steps.take()?;
        self.inner.sync()
    }

    fn stat(&self) -> io::Result<Stat> {
        self.steps.alive()?;
        self.inner.stat()
    }
}

impl Fs for StopFs {
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.steps.alive()?;
        Ok(self.file(self.inner.open(path)?))
    }

    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.steps.alive()?;
        Ok(self.file(self.inner.open_write(path)?))
    }

    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.steps.take()?;
        Ok(self.file(self.inner.create(path)?))
    }

    fn stat(&self, path: &RelPath) -> io::Result<Stat> {
        self.steps.alive()?;
        self.inner.stat(path)
    }

    fn traits(&self, path: &RelPath) -> io::Result<FsTraits> {
        self.steps.alive()?;
        self.inner.traits(path)
    }

    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>> {
        self.steps.alive()?;
        self.inner.list(path)
    }

    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>> {
        self.steps.alive()?;
        let inner = self.inner.open_dir(path)?;
        Ok(Box::new(StopDir { inner, steps: Arc::clone(&self.steps) }))
    }

    fn create_dir(&self, path: &RelPath) -> io::Result<()> {
        self.steps.take()?;
        self.inner.create_dir(path)
    }

    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        self.steps.take()?;
        self.inner.rename(from, to, replace)
    }

    fn unlink(&self, path: &RelPath) -> io::Result<()> {
        self.steps.take()?;
        self.inner.unlink(path)
    }

    fn remove_dir(&self, path: &RelPath) -> io::Result<()> {
        self.steps.take()?;
        self.inner.remove_dir(path)
    }

    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>> {
        self.steps.alive()?;
        self.inner.lock(path)
    }

    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        self.steps.alive()?;
        self.inner.try_lock(path)
    }

    fn may_write(&self, dir: &RelPath) -> io::Result<()> {
        self.steps.alive()?;
        self.inner.may_write(dir)
    }
}
