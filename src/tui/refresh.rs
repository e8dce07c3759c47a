//! The list of a large workspace: shown at once as the index has it, then as the files have it.
//!
//! Looking at every case takes a moment where there are very many. So a thread of its own does it,
//! and what it finds takes the place of what is shown. Nothing is decided on what is shown: every
//! operation reads the record that it changes.

use super::app::{Action, CaseList, Failure, Load, Loaded};
use super::events::Event;
use super::worker::Sink;
use crate::error::Result;
use crate::ops::{Context, status};
use crate::workspace::index::Freshness;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Reads the list behind what is shown.
#[derive(Debug)]
pub struct Refresher {
    sink: Sink,
    shown: bool,
    state: Arc<Mutex<State>>,
}

/// What the thread is at.
#[derive(Debug, Default)]
struct State {
    running: bool,
    /// Something asked again meanwhile, in this context.
    next: Option<Context>,
}

fn read(context: &Context, freshness: Freshness) -> Result<CaseList> {
    let (lines, status) = status::landing(context, freshness)?;
    Ok(CaseList::new(lines, status))
}

impl Refresher {
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        Self { sink, shown: false, state: Arc::default() }
    }

    /// Whether the list is large enough to be read on the side: then there is an index.
    #[must_use]
    pub fn takes(&self, context: &Context) -> bool {
        matches!(self.sink, Sink::Channel(_)) && context.workspace.is_indexed()
    }

    /// Begins to read; the first time, with what can be shown at once.
    pub fn start(&mut self, context: &Context) -> Option<CaseList> {
        let at_once = (!self.shown).then(|| read(context, Freshness::AsIndexed).ok()).flatten();
        self.shown = true;
        self.read_behind(context);
        at_once
    }

    fn read_behind(&self, context: &Context) {
        let Sink::Channel(sender) = &self.sink else { return };
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.next = Some(context.clone());
            if state.running {
                return;
            }
            state.running = true;
        }
        let (sender, state) = (sender.clone(), Arc::clone(&self.state));
        let next = move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let next = state.next.take();
            state.running = next.is_some();
            next
        };
        let failed = sender.clone();
        let spawned = thread::Builder::new().name("refresh".to_owned()).spawn(move || {
            while let Some(context) = next() {
                let action = match read(&context, Freshness::Checked) {
                    Ok(list) => {
                        list.prepare();
                        Action::Loaded(Loaded::Cases(Arc::new(list)))
                    }
                    Err(error) => Action::NotLoaded(Load::Cases, Failure::from(&error)),
                };
                // With the loop gone there is nobody to tell.
                if sender.send(Event::Action(Box::new(action))).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = spawned {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).running = false;
            let failure = Failure::usage(format!("cannot start a thread: {error}"));
            let _ = failed.send(Event::Action(Box::new(Action::NotLoaded(Load::Cases, failure))));
        }
    }
}
