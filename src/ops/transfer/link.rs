//! The link of a transfer folder: issued anew, with the accounts that may use it (DTM-1, DTM-3).

use crate::error::{Error, Result};
use crate::model::{Activity, Id, Time, TransferLink};
use crate::ops::{Context, Matter};
use crate::policy::transfer as rules;
use crate::text;
use crate::workspace::Commit;
use serde::Serialize;

/// A link that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Linked {
    pub case: Id,
    pub tenant: Id,
    pub issued_at: Time,
    pub expires_at: Option<Time>,
    /// Who may add, download and delete.
    pub accounts: Vec<String>,
    pub region: Option<String>,
}

/// Issues a new link for an open case; its clock starts now. `add` and `remove` change the accounts.
///
/// # Errors
/// A rule says no, or an account is nobody whom the case's tenant knows.
pub fn link(context: &Context, named: &str, add: &[String], remove: &[String]) -> Result<Linked> {
    context.require_writable()?;
    let case_ref = context.workspace.find_case(named)?;
    let loaded = context.workspace.case(&case_ref)?;
    let matter = Matter::case(&case_ref);
    rules::may_issue_link(&context.actor, &loaded.value).map_err(|refusal| {
        context.refused(refusal, &case_ref.tenant, Activity::TransferLinkIssued, &matter)
    })?;
    let tenant = context.workspace.tenant(&case_ref.tenant)?.value;
    let old = loaded.value.transfer.clone();
    let mut accounts = old.map(|link| link.accounts).unwrap_or_default();
    for upn in add {
        let Some(known) = tenant.principal(upn) else {
            let names = tenant.principals.iter().map(|principal| principal.upn.as_str());
            return Err(Error::Usage {
                message: format!("{} knows nobody called `{}`", tenant.domain, text::safe(upn)),
                hint: Some(text::nearest(upn, names).map_or_else(
                    || format!("`caseward tenant principal add {}` adds people", tenant.domain),
                    |near| format!("did you mean {near}?"),
                )),
            });
        };
        if !accounts.iter().any(|account| account.eq_ignore_ascii_case(&known.upn)) {
            accounts.push(known.upn.clone());
        }
    }
    for upn in remove {
        let before = accounts.len();
        accounts.retain(|account| !account.eq_ignore_ascii_case(upn));
        if accounts.len() == before {
            return Err(Error::Usage {
                message: format!("case {} does not list `{}`", case_ref.id, text::safe(upn)),
                hint: Some(format!("it lists: {}", accounts.join(", "))),
            });
        }
    }
    let region = rules::region(&tenant, context.workspace.config().region.as_deref());
    let mut changed = loaded.value.clone();
    changed.transfer = Some(TransferLink {
        link_issued_at: context.now,
        accounts: accounts.clone(),
        region: region.clone(),
    });
    let event = context
        .event(Activity::TransferLinkIssued, &matter)
        .detail("accounts", accounts.len())
        .detail("region", region.as_deref().unwrap_or("not stated"));
    let settings = &context.workspace.config().policy;
    let linked = Linked {
        case: case_ref.id.clone(),
        tenant: case_ref.tenant.clone(),
        issued_at: context.now,
        expires_at: rules::link_expires_at(settings, &changed),
        accounts,
        region,
    };
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&case_ref.tenant, event.build());
    context.commit(commit)?;
    Ok(linked)
}
