//! Retention: every file under a clock, soonest first, as a timeline in words.

use super::hold_form::hold_steps;
use super::sweep::SweepScreen;
use super::words;
use crate::model::Time;
use crate::ops::retention::RetentionItem;
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{App, Failure, List, Load, Loaded, Screen, Session, Step, filtered};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use crate::workspace::Problem;
use chrono::TimeDelta;
use ratatui::Frame;
use ratatui::layout::Rect;

/// The list.
#[derive(Debug, Default)]
pub struct RetentionScreen {
    data: Option<(Vec<RetentionItem>, Vec<Problem>)>,
    problem: Option<Failure>,
    list: List,
}

const COLUMNS: &[Column] = &[
    column("When", 16, 0),
    column("Due (UTC)", 16, 2),
    column("Clock", 11, 1),
    column("Kept", 6, 0),
    column("File", 0, 0),
];

/// Where a moment lies on the timeline.
fn stretch(due_at: Time, now: Time) -> &'static str {
    if due_at <= now {
        return "overdue";
    }
    match due_at - now {
        left if left < TimeDelta::days(1) => "today",
        left if left < TimeDelta::days(7) => "within 7 days",
        left if left < TimeDelta::days(30) => "within 30 days",
        _ => "later",
    }
}

impl RetentionScreen {
    fn rows(&self) -> Vec<&RetentionItem> {
        let all: Vec<&RetentionItem> = self.data.iter().flat_map(|(items, _)| items).collect();
        let content = |item: &&RetentionItem| {
            let state = if item.overdue { "overdue" } else { "" };
            let kept = if item.held { "held" } else { "" };
            format!("{} {} {state} {kept}", item.path, item.clock)
        };
        filtered(&self.list, &all, content).into_iter().map(|index| all[index]).collect()
    }

    fn focused(&self) -> Option<&RetentionItem> {
        self.rows().get(self.list.cursor).copied()
    }

    /// How many files each stretch of the timeline holds, in a sentence.
    fn timeline(&self, now: Time) -> String {
        let items = self.data.iter().flat_map(|(items, _)| items);
        let mut counts: Vec<(&str, u64)> = Vec::new();
        for item in items {
            let name = stretch(item.due_at, now);
            match counts.last_mut().filter(|(last, _)| *last == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        let parts: Vec<String> =
            counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        parts.join(" · ")
    }

    /// What stands above the list.
    fn head(&self, theme: Theme, width: u16, now: Time) -> Details {
        let mut head = Details::new(theme, width, 0);
        head.prose(Role::Text, self.timeline(now));
        let problems = self.data.as_ref().map_or(0, |(_, problems)| problems.len());
        if problems > 0 {
            let count = text::plural(problems as u64, "file");
            head.prose(
                Role::Bad,
                format!("{count} whose clock cannot be told (1, then d, lists them)"),
            );
        }
        head
    }

    /// Where the head is, the list, and the row in focus in full.
    fn places(area: Rect, head: &Details) -> (Rect, Rect, Option<Rect>) {
        let tall =
            if area.height >= 10 { u16::try_from(head.len()).unwrap_or(2).min(4) } else { 0 };
        let gap = u16::from(tall > 0);
        let rest = Rect { y: area.y + tall + gap, height: area.height - tall - gap, ..area };
        let above = Rect { height: tall, ..area };
        if rest.height < 8 {
            return (above, rest, None);
        }
        let below = Rect { y: rest.bottom() - 2, height: 2, ..rest };
        (above, Rect { height: rest.height - 3, ..rest }, Some(below))
    }

    fn detail(item: &RetentionItem) -> (Role, String) {
        match (&item.conflict, &item.frozen_by) {
            (Some(conflict), _) => (Role::Warn, conflict.clone()),
            (None, Some(dsr)) => {
                (Role::Warn, format!("kept as evidence of {dsr} until it is answered"))
            }
            (None, None) if item.held => {
                let ids: Vec<&str> = item.holds.iter().map(crate::model::Id::as_str).collect();
                (Role::Warn, format!("kept by legal hold {}", ids.join(", ")))
            }
            (None, None) => (Role::Dim, String::new()),
        }
    }
}

impl Screen for RetentionScreen {
    fn scope(&self) -> Scope {
        Scope::Retention
    }

    fn title(&self, _session: &Session) -> String {
        match &self.data {
            Some((items, _)) => format!("Retention ({})", items.len()),
            None => "Retention".to_owned(),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Retention]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Retention { items, problems } = loaded {
            self.data = Some((items.clone(), problems.clone()));
            self.problem = None;
            let rows = self.rows().len();
            self.list.resize(rows);
        }
    }

    fn not_loaded(&mut self, load: &Load, failure: &Failure) {
        if *load == Load::Retention {
            self.problem = Some(failure.clone());
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, app: &App, body: Rect) -> Option<(Rect, usize)> {
        let area = widgets::below_filter(body, &self.list);
        let head = self.head(app.theme, area.width, app.session.now);
        let (_, table, _) = Self::places(area, &head);
        Some((table, table::first(table, self.list.cursor)))
    }

    fn ids(&self) -> Vec<String> {
        self.rows().into_iter().map(|item| item.path.clone()).collect()
    }

    fn availability(&self, id: ActionId, session: &Session) -> Availability {
        match id {
            ActionId::RetentionSweep if session.engineer => Availability::Enabled,
            ActionId::RetentionSweep => {
                Availability::Disabled("only an engineer deletes what is due [DEL-2]".to_owned())
            }
            ActionId::RetentionHold => match self.focused() {
                None => Availability::Hidden,
                Some(item) if item.clock.as_str() == "evidence" => Availability::Disabled(
                    "the evidence of a request is kept by holds on its files [DEL-8]".to_owned(),
                ),
                Some(_) if session.engineer => Availability::Enabled,
                Some(_) => Availability::Disabled(
                    "only an engineer places a legal hold [DEL-8]".to_owned(),
                ),
            },
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        match id {
            ActionId::Filter => {
                let rows = self.rows().len();
                self.list.resize(rows);
                Vec::new()
            }
            ActionId::RetentionSweep => vec![Step::Push(Box::new(SweepScreen::default()))],
            ActionId::RetentionHold => match self.focused() {
                Some(item) => hold_steps(&item.path, !item.holds.is_empty()),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![
            ActionId::RetentionSweep,
            ActionId::RetentionHold,
            ActionId::Filter,
            ActionId::Help,
            ActionId::Quit,
        ]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let (theme, now) = (app.theme, app.session.now);
        let Some((items, _)) = &self.data else {
            let why = self.problem.as_ref().map_or("Reading the clocks…", |p| p.message.as_str());
            widgets::empty(frame, area, theme, why);
            return;
        };
        let area = widgets::filter(frame, area, theme, &self.list);
        if items.is_empty() {
            widgets::empty(
                frame,
                area,
                theme,
                "Nothing is under a clock: no diagnostics, no transfer files of closed cases, no evidence of ended requests.",
            );
            return;
        }
        let head = self.head(theme, area.width, now);
        let (above, list, below) = Self::places(area, &head);
        head.draw(frame, above, 0);
        let rows: Vec<Vec<Cell>> = self
            .rows()
            .into_iter()
            .map(|item| {
                let (role, when) = match stretch(item.due_at, now) {
                    "overdue" => {
                        let since = crate::policy::clock::in_words(now - item.due_at);
                        (Role::Bad, format!("{since} overdue"))
                    }
                    _ => (Role::Text, words::relative(item.due_at, now)),
                };
                let kept = if item.held { "held" } else { "" };
                let path = item.path.strip_prefix("tenants/").unwrap_or(&item.path);
                vec![
                    Cell(role, when),
                    cell(item.due_at.format("%Y-%m-%d %H:%M")),
                    cell(item.clock),
                    Cell(Role::Warn, kept.to_owned()),
                    cell(short_path(path)),
                ]
            })
            .collect();
        if rows.is_empty() {
            let rest = Rect { height: area.bottom() - list.y, ..list };
            widgets::empty(frame, rest, theme, "No file has all these words.");
            return;
        }
        table::draw(frame, list, theme, COLUMNS, &rows, self.list.cursor, true);
        if let (Some(below), Some(item)) = (below, self.focused()) {
            let (role, why) = Self::detail(item);
            let mut lines = Details::new(theme, below.width, 0);
            lines.prose(Role::Dim, &item.path);
            if !why.is_empty() {
                lines.prose(role, why);
            }
            lines.draw(frame, below, 0);
        }
    }
}

/// Tenant and file: what lies between is in the row below.
fn short_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [tenant, _, id, .., name] => format!("{name} ({tenant} {id})"),
        _ => path.to_owned(),
    }
}
