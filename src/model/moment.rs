//! Moments in JSON, many of them: what chrono writes, without its machinery.

use super::Time;
use chrono::{Datelike, Timelike};
use serde::{Serialize, Serializer};

/// `2026-11-21T09:00:00Z`; `None` for a moment that takes more room.
fn text(time: Time) -> Option<[u8; 20]> {
    let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
    if time.nanosecond() != 0 {
        return None;
    }
    let mut text = *b"0000-00-00T00:00:00Z";
    let mut put = |at: usize, number: u32| {
        let digit = |number: u32| b'0' + (number % 10) as u8;
        (text[at], text[at + 1]) = (digit(number / 10), digit(number));
    };
    put(0, year / 100);
    put(2, year % 100);
    put(5, time.month());
    put(8, time.day());
    put(11, time.hour());
    put(14, time.minute());
    put(17, time.second());
    Some(text)
}

/// # Errors
/// Those of the serializer.
pub fn one<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
    let text = text(*time);
    match text.as_ref().and_then(|text| std::str::from_utf8(text).ok()) {
        Some(text) => to.serialize_str(text),
        None => time.serialize(to),
    }
}

/// # Errors
/// Those of the serializer.
pub fn maybe<S: Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
    struct One<'a>(&'a Time);
    impl Serialize for One<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            one(self.0, to)
        }
    }
    time.as_ref().map(One).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_chrono_writes(
            seconds in -70_000_000_000_i64..260_000_000_000,
            nanos in prop_oneof![3 => Just(0_u32), 1 => 0..1_000_000_000_u32, 1 => Just(500_000_000)],
        ) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            let written = |of: &dyn Fn(&mut serde_json::Serializer<&mut Vec<u8>>)| {
                let mut bytes = Vec::new();
                of(&mut serde_json::Serializer::new(&mut bytes));
                String::from_utf8(bytes).unwrap()
            };
            let expected = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(written(&|to| one(&time, to).unwrap()), expected.clone());
            prop_assert_eq!(written(&|to| maybe(&Some(time), to).unwrap()), expected);
            prop_assert_eq!(written(&|to| maybe(&None, to).unwrap()), "null");
        }
    }
}
