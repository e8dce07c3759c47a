//! One line of text that is being typed.

use crate::text;
use crate::tui::keymap::Key;
use ratatui::crossterm::event::KeyCode;

/// Text with a cursor, counted in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextField {
    value: String,
    cursor: usize,
}

impl TextField {
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        let value = value.into();
        let cursor = value.chars().count();
        Self { value, cursor }
    }

    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    fn byte(&self, at: usize) -> usize {
        self.value.char_indices().nth(at).map_or(self.value.len(), |(byte, _)| byte)
    }

    /// Types a key; whether it was one for text.
    pub fn key(&mut self, key: Key) -> bool {
        let count = self.value.chars().count();
        match (key.typed(), key.code) {
            (Some(c), _) => self.insert(&c.to_string()),
            (None, KeyCode::Backspace) => {
                if self.cursor > 0 {
                    self.cursor -= 1;
                    self.value.remove(self.byte(self.cursor));
                }
            }
            (None, KeyCode::Delete) => {
                if self.cursor < count {
                    self.value.remove(self.byte(self.cursor));
                }
            }
            (None, KeyCode::Left) => self.cursor = self.cursor.saturating_sub(1),
            (None, KeyCode::Right) => self.cursor = (self.cursor + 1).min(count),
            (None, KeyCode::Home) => self.cursor = 0,
            (None, KeyCode::End) => self.cursor = count,
            (None, KeyCode::Char('u')) if key.ctrl => *self = Self::default(),
            _ => return false,
        }
        true
    }

    /// Inserts text at the cursor, line breaks as spaces.
    pub fn insert(&mut self, pasted: &str) {
        let flat: String = pasted.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let at = self.byte(self.cursor);
        self.value.insert_str(at, &flat);
        self.cursor += flat.chars().count();
    }

    /// What fits into `columns` with the cursor in sight, and the cursor's column in it.
    #[must_use]
    pub fn window(&self, columns: usize) -> (String, usize) {
        let before: String = self.value.chars().take(self.cursor).collect();
        let before = text::safe(&before).into_owned();
        let after: String = self.value.chars().skip(self.cursor).collect();
        let room = columns.saturating_sub(1).max(1);
        let mut start = before.as_str();
        while text::width(start) > room {
            let mut rest = start.chars();
            rest.next();
            start = rest.as_str();
        }
        let at = text::width(start);
        let mut shown = start.to_owned();
        for c in text::safe(&after).chars() {
            let mut longer = shown.clone();
            longer.push(c);
            if text::width(&longer) > columns {
                break;
            }
            shown = longer;
        }
        (shown, at)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn typing_happens_at_the_cursor() {
        let mut field = TextField::new("日b");
        for key in ["left", "x", "home", "delete", "end", "backspace"] {
            assert!(field.key(key.parse().unwrap()));
        }
        assert_eq!(field.value(), "x");
        field.insert("a\nb");
        assert_eq!(field.value(), "xa b");
        assert!(!field.key("ctrl-z".parse().unwrap()));
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let field = TextField::new("abcdefgh");
        assert_eq!(field.window(4), ("fgh".to_owned(), 3));
    }
}
