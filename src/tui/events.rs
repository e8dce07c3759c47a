//! What wakes the interface: keys, signals and results, over one channel. Nothing polls.

use super::app::Action;
use super::terminal;
use ratatui::crossterm::event;
use ratatui::crossterm::terminal::size;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::PipeFlags;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// Something happened.
#[derive(Debug)]
pub enum Event {
    Terminal(event::Event),
    /// SIGTSTP from outside, or SIGCONT.
    Stop,
    Continue,
    /// From the worker.
    Action(Box<Action>),
    /// The terminal cannot be read any more.
    Gone(io::Error),
}

/// Whether the terminal is another program's for a while: an editor's, or a pager's.
static AWAY: AtomicBool = AtomicBool::new(false);

/// The thread that reads keys, and how to have it leave the terminal to somebody else.
#[derive(Debug)]
pub struct Keys {
    wake: OwnedFd,
    stopped: Receiver<()>,
    go_on: Sender<()>,
}

impl Keys {
    /// Runs something that reads the terminal itself; meanwhile no key is taken from it.
    ///
    /// # Errors
    /// The thread that reads keys is gone, or the terminal cannot be taken again.
    pub fn away<T>(&self, run: impl FnOnce() -> T) -> io::Result<T> {
        let gone = || io::Error::other("nobody reads keys any more");
        rustix::io::write(&self.wake, b"!")?;
        self.stopped.recv().map_err(|_| gone())?;
        AWAY.store(true, Ordering::SeqCst);
        terminal::give_back();
        let done = run();
        let taken = terminal::take_again();
        AWAY.store(false, Ordering::SeqCst);
        self.go_on.send(()).map_err(|_| gone())?;
        taken.map(|()| done)
    }
}

/// Starts the threads that wait for keys, for signals and for the end of the link.
///
/// # Errors
/// A signal cannot be watched, or there is no thread.
pub fn listen(to: &Sender<Event>) -> io::Result<Keys> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH])?;
    let sender = to.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let away = AWAY.load(Ordering::SeqCst);
            let sent = match signal {
                // A key at a terminal that is another program's: that one is meant.
                SIGINT if away => Ok(()),
                SIGTSTP if away => {
                    let _ = low_level::emulate_default_handler(SIGTSTP);
                    Ok(())
                }
                SIGWINCH => match size() {
                    Ok((columns, rows)) => {
                        sender.send(Event::Terminal(event::Event::Resize(columns, rows)))
                    }
                    Err(_) => Ok(()),
                },
                SIGTSTP => sender.send(Event::Stop),
                SIGCONT => sender.send(Event::Continue),
                ending => {
                    end_by(ending);
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    })?;
    thread::Builder::new().name("link".to_owned()).spawn(wait_for_hang_up)?;
    let (wait, wake) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    let (tell, stopped) = mpsc::channel();
    let (go_on, resumed) = mpsc::channel();
    let sender = to.clone();
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        let stdin = io::stdin();
        loop {
            let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&wait, PollFlags::IN)];
            if let Err(error) = poll(&mut fds, None) {
                if error == rustix::io::Errno::INTR {
                    continue;
                }
                let _ = sender.send(Event::Gone(error.into()));
                return;
            }
            if !fds[1].revents().is_empty() {
                // Somebody else reads the terminal until told otherwise.
                let _ = rustix::io::read(&wait, &mut [0; 1]);
                if tell.send(()).is_err() || resumed.recv().is_err() {
                    return;
                }
                continue;
            }
            if !hand_over(&sender) {
                return;
            }
        }
    })?;
    Ok(Keys { wake, stopped, go_on })
}

/// Sends everything that was typed; whether there is more to come.
fn hand_over(to: &Sender<Event>) -> bool {
    loop {
        let (event, last) = match event::read() {
            // The signal tells, also while nobody types.
            Ok(event::Event::Resize(..)) => (None, false),
            Ok(event) => (Some(Event::Terminal(event)), false),
            Err(error) => (Some(Event::Gone(error)), true),
        };
        if event.is_some_and(|event| to.send(event).is_err()) || last {
            return false;
        }
        // What was read with it comes at once; the moment is for the source to look.
        if !event::poll(Duration::from_millis(1)).unwrap_or(false) {
            return true;
        }
    }
}

/// Gives the terminal back and ends as the signal would have. What is being written is left to its
/// journal: the next start finishes it, which is also what happens when the machine fails.
fn end_by(signal: i32) {
    terminal::give_back();
    if low_level::emulate_default_handler(signal).is_err() {
        std::process::exit(128 + signal);
    }
}

/// Ends the program when the terminal hangs up, also where SIGHUP is ignored (`nohup`, a wrapper):
/// nobody would see it again, and reading on would spin.
fn wait_for_hang_up() {
    let stdin = io::stdin();
    loop {
        // No event is asked for, so nothing but a hang-up or an error ends the wait.
        let mut fds = [PollFd::new(&stdin, PollFlags::empty())];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(0) => {}
            Ok(_) | Err(_) => {
                end_by(SIGHUP);
                return;
            }
        }
    }
}

/// Stops the program as Ctrl-Z does; returns when it is continued.
///
/// # Errors
/// The terminal cannot be taken again.
pub fn suspend() -> io::Result<()> {
    terminal::give_back();
    low_level::emulate_default_handler(SIGTSTP)?;
    terminal::take_again()
}
