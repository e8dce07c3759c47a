//! What an interrupted discovery had searched already, so that the next one goes on from there.
//!
//! Kept in `.cache/`, which is disposable: results by path, each with the stamp of the file as it
//! was when it was read. A file that is not the same any more is searched again, and so is
//! everything when the identifiers or the program changed. The text that was read is not kept.

use super::super::Context;
use crate::discovery::FileResult;
use crate::fs::{self, RelPath, Stat};
use crate::model::{Request, Sha256};
use crate::workspace::DsrRef;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;

/// What tells that a file is still the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    mtime: i64,
    mtime_nanos: u32,
    dev: u64,
    inode: u64,
}

impl Stamp {
    /// Bytes.
    pub(super) fn size(self) -> u64 {
        self.size
    }

    /// The same on a host that knows the device by another number.
    pub(super) fn on(self, dev: u64) -> Self {
        Self { dev, ..self }
    }
}

impl From<Stat> for Stamp {
    fn from(stat: Stat) -> Self {
        Self {
            size: stat.size,
            mtime: stat.mtime,
            mtime_nanos: stat.mtime_nanos,
            dev: stat.dev,
            inode: stat.inode,
        }
    }
}

/// Forgets an interrupted run of a request.
pub(in crate::ops) fn forget_resume(context: &Context, dsr: &DsrRef) -> io::Result<()> {
    Resume::forget(context, dsr)
}

/// Results of an earlier, interrupted run.
#[derive(Debug, Default)]
pub(super) struct Resume {
    results: HashMap<String, (Stamp, FileResult)>,
}

/// The result for one file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub path: String,
    pub stamp: Stamp,
    pub result: FileResult,
}

fn path_of(dsr: &DsrRef) -> RelPath {
    RelPath::root().join(".cache").join(format!("discovery-{}-{}.jsonl", dsr.tenant, dsr.id))
}

/// What the results depend on beside the files: the identifiers and the program.
pub(super) fn key_of(request: &Request) -> String {
    let mut text = format!("caseward {}\n", env!("CARGO_PKG_VERSION"));
    for given in &request.identifiers {
        text.push_str(&format!("{} {}\n", given.kind, given.value));
    }
    Sha256::of(text.as_bytes()).to_string()
}

impl Resume {
    /// What the last interrupted run left; nothing when there was none, or when it cannot be used.
    pub(super) fn load(context: &Context, dsr: &DsrRef, request: &Request) -> Self {
        let Ok(bytes) = fs::read(&**context.workspace.fs(), &path_of(dsr)) else {
            return Self::default();
        };
        let mut lines = bytes.split(|&byte| byte == b'\n');
        if lines.next() != Some(key_of(request).as_bytes()) {
            return Self::default();
        }
        let results = lines
            .filter_map(|line| serde_json::from_slice::<Line>(line).ok())
            .map(|line| (line.path, (line.stamp, line.result)))
            .collect();
        Self { results }
    }

    /// The result for a file, when it is still the one that was searched.
    pub(super) fn take(&mut self, path: &str, stamp: Stamp) -> Option<FileResult> {
        let (searched, result) = self.results.remove(path)?;
        (searched == stamp).then_some(result)
    }

    /// Adds the result for a file. Of two, the one for the newer state of the file stays.
    pub(super) fn put(&mut self, path: String, stamp: Stamp, result: FileResult) {
        let newer = |known: &(Stamp, FileResult)| {
            (known.0.mtime, known.0.mtime_nanos) < (stamp.mtime, stamp.mtime_nanos)
        };
        if self.results.get(&path).is_none_or(newer) {
            self.results.insert(path, (stamp, result));
        }
    }

    /// Keeps what a run that is being interrupted has searched.
    pub(super) fn save<'a>(
        context: &Context,
        dsr: &DsrRef,
        request: &Request,
        results: impl Iterator<Item = (String, Stamp, &'a FileResult)>,
    ) -> io::Result<()> {
        let mut bytes = key_of(request).into_bytes();
        bytes.push(b'\n');
        for (path, stamp, result) in results {
            let line = Line { path, stamp, result: result.clone() };
            serde_json::to_writer(&mut bytes, &line)?;
            bytes.push(b'\n');
        }
        let fs = &**context.workspace.fs();
        let path = path_of(dsr);
        fs::create_dirs(fs, &path.parent())?;
        fs::replace(fs, &path, &bytes)
    }

    /// Forgets an interrupted run: its request was discovered.
    pub(super) fn forget(context: &Context, dsr: &DsrRef) -> io::Result<()> {
        match context.workspace.fs().unlink(&path_of(dsr)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
