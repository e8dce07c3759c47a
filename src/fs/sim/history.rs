//! What happened on a simulated disk, and every state that a crash may make of it.

use super::SimFs;
use super::disk::{Change, Disk, NodeId};

/// A change, or a flush that made changes durable.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Change(Change),
    SyncFile(NodeId),
    SyncDir(NodeId),
}

/// Changes and flushes in order, from a durable beginning.
#[derive(Debug, Clone)]
pub struct History {
    pub(super) base: Disk,
    pub(super) events: Vec<Event>,
}

/// What a file system promises about changes that were not flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Nothing: any subset of them is there, names in any order, data whole, torn or zeroed. A
    /// rename is one change. A flush of a file covers its data, not its name; a flush of a
    /// directory covers the names in it; a rename is covered once both its directories are.
    AnySubset,
    /// Names change in order, and any flush covers all names changed before it (an ordered
    /// journal); data that was not flushed is whole, torn, zeroed or missing, file by file.
    OrderedJournal,
}

/// Makes the choices of a crash: a number below the one given.
pub type Choose<'a> = dyn FnMut(u32) -> u32 + 'a;

impl History {
    /// The crash points: before the first event, …, after the last.
    #[must_use]
    pub fn points(&self) -> usize {
        self.events.len() + 1
    }

    /// The disk after a crash before event `point`, with a number that tells states apart.
    #[must_use]
    pub fn crash(&self, model: Model, point: usize, choose: &mut Choose<'_>) -> (SimFs, u64) {
        let (mut disk, pending) = self.durable(model, point);
        let kept = match model {
            Model::AnySubset => usize::MAX,
            Model::OrderedJournal => {
                let names = pending.iter().filter(|change| change.data_of().is_none()).count();
                choose(u32::try_from(names + 1).unwrap_or(u32::MAX)) as usize
            }
        };
        let mut names = 0;
        for change in pending {
            if change.data_of().is_some() {
                data_left(change, choose).into_iter().for_each(|left| disk.apply(&left));
                continue;
            }
            names += 1;
            let there = match model {
                Model::AnySubset => choose(2) == 1,
                Model::OrderedJournal => names <= kept,
            };
            if there {
                disk.apply(change);
            }
        }
        let fingerprint = disk.fingerprint();
        (SimFs::from_disk(disk), fingerprint)
    }

    /// What processes saw before event `point`.
    #[must_use]
    pub fn live(&self, point: usize) -> SimFs {
        let mut disk = self.base.clone();
        for event in &self.events[..point] {
            if let Event::Change(change) = event {
                disk.apply(change);
            }
        }
        SimFs::from_disk(disk)
    }

    /// How many ways there are to crash before event `point`, at most `limit`.
    #[must_use]
    pub fn ways(&self, model: Model, point: usize, limit: u64) -> u64 {
        let (_, pending) = self.durable(model, point);
        let data = pending.iter().filter(|change| change.data_of().is_some()).count();
        let names = pending.len() - data;
        let mut ways: u64 = match model {
            Model::AnySubset => {
                1u64.checked_shl(u32::try_from(names).unwrap_or(64)).unwrap_or(limit)
            }
            Model::OrderedJournal => names as u64 + 1,
        };
        for _ in 0..data {
            ways = ways.saturating_mul(u64::from(DATA_WAYS));
        }
        ways.min(limit)
    }

    /// What is durable before event `point`, and the changes that are not.
    fn durable(&self, model: Model, point: usize) -> (Disk, Vec<&Change>) {
        let mut disk = self.base.clone();
        let mut pending: Vec<Pending<'_>> = Vec::new();
        for event in &self.events[..point] {
            if let Event::Change(change) = event {
                disk.prepare(change);
            }
        }
        for event in &self.events[..point] {
            if let Event::Change(change) = event {
                pending.push(Pending { change, flushed: [false; 2] });
                continue;
            }
            pending.retain_mut(|one| {
                let flush = one.flushed_by(event, model);
                if flush {
                    disk.apply(one.change);
                }
                !flush
            });
        }
        (disk, pending.into_iter().map(|one| one.change).collect())
    }
}

/// A change that is not durable yet.
struct Pending<'a> {
    change: &'a Change,
    /// Of a rename: whether its source and its target directory were flushed.
    flushed: [bool; 2],
}

impl Pending<'_> {
    /// Whether the flush `event` makes the change durable.
    fn flushed_by(&mut self, event: &Event, model: Model) -> bool {
        let data = self.change.data_of();
        match (event, model) {
            (Event::Change(_), _) => false,
            (Event::SyncFile(node), Model::AnySubset) => data == Some(*node),
            (Event::SyncDir(dir), Model::AnySubset) => match self.change {
                Change::Rename { from, to, .. } => {
                    self.flushed[0] |= from.0 == *dir;
                    self.flushed[1] |= to.0 == *dir;
                    self.flushed == [true; 2]
                }
                other => other.is_in(*dir),
            },
            (Event::SyncFile(node), Model::OrderedJournal) => data.is_none_or(|data| data == *node),
            (Event::SyncDir(_), Model::OrderedJournal) => data.is_none(),
        }
    }
}

/// Ways in which a change of data may be left.
const DATA_WAYS: u32 = 4;

/// What is left of a change of data: nothing, all, the first half, or zeros of its length.
fn data_left(change: &Change, choose: &mut Choose<'_>) -> Option<Change> {
    let way = choose(DATA_WAYS);
    match (change, way) {
        (_, 0) => None,
        (Change::Write { node, offset, bytes }, 2) => {
            let bytes = bytes[..bytes.len() / 2].to_vec();
            Some(Change::Write { node: *node, offset: *offset, bytes })
        }
        (Change::Write { node, offset, bytes }, 3) => {
            Some(Change::Write { node: *node, offset: *offset, bytes: vec![0; bytes.len()] })
        }
        _ => Some(change.clone()),
    }
}
