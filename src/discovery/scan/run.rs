//! Many files at once.

use super::buffers::Buffers;
use super::limits::Limits;
use super::room::Room;
use super::source::Source;
use crate::discovery::findings::{FileResult, Problem, ProblemKind};
use crate::discovery::patterns::Query;
use crate::fs::{Fs, RelPath};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// One file to search.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name to be searched as text; empty for none. Usually the last path component.
    pub name: Vec<u8>,
    pub content: Content,
}

/// Where a target's bytes are.
#[derive(Debug, Clone)]
pub enum Content {
    /// A file; symbolic links are never followed ([`Fs::open`]).
    File { fs: Arc<dyn Fs>, path: RelPath },
    /// Bytes in its place, such as a record with the parts removed that are not to be searched.
    Bytes(Arc<[u8]>),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Files finished.
    pub files: u64,
    /// Bytes read from files, those of unfinished ones included.
    pub bytes: u64,
    /// Files in which something was found.
    pub findings: u64,
}

/// Searches all targets with `threads` threads and returns the results of those that were finished,
/// with their index, in order: the same whatever the number of threads. `progress` is called from
/// the threads, after each file and during large ones. Setting `cancel` ends the run early; what is
/// missing from the results was not searched and can be given to another run.
pub fn run(
    targets: &[Target],
    query: &Query,
    limits: &Limits,
    threads: usize,
    progress: &(dyn Fn(Progress) + Sync),
    cancel: &AtomicBool,
) -> Vec<(usize, FileResult)> {
    let next = AtomicUsize::new(0);
    let (files, bytes, findings) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let report = || {
        progress(Progress {
            files: files.load(Ordering::Relaxed),
            bytes: bytes.load(Ordering::Relaxed),
            findings: findings.load(Ordering::Relaxed),
        });
    };
    // Twice what one file may take.
    let room = Room::new(2 * limits.memory as u64);
    let results = Mutex::new(Vec::with_capacity(targets.len()));
    let work = || {
        let mut mine = Vec::new();
        let mut buffers = Buffers::default();
        while !cancel.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = targets.get(index) else { break };
            let read = |count| {
                bytes.fetch_add(count, Ordering::Relaxed);
                report();
            };
            let result = one(target, query, limits, cancel, &read, &room, &mut buffers);
            if cancel.load(Ordering::Relaxed) {
                break;
            }
            files.fetch_add(1, Ordering::Relaxed);
            findings.fetch_add(u64::from(!result.hits.is_empty()), Ordering::Relaxed);
            report();
            mine.push((index, result));
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).extend(mine);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, targets.len().max(1)) {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results
}

fn one(
    target: &Target,
    query: &Query,
    limits: &Limits,
    cancel: &AtomicBool,
    read: &dyn Fn(u64),
    room: &Room,
    buffers: &mut Buffers,
) -> FileResult {
    let mut result = match &target.content {
        Content::Bytes(bytes) => {
            let mut source: &[u8] = bytes;
            query.scan_watched(&mut source, limits, cancel, read, buffers)
        }
        Content::File { fs, path } => match fs.open(path) {
            Ok(mut file) => {
                let _taken = room.take(file.size().unwrap_or(0).min(limits.memory as u64));
                query.scan_watched(&mut file, limits, cancel, read, buffers)
            }
            Err(error) => FileResult {
                problems: vec![Problem {
                    member: None,
                    kind: ProblemKind::Unreadable,
                    why: error.to_string(),
                }],
                ..FileResult::default()
            },
        },
    };
    if !target.name.is_empty() {
        let mut named = query.scan_name(&target.name);
        named.hits.append(&mut result.hits);
        result.hits = named.hits;
    }
    result
}
