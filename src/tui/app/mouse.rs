//! The wheel and the click, where the mouse is the program's. Everything is on a key as well.

use super::{App, Effect};
use crate::tui::actions::ActionId;
use ratatui::layout::Rect;

impl App {
    /// The wheel moves the focus as the arrows do.
    pub(super) fn wheel(&mut self, rows: i16) -> Vec<Effect> {
        if self.asking.is_some() || self.is_too_small() {
            return Vec::new();
        }
        let id = if rows < 0 { ActionId::Up } else { ActionId::Down };
        let open = self.menu.as_mut().map(|menu| &mut menu.list);
        if let Some(list) = open.or(self.palette.as_mut().map(|palette| &mut palette.list)) {
            list.go(id, 1);
            return Vec::new();
        }
        let mut effects = Vec::new();
        for _ in 0..rows.unsigned_abs() {
            effects.extend(self.act(id));
        }
        effects
    }

    /// A click puts the row below it into focus, and opens it where it was in focus already.
    pub(super) fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        let over = self.asking.is_some() || self.menu.is_some() || self.palette.is_some();
        if over || self.is_too_small() {
            return Vec::new();
        }
        let body = crate::tui::view::body_of(self);
        let Some((area, first)) = self.front().rows_at(self, body) else { return Vec::new() };
        let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if !inside.contains((column, row).into()) {
            return Vec::new();
        }
        let at = first + usize::from(row - inside.y);
        let Some(list) = self.front_mut().list() else { return Vec::new() };
        if at >= list.len {
            return Vec::new();
        }
        if list.cursor == at {
            return self.act(ActionId::Open);
        }
        list.cursor = at;
        Vec::new()
    }
}
