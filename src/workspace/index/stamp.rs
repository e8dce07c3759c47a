//! Stamps: whether the files that a row was made of are still the same.

use crate::fs::{FileKind, FsDir, Stat};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

/// A moment by the clock of the file system: seconds and nanoseconds since the epoch.
pub(super) type Tick = (i64, u32);

/// What the stamps of a row's files amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamps {
    /// Over kind, inode, size, mtime and ctime of each, in order. The device is left out: network
    /// file systems have another one on every host.
    pub digest: u64,
    /// The youngest change of any of them.
    pub youngest: Tick,
    /// Whether all of them could be looked at.
    pub known: bool,
}

/// Gathers stamps in an order that the caller keeps.
#[derive(Debug)]
pub(super) struct Gatherer {
    hasher: DefaultHasher,
    youngest: Tick,
    known: bool,
}

impl Gatherer {
    pub(super) fn new() -> Self {
        Self { hasher: DefaultHasher::new(), youngest: (0, 0), known: true }
    }

    pub(super) fn add(&mut self, stat: &io::Result<Stat>) {
        match stat {
            Ok(stat) => {
                let kind = match stat.kind {
                    FileKind::File => 1_u8,
                    FileKind::Dir => 2,
                    FileKind::Symlink => 3,
                    FileKind::Other => 4,
                };
                let modified = (stat.mtime, stat.mtime_nanos);
                let changed = (stat.ctime, stat.ctime_nanos);
                (kind, stat.inode, stat.size, modified, changed).hash(&mut self.hasher);
                self.youngest = self.youngest.max(modified).max(changed);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0_u8.hash(&mut self.hasher),
            Err(_) => self.known = false,
        }
    }

    pub(super) fn below(&mut self, dir: &dyn FsDir, path: impl AsRef<Path>) {
        self.add(&dir.stat_below(path.as_ref()));
    }

    pub(super) fn done(self) -> Stamps {
        Stamps { digest: self.hasher.finish(), youngest: self.youngest, known: self.known }
    }
}

/// The hash over bytes of the index file: it guards against torn writes, not against people, who
/// could as well write into the records.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
