//! Dates of records that have not come yet: a clock was wrong when they were written, or is now.

use super::Context;
use super::access::AccessView;
use crate::error::Result;
use crate::model::{Case, Id, Time};
use crate::policy::case as rules;
use crate::workspace::{CaseRef, Problem, ProblemKind, layout};

fn problem(path: String, what: &str, at: Time) -> Problem {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let why = format!(
        "{what} lies in the future ({at}): a clock was wrong when it was written, or is wrong now"
    );
    Problem::new(path, ProblemKind::Invalid, why)
}

/// What a case's record says of the future.
pub(super) fn of_case(case_ref: &CaseRef, case: &Case, now: Time) -> Vec<Problem> {
    let times = rules::future_times(case, now).into_iter();
    let path = || layout::case(case_ref).display();
    times.map(|(key, at)| problem(path(), &format!("`{key}`"), at)).collect()
}

/// What an access request says of the future, as far as the viewer sees it (SAR-13).
pub(super) fn of_access(view: &AccessView, now: Time) -> Vec<Problem> {
    let case = CaseRef { tenant: view.request_tenant.clone(), id: view.case.clone() };
    let request = layout::access_request(&case, &view.id).display();
    let approval = layout::approval(&view.resource_tenant, &view.id).display();
    let slot = |slot: &Option<super::access::SlotView>| slot.as_ref().map(|slot| slot.at);
    [
        (&request, "`created_at`", Some(view.created_at)),
        (&request, "`request_slot.at`", slot(&view.request_decision)),
        (&approval, "`resource_slot.at`", slot(&view.resource_decision)),
    ]
    .into_iter()
    .filter_map(|(path, what, at)| Some((path, what, at.filter(|at| *at > now)?)))
    .map(|(path, what, at)| problem(path.clone(), what, at))
    .collect()
}

/// Whether a tenant's log is ahead of the clock: then its newest entry is the moment that counts
/// there, and nothing that expired is in force again.
pub(super) fn of_log(context: &Context, tenant: &Id) -> Result<Option<Problem>> {
    let latest = context.workspace.latest_event(tenant)?;
    Ok(latest
        .filter(|latest| *latest > context.now)
        .map(|latest| problem(layout::audit(tenant).display(), "its newest entry", latest)))
}
