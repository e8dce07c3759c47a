//! The state of the workspace: counts, what is due, what expires soon, what is wrong.

use super::access;
use super::case::{self, CaseFilter, CaseLine, Due};
use super::{Context, dates};
use crate::error::Result;
use crate::model::{DsrState, Time};
use crate::policy::access::SarState;
use crate::policy::clock;
use crate::workspace::Problem;
use crate::workspace::index::{Freshness, Look, Neighbours, Parts, Surveyed};
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
    Ok(landing(context, Freshness::Checked)?.1)
}

/// The list of cases with the counts and dates over everything, in one go.
///
/// # Errors
/// The workspace cannot be read.
pub fn landing(context: &Context, freshness: Freshness) -> Result<(Vec<CaseLine>, Status)> {
    let soon = context.now + TimeDelta::days(SOON_DAYS);
    let look = Look { parts: Parts::Everything, freshness, tenant: None };
    let common = case::Common::of(context);
    let part = |mut seen: Surveyed, others: &Neighbours<'_>| {
        Part::of(context, &common, &mut seen, others, soon)
    };
    let (found, problems, _) = context.workspace.survey(look, &|_| true, &part)?;
    let mut total = Part { problems, ..Part::default() };
    for part in found {
        total.add(part?);
    }
    let Part { mut lines, mut due, mut problems, .. } = total;
    case::sort(&mut lines);
    due.sort_by(|a, b| (a.at, &a.path).cmp(&(b.at, &b.path)));
    problems.sort();
    problems.dedup();
    let of_status = |status: &str| lines.iter().filter(|line| line.status == status).count();
    let status = Status {
        workspace: context.workspace.config().name.clone(),
        now: context.now,
        test_clock: context.workspace.config().test_clock,
        tenants: total.tenants,
        cases_open: of_status("open"),
        cases_closed: of_status("closed"),
        cases_expunged: of_status("expunged"),
        access_pending: total.access_pending,
        access_approved: total.access_approved,
        dsr_open: total.dsr_open,
        due,
        problems,
    };
    Ok((lines, status))
}

/// What one tenant adds.
#[derive(Debug, Default)]
struct Part {
    lines: Vec<CaseLine>,
    tenants: usize,
    access_pending: usize,
    access_approved: usize,
    dsr_open: usize,
    due: Vec<Due>,
    problems: Vec<Problem>,
}

impl Part {
    fn of(
        context: &Context,
        common: &case::Common<'_>,
        seen: &mut Surveyed,
        others: &Neighbours<'_>,
        soon: Time,
    ) -> Result<Self> {
        let mut part = Self::default();
        // A request may concern somebody of another tenant, so these are looked at everywhere.
        let (access, more) = access::views_of(context, &common.moments, seen, others)?;
        part.problems.extend(more);
        let all = || access.iter().flatten();
        let of_state = |state: SarState| all().filter(move |a| a.state == state.as_str());
        part.access_pending = of_state(SarState::Pending).count();
        part.access_approved = of_state(SarState::Approved).filter(|a| a.sees_approval).count();
        if !context.actor.may_see(&seen.tenant.domain) {
            return Ok(part);
        }
        part.tenants = 1;
        let (lines, more) =
            case::lines_of(context, &CaseFilter::default(), common, seen, &access, others)?;
        part.problems.extend(more);
        for line in &lines {
            part.due.extend(line.due.iter().filter(|due| due.at <= soon).cloned());
            if let Some(at) =
                line.consent_expires_at.filter(|at| line.consent == Some("active") && *at <= soon)
            {
                let path = format!("tenants/{}/cases/{}/case.toml", line.tenant, line.id);
                part.due.push(Due { what: "consent", path, at, overdue: false, held: false });
            }
        }
        part.lines = lines;
        part.problems.extend(seen.request_problems.iter().cloned());
        part.problems.extend(seen.audit_problems.iter().cloned());
        part.problems.extend(dates::of_log(context, &seen.tenant.domain)?);
        for request in &seen.requests {
            // LAW-5: what is done and not answered is still owed.
            let ended = matches!(
                request.state,
                DsrState::Closed | DsrState::Referred | DsrState::Denied | DsrState::Canceled
            );
            if ended {
                continue;
            }
            part.dsr_open += 1;
            let at = clock::end_of_day(request.due_on);
            if at <= soon {
                let (path, overdue) = (request.path.clone(), context.now > at);
                part.due.push(Due { what: "dsr", path, at, overdue, held: false });
            }
        }
        Ok(part)
    }

    fn add(&mut self, other: Self) {
        self.lines.extend(other.lines);
        self.tenants += other.tenants;
        self.access_pending += other.access_pending;
        self.access_approved += other.access_approved;
        self.dsr_open += other.dsr_open;
        self.due.extend(other.due);
        self.problems.extend(other.problems);
    }
}
