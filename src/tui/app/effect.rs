//! What the state asks for and what comes back: the only ways between the pure core and the world.

use super::{CaseList, Operation, Work};
use crate::error::Error;
use crate::model::{DiagnosticKind, Id, Time};
use crate::ops::access::AccessView;
use crate::ops::allowed::{AccessAllowed, CaseAllowed};
use crate::ops::attest::{EntryView, LogStanding, Shown, Verified};
use crate::ops::case::CaseView;
use crate::ops::dsr::{ContextLine, Executed, FindingLine, RequestAllowed, RequestView};
use crate::ops::retention::{RetentionItem, Swept};
use crate::ops::transfer::FolderView;
use crate::outside::Entry;
use crate::tui::keymap::Key;
use crate::tui::theme::Role;
use crate::workspace::lookout::Changes;
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
    /// What the user's editor left, or why it changed nothing.
    Edited(Result<String, Failure>),
    /// Something to say.
    Say(Role, String),
    /// The wheel: so many rows, up when negative.
    Wheel(i16),
    /// A click on a cell.
    Click {
        column: u16,
        row: u16,
    },
    /// How far the work in the background is.
    Progress(String),
    /// A write waits for somebody's lock: for whom, since when.
    Waiting(String),
    /// Others changed something.
    Changed(Changes),
}

/// Something that the world has to do.
#[derive(Debug, Clone)]
pub enum Effect {
    Load(Load),
    /// As [`Effect::Load`], for what lies under an open form: what the form was opened on stays what
    /// its sending is held against.
    LookAgain(Load),
    /// At once: a write of milliseconds.
    Do(Operation),
    /// On the worker, with progress.
    Start(Work),
    /// Ask the worker to stop.
    Stop,
    ActAs(String),
    Suspend,
    /// Send a text to the terminal's clipboard; what it is, in a word or two.
    Copy {
        what: String,
        text: String,
    },
    /// Let the user change a text in their editor.
    Edit {
        text: String,
    },
    /// Show a text in the user's pager.
    Page {
        name: String,
        text: String,
    },
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
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
    /// A directory of the user's.
    Directory(PathBuf),
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
    Directory { asked: PathBuf, dir: PathBuf, entries: Vec<Entry> },
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
    /// Show a text in the user's pager.
    Page {
        name: String,
        text: String,
    },
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
