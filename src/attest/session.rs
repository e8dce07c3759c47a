//! A session: the lock held, what was interrupted recovered, and the only door to writing.

use super::checkpoint::Checkpoint;
use super::disk::Disk;
use super::intent::{Intent, from_bytes};
use super::key::LogKey;
use super::layout::{Layout, STAGED};
use super::merkle::{Frontier, leaf_hash};
use super::{
    AllowedSigners, Body, Clock, Error, Head, Leaf, Log, MAX_LEAF, Outcome, Progress, Removal,
    TxId, transaction,
};
use crate::env::Stopwatch;
use crate::fs::{FsLock, RelPath};
use std::fmt;

/// The right to write to the log, until it is dropped.
///
/// After a failed flush it refuses everything with [`Error::ReadOnly`], after any other failure
/// inside a transaction with [`Error::Broken`]: the next session recovers first.
pub struct Session {
    pub(crate) log: Log,
    pub(crate) clock: Clock,
    pub(crate) key: LogKey,
    pub(crate) head: Head,
    pub(crate) frontier: Frontier,
    pub(crate) recovered: Vec<Recovered>,
    broken: bool,
    #[expect(dead_code, reason = "held for its flock, which ends with it")]
    lock: Box<dyn FsLock>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session {{ size: {}, broken: {} }}", self.head.size, self.broken)
    }
}

/// What recovery did with one interrupted or unforgotten transaction.
#[derive(Clone, PartialEq, Eq)]
pub struct Recovered {
    pub tx: TxId,
    pub kind: RecoveredKind,
    /// The caller's own, as it was given; `None` when the intent vanished.
    pub memo: Option<String>,
    /// What became of the files; `None` when dropped or lost.
    pub outcome: Option<Outcome>,
}

impl fmt::Debug for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recovered({} {:?})", self.tx, self.kind)
    }
}

/// How an interrupted transaction was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecoveredKind {
    /// It had not begun: nothing was touched, nothing is in the log.
    Dropped,
    /// It had begun, and recovery finished it. Waits for [`Session::forget`].
    RolledForward,
    /// It had ended, and its caller did not say that it knows. Waits for [`Session::forget`].
    Finished,
    /// It had begun and its intent vanished: the outcome is unknown, and the log says so.
    Lost,
}

impl Log {
    /// Waits for the lock, then recovers what was interrupted. `now` is the clock of everything
    /// the session writes: a [`Clock`], or a fixed time.
    ///
    /// # Errors
    /// No log, an unknown version, loose permissions, [`Error::Damaged`], I/O.
    pub fn lock(&self, now: impl Into<Clock>) -> Result<Session, Error> {
        self.check_version()?;
        let path = self.layout.lock();
        let lock = self.disk.fs().lock(&path);
        let lock = lock.map_err(|source| Error::Io { doing: "lock", path, source })?;
        self.begin(lock, now.into())
    }

    /// As [`Log::lock`], `None` at once when somebody else holds the lock.
    ///
    /// # Errors
    /// As [`Log::lock`].
    pub fn try_lock(&self, now: impl Into<Clock>) -> Result<Option<Session>, Error> {
        self.check_version()?;
        let path = self.layout.lock();
        let lock = self.disk.fs().try_lock(&path);
        let lock = lock.map_err(|source| Error::Io { doing: "lock", path, source })?;
        lock.map(|lock| self.begin(lock, now.into())).transpose()
    }

    fn begin(&self, lock: Box<dyn FsLock>, clock: Clock) -> Result<Session, Error> {
        self.disk.writable(self.layout.base())?;
        self.check_permissions()?;
        self.check_footing(&self.layout.head())?;
        let state = super::recover::Found::read(self)?;
        let mut session = Session {
            log: self.clone(),
            clock,
            key: state.key()?,
            head: state.head,
            frontier: state.frontier.clone(),
            recovered: Vec::new(),
            broken: false,
            lock,
        };
        session.recover(&state)?;
        Ok(session)
    }

    /// Whether somebody outside the workspace's circle could change the log or read its key.
    pub(crate) fn check_permissions(&self) -> Result<(), Error> {
        let group = self.disk.stat(&RelPath::root())?.is_some_and(|s| s.mode & 0o2020 == 0o2020);
        let (directory, key) = if group { (0o2770, 0o660) } else { (0o700, 0o600) };
        let others = if group { 0o002 } else { 0o022 };
        for (path, wanted, forbidden) in [
            (self.layout.base().clone(), directory, others),
            (self.layout.keys(), directory, others),
            (self.layout.key(), key, 0o777 & !key),
        ] {
            match self.disk.stat(&path)? {
                Some(stat) if stat.mode & forbidden != 0 => {
                    return Err(Error::Permissions { path, mode: stat.mode & 0o7777, wanted });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Session {
    /// What recovery found and did when this session began.
    #[must_use]
    pub fn recovered(&self) -> &[Recovered] {
        &self.recovered
    }

    /// The commit point.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The log this session writes to.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Removes files in one transaction (steps 2 to 11 of the design). When it returns an
    /// outcome, that is durable, in the log and signed; the caller commits its own bookkeeping
    /// and then calls [`Session::forget`].
    ///
    /// # Errors
    /// Before anything is touched: [`Error::Differs`] (DEL-1), [`Error::NothingThere`] (DEL-4),
    /// [`Error::TooMany`], [`Error::Invalid`]. Later: I/O, [`Error::ReadOnly`]; the transaction
    /// then stays interrupted until the next session.
    pub fn remove(
        &mut self,
        removal: &Removal,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, Error> {
        self.usable()?;
        let watch = Stopwatch::start();
        let intent = transaction::plan(&self.log, removal, progress)?;
        let outcome =
            self.guarded(|session| transaction::run(session, &intent, removal, progress))?;
        crate::log::removed(removal.tx, removal.items.len(), watch);
        Ok(outcome)
    }

    /// Forgets a transaction: its caller has recorded what became of it (step 12).
    ///
    /// # Errors
    /// I/O, [`Error::ReadOnly`].
    pub fn forget(&mut self, tx: TxId) -> Result<(), Error> {
        self.usable()?;
        self.guarded(|session| session.discard(tx))
    }

    /// Destroys the opening of a transaction: the entry first, then the file.
    ///
    /// # Errors
    /// [`Error::UnknownTx`] when there is no opening, I/O, [`Error::ReadOnly`].
    pub fn shred(&mut self, tx: TxId) -> Result<u64, Error> {
        self.usable()?;
        let (disk, layout) = (self.disk().clone(), self.layout().clone());
        if disk.stat(&layout.opening(tx))?.is_none() {
            return Err(Error::UnknownTx(tx));
        }
        self.guarded(|session| {
            let index = session.append(Body::Shred { tx })?;
            session.finish_shred(tx)?;
            session.sign()?;
            Ok(index)
        })
    }

    /// Replaces `allowed_signers`, once it is understood.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the line that is not understood, I/O, [`Error::ReadOnly`].
    pub fn set_allowed_signers(&mut self, text: &str) -> Result<(), Error> {
        self.usable()?;
        AllowedSigners::parse(text).map_err(|error| Error::Invalid(error.to_string()))?;
        self.disk().replace(&self.layout().allowed_signers(), text.as_bytes())
    }

    pub(crate) fn finish_shred(&self, tx: TxId) -> Result<(), Error> {
        let dir = self.disk().dir(&self.layout().openings())?;
        if self.disk().unlink(&self.layout().opening(tx))? {
            self.disk().sync_dir(&dir)?;
        }
        Ok(())
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.log.disk
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.log.layout
    }

    fn usable(&self) -> Result<(), Error> {
        self.disk().writable(self.layout().base())?;
        if self.broken { Err(Error::Broken) } else { Ok(()) }
    }

    /// Runs steps of which none may be followed by another session step when one fails.
    fn guarded<T>(
        &mut self,
        steps: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.broken = true;
        let value = steps(self)?;
        self.broken = false;
        Ok(value)
    }

    /// Appends one entry and makes it exist: log flushed, then `head` replaced. Returns its index.
    pub(crate) fn append(&mut self, body: Body) -> Result<u64, Error> {
        let index = self.head.size;
        let mut line = Leaf { index, time: self.clock.now(), body }.to_bytes();
        if line.len() > MAX_LEAF {
            return Err(Error::Invalid(format!("an entry of {} bytes", line.len())));
        }
        let mut frontier = self.frontier.clone();
        frontier.push(leaf_hash(&line));
        line.push(b'\n');
        self.disk().write_at(&self.layout().log(), &line, self.head.bytes)?;
        let head = Head {
            size: index + 1,
            bytes: self.head.bytes + line.len() as u64,
            root: frontier.root(),
        };
        self.disk().replace(&self.layout().head(), head.to_string().as_bytes())?;
        (self.head, self.frontier) = (head, frontier);
        Ok(index)
    }

    /// Signs the state that `head` has made durable. The numbered copy first: a checkpoint that
    /// anybody has seen is among those kept.
    pub(crate) fn sign(&self) -> Result<(), Error> {
        let Head { size, root, .. } = self.head;
        let origin = self.key.public().name().to_owned();
        let note = Checkpoint { origin, size, root }.sign(&self.key);
        let numbered = self.layout().checkpoint_of(size);
        match self.disk().read(&numbered)? {
            None => self.disk().replace(&numbered, &note)?,
            Some(signed) if signed == note => {}
            Some(_) => {
                let what = format!("another checkpoint of size {size} was signed before");
                return Err(Error::Damaged(what));
            }
        }
        self.disk().replace(&self.layout().checkpoint(), &note)
    }

    /// Removes a transaction's write-ahead state. The intent goes last: as long as it is there,
    /// recovery still speaks of the transaction.
    pub(crate) fn discard(&self, tx: TxId) -> Result<(), Error> {
        // An intent that is not whole was not durable, and nothing was made elsewhere before it is.
        let bytes = self.disk().read(&self.layout().intent(tx))?.unwrap_or_default();
        match from_bytes::<Intent>(&bytes) {
            Some(intent) => self.clear(&intent)?,
            None => self.clear_trash(&self.layout().trash_of(tx))?,
        }
        let dir = self.disk().dir(&self.layout().txn())?;
        self.disk().unlink(&self.layout().phase(tx))?;
        self.disk().unlink(&self.layout().intent(tx))?;
        self.disk().sync_dir(&dir)
    }

    /// Removes a transaction's quarantines and replacements that were not used.
    ///
    /// # Errors
    /// As [`Session::clear_trash`].
    pub(crate) fn clear(&self, intent: &Intent) -> Result<(), Error> {
        intent.trashes(self.layout()).iter().try_for_each(|path| self.clear_trash(path))
    }

    /// Removes one quarantine and replacements in it that were not used.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a withdrawn file lies there: that is never removed here.
    pub(crate) fn clear_trash(&self, path: &RelPath) -> Result<(), Error> {
        let disk = self.disk();
        if disk.stat(path)?.is_none() {
            return Ok(());
        }
        let above = disk.dir(&path.parent())?;
        for entry in disk.list(path)? {
            if !entry.name.to_string_lossy().ends_with(STAGED) {
                let what = format!("{path} holds a file that no transaction accounts for");
                return Err(Error::Damaged(what));
            }
            disk.unlink(&path.join(entry.name))?;
        }
        disk.remove_dir(path)?;
        disk.sync_dir(&above)
    }
}
