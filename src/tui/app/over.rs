//! The keys of what lies over a screen: the question, the menu, the filter's row.

use super::{App, Effect, Menu, MenuKind};
use crate::tui::actions::{self, ActionId, Scope};
use crate::tui::keymap::Key;
use ratatui::crossterm::event::KeyCode;

impl App {
    pub(super) fn answer(&mut self, key: Key) -> Vec<Effect> {
        let Some(asking) = &mut self.asking else { return Vec::new() };
        if !asking.drawn {
            return Vec::new();
        }
        match key.code {
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                asking.on_verb = !asking.on_verb;
            }
            KeyCode::Char('h' | 'l') => asking.on_verb = !asking.on_verb,
            KeyCode::Esc | KeyCode::Char('q') => self.asking = None,
            KeyCode::Enter => {
                let Some(asking) = self.asking.take() else { return Vec::new() };
                if asking.on_verb {
                    return self.send(asking.question.effect);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn key_in_menu(&mut self, key: Key) -> Vec<Effect> {
        let action = self.keymap.action(Scope::Plain, key);
        let scope = self.front().scope();
        let Some(menu) = &mut self.menu else { return Vec::new() };
        match action {
            Some(ActionId::Back | ActionId::Quit | ActionId::Menu | ActionId::ActAs) => {
                self.menu = None;
                Vec::new()
            }
            Some(ActionId::Open) => {
                let cursor = menu.list.cursor;
                let kind = menu.kind.clone();
                self.menu = None;
                match kind {
                    MenuKind::Actions(rows) => {
                        rows.get(cursor).map_or_else(Vec::new, |(id, _)| self.act(*id))
                    }
                    MenuKind::Filters(rows) => {
                        rows.get(cursor).map_or_else(Vec::new, |(_, words)| self.filter_by(words))
                    }
                    MenuKind::Copies(rows) => {
                        rows.get(cursor).map_or_else(Vec::new, |(what, text)| copied(what, text))
                    }
                    MenuKind::People(rows) => rows
                        .get(cursor)
                        .map_or_else(Vec::new, |(who, _)| vec![Effect::ActAs(who.clone())]),
                }
            }
            Some(id) if actions::info(id).scope == Scope::List => {
                menu.list.go(id, 8);
                Vec::new()
            }
            _ => {
                // In the menu of actions a key does what it says beside it.
                let chosen = match &menu.kind {
                    MenuKind::Actions(rows) => {
                        let id = self.keymap.action(scope, key);
                        id.filter(|id| rows.iter().any(|(row, _)| row == id))
                    }
                    MenuKind::People(_) | MenuKind::Filters(_) | MenuKind::Copies(_) => None,
                };
                match chosen {
                    Some(id) => {
                        self.menu = None;
                        self.act(id)
                    }
                    None => Vec::new(),
                }
            }
        }
    }

    pub(super) fn key_in_filter(&mut self, key: Key) -> Vec<Effect> {
        let move_to = match key.code {
            KeyCode::Up => Some(ActionId::Up),
            KeyCode::Down => Some(ActionId::Down),
            _ => None,
        };
        let Some(list) = self.front_mut().list() else { return Vec::new() };
        match (key.code, key.typed()) {
            (KeyCode::Enter, _) => list.filtering = false,
            (KeyCode::Esc, _) => {
                list.filtering = false;
                list.filter.clear();
            }
            (KeyCode::Backspace, _) => {
                list.filtering = list.filter.pop().is_some();
            }
            (_, Some(c)) => {
                list.filter.push(c);
                list.cursor = 0;
            }
            _ => {
                if let Some(id) = move_to {
                    list.go(id, 1);
                }
                return Vec::new();
            }
        }
        self.refilter();
        Vec::new()
    }

    /// Shows only what has these words.
    fn filter_by(&mut self, words: &str) -> Vec<Effect> {
        self.note_filter();
        if let Some(list) = self.front_mut().list() {
            words.clone_into(&mut list.filter);
            list.cursor = 0;
        }
        self.refilter();
        Vec::new()
    }

    /// Copies what there is to copy, or asks which of it.
    pub(super) fn copy(&mut self) -> Vec<Effect> {
        let rows = self.front().copies();
        match rows.as_slice() {
            [(what, text)] => copied(what, text),
            _ => {
                self.menu = Some(Menu::copies(rows));
                Vec::new()
            }
        }
    }
}

fn copied(what: &str, text: &str) -> Vec<Effect> {
    vec![Effect::Copy { what: what.to_owned(), text: text.to_owned() }]
}
