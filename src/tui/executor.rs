//! Effects carried out: small reads and writes at once, slow ones behind the loop.

use super::app::{Action, Done, Effect, Failure, Load, Then};
use super::reading;
use super::refresh::Refresher;
use super::watch::Watcher;
use super::worker::{Sink, Worker};
use super::write::Writer;
use crate::error::{Error, Result};
use crate::ops::Context;
use crate::ops::seen::{About, Seen};

/// Whether the moment moves on: a test holds it still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Live,
    Fixed,
}

/// Carries out effects on a workspace.
#[derive(Debug)]
pub struct Executor {
    context: Context,
    /// Whoever acted at the start.
    own: String,
    moment: Moment,
    worker: Worker,
    writer: Writer,
    refresher: Refresher,
    watcher: Option<Watcher>,
    /// The records that were looked at last, as they were shown.
    seen: Vec<Seen>,
}

/// Records of which it is known how they were shown: those of the screens below one another.
const SEEN: usize = 8;

impl Executor {
    #[must_use]
    pub fn new(context: Context, moment: Moment, sink: Sink) -> Self {
        let own = context.actor.principal.clone();
        Self {
            context,
            moment,
            refresher: Refresher::new(sink.clone(), &own),
            writer: Writer::new(sink.clone()),
            worker: Worker::new(sink),
            own,
            watcher: None,
            seen: Vec::new(),
        }
    }

    /// Has others' changes told to the loop. Without it they show when something is read again.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn watch(&mut self, to: &std::sync::mpsc::Sender<super::events::Event>) -> Result<()> {
        let watcher = Watcher::start(&self.context.workspace, to);
        self.watcher = Some(watcher.map_err(|error| Error::io("watch", "the workspace", error))?);
        Ok(())
    }

    /// The picture is on the screen: there is time for what is read behind it.
    pub fn drawn(&self) {
        self.refresher.go_on();
    }

    /// A key was pressed: where nothing tells of others' changes, this is the time to look.
    pub fn look_around(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.ask();
        }
    }

    /// Carries out one effect; what it led to. What only the terminal can do is not done here.
    pub fn execute(&mut self, effect: Effect) -> Vec<Action> {
        if self.moment == Moment::Live
            && let Ok(context) = self.context.refreshed()
        {
            self.context = context;
        }
        match effect {
            Effect::Load(load) => {
                self.behold(&load);
                self.load(load)
            }
            Effect::LookAgain(load) => self.load(load),
            Effect::Do(operation) => {
                let about = operation.about();
                match self.unseen(about.as_ref()) {
                    Some(failure) => vec![Action::Done(Err(failure))],
                    None => self.writer.write(&self.context, operation),
                }
            }
            Effect::Start(work) => match self.unseen(None) {
                Some(failure) => vec![Action::Finished(Err(failure))],
                None => self.worker.start(self.context.clone(), work),
            },
            Effect::Stop => {
                self.worker.stop();
                Vec::new()
            }
            Effect::ActAs(principal) => {
                let done = self.context.acting_as(&principal).map(|context| {
                    self.context = context;
                    self.refresher.forget();
                    Done { said: format!("You act as {principal} now."), then: Then::Acting }
                });
                vec![Action::Done(done.map_err(|error| Failure::from(&error)))]
            }
            // The loop does these, which has the terminal.
            Effect::Suspend
            | Effect::Redraw
            | Effect::Copy { .. }
            | Effect::Edit { .. }
            | Effect::Page { .. }
            | Effect::Mouse(_) => Vec::new(),
        }
    }

    /// What recovery said when the workspace was opened.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.context.notices
    }

    fn load(&mut self, load: Load) -> Vec<Action> {
        let clock = Action::Clock(self.context.now);
        if self.refresher.takes(&self.context, &load) {
            let at_once = self.refresher.start(&self.context, load);
            return [clock].into_iter().chain(at_once.map(Action::Loaded)).collect();
        }
        let loaded = match reading::read(&self.context, &self.own, &load) {
            Ok(loaded) => Action::Loaded(loaded),
            Err(error) => Action::NotLoaded(load, Failure::from(&error)),
        };
        vec![clock, loaded]
    }

    /// Notes a record as it is about to be shown.
    fn behold(&mut self, load: &Load) {
        let about = match load {
            Load::Case(case) => {
                if let Some(watcher) = &self.watcher {
                    watcher.open_case(case);
                }
                About::Case(case.clone())
            }
            Load::Request(named) => match crate::model::Id::new(named.as_str()) {
                Ok(id) => About::Request(id),
                Err(_) => return,
            },
            _ => return,
        };
        self.seen.retain(|seen| seen.about != about);
        // What cannot be read is said by the load itself.
        if let Ok(seen) = Seen::now(&self.context, &about) {
            self.seen.push(seen);
        }
        if self.seen.len() > SEEN {
            self.seen.remove(0);
        }
    }

    /// Why nothing is written now: the workspace is elsewhere, or the record is not as it was shown.
    /// Said once: whoever sends it again has been told.
    fn unseen(&mut self, about: Option<&About>) -> Option<Failure> {
        let workspace = &self.context.workspace;
        if !workspace.is_in_place() {
            return Some(moved_away(&workspace.root().display().to_string()));
        }
        let seen = self.seen.iter_mut().find(|seen| Some(&seen.about) == about)?;
        let error = seen.still(&self.context).err()?;
        if let Ok(now) = Seen::now(&self.context, &seen.about) {
            *seen = now;
        }
        Some(Failure::from(&error))
    }
}

/// What is said of a workspace that is not where it was.
#[must_use]
pub fn moved_away(root: &str) -> Failure {
    Failure {
        code: "io",
        message: format!(
            "The workspace is not at {root} any more: it was moved, removed or unmounted. Nothing is \
             written until it is there again."
        ),
        hint: Some("what you typed stays; q leaves the program".to_owned()),
    }
}
