//! A table with one row in focus. It shows the page that the row is on, so that moving repaints two
//! rows and not the screen.

use crate::text;
use crate::tui::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use std::ops::Range;

/// A column: its title, its width (0 takes what is left), and how soon it goes when room is short.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub title: &'static str,
    pub width: u16,
    /// 0 never goes; the highest goes first.
    pub spare: u8,
}

/// A column of a fixed width.
#[must_use]
pub const fn column(title: &'static str, width: u16, spare: u8) -> Column {
    Column { title, width, spare }
}

/// A cell: text of any origin, and its role.
#[derive(Debug, Clone)]
pub struct Cell(pub Role, pub String);

/// A cell in plain text.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "callers hand in words, ids and numbers alike")]
pub fn cell(content: impl ToString) -> Cell {
    Cell(Role::Text, content.to_string())
}

/// Columns that are left to a flexible column at least.
const FLEXIBLE: u16 = 14;

/// How many rows a table shows at once in this room.
#[must_use]
pub fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1)).max(1)
}

/// The first row of the page that a row is on.
#[must_use]
pub fn first(area: Rect, cursor: usize) -> usize {
    let page = page(area);
    cursor / page * page
}

/// Of `count` rows those of the page that a row is on, and which of them it is: no others are needed
/// to draw it.
#[must_use]
pub fn window(area: Rect, cursor: usize, count: usize) -> (Range<usize>, usize) {
    let first = first(area, cursor);
    (first.min(count)..(first + page(area)).min(count), cursor - first)
}

/// Draws a table; `cursor` is the row in focus, `focused` whether the hardware cursor sits there.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    columns: &[Column],
    rows: &[Vec<Cell>],
    cursor: usize,
    focused: bool,
) {
    if area.width < 3 || area.height < 2 {
        return;
    }
    let widths = widths(columns, area.width - 2);
    let heading: Vec<Cell> =
        columns.iter().map(|column| Cell(Role::Dim, column.title.to_owned())).collect();
    let line = row_line(theme, &widths, &heading, false);
    frame.render_widget(line, Rect { height: 1, ..area });
    let page = page(area);
    let first = cursor / page * page;
    for (index, row) in rows.iter().enumerate().skip(first).take(page) {
        let y = area.y + 1 + u16::try_from(index - first).unwrap_or(0);
        let place = Rect { y, height: 1, ..area };
        let selected = index == cursor;
        frame.render_widget(row_line(theme, &widths, row, selected), place);
        if selected {
            if focused {
                // The whole row, so that the bar does not end with the text.
                frame.buffer_mut().set_style(place, theme.style(Role::Selected));
                frame.set_cursor_position(Position { x: area.x, y });
            } else {
                frame.buffer_mut().set_style(place, theme.style(Role::Strong));
            }
        }
    }
}

/// Puts a `*` before the rows of the page that are marked.
pub fn marks(frame: &mut Frame<'_>, area: Rect, cursor: usize, marked: &dyn Fn(usize) -> bool) {
    if area.width < 3 || area.height < 2 {
        return;
    }
    let page = page(area);
    let first = cursor / page * page;
    for row in (0..page).filter(|row| marked(first + row)) {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        frame.buffer_mut()[(area.x + 1, y)].set_symbol("*");
    }
}

/// The columns that fit, each with its width: `None` for one that has to go.
fn widths(columns: &[Column], room: u16) -> Vec<Option<u16>> {
    let mut shown: Vec<bool> = vec![true; columns.len()];
    loop {
        let used: u16 = columns
            .iter()
            .zip(&shown)
            .filter(|(_, shown)| **shown)
            .map(|(column, _)| if column.width == 0 { FLEXIBLE } else { column.width } + 2)
            .sum();
        let next = (0..columns.len())
            .filter(|index| shown[*index] && columns[*index].spare > 0)
            .max_by_key(|index| columns[*index].spare);
        match next {
            Some(index) if used > room + 2 => shown[index] = false,
            _ => break,
        }
    }
    let fixed: u16 = columns
        .iter()
        .zip(&shown)
        .filter(|(_, shown)| **shown)
        .map(|(column, _)| column.width + 2)
        .sum();
    let left = (room + 2).saturating_sub(fixed);
    columns
        .iter()
        .zip(shown)
        .map(|(column, shown)| shown.then_some(if column.width == 0 { left } else { column.width }))
        .collect()
}

fn row_line(theme: Theme, widths: &[Option<u16>], row: &[Cell], selected: bool) -> Line<'static> {
    let mut spans = vec![Span::raw(theme.marker(selected))];
    for (Cell(role, content), width) in row.iter().zip(widths) {
        let Some(width) = width.map(usize::from) else { continue };
        let safe = text::safe(content);
        let shown = text::truncate(&safe, width);
        let pad = width.saturating_sub(text::width(&shown)) + 2;
        // In the bar there is one look: a state's colour on reverse video is hard to read.
        let role = if selected { Role::Text } else { *role };
        spans.push(theme.span(role, &shown));
        spans.push(Span::raw(" ".repeat(pad)));
    }
    Line::from(spans)
}
