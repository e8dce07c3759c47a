//! The state of an access request, derived from its records, its case and the clock.

use super::super::clock;
use crate::model::{
    AccessRequest, Approval, Case, Decision, Ended, EndedState, OutcomeState, PolicySettings, Slot,
    Time,
};

/// The state of an access request; never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SarState {
    Pending,
    Approved,
    Rejected,
    Canceled,
    Expired,
    Removed,
    Completed,
}

impl SarState {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Removed => "removed",
            Self::Completed => "completed",
        }
    }

    /// How people see it (SAR-11: the status is called Completed).
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Canceled => "Canceled",
            Self::Expired => "Expired",
            Self::Removed => "Removed",
            Self::Completed => "Completed",
        }
    }
}

/// An access request at one moment, as it truly is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarStatus {
    pub state: SarState,
    /// When it came into this state.
    pub since: Time,
    /// When both sides had approved.
    pub approved_at: Option<Time>,
    /// When it ends by itself if nothing happens: pending by `pending_ttl`, approved by
    /// `max_duration`. Without these settings nothing is known beforehand.
    pub expires_at: Option<Time>,
    /// SAR-12: until when completed access stays in the approved list.
    pub listed_until: Option<Time>,
    /// It ended by a setting's clock (SAR-15, SAR-16), not by a person or a closing: nobody wrote
    /// that down when it happened.
    pub lapsed: bool,
}

/// A request with what belongs to it. `case` is `None` when the engagement was expunged.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    pub request: &'a AccessRequest,
    pub approval: Option<&'a Approval>,
    pub case: Option<&'a Case>,
}

impl Matter<'_> {
    pub(super) fn resource_slot(&self) -> Option<&Slot> {
        self.approval.and_then(|approval| approval.resource_slot.as_ref())
    }

    fn ended(&self) -> Option<&Ended> {
        self.approval.and_then(|approval| approval.ended.as_ref())
    }

    /// When both slots were filled with a Yes.
    #[must_use]
    pub fn approved_at(&self) -> Option<Time> {
        let request = self.request.request_slot.as_ref()?;
        let resource = self.resource_slot()?;
        let both =
            request.decision == Decision::Approved && resource.decision == Decision::Approved;
        both.then(|| request.at.max(resource.at))
    }

    fn first_closing_since(&self, time: Time) -> Option<Time> {
        self.case.and_then(|case| case.first_closing_since(time, self.request.after_closings))
    }

    /// The state at `now`, derived from the records (state table "Access request").
    #[must_use]
    pub fn status(&self, settings: &PolicySettings, now: Time) -> SarStatus {
        let plain = |state, since| SarStatus {
            state,
            since,
            approved_at: None,
            expires_at: None,
            listed_until: None,
            lapsed: false,
        };
        if let Some(outcome) = &self.request.outcome {
            let state = match outcome.state {
                OutcomeState::Rejected => SarState::Rejected,
                OutcomeState::Canceled => SarState::Canceled,
                OutcomeState::Expired => SarState::Expired,
            };
            return plain(state, outcome.at);
        }
        let slots = [self.request.request_slot.as_ref(), self.resource_slot()];
        if let Some(no) = slots.iter().flatten().find(|s| s.decision == Decision::Rejected) {
            return plain(SarState::Rejected, no.at);
        }
        match self.approved_at() {
            Some(approved_at) => self.status_of_approved(settings, approved_at, now),
            None => {
                // SAR-15: what nobody decides in time expires, unless the case was closed before.
                let created_at = self.request.created_at;
                let lapses = settings.pending_ttl.map(|span| clock::end_of_span(created_at, span));
                let closed = self.first_closing_since(created_at).filter(|at| *at <= now);
                match (closed, lapses) {
                    (Some(closed), lapses) if lapses.is_none_or(|at| closed <= at) => {
                        plain(SarState::Canceled, closed)
                    }
                    (_, Some(at)) if at <= now => {
                        SarStatus { lapsed: true, ..plain(SarState::Expired, at) }
                    }
                    _ if self.case.is_none() => plain(SarState::Canceled, created_at),
                    (_, expires_at) => {
                        SarStatus { expires_at, ..plain(SarState::Pending, created_at) }
                    }
                }
            }
        }
    }

    /// Access ends with the first of: removal by hand (SAR-10), the closing of the case (SAR-11),
    /// its longest duration (SAR-16).
    fn status_of_approved(
        &self,
        settings: &PolicySettings,
        approved_at: Time,
        now: Time,
    ) -> SarStatus {
        let ended = self.ended();
        let closed = self.first_closing_since(approved_at).filter(|closed| *closed <= now);
        let expires_at = settings.max_duration.map(|span| clock::end_of_span(approved_at, span));
        let over = expires_at.filter(|at| *at <= now);
        let approved = |state, since, listed_until| SarStatus {
            state,
            since,
            approved_at: Some(approved_at),
            expires_at: None,
            listed_until,
            lapsed: false,
        };
        let completed = |at| {
            let listed = clock::end_of(at, settings.approved_list_days);
            approved(SarState::Completed, at, Some(listed))
        };
        let by_itself = match (closed, over) {
            (Some(closed), over) if over.is_none_or(|over| closed <= over) => Some((closed, false)),
            (_, Some(over)) => Some((over, true)),
            (closed, None) => closed.map(|closed| (closed, false)),
        };
        match (ended, by_itself) {
            (Some(end), _)
                if end.state == EndedState::Removed
                    && by_itself.is_none_or(|(at, _)| end.at <= at) =>
            {
                approved(SarState::Removed, end.at, None)
            }
            (_, Some((at, lapsed))) => SarStatus { lapsed, ..completed(at) },
            (Some(end), None) => completed(end.at),
            (None, None) if self.case.is_none() => completed(approved_at),
            (None, None) => {
                SarStatus { expires_at, ..approved(SarState::Approved, approved_at, None) }
            }
        }
    }

    /// SAR-13: the state as the support request tenant may know it. Neither a removal by hand nor
    /// a duration that is over shows: until the case closes the request looks as if access were
    /// still there.
    #[must_use]
    pub fn status_for_request_tenant(&self, settings: &PolicySettings, now: Time) -> SarStatus {
        let unremoved = self.approval.map(|approval| Approval { ended: None, ..approval.clone() });
        let endless = PolicySettings { max_duration: None, ..settings.clone() };
        Matter { approval: unremoved.as_ref(), ..*self }.status(&endless, now)
    }

    /// Whether access was in force at `at` (SAR-8, DIAG-5): half-open, from both approvals until
    /// removal, closing, or the end of its longest duration.
    #[must_use]
    pub fn in_force_at(&self, settings: &PolicySettings, at: Time) -> bool {
        let Some(approved_at) = self.approved_at() else { return false };
        let ended = self.ended().map(|end| end.at);
        let closed = self.first_closing_since(approved_at);
        let over = settings.max_duration.map(|span| clock::end_of_span(approved_at, span));
        let open = self.case.is_some_and(|case| case.was_open_at(at));
        open && at >= approved_at && [ended, closed, over].into_iter().flatten().all(|end| at < end)
    }
}
