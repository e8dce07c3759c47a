//! The customer's transfer folder: who may use it, its link's clock, and how its files are deleted
//! (DTM-1 … DTM-9).

use super::{Actor, Refusal, clock};
use crate::model::{
    Case, CaseStatus, PolicySettings, Tenant, Time, Tombstone, TransferBranch, TransferRequest,
    TransferRequestState,
};

/// What a transfer folder is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// No link was ever issued.
    None,
    Active,
    /// DTM-3: a new link is to be asked for.
    LinkExpired,
    /// DTM-4: the case is closed.
    Inaccessible,
}

impl Folder {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Active => "active",
            Self::LinkExpired => "link_expired",
            Self::Inaccessible => "inaccessible",
        }
    }
}

/// DTM-3: when the link ends, whatever the case is.
#[must_use]
pub fn link_expires_at(settings: &PolicySettings, case: &Case) -> Option<Time> {
    let link = case.transfer.as_ref()?;
    Some(clock::end_of(link.link_issued_at, settings.transfer_link_days))
}

/// DTM-3, DTM-4: the folder of a case. A link that was issued before the folder was deleted leads
/// nowhere, even when the case was reopened since (DTM-5).
#[must_use]
pub fn folder(settings: &PolicySettings, case: &Case, now: Time) -> Folder {
    let Some(link) = &case.transfer else { return Folder::None };
    if case.status == CaseStatus::Closed {
        return Folder::Inaccessible;
    }
    let in_force = clock::in_force(link.link_issued_at, settings.transfer_link_days, now);
    let deleted_since = case.closures.iter().any(|closure| {
        let gone = clock::end_of(closure.closed_at, settings.transfer_days_after_close);
        link.link_issued_at < gone && closure.reopened_at >= gone
    });
    if in_force && !deleted_since { Folder::Active } else { Folder::LinkExpired }
}

/// Whether the case lists the account.
#[must_use]
pub fn is_listed(actor: &Actor, case: &Case) -> bool {
    let link = case.transfer.as_ref();
    link.is_some_and(|link| link.accounts.iter().any(|account| actor.is(account)))
}

/// Whether the actor works on the case as an engineer.
#[must_use]
pub fn is_worker(actor: &Actor, case: &Case) -> bool {
    actor.engineer && case.is_worked_by(&actor.principal)
}

/// DTM-2: whether the actor is told what lies in the folder.
#[must_use]
pub fn is_told(actor: &Actor, case: &Case) -> bool {
    is_listed(actor, case) || is_worker(actor, case)
}

/// Whether a new link may be issued, or accounts be listed (DTM-1, DTM-3): by the case's engineers,
/// while it is open.
///
/// # Errors
/// CASE-6 or DTM-1.
pub fn may_issue_link(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    super::case::require_open(case, "transfer link")?;
    if is_worker(actor, case) {
        return Ok(());
    }
    Err(Refusal::new(
        "DTM-1",
        format!("only the engineers of case {} issue its transfer link", case.id),
    )
    .hint(format!("`caseward case assign {} --engineer PRINCIPAL`", case.id)))
}

/// DTM-1, DTM-2: whether the actor may see what is in the folder.
///
/// # Errors
/// They are neither listed nor the case's engineer. The sentence is the same whether or not there
/// is anything.
pub fn may_list(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    if is_told(actor, case) {
        return Ok(());
    }
    Err(Refusal::new(
        "DTM-2",
        format!(
            "{} is not listed on case {}: whether it has transfer files is for its engineers and \
             the accounts that they list",
            actor.principal, case.id
        ),
    )
    .hint(format!(
        "an engineer of the case lists accounts: `caseward transfer link {} --account UPN`",
        case.id
    )))
}

/// DTM-1, DTM-3, DTM-4: whether the actor may put files into the folder.
///
/// # Errors
/// Which of them says no.
pub fn may_add(
    actor: &Actor,
    settings: &PolicySettings,
    case: &Case,
    now: Time,
) -> Result<(), Refusal> {
    if !is_told(actor, case) {
        return Err(unlisted(actor, case, "add"));
    }
    require_active(settings, case, now)
}

/// DTM-1, DTM-6: whether the actor may delete files out of the folder of an open case: the
/// customer's listed accounts do it themselves.
///
/// # Errors
/// The account is not listed, the link has expired, or the case is closed.
pub fn may_delete(
    actor: &Actor,
    settings: &PolicySettings,
    tenant: &Tenant,
    case: &Case,
    now: Time,
) -> Result<(), Refusal> {
    if case.status == CaseStatus::Closed {
        return Err(Refusal::new(
            "DTM-6",
            format!("case {} is closed: its transfer files go on a separate request, or {} days after the closing", case.id, settings.transfer_days_after_close),
        )
        .hint(format!("`caseward transfer deletion-request {} --case {}`", tenant.domain, case.id)));
    }
    if !is_listed(actor, case) {
        return Err(unlisted(actor, case, "delete"));
    }
    require_active(settings, case, now)
}

fn unlisted(actor: &Actor, case: &Case, what: &str) -> Refusal {
    Refusal::new(
        "DTM-1",
        format!(
            "{} is not listed on case {} and may not {what} transfer files",
            actor.principal, case.id
        ),
    )
    .hint(format!(
        "an engineer of the case lists accounts: `caseward transfer link {} --account UPN`",
        case.id
    ))
}

fn require_active(settings: &PolicySettings, case: &Case, now: Time) -> Result<(), Refusal> {
    let link = format!("`caseward transfer link {}` issues a new one", case.id);
    match folder(settings, case, now) {
        Folder::Active => Ok(()),
        Folder::None => {
            Err(Refusal::new("DTM-1", format!("case {} has no transfer link", case.id)).hint(link))
        }
        Folder::LinkExpired => {
            Err(Refusal::new("DTM-3", format!("the transfer link of case {} has expired", case.id))
                .hint(link))
        }
        Folder::Inaccessible => Err(Refusal::new(
            "DTM-4",
            format!("case {} is closed and its transfer folder inaccessible", case.id),
        )
        .hint(format!("`caseward case reopen {}` if the customer wants it continued", case.id))),
    }
}

/// DTM-5: the last moment of the transfer files of a closed case, or of what an expunged one left.
#[must_use]
pub fn due_after(settings: &PolicySettings, closed_at: Time) -> Time {
    clock::end_of(closed_at, settings.transfer_days_after_close)
}

/// The moment from which the files of an expunged engagement are counted.
#[must_use]
pub fn tombstone_start(tombstone: &Tombstone) -> Time {
    tombstone.closed_at.unwrap_or(tombstone.at)
}

/// DTM-6, DTM-7: what becomes of the files of one case on a deletion request, at `now`.
#[must_use]
pub fn branch(settings: &PolicySettings, closed_at: Option<Time>, now: Time) -> TransferBranch {
    match closed_at {
        None => TransferBranch::SelfService,
        Some(closed) if now < due_after(settings, closed) => TransferBranch::Delete,
        Some(_) => TransferBranch::AlreadyDeleted,
    }
}

/// DTM-9: where the workspace of a case lies: the customer's region where that is the EU or the
/// US, else the one nearest to the engineer, which is the workspace's.
#[must_use]
pub fn region(tenant: &Tenant, workspace: Option<&str>) -> Option<String> {
    let own = tenant.region.as_deref().map(str::to_ascii_uppercase);
    own.filter(|region| region == "EU" || region == "US").or_else(|| workspace.map(str::to_owned))
}

/// A step of a deletion request that needs it to be in certain states.
///
/// # Errors
/// It is in another.
pub fn require_state(
    request: &TransferRequest,
    allowed: &[TransferRequestState],
    step: &str,
) -> Result<(), Refusal> {
    use TransferRequestState as S;
    if allowed.contains(&request.state) {
        return Ok(());
    }
    let id = &request.id;
    let hint = match request.state {
        S::Submitted | S::Accepted => {
            format!("a second person approves it: `caseward transfer approve {id}`")
        }
        S::Approved => format!("`caseward transfer execute {id}`"),
        S::SelfService => format!(
            "the contacts of open cases delete their files; `caseward transfer execute {id}` then looks again"
        ),
        S::CrossCheckRequired => {
            format!("`caseward transfer check {id}`, then `caseward transfer close {id}`")
        }
        S::Closed | S::Canceled => "it has ended".to_owned(),
    };
    Err(Refusal::new("DTM-7", format!("{id} is {}: it cannot be {step} now", request.state))
        .hint(hint))
}

/// DTM-7: whether the request may be approved: all files of the account, knowingly, and by a second
/// person (DEL-2).
///
/// # Errors
/// What is missing.
pub fn may_approve(
    actor: &Actor,
    settings: &PolicySettings,
    request: &TransferRequest,
    all_files_acknowledged: bool,
) -> Result<(), Refusal> {
    use TransferRequestState as S;
    actor.require_engineer("DTM-7", "approve the deletion of transfer files")?;
    require_state(request, &[S::Submitted, S::Accepted], "approved")?;
    if request.state == S::Submitted && !all_files_acknowledged {
        return Err(Refusal::new(
            "DTM-7",
            "this deletes all transfer files of the customer's closed cases, not those of one person",
        )
        .hint("if the customer knows and agrees, add --acknowledge-all-files; --case at the request narrows it"));
    }
    if settings.deletion_second_person && actor.is(&request.submitted_by) {
        return Err(Refusal::new(
            "DEL-2",
            format!("{} submitted this request; a second person approves it", actor.principal),
        )
        .hint("another engineer approves: --as PRINCIPAL"));
    }
    Ok(())
}

/// DTM-8: whether the request may be closed: the check over everything else was done after the
/// files went, and was complete.
///
/// # Errors
/// It is still owed.
pub fn may_close(actor: &Actor, request: &TransferRequest) -> Result<(), Refusal> {
    actor.require_engineer("DTM-8", "close the deletion of transfer files")?;
    require_state(request, &[TransferRequestState::CrossCheckRequired], "closed")?;
    match &request.check {
        Some(check) if check.complete => Ok(()),
        Some(_) => Err(Refusal::new("DTM-8", "the check over the other stores was not complete")
            .hint(format!(
                "see to what could not be searched, then `caseward transfer check {}`",
                request.id
            ))),
        None => Err(Refusal::new("DTM-8", "the check over the other stores is still owed")
            .hint(format!("`caseward transfer check {}`", request.id))),
    }
}

/// Whether a deletion request still stands in the way of the data subject request that it is linked
/// to (DTM-8).
#[must_use]
pub fn is_open(state: TransferRequestState) -> bool {
    !matches!(state, TransferRequestState::Closed | TransferRequestState::Canceled)
}
