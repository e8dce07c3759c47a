//! What became of every file of a plan, with its hash: the receipt of a deletion.

use super::{request_forms, words};
use crate::model::Id;
use crate::ops::dsr::Executed;
use crate::text;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{App, Failure, List, Load, Loaded, Screen, Session, Step};
use crate::tui::theme::{Role, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// The screen.
#[derive(Debug)]
pub struct Receipt {
    dsr: Id,
    data: Option<Executed>,
    problem: Option<Failure>,
    list: List,
}

impl Receipt {
    #[must_use]
    pub fn new(dsr: Id) -> Self {
        Self { dsr, data: None, problem: None, list: List::default() }
    }

    fn lines(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 14);
        let Some(done) = &self.data else { return lines };
        let count = |verdict| done.items.iter().filter(|item| item.verdict == verdict).count();
        let gone = count("deleted") + count("redacted") + count("already_absent");
        let all = done.items.len() as u64;
        if done.complete {
            let said = format!("Complete: {} deleted and verified.", text::plural(all, "file"));
            lines.prose(Role::Good, said);
        } else {
            let said = format!("Not complete: {gone} of {} are gone.", text::plural(all, "file"));
            lines.prose(Role::Bad, said);
        }
        lines.gap();
        for tx in &done.txs {
            let entries = format!("{}, entries {} and {} of the log", tx.tx, tx.begin, tx.end);
            lines.field("Transaction", Role::Text, entries);
        }
        lines.field(
            "State",
            role_of_state(done.state.as_str()),
            words::spaced(done.state.as_str()),
        );
        lines.heading("Files");
        for item in &done.items {
            let role = role_of_state(item.verdict);
            let why = item.reason.map_or(String::new(), |why| format!(" ({why})"));
            lines.prose(role, format!("{}{why} {}", words::spaced(item.verdict), item.path));
            lines.indented(Role::Dim, format!("sha256 {}", item.sha256));
            if item.hash_mismatch {
                lines.indented(Role::Warn, "it was not the file that was attached [DEL-5]");
            }
        }
        lines
    }
}

impl Screen for Receipt {
    fn scope(&self) -> Scope {
        Scope::Receipt
    }

    fn title(&self, _session: &Session) -> String {
        format!("Receipt of {}", self.dsr)
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Receipt(self.dsr.to_string())]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Receipt(done) = loaded
            && done.dsr == self.dsr
        {
            self.data = Some((**done).clone());
            self.problem = None;
        }
    }

    fn not_loaded(&mut self, _load: &Load, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        match id {
            ActionId::Open => vec![Step::Push(Box::new(request_forms::report(self.dsr.as_str())))],
            _ => Vec::new(),
        }
    }

    fn open_word(&self) -> Option<&'static str> {
        Some("write the report")
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::Open, ActionId::Down, ActionId::Help, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        if self.data.is_none() {
            let why =
                self.problem.as_ref().map_or("Reading the receipt…", |p| p.message.as_str());
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        let lines = self.lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}
