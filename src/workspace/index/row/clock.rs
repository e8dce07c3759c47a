//! What is under a clock at a tenant, as the index keeps it.

use super::{Engagement, RequestRow, Seal, StoredProblem, problems, stored, time, whole};
use crate::model::{Id, Time};
use crate::workspace::Problem;
use crate::workspace::index::names::Names;
use crate::workspace::index::read::Read;
use serde::{Deserialize, Serialize};

/// A file under a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedFile {
    pub name: String,
    /// Bytes of the path that are not UTF-8 are shown as U+FFFD.
    pub path: String,
    /// Whether a sidecar says what follows.
    pub registered: bool,
    #[serde(with = "seconds_or_none")]
    pub collected_at: Option<Time>,
    pub held: bool,
}

/// The files of an engagement that are under a clock, and what is wrong with others beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stores {
    pub diagnostics: Vec<DatedFile>,
    pub transfer: Vec<DatedFile>,
    pub diagnostics_problems: Vec<Problem>,
    pub transfer_problems: Vec<Problem>,
}

impl Stores {
    /// Whether there is nothing to say of them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether the clock of an engagement's transfer files runs (DTM-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Open,
    At(Time),
    /// Its record is not valid, or gone.
    Unknown,
}

/// What of an engagement is under a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngagementClocks {
    /// The name of its directory.
    pub id: Id,
    /// Asked for, and known, where there is something in its transfer folder.
    pub closing: Closing,
    pub stores: Stores,
}

impl EngagementClocks {
    /// Of an engagement that was read whole.
    pub(in crate::workspace::index) fn of(engagement: Engagement) -> Self {
        let closing = match closed_at(&engagement) {
            Some(Some(at)) => Closing::At(at),
            Some(None) => Closing::Open,
            None => Closing::Unknown,
        };
        Self { id: engagement.id, closing, stores: engagement.stores }
    }
}

/// When the case of transfer files was closed, as far as its record says.
fn closed_at(engagement: &Engagement) -> Option<Option<Time>> {
    let stores = &engagement.stores;
    let asked = !(stores.transfer.is_empty() && stores.transfer_problems.is_empty());
    engagement.case.as_ref().filter(|_| asked).map(|case| case.closed_at)
}

/// A tenant's clocks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::workspace::index) struct Clocks {
    /// Of the directory `cases`.
    pub cases: Seal,
    /// How many engagements there are: one whose row could not be kept is missing below.
    pub listed: usize,
    pub rows: Vec<ClockRow>,
    pub case_problems: Vec<StoredProblem>,
    /// Diagnostics collected at this tenant.
    pub collected: Collected,
    /// Of the directory `dsr`.
    pub dsrs: Seal,
    pub requests: Vec<RequestRow>,
    pub request_problems: Vec<StoredProblem>,
}

/// An engagement's clocks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::workspace::index) struct ClockRow {
    pub dir: Id,
    pub seal: Seal,
    /// What it was made of beside its directory: names below it.
    pub watched: Names,
    /// When its case was closed; `None` when nobody asks, or its record is not valid.
    closed_at: Option<Option<i64>>,
    /// Most have none.
    stores: Option<Box<StoredStores>>,
}

/// [`Stores`] in the index.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::workspace::index) struct StoredStores {
    diagnostics: Vec<DatedFile>,
    transfer: Vec<DatedFile>,
    problems: [Vec<StoredProblem>; 2],
}

/// What was collected at a tenant under its approvals.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::workspace::index) struct Collected {
    pub seal: Seal,
    /// What it was made of beside the directory `approvals`: names below it.
    pub watched: Names,
    /// The approvals under which something was.
    pub stores: Vec<(String, StoredStores)>,
}

mod seconds_or_none {
    use crate::model::Time;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.timestamp()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Time>, D::Error> {
        Ok(Option::<i64>::deserialize(from)?.and_then(super::time))
    }
}

impl StoredStores {
    /// `None` when they could not be given back as they are.
    pub(in crate::workspace::index) fn of(stores: &Stores) -> Option<Self> {
        let dated = || stores.diagnostics.iter().chain(&stores.transfer);
        dated().filter_map(|file| file.collected_at).all(whole).then(|| Self {
            diagnostics: stores.diagnostics.clone(),
            transfer: stores.transfer.clone(),
            problems: [stored(&stores.diagnostics_problems), stored(&stores.transfer_problems)],
        })
    }
}

impl From<StoredStores> for Stores {
    fn from(stored: StoredStores) -> Self {
        let [of_diagnostics, of_transfer] = stored.problems;
        Self {
            diagnostics: stored.diagnostics,
            transfer: stored.transfer,
            diagnostics_problems: problems(of_diagnostics),
            transfer_problems: problems(of_transfer),
        }
    }
}

impl ClockRow {
    /// `None` when the row could not give the same back; it is then read every time.
    pub(in crate::workspace::index) fn of(read: &Read, seal: Seal) -> Option<Self> {
        let engagement = &read.engagement;
        let closed_at = closed_at(engagement);
        if !closed_at.flatten().is_none_or(whole) {
            return None;
        }
        let stores = match &engagement.stores {
            none if none.is_empty() => None,
            some => Some(Box::new(StoredStores::of(some)?)),
        };
        Some(Self {
            dir: engagement.id.clone(),
            seal,
            watched: read.watched.clocks.clone(),
            closed_at: closed_at.map(|at| at.map(|at| at.timestamp())),
            stores,
        })
    }

    /// Its directory with its stores.
    pub(in crate::workspace::index) fn into_stores(self) -> (Id, Stores) {
        (self.dir, self.stores.map(|stores| (*stores).into()).unwrap_or_default())
    }

    /// `Some(None)` when nothing is under a clock.
    pub(in crate::workspace::index) fn into_clocks(self) -> Option<Option<EngagementClocks>> {
        if self.stores.is_none() {
            return Some(None);
        }
        let closing = match self.closed_at {
            Some(Some(at)) => Closing::At(time(at)?),
            Some(None) => Closing::Open,
            None => Closing::Unknown,
        };
        let (id, stores) = self.into_stores();
        Some(Some(EngagementClocks { id, closing, stores }))
    }
}
