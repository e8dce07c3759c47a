//! Going over a whole workspace: from the index where it is still true, from the files where not.

use super::file::{self, Stored};
use super::row::{Engagement, EngagementClocks, RequestOutline, Stores, outline};
use super::run::{Run, SMALL};
use super::{Workspace, read};
use crate::env::{self, Stopwatch};
use crate::error::Result;
use crate::fs::FileKind;
use crate::log;
use crate::model::{Case, Id, Tenant, Time};
use crate::share;
use crate::workspace::{CaseRef, Problem, layout};
use std::collections::HashMap;
use std::fmt;

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// The tenants' own records.
    Tenants,
    /// And what is under a clock: files of engagements, what was collected, data subject requests.
    Clocks,
    /// The tenants' own records, and their engagements, whole.
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
    /// The same of the newest cases alone, which takes no time however many there are. Of the tenants
    /// that have none of them it says nothing.
    NewestAsIndexed,
    /// What the files say now, whatever the index says: to check it against.
    FromFiles,
}

impl Freshness {
    /// Whether what the index says is taken as it is.
    pub(super) fn is_unchecked(self) -> bool {
        matches!(self, Self::AsIndexed | Self::NewestAsIndexed)
    }
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
    /// Instead of them where only clocks are looked at: those that have something to say of.
    pub clocks: Vec<EngagementClocks>,
    /// With clocks: what was collected at this tenant, by the access request.
    pub collected: Vec<(Id, Stores)>,
    pub requests: Vec<RequestOutline>,
    /// Of the directory of cases: names that are none.
    pub case_problems: Vec<Problem>,
    pub request_problems: Vec<Problem>,
    pub audit_problems: Vec<Problem>,
    /// The latest moment that its audit log speaks of; `None` when that is not known.
    pub latest: Option<Option<Time>>,
}

/// The tenants beside the one that is looked at: its requests name others.
pub struct Neighbours<'a> {
    is_known: &'a dyn Fn(&Id) -> bool,
    latest: &'a dyn Fn(&Id) -> Option<Option<Time>>,
}

impl Neighbours<'_> {
    /// Whether there is a valid tenant of this name.
    #[must_use]
    pub fn has(&self, tenant: &Id) -> bool {
        (self.is_known)(tenant)
    }

    /// The latest moment that a tenant's log speaks of; `None` when that has to be read there.
    #[must_use]
    pub fn latest(&self, tenant: &Id) -> Option<Option<Time>> {
        (self.latest)(tenant)
    }
}

impl fmt::Debug for Neighbours<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Neighbours")
    }
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
    /// Engagements that the index knew of before, looked at or not.
    pub indexed: usize,
}

/// A tenant with fewer cases is read faster from its files than out of a large index.
const MANY: usize = 256;

impl Workspace {
    /// Goes over the tenants that `wanted` lets through and hands each to `visit`, several at once,
    /// results in the order of the tenants; then what is wrong with tenants' own files. `visit` can
    /// also ask which others there are.
    ///
    /// # Errors
    /// The directory of tenants, or a directory of records in one of them, cannot be read: a list
    /// that is silently shorter would be none.
    pub fn survey<R: Send>(
        &self,
        look: Look<'_>,
        wanted: &(dyn Fn(&Tenant) -> bool + Sync),
        visit: &(dyn Fn(Surveyed, &Neighbours<'_>) -> R + Sync),
    ) -> Result<(Vec<R>, Vec<Problem>, Work)> {
        let (account, watch) = (env::account(), Stopwatch::start());
        let old = match look.freshness {
            Freshness::FromFiles => None,
            Freshness::NewestAsIndexed => Stored::open_newest(self, account),
            Freshness::Checked | Freshness::AsIndexed => Stored::open(self, account),
        };
        let entries = old.iter().flat_map(|old| old.entries.iter().enumerate());
        let known: HashMap<&str, usize> =
            entries.map(|(at, entry)| (entry.head.dir.as_str(), at)).collect();
        let (mut ids, mut found) = match (look.freshness, &old) {
            (Freshness::AsIndexed | Freshness::NewestAsIndexed, Some(old)) => {
                let ids = old.entries.iter().filter_map(|e| Id::new(e.head.dir.as_str()).ok());
                (ids.collect(), Vec::new())
            }
            (Freshness::AsIndexed | Freshness::NewestAsIndexed, None) => (Vec::new(), Vec::new()),
            (Freshness::Checked | Freshness::FromFiles, _) => self.tenants_to_look_at(look)?,
        };
        if let Some(only) = look.tenant {
            ids.retain(|id| id == only);
        }
        let large = self.is_large(look.parts, &ids, old.as_ref());
        let run = Run::new(self, look, account, old.as_ref(), large);
        // The largest first, so that no thread is left alone with it at the end.
        let mut order: Vec<usize> = (0..ids.len()).collect();
        let size = |at: &usize| known.get(ids[*at].as_str()).map_or(0, |k| run.rows_of(*k));
        order.sort_by_cached_key(|at| std::cmp::Reverse(size(at)));
        let threads = if large {
            // What the index answers keeps processors busy, what has to be read waits for disks.
            if old.is_some() { env::processors() } else { env::readers() }
        } else {
            1
        };
        let is_known = |id: &Id| run.has_tenant(id, known.get(id.as_str()).copied());
        let latest = |id: &Id| run.latest(id, known.get(id.as_str()).copied());
        let visit = |seen| visit(seen, &Neighbours { is_known: &is_known, latest: &latest });
        let one = |at: &usize| {
            let id = &ids[*at];
            (*at, run.tenant(id, known.get(id.as_str()).copied(), wanted, &visit))
        };
        let mut outcomes = share::map(&order, threads, &one);
        if let Some(error) = run.failure() {
            return Err(error);
        }
        let (mut seen, mut parts, mut total) = (Vec::new(), Vec::new(), Work::default());
        let mut renewed = 0;
        outcomes.sort_by_key(|(at, _)| *at);
        for (_, outcome) in outcomes {
            seen.extend(outcome.seen);
            found.extend(outcome.problem);
            total.kept += outcome.work.kept;
            total.read += outcome.work.read;
            renewed += outcome.renewed;
            parts.push(outcome.part);
        }
        total.saved = run.save(parts, renewed);
        total.indexed = old.as_ref().map_or(0, Stored::all_rows);
        log::surveyed(ids.len(), total, watch);
        Ok((seen, found, total))
    }

    /// The tenants that a survey goes over, with what is wrong with other names beside them. One
    /// that is named is looked for by its name first: there may be thousands.
    fn tenants_to_look_at(&self, look: Look<'_>) -> Result<(Vec<Id>, Vec<Problem>)> {
        if let Some(only) = look.tenant
            && let Ok(stat) = self.fs.stat(&layout::tenants().join(only))
            && stat.kind == FileKind::Dir
        {
            return Ok((vec![only.clone()], Vec::new()));
        }
        self.ids(&layout::tenants())
    }

    /// Whether a survey of these tenants is long enough that threads and an index pay.
    fn is_large(&self, parts: Parts, ids: &[Id], old: Option<&Stored>) -> bool {
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
        let (tenants, problems, _) = self.survey(look, &|_| true, &|seen, _| seen.tenant)?;
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
        let of = |seen: Surveyed, _: &Neighbours<'_>| {
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
        if !self.is_indexed() || self.case_ids(tenant)?.0.len() < MANY {
            let cases = self.cases(tenant)?.0.into_iter();
            return Ok(cases.map(|case| outline(case.value)).collect());
        }
        let look = Look { tenant: Some(tenant), ..Look::at(Parts::Engagements) };
        let cases = |seen: Surveyed, _: &Neighbours<'_>| {
            seen.engagements.into_iter().filter_map(|e| e.case).collect()
        };
        let (cases, _, _): (Vec<Vec<Case>>, _, _) = self.survey(look, &|_| true, &cases)?;
        Ok(cases.into_iter().flatten().collect())
    }

    /// Whether there is an index at all.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        file::is_there(self, env::account())
    }
}

impl Surveyed {
    pub(super) fn only(tenant: Tenant) -> Self {
        Self {
            tenant,
            engagements: Vec::new(),
            clocks: Vec::new(),
            collected: Vec::new(),
            requests: Vec::new(),
            case_problems: Vec::new(),
            request_problems: Vec::new(),
            audit_problems: Vec::new(),
            latest: None,
        }
    }
}
