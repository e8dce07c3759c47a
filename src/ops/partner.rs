//! CONS-11: the entries that Microsoft's directory once made when a consent let the support tenant
//! in, and when it ended. They were rolled back on customers' feedback: written only under
//! `m365_partner_events`.

use super::Context;
use super::event::{EventDraft, Matter};
use crate::error::Result;
use crate::model::{Activity, Case, Id, Regime, Time};
use crate::policy::consent as rules;
use crate::workspace::Commit;

/// The application that the directory names in these entries.
const APP: &str = "EntraGDAP";

/// Adds to `commit` what a tenant's log is owed because its cases become `changed`, all at once.
pub(super) fn events(
    context: &Context,
    commit: &mut Commit,
    tenant: &Id,
    changed: &[&Case],
) -> Result<()> {
    let settings = &context.workspace.config().policy;
    let regime = context.workspace.tenant(tenant)?.value.regime;
    if !settings.m365_partner_events || regime != Regime::M365 {
        return Ok(());
    }
    let (cases, _) = context.workspace.cases(tenant)?;
    let before: Vec<Case> = cases.into_iter().map(|loaded| loaded.value).collect();
    let is_changed = |case: &&Case| changed.iter().any(|other| other.id == case.id);
    let mut after: Vec<Case> = before.iter().filter(|case| !is_changed(case)).cloned().collect();
    after.extend(changed.iter().copied().cloned());
    let change = rules::window_change(settings, &before, &after, context.now);
    let about = Matter::partner(tenant);
    let mut owe = |activity, at: Time| {
        commit.owe(tenant, EventDraft::by_app_named(APP, activity, &about, at).build());
    };
    // A window that ran out since the last entry is said first, with the moment at which it did.
    for at in change.lapsed_at.into_iter().chain(change.ends.then_some(context.now)) {
        owe(Activity::PartnerRolesRemoved, at);
        owe(Activity::PartnerRemoved, at);
    }
    if change.begins {
        owe(Activity::PartnerAdded, context.now);
        owe(Activity::PartnerRolesAdded, context.now);
    }
    Ok(())
}
