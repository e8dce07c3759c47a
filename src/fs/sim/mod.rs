//! A file system in memory that knows what is durable, so that it can crash at every operation.
//!
//! [`SimFs`] is an ordinary [`Fs`] that keeps a [`History`] of changes and flushes. From a history
//! any state can be built that a power loss at some point may leave: a choice of the changes that
//! were not flushed, in one of two [`Model`]s. Recovery then runs on that state.

mod disk;
mod history;

pub use history::{Choose, History, Model};

use super::{DirEntry, FileKind, Fs, FsDir, FsFile, FsLock, FsTraits, RelPath, Replace, Stat};
use disk::{Change, Disk, Node, NodeId};
use history::Event;
use std::ffi::OsStr;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The simulated file system. Clones are the same file system.
#[derive(Debug, Clone)]
pub struct SimFs {
    state: Arc<Mutex<State>>,
}

/// One call that made something durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flush {
    /// The crash point before it.
    pub point: usize,
    /// How many changes [`super::stop::StopFs`] must permit to stop just before it.
    pub step: u64,
    /// Of what: a path, with a slash at the end for a directory.
    pub name: String,
}

#[derive(Debug)]
struct State {
    /// What processes see.
    live: Disk,
    history: History,
    flushes: Vec<Flush>,
    /// Calls so far that change or flush something, those that failed included.
    steps: u64,
    /// The flush that is left out although it reports success.
    skipped: Option<usize>,
    /// Whether it answers like a file system of which nothing is known.
    weak: bool,
    /// The call that fails, and how.
    failing: Option<(u64, io::ErrorKind)>,
}

impl SimFs {
    /// An empty workspace.
    #[must_use]
    pub fn new() -> Self {
        Self::from_disk(Disk::new())
    }

    fn from_disk(disk: Disk) -> Self {
        let history = History { base: disk.clone(), events: Vec::new() };
        let state = State {
            live: disk,
            history,
            flushes: Vec::new(),
            steps: 0,
            skipped: None,
            weak: false,
            failing: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A copy of what processes see, all of it durable, with an empty history.
    #[must_use]
    pub fn settled(&self) -> Self {
        Self::from_disk(self.state().live.clone())
    }

    /// From now on it answers like a file system that is not known to keep what was flushed.
    pub fn weaken(&self) {
        self.state().weak = true;
    }

    /// From now on flush number `n` (of [`SimFs::flushes`]) does nothing, although it reports
    /// success.
    pub fn leave_out_flush(&self, n: usize) {
        self.state().skipped = Some(n);
    }

    /// What happened so far.
    #[must_use]
    pub fn history(&self) -> History {
        self.state().history.clone()
    }

    /// Every flush so far.
    #[must_use]
    pub fn flushes(&self) -> Vec<Flush> {
        self.state().flushes.clone()
    }

    /// Call number `step` from now on that changes or flushes something fails once, without effect.
    pub fn fail_step(&self, step: u64, kind: io::ErrorKind) {
        let mut state = self.state();
        state.failing = Some((state.steps + step, kind));
    }

    /// No call fails any more.
    pub fn heal(&self) {
        self.state().failing = None;
    }

    /// Calls so far that change or flush something, those that failed included.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for a call that changes it.
    fn changing(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.step()?;
        Ok(state)
    }

    fn file(&self, node: NodeId, device: u64, path: &RelPath) -> Box<dyn FsFile> {
        Box::new(SimFile { fs: self.clone(), node, device, path: path.display() })
    }

    /// Mounts a device of its own on a directory. Between devices nothing is renamed.
    ///
    /// # Errors
    /// There is no such directory.
    pub fn mount(&self, path: &RelPath) -> io::Result<()> {
        let mut state = self.state();
        let node = state.live.dir(path)?;
        state.live.mount(node);
        state.history.base.mount(node);
        Ok(())
    }

    /// A settled copy in which the device of that directory is not there.
    ///
    /// # Errors
    /// There is no such directory.
    pub fn without(&self, path: &RelPath) -> io::Result<Self> {
        let mut disk = self.state().live.clone();
        let node = disk.dir(path)?;
        disk.unmount(node);
        Ok(Self::from_disk(disk))
    }
}

impl Default for SimFs {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn apply(&mut self, change: Change) {
        self.live.apply(&change);
        self.history.events.push(Event::Change(change));
    }

    /// Counts a call, and fails the one that is to fail.
    fn step(&mut self) -> io::Result<()> {
        let number = self.steps;
        self.steps += 1;
        match self.failing {
            Some((step, kind)) if step == number => error(kind),
            _ => Ok(()),
        }
    }

    fn sync(&mut self, event: Event, name: String) -> io::Result<()> {
        let (number, step) = (self.flushes.len(), self.steps);
        self.flushes.push(Flush { point: self.history.events.len(), step, name });
        self.step()?;
        if self.skipped != Some(number) {
            self.history.events.push(event);
        }
        Ok(())
    }

    fn stat(&self, node: NodeId, dev: u64) -> Stat {
        let (kind, size, mode) = match self.live.node(node) {
            Node::Dir(_) => (FileKind::Dir, 0, 0o040_700),
            Node::File(data) => (FileKind::File, data.len() as u64, 0o100_600),
        };
        let links = self.live.links(node);
        Stat {
            kind,
            size,
            mtime: 0,
            mtime_nanos: 0,
            ctime: 0,
            ctime_nanos: 0,
            dev,
            inode: node as u64,
            links,
            mode,
        }
    }
}

fn error<T>(kind: io::ErrorKind) -> io::Result<T> {
    Err(io::Error::from(kind))
}

#[derive(Debug)]
struct SimFile {
    fs: SimFs,
    node: NodeId,
    device: u64,
    path: String,
}

#[derive(Debug)]
struct SimDir {
    fs: SimFs,
    node: NodeId,
    path: String,
}

#[derive(Debug)]
struct SimLock;

impl FsLock for SimLock {}

impl FsDir for SimDir {
    fn sync(&self) -> io::Result<()> {
        self.fs.state().sync(Event::SyncDir(self.node), format!("{}/", self.path))
    }

    fn stat_below(&self, path: &std::path::Path) -> io::Result<Stat> {
        let path = std::path::Path::new(&self.path).join(path);
        let path = RelPath::new(path).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.fs.stat(&path)
    }
}

impl FsFile for SimFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.fs.state();
        let Node::File(data) = state.live.node(self.node) else {
            return error(io::ErrorKind::IsADirectory);
        };
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(data.len());
        let count = buffer.len().min(data.len() - start);
        buffer[..count].copy_from_slice(&data[start..start + count]);
        Ok(count)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let change = Change::Write { node: self.node, offset, bytes: bytes.to_vec() };
        self.fs.changing()?.apply(change);
        Ok(())
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.fs.changing()?.apply(Change::SetLen { node: self.node, size });
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.fs.state().sync(Event::SyncFile(self.node), self.path.clone())
    }

    fn stat(&self) -> io::Result<Stat> {
        Ok(self.fs.state().stat(self.node, self.device))
    }
}

/// The directory that holds `path`, and its name there.
fn place<'a>(state: &State, path: &'a RelPath) -> io::Result<(NodeId, &'a OsStr)> {
    Ok((state.live.dir(&path.parent())?, path.name()))
}

impl Fs for SimFs {
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        let state = self.state();
        let (node, device) = state.live.locate(path)?;
        match state.live.node(node) {
            Node::Dir(_) => error(io::ErrorKind::InvalidInput),
            Node::File(_) => Ok(self.file(node, device, path)),
        }
    }

    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.open(path)
    }

    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        let mut state = self.changing()?;
        let (dir, name) = place(&state, path)?;
        let (_, device) = state.live.locate(&path.parent())?;
        if state.live.entry(dir, name).is_some() {
            return error(io::ErrorKind::AlreadyExists);
        }
        let node = state.live.next();
        let name = name.to_os_string();
        state.apply(Change::Create { dir, name, node, kind: FileKind::File });
        Ok(self.file(node, device, path))
    }

    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.create(path)
    }

    fn stat(&self, path: &RelPath) -> io::Result<Stat> {
        let state = self.state();
        let (node, device) = state.live.locate(path)?;
        Ok(state.stat(node, device))
    }

    fn traits(&self, _path: &RelPath) -> io::Result<FsTraits> {
        let supported = !self.state().weak;
        Ok(FsTraits { name: "simulated", copy_on_write: false, network: false, supported })
    }

    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>> {
        let state = self.state();
        let dir = state.live.dir(path)?;
        let Node::Dir(names) = state.live.node(dir) else {
            return error(io::ErrorKind::NotADirectory);
        };
        let entries = names.iter().map(|(name, node)| {
            let kind = state.stat(*node, 0).kind;
            DirEntry { name: name.clone(), kind }
        });
        Ok(entries.collect())
    }

    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>> {
        let node = self.state().live.dir(path)?;
        Ok(Box::new(SimDir { fs: self.clone(), node, path: path.display() }))
    }

    fn create_dir(&self, path: &RelPath) -> io::Result<()> {
        let mut state = self.changing()?;
        let (dir, name) = place(&state, path)?;
        if state.live.entry(dir, name).is_some() {
            return error(io::ErrorKind::AlreadyExists);
        }
        let (node, name) = (state.live.next(), name.to_os_string());
        state.apply(Change::Create { dir, name, node, kind: FileKind::Dir });
        Ok(())
    }

    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        let mut state = self.changing()?;
        let (old, old_name) = place(&state, from)?;
        let (new, new_name) = place(&state, to)?;
        let Some(node) = state.live.entry(old, old_name) else {
            return error(io::ErrorKind::NotFound);
        };
        if state.live.is_mount(node) {
            return error(io::ErrorKind::ResourceBusy);
        }
        if state.live.locate(&from.parent())?.1 != state.live.locate(&to.parent())?.1 {
            return error(io::ErrorKind::CrossesDevices);
        }
        if replace == Replace::No && state.live.entry(new, new_name).is_some() {
            return error(io::ErrorKind::AlreadyExists);
        }
        let from = (old, old_name.to_os_string());
        let to = (new, new_name.to_os_string());
        state.apply(Change::Rename { node, from, to });
        Ok(())
    }

    fn unlink(&self, path: &RelPath) -> io::Result<()> {
        let mut state = self.changing()?;
        let (dir, name) = place(&state, path)?;
        match state.live.entry(dir, name) {
            None => error(io::ErrorKind::NotFound),
            Some(node) if matches!(state.live.node(node), Node::Dir(_)) => {
                error(io::ErrorKind::IsADirectory)
            }
            Some(node) => {
                state.apply(Change::Remove { dir, name: name.to_os_string(), node });
                Ok(())
            }
        }
    }

    fn remove_dir(&self, path: &RelPath) -> io::Result<()> {
        let mut state = self.changing()?;
        let (dir, name) = place(&state, path)?;
        match state.live.entry(dir, name).map(|node| (node, state.live.node(node))) {
            None => error(io::ErrorKind::NotFound),
            Some((_, Node::File(_))) => error(io::ErrorKind::NotADirectory),
            Some((node, _)) if state.live.is_mount(node) => error(io::ErrorKind::ResourceBusy),
            Some((_, Node::Dir(names))) if !names.is_empty() => {
                error(io::ErrorKind::DirectoryNotEmpty)
            }
            Some((node, Node::Dir(_))) => {
                state.apply(Change::Remove { dir, name: name.to_os_string(), node });
                Ok(())
            }
        }
    }

    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>> {
        if self.stat(path).is_err() {
            self.create(path)?;
        }
        Ok(Box::new(SimLock))
    }

    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        self.lock(path).map(Some)
    }
}
