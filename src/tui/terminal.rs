//! The terminal taken and given back: exactly once, however the program ends.
//!
//! Nothing here asks the terminal a question: over a slow or dead link the answer would never come.

use base64::Engine;
use ratatui::crossterm::{
    cursor, event, execute, queue, style,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};

/// The thread that took the terminal; `None` while the terminal is the shell's.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);

fn owner() -> MutexGuard<'static, Option<ThreadId>> {
    OWNER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the terminal: raw, on its alternate screen. Dropping it gives the terminal back.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal, and sees to it that a panic in any thread gives it back.
    ///
    /// # Errors
    /// Standard output is no terminal, or cannot be written.
    pub fn take() -> io::Result<Self> {
        install_panic_hook();
        take_again()?;
        Ok(Self(()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Takes the terminal after it was given back for a while. Does nothing when it is taken.
///
/// # Errors
/// Standard output cannot be written.
pub fn take_again() -> io::Result<()> {
    let mut owner = owner();
    if owner.is_some() {
        return Ok(());
    }
    terminal::enable_raw_mode()?;
    // Under NO_COLOR crossterm would drop modifiers with the colours; the theme decides instead.
    style::force_color_output(true);
    execute!(io::stdout(), EnterAlternateScreen, event::EnableBracketedPaste)?;
    *owner = Some(thread::current().id());
    Ok(())
}

/// Gives the terminal back; the thread that had taken it, or `None` when nobody had.
pub fn give_back() -> Option<ThreadId> {
    let had = owner().take()?;
    let mut out = io::stdout();
    // What fails here fails because the terminal is gone; the rest is tried all the same.
    let _ = queue!(out, terminal::EndSynchronizedUpdate, style::ResetColor);
    // Harmless where the mouse was never taken.
    let _ = queue!(out, event::DisableMouseCapture);
    let _ = queue!(out, event::DisableBracketedPaste, cursor::Show, LeaveAlternateScreen);
    let _ = out.flush();
    let _ = terminal::disable_raw_mode();
    Some(had)
}

/// The most that is sent to the clipboard: terminals drop longer sequences in silence.
pub const CLIPBOARD: usize = 64 << 10;

/// What sends a text to the clipboard of the terminal (OSC 52). Inside tmux it goes through to the
/// terminal around it, and to tmux itself. Nothing is asked: no answer comes.
#[must_use]
pub fn clipboard(text: &str, tmux: bool) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{encoded}\x07");
    if !tmux {
        return plain;
    }
    format!("\x1bPtmux;{}\x1b\\{plain}", plain.replace('\x1b', "\x1b\x1b"))
}

/// Writes a sequence to the terminal, unless it was given back meanwhile.
///
/// # Errors
/// The terminal cannot be written.
pub fn write(sequence: &str) -> io::Result<()> {
    let owner = owner();
    if owner.is_none() {
        return Ok(());
    }
    let mut out = io::stdout();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

/// Takes the mouse, or leaves it to the terminal.
///
/// # Errors
/// The terminal cannot be written.
pub fn mouse(on: bool) -> io::Result<()> {
    if on {
        execute!(io::stdout(), event::EnableMouseCapture)
    } else {
        execute!(io::stdout(), event::DisableMouseCapture)
    }
}

fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let had = give_back();
            print(panic);
            // A panic elsewhere than in the thread that draws would leave a program without a face.
            if had.is_some_and(|thread| thread != thread::current().id()) {
                std::process::exit(101);
            }
        }));
    });
}

/// Up to so many bytes a frame reaches the terminal in one piece anyway: one write, one packet.
const TINY: usize = 512;

/// How the back end ends every frame: colour by colour, and then everything at once.
const RESETS: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
/// What says the same.
const RESET: &[u8] = b"\x1b[0m";

/// What a frame writes, collected, so that it reaches the terminal in one piece.
#[derive(Debug, Clone, Default)]
pub struct Collected(Rc<RefCell<Vec<u8>>>);

impl Write for Collected {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Nothing leaves before the frame is complete.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Collected {
    /// Writes what was collected as one synchronized update.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn send(&self, out: &mut impl Write) -> io::Result<()> {
        let mut frame = std::mem::take(&mut *self.0.borrow_mut());
        if let Some(at) = memchr::memmem::rfind(&frame, RESETS) {
            frame.splice(at..at + RESETS.len(), RESET.iter().copied());
        }
        if frame.is_empty() {
            return Ok(());
        }
        if frame.len() <= TINY {
            out.write_all(&frame)?;
            return out.flush();
        }
        let mut bytes = Vec::with_capacity(frame.len() + 16);
        queue!(bytes, terminal::BeginSynchronizedUpdate)?;
        bytes.extend_from_slice(&frame);
        queue!(bytes, terminal::EndSynchronizedUpdate)?;
        out.write_all(&bytes)?;
        out.flush()
    }

    /// As [`Collected::send`] to standard output, unless the terminal was given back meanwhile.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn send_to_terminal(&self) -> io::Result<()> {
        let owner = owner();
        if owner.is_none() {
            self.0.borrow_mut().clear();
            return Ok(());
        }
        self.send(&mut io::stdout())
    }
}
