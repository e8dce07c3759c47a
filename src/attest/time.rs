//! Time as the log writes it, and the clock that is passed in.

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use std::fmt;
use std::sync::Arc;

const FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// RFC 3339 in UTC to the second: the only spelling the log accepts.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.format(FORMAT).to_string()
}

/// The time spelled by [`stamp`]; `None` for any other spelling.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(text, FORMAT).ok()?.and_utc();
    (stamp(time) == text).then_some(time)
}

/// Where a session's times come from: this module never reads a clock itself.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// A clock that is asked each time, so that `end` is later than `begin`.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time to the second, as it is written.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = (self.0)();
        now.with_nanosecond(0).unwrap_or(now)
    }
}

impl From<DateTime<Utc>> for Clock {
    /// A clock that stands still.
    fn from(now: DateTime<Utc>) -> Self {
        Self::new(move || now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
