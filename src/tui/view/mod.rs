//! The whole picture from the state: pure, and it cannot fail.

mod overlay;

use super::app::{App, LEAST};
use super::theme::{Role, Symbols};
use super::widgets::{frame as widgets, prose};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// Draws the state.
pub fn view(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(app, frame, area);
        return;
    }
    let body = body(app, area);
    widgets::header(app, frame, area);
    widgets::title(app, frame, Rect { y: area.y + 1, height: 1, ..area });
    let messages = messages(app, area);
    let tall = u16::try_from(messages.len()).unwrap_or(0);
    let foot = area.bottom() - 1;
    app.front().view(app, frame, body);
    for (row, line) in messages.into_iter().enumerate() {
        let y = foot - tall + u16::try_from(row).unwrap_or(0);
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
    widgets::footer(app, frame, Rect { y: foot, height: 1, ..area });
    if let Some(menu) = &app.menu {
        overlay::menu(app, menu, frame, area);
    }
    if let Some(palette) = &app.palette {
        overlay::palette(app, palette, frame, area);
    }
    if let Some(asking) = &app.asking {
        overlay::question(app, asking, frame, area);
    }
    if app.theme.is_ascii() {
        in_ascii(frame.buffer_mut());
    }
}

/// Puts ASCII in the place of the symbols that the program draws with.
fn in_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if let Some(ascii) = Symbols::in_ascii(cell.symbol()) {
            cell.set_symbol(ascii);
        }
    }
}

fn messages(app: &App, area: Rect) -> Vec<Line<'static>> {
    let most = usize::from((area.height / 4).max(1));
    widgets::message_lines(app, area.width, most)
}

/// Where the screen in front is drawn.
#[must_use]
pub fn body(app: &App, area: Rect) -> Rect {
    let tall = u16::try_from(messages(app, area).len()).unwrap_or(0);
    let gap = u16::from(area.height >= 15);
    let top = area.y + 2 + gap;
    let bottom = (area.bottom() - 1).saturating_sub(tall + u16::from(tall > 0 && gap > 0));
    Rect { y: top, height: bottom.saturating_sub(top), ..area }
}

/// As [`body`], for the size that the state knows.
#[must_use]
pub fn body_of(app: &App) -> Rect {
    let (width, height) = app.size;
    let body = body(app, Rect { x: 0, y: 0, width, height: height.max(LEAST.1) });
    Rect { height: body.height.max(2), ..body }
}

fn too_small(app: &App, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let why = format!("needs {}×{}", LEAST.0, LEAST.1);
    let why = if app.theme.is_ascii() { why.replace('×', "x") } else { why };
    let lines = prose::wrap(&why, usize::from(area.width));
    for (row, line) in lines.into_iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        let line = Line::from(app.theme.span(Role::Strong, line));
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
    frame.set_cursor_position(Position { x: area.x, y: area.y });
}
