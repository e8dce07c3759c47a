//! Review of what discovery found: each finding with its matches, included or excluded.

use super::words;
use super::{answer_forms, request_forms as forms};
use crate::model::Id;
use crate::ops::dsr::FindingLine;
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{App, List, Load, Loaded, Screen, Session, Step, filtered};
use crate::tui::theme::{Role, Theme, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use ratatui::Frame;
use ratatui::layout::Rect;

/// The screen of findings.
#[derive(Debug)]
pub struct Review {
    dsr: Id,
    data: Option<Vec<FindingLine>>,
    identifiers: Vec<String>,
    allowed: Option<crate::ops::allowed::Answer>,
    redact: Option<crate::ops::allowed::Answer>,
    rectify: Option<crate::ops::allowed::Answer>,
    /// Ids that a person has to decide on, those with only a name among them.
    open: Vec<String>,
    list: List,
    /// Whether the focus goes to what has to be decided next: at first, and after a decision.
    advance: bool,
}

const COLUMNS: &[Column] = &[
    column("Item", 5, 0),
    column("Choice", 10, 0),
    column("Outcome", 7, 3),
    column("Kind", 10, 2),
    column("Matches", 7, 4),
    column("Where", 0, 0),
];

impl Review {
    #[must_use]
    pub fn new(dsr: Id) -> Self {
        Self {
            dsr,
            data: None,
            identifiers: Vec::new(),
            allowed: None,
            redact: None,
            rectify: None,
            open: Vec::new(),
            list: List::default(),
            advance: true,
        }
    }

    fn rows(&self) -> Vec<&FindingLine> {
        let all: Vec<&FindingLine> = self.data.iter().flatten().collect();
        let content = |line: &&FindingLine| {
            let finding = &line.finding;
            format!("{} {} {} {}", finding.id, self.choice(line), finding.kind, finding.path)
        };
        filtered(&self.list, &all, content).into_iter().map(|index| all[index]).collect()
    }

    fn selected(&self) -> Option<&FindingLine> {
        self.rows().get(self.list.cursor).copied()
    }

    fn undecided(&self) -> &[String] {
        &self.open
    }

    fn is_open(&self, line: &FindingLine) -> bool {
        self.open.contains(&line.finding.id)
    }

    /// The word for what is decided on a finding: what stands in the way of a plan is undecided.
    fn choice(&self, line: &FindingLine) -> &'static str {
        if self.is_open(line) { "undecided" } else { line.choice }
    }

    /// The next finding that a person has to decide on, from the one in focus on.
    fn next_open(&self) -> Option<usize> {
        let rows = self.rows();
        let at = self.list.cursor;
        (at..rows.len()).chain(0..at).find(|index| self.is_open(rows[*index]))
    }

    /// The list, and the detail: beside it, or below it where it cannot stand beside it.
    fn places(theme: Theme, area: Rect) -> (Rect, Option<Rect>) {
        match widgets::split(theme, area, 56) {
            (left, Some(right)) => (left, Some(right)),
            (_, None) if area.height >= 14 => {
                let top = area.height - 9;
                let below = Rect { y: area.y + top + 1, height: area.height - top - 1, ..area };
                (Rect { height: top, ..area }, Some(below))
            }
            (_, None) => (area, None),
        }
    }

    fn detail(&self, theme: Theme, width: u16) -> Details {
        let mut lines = Details::new(theme, width, 11);
        let Some(line) = self.selected() else { return lines };
        let finding = &line.finding;
        lines.field("Where", Role::Strong, &finding.path);
        let state = self.choice(line);
        let choice = match state {
            "undecided" if line.choice == "included" => {
                "undecided: only a name was found in its engagement; i includes it, e excludes it"
                    .to_owned()
            }
            "legal_record" => "kept: a legal record, whatever is decided".to_owned(),
            "rewritten" => "rewritten: its matches give way, the rest of the file stays".to_owned(),
            "included" if line.decided_by.is_none() => "included: it matches exactly".to_owned(),
            "undecided" => "undecided: i includes it, e excludes it".to_owned(),
            other => other.to_owned(),
        };
        lines.field("Choice", role_of_state(state), choice);
        if let (Some(who), Some(why)) = (&line.decided_by, &line.decided_because) {
            lines.field("", Role::Text, format!("by {who}: {why}"));
        }
        if let Some(reason) = &finding.reason {
            lines.field("To judge", Role::Warn, words::spaced(reason));
        }
        for found in &finding.matches {
            let what = self.identifiers.get(found.identifier).map_or("?", String::as_str);
            let times = text::plural(found.count, "time");
            let how = format!("{what} {times}, as {}", words::spaced(&found.form));
            lines.field("Found", Role::Text, how);
        }
        if let Some(engagement) = &finding.engagement {
            lines.field("Engagement", Role::Text, engagement);
        }
        lines.field(
            "File",
            Role::Text,
            format!("{}, {}", text::bytes(finding.size), finding.sha256),
        );
        lines
    }
}

/// The short name of where a finding lies: the case and the file.
fn place(line: &FindingLine) -> String {
    let finding = &line.finding;
    let parts: Vec<&str> = finding.path.split('/').collect();
    match parts.as_slice() {
        ["tenants", _, "cases", case, rest @ ..] => format!("{case} {}", rest.join("/")),
        ["tenants", tenant, rest @ ..] => format!("{tenant} {}", rest.join("/")),
        _ => finding.path.clone(),
    }
}

impl Screen for Review {
    fn scope(&self) -> Scope {
        Scope::Review
    }

    fn title(&self, _session: &Session) -> String {
        let open = self.undecided().len();
        let title = match (&self.data, open) {
            (None, _) => format!("Review of {}", self.dsr),
            (Some(data), 0) => format!("Review of {} ({}, all decided)", self.dsr, data.len()),
            (Some(data), open) => {
                format!("Review of {} ({}, {open} undecided)", self.dsr, data.len())
            }
        };
        match self.list.marks.len() {
            0 => title,
            marked => format!("{title}, {marked} marked"),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Findings(self.dsr.to_string()), Load::Request(self.dsr.to_string())]
    }

    fn forget(&mut self) {
        self.data = None;
    }

    fn loaded(&mut self, loaded: &Loaded) {
        match loaded {
            Loaded::Findings { dsr, lines } if *dsr == self.dsr => {
                let before = self.data.replace(lines.clone());
                // What was marked is done with once it was decided on.
                self.list.marks.retain(|id| {
                    let old = before.iter().flatten().find(|line| line.finding.id == *id);
                    let new = lines.iter().find(|line| line.finding.id == *id);
                    let told = |line: &FindingLine| (line.choice, line.decided_because.clone());
                    new.is_some() && old.map(told) == new.map(told)
                });
                let rows = self.rows().len();
                self.list.resize(rows);
            }
            Loaded::Request(data) if data.request.id == self.dsr => {
                self.identifiers = data
                    .request
                    .identifiers
                    .iter()
                    .map(|given| format!("{} {}", given.kind, given.value))
                    .collect();
                self.allowed = Some(data.review.clone());
                self.redact = Some(data.redact.clone());
                self.rectify = Some(data.rectify.clone());
                self.open = data.undecided.clone();
            }
            _ => {}
        }
    }

    fn rows_at(&self, app: &App, body: Rect) -> Option<(Rect, usize)> {
        let (table, _) = Self::places(app.theme, widgets::below_filter(body, &self.list));
        Some((table, table::first(table, self.list.cursor)))
    }

    fn ids(&self) -> Vec<String> {
        self.rows().into_iter().map(|line| line.finding.id.clone()).collect()
    }

    fn settle(&mut self) {
        // What others decide moves nobody's focus.
        if self.data.is_some() && self.allowed.is_some() && std::mem::take(&mut self.advance) {
            self.list.cursor = self.next_open().unwrap_or(self.list.cursor);
        }
    }

    fn acted(&mut self) {
        self.advance = true;
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn row_id(&self) -> Option<String> {
        self.selected().map(|line| line.finding.id.clone())
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        self.selected().map_or_else(Vec::new, |line| {
            let finding = &line.finding;
            vec![
                ("path", finding.path.clone()),
                ("SHA-256", finding.sha256.to_string()),
                ("item", finding.id.clone()),
            ]
        })
    }

    fn choices(&self, dsr: &Id, items: &[String]) -> Option<Vec<(String, &'static str)>> {
        if *dsr != self.dsr {
            return None;
        }
        let found = self.data.iter().flatten().filter(|line| items.contains(&line.finding.id));
        Some(found.map(|line| (line.finding.id.clone(), self.choice(line))).collect())
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        let Some(allowed) = &self.allowed else { return Availability::Hidden };
        let Some(line) = self.selected() else { return Availability::Hidden };
        match (id, allowed) {
            (ActionId::FindingContext, _) => Availability::Enabled,
            (_, Err(refusal)) => Availability::Disabled(refusal.to_string()),
            (ActionId::FindingIncludeRest | ActionId::FindingExcludeRest, _) => {
                if self.open.is_empty() {
                    Availability::Disabled("Everything is decided.".to_owned())
                } else {
                    Availability::Enabled
                }
            }
            _ if line.choice == "legal_record" => Availability::Disabled(format!(
                "{} is a legal record, which is kept whatever is decided [LAW-5]",
                line.finding.id
            )),
            (ActionId::FindingRedact, _) => {
                self.redact.clone().map_or(Availability::Hidden, Availability::from)
            }
            (ActionId::FindingRectify, _) => {
                self.rectify.clone().map_or(Availability::Hidden, Availability::from)
            }
            _ => Availability::Enabled,
        }
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        if id == ActionId::Filter {
            let rows = self.rows().len();
            self.list.resize(rows);
            return Vec::new();
        }
        let Some(line) = self.selected() else { return Vec::new() };
        let marked: Vec<String> = self.list.marks.iter().cloned().collect();
        let one = if marked.is_empty() { vec![line.finding.id.clone()] } else { marked };
        let form =
            |items, include| vec![Step::Push(Box::new(forms::decide(&self.dsr, items, include)))];
        match id {
            ActionId::FindingContext => {
                let (item, path) = (line.finding.id.clone(), line.finding.path.clone());
                let screen = super::context::ContextScreen::new(self.dsr.clone(), item, path);
                vec![Step::Push(Box::new(screen))]
            }
            ActionId::FindingInclude => form(one, true),
            ActionId::FindingExclude => form(one, false),
            ActionId::FindingRedact => {
                vec![Step::Push(Box::new(answer_forms::redact(&self.dsr, &line.finding.id)))]
            }
            ActionId::FindingRectify => {
                vec![Step::Push(Box::new(answer_forms::rectify(&self.dsr, &line.finding.id)))]
            }
            ActionId::FindingIncludeRest => form(self.open.clone(), true),
            ActionId::FindingExcludeRest => form(self.open.clone(), false),
            ActionId::Open => match self.next_open() {
                Some(next) => {
                    self.list.cursor = next;
                    Vec::new()
                }
                None => vec![Step::Pop],
            },
            _ => Vec::new(),
        }
    }

    fn open_word(&self) -> Option<&'static str> {
        Some(if self.open.is_empty() { "back to the plan" } else { "next undecided" })
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![
            ActionId::FindingInclude,
            ActionId::FindingExclude,
            ActionId::FindingContext,
            ActionId::Open,
            ActionId::Menu,
            ActionId::Mark,
            ActionId::Help,
            ActionId::Quit,
        ]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let area = widgets::filter(frame, area, app.theme, &self.list);
        let found = self.rows();
        if found.is_empty() {
            let why = match &self.data {
                None => "Reading the findings…",
                Some(data) if data.is_empty() => {
                    "Nothing was found. What was not searched is listed with the request."
                }
                Some(_) => "No finding has all these words. Esc clears the filter.",
            };
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        let rows: Vec<Vec<Cell>> = found
            .iter()
            .map(|line| {
                let finding = &line.finding;
                let count: u64 = finding.matches.iter().map(|found| found.count).sum();
                vec![
                    Cell(Role::Accent, finding.id.clone()),
                    Cell(role_of_state(self.choice(line)), words::spaced(self.choice(line))),
                    cell(finding.outcome),
                    cell(finding.kind),
                    cell(count),
                    cell(place(line)),
                ]
            })
            .collect();
        let (left, right) = Self::places(app.theme, area);
        if let Some(right) = right {
            self.detail(app.theme, right.width).draw(frame, right, 0);
        }
        table::draw(frame, left, app.theme, COLUMNS, &rows, self.list.cursor, true);
        let marked = |row: usize| {
            found.get(row).is_some_and(|line| self.list.marks.contains(&line.finding.id))
        };
        table::marks(frame, left, self.list.cursor, &marked);
    }
}
