//! A file system that is not written to any more after a flush has failed.
//!
//! What reached storage is then unknown, the cache may show something else, and a second flush says
//! nothing about the first. So for as long as the program runs every further change is refused,
//! whoever asks for it: reading goes on.

use super::{
    DirEntry, Fs, FsDir, FsFile, FsLock, FsTraits, Interest, RelPath, Replace, Stat, Watch, WatchId,
};
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, OnceLock};

/// Wraps a file system and remembers the first flush that failed. Clones share the memory.
#[derive(Debug, Clone)]
pub struct GuardedFs {
    inner: Arc<dyn Fs>,
    guard: Guard,
}

/// Of what the flush failed, and why.
#[derive(Debug, Clone, Default)]
struct Guard(Arc<OnceLock<String>>);

impl Guard {
    fn check(&self) -> io::Result<()> {
        match self.0.get() {
            None => Ok(()),
            Some(failed) => Err(io::Error::other(format!(
                "{failed}: what is stored is unknown, so nothing more is written; check the disk, then start again"
            ))),
        }
    }

    fn flushed(&self, what: &str, result: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &result {
            crate::log::flush_failed(error);
            // The first failure is the one to be told.
            let _ = self.0.set(format!("a flush of {what} to storage failed ({error})"));
        }
        result
    }
}

impl GuardedFs {
    #[must_use]
    pub fn new(inner: Arc<dyn Fs>) -> Self {
        Self { inner, guard: Guard::default() }
    }

    fn file(&self, inner: Box<dyn FsFile>, path: &RelPath) -> Box<dyn FsFile> {
        Box::new(GuardedFile { inner, guard: self.guard.clone(), path: path.clone() })
    }
}

#[derive(Debug)]
struct GuardedFile {
    inner: Box<dyn FsFile>,
    guard: Guard,
    path: RelPath,
}

#[derive(Debug)]
struct GuardedDir {
    inner: Box<dyn FsDir>,
    guard: Guard,
    path: RelPath,
}

impl FsDir for GuardedDir {
    fn sync(&self) -> io::Result<()> {
        self.guard.check()?;
        self.guard.flushed(&format!("{}/", self.path), self.inner.sync())
    }

    fn stat_below(&self, path: &std::path::Path) -> io::Result<Stat> {
        self.inner.stat_below(path)
    }
}

impl FsFile for GuardedFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.guard.check()?;
        self.inner.write_at(bytes, offset)
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.guard.check()?;
        self.inner.set_len(size)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.guard.check()?;
        let result = self.inner.sync();
        self.guard.flushed(&self.path.display(), result)
    }

    fn stat(&self) -> io::Result<Stat> {
        self.inner.stat()
    }
}

impl Fs for GuardedFs {
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        Ok(self.file(self.inner.open(path)?, path))
    }

    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        Ok(self.file(self.inner.open_write(path)?, path))
    }

    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.guard.check()?;
        Ok(self.file(self.inner.create(path)?, path))
    }

    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.guard.check()?;
        Ok(self.file(self.inner.create_private(path)?, path))
    }

    fn stat(&self, path: &RelPath) -> io::Result<Stat> {
        self.inner.stat(path)
    }

    fn traits(&self, path: &RelPath) -> io::Result<FsTraits> {
        self.inner.traits(path)
    }

    fn mount_of(&self, dir: &RelPath) -> io::Result<u64> {
        self.inner.mount_of(dir)
    }

    fn held_open(&self, files: &HashSet<(u64, u64)>) -> bool {
        self.inner.held_open(files)
    }

    fn failed_flush(&self) -> Option<String> {
        self.guard.0.get().cloned()
    }

    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>> {
        self.inner.list(path)
    }

    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>> {
        let inner = self.inner.open_dir(path)?;
        Ok(Box::new(GuardedDir { inner, guard: self.guard.clone(), path: path.clone() }))
    }

    fn create_dir(&self, path: &RelPath) -> io::Result<()> {
        self.guard.check()?;
        self.inner.create_dir(path)
    }

    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        self.guard.check()?;
        self.inner.rename(from, to, replace)
    }

    fn unlink(&self, path: &RelPath) -> io::Result<()> {
        self.guard.check()?;
        self.inner.unlink(path)
    }

    fn remove_dir(&self, path: &RelPath) -> io::Result<()> {
        self.guard.check()?;
        self.inner.remove_dir(path)
    }

    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>> {
        self.guard.check()?;
        self.inner.lock(path)
    }

    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        self.guard.check()?;
        self.inner.try_lock(path)
    }

    fn may_write(&self, dir: &RelPath) -> io::Result<()> {
        self.guard.check()?;
        self.inner.may_write(dir)
    }

    fn watch(&self, watch: &Watch, dir: &RelPath, of: Interest) -> io::Result<WatchId> {
        self.inner.watch(watch, dir, of)
    }
}
