//! Every file under a clock as lists show it: from the index where its files say what it says, looked
//! at one by one where there is more to say. Nothing is deleted on this: a sweep reads the sidecars.

use super::scan::{Clocked, Scan};
use crate::error::Result;
use crate::model::{Id, Store, Time};
use crate::ops::Context;
use crate::policy::retention::{Keep, RetentionClock};
use crate::policy::{diagnostics, transfer as folder_rules};
use crate::workspace::index::{DatedFile, Engagement, Look, Neighbours, Parts, Surveyed};
use crate::workspace::{CaseRef, Problem, layout};

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
    /// The tenants that have data subject requests.
    pub with_requests: Vec<Id>,
}

impl Clocks {
    /// Goes over every tenant, on all processors.
    pub(super) fn read(context: &Context) -> Result<Self> {
        let of = |seen: Surveyed, _: &Neighbours<'_>| Self::of_tenant(context, seen);
        let look = Look::at(Parts::Everything);
        let (parts, _, _) = context.workspace.survey(look, &|_| true, &of)?;
        let mut all = Self::default();
        for part in parts {
            let part = part?;
            all.files.extend(part.files);
            all.problems.extend(part.problems);
            all.with_requests.extend(part.with_requests);
        }
        let frozen = super::scan::frozen(context, &all.with_requests, &mut all.problems)?;
        for file in all.files.iter_mut().filter(|file| file.keep.is_none()) {
            file.keep = frozen.get(&file.path).cloned().map(Keep::Evidence);
        }
        Ok(all)
    }

    fn of_tenant(context: &Context, seen: Surveyed) -> Result<Self> {
        let tenant = seen.tenant.domain;
        let mut scan = Scan::without_requests(context);
        scan.problems.extend(seen.case_problems);
        let mut files = Vec::new();
        for engagement in &seen.engagements {
            let case = || CaseRef { tenant: tenant.clone(), id: engagement.id.clone() };
            match diagnostics_of(context, &tenant, engagement) {
                Some(dated) => files.extend(dated),
                None => scan.diagnostics(&tenant, &layout::store(&case(), Store::Diagnostics))?,
            }
            match transfer_of(context, &tenant, engagement) {
                Some(dated) => files.extend(dated),
                None => scan.transfer(&case())?,
            }
        }
        for sar in context.workspace.approval_ids(&tenant)? {
            scan.diagnostics(&tenant, &layout::approval_diagnostics(&tenant, &sar))?;
        }
        files.extend(scan.files.into_iter().map(OnClock::from));
        let has_requests = !(seen.requests.is_empty() && seen.request_problems.is_empty());
        let with_requests = has_requests.then_some(tenant).into_iter().collect();
        Ok(Self { files, problems: scan.problems, with_requests })
    }
}

/// The clocks of an engagement's diagnostics; `None` when there is more to say of one of them.
fn diagnostics_of(context: &Context, tenant: &Id, engagement: &Engagement) -> Option<Vec<OnClock>> {
    if !engagement.diagnostics_problems.is_empty() {
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
    engagement.diagnostics.iter().map(on_clock).collect()
}

/// The clocks of an engagement's transfer files (DTM-5), none while its case is open; `None` when
/// there is more to say.
fn transfer_of(context: &Context, tenant: &Id, engagement: &Engagement) -> Option<Vec<OnClock>> {
    if engagement.transfer.is_empty() && engagement.transfer_problems.is_empty() {
        return Some(Vec::new());
    }
    let Some(closed_at) = engagement.case.as_ref()?.closed_at else { return Some(Vec::new()) };
    if closed_at > context.now || !engagement.transfer_problems.is_empty() {
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
            case: Some(CaseRef { tenant: tenant.clone(), id: engagement.id.clone() }),
        })
    };
    engagement.transfer.iter().map(on_clock).collect()
}

/// Whether all there is to know of a file is its date.
fn is_plain(file: &DatedFile) -> bool {
    file.registered && !file.held
}
