//! What the tabs of a case show.

use super::case::Tab;
use super::words;
use crate::model::Time;
use crate::ops::attach::DiagnosticView;
use crate::ops::case::RecordView;
use crate::text;
use crate::tui::app::{App, AuditLine, CaseData};
use crate::tui::theme::{Role, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// How far a tab of prose scrolls.
#[must_use]
pub fn furthest(app: &App, data: &CaseData, tab: Tab, width: u16, height: u16) -> Option<usize> {
    match tab {
        Tab::Overview => Some(overview(app, data, width).furthest(height)),
        Tab::Transfer if data.folder.as_ref().is_none_or(|folder| folder.files.is_empty()) => {
            Some(transfer(app, data, width).furthest(height))
        }
        _ => None,
    }
}

/// What a tab counts.
#[must_use]
pub fn count(data: &CaseData, tab: Tab) -> Option<usize> {
    match tab {
        Tab::Overview => None,
        Tab::Records => Some(data.view.records.len()),
        Tab::Diagnostics => Some(data.view.diagnostics.len()),
        Tab::Access => Some(data.view.access.len()),
        Tab::Transfer => data.folder.as_ref().map(|folder| folder.files.len()),
        Tab::Audit => data.audit.as_ref().ok().map(Vec::len),
    }
}

/// What tells the rows of a tab apart.
#[must_use]
pub fn ids(data: &CaseData, tab: Tab) -> Vec<String> {
    let view = &data.view;
    match tab {
        Tab::Overview => Vec::new(),
        Tab::Records => view.records.iter().map(|item| item.path.clone()).collect(),
        Tab::Diagnostics => view.diagnostics.iter().map(|item| item.path.clone()).collect(),
        Tab::Access => view.access.iter().map(|request| request.id.to_string()).collect(),
        Tab::Transfer => {
            let files = data.folder.iter().flat_map(|folder| &folder.files);
            files.map(|file| file.path.clone()).collect()
        }
        // Entries are only added, at the top: counted from the end each keeps its number.
        Tab::Audit => {
            let count = data.audit.as_ref().map_or(0, Vec::len);
            (0..count).rev().map(|number| number.to_string()).collect()
        }
    }
}

/// Draws a tab.
pub fn draw(
    app: &App,
    frame: &mut Frame<'_>,
    area: Rect,
    data: &CaseData,
    tab: Tab,
    cursor: usize,
) {
    let empty = |frame: &mut Frame<'_>, why: &str| widgets::empty(frame, area, app.theme, why);
    match tab {
        Tab::Overview => text_tab(frame, area, &overview(app, data, area.width), cursor),
        Tab::Transfer => transfer_tab(app, frame, area, data, cursor),
        Tab::Records if data.view.records.is_empty() => {
            empty(frame, "No notes, chats, e-mails or calls yet. n adds one.");
        }
        Tab::Diagnostics if data.view.diagnostics.is_empty() => {
            empty(frame, "No diagnostics were attached, or all are deleted. d attaches some.");
        }
        Tab::Access if data.view.access.is_empty() => {
            empty(frame, "No access to another tenant was requested. s requests it.");
        }
        Tab::Audit => match &data.audit {
            Err(failure) => empty(frame, &failure.message),
            Ok(lines) if lines.is_empty() => empty(frame, "Nothing was logged about this case."),
            Ok(_) => list_tab(app, frame, area, data, tab, cursor),
        },
        _ => list_tab(app, frame, area, data, tab, cursor),
    }
}

fn text_tab(frame: &mut Frame<'_>, area: Rect, lines: &Details, cursor: usize) {
    lines.draw(frame, area, cursor.min(lines.furthest(area.height)));
    frame.set_cursor_position(Position { x: area.x, y: area.y });
}

fn overview(app: &App, data: &CaseData, width: u16) -> Details {
    let (view, now) = (&data.view, app.session.now);
    let mut lines = Details::new(app.theme, width, 14);
    lines.field("Status", role_of_state(view.status), view.status);
    if let Some(restriction) = &view.restriction
        && restriction.no_reopen
    {
        let note = restriction.note.as_deref().unwrap_or("no note");
        lines.field("Restriction", Role::Bad, format!("not to be reopened: {note}"));
    }
    let consent = &view.consent;
    let state = crate::ops::consent::in_words(consent.state, consent.expires_at, now);
    lines.field("Consent", role_of_state(consent.state), state);
    lines.field("", Role::Text, &consent.why);
    if let Some(until) = consent.expires_at {
        lines.field("", Role::Text, format!("until {}", words::moment(until, now)));
    }
    if consent.needs_reprompt {
        lines.field("", Role::Warn, "ask the customer again (c records the answer)");
    }
    lines.field("Tenant", Role::Text, view.tenant.as_str());
    lines.field("Severity", Role::Text, words::spaced(view.severity.as_str()));
    lines.field("Product", Role::Text, &view.product);
    lines.field("Portal", Role::Text, words::spaced(view.portal.as_str()));
    lines.field("Engineer", Role::Text, view.assigned_to.as_deref().unwrap_or("nobody"));
    if !view.engineers.is_empty() {
        lines.field("With", Role::Text, view.engineers.join(", "));
    }
    let opened = format!("{} by {}", words::moment(view.opened_at, now), view.opened_by);
    lines.field("Opened", Role::Text, opened);
    if let Some(at) = view.closed_at {
        lines.field("Closed", Role::Text, words::moment(at, now));
    }
    if let Some(sla) = &view.sla {
        lines.field("SLA", if sla.overdue { Role::Bad } else { Role::Text }, sla.in_words());
    }
    if let Some(warning) = &view.expunge_warning {
        lines.field("Expunged", Role::Warn, warning);
    }
    for contact in &view.contacts {
        lines.field("Contact", Role::Text, format!("{} <{}>", contact.name, contact.upn));
    }
    lines.heading("Description").prose(Role::Text, reflowed(&view.description));
    if !view.due.is_empty() {
        lines.heading("Due");
        for due in view.due.iter().take(LISTED) {
            let name = due.path.rsplit('/').next().unwrap_or(&due.path);
            let (role, late) =
                if due.overdue { (Role::Bad, "overdue, ") } else { (Role::Text, "") };
            let held = if due.held { ", held" } else { "" };
            let when = words::moment(due.at, now);
            lines.item(role, format!("{} {name}: {late}{when}{held}", due.what));
        }
        and_more(&mut lines, data, view.due.len());
    }
    if !view.problems.is_empty() {
        lines.heading("Problems");
        for problem in view.problems.iter().take(LISTED) {
            lines.item(Role::Warn, format!("{}: {}", problem.path, problem.why));
        }
        and_more(&mut lines, data, view.problems.len());
    }
    lines
}

/// Of dates and of problems so many are listed: a case may have a hundred thousand, and all lines are
/// made for every key.
const LISTED: usize = 200;

/// Where the rest of a list is that is too long for the overview.
fn and_more(lines: &mut Details, data: &CaseData, count: usize) {
    if count > LISTED {
        let rest = count - LISTED;
        let more =
            format!("and {rest} more; `caseward case show {} --json` lists all", data.view.id);
        lines.item(Role::Dim, more);
    }
}

/// Paragraphs without the line breaks of whoever typed them.
fn reflowed(content: &str) -> String {
    let lines: Vec<&str> = content.trim().lines().map(str::trim_end).collect();
    let paragraphs: Vec<String> =
        lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    paragraphs.join("\n\n")
}

fn transfer(app: &App, data: &CaseData, width: u16) -> Details {
    let (transfer, now) = (&data.view.transfer, app.session.now);
    let mut lines = Details::new(app.theme, width, 14);
    lines.field("Transfer", Role::Text, words::spaced(transfer.state));
    if let Some(at) = transfer.link_expires_at {
        lines.field("Link until", Role::Text, words::moment(at, now));
    }
    match &data.folder {
        Some(folder) => {
            if !folder.accounts.is_empty() {
                lines.field("Accounts", Role::Text, folder.accounts.join(", "));
            }
            if let Some(region) = &folder.region {
                lines.field("Region", Role::Text, region);
            }
        }
        None => {
            lines.field("Files", Role::Dim, "shown to the engineers of the case only");
        }
    }
    if let Some(at) = transfer.due_at {
        lines.field("Deleted", Role::Text, words::moment(at, now));
    }
    lines
}

/// The transfer folder: its state, and its files for whom they are (DTM-2).
fn transfer_tab(app: &App, frame: &mut Frame<'_>, area: Rect, data: &CaseData, cursor: usize) {
    let mut head = transfer(app, data, area.width);
    let files = data.folder.as_ref().map_or(&[][..], |folder| &folder.files);
    if files.is_empty() {
        let told = if data.folder.is_some() { "The folder is empty. " } else { "" };
        head.gap().prose(
            Role::Dim,
            format!(
                "{told}Files that the customer put in are never searched, and they are deleted 90 \
                 days after the case is closed or on a separate request."
            ),
        );
        text_tab(frame, area, &head, cursor);
        return;
    }
    let (tall, table) = transfer_places(area, &head);
    head.draw(frame, Rect { height: tall, ..area }, 0);
    let (shown, cursor) = table::window(table, cursor, files.len());
    let rows: Vec<Vec<Cell>> = files[shown]
        .iter()
        .map(|file| {
            let at = file.at.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
            vec![
                cell(&file.name),
                cell(text::bytes(file.size)),
                cell(at.unwrap_or_else(|| "unregistered".to_owned())),
                cell(words::short(file.by.as_deref().unwrap_or("-"))),
                Cell(Role::Warn, if file.held { "held" } else { "" }.to_owned()),
            ]
        })
        .collect();
    table::draw(frame, table, app.theme, TRANSFER, &rows, cursor, true);
}

const TRANSFER: &[Column] = &[
    column("File", 0, 0),
    column("Size", 8, 2),
    column("Put in", 16, 1),
    column("By", 14, 3),
    column("Kept", 6, 0),
];
const RECORDS: &[Column] = &[
    column("Record", 0, 0),
    column("Kind", 6, 1),
    column("Size", 8, 2),
    column("When", 16, 0),
    column("By", 18, 3),
];
const DIAGNOSTICS: &[Column] = &[
    column("Diagnostic", 0, 0),
    column("Categories", 16, 1),
    column("Collected", 10, 3),
    column("Deleted", 12, 0),
    column("From", 16, 4),
    column("Under", 12, 5),
];
const ACCESS: &[Column] = &[
    column("Request", 12, 0),
    column("Resource tenant", 18, 0),
    column("State", 10, 0),
    column("Since", 16, 2),
    column("Justification", 0, 3),
];
const AUDIT: &[Column] = &[
    column("When (UTC)", 16, 0),
    column("Activity", 24, 0),
    column("By", 14, 1),
    column("Details", 0, 2),
];

fn stamp(time: Time) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}

fn record_row(record: &RecordView) -> Vec<Cell> {
    let inside = if record.internal { " (internal)" } else { "" };
    let held = if record.held { " (held)" } else { "" };
    vec![
        cell(format!("{}{inside}{held}", record.name)),
        cell(record.kind.as_deref().unwrap_or("-")),
        cell(text::bytes(record.size)),
        cell(record.at.map_or_else(|| "-".to_owned(), stamp)),
        cell(words::short(record.by.as_deref().unwrap_or("-"))),
    ]
}

fn diagnostic_row(item: &DiagnosticView, now: Time) -> Vec<Cell> {
    let words: Vec<&str> = item.categories.iter().map(|c| c.as_str()).collect();
    let (role, left) = match item.delete_after {
        Some(_) if item.held => (Role::Warn, "held".to_owned()),
        Some(_) if item.overdue => (Role::Bad, "overdue".to_owned()),
        Some(at) => (Role::Text, words::relative(at, now)),
        None => (Role::Warn, "unregistered".to_owned()),
    };
    let day = item.collected_at.map(|at| at.format("%Y-%m-%d").to_string());
    let under = item.authorised_by.as_ref().map(ToString::to_string);
    vec![
        cell(&item.name),
        cell(words.join(", ")),
        cell(day.unwrap_or_else(|| "-".to_owned())),
        Cell(role, left),
        cell(&item.tenant),
        cell(under.unwrap_or_else(|| "-".to_owned())),
    ]
}

fn audit_row(line: &AuditLine) -> Vec<Cell> {
    let (role, failed) = if line.failed { (Role::Bad, "refused: ") } else { (Role::Text, "") };
    vec![
        cell(stamp(line.at)),
        Cell(role, line.activity.clone()),
        cell(words::short(&line.by)),
        cell(format!("{failed}{}", line.details)),
    ]
}

/// The list of a tab, and its row in focus in full.
fn list_places(area: Rect) -> (Rect, Option<Rect>) {
    if area.height < 8 {
        return (area, None);
    }
    let below = Rect { y: area.bottom() - 2, height: 2, ..area };
    (Rect { height: area.height - 3, ..area }, Some(below))
}

/// Where the rows of a tab are, in the room that the tab has.
#[must_use]
pub fn table_of(app: &App, data: &CaseData, tab: Tab, area: Rect) -> Option<Rect> {
    match tab {
        _ if count(data, tab).is_none_or(|count| count == 0) => None,
        Tab::Transfer => Some(transfer_places(area, &transfer(app, data, area.width)).1),
        _ => Some(list_places(area).0),
    }
}

/// How tall what stands above the files of the transfer folder is, and where they are.
fn transfer_places(area: Rect, head: &Details) -> (u16, Rect) {
    let tall = u16::try_from(head.len()).unwrap_or(u16::MAX);
    if area.height > tall.saturating_add(4) {
        (tall, Rect { y: area.y + tall + 1, height: area.height - tall - 1, ..area })
    } else {
        (0, area)
    }
}

fn list_tab(
    app: &App,
    frame: &mut Frame<'_>,
    area: Rect,
    data: &CaseData,
    tab: Tab,
    cursor: usize,
) {
    let (view, now) = (&data.view, app.session.now);
    let (list, below) = list_places(area);
    // A row for each that is on the screen: there may be very many others.
    let (shown, cursor) = table::window(list, cursor, count(data, tab).unwrap_or(0));
    fn rows<T>(items: &[T], row: impl Fn(&T) -> Vec<Cell>) -> Vec<Vec<Cell>> {
        items.iter().map(row).collect()
    }
    let (columns, rows): (&[Column], Vec<Vec<Cell>>) = match tab {
        Tab::Records => (RECORDS, rows(&view.records[shown], record_row)),
        Tab::Diagnostics => {
            (DIAGNOSTICS, rows(&view.diagnostics[shown], |item| diagnostic_row(item, now)))
        }
        Tab::Access => (
            ACCESS,
            rows(&view.access[shown], |request| {
                vec![
                    Cell(Role::Accent, request.id.to_string()),
                    cell(&request.resource_tenant),
                    Cell(role_of_state(request.state), request.state.to_owned()),
                    cell(words::relative(request.since, now)),
                    cell(&request.justification),
                ]
            }),
        ),
        _ => (AUDIT, rows(&data.audit.as_deref().unwrap_or_default()[shown], audit_row)),
    };
    table::draw(frame, list, app.theme, columns, &rows, cursor, true);
    if let (Some(below), Some(row)) = (below, rows.get(cursor)) {
        // The row in focus in full: names and reasons rarely fit a column.
        let whole: Vec<&str> =
            row.iter().map(|Cell(_, content)| content.as_str()).filter(|c| *c != "-").collect();
        Details::new(app.theme, below.width, 0)
            .prose(Role::Dim, whole.join(" · "))
            .draw(frame, below, 0);
    }
}
