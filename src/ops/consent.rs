//! Consent: what it is now and why, and the customer's answers.

use super::{Context, Matter};
use crate::error::{Error, Result};
use crate::model::{Activity, Answer, Case, ConsentEntry, Regime, Time};
use crate::policy::consent::{self as rules, ConsentState, ConsentStatus};
use crate::policy::{Refusal, clock};
use crate::text;
use crate::workspace::{CaseRef, Commit};
use serde::Serialize;

/// The consent of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentView {
    pub state: &'static str,
    pub regime: Regime,
    pub since: Option<Time>,
    pub expires_at: Option<Time>,
    pub needs_reprompt: bool,
    pub why: String,
    /// The window of the m365 regime, in days.
    pub window_days: Option<u32>,
    pub history: Vec<ConsentEntry>,
}

/// The consent of a case now.
///
/// # Errors
/// The case is unknown or not valid.
pub fn show(context: &Context, named: &str) -> Result<(CaseRef, ConsentView)> {
    let case_ref = context.workspace.find_case(named)?;
    let case = context.workspace.case(&case_ref)?.value;
    let view = view_of(context, &case_ref, &case)?;
    Ok((case_ref, view))
}

pub(super) fn view_of(context: &Context, case_ref: &CaseRef, case: &Case) -> Result<ConsentView> {
    let context = &context.not_before(&[&case_ref.tenant])?;
    let status = Window::of(context, case_ref, case)?.status(context, case);
    Ok(view_in(context, case, status))
}

fn view_in(context: &Context, case: &Case, status: ConsentStatus) -> ConsentView {
    let settings = &context.workspace.config().policy;
    ConsentView {
        state: status.state.as_str(),
        regime: status.regime,
        since: status.since,
        expires_at: status.expires_at,
        needs_reprompt: status.needs_reprompt,
        why: status.why,
        window_days: (status.regime == Regime::M365).then_some(settings.consent_days),
        history: case.consent.clone(),
    }
}

/// What the consent of a tenant's case depends on beside the case.
struct Window {
    regime: Regime,
    /// The other cases of the tenant.
    others: Vec<Case>,
}

impl Window {
    fn of(context: &Context, case_ref: &CaseRef, case: &Case) -> Result<Self> {
        let regime = context.workspace.tenant(&case_ref.tenant)?.value.regime;
        // Under the azure regime a consent is of its case alone.
        let mut others = match regime {
            Regime::Azure => Vec::new(),
            Regime::M365 => context.workspace.case_outlines(&case_ref.tenant)?,
        };
        others.retain(|other| other.id != case.id);
        Ok(Self { regime, others })
    }

    fn status(&self, context: &Context, case: &Case) -> ConsentStatus {
        let settings = &context.workspace.config().policy;
        let cases = self.others.iter().chain([case]);
        let end = rules::tenant_window_end(settings, cases, context.now);
        rules::status_in_window(settings, self.regime, case, end, context.now)
    }
}

/// The cases of the tenant, as CONS-6 looks at them.
pub(super) fn tenant_cases(
    context: &Context,
    case_ref: &CaseRef,
    case: &Case,
) -> Result<Vec<Case>> {
    let mut cases = context.workspace.case_outlines(&case_ref.tenant)?;
    // The caller's record is the newest word on its own case.
    match cases.iter_mut().find(|other| other.id == case.id) {
        Some(own) => *own = case.clone(),
        None => cases.push(case.clone()),
    }
    Ok(cases)
}

/// Records the customer's answer. `by` is who gave it: the acting customer, or the case's contact
/// on whose word an engineer records it.
///
/// # Errors
/// The case is closed (CASE-6), or there is nothing to revoke (CONS-1).
pub fn answer(
    context: &Context,
    named: &str,
    yes: bool,
    kind: Option<&str>,
    by: Option<&str>,
) -> Result<(CaseRef, ConsentView)> {
    context.require_writable()?;
    let case_ref = context.workspace.find_case(named)?;
    let context = &context.not_before(&[&case_ref.tenant])?;
    let loaded = context.workspace.case(&case_ref)?;
    let matter = Matter::case(&case_ref);
    let kind = kind.map_or(Ok(ConsentEntry::ADVANCED), known_kind)?;
    let last = loaded.value.consent.iter().rev().find(|entry| entry.kind == kind);
    let (answer, activity) = match (yes, last.map(|entry| entry.answer)) {
        (true, _) => (Answer::Yes, Activity::ConsentGranted),
        (false, None) => (Answer::No, Activity::ConsentDeclined),
        (false, Some(_)) => (Answer::Revoked, Activity::ConsentRevoked),
    };
    let customer = context.actor.belongs_to(&case_ref.tenant);
    let permitted = if customer {
        Ok(())
    } else {
        context.actor.require_engineer("CONS-1", "record the customer's answer")
    };
    let nothing_to_revoke = match (yes, last.map(|entry| entry.answer)) {
        (false, Some(Answer::No | Answer::Revoked)) => Err(Refusal::new(
            "CONS-1",
            format!("case {}: there is no consent to revoke", case_ref.id),
        )),
        _ => Ok(()),
    };
    permitted
        .and_then(|()| rules::may_answer(&loaded.value))
        .and(nothing_to_revoke)
        .map_err(|refusal| context.refused(refusal, &case_ref.tenant, activity, &matter))?;
    let by = match by {
        Some(by) => by.to_owned(),
        None if customer => context.actor.principal.clone(),
        None => loaded
            .value
            .contacts
            .first()
            .map_or_else(|| context.actor.principal.clone(), |contact| contact.upn.clone()),
    };
    let window = Window::of(context, &case_ref, &loaded.value)?;
    let before = window.status(context, &loaded.value);
    let mut changed = loaded.value.clone();
    let entry = ConsentEntry { answer, at: context.now, by, kind: kind.to_owned() };
    changed.consent.push(entry);
    let after = window.status(context, &changed);
    let event = context.event(activity, &matter).detail("kind", kind).change(
        "state",
        before.state.as_str(),
        after.state.as_str(),
    );
    let mut commit = Commit::new();
    commit.update(&loaded, changed.clone());
    commit.audit(&case_ref.tenant, event.build());
    super::partner::events(context, &mut commit, &case_ref.tenant, &[&changed])?;
    context.commit(commit)?;
    let view = view_in(context, &changed, after);
    Ok((case_ref, view))
}

/// The kind of consent that a word names; an unknown one would be recorded and never asked for.
fn known_kind(word: &str) -> Result<&'static str> {
    const KINDS: [&str; 2] = [ConsentEntry::ADVANCED, ConsentEntry::MEMORY_DUMP];
    let named = word.replace('-', "_");
    KINDS.into_iter().find(|kind| *kind == named).ok_or_else(|| Error::Usage {
        message: format!("there is no consent called `{}`", text::safe(word)),
        hint: Some(format!("one of: {}", KINDS.join(", "))),
    })
}

/// The state with its time left, in words: `active, 2 days left`.
#[must_use]
pub fn in_words(state: &str, expires_at: Option<Time>, now: Time) -> String {
    match expires_at {
        Some(end) if state == ConsentState::Active.as_str() && end > now => {
            format!("{state}, {} left", clock::in_words(end - now))
        }
        _ => state.to_owned(),
    }
}
