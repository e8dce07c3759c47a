//! What commands print: one JSON document, or text for people; never anything a terminal obeys.

use crate::error::{Error, Result};
use crate::model::Time;
use crate::policy::clock;
use crate::text;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// Standard output.
#[derive(Debug)]
pub struct Out {
    pub json: bool,
    color: bool,
    /// Columns of the terminal; `None` when the output is none.
    width: Option<usize>,
    now: Time,
}

/// Whether standard output is to be coloured.
#[must_use]
pub fn is_coloured(color: ColorChoice) -> bool {
    match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            io::stdout().is_terminal()
                && crate::env::variable("NO_COLOR").is_none()
                && crate::env::variable("TERM").as_deref() != Some("dumb")
        }
    }
}

/// The weight of a piece of text; said in words as well, so nothing is lost without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Strong,
    Dim,
    Good,
    Warn,
    Bad,
}

impl Out {
    #[must_use]
    pub fn new(json: bool, color: ColorChoice, now: Time) -> Self {
        let terminal = io::stdout().is_terminal();
        let color = is_coloured(color);
        let width = terminal.then(terminal_width).flatten();
        Self { json, color, width, now }
    }

    /// Prints `value` as the document `caseward/<name>/1`.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn document(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let mut document = serde_json::Map::new();
        document.insert("schema".to_owned(), format!("caseward/{name}/1").into());
        match serde_json::to_value(value) {
            Ok(serde_json::Value::Object(fields)) => document.extend(fields),
            Ok(other) => {
                document.insert("value".to_owned(), other);
            }
            Err(error) => return Err(Error::io("write", "standard output", error.into())),
        }
        let mut text = serde_json::to_string_pretty(&document)
            .map_err(|error| Error::io("write", "standard output", error.into()))?;
        text.push('\n');
        write_out(&text::escaped_json(&text))
    }

    /// Begins the document `caseward/<name>/1` whose `list` is long: its head leaves at once, then
    /// each item as it comes, one a line.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn begin(&self, name: &str, list: &str) -> Result<()> {
        write_out(&format!("{{\"schema\":\"caseward/{name}/1\",\"{list}\":[\n"))?;
        OPEN.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Prints the items of a document that was begun. Many are rendered on all processors; they leave
    /// in their order.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn items<T: Serialize + Sync>(&self, items: &[T]) -> Result<()> {
        const CHUNK: usize = 128;
        let chunks: Vec<&[T]> = items.chunks(CHUNK).collect();
        let lines = |at: usize| lines_of(chunks[at], at + 1 == chunks.len());
        if chunks.len() <= 1 {
            return (0..chunks.len()).try_for_each(|at| write_out(&lines(at)?));
        }
        let next = AtomicUsize::new(0);
        let (send, rendered) = mpsc::sync_channel(64);
        let work = |send: mpsc::SyncSender<(usize, Result<String>)>| loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            // Nobody receives once standard output is gone.
            if at >= chunks.len() || send.send((at, lines(at))).is_err() {
                return;
            }
        };
        let work = &work;
        std::thread::scope(|scope| {
            for _ in 0..crate::env::processors().min(chunks.len()) {
                let send = send.clone();
                scope.spawn(move || work(send));
            }
            drop(send);
            let mut due = 0;
            let mut early = BTreeMap::new();
            for (at, text) in rendered {
                early.insert(at, text);
                while let Some(text) = early.remove(&due) {
                    write_out(&text?)?;
                    due += 1;
                }
            }
            Ok(())
        })
    }

    /// Prints a line. The caller has made untrusted parts safe with [`text::safe`].
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn line(&self, line: impl AsRef<str>) -> Result<()> {
        let mut text = line.as_ref().to_owned();
        text.push('\n');
        write_out(&text)
    }

    /// The text in a tone.
    #[must_use]
    pub fn tone(&self, tone: Tone, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            _ if !self.color => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Dim => "2",
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// A moment for people: `2026-11-23 10:30 UTC (in 2 days)`.
    #[must_use]
    pub fn moment(&self, time: Time) -> String {
        let relative = if time > self.now {
            format!("in {}", clock::in_words(time - self.now))
        } else {
            format!("{} ago", clock::in_words(self.now - time))
        };
        format!("{} UTC ({relative})", time.format("%Y-%m-%d %H:%M"))
    }

    /// Prints rows under a heading, each column as wide as it needs; on a terminal the last column
    /// is cut to what fits.
    ///
    /// # Errors
    /// Standard output is gone.
    pub fn table(&self, heading: &[&str], rows: &[Vec<(Tone, String)>]) -> Result<()> {
        let columns = heading.len();
        let mut widths: Vec<usize> = heading.iter().map(|name| text::width(name)).collect();
        for row in rows {
            for (width, (_, cell)) in widths.iter_mut().zip(row) {
                *width = (*width).max(text::width(cell));
            }
        }
        let before: usize = widths.iter().take(columns.saturating_sub(1)).map(|w| w + 2).sum();
        if let (Some(width), Some(last)) = (self.width, widths.last_mut()) {
            *last = (*last).min(width.saturating_sub(before).max(12));
        }
        let print = |cells: &[(Tone, String)]| {
            let mut line = String::new();
            for (index, (tone, cell)) in cells.iter().enumerate() {
                let shown = text::truncate(cell, widths[index]);
                let pad = widths[index].saturating_sub(text::width(&shown));
                line.push_str(&self.tone(*tone, &shown));
                if index + 1 < columns {
                    line.push_str(&" ".repeat(pad + 2));
                }
            }
            format!("{}\n", line.trim_end())
        };
        let heading: Vec<(Tone, String)> =
            heading.iter().map(|name| (Tone::Dim, (*name).to_owned())).collect();
        let mut text = print(&heading);
        for row in rows {
            text.push_str(&print(row));
        }
        write_out(&text)
    }
}

/// Whether a document was begun and is not ended yet.
static OPEN: AtomicBool = AtomicBool::new(false);

pub fn is_open() -> bool {
    OPEN.load(Ordering::Relaxed)
}

/// Ends the document that was begun with a last key.
///
/// # Errors
/// Standard output is gone.
pub fn close_with(key: &str, value: &impl Serialize) -> Result<()> {
    let value = serde_json::to_string(value)
        .map_err(|error| Error::io("write", "standard output", error.into()))?;
    OPEN.store(false, Ordering::Relaxed);
    write_out(&format!("],\"{key}\":{}}}\n", text::escaped_json(&value)))
}

/// Items of a list, one a line, each but the very last with its comma.
fn lines_of<T: Serialize>(items: &[T], last: bool) -> Result<String> {
    let mut text = Vec::with_capacity(items.len() * 512);
    for (index, item) in items.iter().enumerate() {
        serde_json::to_writer(&mut text, item)
            .map_err(|error| Error::io("write", "standard output", error.into()))?;
        let ends = last && index + 1 == items.len();
        text.extend_from_slice(if ends { b"\n" } else { b",\n" });
    }
    // What serde_json writes is UTF-8.
    let text = String::from_utf8(text)
        .map_err(|error| Error::io("write", "standard output", io::Error::other(error)))?;
    Ok(match text::escaped_json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    })
}

/// Columns of the terminal, as far as that is known.
pub fn terminal_width() -> Option<usize> {
    crate::env::variable("COLUMNS")
        .and_then(|columns| columns.parse().ok())
        .or_else(|| crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns)))
}

/// A cell in the plain tone.
#[must_use]
pub fn plain(text: impl AsRef<str>) -> (Tone, String) {
    (Tone::Plain, text::safe(text.as_ref()).into_owned())
}

/// A cell in a tone.
#[must_use]
pub fn toned(tone: Tone, text: impl AsRef<str>) -> (Tone, String) {
    (tone, text::safe(text.as_ref()).into_owned())
}

/// Writes to standard output; a reader that went away ends the program quietly.
fn write_out(text: &str) -> Result<()> {
    io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| Error::io("write to", "standard output", error))
}

/// Prints a text as it stands: a script, a manual page.
///
/// # Errors
/// Standard output is gone.
pub fn text(text: &str) -> Result<()> {
    write_out(text)
}

/// A message for people on standard error; with nobody there to read it, it is lost quietly.
pub fn message(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
}

/// A way out, on standard error.
pub fn hint(text: impl AsRef<str>) {
    message(format!("hint: {}", text.as_ref()));
}
