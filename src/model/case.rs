//! `case.toml` and `tombstone.toml`: one support engagement.

use super::words::words;
use super::{Extra, Id, Time};
use serde::{Deserialize, Serialize};

words! {
    /// Business impact (CASE-1).
    "severity" Severity {
        Minimal = "minimal",
        Moderate = "moderate",
        Critical = "critical",
        HighestCriticalImpact = "highest_critical_impact",
    }
}

words! {
    /// Where the customer opened the case; decides the way to diagnostics (CONS-10).
    "portal" Portal {
        Azure = "azure",
        EntraAdmin = "entra_admin",
        M365Admin = "m365_admin",
        Other = "other",
    }
}

words! {
    "status" CaseStatus { Open = "open", Closed = "closed" }
}

words! {
    "contact method" ContactMethod { Email = "email", Phone = "phone" }
}

words! {
    /// What the customer answered to a request for consent.
    "answer" Answer { Yes = "yes", No = "no", Revoked = "revoked" }
}

/// `case.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub format: u32,
    /// Grows by one with every write; a write based on an older one is a conflict.
    pub revision: u64,
    pub id: Id,
    pub title: String,
    pub description: String,
    pub status: CaseStatus,
    pub severity: Severity,
    pub product: String,
    pub portal: Portal,
    pub opened_at: Time,
    pub opened_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// Others who work on the case (CONS-12).
    #[serde(default)]
    pub engineers: Vec<String>,
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// History of answers, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<ConsentEntry>,
    /// Earlier closings that a reopening ended: what they ended stays ended (CASE-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<Closure>,
    /// The time agreed for the first answer (CASE-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<Restriction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferLink>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// A service level as the ticket states it (CASE-3). The minutes are those agreed, which need not
/// be those between the two moments: they may count working hours only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sla {
    pub started_at: Time,
    pub expires_at: Time,
    pub minutes: u32,
}

/// A person to talk to about the case (CASE-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub upn: String,
    pub name: String,
    pub method: ContactMethod,
    /// Required when the method is phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    pub language: String,
    pub time_zone: String,
}

/// One answer of the customer about collecting diagnostics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentEntry {
    pub answer: Answer,
    pub at: Time,
    pub by: String,
    /// [`ConsentEntry::ADVANCED`], or a secondary consent such as `memory_dump` (CONS-9).
    #[serde(default = "advanced")]
    pub kind: String,
}

impl ConsentEntry {
    /// The consent that a case asks for at creation (CONS-1).
    pub const ADVANCED: &'static str = "advanced_diagnostics";
    /// CONS-9: a memory dump pauses the machine and needs a Yes of its own.
    pub const MEMORY_DUMP: &'static str = "memory_dump";
}

fn advanced() -> String {
    ConsentEntry::ADVANCED.to_owned()
}

/// A closing that was followed by a reopening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    pub closed_at: Time,
    pub reopened_at: Time,
    pub reopened_by: String,
    /// Reference of the customer's permission, when the case was restricted (CASE-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_permission: Option<String>,
    /// How many answers of the consent history came before it: times in whole seconds cannot tell
    /// what came first within one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<usize>,
}

/// Extra restriction after close (CASE-7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    pub no_reopen: bool,
    pub at: Time,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The transfer workspace's link and who may use it (DTM-1, DTM-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferLink {
    pub link_issued_at: Time,
    #[serde(default)]
    pub accounts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// `tombstone.toml`: what stays of an expunged engagement. No personal data; the id is never reused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    pub format: u32,
    pub id: Id,
    /// Always `expunged`.
    pub status: String,
    pub at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Time>,
    /// The transaction in the attestation log that removed the engagement's last file.
    pub tx: String,
    /// Transfer files remain under their own clock (DTM-7).
    pub transfer_pending: bool,
}

impl Case {
    /// Whether `principal` is the assigned engineer or named on the case (CONS-12).
    #[must_use]
    pub fn is_worked_by(&self, principal: &str) -> bool {
        let same = |other: &String| other.eq_ignore_ascii_case(principal);
        self.assigned_to.as_ref().is_some_and(same) || self.engineers.iter().any(same)
    }

    /// Every closing there was, oldest first; the last one may still hold.
    pub fn closings(&self) -> impl Iterator<Item = Time> + '_ {
        self.closures.iter().map(|closure| closure.closed_at).chain(self.closed_at)
    }

    /// The first closing at or after `time`, whether or not a reopening followed. The first `past`
    /// closings are known to have come before, whatever their second.
    #[must_use]
    pub fn first_closing_since(&self, time: Time, past: usize) -> Option<Time> {
        self.closings().skip(past).filter(|closed| *closed >= time).min()
    }

    /// Whether the case was open at `time`: half-open, closed from the instant of closing.
    #[must_use]
    pub fn was_open_at(&self, time: Time) -> bool {
        time >= self.opened_at
            && self.closed_at.is_none_or(|closed| time < closed)
            && !self.closures.iter().any(|c| time >= c.closed_at && time < c.reopened_at)
    }
}
