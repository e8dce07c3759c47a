//! The only reader of the environment: variables, clock, account, directories.

#![allow(clippy::disallowed_methods, reason = "the only reader of the environment and the clock")]

use crate::error::{Error, Result};
use crate::model::Time;
use chrono::{SubsecRound, Utc};
use std::path::{Path, PathBuf};

/// The wall clock, in whole seconds.
#[must_use]
pub fn wall_clock() -> Time {
    Utc::now().trunc_subsecs(0)
}

/// The moment an operation runs at: `$CASEWARD_NOW` in a workspace with a test clock, else the wall
/// clock.
///
/// # Errors
/// `$CASEWARD_NOW` is set there but is no RFC 3339 time.
pub fn now(test_clock: bool) -> Result<Time> {
    match variable("CASEWARD_NOW") {
        Some(text) if test_clock => parse_time(&text).map_err(|_| Error::Usage {
            message: format!("$CASEWARD_NOW is `{text}`, which is no RFC 3339 time"),
            hint: Some("for example 2026-11-21T09:00:00Z".to_owned()),
        }),
        _ => Ok(wall_clock()),
    }
}

/// An RFC 3339 time, in UTC and whole seconds.
///
/// # Errors
/// The text is none.
pub fn parse_time(text: &str) -> Result<Time, chrono::ParseError> {
    chrono::DateTime::parse_from_rfc3339(text).map(|time| time.to_utc().trunc_subsecs(0))
}

/// A variable that is set, not empty and UTF-8.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The account of the host that runs the program: what the kernel says, not a variable.
#[must_use]
pub fn os_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    uzers::get_user_by_uid(uid)
        .and_then(|user| user.name().to_str().map(str::to_owned))
        .unwrap_or_else(|| format!("uid{uid}"))
}

/// The number of that account.
#[must_use]
pub fn account() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The name of this host.
#[must_use]
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The system's name, release and machine, for example `Linux 6.8.0 x86_64`; not the host's name.
#[must_use]
pub fn system() -> String {
    let names = rustix::system::uname();
    let word = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    [names.sysname(), names.release(), names.machine()].map(word).join(" ")
}

/// Whether a process of this host runs, whoever's it is.
#[must_use]
pub fn is_running(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// The workspace to use when none is named: `$CASEWARD_WORKSPACE`, else the nearest directory
/// upwards with a `workspace.toml`.
#[must_use]
pub fn default_workspace() -> Option<PathBuf> {
    if let Some(named) = variable("CASEWARD_WORKSPACE") {
        return Some(PathBuf::from(named));
    }
    let here = std::env::current_dir().ok()?;
    here.ancestors().find(|dir| dir.join("workspace.toml").is_file()).map(PathBuf::from)
}

/// The path from the root, so that what is printed of it holds in any directory.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Where this user's state lies (XDG): the checkpoints last seen.
#[must_use]
pub fn state_dir() -> Option<PathBuf> {
    let base = match variable("XDG_STATE_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(variable("HOME")?).join(".local/state"),
    };
    base.is_absolute().then(|| base.join("caseward"))
}

/// Where this user's configuration lies (XDG).
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    let base = match variable("XDG_CONFIG_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(variable("HOME")?).join(".config"),
    };
    base.is_absolute().then(|| base.join("caseward"))
}

/// A directory for what the user did not name a place for.
#[must_use]
pub fn temp_dir() -> PathBuf {
    std::env::temp_dir()
}

/// A directory that only this user can read and that vanishes when dropped.
///
/// # Errors
/// The temporary directory cannot be written.
pub fn private_temp_dir() -> Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("caseward-")
        .tempdir()
        .map_err(|error| Error::io("create a directory in", temp_dir().display(), error))
}

/// Measures how long something took, to tell people; nothing is decided by it.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Whole milliseconds since the start.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Seconds since the start, to the millisecond.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        (self.0.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
    }
}

/// How many threads read files at once: more than cores, because a cold cache waits on small files.
#[must_use]
pub fn readers() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_mul(8).min(64)
}

/// How many threads compute at once.
#[must_use]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Where a program lies on the search path.
#[must_use]
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}
