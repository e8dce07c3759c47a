//! Small writes: done before the next frame as a rule, and behind the loop when a lock has to be waited
//! for, so that the interface answers keys meanwhile.

use super::app::{Action, Failure, Operation};
use super::events::Event;
use super::operate;
use super::worker::Sink;
use crate::ops::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// So long the loop waits for a write of milliseconds: nobody sees it.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Does one small write at a time.
#[derive(Debug)]
pub struct Writer {
    sink: Sink,
    busy: Arc<AtomicBool>,
}

impl Writer {
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        Self { sink, busy: Arc::default() }
    }

    /// Writes; what it led to, or nothing yet when it takes longer.
    pub fn write(&self, context: &Context, operation: Operation) -> Vec<Action> {
        let Sink::Channel(sender) = &self.sink else {
            return vec![done(context, operation)];
        };
        if self.busy.swap(true, Ordering::SeqCst) {
            let why = "the change before is still being written; one at a time";
            return vec![Action::Done(Err(Failure::usage(why)))];
        }
        // Without room: either the loop takes the result while it waits, or it comes as an event.
        let (hand_over, result) = mpsc::sync_channel(0);
        let (context, sender) = (context.clone(), sender.clone());
        let busy = Arc::clone(&self.busy);
        let spawned = thread::Builder::new().name("writer".to_owned()).spawn(move || {
            let action = done(&context, operation);
            busy.store(false, Ordering::SeqCst);
            if let Err(mpsc::SendError(action)) = hand_over.send(action) {
                // With the loop gone there is nobody to tell.
                let _ = sender.send(Event::Action(Box::new(action)));
            }
        });
        if let Err(error) = spawned {
            self.busy.store(false, Ordering::SeqCst);
            let why = format!("cannot start a thread: {error}");
            return vec![Action::Done(Err(Failure::usage(why)))];
        }
        result.recv_timeout(AT_ONCE).into_iter().collect()
    }
}

fn done(context: &Context, operation: Operation) -> Action {
    let done = operate::run(context, operation);
    Action::Done(done.map_err(|error| Failure::from(&error)))
}
