//! One survey: what the index answers while its stamps hold, what is read from the files, and the
//! index that is made of both.

mod block;

use crate::error::Error;
use crate::fs::{FsDir, Stat};
use crate::model::{Id, Tenant, Time};
use crate::workspace::index::file::{self, Bytes, Contents, Part, Stored, Unfinished};
use crate::workspace::index::read::below;
use crate::workspace::index::row::{
    Block, ClockRow, Head, LogRow, Rest, Row, Seal, StoredProblem, TenantRow, problems,
};
use crate::workspace::index::stamp::{Gatherer, Stamps, Tick};
use crate::workspace::index::survey::{Freshness, Look, Parts, Surveyed, Work};
use crate::workspace::{DsrRef, Problem, ProblemKind, Workspace, layout};
use block::{Found, Seen};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Of this many rows one may be out of date before an index is written anew: reading a few files
/// again is cheaper than writing all rows.
const WORTH: usize = 256;

/// A workspace of which less than this is read has no index: it is as fast without.
pub(in crate::workspace::index) const SMALL: usize = 64;

/// What came of one tenant.
#[derive(Debug)]
pub(in crate::workspace::index) struct Outcome<'a, R> {
    pub seen: Option<R>,
    pub problem: Option<Problem>,
    pub part: Part<'a>,
    pub work: Work,
    /// Rows that a new index would answer and the old one does not.
    pub renewed: usize,
}

/// A row of the new index.
enum Kept {
    /// As it stands in the old one, at this place.
    Same(usize),
    New(Box<(ClockRow, Row)>),
}

/// One survey.
#[derive(Debug)]
pub(in crate::workspace::index) struct Run<'a> {
    workspace: &'a Workspace,
    look: Look<'a>,
    account: u32,
    old: Option<&'a Stored>,
    /// It is known beforehand that much will be read.
    large: bool,
    /// The directory of tenants. Names in it that are no directories are never asked for.
    tenants: Option<Box<dyn FsDir>>,
    /// When the new index was begun, if one may be written.
    begun: OnceLock<Option<Tick>>,
    /// Records and directories that are read from the files.
    reads: AtomicUsize,
    unfinished: Mutex<Option<Unfinished>>,
    /// A directory of records that cannot be listed: without it no answer is whole.
    failed: Mutex<Option<Error>>,
    /// Names that were asked for, and whether there is a valid tenant of that name.
    tenants_asked: Mutex<HashMap<Id, bool>>,
}

impl<'a> Run<'a> {
    pub(in crate::workspace::index) fn new(
        workspace: &'a Workspace,
        look: Look<'a>,
        account: u32,
        old: Option<&'a Stored>,
        large: bool,
    ) -> Self {
        Self {
            workspace,
            look,
            account,
            old,
            large,
            tenants: workspace.fs().open_dir(&layout::tenants()).ok(),
            begun: OnceLock::new(),
            reads: AtomicUsize::new(0),
            unfinished: Mutex::new(None),
            failed: Mutex::new(None),
            tenants_asked: Mutex::default(),
        }
    }

    /// What ended the run, if something did.
    pub(in crate::workspace::index) fn failure(&self) -> Option<Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn fail(&self, error: Error) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(in crate::workspace::index) fn rows_of(&self, at: usize) -> usize {
        self.old.map_or(0, |old| old.entries[at].rows)
    }

    /// Seals stamps that were taken after the new index was begun.
    fn seal(&self, stamps: Stamps, quiet: bool) -> Seal {
        let begun = self.begun.get().copied().flatten();
        let settled = quiet && stamps.known && begun.is_some_and(|tick| stamps.youngest < tick);
        Seal { digest: stamps.digest, settled }
    }

    /// To be called before anything is read for the index. What was read before the new one was
    /// begun is not settled in it.
    fn begin(&self) {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        if self.old.is_none() && !self.large && reads < SMALL {
            return;
        }
        self.begun.get_or_init(|| {
            // What is read of one tenant, or of the tenants' own records, does not make an index.
            let partial = self.look.tenant.is_some() || self.look.parts == Parts::Tenants;
            if partial || self.look.freshness == Freshness::FromFiles {
                return None;
            }
            let unfinished = Unfinished::begin(self.workspace, self.account)?;
            let tick = unfinished.tick;
            *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner) = Some(unfinished);
            Some(tick)
        });
    }

    /// What is known of a name in a tenant's directory.
    fn stat(&self, tenant: &Id, name: &str) -> io::Result<Stat> {
        match &self.tenants {
            Some(tenants) => tenants.stat_below(&below(tenant.as_str(), name.as_bytes())),
            None => self.workspace.fs().stat(&layout::tenants().join(tenant).join(name)),
        }
    }

    fn stamps(&self, tenant: &Id, name: &str) -> Stamps {
        let mut stamps = Gatherer::new();
        stamps.add(&self.stat(tenant, name));
        stamps.done()
    }

    /// Whether there is a valid tenant of this name: requests name others.
    pub(in crate::workspace::index) fn has_tenant(&self, id: &Id, at: Option<usize>) -> bool {
        let asked = || self.tenants_asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked().get(id) {
            return *known;
        }
        let old = at.and_then(|at| self.old.map(|old| &old.entries[at].head));
        let holds = |old: &&Head| {
            self.look.freshness.is_unchecked() || old.seal.holds(self.stamps(id, "tenant.toml"))
        };
        let has = match old.filter(holds) {
            Some(head) => head.tenant.is_ok(),
            None => self.workspace.tenant_or_problem(id).is_ok(),
        };
        asked().insert(id.clone(), has);
        has
    }

    pub(in crate::workspace::index) fn tenant<R>(
        &self,
        id: &Id,
        at: Option<usize>,
        wanted: &(dyn Fn(&Tenant) -> bool + Sync),
        visit: &(dyn Fn(Surveyed) -> R + Sync),
    ) -> Outcome<'a, R> {
        let mut work = Work::default();
        let mut renewed = 0;
        let old_head = at.and_then(|at| self.old.map(|old| &old.entries[at].head));
        let mut head = self.head(id, old_head, &mut work, &mut renewed);
        let keep = |head: Cow<'a, Head>| Part {
            head,
            rows: at.map_or(0, |at| self.rows_of(at)),
            block: Contents::Old(at),
        };
        let tenant = match &head.tenant {
            Ok(row) => row.clone().into_tenant(),
            Err(problem) => {
                let problem = (!problem.is_nothing()).then(|| problem.clone().into());
                return Outcome { seen: None, problem, part: keep(head), work, renewed };
            }
        };
        let Some(tenant) = tenant.filter(|tenant| wanted(tenant)) else {
            return Outcome { seen: None, problem: None, part: keep(head), work, renewed };
        };
        if self.look.parts == Parts::Tenants {
            let seen = Some(visit(Surveyed::only(tenant)));
            return Outcome { seen, problem: None, part: keep(head), work, renewed };
        }
        let latest = match self.look.parts {
            Parts::Clocks => None,
            _ => self.log(id, &mut head, &mut work, &mut renewed),
        };
        let old = || at.and_then(|at| Some((at, self.old?)));
        let old_block = || old().and_then(|(at, old)| old.block(at));
        let before = work.read;
        let block = if self.look.parts == Parts::Clocks {
            let clocks = old().and_then(|(at, old)| old.clocks(at));
            clocks.map(|clocks| Block { clocks, ..Block::default() })
        } else {
            old_block()
        };
        let found = self.block(id, block.unwrap_or_default(), &mut work, &mut renewed);
        let Found { mut block, seen, collected, kept } = found;
        let Seen { engagements, clocks: of_engagements, .. } = seen;
        // What no index will be made of needs no rows: most of the time nothing changed.
        let part = if work.read == before || self.begun.get().copied().flatten().is_none() {
            keep(head)
        } else {
            let Block { clocks, rest } = old_block().unwrap_or_default();
            let rows = std::iter::zip(clocks.rows, rest.rows);
            let mut old: Vec<Option<(ClockRow, Row)>> = rows.map(Some).collect();
            if self.look.parts == Parts::Clocks {
                // It was not looked at.
                block.rest = Rest { rows: Vec::new(), ..rest };
            }
            let row = |kept| match kept {
                Kept::Same(at) => old.get_mut(at).and_then(Option::take),
                Kept::New(row) => Some(*row),
            };
            (block.clocks.rows, block.rest.rows) = kept.into_iter().filter_map(row).unzip();
            match Bytes::of(&block) {
                Ok(bytes) => {
                    Part { head, rows: block.rest.rows.len(), block: Contents::New(bytes) }
                }
                // Then it is read again next time.
                Err(_) => Part { head, rows: 0, block: Contents::Old(None) },
            }
        };
        let Block { clocks, rest } = block;
        let requests = clocks.requests.into_iter().filter_map(|row| {
            let dsr = DsrRef { tenant: id.clone(), id: Id::new(row.dir.as_str()).ok()? };
            row.into_read(&dsr)
        });
        let mut surveyed = Surveyed {
            tenant,
            engagements,
            clocks: of_engagements,
            collected,
            requests: Vec::new(),
            case_problems: problems(clocks.case_problems),
            request_problems: problems(clocks.request_problems),
            audit_problems: problems(rest.audit_problems),
            latest,
        };
        for request in requests {
            match request {
                Ok(outline) => surveyed.requests.push(outline),
                Err(problem) => surveyed.request_problems.extend(problem),
            }
        }
        if self.look.parts == Parts::Engagements {
            surveyed.requests.clear();
            surveyed.request_problems.clear();
        }
        if self.look.parts != Parts::Everything {
            surveyed.audit_problems.clear();
        }
        let seen = Some(visit(surveyed));
        Outcome { seen, problem: None, part, work, renewed }
    }

    fn head(
        &self,
        id: &Id,
        old: Option<&'a Head>,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Cow<'a, Head> {
        let stamps = || self.stamps(id, "tenant.toml");
        if let Some(old) = old
            && (self.look.freshness.is_unchecked() || old.seal.holds(stamps()))
        {
            work.kept += 1;
            return Cow::Borrowed(old);
        }
        self.begin();
        work.read += 1;
        let stamps = stamps();
        let (tenant, readable) = match self.workspace.tenant_or_problem(id) {
            Ok(tenant) => (Ok(TenantRow::from(&tenant)), true),
            Err(problem) => {
                let readable = problem.as_ref().is_none_or(|p| p.kind != ProblemKind::Unreadable);
                let problem = problem.as_ref().map(StoredProblem::from);
                (Err(problem.unwrap_or_else(StoredProblem::nothing)), readable)
            }
        };
        let seal = self.seal(stamps, readable);
        *renewed += usize::from(seal.settled);
        // Its log is another file.
        let log = old.map(|old| old.log).unwrap_or_default();
        Cow::Owned(Head { dir: id.as_str().to_owned(), seal, tenant, log })
    }

    /// The latest moment of a tenant's log, remembered for whoever asks next; `None` when it is not
    /// known.
    fn log(
        &self,
        id: &Id,
        head: &mut Cow<'_, Head>,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Option<Option<Time>> {
        if let Some(latest) = self.latest_indexed(id, head.log) {
            work.kept += 1;
            return Some(latest);
        }
        if self.look.freshness.is_unchecked() {
            return None;
        }
        self.begin();
        work.read += 1;
        let now = self.stamps(id, "audit.jsonl");
        let latest = self.workspace.latest_event(id);
        let seal = self.seal(now, latest.is_ok());
        *renewed += usize::from(seal.settled);
        let latest = latest.ok();
        head.to_mut().log = LogRow::new(seal, latest.flatten());
        latest
    }

    /// What the index says of a log, while that is true.
    fn latest_indexed(&self, id: &Id, log: LogRow) -> Option<Option<Time>> {
        let stat = self.stat(id, "audit.jsonl");
        let mut stamps = Gatherer::new();
        stamps.add(&stat);
        if !log.seal.holds(stamps.done()) {
            return None;
        }
        let latest = log.latest();
        if let Ok(stat) = stat {
            self.workspace.remember_latest(id, stat, latest);
        }
        Some(latest)
    }

    /// The latest moment of a log that was not looked at yet, as far as the index knows it.
    pub(in crate::workspace::index) fn latest(
        &self,
        id: &Id,
        at: Option<usize>,
    ) -> Option<Option<Time>> {
        let log = self.old?.entries[at?].head.log;
        self.latest_indexed(id, log)
    }

    /// Puts a new index in place when enough is new in it; whether it did.
    pub(in crate::workspace::index) fn save(self, parts: Vec<Part<'_>>, renewed: usize) -> bool {
        let Self { workspace, account, old, unfinished, .. } = self;
        let unfinished = unfinished.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(unfinished) = unfinished else { return false };
        let names: HashSet<&str> = parts.iter().map(|part| part.head.dir.as_str()).collect();
        let gone = old.is_some_and(|old| {
            old.entries.iter().any(|entry| !names.contains(entry.head.dir.as_str()))
        });
        let worth = old.map_or(1, |old| (old.rows() / WORTH).max(1));
        if renewed < worth && !gone {
            // Without it the next survey reads the same few files again.
            let _ = unfinished.discard(workspace);
            return false;
        }
        let done = unfinished.finish(workspace, account, old, parts);
        if done.is_err() {
            // A full disk, for example: an index is never needed.
            file::clear(workspace, account);
        }
        done.is_ok()
    }
}
