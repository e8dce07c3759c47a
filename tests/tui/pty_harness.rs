//! The real program on a pseudo-terminal, with a terminal emulator that is waited on.

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// No condition takes that long, on any machine; reached, it is a failure with the screen shown.
const DEADLINE: Duration = Duration::from_secs(60);

/// An emulator of that size.
pub fn emulator(rows: u16, columns: u16) -> vt100::Parser {
    let at_least_one = |count| NonZero::new(count).unwrap();
    vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0)
}

struct Shown {
    emulator: vt100::Parser,
    ended: bool,
    /// Whether the reader lets go of the terminal after what it reads next.
    cut: bool,
}

/// A program at work.
pub struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Option<Box<dyn Child + Send + Sync>>,
    pub pid: u32,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

impl Pty {
    /// Starts a command at 80×24 with a clean environment.
    pub fn start(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in variables {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env("PATH", std::env::var("PATH").unwrap());
        command.env("CASEWARD_NOW", "2026-11-21T09:00:00Z");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let first = Shown { emulator: emulator(24, 80), ended: false, cut: false };
        let shown = Arc::new((Mutex::new(first), Condvar::new()));
        let seen = Arc::clone(&shown);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let count = reader.read(&mut bytes).unwrap_or(0);
                let mut state = seen.0.lock().unwrap();
                state.emulator.process(&bytes[..count]);
                if count == 0 || state.cut {
                    drop(reader);
                    state.ended = true;
                    seen.1.notify_all();
                    return;
                }
                seen.1.notify_all();
            }
        });
        let pid = child.process_id().unwrap();
        Self { master: Some(pair.master), writer: Some(writer), child: Some(child), pid, shown }
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let (state, changed) = &*self.shown;
        let state = state.lock().unwrap();
        let waited = changed
            .wait_timeout_while(state, DEADLINE, |state| {
                !state.ended && !wanted(state.emulator.screen())
            })
            .unwrap();
        let screen = waited.0.emulator.screen();
        assert!(wanted(screen), "never {what}:\n{}", screen.contents());
    }

    /// Waits until these words stand on the screen.
    #[track_caller]
    pub fn shows(&self, what: &str) -> &Self {
        self.wait(what, |screen| screen.contents().contains(what));
        self
    }

    /// Types keys as a terminal sends them.
    pub fn send(&mut self, keys: &str) -> &mut Self {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
        self
    }

    /// Makes the window that large.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.shown.0.lock().unwrap().emulator = emulator(rows, cols);
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until the program has stopped, as a shell does that started it.
    pub fn stopped(&self) {
        use rustix::process::{Pid, WaitOptions, waitpid};
        let pid = Pid::from_raw(i32::try_from(self.pid).unwrap());
        let (_, status) = waitpid(pid, WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped(), "{status:?}");
    }

    /// The link is lost: nobody holds the other end any more.
    pub fn hang_up(&mut self) {
        self.shown.0.lock().unwrap().cut = true;
        // Something to read, so that the reader lets go.
        self.send("j");
        self.drained();
        self.writer = None;
        self.master = None;
    }

    /// Waits until the program ends.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(child.wait().unwrap()));
        receiver.recv_timeout(DEADLINE).expect("the program ends")
    }

    /// What the screen shows now.
    pub fn screen(&self) -> vt100::Screen {
        self.shown.0.lock().unwrap().emulator.screen().clone()
    }

    /// Waits until everything that was written has been read.
    pub fn drained(&self) {
        let (state, changed) = &*self.shown;
        let state = state.lock().unwrap();
        let waited = changed.wait_timeout_while(state, DEADLINE, |state| !state.ended).unwrap();
        assert!(waited.0.ended, "the terminal is still open");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
