//! The clocks that delete: when a file is due, and what keeps it all the same (DIAG-3, DTM-5,
//! ATT-7, DEL-8, DEL-9). Windows are half-open: due at equality, never before.

use super::{Actor, Refusal, clock};
use crate::model::words::words;
use crate::model::{DecisionKind, DsrState, DsrType, Id, Meta, PolicySettings, Request, Time};
use chrono::Months;

words! {
    /// Which clock a file is under.
    "clock" RetentionClock {
        /// From collection (DIAG-3).
        Diagnostics = "diagnostics",
        /// From the closing of the case (DTM-5).
        Transfer = "transfer",
        /// From the end of a data subject request (ATT-7).
        Evidence = "evidence",
    }
}

/// Whether something that is due at `due_at` is due now. A clock that went back makes nothing due.
#[must_use]
pub fn is_due(due_at: Time, now: Time) -> bool {
    now >= due_at
}

/// Who may run a sweep: any engineer, without a second person (DEL-2).
///
/// # Errors
/// The actor is none.
pub fn may_sweep(actor: &Actor) -> Result<(), Refusal> {
    actor.require_engineer("DEL-2", "delete what is due")
}

/// The moment at which a diagnostic is due, from what its sidecar says.
///
/// # Errors
/// Why it cannot be counted, in one sentence: nothing is guessed, and nothing deleted early.
pub fn diagnostic_due_at(
    settings: &PolicySettings,
    meta: &Meta,
    now: Time,
) -> Result<Time, String> {
    let days = settings.diagnostics_days;
    let Some(collected_at) = meta.collected_at else {
        return Err(format!(
            "its sidecar has no `collected_at`, so its {days} days cannot be counted"
        ));
    };
    if collected_at > now {
        return Err(format!(
            "its `collected_at` {} lies in the future, so its {days} days cannot be counted",
            collected_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        ));
    }
    Ok(super::diagnostics::delete_after(settings, collected_at))
}

/// What keeps a file beyond its clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// DEL-8: legal holds.
    Hold(Vec<Id>),
    /// DEL-9: the evidence of a request that is not answered yet.
    Evidence(Id),
}

impl Keep {
    /// The ground, with its rule: what the retained item is said to be kept for.
    #[must_use]
    pub fn ground(&self) -> String {
        match self {
            Self::Hold(holds) => {
                let ids: Vec<&str> = holds.iter().map(Id::as_str).collect();
                format!("legal hold {} [DEL-8]", ids.join(", "))
            }
            Self::Evidence(dsr) => format!("evidence of {dsr}, which is not answered yet [DEL-9]"),
        }
    }

    /// DEL-9: the duty to delete and the duty to keep, both said, neither resolved silently.
    #[must_use]
    pub fn conflict(&self, clock: RetentionClock, settings: &PolicySettings) -> String {
        let duty = match clock {
            RetentionClock::Diagnostics => {
                format!("{} days since collection are over [DIAG-3]", settings.diagnostics_days)
            }
            RetentionClock::Transfer => format!(
                "{} days since the closing are over [DTM-5]",
                settings.transfer_days_after_close
            ),
            RetentionClock::Evidence => {
                format!("{} days since its end are over [ATT-7]", settings.evidence_days)
            }
        };
        format!("{duty}, and it is kept: {}", self.ground())
    }
}

/// DEL-9: whether a request freezes the files that its findings name. An erasure request never
/// does: it would keep what it asks to have deleted.
#[must_use]
pub fn freezes(request: &Request) -> bool {
    let evidence = matches!(request.kind, DsrType::Access | DsrType::Export | DsrType::Rectify);
    evidence && !is_answered(request.state)
}

/// Whether a request's record has forgotten whom it was about (ATT-7).
#[must_use]
pub fn is_forgotten(request: &Request) -> bool {
    request.decisions.iter().any(|decision| decision.what == DecisionKind::EvidenceErased)
        && request.identifiers.iter().all(|given| given.value.is_empty())
}

/// Whether there can be something of a request under a clock, or files that it freezes: openings of
/// its transactions, findings, and once it ended whatever lies `beside` it and what it says itself.
#[must_use]
pub fn has_clock(request: &Request, beside: bool) -> bool {
    let ended = ended_at(request).is_some();
    !request.executions.is_empty()
        || (beside && (ended || freezes(request)))
        || (ended && !is_forgotten(request))
}

/// Whether the customer has their answer.
fn is_answered(state: DsrState) -> bool {
    matches!(
        state,
        DsrState::Fulfilled
            | DsrState::Attested
            | DsrState::Closed
            | DsrState::Referred
            | DsrState::Denied
            | DsrState::Canceled
    )
}

/// When a request ended: closed, denied or canceled; a referred one ended when it was received.
#[must_use]
pub fn ended_at(request: &Request) -> Option<Time> {
    let last = |what: DecisionKind| {
        request.decisions.iter().rev().find(|decision| decision.what == what).map(|d| d.at)
    };
    match request.state {
        DsrState::Closed => last(DecisionKind::Closed),
        DsrState::Denied => last(DecisionKind::Denied),
        DsrState::Canceled => last(DecisionKind::Canceled),
        DsrState::Referred => last(DecisionKind::Received).or(Some(request.received_at)),
        _ => None,
    }
}

/// ATT-7: when the evidence of a request is erased. `None` while it has not ended.
#[must_use]
pub fn evidence_due_at(settings: &PolicySettings, request: &Request) -> Option<Time> {
    ended_at(request).map(|ended| clock::end_of(ended, settings.evidence_days))
}

/// ATT-7, LAW-5: until then at least the record of an ended request is kept; nothing here ever
/// removes it.
#[must_use]
pub fn record_kept_until(settings: &PolicySettings, ended: Time) -> Time {
    ended.checked_add_months(Months::new(settings.record_months)).unwrap_or(Time::MAX_UTC)
}
