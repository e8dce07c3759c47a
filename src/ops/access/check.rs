//! Whether diagnostics may be collected, and what authorises it.

use super::matter::{LoadedMatter, matters};
use crate::error::{Error, Result};
use crate::model::{Activity, Case, DiagnosticKind, Id, Time};
use crate::ops::consent::tenant_cases;
use crate::ops::{Context, Matter};
use crate::policy::access::{self as rules};
use crate::policy::diagnostics::{self, Collection};
use crate::policy::{Actor, Refusal, case as case_rules};
use crate::workspace::{CaseRef, Loaded};
use serde::Serialize;

/// Whether diagnostics may be collected now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessCheck {
    pub case: Id,
    pub tenant: Id,
    pub kind: DiagnosticKind,
    pub allowed: bool,
    /// `consent`, `access_request` or `basic`.
    pub basis: Option<&'static str>,
    pub reason: String,
    pub rule: &'static str,
    pub expires_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Allow or deny, with the reason. For engineers, and for the resource tenant, which asks what the
/// engineer of the case could do (SAR-13).
///
/// # Errors
/// The case or the tenant is unknown, or the answer is none of the actor's business.
pub fn check(
    context: &Context,
    named: &str,
    tenant: Option<&str>,
    kind: DiagnosticKind,
) -> Result<AccessCheck> {
    let case_ref = context.workspace.find_case(named)?;
    let loaded = context.workspace.case(&case_ref)?;
    let case = loaded.value.clone();
    let from = match tenant {
        Some(tenant) => {
            let id = Id::new(tenant).map_err(|error| Error::usage(error.to_string()))?;
            context.workspace.tenant(&id)?.value.domain
        }
        None => case_ref.tenant.clone(),
    };
    let asking = &context.actor;
    let engineer: Actor = if asking.engineer {
        asking.clone()
    } else if asking.belongs_to(&from)
        && (from != case_ref.tenant || case_rules::consent_is_the_way_in(case.portal))
    {
        Actor {
            principal: case.assigned_to.clone().unwrap_or_default(),
            engineer: case.assigned_to.is_some(),
            ..asking.clone()
        }
    } else {
        let message = format!("access to {from} is a matter of its engineers and of {from}");
        let refusal = Refusal::new("SAR-13", message);
        let about = Matter::case(&case_ref);
        return Err(context.refused(refusal, &from, Activity::RecordViewed, &about));
    };
    let context = &context.not_before(&[&case_ref.tenant, &from])?;
    let decided = authorise(context, &case_ref, &loaded, &from, kind, &engineer, context.now)?;
    let (case, tenant) = (case.id, from);
    Ok(match decided {
        Ok(authority) => AccessCheck {
            case,
            tenant,
            kind,
            allowed: true,
            basis: Some(match authority.basis {
                crate::model::AuthorisedBy::Consent => "consent",
                crate::model::AuthorisedBy::Basic => "basic",
                crate::model::AuthorisedBy::AccessRequest(_) => "access_request",
            }),
            reason: authority.reason,
            rule: authority.rule,
            expires_at: authority.expires_at,
            hint: None,
        },
        Err(refusal) => AccessCheck {
            case,
            tenant,
            kind,
            allowed: false,
            basis: None,
            reason: refusal.message,
            rule: refusal.rule,
            expires_at: None,
            hint: refusal.hint,
        },
    })
}

/// What the rules say on collecting from `from` at `at`.
pub(in crate::ops) fn authorise(
    context: &Context,
    case_ref: &CaseRef,
    loaded: &Loaded<Case>,
    from: &Id,
    kind: DiagnosticKind,
    actor: &Actor,
    at: Time,
) -> Result<Result<diagnostics::Authority, Refusal>> {
    let tenant = context.workspace.tenant(&case_ref.tenant)?.value;
    let case = &loaded.value;
    let cases = tenant_cases(context, case_ref, case)?;
    let (matters, _) = matters(context, case_ref, Some(loaded))?;
    let requests: Vec<rules::Matter<'_>> = matters
        .iter()
        .filter(|matter| matter.request.value.resource_tenant == *from)
        .map(LoadedMatter::as_matter)
        .collect();
    let collection = Collection {
        settings: &context.workspace.config().policy,
        tenant: &tenant,
        case,
        tenant_cases: &cases,
        from,
        requests: &requests,
        kind,
    };
    Ok(diagnostics::authorise(&collection, actor, at, context.now))
}
