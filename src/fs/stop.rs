//! A file system that stops, or is full, after a number of changes.
//!
//! Every operation that changes something counts one step. Stopped, the step after the last
//! permitted one fails, and so does everything that follows, reads included: what a killed process
//! leaves behind. Full, everything after the last permitted step that needs room fails and
//! everything else goes on: names are removed and replaced, files are cut, nothing grows. Tight, one
//! step alone finds no room, and others have made some by the next. What was done before stays, in
//! order; lost *unsynced* changes are the crash simulator's business.

use super::{DirEntry, Fs, FsDir, FsFile, FsLock, FsTraits, RelPath, Replace, Stat};
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Wraps a file system and stops or fills it after `permitted` changes.
#[derive(Debug)]
pub struct StopFs {
    inner: Arc<dyn Fs>,
    steps: Arc<Steps>,
}

#[derive(Debug)]
struct Steps {
    permitted: u64,
    taken: AtomicU64,
    then: Then,
}

/// What happens after the permitted steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stopped,
    Full,
    Tight,
}

impl Steps {
    /// A change that needs no room on the disk.
    fn take(&self) -> io::Result<()> {
        let taken = self.taken.fetch_add(1, Ordering::SeqCst);
        match self.then {
            Then::Stopped if taken >= self.permitted => Err(io::Error::other("stopped")),
            Then::Stopped | Then::Full | Then::Tight => Ok(()),
        }
    }

    /// A change that needs room.
    fn grow(&self) -> io::Result<()> {
        let taken = self.taken.load(Ordering::SeqCst);
        self.take()?;
        let room = match self.then {
            Then::Stopped | Then::Full => taken < self.permitted,
            Then::Tight => taken != self.permitted,
        };
        if room { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn alive(&self) -> io::Result<()> {
        match self.then {
            Then::Stopped if self.over() => Err(io::Error::other("stopped")),
            Then::Stopped | Then::Full | Then::Tight => Ok(()),
        }
    }

    fn over(&self) -> bool {
        self.taken.load(Ordering::SeqCst) > self.permitted
    }
}

impl StopFs {
    #[must_use]
    pub fn new(inner: Arc<dyn Fs>, permitted: u64) -> Self {
        Self::with(inner, permitted, Then::Stopped)
    }

    /// A disk that is full after `permitted` changes.
    #[must_use]
    pub fn full(inner: Arc<dyn Fs>, permitted: u64) -> Self {
        Self::with(inner, permitted, Then::Full)
    }

    /// A disk without room for the change after `permitted` ones, and with room for those after it.
    #[must_use]
    pub fn tight(inner: Arc<dyn Fs>, permitted: u64) -> Self {
        Self::with(inner, permitted, Then::Tight)
    }

    fn with(inner: Arc<dyn Fs>, permitted: u64, then: Then) -> Self {
        Self { inner, steps: Arc::new(Steps { permitted, taken: AtomicU64::new(0), then }) }
    }

    /// Whether the stop was reached: once it was not, every later step number is the same run.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.steps.over()
    }

    /// Making a name; one that is there already fails for that reason, full or not.
    fn grow_unless_there(&self, path: &RelPath) -> io::Result<()> {
        if self.inner.stat(path).is_ok() { self.steps.take() } else { self.steps.grow() }
    }

    /// Taking a lock makes its file where there is none.
    fn room_for(&self, lock: &RelPath) -> io::Result<()> {
        self.steps.alive()?;
        let full = self.steps.then == Then::Full && self.steps.over();
        if full && self.inner.stat(lock).is_err() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
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

    fn stat_below(&self, path: &std::path::Path) -> io::Result<Stat> {
        self.steps.alive()?;
        self.inner.stat_below(path)
    }
}

impl FsFile for StopFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.steps.alive()?;
        self.inner.read_at(buffer, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let grows = self.inner.stat()?.size < offset + bytes.len() as u64;
        let step = if grows { self.steps.grow() } else { self.steps.take() };
        if let Err(error) = step {
            // The write that is interrupted leaves its first half.
            if self.steps.taken.load(Ordering::SeqCst) == self.steps.permitted + 1 {
                self.inner.write_at(&bytes[..bytes.len() / 2], offset)?;
            }
            return Err(error);
        }
        self.inner.write_at(bytes, offset)
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        if size > self.inner.stat()?.size { self.steps.grow() } else { self.steps.take() }?;
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
        self.grow_unless_there(path)?;
        Ok(self.file(self.inner.create(path)?))
    }

    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.grow_unless_there(path)?;
        Ok(self.file(self.inner.create_private(path)?))
    }

    fn stat(&self, path: &RelPath) -> io::Result<Stat> {
        self.steps.alive()?;
        self.inner.stat(path)
    }

    fn traits(&self, path: &RelPath) -> io::Result<FsTraits> {
        self.steps.alive()?;
        self.inner.traits(path)
    }

    fn mount_of(&self, dir: &RelPath) -> io::Result<u64> {
        self.steps.alive()?;
        self.inner.mount_of(dir)
    }

    fn held_open(&self, files: &HashSet<(u64, u64)>) -> bool {
        self.inner.held_open(files)
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
        self.grow_unless_there(path)?;
        self.inner.create_dir(path)
    }

    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        // A directory has room for a name it had, and for one more where it loses one.
        let grows = from.parent() != to.parent() && self.inner.stat(to).is_err();
        if grows { self.steps.grow() } else { self.steps.take() }?;
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
        self.room_for(path)?;
        self.inner.lock(path)
    }

    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        self.room_for(path)?;
        self.inner.try_lock(path)
    }

    fn may_write(&self, dir: &RelPath) -> io::Result<()> {
        self.steps.alive()?;
        self.inner.may_write(dir)
    }
}
