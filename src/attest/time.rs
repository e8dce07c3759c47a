//! Time as the log writes it, and the clock that is passed in.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use std::fmt;
use std::sync::Arc;

/// RFC 3339 in UTC to the second: the only spelling the log accepts. Written and read by hand,
/// because a verification does it for every entry, and format strings cost more than the hashing.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The time spelled by [`stamp`]; `None` for any other spelling.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    const SHAPE: &[u8; 20] = b"0000-00-00T00:00:00Z";
    let bytes = text.as_bytes();
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    if bytes.len() != SHAPE.len() || !bytes.iter().zip(SHAPE).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let year = i32::try_from(number(0, 4)).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5, 7), number(8, 10))?;
    Some(date.and_hms_opt(number(11, 13), number(14, 16), number(17, 19))?.and_utc())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_read() {
        for time in ["2026-11-05T12:00:00Z", "2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z"] {
            assert_eq!(parse(time).map(stamp).as_deref(), Some(time));
        }
        for other in [
            "2026-02-29T12:00:00Z",
            "2026-11-05T24:00:00Z",
            "2026-11-05T12:00:60Z",
            "2026-11-05 12:00:00Z",
            "2026-11-05T12:00:00z",
            "2026-11-05T12:00:00.0Z",
            "2026-11-5T12:00:00Z",
            "2026-11-05T12:00:00+00:00",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
