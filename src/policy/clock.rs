//! Clocks: windows of whole days over UTC instants, and the legal deadlines over dates.

use crate::model::{Regulation, Span, Time};
use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, Weekday};

/// The instant `days` × 24 h after `start`. A window is half-open (decision 7): in force while
/// `now` is before its end, over at equality.
#[must_use]
pub fn end_of(start: Time, days: u32) -> Time {
    start.checked_add_signed(TimeDelta::days(i64::from(days))).unwrap_or(Time::MAX_UTC)
}

/// The instant a span of a setting after `start`; half-open as [`end_of`].
#[must_use]
pub fn end_of_span(start: Time, span: Span) -> Time {
    start.checked_add_signed(span.delta()).unwrap_or(Time::MAX_UTC)
}

/// Whether `now` lies in the window of `days` from `start`. A clock that went back to before the
/// start does not open the window early.
#[must_use]
pub fn in_force(start: Time, days: u32, now: Time) -> bool {
    now >= start && now < end_of(start, days)
}

/// The last day to answer a request that was received at `received` (LAW-1, LAW-4): under the GDPR
/// one month, to the corresponding date or else the month's last day; under the CCPA 45 days.
#[must_use]
pub fn due_on(regulation: Regulation, received: Time) -> NaiveDate {
    after(regulation, received, 1)
}

/// The last day after an extension: two further months, or 45 further days.
#[must_use]
pub fn extended_due_on(regulation: Regulation, received: Time) -> NaiveDate {
    after(regulation, received, 2)
}

fn after(regulation: Regulation, received: Time, periods: u32) -> NaiveDate {
    let date = received.date_naive();
    let due = match regulation {
        Regulation::Gdpr => date.checked_add_months(Months::new(if periods == 1 { 1 } else { 3 })),
        Regulation::Ccpa => date.checked_add_days(Days::new(45 * u64::from(periods))),
    };
    due.unwrap_or(NaiveDate::MAX)
}

/// LAW-4: business days to confirm the receipt of a request under the CCPA.
pub const CONFIRM_DAYS: u32 = 10;

/// The last day to confirm to the data subject that the request was received: under the CCPA the
/// tenth business day after it. The GDPR asks for no such confirmation.
#[must_use]
pub fn confirm_by(
    regulation: Regulation,
    received: Time,
    holidays: &[NaiveDate],
) -> Option<NaiveDate> {
    if regulation != Regulation::Ccpa {
        return None;
    }
    let mut day = received.date_naive();
    for _ in 0..CONFIRM_DAYS {
        day = working_day(day.succ_opt()?, holidays);
    }
    Some(day)
}

/// LAW-2: the day itself when it is a working day, else the next one.
#[must_use]
pub fn working_day(day: NaiveDate, holidays: &[NaiveDate]) -> NaiveDate {
    let is_free = |day: &NaiveDate| {
        matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || holidays.contains(day)
    };
    day.iter_days().find(|day| !is_free(day)).unwrap_or(NaiveDate::MAX)
}

/// The last second of a day: until then an answer is in time.
#[must_use]
pub fn end_of_day(date: NaiveDate) -> Time {
    date.and_hms_opt(23, 59, 59).unwrap_or_default().and_utc()
}

/// A length of time in words: `3 days`, `5 hours`, `12 minutes`; the largest unit only.
#[must_use]
pub fn in_words(length: TimeDelta) -> String {
    let minutes = length.num_minutes().unsigned_abs();
    let (count, unit) = match minutes {
        0 => return "less than a minute".to_owned(),
        1..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    crate::text::plural(count, unit)
}
