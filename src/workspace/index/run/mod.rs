//! One survey: what the index answers while its stamps hold, what is read from the files, and the
//! index that is made of both.

mod block;

use crate::error::Error;
use crate::fs::{FsDir, Stat};
use crate::model::{Id, Tenant};
use crate::workspace::index::file::{self, Contents, Part, Stored, Unfinished};
use crate::workspace::index::read::below;
use crate::workspace::index::row::{Head, Row, Seal, StoredProblem, TenantRow, problems};
use crate::workspace::index::stamp::{Gatherer, Stamps, Tick};
use crate::workspace::index::survey::{Freshness, Look, Parts, Surveyed, Work};
use crate::workspace::{DsrRef, Problem, ProblemKind, Workspace, layout};
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
    New(Box<Row>),
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
        Cow::Owned(Head { dir: id.as_str().to_owned(), seal, tenant })
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
