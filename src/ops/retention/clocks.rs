//! Every file under a clock as lists show it: from the index where its files say what it says, looked
//! at one by one where there is more to say. Nothing is deleted on this: a sweep reads the sidecars.

use super::requests::Requests;
use super::scan::{Clocked, Scan};
use crate::error::Result;
use crate::model::{Id, Store, Time};
use crate::ops::Context;
use crate::policy::retention::{Keep, RetentionClock};
use crate::policy::{diagnostics, transfer as folder_rules};
use crate::workspace::index::{
    Closing, DatedFile, EngagementClocks, Look, Neighbours, Parts, Stores, Surveyed,
};
use crate::workspace::{CaseRef, DsrRef, Problem, layout};

/// A file with its clock.
#[derive(Debug)]
pub(super) struct OnClock {
    /// Relative to the workspace, as people read it.
    pub path: String,
    pub clock: RetentionClock,
    pub due_at: Time,
    pub keep: Option<Keep>,
    /// The tenant that it lies at.
    pub tenant: Id,
    /// Whose transfer folder it lies in.
    pub case: Option<CaseRef>,
}

impl From<Clocked> for OnClock {
    fn from(file: Clocked) -> Self {
        let Clocked { path, clock, due_at, keep, tenant, case, .. } = file;
        Self { path: path.display(), clock, due_at, keep, tenant, case }
    }
}

/// What is under a clock in the whole workspace.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    pub files: Vec<OnClock>,
    pub problems: Vec<Problem>,
    pub requests: Requests,
}

/// What a tenant adds.
#[derive(Debug, Default)]
struct Part {
    files: Vec<OnClock>,
    problems: Vec<Problem>,
    /// Requests of which something is under a clock.
    with_clock: Vec<DsrRef>,
    others: Vec<DsrRef>,
}

impl Clocks {
    /// Goes over every tenant, on all processors.
    pub(super) fn read(context: &Context) -> Result<Self> {
        let of = |seen: Surveyed, _: &Neighbours<'_>| Part::of(context, seen);
        let look = Look::at(Parts::Clocks);
        let (parts, of_tenants, _) = context.workspace.survey(look, &|_| true, &of)?;
        // Of a tenant whose record is not valid nothing is listed, so that is said.
        let mut all = Part { problems: of_tenants, ..Part::default() };
        for part in parts {
            let part = part?;
            all.files.extend(part.files);
            all.problems.extend(part.problems);
            all.with_clock.extend(part.with_clock);
            all.others.extend(part.others);
        }
        let Part { mut files, mut problems, with_clock, others } = all;
        let mut requests = Requests::of(context, &with_clock, others);
        problems.append(&mut requests.problems);
        let frozen = requests.frozen(context)?;
        for file in files.iter_mut().filter(|file| file.keep.is_none()) {
            file.keep = frozen.get(&file.path).cloned().map(Keep::Evidence);
        }
        Ok(Self { files, problems, requests })
    }
}

impl Part {
    fn of(context: &Context, seen: Surveyed) -> Result<Self> {
        let tenant = seen.tenant.domain;
        let mut scan = Scan::without_requests(context);
        scan.problems.extend(seen.case_problems);
        scan.problems.extend(seen.request_problems);
        let mut part = Self::default();
        for engagement in &seen.clocks {
            let case = || CaseRef { tenant: tenant.clone(), id: engagement.id.clone() };
            match diagnostics_of(context, &tenant, &engagement.stores) {
                Some(dated) => part.files.extend(dated),
                None => scan.diagnostics(&tenant, &layout::store(&case(), Store::Diagnostics))?,
            }
            match transfer_of(context, &tenant, engagement) {
                Some(dated) => part.files.extend(dated),
                None => scan.transfer(&case())?,
            }
        }
        for (sar, stores) in &seen.collected {
            match diagnostics_of(context, &tenant, stores) {
                Some(dated) => part.files.extend(dated),
                None => scan.diagnostics(&tenant, &layout::approval_diagnostics(&tenant, sar))?,
            }
        }
        part.files.extend(scan.files.into_iter().map(OnClock::from));
        part.problems = scan.problems;
        for request in seen.requests {
            let dsr = DsrRef { tenant: tenant.clone(), id: request.id };
            if request.has_clock { &mut part.with_clock } else { &mut part.others }.push(dsr);
        }
        Ok(part)
    }
}

/// The clocks of diagnostics; `None` when there is more to say of one of them.
fn diagnostics_of(context: &Context, tenant: &Id, stores: &Stores) -> Option<Vec<OnClock>> {
    if !stores.diagnostics_problems.is_empty() {
        return None;
    }
    let settings = &context.workspace.config().policy;
    let on_clock = |file: &DatedFile| {
        let collected_at = file.collected_at.filter(|at| *at <= context.now)?;
        is_plain(file).then(|| OnClock {
            path: file.path.clone(),
            clock: RetentionClock::Diagnostics,
            due_at: diagnostics::delete_after(settings, collected_at),
            keep: None,
            tenant: tenant.clone(),
            case: None,
        })
    };
    stores.diagnostics.iter().map(on_clock).collect()
}

/// The clocks of an engagement's transfer files (DTM-5), none while its case is open; `None` when
/// there is more to say.
fn transfer_of(
    context: &Context,
    tenant: &Id,
    engagement: &EngagementClocks,
) -> Option<Vec<OnClock>> {
    let EngagementClocks { id, closing, stores } = engagement;
    if stores.transfer.is_empty() && stores.transfer_problems.is_empty() {
        return Some(Vec::new());
    }
    let closed_at = match *closing {
        Closing::Open => return Some(Vec::new()),
        Closing::Unknown => return None,
        Closing::At(closed_at) => closed_at,
    };
    if closed_at > context.now || !stores.transfer_problems.is_empty() {
        return None;
    }
    let due_at = folder_rules::due_after(&context.workspace.config().policy, closed_at);
    let on_clock = |file: &DatedFile| {
        is_plain(file).then(|| OnClock {
            path: file.path.clone(),
            clock: RetentionClock::Transfer,
            due_at,
            keep: None,
            tenant: tenant.clone(),
            case: Some(CaseRef { tenant: tenant.clone(), id: id.clone() }),
        })
    };
    stores.transfer.iter().map(on_clock).collect()
}

/// Whether all there is to know of a file is its date.
fn is_plain(file: &DatedFile) -> bool {
    file.registered && !file.held
}
