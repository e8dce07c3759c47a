//! The landing screen: the cases, and what needs somebody today.

use super::words;
use crate::ops::case::{CaseLine, matches_words};
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{App, CaseList, List, Load, Loaded, Screen, Session, Step};
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
    /// The lines that the filter lets through.
    passing: Vec<usize>,
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

impl Cases {
    fn line(&self, row: usize) -> Option<&CaseLine> {
        self.data.as_ref()?.lines.get(*self.passing.get(row)?)
    }

    fn selected(&self) -> Option<&CaseLine> {
        self.line(self.list.cursor)
    }

    fn filter(&mut self) {
        let lines = self.data.as_ref().map_or(&[][..], |data| &data.lines);
        let words = &self.list.filter;
        self.passing = (0..lines.len())
            .filter(|index| words.is_empty() || matches_words(&lines[*index], words))
            .collect();
        self.list.resize(self.passing.len());
    }

    /// What the landing screen says first (SAR-14), if there is something to say.
    fn banner(&self, app: &App) -> Option<String> {
        let status = &self.data.as_ref()?.status;
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
        match &self.data {
            Some(data) if self.list.filter.is_empty() => format!("Cases ({})", data.lines.len()),
            Some(data) => format!("Cases ({} of {})", self.passing.len(), data.lines.len()),
            None => "Cases".to_owned(),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Cases]
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Cases(list) = loaded {
            let focus = self.selected().map(|line| (line.tenant.clone(), line.id.clone()));
            self.data = Some(Arc::clone(list));
            self.filter();
            // The row in focus stays in focus, wherever others went.
            let at = focus.and_then(|(tenant, id)| {
                let same = |line: &CaseLine| line.id == id && line.tenant == tenant;
                self.passing.iter().position(|index| same(&list.lines[*index]))
            });
            if let Some(at) = at {
                self.list.cursor = at;
            }
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        match id {
            ActionId::CasesDue => Availability::Enabled,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        match id {
            ActionId::Filter => {
                self.filter();
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
            ActionId::CasesDue,
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
        table::draw(frame, left, app.theme, COLUMNS, &rows, self.list.cursor - first, true);
        if let Some(right) = right {
            self.detail(&app.session, app.theme, right.width).draw(frame, right, 0);
        }
    }
}
