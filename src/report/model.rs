//! What a report holds (rules.md, "What an attestation report says").

use super::{ATTESTED, NOT_ATTESTED};
use crate::attest::{Sha256, TxId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The `schema` of a report.
pub const SCHEMA: &str = "caseward/report/1";

/// What the caller knows of a report. Identifiers are masked already ([`super::mask`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Report id.
    pub id: String,
    pub issued_at: DateTime<Utc>,
    pub issuer: Issuer,
    /// Who approved what, when, and how that is known.
    pub approvals: Vec<Approval>,
    /// The controller.
    pub customer: Customer,
    /// The processor: the organisation that runs the workspace.
    pub processor: String,
    /// Engagements (case ids) concerned.
    pub engagements: Vec<String>,
    /// Those of them whose portal deletes records of its own (CASE-9).
    pub portal_schedules: Vec<PortalSchedule>,
    /// `None` for a removal that no request asked for (retention).
    pub request: Option<Request>,
    pub identifiers: Vec<Identifier>,
    pub scope: Scope,
    pub items: Vec<Item>,
    pub retained: Vec<Retained>,
    pub tool: Tool,
    /// Name of the workspace.
    pub workspace: String,
    pub region: String,
    /// What a reader must know beside: policy laxer than default and its reason, test clock, a
    /// weak file system, decisions declared and not signed.
    pub notices: Vec<String>,
}

/// CASE-9: when the portal's own record of an engagement is expected to be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalSchedule {
    pub engagement: String,
    pub expected_on: NaiveDate,
    /// What the customer has to do before.
    pub warning: String,
}

/// Who issues the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    pub organisation: String,
    pub person: String,
    /// Principal of that person.
    pub principal: String,
    pub role: String,
    pub contact: String,
}

/// Somebody's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// What was decided, as `deletion approved`.
    pub what: String,
    pub by: String,
    pub at: DateTime<Utc>,
    pub basis: Basis,
}

/// How a decision is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Somebody at the keyboard said so.
    Declared,
    /// It carries the decider's SSH signature.
    Signed,
}

/// The controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub name: String,
    /// Domains.
    pub tenants: Vec<String>,
}

/// The request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub id: String,
    /// access, rectify, restrict, delete, export.
    pub kind: String,
    /// How it came in.
    pub manner: String,
    /// gdpr or ccpa.
    pub regulation: String,
    pub received_at: DateTime<Utc>,
    pub answered_at: Option<DateTime<Utc>>,
    /// Legal basis of the answer.
    pub basis: String,
    /// Why it was denied, in whole or in part.
    pub denial_basis: Option<String>,
    /// LAW-7: what the controller chose for the data, delete or return.
    pub choice: String,
    /// LAW-7: what is known of existing copies.
    pub copies: Vec<String>,
    /// LAW-7: what the law requires to be kept, and why.
    pub legal_storage: Vec<String>,
}

/// An identifier as type, mask and commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    #[serde(rename = "type")]
    pub kind: String,
    pub mask: String,
    /// Salted commitment to the value, lower-case hexadecimal.
    pub commitment: String,
}

/// What was searched, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// a or b; `None` for retention.
    pub option: Option<String>,
    pub tenants: Vec<String>,
    pub searched: Vec<Store>,
    /// Closed list of stores, always there (`transfer`, `contacts`).
    pub not_searched: Vec<Store>,
    pub problems: Vec<Problem>,
    /// The separate request for the transfer folder and the check after it, in words.
    pub transfer_request: Option<String>,
}

/// A store of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    pub store: String,
    /// `None` for a store that was not searched: that there is anything in it is not for reports
    /// (DTM-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Why it was not searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A file that could not be searched or handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub path: String,
    pub why: String,
}

/// One file of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The transaction that handled it; `None` when none did.
    pub tx: Option<TxId>,
    /// Relative to the workspace; bytes that are not UTF-8 as U+FFFD.
    pub path: String,
    pub categories: Vec<String>,
    pub origin: String,
    /// Bytes.
    pub size: u64,
    pub sha256_at_attach: Option<Sha256>,
    /// Computed after the file was withdrawn, before it was removed.
    pub sha256_before_removal: Option<Sha256>,
    /// Of the version that took its place, when it was redacted.
    pub sha256_after: Option<Sha256>,
    pub collected_at: Option<DateTime<Utc>>,
    pub attached_at: Option<DateTime<Utc>>,
    pub removed_at: Option<DateTime<Utc>>,
    pub verdict: ItemVerdict,
    /// DEL-5: it differed from its hash at attach.
    pub hash_mismatch: bool,
    pub reason: Option<String>,
    /// How the verdict is known.
    pub verification: String,
}

/// DEL-7: the verdict on one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemVerdict {
    Deleted,
    Redacted,
    AlreadyAbsent,
    Retained,
    Failed,
    Unknown,
}

impl ItemVerdict {
    pub const ALL: [Self; 6] = [
        Self::Deleted,
        Self::Redacted,
        Self::AlreadyAbsent,
        Self::Retained,
        Self::Failed,
        Self::Unknown,
    ];

    /// As people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Redacted => "redacted",
            Self::AlreadyAbsent => "already absent",
            Self::Retained => "retained",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Something kept, and on what ground (GDPR 28(3)(g)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retained {
    pub path: String,
    pub ground: String,
    pub until: Option<NaiveDate>,
}

/// The program that wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// How many items came to which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    pub items: u64,
    /// Bytes of the items deleted.
    pub bytes_deleted: u64,
    pub deleted: u64,
    pub redacted: u64,
    pub already_absent: u64,
    pub retained: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Nothing retained, failed or unknown, and nothing that could not be searched.
    pub complete: bool,
}

/// What the log proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    pub origin: String,
    /// Entries under the checkpoint.
    pub size: u64,
    pub root: Sha256,
    /// C2SP verifier key.
    pub vkey: String,
    pub transactions: Vec<Transaction>,
}

/// One transaction of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub tx: TxId,
    /// dsr, retention, transfer, evidence.
    pub why: String,
    /// Index of the `begin` entry.
    pub begin: u64,
    /// Index of the `end` entry.
    pub end: u64,
    pub began_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    pub files: u64,
    /// What limits the outcome, in words.
    pub warnings: Vec<String>,
    /// The opening was destroyed: the entries cannot be tied to files any more.
    pub opening_destroyed: bool,
}

/// Whether and by whom the bundle is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedBy {
    /// Principal that `allowed_signers` gives the key; `None` when it does not list it.
    pub principal: Option<String>,
    /// `SHA256:…`
    pub key: String,
    pub namespace: String,
    /// Why the signature deserves less trust.
    pub warning: Option<String>,
}

/// UNSIGNED or SIGNED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Unsigned,
    Signed,
}

/// A whole report. `status` comes first, so that the first line of every rendering tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub status: Status,
    pub schema: String,
    #[serde(flatten)]
    pub content: Content,
    pub totals: Totals,
    pub log: LogState,
    pub signature: Option<SignedBy>,
    pub attested: Vec<String>,
    pub not_attested: Vec<String>,
}

impl Report {
    /// Adds to what the caller knows what the log proves and what may be claimed.
    #[must_use]
    pub fn new(content: Content, log: LogState, signature: Option<SignedBy>) -> Self {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Self {
            status: if signature.is_some() { Status::Signed } else { Status::Unsigned },
            schema: SCHEMA.to_owned(),
            totals: content.totals(),
            content,
            log,
            signature,
            attested: owned(&ATTESTED),
            not_attested: owned(&NOT_ATTESTED),
        }
    }

    /// `report.json`: indented, the status on the first line.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        // These types hold nothing that JSON cannot spell.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        (text.replacen("{\n  ", "{ ", 1) + "\n").into_bytes()
    }
}

impl Content {
    /// Counts the items by verdict.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { items: self.items.len() as u64, ..Totals::default() };
        for item in &self.items {
            let count = match item.verdict {
                ItemVerdict::Deleted => {
                    totals.bytes_deleted += item.size;
                    &mut totals.deleted
                }
                ItemVerdict::Redacted => &mut totals.redacted,
                ItemVerdict::AlreadyAbsent => &mut totals.already_absent,
                ItemVerdict::Retained => &mut totals.retained,
                ItemVerdict::Failed => &mut totals.failed,
                ItemVerdict::Unknown => &mut totals.unknown,
            };
            *count += 1;
        }
        let open = totals.retained + totals.failed + totals.unknown;
        totals.complete = open == 0 && self.retained.is_empty() && self.scope.problems.is_empty();
        totals
    }
}
