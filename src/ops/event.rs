//! Audit events as operations write them (AUD-1 … AUD-10).

use crate::model::{
    Activity, AuditDetail, AuditEvent, AuditResult, AuditTarget, Id, InitiatedBy, Time,
};
use crate::policy::{Actor, Refusal};
use crate::workspace::CaseRef;
use sha2::{Digest, Sha256};
use std::fmt::Display;

/// What an event is about: the thing and what its records share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    kind: &'static str,
    id: String,
    correlation: String,
}

impl Matter {
    #[must_use]
    pub fn case(case: &CaseRef) -> Self {
        Self { kind: "Case", id: case.id.to_string(), correlation: case.id.to_string() }
    }

    #[must_use]
    pub fn access_request(sar: &Id) -> Self {
        Self { kind: "SupportAccessRequest", id: sar.to_string(), correlation: sar.to_string() }
    }

    #[must_use]
    pub fn dsr(dsr: &Id) -> Self {
        Self { kind: "DataSubjectRequest", id: dsr.to_string(), correlation: dsr.to_string() }
    }

    /// A sweep over the whole workspace.
    #[must_use]
    pub fn sweep() -> Self {
        Self { kind: "Sweep", id: "retention".to_owned(), correlation: "retention".to_owned() }
    }

    #[must_use]
    pub fn transfer_request(request: &Id) -> Self {
        let id = request.to_string();
        Self { kind: "TransferDeletionRequest", correlation: id.clone(), id }
    }

    /// The support tenant as a partner of a tenant (CONS-11).
    #[must_use]
    pub fn partner(tenant: &Id) -> Self {
        Self { kind: "Partner", id: tenant.to_string(), correlation: tenant.to_string() }
    }

    /// A tenant's audit log.
    #[must_use]
    pub fn audit_log(tenant: &Id) -> Self {
        Self { kind: "AuditLog", id: tenant.to_string(), correlation: tenant.to_string() }
    }

    /// A diagnostic of a case. It is not named: its name and the hash of its contents could be
    /// personal data, and the log outlives it.
    #[must_use]
    pub fn diagnostic(case: &CaseRef) -> Self {
        Self { kind: "Diagnostic", id: case.id.to_string(), correlation: case.id.to_string() }
    }
}

/// An event on its way into a log.
#[derive(Debug, Clone)]
pub struct EventDraft {
    event: AuditEvent,
}

impl EventDraft {
    /// AUD-3: a person did it. The id is random: doing the same twice is two events.
    #[must_use]
    pub fn by_user(activity: Activity, matter: &Matter, actor: &Actor, now: Time) -> Self {
        let mut seed = [0; 16];
        // Without random bytes the time and the matter still tell events apart.
        let _ = getrandom::fill(&mut seed);
        Self::seeded(activity, matter, (&actor.principal, &actor.os_user), now, &seed)
    }

    /// As [`EventDraft::by_user`] by a principal and the account of the host, the id drawn by the
    /// caller.
    #[must_use]
    pub(in crate::ops) fn seeded(
        activity: Activity,
        matter: &Matter,
        (principal, os_user): (&str, &str),
        now: Time,
        seed: &[u8],
    ) -> Self {
        let by = InitiatedBy::User {
            user_principal_name: principal.to_owned(),
            os_user: os_user.to_owned(),
        };
        Self::new(activity, matter, by, now, seed)
    }

    /// AUD-3: it followed by itself. The id is derived: whoever writes it, it is the same event.
    #[must_use]
    pub fn by_app(activity: Activity, matter: &Matter, now: Time) -> Self {
        Self::by_app_named("caseward", activity, matter, now)
    }

    /// As [`EventDraft::by_app`], by the application of this name.
    #[must_use]
    pub fn by_app_named(app: &str, activity: Activity, matter: &Matter, now: Time) -> Self {
        let by = InitiatedBy::App { display_name: app.to_owned() };
        Self::new(activity, matter, by, now, b"automatic")
    }

    /// As [`EventDraft::by_app`], for what a transaction of the attestation log did: several of them
    /// in one moment are several events.
    #[must_use]
    pub fn by_transaction(activity: Activity, matter: &Matter, tx: &str, now: Time) -> Self {
        let by = InitiatedBy::App { display_name: "caseward".to_owned() };
        Self::new(activity, matter, by, now, tx.as_bytes()).detail("tx", tx)
    }

    /// AUD-3: a person did it, whoever writes it after a stop.
    #[must_use]
    pub fn initiated_by(mut self, principal: &str, os_user: &str) -> Self {
        self.event.initiated_by = InitiatedBy::User {
            user_principal_name: principal.to_owned(),
            os_user: os_user.to_owned(),
        };
        self
    }

    fn new(activity: Activity, matter: &Matter, by: InitiatedBy, now: Time, seed: &[u8]) -> Self {
        let category = activity.category();
        Self {
            event: AuditEvent {
                id: event_id(activity, matter, now, seed),
                activity_date_time: now,
                activity_display_name: activity,
                category,
                correlation_id: matter.correlation.clone(),
                initiated_by: by,
                logged_by_service: category.service().to_owned(),
                operation_type: activity.operation(),
                result: AuditResult::Success,
                result_reason: String::new(),
                target_resources: vec![AuditTarget {
                    kind: matter.kind.to_owned(),
                    id: matter.id.clone(),
                }],
                additional_details: Vec::new(),
            },
        }
    }

    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "callers hand over words and numbers")]
    pub fn detail(mut self, key: &str, value: impl Display) -> Self {
        self.event
            .additional_details
            .push(AuditDetail { key: key.to_owned(), value: value.to_string() });
        self
    }

    /// AUD-10: a state, owner or enum changed, old to new.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "callers hand over words and numbers")]
    pub fn change(self, key: &str, old: impl Display, new: impl Display) -> Self {
        self.detail(key, format!("{old} → {new}"))
    }

    /// AUD-9: it was attempted and refused.
    #[must_use]
    pub fn refused(mut self, refusal: &Refusal) -> Self {
        self.event.result = AuditResult::Failure;
        self.event.result_reason = refusal.to_string();
        self.detail("rule", refusal.rule)
    }

    #[must_use]
    pub fn build(self) -> AuditEvent {
        self.event
    }
}

/// A UUID (version 8) over what the event says.
fn event_id(activity: Activity, matter: &Matter, now: Time, seed: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [activity.as_str(), matter.kind, &matter.id, &matter.correlation, &now.to_rfc3339()]
    {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(seed);
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let n = u128::from_be_bytes(bytes);
    let hex = format!("{n:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
