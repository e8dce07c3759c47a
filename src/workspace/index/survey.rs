//! Going over a whole workspace: from the index where it is still true, from the files where not.

use super::file::{Contents, Part, Stored, Unfinished};
use super::read::{self, Read, add_approval, stamps_of};
use super::row::{
    Block, Engagement, Head, RequestOutline, RequestRow, Row, Seal, StoredProblem, TenantRow,
    outline, problems, stored,
};
use super::stamp::{Gatherer, Stamps, Tick};
use super::{Workspace, file};
use crate::env;
use crate::error::{Error, Result};
use crate::fs::{FsDir, Stat};
use crate::model::{Case, Id, Tenant};
use crate::workspace::{CaseRef, DsrRef, Problem, ProblemKind, layout};
use chrono::DateTime;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// The tenants' own records.
    Tenants,
    /// And their engagements.
    Engagements,
    /// And data subject requests and the state of the audit logs.
    Everything,
}

/// How true the answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// What the files say now.
    Checked,
    /// What they said when the index was made: to have something to show at once. Nothing is
    /// decided on it.
    AsIndexed,
    /// What the files say now, whatever the index says: to check it against.
    FromFiles,
}

/// What to go over.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub parts: Parts,
    pub freshness: Freshness,
    /// Only this tenant.
    pub tenant: Option<&'a Id>,
}

impl Look<'_> {
    /// What the files say now of all tenants.
    #[must_use]
    pub const fn at(parts: Parts) -> Self {
        Self { parts, freshness: Freshness::Checked, tenant: None }
    }
}

/// A tenant as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Surveyed {
    pub tenant: Tenant,
    /// By the names of their directories.
    pub engagements: Vec<Engagement>,
    pub requests: Vec<RequestOutline>,
    /// Of the directory of cases: names that are none.
    pub case_problems: Vec<Problem>,
    pub request_problems: Vec<Problem>,
    pub audit_problems: Vec<Problem>,
}

/// How much was read: what the index was worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Rows that the index answered.
    pub kept: usize,
    /// Records and directories that were read from the files.
    pub read: usize,
    /// A new index was put in place.
    pub saved: bool,
}

/// Of this many rows one may be out of date before an index is written anew: reading a few files
/// again is cheaper than writing all rows.
const WORTH: usize = 256;

/// A tenant with fewer cases is read faster from its files than out of a large index.
const MANY: usize = 256;

/// A workspace of which less than this is read has no index: it is as fast without.
const SMALL: usize = 64;

impl Workspace {
    /// Goes over the tenants that `wanted` lets through and hands each to `visit`, several at once,
    /// results in the order of the tenants; then what is wrong with tenants' own files.
    ///
    /// # Errors
    /// The directory of tenants, or a directory of records in one of them, cannot be read: a list
    /// that is silently shorter would be none.
    pub fn survey<R: Send>(
        &self,
        look: Look<'_>,
        wanted: &(dyn Fn(&Tenant) -> bool + Sync),
        visit: &(dyn Fn(Surveyed) -> R + Sync),
    ) -> Result<(Vec<R>, Vec<Problem>, Work)> {
        let account = env::account();
        let old = match look.freshness {
            Freshness::FromFiles => None,
            _ => Stored::open(self, account, look.tenant),
        };
        let entries = old.iter().flat_map(|old| old.entries.iter().enumerate());
        let known: HashMap<&str, usize> =
            entries.map(|(at, entry)| (entry.head.dir.as_str(), at)).collect();
        let (mut ids, mut found) = match (look.freshness, &old) {
            (Freshness::AsIndexed, Some(old)) => {
                let ids = old.entries.iter().filter_map(|e| Id::new(e.head.dir.as_str()).ok());
                (ids.collect(), Vec::new())
            }
            (Freshness::AsIndexed, None) => (Vec::new(), Vec::new()),
            (Freshness::Checked | Freshness::FromFiles, _) => self.ids(&layout::tenants())?,
        };
        if let Some(only) = look.tenant {
            ids.retain(|id| id == only);
        }
        let run = Run {
            workspace: self,
            look,
            account,
            old: old.as_ref(),
            begun: OnceLock::new(),
            reads: AtomicUsize::new(0),
            unfinished: Mutex::new(None),
            failed: Mutex::new(None),
        };
        let results: Vec<Mutex<Option<Outcome<R>>>> =
            ids.iter().map(|_| Mutex::new(None)).collect();
        // The largest first, so that no thread is left alone with it at the end.
        let mut order: Vec<usize> = (0..ids.len()).collect();
        let size = |at: &usize| known.get(ids[*at].as_str()).map_or(0, |k| run.rows_of(*k));
        order.sort_by_key(|at| std::cmp::Reverse(size(at)));
        let next = AtomicUsize::new(0);
        let threads = if self.is_worth_threads(look.parts, &ids, old.as_ref()) {
            // What the index answers keeps processors busy, what has to be read waits for disks.
            if old.is_some() { env::processors() } else { env::readers() }
        } else {
            1
        };
        let work = || {
            while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                let id = &ids[at];
                let outcome = run.tenant(id, known.get(id.as_str()).copied(), wanted, visit);
                *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads.min(ids.len()) {
                scope.spawn(work);
            }
            work();
        });
        let failed = run.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(error) = failed {
            return Err(error);
        }
        let (mut seen, mut parts, mut total) = (Vec::new(), Vec::new(), Work::default());
        let mut renewed = 0;
        for result in results {
            let outcome = result.into_inner().unwrap_or_else(PoisonError::into_inner);
            let Some(outcome) = outcome else { continue };
            seen.extend(outcome.seen);
            found.extend(outcome.problem);
            total.kept += outcome.work.kept;
            total.read += outcome.work.read;
            renewed += outcome.renewed;
            parts.push(outcome.part);
        }
        total.saved = run.save(parts, renewed);
        Ok((seen, found, total))
    }

    /// Whether a survey of these tenants is long enough that starting threads for it pays.
    fn is_worth_threads(&self, parts: Parts, ids: &[Id], old: Option<&Stored>) -> bool {
        let is_many = |records: usize| records >= SMALL;
        match (parts, old) {
            (Parts::Tenants, _) => is_many(ids.len()),
            (_, Some(old)) => is_many(old.rows()),
            // A directory that cannot be listed fails where it is needed.
            (_, None) => ids
                .iter()
                .scan(ids.len(), |seen, id| {
                    let cases = self.fs.list(&layout::cases(id)).map_or(0, |entries| entries.len());
                    *seen += cases;
                    Some(*seen)
                })
                .any(is_many),
        }
    }

    /// The tenants that are valid, without values of people's own.
    ///
    /// # Errors
    /// The directory of tenants cannot be read.
    pub fn known_tenants(&self) -> Result<(Vec<Tenant>, Vec<Problem>)> {
        let look = Look::at(Parts::Tenants);
        let (tenants, problems, _) = self.survey(look, &|_| true, &|seen| seen.tenant)?;
        Ok((tenants, problems))
    }

    /// One engagement, from its files.
    ///
    /// # Errors
    /// The directory of cases cannot be read.
    pub fn engagement(&self, case_ref: &CaseRef) -> Result<Engagement> {
        let dir = layout::cases(&case_ref.tenant);
        let cases = self.fs.open_dir(&dir).map_err(|error| self.io("read", &dir, error))?;
        Ok(read::engagement(self, &*cases, case_ref).engagement)
    }

    /// The case that an access request was made for, as the index has it: where to look first.
    pub(in crate::workspace) fn indexed_case_of(&self, sar: &Id) -> Option<CaseRef> {
        if !self.is_indexed() {
            return None;
        }
        let freshness = Freshness::AsIndexed;
        let look = Look { parts: Parts::Engagements, freshness, tenant: None };
        let of = |seen: Surveyed| {
            let has = |engagement: &Engagement| engagement.access.iter().any(|(r, _)| r.id == *sar);
            let id = seen.engagements.into_iter().find(has)?.id;
            Some(CaseRef { tenant: seen.tenant.domain, id })
        };
        self.survey(look, &|_| true, &of).ok()?.0.into_iter().flatten().next()
    }

    /// The cases of a tenant as they are now, without their prose. Of many, from the index where it
    /// is true.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn case_outlines(&self, tenant: &Id) -> Result<Vec<Case>> {
        let (ids, _) = self.case_ids(tenant)?;
        if ids.len() < MANY || !self.is_indexed() {
            let cases = self.cases(tenant)?.0.into_iter();
            return Ok(cases.map(|case| outline(case.value)).collect());
        }
        let look = Look { tenant: Some(tenant), ..Look::at(Parts::Engagements) };
        let cases = |seen: Surveyed| seen.engagements.into_iter().filter_map(|e| e.case).collect();
        let (cases, _, _): (Vec<Vec<Case>>, _, _) = self.survey(look, &|_| true, &cases)?;
        Ok(cases.into_iter().flatten().collect())
    }

    /// Whether there is an index at all.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        file::is_there(self, env::account())
    }
}

/// What came of one tenant.
#[derive(Debug)]
struct Outcome<R> {
    seen: Option<R>,
    problem: Option<Problem>,
    part: Part,
    work: Work,
    /// Rows that a new index would answer and the old one does not.
    renewed: usize,
}

/// One survey.
#[derive(Debug)]
struct Run<'a> {
    workspace: &'a Workspace,
    look: Look<'a>,
    account: u32,
    old: Option<&'a Stored>,
    /// When the new index was begun, if one may be written.
    begun: OnceLock<Option<Tick>>,
    /// Records and directories that are read from the files.
    reads: AtomicUsize,
    unfinished: Mutex<Option<Unfinished>>,
    /// A directory of records that cannot be listed: without it no answer is whole.
    failed: Mutex<Option<Error>>,
}

impl Run<'_> {
    fn rows_of(&self, at: usize) -> usize {
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
            // What is read of one tenant only does not make an index.
            if self.look.tenant.is_some() || self.look.freshness == Freshness::FromFiles {
                return None;
            }
            let unfinished = Unfinished::begin(self.workspace, self.account)?;
            let tick = unfinished.tick;
            *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner) = Some(unfinished);
            Some(tick)
        });
    }

    fn tenant<R>(
        &self,
        id: &Id,
        at: Option<usize>,
        wanted: &(dyn Fn(&Tenant) -> bool + Sync),
        visit: &(dyn Fn(Surveyed) -> R + Sync),
    ) -> Outcome<R> {
        let mut work = Work::default();
        let mut renewed = 0;
        let old_head = at.and_then(|at| self.old.map(|old| &old.entries[at].head));
        let head = self.head(id, old_head, &mut work, &mut renewed);
        let keep = |head: &Head| Part {
            head: head.clone(),
            rows: at.map_or(0, |at| self.rows_of(at)),
            block: Contents::Old(at),
        };
        let tenant = match &head.tenant {
            Ok(row) => row.clone().into_tenant(),
            Err(problem) => {
                let problem = (!problem.is_nothing()).then(|| problem.clone().into());
                return Outcome { seen: None, problem, part: keep(&head), work, renewed };
            }
        };
        let Some(tenant) = tenant.filter(|tenant| wanted(tenant)) else {
            return Outcome { seen: None, problem: None, part: keep(&head), work, renewed };
        };
        if self.look.parts == Parts::Tenants {
            let seen = Some(visit(Surveyed::only(tenant)));
            return Outcome { seen, problem: None, part: keep(&head), work, renewed };
        }
        let old_block = at.and_then(|at| self.old?.block(at));
        let before = work.read;
        let (block, engagements) = self.block(id, old_block, &mut work, &mut renewed);
        let part = if work.read == before {
            keep(&head)
        } else {
            let rows = block.rows.len();
            let bytes = postcard::to_allocvec(&block).unwrap_or_default();
            Part { head, rows, block: Contents::New(bytes) }
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

    fn head(&self, id: &Id, old: Option<&Head>, work: &mut Work, renewed: &mut usize) -> Head {
        let path = layout::tenant(id);
        let stamps = || {
            let mut stamps = Gatherer::new();
            stamps.add(&self.workspace.fs().stat(&path));
            stamps.done()
        };
        if let Some(old) = old
            && (self.look.freshness == Freshness::AsIndexed || old.seal.holds(stamps()))
        {
            work.kept += 1;
            return old.clone();
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
        Head { dir: id.as_str().to_owned(), seal, tenant }
    }

    /// The block of a tenant as it is now, with its engagements.
    fn block(
        &self,
        id: &Id,
        old: Option<Block>,
        work: &mut Work,
        renewed: &mut usize,
    ) -> (Block, Vec<Engagement>) {
        let mut block = old.unwrap_or_default();
        let as_indexed = self.look.freshness == Freshness::AsIndexed;
        let everything = self.look.parts == Parts::Everything;
        let engagements = self.engagements(id, &mut block, as_indexed, work, renewed);
        self.log(id, &mut block, work, renewed);
        if everything && !as_indexed {
            self.requests(id, &mut block, work, renewed);
            self.audit(id, &mut block, work, renewed);
        }
        (block, engagements)
    }

    /// The names in a directory of records, from the index while the directory is the same.
    fn names(
        &self,
        dir: &crate::fs::RelPath,
        known: impl Iterator<Item = String>,
        seal: &mut Seal,
        listed: &mut Vec<StoredProblem>,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Vec<Id> {
        let stamps = || {
            let mut stamps = Gatherer::new();
            stamps.add(&self.workspace.fs().stat(dir));
            stamps.done()
        };
        if seal.holds(stamps()) {
            work.kept += 1;
            return known.filter_map(|name| Id::new(name).ok()).collect();
        }
        self.begin();
        work.read += 1;
        let now = stamps();
        let (ids, more) = match self.workspace.ids(dir) {
            Ok(found) => found,
            Err(error) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Vec::new();
            }
        };
        let readable = more.iter().all(|problem| problem.kind != ProblemKind::Unreadable);
        *seal = self.seal(now, readable);
        *renewed += usize::from(seal.settled);
        *listed = stored(&more);
        ids
    }

    fn engagements(
        &self,
        id: &Id,
        block: &mut Block,
        as_indexed: bool,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Vec<Engagement> {
        let dir = layout::cases(id);
        let old_rows = std::mem::take(&mut block.rows);
        if as_indexed {
            let engagements = old_rows.into_iter().filter_map(Row::into_engagement);
            return engagements.collect();
        }
        // Rows that cannot be kept are missing in the index: its names are not all there are then.
        let complete = block.cases;
        let mut seal = if old_rows.len() == block.listed { complete } else { Seal::default() };
        let names = self.names(
            &dir,
            old_rows.iter().map(|row| row.dir.clone()),
            &mut seal,
            &mut block.case_problems,
            work,
            renewed,
        );
        block.cases = seal;
        block.listed = names.len();
        let cases = match self.workspace.fs().open_dir(&dir) {
            Ok(cases) => Some(cases),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(_) => None,
        };
        let Some(cases) = cases else { return Vec::new() };
        let mut old: HashMap<String, Row> =
            old_rows.into_iter().map(|row| (row.dir.clone(), row)).collect();
        let mut engagements = Vec::with_capacity(names.len());
        for name in names {
            let known = old.remove(name.as_str()).filter(|row| self.holds(&*cases, row));
            if let Some(row) = known
                && let Some(engagement) = row.clone().into_engagement()
            {
                work.kept += 1;
                engagements.push(engagement);
                block.rows.push(row);
                continue;
            }
            self.begin();
            work.read += 1;
            let case_ref = CaseRef { tenant: id.clone(), id: name };
            let Read { engagement, watched, approvals, stamps, quiet } =
                read::engagement(self.workspace, &*cases, &case_ref);
            let seal = self.seal(stamps, quiet);
            *renewed += usize::from(seal.settled);
            block.rows.extend(Row::of(&engagement, seal, watched, approvals));
            engagements.push(engagement);
        }
        engagements
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
            old_rows.iter().map(|row| row.dir.clone()),
            &mut seal,
            &mut block.request_problems,
            work,
            renewed,
        );
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

    /// The latest moment of a tenant's log, remembered for whoever asks next.
    fn log(&self, id: &Id, block: &mut Block, work: &mut Work, renewed: &mut usize) {
        let path = layout::audit(id);
        let stat = self.workspace.fs().stat(&path);
        let stamps = |stat: &io::Result<Stat>| {
            let mut stamps = Gatherer::new();
            stamps.add(stat);
            stamps.done()
        };
        if block.log.holds(stamps(&stat)) {
            work.kept += 1;
            if let Ok(stat) = stat {
                let latest = block.latest.and_then(|(s, n)| DateTime::from_timestamp(s, n));
                self.workspace.remember_latest(id, stat, latest);
            }
            return;
        }
        if self.look.freshness == Freshness::AsIndexed {
            return;
        }
        self.begin();
        work.read += 1;
        let now = stamps(&self.workspace.fs().stat(&path));
        let latest = self.workspace.latest_event(id);
        block.log = self.seal(now, latest.is_ok());
        block.latest =
            latest.ok().flatten().map(|at| (at.timestamp(), at.timestamp_subsec_nanos()));
        *renewed += usize::from(block.log.settled);
    }

    fn audit(&self, id: &Id, block: &mut Block, work: &mut Work, renewed: &mut usize) {
        let path = layout::audit(id);
        let stamps = || {
            let mut stamps = Gatherer::new();
            stamps.add(&self.workspace.fs().stat(&path));
            stamps.done()
        };
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
    fn save(self, parts: Vec<Part>, renewed: usize) -> bool {
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

impl Surveyed {
    fn only(tenant: Tenant) -> Self {
        Self {
            tenant,
            engagements: Vec::new(),
            requests: Vec::new(),
            case_problems: Vec::new(),
            request_problems: Vec::new(),
            audit_problems: Vec::new(),
        }
    }
}
