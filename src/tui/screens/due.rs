//! What falls due, and what is wrong with single files.

use super::words;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{App, CaseList, List, Load, Loaded, Screen, Session};
use crate::tui::theme::Role;
use crate::tui::widgets::details::Details;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// The screen.
#[derive(Debug, Default)]
pub struct DueScreen {
    data: Option<Arc<CaseList>>,
    list: List,
}

impl DueScreen {
    fn lines(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 0);
        let Some(data) = &self.data else { return lines };
        let (Some(status), now) = (&data.status, app.session.now) else {
            lines.prose(Role::Dim, "Reading what is due…");
            return lines;
        };
        lines.heading("Overdue, and due within 7 days");
        if status.due.is_empty() {
            lines.prose(Role::Dim, "Nothing.");
        }
        for due in &status.due {
            let (role, late) = match (due.overdue, due.held) {
                (_, true) => (Role::Warn, "held, "),
                (true, false) => (Role::Bad, "overdue, "),
                (false, false) => (Role::Text, ""),
            };
            let path = due.path.strip_prefix("tenants/").unwrap_or(&due.path);
            let what = match due.what {
                "diagnostics" => "diagnostics to be deleted",
                "transfer" => "transfer file to be deleted",
                "consent" => "consent ends",
                _ => "data subject request to be answered",
            };
            lines.item(role, format!("{late}{}: {what}", words::moment(due.at, now)));
            lines.indented(Role::Dim, path);
        }
        lines.heading("Problems");
        if status.problems.is_empty() {
            lines.prose(Role::Dim, "None.");
        }
        for problem in &status.problems {
            lines.item(Role::Bad, format!("{} {}", problem.kind.as_str(), problem.path));
            lines.indented(Role::Text, &problem.why);
        }
        lines
    }
}

impl Screen for DueScreen {
    fn scope(&self) -> Scope {
        Scope::Plain
    }

    fn title(&self, _session: &Session) -> String {
        "Due and problems".to_owned()
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Cases]
    }

    fn forget(&mut self) {
        self.data = None;
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Cases(list) = loaded {
            self.data = Some(Arc::clone(list));
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::Down, ActionId::Help, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let lines = self.lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}
