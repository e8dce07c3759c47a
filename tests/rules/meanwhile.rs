//! A file system on which something comes between: somebody else does something just before `.lock`
//! is taken, between the look at the files and their removal; or a call is refused.

use caseward::fs::{DirEntry, Fs, FsDir, FsFile, FsLock, FsTraits, RelPath, Replace, Stat};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

type Deed = Box<dyn FnOnce() + Send>;
type Refuses = Box<dyn Fn(Call, &RelPath) -> bool + Send + Sync>;

/// A call that may be refused, with EACCES.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    List,
    /// Asked of where the file lies.
    Rename,
}

pub struct Meanwhile {
    inner: Arc<dyn Fs>,
    deed: Mutex<Option<Deed>>,
    refuses: Refuses,
}

impl Meanwhile {
    pub fn over(inner: Arc<dyn Fs>, deed: impl FnOnce() + Send + 'static) -> Arc<dyn Fs> {
        let deed = Mutex::new(Some(Box::new(deed) as Deed));
        Arc::new(Self { inner, deed, refuses: Box::new(|_, _| false) })
    }

    pub fn refusing(
        inner: Arc<dyn Fs>,
        refuses: impl Fn(Call, &RelPath) -> bool + Send + Sync + 'static,
    ) -> Arc<dyn Fs> {
        Arc::new(Self { inner, deed: Mutex::new(None), refuses: Box::new(refuses) })
    }

    fn ask(&self, call: Call, path: &RelPath) -> io::Result<()> {
        if (self.refuses)(call, path) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }
}

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl Fs for Meanwhile {
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.inner.open(path)
    }
    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.inner.open_write(path)
    }
    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.inner.create(path)
    }
    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.inner.create_private(path)
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
    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>> {
        self.ask(Call::List, path)?;
        self.inner.list(path)
    }
    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>> {
        self.inner.open_dir(path)
    }
    fn create_dir(&self, path: &RelPath) -> io::Result<()> {
        self.inner.create_dir(path)
    }
    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        self.ask(Call::Rename, from)?;
        self.inner.rename(from, to, replace)
    }
    fn unlink(&self, path: &RelPath) -> io::Result<()> {
        self.inner.unlink(path)
    }
    fn remove_dir(&self, path: &RelPath) -> io::Result<()> {
        self.inner.remove_dir(path)
    }
    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>> {
        if path.display() == ".lock"
            && let Some(deed) = self.deed.lock().unwrap().take()
        {
            deed();
        }
        self.inner.lock(path)
    }
    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        self.inner.try_lock(path)
    }
    fn may_write(&self, dir: &RelPath) -> io::Result<()> {
        self.inner.may_write(dir)
    }
}
