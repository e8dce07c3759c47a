//! One survey: what the index answers while its stamps hold, what is read from the files, and the
//! index that is made of both.

use super::file::{self, Contents, Part, Stored, Unfinished};
use super::read::{self, Read, add_approval, below, stamps_of};
use super::row::{
    Block, Engagement, Head, RequestRow, Row, Seal, StoredProblem, TenantRow, problems, stored,
};
use super::stamp::{Gatherer, Stamps, Tick};
use super::survey::{Freshness, Look, Parts, Surveyed, Work};
use crate::error::Error;
use crate::fs::{FsDir, RelPath, Stat};
use crate::model::{Id, Tenant, Time};
use crate::workspace::{CaseRef, DsrRef, Problem, ProblemKind, Workspace, layout};
use chrono::DateTime;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Of this many rows one may be out of date before an index is written anew: reading a few files
/// again is cheaper than writing all rows.
const WORTH: usize = 256;

/// A workspace of which less than this is read has no index: it is as fast without.
pub(super) const SMALL: usize = 64;

/// What came of one tenant.
#[derive(Debug)]
pub(super) struct Outcome<'a, R> {
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
    New(Box<Row>),
}

/// One survey.
#[derive(Debug)]
pub(super) struct Run<'a> {
    workspace: &'a Workspace,
    look: Look<'a>,
    account: u32,
    old: Option<&'a Stored>,
    /// The directory of tenants. Names in it that are no directories are never asked for.
    tenants: Option<Box<dyn FsDir>>,
    /// When the new index was begun, if one may be written.
    begun: OnceLock<Option<Tick>>,
    /// Records and directories that are read from the files.
    reads: AtomicUsize,
    unfinished: Mutex<Option<Unfinished>>,
    /// A directory of records that cannot be listed: without it no answer is whole.
    failed: Mutex<Option<Error>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        look: Look<'a>,
        account: u32,
        old: Option<&'a Stored>,
    ) -> Self {
        Self {
            workspace,
            look,
            account,
            old,
            tenants: workspace.fs().open_dir(&layout::tenants()).ok(),
            begun: OnceLock::new(),
            reads: AtomicUsize::new(0),
            unfinished: Mutex::new(None),
            failed: Mutex::new(None),
        }
    }

    /// What ended the run, if something did.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn rows_of(&self, at: usize) -> usize {
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
        if self.old.is_none() && reads < SMALL {
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

    pub(super) fn tenant<R>(
        &self,
        id: &Id,
        at: Option<usize>,
        wanted: &(dyn Fn(&Tenant) -> bool + Sync),
        visit: &(dyn Fn(Surveyed) -> R + Sync),
    ) -> Outcome<'a, R> {
        let mut work = Work::default();
        let mut renewed = 0;
        let old_head = at.and_then(|at| self.old.map(|old| &old.entries[at].head));
        let head = self.head(id, old_head, &mut work, &mut renewed);
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
        let old_block = || at.and_then(|at| self.old?.block(at));
        let before = work.read;
        let block = old_block().unwrap_or_default();
        let (mut block, engagements, kept, latest) = self.block(id, block, &mut work, &mut renewed);
        // What no index will be made of needs no rows: most of the time nothing changed.
        let part = if work.read == before || self.begun.get().copied().flatten().is_none() {
            keep(head)
        } else {
            let mut old: Vec<Option<Row>> = old_block()
                .map(|block| block.rows.into_iter().map(Some).collect())
                .unwrap_or_default();
            let row = |kept| match kept {
                Kept::Same(at) => old.get_mut(at).and_then(Option::take),
                Kept::New(row) => Some(*row),
            };
            block.rows = kept.into_iter().filter_map(row).collect();
            let bytes = postcard::to_allocvec(&block).unwrap_or_default();
            Part { head, rows: block.rows.len(), block: Contents::New(bytes) }
        };
        let requests = block.requests.into_iter().filter_map(|row| {
            let dsr = DsrRef { tenant: id.clone(), id: Id::new(row.dir.as_str()).ok()? };
            row.into_read(layout::dsr(&dsr).display())
        });
        let mut surveyed = Surveyed {
            tenant,
            engagements,
            requests: Vec::new(),
            case_problems: problems(block.case_problems),
            request_problems: problems(block.request_problems),
            audit_problems: problems(block.audit_problems),
            latest,
        };
        for request in requests {
            match request {
                Ok(outline) => surveyed.requests.push(outline),
                Err(problem) => surveyed.request_problems.extend(problem),
            }
        }
        if self.look.parts != Parts::Everything {
            surveyed.requests.clear();
            surveyed.request_problems.clear();
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
            && (self.look.freshness == Freshness::AsIndexed || old.seal.holds(stamps()))
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
        Cow::Owned(Head { dir: id.as_str().to_owned(), seal, tenant })
    }

    /// The block of a tenant as it is now, with its engagements.
    fn block(
        &self,
        id: &Id,
        mut block: Block,
        work: &mut Work,
        renewed: &mut usize,
    ) -> (Block, Vec<Engagement>, Vec<Kept>, Option<Option<Time>>) {
        let as_indexed = self.look.freshness == Freshness::AsIndexed;
        let everything = self.look.parts == Parts::Everything;
        let (engagements, kept) = self.engagements(id, &mut block, as_indexed, work, renewed);
        let latest = self.log(id, &mut block, work, renewed);
        if everything && !as_indexed {
            self.requests(id, &mut block, work, renewed);
            self.audit(id, &mut block, work, renewed);
        }
        (block, engagements, kept, latest)
    }

    /// The names in a directory of records; `None` while it is as the index knows it.
    fn names(
        &self,
        dir: &RelPath,
        stamps: &dyn Fn() -> Stamps,
        seal: &mut Seal,
        listed: &mut Vec<StoredProblem>,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Option<Vec<Id>> {
        if seal.holds(stamps()) {
            work.kept += 1;
            return None;
        }
        self.begin();
        work.read += 1;
        let now = stamps();
        let (ids, more) = match self.workspace.ids(dir) {
            Ok(found) => found,
            Err(error) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Some(Vec::new());
            }
        };
        let readable = more.iter().all(|problem| problem.kind != ProblemKind::Unreadable);
        *seal = self.seal(now, readable);
        *renewed += usize::from(seal.settled);
        *listed = stored(&more);
        Some(ids)
    }

    fn engagements(
        &self,
        id: &Id,
        block: &mut Block,
        as_indexed: bool,
        work: &mut Work,
        renewed: &mut usize,
    ) -> (Vec<Engagement>, Vec<Kept>) {
        let dir = layout::cases(id);
        let old_rows = std::mem::take(&mut block.rows);
        if as_indexed {
            let engagements = old_rows.into_iter().filter_map(Row::into_engagement);
            return (engagements.collect(), Vec::new());
        }
        // Rows that cannot be kept are missing in the index: its names are not all there are then.
        let complete = block.cases;
        let mut seal = if old_rows.len() == block.listed { complete } else { Seal::default() };
        let names = self.names(
            &dir,
            &|| self.stamps(id, "cases"),
            &mut seal,
            &mut block.case_problems,
            work,
            renewed,
        );
        block.cases = seal;
        block.listed = names.as_ref().map_or(old_rows.len(), Vec::len);
        // Nothing to look at, and a directory fewer to open.
        if block.listed == 0 {
            return Default::default();
        }
        let Ok(cases) = self.workspace.fs().open_dir(&dir) else { return Default::default() };
        let mut engagements = Vec::with_capacity(block.listed);
        let mut kept = Vec::with_capacity(block.listed);
        let mut one = |row: Option<(usize, Row)>, name: Option<Id>| {
            let known = row.filter(|(_, row)| self.holds(&*cases, row));
            let dir = known.as_ref().map(|(at, _)| *at);
            if let Some(at) = dir
                && let Some(engagement) = known.and_then(|(_, row)| row.into_engagement())
            {
                work.kept += 1;
                engagements.push(engagement);
                kept.push(Kept::Same(at));
                return;
            }
            let Some(name) = name else { return };
            self.begin();
            work.read += 1;
            let case_ref = CaseRef { tenant: id.clone(), id: name };
            let Read { engagement, watched, approvals, stamps, quiet } =
                read::engagement(self.workspace, &*cases, &case_ref);
            let seal = self.seal(stamps, quiet);
            *renewed += usize::from(seal.settled);
            kept.extend(
                Row::of(&engagement, seal, watched, approvals).map(|row| Kept::New(Box::new(row))),
            );
            engagements.push(engagement);
        };
        let old_rows = old_rows.into_iter().enumerate();
        match names {
            None => {
                for (at, row) in old_rows {
                    // Almost every row holds: its name is needed only where it does not.
                    let name = Id::new(row.dir.as_str()).ok();
                    one(Some((at, row)), name);
                }
            }
            Some(names) => {
                let mut old: HashMap<String, (usize, Row)> =
                    old_rows.map(|(at, row)| (row.dir.clone(), (at, row))).collect();
                for name in names {
                    one(old.remove(name.as_str()), Some(name));
                }
            }
        }
        (engagements, kept)
    }

    fn holds(&self, cases: &dyn FsDir, row: &Row) -> bool {
        if !row.seal.settled {
            return false;
        }
        let mut stamps = stamps_of(cases, &row.dir, &row.watched);
        for (tenant, sar) in &row.approvals {
            add_approval(&mut stamps, self.workspace, tenant, sar);
        }
        row.seal.holds(stamps.done())
    }

    fn requests(&self, id: &Id, block: &mut Block, work: &mut Work, renewed: &mut usize) {
        let dir = layout::dsrs(id);
        let old_rows = std::mem::take(&mut block.requests);
        let mut seal = block.dsrs;
        let names = self.names(
            &dir,
            &|| self.stamps(id, "dsr"),
            &mut seal,
            &mut block.request_problems,
            work,
            renewed,
        );
        let known = || old_rows.iter().filter_map(|row| Id::new(row.dir.as_str()).ok()).collect();
        let names = names.unwrap_or_else(known);
        block.dsrs = seal;
        let mut old: HashMap<String, RequestRow> =
            old_rows.into_iter().map(|row| (row.dir.clone(), row)).collect();
        for name in names {
            let dsr = DsrRef { tenant: id.clone(), id: name };
            let stamps = || {
                let mut stamps = Gatherer::new();
                stamps.add(&self.workspace.fs().stat(&layout::dsr(&dsr)));
                stamps.done()
            };
            let known = old.remove(dsr.id.as_str()).filter(|row| row.seal.holds(stamps()));
            if let Some(row) = known {
                work.kept += 1;
                block.requests.push(row);
                continue;
            }
            self.begin();
            work.read += 1;
            let now = stamps();
            let found = read::request(self.workspace, &dsr);
            let readable = !matches!(&found, Err(Some(p)) if p.kind == ProblemKind::Unreadable);
            let seal = self.seal(now, readable);
            *renewed += usize::from(seal.settled);
            block.requests.push(RequestRow::of(&dsr.id, seal, &found));
        }
    }

    /// The latest moment of a tenant's log, remembered for whoever asks next; `None` when it is not
    /// known.
    fn log(
        &self,
        id: &Id,
        block: &mut Block,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Option<Option<Time>> {
        let stat = self.stat(id, "audit.jsonl");
        let stamps = |stat: &io::Result<Stat>| {
            let mut stamps = Gatherer::new();
            stamps.add(stat);
            stamps.done()
        };
        if block.log.holds(stamps(&stat)) {
            work.kept += 1;
            let latest = block.latest.and_then(|(s, n)| DateTime::from_timestamp(s, n));
            if let Ok(stat) = stat {
                self.workspace.remember_latest(id, stat, latest);
            }
            return Some(latest);
        }
        if self.look.freshness == Freshness::AsIndexed {
            return None;
        }
        self.begin();
        work.read += 1;
        let now = stamps(&self.stat(id, "audit.jsonl"));
        let latest = self.workspace.latest_event(id);
        block.log = self.seal(now, latest.is_ok());
        *renewed += usize::from(block.log.settled);
        let latest = latest.ok();
        block.latest = latest.flatten().map(|at| (at.timestamp(), at.timestamp_subsec_nanos()));
        latest
    }

    fn audit(&self, id: &Id, block: &mut Block, work: &mut Work, renewed: &mut usize) {
        let path = layout::audit(id);
        let stamps = || self.stamps(id, "audit.jsonl");
        if block.audit.holds(stamps()) {
            work.kept += 1;
            return;
        }
        self.begin();
        work.read += 1;
        let now = stamps();
        let (problems, readable) = match self.workspace.audit(id) {
            Ok((_, problems)) => (problems, true),
            Err(error) => {
                let kind = ProblemKind::Unreadable;
                (vec![Problem::new(path.display(), kind, error.to_string())], false)
            }
        };
        block.audit = self.seal(now, readable);
        block.audit_problems = stored(&problems);
        *renewed += usize::from(block.audit.settled);
    }

    /// Puts a new index in place when enough is new in it; whether it did.
    pub(super) fn save(self, parts: Vec<Part<'_>>, renewed: usize) -> bool {
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
