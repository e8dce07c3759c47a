//! File systems on which nothing is certain, and the acceptance of them.
//!
//! A log promises only as much as its file system keeps. Where rename, `flock` and the flush of a
//! directory are not known to hold, no session begins, unless somebody accepted that: then it is
//! recorded beside the log, every `end` carries a warning, and reports say so.

use super::layout::Layout;
use super::{Error, Log};
use crate::fs::{Fs, RelPath};
use std::io;

/// How the log's file system stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footing {
    /// Its common name.
    pub name: String,
    /// It is known to keep what was flushed.
    pub supported: bool,
    /// It is not, and somebody accepted that.
    pub accepted: bool,
}

/// The name of the file system of `path` when it is weak.
///
/// # Errors
/// Whatever the file system answers.
pub fn weak_filesystem(fs: &dyn Fs, path: &RelPath) -> io::Result<Option<&'static str>> {
    Ok(Some(fs.traits(path)?).filter(|traits| !traits.supported).map(|traits| traits.name))
}

impl Log {
    /// How the log's file system stands.
    ///
    /// # Errors
    /// I/O.
    pub fn footing(&self) -> Result<Footing, Error> {
        let traits = self.disk.traits(&self.layout.head())?;
        let accepted = !traits.supported && self.accepts(traits.name)?;
        Ok(Footing { name: traits.name.to_owned(), supported: traits.supported, accepted })
    }

    /// Accepts the weak file system that `path` lies on, durably. Whether it was weak at all.
    ///
    /// # Errors
    /// No log, I/O, [`Error::ReadOnly`].
    pub fn accept_weak_filesystem(&self, path: &RelPath) -> Result<bool, Error> {
        self.check_version()?;
        let traits = self.disk.traits(path)?;
        if traits.supported {
            return Ok(false);
        }
        let lock = self.layout.lock();
        let held = self.disk.fs().lock(&lock);
        let _held = held.map_err(|source| Error::Io { doing: "lock", path: lock, source })?;
        if !self.accepts(traits.name)? {
            let mut names = self.disk.read(&self.layout.weak())?.unwrap_or_default();
            names.extend_from_slice(format!("{}\n", traits.name).as_bytes());
            self.disk.replace(&self.layout.weak(), &names)?;
        }
        Ok(true)
    }

    fn accepts(&self, name: &str) -> Result<bool, Error> {
        let names = self.disk.read(&self.layout.weak())?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&names).lines().any(|accepted| accepted == name))
    }

    /// # Errors
    /// [`Error::WeakFileSystem`] when `path` lies on one that nobody accepted.
    pub(crate) fn check_footing(&self, path: &RelPath) -> Result<(), Error> {
        let traits = self.disk.traits(path)?;
        if traits.supported || self.accepts(traits.name)? {
            return Ok(());
        }
        Err(Error::WeakFileSystem { path: path.clone(), name: traits.name.to_owned() })
    }

    /// Records, in a log that is being made, that its file system was accepted.
    pub(crate) fn note_weak(disk: &super::disk::Disk, layout: &Layout) -> Result<(), Error> {
        let traits = disk.traits(layout.base())?;
        if traits.supported {
            return Ok(());
        }
        disk.create(&layout.weak(), format!("{}\n", traits.name).as_bytes())
    }
}
