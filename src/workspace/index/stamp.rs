//! Stamps: whether the files that a row was made of are still the same.

use crate::fs::{FileKind, FsDir, Stat};
use flate2::Crc;
use std::hash::{DefaultHasher, Hasher};
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

impl Stamps {
    /// Of what could not be looked at.
    pub(super) const UNKNOWN: Self = Self { digest: 0, youngest: (0, 0), known: false };
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
                // In one piece: this is done for every file behind every row.
                let mut bytes = [0; 41];
                bytes[0] = kind;
                bytes[1..9].copy_from_slice(&stat.inode.to_le_bytes());
                bytes[9..17].copy_from_slice(&stat.size.to_le_bytes());
                bytes[17..25].copy_from_slice(&stat.mtime.to_le_bytes());
                bytes[25..29].copy_from_slice(&stat.mtime_nanos.to_le_bytes());
                bytes[29..37].copy_from_slice(&stat.ctime.to_le_bytes());
                bytes[37..41].copy_from_slice(&stat.ctime_nanos.to_le_bytes());
                self.hasher.write(&bytes);
                self.youngest = self.youngest.max(modified).max(changed);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.hasher.write(&[0]),
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

/// The sum over bytes of the index file: it guards against torn writes, not against people, who
/// could as well write into the records.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: Stat = Stat {
        kind: FileKind::File,
        size: 10,
        mtime: 100,
        mtime_nanos: 1,
        ctime: 200,
        ctime_nanos: 2,
        dev: 3,
        inode: 4,
        links: 1,
        mode: 0o100_600,
    };

    fn stamps(stat: &io::Result<Stat>) -> Stamps {
        let mut gatherer = Gatherer::new();
        gatherer.add(stat);
        gatherer.done()
    }

    /// File systems change several at once: each of them alone is enough.
    #[test]
    fn every_part_of_a_stamp_counts() {
        let of = stamps(&Ok(STAT));
        assert_eq!((of.youngest, of.known), ((200, 2), true));
        for other in [
            Stat { kind: FileKind::Symlink, ..STAT },
            Stat { size: 11, ..STAT },
            Stat { mtime: 101, ..STAT },
            Stat { mtime_nanos: 0, ..STAT },
            Stat { ctime: 199, ..STAT },
            Stat { ctime_nanos: 3, ..STAT },
            Stat { inode: 5, ..STAT },
        ] {
            assert_ne!(stamps(&Ok(other)).digest, of.digest, "{other:?}");
        }
        // Hosts number the device of one file system differently.
        assert_eq!(stamps(&Ok(Stat { dev: 9, ..STAT })), of);
        assert_eq!(stamps(&Ok(Stat { mtime: 300, ..STAT })).youngest, (300, 1));
    }

    #[test]
    fn what_is_absent_counts_and_what_cannot_be_looked_at_is_not_known() {
        let absent = || stamps(&Err(io::ErrorKind::NotFound.into()));
        assert!(absent().known);
        assert_ne!(absent().digest, Gatherer::new().done().digest);
        assert_ne!(absent().digest, stamps(&Ok(STAT)).digest);
        assert!(!stamps(&Err(io::ErrorKind::PermissionDenied.into())).known);
    }
}
