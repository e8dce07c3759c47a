//! Lines of a record: labels with values, prose, headings; scrolled by whole lines.

use super::prose;
use crate::tui::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Lines in the making, for a given width.
#[derive(Debug)]
pub struct Details {
    theme: Theme,
    width: usize,
    label: usize,
    lines: Vec<Line<'static>>,
}

impl Details {
    /// `label` is the width of the column of labels.
    #[must_use]
    pub fn new(theme: Theme, width: u16, label: usize) -> Self {
        Self { theme, width: usize::from(width), label, lines: Vec::new() }
    }

    /// `label   value`, the value wrapped beside it, or below it where room is short.
    pub fn field(&mut self, label: &str, role: Role, value: impl AsRef<str>) -> &mut Self {
        let beside = self.width >= self.label + 24;
        let indent = if beside { self.label } else { 2 };
        let wrapped = prose::wrap(value.as_ref(), self.width.saturating_sub(indent));
        let mut lines = wrapped.into_iter();
        if beside {
            let first = lines.next().unwrap_or_default();
            let name = format!("{label:<width$}", width = self.label);
            self.lines.push(Line::from(vec![
                self.theme.span(Role::Dim, name),
                self.theme.span(role, first),
            ]));
        } else {
            self.lines.push(Line::from(self.theme.span(Role::Dim, label)));
        }
        for line in lines {
            self.lines
                .push(Line::from(vec![Span::raw(" ".repeat(indent)), self.theme.span(role, line)]));
        }
        self
    }

    /// Prose over the whole width.
    pub fn prose(&mut self, role: Role, content: impl AsRef<str>) -> &mut Self {
        for line in prose::wrap(content.as_ref(), self.width) {
            self.lines.push(Line::from(self.theme.span(role, line)));
        }
        self
    }

    /// Prose behind a dash.
    pub fn item(&mut self, role: Role, content: impl AsRef<str>) -> &mut Self {
        let wrapped = prose::wrap(content.as_ref(), self.width.saturating_sub(2));
        for (index, line) in wrapped.into_iter().enumerate() {
            let lead = if index == 0 { "- " } else { "  " };
            self.lines.push(Line::from(vec![Span::raw(lead), self.theme.span(role, line)]));
        }
        self
    }

    /// Prose two columns in.
    pub fn indented(&mut self, role: Role, content: impl AsRef<str>) -> &mut Self {
        for line in prose::wrap(content.as_ref(), self.width.saturating_sub(2)) {
            self.lines.push(Line::from(vec![Span::raw("  "), self.theme.span(role, line)]));
        }
        self
    }

    pub fn heading(&mut self, content: &str) -> &mut Self {
        if !self.lines.is_empty() {
            self.gap();
        }
        self.lines.push(Line::from(self.theme.span(Role::Strong, content)));
        self
    }

    pub fn gap(&mut self) -> &mut Self {
        self.lines.push(Line::default());
        self
    }

    /// Everything of another block after this one.
    pub fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }

    pub fn line(&mut self, line: Line<'static>) -> &mut Self {
        self.lines.push(line);
        self
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Draws from line `scroll` on, at most so far that the last line is still shown, and says when
    /// there is more. Where the cursor rests it is returned.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, scroll: usize) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        let height = usize::from(area.height);
        let over = self.lines.len() > height;
        let page = if over { height.saturating_sub(1).max(1) } else { height };
        let first = scroll.min(self.lines.len().saturating_sub(page));
        for (row, line) in self.lines.iter().skip(first).take(page).enumerate() {
            let y = area.y + u16::try_from(row).unwrap_or(0);
            frame.render_widget(line, Rect { y, height: 1, ..area });
        }
        if over && height > 1 {
            let below = self.lines.len() - (first + page).min(self.lines.len());
            let note = match (first, below) {
                (0, below) => format!("{below} more lines: down"),
                (above, 0) => format!("{above} lines above: up"),
                (above, below) => format!("{above} lines above, {below} below"),
            };
            let place = Rect { y: area.bottom() - 1, height: 1, ..area };
            frame.render_widget(Line::from(self.theme.span(Role::Dim, note)), place);
        }
    }

    /// How far it can be scrolled in `height` rows.
    #[must_use]
    pub fn furthest(&self, height: u16) -> usize {
        let height = usize::from(height);
        if self.lines.len() <= height { 0 } else { self.lines.len() - height.saturating_sub(1) }
    }
}
