//! One pass over the log: every line in order, in memory that does not grow with it.

use super::disk::Disk;
use super::layout::Layout;
use super::{Body, Error, Head, Leaf, MAX_LEAF, TxId, VKey, Verdict, Warnings};
use crate::fs::RelPath;
use std::io;

/// How much of the log is read at once.
const CHUNK: usize = 256 * 1024;

fn damaged<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(Error::Damaged(what.into()))
}

/// Reads `head`.
///
/// # Errors
/// I/O, or a head that is missing or not canonical.
pub(crate) fn read_head(disk: &Disk, layout: &Layout) -> Result<Head, Error> {
    match disk.read(&layout.head())? {
        None => damaged("head is missing"),
        Some(bytes) => {
            Head::parse(&bytes).map_or_else(|| damaged("head is not in canonical form"), Ok)
        }
    }
}

/// What is shown each line: its index and bytes.
type Visit<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), Error>;

/// Shows each line that `head` covers, without its line feed, with its index.
///
/// # Errors
/// I/O, [`Error::Damaged`] when the file and `head` disagree about bytes or lines, or whatever
/// `visit` answers.
pub(crate) fn each_line(
    disk: &Disk,
    path: &RelPath,
    head: &Head,
    visit: Visit<'_>,
) -> Result<(), Error> {
    each_line_before(disk, path, head, u64::MAX, visit)
}

/// As [`each_line`], only for the lines before `end`; what comes after is not even read.
pub(crate) fn each_line_before(
    disk: &Disk,
    path: &RelPath,
    head: &Head,
    end: u64,
    visit: Visit<'_>,
) -> Result<(), Error> {
    let io = |source: io::Error| Error::Io { doing: "read", path: path.clone(), source };
    let mut file = disk.open(path).map_err(io)?;
    let mut buffer = vec![0; CHUNK + MAX_LEAF + 1];
    // Bytes read so far, the index of the next line, and how much of the buffer is a line begun.
    let (mut offset, mut index, mut kept) = (0, 0, 0);
    while offset < head.bytes {
        let left = usize::try_from(head.bytes - offset).unwrap_or(usize::MAX).min(CHUNK);
        let count = file.read_at(&mut buffer[kept..kept + left], offset).map_err(io)?;
        if count == 0 {
            return damaged(format!("the log ends after {offset} of {} bytes", head.bytes));
        }
        offset += count as u64;
        let (mut start, filled) = (0, kept + count);
        for feed in memchr::memchr_iter(b'\n', &buffer[..filled]) {
            if index == end {
                return Ok(());
            }
            visit(index, &buffer[start..feed])?;
            index += 1;
            start = feed + 1;
        }
        if filled - start > MAX_LEAF {
            return damaged(format!("entry {index}: a line of more than {MAX_LEAF} bytes"));
        }
        buffer.copy_within(start..filled, 0);
        kept = filled - start;
    }
    if kept != 0 {
        return damaged("the last line has no line feed");
    }
    if index != head.size {
        return damaged(format!("head names {} entries, the log has {index}", head.size));
    }
    Ok(())
}

/// A transaction that has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) tx: TxId,
    pub(crate) begin: u64,
    pub(crate) count: u32,
}

/// How a transaction was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Closed {
    End { end: u64, outcomes: Vec<Verdict>, warnings: Warnings },
    Lost,
}

/// Checks that each entry is canonical and makes sense after those before it.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) vkey: Option<VKey>,
    pub(crate) open: Option<Open>,
    /// Entries of kinds this version does not know.
    pub(crate) unknown: u64,
    /// Entries dated before the one before them.
    pub(crate) backwards: u64,
    last: Option<chrono::DateTime<chrono::Utc>>,
}

impl Reader {
    /// Reads the next line. The second value tells which transaction it closed, and how.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the entry's index.
    pub(crate) fn next(
        &mut self,
        index: u64,
        line: &[u8],
    ) -> Result<(Leaf, Option<(Open, Closed)>), Error> {
        let leaf = match Leaf::parse(line) {
            Ok(leaf) if leaf.index == index => leaf,
            Ok(leaf) => return damaged(format!("entry {index} calls itself {}", leaf.index)),
            Err(error) => return damaged(format!("entry {index}: {error}")),
        };
        let closed = self
            .follow(&leaf)
            .map_err(|what| Error::Damaged(format!("entry {index} ({}): {what}", leaf.kind())))?;
        if self.last.is_some_and(|last| leaf.time < last) {
            self.backwards += 1;
        }
        self.last = Some(leaf.time);
        Ok((leaf, closed))
    }

    fn follow(&mut self, leaf: &Leaf) -> Result<Option<(Open, Closed)>, &'static str> {
        if (leaf.index == 0) != matches!(leaf.body, Body::Genesis { .. }) {
            return Err("the first entry, and no other, is the genesis");
        }
        let mut close = |tx: TxId, begin: u64| match self.open.take() {
            Some(open) if open.tx == tx && open.begin == begin => Ok(open),
            _ => Err("it closes a transaction that is not open"),
        };
        Ok(match &leaf.body {
            Body::Genesis { origin, vkey } => {
                let key = VKey::parse(vkey).filter(|key| key.name() == origin);
                self.vkey = Some(key.ok_or("its key is malformed or of another name")?);
                None
            }
            Body::Begin { tx, count, .. } => {
                if self.open.is_some() {
                    return Err("it begins while another transaction is open");
                }
                self.open = Some(Open { tx: *tx, begin: leaf.index, count: *count });
                None
            }
            Body::End { tx, begin, outcomes, warnings } => {
                let open = close(*tx, *begin)?;
                if outcomes.len() != open.count as usize {
                    return Err("it tells of another number of files than its begin");
                }
                let outcomes = outcomes.clone();
                Some((open, Closed::End { end: leaf.index, outcomes, warnings: *warnings }))
            }
            Body::Lost { tx, begin } => Some((close(*tx, *begin)?, Closed::Lost)),
            Body::Shred { .. } => None,
            Body::Unknown { .. } => {
                self.unknown += 1;
                None
            }
        })
    }
}
