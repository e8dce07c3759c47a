//! What stands around a screen: header, title, messages, hints; and small pieces shared by screens.

use super::prose;
use crate::text;
use crate::tui::actions::{self, ActionId, Availability};
use crate::tui::app::{App, List};
use crate::tui::screens::words;
use crate::tui::theme::{Role, Theme};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// From this width on a list has its detail beside it.
pub const WIDE: u16 = 100;

/// The first row: the roots with their keys, and who acts.
pub fn header(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.theme;
    let session = &app.session;
    let acting = session.principal != session.own;
    let mut who =
        if acting { format!("acting as {}", session.principal) } else { session.principal.clone() };
    if app.read_only {
        who.push_str(" · read-only");
    }
    let who = text::safe(&who).into_owned();
    let mut left = vec![theme.span(Role::Strong, "caseward")];
    let roots = [
        ActionId::GoCases,
        ActionId::GoAccess,
        ActionId::GoRequests,
        ActionId::GoLog,
        ActionId::GoRetention,
    ];
    let current = app.screens.first().map(|screen| screen.scope());
    let mut tabs = Vec::new();
    for id in roots {
        let Some(key) = app.keymap.key_of(id) else { continue };
        let here = current == Some(root_scope(id));
        let role = if here { Role::Selected } else { Role::Text };
        tabs.push(Span::raw(" "));
        let name = format!("{key} {}", actions::info(id).title);
        let name = if here && theme.is_mono() { format!("[{name}]") } else { name };
        tabs.push(theme.span(role, name));
    }
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let room = usize::from(area.width);
    let all = width(&left) + 1 + width(&tabs);
    if all + 2 + text::width(&who) <= room {
        left.push(Span::raw(" "));
        left.extend(tabs);
    } else if width(&tabs) + text::width(words::short(&who)) + 2 <= room && room >= 60 {
        left = tabs;
    }
    let used = width(&left);
    let left_over = room.saturating_sub(used + 2);
    // Rather the name without its domain than a mark at the end that nobody sees.
    let who = if text::width(&who) > left_over { name_of(app) } else { who };
    let shown = text::truncate(&who, left_over).into_owned();
    let pad = room.saturating_sub(used + text::width(&shown));
    left.push(Span::raw(" ".repeat(pad)));
    left.push(theme.span(if acting { Role::Warn } else { Role::Dim }, shown));
    frame.render_widget(Line::from(left), Rect { height: 1, ..area });
}

/// Who acts, in few words.
fn name_of(app: &App) -> String {
    let session = &app.session;
    let name = words::short(&session.principal);
    let acting = if session.principal == session.own { "" } else { "acting as " };
    let read_only = if app.read_only { " · read-only" } else { "" };
    text::safe(&format!("{acting}{name}{read_only}")).into_owned()
}

const fn root_scope(id: ActionId) -> actions::Scope {
    match id {
        ActionId::GoAccess => actions::Scope::Access,
        ActionId::GoRequests => actions::Scope::Requests,
        ActionId::GoLog => actions::Scope::Log,
        ActionId::GoRetention => actions::Scope::Retention,
        _ => actions::Scope::Cases,
    }
}

/// The second row: where one is, level by level.
pub fn title(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let mut spans = Vec::new();
    let room = usize::from(area.width);
    let titles: Vec<String> = app
        .screens
        .iter()
        .map(|screen| text::safe(&screen.title(&app.session)).into_owned())
        .collect();
    let whole = titles.join(" › ");
    let shown = if text::width(&whole) <= room {
        whole
    } else {
        titles.last().cloned().unwrap_or_default()
    };
    spans.push(app.theme.span(Role::Strong, text::truncate(&shown, room)));
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
}

/// The lines of the fresh message, at most `most`.
#[must_use]
pub fn message_lines(app: &App, width: u16, most: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(whom) = &app.waiting {
        let shown = text::safe(&format!("A write is {whom}.")).into_owned();
        let shown = text::truncate(&shown, usize::from(width)).into_owned();
        lines.push(Line::from(app.theme.span(Role::Warn, shown)));
    }
    if let Some(job) = &app.job {
        let state = match &job.progress {
            _ if job.stopping => "stopping",
            progress if progress.is_empty() => "under way",
            progress => progress,
        };
        let how = match (job.work.can_stop(), app.keymap.key_of(ActionId::StopJob)) {
            (true, Some(key)) if !job.stopping => format!("  ({key} stops it)"),
            _ => String::new(),
        };
        let line = format!("{}: {state}{how}", job.work.title());
        let safe = text::safe(&line).into_owned();
        let shown = text::truncate(&safe, usize::from(width)).into_owned();
        lines.push(Line::from(app.theme.span(Role::Accent, shown)));
    }
    let Some(message) = app.message() else { return lines };
    let mut content = message.text.clone();
    if let Some(hint) = &message.hint {
        content.push_str("\nhint: ");
        content.push_str(hint);
    }
    let wrapped = prose::wrap(&content, usize::from(width));
    let cut = wrapped.len() > most;
    for line in wrapped.into_iter().take(most) {
        lines.push(Line::from(app.theme.span(message.role, line)));
    }
    if cut && let Some(key) = app.keymap.key_of(ActionId::Messages) {
        lines.pop();
        lines.push(Line::from(app.theme.span(Role::Dim, format!("… {key} shows all of it"))));
    }
    lines
}

/// A key of the footer with its word.
struct Hint {
    role: Role,
    key: String,
    title: &'static str,
    /// Whether it is there whatever else has room.
    stays: bool,
}

impl Hint {
    fn width(&self) -> usize {
        text::width(&self.key) + 1 + text::width(self.title) + 2
    }
}

/// The last row: the most useful keys, looked up, so that they are right.
pub fn footer(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.theme;
    let mut hints: Vec<Hint> = Vec::new();
    for id in app.front().hints(&app.session) {
        let role = match app.availability(id) {
            Availability::Hidden => continue,
            Availability::Disabled(_) => Role::Disabled,
            Availability::Enabled => Role::Accent,
        };
        let Some(key) = app.keymap.key_of(id).map(|key| key.to_string()) else { continue };
        let title = match id {
            ActionId::Quit if app.screens.len() > 1 => "back",
            ActionId::Open => app.front().open_word().unwrap_or(actions::info(id).title),
            _ => actions::info(id).title,
        };
        let stays = matches!(id, ActionId::Help | ActionId::Quit);
        hints.push(Hint { role, key, title, stays });
    }
    // Help and the way out are always there; of the others the first that fit.
    let mut room = usize::from(area.width) + 2;
    room = room.saturating_sub(hints.iter().filter(|hint| hint.stays).map(Hint::width).sum());
    let mut full = false;
    hints.retain(|hint| {
        full |= !hint.stays && hint.width() > room;
        if !hint.stays && !full {
            room -= hint.width();
        }
        hint.stays || !full
    });
    let mut spans: Vec<Span<'static>> = Vec::new();
    for hint in hints {
        spans.push(theme.span(hint.role, hint.key));
        spans.push(theme.span(Role::Dim, format!(" {}  ", hint.title)));
    }
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
}

/// How many rows a bar over the list takes.
#[must_use]
pub fn banner_rows(area: Rect, content: &str) -> u16 {
    if area.height < 6 {
        return 0;
    }
    let most = if area.height >= 12 { 2 } else { 1 };
    let lines = prose::wrap(content, usize::from(area.width)).len();
    u16::try_from(lines.min(most)).unwrap_or(1)
}

/// Whether the filter has a row of its own.
#[must_use]
pub fn has_filter(area: Rect, list: &List) -> bool {
    (!list.filter.is_empty() || list.filtering) && area.height >= 4
}

/// A bar over the list; returns what is left below it.
pub fn banner(frame: &mut Frame<'_>, area: Rect, theme: Theme, content: &str) -> Rect {
    let tall = banner_rows(area, content);
    let lines = prose::wrap(content, usize::from(area.width));
    for (row, line) in lines.into_iter().take(usize::from(tall)).enumerate() {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        let line = Line::from(theme.span(Role::Warn, line));
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
    Rect { y: area.y + tall, height: area.height - tall, ..area }
}

/// What is left below the filter's row, where there is one.
#[must_use]
pub fn below_filter(area: Rect, list: &List) -> Rect {
    let row = u16::from(has_filter(area, list));
    Rect { y: area.y + row, height: area.height - row, ..area }
}

/// The filter's row while there is a filter; returns what is left below it.
pub fn filter(frame: &mut Frame<'_>, area: Rect, theme: Theme, list: &List) -> Rect {
    if !has_filter(area, list) {
        return area;
    }
    let place = Rect { height: 1, ..area };
    let mut spans = vec![theme.span(Role::Accent, "/ "), theme.span(Role::Text, &list.filter)];
    if list.filtering {
        spans.push(theme.span(Role::Selected, " "));
        spans.push(theme.span(Role::Dim, "  enter keeps it, esc clears it"));
    } else {
        spans.push(theme.span(Role::Dim, "  / changes it"));
    }
    frame.render_widget(Line::from(spans), place);
    below_filter(area, list)
}

/// A sentence where a list would be.
pub fn empty(frame: &mut Frame<'_>, area: Rect, theme: Theme, why: &str) {
    for (row, line) in prose::wrap(why, usize::from(area.width.saturating_sub(2)).max(1))
        .into_iter()
        .take(usize::from(area.height))
        .enumerate()
    {
        let y = area.y + u16::try_from(row).unwrap_or(0);
        let place = Rect { x: area.x + 1, y, width: area.width.saturating_sub(1), height: 1 };
        frame.render_widget(Line::from(theme.span(Role::Dim, line)), place);
    }
    if area.height > 0 && area.width > 0 {
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}

/// List and detail side by side where there is room for both.
#[must_use]
pub fn split(theme: Theme, area: Rect, percent: u16) -> (Rect, Option<Rect>) {
    if area.width < WIDE || theme.plain {
        return (area, None);
    }
    let left = area.width * percent / 100;
    let right = Rect { x: area.x + left + 2, width: area.width - left - 2, ..area };
    (Rect { width: left, ..area }, Some(right))
}
