//! What lies over a screen: the menu and the question.

use crate::text;
use crate::tui::actions::{self, Availability};
use crate::tui::app::{App, Asking, Entry, Menu, MenuKind, Palette};
use crate::tui::theme::Role;
use crate::tui::widgets::prose;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

/// A box in the middle; returns its inside.
fn open(app: &App, frame: &mut Frame<'_>, area: Rect, title: &str, size: (u16, u16)) -> Rect {
    let width = size.0.min(area.width);
    let height = size.1.min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    if app.theme.plain {
        // Lines from the top over an empty screen: nothing to read around.
        frame.render_widget(Clear, area);
        let line = Line::from(app.theme.span(Role::Strong, title));
        frame.render_widget(line, Rect { height: 1, ..area });
        return Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    }
    frame.render_widget(Clear, place);
    let title = format!(" {title} ");
    let block = Block::bordered()
        .title(app.theme.span(Role::Strong, title))
        .border_style(app.theme.style(Role::Dim));
    let inside = block.inner(place);
    frame.render_widget(block, place);
    inside
}

/// The menu: actions with their keys, the impossible ones with their reason; or people.
pub fn menu(app: &App, menu: &Menu, frame: &mut Frame<'_>, area: Rect) {
    let (title, rows): (&str, Vec<(Role, String)>) = match &menu.kind {
        MenuKind::Actions(actions) => {
            let row = |(id, availability): &(actions::ActionId, Availability)| {
                let info = actions::info(*id);
                let key = app.keymap.key_of(*id).map(|key| key.to_string()).unwrap_or_default();
                match availability {
                    Availability::Disabled(why) => {
                        (Role::Disabled, format!("{key:<3} {}: {why}", info.title))
                    }
                    _ => (Role::Text, format!("{key:<3} {:<22} {}", info.title, info.help)),
                }
            };
            ("Actions: enter takes one, esc closes", actions.iter().map(row).collect())
        }
        MenuKind::Filters(saved) => {
            let row =
                |(name, words): &(String, String)| (Role::Text, format!("{name:<20} {words}"));
            ("Saved filters: enter takes one, esc closes", saved.iter().map(row).collect())
        }
        MenuKind::Copies(copies) => {
            let row = |(what, text): &(&str, String)| (Role::Text, format!("{what:<16} {text}"));
            ("Copy: enter takes one, esc closes", copies.iter().map(row).collect())
        }
        MenuKind::People(people) => {
            let row = |(who, part): &(String, String)| (Role::Text, format!("{who}  {part}"));
            ("Act as…: enter chooses, esc closes", people.iter().map(row).collect())
        }
    };
    // What is in focus stands below in full: who decides where rarely fits a row.
    let width = usize::from(area.width.min(96).saturating_sub(4)).max(1);
    let is_long = |(_, content): &(Role, String)| text::width(content) > width;
    let below = if rows.iter().any(is_long) && area.height >= 12 { 3 } else { 0 };
    let tall = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2 + below);
    let inside = open(
        app,
        frame,
        area,
        title,
        (area.width.min(96), tall.min(area.height.saturating_sub(2))),
    );
    let list = Rect { height: inside.height.saturating_sub(below), ..inside };
    let page = usize::from(list.height).max(1);
    let first = menu.list.cursor / page * page;
    for (index, (role, content)) in rows.iter().enumerate().skip(first).take(page) {
        let y = inside.y + u16::try_from(index - first).unwrap_or(0);
        let place = Rect { y, height: 1, ..inside };
        let selected = index == menu.list.cursor;
        let safe = text::safe(content).into_owned();
        let room = usize::from(inside.width).saturating_sub(2);
        let shown = text::truncate(&safe, room).into_owned();
        let line = vec![Span::raw(app.theme.marker(selected)), app.theme.span(*role, shown)];
        frame.render_widget(Line::from(line), place);
        if selected {
            frame.buffer_mut().set_style(place, app.theme.style(Role::Selected));
            frame.set_cursor_position(Position { x: inside.x, y });
            if text::width(&safe) > room {
                let whole = prose::wrap(content, usize::from(inside.width).max(1));
                for (row, line) in (0..below).zip(whole) {
                    let place = Rect { y: list.bottom() + row, height: 1, ..inside };
                    frame.render_widget(Line::from(app.theme.span(Role::Dim, line)), place);
                }
            }
        }
    }
}

/// The palette: what is typed, then what fits it.
pub fn palette(app: &App, palette: &Palette, frame: &mut Frame<'_>, area: Rect) {
    let theme = app.theme;
    let size = (area.width.min(96), area.height.saturating_sub(4).clamp(6, 18).min(area.height));
    let title = "Find an action or an id: enter takes it, esc closes";
    let inside = open(app, frame, area, title, size);
    let (typed, at) = palette.field.window(usize::from(inside.width.saturating_sub(4)).max(1));
    let line = Line::from(vec![theme.span(Role::Accent, "> "), theme.span(Role::Text, typed)]);
    frame.render_widget(line, Rect { height: 1, ..inside });
    // What is in focus stands below in full: a reason rarely fits a row.
    let below = if inside.height >= 8 { 2 } else { 0 };
    let tall = inside.height.saturating_sub(1 + below);
    let rows = Rect { y: inside.y + 1, height: tall, ..inside };
    if palette.rows.is_empty() {
        let why = "Nothing has this name or id.";
        frame.render_widget(Line::from(theme.span(Role::Dim, why)), Rect { height: 1, ..rows });
    }
    let page = usize::from(rows.height).max(1);
    let first = palette.list.cursor / page * page;
    for (index, entry) in palette.rows.iter().enumerate().skip(first).take(page) {
        let y = rows.y + u16::try_from(index - first).unwrap_or(0);
        let place = Rect { y, height: 1, ..rows };
        let (role, content) = match entry {
            Entry::Action(id, availability) => {
                let info = actions::info(*id);
                let key = app.keymap.key_of(*id).map(|key| key.to_string()).unwrap_or_default();
                match availability {
                    Availability::Disabled(why) => {
                        (Role::Disabled, format!("{key:<7} {}: not now: {why}", info.title))
                    }
                    _ => (Role::Text, format!("{key:<7} {:<22} {}", info.title, info.help)),
                }
            }
            Entry::Case { case, title } => (Role::Text, format!("case    {} {title}", case.id)),
            Entry::Request { dsr, what } => (Role::Text, format!("request {dsr} {what}")),
            Entry::Access { sar, what } => (Role::Text, format!("access  {sar} {what}")),
        };
        let selected = index == palette.list.cursor;
        let room = usize::from(rows.width).saturating_sub(2);
        let safe = text::safe(&content).into_owned();
        let shown = text::truncate(&safe, room).into_owned();
        let line = vec![Span::raw(theme.marker(selected)), theme.span(role, shown)];
        frame.render_widget(Line::from(line), place);
        if selected {
            frame.buffer_mut().set_style(place, theme.style(Role::Selected));
            if text::width(&safe) > room {
                let whole = prose::wrap(&content, usize::from(inside.width).max(1));
                for (row, line) in (0..below).zip(whole) {
                    let place = Rect { y: rows.bottom() + row, height: 1, ..inside };
                    frame.render_widget(Line::from(theme.span(Role::Dim, line)), place);
                }
            }
        }
    }
    let x = inside.x + 2 + u16::try_from(at).unwrap_or(0);
    frame.set_cursor_position(Position { x: x.min(inside.right().saturating_sub(1)), y: inside.y });
}

/// The question, Cancel first.
pub fn question(app: &App, asking: &Asking, frame: &mut Frame<'_>, area: Rect) {
    let question = &asking.question;
    let width = area.width.min(72);
    let mut lines: Vec<String> = Vec::new();
    for line in &question.lines {
        lines.extend(prose::wrap(line, usize::from(width.saturating_sub(4)).max(1)));
        lines.push(String::new());
    }
    let news = lines.len();
    if let Some(said) = &asking.news {
        lines.extend(prose::wrap(said, usize::from(width.saturating_sub(4)).max(1)));
        lines.push(String::new());
    }
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(3);
    let title = text::safe(&question.title).into_owned();
    let inside = open(app, frame, area, &title, (width, wanted));
    let room = usize::from(inside.height.saturating_sub(1));
    for (row, line) in lines.iter().take(room).enumerate() {
        let y = inside.y + u16::try_from(row).unwrap_or(0);
        let place = Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(1), height: 1 };
        let role = if row < news { Role::Text } else { Role::Warn };
        frame.render_widget(Line::from(app.theme.span(role, line)), place);
    }
    let role = |here| if here { Role::Selected } else { Role::Text };
    let y = inside.bottom().saturating_sub(1);
    let marker = |here| app.theme.marker(here);
    let buttons = vec![
        app.theme.span(role(!asking.on_verb), format!("{}[ Cancel ]", marker(!asking.on_verb))),
        Span::raw("  "),
        app.theme
            .span(role(asking.on_verb), format!("{}[ {} ]", marker(asking.on_verb), question.verb)),
        app.theme.span(Role::Dim, "   tab changes · enter takes it"),
    ];
    frame.render_widget(Line::from(buttons), Rect { y, height: 1, ..inside });
    let x = inside.x + if asking.on_verb { 18 } else { 4 };
    frame.set_cursor_position(Position { x: x.min(inside.right().saturating_sub(1)), y });
}
