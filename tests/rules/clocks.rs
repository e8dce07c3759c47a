//! The clock vectors: windows of whole days over UTC instants, and the legal deadlines over dates.

use super::world::time;
use caseward::model::Regulation;
use caseward::policy::clock;
use chrono::TimeDelta;

#[test]
fn windows_of_days_end_where_the_vectors_say_and_are_half_open() {
    for (days, start, end) in [
        (30, "2026-01-31T10:00:00Z", "2026-03-02T10:00:00Z"),
        (28, "2026-02-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        (28, "2024-02-01T09:00:00Z", "2024-02-29T09:00:00Z"),
        (90, "2026-03-01T00:00:00Z", "2026-05-30T00:00:00Z"),
        (30, "2024-01-31T00:00:00Z", "2024-03-01T00:00:00Z"),
        (90, "2026-11-30T23:59:59Z", "2027-02-28T23:59:59Z"),
        // The hour that a zone skips or repeats does not exist in UTC.
        (1, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
        (1, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
    ] {
        let (start, end) = (time(start), time(end));
        assert_eq!(clock::end_of(start, days), end, "{days} d from {start}");
        let second = TimeDelta::seconds(1);
        assert!(!clock::in_force(start, days, start - second), "before {start}");
        assert!(clock::in_force(start, days, start), "at {start}");
        assert!(clock::in_force(start, days, end - second), "a second before {end}");
        assert!(!clock::in_force(start, days, end), "over at equality, {end}");
    }
}

#[test]
fn law_1_one_month_and_two_more_to_the_corresponding_date_or_the_months_last_day() {
    for (received, due, extended) in [
        ("2026-01-31T23:59:59Z", "2026-02-28", "2026-04-30"),
        ("2024-01-31T00:00:00Z", "2024-02-29", "2024-04-30"),
        ("2026-01-30T12:00:00Z", "2026-02-28", "2026-04-30"),
        ("2026-01-28T12:00:00Z", "2026-02-28", "2026-04-28"),
        ("2026-02-28T12:00:00Z", "2026-03-28", "2026-05-28"),
        ("2024-02-29T12:00:00Z", "2024-03-29", "2024-05-29"),
        ("2026-08-31T12:00:00Z", "2026-09-30", "2026-11-30"),
        ("2026-11-21T09:00:00Z", "2026-12-21", "2027-02-21"),
        ("2026-12-31T12:00:00Z", "2027-01-31", "2027-03-31"),
    ] {
        let received = time(received);
        assert_eq!(clock::due_on(Regulation::Gdpr, received).to_string(), due, "{received}");
        let two_more = clock::extended_due_on(Regulation::Gdpr, received);
        assert_eq!(two_more.to_string(), extended, "{received}");
    }
}

#[test]
fn law_4_forty_five_days_and_forty_five_more() {
    for (received, due, extended) in [
        ("2026-01-31T00:00:00Z", "2026-03-17", "2026-05-01"),
        ("2026-07-01T00:00:00Z", "2026-08-15", "2026-09-29"),
        ("2024-01-31T23:59:59Z", "2024-03-16", "2024-04-30"),
        ("2026-11-21T09:00:00Z", "2027-01-05", "2027-02-19"),
    ] {
        let received = time(received);
        assert_eq!(clock::due_on(Regulation::Ccpa, received).to_string(), due, "{received}");
        let more = clock::extended_due_on(Regulation::Ccpa, received);
        assert_eq!(more.to_string(), extended, "{received}");
    }
}

#[test]
fn a_day_is_in_time_until_its_last_second() {
    let day = time("2026-12-21T00:00:00Z").date_naive();
    assert_eq!(clock::end_of_day(day), time("2026-12-21T23:59:59Z"));
}
