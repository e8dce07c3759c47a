//! Small writes, done at once, and the sentence that says what was done.

use super::app::{Done, Operation, Then};
use crate::error::{Error, Result};
use crate::model::Decision;
use crate::ops::dsr::Stepped;
use crate::ops::{Context, access, attach, case, consent, dsr, hold, transfer};
use std::path::Path;

pub(super) fn run(context: &Context, operation: Operation) -> Result<Done> {
    let mut then = Then::Stay;
    let said = match operation {
        Operation::Severity { case, severity, on_request_of } => {
            let named = case.to_string();
            case::set_severity(context, &named, severity, on_request_of.as_deref())?;
            format!("Case {} is {severity} now.", case.id)
        }
        Operation::Consent { case, yes, by, kind } => {
            let by = (!by.is_empty()).then_some(by);
            let named = case.to_string();
            let (_, view) = consent::answer(context, &named, yes, Some(&kind), by.as_deref())?;
            format!("Consent of case {} is {}: {}.", case.id, view.state, view.why)
        }
        Operation::RequestAccess { case, tenant, justification } => {
            let named = case.to_string();
            let request = access::request(context, &named, &tenant, &justification)?;
            format!("{} was requested; administrators of both tenants decide.", request.id)
        }
        Operation::Decide { sar, decision, signature } => {
            let signature = imported(signature.as_deref())?;
            let signature = signature.as_deref();
            let input = access::DecisionInput { decision, side: None, signature };
            let view = access::decide(context, sar.as_str(), input)?;
            let word = match decision {
                Decision::Approved => "approved",
                Decision::Rejected => "rejected",
            };
            format!("You {word} {sar}; it is {} now.", view.state)
        }
        Operation::RemoveAccess(sar) => {
            access::remove(context, sar.as_str())?;
            format!("Access under {sar} was removed.")
        }
        Operation::WithdrawAccess(sar) => {
            access::withdraw(context, sar.as_str())?;
            format!("{sar} was withdrawn.")
        }
        Operation::Read { case, name } => {
            let (view, bytes) = attach::view(context, &case.to_string(), &name)?;
            then = page(&view.name, &bytes)?;
            format!("{} was read; that is logged.", view.name)
        }
        Operation::ReadRecord { case, name } => {
            let (view, bytes) = case::read_record(context, &case, &name)?;
            then = page(&view.name, &bytes)?;
            format!("{} was read; that is logged.", view.name)
        }
        Operation::Assign { case, engineer } => {
            case::assign(context, &case.to_string(), &engineer)?;
            format!("Case {} is assigned to {engineer}.", case.id)
        }
        Operation::Close(case) => {
            let closed = case::close(context, &case.to_string())?;
            let ended = closed.completed.len() + closed.canceled.len();
            format!("Case {} is closed; access requests that ended with it: {ended}.", case.id)
        }
        Operation::Reopen { case, permission } => {
            case::reopen(context, &case.to_string(), permission)?;
            format!("Case {} is open again; ask for consent anew.", case.id)
        }
        Operation::Note { case, kind, internal, text } => {
            let named = case.to_string();
            let mut text = text.as_bytes();
            let noted = case::add_record(context, &named, kind, internal, &mut text, "the form")?;
            format!("{} was added.", noted.name)
        }
        Operation::Receive(new) => {
            let taken = dsr::receive(context, new)?;
            then = Then::ShowRequest(taken.id.clone());
            let referral =
                taken.referral.map_or(String::new(), |what| format!(" Referred: {what}."));
            format!("{} was taken; answer by {}.{referral}", taken.id, taken.due_on)
        }
        Operation::Include { dsr, items, reason } => {
            let count = dsr::include(context, dsr.as_str(), &items, &reason)?;
            format!("{} included.", crate::text::plural(count as u64, "finding"))
        }
        Operation::Exclude { dsr, items, reason } => {
            let count = dsr::exclude(context, dsr.as_str(), &items, &reason)?;
            format!("{} excluded.", crate::text::plural(count as u64, "finding"))
        }
        Operation::Approve { dsr, digest, signature } => {
            let signature = imported(signature.as_deref())?;
            dsr::approve(context, dsr.as_str(), Some(digest), signature.as_deref())?;
            format!("The plan of {dsr} is approved; it can be executed now.")
        }
        Operation::GiveBack { dsr, reason } => {
            let state = dsr::give_back(context, dsr.as_str(), &reason)?;
            format!("{dsr} is in {state} again.")
        }
        Operation::Redact { dsr, items, reason } => {
            let count = dsr::redact(context, dsr.as_str(), &items, &reason)?;
            format!("{} will be redacted.", crate::text::plural(count as u64, "finding"))
        }
        Operation::Rectify { dsr, item, to, reason } => {
            dsr::rectify(context, dsr.as_str(), &item, &to, &reason)?;
            format!("{item} will be corrected.")
        }
        Operation::Identify { dsr, identifiers } => {
            let state = dsr::identify(context, dsr.as_str(), &identifiers, false)?;
            format!("{dsr} is {state} now.")
        }
        Operation::Restrict { dsr, reason } => {
            let done = dsr::restrict(context, dsr.as_str(), &reason)?;
            let count = crate::text::plural(done.engagements.len() as u64, "engagement");
            format!("{count} closed and not to be opened again.")
        }
        Operation::SwapContact { dsr, with } => {
            let done = dsr::swap_contact(context, dsr.as_str(), &with)?;
            let count = crate::text::plural(done.engagements.len() as u64, "open engagement");
            format!("{} is the contact of {count} now.", with.upn)
        }
        Operation::Confirm(dsr) => stepped(&dsr::confirm(context, dsr.as_str())?),
        Operation::Extend { dsr, ground, reason } => {
            stepped(&dsr::extend(context, dsr.as_str(), &ground, &reason)?)
        }
        Operation::Deny { dsr, reason, late } => {
            stepped(&dsr::deny(context, dsr.as_str(), &reason, None, late)?)
        }
        Operation::PutAside { dsr, reason } => stepped(&dsr::hold(context, dsr.as_str(), &reason)?),
        Operation::Resume(dsr) => stepped(&dsr::resume(context, dsr.as_str())?),
        Operation::CloseRequest { dsr, reason } => {
            let reason = (!reason.is_empty()).then_some(reason);
            stepped(&dsr::close(context, dsr.as_str(), reason.as_deref())?)
        }
        Operation::PlaceHold { path, reason } => {
            let held = hold::add(context, &path, &reason)?;
            format!("{} is on legal hold, {}.", name_of(&held.path), held.id)
        }
        Operation::ReleaseHolds { path } => {
            let released = hold::release_file(context, &path)?;
            let ids: Vec<&str> = released.iter().map(|hold| hold.id.as_str()).collect();
            format!("{} is released: {}.", name_of(&path), ids.join(", "))
        }
        Operation::TransferLink { case, add, remove } => {
            let linked = transfer::link(context, &case.to_string(), &add, &remove)?;
            let until = linked.expires_at.map(|at| at.format("%Y-%m-%d").to_string());
            format!(
                "The new link of case {} is valid until {}; accounts: {}.",
                case.id,
                until.unwrap_or_default(),
                if linked.accounts.is_empty() {
                    "none".to_owned()
                } else {
                    linked.accounts.join(", ")
                }
            )
        }
        Operation::CancelRequest { dsr, reason } => {
            dsr::cancel(context, dsr.as_str(), &reason)?;
            format!("{dsr} is canceled; nothing was deleted.")
        }
    };
    Ok(Done { said, then })
}

/// Contents for the pager.
fn page(name: &str, bytes: &[u8]) -> Result<Then> {
    let Some(text) = crate::text::decoded(bytes) else {
        let size = crate::text::bytes(bytes.len() as u64);
        return Err(Error::usage(format!("{name}: {size} that are no text")));
    };
    Ok(Then::Page { name: name.to_owned(), text: crate::text::safe_block(&text) })
}

/// Reads a signature that was made elsewhere.
fn imported(path: Option<&Path>) -> Result<Option<String>> {
    path.map(|path| Ok(String::from_utf8_lossy(&crate::outside::read(path)?).into_owned()))
        .transpose()
}

/// A step of a request's clock or end in words, with what is to be sent.
fn stepped(done: &Stepped) -> String {
    let mut said = format!("{} is {} now", done.id, done.state.as_str().replace('_', " "));
    if let Some(answer) = &done.answer {
        let late = if answer.late { ", late" } else { "" };
        said += &format!(", answered: {}{late}", answer.nature.as_str().replace('_', " "));
    } else if let Some(day) = done.extended_to {
        said += &format!(", to be answered by {day}");
    }
    match &done.notice {
        Some(notice) => format!("{said}. To send: {notice}"),
        None => said + ".",
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
