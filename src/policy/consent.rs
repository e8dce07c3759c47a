//! Consent to advanced diagnostics, derived from the case's history of answers (CONS-1 … CONS-9).

use super::Refusal;
use super::clock;
use crate::model::{Answer, Case, CaseStatus, ConsentEntry, PolicySettings, Regime, Time};

/// The effective state; never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentState {
    Unset,
    Active,
    Declined,
    Revoked,
    /// m365 only: the tenant's window is over (CONS-5, CONS-6).
    Expired,
    /// The case was closed, which ends consent for it (CONS-7).
    Ended,
}

impl ConsentState {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Active => "active",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Ended => "ended",
        }
    }
}

/// Consent of one case at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentStatus {
    pub state: ConsentState,
    pub regime: Regime,
    /// When the state began, where it began with an answer or a closing.
    pub since: Option<Time>,
    /// m365: when the tenant's window ends, or ended. Azure has no end but the closing.
    pub expires_at: Option<Time>,
    /// The customer has to be asked again before anything can be collected.
    pub needs_reprompt: bool,
    /// The state in one sentence.
    pub why: String,
}

/// The answer that counts at `at`: the newest one of `kind` given since the last closing.
fn answer_at<'a>(case: &'a Case, kind: &str, at: Time) -> Option<&'a ConsentEntry> {
    let past = || case.closures.iter().filter(|closure| closure.closed_at <= at);
    let last_closing = case.closings().filter(|closed| *closed <= at).max();
    let ended = past().filter_map(|closure| closure.answers).max();
    case.consent
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.kind == kind && entry.at <= at)
        // Within the second of the closing the order of the history decides, where it is recorded.
        .filter(|(index, entry)| {
            last_closing.is_none_or(|closed| match ended {
                Some(ended) => *index >= ended && entry.at >= closed,
                None => entry.at > closed,
            })
        })
        .map(|(_, entry)| entry)
        .max_by_key(|entry| entry.at)
}

/// CONS-8: from when on a tenant's window lasts because of this case: of an open one whose answer is
/// Yes, the later of creation and answer.
#[must_use]
pub fn window_start(case: &Case, at: Time) -> Option<Time> {
    let answer = answer_at(case, ConsentEntry::ADVANCED, at).filter(|_| case.was_open_at(at))?;
    (answer.answer == Answer::Yes).then(|| answer.at.max(case.opened_at))
}

/// CONS-8: the end of a tenant's window at `at`: over its open cases whose answer is Yes, the
/// latest of creation and answer, plus `consent_days`. `None` when no open case says Yes.
#[must_use]
pub fn tenant_window_end<'a>(
    settings: &PolicySettings,
    cases: impl IntoIterator<Item = &'a Case>,
    at: Time,
) -> Option<Time> {
    cases
        .into_iter()
        .filter_map(|case| window_start(case, at))
        .max()
        .map(|start| clock::end_of(start, settings.consent_days))
}

/// What a change of a tenant's cases does to its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowChange {
    /// The window had ended by itself before, at this moment.
    pub lapsed_at: Option<Time>,
    pub begins: bool,
    pub ends: bool,
}

/// CONS-11: whether the tenant's window begins or ends at `now`, when its cases change.
#[must_use]
pub fn window_change(
    settings: &PolicySettings,
    before: &[Case],
    after: &[Case],
    now: Time,
) -> WindowChange {
    let before = tenant_window_end(settings, before, now);
    let after = tenant_window_end(settings, after, now);
    let (was, is) = (before.is_some_and(|end| now < end), after.is_some_and(|end| now < end));
    WindowChange {
        lapsed_at: before.filter(|end| *end <= now),
        begins: !was && is,
        ends: was && !is,
    }
}

/// The consent of `case` at `at`. `tenant_cases` are the cases of the same tenant, this one among
/// them; the azure regime does not look at the others.
#[must_use]
pub fn status(
    settings: &PolicySettings,
    regime: Regime,
    case: &Case,
    tenant_cases: &[Case],
    at: Time,
) -> ConsentStatus {
    status_in_window(settings, regime, case, tenant_window_end(settings, tenant_cases, at), at)
}

/// As [`status`], with the tenant's window known: it is one for all of its cases.
#[must_use]
pub fn status_in_window(
    settings: &PolicySettings,
    regime: Regime,
    case: &Case,
    window_end: Option<Time>,
    at: Time,
) -> ConsentStatus {
    let status = |state, since, expires_at, needs_reprompt, why: &str| ConsentStatus {
        state,
        regime,
        since,
        expires_at,
        needs_reprompt,
        why: why.to_owned(),
    };
    let ever = case.consent.iter().any(|e| e.kind == ConsentEntry::ADVANCED && e.at <= at);
    let last_closing = case.closings().filter(|closed| *closed <= at).max();
    if !case.was_open_at(at) {
        let why = "the case is closed, which ended the consent";
        return status(ConsentState::Ended, last_closing, None, false, why);
    }
    let Some(answer) = answer_at(case, ConsentEntry::ADVANCED, at) else {
        return if ever && last_closing.is_some() {
            let why = "closing the case ended the consent, and reopening does not restore it";
            status(ConsentState::Ended, last_closing, None, true, why)
        } else {
            status(ConsentState::Unset, None, None, true, "the customer has not answered yet")
        };
    };
    match answer.answer {
        Answer::No => {
            let why = "the customer declined; ask the customer to collect and send the data";
            status(ConsentState::Declined, Some(answer.at), None, false, why)
        }
        Answer::Revoked => {
            let why = "the customer revoked the consent";
            status(ConsentState::Revoked, Some(answer.at), None, false, why)
        }
        Answer::Yes => match regime {
            Regime::Azure => {
                let why = "the customer agreed; it lasts until the case is closed";
                status(ConsentState::Active, Some(answer.at), None, false, why)
            }
            Regime::M365 => {
                let own = clock::end_of(answer.at.max(case.opened_at), settings.consent_days);
                let end = window_end.map_or(own, |e| e.max(own));
                if at < end {
                    let why = "the customer agreed; it lasts until the tenant's window ends";
                    status(ConsentState::Active, Some(answer.at), Some(end), false, why)
                } else {
                    let why = "the tenant's window is over; the customer has to be asked again";
                    status(ConsentState::Expired, Some(end), Some(end), true, why)
                }
            }
        },
    }
}

/// Whether a secondary consent such as `memory_dump` is in force at `at` (CONS-9).
#[must_use]
pub fn secondary_in_force(case: &Case, kind: &str, at: Time) -> bool {
    case.was_open_at(at)
        && answer_at(case, kind, at).is_some_and(|entry| entry.answer == Answer::Yes)
}

/// Whether a new answer may be recorded: consent belongs to open cases (CASE-6, CONS-7).
///
/// # Errors
/// The case is closed.
pub fn may_answer(case: &Case) -> Result<(), Refusal> {
    if case.status == CaseStatus::Closed {
        return Err(Refusal::new(
            "CASE-6",
            format!("case {} is closed and takes no consent", case.id),
        )
        .hint(format!("`caseward case reopen {}` first", case.id)));
    }
    Ok(())
}

/// The refusal of a collection under a consent that is not active (CONS-2, CONS-5, CONS-7).
#[must_use]
pub fn refusal(status: &ConsentStatus, case: &Case) -> Refusal {
    let (rule, message, hint) = match status.state {
        ConsentState::Unset | ConsentState::Active => (
            "CONS-1",
            "the customer has not said whether advanced diagnostics may be collected",
            format!("record the answer: `caseward consent grant {}`", case.id),
        ),
        ConsentState::Declined => (
            "CONS-2",
            "the customer declined the collection of advanced diagnostics; resolution may be slower",
            "ask the customer to collect the data and to send it through the transfer folder"
                .to_owned(),
        ),
        ConsentState::Revoked => (
            "CONS-1",
            "the customer revoked the consent to advanced diagnostics",
            format!("ask again; a new Yes is recorded with `caseward consent grant {}`", case.id),
        ),
        ConsentState::Expired => (
            "CONS-5",
            "the consent expired with the tenant's window",
            format!("ask the customer again: `caseward consent grant {}`", case.id),
        ),
        ConsentState::Ended => (
            "CONS-7",
            "the consent ended when the case was closed",
            "a reopened case needs a new answer of the customer".to_owned(),
        ),
    };
    Refusal::new(rule, format!("case {}: {message}", case.id)).hint(hint)
}
