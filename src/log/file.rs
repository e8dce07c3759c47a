//! The file behind the log: one line of JSON an event, appended in one write.

use crate::env::{self, Stopwatch};
use crate::error::{Error, Result};
use crate::outside;
use serde_json::{Map, Value};
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber, span};

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
}

impl Level {
    /// The level that is named, else `$CASEWARD_LOG`, else `info`.
    fn chosen(named: Option<Self>) -> Result<Self> {
        let variable = env::variable("CASEWARD_LOG");
        let (None, Some(word)) = (named, variable) else { return Ok(named.unwrap_or_default()) };
        clap::ValueEnum::from_str(&word, true).map_err(|_| {
            let word = crate::text::safe(&word).into_owned();
            Error::usage(format!("$CASEWARD_LOG is `{word}`, which is no level of the log"))
                .with_hint("error, warn, info or debug")
        })
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

/// Logs to `path` from now on. `workspace` is the one at hand, if any: its files are records, and the log
/// is none.
///
/// # Errors
/// The file lies in the workspace, is no regular file, or cannot be opened; the level is none.
pub fn start(path: &Path, level: Option<Level>, workspace: Option<&Path>) -> Result<()> {
    let level = Level::chosen(level)?.filter();
    let file = Mutex::new(outside::append_to(path, workspace)?);
    let lines = Lines { file, level, since: Stopwatch::start() };
    // A program logs to one file: the first that it was told.
    let _ = tracing::subscriber::set_global_default(lines);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(at) = panic.location() {
            super::panicked(at.file(), at.line());
        }
        before(panic);
    }));
    Ok(())
}

/// What receives events.
#[derive(Debug)]
struct Lines {
    file: Mutex<File>,
    level: LevelFilter,
    since: Stopwatch,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Libraries may log what they like, and whom it names.
        metadata.target().starts_with("caseward::log") && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Map::new());
        fields.0.insert("at".to_owned(), env::wall_clock().to_rfc3339().into());
        fields.0.insert("since_ms".to_owned(), self.since.milliseconds().into());
        fields.0.insert("pid".to_owned(), std::process::id().into());
        let level = event.metadata().level().as_str().to_lowercase();
        fields.0.insert("level".to_owned(), level.into());
        event.record(&mut fields);
        let Ok(mut line) = serde_json::to_vec(&fields.0) else { return };
        line.push(b'\n');
        // A log that cannot be written is nobody's failure: the operation goes on.
        let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The fields of an event: numbers, truths and plain words.
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    /// What is formatted may say anything.
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
