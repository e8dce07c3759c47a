//! Files outside the workspace: what the user names on the command line, and this user's own state.
//!
//! Inside the workspace every file goes through [`crate::fs::Fs`]; out here paths are the user's
//! own and links on the way are theirs to make.

#![allow(clippy::disallowed_methods, reason = "the home of files outside the workspace")]

use crate::error::{Error, Result};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::Write;
use std::path::Path;

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

/// Makes an empty file to be filled by the user's editor.
///
/// # Errors
/// Whatever the file system answers.
pub fn create_empty(path: &Path) -> Result<()> {
    std::fs::write(path, "").map_err(|error| Error::io("write", path.display(), error))
}
