//! The steps of a request: which it takes after its type, which comes next, and its legal clocks in
//! words.

use super::words;
use crate::model::{DsrState, DsrType, Time};
use crate::ops::dsr::{RequestAllowed, RequestView};
use crate::tui::actions::ActionId;
use crate::tui::theme::Role;
use crate::tui::widgets::details::Details;

/// The steps of a request, in order.
#[must_use]
pub fn steps(kind: DsrType) -> &'static [&'static str] {
    match kind {
        DsrType::Delete | DsrType::Rectify => {
            &["received", "discovery", "review", "plan", "approval", "deletion", "report"]
        }
        DsrType::Access | DsrType::Export => {
            &["received", "discovery", "review", "export", "answer"]
        }
        DsrType::Restrict => &["received", "discovery", "review", "restriction", "answer"],
    }
}

/// The step that comes next: its place, and the action that takes it.
#[must_use]
pub fn next(data: &RequestAllowed) -> Option<(usize, ActionId)> {
    let request = &data.request;
    let nothing = data.undecided.is_empty() && data.close.is_ok();
    Some(match (request.state, request.kind) {
        (DsrState::Received | DsrState::IdentifiersNeeded, _) => (0, ActionId::RequestIdentify),
        (DsrState::Discovering, _) => (1, ActionId::RequestDiscover),
        (DsrState::Held, _) => (1, ActionId::RequestResume),
        (DsrState::Review, _) if !data.undecided.is_empty() => (2, ActionId::RequestReview),
        (DsrState::Review, _) if nothing => (3, ActionId::RequestClose),
        (DsrState::Review, DsrType::Access | DsrType::Export) => (3, ActionId::RequestExport),
        (DsrState::Review, DsrType::Restrict) => (3, ActionId::RequestRestrict),
        (DsrState::Review, _) => (3, ActionId::RequestPlan),
        (DsrState::Planned, _) => (4, ActionId::RequestApprove),
        (DsrState::Approved | DsrState::Executing | DsrState::Verifying, _) => {
            (5, ActionId::RequestExecute)
        }
        (DsrState::Fulfilled, _) if request.executions.is_empty() => (4, ActionId::RequestClose),
        (DsrState::Fulfilled, _) => (6, ActionId::RequestReport),
        (DsrState::Attested, _) => (7, ActionId::RequestClose),
        (DsrState::Closed, _) if !request.executions.is_empty() => (7, ActionId::RequestReceipt),
        _ => return None,
    })
}

/// What an action does, after "to" in a sentence.
#[must_use]
pub fn what(id: ActionId) -> &'static str {
    match id {
        ActionId::RequestIdentify => "record the identifiers that the customer sends",
        ActionId::RequestDiscover => "search for the identifiers",
        ActionId::RequestResume => "take it up again",
        ActionId::RequestReview => "look at the findings that a person has to decide on",
        ActionId::RequestPlan => "make the plan: the preview of what would be deleted",
        ActionId::RequestExport => "give out what was found",
        ActionId::RequestRestrict => "close the engagements and keep them closed",
        ActionId::RequestApprove => "approve the plan as the second person",
        ActionId::RequestExecute => "delete what the approved plan lists",
        ActionId::RequestReport => "write the report for the customer",
        ActionId::RequestClose => "close it, once its answer is sent",
        _ => "see the receipt",
    }
}

/// The legal clocks, and how it was answered.
pub fn clocks(lines: &mut Details, request: &RequestView, now: Time) {
    let law = request.regulation.as_str().to_uppercase();
    let day = request.extended_to.unwrap_or(request.due_on);
    let over = request.answer.is_some() || crate::policy::answer::is_over(request.state);
    let (role, due) = if over || request.state == DsrState::Attested {
        (Role::Dim, format!("{day} ({law})"))
    } else if request.overdue {
        (Role::Bad, format!("{day} ({law}), overdue"))
    } else {
        (Role::Text, format!("{day} ({law}), {}", words::relative(request.due_at, now)))
    };
    lines.field("Answer by", role, due);
    match (request.confirm_by, request.confirmed_at) {
        (_, Some(at)) => lines.field("Confirmed", Role::Text, words::moment(at, now)),
        (Some(day), None) if request.confirm_overdue => {
            lines.field("Confirm by", Role::Bad, format!("{day}, overdue"))
        }
        (Some(day), None) => lines.field("Confirm by", Role::Text, day.to_string()),
        (None, None) => lines,
    };
    if let Some(extension) = &request.extension {
        let ground = words::spaced(extension.ground.as_str());
        lines.field("Extended", Role::Text, format!("{ground}: {}", extension.reason));
    }
    if let Some(answer) = &request.answer {
        let late = if answer.late { ", late" } else { "" };
        let nature = words::spaced(answer.nature.as_str());
        let said = format!("{nature}{late}, {}", words::moment(answer.at, now));
        lines.field("Answered", if answer.late { Role::Bad } else { Role::Good }, said);
        for line in [&answer.basis_of_denial, &answer.complaint_route].into_iter().flatten() {
            lines.field("", Role::Text, line);
        }
    }
    if let Some(swap) = request.contact_swap {
        let role = if swap == "contact_swapped" { Role::Good } else { Role::Warn };
        lines.field("Contact", role, words::spaced(swap));
    }
    for link in &request.links {
        let kind = match link.kind {
            crate::model::LinkKind::Split => "the other part of a mixed request",
            crate::model::LinkKind::Duplicate => "names the same identifiers",
        };
        lines.field("See also", Role::Text, format!("{}: {kind}", link.dsr));
    }
}
