//! Data subject requests: the request with its history, discovery, plan and executions in numbers.

use super::words::words;
use super::{
    Channel, Correction, Extension, Extra, Id, Link, OpenDsr, RequestAnswer, Sha256, Time,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

words! {
    /// What the data subject asks for (DSR-1).
    "type of request" DsrType {
        Access = "access",
        Rectify = "rectify",
        Restrict = "restrict",
        Delete = "delete",
        Export = "export",
    }
}

words! {
    "regulation" Regulation { Gdpr = "gdpr", Ccpa = "ccpa" }
}

words! {
    /// Whose request it is; decides the route (DSR-3).
    "requester" Requester {
        /// A contact person about their own contact data: the vendor is controller.
        Contact = "contact",
        EndUser = "end_user",
        /// The controller asks for one of its data subjects.
        Customer = "customer",
        Consulting = "consulting",
        /// About a FastTrack migration.
        FastTrack = "fast_track",
    }
}

words! {
    /// Where a request goes (DSR-3, decision 9).
    "route" Route {
        Assist = "assist",
        PrivacyResponseCenter = "privacy_response_center",
        ReferToCustomer = "refer_to_customer",
        EngagementManager = "engagement_manager",
        FastTrackInbox = "fast_track_inbox",
    }
}

words! {
    /// DSR-7: all tenants and whole engagements, or the named engagements.
    "option" RequestOption { A = "a", B = "b" }
}

words! {
    "state" DsrState {
        Received = "received",
        IdentifiersNeeded = "identifiers_needed",
        Discovering = "discovering",
        Review = "review",
        Planned = "planned",
        Approved = "approved",
        Executing = "executing",
        Verifying = "verifying",
        Fulfilled = "fulfilled",
        Attested = "attested",
        Closed = "closed",
        Referred = "referred",
        Denied = "denied",
        Canceled = "canceled",
        Held = "held",
    }
}

words! {
    /// What somebody did to a request.
    "decision" DecisionKind {
        Received = "received",
        /// That it was received was confirmed to the data subject (LAW-4).
        Confirmed = "confirmed",
        Identified = "identified",
        Discovered = "discovered",
        Include = "include",
        Exclude = "exclude",
        /// The matches give way to a mark; the rest of the file stays.
        Redact = "redact",
        /// The matches give way to what is right (DSR-11).
        Rectify = "rectify",
        Planned = "planned",
        Approved = "approved",
        Returned = "returned",
        Executed = "executed",
        Reported = "reported",
        Exported = "exported",
        Restricted = "restricted",
        /// A confirmed replacement took the contact's place in open engagements (DSR-3).
        ContactSwapped = "contact_swapped",
        Extended = "extended",
        Held = "held",
        Resumed = "resumed",
        Canceled = "canceled",
        Denied = "denied",
        Closed = "closed",
        /// ATT-7: what the record forgets, it has forgotten.
        EvidenceErased = "evidence_erased",
    }
}

words! {
    /// What of an engagement a plan of option B covers.
    "scope" PlanScope { Items = "items", Engagement = "engagement" }
}

words! {
    "action" PlanAction {
        Delete = "delete",
        /// Written anew with a mark in the place of the matches.
        Redact = "redact",
        /// Written anew with the correction in their place.
        Rectify = "rectify",
    }
}

words! {
    "outcome" FindingOutcome { Match = "match", Review = "review" }
}

words! {
    /// What kind of file a finding lies in.
    "kind of finding" FindingKind {
        Case = "case",
        Record = "record",
        Diagnostic = "diagnostic",
        Access = "access",
        Approval = "approval",
        /// Another data subject request: kept as a legal record.
        Request = "request",
        /// `audit.jsonl`: kept as a legal record.
        Audit = "audit",
        /// Openings, quarantine and cut tails of the attestation log.
        Attestation = "attestation",
        /// Anything else that lies in an engagement: editor leftovers, unknown files.
        Leftover = "leftover",
    }
}

words! {
    /// What an identifier is; decides what counts as a match.
    "type of identifier" IdentifierType {
        Name = "name",
        Email = "email",
        Upn = "upn",
        Phone = "phone",
        Guid = "guid",
        Puid = "puid",
        Session = "session",
        Ipv4 = "ipv4",
        Ipv6 = "ipv6",
        Sip = "sip",
        Machine = "machine",
        Custom = "custom",
    }
}

/// `request.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub format: u32,
    pub revision: u64,
    pub id: Id,
    #[serde(rename = "type")]
    pub kind: DsrType,
    pub regulation: Regulation,
    pub requester: Requester,
    pub route: Route,
    pub option: RequestOption,
    /// Option B: the engagements named, as `ID` or `TENANT/ID`.
    #[serde(default)]
    pub cases: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    pub received_at: Time,
    /// LAW-4: when its receipt was confirmed to the data subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Time>,
    /// LAW-1, LAW-4: the last day to answer.
    pub due_on: NaiveDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_to: Option<NaiveDate>,
    pub state: DsrState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<RequestAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_dsr: Option<OpenDsr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// What was searched, in numbers, by the last discovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery: Option<DiscoverySummary>,
    /// The current plan; a new discovery or a new plan replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<GivenIdentifier>,
    /// History, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<DsrDecision>,
    /// Transactions of the attestation log that executed the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub executions: Vec<Execution>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// An identifier as the customer gave it (DSR-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenIdentifier {
    #[serde(rename = "type")]
    pub kind: IdentifierType,
    /// Empty once the request's evidence was erased (ATT-7).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// 64 hex digits, drawn at intake: the key of the commitment that reports show in the value's
    /// place (ATT-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<Sha256>,
    /// What stays of the value when the evidence is erased (ATT-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
    /// The commitment under the salt, which is destroyed with the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Sha256>,
}

impl GivenIdentifier {
    /// As the customer gave it; intake draws the salt.
    #[must_use]
    pub fn new(kind: IdentifierType, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), salt: None, mask: None, commitment: None }
    }
}

/// One entry of a request's history: who, when, what, and what it was based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DsrDecision {
    pub what: DecisionKind,
    pub at: Time,
    pub by: String,
    /// The account of the host; `by` is a claim.
    pub os_user: String,
    /// The finding it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The digest of the plan it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// `[discovery]`: the last discovery in numbers; the findings are in `findings.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscoverySummary {
    pub at: Time,
    pub by: String,
    pub files: u64,
    pub bytes: u64,
    pub findings: u64,
    /// Nothing unreadable and no limit hit.
    pub complete: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_searched: Vec<UnsearchedStore>,
    /// Files without a sidecar: they were searched all the same and are only counted here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unregistered: u64,
    /// What could not be searched, or not wholly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ScopeProblem>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A store that discovery never opens, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsearchedStore {
    pub store: String,
    pub files: u64,
    pub bytes: u64,
    pub why: String,
}

/// Something in the scope that could not be searched, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeProblem {
    pub path: String,
    /// `unreadable`, `unregistered`, `limit` or `invalid`.
    pub kind: String,
    pub why: String,
}

/// `[plan]`: the preview that is approved by its digest; the items are in `plan.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// SHA-256 of `caseward-plan/1 <request id> <option> <scope>\n` and the bytes of `plan.jsonl`.
    pub digest: Sha256,
    pub at: Time,
    pub by: String,
    pub scope: PlanScope,
    pub items: u64,
    pub bytes: u64,
    /// DSR-7: the customer knows that the engagement's history is lost with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history_loss_acknowledged: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Files that stay because they are under legal hold (DEL-8).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldFile>,
    /// DEL-6: where the same content lies elsewhere, a sentence each; also among the warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_content: Vec<String>,
    /// The engagements that are deleted whole, with what their tombstones will say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub engagements: Vec<PlannedEngagement>,
}

/// A file that a plan leaves where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldFile {
    pub path: String,
    /// The hold's id.
    pub hold: Id,
}

/// An engagement that a plan deletes whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedEngagement {
    /// `TENANT/ID`.
    pub engagement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Time>,
    /// Transfer files stay under their own clock (DTM-7).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transfer_pending: bool,
}

/// One transaction that executed a part of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    pub tx: String,
    /// Index of the `begin` leaf.
    pub begin: u64,
    /// Index of the `end` leaf.
    pub end: u64,
    pub at: Time,
    pub by: String,
    /// Index of the plan item that the first of `outcomes` is about.
    pub first: u64,
    /// What happened to each plan item from there on, a letter each (`g` gone, `r` rewritten,
    /// `a` already absent, `m` changed and kept, `x` failed and kept, `u` unknown); `.` where the
    /// item was not part of this transaction.
    pub outcomes: String,
    /// Whether the process that started it did not finish it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovered: bool,
}
