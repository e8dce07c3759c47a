//! Places where an anchor itself may be written in another way, so that it does not show in the raw
//! bytes: escaped letters, soft line breaks, markup or colour codes inside a word, variants of
//! letters, quoted words of mail headers. Around them the text is decoded and searched again.

use super::stretch::{self, among, is};
use std::ops::Range;
use wide::u8x16;

/// What counts as a trigger, depending on the anchors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Escapes of letters beyond ASCII matter.
    pub foreign: bool,
    /// Escapes of these signs matter.
    pub signs: &'a [u8],
    /// Escapes of what stands between the groups of a phone number matter.
    pub phones: bool,
}

impl Wanted<'_> {
    /// Whether an escape of `code` at `at` may hide an anchor.
    fn escape(&self, bytes: &[u8], at: usize, code: u32) -> bool {
        let digit = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at)).is_some_and(|b| b.is_ascii_digit() || *b == b')')
        };
        // Zeros between letters are UTF-16 escaped byte by byte: the next one is not far.
        let zero = || {
            let sign = bytes.get(at);
            let again = |at: Option<usize>| at.is_some_and(|at| bytes.get(at) == sign);
            is_wordy(bytes[at - 1])
                && (3..=8).any(|step| again(at.checked_sub(step)) || again(at.checked_add(step)))
        };
        let separator = matches!(code, 0x20 | 0x28..=0x29 | 0x2D..=0x2F | 0xA0 | 0xC2 | 0xE2 | 0x2002..=0x2015 | 0x202F | 0x2212);
        self.code(code)
            || self.phones && separator && digit(at.checked_sub(1))
            || code == 0 && at > 0 && zero()
    }

    fn code(&self, code: u32) -> bool {
        match u8::try_from(code) {
            Ok(byte) if byte.is_ascii() => {
                byte.is_ascii_alphanumeric() || self.signs.contains(&byte)
            }
            _ => self.foreign,
        }
    }
}

/// Stretches of `bytes` worth decoding, `margin` bytes around each trigger, merged, in order.
pub(crate) fn regions(bytes: &[u8], wanted: Wanted, margin: usize) -> Vec<Range<usize>> {
    let utf7 = !wanted.signs.is_empty() || wanted.foreign;
    let mut regions: Vec<Range<usize>> = Vec::new();
    stretch::each(bytes, begins_trigger, |place| {
        let triggered = match bytes[place] {
            b'%' | b'\\' | b'&' => is_escape(bytes, place, wanted),
            b'+' => utf7 && is_utf7(bytes, place),
            b'\n' => is_folded(bytes, place),
            b'=' => is_quoted(bytes, place, wanted),
            0x08 | 0x1B | b'<' => splits_word(bytes, place),
            _ => is_variant(bytes, place),
        };
        if triggered && is_texty(bytes, place) {
            let (start, end) = (place.saturating_sub(margin), (place + margin).min(bytes.len()));
            match regions.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => regions.push(start..end),
            }
        }
    });
    regions
}

/// The bytes at which triggers of any kind begin.
fn begins_trigger(bytes: u8x16) -> u8x16 {
    among(bytes, b'%', b'&')
        | is(bytes, b'\\')
        | is(bytes, b'+')
        | is(bytes, b'\n')
        | among(bytes, b'<', b'=')
        | is(bytes, 0x08)
        | is(bytes, 0x1B)
        | among(bytes, 0xC0, 0xFF)
}

/// Whether text stands around a place: random bytes hold everything, control characters included.
fn is_texty(bytes: &[u8], place: usize) -> bool {
    let around = &bytes[place.saturating_sub(16)..(place + 16).min(bytes.len())];
    // The ends may cut a character in two; a string in a binary has other bytes beside it.
    let (strange, invalid) = not_text(around);
    strange <= 4 && invalid <= 8 && {
        // Directly before it or after it there is text and little else.
        let sides = [
            &bytes[place.saturating_sub(SIDE)..place],
            &bytes[(place + 1).min(bytes.len())..(place + 1 + SIDE).min(bytes.len())],
        ];
        sides.into_iter().any(|side| {
            let (strange, invalid) = not_text(side);
            strange + invalid <= 2
        })
    }
}

/// Bytes looked at on either side of a place.
const SIDE: usize = 8;

/// How many control characters there are, and how many bytes that are no UTF-8.
fn not_text(bytes: &[u8]) -> (usize, usize) {
    let strange = bytes
        .iter()
        .filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x1B) || b == 0x7F)
        .count();
    (strange, bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum())
}

fn hex(bytes: &[u8], at: usize, digits: usize) -> Option<u32> {
    bytes
        .get(at..at + digits)?
        .iter()
        .try_fold(0, |sum, &byte| Some(sum << 4 | char::from(byte).to_digit(16)?))
}

/// An escaped character that may be part of an anchor.
fn is_escape(bytes: &[u8], at: usize, wanted: Wanted) -> bool {
    let next = bytes.get(at + 1).copied().unwrap_or(0);
    let code = match bytes[at] {
        b'%' if next == b'u' => hex(bytes, at + 2, 4),
        b'%' => match hex(bytes, at + 1, 2) {
            // Percent signs that are escaped themselves.
            Some(0x25) => hex(bytes, at + 3, 2),
            other => other,
        },
        b'\\' => match next {
            b'u' => hex(bytes, at + 2, 4)
                .or((bytes.get(at + 2) == Some(&b'{')).then_some(u32::from(b'a'))),
            b'U' => hex(bytes, at + 2, 8),
            b'x' => hex(bytes, at + 2, 2)
                .or((bytes.get(at + 2) == Some(&b'{')).then_some(u32::from(b'a'))),
            b'\'' => hex(bytes, at + 2, 2),
            b'0'..=b'3' => octal(bytes, at + 1).or(hex(bytes, at + 1, 2)),
            b'4'..=b'9' | b'A'..=b'F' => hex(bytes, at + 1, 2),
            b'a'..=b'f' => hex(bytes, at + 1, 2).filter(|_| bytes[at + 2].is_ascii_digit()),
            _ => None,
        },
        _ => reference(bytes, at + 1),
    };
    code.is_some_and(|code| wanted.escape(bytes, at, code))
}

/// UTF-7 writes signs and letters beyond ASCII as `+AEA-`.
fn is_utf7(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 4..).is_some_and(|rest| rest.iter().take(12).any(|&b| b == b'-'))
        && bytes[at + 1] == b'A'
}

fn octal(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at + 3)?
        .iter()
        .try_fold(0, |sum, &byte| Some(sum << 3 | char::from(byte).to_digit(8)?))
}

/// The code of `#64;`, `#x40;`, of a name, or of such a reference whose ampersand is escaped too.
fn reference(bytes: &[u8], mut at: usize) -> Option<u32> {
    while bytes.get(at..at + 4) == Some(b"amp;") {
        at += 4;
    }
    if bytes.get(at) != Some(&b'#') {
        let name =
            bytes.get(at..)?.iter().take(8).take_while(|b| b.is_ascii_alphanumeric()).count();
        return match &bytes[at..at + name] {
            b"nbsp" => Some(u32::from(b' ')),
            b"commat" => Some(u32::from(b'@')),
            b"shy" => Some(u32::from(b'a')),
            _ if name > 3 && bytes.get(at + name) == Some(&b';') && name < 8 => Some(0xE9),
            _ => None,
        };
    }
    let (from, radix) =
        if matches!(bytes.get(at + 1), Some(b'x' | b'X')) { (at + 2, 16) } else { (at + 1, 10) };
    let digits = bytes.get(from..)?.iter().take(7).map_while(|&b| char::from(b).to_digit(radix));
    let mut count = 0;
    let code = digits.fold(0u32, |sum, digit| {
        count += 1;
        sum * radix + digit
    });
    (count > 0).then_some(code)
}

/// Quoted-printable letters and soft breaks, and quoted words of headers.
fn is_quoted(bytes: &[u8], at: usize, wanted: Wanted) -> bool {
    match bytes.get(at + 1) {
        Some(b'\r' | b'\n') => {
            // Inside a word only: between words the raw text shows it all.
            at > 0 && is_wordy(bytes[at - 1])
        }
        Some(b' ' | b'\t') => {
            let blank =
                bytes[at + 1..].iter().take(8).take_while(|b| matches!(b, b' ' | b'\t')).count();
            matches!(bytes.get(at + 1 + blank), Some(b'\r' | b'\n'))
                && at > 0
                && is_wordy(bytes[at - 1])
        }
        Some(b'?') => bytes[at..].iter().take(40).filter(|b| **b == b'?').count() >= 3,
        // Letters are never quoted alone by a mailer, and `id=41…` is everywhere in logs.
        Some(b'0'..=b'9' | b'A'..=b'F') => {
            let letter = |at: usize| {
                let quoted = bytes.get(at) == Some(&b'=')
                    && bytes.get(at + 2).is_some_and(|b| !b.is_ascii_lowercase());
                quoted && hex(bytes, at + 1, 2).is_some_and(|code| wanted.code(code))
            };
            letter(at) && (letter(at + 3) || at >= 3 && letter(at - 3))
                || wanted.phones
                    && hex(bytes, at + 1, 2)
                        .is_some_and(|code| !wanted.code(code) && wanted.escape(bytes, at, code))
        }
        _ => false,
    }
}

fn is_wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'='
}

/// A letter beyond ASCII that folds to ASCII ones, or an invisible character, by its first byte.
fn is_variant(bytes: &[u8], at: usize) -> bool {
    let byte = |n: usize| bytes.get(at + n).copied().unwrap_or(0);
    match bytes[at] {
        // Soft hyphen.
        0xC2 => byte(1) == 0xAD,
        // ß
        0xC3 => byte(1) == 0x9F,
        // Turkish İ and ı
        0xC4 => matches!(byte(1), 0xB0 | 0xB1),
        // ſ
        0xC5 => byte(1) == 0xBF,
        // Combining grapheme joiner
        0xCD => byte(1) == 0x8F,
        // Phonetic and small capitals; ẞ
        0xE1 => matches!(byte(1), 0xB4..=0xB6) || byte(1) == 0xBA && byte(2) == 0x9E,
        0xE2 => match byte(1) {
            // Zero-width and directional characters
            0x80 => matches!(byte(2), 0x8B..=0x8F | 0xAA..=0xAE),
            // Invisible operators, superscripts
            0x81 => byte(2) >= 0xA0 || byte(2) >= 0xB0,
            0x82 => true,
            // Letter-like signs, Roman numerals
            0x84 | 0x85 => true,
            // Circled letters
            0x92 | 0x93 => true,
            _ => false,
        },
        // Ligatures, variation selectors, byte-order mark, full width
        0xEF => match byte(1) {
            0xAC => byte(2) <= 0x86,
            0xB8 => byte(2) <= 0x8F,
            0xBB => byte(2) == 0xBF && at > 0,
            0xBC | 0xBD => true,
            _ => false,
        },
        // Mathematical letters; enclosed letters
        0xF0 => {
            byte(1) == 0x9D && matches!(byte(2), 0x90..=0x9F)
                || byte(1) == 0x9F && matches!(byte(2), 0x84 | 0x85)
        }
        _ => false,
    }
}

/// A colour code, a backspace or inline markup between two letters.
fn splits_word(bytes: &[u8], at: usize) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|&b| is_wordy(b));
    if !letter(at.checked_sub(1)) {
        return false;
    }
    match bytes[at] {
        0x1B => {
            let code = bytes[at..].iter().take(24).position(u8::is_ascii_alphabetic);
            code.is_some_and(|length| letter(Some(at + length + 1)))
        }
        0x08 => letter(Some(at + 1)),
        _ => {
            let mut next = at;
            while bytes.get(next) == Some(&b'<') && next - at < 4096 {
                let end = (next + 2048).min(bytes.len());
                let Some(length) = memchr::memchr(b'>', &bytes[next..end]) else { break };
                next += length + 1;
            }
            next > at && (letter(Some(next)) || bytes.get(next) == Some(&b'&'))
        }
    }
}

/// Whether a word goes on after the line break at `at` and one blank: where lines are as long as they
/// are folded at, or where the format folds them.
fn is_folded(bytes: &[u8], at: usize) -> bool {
    /// Longest line that looks folded.
    const LINE: usize = 80;
    if !matches!(bytes.get(at + 1), Some(b' ' | b'\t'))
        || !bytes.get(at + 2).is_some_and(|&b| is_wordy(b))
    {
        return false;
    }
    let before = &bytes[at.saturating_sub(LINE + 1)..at];
    let line = memchr::memrchr(b'\n', before).map_or(before.len(), |n| before.len() - n - 1);
    (60..=LINE).contains(&line)
        || bytes.starts_with(b"BEGIN:V")
        || bytes.starts_with(b"dn:")
        || bytes.starts_with(b"version:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_hide_an_anchor_is_a_trigger() {
        let plain = Wanted { foreign: false, signs: &[], phones: false };
        let count = |text: &str, wanted| regions(text.as_bytes(), wanted, 0).len();
        for text in [
            "%6darta",
            "%256darta",
            "\\u006darta",
            "\\x6darta",
            "\\155arta",
            "&#109;arta",
            "&#x6d;arta",
            "=6D=61rta",
            "mar=\r\nta",
            "mar=\nta",
            "=?utf-8?B?bWFydGE=?=",
            "Stra\u{df}e",
            "\u{ff4d}arta",
            "mar\u{ad}ta",
            "mar\x1b[0mta",
            "mar<b>ta",
            "m</w:t></w:r><w:r><w:t>a",
            "\\6darta",
            "&amp;#109;arta",
        ] {
            assert_ne!(count(text, plain), 0, "{text}");
        }
        for text in [
            "%20marta",
            "\\nmarta",
            "&amp;marta",
            "user=marta",
            "marta =\r\n quill",
            "x\x1b[0m marta",
            "<b>marta</b> x",
            "søren é",
            "\\u00e9",
        ] {
            assert_eq!(count(text, plain), 0, "{text}");
        }
        let more = Wanted { foreign: true, signs: b"@", phones: true };
        for text in ["%40", "\\u0040", "\\u00e9", "%C3", "+AEA-x"] {
            assert_ne!(count(text, more), 0, "{text}");
        }
    }
}
