//! What the actor may do with a case or an access request now: the rules' own answers, for a face
//! that shows an impossible action with its reason instead of offering it.
//!
//! Asking changes nothing and is not logged; the operation itself asks again.

use super::access;
use super::{Context, case};
use crate::error::Result;
use crate::model::Id;
use crate::policy::{Refusal, access as access_rules, case as case_rules, consent, transfer};
use crate::workspace::CaseRef;

/// May, or the rule that says no.
pub type Answer = std::result::Result<(), Refusal>;

/// The answers on one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseAllowed {
    pub assign: Answer,
    /// Naming whose request it is; without that CASE-4 stands in the way of an assigned case.
    pub severity: Answer,
    pub close: Answer,
    pub restrict: Answer,
    /// Without the customer's permission; with it CASE-7 does not stand in the way.
    pub reopen: Answer,
    pub note: Answer,
    /// Reading the contents of a record.
    pub read_record: Answer,
    /// Recording the customer's answer on advanced diagnostics.
    pub answer: Answer,
    pub request_access: Answer,
    /// Handling diagnostics at all; what consent says depends on their kind.
    pub attach: Answer,
    /// The transfer folder: a new link, files in, files out (DTM-1).
    pub transfer_link: Answer,
    pub transfer_add: Answer,
    pub transfer_delete: Answer,
    /// Placing and releasing legal holds (DEL-8).
    pub hold: Answer,
}

/// What the actor may do with a case.
///
/// # Errors
/// The case is unknown or not valid.
pub fn of_case(context: &Context, case_ref: &CaseRef) -> Result<CaseAllowed> {
    let record = context.workspace.case(case_ref)?.value;
    let actor = &context.actor;
    let settings = &context.workspace.config().policy;
    let tenant = context.workspace.tenant(&case_ref.tenant)?.value;
    let customer = actor.belongs_to(&case_ref.tenant);
    let answers = if customer {
        Ok(())
    } else {
        actor.require_engineer("CONS-1", "record the customer's answer")
    };
    Ok(CaseAllowed {
        assign: case_rules::may_assign(actor, &record),
        severity: case_rules::may_set_severity(actor, &record, Some("given")),
        close: case_rules::may_close(actor, &record),
        restrict: case_rules::may_restrict(actor, &record),
        reopen: case_rules::may_reopen(actor, &record, Some("given")),
        note: case::may_note(context, &record, "note"),
        read_record: case::may_read_record(context),
        answer: answers.and_then(|()| consent::may_answer(&record)),
        request_access: actor
            .require_engineer("SAR-3", "request access to a tenant")
            .and_then(|()| case_rules::require_open(&record, "access request")),
        attach: case_rules::require_open(&record, "diagnostics")
            .and_then(|()| case_rules::require_worker(actor, &record)),
        transfer_link: transfer::may_issue_link(actor, &record),
        transfer_add: transfer::may_add(actor, settings, &record, context.now),
        transfer_delete: transfer::may_delete(actor, settings, &tenant, &record, context.now),
        hold: actor.require_engineer("DEL-8", "place a legal hold"),
    })
}

/// Whether the actor may read a tenant's audit log (AUD-7).
///
/// # Errors
/// The rule that says no.
pub fn of_audit(context: &Context, tenant: &Id) -> Answer {
    crate::policy::audit::may_read(&context.actor, tenant)
}

/// The answers on one access request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAllowed {
    /// Approving and rejecting are the same right.
    pub decide: Answer,
    pub remove: Answer,
    pub withdraw: Answer,
}

/// What the actor may do with an access request.
///
/// # Errors
/// There is none of that id.
pub fn of_access(context: &Context, sar: &str) -> Result<AccessAllowed> {
    let (_, matter) = access::find(context, sar)?;
    let settings = &context.workspace.config().policy;
    let (actor, matter) = (&context.actor, matter.as_matter());
    Ok(AccessAllowed {
        decide: access_rules::slots_to_fill(actor, &matter, settings, None, context.now)
            .map(|_| ()),
        remove: access_rules::may_remove(actor, &matter, settings, context.now),
        withdraw: access_rules::may_withdraw(actor, &matter, settings, context.now),
    })
}
