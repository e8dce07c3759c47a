//! `audit.jsonl`: read whole lines only; a torn last line is not an event.

use super::{Problem, ProblemKind, Workspace, layout};
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, RelPath};
use crate::model::{AuditEvent, Id};
use std::io;

impl Workspace {
    /// The events of a tenant, oldest first, with a problem for each line that is none.
    ///
    /// # Errors
    /// The log cannot be read. A log that does not exist yet is empty.
    pub fn audit(&self, tenant: &Id) -> Result<(Vec<AuditEvent>, Vec<Problem>)> {
        let path = layout::audit(tenant);
        let bytes = match fs::read(&*self.fs, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(self.io("read", &path, error)),
        };
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
