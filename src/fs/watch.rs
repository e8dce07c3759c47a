//! Noticing what others change, by the kernel's word (inotify): nothing polls.
//!
//! A watch is on one directory and its names, not on what is below. On a network file system the
//! kernel tells of this host's changes only.

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

/// One watched directory, by the number that the kernel gave it.
pub type WatchId = i32;

/// What of a directory is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Names that come, go or are replaced, and files that were written and closed.
    Contents,
    /// Names that come or are replaced, and what becomes of the directory itself.
    Itself,
    /// Names that go.
    Removals,
}

impl Interest {
    fn flags(self) -> WatchFlags {
        let flags = match self {
            Self::Contents => {
                WatchFlags::CLOSE_WRITE
                    | WatchFlags::CREATE
                    | WatchFlags::DELETE
                    | WatchFlags::MOVED_TO
                    | WatchFlags::MOVED_FROM
            }
            Self::Itself => {
                WatchFlags::CREATE
                    | WatchFlags::MOVED_TO
                    | WatchFlags::DELETE_SELF
                    | WatchFlags::MOVE_SELF
            }
            Self::Removals => WatchFlags::DELETE,
        };
        flags | WatchFlags::ONLYDIR
    }
}

/// Something that happened in a watched directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// To this name in it.
    Name(WatchId, OsString),
    /// The directory was moved or removed, or its file system unmounted.
    Gone(WatchId),
    /// More than the kernel keeps: anything may have happened.
    TooMuch,
}

/// The kernel's messenger.
#[derive(Debug)]
pub struct Watch {
    inotify: OwnedFd,
}

/// Room for the longest name, and for many of usual length.
const ROOM: usize = 16 * 1024;

impl Watch {
    /// # Errors
    /// This account has as many as it may have.
    pub fn new() -> io::Result<Self> {
        Ok(Self { inotify: inotify::init(CreateFlags::CLOEXEC)? })
    }

    /// Watches a directory by its handle, which no rename or link can turn into another.
    pub(super) fn add(&self, dir: &impl AsFd, interest: Interest) -> io::Result<WatchId> {
        let handle = format!("/proc/self/fd/{}", dir.as_fd().as_raw_fd());
        Ok(inotify::add_watch(&self.inotify, handle, interest.flags())?)
    }

    /// Watches a directory no more. That it is gone already is no matter.
    pub fn forget(&self, id: WatchId) {
        let _ = inotify::remove_watch(&self.inotify, id);
    }

    /// Waits until something happened; all that has by then.
    ///
    /// # Errors
    /// The kernel's answer cannot be read.
    pub fn wait(&self) -> io::Result<Vec<Noticed>> {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut reader = inotify::Reader::new(&self.inotify, &mut room);
        let mut noticed = Vec::new();
        loop {
            let event = match reader.next() {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let gone = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT;
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                noticed.push(Noticed::TooMuch);
            } else if event.events().intersects(gone) {
                noticed.push(Noticed::Gone(event.wd()));
            } else if let Some(name) = event.file_name() {
                let name = OsString::from_vec(name.to_bytes().to_vec());
                noticed.push(Noticed::Name(event.wd(), name));
            }
            // The end of a watch is told as well, and is nothing that happened.
            if reader.is_buffer_empty() && !noticed.is_empty() {
                return Ok(noticed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{Fs, RealFs, RelPath, Replace};

    #[test]
    fn names_and_the_end_of_a_directory_are_told_by_its_handle() {
        let dir = tempfile::tempdir().unwrap();
        let fs = RealFs::open(dir.path()).unwrap();
        let path = |name: &str| RelPath::new(name).unwrap();
        fs.create_dir(&path("in")).unwrap();
        let watch = Watch::new().unwrap();
        let id = fs.watch(&watch, &path("in"), Interest::Contents).unwrap();
        fs.create(&path("in/new")).unwrap();
        assert!(watch.wait().unwrap().contains(&Noticed::Name(id, "new".into())));
        // By whatever name it is reached: the handle is watched.
        fs.rename(&path("in"), &path("out"), Replace::No).unwrap();
        fs.unlink(&path("out/new")).unwrap();
        assert!(watch.wait().unwrap().contains(&Noticed::Name(id, "new".into())));
        let itself = fs.watch(&watch, &path("out"), Interest::Itself).unwrap();
        fs.rename(&path("out"), &path("on"), Replace::No).unwrap();
        assert!(watch.wait().unwrap().contains(&Noticed::Gone(itself)));
    }

    #[test]
    fn a_link_or_a_file_is_not_watched() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "").unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        let (fs, watch) = (RealFs::open(dir.path()).unwrap(), Watch::new().unwrap());
        for name in ["file", "link", "nothing"] {
            let path = RelPath::new(name).unwrap();
            assert!(fs.watch(&watch, &path, Interest::Contents).is_err(), "{name}");
        }
    }
}
