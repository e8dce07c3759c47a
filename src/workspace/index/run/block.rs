//! The rows of one tenant: which of them its files still say, and the others read anew.

use super::{Kept, Run};
use crate::fs::{FsDir, RelPath, Stat};
use crate::model::{Id, Time};
use crate::workspace::index::read::{self, Read, add_approval, stamps_of};
use crate::workspace::index::row::{
    Block, Engagement, RequestRow, Row, Seal, StoredProblem, stored,
};
use crate::workspace::index::stamp::{Gatherer, Stamps};
use crate::workspace::index::survey::{Parts, Work};
use crate::workspace::{CaseRef, DsrRef, Problem, ProblemKind, layout};
use chrono::DateTime;
use std::collections::HashMap;
use std::io;
use std::sync::PoisonError;

impl Run<'_> {
    /// The block of a tenant as it is now, with its engagements.
    pub(super) fn block(
        &self,
        id: &Id,
        mut block: Block,
        work: &mut Work,
        renewed: &mut usize,
    ) -> (Block, Vec<Engagement>, Vec<Kept>, Option<Option<Time>>) {
        let as_indexed = self.look.freshness.is_unchecked();
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
        let mut of_names = 0;
        let names = self.names(
            &dir,
            &|| self.stamps(id, "cases"),
            &mut seal,
            &mut block.case_problems,
            work,
            &mut of_names,
        );
        block.cases = seal;
        block.listed = names.as_ref().map_or(old_rows.len(), Vec::len);
        // Nothing to look at, and a directory fewer to open.
        if block.listed == 0 {
            *renewed += of_names;
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
            // One that no row keeps is read every time, and no reason to write the others anew.
            let row = Row::of(&engagement, seal, watched, approvals);
            *renewed += usize::from(seal.settled && row.is_some());
            kept.extend(row.map(|row| Kept::New(Box::new(row))));
            engagements.push(engagement);
        };
        let old_rows = old_rows.into_iter().enumerate();
        match names {
            None => {
                for (at, row) in old_rows {
                    // Almost every row holds: its name is needed only where it does not.
                    let name = Some(row.dir.clone());
                    one(Some((at, row)), name);
                }
            }
            Some(names) => {
                let mut old: HashMap<Id, (usize, Row)> =
                    old_rows.map(|(at, row)| (row.dir.clone(), (at, row))).collect();
                for name in names {
                    one(old.remove(&name), Some(name));
                }
            }
        }
        // Names of which some have no row are listed every time.
        if kept.len() == block.listed {
            *renewed += of_names;
        }
        (engagements, kept)
    }

    fn holds(&self, cases: &dyn FsDir, row: &Row) -> bool {
        if !row.seal.settled {
            return false;
        }
        let mut stamps = stamps_of(cases, row.dir.as_str(), &row.watched);
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
        if self.look.freshness.is_unchecked() {
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
}
