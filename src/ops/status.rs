//! The state of the workspace: counts, what is due, what expires soon, what is wrong.

use super::access::{self, AccessFilter};
use super::case::{self, CaseFilter, Due};
use super::{Context, dates};
use crate::error::Result;
use crate::model::{DsrState, Time};
use crate::policy::access::SarState;
use crate::policy::clock;
use crate::workspace::Problem;
use chrono::TimeDelta;
use serde::Serialize;

/// What lies ahead within this many days is "soon".
pub const SOON_DAYS: i64 = 7;

/// The whole workspace in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub workspace: String,
    pub now: Time,
    pub test_clock: bool,
    pub tenants: usize,
    pub cases_open: usize,
    pub cases_closed: usize,
    pub cases_expunged: usize,
    pub access_pending: usize,
    pub access_approved: usize,
    pub dsr_open: usize,
    /// What is due within a week or overdue, soonest first.
    pub due: Vec<Due>,
    pub problems: Vec<Problem>,
}

/// Counts and dates over everything.
///
/// # Errors
/// The workspace cannot be read.
pub fn status(context: &Context) -> Result<Status> {
    let soon = context.now + TimeDelta::days(SOON_DAYS);
    let (mut tenants, mut problems) = context.workspace.tenants()?;
    tenants.retain(|tenant| context.actor.may_see(&tenant.value.domain));
    let (cases, more) = case::list(context, &CaseFilter::default())?;
    problems.extend(more);
    let (access, more) = access::list(context, AccessFilter::All, None)?;
    problems.extend(more);
    let mut due: Vec<Due> = Vec::new();
    for line in &cases {
        due.extend(line.due.iter().filter(|due| due.at <= soon).cloned());
        if let Some(at) =
            line.consent_expires_at.filter(|at| line.consent == Some("active") && *at <= soon)
        {
            let path = format!("tenants/{}/cases/{}/case.toml", line.tenant, line.id);
            due.push(Due { what: "consent", path, at, overdue: false, held: false });
        }
    }
    let mut dsr_open = 0;
    for tenant in &tenants {
        let (requests, more) = context.workspace.dsrs(&tenant.value.domain)?;
        problems.extend(more);
        for request in requests {
            let ended = matches!(
                request.value.state,
                DsrState::Closed
                    | DsrState::Referred
                    | DsrState::Denied
                    | DsrState::Canceled
                    | DsrState::Attested
                    | DsrState::Fulfilled
            );
            if ended {
                continue;
            }
            dsr_open += 1;
            let day = request.value.extended_to.unwrap_or(request.value.due_on);
            let at = clock::end_of_day(day);
            if at <= soon {
                let path = request.path.display();
                due.push(Due { what: "dsr", path, at, overdue: context.now > at, held: false });
            }
        }
        let (_, more) = context.workspace.audit(&tenant.value.domain)?;
        problems.extend(more);
        problems.extend(dates::of_log(context, &tenant.value.domain)?);
    }
    due.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    problems.sort();
    problems.dedup();
    let of_status = |status: &str| cases.iter().filter(|line| line.status == status).count();
    let of_state = |state: SarState| access.iter().filter(move |a| a.state == state.as_str());
    Ok(Status {
        workspace: context.workspace.config().name.clone(),
        now: context.now,
        test_clock: context.workspace.config().test_clock,
        tenants: tenants.len(),
        cases_open: of_status("open"),
        cases_closed: of_status("closed"),
        cases_expunged: of_status("expunged"),
        access_pending: of_state(SarState::Pending).count(),
        access_approved: of_state(SarState::Approved).filter(|a| a.sees_approval).count(),
        dsr_open,
        due,
        problems,
    })
}
