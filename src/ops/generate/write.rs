//! Putting files where they belong, many of them: nothing is flushed.

use crate::error::Result;
use crate::fs::RelPath;
use crate::workspace::Workspace;
use serde::Serialize;
use std::io;
use std::ops::AddAssign;

/// How much was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    pub tenants: u64,
    pub cases: u64,
    pub open_cases: u64,
    pub access_requests: u64,
    pub data_subject_requests: u64,
    /// All files, sidecars and logs included.
    pub files: u64,
    pub bytes: u64,
}

impl AddAssign for Written {
    fn add_assign(&mut self, other: Self) {
        self.tenants += other.tenants;
        self.cases += other.cases;
        self.open_cases += other.open_cases;
        self.access_requests += other.access_requests;
        self.data_subject_requests += other.data_subject_requests;
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// Writes new files into a new workspace and counts them.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) written: Written,
}

impl<'a> Writer<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, written: Written::default() }
    }

    /// A directory below one that is there.
    pub(super) fn dir(&self, path: &RelPath) -> Result<()> {
        match self.workspace.fs().create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(self.workspace.io("create", path, error))
            }
            _ => Ok(()),
        }
    }

    /// A new file in a directory that is there.
    pub(super) fn file(&mut self, path: &RelPath, bytes: &[u8]) -> Result<()> {
        let fs = self.workspace.fs();
        fs.create(path)
            .and_then(|mut file| file.write_at(bytes, 0))
            .map_err(|error| self.workspace.io("write", path, error))?;
        self.written.files += 1;
        self.written.bytes += bytes.len() as u64;
        Ok(())
    }
}
