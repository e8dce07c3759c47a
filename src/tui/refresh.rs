//! The lists of a large workspace, read behind the loop: of the cases the newest are shown at once, as
//! the index has them, then all as the files have them; the other lists when they are read.
//!
//! Going over every case takes a moment where there are very many. So a thread of its own does it,
//! and what it finds takes the place of what is shown. Nothing is decided on what is shown: every
//! operation reads the record that it changes.

use super::app::{Action, CaseList, Failure, Load, Loaded};
use super::events::Event;
use super::reading;
use super::worker::Sink;
use crate::ops::{Context, case};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Reads lists behind what is shown.
#[derive(Debug)]
pub struct Refresher {
    sink: Sink,
    own: String,
    /// Whether the newest cases were shown, and who is there.
    shown: bool,
    introduced: bool,
    state: Arc<Mutex<State>>,
}

/// What the thread is at.
#[derive(Debug, Default)]
struct State {
    running: bool,
    /// What was asked for and nobody has begun, in which context; each list once.
    next: Vec<(Load, Context)>,
    /// How often somebody else began to act.
    turns: u64,
}

impl Refresher {
    #[must_use]
    pub fn new(sink: Sink, own: &str) -> Self {
        Self { sink, own: own.to_owned(), shown: false, introduced: false, state: Arc::default() }
    }

    /// Whether it goes over every case and there are many: then there is an index.
    #[must_use]
    pub fn takes(&self, context: &Context, load: &Load) -> bool {
        matches!(self.sink, Sink::Channel(_))
            && load.goes_over_everything()
            && context.workspace.is_indexed()
    }

    /// Notes what is to be read behind the next picture; the first time, with what can be shown at
    /// once.
    pub fn start(&mut self, context: &Context, load: Load) -> Option<Loaded> {
        let at_once = match load {
            Load::Cases if !std::mem::replace(&mut self.shown, true) => {
                let newest = case::newest_as_indexed(context).ok();
                let list = newest.map(|(lines, all)| CaseList::newest(lines, all));
                list.map(|list| Loaded::Cases(Arc::new(list)))
            }
            Load::Session if !std::mem::replace(&mut self.introduced, true) => {
                let session = reading::session(context, &self.own, &[]);
                Some(Loaded::Session(Box::new(session)))
            }
            _ => None,
        };
        let mut state = lock(&self.state);
        state.next.retain(|(waiting, _)| *waiting != load);
        state.next.push((load, context.clone()));
        at_once
    }

    /// Somebody else acts from now on: what is still being read is not shown.
    pub fn forget(&mut self) {
        (self.shown, self.introduced) = (false, false);
        let mut state = lock(&self.state);
        state.turns += 1;
        state.next.clear();
    }

    /// The picture is on the screen: what was noted is read from here on. Before, it would have taken
    /// the processors from the picture.
    pub fn go_on(&self) {
        let Sink::Channel(sender) = &self.sink else { return };
        let load = {
            let mut state = lock(&self.state);
            let Some((load, _)) = state.next.last() else { return };
            let load = load.clone();
            if std::mem::replace(&mut state.running, true) {
                return;
            }
            load
        };
        let (failed, sender) = (sender.clone(), sender.clone());
        let (state, own) = (Arc::clone(&self.state), self.own.clone());
        let next = move || {
            let mut state = lock(&state);
            // Forms choose among tenants; else the one that was asked for last is looked at.
            let first = state.next.iter().position(|(load, _)| *load == Load::Session);
            let next = first.or_else(|| state.next.len().checked_sub(1));
            let next = next.map(|at| state.next.remove(at));
            state.running = next.is_some();
            next.map(|(load, context)| (load, context, state.turns))
        };
        let is_stale = {
            let state = Arc::clone(&self.state);
            move |load: &Load, turn: u64| {
                let state = lock(&state);
                state.turns != turn || state.next.iter().any(|(waiting, _)| waiting == load)
            }
        };
        let spawned = thread::Builder::new().name("refresh".to_owned()).spawn(move || {
            while let Some((load, context, turn)) = next() {
                let read = reading::read(&context, &own, &load);
                // Somebody else may act by now: what was read for whom it was is not shown.
                if is_stale(&load, turn) {
                    continue;
                }
                let list = match &read {
                    Ok(Loaded::Cases(list)) => Some(Arc::clone(list)),
                    _ => None,
                };
                let action = match read {
                    Ok(loaded) => Action::Loaded(loaded),
                    Err(error) => Action::NotLoaded(load, Failure::from(&error)),
                };
                // With the loop gone there is nobody to tell.
                if sender.send(Event::Action(Box::new(action))).is_err() {
                    return;
                }
                // While it is looked at: orders and letters for the keys to come.
                if let Some(list) = list {
                    list.prepare();
                }
            }
        });
        if let Err(error) = spawned {
            lock(&self.state).running = false;
            let failure = Failure::usage(format!("cannot start a thread: {error}"));
            let _ = failed.send(Event::Action(Box::new(Action::NotLoaded(load, failure))));
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
