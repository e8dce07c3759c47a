//! The index file: one line that names the format, the tenants' heads, the newest cases once more,
//! then a block per tenant, its clocks in front.
//!
//! It is written whole under another name and renamed, without a flush: lengths and checksums tell
//! when a stop left less, and then it is made anew. Blocks are read one by one, when they are needed:
//! of a large workspace the file has hundreds of megabytes.

use super::newest::Newest;
use super::row::{Block, Clocks, Head};
use super::stamp::{Tick, checksum};
use super::{UNFINISHED, Workspace, path_of};
use crate::fs::{self, FsFile, FsLock, RelPath, Replace, Stat};
use crate::workspace::{Access, layout};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Grows whenever rows mean something else or are made in another way.
const FORMAT: u32 = 3;

/// Of so many bytes it is written at a time.
const CHUNK: usize = 1 << 20;

fn magic() -> Vec<u8> {
    format!("caseward-index {FORMAT} {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
}

/// A tenant in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub head: Head,
    /// Engagements in the block.
    pub rows: usize,
    clocks: Piece,
    rest: Piece,
}

impl Entry {
    pub(super) fn of(head: Head, rows: usize, block: &Bytes<'_>) -> Self {
        let (clocks, rest) = block.all.split_at(block.clocks);
        Self { head, rows, clocks: Piece::of(clocks), rest: Piece::of(rest) }
    }

    /// `None` of numbers that cannot be.
    fn len(&self) -> Option<usize> {
        self.clocks.len.checked_add(self.rest.len)
    }
}

/// A piece of the file by its length, and what it adds up to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Piece {
    len: usize,
    sum: u32,
}

impl Piece {
    fn of(bytes: &[u8]) -> Self {
        Self { len: bytes.len(), sum: checksum(bytes) }
    }

    fn is_whole(self, bytes: &[u8]) -> bool {
        bytes.len() == self.len && checksum(bytes) == self.sum
    }
}

/// A block as bytes.
#[derive(Debug, Clone)]
pub(super) struct Bytes<'a> {
    all: Cow<'a, [u8]>,
    /// How many of them, in front, are its clocks.
    clocks: usize,
}

impl Bytes<'_> {
    /// # Errors
    /// It cannot be written.
    pub(super) fn of(block: &Block) -> postcard::Result<Bytes<'static>> {
        let (all, clocks) = block.to_bytes()?;
        Ok(Bytes { all: all.into(), clocks })
    }

    pub(super) fn all(&self) -> &[u8] {
        &self.all
    }

    fn block(&self) -> Option<Block> {
        let (clocks, rest) = self.all.split_at_checked(self.clocks)?;
        Block::from_bytes(clocks, rest)
    }
}

/// An index as it lies on disk.
#[derive(Debug)]
pub(super) struct Stored {
    pub entries: Vec<Entry>,
    /// Engagements in the whole index.
    all: usize,
    /// Where each block begins, from the first one on.
    offsets: Vec<usize>,
    blocks: Blocks,
    identity: (u64, i64, u32),
}

/// Where the blocks are.
#[derive(Debug)]
enum Blocks {
    /// In the file, from this place on.
    File {
        file: Mutex<Box<dyn FsFile>>,
        from: usize,
        size: usize,
    },
    Memory(Vec<u8>),
}

fn identity(stat: &Stat) -> (u64, i64, u32) {
    (stat.inode, stat.ctime, stat.ctime_nanos)
}

/// The beginning of an index: where its parts are.
struct Front {
    file: Box<dyn FsFile>,
    size: usize,
    identity: (u64, i64, u32),
    heads: Stretch,
    newest: Stretch,
}

/// Bytes of the file, and what they add up to.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: usize,
    length: usize,
    sum: u32,
}

impl Stretch {
    fn end(self) -> Option<usize> {
        self.from.checked_add(self.length)
    }
}

/// The lengths and checksums of what stands before the blocks: the heads, then the newest.
const NUMBERS: usize = 4 * 8;

impl Front {
    fn open(workspace: &Workspace, account: u32) -> Option<Self> {
        let mut file = workspace.fs().open(&path_of(account)).ok()?;
        let stat = file.stat().ok()?;
        let size = usize::try_from(stat.size).ok()?;
        let magic = magic();
        let front = read_exactly(&mut *file, 0, magic.len() + NUMBERS, size)?;
        let number = |at: usize| {
            let bytes = front.strip_prefix(magic.as_slice())?.get(8 * at..8 * at + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let stretch = |at: usize, from: usize| {
            let length = usize::try_from(number(at)?).ok()?;
            let sum = u32::try_from(number(at + 1)?).ok()?;
            Some(Stretch { from, length, sum })
        };
        let heads = stretch(0, front.len())?;
        let newest = stretch(2, heads.end()?)?;
        Some(Self { file, size, identity: identity(&stat), heads, newest })
    }

    fn part(&mut self, part: Stretch) -> Option<Vec<u8>> {
        let bytes = read_exactly(&mut *self.file, part.from, part.length, self.size)?;
        (checksum(&bytes) == part.sum).then_some(bytes)
    }
}

impl Stored {
    /// The account's index; `None` when there is none that can be used.
    pub(super) fn open(workspace: &Workspace, account: u32) -> Option<Self> {
        let mut front = Front::open(workspace, account)?;
        let entries: Vec<Entry> = postcard::from_bytes(&front.part(front.heads)?).ok()?;
        let offsets = offsets(&entries)?;
        let from = front.newest.end()?;
        if let (Some(last), Some(at)) = (entries.last(), offsets.last()) {
            // One that was cut short.
            at.checked_add(last.len()?)?.checked_add(from).filter(|end| *end <= front.size)?;
        }
        let all = entries.iter().map(|entry| entry.rows).sum();
        let blocks = Blocks::File { file: Mutex::new(front.file), from, size: front.size };
        Some(Self { entries, all, offsets, blocks, identity: front.identity })
    }

    /// The newest cases of the account's index with their tenants, as if there were no others.
    pub(super) fn open_newest(workspace: &Workspace, account: u32) -> Option<Self> {
        let mut front = Front::open(workspace, account)?;
        let newest: Newest = postcard::from_bytes(&front.part(front.newest)?).ok()?;
        let Newest { all, entries, blocks } = newest;
        let (offsets, blocks) = (offsets(&entries)?, Blocks::Memory(blocks));
        Some(Self { entries, all, offsets, blocks, identity: front.identity })
    }

    /// The bytes of a block, when they are whole.
    pub(super) fn bytes(&self, at: usize) -> Option<Bytes<'_>> {
        let Entry { clocks, rest, .. } = &self.entries[at];
        let bytes = self.read(self.offsets[at], self.entries[at].len()?)?;
        let (of_clocks, of_rest) = bytes.split_at_checked(clocks.len)?;
        let whole = clocks.is_whole(of_clocks) && rest.is_whole(of_rest);
        whole.then_some(Bytes { clocks: clocks.len, all: bytes })
    }

    pub(super) fn block(&self, at: usize) -> Option<Block> {
        self.bytes(at)?.block()
    }

    /// The clocks of a block, without reading the rest.
    pub(super) fn clocks(&self, at: usize) -> Option<Clocks> {
        let piece = self.entries[at].clocks;
        let bytes = self.read(self.offsets[at], piece.len)?;
        postcard::from_bytes(piece.is_whole(&bytes).then_some(&bytes)?).ok()
    }

    /// Bytes of the blocks.
    fn read(&self, at: usize, length: usize) -> Option<Cow<'_, [u8]>> {
        Some(match &self.blocks {
            Blocks::Memory(blocks) => blocks.get(at..at.checked_add(length)?)?.into(),
            Blocks::File { file, from, size } => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                read_exactly(&mut **file, from.checked_add(at)?, length, *size)?.into()
            }
        })
    }

    /// Engagements whose rows it has.
    pub(super) fn rows(&self) -> usize {
        self.entries.iter().map(|entry| entry.rows).sum()
    }

    /// Engagements in the whole index, of which it may be the newest.
    pub(super) fn all_rows(&self) -> usize {
        self.all
    }
}

/// Where blocks begin that lie one behind the other.
fn offsets(entries: &[Entry]) -> Option<Vec<usize>> {
    let mut end = 0_usize;
    let begin = |entry: &Entry| {
        let next = end.checked_add(entry.len()?)?;
        Some(std::mem::replace(&mut end, next))
    };
    entries.iter().map(begin).collect()
}

/// Reads `length` bytes from `at`; `None` when the file, of `size` bytes, does not have them.
fn read_exactly(file: &mut dyn FsFile, at: usize, length: usize, size: usize) -> Option<Vec<u8>> {
    if at.checked_add(length)? > size {
        return None;
    }
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], (at + filled) as u64).ok()? {
            0 => return None,
            count => filled += count,
        }
    }
    Some(bytes)
}

/// A new index in the making, begun before the first record was read for it.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// When it was begun, by the clock of the file system.
    pub tick: Tick,
    path: RelPath,
    file: Box<dyn FsFile>,
    _lock: Box<dyn FsLock>,
}

/// A tenant for a new index: its block is new, or stays as it was.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub head: Cow<'a, Head>,
    pub rows: usize,
    pub block: Contents,
}

/// Where the bytes of a block come from.
#[derive(Debug)]
pub(super) enum Contents {
    New(Bytes<'static>),
    /// As they stand in the index that the new one is based on, if they do.
    Old(Option<usize>),
}

impl Contents {
    fn bytes<'a>(&'a self, base: Option<&'a Stored>) -> Option<Bytes<'a>> {
        match self {
            Self::New(new) => Some(Bytes { all: new.all().into(), clocks: new.clocks }),
            Self::Old(at) => base?.bytes((*at)?),
        }
    }
}

impl Unfinished {
    /// `None` when nothing may be written here, or another run is at it.
    pub(super) fn begin(workspace: &Workspace, account: u32) -> Option<Self> {
        if workspace.access == Access::ReadOnly {
            return None;
        }
        let fs = workspace.fs();
        // Without a directory of its own there is nothing to write into; the root may be
        // somebody else's.
        match fs.create_dir(&layout::cache()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return None,
            _ => {}
        }
        let lock = fs.try_lock(&path_of(account).with_suffix(".lock")).ok()??;
        let path = path_of(account).with_suffix(UNFINISHED);
        match fs.unlink(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return None,
            _ => {}
        }
        let mut file = fs.create_private(&path).ok()?;
        // Writing is what stamps it on every file system.
        let stat = file.write_at(b"-", 0).and_then(|()| file.stat());
        let Ok(stat) = stat else {
            clear(workspace, account);
            return None;
        };
        Some(Self { tick: (stat.mtime, stat.mtime_nanos), path, file, _lock: lock })
    }

    /// Puts the index in place, unless the one it is based on was removed or replaced meanwhile.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn finish(
        mut self,
        workspace: &Workspace,
        account: u32,
        base: Option<&Stored>,
        parts: Vec<Part<'_>>,
    ) -> io::Result<()> {
        let empty = Bytes::of(&Block::default()).map_err(io::Error::other)?;
        let mut entries = Vec::with_capacity(parts.len());
        let mut contents = Vec::with_capacity(parts.len());
        for Part { head, rows, block } in parts {
            let head = head.into_owned();
            let entry = block.bytes(base).map(|bytes| Entry::of(head.clone(), rows, &bytes));
            // A block that went bad is read from the files when it is looked at next.
            let lost = || (Entry::of(head, 0, &empty), Contents::New(empty.clone()));
            let (entry, block) = entry.map_or_else(lost, |entry| (entry, block));
            entries.push(entry);
            contents.push(block);
        }
        let block = |at: usize| contents[at].bytes(base)?.block();
        let newest = Newest::of(&entries, &block).map_err(io::Error::other)?;
        let newest = postcard::to_allocvec(&newest).map_err(io::Error::other)?;
        let heads = postcard::to_allocvec(&entries).map_err(io::Error::other)?;
        let mut buffer = magic();
        for part in [&heads, &newest] {
            buffer.extend_from_slice(&(part.len() as u64).to_le_bytes());
            buffer.extend_from_slice(&u64::from(checksum(part)).to_le_bytes());
        }
        buffer.extend_from_slice(&heads);
        buffer.extend_from_slice(&newest);
        let mut written = 0_u64;
        for part in &contents {
            let Some(block) = part.bytes(base) else {
                return Err(io::Error::other("the index that this one is based on changed"));
            };
            buffer.extend_from_slice(block.all());
            if buffer.len() >= CHUNK {
                self.file.write_at(&buffer, written)?;
                written += buffer.len() as u64;
                buffer.clear();
            }
        }
        self.file.write_at(&buffer, written)?;
        let fs = workspace.fs();
        let path = path_of(account);
        let current = match fs.stat(&path) {
            Ok(stat) => Some(identity(&stat)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // One that was there but could not be used is in nobody's way.
        if base.is_some_and(|base| current != Some(base.identity)) {
            return self.discard(workspace);
        }
        fs.rename(&self.path, &path, Replace::Yes)
    }

    /// Gives it up.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn discard(self, workspace: &Workspace) -> io::Result<()> {
        match workspace.fs().unlink(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Removes what a failed attempt left, as far as that is possible.
pub(super) fn clear(workspace: &Workspace, account: u32) {
    let _ = workspace.fs().unlink(&path_of(account).with_suffix(UNFINISHED));
}

/// Whether a file is there at all, for those who want to know if there is anything to show at once.
pub(super) fn is_there(workspace: &Workspace, account: u32) -> bool {
    fs::exists(&**workspace.fs(), &path_of(account)).unwrap_or(false)
}
