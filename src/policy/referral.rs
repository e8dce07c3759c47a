//! Routes: whose request it is decides where it goes, and what the engineer tells whom (DSR-3).

use super::{Actor, Refusal};
use crate::model::{Channel, DecisionKind, DsrState, Request, Requester, Route};

/// DSR-3: where a request goes, and the state it starts in.
#[must_use]
pub fn route(requester: Requester, identifiers: usize) -> (Route, DsrState) {
    match requester {
        Requester::Contact => (Route::PrivacyResponseCenter, DsrState::Referred),
        Requester::EndUser => (Route::ReferToCustomer, DsrState::Referred),
        Requester::Consulting => (Route::EngagementManager, DsrState::Referred),
        Requester::FastTrack => (Route::FastTrackInbox, DsrState::Referred),
        Requester::Customer if identifiers == 0 => (Route::Assist, DsrState::IdentifiersNeeded),
        Requester::Customer => (Route::Assist, DsrState::Discovering),
    }
}

/// What the engineer does with a referred request, in one sentence.
#[must_use]
pub fn referral(route: Route) -> Option<&'static str> {
    match route {
        Route::Assist => None,
        Route::PrivacyResponseCenter => Some(
            "refer it to the privacy response centre now: contact data is the vendor's own, engagements are not touched",
        ),
        Route::ReferToCustomer => Some(
            "tell the end user to turn to the organisation that is our customer; nothing else is done",
        ),
        Route::EngagementManager => {
            Some("hand it to the engagement manager of the consulting engagement")
        }
        Route::FastTrackInbox => {
            Some("forward it to the FastTrack inbox: the migration team answers it")
        }
    }
}

/// The text to send with a referred request; it names nobody and nothing of the workspace but the
/// customer, whom the requester knows.
#[must_use]
pub fn message(route: Route, customer: &str, request: &str) -> Option<String> {
    let text = match route {
        Route::Assist => return None,
        Route::PrivacyResponseCenter => format!(
            "We have received your request about your own contact data ({request}) and passed it to \
             our privacy response centre, which answers it. If you are the contact of open support \
             cases, please name a colleague who takes your place: your details are replaced there as \
             soon as that person has confirmed. Closed cases are not changed by this request."
        ),
        Route::ReferToCustomer => format!(
            "We hold data about you only on behalf of {customer}, which decides about it. Please turn \
             to {customer} with your request; it will instruct us where that is needed. We have not \
             looked for your data, and keep only the record of your request ({request})."
        ),
        Route::EngagementManager => format!(
            "This request ({request}) concerns a consulting engagement. Please have the engagement \
             manager answer it; an attestation is given on request."
        ),
        Route::FastTrackInbox => format!(
            "This request ({request}) concerns a FastTrack migration. Please have the migration team \
             answer it."
        ),
    };
    Some(text)
}

/// DSR-4: the channel that a request comes through when nobody says.
#[must_use]
pub fn usual_channel(requester: Requester) -> Channel {
    match requester {
        Requester::EndUser => Channel::Direct,
        _ => Channel::SupportRequest,
    }
}

/// DSR-4: what a customer asks for one of its data subjects comes through the support channel.
///
/// # Errors
/// It came through the privacy response centre, or from the person.
pub fn check_channel(requester: Requester, channel: Channel) -> Result<(), Refusal> {
    if requester == Requester::Customer
        && !matches!(channel, Channel::SupportRequest | Channel::AccountManager)
    {
        return Err(Refusal::new(
            "DSR-4",
            format!("a customer's request comes through the support channel, not by {channel}"),
        )
        .hint(
            "have the customer open a support request or turn to its account manager; \
             a person's own request is --requester end-user or contact",
        ));
    }
    Ok(())
}

/// DSR-3: a contact's details in open engagements give way to a confirmed replacement.
///
/// # Errors
/// It is no contact's request, it was done before, or nobody confirmed the replacement.
pub fn may_swap_contact(
    actor: &Actor,
    request: &Request,
    confirmation: &str,
) -> Result<(), Refusal> {
    actor.require_engineer("DSR-3", "replace a contact")?;
    if request.requester != Requester::Contact {
        return Err(Refusal::new(
            "DSR-3",
            format!("{} is not a contact's request about their own data", request.id),
        ));
    }
    if is_swapped(request) {
        return Err(Refusal::new(
            "DSR-3",
            format!("the contact of {} was replaced already", request.id),
        ));
    }
    if confirmation.trim().is_empty() {
        return Err(Refusal::new(
            "DSR-3",
            "a contact is replaced once the replacement is confirmed, and nobody confirmed one",
        )
        .hint("--confirmed <reference of the replacement's own message>"));
    }
    Ok(())
}

/// Whether the contact was replaced.
#[must_use]
pub fn is_swapped(request: &Request) -> bool {
    request.decisions.iter().any(|decision| decision.what == DecisionKind::ContactSwapped)
}
