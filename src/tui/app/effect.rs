//! What the state asks for and what comes back: the only ways between the pure core and the world.

use crate::error::Error;
use crate::model::{
    Decision, DiagnosticKind, GivenIdentifier, Id, PlanScope, RecordKind, Severity, Sha256, Time,
};
use crate::ops::access::AccessView;
use crate::ops::allowed::{AccessAllowed, CaseAllowed};
use crate::ops::attach::Attachment;
use crate::ops::attest::{EntryView, LogStanding, Shown, Verified};
use crate::ops::case::{CaseLine, CaseView};
use crate::ops::dsr::{
    ContextLine, Executed, FindingLine, NewRequest, Replacement, RequestAllowed, RequestView,
};
use crate::ops::retention::{RetentionItem, Swept};
use crate::ops::status::Status;
use crate::ops::transfer::{FolderView, TransferUpload};
use crate::tui::keymap::Key;
use crate::workspace::{CaseRef, Problem};
use std::path::PathBuf;
use std::sync::Arc;

/// Something that the state has to know.
#[derive(Debug)]
pub enum Action {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    /// The moment that what is loaded next stands for.
    Clock(Time),
    /// The state as it stands was drawn completely.
    Drawn,
    Loaded(Loaded),
    /// Something could not be loaded.
    NotLoaded(Load, Failure),
    /// An operation ended.
    Done(Result<Done, Failure>),
    /// The work in the background ended.
    Finished(Result<Done, Failure>),
    /// How far the work in the background is.
    Progress(String),
}

/// Something that the world has to do.
#[derive(Debug, Clone)]
pub enum Effect {
    Load(Load),
    /// At once: a write of milliseconds.
    Do(Operation),
    /// On the worker, with progress.
    Start(Work),
    /// Ask the worker to stop.
    Stop,
    ActAs(String),
    Suspend,
    /// Draw the whole screen anew.
    Redraw,
}

/// The attestation log as it stands.
#[derive(Debug, Clone)]
pub struct LogData {
    pub standing: LogStanding,
    /// Newest first.
    pub entries: Vec<EntryView>,
    /// What recovery found and did when the workspace was opened.
    pub recovered: Vec<String>,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    Session,
    Cases,
    Case(CaseRef),
    Access,
    Requests,
    Request(String),
    Findings(String),
    /// A finding's matches in their surroundings.
    Context {
        dsr: String,
        item: String,
    },
    Receipt(String),
    Log,
    Entry(u64),
    Retention,
    /// What a sweep would delete.
    SweepPreview,
}

/// What was read.
#[derive(Debug, Clone)]
pub enum Loaded {
    Session(Box<Session>),
    Cases(Arc<CaseList>),
    Case(Box<CaseData>),
    Access(Vec<AccessData>),
    Requests(Vec<RequestView>),
    Request(Box<RequestAllowed>),
    Findings { dsr: Id, lines: Vec<FindingLine> },
    Context { item: String, lines: Vec<ContextLine> },
    Receipt(Box<Executed>),
    Log(Box<LogData>),
    Entry(Box<Shown>),
    Retention { items: Vec<RetentionItem>, problems: Vec<Problem> },
    SweepPreview(Box<Swept>),
}

/// The landing screen's data.
#[derive(Debug, Clone)]
pub struct CaseList {
    pub lines: Vec<CaseLine>,
    pub status: Status,
}

/// A case with what may be done with it.
#[derive(Debug, Clone)]
pub struct CaseData {
    pub view: CaseView,
    pub allowed: CaseAllowed,
    /// The transfer folder, for whom it is (DTM-2).
    pub folder: Option<FolderView>,
    /// The tenant's audit events about it, newest first; why not, where they may not be read.
    pub audit: Result<Vec<AuditLine>, Failure>,
}

/// An audit event in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    pub at: Time,
    pub activity: String,
    pub by: String,
    pub failed: bool,
    pub details: String,
}

/// An access request with what may be done with it.
#[derive(Debug, Clone)]
pub struct AccessData {
    pub view: AccessView,
    pub allowed: AccessAllowed,
}

/// Who is at work, where and when.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub workspace: String,
    pub root: String,
    pub test_clock: bool,
    pub now: Time,
    pub principal: String,
    /// Whoever the program took the user for at the start.
    pub own: String,
    pub engineer: bool,
    pub tenants: Vec<Id>,
    pub engineers: Vec<String>,
    /// Decisions count only with the decider's SSH signature (SAR-7, DEL-2).
    pub signed_decisions: bool,
    pub people: Vec<Person>,
}

/// Somebody to act as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub principal: String,
    pub name: String,
    /// `engineer`, or tenant and roles.
    pub part: String,
}

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

/// Work that may take long.
#[derive(Debug, Clone)]
pub enum Work {
    Discover(Id),
    Attach(Attachment),
    Plan {
        dsr: Id,
        scope: Option<PlanScope>,
        history_loss_acknowledged: bool,
    },
    Execute(Id),
    Verify,
    /// On a request, or on one transaction.
    Report {
        on: String,
        out: PathBuf,
        signed: Signed,
    },
    Sweep,
    TransferAdd(TransferUpload),
    TransferDelete {
        case: CaseRef,
        name: String,
    },
    Export {
        dsr: Id,
        out: PathBuf,
    },
}

/// Who signs a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    ByNobody,
    /// By a key in the ssh-agent.
    ByAgent,
    /// By a key file.
    By(PathBuf),
}

impl Work {
    /// What is being done, for the progress line.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Discover(dsr) => format!("Discovery for {dsr}"),
            Self::Attach(attachment) => format!("Attaching to {}", attachment.case),
            Self::Plan { dsr, .. } => format!("Planning {dsr}"),
            Self::Execute(dsr) => format!("Deletion of {dsr}"),
            Self::Verify => "Verification of the log".to_owned(),
            Self::Report { on, .. } => format!("Report on {on}"),
            Self::Sweep => "The sweep".to_owned(),
            Self::TransferAdd(upload) => {
                format!("Adding to the transfer folder of {}", upload.case)
            }
            Self::TransferDelete { case, .. } => {
                format!("Deletion in the transfer folder of {}", case.id)
            }
            Self::Export { dsr, .. } => format!("Export of {dsr}"),
        }
    }

    /// Whether it can be stopped: a deletion that has begun is finished.
    #[must_use]
    pub const fn can_stop(&self) -> bool {
        matches!(self, Self::Discover(_) | Self::Verify)
    }
}

/// Something went well.
#[derive(Debug, Clone)]
pub struct Done {
    /// One sentence.
    pub said: String,
    pub then: Then,
}

/// Where to go afterwards.
#[derive(Debug, Clone)]
pub enum Then {
    Stay,
    /// A request was taken: show it.
    ShowRequest(Id),
    /// Discovery is done: look at what it found.
    ShowReview(Id),
    /// A deletion ended.
    ShowReceipt(Id),
    Verified(Box<Verified>),
    /// Somebody else acts now.
    Acting,
}

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `refused`, `conflict`, `io` and so on.
    pub code: &'static str,
    pub message: String,
    pub hint: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        // A hint that names a command or an option is for the other face; here a key does it.
        let hint = error.hint().filter(|hint| !hint.contains("--") && !hint.contains("`caseward"));
        Self { code: error.code(), message: error.to_string(), hint }
    }
}

impl Failure {
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: "usage", message: message.into(), hint: None }
    }
}

/// The kinds of diagnostics, those that need no consent first.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    DiagnosticKind::ALL.iter().map(|kind| kind.as_str()).collect()
}
