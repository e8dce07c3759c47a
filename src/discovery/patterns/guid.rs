//! GUIDs in text: thirty-two digits in either byte order, however they are grouped.

use super::around::{Around, at};
use super::{Found, Verdict};
use crate::discovery::findings::Reason;
use crate::discovery::text::{Glyph, is_word};
use std::ops::Range;

/// Most characters between two digits: `, 0x` with a brace and a line break.
const MAX_BETWEEN: usize = 8;

/// The sixteen bytes in the order of a little-endian `GUID` structure.
pub(super) fn little_endian(guid: &[u8; 16]) -> [u8; 16] {
    let mut bytes = *guid;
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

pub(super) fn verify(guid: &[u8; 16], glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let mut best: Option<Found> = None;
    for bytes in [*guid, little_endian(guid)] {
        let first = char::from_digit(u32::from(bytes[0] >> 4), 16)?;
        for start in near.start..near.end {
            if at(glyphs, start) == first
                && let Some(end) = digits(&bytes, glyphs, start)
            {
                let around = Around { glyphs, start, end };
                let verdict = Verdict::unless(boundaries(&around));
                best = Some(Found { start, end, verdict }.better(best));
            }
        }
    }
    best
}

/// Whether the bytes are written out from `start`; where they end.
fn digits(bytes: &[u8; 16], glyphs: &[Glyph], start: usize) -> Option<usize> {
    let mut next = start;
    for (n, byte) in bytes.iter().enumerate() {
        if n > 0 {
            next = between(glyphs, next);
        }
        for nibble in [byte >> 4, byte & 15] {
            if at(glyphs, next).to_digit(16) != Some(u32::from(nibble)) {
                return None;
            }
            next += 1;
        }
    }
    Some(next)
}

/// Skips what may stand between two bytes: grouping, `0x`, `\x`, `%`, list punctuation.
fn between(glyphs: &[Glyph], from: usize) -> usize {
    let mut next = from;
    while next - from < MAX_BETWEEN {
        match at(glyphs, next) {
            '-' | '_' | ' ' | ',' | ':' | '{' | '}' | '(' | ')' | '\\' | '%' | '=' | '\n' | ';'
            | '.' | '"' | '\'' => {
                next += 1;
            }
            '0' if at(glyphs, next + 1) == 'x' => next += 2,
            'x' if at(glyphs, next.wrapping_sub(1)) == '\\' => next += 1,
            _ => break,
        }
    }
    next
}

fn boundaries(around: &Around) -> Option<Reason> {
    let longer = Some(Reason::LongerNumber);
    if around.word_left() {
        let escaped = around.left(0) == Some('x')
            && (around.left(1) == Some('\\')
                || around.left(1) == Some('0') && !around.left_is_word(2));
        if !escaped {
            return longer;
        }
    }
    if around.word_right() {
        return longer;
    }
    let hex_group = |chars: &mut dyn Iterator<Item = char>| {
        let group: Vec<char> = chars.take_while(|&c| is_word(c)).collect();
        group.len() >= 4 && group.iter().all(char::is_ascii_hexdigit)
    };
    let dash = |c: Option<char>| matches!(c, Some('-' | '_'));
    let joined = dash(around.left(0)) && hex_group(&mut around.before().skip(1))
        || dash(around.right(0)) && hex_group(&mut around.after().skip(1));
    if joined { longer } else { None }
}
