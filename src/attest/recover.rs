//! Recovery at the beginning of every session: trust only what is flushed, finish what was begun.

use super::checkpoint::Checkpoint;
use super::intent::{Intent, Phase, Settled, from_bytes};
use super::key::LogKey;
use super::layout::Layout;
use super::merkle::{Frontier, leaf_hash};
use super::pass::{Closed, Open, Reader, each_line, read_head};
use super::{
    Body, Error, Head, Log, Outcome, Recovered, RecoveredKind, Session, TxId, VKey, Warnings,
    transaction,
};
use crate::fs::RelPath;
use std::collections::{BTreeMap, BTreeSet};

/// What lies in the log directory, flushed and checked, before anything is changed.
#[derive(Debug)]
pub(crate) struct Found {
    log: Log,
    pub(crate) head: Head,
    pub(crate) frontier: Frontier,
    vkey: Option<VKey>,
    /// Transactions with an intent, and how the log closed them.
    intents: BTreeMap<TxId, Option<(Open, Closed)>>,
    /// The transaction that has begun and not ended.
    open: Option<Open>,
    /// The last entry, when it is the destruction of an opening.
    shredding: Option<TxId>,
    /// Entries under the newest checkpoint.
    signed: u64,
}

fn damaged<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(Error::Damaged(what.into()))
}

/// The transaction ids among names in a directory, by the ending of the name.
pub(crate) fn ids_in(log: &Log, dir: &RelPath, ending: &str) -> Result<BTreeSet<TxId>, Error> {
    if log.disk.stat(dir)?.is_none() {
        return Ok(BTreeSet::new());
    }
    let names = log.disk.list(dir)?.into_iter();
    Ok(names.filter_map(|entry| entry.name.to_str()?.strip_suffix(ending)?.parse().ok()).collect())
}

impl Found {
    /// Flushes everything that is about to be trusted, because a killed predecessor may have left
    /// it in the cache only, then reads and checks all of it.
    pub(crate) fn read(log: &Log) -> Result<Self, Error> {
        let (disk, layout) = (&log.disk, &log.layout);
        let base = disk.dir(layout.base())?;
        for directory in layout.directories() {
            disk.create_dir(&directory)?; // a copy of a workspace may have lost the empty ones
        }
        for path in [layout.log(), layout.head(), layout.checkpoint()] {
            if disk.stat(&path)?.is_some() {
                disk.sync_existing(&path)?;
            }
        }
        let intents = ids_in(log, &layout.txn(), ".intent")?;
        for tx in &intents {
            disk.sync_existing(&layout.intent(*tx))?;
            if disk.stat(&layout.phase(*tx))?.is_some() {
                disk.sync_existing(&layout.phase(*tx))?;
            }
        }
        for tx in &intents {
            // Those beside the log are listed below.
            let bytes = disk.read(&layout.intent(*tx))?.unwrap_or_default();
            let Some(intent) = from_bytes::<Intent>(&bytes) else { continue };
            for mount in intent.mounts() {
                if let Some(dir) = disk.dir_if_present(&Layout::trash_on(mount, *tx))? {
                    disk.sync_dir(&dir)?;
                    disk.sync_dir(&disk.dir(mount)?)?;
                }
            }
        }
        for tx in ids_in(log, &layout.trash(), "")? {
            disk.sync_dir(&disk.dir(&layout.trash_of(tx))?)?;
        }
        for directory in layout.directories().iter().skip(1) {
            disk.sync_dir(&disk.dir(directory)?)?;
        }
        disk.sync_dir(&base)?;
        Self::check(log, intents)
    }

    fn check(log: &Log, intents: BTreeSet<TxId>) -> Result<Self, Error> {
        let head = read_head(&log.disk, &log.layout)?;
        let mut found = Self {
            log: log.clone(),
            head,
            frontier: Frontier::default(),
            vkey: None,
            intents: intents.into_iter().map(|tx| (tx, None)).collect(),
            open: None,
            shredding: None,
            signed: 0,
        };
        let note = log.checkpoint()?;
        let checkpoint = Checkpoint::parse(&note)
            .map_err(|error| Error::Damaged(format!("checkpoint: {error}")))?;
        let (mut reader, mut root_then) = (Reader::default(), None);
        each_line(&log.disk, &log.layout.log(), &head, &mut |index, line| {
            let (leaf, closed) = reader.next(index, line)?;
            found.frontier.push(leaf_hash(line));
            if found.frontier.size() == checkpoint.size {
                root_then = Some(found.frontier.root());
            }
            if let Some((open, closed)) = closed
                && let Some(slot) = found.intents.get_mut(&open.tx)
            {
                *slot = Some((open, closed));
            }
            found.shredding = match leaf.body {
                Body::Shred { tx } => Some(tx),
                _ => None,
            };
            Ok(())
        })?;
        if found.frontier.root() != head.root {
            return damaged("head states another root than the log has");
        }
        let Some(vkey) = &reader.vkey else { return damaged("the log has no genesis") };
        Checkpoint::verify(&note, vkey)
            .map_err(|error| Error::Damaged(format!("checkpoint: {error}")))?;
        match root_then {
            None => return damaged("the log is shorter than its own checkpoint: rolled back"),
            Some(root) if root != checkpoint.root => {
                return damaged("the checkpoint states another root than the log had");
            }
            Some(_) => {}
        }
        if let Some(newest) = checkpoints(log)?.last()
            && *newest > head.size
        {
            return damaged(format!(
                "a checkpoint of {newest} entries was signed, the log has {}: rolled back",
                head.size
            ));
        }
        (found.open, found.vkey, found.signed) = (reader.open, reader.vkey, checkpoint.size);
        Ok(found)
    }

    /// The log's key, which must be the one of the genesis entry.
    pub(crate) fn key(&self) -> Result<LogKey, Error> {
        let path = self.log.layout.key();
        let Some(file) = self.log.disk.read(&path)? else {
            return Err(Error::Key(format!("{path} is missing")));
        };
        let name = self.vkey.as_ref().map(VKey::name).unwrap_or_default();
        let key = LogKey::parse(name, &file)?;
        if Some(key.public()) != self.vkey.as_ref() {
            return Err(Error::Key(format!("{path} is not the key that the log names")));
        }
        Ok(key)
    }
}

/// The sizes of all checkpoints kept, ascending.
pub(crate) fn checkpoints(log: &Log) -> Result<Vec<u64>, Error> {
    let names = log.disk.list(&log.layout.checkpoints())?.into_iter();
    let mut sizes: Vec<u64> = names
        .filter_map(|entry| {
            let name = entry.name.to_str()?;
            name.parse().ok().filter(|size: &u64| size.to_string() == name)
        })
        .collect();
    sizes.sort_unstable();
    Ok(sizes)
}

impl Session {
    /// Settles everything that was interrupted.
    pub(crate) fn recover(&mut self, found: &Found) -> Result<(), Error> {
        self.remove_temporaries()?;
        self.cut_tail()?;
        if let Some(tx) = found.shredding {
            self.finish_shred(tx)?;
        }
        for (tx, closed) in &found.intents {
            let recovered = match closed {
                None => self.settle(*tx, found.open.filter(|open| open.tx == *tx))?,
                Some((open, Closed::End { end, outcomes, warnings })) => {
                    let intent = self.read_intent(*tx)?;
                    self.clear(&intent)?;
                    let items = self.phase_of(&intent)?.map(|phase| phase.items);
                    let items = items
                        .unwrap_or_else(|| outcomes.iter().copied().map(Settled::plain).collect());
                    let phase = Phase { v: 1, tx: *tx, warnings: *warnings, items };
                    let outcome = transaction::outcome(&intent, open.begin, *end, phase, *warnings);
                    recovered(&intent, RecoveredKind::Finished, Some(outcome))
                }
                Some((_, Closed::Lost)) => {
                    return damaged(format!("the intent of {tx} is there, the log calls it lost"));
                }
            };
            self.recovered.push(recovered);
        }
        if let Some(open) = found.open.filter(|open| !found.intents.contains_key(&open.tx)) {
            self.clear_trash(&self.layout().trash_of(open.tx))?;
            self.append(Body::Lost { tx: open.tx, begin: open.begin })?;
            let (kind, memo, outcome) = (RecoveredKind::Lost, None, None);
            self.recovered.push(Recovered { tx: open.tx, kind, memo, outcome });
        }
        self.remove_orphans(found)?;
        if found.signed < self.head.size {
            self.sign()?;
        }
        Ok(())
    }

    /// A transaction with an intent and no end: dropped if it had not begun, else finished.
    fn settle(&mut self, tx: TxId, open: Option<Open>) -> Result<Recovered, Error> {
        let Some(open) = open else {
            // Nothing was touched, so an intent that is not whole is no loss.
            let bytes = self.disk().read(&self.layout().intent(tx))?.unwrap_or_default();
            let memo = from_bytes::<Intent>(&bytes).map(|intent| intent.memo);
            self.discard(tx)?;
            return Ok(Recovered { tx, kind: RecoveredKind::Dropped, memo, outcome: None });
        };
        let intent = self.read_intent(tx)?;
        if intent.items.len() != open.count as usize {
            return damaged(format!("the intent of {tx} is not that of its begin"));
        }
        let phase = self.phase_of(&intent)?;
        let also = Warnings::RECOVERED;
        let outcome = transaction::forward(self, &intent, open.begin, phase, also, &mut |_| {})?;
        Ok(recovered(&intent, RecoveredKind::RolledForward, Some(outcome)))
    }

    fn read_intent(&self, tx: TxId) -> Result<Intent, Error> {
        let bytes = self.disk().read(&self.layout().intent(tx))?.unwrap_or_default();
        let intent = from_bytes(&bytes).filter(|intent: &Intent| intent.v == 1 && intent.tx == tx);
        intent.ok_or_else(|| Error::Damaged(format!("the intent of {tx} is not whole")))
    }

    fn phase_of(&self, intent: &Intent) -> Result<Option<Phase>, Error> {
        let Some(bytes) = self.disk().read(&self.layout().phase(intent.tx))? else {
            return Ok(None);
        };
        let fits = |phase: &Phase| {
            phase.v == 1 && phase.tx == intent.tx && phase.items.len() == intent.items.len()
        };
        let phase = from_bytes(&bytes).filter(fits);
        let what = || Error::Damaged(format!("the phase of {} is not whole", intent.tx));
        phase.map(Some).ok_or_else(what)
    }

    fn remove_temporaries(&self) -> Result<(), Error> {
        for path in self.log.temporaries()? {
            let dir = self.disk().dir(&path.parent())?;
            self.disk().unlink(&path)?;
            self.disk().sync_dir(&dir)?;
        }
        Ok(())
    }

    /// Moves bytes beyond the head out of the log: kept, because they may tell what happened.
    fn cut_tail(&self) -> Result<(), Error> {
        let (disk, log) = (self.disk(), self.layout().log());
        let size = disk.stat(&log)?.map_or(0, |stat| stat.size);
        if size <= self.head.bytes {
            return Ok(());
        }
        let stamp = self.clock.now().format("%Y%m%dT%H%M%SZ").to_string();
        let dir = disk.dir(&self.layout().torn())?;
        let torn = self.layout().torn();
        let mut path = torn.join(&stamp);
        let mut number = 1;
        while disk.stat(&path)?.is_some() {
            number += 1;
            path = torn.join(format!("{stamp}-{number}"));
        }
        disk.create(&path, b"")?;
        let io = |source| Error::Io { doing: "read", path: log.clone(), source };
        let mut file = disk.open(&log).map_err(io)?;
        let (mut chunk, mut offset) = (vec![0; 1 << 20], self.head.bytes);
        loop {
            let count = file.read_at(&mut chunk, offset).map_err(io)?;
            if count == 0 {
                break;
            }
            disk.write_at(&path, &chunk[..count], offset - self.head.bytes)?;
            offset += count as u64;
        }
        disk.sync_dir(&dir)?;
        disk.cut(&log, self.head.bytes)
    }

    /// Removes phases and quarantines that belong to no transaction any more.
    fn remove_orphans(&self, found: &Found) -> Result<(), Error> {
        let phases = ids_in(&self.log, &self.layout().txn(), ".phase")?;
        for tx in phases.iter().filter(|tx| !found.intents.contains_key(tx)) {
            let dir = self.disk().dir(&self.layout().txn())?;
            self.disk().unlink(&self.layout().phase(*tx))?;
            self.disk().sync_dir(&dir)?;
        }
        let trash = ids_in(&self.log, &self.layout().trash(), "")?;
        trash.into_iter().try_for_each(|tx| self.clear_trash(&self.layout().trash_of(tx)))
    }
}

fn recovered(intent: &Intent, kind: RecoveredKind, outcome: Option<Outcome>) -> Recovered {
    Recovered { tx: intent.tx, kind, memo: Some(intent.memo.clone()), outcome }
}
