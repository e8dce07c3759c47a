//! The landing screen: the cases, and what needs somebody today.

use super::words;
use crate::ops::case::CaseLine;
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{App, CaseList, List, Load, Loaded, Screen, Session, Sort, Step};
use crate::tui::theme::{Role, Theme, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use crate::workspace::CaseRef;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::sync::Arc;

/// The list of cases.
#[derive(Debug, Default)]
pub struct Cases {
    pub data: Option<Arc<CaseList>>,
    pub list: List,
    pub sort: Sort,
    pub reversed: bool,
    /// The lines that the filter lets through, in order.
    passing: Vec<u32>,
    /// What the filter said of each line, and for which words.
    matched: (String, Vec<bool>),
}

const COLUMNS: &[Column] = &[
    column("Case", 16, 0),
    column("Title", 0, 0),
    column("Tenant", 16, 5),
    column("Status", 6, 3),
    column("Severity", 8, 4),
    column("Consent", 15, 1),
    column("Access", 10, 6),
    column("Due", 10, 2),
];

/// Headings with the arrow of the order, and of the order reversed.
const ARROWS: &[(&str, [&str; 2])] = &[
    ("Case", ["Case ▲", "Case ▼"]),
    ("Title", ["Title ▲", "Title ▼"]),
    ("Tenant", ["Tenant ▲", "Tenant ▼"]),
    ("Status", ["Status ▲", "Status ▼"]),
    ("Severity", ["Severity ▲", "Severity ▼"]),
    ("Consent", ["Consent ▲", "Consent ▼"]),
    ("Access", ["Access ▲", "Access ▼"]),
    ("Due", ["Due ▲", "Due ▼"]),
];

impl Cases {
    fn line(&self, row: usize) -> Option<&CaseLine> {
        self.data.as_ref()?.lines.get(*self.passing.get(row)? as usize)
    }

    fn selected(&self) -> Option<&CaseLine> {
        self.line(self.list.cursor)
    }

    /// Which lines are shown, in which order. One more letter is looked for only where those before
    /// it stand.
    fn filter(&mut self) {
        let Some(data) = &self.data else { return };
        let words = self.list.filter.trim_start();
        let all = data.order(self.sort);
        self.passing = if words.trim().is_empty() {
            self.matched = (String::new(), Vec::new());
            all.to_vec()
        } else {
            let (before, matched) = &self.matched;
            let narrower = !before.is_empty() && words.starts_with(before.as_str());
            let within = narrower.then_some(matched.as_slice());
            let matched = data.matching(words, within);
            let passing = all.iter().copied().filter(|at| matched[*at as usize]).collect();
            self.matched = (words.to_owned(), matched);
            passing
        };
        if self.reversed {
            self.passing.reverse();
        }
        self.list.resize(self.passing.len());
    }

    /// As [`Cases::filter`], the line in focus staying in focus, wherever others went.
    fn refocus(&mut self, line: Option<u32>) {
        self.filter();
        if let Some(row) = line.and_then(|at| self.passing.iter().position(|other| *other == at)) {
            self.list.cursor = row;
        }
    }

    fn focus(&self) -> Option<CaseRef> {
        let line = self.selected()?;
        Some(CaseRef { tenant: line.tenant.clone(), id: line.id.clone() })
    }

    /// The columns, the one that is sorted by with its arrow.
    fn columns(&self) -> Vec<Column> {
        let mut columns = COLUMNS.to_vec();
        if let Some(column) = self.sort.column().and_then(|at| columns.get_mut(at)) {
            let at = usize::from(self.reversed);
            let arrows = ARROWS.iter().find(|(title, _)| *title == column.title);
            column.title = arrows.map_or(column.title, |(_, arrows)| arrows[at]);
            column.width += if column.width == 0 { 0 } else { 2 };
            column.spare = 0;
        }
        columns
    }

    /// What the landing screen says first (SAR-14), if there is something to say.
    fn banner(&self, app: &App) -> Option<String> {
        let data = self.data.as_ref()?;
        let Some(status) = &data.status else {
            return Some("The newest cases, as last read; all of them are being read…".to_owned());
        };
        let mut parts = Vec::new();
        if status.access_pending > 0 {
            let count = text::plural(status.access_pending as u64, "pending access request");
            let key = app.keymap.key_of(ActionId::GoAccess)?;
            parts.push(format!("{count} ({key}: view and approve)"));
        }
        let overdue = status.due.iter().filter(|due| due.overdue && !due.held).count();
        if overdue > 0 {
            parts.push(format!("{overdue} overdue"));
        }
        let soon = status.due.iter().filter(|due| !due.overdue).count();
        if soon > 0 {
            parts.push(format!("{soon} due soon"));
        }
        if !status.problems.is_empty() {
            parts.push(text::plural(status.problems.len() as u64, "problem"));
        }
        if overdue + soon + status.problems.len() > 0
            && let Some(last) = parts.last_mut()
        {
            let key = app.keymap.key_of(ActionId::CasesDue)?;
            *last = format!("{last} ({key}: list)");
        }
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    fn detail(&self, session: &Session, theme: Theme, width: u16) -> Details {
        let mut lines = Details::new(theme, width, 10);
        let Some(line) = self.selected() else { return lines };
        let now = session.now;
        let title = if line.title.is_empty() { "(expunged)" } else { &line.title };
        lines.prose(Role::Strong, title).gap();
        lines.field("Case", Role::Text, line.id.as_str());
        lines.field("Tenant", Role::Text, line.tenant.as_str());
        lines.field("Status", role_of_state(line.status), line.status);
        lines.field("Severity", Role::Text, words::severity(line.severity));
        lines.field("Product", Role::Text, line.product.as_deref().unwrap_or("-"));
        lines.field("Engineer", Role::Text, line.assigned_to.as_deref().unwrap_or("nobody"));
        if let Some(at) = line.opened_at {
            lines.field("Opened", Role::Text, words::moment(at, now));
        }
        if let Some(at) = line.closed_at {
            lines.field("Closed", Role::Text, words::moment(at, now));
        }
        if let Some(state) = line.consent {
            lines.field("Consent", role_of_state(state), words::consent(line, now));
        }
        let access = words::access(line);
        lines.field("Access", Role::Text, if access.is_empty() { "none" } else { &access });
        if !line.due.is_empty() {
            lines.heading("Due");
        }
        for due in line.due.iter().take(6) {
            let name = due.path.rsplit('/').next().unwrap_or(&due.path);
            let role = if due.overdue { Role::Bad } else { Role::Text };
            let held = if due.held { ", held" } else { "" };
            let when = words::relative(due.at, now);
            let late = if due.overdue { "overdue, " } else { "" };
            lines.item(role, format!("{name}: {late}{when}{held}"));
        }
        lines
    }
}

fn row(line: &CaseLine, session: &Session) -> Vec<Cell> {
    let now = session.now;
    let title = if line.title.is_empty() { "(expunged)" } else { &line.title };
    let overdue = line.due.first().is_some_and(|due| due.overdue);
    vec![
        Cell(Role::Accent, line.id.to_string()),
        cell(title),
        cell(&line.tenant),
        Cell(role_of_state(line.status), line.status.to_owned()),
        cell(words::severity(line.severity)),
        Cell(role_of_state(line.consent.unwrap_or_default()), words::consent(line, now)),
        Cell(if line.access_pending > 0 { Role::Warn } else { Role::Text }, words::access(line)),
        Cell(if overdue { Role::Bad } else { Role::Text }, words::next_due(line, now)),
    ]
}

impl Screen for Cases {
    fn scope(&self) -> Scope {
        Scope::Cases
    }

    fn title(&self, _session: &Session) -> String {
        let mut title = match &self.data {
            Some(data) if self.passing.len() < data.all => {
                format!("Cases ({} of {})", self.passing.len(), data.all)
            }
            Some(data) => format!("Cases ({})", data.all),
            None => "Cases".to_owned(),
        };
        if self.sort != Sort::default() || self.reversed {
            title += &format!(", {}", self.sort.in_words(self.reversed));
        }
        if !self.list.marks.is_empty() {
            title += &format!(", {} marked", self.list.marks.len());
        }
        title
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Cases]
    }

    fn forget(&mut self) {
        self.data = None;
        (self.matched, self.passing) = Default::default();
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Cases(list) = loaded {
            let focus = self.focus();
            self.data = Some(Arc::clone(list));
            self.matched = (String::new(), Vec::new());
            let line = focus.and_then(|case| {
                let same = |line: &CaseLine| line.id == case.id && line.tenant == case.tenant;
                list.lines.iter().position(same).and_then(|at| u32::try_from(at).ok())
            });
            self.refocus(line);
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, app: &App, body: Rect) -> Option<(Rect, usize)> {
        let banner = self.banner(app).map_or(0, |banner| widgets::banner_rows(body, &banner));
        let filter = u16::from(widgets::has_filter(body, &self.list));
        let top = banner + filter;
        let area = Rect { y: body.y + top, height: body.height.saturating_sub(top), ..body };
        let (table, _) = widgets::split(app.theme, area, 62);
        let page = table::page(table);
        Some((table, self.list.cursor / page * page))
    }

    fn row_id(&self) -> Option<String> {
        self.selected().map(|line| line.id.to_string())
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        let marks = &self.list.marks;
        if marks.len() > 1 {
            let ids: Vec<&str> = marks.iter().map(String::as_str).collect();
            return vec![("ids of the marked cases", ids.join("\n"))];
        }
        self.row_id().map(|id| ("id", id)).into_iter().collect()
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        match id {
            ActionId::CasesDue
            | ActionId::CasesSort
            | ActionId::CasesReverse
            | ActionId::CasesFilters => Availability::Enabled,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        match id {
            ActionId::Filter => {
                self.filter();
                Vec::new()
            }
            ActionId::CasesSort | ActionId::CasesReverse => {
                let line = self.passing.get(self.list.cursor).copied();
                if id == ActionId::CasesSort {
                    (self.sort, self.reversed) = (self.sort.next(), false);
                } else {
                    self.reversed = !self.reversed;
                }
                self.refocus(line);
                Vec::new()
            }
            ActionId::CasesDue => vec![Step::Push(Box::new(super::due::DueScreen::default()))],
            ActionId::Open => match self.selected() {
                Some(line) if line.status == "expunged" => {
                    let why = format!(
                        "Case {} was expunged; the attestation log (4) proves what was deleted.",
                        line.id
                    );
                    vec![Step::Say(crate::tui::app::Failure::usage(why))]
                }
                Some(line) => {
                    let case = CaseRef { tenant: line.tenant.clone(), id: line.id.clone() };
                    vec![Step::Push(Box::new(super::case::CaseScreen::new(case)))]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![
            ActionId::Open,
            ActionId::Filter,
            ActionId::CasesSort,
            ActionId::CasesDue,
            ActionId::Palette,
            ActionId::ActAs,
            ActionId::Help,
            ActionId::Quit,
        ]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let mut area = area;
        if let Some(banner) = self.banner(app) {
            area = widgets::banner(frame, area, app.theme, &banner);
        }
        area = widgets::filter(frame, area, app.theme, &self.list);
        if self.passing.is_empty() {
            let why = match &self.data {
                None => "Reading the cases…",
                Some(data) if data.lines.is_empty() => {
                    "There are no cases yet. `caseward case new` opens one."
                }
                Some(data) if data.status.is_none() => {
                    "None of the newest has all these words; the others are being read…"
                }
                Some(_) => "No case has all these words. Esc clears the filter.",
            };
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        let (left, right) = widgets::split(app.theme, area, 62);
        // Only the page that is shown is made.
        let page = table::page(left);
        let first = self.list.cursor / page * page;
        let lines = (first..first + page).map_while(|at| self.line(at));
        let rows: Vec<Vec<Cell>> = lines.map(|line| row(line, &app.session)).collect();
        let columns = self.columns();
        table::draw(frame, left, app.theme, &columns, &rows, self.list.cursor - first, true);
        let marked = |row: usize| {
            let line = self.line(first + row);
            line.is_some_and(|line| self.list.marks.contains(line.id.as_str()))
        };
        table::marks(frame, left, 0, &marked);
        if let Some(right) = right {
            self.detail(&app.session, app.theme, right.width).draw(frame, right, 0);
        }
    }
}
