//! Several lines of text that are being typed.

use crate::text;
use crate::tui::keymap::Key;
use ratatui::crossterm::event::KeyCode;
use ratatui_textarea::{Input, Key as Pressed, TextArea};

/// Text over several lines with a cursor; what is drawn of it is made safe, what is kept is not.
#[derive(Debug, Clone, Default)]
pub struct Area {
    inner: TextArea<'static>,
}

impl PartialEq for Area {
    fn eq(&self, other: &Self) -> bool {
        self.inner.lines() == other.inner.lines()
    }
}

impl Eq for Area {}

impl Area {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut inner = TextArea::new(if lines.is_empty() { vec![String::new()] } else { lines });
        inner.move_cursor(ratatui_textarea::CursorMove::Bottom);
        inner.move_cursor(ratatui_textarea::CursorMove::End);
        Self { inner }
    }

    #[must_use]
    pub fn text(&self) -> String {
        self.inner.lines().join("\n")
    }

    /// Types a key: those of an editor, with undo on ctrl-u.
    pub fn key(&mut self, key: Key) {
        let pressed = match key.code {
            KeyCode::Char(c) => Pressed::Char(c),
            KeyCode::Enter => Pressed::Enter,
            KeyCode::Backspace => Pressed::Backspace,
            KeyCode::Delete => Pressed::Delete,
            KeyCode::Left => Pressed::Left,
            KeyCode::Right => Pressed::Right,
            KeyCode::Up => Pressed::Up,
            KeyCode::Down => Pressed::Down,
            KeyCode::Home => Pressed::Home,
            KeyCode::End => Pressed::End,
            KeyCode::PageUp => Pressed::PageUp,
            KeyCode::PageDown => Pressed::PageDown,
            _ => return,
        };
        self.inner.input(Input { key: pressed, ctrl: key.ctrl, alt: key.alt, shift: false });
    }

    /// Inserts text at the cursor, its lines as lines. Control characters are no text.
    pub fn insert(&mut self, pasted: &str) {
        let lines = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        self.inner.insert_str(kept);
    }

    /// The row that the cursor is in, and whether it is the first or the last.
    #[must_use]
    pub fn ends(&self) -> (bool, bool) {
        let row = self.inner.cursor().0;
        (row == 0, row + 1 >= self.inner.lines().len())
    }

    /// What fits into so many rows and columns with the cursor in sight, and where it is.
    #[must_use]
    pub fn window(&self, rows: usize, columns: usize) -> (Vec<String>, (usize, usize)) {
        let cursor = self.inner.cursor();
        let (row, column) = (cursor.0, cursor.1);
        let lines = self.inner.lines();
        let first = (row + 1).saturating_sub(rows.max(1));
        let room = columns.saturating_sub(1).max(1);
        let mut at = 0;
        let shown = lines.iter().enumerate().skip(first).take(rows.max(1)).map(|(index, line)| {
            let safe = text::safe(line);
            if index != row {
                return text::truncate(&safe, columns).into_owned();
            }
            let before: String = line.chars().take(column).collect();
            let before = text::safe(&before).into_owned();
            let mut start = 0;
            while text::width(&before[start..]) > room {
                start += before[start..].chars().next().map_or(1, char::len_utf8);
            }
            at = text::width(&before[start..]);
            text::truncate(&safe[start..], columns).into_owned()
        });
        let shown: Vec<String> = shown.collect();
        (shown, (at, row - first))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_lines_and_control_characters_no_text() {
        let mut area = Area::default();
        area.insert("one\r\ntwo\u{1b}[2J");
        area.key("enter".parse().unwrap());
        area.key("x".parse().unwrap());
        assert_eq!(area.text(), "one\ntwo[2J\nx");
        assert_eq!(Area::new("a\nb").text(), "a\nb");
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let area = Area::new("first\nsecond\nabcdefgh");
        assert_eq!(area.window(2, 4), (vec!["sec…".to_owned(), "fgh".to_owned()], (3, 1)));
    }
}
