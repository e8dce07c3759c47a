//! The keys of a screen, from the table of actions.

use crate::tui::actions::{ACTIONS, ActionId, Availability, Danger, Scope};
use crate::tui::app::{App, List, Screen, Session};
use crate::tui::theme::Role;
use crate::tui::widgets::details::Details;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// The help for the screen that it was asked on.
#[derive(Debug)]
pub struct Help {
    scope: Scope,
    list: List,
}

impl Help {
    #[must_use]
    pub fn of(scope: Scope) -> Self {
        Self { scope, list: List::default() }
    }

    fn lines(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 18);
        let below = app.screens.len().checked_sub(2).map(|at| &app.screens[at]);
        for scope in [self.scope, Scope::List, Scope::Global] {
            let rows: Vec<_> = ACTIONS.iter().filter(|info| info.scope == scope).collect();
            if rows.is_empty() {
                continue;
            }
            lines.heading(scope.title());
            for info in rows {
                let keys: Vec<String> =
                    app.keymap.keys_of(info.id).iter().map(ToString::to_string).collect();
                if app.read_only && info.writes {
                    continue;
                }
                let mut help = info.help.to_owned();
                match info.danger {
                    Danger::None => {}
                    Danger::Confirm => help.push_str(". Asks first"),
                    Danger::Typed => help.push_str(". Asks first"),
                }
                let mut role = Role::Text;
                if let Some(screen) = below
                    && scope == self.scope
                    && let Availability::Disabled(why) = screen.availability(info.id, &app.session)
                {
                    role = Role::Disabled;
                    help.push_str(". Not now: ");
                    help.push_str(&why);
                }
                lines.field(&keys.join(" "), role, help);
            }
        }
        lines.heading("Words");
        lines.prose(
            Role::Text,
            "In forms: tab and enter go on, shift-tab goes back, space marks, left and right \
             change a word, esc goes back. ctrl-u empties a field.",
        );
        lines
    }
}

impl Screen for Help {
    fn scope(&self) -> Scope {
        Scope::Plain
    }

    fn title(&self, _session: &Session) -> String {
        format!("Help: {}", self.scope.title())
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::Down, ActionId::PageDown, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let lines = self.lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}
