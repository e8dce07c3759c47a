//! What records are: plain types with their on-disk form, no I/O, no rule, no clock.
//!
//! One file per record of the workspace. Unknown keys are refused (`deny_unknown_fields`), except
//! below a table `x`, which is people's own and is kept as it stands.

mod access;
mod answer;
mod artefact;
mod audit;
mod case;
mod config;
mod dsr;
pub(crate) mod hex;
mod id;
pub mod moment;
mod plan;
mod sha256;
mod span;
mod tenant;
mod transfer;
pub(crate) mod words;

pub use access::{
    AccessRequest, Approval, Decision, Ended, EndedState, Outcome, OutcomeState, Slot,
};
pub use answer::{
    AnswerNature, Channel, Correction, Extension, ExtensionGround, Link, LinkKind, OpenDsr,
    Redaction, RequestAnswer,
};
pub use artefact::{AuthorisedBy, Category, DiagnosticKind, Hold, Meta, Origin, RecordKind, Store};
pub use audit::{
    Activity, AuditCategory, AuditDetail, AuditEvent, AuditResult, AuditTarget, InitiatedBy,
    Operation,
};
pub use case::{
    Answer, Case, CaseStatus, Closure, ConsentEntry, Contact, ContactMethod, Portal, Restriction,
    Severity, Sla, Tombstone, TransferLink,
};
pub use config::{Engineer, PolicySettings, WorkspaceConfig};
pub use dsr::{
    DecisionKind, DiscoverySummary, DsrDecision, DsrState, DsrType, Execution, FindingKind,
    FindingOutcome, GivenIdentifier, HeldFile, IdentifierType, Plan, PlanAction, PlanScope,
    PlannedEngagement, Regulation, Request, RequestOption, Requester, Route, ScopeProblem,
    UnsearchedStore,
};
pub use id::{BadId, Id};
pub use plan::{After, Finding, FindingMatch, PlanItem};
pub use sha256::{NotSha256, Sha256};
pub use span::{BadSpan, Span};
pub use tenant::{Principal, Regime, Tenant};
pub use transfer::{
    TransferBranch, TransferCheck, TransferDecision, TransferDecisionKind, TransferExecution,
    TransferRequest, TransferRequestState, TransferResult,
};
pub use words::UnknownWord;

/// A moment, UTC. On disk and in JSON an RFC 3339 string.
pub type Time = chrono::DateTime<chrono::Utc>;

/// The format version of every TOML record that this program reads and writes.
pub const FORMAT: u32 = 1;

/// People's own values: whatever stands below `[x]` is kept.
pub type Extra = toml::Table;
