//! Reading a tenant's audit log.

use super::Context;
use crate::error::{Error, Result};
use crate::model::{AuditCategory, AuditEvent, Id};
use crate::policy::Refusal;
use crate::workspace::Problem;

/// The roles that may read a tenant's log (AUD-7).
const READERS: [&str; 4] =
    ["Reports Reader", "Security Reader", "Security Administrator", "Global Administrator"];

/// A tenant's events, oldest first. Engineers of the workspace may read every log; a tenant's own
/// people theirs, with a role for it.
///
/// # Errors
/// The tenant is unknown, or the actor may not read its log (AUD-7).
pub fn show(
    context: &Context,
    tenant: &str,
    category: Option<AuditCategory>,
) -> Result<(Id, Vec<AuditEvent>, Vec<Problem>)> {
    let id = Id::new(tenant).map_err(|error| Error::usage(error.to_string()))?;
    let tenant = context.workspace.tenant(&id)?.value.domain;
    let actor = &context.actor;
    let reader = actor.memberships.iter().filter(|m| m.tenant == tenant).any(|membership| {
        membership.roles.iter().any(|role| READERS.iter().any(|r| r.eq_ignore_ascii_case(role)))
    });
    // Who belongs to no tenant and is no engineer reads by the file's permissions alone.
    let outsider = !actor.engineer && actor.memberships.is_empty();
    if !(actor.engineer || reader || outsider) {
        return Err(Refusal::new(
            "AUD-7",
            format!("{} holds no role in {tenant} that reads its audit log", actor.principal),
        )
        .hint(format!("roles that do: {}", READERS.join(", ")))
        .into());
    }
    let (mut events, problems) = context.workspace.audit(&tenant)?;
    events.retain(|event| category.is_none_or(|wanted| event.category == wanted));
    Ok((tenant, events, problems))
}
