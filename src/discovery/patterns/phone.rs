//! Phone numbers: the same digits in any usual grouping, with or without the country's code.

use super::around::{Around, at};
use super::{Found, Verdict};
use crate::discovery::findings::Reason;
use crate::discovery::identifier::trunk_prefixes;
use crate::discovery::text::{Glyph, is_word};
use std::ops::Range;

/// Most separators between two digits: `) - `.
const MAX_SEPARATORS: usize = 3;

pub(super) fn verify(
    country: &str,
    national: &str,
    glyphs: &[Glyph],
    near: &Range<usize>,
) -> Option<Found> {
    let reach = (national.len() + 4) * (MAX_SEPARATORS + 1);
    let mut best: Option<Found> = None;
    for start in near.start.saturating_sub(reach)..near.end {
        let Some(end) = digits(glyphs, start, national) else { continue };
        if end <= near.start {
            continue;
        }
        let (first, left) = before(country, glyphs, start, end);
        let reason = left.or_else(|| after(glyphs, start, end, country, national));
        best = Some(Found { start: first, end, verdict: Verdict::unless(reason) }.better(best));
    }
    best
}

/// Whether `wanted` begins at `start`, separators between; where it ends.
fn digits(glyphs: &[Glyph], start: usize, wanted: &str) -> Option<usize> {
    let mut next = start;
    for (n, digit) in wanted.chars().enumerate() {
        if n > 0 {
            next = separators(glyphs, next);
        }
        if at(glyphs, next) != digit {
            return None;
        }
        next += 1;
    }
    Some(next)
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')
}

/// Skips up to [`MAX_SEPARATORS`] of them.
fn separators(glyphs: &[Glyph], from: usize) -> usize {
    (from..from + MAX_SEPARATORS)
        .find(|&i| !is_separator(at(glyphs, i)))
        .unwrap_or(from + MAX_SEPARATORS)
}

/// Skips separators backwards from before `from`: where the first of them stands.
fn separators_before(glyphs: &[Glyph], from: usize) -> usize {
    let mut first = from;
    while first > 0 && from - first < MAX_SEPARATORS && is_separator(at(glyphs, first - 1)) {
        first -= 1;
    }
    first
}

/// Whether the digits `wanted` end just before `from`, separators between; where they begin.
fn digits_before(glyphs: &[Glyph], from: usize, wanted: &str) -> Option<usize> {
    let mut first = from;
    for digit in wanted.chars().rev() {
        first = separators_before(glyphs, first);
        if first == 0 || at(glyphs, first - 1) != digit {
            return None;
        }
        first -= 1;
    }
    Some(first)
}

/// What stands before the national number: where the whole number begins, and what speaks against it.
fn before(country: &str, glyphs: &[Glyph], start: usize, end: usize) -> (usize, Option<Reason>) {
    // "+44 (0)20 …" repeats the national prefix inside the international form.
    let stem = trunk_prefixes(country)
        .iter()
        .find_map(|trunk| {
            let first = digits_before(glyphs, start, trunk)?;
            (at(glyphs, first.wrapping_sub(1)) == '(').then(|| first - 1)
        })
        .filter(|&first| digits_before(glyphs, first, country).is_some())
        .unwrap_or(start);
    let international = digits_before(glyphs, stem, country).and_then(|first| {
        if first > 0 && at(glyphs, first - 1) == '+' {
            return Some(first - 1);
        }
        let exit = ["00", "011"].iter().find_map(|exit| digits_before(glyphs, first, exit));
        exit.into_iter().chain([first]).find(|&first| free_left(glyphs, first))
    });
    if let Some(first) = international {
        return (first, None);
    }
    let trunk = trunk_prefixes(country)
        .iter()
        .find_map(|trunk| digits_before(glyphs, start, trunk))
        .filter(|&first| free_left(glyphs, first) && plus_before(glyphs, first).is_none());
    if let Some(first) = trunk {
        return (first, None);
    }
    (start, national_left(glyphs, start, end))
}

/// Nothing that belongs to a number or word stands directly before.
fn free_left(glyphs: &[Glyph], first: usize) -> bool {
    let around = Around { glyphs, start: first, end: first + 1 };
    !around.left_is_word(0)
        && around.left(0) != Some('+')
        && !(is_separator(around.left(0).unwrap_or('\0'))
            && digit_group_left(glyphs, first).is_some_and(|group| group.tight))
}

/// A group of digits to the left, over separators.
struct Group {
    /// Joined by something else than one space.
    tight: bool,
    /// Where it begins.
    first: usize,
}

fn digit_group_left(glyphs: &[Glyph], from: usize) -> Option<Group> {
    let separated = separators_before(glyphs, from);
    let mut first = separated;
    while first > 0 && at(glyphs, first - 1).is_ascii_digit() {
        first -= 1;
    }
    let between = (separated..from).map(|i| at(glyphs, i));
    (first < separated)
        .then(|| Group { tight: between.clone().any(|c| matches!(c, '-' | '.' | '/')), first })
}

/// The plus sign of a number whose digits reach up to `from`.
fn plus_before(glyphs: &[Glyph], from: usize) -> Option<usize> {
    let first = separators_before(glyphs, from);
    let mut digit = first;
    while digit > 0 && first - digit < 4 && at(glyphs, digit - 1).is_ascii_digit() {
        digit -= 1;
    }
    (digit < first && digit > 0 && at(glyphs, digit - 1) == '+').then(|| digit - 1)
}

/// The national number without any prefix: what speaks against it on the left.
fn national_left(glyphs: &[Glyph], start: usize, end: usize) -> Option<Reason> {
    let around = Around { glyphs, start, end };
    if around.left(0).is_some_and(|c| c.is_ascii_digit()) {
        return Some(Reason::LongerNumber);
    }
    if plus_before(glyphs, start).is_some() {
        return Some(Reason::OtherCountry);
    }
    if around.left_is_word(0) {
        return Some(Reason::LongerWord);
    }
    let group = digit_group_left(glyphs, start)?;
    let spaced_inside = (start..end).any(|i| at(glyphs, i) == ' ');
    // A column before a number that is grouped by spaces looks like one of its groups.
    let begins = group.first.checked_sub(1).map(|i| at(glyphs, i));
    let own_word = begins.is_some_and(|c| is_word(c) || matches!(c, ':' | '-' | '.' | '/' | ','));
    (group.tight || spaced_inside && !own_word).then_some(Reason::LongerNumber)
}

fn after(
    glyphs: &[Glyph],
    start: usize,
    end: usize,
    country: &str,
    national: &str,
) -> Option<Reason> {
    let around = Around { glyphs, start, end };
    if around.right(0) == Some('e') {
        // A spreadsheet's 1.4255550137E+10.
        let exponent: String = around
            .after()
            .skip(1)
            .skip_while(|&c| c == '+')
            .take_while(char::is_ascii_digit)
            .collect();
        let digits = [national.len() - 1, national.len() + country.len() - 1];
        if digits.iter().any(|d| d.to_string() == exponent) {
            return None;
        }
    }
    match (around.right(0), around.right(1)) {
        (Some(c), _) if c.is_ascii_digit() => Some(Reason::LongerNumber),
        // An extension: 0137x42.
        (Some('x'), Some(c)) if c.is_ascii_digit() => None,
        (Some(c), _) if is_word(c) => Some(Reason::LongerWord),
        (Some('-' | '.' | '/'), Some(c)) if c.is_ascii_digit() => Some(Reason::LongerNumber),
        _ => None,
    }
}
