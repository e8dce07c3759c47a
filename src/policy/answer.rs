//! The legal clocks of a request and its end: more time, denial, pause, close (LAW-1 … LAW-5).

use super::dsr::require_state;
use super::{Actor, Refusal, clock};
use crate::model::{
    AnswerNature, DsrState, DsrType, ExtensionGround, Finding, PolicySettings, Regulation, Request,
    Time,
};
use chrono::NaiveDate;

/// The states of a request that nobody has answered and of which nothing is deleted.
pub const UNDECIDED: &[DsrState] = &[
    DsrState::Received,
    DsrState::IdentifiersNeeded,
    DsrState::Discovering,
    DsrState::Review,
    DsrState::Planned,
    DsrState::Approved,
];

/// Whether nothing more happens to a request.
#[must_use]
pub fn is_over(state: DsrState) -> bool {
    matches!(state, DsrState::Closed | DsrState::Referred | DsrState::Denied | DsrState::Canceled)
}

/// LAW-1, LAW-2, LAW-4: the last day to answer; it rolls to a working day where the policy says so
/// and the law counts in months.
#[must_use]
pub fn due_on(settings: &PolicySettings, regulation: Regulation, received: Time) -> NaiveDate {
    rolled(settings, regulation, clock::due_on(regulation, received))
}

fn rolled(settings: &PolicySettings, regulation: Regulation, day: NaiveDate) -> NaiveDate {
    if settings.roll_to_working_day && regulation == Regulation::Gdpr {
        clock::working_day(day, &settings.holidays)
    } else {
        day
    }
}

/// The rule that a deadline of this law stands under.
#[must_use]
pub fn law(regulation: Regulation) -> &'static str {
    match regulation {
        Regulation::Gdpr => "LAW-1",
        Regulation::Ccpa => "LAW-4",
    }
}

/// DSR-15: the grounds for more time are a closed list.
///
/// # Errors
/// It is no ground, or the one that there is none: data that lies with a processor.
pub fn ground(word: &str) -> Result<ExtensionGround, Refusal> {
    word.parse().map_err(|_| {
        let known = ExtensionGround::ALL.map(ExtensionGround::as_str).join(", ");
        let message = if word.to_ascii_lowercase().contains("processor") {
            "the deadline is not extended because data lies with a processor".to_owned()
        } else {
            format!("`{}` is no ground for an extension", crate::text::safe(word))
        };
        Refusal::new("DSR-15", message).hint(format!("the grounds are: {known}"))
    })
}

/// LAW-1, LAW-4: more time is taken once, with the reasons told inside the first period. Gives the
/// new last day, which counts from receipt as the first one does.
///
/// # Errors
/// It is over, extended already, without a reason, or the first period has passed.
pub fn may_extend(
    actor: &Actor,
    request: &Request,
    settings: &PolicySettings,
    reason: &str,
    now: Time,
) -> Result<NaiveDate, Refusal> {
    let rule = law(request.regulation);
    actor.require_engineer(rule, "extend a deadline")?;
    if is_over(request.state) {
        return Err(Refusal::new(
            "DSR-1",
            format!("{} is {}: there is nothing left to answer", request.id, request.state),
        ));
    }
    if let Some(day) = request.extended_to {
        return Err(Refusal::new(
            rule,
            format!("{} was extended to {day} already, and once is all the law allows", request.id),
        ));
    }
    if now > clock::end_of_day(request.due_on) {
        return Err(Refusal::new(
            rule,
            format!(
                "the notice of an extension is due inside the first period, which ended on {}",
                request.due_on
            ),
        )
        .hint("answer it now; an extension after the fact is none"));
    }
    if reason.trim().is_empty() {
        return Err(Refusal::new(rule, "the notice of an extension gives its reasons")
            .hint("--reason \"…\": what the data subject is told"));
    }
    let day = clock::extended_due_on(request.regulation, request.received_at);
    Ok(rolled(settings, request.regulation, day))
}

/// What the data subject is told of the ways to complain, when nobody says otherwise (LAW-3).
#[must_use]
pub fn complaint_route(regulation: Regulation) -> &'static str {
    match regulation {
        Regulation::Gdpr => {
            "You may lodge a complaint with a supervisory authority and seek a judicial remedy \
             (GDPR Art. 12(4))."
        }
        Regulation::Ccpa => {
            "You may file a complaint with the California Privacy Protection Agency or the \
             Attorney General of California."
        }
    }
}

/// LAW-3: a refusal is told inside the first period with its reasons and the ways to complain. One
/// that comes later has to be recorded as late.
///
/// # Errors
/// Something was deleted already, there is no reason, or it is late and nobody says so.
pub fn may_deny(
    actor: &Actor,
    request: &Request,
    reason: &str,
    late: bool,
    now: Time,
) -> Result<(), Refusal> {
    actor.require_engineer("LAW-3", "deny a request")?;
    let mut states = UNDECIDED.to_vec();
    states.push(DsrState::Held);
    require_state(request, &states, "denied")?;
    if reason.trim().is_empty() {
        return Err(Refusal::new("LAW-3", "a denial gives its reasons")
            .hint("--reason \"…\": what the data subject is told"));
    }
    if now > clock::end_of_day(request.due_on) && !late {
        return Err(Refusal::new(
            "LAW-3",
            format!("a denial is told inside the first period, which ended on {}", request.due_on),
        )
        .hint("--late records it all the same, and that it came late"));
    }
    Ok(())
}

/// A request is put aside and taken up again; its clock goes on (LAW-4).
///
/// # Errors
/// It is not in a state for it, or there is no reason.
pub fn may_hold(actor: &Actor, request: &Request, reason: &str) -> Result<(), Refusal> {
    actor.require_engineer("DSR-1", "put a request aside")?;
    require_state(request, UNDECIDED, "put aside")?;
    if reason.trim().is_empty() {
        return Err(
            Refusal::new("DSR-1", "a request is put aside for a reason").hint("--reason \"…\"")
        );
    }
    Ok(())
}

/// Takes a held request up again, in the state that its records allow.
///
/// # Errors
/// It is not held.
pub fn may_resume(actor: &Actor, request: &Request) -> Result<DsrState, Refusal> {
    actor.require_engineer("DSR-1", "take a request up again")?;
    require_state(request, &[DsrState::Held], "taken up again")?;
    Ok(if request.identifiers.is_empty() {
        DsrState::IdentifiersNeeded
    } else if request.discovery.is_some() {
        DsrState::Review
    } else {
        DsrState::Discovering
    })
}

/// LAW-4: that a request was received is confirmed once.
///
/// # Errors
/// The law asks for none, it is over, or it was confirmed before.
pub fn may_confirm(actor: &Actor, request: &Request) -> Result<(), Refusal> {
    actor.require_engineer("LAW-4", "confirm receipt")?;
    if request.regulation != Regulation::Ccpa {
        return Err(Refusal::new(
            "LAW-4",
            format!("{} comes under the {}, which asks for no confirmation", request.id, "GDPR"),
        ));
    }
    if let Some(at) = request.confirmed_at {
        let day = at.date_naive();
        return Err(Refusal::new("LAW-4", format!("{} was confirmed on {day}", request.id)));
    }
    Ok(())
}

/// What the answer to a request is when it is closed now: how much of what was asked for was done.
///
/// # Errors
/// Something is still to be done, or it is answered.
pub fn may_close(
    actor: &Actor,
    request: &Request,
    included: &[&Finding],
    kept: usize,
) -> Result<AnswerNature, Refusal> {
    actor.require_engineer("LAW-5", "close a request")?;
    if request.answer.is_some() {
        return Err(Refusal::new("LAW-5", format!("{} is answered already", request.id)));
    }
    let complete = request.discovery.as_ref().is_none_or(|discovery| discovery.complete);
    match request.state {
        DsrState::Referred => Ok(AnswerNature::Referred),
        DsrState::Fulfilled | DsrState::Attested if kept > 0 || !complete => {
            Ok(AnswerNature::PartlyFulfilled)
        }
        DsrState::Fulfilled | DsrState::Attested => Ok(AnswerNature::Fulfilled),
        DsrState::Review if included.is_empty() && complete => Ok(AnswerNature::NothingFound),
        DsrState::Review if included.is_empty() => Ok(AnswerNature::PartlyFulfilled),
        _ => {
            let next = match (request.state, request.kind) {
                (DsrState::Review, DsrType::Access | DsrType::Export) => "`caseward dsr export`",
                (DsrState::Review, DsrType::Restrict) => "`caseward dsr restrict`",
                (DsrState::Review, _) => "`caseward dsr plan`",
                _ => "see `caseward dsr show`",
            };
            Err(Refusal::new(
                "LAW-5",
                format!(
                    "{} is {}: it is closed once its answer is sent",
                    request.id, request.state
                ),
            )
            .hint(format!("what was found is still to be dealt with: {next}")))
        }
    }
}
