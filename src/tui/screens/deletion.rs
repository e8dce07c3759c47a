//! The confirmation of a deletion: everything it will do on one screen, Cancel in focus, and the
//! request's id typed. Keys count only once it was drawn completely.

use super::words;
use crate::model::{Id, PlanAction, PlanItem};
use crate::ops::dsr::RequestAllowed;
use crate::text;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{App, Done, Effect, Failure, Screen, Session, Step, Work};
use crate::tui::keymap::Key;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::field::TextField;
use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// Rows that the confirmation needs, frame included.
const LEAST_ROWS: u16 = 20;
/// Columns that it needs.
const LEAST_COLUMNS: u16 = 60;

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Cancel,
    Typing,
}

/// The screen.
#[derive(Debug)]
pub struct Deletion {
    dsr: Id,
    tenant: String,
    items: Vec<PlanItem>,
    bytes: u64,
    digest: String,
    planned_by: String,
    approved_by: String,
    not_covered: Vec<String>,
    warnings: Vec<String>,
    typed: TextField,
    focus: Focus,
    scroll: usize,
    drawn: bool,
    started: bool,
    /// What became of the request meanwhile.
    news: Option<String>,
}

impl Deletion {
    /// From the request as it was read last; execution checks everything again.
    #[must_use]
    pub fn new(data: &RequestAllowed) -> Self {
        let request = &data.request;
        let approved_by = request
            .decisions
            .iter()
            .rev()
            .find(|decision| decision.what.as_str() == "approved")
            .map_or_else(|| "nobody".to_owned(), |decision| decision.by.clone());
        let not_covered = request.discovery.iter().flat_map(|found| &found.not_searched);
        let plan = request.plan.as_ref();
        Self {
            dsr: request.id.clone(),
            tenant: request.tenant.to_string(),
            items: data.plan.iter().flat_map(|plan| plan.items.clone()).collect(),
            bytes: plan.map_or(0, |plan| plan.bytes),
            digest: plan.map_or_else(String::new, |plan| plan.digest.to_string()),
            planned_by: plan.map_or_else(String::new, |plan| plan.by.clone()),
            approved_by,
            not_covered: not_covered
                .map(|store| format!("{} ({})", store.store, text::plural(store.files, "file")))
                .collect(),
            warnings: plan.map_or_else(Vec::new, |plan| plan.warnings.clone()),
            typed: TextField::default(),
            focus: Focus::Cancel,
            scroll: 0,
            drawn: false,
            started: false,
            news: None,
        }
    }

    /// Whether the id stands in the field, letter by letter.
    fn is_confirmed(&self) -> bool {
        self.typed.value().trim() == self.dsr.as_str()
    }

    fn summary(&self, theme: Theme, width: u16) -> Details {
        let mut lines = Details::new(theme, width, 14);
        if let Some(news) = &self.news {
            lines.field("Meanwhile", Role::Bad, news);
        }
        let rewritten = self.items.iter().filter(|item| item.action != PlanAction::Delete).count();
        let files = text::plural(self.items.len() as u64, "file");
        let what = format!("{files}, {}, for good", text::bytes(self.bytes));
        match self.items.len() - rewritten {
            0 => lines.field("Rewrites", Role::Bad, what),
            _ => lines.field("Deletes", Role::Bad, what),
        };
        if rewritten > 0 {
            let files = text::plural(rewritten as u64, "file");
            let what = format!("{files} of these: what matched gives way, the rest stays");
            lines.field("Rewritten", Role::Warn, what);
        }
        lines.field("Request", Role::Text, format!("{} of {}", self.dsr, self.tenant));
        lines.field("Planned by", Role::Text, &self.planned_by);
        lines.field("Approved by", Role::Text, &self.approved_by);
        lines.field("Plan digest", Role::Text, short(&self.digest));
        lines.field(
            "Recorded",
            Role::Text,
            "times, counts and a salted commitment to each hash, in the attestation log",
        );
        let covered = if self.not_covered.is_empty() {
            "nothing is left out".to_owned()
        } else {
            self.not_covered.join(", ")
        };
        lines.field("Not covered", Role::Warn, covered);
        if !self.warnings.is_empty() {
            let count = text::plural(self.warnings.len() as u64, "warning");
            lines.field("Warnings", Role::Warn, format!("{count}, below the files"));
        }
        lines
    }

    fn list(&self, theme: Theme, width: u16) -> Details {
        let mut lines = Details::new(theme, width, 0);
        let mut engagement = None;
        for item in &self.items {
            if engagement != Some(&item.engagement) {
                engagement = Some(&item.engagement);
                lines.prose(Role::Strong, format!("{}:", item.engagement));
            }
            let hash = item.sha256.to_string();
            let path = words::within(&item.path, &item.engagement);
            let action = match item.action {
                PlanAction::Delete => String::new(),
                action => format!(", {action}"),
            };
            let line = format!("{}… {:>8} {path}{action}", &hash[..12], text::bytes(item.size));
            lines.indented(Role::Text, line);
        }
        for warning in &self.warnings {
            lines.item(Role::Warn, warning);
        }
        lines
    }
}

fn short(digest: &str) -> String {
    digest.get(..32).map_or_else(|| digest.to_owned(), |start| format!("{start}…"))
}

impl Screen for Deletion {
    fn scope(&self) -> Scope {
        Scope::Text
    }

    fn title(&self, _session: &Session) -> String {
        format!("Delete for good: {}", self.dsr)
    }

    fn drawn(&mut self, size: (u16, u16)) {
        self.drawn = size.0 >= LEAST_COLUMNS && size.1 >= LEAST_ROWS;
    }

    fn key(&mut self, key: Key, _session: &Session) -> Option<Vec<Step>> {
        if key.code == KeyCode::Esc {
            return Some(if self.started { Vec::new() } else { vec![Step::Pop] });
        }
        if !self.drawn || self.started {
            return Some(Vec::new());
        }
        match (key.code, self.focus) {
            (KeyCode::Tab | KeyCode::BackTab, Focus::Cancel) => self.focus = Focus::Typing,
            (KeyCode::Tab | KeyCode::BackTab, Focus::Typing) => self.focus = Focus::Cancel,
            (KeyCode::Down, _) => self.scroll = (self.scroll + 1).min(self.items.len() + 40),
            (KeyCode::Up, _) => self.scroll = self.scroll.saturating_sub(1),
            (KeyCode::PageDown, _) => self.scroll = (self.scroll + 5).min(self.items.len() + 40),
            (KeyCode::PageUp, _) => self.scroll = self.scroll.saturating_sub(5),
            (KeyCode::Enter, Focus::Cancel) => return Some(vec![Step::Pop]),
            (KeyCode::Char('q'), Focus::Cancel) => return Some(vec![Step::Pop]),
            (KeyCode::Enter, Focus::Typing) if self.is_confirmed() => {
                self.started = true;
                let work = Work::Execute(self.dsr.clone());
                return Some(vec![Step::Effect(Effect::Start(work))]);
            }
            (KeyCode::Enter, Focus::Typing) => {
                let why = format!("Type {} exactly; nothing was deleted.", self.dsr);
                return Some(vec![Step::Say(Failure::usage(why))]);
            }
            (_, Focus::Typing) => {
                self.typed.key(key);
            }
            (_, Focus::Cancel) => {}
        }
        Some(Vec::new())
    }

    fn done(&mut self, result: &Result<Done, Failure>) -> Option<Vec<Step>> {
        if !std::mem::take(&mut self.started) {
            return None;
        }
        Some(match result {
            Ok(_) => vec![Step::Pop],
            // The reason is said on the request's screen, beside what can be done about it.
            Err(failure) => vec![Step::Pop, Step::Say(failure.clone())],
        })
    }

    fn meanwhile(&mut self, news: &str) {
        self.news = Some(news.to_owned());
        // It has to be seen before a key counts.
        self.drawn = false;
    }

    fn is_full(&self) -> bool {
        true
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        Vec::new()
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let theme = app.theme;
        if app.size.0 < LEAST_COLUMNS || app.size.1 < LEAST_ROWS {
            let mut lines = Details::new(theme, area.width, 0);
            let why = format!(
                "A deletion is confirmed on {LEAST_COLUMNS}×{LEAST_ROWS} at least: make the \
                 window larger, or press esc. Nothing was deleted."
            );
            lines.prose(Role::Warn, why).draw(frame, area, 0);
            return;
        }
        let summary = self.summary(theme, area.width);
        let top = u16::try_from(summary.len()).unwrap_or(u16::MAX).min(area.height - 8);
        summary.draw(frame, Rect { height: top, ..area }, 0);
        let foot = 4;
        let middle = Rect { y: area.y + top + 1, height: area.height - top - foot - 2, ..area };
        let list = self.list(theme, area.width);
        list.draw(frame, middle, self.scroll.min(list.furthest(middle.height)));
        let y = area.bottom() - foot;
        let row = |y: u16| Rect { y, height: 1, ..area };
        if self.started {
            let progress = app.job.as_ref().map_or("", |job| job.progress.as_str());
            let line = theme.span(Role::Strong, format!("Deleting… {progress}"));
            frame.render_widget(Line::from(line), row(y));
            let keep = "It is finished even if this terminal goes away: the next start sees to it.";
            frame.render_widget(Line::from(theme.span(Role::Dim, keep)), row(y + 1));
            frame.set_cursor_position(Position { x: area.x, y });
            return;
        }
        let on_cancel = self.focus == Focus::Cancel;
        let role = |here| if here { Role::Selected } else { Role::Text };
        let cancel = format!("{}[ Cancel ]", theme.marker(on_cancel));
        frame.render_widget(
            Line::from(vec![
                theme.span(role(on_cancel), cancel),
                theme.span(Role::Dim, "   enter cancels · tab goes to the field below"),
            ]),
            row(y),
        );
        let lead = format!("{}Type {} to delete: ", theme.marker(!on_cancel), self.dsr);
        let column = u16::try_from(text::width(&lead)).unwrap_or(0);
        let (shown, at) = self.typed.window(usize::from(area.width.saturating_sub(column)));
        let field = format!("{shown:<16}");
        frame.render_widget(
            Line::from(vec![theme.span(Role::Strong, lead), theme.span(role(!on_cancel), field)]),
            row(y + 1),
        );
        let ready = match (on_cancel, self.is_confirmed()) {
            (false, true) => (Role::Bad, "enter deletes these files for good"),
            (false, false) => (Role::Dim, "up and down show the rest of the files · esc goes back"),
            (true, _) => (Role::Dim, "up and down show the rest of the files · esc goes back"),
        };
        frame.render_widget(Line::from(theme.span(ready.0, ready.1)), row(y + 2));
        let position = if on_cancel {
            Position { x: area.x + 4, y }
        } else {
            Position { x: area.x + column + u16::try_from(at).unwrap_or(0), y: y + 1 }
        };
        frame.set_cursor_position(position);
    }
}
