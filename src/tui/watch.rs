//! Others' changes brought to the loop: told by the kernel, or looked for when a key is pressed where
//! the kernel does not tell. Nothing polls.

use super::app::Action;
use super::events::Event;
use crate::workspace::lookout::{Changes, Glance, Lookout};
use crate::workspace::{CaseRef, Workspace};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// After one change others are gathered for this long: somebody's sweep is not drawn step by step.
const PACE: Duration = Duration::from_millis(250);

/// Tells the loop of others' changes.
#[derive(Debug)]
pub enum Watcher {
    /// The kernel tells.
    Told(Arc<Lookout>),
    /// Whoever presses a key asks.
    Asked(Sender<()>),
}

impl Watcher {
    /// Watches a workspace, by the kernel's word where that can be.
    ///
    /// # Errors
    /// There is no thread.
    pub fn start(workspace: &Workspace, to: &Sender<Event>) -> io::Result<Self> {
        match Lookout::new(workspace) {
            Ok(lookout) => Self::told(lookout, to.clone()),
            Err(_) => Self::asked(workspace, to),
        }
    }

    fn told(lookout: Lookout, to: Sender<Event>) -> io::Result<Self> {
        let lookout = Arc::new(lookout);
        let watching = Arc::clone(&lookout);
        thread::Builder::new().name("lookout".to_owned()).spawn(move || {
            // Without it the screen is as fresh as the last key made it.
            while let Ok(changes) = watching.wait() {
                let whole = changes.records || changes.log || changes.gone;
                if !whole {
                    // Perhaps the middle of a commit, whose end is told: that one is worth the look.
                    thread::sleep(PACE);
                }
                if tell(&to, changes).is_err() {
                    return;
                }
                thread::sleep(PACE);
            }
        })?;
        Ok(Self::Told(lookout))
    }

    /// Watches a workspace on a file system that does not tell: a look at each key.
    ///
    /// # Errors
    /// There is no thread.
    pub fn asked(workspace: &Workspace, to: &Sender<Event>) -> io::Result<Self> {
        let (ask, asked): (Sender<()>, Receiver<()>) = mpsc::channel();
        let (workspace, to) = (workspace.clone(), to.clone());
        let mut before = Glance::at(&workspace);
        // A file server that does not answer holds up this thread alone.
        thread::Builder::new().name("lookout".to_owned()).spawn(move || {
            while asked.recv().is_ok() {
                while asked.try_recv().is_ok() {}
                let now = Glance::at(&workspace);
                let changes = now.since(std::mem::replace(&mut before, now));
                if changes.any() && tell(&to, changes).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self::Asked(ask))
    }

    /// A case is open now.
    pub fn open_case(&self, case: &CaseRef) {
        if let Self::Told(lookout) = self {
            lookout.open_case(case);
        }
    }

    /// A key was pressed.
    pub fn ask(&self) {
        if let Self::Asked(ask) = self {
            // With the thread gone nothing is noticed: refreshing is on a key.
            let _ = ask.send(());
        }
    }
}

fn tell(to: &Sender<Event>, changes: Changes) -> Result<(), mpsc::SendError<Event>> {
    to.send(Event::Action(Box::new(Action::Changed(changes))))
}
