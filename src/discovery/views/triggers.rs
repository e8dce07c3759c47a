//! Places where an anchor itself may be written in another way, so that it does not show in the raw
//! bytes: escaped letters, soft line breaks, markup or colour codes inside a word, variants of
//! letters, quoted words of mail headers. Around them the text is decoded and searched again.

use super::stretch;
use memchr::{memchr_iter, memchr3_iter};
use std::ops::Range;

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
    let mut places = Vec::new();
    escapes(bytes, wanted, &mut places);
    equals_and_breaks(bytes, wanted, &mut places);
    variants(bytes, &mut places);
    split_words(bytes, &mut places);
    places.retain(|&place| is_texty(bytes, place));
    places.sort_unstable();
    let mut regions: Vec<Range<usize>> = Vec::new();
    for place in places {
        let (start, end) = (place.saturating_sub(margin), (place + margin).min(bytes.len()));
        match regions.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => regions.push(start..end),
        }
    }
    regions
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

fn escapes(bytes: &[u8], wanted: Wanted, places: &mut Vec<usize>) {
    for at in memchr3_iter(b'%', b'\\', b'&', bytes) {
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
        if code.is_some_and(|code| wanted.escape(bytes, at, code)) {
            places.push(at);
        }
    }
    if wanted.signs.is_empty() && !wanted.foreign {
        return;
    }
    for at in memchr_iter(b'+', bytes) {
        // UTF-7 writes signs and letters beyond ASCII as `+AEA-`.
        if bytes.get(at + 4..).is_some_and(|rest| rest.iter().take(12).any(|&b| b == b'-'))
            && bytes[at + 1] == b'A'
        {
            places.push(at);
        }
    }
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

/// Quoted-printable letters and soft breaks, quoted words of headers, and folded lines.
fn equals_and_breaks(bytes: &[u8], wanted: Wanted, places: &mut Vec<usize>) {
    stretch::each(
        bytes,
        |byte| (byte == b'=') | (byte == b'\n'),
        |at| {
            let triggered = match bytes.get(at + 1) {
                _ if bytes[at] == b'\n' => is_folded(bytes, at),
                Some(b'\r' | b'\n') => {
                    // Inside a word only: between words the raw text shows it all.
                    at > 0 && is_wordy(bytes[at - 1])
                }
                Some(b' ' | b'\t') => {
                    let blank = bytes[at + 1..]
                        .iter()
                        .take(8)
                        .take_while(|b| matches!(b, b' ' | b'\t'))
                        .count();
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
                            && hex(bytes, at + 1, 2).is_some_and(|code| {
                                !wanted.code(code) && wanted.escape(bytes, at, code)
                            })
                }
                _ => false,
            };
            if triggered {
                places.push(at);
            }
        },
    );
}

fn is_wordy(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'='
}

/// Letters beyond ASCII that fold to ASCII ones, and invisible characters.
fn variants(bytes: &[u8], places: &mut Vec<usize>) {
    let mut at = 0;
    while at < bytes.len() {
        // Most text is ASCII: many bytes at a time.
        if let Some(many) = bytes.get(at..at + 128)
            && many.is_ascii()
        {
            at += 128;
            continue;
        }
        if let Some(eight) = bytes.get(at..at + 8)
            && eight.iter().fold(0, |all, byte| all | byte) < 0x80
        {
            at += 8;
            continue;
        }
        let byte = |n: usize| bytes.get(at + n).copied().unwrap_or(0);
        let wanted = match byte(0) {
            0xC0..0xE0 => 1,
            0xE0..0xF0 => 2,
            0xF0.. => 3,
            _ => 0,
        };
        // What follows a byte of another charset begins anew.
        let length = 1 + (1..=wanted).take_while(|&n| byte(n) & 0xC0 == 0x80).count();
        let triggered = match byte(0) {
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
        };
        if triggered {
            places.push(at);
        }
        at += length;
    }
}

/// Colour codes and inline markup between two letters.
fn split_words(bytes: &[u8], places: &mut Vec<usize>) {
    let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|&b| is_wordy(b));
    for at in memchr_iter(0x1B, bytes) {
        if letter(at.checked_sub(1)) {
            let code = bytes[at..].iter().take(24).position(u8::is_ascii_alphabetic);
            if code.is_some_and(|length| letter(Some(at + length + 1))) {
                places.push(at);
            }
        }
    }
    for at in memchr_iter(0x08, bytes) {
        if letter(at.checked_sub(1)) && letter(Some(at + 1)) {
            places.push(at);
        }
    }
    for at in memchr_iter(b'<', bytes) {
        if !letter(at.checked_sub(1)) {
            continue;
        }
        let mut next = at;
        while bytes.get(next) == Some(&b'<') && next - at < 4096 {
            let Some(length) = memchr::memchr(b'>', &bytes[next..(next + 2048).min(bytes.len())])
            else {
                break;
            };
            next += length + 1;
        }
        if next > at && (letter(Some(next)) || bytes.get(next) == Some(&b'&')) {
            places.push(at);
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
