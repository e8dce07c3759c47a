//! A form: fields that keep what was typed until the workspace has taken it.

use super::field::Kept;
pub use super::field::{Field, Value};
use crate::text;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{App, Done, Effect, Failure, Screen, Session, Step};
use crate::tui::keymap::Key;
use crate::tui::theme::Role;
use crate::tui::widgets::area::Area;
use crate::tui::widgets::details::Details;
use crate::tui::widgets::prose;
use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// What a form does with its fields.
pub type Submit = Box<dyn Fn(&[Field]) -> Result<Effect, Failure> + Send>;

/// A change of some fields that follows from others.
pub type Follow = fn(&mut [Field], usize);

/// The form.
pub struct Form {
    title: String,
    intro: String,
    verb: &'static str,
    pub fields: Vec<Field>,
    /// The field in focus; one past the last is the button.
    pub focus: usize,
    pub problem: Option<Failure>,
    /// What became meanwhile of the record it is about.
    news: Option<String>,
    waiting: bool,
    /// What stood in it before the first key.
    opened: Option<Vec<Kept>>,
    /// Esc was pressed in a changed form: the next one means it.
    leaving: bool,
    submit: Submit,
    follow: Option<Follow>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({:?}, focus {}, {:?})", self.title, self.focus, self.problem)
    }
}

impl Form {
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        intro: impl Into<String>,
        verb: &'static str,
        fields: Vec<Field>,
        submit: Submit,
    ) -> Self {
        Self {
            title: title.into(),
            intro: intro.into(),
            verb,
            fields,
            focus: 0,
            problem: None,
            news: None,
            waiting: false,
            opened: None,
            leaving: false,
            submit,
            follow: None,
        }
    }

    /// Fields that follow from others, for example suggestions.
    #[must_use]
    pub fn following(mut self, follow: Follow) -> Self {
        self.follow = Some(follow);
        self
    }

    fn send(&mut self) -> Vec<Step> {
        match (self.submit)(&self.fields) {
            Ok(effect) => {
                self.problem = None;
                self.waiting = true;
                vec![Step::Effect(effect)]
            }
            Err(failure) => {
                self.problem = Some(failure);
                Vec::new()
            }
        }
    }

    fn step(&mut self, forward: bool) {
        let stops = self.fields.len() + 1;
        self.focus =
            if forward { (self.focus + 1) % stops } else { (self.focus + stops - 1) % stops };
    }

    fn kept(&self) -> Vec<Kept> {
        self.fields.iter().map(Field::kept).collect()
    }

    /// Leaves at once where nothing would be lost, else when it is said a second time.
    fn leave(&mut self) -> Vec<Step> {
        let changed = self.opened.as_ref().is_some_and(|opened| *opened != self.kept());
        if changed && !std::mem::replace(&mut self.leaving, true) {
            return Vec::new();
        }
        vec![Step::Pop]
    }

    fn changed(&mut self) {
        if let Some(follow) = self.follow {
            follow(&mut self.fields, self.focus);
        }
    }

    fn key_in_field(&mut self, key: Key) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        match &mut field.value {
            Value::Text(text) => {
                text.key(key);
            }
            Value::Lines(area) => area.key(key),
            Value::One(words, chosen) => {
                let count = words.len().max(1);
                match key.code {
                    KeyCode::Right | KeyCode::Char(' ' | 'l') => *chosen = (*chosen + 1) % count,
                    KeyCode::Left | KeyCode::Char('h') => *chosen = (*chosen + count - 1) % count,
                    // A letter goes to the next word that begins with it.
                    KeyCode::Char(c) => {
                        let found = (1..=count).map(|step| (*chosen + step) % count).find(|at| {
                            words[*at].to_lowercase().starts_with(c.to_ascii_lowercase())
                        });
                        *chosen = found.unwrap_or(*chosen);
                    }
                    _ => {}
                }
            }
            Value::Many(words, at) => {
                let count = words.len().max(1);
                match key.code {
                    KeyCode::Right | KeyCode::Char('l') => *at = (*at + 1) % count,
                    KeyCode::Left | KeyCode::Char('h') => *at = (*at + count - 1) % count,
                    KeyCode::Char(' ') => {
                        if let Some((_, on)) = words.get_mut(*at) {
                            *on = !*on;
                        }
                    }
                    _ => {}
                }
            }
            Value::Check(on) => {
                if matches!(key.code, KeyCode::Char(' ' | 'x')) {
                    *on = !*on;
                }
            }
        }
        self.changed();
    }

    /// The lines of a field, and where in them the cursor is.
    fn field_lines(&self, app: &App, index: usize, width: u16) -> (Vec<Line<'static>>, (u16, u16)) {
        let field = &self.fields[index];
        let theme = app.theme;
        let here = index == self.focus;
        let label = 16.min(usize::from(width) / 3);
        let room = usize::from(width).saturating_sub(label + 3);
        let name = text::truncate(field.label, label).into_owned();
        let marker = theme.marker(here);
        let lead = format!("{marker}{name:<label$} ");
        let column = u16::try_from(label + 3).unwrap_or(0);
        let role = if here { Role::Strong } else { Role::Dim };
        let mut spans = vec![theme.span(role, lead)];
        let mut cursor = column;
        match &field.value {
            Value::Text(typed) => {
                let (shown, at) = typed.window(room);
                cursor = column + u16::try_from(at).unwrap_or(0);
                let pad = room.saturating_sub(text::width(&shown));
                let role = if here { Role::Selected } else { Role::Text };
                let fill = if here { " ".repeat(pad) } else { "_".repeat(pad.min(20)) };
                spans.push(theme.span(role, shown));
                spans.push(theme.span(if here { role } else { Role::Dim }, fill));
            }
            Value::One(words, chosen) => {
                let word = words.get(*chosen).map_or("", String::as_str);
                let role = if here { Role::Selected } else { Role::Text };
                let arrows = format!("  {} of {}", chosen + 1, words.len());
                spans.push(theme.span(role, format!("◂ {word} ▸")));
                spans.push(theme.span(Role::Dim, arrows));
            }
            Value::Check(on) => {
                let role = if here { Role::Selected } else { Role::Text };
                spans.push(theme.span(role, if *on { "[x] yes" } else { "[ ] no" }));
            }
            Value::Lines(area) => return area_lines(theme, spans, area, here, width),
            Value::Many(words, at) => {
                return many_lines(theme, spans, words, *at, here, column, width);
            }
        }
        (vec![Line::from(spans)], (cursor, 0))
    }
}

/// Rows that a text of several lines takes.
const AREA_ROWS: usize = 6;

/// A text of several lines below its label, over the whole width.
fn area_lines(
    theme: crate::tui::theme::Theme,
    lead: Vec<Span<'static>>,
    area: &Area,
    here: bool,
    width: u16,
) -> (Vec<Line<'static>>, (u16, u16)) {
    let room = usize::from(width).saturating_sub(4).max(1);
    let (shown, (column, row)) = area.window(AREA_ROWS, room);
    let mut lines = vec![Line::from(lead)];
    for index in 0..AREA_ROWS {
        let content = shown.get(index).map_or("", String::as_str);
        // Where the text goes is to be seen without colour, and before there is any.
        let bar = if here { "> " } else { "  " };
        lines.push(Line::from(vec![
            Span::raw("  "),
            theme.span(Role::Dim, bar),
            theme.span(Role::Text, content),
        ]));
    }
    let at = |count: usize| u16::try_from(count).unwrap_or(0);
    (lines, (4 + at(column), 1 + at(row)))
}

/// The words of a choice of many, over as many lines as they need.
fn many_lines(
    theme: crate::tui::theme::Theme,
    lead: Vec<Span<'static>>,
    words: &[(String, bool)],
    at: usize,
    here: bool,
    column: u16,
    width: u16,
) -> (Vec<Line<'static>>, (u16, u16)) {
    let mut lines = Vec::new();
    let mut spans = lead;
    let (mut x, mut cursor) = (column, (column, 0));
    for (index, (word, on)) in words.iter().enumerate() {
        let content = format!("[{}] {word}", if *on { 'x' } else { ' ' });
        let needed = u16::try_from(text::width(&content)).unwrap_or(u16::MAX);
        if x > column && x.saturating_add(needed) > width {
            lines.push(Line::from(std::mem::take(&mut spans)));
            spans.push(Span::raw(" ".repeat(usize::from(column))));
            x = column;
        }
        let focused = here && index == at;
        if focused {
            cursor = (x + 1, u16::try_from(lines.len()).unwrap_or(0));
        }
        spans.push(theme.span(if focused { Role::Selected } else { Role::Text }, content));
        spans.push(Span::raw("  "));
        x = x.saturating_add(needed + 2);
    }
    lines.push(Line::from(spans));
    (lines, cursor)
}

impl Screen for Form {
    fn scope(&self) -> Scope {
        Scope::Text
    }

    fn title(&self, _session: &Session) -> String {
        self.title.clone()
    }

    fn key(&mut self, key: Key, _session: &Session) -> Option<Vec<Step>> {
        if self.waiting {
            // It is on its way; nothing more is typed into it.
            return (key.code == KeyCode::Esc).then(|| vec![Step::Pop]).or(Some(Vec::new()));
        }
        let leaves = key.code == KeyCode::Esc;
        // Any other key stays.
        self.leaving &=
            leaves || (key.code == KeyCode::Char('q') && self.focus == self.fields.len());
        if self.opened.is_none() {
            self.opened = Some(self.kept());
        }
        let on_button = self.focus == self.fields.len();
        if let Some(Field { value: Value::Lines(area), .. }) = self.fields.get_mut(self.focus) {
            let (first, last) = area.ends();
            let moves = match key.code {
                KeyCode::Esc | KeyCode::Tab | KeyCode::BackTab => true,
                KeyCode::Up => first,
                KeyCode::Down => last,
                _ => false,
            };
            if key.code == KeyCode::Char('e') && key.ctrl {
                return Some(vec![Step::Effect(Effect::Edit { text: area.text() })]);
            }
            if !moves {
                self.key_in_field(key);
                return Some(Vec::new());
            }
        }
        match key.code {
            KeyCode::Esc => return Some(self.leave()),
            KeyCode::Tab | KeyCode::Down => self.step(true),
            KeyCode::BackTab | KeyCode::Up => self.step(false),
            KeyCode::Enter if on_button => return Some(self.send()),
            KeyCode::Enter => self.step(true),
            KeyCode::Char('q') if on_button => {
                let steps = self.leave();
                return Some(steps);
            }
            _ => self.key_in_field(key),
        }
        Some(Vec::new())
    }

    fn edited(&mut self, edited: Result<String, Failure>) {
        match edited {
            Ok(text) => {
                if let Some(Field { value: Value::Lines(area), .. }) =
                    self.fields.get_mut(self.focus)
                {
                    **area = Area::new(text.trim_end());
                }
                self.problem = None;
            }
            Err(failure) => self.problem = Some(failure),
        }
    }

    fn paste(&mut self, pasted: &str) {
        self.leaving = false;
        if self.opened.is_none() {
            self.opened = Some(self.kept());
        }
        if let Some(Field { value: Value::Lines(area), .. }) = self.fields.get_mut(self.focus) {
            area.insert(pasted);
        }
        if let Some(Field { value: Value::Text(field), .. }) = self.fields.get_mut(self.focus) {
            field.insert(pasted.trim_end());
            self.changed();
        }
    }

    fn done(&mut self, result: &Result<Done, Failure>) -> Option<Vec<Step>> {
        // What ended elsewhere leaves the form and what is typed in it alone.
        if !std::mem::take(&mut self.waiting) {
            return None;
        }
        match result {
            // Everything typed stays; only what stands in the way is added.
            Err(failure) => {
                self.problem = Some(failure.clone());
                Some(Vec::new())
            }
            Ok(_) => Some(vec![Step::Pop]),
        }
    }

    fn meanwhile(&mut self, news: &str) {
        self.news = Some(news.to_owned());
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        Vec::new()
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let theme = app.theme;
        let mut lines: Vec<Line<'static>> = Vec::new();
        if area.height >= 12 {
            for line in prose::wrap(&self.intro, usize::from(area.width)) {
                lines.push(Line::from(theme.span(Role::Dim, line)));
            }
            lines.push(Line::default());
        }
        let mut cursor = (0, 0);
        for index in 0..self.fields.len() {
            let (field, at) = self.field_lines(app, index, area.width);
            if index == self.focus {
                cursor = (at.0, lines.len() + usize::from(at.1));
            }
            lines.extend(field);
        }
        let here = self.focus == self.fields.len();
        if here {
            cursor = (4, lines.len() + usize::from(area.height >= 12));
        }
        if area.height >= 12 {
            lines.push(Line::default());
        }
        let button = if self.waiting { "working…" } else { self.verb };
        lines.push(Line::from(vec![
            theme.span(Role::Text, theme.marker(here)),
            theme.span(if here { Role::Selected } else { Role::Strong }, format!("[ {button} ]")),
            theme.span(Role::Dim, "   tab goes on · esc goes back"),
        ]));
        let mut below = Details::new(theme, area.width, 0);
        if self.leaving {
            let said = "Not sent. Esc again throws away what you changed; any other key stays.";
            below.gap().prose(Role::Warn, said);
        }
        if let Some(news) = &self.news {
            below.gap().prose(Role::Warn, news);
        }
        if let Some(problem) = &self.problem {
            below.gap().prose(Role::Bad, &problem.message);
            if let Some(hint) = &problem.hint {
                below.prose(Role::Text, format!("hint: {hint}"));
            }
            for field in &self.fields {
                if matches!(field.value, Value::Check(false)) {
                    below.prose(Role::Text, format!("{}: {}", field.label, field.help));
                }
            }
            if problem.code == "conflict" {
                below.prose(Role::Text, "Nothing you typed is lost; send it again or go back.");
            }
        } else if let Some(field) = self.fields.get(self.focus) {
            below.gap().prose(Role::Dim, &field.help);
        } else {
            below.gap().prose(Role::Dim, "Enter sends it.");
        }
        let room = usize::from(area.height);
        let first = (lines.len() + below.len()).saturating_sub(room).min(cursor.1);
        for (row, line) in lines.iter().skip(first).take(room).enumerate() {
            let y = area.y + u16::try_from(row).unwrap_or(0);
            frame.render_widget(line, Rect { y, height: 1, ..area });
        }
        let used = u16::try_from(lines.len() - first).unwrap_or(u16::MAX).min(area.height);
        let rest = Rect { y: area.y + used, height: area.height - used, ..area };
        below.draw(frame, rest, 0);
        let y = area.y + u16::try_from(cursor.1 - first).unwrap_or(0);
        let x = area.x + cursor.0.min(area.width.saturating_sub(1));
        frame.set_cursor_position(Position { x, y: y.min(area.bottom().saturating_sub(1)) });
    }
}
