//! Files outside the workspace: what the user names on the command line, and this user's own state.
//!
//! Inside the workspace every file goes through [`crate::fs::Fs`]; out here paths are the user's
//! own and links on the way are theirs to make.

#![allow(clippy::disallowed_methods, reason = "the home of files outside the workspace")]

use crate::error::{Error, Result};
use crate::model::Sha256;
use rustix::fs::{Mode, OFlags};
use sha2::Digest;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Opens a regular file without following a link in its last component and without waiting on a
/// FIFO (DIAG-6).
///
/// # Errors
/// It is missing, not permitted, or no regular file.
pub fn open_regular(path: &Path) -> Result<File> {
    let shown = path.display();
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let refuse = |what: &str| Error::Usage {
        message: format!("{shown} is {what}"),
        hint: Some("name the regular file itself; nothing was changed".to_owned()),
    };
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(handle) => File::from(handle),
        Err(rustix::io::Errno::LOOP) => return Err(refuse("a symbolic link")),
        Err(error) => return Err(Error::io("read", shown, error.into())),
    };
    let kind =
        file.metadata().map_err(|error| Error::io("read", path.display(), error))?.file_type();
    if kind.is_file() {
        Ok(file)
    } else if kind.is_dir() {
        Err(refuse("a directory"))
    } else {
        Err(refuse("not a regular file"))
    }
}

/// Reads a whole file that the user named.
///
/// # Errors
/// It is missing or not permitted.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io("read", path.display(), error))
}

/// Reads a file that the user named, up to `limit` bytes; a link or a FIFO is refused.
///
/// # Errors
/// It is missing, no regular file, or larger.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = open_regular(path)?;
    let mut bytes = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io("read", path.display(), error))?;
    if bytes.len() as u64 > limit {
        return Err(Error::Usage {
            message: format!("{} is larger than {}", path.display(), crate::text::bytes(limit)),
            hint: Some("nothing was read of it".to_owned()),
        });
    }
    Ok(bytes)
}

/// A directory for what is given out: new or empty, and nothing in it is ever overwritten.
#[derive(Debug)]
pub struct NewDir {
    path: PathBuf,
    handle: OwnedFd,
}

impl NewDir {
    /// Makes the directory, or takes an empty one.
    ///
    /// # Errors
    /// There is something in it, or it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let io = |error: std::io::Error| Error::io("write to", path.display(), error);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(path).map_err(io)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| io(e.into()))?;
        let entries = rustix::fs::Dir::read_from(&handle).map_err(|e| io(e.into()))?;
        for entry in entries {
            let entry = entry.map_err(|error| io(error.into()))?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                return Err(Error::Usage {
                    message: format!("{} is not empty", path.display()),
                    hint: Some("name a new directory; nothing is ever overwritten".to_owned()),
                });
            }
        }
        Ok(Self { path: path.to_path_buf(), handle })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory in it.
    ///
    /// # Errors
    /// It exists, or the name is not one of a file.
    pub fn dir(&self, name: &str) -> Result<Self> {
        let path = self.checked(name)?;
        let io = |error: rustix::io::Errno| Error::io("write", path.display(), error.into());
        rustix::fs::mkdirat(&self.handle, name, Mode::from_raw_mode(0o700)).map_err(io)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::openat(&self.handle, name, flags, Mode::empty()).map_err(io)?;
        Ok(Self { path, handle })
    }

    /// Writes a new file from `source` and flushes it; how many bytes there were, and their hash.
    ///
    /// # Errors
    /// It exists, the name is not one of a file, or the disk says no.
    pub fn file(&self, name: &str, source: &mut dyn Read) -> Result<(u64, Sha256)> {
        let path = self.checked(name)?;
        let io = |error: std::io::Error| Error::io("write", path.display(), error);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let handle = rustix::fs::openat(&self.handle, name, flags, mode);
        let mut file = File::from(handle.map_err(|error| io(error.into()))?);
        let (mut hash, mut size) = (sha2::Sha256::default(), 0);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(io(error)),
            };
            file.write_all(&buffer[..count]).map_err(io)?;
            hash.update(&buffer[..count]);
            size += count as u64;
        }
        file.sync_all().map_err(io)?;
        Ok((size, Sha256(hash.finalize().into())))
    }

    /// A name that cannot lead anywhere else.
    fn checked(&self, name: &str) -> Result<PathBuf> {
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Err(Error::usage(format!("`{}` is no file name", crate::text::safe(name))));
        }
        Ok(self.path.join(name))
    }
}

/// Reads a file of this user's state; `None` when it does not exist.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_state(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path.display(), error)),
    }
}

/// Replaces a file of this user's state, its directory made where it is missing.
///
/// # Errors
/// Whatever the file system answers.
pub fn write_state(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let temp = path.with_extension("tmp");
    std::fs::write(&temp, bytes)?;
    std::fs::rename(&temp, path)
}

/// Writes a new file of the user's, its directory made where it is missing; a file that is there is
/// left alone.
///
/// # Errors
/// It is there already, or whatever the file system answers.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let made = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| File::create_new(path))
        .and_then(|mut file| file.write_all(bytes));
    made.map_err(|error| Error::io("write", path.display(), error))
}

/// Writes a new file of the user's, for this account alone: whole, or not at all.
///
/// # Errors
/// It is there already, or whatever the file system answers.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let write = || {
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        let temp = tempfile::Builder::new()
            .prefix(".caseward-")
            .make_in(dir.unwrap_or(Path::new(".")), |temp| options.open(temp))?;
        temp.as_file().write_all(bytes)?;
        temp.as_file().sync_all()?;
        temp.persist_noclobber(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| Error::io("write", path.display(), error))
}

/// A file or directory of the user's, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub is_dir: bool,
    pub size: u64,
    pub changed: Option<crate::model::Time>,
}

/// Entries that a list of a directory has at most.
const MOST_ENTRIES: usize = 10_000;

/// The directories and regular files in a directory, directories first, each by name. Links, FIFOs
/// and names that are no UTF-8 are left out: they are not attached either.
///
/// # Errors
/// It is no directory, or not permitted.
pub fn list_dir(path: &Path) -> Result<Vec<Entry>> {
    let entries =
        std::fs::read_dir(path).map_err(|error| Error::io("list", path.display(), error))?;
    let mut found: Vec<Entry> = entries
        .filter_map(std::result::Result::ok)
        .take(MOST_ENTRIES)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let about = entry.metadata().ok()?;
            let listed = about.is_dir() || about.is_file();
            let changed = about.modified().ok().map(crate::model::Time::from);
            let (is_dir, size) = (about.is_dir(), about.len());
            (listed && !name.starts_with('.')).then_some(Entry { name, is_dir, size, changed })
        })
        .collect();
    found.sort_by(|a, b| (!a.is_dir, &a.name).cmp(&(!b.is_dir, &b.name)));
    Ok(found)
}

/// Opens a file to append to, made for this account alone where it is missing. `workspace` is the one
/// at hand: the file must not lie in it.
///
/// # Errors
/// It lies there, is a link or no regular file, or whatever the file system answers.
pub fn append_to(path: &Path, workspace: Option<&Path>) -> Result<File> {
    let io = |error: rustix::io::Errno| Error::io("write to", path.display(), error.into());
    let (dir, name) = (path.parent().unwrap_or(path), path.file_name());
    let Some(name) = name else {
        return Err(Error::usage(format!("{} is no file", path.display())));
    };
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let dir = open_place(dir).map_err(io)?;
    if let Some(place) = workspace.and_then(|workspace| open_place(workspace).ok())
        && real_path(&dir).map_err(io)?.starts_with(real_path(&place).map_err(io)?)
    {
        return Err(Error::usage(format!("{} lies in the workspace", path.display())).with_hint(
            "its files are records, which are searched, counted and deleted; name a place outside",
        ));
    }
    let flags = OFlags::WRONLY
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::CLOEXEC;
    let handle = rustix::fs::openat(&dir, name, flags, Mode::from_raw_mode(0o600)).map_err(io)?;
    let file = File::from(handle);
    let is_file = file.metadata().is_ok_and(|about| about.is_file());
    if is_file {
        Ok(file)
    } else {
        Err(Error::usage(format!("{} is no regular file", path.display())))
    }
}

/// A directory, to ask where it is and to go on from.
fn open_place(dir: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(dir, flags, Mode::empty())
}

/// Where an open directory is, whatever links led to it.
fn real_path(dir: &OwnedFd) -> rustix::io::Result<PathBuf> {
    let link = format!("/proc/self/fd/{}", dir.as_raw_fd());
    let path = rustix::fs::readlink(link, Vec::new())?;
    Ok(PathBuf::from(std::ffi::OsString::from_vec(path.into_bytes())))
}

/// Whether something is there.
#[must_use]
pub fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}
