//! What the index keeps of a record, and the record that comes back from it.

use super::names::Names;
use super::stamp::Stamps;
use crate::model::{
    AccessRequest, Answer, Approval, Case, CaseStatus, Closure, ConsentEntry, DsrState, FORMAT, Id,
    Portal, Principal, Regime, Restriction, Severity, Tenant, Time, Tombstone, TransferLink,
};
use crate::policy::consent;
use crate::workspace::{Problem, ProblemKind};
use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

/// An engagement as lists need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Engagement {
    /// The name of its directory.
    pub id: Id,
    /// The case without its prose: no description, contacts, notes nor values of people's own.
    /// `None` when it was expunged or its file is not valid.
    pub case: Option<Case>,
    pub tombstone: Option<Tombstone>,
    /// The access requests, oldest first, each with its approval at the resource tenant.
    pub access: Vec<(AccessRequest, Option<Approval>)>,
    pub diagnostics: Vec<DatedFile>,
    pub transfer: Vec<DatedFile>,
    /// Of its own record.
    pub problems: Vec<Problem>,
    pub access_problems: Vec<Problem>,
    pub diagnostics_problems: Vec<Problem>,
    pub transfer_problems: Vec<Problem>,
}

/// A file under a clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedFile {
    pub name: String,
    /// Bytes of the path that are not UTF-8 are shown as U+FFFD.
    pub path: String,
    /// Whether a sidecar says what follows.
    pub registered: bool,
    #[serde(with = "seconds_or_none")]
    pub collected_at: Option<Time>,
    pub held: bool,
}

/// A data subject request as counts need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOutline {
    pub path: String,
    pub state: DsrState,
    /// The day to answer by, extensions included.
    pub due_on: NaiveDate,
}

/// Whether a row's files were quiet when it was read, and what they looked like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    pub digest: u64,
    pub settled: bool,
}

impl Seal {
    pub(super) fn holds(self, now: Stamps) -> bool {
        self.settled && now.known && self.digest == now.digest
    }
}

/// A tenant's own record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub dir: String,
    pub seal: Seal,
    pub tenant: Result<TenantRow, StoredProblem>,
}

/// What lies below a tenant.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Block {
    /// Of the directory `cases`.
    pub cases: Seal,
    /// How many engagements there are: one whose row could not be kept is missing below.
    pub listed: usize,
    pub rows: Vec<Row>,
    pub case_problems: Vec<StoredProblem>,
    /// Of the directory `dsr`.
    pub dsrs: Seal,
    pub requests: Vec<RequestRow>,
    pub request_problems: Vec<StoredProblem>,
    /// Of `audit.jsonl`, for the latest moment that it speaks of: seconds and nanoseconds.
    pub log: Seal,
    pub latest: Option<(i64, u32)>,
    /// Of `audit.jsonl`, for what is wrong with it.
    pub audit: Seal,
    pub audit_problems: Vec<StoredProblem>,
}

/// One engagement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub dir: Id,
    pub seal: Seal,
    /// What it was made of beside its directory and its record: names below the directory.
    pub watched: Names,
    /// And the approvals: resource tenant and request.
    pub approvals: Vec<(String, String)>,
    pub case: Option<CaseRow>,
    /// As JSON, like the access requests: there are few.
    pub tombstone: Option<String>,
    pub access: Vec<(String, Option<String>)>,
    pub diagnostics: Vec<DatedFile>,
    pub transfer: Vec<DatedFile>,
    pub problems: [Vec<StoredProblem>; 4],
}

/// One data subject request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RequestRow {
    pub dir: String,
    pub seal: Seal,
    /// State and day of answer in days of the common era, when its file is valid.
    pub outline: Option<(u8, i32)>,
    pub problem: Option<StoredProblem>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredProblem {
    path: String,
    kind: u8,
    why: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TenantRow {
    domain: String,
    tenant_id: String,
    customer: String,
    name: String,
    aliases: Vec<String>,
    region: Option<String>,
    regime: u8,
    principals: Vec<(String, String, Vec<String>, Option<String>)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CaseRow {
    revision: u64,
    id: Id,
    title: String,
    status: u8,
    severity: u8,
    product: String,
    portal: u8,
    opened_at: i64,
    opened_by: String,
    closed_at: Option<i64>,
    assigned_to: Option<String>,
    engineers: Vec<String>,
    consent: Vec<(u8, i64, String)>,
    closures: Vec<(i64, i64, Option<usize>)>,
    /// Whether the case may be opened again, and since when.
    restriction: Option<(bool, i64)>,
    transfer: Option<(i64, Vec<String>)>,
}

const KINDS: [ProblemKind; 4] =
    [ProblemKind::Unreadable, ProblemKind::Unregistered, ProblemKind::Limit, ProblemKind::Invalid];

impl StoredProblem {
    /// Stands for a record that is not there, which is nobody's problem.
    pub(super) fn nothing() -> Self {
        Self { path: String::new(), kind: 0, why: String::new() }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.path.is_empty()
    }
}

impl From<&Problem> for StoredProblem {
    fn from(problem: &Problem) -> Self {
        let kind = KINDS.iter().position(|kind| *kind == problem.kind).unwrap_or(0);
        Self { path: problem.path.clone(), kind: kind as u8, why: problem.why.clone() }
    }
}

impl From<StoredProblem> for Problem {
    fn from(stored: StoredProblem) -> Self {
        let kind = KINDS.get(usize::from(stored.kind)).copied().unwrap_or(ProblemKind::Unreadable);
        Self::new(stored.path, kind, stored.why)
    }
}

pub(super) fn stored(problems: &[Problem]) -> Vec<StoredProblem> {
    problems.iter().map(StoredProblem::from).collect()
}

pub(super) fn problems(stored: Vec<StoredProblem>) -> Vec<Problem> {
    stored.into_iter().map(Problem::from).collect()
}

/// The place of a word in its vocabulary.
fn place<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter().position(|known| known == value).unwrap_or(0) as u8
}

fn word<T: Copy>(all: &[T], place: u8) -> Option<T> {
    all.get(usize::from(place)).copied()
}

fn time(seconds: i64) -> Option<Time> {
    DateTime::from_timestamp(seconds, 0)
}

mod seconds_or_none {
    use crate::model::Time;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.timestamp()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Time>, D::Error> {
        Ok(Option::<i64>::deserialize(from)?.and_then(super::time))
    }
}

/// Whether a time is kept whole: records have whole seconds, but people write what they like.
fn whole(time: Time) -> bool {
    time.timestamp_subsec_nanos() == 0
}

impl From<&Tenant> for TenantRow {
    fn from(tenant: &Tenant) -> Self {
        Self {
            domain: tenant.domain.as_str().to_owned(),
            tenant_id: tenant.tenant_id.clone(),
            customer: tenant.customer.clone(),
            name: tenant.name.clone(),
            aliases: tenant.aliases.clone(),
            region: tenant.region.clone(),
            regime: place(&Regime::ALL, &tenant.regime),
            principals: tenant
                .principals
                .iter()
                .map(|p| (p.upn.clone(), p.name.clone(), p.roles.clone(), p.ssh_key.clone()))
                .collect(),
        }
    }
}

impl TenantRow {
    pub(super) fn into_tenant(self) -> Option<Tenant> {
        Some(Tenant {
            format: FORMAT,
            domain: Id::new(self.domain).ok()?,
            tenant_id: self.tenant_id,
            customer: self.customer,
            name: self.name,
            aliases: self.aliases,
            region: self.region,
            regime: word(&Regime::ALL, self.regime)?,
            principals: self
                .principals
                .into_iter()
                .map(|(upn, name, roles, ssh_key)| Principal { upn, name, roles, ssh_key })
                .collect(),
            x: None,
        })
    }
}

impl CaseRow {
    /// `None` when the row could not give the same case back.
    pub(super) fn of(case: &Case) -> Option<Self> {
        let times = [case.opened_at]
            .into_iter()
            .chain(case.closed_at)
            .chain(case.consent.iter().map(|entry| entry.at))
            .chain(case.closures.iter().flat_map(|c| [c.closed_at, c.reopened_at]))
            .chain(case.restriction.iter().map(|restriction| restriction.at))
            .chain(case.transfer.iter().map(|link| link.link_issued_at));
        let mut times = times;
        times.all(whole).then(|| Self {
            revision: case.revision,
            id: case.id.clone(),
            title: case.title.clone(),
            status: place(&CaseStatus::ALL, &case.status),
            severity: place(&Severity::ALL, &case.severity),
            product: case.product.clone(),
            portal: place(&Portal::ALL, &case.portal),
            opened_at: case.opened_at.timestamp(),
            opened_by: case.opened_by.clone(),
            closed_at: case.closed_at.map(|at| at.timestamp()),
            assigned_to: case.assigned_to.clone(),
            engineers: case.engineers.clone(),
            consent: case
                .consent
                .iter()
                .map(|e| (place(&Answer::ALL, &e.answer), e.at.timestamp(), e.kind.clone()))
                .collect(),
            closures: case
                .closures
                .iter()
                .map(|c| (c.closed_at.timestamp(), c.reopened_at.timestamp(), c.answers))
                .collect(),
            restriction: case.restriction.as_ref().map(|r| (r.no_reopen, r.at.timestamp())),
            transfer: case
                .transfer
                .as_ref()
                .map(|link| (link.link_issued_at.timestamp(), link.accounts.clone())),
        })
    }

    /// When the case was opened: seconds since the epoch.
    pub(super) fn opened_at(&self) -> i64 {
        self.opened_at
    }

    /// From when on its tenant's window lasts because of this case, as far as answers go by now.
    pub(super) fn window_start(&self) -> Option<Time> {
        if self.consent.is_empty() {
            return None;
        }
        consent::window_start(&self.clone().into_case()?, Time::MAX_UTC)
    }

    fn into_case(self) -> Option<Case> {
        let closed_at = match self.closed_at {
            Some(at) => Some(time(at)?),
            None => None,
        };
        let consent = self.consent.into_iter().map(|(answer, at, kind)| {
            let answer = word(&Answer::ALL, answer)?;
            Some(ConsentEntry { answer, at: time(at)?, by: String::new(), kind })
        });
        let closures = self.closures.into_iter().map(|(closed, reopened, answers)| {
            Some(Closure {
                closed_at: time(closed)?,
                reopened_at: time(reopened)?,
                reopened_by: String::new(),
                customer_permission: None,
                answers,
            })
        });
        let restriction = match self.restriction {
            Some((no_reopen, at)) => {
                Some(Restriction { no_reopen, at: time(at)?, by: String::new(), note: None })
            }
            None => None,
        };
        let transfer = match self.transfer {
            Some((at, accounts)) => {
                Some(TransferLink { link_issued_at: time(at)?, accounts, region: None })
            }
            None => None,
        };
        Some(Case {
            format: FORMAT,
            revision: self.revision,
            id: self.id,
            title: self.title,
            description: String::new(),
            status: word(&CaseStatus::ALL, self.status)?,
            severity: word(&Severity::ALL, self.severity)?,
            product: self.product,
            portal: word(&Portal::ALL, self.portal)?,
            opened_at: time(self.opened_at)?,
            opened_by: self.opened_by,
            closed_at,
            assigned_to: self.assigned_to,
            engineers: self.engineers,
            contacts: Vec::new(),
            consent: consent.collect::<Option<_>>()?,
            closures: closures.collect::<Option<_>>()?,
            sla: None,
            restriction,
            transfer,
            x: None,
        })
    }
}

/// A case as an index would give it back.
pub(super) fn outline(mut case: Case) -> Case {
    case.description.clear();
    case.contacts.clear();
    case.sla = None;
    case.x = None;
    if let Some(restriction) = &mut case.restriction {
        restriction.by.clear();
        restriction.note = None;
    }
    for entry in &mut case.consent {
        entry.by.clear();
    }
    for closure in &mut case.closures {
        closure.reopened_by.clear();
        closure.customer_permission = None;
    }
    if let Some(link) = &mut case.transfer {
        link.region = None;
    }
    case
}

impl Row {
    /// `None` when the row could not give the same engagement back; it is then read every time.
    pub(super) fn of(
        engagement: &Engagement,
        seal: Seal,
        watched: Names,
        approvals: Vec<(String, String)>,
    ) -> Option<Self> {
        let case = match &engagement.case {
            Some(case) => Some(CaseRow::of(case)?),
            None => None,
        };
        let tombstone = engagement.tombstone.as_ref().map(serde_json::to_string).transpose();
        let access = engagement.access.iter().map(|(request, approval)| {
            let approval = approval.as_ref().map(serde_json::to_string).transpose().ok()?;
            Some((serde_json::to_string(request).ok()?, approval))
        });
        let dated = engagement.diagnostics.iter().filter_map(|file| file.collected_at);
        let mut dated = dated;
        if !dated.all(whole) {
            return None;
        }
        Some(Self {
            dir: engagement.id.clone(),
            seal,
            watched,
            approvals,
            case,
            tombstone: tombstone.ok()?,
            access: access.collect::<Option<_>>()?,
            diagnostics: engagement.diagnostics.clone(),
            transfer: engagement.transfer.clone(),
            problems: [
                stored(&engagement.problems),
                stored(&engagement.access_problems),
                stored(&engagement.diagnostics_problems),
                stored(&engagement.transfer_problems),
            ],
        })
    }

    pub(super) fn into_engagement(self) -> Option<Engagement> {
        let case = match self.case {
            Some(row) => Some(row.into_case()?),
            None => None,
        };
        let tombstone = self.tombstone.as_deref().map(serde_json::from_str).transpose().ok()?;
        let access = self.access.iter().map(|(request, approval)| {
            let approval = approval.as_deref().map(serde_json::from_str).transpose().ok()?;
            Some((serde_json::from_str(request).ok()?, approval))
        });
        let access = access.collect::<Option<_>>()?;
        let [own, of_access, of_diagnostics, of_transfer] = self.problems;
        Some(Engagement {
            id: self.dir,
            case,
            tombstone,
            access,
            diagnostics: self.diagnostics,
            transfer: self.transfer,
            problems: problems(own),
            access_problems: problems(of_access),
            diagnostics_problems: problems(of_diagnostics),
            transfer_problems: problems(of_transfer),
        })
    }
}

impl RequestRow {
    pub(super) fn of(dir: &Id, seal: Seal, read: &Result<RequestOutline, Option<Problem>>) -> Self {
        use chrono::Datelike;
        let (outline, problem) = match read {
            Ok(outline) => {
                let place = place(&DsrState::ALL, &outline.state);
                (Some((place, outline.due_on.num_days_from_ce())), None)
            }
            Err(problem) => (None, problem.as_ref().map(StoredProblem::from)),
        };
        Self { dir: dir.as_str().to_owned(), seal, outline, problem }
    }

    /// What was read: an outline, a problem, or nothing where there is no record.
    pub(super) fn into_read(self, path: String) -> Option<Result<RequestOutline, Option<Problem>>> {
        Some(match self.outline {
            Some((state, day)) => Ok(RequestOutline {
                path,
                state: word(&DsrState::ALL, state)?,
                due_on: NaiveDate::from_num_days_from_ce_opt(day)?,
            }),
            None => Err(self.problem.map(Problem::from)),
        })
    }
}
