//! What the index keeps of a record, and the record that comes back from it.

mod case;
mod clock;
mod request;
mod tenant;

use super::names::Names;
use super::read::Read;
use super::stamp::Stamps;
use crate::model::{AccessRequest, Approval, Case, Id, Time, Tombstone};
use crate::workspace::{Problem, ProblemKind};
use chrono::DateTime;
use serde::{Deserialize, Serialize};

pub use clock::{Closing, DatedFile, EngagementClocks, Stores};
pub use request::RequestOutline;

pub(super) use case::{CaseRow, outline};
pub(super) use clock::{ClockRow, Clocks, Collected, StoredStores};
pub(super) use request::RequestRow;
pub(super) use tenant::TenantRow;

/// An engagement as lists need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Engagement {
    /// The name of its directory.
    pub id: Id,
    /// The case without its prose: no description, contacts, notes nor values of people's own.
    /// `None` when it was expunged or its file is not valid.
    pub case: Option<Case>,
    pub tombstone: Option<Tombstone>,
    /// The access requests, oldest first, each with its approval at the resource tenant.
    pub access: Vec<(AccessRequest, Option<Approval>)>,
    pub stores: Stores,
    /// Of its own record.
    pub problems: Vec<Problem>,
    pub access_problems: Vec<Problem>,
}

/// Whether a row's files were quiet when it was read, and what they looked like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    pub digest: u64,
    pub settled: bool,
}

impl Seal {
    pub(super) fn holds(self, now: Stamps) -> bool {
        self.settled && now.known && self.digest == now.digest
    }
}

/// A tenant's own record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub dir: String,
    pub seal: Seal,
    pub tenant: Result<TenantRow, StoredProblem>,
    /// Here and not in the block: requests of other tenants ask for it.
    pub log: LogRow,
}

/// The latest moment that a tenant's log speaks of.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct LogRow {
    /// Of `audit.jsonl`.
    pub seal: Seal,
    /// Seconds and nanoseconds.
    latest: Option<(i64, u32)>,
}

impl LogRow {
    pub(super) fn new(seal: Seal, latest: Option<Time>) -> Self {
        let latest = latest.map(|at| (at.timestamp(), at.timestamp_subsec_nanos()));
        Self { seal, latest }
    }

    pub(super) fn latest(self) -> Option<Time> {
        self.latest.and_then(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos))
    }
}

/// What lies below a tenant: what is under a clock apart from the rest, to be read without it.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub clocks: Clocks,
    /// As many rows as the clocks have, in the same order.
    pub rest: Rest,
}

impl Block {
    /// As bytes, and how many of them are the clocks.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn to_bytes(&self) -> postcard::Result<(Vec<u8>, usize)> {
        let clocks = postcard::to_allocvec(&self.clocks)?;
        let length = clocks.len();
        Ok((postcard::to_extend(&self.rest, clocks)?, length))
    }

    pub(super) fn from_bytes(clocks: &[u8], rest: &[u8]) -> Option<Self> {
        let clocks: Clocks = postcard::from_bytes(clocks).ok()?;
        let rest: Rest = postcard::from_bytes(rest).ok()?;
        (clocks.rows.len() == rest.rows.len()).then_some(Self { clocks, rest })
    }
}

/// What lies below a tenant and is under no clock.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Rest {
    pub rows: Vec<Row>,
    /// Of `audit.jsonl`, for what is wrong with it.
    pub audit: Seal,
    pub audit_problems: Vec<StoredProblem>,
}

/// One engagement, beside what is under a clock. Both hold, or neither counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub seal: Seal,
    /// What it was made of: names below the directory.
    pub watched: Names,
    /// And the approvals: resource tenant and request.
    pub approvals: Vec<(String, String)>,
    pub case: Option<CaseRow>,
    /// As JSON, like the access requests: there are few.
    pub tombstone: Option<String>,
    pub access: Vec<(String, Option<String>)>,
    pub problems: [Vec<StoredProblem>; 2],
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredProblem {
    path: String,
    kind: u8,
    why: String,
}

const KINDS: [ProblemKind; 4] =
    [ProblemKind::Unreadable, ProblemKind::Unregistered, ProblemKind::Limit, ProblemKind::Invalid];

impl StoredProblem {
    /// Stands for a record that is not there, which is nobody's problem.
    pub(super) fn nothing() -> Self {
        Self { path: String::new(), kind: 0, why: String::new() }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.path.is_empty()
    }
}

impl From<&Problem> for StoredProblem {
    fn from(problem: &Problem) -> Self {
        let kind = KINDS.iter().position(|kind| *kind == problem.kind).unwrap_or(0);
        Self { path: problem.path.clone(), kind: kind as u8, why: problem.why.clone() }
    }
}

impl From<StoredProblem> for Problem {
    fn from(stored: StoredProblem) -> Self {
        let kind = KINDS.get(usize::from(stored.kind)).copied().unwrap_or(ProblemKind::Unreadable);
        Self::new(stored.path, kind, stored.why)
    }
}

pub(super) fn stored(problems: &[Problem]) -> Vec<StoredProblem> {
    problems.iter().map(StoredProblem::from).collect()
}

pub(super) fn problems(stored: Vec<StoredProblem>) -> Vec<Problem> {
    stored.into_iter().map(Problem::from).collect()
}

/// The place of a word in its vocabulary.
fn place<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter().position(|known| known == value).unwrap_or(0) as u8
}

fn word<T: Copy>(all: &[T], place: u8) -> Option<T> {
    all.get(usize::from(place)).copied()
}

fn time(seconds: i64) -> Option<Time> {
    DateTime::from_timestamp(seconds, 0)
}

/// Whether a time is kept whole: records have whole seconds, but people write what they like.
fn whole(time: Time) -> bool {
    time.timestamp_subsec_nanos() == 0
}

impl Row {
    /// `None` when the row could not give the same engagement back; it is then read every time.
    pub(super) fn of(read: &Read, seal: Seal) -> Option<Self> {
        let engagement = &read.engagement;
        let case = match &engagement.case {
            Some(case) => Some(CaseRow::of(case)?),
            None => None,
        };
        let tombstone = engagement.tombstone.as_ref().map(serde_json::to_string).transpose();
        let access = engagement.access.iter().map(|(request, approval)| {
            let approval = approval.as_ref().map(serde_json::to_string).transpose().ok()?;
            Some((serde_json::to_string(request).ok()?, approval))
        });
        Some(Self {
            seal,
            watched: read.watched.record.clone(),
            approvals: read.approvals.clone(),
            case,
            tombstone: tombstone.ok()?,
            access: access.collect::<Option<_>>()?,
            problems: [stored(&engagement.problems), stored(&engagement.access_problems)],
        })
    }

    pub(super) fn into_engagement(self, clock: ClockRow) -> Option<Engagement> {
        let case = match self.case {
            Some(row) => Some(row.into_case()?),
            None => None,
        };
        let tombstone = self.tombstone.as_deref().map(serde_json::from_str).transpose().ok()?;
        let access = self.access.iter().map(|(request, approval)| {
            let approval = approval.as_deref().map(serde_json::from_str).transpose().ok()?;
            Some((serde_json::from_str(request).ok()?, approval))
        });
        let access = access.collect::<Option<_>>()?;
        let [own, of_access] = self.problems;
        let (id, stores) = clock.into_stores();
        Some(Engagement {
            id,
            case,
            tombstone,
            access,
            stores,
            problems: problems(own),
            access_problems: problems(of_access),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a row says nothing.
    #[test]
    fn a_block_has_as_many_rows_as_clocks() {
        let row = Row {
            seal: Seal::default(),
            watched: Names::default(),
            approvals: Vec::new(),
            case: None,
            tombstone: None,
            access: Vec::new(),
            problems: Default::default(),
        };
        let block =
            |rows: Vec<Row>| Block { rest: Rest { rows, ..Rest::default() }, ..Block::default() };
        for (rows, comes_back) in [(Vec::new(), true), (vec![row], false)] {
            let (bytes, clocks) = block(rows).to_bytes().unwrap();
            let (clocks, rest) = bytes.split_at(clocks);
            assert_eq!(Block::from_bytes(clocks, rest).is_some(), comes_back);
        }
    }
}
