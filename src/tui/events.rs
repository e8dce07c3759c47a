//! What wakes the interface: keys, signals and results, over one channel. Nothing polls.

use super::app::Action;
use super::terminal;
use ratatui::crossterm::event;
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

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

/// Starts the threads that wait for keys, for signals and for the end of the link.
///
/// # Errors
/// A signal cannot be watched.
pub fn listen(to: &Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT])?;
    let sender = to.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let sent = match signal {
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
    let sender = to.clone();
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        loop {
            let (event, last) = match event::read() {
                Ok(event) => (Event::Terminal(event), false),
                Err(error) => (Event::Gone(error), true),
            };
            if sender.send(event).is_err() || last {
                return;
            }
        }
    })?;
    Ok(())
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
