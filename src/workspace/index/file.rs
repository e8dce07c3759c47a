//! The index file: one line that names the format, the tenants' heads, then a block per tenant.
//!
//! It is written whole under another name and renamed, without a flush: lengths and checksums tell
//! when a stop left less, and then it is made anew.

use super::row::{Block, Head};
use super::stamp::{Tick, checksum};
use super::{UNFINISHED, Workspace, path_of};
use crate::fs::{self, FsFile, FsLock, RelPath, Replace, Stat};
use crate::model::Id;
use crate::workspace::{Access, layout};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io;

/// Grows whenever rows mean something else or are made in another way.
const FORMAT: u32 = 1;

fn magic() -> Vec<u8> {
    format!("caseward-index {FORMAT} {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
}

/// A tenant in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub head: Head,
    /// Engagements in the block.
    pub rows: usize,
    len: usize,
    sum: u64,
}

/// How much of an index is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent<'a> {
    /// What is known of the tenants themselves.
    Heads,
    /// And one tenant's block.
    Tenant(&'a Id),
    /// And all blocks.
    Everything,
}

/// An index as it lies on disk.
#[derive(Debug)]
pub(super) struct Stored {
    pub entries: Vec<Entry>,
    /// Where each block begins, from the end of the heads.
    offsets: Vec<usize>,
    /// The part of the blocks that was read, and where it begins.
    blocks: Vec<u8>,
    from: usize,
    identity: (u64, i64, u32),
}

fn identity(stat: &Stat) -> (u64, i64, u32) {
    (stat.inode, stat.ctime, stat.ctime_nanos)
}

impl Stored {
    /// The account's index, as much of it as is wanted; `None` when there is none that can be used.
    pub(super) fn open(workspace: &Workspace, account: u32, wanted: Extent<'_>) -> Option<Self> {
        let mut file = workspace.fs().open(&path_of(account)).ok()?;
        let stat = file.stat().ok()?;
        let size = usize::try_from(stat.size).ok()?;
        let magic = magic();
        let front = read_exactly(&mut *file, 0, magic.len() + 16, size)?;
        let numbers = front.strip_prefix(magic.as_slice())?;
        let length = usize::try_from(u64::from_le_bytes(numbers[..8].try_into().ok()?)).ok()?;
        let sum = u64::from_le_bytes(numbers[8..].try_into().ok()?);
        let heads = read_exactly(&mut *file, front.len(), length, size)?;
        if checksum(&heads) != sum {
            return None;
        }
        let entries: Vec<Entry> = postcard::from_bytes(&heads).ok()?;
        let mut offsets = Vec::with_capacity(entries.len());
        let mut end = 0_usize;
        for entry in &entries {
            offsets.push(end);
            end = end.checked_add(entry.len)?;
        }
        let (from, length) = match wanted {
            Extent::Everything => (0, end),
            // Others could not be written again from it: who wants only heads makes no index.
            Extent::Heads => (0, 0),
            Extent::Tenant(id) => {
                match entries.iter().position(|entry| *id == *entry.head.dir.as_str()) {
                    Some(at) => (offsets[at], entries[at].len),
                    None => (0, 0),
                }
            }
        };
        let blocks = read_exactly(&mut *file, front.len() + heads.len() + from, length, size)?;
        Some(Self { entries, offsets, blocks, from, identity: identity(&stat) })
    }

    /// The bytes of a block, when they were read and are whole.
    pub(super) fn block_bytes(&self, at: usize) -> Option<&[u8]> {
        let start = self.offsets[at].checked_sub(self.from)?;
        let entry = &self.entries[at];
        let bytes = self.blocks.get(start..start.checked_add(entry.len)?)?;
        (checksum(bytes) == entry.sum).then_some(bytes)
    }

    pub(super) fn block(&self, at: usize) -> Option<Block> {
        postcard::from_bytes(self.block_bytes(at)?).ok()
    }

    pub(super) fn rows(&self) -> usize {
        self.entries.iter().map(|entry| entry.rows).sum()
    }
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

/// The bytes of a block.
#[derive(Debug)]
pub(super) enum Contents {
    New(Vec<u8>),
    /// As they stand in the index that the new one is based on, if they do.
    Old(Option<usize>),
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
        let mut entries = Vec::with_capacity(parts.len());
        let mut blocks = Vec::with_capacity(base.map_or(0, |base| base.blocks.len()));
        let empty = postcard::to_allocvec(&Block::default()).map_err(io::Error::other)?;
        for part in parts {
            let (rows, bytes) = match &part.block {
                Contents::New(bytes) => (part.rows, bytes.as_slice()),
                Contents::Old(at) => {
                    match at.and_then(|at| base.and_then(|base| base.block_bytes(at))) {
                        Some(bytes) => (part.rows, bytes),
                        None => (0, empty.as_slice()),
                    }
                }
            };
            blocks.extend_from_slice(bytes);
            let head = part.head.into_owned();
            entries.push(Entry { head, rows, len: bytes.len(), sum: checksum(bytes) });
        }
        let heads = postcard::to_allocvec(&entries).map_err(io::Error::other)?;
        let mut front = magic();
        front.extend_from_slice(&(heads.len() as u64).to_le_bytes());
        front.extend_from_slice(&checksum(&heads).to_le_bytes());
        front.extend_from_slice(&heads);
        self.file.write_at(&front, 0)?;
        self.file.write_at(&blocks, front.len() as u64)?;
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
