//! Slow work on a thread of its own, with progress at most twice a second and a way to stop it.

use super::app::{Action, Done, Failure, Signed, Then, Work};
use super::events::Event;
use crate::env::Stopwatch;
use crate::error::Result;
use crate::ops::{Context, attach, attest, dsr, report, retention, transfer};
use crate::report::Status;
use crate::text;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread;

/// Where results go.
#[derive(Debug, Clone)]
pub enum Sink {
    /// To the loop, from a thread.
    Channel(Sender<Event>),
    /// Nowhere: work is done at once and its result returned. For tests and pictures.
    Inline,
}

/// Does one piece of work at a time.
#[derive(Debug)]
pub struct Worker {
    sink: Sink,
    stop: Arc<AtomicBool>,
}

/// Seconds between two words on progress.
const PACE: f64 = 0.5;

impl Worker {
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        Self { sink, stop: Arc::new(AtomicBool::new(false)) }
    }

    /// Starts work; what it led to already.
    pub fn start(&mut self, context: Context, work: Work) -> Vec<Action> {
        self.stop = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&self.stop);
        match &self.sink {
            Sink::Inline => vec![finish(run(&context, &work, &|_| {}, &stop))],
            Sink::Channel(sender) => {
                let sender = sender.clone();
                let spawned = thread::Builder::new().name("worker".to_owned()).spawn(move || {
                    let pace = Pace::new(sender.clone());
                    let done = run(&context, &work, &|progress| pace.tell(progress), &stop);
                    // With the loop gone there is nobody to tell.
                    let _ = sender.send(Event::Action(Box::new(finish(done))));
                });
                match spawned {
                    Ok(_) => Vec::new(),
                    Err(error) => {
                        let why = format!("cannot start a thread: {error}");
                        vec![Action::Finished(Err(Failure::usage(why)))]
                    }
                }
            }
        }
    }

    /// Asks the work to stop.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn finish(done: Result<Done>) -> Action {
    Action::Finished(done.map_err(|error| Failure::from(&error)))
}

/// Tells how far work is, but not more often than people read.
struct Pace {
    sender: Mutex<(Sender<Event>, Option<Stopwatch>)>,
}

impl Pace {
    fn new(sender: Sender<Event>) -> Self {
        Self { sender: Mutex::new((sender, None)) }
    }

    fn tell(&self, progress: &dyn Fn() -> String) {
        // Another thread is telling: it says enough.
        let Ok(mut state) = self.sender.try_lock() else { return };
        if state.1.as_ref().is_some_and(|last| last.seconds() < PACE) {
            return;
        }
        state.1 = Some(Stopwatch::start());
        let _ = state.0.send(Event::Action(Box::new(Action::Progress(progress()))));
    }
}

type Tell<'a> = &'a (dyn Fn(&dyn Fn() -> String) + Sync);

fn run(context: &Context, work: &Work, tell: Tell<'_>, stop: &AtomicBool) -> Result<Done> {
    let mut then = Then::Stay;
    let said = match work {
        Work::Discover(id) => {
            let progress = |at: dsr::DiscoverProgress| {
                tell(&|| {
                    let (size, found) = (text::bytes(at.bytes), text::plural(at.findings, "match"));
                    format!("{} of {} files, {size}, {found}", at.files, at.files_total)
                });
            };
            let found = dsr::discover(context, id.as_str(), &progress, stop)?;
            then = Then::ShowReview(id.clone());
            let files = text::plural(found.searched.files, "file");
            let not = if found.complete { "" } else { " Not everything could be searched." };
            format!("{files} searched: {}.{not}", text::plural(found.findings as u64, "finding"))
        }
        Work::Attach(attachment) => {
            let done = attach::attach(context, attachment, &mut |path, bytes| {
                tell(&|| format!("{} {}", path.display(), text::bytes(bytes)));
            })?;
            let until = done.iter().map(|item| item.delete_after).min();
            let until = until.map_or(String::new(), |at| {
                format!("; deleted by {} at the latest", at.format("%Y-%m-%d"))
            });
            format!("{} attached{until}.", text::plural(done.len() as u64, "file"))
        }
        Work::Plan { dsr: id, scope, history_loss_acknowledged } => {
            tell(&|| "hashing the files".to_owned());
            let plan = dsr::plan(context, id.as_str(), *scope, *history_loss_acknowledged)?;
            let files = text::plural(plan.items.len() as u64, "file");
            format!(
                "The plan has {files}, {}; a second person approves it.",
                text::bytes(plan.bytes)
            )
        }
        Work::Execute(id) => {
            let done = dsr::execute(context, id.as_str(), &mut |at| {
                tell(&|| {
                    format!("{} of {} files ({:?})", at.done, at.total, at.step).to_lowercase()
                });
            })?;
            then = Then::ShowReceipt(id.clone());
            let files = text::plural(done.items.len() as u64, "file");
            let rewritten = done.items.iter().any(|item| item.verdict == "redacted");
            if done.complete && rewritten {
                format!("{id} is done: {files} deleted or rewritten, and verified.")
            } else if done.complete {
                format!("{id} is done: {files} deleted and verified.")
            } else {
                format!("{id} is not complete: see which of {files} are left.")
            }
        }
        Work::Verify => {
            let verified = attest::verify_until(context, None, stop, &mut |at, of| {
                tell(&|| format!("{at} of {}", text::entries(of)));
            })?;
            let said = if verified.ok {
                format!("The log is sound: {} checked.", text::entries(verified.size))
            } else {
                "The log does not hold: see which check failed.".to_owned()
            };
            then = Then::Verified(Box::new(verified));
            said
        }
        Work::Export { dsr: id, out } => {
            tell(&|| "copying".to_owned());
            let done = dsr::export(context, id.as_str(), out)?;
            let files = text::plural(done.items.len() as u64, "file");
            let left = text::plural(done.left_out.len() as u64, "finding");
            format!("{files} given out in {}; {left} left out.", done.out)
        }
        Work::Report { on, out, signed } => {
            let signing = match signed {
                Signed::ByNobody => report::Signing::Unsigned,
                Signed::ByAgent => report::Signing::Agent,
                Signed::By(path) => report::Signing::KeyFile(path),
            };
            tell(&|| "composing the report; an agent may ask you to confirm".to_owned());
            let written = report::write(context, std::slice::from_ref(on), out, signing)?;
            let files = text::plural(written.files.len() as u64, "file");
            format!(
                "Report {}, {}, is in {} ({files}); `sh verify.sh` checks it.",
                written.id,
                if written.status == Status::Signed { "signed" } else { "UNSIGNED" },
                written.out
            )
        }
        Work::Sweep => {
            let swept = retention::sweep(context, &mut |at| {
                tell(&|| {
                    format!("{} of {} files ({:?})", at.done, at.total, at.step).to_lowercase()
                });
            })?;
            let gone = swept.items.iter().filter(|item| item.verdict == "deleted").count();
            let kept = swept.items.iter().filter(|item| item.verdict == "retained").count();
            let files = text::plural(gone as u64, "file");
            let left = swept.items.len() - gone - kept;
            match (kept, left) {
                (0, 0) => format!("{files} deleted and verified; nothing is due any more."),
                (kept, 0) => {
                    format!("{files} deleted and verified; kept by a hold or as evidence: {kept}.")
                }
                (_, left) => format!("{files} deleted; not done, see the list: {left}."),
            }
        }
        Work::TransferAdd(upload) => {
            let added = transfer::add(context, upload, &mut |path, bytes| {
                tell(&|| format!("{} {}", path.display(), text::bytes(bytes)));
            })?;
            format!("{} added to the transfer folder.", text::plural(added.len() as u64, "file"))
        }
        Work::TransferDelete { case, name } => {
            let names = [name.clone()];
            let deleted = transfer::delete(context, &case.to_string(), &names)?;
            if deleted.complete {
                format!("{name} is deleted and verified.")
            } else {
                format!("{name} is not deleted: see what became of it in the log.")
            }
        }
    };
    Ok(Done { said, then })
}
