//! Whether diagnostics may be collected, and until when they are kept (CONS-3, DIAG-1 … DIAG-5).

use super::access::{Matter, SarState};
use super::consent::{self, ConsentState};
use super::{Actor, Refusal, case as case_policy, clock};
use crate::model::{
    AuthorisedBy, Case, Category, ConsentEntry, DiagnosticKind, Id, PolicySettings, Tenant, Time,
};

/// What lets an engineer collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub basis: AuthorisedBy,
    /// When it ends, where that is known beforehand.
    pub expires_at: Option<Time>,
    pub reason: String,
    pub rule: &'static str,
}

/// Everything the decision looks at.
#[derive(Debug, Clone, Copy)]
pub struct Collection<'a> {
    pub settings: &'a PolicySettings,
    /// The tenant of the case.
    pub tenant: &'a Tenant,
    pub case: &'a Case,
    /// The cases of that tenant, this one among them (CONS-6).
    pub tenant_cases: &'a [Case],
    /// The tenant to collect from.
    pub from: &'a Id,
    /// The access requests of the case for that tenant.
    pub requests: &'a [Matter<'a>],
    pub kind: DiagnosticKind,
}

/// CONS-3: basic diagnostics need no consent.
#[must_use]
pub fn is_basic(kind: DiagnosticKind) -> bool {
    matches!(
        kind,
        DiagnosticKind::ProblemDescription
            | DiagnosticKind::Attachments
            | DiagnosticKind::ResourceHealth
            | DiagnosticKind::ResourceConfig
            | DiagnosticKind::Advisories
            | DiagnosticKind::ChangeHistory
            | DiagnosticKind::NetworkTopology
    )
}

/// Whether `actor` may collect diagnostics of this kind, and what authorises it at `at`.
///
/// # Errors
/// CASE-6, CONS-12, and what the way in says no with: CONS-1 … CONS-9 or SAR-5 … SAR-11.
pub fn authorise(
    collection: &Collection<'_>,
    actor: &Actor,
    at: Time,
    now: Time,
) -> Result<Authority, Refusal> {
    let case = collection.case;
    case_policy::require_open(case, "diagnostics")?;
    case_policy::require_worker(actor, case)?;
    let own = *collection.from == collection.tenant.domain;
    if own && is_basic(collection.kind) {
        return Ok(Authority {
            basis: AuthorisedBy::Basic,
            expires_at: None,
            reason: format!("{} is basic diagnostics and needs no consent", collection.kind),
            rule: "CONS-3",
        });
    }
    if own && case_policy::consent_is_the_way_in(case.portal) {
        by_consent(collection, at)
    } else {
        by_request(collection, at, now)
    }
}

fn by_consent(collection: &Collection<'_>, at: Time) -> Result<Authority, Refusal> {
    let Collection { settings, tenant, case, tenant_cases, kind, .. } = *collection;
    let status = consent::status(settings, tenant.regime, case, tenant_cases, at);
    if status.state != ConsentState::Active {
        return Err(consent::refusal(&status, case));
    }
    if kind == DiagnosticKind::MemoryDump
        && !consent::secondary_in_force(case, ConsentEntry::MEMORY_DUMP, at)
    {
        return Err(Refusal::new(
            "CONS-9",
            format!(
                "case {}: a memory dump pauses the machine and needs a consent of its own",
                case.id
            ),
        )
        .hint(format!("`caseward consent grant {} --kind memory_dump`", case.id)));
    }
    Ok(Authority {
        basis: AuthorisedBy::Consent,
        expires_at: status.expires_at,
        reason: status.why,
        rule: "CONS-3",
    })
}

fn by_request(collection: &Collection<'_>, at: Time, now: Time) -> Result<Authority, Refusal> {
    let Collection { settings, case, from, requests, .. } = *collection;
    if let Some(matter) = requests.iter().find(|matter| matter.in_force_at(settings, at)) {
        return Ok(Authority {
            basis: AuthorisedBy::AccessRequest(matter.request.id.clone()),
            expires_at: matter.status(settings, now).expires_at,
            reason: format!(
                "{} is approved: read-only access to {from} until the case is closed or access is removed",
                matter.request.id
            ),
            rule: "SAR-8",
        });
    }
    let newest = requests.iter().max_by_key(|matter| matter.request.created_at);
    let Some(matter) = newest else {
        return Err(Refusal::new("SAR-8", format!("case {} has no access to {from}", case.id))
            .hint(format!(
                "`caseward access request {} --resource-tenant {from} --justification …`",
                case.id
            )));
    };
    let id = &matter.request.id;
    let status = matter.status(settings, now);
    let (rule, message, hint) = match status.state {
        SarState::Pending => (
            "SAR-5",
            format!("{id} is pending: access to {from} needs the approval of both tenants"),
            "the administrators of both tenants decide",
        ),
        SarState::Approved => (
            "DIAG-5",
            format!("{id} was not in force at the time of collection"),
            "collect again, or check --collected-at",
        ),
        SarState::Rejected => (
            "SAR-9",
            format!("{id} was rejected: no access to {from}; resolution may be slower"),
            "ask the customer to supply the data, or request again",
        ),
        SarState::Removed => {
            ("SAR-10", format!("access to {from} under {id} was removed"), "request access again")
        }
        SarState::Completed if status.lapsed => (
            "SAR-16",
            format!("access to {from} under {id} reached its longest duration"),
            "request access again",
        ),
        SarState::Expired => (
            "SAR-15",
            format!("{id} expired before both tenants had decided: no access to {from}"),
            "request access again",
        ),
        SarState::Completed => (
            "SAR-11",
            format!("access to {from} under {id} was completed when the case was closed"),
            "request access again",
        ),
        SarState::Canceled => (
            "SAR-5",
            format!("{id} ended without approval: no access to {from}"),
            "request access again",
        ),
    };
    Err(Refusal::new(rule, message).hint(hint))
}

/// DIAG-5: `collected_at` lies neither in the future nor as far back as the retention reaches.
///
/// # Errors
/// Which of the two it is.
pub fn check_collected_at(
    settings: &PolicySettings,
    collected_at: Time,
    now: Time,
) -> Result<(), Refusal> {
    if collected_at > now {
        return Err(Refusal::new(
            "DIAG-5",
            format!("the time of collection {} lies in the future", stamp(collected_at)),
        )
        .hint("times are UTC"));
    }
    if now >= delete_after(settings, collected_at) {
        return Err(Refusal::new(
            "DIAG-5",
            format!(
                "diagnostics collected at {} are {} days old or more and due for deletion already",
                stamp(collected_at),
                settings.diagnostics_days
            ),
        )
        .hint("collect them again"));
    }
    Ok(())
}

/// DIAG-1: at least one category.
///
/// # Errors
/// There is none.
pub fn check_categories(categories: &[Category]) -> Result<(), Refusal> {
    if categories.is_empty() {
        let all: Vec<&str> = Category::ALL.iter().map(|category| category.as_str()).collect();
        return Err(Refusal::new("DIAG-1", "a diagnostic needs at least one category")
            .hint(format!("--category with one of: {}", all.join(", "))));
    }
    Ok(())
}

/// DIAG-3: no later than this a diagnostic is deleted, counted from its collection.
#[must_use]
pub fn delete_after(settings: &PolicySettings, collected_at: Time) -> Time {
    clock::end_of(collected_at, settings.diagnostics_days)
}

fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
