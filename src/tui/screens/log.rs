//! The attestation log: its entries, one entry, and the verification of all of it.

use super::words;
use crate::ops::attest::{EntryView, Shown, Verified};
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{
    App, Done, Effect, Failure, List, Load, Loaded, LogData, Screen, Session, Step, Then, Work,
};
use crate::tui::theme::{Role, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// The list of entries.
#[derive(Debug, Default)]
pub struct LogScreen {
    data: Option<LogData>,
    problem: Option<Failure>,
    verified: Option<Box<Verified>>,
    list: List,
}

const COLUMNS: &[Column] = &[
    column("Entry", 6, 0),
    column("Kind", 8, 0),
    column("When (UTC)", 16, 0),
    column("Transaction", 12, 2),
    column("What", 0, 1),
    column("Proof", 8, 0),
];

fn what(entry: &EntryView) -> String {
    match (entry.files, &entry.outcomes) {
        (Some(files), _) => {
            let why = entry.why.unwrap_or("removal");
            format!("{why}: {} to be removed", text::plural(u64::from(files), "file"))
        }
        (None, Some(outcomes)) => {
            let gone = outcomes.chars().filter(|letter| matches!(letter, 'g' | 'r' | 'a')).count();
            format!("{gone} of {} gone", text::plural(outcomes.chars().count() as u64, "file"))
        }
        _ if entry.kind == "genesis" => "the log begins".to_owned(),
        _ => String::new(),
    }
}

impl LogScreen {
    fn entries(&self) -> &[EntryView] {
        self.data.as_ref().map_or(&[], |data| &data.entries)
    }

    fn selected(&self) -> Option<&EntryView> {
        self.entries().get(self.list.cursor)
    }

    /// What stands for an entry: the last verification, a signature that nobody checked since this
    /// screen was opened, or nothing yet.
    fn proof(&self, index: u64) -> (Role, &'static str) {
        match (&self.verified, &self.data) {
            (Some(verified), _) if index < verified.size => {
                if verified.ok {
                    (Role::Good, "verified")
                } else {
                    (Role::Bad, "failed")
                }
            }
            (_, Some(data)) if data.standing.signed.is_some_and(|signed| index < signed) => {
                (Role::Text, "signed")
            }
            _ => (Role::Warn, "unsigned"),
        }
    }

    /// How many rows what lies above the entries takes, and where the entries are.
    fn places(&self, app: &App, area: Rect) -> (u16, Rect) {
        let above = self.above(app, area.width);
        if above.is_empty() || area.height < 8 {
            return (0, area);
        }
        let tall = u16::try_from(above.len()).unwrap_or(u16::MAX).min(area.height / 2);
        (tall, Rect { y: area.y + tall + 1, height: area.height - tall - 1, ..area })
    }

    fn has_ended(&self, tx: &str) -> bool {
        self.entries().iter().any(|entry| entry.kind == "end" && entry.tx.as_deref() == Some(tx))
    }

    /// What lies above the entries: what was interrupted, and how far the log is proved.
    fn above(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 14);
        let Some(data) = &self.data else { return lines };
        for said in &data.recovered {
            lines.field("At the start", Role::Warn, said);
        }
        let standing = &data.standing;
        if let Some(tx) = &standing.open {
            let what = format!(
                "{tx} has begun and not ended: it is at work, or was interrupted and is finished when the workspace is next opened for writing"
            );
            lines.field("Interrupted", Role::Warn, what);
        } else if standing.unfinished {
            let what = "a transaction waits to be settled at the next start for writing";
            lines.field("Interrupted", Role::Warn, what);
        }
        match self.verdict(app, width) {
            Some(verdict) => lines.append(verdict),
            None => {
                let signed = standing.signed.map_or_else(
                    || "no checkpoint can be read".to_owned(),
                    |signed| {
                        format!(
                            "{signed} of {} under the signed checkpoint",
                            text::entries(standing.size)
                        )
                    },
                );
                lines.field(
                    "Proof",
                    Role::Text,
                    format!("{signed}; not checked since you came here"),
                );
            }
        }
        lines
    }

    fn verdict(&self, app: &App, width: u16) -> Option<Details> {
        let verified = self.verified.as_ref()?;
        let mut lines = Details::new(app.theme, width, 14);
        let (role, said) = if verified.ok {
            (Role::Good, "Verified: every check passed.")
        } else {
            (Role::Bad, "Not verified: something does not hold.")
        };
        lines.prose(role, said);
        for check in &verified.checks {
            let (role, word) = if check.ok { (Role::Good, "ok") } else { (Role::Bad, "failed") };
            lines.field(check.name, role, format!("{word}: {}", check.detail));
        }
        if let Some(tx) = &verified.open {
            lines.field("Open", Role::Warn, format!("{tx} is in progress or was interrupted"));
        }
        Some(lines)
    }
}

impl Screen for LogScreen {
    fn scope(&self) -> Scope {
        Scope::Log
    }

    fn title(&self, _session: &Session) -> String {
        match &self.data {
            Some(data) => format!("Attestation log ({})", data.standing.size),
            None => "Attestation log".to_owned(),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Log]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Log(data) = loaded {
            self.list.resize(data.entries.len());
            self.data = Some((**data).clone());
            self.problem = None;
        }
    }

    fn not_loaded(&mut self, _load: &Load, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, app: &App, body: Rect) -> Option<(Rect, usize)> {
        let (_, table) = self.places(app, body);
        Some((table, table::first(table, self.list.cursor)))
    }

    fn ids(&self) -> Vec<String> {
        self.entries().iter().map(|entry| entry.index.to_string()).collect()
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        let Some(entry) = self.selected() else { return Vec::new() };
        let tx = entry.tx.iter().map(|tx| ("transaction", tx.clone()));
        tx.chain([("entry", entry.index.to_string())]).collect()
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        match id {
            ActionId::LogVerify => Availability::Enabled,
            ActionId::LogReport => match self.selected() {
                Some(EntryView { tx: Some(tx), .. }) if self.has_ended(tx) => Availability::Enabled,
                Some(EntryView { tx: Some(_), .. }) => {
                    Availability::Disabled("Its transaction has not ended [ATT-6].".to_owned())
                }
                Some(_) => Availability::Disabled("This entry is of no transaction.".to_owned()),
                None => Availability::Hidden,
            },
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        match id {
            ActionId::LogVerify => vec![Step::Effect(Effect::Start(Work::Verify))],
            ActionId::LogReport => match self.selected().and_then(|entry| entry.tx.as_deref()) {
                Some(tx) => vec![Step::Push(Box::new(super::request_forms::report(tx)))],
                None => Vec::new(),
            },
            ActionId::Open => match self.selected() {
                Some(entry) => vec![Step::Push(Box::new(EntryScreen::new(entry.index)))],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn done(&mut self, result: &Result<Done, Failure>) -> Option<Vec<Step>> {
        if let Ok(Done { then: Then::Verified(verified), .. }) = result {
            self.verified = Some(verified.clone());
        }
        None
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        let own = [ActionId::LogVerify, ActionId::LogReport, ActionId::Open];
        own.into_iter().chain([ActionId::Help, ActionId::Quit]).collect()
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let (tall, below) = self.places(app, area);
        self.above(app, area.width).draw(frame, Rect { height: tall, ..area }, 0);
        let area = below;
        let Some(LogData { entries, .. }) = &self.data else {
            let why = self.problem.as_ref().map_or("Reading the log…", |p| p.message.as_str());
            widgets::empty(frame, area, app.theme, why);
            return;
        };
        let rows: Vec<Vec<Cell>> = entries
            .iter()
            .map(|entry| {
                let proof = self.proof(entry.index);
                vec![
                    Cell(Role::Accent, entry.index.to_string()),
                    cell(&entry.kind),
                    cell(entry.at.format("%Y-%m-%d %H:%M")),
                    cell(entry.tx.as_deref().unwrap_or("-")),
                    cell(what(entry)),
                    Cell(proof.0, proof.1.to_owned()),
                ]
            })
            .collect();
        if rows.is_empty() {
            widgets::empty(frame, area, app.theme, "Nothing was deleted yet.");
            return;
        }
        table::draw(frame, area, app.theme, COLUMNS, &rows, self.list.cursor, true);
    }
}

/// One entry.
#[derive(Debug)]
pub struct EntryScreen {
    index: u64,
    shown: Option<Box<Shown>>,
    list: List,
}

impl EntryScreen {
    #[must_use]
    pub fn new(index: u64) -> Self {
        Self { index, shown: None, list: List::default() }
    }

    fn lines(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 14);
        let Some(shown) = &self.shown else { return lines };
        let entry = &shown.entry;
        lines.field("Kind", Role::Text, &entry.kind);
        lines.field("When", Role::Text, words::moment(entry.at, app.session.now));
        lines.field("What", Role::Text, what(entry));
        if let Some(tx) = &entry.tx {
            lines.field("Transaction", Role::Text, tx);
        }
        lines.field("Leaf hash", Role::Text, &shown.leaf_hash);
        for warning in &entry.warnings {
            lines.field("Warning", Role::Warn, *warning);
        }
        if let Some(request) = &shown.request {
            lines.field("Request", Role::Text, request);
        }
        if let Some(engineer) = &shown.engineer {
            lines.field("Engineer", Role::Text, engineer);
        }
        match &shown.items {
            Some(items) => {
                lines.heading("Files, from the opening");
                for item in items {
                    let verdict = item.verdict.unwrap_or("-");
                    let line = format!("{} {}", words::spaced(verdict), item.path);
                    lines.prose(role_of_state(verdict), line);
                    lines.indented(Role::Dim, format!("sha256 {}", item.sha256));
                    lines.indented(Role::Dim, format!("commitment {}", item.commitment));
                }
            }
            None if entry.tx.is_some() => {
                lines.gap().prose(
                    Role::Dim,
                    "Its opening was destroyed: the entry still counts, and names nothing.",
                );
            }
            None => {}
        }
        lines.heading("As it is hashed").prose(Role::Dim, &shown.raw);
        lines
    }
}

impl Screen for EntryScreen {
    fn scope(&self) -> Scope {
        Scope::Plain
    }

    fn title(&self, _session: &Session) -> String {
        format!("Entry {}", self.index)
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Entry(self.index)]
    }

    fn forget(&mut self) {
        self.shown = None;
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Entry(shown) = loaded
            && shown.entry.index == self.index
        {
            self.shown = Some(shown.clone());
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let tx = shown.entry.tx.iter().map(|tx| ("transaction", tx.clone()));
        tx.chain([("leaf hash", shown.leaf_hash.clone())]).collect()
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::Down, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let lines = self.lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}
