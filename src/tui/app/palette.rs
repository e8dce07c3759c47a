//! The command palette: every action that there is here, and every id, found by typing.

use super::{App, CaseList, Effect, List, Load, Loaded};
use crate::model::Id;
use crate::ops::dsr::RequestView;
use crate::tui::actions::{self, ACTIONS, ActionId, Availability, Scope};
use crate::tui::fuzzy;
use crate::tui::keymap::Key;
use crate::tui::screens;
use crate::tui::theme::Role;
use crate::tui::widgets::field::TextField;
use crate::workspace::CaseRef;
use ratatui::crossterm::event::KeyCode;
use std::sync::Arc;

/// The palette over a screen.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    pub field: TextField,
    pub list: List,
    pub rows: Vec<Entry>,
}

/// Something to choose in the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Action(ActionId, Availability),
    Case { case: CaseRef, title: String },
    Request { dsr: Id, what: String },
    Access { sar: Id, what: String },
}

/// What the program has read so far: the ids to jump to.
#[derive(Debug, Default)]
pub struct Known {
    pub cases: Option<Arc<CaseList>>,
    pub requests: Option<Vec<RequestView>>,
    /// Request, and what it is about.
    pub access: Option<Vec<(Id, String)>>,
}

/// Ids that are listed at most.
const IDS: usize = 12;
/// Cases that are looked at more closely for it at most: a key's answer has milliseconds.
const LOOKED_AT: usize = 2000;

impl Palette {
    /// The rows for what is typed.
    pub fn fill(&mut self, app: &App) {
        let typed = self.field.value().trim().to_owned();
        let mut rows = actions(app, &typed);
        if !typed.is_empty() {
            rows.extend(ids(&app.known, &typed));
        }
        // An id that begins as typed is what is meant.
        let exact = rows.iter().position(|row| row.begins(&typed)).filter(|_| typed.len() >= 4);
        if let Some(at) = exact {
            let row = rows.remove(at);
            rows.insert(0, row);
        }
        self.list = List { len: rows.len(), ..List::default() };
        self.rows = rows;
    }
}

impl Entry {
    fn begins(&self, typed: &str) -> bool {
        let typed = typed.to_uppercase();
        match self {
            Self::Action(..) => false,
            Self::Case { case, .. } => case.id.as_str().starts_with(&typed),
            Self::Request { dsr, .. } => dsr.as_str().starts_with(&typed),
            Self::Access { sar, .. } => sar.as_str().starts_with(&typed),
        }
    }
}

/// Whether the palette lists an action: all but those that move the focus, which keys do better.
const fn listed(id: ActionId) -> bool {
    use ActionId as A;
    !matches!(
        id,
        A::Up
            | A::Down
            | A::Left
            | A::Right
            | A::PageUp
            | A::PageDown
            | A::Top
            | A::Bottom
            | A::Mark
            | A::Palette
    )
}

fn actions(app: &App, typed: &str) -> Vec<Entry> {
    let scope = app.front().scope();
    let here = |info: &&actions::Info| {
        listed(info.id) && [scope, Scope::List, Scope::Global].contains(&info.scope)
    };
    let mut rows: Vec<(i32, Entry)> = Vec::new();
    for info in ACTIONS.iter().filter(here) {
        let availability = app.availability(info.id);
        if availability == Availability::Hidden {
            continue;
        }
        let own = i32::from(info.scope == scope);
        let score = if typed.is_empty() {
            // The screen's own first, in the order of the table.
            Some(own)
        } else {
            let name = fuzzy::fit(typed, info.title).map(|fit| fit * 2);
            name.max(fuzzy::fit(typed, info.help).filter(|_| typed.len() >= 3)).map(|fit| fit + own)
        };
        rows.extend(score.map(|score| (score, Entry::Action(info.id, availability))));
    }
    rows.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    rows.into_iter().map(|(_, entry)| entry).collect()
}

fn ids(known: &Known, typed: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    if let Some(list) = &known.cases {
        let passing = list.matching(typed, None);
        let found = || passing.iter().enumerate().filter(|(_, passes)| **passes).map(|(at, _)| at);
        let begins = |at: &usize| super::begins(typed, &list.lines[*at].words().join("\n"));
        // Where a word begins comes first; where there are too many to look at, the newest do.
        let first: Vec<usize> = found().take(LOOKED_AT).filter(begins).take(IDS).collect();
        let rest: Vec<usize> = found().filter(|at| !first.contains(at)).take(IDS).collect();
        entries.extend(first.into_iter().chain(rest).take(IDS).map(|at| {
            let line = &list.lines[at];
            let case = CaseRef { tenant: line.tenant.clone(), id: line.id.clone() };
            Entry::Case { case, title: line.title.to_string() }
        }));
    }
    for request in known.requests.iter().flatten() {
        let what = format!("{} for {}, {}", request.kind, request.tenant, request.state.as_str());
        if super::passes(typed, &format!("{} {what}", request.id)) {
            entries.push(Entry::Request { dsr: request.id.clone(), what });
        }
    }
    for (sar, what) in known.access.iter().flatten() {
        if super::passes(typed, &format!("{sar} {what}")) {
            entries.push(Entry::Access { sar: sar.clone(), what: what.clone() });
        }
    }
    entries
}

impl App {
    /// Opens the palette, and reads the cases where nobody has yet.
    pub(super) fn open_palette(&mut self) -> Vec<Effect> {
        let mut palette = Palette::default();
        palette.fill(self);
        self.palette = Some(palette);
        self.known.cases.is_none().then_some(Effect::Load(Load::Cases)).into_iter().collect()
    }

    /// Keeps what was read for the palette.
    pub(super) fn learn(&mut self, loaded: &Loaded) {
        match loaded {
            Loaded::Cases(list) => self.known.cases = Some(Arc::clone(list)),
            Loaded::Requests(requests) => self.known.requests = Some(requests.clone()),
            Loaded::Access(requests) => {
                let about = |data: &super::AccessData| {
                    let view = &data.view;
                    let what = format!("{} to {}, {}", view.case, view.resource_tenant, view.state);
                    (view.id.clone(), what)
                };
                self.known.access = Some(requests.iter().map(about).collect());
            }
            _ => return,
        }
        self.in_palette(|_| ());
    }

    /// Changes the palette, if it is open, and fills it anew.
    pub(super) fn in_palette(&mut self, change: impl FnOnce(&mut Palette)) {
        let Some(mut palette) = self.palette.take() else { return };
        change(&mut palette);
        palette.fill(self);
        self.palette = Some(palette);
    }

    pub(super) fn key_in_palette(&mut self, key: Key) -> Vec<Effect> {
        let Some(palette) = &mut self.palette else { return Vec::new() };
        let step = |palette: &mut Palette, id| palette.list.go(id, 8);
        match key.code {
            KeyCode::Esc => self.palette = None,
            KeyCode::Backspace if palette.field.value().is_empty() => self.palette = None,
            KeyCode::Enter => return self.choose(),
            KeyCode::Up => step(palette, ActionId::Up),
            KeyCode::Down | KeyCode::Tab => step(palette, ActionId::Down),
            KeyCode::PageUp => step(palette, ActionId::PageUp),
            KeyCode::PageDown => step(palette, ActionId::PageDown),
            KeyCode::Char('p') if key.ctrl => step(palette, ActionId::Up),
            KeyCode::Char('n') if key.ctrl => step(palette, ActionId::Down),
            KeyCode::Char('c') if key.ctrl => self.palette = None,
            _ => {
                self.in_palette(|palette| {
                    palette.field.key(key);
                });
                return self.wanted();
            }
        }
        Vec::new()
    }

    /// What has to be read for the kind of id that is being typed.
    fn wanted(&self) -> Vec<Effect> {
        let typed = self.palette.as_ref().map_or("", |palette| palette.field.value().trim());
        let begins =
            |with: &str| typed.get(..3).is_some_and(|typed| typed.eq_ignore_ascii_case(with));
        let mut effects = Vec::new();
        if begins("dsr") && self.known.requests.is_none() {
            effects.push(Effect::Load(Load::Requests));
        }
        if begins("sar") && self.known.access.is_none() {
            effects.push(Effect::Load(Load::Access));
        }
        effects
    }

    fn choose(&mut self) -> Vec<Effect> {
        let Some(palette) = self.palette.take() else { return Vec::new() };
        let Some(entry) = palette.rows.into_iter().nth(palette.list.cursor) else {
            self.say(Role::Dim, "Nothing has this name or id.", None);
            return Vec::new();
        };
        match entry {
            Entry::Action(id, _) => self.act(id),
            Entry::Case { case, .. } => self.push(Box::new(screens::case::CaseScreen::new(case))),
            Entry::Request { dsr, .. } => {
                self.push(Box::new(screens::request::RequestScreen::new(dsr)))
            }
            Entry::Access { sar, .. } => self.root(Box::new(screens::access::Access::at(sar))),
        }
    }
}
