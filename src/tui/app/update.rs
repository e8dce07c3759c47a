//! How an action changes the state, and what it asks of the world.

use super::{
    Action, App, Asking, Done, Effect, Failure, Job, List, Loaded, Menu, Screen, Step, Then,
};
use crate::tui::actions::{self, ActionId, Availability, Scope};
use crate::tui::keymap::Key;
use crate::tui::screens;
use crate::tui::theme::Role;
use std::sync::Arc;

impl App {
    /// Changes the state; returns what the world has to do.
    pub fn update(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Key(key) => self.key(key),
            Action::Paste(text) if self.palette.is_some() => {
                self.in_palette(|palette| palette.field.insert(&text));
                Vec::new()
            }
            Action::Paste(text) => {
                if self.asking.is_none() && self.menu.is_none() {
                    self.front_mut().paste(&text);
                }
                Vec::new()
            }
            Action::Resize(columns, rows) => {
                self.size = (columns, rows);
                // At the new size nothing was drawn yet.
                if let Some(asking) = &mut self.asking {
                    asking.drawn = false;
                }
                self.front_mut().drawn((0, 0));
                vec![Effect::Redraw]
            }
            Action::Drawn => {
                let size = self.size;
                let too_small = self.is_too_small();
                match &mut self.asking {
                    Some(asking) => asking.drawn = !too_small,
                    None => self.front_mut().drawn(size),
                }
                Vec::new()
            }
            Action::Loaded(Loaded::Session(session)) => {
                self.session = Arc::from(session);
                Vec::new()
            }
            Action::Clock(now) => {
                Arc::make_mut(&mut self.session).now = now;
                Vec::new()
            }
            Action::Loaded(loaded) => {
                self.learn(&loaded);
                self.hand_out(&loaded);
                Vec::new()
            }
            Action::NotLoaded(load, failure) => {
                self.complain(&failure);
                self.front_mut().not_loaded(&load, &failure);
                Vec::new()
            }
            Action::Progress(progress) => {
                self.waiting = None;
                if let Some(job) = &mut self.job
                    && !self.preferences.reduced_motion.value
                {
                    job.progress = progress;
                }
                Vec::new()
            }
            Action::Waiting(whom) => {
                self.waiting = Some(whom);
                Vec::new()
            }
            Action::Changed(changes) => self.changed(changes),
            Action::Edited(edited) => {
                self.front_mut().edited(edited);
                Vec::new()
            }
            Action::Say(role, said) => {
                self.say(role, said, None);
                Vec::new()
            }
            Action::Wheel(rows) => self.wheel(rows),
            Action::Click { column, row } => self.click(column, row),
            Action::Done(result) => {
                self.waiting = None;
                self.done(&result)
            }
            Action::Finished(result) => {
                (self.job, self.waiting) = (None, None);
                self.done(&result)
            }
        }
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        let suspend = Some(ActionId::Suspend);
        if self.keymap.action(Scope::Plain, key) == suspend {
            return vec![Effect::Suspend];
        }
        if self.is_too_small() {
            // Nothing but leaving: what cannot be seen is not operated.
            self.ended |= self.keymap.action(Scope::Plain, key) == Some(ActionId::Quit);
            return Vec::new();
        }
        self.fresh = false;
        if self.asking.is_some() {
            return self.answer(key);
        }
        if self.palette.is_some() {
            return self.key_in_palette(key);
        }
        if self.menu.is_some() {
            return self.key_in_menu(key);
        }
        if self.front_mut().list().is_some_and(|list| list.filtering) {
            return self.key_in_filter(key);
        }
        let session = self.session.clone();
        if let Some(steps) = self.front_mut().key(key, &session) {
            return self.take(steps);
        }
        match self.keymap.action(self.front().scope(), key) {
            Some(id) => self.act(id),
            None => Vec::new(),
        }
    }

    /// Takes an action if it can be taken, else says why not.
    pub fn act(&mut self, id: ActionId) -> Vec<Effect> {
        let id = self.front().alias(id);
        // Where nothing can be marked, space goes on reading.
        let id = match id {
            ActionId::Mark if self.front().row_id().is_none() => ActionId::PageDown,
            id => id,
        };
        match self.availability(id) {
            Availability::Hidden => {
                if id == ActionId::StopJob {
                    self.say(Role::Dim, "Nothing is under way; q leaves the program.", None);
                }
                if self.read_only && actions::info(id).writes {
                    self.say(Role::Warn, "The workspace is open read-only.", None);
                }
                if id == ActionId::Copy {
                    self.say(Role::Dim, "Nothing here has an id, a hash or a path to copy.", None);
                }
                return Vec::new();
            }
            Availability::Disabled(why) => {
                self.say(Role::Warn, why, None);
                return Vec::new();
            }
            Availability::Enabled => {}
        }
        match id {
            ActionId::Quit if self.screens.len() == 1 => self.end(),
            ActionId::Quit | ActionId::Back => self.back(),
            ActionId::Help => {
                let scope = self.front().scope();
                self.push(Box::new(screens::help::Help::of(scope)))
            }
            ActionId::Messages => self.push(Box::new(screens::messages::Messages::default())),
            ActionId::ActAs => {
                self.menu = Some(Menu::people(self));
                Vec::new()
            }
            ActionId::Menu => {
                self.menu = Some(Menu::actions(self));
                Vec::new()
            }
            ActionId::Palette => self.open_palette(),
            ActionId::Undo => self.take_back(),
            ActionId::Mark => {
                self.mark();
                Vec::new()
            }
            ActionId::Copy => self.copy(),
            ActionId::CasesFilters => {
                self.menu = Some(Menu::filters(self));
                Vec::new()
            }
            ActionId::Mouse => {
                self.mouse = !self.mouse;
                let said = if self.mouse {
                    "The mouse is the program's: a click chooses, the wheel moves."
                } else {
                    "The mouse is the terminal's: it selects text."
                };
                self.say(Role::Dim, said, None);
                vec![Effect::Mouse(self.mouse)]
            }
            ActionId::Refresh => {
                let mut effects = vec![Effect::Redraw, Effect::Load(super::Load::Session)];
                effects.extend(self.reload());
                effects
            }
            ActionId::StopJob => {
                if let Some(job) = &mut self.job {
                    job.stopping = true;
                }
                vec![Effect::Stop]
            }
            ActionId::Suspend => vec![Effect::Suspend],
            ActionId::GoCases => self.root(Box::new(screens::cases::Cases::default())),
            ActionId::GoAccess => self.root(Box::new(screens::access::Access::default())),
            ActionId::GoRequests => self.root(Box::new(screens::requests::Requests::default())),
            ActionId::GoLog => self.root(Box::new(screens::log::LogScreen::default())),
            ActionId::GoRetention => {
                self.root(Box::new(screens::retention::RetentionScreen::default()))
            }
            ActionId::Filter => {
                self.note_filter();
                if let Some(list) = self.front_mut().list() {
                    list.filtering = true;
                }
                Vec::new()
            }
            ActionId::Up
            | ActionId::Down
            | ActionId::PageUp
            | ActionId::PageDown
            | ActionId::Top
            | ActionId::Bottom => {
                let page = usize::from(self.size.1.saturating_sub(6)).max(1);
                let furthest = self.front().furthest(self);
                if let Some(list) = self.front_mut().list() {
                    if let Some(furthest) = furthest {
                        list.resize(furthest + 1);
                    }
                    list.go(id, page);
                }
                Vec::new()
            }
            _ => {
                let session = self.session.clone();
                let steps = self.front_mut().act(id, &session);
                self.take(steps)
            }
        }
    }

    /// Does what a screen asked for.
    fn take(&mut self, steps: Vec<Step>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for step in steps {
            match step {
                Step::Push(screen) => effects.extend(self.push(screen)),
                Step::Replace(screen) => {
                    if self.screens.len() > 1 {
                        self.screens.pop();
                    }
                    effects.extend(self.push(screen));
                }
                Step::Pop => effects.extend(self.back()),
                Step::Effect(effect) => effects.extend(self.send(effect)),
                Step::Confirm(question) => {
                    self.asking =
                        Some(Asking { question, on_verb: false, drawn: false, news: None });
                }
                Step::Say(failure) => self.complain(&failure),
            }
        }
        effects
    }

    /// Notes that work begins before it is handed over.
    pub(super) fn send(&mut self, effect: Effect) -> Vec<Effect> {
        if let Effect::Start(work) = &effect {
            if let Some(job) = &self.job {
                let why = format!("{} is under way; one thing at a time", job.work.title());
                self.say(Role::Warn, why, None);
                return Vec::new();
            }
            self.undoing = None;
            self.job = Some(Job { work: work.clone(), progress: String::new(), stopping: false });
        }
        self.note_undo(&effect);
        vec![effect]
    }

    pub(super) fn push(&mut self, screen: Box<dyn Screen>) -> Vec<Effect> {
        self.screens.push(screen);
        self.reload()
    }

    pub(super) fn root(&mut self, screen: Box<dyn Screen>) -> Vec<Effect> {
        self.screens = vec![screen];
        self.reload()
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.screens.len() > 1 {
            self.screens.pop();
            return self.reload();
        }
        match self.front_mut().list() {
            Some(list) if !list.filter.is_empty() => {
                self.note_filter();
                if let Some(list) = self.front_mut().list() {
                    list.filter.clear();
                }
                self.refilter();
                self.reload()
            }
            _ => {
                self.say(Role::Dim, "This is a root screen; q leaves the program.", None);
                Vec::new()
            }
        }
    }

    fn end(&mut self) -> Vec<Effect> {
        if let Some(job) = &self.job
            && !job.work.can_stop()
        {
            let why = format!("{} is under way; leave when it is done.", job.work.title());
            self.say(Role::Warn, why, None);
            return Vec::new();
        }
        self.ended = true;
        vec![Effect::Stop]
    }

    /// Lets the screen in front count its rows again.
    pub(super) fn refilter(&mut self) {
        let session = self.session.clone();
        let _ = self.front_mut().act(ActionId::Filter, &session);
    }

    fn done(&mut self, result: &Result<Done, Failure>) -> Vec<Effect> {
        let handled = self.front_mut().done(result);
        match (result, handled) {
            (Err(failure), None) => {
                (self.undoing, self.taking_back, self.left) = (None, 0, None);
                self.complain(failure);
                self.reload()
            }
            (Err(_), Some(steps)) => self.take(steps),
            (Ok(done), steps) => {
                self.say(Role::Good, done.said.clone(), None);
                if !matches!(done.then, Then::Verified(_) | Then::Acting | Then::Page { .. }) {
                    self.written(&done.said);
                }
                let mut effects = steps.map_or_else(Vec::new, |steps| self.take(steps));
                self.front_mut().acted();
                match &done.then {
                    Then::Page { name, text } => {
                        let (name, text) = (name.clone(), text.clone());
                        effects.push(Effect::Page { name, text });
                    }
                    Then::Stay | Then::Verified(_) => effects.extend(self.reload()),
                    Then::Acting => {
                        // What one principal may see is not for the next one.
                        self.known = super::Known::default();
                        self.screens.iter_mut().for_each(|screen| screen.forget());
                        effects.push(Effect::Load(super::Load::Session));
                        let loads = self.screens.iter().flat_map(|screen| screen.loads());
                        effects.extend(loads.map(Effect::Load));
                    }
                    Then::ShowRequest(dsr) => {
                        let screen = screens::request::RequestScreen::new(dsr.clone());
                        effects.extend(self.push(Box::new(screen)));
                    }
                    Then::ShowReview(dsr) if self.front().scope() == Scope::Request => {
                        let screen = screens::review::Review::new(dsr.clone());
                        effects.extend(self.push(Box::new(screen)));
                    }
                    Then::ShowReview(_) => effects.extend(self.reload()),
                    Then::ShowReceipt(dsr) => {
                        let screen = screens::receipt::Receipt::new(dsr.clone());
                        effects.extend(self.push(Box::new(screen)));
                    }
                }
                effects
            }
        }
    }
}

/// The rows of a list that pass its filter, by index: those first in which every word begins one.
#[must_use]
pub fn filtered<T>(list: &List, rows: &[T], content: impl Fn(&T) -> String) -> Vec<usize> {
    if list.filter.is_empty() {
        return (0..rows.len()).collect();
    }
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let content = content(row);
        if super::begins(&list.filter, &content) {
            first.push(index);
        } else if super::passes(&list.filter, &content) {
            rest.push(index);
        }
    }
    first.append(&mut rest);
    first
}
