//! What every screen can do, and what it can ask of the application.

use super::effect::{Done, Effect, Failure, Load, Loaded, Session};
use crate::model::Id;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{App, Version};
use crate::tui::keymap::Key;
use ratatui::Frame;
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// A screen: its state, what it reads, what it does, how it looks. Changes nothing by itself.
pub trait Screen: Debug + Send {
    fn scope(&self) -> Scope;

    /// The words in the second row.
    fn title(&self, session: &Session) -> String;

    /// What it shows, to be read again whenever it comes to the front.
    fn loads(&self) -> Vec<Load> {
        Vec::new()
    }

    /// Takes what it asked for; what others asked for it leaves.
    fn loaded(&mut self, _loaded: &Loaded) {}

    /// Somebody else acts from now on: what was read for whoever acted before is not shown to them.
    fn forget(&mut self) {}

    /// Something it asked for could not be read.
    fn not_loaded(&mut self, _load: &Load, _failure: &Failure) {}

    /// The list that keys move in.
    fn list(&mut self) -> Option<&mut List> {
        None
    }

    /// Actions of its scope: possible, impossible and why, or none of its matters.
    fn availability(&self, _id: ActionId, _session: &Session) -> Availability {
        Availability::Hidden
    }

    /// What an action means here: Enter may stand for the next step.
    fn alias(&self, id: ActionId) -> ActionId {
        id
    }

    /// Takes an action that is available.
    fn act(&mut self, _id: ActionId, _session: &Session) -> Vec<Step> {
        Vec::new()
    }

    /// Takes a key before the key map does; `None` leaves it to the key map.
    fn key(&mut self, _key: Key, _session: &Session) -> Option<Vec<Step>> {
        None
    }

    /// Where the table of rows is drawn, its heading included, and the row it begins with.
    fn rows_at(&self, _app: &App, _body: Rect) -> Option<(Rect, usize)> {
        None
    }

    /// The ids of the rows, in order: where others change the list, the focus stays by them.
    fn ids(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it asked for is there, and the row in focus where it went.
    fn settle(&mut self) {}

    /// Something was written from here: the focus may go on.
    fn acted(&mut self) {}

    /// The record it shows, as it is now.
    fn version(&self) -> Option<Version> {
        None
    }

    /// The record that a form or a confirmation is about was changed by others: in words.
    fn meanwhile(&mut self, _news: &str) {}

    /// The id of the row in focus, where rows can be marked.
    fn row_id(&self) -> Option<String> {
        None
    }

    /// What can be copied of what is in focus: its name, and the text.
    fn copies(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What was decided on these findings of a request so far, where this screen knows it.
    fn choices(&self, _dsr: &Id, _items: &[String]) -> Option<Vec<(String, &'static str)>> {
        None
    }

    /// Takes what the user's editor left.
    fn edited(&mut self, _edited: Result<String, Failure>) {}

    /// Takes pasted text.
    fn paste(&mut self, _text: &str) {}

    /// An operation ended while this screen was in front; `None` leaves it to the application.
    fn done(&mut self, _result: &Result<Done, Failure>) -> Option<Vec<Step>> {
        None
    }

    /// It was drawn completely at this size.
    fn drawn(&mut self, _size: (u16, u16)) {}

    /// How far a screen of prose scrolls, in lines.
    fn furthest(&self, _app: &App) -> Option<usize> {
        None
    }

    /// What the footer names, the most useful first.
    fn hints(&self, session: &Session) -> Vec<ActionId>;

    /// The word for Enter in the footer, where it is not "open".
    fn open_word(&self) -> Option<&'static str> {
        None
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect);

    /// Whether the footer, the banner and the messages make room for it.
    fn is_full(&self) -> bool {
        false
    }
}

/// What a screen asks of the application.
#[derive(Debug)]
pub enum Step {
    Push(Box<dyn Screen>),
    /// Puts another screen in this one's place.
    Replace(Box<dyn Screen>),
    Pop,
    Effect(Effect),
    /// A question with Cancel focused, then the effect.
    Confirm(Question),
    Say(Failure),
}

/// A question before something that cannot simply be undone.
#[derive(Debug, Clone)]
pub struct Question {
    pub title: String,
    pub lines: Vec<String>,
    /// The word on the button beside Cancel.
    pub verb: &'static str,
    pub effect: Effect,
}

/// A list with a row in focus and a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    pub cursor: usize,
    /// Rows that the filter lets through.
    pub len: usize,
    pub filter: String,
    /// Whether typing goes to the filter.
    pub filtering: bool,
    /// The ids of the rows that are marked.
    pub marks: BTreeSet<String>,
}

impl List {
    /// There are `len` rows now.
    pub fn resize(&mut self, len: usize) {
        self.len = len;
        self.cursor = self.cursor.min(len.saturating_sub(1));
    }

    /// Moves the focus, `page` rows being a page.
    pub fn go(&mut self, id: ActionId, page: usize) {
        let last = self.len.saturating_sub(1);
        self.cursor = match id {
            ActionId::Up => self.cursor.saturating_sub(1),
            ActionId::Down => (self.cursor + 1).min(last),
            ActionId::PageUp => self.cursor.saturating_sub(page),
            ActionId::PageDown => (self.cursor + page).min(last),
            ActionId::Top => 0,
            ActionId::Bottom => last,
            _ => self.cursor,
        };
    }
}

/// Whether every word of the filter begins a word of the text. Without case.
#[must_use]
pub fn begins(filter: &str, content: &str) -> bool {
    let content = content.to_lowercase();
    filter.to_lowercase().split_whitespace().all(|word| {
        let mut places = content.match_indices(word);
        places.any(|(at, _)| !content[..at].ends_with(char::is_alphanumeric))
    })
}

/// Whether every word of the filter begins, or at least stands, somewhere in the text. Without case.
#[must_use]
pub fn passes(filter: &str, content: &str) -> bool {
    let content = content.to_lowercase();
    filter.to_lowercase().split_whitespace().all(|word| content.contains(word))
}
