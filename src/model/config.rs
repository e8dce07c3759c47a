//! `workspace.toml`: the workspace's name, its policy and its engineers.

use super::{Extra, Span};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// `workspace.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceConfig {
    pub format: u32,
    pub name: String,
    /// Name of the attestation log, for example `support.example.com/eu/deletions`.
    pub origin: String,
    /// Issuer on reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `$CASEWARD_NOW` may replace the clock; only in demo and test workspaces.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test_clock: bool,
    #[serde(default)]
    pub policy: PolicySettings,
    #[serde(default)]
    pub engineers: Vec<Engineer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// `[policy]`: what a workspace may set. Every key is optional; the defaults are the sources'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, one key each")]
pub struct PolicySettings {
    /// CONS-5: days that a consent lasts in the m365 regime.
    pub consent_days: u32,
    /// SAR-12: days that completed access stays in the approved list.
    pub approved_list_days: u32,
    /// SAR-15: how long a request for access waits for its decisions; without it, for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_ttl: Option<Span>,
    /// SAR-16: the longest that approved access lasts; without it, until the case is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<Span>,
    /// CASE-9: months from close after which a case's records are expected to be gone at the
    /// portal; 0 where no schedule is known.
    pub case_months_after_close: u32,
    /// DIAG-3: days from collection to deletion.
    pub diagnostics_days: u32,
    /// DTM-5: days from case close to deletion of transfer files.
    pub transfer_days_after_close: u32,
    /// DTM-3: days that a transfer link lasts.
    pub transfer_link_days: u32,
    /// Decision 1: the two slots of an access request need two people.
    pub require_distinct_approvers: bool,
    /// Decisions carry an SSH signature by the decider's key.
    pub require_signed_decisions: bool,
    /// CONS-11: partner events in the audit log.
    pub m365_partner_events: bool,
    /// DEL-2: a second person approves a deletion.
    pub deletion_second_person: bool,
    /// DEL-3: minutes between approval and the earliest execution.
    pub cancel_window_minutes: u32,
    /// LAW-2: a last day on a weekend or holiday moves to the next working day.
    pub roll_to_working_day: bool,
    /// Days beside weekends that are no working days (LAW-2, LAW-4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<NaiveDate>,
    /// ATT-7: months that the record of a request is kept.
    pub record_months: u32,
    /// ATT-7: days from close until a request's evidence is erased.
    pub evidence_days: u32,
    /// Why a value is laxer than the default; shown on every report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            consent_days: 30,
            approved_list_days: 30,
            pending_ttl: None,
            max_duration: None,
            case_months_after_close: 13,
            diagnostics_days: 28,
            transfer_days_after_close: 90,
            transfer_link_days: 90,
            require_distinct_approvers: false,
            require_signed_decisions: false,
            m365_partner_events: false,
            deletion_second_person: true,
            cancel_window_minutes: 0,
            roll_to_working_day: false,
            holidays: Vec::new(),
            record_months: 24,
            evidence_days: 90,
            reason: None,
        }
    }
}

/// One support engineer of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engineer {
    /// E-mail address (CASE-3).
    pub principal: String,
    pub name: String,
    /// The account of the host that is this engineer when `--as` is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_user: Option<String>,
    /// OpenSSH public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<String>,
}
