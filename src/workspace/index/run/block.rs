//! The rows of one tenant: which of them its files still say, and the others read anew.

use super::{Kept, Run};
use crate::fs::{FsDir, RelPath};
use crate::model::Id;
use crate::workspace::index::names::Names;
use crate::workspace::index::read::{
    self, add_approval, clock_stamps_of, collected_stamps_of, stamps_of,
};
use crate::workspace::index::row::{
    Block, ClockRow, Clocks, Collected, Engagement, EngagementClocks, RequestRow, Rest, Row, Seal,
    StoredProblem, StoredStores, Stores, stored,
};
use crate::workspace::index::stamp::{Gatherer, Stamps};
use crate::workspace::index::survey::{Parts, Work};
use crate::workspace::{CaseRef, DsrRef, Problem, ProblemKind, layout};
use std::collections::HashMap;

/// A row of the old index: its clocks, and the rest where that was read.
type OldRow = (ClockRow, Option<Row>);

/// The engagements of a tenant, or of them what is under a clock.
#[derive(Default)]
pub(super) struct Seen {
    only_clocks: bool,
    /// Empty when only clocks are looked at.
    pub engagements: Vec<Engagement>,
    /// Empty when all is looked at.
    pub clocks: Vec<EngagementClocks>,
}

impl Seen {
    /// Adds what a row gives; false when it gives nothing.
    fn add_row(&mut self, (clock, row): OldRow) -> bool {
        match row {
            Some(row) => row.into_engagement(clock).map(|whole| self.engagements.push(whole)),
            None => clock.into_clocks().map(|clocks| self.clocks.extend(clocks)),
        }
        .is_some()
    }

    fn add(&mut self, engagement: Engagement) {
        if self.only_clocks {
            let clocks = Some(EngagementClocks::of(engagement));
            self.clocks.extend(clocks.filter(|clocks| !clocks.stores.is_empty()));
        } else {
            self.engagements.push(engagement);
        }
    }
}

/// What was found below a tenant, with the parts of its block that are not rows.
#[derive(Default)]
pub(super) struct Found {
    pub block: Block,
    pub seen: Seen,
    pub collected: Vec<(Id, Stores)>,
    pub kept: Vec<Kept>,
}

impl Run<'_> {
    /// The block of a tenant as it is now, with its engagements.
    pub(super) fn block(
        &self,
        id: &Id,
        block: Block,
        work: &mut Work,
        renewed: &mut usize,
    ) -> Found {
        let only_clocks = self.look.parts == Parts::Clocks;
        let seen = Seen { only_clocks, ..Seen::default() };
        let mut found = Found { block, seen, ..Found::default() };
        let as_indexed = self.look.freshness.is_unchecked();
        self.engagements(id, &mut found, as_indexed, work, renewed);
        if only_clocks {
            self.collected(id, &mut found, work, renewed);
        }
        if matches!(self.look.parts, Parts::Clocks | Parts::Everything) && !as_indexed {
            self.requests(id, &mut found.block.clocks, work, renewed);
        }
        if self.look.parts == Parts::Everything && !as_indexed {
            self.audit(id, &mut found.block.rest, work, renewed);
        }
        found
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
                self.fail(error);
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
        found: &mut Found,
        as_indexed: bool,
        work: &mut Work,
        renewed: &mut usize,
    ) {
        let dir = layout::cases(id);
        let Found { block, seen, kept, .. } = found;
        let clocks = &mut block.clocks;
        let clock_rows = std::mem::take(&mut clocks.rows);
        let mut rows = std::mem::take(&mut block.rest.rows).into_iter();
        let count = clock_rows.len();
        // Where the rest of the block was not read, a row has no second half.
        let old_rows = clock_rows.into_iter().map(|clock| (clock, rows.next()));
        if as_indexed {
            old_rows.for_each(|row| {
                seen.add_row(row);
            });
            return;
        }
        // Rows that cannot be kept are missing in the index: its names are not all there are then.
        let complete = clocks.cases;
        let mut seal = if count == clocks.listed { complete } else { Seal::default() };
        let mut of_names = 0;
        let names = self.names(
            &dir,
            &|| self.stamps(id, "cases"),
            &mut seal,
            &mut clocks.case_problems,
            work,
            &mut of_names,
        );
        clocks.cases = seal;
        clocks.listed = names.as_ref().map_or(count, Vec::len);
        // Nothing to look at, and a directory fewer to open.
        if clocks.listed == 0 {
            *renewed += of_names;
            return;
        }
        let cases = match self.workspace.fs().open_dir(&dir) {
            Ok(cases) => cases,
            Err(error) => return self.fail(self.workspace.io("read", &dir, error)),
        };
        kept.reserve(clocks.listed);
        let mut one = |row: Option<(usize, OldRow)>, name: Option<Id>| {
            let known = row.filter(|(_, row)| self.holds(&*cases, row));
            if let Some((at, row)) = known
                && seen.add_row(row)
            {
                work.kept += 1;
                kept.push(Kept::Same(at));
                return;
            }
            let Some(name) = name else { return };
            self.begin();
            work.read += 1;
            let case_ref = CaseRef { tenant: id.clone(), id: name };
            let read = read::engagement(self.workspace, &*cases, &case_ref);
            let (of_clocks, seal) =
                (self.seal(read.clock_stamps, read.quiet), self.seal(read.stamps, read.quiet));
            // One that no row keeps is read every time, and no reason to write the others anew.
            let row = ClockRow::of(&read, of_clocks).zip(Row::of(&read, seal));
            *renewed += usize::from(of_clocks.settled && seal.settled && row.is_some());
            kept.extend(row.map(|row| Kept::New(Box::new(row))));
            seen.add(read.engagement);
        };
        let old_rows = old_rows.enumerate();
        match names {
            None => {
                for (at, row) in old_rows {
                    // Almost every row holds: its name is needed only where it does not.
                    let name = Some(row.0.dir.clone());
                    one(Some((at, row)), name);
                }
            }
            Some(names) => {
                let mut old: HashMap<Id, (usize, OldRow)> =
                    old_rows.map(|(at, row)| (row.0.dir.clone(), (at, row))).collect();
                for name in names {
                    one(old.remove(&name), Some(name));
                }
            }
        }
        // Names of which some have no row are listed every time.
        if kept.len() == clocks.listed {
            *renewed += of_names;
        }
    }

    fn holds(&self, cases: &dyn FsDir, (clock, row): &OldRow) -> bool {
        let id = clock.dir.as_str();
        let settled = clock.seal.settled && row.as_ref().is_none_or(|row| row.seal.settled);
        if !settled || !clock.seal.holds(clock_stamps_of(cases, id, &clock.watched)) {
            return false;
        }
        row.as_ref().is_none_or(|row| {
            let mut stamps = stamps_of(cases, id, &row.watched);
            for (tenant, sar) in &row.approvals {
                add_approval(&mut stamps, self.workspace, tenant, sar);
            }
            row.seal.holds(stamps.done())
        })
    }

    /// What was collected at a tenant under its approvals.
    fn collected(&self, id: &Id, found: &mut Found, work: &mut Work, renewed: &mut usize) {
        let stamps = |watched: &Names| match self.tenants.as_deref() {
            Some(tenants) => collected_stamps_of(tenants, id.as_str(), watched),
            None => Stamps::UNKNOWN,
        };
        let collected = &mut found.block.clocks.collected;
        if collected.seal.holds(stamps(&collected.watched)) {
            work.kept += 1;
            let stores = collected.stores.iter().filter_map(|(sar, stores)| {
                Some((Id::new(sar.as_str()).ok()?, stores.clone().into()))
            });
            found.collected = stores.collect();
            return;
        }
        self.begin();
        work.read += 1;
        match read::collected(self.workspace, id, &stamps) {
            Err(error) => self.fail(error),
            Ok(read) => {
                let stores: Option<Vec<_>> = read
                    .stores
                    .iter()
                    .map(|(sar, stores)| Some((sar.to_string(), StoredStores::of(stores)?)))
                    .collect();
                let seal = self.seal(read.stamps, read.quiet && stores.is_some());
                *renewed += usize::from(seal.settled);
                let (watched, stores) = (read.watched, stores.unwrap_or_default());
                *collected = Collected { seal, watched, stores };
                found.collected = read.stores;
            }
        }
    }

    fn requests(&self, id: &Id, block: &mut Clocks, work: &mut Work, renewed: &mut usize) {
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
                // What lies beside the record counts too.
                let mut stamps = Gatherer::new();
                let dir = format!("dsr/{}", dsr.id);
                stamps.add(&self.stat(id, &dir));
                stamps.add(&self.stat(id, &format!("{dir}/request.toml")));
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

    fn audit(&self, id: &Id, block: &mut Rest, work: &mut Work, renewed: &mut usize) {
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
