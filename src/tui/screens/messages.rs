//! Everything that was said since the start, newest first.

use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{App, List, Screen, Session};
use crate::tui::theme::Role;
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// The screen.
#[derive(Debug, Default)]
pub struct Messages {
    list: List,
}

impl Screen for Messages {
    fn scope(&self) -> Scope {
        Scope::Plain
    }

    fn title(&self, _session: &Session) -> String {
        "Messages".to_owned()
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(lines(app, body.width).furthest(body.height))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::Down, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        if app.messages.is_empty() {
            widgets::empty(frame, area, app.theme, "Nothing was said yet.");
            return;
        }
        let lines = lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}

fn lines(app: &App, width: u16) -> Details {
    let mut lines = Details::new(app.theme, width, 0);
    for message in app.messages.iter().rev() {
        lines.item(message.role, &message.text);
        if let Some(hint) = &message.hint {
            lines.indented(Role::Dim, format!("hint: {hint}"));
        }
    }
    lines
}
