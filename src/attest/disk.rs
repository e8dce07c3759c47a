//! File operations of the log: each failure named, and none after a failed flush.

use super::Error;
use super::layout::TEMPORARY;
use crate::fs::{DirEntry, Fs, FsDir, FsFile, FsTraits, RelPath, Replace, Stat};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The file system as the log uses it. Clones share the memory of a failed flush: after one, what
/// is in the cache may differ from what is stored, so nothing may be changed through it any more.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    fs: Arc<dyn Fs>,
    poisoned: Arc<AtomicBool>,
}

/// A directory opened before its names change.
#[derive(Debug)]
pub(crate) struct Dir {
    path: RelPath,
    handle: Box<dyn FsDir>,
}

fn named(doing: &'static str, path: &RelPath) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { doing, path: path.clone(), source }
}

/// The value, or `None` when the name is absent; only "not found" means absent.
pub(crate) fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Disk {
    pub(crate) fn new(fs: Arc<dyn Fs>) -> Self {
        Self { fs, poisoned: Arc::new(AtomicBool::new(false)) }
    }

    /// # Errors
    /// [`Error::ReadOnly`] after a failed flush.
    pub(crate) fn writable(&self, path: &RelPath) -> Result<(), Error> {
        let detail = if self.poisoned.load(Ordering::SeqCst) {
            "an earlier flush failed".to_owned()
        } else {
            // Somebody else's flush, of a record or through another handle on this log.
            let Some(failed) = self.fs.failed_flush() else { return Ok(()) };
            failed
        };
        Err(Error::ReadOnly { path: path.clone(), detail })
    }

    fn flushed(&self, path: &RelPath, result: io::Result<()>) -> Result<(), Error> {
        result.map_err(|error| {
            self.poisoned.store(true, Ordering::SeqCst);
            Error::ReadOnly { path: path.clone(), detail: error.to_string() }
        })
    }

    pub(crate) fn stat(&self, path: &RelPath) -> Result<Option<Stat>, Error> {
        present(self.fs.stat(path)).map_err(named("look up", path))
    }

    pub(crate) fn traits(&self, path: &RelPath) -> Result<FsTraits, Error> {
        self.fs.traits(path).map_err(named("look up the file system of", path))
    }

    pub(crate) fn mount_of(&self, dir: &RelPath) -> Result<u64, Error> {
        self.fs.mount_of(dir).map_err(named("look up the mount of", dir))
    }

    pub(crate) fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.fs.open(path)
    }

    pub(crate) fn read(&self, path: &RelPath) -> Result<Option<Vec<u8>>, Error> {
        present(crate::fs::read(&*self.fs, path)).map_err(named("read", path))
    }

    pub(crate) fn list(&self, path: &RelPath) -> Result<Vec<DirEntry>, Error> {
        self.fs.list(path).map_err(named("list", path))
    }

    pub(crate) fn dir(&self, path: &RelPath) -> Result<Dir, Error> {
        self.dir_if_present(path)?.ok_or_else(|| {
            named("open the directory", path)(io::Error::from(io::ErrorKind::NotFound))
        })
    }

    pub(crate) fn dir_if_present(&self, path: &RelPath) -> Result<Option<Dir>, Error> {
        let handle = present(self.fs.open_dir(path)).map_err(named("open the directory", path))?;
        Ok(handle.map(|handle| Dir { path: path.clone(), handle }))
    }

    /// Flushes a directory's names.
    pub(crate) fn sync_dir(&self, dir: &Dir) -> Result<(), Error> {
        self.writable(&dir.path)?;
        self.flushed(&dir.path, dir.handle.sync())
    }

    /// Flushes a file that an earlier process may have left in the cache only.
    pub(crate) fn sync_existing(&self, path: &RelPath) -> Result<(), Error> {
        self.writable(path)?;
        let mut file = self.fs.open_write(path).map_err(named("open", path))?;
        self.flushed(path, file.sync())
    }

    pub(crate) fn create_dir(&self, path: &RelPath) -> Result<(), Error> {
        self.writable(path)?;
        match self.fs.create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(named("create the directory", path)),
        }
    }

    /// Creates a directory and those above it, each name flushed.
    pub(crate) fn create_dirs(&self, path: &RelPath) -> Result<(), Error> {
        if path.is_root() || self.stat(path)?.is_some() {
            return Ok(());
        }
        let parent = path.parent();
        self.create_dirs(&parent)?;
        let above = self.dir(&parent)?;
        self.create_dir(path)?;
        self.sync_dir(&above)
    }

    /// Creates a new file with `bytes` and flushes them; its name is flushed with its directory.
    pub(crate) fn create(&self, path: &RelPath, bytes: &[u8]) -> Result<(), Error> {
        self.writable(path)?;
        let mut file = self.fs.create(path).map_err(named("create", path))?;
        file.write_at(bytes, 0).map_err(named("write", path))?;
        self.flushed(path, file.sync())
    }

    /// Replaces a file's contents: temporary name, flush, rename, flush of the directory.
    pub(crate) fn replace(&self, path: &RelPath, bytes: &[u8]) -> Result<(), Error> {
        let dir = self.dir(&path.parent())?;
        let temporary = path.with_suffix(TEMPORARY);
        self.unlink(&temporary)?;
        self.create(&temporary, bytes)?;
        self.rename(&temporary, path, Replace::Yes).map_err(named("replace", path))?;
        self.sync_dir(&dir)
    }

    /// Writes `bytes` at `offset` of an existing file and flushes them.
    pub(crate) fn write_at(&self, path: &RelPath, bytes: &[u8], offset: u64) -> Result<(), Error> {
        self.writable(path)?;
        let mut file = self.fs.open_write(path).map_err(named("open", path))?;
        file.write_at(bytes, offset).map_err(named("append to", path))?;
        self.flushed(path, file.sync())
    }

    /// Cuts a file and flushes that.
    pub(crate) fn cut(&self, path: &RelPath, size: u64) -> Result<(), Error> {
        self.writable(path)?;
        let mut file = self.fs.open_write(path).map_err(named("open", path))?;
        file.set_len(size).map_err(named("cut", path))?;
        self.flushed(path, file.sync())
    }

    /// Renames; a bare I/O error, because the caller decides by its kind. A session that may not
    /// write any more answers like a read-only file system.
    pub(crate) fn rename(&self, from: &RelPath, to: &RelPath, how: Replace) -> io::Result<()> {
        if self.poisoned.load(Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        }
        self.fs.rename(from, to, how)
    }

    /// Removes a name. Whether it was there.
    pub(crate) fn unlink(&self, path: &RelPath) -> Result<bool, Error> {
        self.writable(path)?;
        let gone = present(self.fs.unlink(path)).map_err(named("remove", path))?;
        Ok(gone.is_some())
    }

    /// Removes an empty directory, if it is there.
    pub(crate) fn remove_dir(&self, path: &RelPath) -> Result<(), Error> {
        self.writable(path)?;
        present(self.fs.remove_dir(path)).map_err(named("remove the directory", path))?;
        Ok(())
    }

    pub(crate) fn fs(&self) -> &dyn Fs {
        &*self.fs
    }
}

/// Source directories whose names change, opened before the change and flushed together.
#[derive(Debug)]
pub(crate) struct Changed<'a> {
    disk: &'a Disk,
    /// The quarantines: flushed before any source, so that a withdrawn file has its new name
    /// durably no later than it loses the old one. Each with whether a name in it changes.
    first: Vec<(Dir, bool)>,
    dirs: BTreeMap<RelPath, Dir>,
}

/// Directories held open at once, well below a process's usual limit of 1,024 files.
const HELD: usize = 256;

impl<'a> Changed<'a> {
    pub(crate) fn new(disk: &'a Disk, first: &[RelPath]) -> Result<Self, Error> {
        let first =
            first.iter().map(|path| Ok((disk.dir(path)?, false))).collect::<Result<_, _>>()?;
        Ok(Self { disk, first, dirs: BTreeMap::new() })
    }

    /// Has a quarantine flushed with the next flush.
    pub(crate) fn touch(&mut self, quarantine: &RelPath) {
        for (dir, touched) in &mut self.first {
            *touched |= dir.path == *quarantine;
        }
    }

    /// Opens a directory before a name in it changes. `false` when it is absent.
    pub(crate) fn hold(&mut self, path: &RelPath) -> Result<bool, Error> {
        if self.dirs.contains_key(path) {
            return Ok(true);
        }
        if self.dirs.len() >= HELD {
            self.flush()?;
        }
        let Some(dir) = self.disk.dir_if_present(path)? else { return Ok(false) };
        self.dirs.insert(path.clone(), dir);
        Ok(true)
    }

    /// Flushes the quarantines touched and everything held, and holds nothing any more.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        for (dir, touched) in &mut self.first {
            if std::mem::take(touched) {
                self.disk.sync_dir(dir)?;
            }
        }
        self.dirs.values().try_for_each(|dir| self.disk.sync_dir(dir))?;
        self.dirs.clear();
        Ok(())
    }
}
