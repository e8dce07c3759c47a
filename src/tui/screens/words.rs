//! Moments, states and ids in the words that people read.

use crate::model::{Severity, Time};
use crate::ops::case::CaseLine;
use crate::policy::clock;

/// `2026-11-23 10:30 UTC (in 2 days)`.
#[must_use]
pub fn moment(time: Time, now: Time) -> String {
    format!("{} UTC ({})", time.format("%Y-%m-%d %H:%M"), relative(time, now))
}

/// `in 2 days`, `3 hours ago`.
#[must_use]
pub fn relative(time: Time, now: Time) -> String {
    if (time - now).num_seconds().abs() < 60 {
        "just now".to_owned()
    } else if time > now {
        format!("in {}", clock::in_words(time - now))
    } else {
        format!("{} ago", clock::in_words(now - time))
    }
}

/// A state or category as people see it: `link_expired` is `link expired`.
#[must_use]
pub fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

/// A severity in a narrow column.
#[must_use]
pub fn severity(severity: Option<Severity>) -> &'static str {
    match severity.map(Severity::as_str) {
        Some("highest_critical_impact") => "highest",
        Some(word) => word,
        None => "",
    }
}

/// Consent with the time left, in a narrow column: `active, 2 days`.
#[must_use]
pub fn consent(line: &CaseLine, now: Time) -> String {
    line.consent.map_or_else(String::new, |state| {
        let words = crate::ops::consent::in_words(state, line.consent_expires_at, now);
        words.strip_suffix(" left").unwrap_or(&words).to_owned()
    })
}

/// Access requests in a narrow column: `1 pending, 2 open`.
#[must_use]
pub fn access(line: &CaseLine) -> String {
    match (line.access_pending, line.access_approved) {
        (0, 0) => String::new(),
        (pending, 0) => format!("{pending} pending"),
        (0, approved) => format!("{approved} approved"),
        (pending, approved) => format!("{pending} pending, {approved} approved"),
    }
}

/// What falls due next: `overdue` or `in 2 days`.
#[must_use]
pub fn next_due(line: &CaseLine, now: Time) -> String {
    match line.due.first() {
        Some(due) if due.overdue => "overdue".to_owned(),
        Some(due) => relative(due.at, now),
        None => String::new(),
    }
}

/// The path of a file as it stands in its engagement, which a heading names.
#[must_use]
pub fn within<'a>(path: &'a str, engagement: &str) -> &'a str {
    let inside = engagement.split_once('/').and_then(|(tenant, case)| {
        path.strip_prefix("tenants/")?
            .strip_prefix(tenant)?
            .strip_prefix("/cases/")?
            .strip_prefix(case)?
            .strip_prefix('/')
    });
    inside.unwrap_or_else(|| path.strip_prefix("tenants/").unwrap_or(path))
}

/// The part of a principal before the `@`.
#[must_use]
pub fn short(principal: &str) -> &str {
    principal.split('@').next().unwrap_or(principal)
}
