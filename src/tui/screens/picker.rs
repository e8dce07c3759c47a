//! Files to attach, picked from a directory, with the categories that their names suggest and why.

use super::case_forms::CaseForm;
use crate::outside::Entry;
use crate::policy::suggest;
use crate::text;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::app::{
    App, CaseData, Failure, List, Load, Loaded, Screen, Session, Step, filtered,
};
use crate::tui::theme::Role;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use crate::workspace::CaseRef;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use std::path::{Path, PathBuf};

/// The screen.
#[derive(Debug)]
pub struct Picker {
    case: CaseRef,
    data: CaseData,
    dir: PathBuf,
    entries: Option<Vec<Entry>>,
    problem: Option<Failure>,
    list: List,
}

const COLUMNS: &[Column] = &[
    column("File", 0, 0),
    column("Size", 8, 0),
    column("Changed", 16, 2),
    column("Suggested", 28, 1),
];

impl Picker {
    /// In the directory that the program was started in.
    #[must_use]
    pub fn new(case: &CaseRef, data: &CaseData) -> Self {
        Self {
            case: case.clone(),
            data: data.clone(),
            dir: PathBuf::from("."),
            entries: None,
            problem: None,
            list: List::default(),
        }
    }

    fn rows(&self) -> Vec<&Entry> {
        let all: Vec<&Entry> = self.entries.iter().flatten().collect();
        let content = |entry: &&Entry| entry.name.clone();
        filtered(&self.list, &all, content).into_iter().map(|index| all[index]).collect()
    }

    fn selected(&self) -> Option<&Entry> {
        self.rows().get(self.list.cursor).copied()
    }

    fn path(&self, entry: &Entry) -> String {
        self.dir.join(&entry.name).display().to_string()
    }

    /// The list, and the word on the row in focus.
    fn places(area: Rect) -> (Rect, Option<Rect>) {
        if area.height < 6 {
            return (area, None);
        }
        let below = Rect { y: area.bottom() - 1, height: 1, ..area };
        (Rect { height: area.height - 2, ..area }, Some(below))
    }

    fn go(&mut self, dir: PathBuf) -> Vec<Step> {
        let marks = std::mem::take(&mut self.list.marks);
        self.list = List { marks, ..List::default() };
        self.dir = dir;
        self.entries = None;
        self.loads()
            .into_iter()
            .map(|load| Step::Effect(crate::tui::app::Effect::Load(load)))
            .collect()
    }

    /// The form with the files that are marked, or with the one in focus.
    fn picked(&self, entry: &Entry, session: &Session) -> Vec<Step> {
        let mut files: Vec<String> = self.list.marks.iter().cloned().collect();
        if files.is_empty() {
            files.push(self.path(entry));
        }
        if let Some(odd) = files.iter().find(|file| file.contains(',')) {
            let mut failure = Failure::usage(format!("{odd} has a comma in its name."));
            failure.hint = Some("rename it, or attach it with `caseward attach`".to_owned());
            return vec![Step::Say(failure)];
        }
        let form = CaseForm::attach_files(&self.case, &self.data, session, &files.join(", "));
        vec![Step::Replace(Box::new(form))]
    }
}

/// The kind and the categories that a name suggests, and the word in it that does.
fn suggested(name: &str) -> Option<String> {
    let (kind, categories) = suggest::of_name(name)?;
    let words: Vec<&str> = categories.iter().map(|category| category.as_str()).collect();
    Some(format!("{}, {}", kind.as_str(), words.join(", ")))
}

impl Screen for Picker {
    fn scope(&self) -> Scope {
        Scope::Picker
    }

    fn title(&self, _session: &Session) -> String {
        let dir = self.dir.display();
        match self.list.marks.len() {
            0 => format!("Attach to {}: {dir}", self.case.id),
            marked => format!("Attach to {}: {dir}, {marked} marked", self.case.id),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Directory(self.dir.clone())]
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Directory { asked, dir, entries } = loaded
            && *asked == self.dir
        {
            dir.clone_into(&mut self.dir);
            self.entries = Some(entries.clone());
            self.problem = None;
            let rows = self.rows().len();
            self.list.resize(rows);
        }
    }

    fn not_loaded(&mut self, _load: &Load, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, _app: &App, body: Rect) -> Option<(Rect, usize)> {
        let (table, _) = Self::places(widgets::below_filter(body, &self.list));
        Some((table, table::first(table, self.list.cursor)))
    }

    fn row_id(&self) -> Option<String> {
        self.selected().filter(|entry| !entry.is_dir).map(|entry| self.path(entry))
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        self.selected().map(|entry| ("path", self.path(entry))).into_iter().collect()
    }

    fn act(&mut self, id: ActionId, session: &Session) -> Vec<Step> {
        match id {
            ActionId::Filter => {
                let rows = self.rows().len();
                self.list.resize(rows);
                Vec::new()
            }
            ActionId::Left => match self.dir.parent().map(Path::to_path_buf) {
                Some(parent) => self.go(parent),
                None => Vec::new(),
            },
            ActionId::Open | ActionId::Right => match self.selected() {
                Some(entry) if entry.is_dir => {
                    let dir = self.dir.join(&entry.name);
                    self.go(dir)
                }
                Some(entry) if id == ActionId::Open => self.picked(entry, session),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn open_word(&self) -> Option<&'static str> {
        let on_dir = self.selected().is_some_and(|entry| entry.is_dir);
        Some(if on_dir { "into the directory" } else { "attach" })
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![
            ActionId::Open,
            ActionId::Mark,
            ActionId::Left,
            ActionId::Filter,
            ActionId::Help,
            ActionId::Quit,
        ]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let area = widgets::filter(frame, area, app.theme, &self.list);
        let found = self.rows();
        if found.is_empty() {
            let why = match (&self.entries, &self.problem) {
                (_, Some(problem)) => problem.message.as_str(),
                (None, None) => "Reading the directory…",
                (Some(entries), _) if entries.is_empty() => "There is nothing in this directory.",
                _ => "No name has all these words. Esc clears the filter.",
            };
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        let rows: Vec<Vec<Cell>> =
            found
                .iter()
                .map(|entry| {
                    let name =
                        if entry.is_dir { format!("{}/", entry.name) } else { entry.name.clone() };
                    let size = if entry.is_dir { "-".to_owned() } else { text::bytes(entry.size) };
                    let suggestion = suggested(&entry.name).filter(|_| !entry.is_dir);
                    vec![
                        Cell(if entry.is_dir { Role::Accent } else { Role::Text }, name),
                        cell(size),
                        cell(entry.changed.map_or_else(String::new, |at| {
                            at.format("%Y-%m-%d %H:%M").to_string()
                        })),
                        cell(suggestion.unwrap_or_default()),
                    ]
                })
                .collect();
        let (list, below) = Self::places(area);
        if let (Some(below), Some(entry)) = (below, self.selected()) {
            let why = suggest::because(&entry.name).filter(|_| !entry.is_dir).map_or_else(
                || "Nothing in the name suggests what it holds: choose its categories.".to_owned(),
                |part| format!("Suggested because its name holds \"{part}\"; you decide."),
            );
            let why = if entry.is_dir { "A directory: enter opens it.".to_owned() } else { why };
            frame.render_widget(Line::from(app.theme.span(Role::Dim, why)), below);
        }
        table::draw(frame, list, app.theme, COLUMNS, &rows, self.list.cursor, true);
        let marked = |row: usize| {
            found.get(row).is_some_and(|entry| self.list.marks.contains(&self.path(entry)))
        };
        table::marks(frame, list, self.list.cursor, &marked);
    }
}
