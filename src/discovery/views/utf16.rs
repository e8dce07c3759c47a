//! UTF-16 in bytes: whole files with or without a byte-order mark, and strings inside binaries at
//! even and odd offsets.

use crate::discovery::text::Encoding;
use std::ops::Range;

/// A stretch of bytes that reads as UTF-16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub bytes: Range<usize>,
    pub encoding: Encoding,
}

/// Shortest string looked at, in characters.
const MIN_CHARS: usize = 4;

/// The stretches of `bytes` that read as UTF-16. Text in which most characters have a high byte of
/// zero shows itself; `whole` says that all of it is UTF-16 anyway (a byte-order mark said so).
pub(crate) fn runs(bytes: &[u8], whole: Option<Encoding>) -> Vec<Run> {
    if let Some(encoding) = whole.or_else(|| guess(bytes)) {
        return vec![Run { bytes: 0..bytes.len() & !1, encoding }];
    }
    let mut found: Vec<Run> = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        // Two characters of ASCII with their zeros: worth a closer look, and rare in other data.
        let word = word(bytes, at);
        if word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS == 0 {
            // Most data has no zeros at all.
            let Some(zero) = memchr::memchr(0, &bytes[at + 8..]) else { break };
            at = (at + 8 + zero) & !7;
            continue;
        }
        let seed = [0, 4].into_iter().find(|&half| is_seed(&bytes[at + half..at + half + 4]));
        let Some(seed) = seed.filter(|_| word != 0).map(|half| at + half) else {
            at += 8;
            continue;
        };
        let mut past = at;
        for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
            // The same bytes at the other parity are the other byte order, shifted by one.
            for start in [seed, seed + 1] {
                let run = extend(bytes, start, encoding);
                if run.bytes.len() >= 2 * MIN_CHARS && run.bytes.contains(&(seed + 1)) {
                    past = past.max(run.bytes.end);
                    if found.iter().rev().take(4).all(|seen| *seen != run) {
                        found.push(run);
                    }
                }
            }
        }
        at = past.max(at + 8) & !7;
    }
    found
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

fn is_seed(four: &[u8]) -> bool {
    let text = |byte: u8| matches!(byte, 0x20..=0x7E | b'\r' | b'\n' | b'\t');
    four[1] == 0 && four[3] == 0 && text(four[0]) && text(four[2])
        || four[0] == 0 && four[2] == 0 && text(four[1]) && text(four[3])
}

/// Little-endian, for 8 bytes at `at`.
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0u8; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

/// Stretches of UTF-32, little-endian or big-endian: where they lie, and their text.
pub(crate) fn utf32_runs(bytes: &[u8]) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 16 <= bytes.len() {
        // Most data has no three zeros in a row.
        let Some(zeros) = memchr::memmem::find(&bytes[at..], &[0, 0, 0]) else { break };
        let begin = (at + zeros).saturating_sub(1);
        let read = |from: usize, unit: fn([u8; 4]) -> u32| -> String {
            let units = bytes[from..].chunks_exact(4).map(|b| unit([b[0], b[1], b[2], b[3]]));
            units
                .map_while(|u| {
                    char::from_u32(u).filter(|c| {
                        u < 0x3000 && !c.is_control() || matches!(c, '\n' | '\r' | '\t')
                    })
                })
                .collect()
        };
        let little = read(begin, u32::from_le_bytes);
        let big = read(at + zeros, u32::from_be_bytes);
        let (start, text) = if little.chars().count() >= big.chars().count() {
            (begin, little)
        } else {
            (at + zeros, big)
        };
        let length = 4 * text.chars().count();
        if length >= 4 * MIN_CHARS {
            found.push((start..start + length, text));
        }
        // Not from every zero of a long run of them.
        let zeros_end = bytes[at + zeros..]
            .iter()
            .position(|&b| b != 0)
            .map_or(bytes.len(), |n| at + zeros + n);
        at = (start + length).max(at + zeros + 1).max(zeros_end.saturating_sub(3));
    }
    found
}

/// What a byte-order mark at the beginning says.
pub(crate) fn byte_order_mark(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// UTF-16 without a mark in scripts whose characters have no zero bytes: spaces and line ends stand
/// at one parity only, and every unit is a character in use.
fn guess(bytes: &[u8]) -> Option<Encoding> {
    let head = &bytes[..bytes.len().min(4096) & !1];
    if head.len() < 32 {
        return None;
    }
    [Encoding::Utf16Le, Encoding::Utf16Be].into_iter().find(|&encoding| {
        let mut spaces = 0;
        for pair in head.chunks_exact(2) {
            let unit = unit(pair, encoding);
            if matches!(unit, 0x20 | 0x0A | 0x0D) {
                spaces += 1;
            }
            if !is_text(unit) && !(0x4E00..0xA000).contains(&unit) {
                return false;
            }
        }
        spaces * 40 >= head.len() / 2
    })
}

fn unit(pair: &[u8], encoding: Encoding) -> u16 {
    let pair = [pair[0], pair[1]];
    if encoding == Encoding::Utf16Be { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
}

/// The run around the unit at `start`.
fn extend(bytes: &[u8], start: usize, encoding: Encoding) -> Run {
    let text_at =
        |at: usize| bytes.get(at..at + 2).is_some_and(|pair| is_text(unit(pair, encoding)));
    let (mut first, mut end) = (start, start);
    while first >= 2 && text_at(first - 2) {
        first -= 2;
    }
    while text_at(end) {
        end += 2;
    }
    Run { bytes: first..end, encoding }
}

/// Code units that strings in the field are made of. Ideographs are left out: any two random bytes
/// are one of them half the time.
fn is_text(unit: u16) -> bool {
    matches!(unit, 0x09 | 0x0A | 0x0D | 0x1B | 0x20..=0x7E | 0xA0..=0x05FF | 0x1E00..=0x206F | 0x20AC | 0x3040..=0x30FF | 0xFEFF | 0xFF01..=0xFF5E)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::text::Text;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        let chars = |run: &Run| Text::decode(&bytes[run.bytes.clone()], run.encoding);
        runs(bytes, None).iter().map(|run| chars(run).iter().map(|c| c.0).collect()).collect()
    }

    #[test]
    fn strings_in_binaries_are_seen_at_every_offset() {
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            for offset in 0..17 {
                let mut bytes = vec![0x91; 64 + offset];
                bytes.extend([0, 0]);
                bytes.extend(utf16("marta søren", unit));
                bytes.extend([0, 0, 0x91, 0x91]);
                assert!(texts(&bytes).iter().any(|t| t == "marta søren"), "{offset}");
            }
        }
    }

    #[test]
    fn other_scripts_without_a_mark_are_guessed() {
        let text = "Наталья Иванова пишет нам из Москвы и просит помощи.\r\n".repeat(3);
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(texts(&utf16(&text, unit)), std::slice::from_ref(&text));
        }
        assert!(texts(&b"plain text, no zeros in it at all ".repeat(20)).is_empty());
    }
}
