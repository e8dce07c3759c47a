//! A length of time in a setting: `"90m"`, `"12h"`, `"4d"`.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};
use std::str::FromStr;

/// A length of time of whole minutes, at least one and at most ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    minutes: u32,
}

const MOST: u32 = 3650 * 24 * 60;

impl Span {
    /// The length as a difference of moments.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.minutes))
    }
}

/// Not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time such as \"90m\", \"12h\" or \"4d\", of at most ten years")]
pub struct BadSpan(String);

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(crate::text::safe(text).into_owned());
        let unit = match text.as_bytes().last() {
            Some(b'm') => 1,
            Some(b'h') => 60,
            Some(b'd') => 24 * 60,
            _ => return Err(bad()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        let minutes = digits.parse::<u32>().ok().and_then(|count| count.checked_mul(unit));
        match minutes {
            Some(minutes @ 1..=MOST) => Ok(Self { minutes }),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = BadSpan;

    fn try_from(text: String) -> Result<Self, BadSpan> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.minutes {
            days if days % (24 * 60) == 0 => write!(f, "{}d", days / (24 * 60)),
            hours if hours % 60 == 0 => write!(f, "{}h", hours / 60),
            minutes => write!(f, "{minutes}m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_in_their_largest_unit() {
        for (text, minutes, shown) in
            [("90m", 90, "90m"), ("60m", 60, "1h"), ("12h", 720, "12h"), ("96h", 5760, "4d")]
        {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.delta(), TimeDelta::minutes(minutes), "{text}");
            assert_eq!(span.to_string(), shown);
        }
        for bad in ["", "h", "0h", "12", "-1h", "1.5h", "+3d", "1 d", "4000d", "99999999999d", "1w"]
        {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }
}
