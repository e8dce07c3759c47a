//! Writes of milliseconds, as the state asks for them.

use crate::model::{Decision, GivenIdentifier, Id, RecordKind, Severity, Sha256};
use crate::ops::dsr::{NewRequest, Replacement};
use crate::ops::seen::About;
use crate::workspace::CaseRef;
use std::path::PathBuf;
/// A write of milliseconds.
#[derive(Debug, Clone)]
pub enum Operation {
    Consent {
        case: CaseRef,
        yes: bool,
        by: String,
        kind: String,
    },
    Severity {
        case: CaseRef,
        severity: Severity,
        on_request_of: Option<String>,
    },
    RequestAccess {
        case: CaseRef,
        tenant: String,
        justification: String,
    },
    Decide {
        sar: Id,
        decision: Decision,
        /// The file with the signature over the decision's statement.
        signature: Option<PathBuf>,
    },
    RemoveAccess(Id),
    WithdrawAccess(Id),
    /// Read a diagnostic; it is logged (CONS-11).
    Read {
        case: CaseRef,
        name: String,
    },
    /// Read a note, a chat, an e-mail or a call; it is logged.
    ReadRecord {
        case: CaseRef,
        name: String,
    },
    Assign {
        case: CaseRef,
        engineer: String,
    },
    Close(CaseRef),
    Reopen {
        case: CaseRef,
        permission: Option<String>,
    },
    Note {
        case: CaseRef,
        kind: RecordKind,
        internal: bool,
        text: String,
    },
    Receive(NewRequest),
    Include {
        dsr: Id,
        items: Vec<String>,
        reason: String,
    },
    Exclude {
        dsr: Id,
        items: Vec<String>,
        reason: String,
    },
    Approve {
        dsr: Id,
        digest: Sha256,
        /// The file with the signature over the plan's statement.
        signature: Option<PathBuf>,
    },
    GiveBack {
        dsr: Id,
        reason: String,
    },
    CancelRequest {
        dsr: Id,
        reason: String,
    },
    Redact {
        dsr: Id,
        items: Vec<String>,
        reason: String,
    },
    Rectify {
        dsr: Id,
        item: String,
        to: String,
        reason: String,
    },
    Identify {
        dsr: Id,
        identifiers: Vec<GivenIdentifier>,
    },
    Restrict {
        dsr: Id,
        reason: String,
    },
    SwapContact {
        dsr: Id,
        with: Replacement,
    },
    Confirm(Id),
    Extend {
        dsr: Id,
        ground: String,
        reason: String,
    },
    Deny {
        dsr: Id,
        reason: String,
        late: bool,
    },
    PutAside {
        dsr: Id,
        reason: String,
    },
    Resume(Id),
    CloseRequest {
        dsr: Id,
        reason: String,
    },
    /// DEL-8: a legal hold on a file.
    PlaceHold {
        path: String,
        reason: String,
    },
    /// Every hold on the file.
    ReleaseHolds {
        path: String,
    },
    TransferLink {
        case: CaseRef,
        add: Vec<String>,
        remove: Vec<String>,
    },
}

impl Operation {
    /// The record whose earlier state it would take the place of: what another wrote there since it was
    /// shown is said first. What only adds, or names exactly what it is about, needs no such word.
    #[must_use]
    pub fn about(&self) -> Option<About> {
        match self {
            Self::Consent { case, .. }
            | Self::Severity { case, .. }
            | Self::Assign { case, .. }
            | Self::Close(case)
            | Self::Reopen { case, .. } => Some(About::Case(case.clone())),
            Self::GiveBack { dsr, .. }
            | Self::CancelRequest { dsr, .. }
            | Self::Identify { dsr, .. }
            | Self::Restrict { dsr, .. }
            | Self::SwapContact { dsr, .. }
            | Self::Confirm(dsr)
            | Self::Extend { dsr, .. }
            | Self::Deny { dsr, .. }
            | Self::PutAside { dsr, .. }
            | Self::Resume(dsr)
            | Self::CloseRequest { dsr, .. } => Some(About::Request(dsr.clone())),
            Self::RequestAccess { .. }
            | Self::Decide { .. }
            | Self::RemoveAccess(_)
            | Self::WithdrawAccess(_)
            | Self::Read { .. }
            | Self::ReadRecord { .. }
            | Self::Note { .. }
            | Self::Receive(_)
            | Self::Include { .. }
            | Self::Exclude { .. }
            | Self::Approve { .. }
            | Self::Redact { .. }
            | Self::Rectify { .. }
            | Self::PlaceHold { .. }
            | Self::ReleaseHolds { .. }
            | Self::TransferLink { .. } => None,
        }
    }
}
