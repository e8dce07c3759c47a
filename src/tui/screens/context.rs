//! A finding's matches in their surroundings, everything but the match masked.

use super::words;
use crate::model::Id;
use crate::ops::dsr::ContextLine;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{App, Failure, List, Load, Loaded, Screen, Session};
use crate::tui::theme::Role;
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The screen.
#[derive(Debug)]
pub struct ContextScreen {
    dsr: Id,
    item: String,
    path: String,
    data: Option<Vec<ContextLine>>,
    problem: Option<Failure>,
    list: List,
}

impl ContextScreen {
    #[must_use]
    pub fn new(dsr: Id, item: String, path: String) -> Self {
        Self { dsr, item, path, data: None, problem: None, list: List::default() }
    }

    fn lines(&self, app: &App, width: u16) -> Details {
        let theme = app.theme;
        let mut lines = Details::new(theme, width, 0);
        lines.prose(Role::Strong, &self.path).gap();
        let found = self.data.as_deref().unwrap_or_default();
        if found.is_empty() {
            let why = "The match lies in the name of the file, or nowhere that can be shown.";
            lines.prose(Role::Dim, why);
        }
        for line in found {
            let reason = line
                .reason
                .as_deref()
                .map_or(String::new(), |why| format!(": {}", words::spaced(why)));
            lines.prose(
                Role::Dim,
                format!("{}, as {}{reason}", line.outcome, words::spaced(&line.form)),
            );
            // Without reverse video the match is found by what stands around it.
            let matched =
                if theme.plain { format!("[{}]", line.matched) } else { line.matched.clone() };
            lines.line(Line::from(vec![
                Span::raw("  "),
                theme.span(Role::Dim, &line.before),
                theme.span(Role::Selected, matched),
                theme.span(Role::Dim, &line.after),
            ]));
        }
        lines
    }
}

impl Screen for ContextScreen {
    fn scope(&self) -> Scope {
        Scope::Plain
    }

    fn title(&self, _session: &Session) -> String {
        format!("{} in context", self.item)
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Context { dsr: self.dsr.to_string(), item: self.item.clone() }]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Context { item, lines } = loaded
            && *item == self.item
        {
            self.data = Some(lines.clone());
        }
    }

    fn not_loaded(&mut self, _load: &Load, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::Down, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        if self.data.is_none() {
            let why = self.problem.as_ref().map_or("Reading the file…", |p| p.message.as_str());
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        let lines = self.lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}
