//! A case as the index keeps it.

use super::{place, time, whole, word};
use crate::model::{
    Answer, Case, CaseStatus, Closure, ConsentEntry, FORMAT, Id, Portal, Restriction, Severity,
    Time, TransferLink,
};
use crate::policy::consent;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::workspace::index) struct CaseRow {
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

impl CaseRow {
    /// `None` when the row could not give the same case back.
    pub(in crate::workspace::index) fn of(case: &Case) -> Option<Self> {
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
    pub(in crate::workspace::index) fn opened_at(&self) -> i64 {
        self.opened_at
    }

    /// From when on its tenant's window lasts because of this case, as far as answers go by now.
    pub(in crate::workspace::index) fn window_start(&self) -> Option<Time> {
        if self.consent.is_empty() {
            return None;
        }
        consent::window_start(&self.clone().into_case()?, Time::MAX_UTC)
    }

    pub(super) fn into_case(self) -> Option<Case> {
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
pub(in crate::workspace::index) fn outline(mut case: Case) -> Case {
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
