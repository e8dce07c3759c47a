//! The file system as records and the attestation log see it.
//!
//! Everything under `workspace` and `attest` that touches a file goes through [`Fs`], so that one
//! simulator can stop or crash every one of those operations. A `Fs` is rooted at a workspace
//! directory; paths are relative to that root ([`RelPath`]) and symbolic links are never followed
//! on the way (`openat2` with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS`).
//!
//! Nothing here is durable by itself: data needs [`FsFile::sync`], a created, renamed or removed
//! name needs [`FsDir::sync`] on its directory, whose handle is opened *before* the change.

mod guard;
mod hash;
mod held;
mod path;
mod real;
pub mod sim;
pub mod stop;
pub mod wait;
mod watch;

pub use guard::GuardedFs;
pub use hash::hash_file;
pub use path::{BadPath, RelPath};
pub use real::{RealFs, same_dir};
pub use watch::{Interest, Noticed, Watch, WatchId};

use std::collections::HashSet;
use std::fmt::Debug;
use std::io;

/// What kind of thing a name stands for; a symbolic link is reported, never followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    File,
    Dir,
    Symlink,
    /// FIFO, socket or device.
    Other,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// Seconds since the epoch.
    pub mtime: i64,
    /// Nanoseconds within that second.
    pub mtime_nanos: u32,
    /// When contents, name or mode changed last: unlike `mtime` nobody can set it.
    pub ctime: i64,
    /// Nanoseconds within that second.
    pub ctime_nanos: u32,
    pub dev: u64,
    pub inode: u64,
    /// Hard links to the inode.
    pub links: u64,
    pub mode: u32,
}

/// One name in a directory. The name is raw bytes: a hostile or foreign name is listed, not hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    pub name: std::ffi::OsString,
    pub kind: FileKind,
}

/// Whether a rename may replace what already bears the new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    Yes,
    /// `RENAME_NOREPLACE`: an existing target is [`io::ErrorKind::AlreadyExists`].
    No,
}

/// What kind of file system a name lies on, as far as it limits what a removal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FsTraits {
    /// Its common name, or `unknown`.
    pub name: &'static str,
    /// Blocks may be shared or kept by snapshots.
    pub copy_on_write: bool,
    /// It is served by another host or process.
    pub network: bool,
    /// POSIX rename, `flock` and directory `fsync` are known to hold.
    pub supported: bool,
}

/// An open regular file.
pub trait FsFile: Send + Debug {
    /// Reads at `offset`; 0 means the end. May return fewer bytes than asked for.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// Whatever the file system answers; some of the bytes may have been written.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts or extends the file to `size` bytes.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn set_len(&mut self, size: u64) -> io::Result<()>;
    /// Flushes data and size to storage (`fsync`).
    ///
    /// # Errors
    /// After an error nothing may be assumed about what reached storage: never retry, stop writing.
    fn sync(&mut self) -> io::Result<()>;
    /// # Errors
    /// Whatever the file system answers.
    fn stat(&self) -> io::Result<Stat>;
    /// The next stretch of bytes at or after `offset` that is stored, as its first byte and one past its
    /// last; what lies between such stretches was never written and reads as zeros. `None` when there
    /// is none any more. A file system that does not know of holes answers with all of it.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn next_data(&self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        let size = self.stat()?.size;
        Ok((offset < size).then_some((offset, size)))
    }
}

/// An open directory, held so that its names can be flushed after a change.
pub trait FsDir: Send + Sync + Debug {
    /// Flushes the directory's names to storage (`fsync`).
    ///
    /// # Errors
    /// As [`FsFile::sync`].
    fn sync(&self) -> io::Result<()>;
    /// What is known of a name below this directory, to compare with what was known of it before:
    /// one call of the kernel. A link as the last component is reported, not followed; one in the
    /// middle is followed, so nothing may be opened on the strength of the answer.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] only when the name is absent.
    fn stat_below(&self, path: &std::path::Path) -> io::Result<Stat>;
}

/// A held advisory lock (`flock`), released when dropped.
pub trait FsLock: Send + Debug {}

/// A workspace's file system. See the module text for what is and is not durable.
pub trait Fs: Send + Sync + Debug {
    /// Opens a regular file for reading. Anything but a regular file is refused
    /// ([`io::ErrorKind::InvalidInput`]); a FIFO never blocks.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>>;
    /// Opens an existing regular file for reading and writing.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>>;
    /// Creates a new file for reading and writing; an existing name is an error.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] and whatever the file system answers.
    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>>;
    /// As [`Fs::create`], readable by this account alone, in a group workspace too.
    ///
    /// # Errors
    /// As [`Fs::create`].
    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>>;
    /// # Errors
    /// [`io::ErrorKind::NotFound`] only when the name is absent.
    fn stat(&self, path: &RelPath) -> io::Result<Stat>;
    /// On what kind of file system an existing name lies.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn traits(&self, path: &RelPath) -> io::Result<FsTraits>;
    /// A number that two directories share when names can be moved between them: that of their
    /// mount. It holds until the next start of the host.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn mount_of(&self, dir: &RelPath) -> io::Result<u64> {
        self.stat(dir).map(|stat| stat.dev)
    }
    /// Whether a process that this account may look into has one of `files` (device and inode) open.
    fn held_open(&self, _files: &HashSet<(u64, u64)>) -> bool {
        false
    }
    /// The flush that failed and ended all writing through this file system, if one did.
    fn failed_flush(&self) -> Option<String> {
        None
    }
    /// The names in a directory, sorted by bytes, without `.` and `..`.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>>;
    /// # Errors
    /// Whatever the file system answers.
    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>>;
    /// Creates one directory with the workspace's directory mode.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] and whatever the file system answers.
    fn create_dir(&self, path: &RelPath) -> io::Result<()>;
    /// # Errors
    /// Whatever the file system answers.
    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()>;
    /// Removes the name of a file.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn unlink(&self, path: &RelPath) -> io::Result<()>;
    /// Removes an empty directory.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn remove_dir(&self, path: &RelPath) -> io::Result<()>;
    /// Takes an exclusive `flock` on `path`, creating the file when it is missing; waits.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>>;
    /// As [`Fs::lock`], `None` at once when somebody else holds it.
    ///
    /// # Errors
    /// Whatever the file system answers.
    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>>;
    /// Whether names may be made and removed in a directory, as far as that is known beforehand.
    ///
    /// # Errors
    /// It may not be written, is missing or no directory.
    fn may_write(&self, dir: &RelPath) -> io::Result<()> {
        self.open_dir(dir).map(drop)
    }
    /// Has `watch` tell of what happens in a directory.
    ///
    /// # Errors
    /// It is no directory, too much is watched, or nothing can be on this file system.
    fn watch(&self, _watch: &Watch, _dir: &RelPath, _of: Interest) -> io::Result<WatchId> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Reads a whole file.
///
/// # Errors
/// Whatever the file system answers.
pub fn read(fs: &dyn Fs, path: &RelPath) -> io::Result<Vec<u8>> {
    let mut file = fs.open(path)?;
    let size = usize::try_from(file.stat()?.size).unwrap_or(0);
    let mut bytes = vec![0; size.saturating_add(1).min(1 << 30)];
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            bytes.resize(bytes.len() * 2, 0);
        }
        let count = file.read_at(&mut bytes[filled..], filled as u64)?;
        if count == 0 {
            bytes.truncate(filled);
            return Ok(bytes);
        }
        filled += count;
    }
}

/// Whether a name is there. Only "not found" means absent: any other failure is returned.
///
/// # Errors
/// Whatever the file system answers, other than [`io::ErrorKind::NotFound`].
pub fn exists(fs: &dyn Fs, path: &RelPath) -> io::Result<bool> {
    match fs.stat(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates `path` and every missing directory above it, each name flushed to storage.
///
/// # Errors
/// Whatever the file system answers.
pub fn create_dirs(fs: &dyn Fs, path: &RelPath) -> io::Result<()> {
    if path.is_root() || exists(fs, path)? {
        return Ok(());
    }
    let parent = path.parent();
    create_dirs(fs, &parent)?;
    let above = fs.open_dir(&parent)?;
    match fs.create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => above.sync(),
    }
}

/// Replaces `path` by `bytes`: temporary file beside it, `fsync`, rename, `fsync` of the directory.
/// A crash leaves the old or the new contents, and at most a `.tmp` name that recovery removes.
///
/// # Errors
/// Whatever the file system answers.
pub fn replace(fs: &dyn Fs, path: &RelPath, bytes: &[u8]) -> io::Result<()> {
    let dir = fs.open_dir(&path.parent())?;
    let temp = path.with_suffix(".tmp");
    match fs.unlink(&temp) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs.create(&temp)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    fs.rename(&temp, path, Replace::Yes)?;
    dir.sync()
}
