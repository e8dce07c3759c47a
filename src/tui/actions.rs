//! The table of actions: one row for everything a key can do. Key map, help, footer hints, the
//! menu and read-only mode are all made from it.

/// Everything that can be done in the terminal interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActionId {
    Quit,
    Back,
    Help,
    Messages,
    ActAs,
    Menu,
    Palette,
    Undo,
    Mouse,
    Refresh,
    Suspend,
    StopJob,
    GoCases,
    GoAccess,
    GoRequests,
    GoLog,
    GoRetention,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Filter,
    Mark,
    Copy,
    CasesDue,
    CasesSort,
    CasesReverse,
    CasesFilters,
    CaseConsent,
    CaseAccess,
    CaseAttach,
    CasePick,
    CaseView,
    CaseNote,
    CaseSeverity,
    CaseAssign,
    CaseClose,
    CaseReopen,
    CaseRequest,
    CaseHold,
    TransferAdd,
    TransferDelete,
    TransferLink,
    AccessApprove,
    AccessReject,
    AccessRemove,
    AccessWithdraw,
    RequestNew,
    RequestDiscover,
    RequestReview,
    RequestPlan,
    RequestApprove,
    RequestGiveBack,
    RequestExecute,
    RequestReport,
    RequestReceipt,
    RequestCancel,
    RequestIdentify,
    RequestRestrict,
    RequestExport,
    RequestSwapContact,
    RequestConfirm,
    RequestExtend,
    RequestDeny,
    RequestHold,
    RequestResume,
    RequestClose,
    FindingInclude,
    FindingExclude,
    FindingRedact,
    FindingRectify,
    FindingIncludeRest,
    FindingExcludeRest,
    FindingContext,
    LogVerify,
    LogReport,
    RetentionSweep,
    RetentionHold,
    SweepRun,
}

/// Where an action is at home; the keys of a screen's own scope win over the wider ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    Global,
    List,
    Cases,
    Case,
    Picker,
    Access,
    Requests,
    Request,
    Review,
    Receipt,
    Log,
    Retention,
    /// What a sweep would delete.
    Sweep,
    /// Screens that have nothing of their own: help, messages, one entry.
    Plain,
    /// Screens that take text: letters are letters.
    Text,
}

impl Scope {
    /// The heading in the help.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::List => "Moving",
            Self::Cases => "Cases",
            Self::Case => "Case",
            Self::Picker => "Files to attach",
            Self::Access => "Access requests",
            Self::Requests => "Data subject requests",
            Self::Request => "One data subject request",
            Self::Review => "Review of findings",
            Self::Receipt => "Receipt",
            Self::Log => "Attestation log",
            Self::Retention => "Retention",
            Self::Sweep => "Sweep",
            Self::Plain => "Reading",
            Self::Text => "Forms",
        }
    }
}

/// What stands between a key and its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    None,
    /// A question with Cancel focused.
    Confirm,
    /// A full screen, and the id typed.
    Typed,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    pub id: ActionId,
    /// The name in a configuration file.
    pub name: &'static str,
    /// A word or two for the footer and the menu.
    pub title: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    pub scope: Scope,
    pub danger: Danger,
    /// Whether it changes the workspace: absent under `--read-only`.
    pub writes: bool,
    pub keys: &'static [&'static str],
}

const fn plain(
    id: ActionId,
    name: &'static str,
    title: &'static str,
    help: &'static str,
    scope: Scope,
    keys: &'static [&'static str],
) -> Info {
    Info { id, name, title, help, scope, danger: Danger::None, writes: false, keys }
}

const fn write(
    id: ActionId,
    name: &'static str,
    title: &'static str,
    help: &'static str,
    scope: Scope,
    danger: Danger,
    keys: &'static [&'static str],
) -> Info {
    Info { id, name, title, help, scope, danger, writes: true, keys }
}

use ActionId as A;
use Danger::{Confirm, Typed};
use Scope as S;

/// The table, a row a line. Within a scope, the order of the help and the menu.
#[rustfmt::skip]
pub const ACTIONS: &[Info] = &[
    plain(A::Help, "help", "help", "The keys of this screen", S::Global, &["?", "f1"]),
    plain(A::Menu, "menu", "actions", "What can be done here, and what cannot and why", S::Global, &["a"]),
    plain(A::Palette, "palette", "find", "Find an action, a case, a request or an access request by typing", S::Global, &[":", "ctrl-p"]),
    plain(A::ActAs, "act_as", "act as…", "Act as another engineer or a customer's administrator", S::Global, &["@"]),
    plain(A::Back, "back", "back", "One level back", S::Global, &["esc", "backspace"]),
    plain(A::Quit, "quit", "leave", "Leave the program from a root screen, else go back", S::Global, &["q"]),
    plain(A::GoCases, "go_cases", "Cases", "The list of cases", S::Global, &["1"]),
    plain(A::GoAccess, "go_access", "Access", "Pending access requests and approved access", S::Global, &["2"]),
    plain(A::GoRequests, "go_requests", "Requests", "Data subject requests", S::Global, &["3"]),
    plain(A::GoLog, "go_log", "Log", "The attestation log", S::Global, &["4"]),
    plain(A::GoRetention, "go_retention", "Retention", "What falls due when; sweep what is due", S::Global, &["5"]),
    plain(A::Messages, "messages", "messages", "Everything that was said since the start", S::Global, &["!"]),
    plain(A::Undo, "undo", "undo", "Take back a filter, marks or a decision on findings; says what cannot be taken back", S::Global, &["U"]),
    plain(A::Mouse, "mouse", "mouse", "The mouse on, or off so that the terminal selects text", S::Global, &["M"]),
    plain(A::Refresh, "refresh", "refresh", "Read everything again and draw the screen anew", S::Global, &["R", "ctrl-l"]),
    plain(A::StopJob, "stop_job", "stop", "Stop the work in the background", S::Global, &["S", "ctrl-c"]),
    plain(A::Suspend, "suspend", "suspend", "Back to the shell; `fg` returns", S::Global, &["ctrl-z"]),
    plain(A::Up, "up", "up", "One up", S::List, &["k", "up"]),
    plain(A::Down, "down", "down", "One down", S::List, &["j", "down"]),
    plain(A::Left, "left", "previous tab", "The tab or list to the left", S::List, &["backtab", "left", "h"]),
    plain(A::Right, "right", "next tab", "The tab or list to the right", S::List, &["tab", "right", "l"]),
    plain(A::PageUp, "page_up", "page up", "A page up", S::List, &["pageup", "ctrl-u"]),
    plain(A::PageDown, "page_down", "page down", "A page down", S::List, &["pagedown", "ctrl-d"]),
    plain(A::Top, "top", "top", "To the first", S::List, &["home", "g"]),
    plain(A::Bottom, "bottom", "bottom", "To the last", S::List, &["end", "G"]),
    plain(A::Open, "open", "open", "Open, or take the next step", S::List, &["enter"]),
    plain(A::Filter, "filter", "filter", "Show only what has all the words typed", S::List, &["/"]),
    plain(A::Mark, "mark", "mark", "Mark the row for what is done with several; where nothing is marked, a page down", S::List, &["space"]),
    plain(A::Copy, "copy", "copy", "Send an id, a hash or a path to the terminal's clipboard", S::List, &["y"]),
    plain(A::CasesDue, "cases_due", "due and problems", "What falls due within a week, and files that are not as they should be", S::Cases, &["d"]),
    plain(A::CasesSort, "cases_sort", "sort", "Sort by the next column", S::Cases, &["s"]),
    plain(A::CasesReverse, "cases_reverse", "reverse", "The other way round", S::Cases, &["r"]),
    plain(A::CasesFilters, "cases_filters", "saved filters", "Choose a filter of your configuration file", S::Cases, &["f"]),
    write(A::CaseConsent, "case_consent", "consent", "Record the customer's answer on advanced diagnostics", S::Case, Danger::None, &["c"]),
    write(A::CaseAccess, "case_access", "request access", "Ask another tenant's administrators for access", S::Case, Danger::None, &["s"]),
    write(A::CaseAttach, "case_attach", "attach", "Attach diagnostics with their categories", S::Case, Danger::None, &["d"]),
    write(A::CasePick, "case_pick", "pick files", "Attach files picked from a directory", S::Case, Danger::None, &["D"]),
    write(A::CaseView, "case_view", "read", "Read the record or diagnostic in focus in your pager; reading is logged", S::Case, Danger::None, &["p"]),
    write(A::CaseNote, "case_note", "note", "Add a note, a chat, an e-mail or a call to the records", S::Case, Danger::None, &["n"]),
    write(A::CaseSeverity, "case_severity", "severity", "Change the severity; of an assigned case its engineer, on request", S::Case, Danger::None, &["v"]),
    write(A::CaseAssign, "case_assign", "assign", "Assign the case to an engineer", S::Case, Danger::None, &["t"]),
    write(A::CaseClose, "case_close", "close", "Close the case: consent and access end with it", S::Case, Confirm, &["x"]),
    write(A::CaseReopen, "case_reopen", "reopen", "Reopen the case; what closing ended stays ended", S::Case, Danger::None, &["o"]),
    write(A::CaseRequest, "case_request", "take a request", "Take a data subject request for this customer", S::Case, Danger::None, &["r"]),
    write(A::CaseHold, "case_hold", "legal hold", "Put the file in focus on legal hold, or release it", S::Case, Danger::None, &["H"]),
    write(A::TransferAdd, "transfer_add", "add to transfer", "Put a file into the transfer folder", S::Case, Danger::None, &["u"]),
    write(A::TransferDelete, "transfer_delete", "delete from transfer", "Delete the transfer file in focus, as the customer's account", S::Case, Confirm, &["X"]),
    write(A::TransferLink, "transfer_link", "transfer link", "Issue a new transfer link and list accounts", S::Case, Danger::None, &["L"]),
    write(A::AccessApprove, "access_approve", "approve", "Approve for every tenant that you may decide in", S::Access, Confirm, &["A"]),
    write(A::AccessReject, "access_reject", "reject", "Reject the request for good", S::Access, Confirm, &["n"]),
    write(A::AccessRemove, "access_remove", "remove", "Remove approved access", S::Access, Confirm, &["x"]),
    write(A::AccessWithdraw, "access_withdraw", "withdraw", "Withdraw a pending request", S::Access, Confirm, &["w"]),
    write(A::RequestNew, "request_new", "new request", "Take a data subject request", S::Requests, Danger::None, &["n"]),
    write(A::RequestDiscover, "request_discover", "discover", "Search for the identifiers that the customer gave", S::Request, Danger::None, &["d"]),
    plain(A::RequestReview, "request_review", "review", "Look at the findings; include and exclude", S::Request, &["v"]),
    write(A::RequestPlan, "request_plan", "plan", "Make the preview of what would be deleted", S::Request, Danger::None, &["p"]),
    write(A::RequestApprove, "request_approve", "approve", "Approve the plan as the second person", S::Request, Confirm, &["A"]),
    write(A::RequestGiveBack, "request_give_back", "give back", "Return the plan to review, with a reason", S::Request, Danger::None, &["b"]),
    write(A::RequestExecute, "request_execute", "delete", "Delete what the approved plan lists; asks for the request's id", S::Request, Typed, &["x"]),
    plain(A::RequestReceipt, "request_receipt", "receipt", "What became of every file", S::Request, &["f"]),
    write(A::RequestReport, "request_report", "report", "Write the attestation report to a directory", S::Request, Danger::None, &["t"]),
    write(A::RequestCancel, "request_cancel", "cancel request", "Cancel the request, with a reason", S::Request, Danger::None, &["c"]),
    write(A::RequestIdentify, "request_identify", "identifiers", "Record the identifiers that the customer sent since", S::Request, Danger::None, &["i"]),
    write(A::RequestRestrict, "request_restrict", "restrict", "Close the engagements and mark them not to be opened again", S::Request, Danger::None, &["r"]),
    write(A::RequestExport, "request_export", "export", "Give out what was found, in a new directory", S::Request, Danger::None, &["e"]),
    write(A::RequestSwapContact, "request_swap_contact", "replace contact", "Put a confirmed replacement in the contact's place in open engagements", S::Request, Danger::None, &["o"]),
    write(A::RequestConfirm, "request_confirm", "confirm receipt", "Record that its receipt was confirmed to the data subject", S::Request, Confirm, &["C"]),
    write(A::RequestExtend, "request_extend", "extend", "Take more time, with the reasons told inside the first period", S::Request, Danger::None, &["m"]),
    write(A::RequestDeny, "request_deny", "deny", "Deny the request, with the reasons and the ways to complain", S::Request, Danger::None, &["n"]),
    write(A::RequestHold, "request_hold", "put aside", "Put the request aside; its clock goes on", S::Request, Danger::None, &["s"]),
    write(A::RequestResume, "request_resume", "take up", "Take up a request that was put aside", S::Request, Confirm, &["u"]),
    write(A::RequestClose, "request_close", "answered", "Close the request: its answer was sent", S::Request, Danger::None, &["w"]),
    write(A::FindingInclude, "finding_include", "include", "Delete it with the rest, with a reason", S::Review, Danger::None, &["i"]),
    write(A::FindingExclude, "finding_exclude", "exclude", "Keep it, with a reason", S::Review, Danger::None, &["e"]),
    write(A::FindingRedact, "finding_redact", "redact", "Have the matches give way to a mark, and keep the rest of the file", S::Review, Danger::None, &["r"]),
    write(A::FindingRectify, "finding_rectify", "correct", "Have the matches say what is right", S::Review, Danger::None, &["t"]),
    write(A::FindingIncludeRest, "finding_include_rest", "include all undecided", "Include everything that nobody decided on, with one reason", S::Review, Danger::None, &["I"]),
    write(A::FindingExcludeRest, "finding_exclude_rest", "exclude all undecided", "Keep everything that nobody decided on, with one reason", S::Review, Danger::None, &["E"]),
    plain(A::FindingContext, "finding_context", "context", "The matches in their surroundings, everything else masked", S::Review, &["c"]),
    plain(A::LogVerify, "log_verify", "verify", "Check every entry, the tree and the signed checkpoint", S::Log, &["v"]),
    write(A::LogReport, "log_report", "report", "Write a report on the entry's transaction, signed or not", S::Log, Danger::None, &["t"]),
    plain(A::RetentionSweep, "retention_sweep", "sweep", "Look at what a sweep would delete, then run it", S::Retention, &["x"]),
    write(A::RetentionHold, "retention_hold", "legal hold", "Put the file in focus on legal hold, or release it", S::Retention, Danger::None, &["H"]),
    write(A::SweepRun, "sweep_run", "delete what is due", "Delete everything in this list that nothing keeps", S::Sweep, Confirm, &["x"]),
];

/// The row of an action.
#[must_use]
pub fn info(id: ActionId) -> &'static Info {
    // Every id has its row: a test holds the table to it.
    ACTIONS.iter().find(|info| info.id == id).unwrap_or(&ACTIONS[0])
}

/// Whether an action can be taken now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    Enabled,
    /// Shown with its reason, which names the rule.
    Disabled(String),
    /// Not a matter of this screen, or removed by `--read-only`.
    Hidden,
}

impl From<crate::ops::allowed::Answer> for Availability {
    fn from(answer: crate::ops::allowed::Answer) -> Self {
        match answer {
            Ok(()) => Self::Enabled,
            Err(refusal) => Self::Disabled(refusal.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_every_row_is_its_own() {
        let names: HashSet<&str> = ACTIONS.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), ACTIONS.len());
        for row in ACTIONS {
            assert_eq!(info(row.id).name, row.name, "two rows for one action");
        }
    }

    #[test]
    fn nothing_dangerous_lies_on_a_control_key() {
        for row in ACTIONS.iter().filter(|row| row.writes || row.danger != Danger::None) {
            assert!(row.keys.iter().all(|key| !key.starts_with("ctrl-")), "{}", row.name);
        }
    }
}
