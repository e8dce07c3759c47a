//! `audit.jsonl`: read whole lines only; a torn last line is not an event.

use super::{Problem, ProblemKind, Workspace, layout};
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, RelPath, Stat};
use crate::model::{AuditEvent, Id, Time};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The latest moment of each log, with the state of the file that it was read from.
pub(super) type LatestEvents = Arc<Mutex<BTreeMap<Id, (Stat, Option<Time>)>>>;

impl Workspace {
    /// The events of a tenant, oldest first, with a problem for each line that is none.
    ///
    /// # Errors
    /// The log cannot be read. A log that does not exist yet is empty.
    pub fn audit(&self, tenant: &Id) -> Result<(Vec<AuditEvent>, Vec<Problem>)> {
        let path = layout::audit(tenant);
        let bytes = self.audit_bytes(tenant)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let (mut events, mut problems) = (Vec::new(), Vec::new());
        for (index, line) in bytes[..whole].split_inclusive(|&byte| byte == b'\n').enumerate() {
            match serde_json::from_slice(line) {
                Ok(event) => events.push(event),
                Err(error) => problems.push(Problem::new(
                    path.display(),
                    ProblemKind::Invalid,
                    format!("line {}: {error}", index + 1),
                )),
            }
        }
        if whole < bytes.len() {
            let why = "its last line is torn; it is cut when the log is written next";
            problems.push(Problem::new(path.display(), ProblemKind::Invalid, why));
        }
        Ok((events, problems))
    }

    /// Whether the log of a tenant has an event of this id.
    pub(super) fn audit_has(&self, tenant: &Id, id: &str) -> Result<bool> {
        let bytes = self.audit_bytes(tenant)?;
        Ok(memchr::memmem::find(&bytes, format!("\"id\":\"{id}\"").as_bytes()).is_some())
    }

    /// The latest moment that a tenant's log speaks of: evidence that a clock which says less went
    /// back. Lines that are no events are passed over.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn latest_event(&self, tenant: &Id) -> Result<Option<Time>> {
        const KEY: &[u8] = b"\"activityDateTime\":\"";
        let Ok(stat) = self.fs.stat(&layout::audit(tenant)) else { return Ok(None) };
        // A lock that a panicking thread held guards a cache: what it holds is whole all the same.
        let known = || self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, latest)) = known().get(tenant).filter(|(of, _)| *of == stat) {
            return Ok(*latest);
        }
        let bytes = self.audit_bytes(tenant)?;
        let times = memchr::memmem::find_iter(&bytes, KEY).filter_map(|at| {
            let rest = &bytes[at + KEY.len()..];
            let end = memchr::memchr(b'"', rest)?;
            std::str::from_utf8(&rest[..end]).ok()?.parse::<Time>().ok()
        });
        let latest = times.max();
        known().insert(tenant.clone(), (stat, latest));
        Ok(latest)
    }

    /// Remembers what [`Workspace::latest_event`] would find in a log whose file is in this state.
    pub(super) fn remember_latest(&self, tenant: &Id, stat: Stat, latest: Option<Time>) {
        let mut known = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(tenant.clone(), (stat, latest));
    }

    fn audit_bytes(&self, tenant: &Id) -> Result<Vec<u8>> {
        let path = layout::audit(tenant);
        match fs::read(&*self.fs, &path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.io("read", &path, error)),
        }
    }

    /// Where the next line goes: behind the last whole one. A torn last line is cut off.
    pub(super) fn lines_end(&self, path: &RelPath) -> Result<u64> {
        let fail = |error| self.io("read", path, error);
        let mut file = match self.fs.open_write(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(fail(error)),
        };
        let size = file.stat().map_err(fail)?.size;
        let mut end = size;
        let mut buffer = [0; 4096];
        while end > 0 {
            let start = end.saturating_sub(buffer.len() as u64);
            let wanted = usize::try_from(end - start).unwrap_or(buffer.len());
            let mut filled = 0;
            while filled < wanted {
                let count = file
                    .read_at(&mut buffer[filled..wanted], start + filled as u64)
                    .map_err(fail)?;
                if count == 0 {
                    return Err(Error::from(Invalid::new(
                        path.display(),
                        "shrank while it was read",
                    )));
                }
                filled += count;
            }
            if let Some(newline) = buffer[..wanted].iter().rposition(|&byte| byte == b'\n') {
                end = start + newline as u64 + 1;
                break;
            }
            end = start;
        }
        if end < size {
            file.set_len(end).and_then(|()| file.sync()).map_err(|e| self.io("cut", path, e))?;
        }
        Ok(end)
    }
}
