//! The lists of a large workspace, read behind the loop: that of the cases shown at once as the index
//! has it, then as the files have it; the others when they are read.
//!
//! Going over every case takes a moment where there are very many. So a thread of its own does it,
//! and what it finds takes the place of what is shown. Nothing is decided on what is shown: every
//! operation reads the record that it changes.

use super::app::{Action, CaseList, Failure, Load, Loaded};
use super::events::Event;
use super::reading;
use super::worker::Sink;
use crate::ops::{Context, status};
use crate::workspace::index::Freshness;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Reads lists behind what is shown.
#[derive(Debug)]
pub struct Refresher {
    sink: Sink,
    own: String,
    shown: bool,
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
        Self { sink, own: own.to_owned(), shown: false, state: Arc::default() }
    }

    /// Whether it goes over every case and there are many: then there is an index.
    #[must_use]
    pub fn takes(&self, context: &Context, load: &Load) -> bool {
        matches!(self.sink, Sink::Channel(_))
            && load.goes_over_everything()
            && context.workspace.is_indexed()
    }

    /// Begins to read; the first time, with the cases that can be shown at once.
    pub fn start(&mut self, context: &Context, load: Load) -> Option<CaseList> {
        let mut at_once = None;
        if load == Load::Cases && !self.shown {
            self.shown = true;
            at_once = status::landing(context, Freshness::AsIndexed).ok();
        }
        self.read_behind(context, load);
        at_once.map(|(lines, status)| CaseList::new(lines, status))
    }

    /// Somebody else acts from now on: what is still being read is not shown.
    pub fn forget(&self) {
        let mut state = lock(&self.state);
        state.turns += 1;
        state.next.clear();
    }

    fn read_behind(&self, context: &Context, load: Load) {
        let Sink::Channel(sender) = &self.sink else { return };
        {
            let mut state = lock(&self.state);
            state.next.retain(|(waiting, _)| *waiting != load);
            state.next.push((load.clone(), context.clone()));
            if std::mem::replace(&mut state.running, true) {
                return;
            }
        }
        let (failed, sender) = (sender.clone(), sender.clone());
        let (state, own) = (Arc::clone(&self.state), self.own.clone());
        let next = move || {
            let mut state = lock(&state);
            // The one that was asked for last is the one that is looked at.
            let next = state.next.pop();
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
                let action = match read {
                    Ok(loaded) => {
                        if let Loaded::Cases(list) = &loaded {
                            list.prepare();
                        }
                        Action::Loaded(loaded)
                    }
                    Err(error) => Action::NotLoaded(load, Failure::from(&error)),
                };
                // With the loop gone there is nobody to tell.
                if sender.send(Event::Action(Box::new(action))).is_err() {
                    return;
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
