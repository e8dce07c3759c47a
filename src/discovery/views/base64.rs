//! Runs of base64 in text: tokens, bodies in lines, with the escapes that their two signs get in
//! URLs and JSON.

use super::stretch::{self, among, is, lower};
use std::ops::Range;
use wide::u8x16;

/// Runs this long are decoded at every phase and without further conditions.
pub(crate) const LONG: usize = 40;

/// A run of encoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub bytes: Range<usize>,
    /// Its characters, without line breaks and escapes.
    pub encoded: Vec<u8>,
}

const INVALID: u8 = 0xFF;

/// The value of each character of either alphabet.
static VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut i = 0;
    while i < 26 {
        values[b'A' as usize + i] = i as u8;
        values[b'a' as usize + i] = i as u8 + 26;
        i += 1;
    }
    let mut i = 0;
    while i < 10 {
        values[b'0' as usize + i] = i as u8 + 52;
        i += 1;
    }
    values[b'+' as usize] = 62;
    values[b'-' as usize] = 62;
    values[b'/' as usize] = 63;
    values[b'_' as usize] = 63;
    values
};

fn is_base64(byte: u8) -> bool {
    VALUES[usize::from(byte)] != INVALID
}

/// Calls `each` for every stretch of at least `least` characters of either alphabet, which may be
/// base64, hexadecimal digits, or neither.
pub(crate) fn stretches(bytes: &[u8], least: usize, each: impl FnMut(Range<usize>)) {
    stretch::find(bytes, least, in_either_alphabet, each);
}

/// As [`is_base64`], sixteen at a time.
fn in_either_alphabet(bytes: u8x16) -> u8x16 {
    among(lower(bytes), b'a', b'z')
        | among(bytes, b'/', b'9')
        | is(bytes, b'+')
        | is(bytes, b'-')
        | is(bytes, b'_')
}

/// The runs of base64 that begin with the stretch from `start` to `end`, which may go on over escapes
/// and line breaks.
pub(crate) fn runs_from(bytes: &[u8], start: usize, least: usize) -> Vec<Run> {
    let mut found = Vec::new();
    split_alphabets(collect(bytes, start), least, &mut found);
    found
}

/// The two alphabets do not mix: where a run holds signs of both, it is a path of URL-safe tokens.
fn split_alphabets(run: Run, least: usize, found: &mut Vec<Run>) {
    let mixed = memchr::memchr2(b'-', b'_', &run.encoded).is_some()
        && memchr::memchr2(b'+', b'/', &run.encoded).is_some();
    if !mixed || run.encoded.len() != run.bytes.len() {
        if worthwhile(&run.encoded) {
            found.push(run);
        }
        return;
    }
    let mut start = 0;
    for part in run.encoded.split(|b| matches!(b, b'+' | b'/')) {
        if part.len() >= least && worthwhile(part) {
            let place = run.bytes.start + start;
            found.push(Run { bytes: place..place + part.len(), encoded: part.to_vec() });
        }
        start += part.len() + 1;
    }
}

/// GUIDs, plain words and hexadecimal numbers are no base64 that is worth decoding.
pub(crate) fn worthwhile(encoded: &[u8]) -> bool {
    let (mut upper, mut lower) = (false, false);
    for &byte in encoded.iter().take(256) {
        upper |= byte.is_ascii_uppercase();
        lower |= byte.is_ascii_lowercase();
    }
    upper && lower
}

fn collect(bytes: &[u8], start: usize) -> Run {
    let mut encoded = Vec::new();
    let mut at = start;
    let mut line = 0;
    loop {
        let begin = at;
        while at < bytes.len() && is_base64(bytes[at]) {
            at += 1;
        }
        encoded.extend_from_slice(&bytes[begin..at]);
        line += at - begin;
        if let Some((byte, length)) = escaped(&bytes[at..]) {
            encoded.push(byte);
            at += length;
            line += 1;
            continue;
        }
        // Lines of a body are long and alike; short words under each other are not.
        match line_break(&bytes[at..]) {
            Some(length) if line >= 48 && bytes.get(at + length).is_some_and(|&b| is_base64(b)) => {
                at += length;
                line = 0;
            }
            _ => break,
        }
    }
    Run { bytes: start..at, encoded }
}

/// Plus and slash as URLs and JSON write them.
fn escaped(rest: &[u8]) -> Option<(u8, usize)> {
    const FORMS: [(&[u8], u8); 8] = [
        (b"%2b", b'+'),
        (b"%2f", b'/'),
        (b"\\/", b'/'),
        (b"\\u002b", b'+'),
        (b"\\u002f", b'/'),
        (b"%252b", b'+'),
        (b"%252f", b'/'),
        (b"&#43;", b'+'),
    ];
    if !matches!(rest.first(), Some(b'%' | b'\\' | b'&')) {
        return None;
    }
    FORMS.iter().find_map(|(form, byte)| {
        let head = rest.get(..form.len())?;
        head.eq_ignore_ascii_case(form).then_some((*byte, form.len()))
    })
}

/// A line break, as it is or escaped, with the indentation of the next line.
fn line_break(rest: &[u8]) -> Option<usize> {
    let breaks: [&[u8]; 9] =
        [b"\r\n", b"\n", b"\\r\\n", b"\\n", b"%0D%0A", b"%0a", b"%0A", b"&#13;\n", b"&#xD;\n"];
    let length = breaks.iter().find(|b| rest.starts_with(b))?.len();
    let indent =
        rest[length..].iter().take(16).take_while(|b| matches!(b, b' ' | b'\t' | b'>')).count();
    Some(length + indent)
}

/// Decodes from the given character on.
pub(crate) fn decode(encoded: &[u8], phase: usize) -> Vec<u8> {
    let encoded = encoded.get(phase..).unwrap_or_default();
    let mut out = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let value = |byte: u8| u32::from(VALUES[usize::from(byte)] & 63);
    let mut quads = encoded.chunks_exact(4);
    for quad in &mut quads {
        let bits =
            value(quad[0]) << 18 | value(quad[1]) << 12 | value(quad[2]) << 6 | value(quad[3]);
        out.extend_from_slice(&[(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]);
    }
    let rest = quads.remainder();
    let bits = rest.iter().fold(0u32, |bits, &byte| bits << 6 | value(byte));
    match rest.len() {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => {}
    }
    out
}

/// Decodes skipping whatever does not belong to either alphabet.
pub(crate) fn decode_lenient(encoded: &[u8]) -> Vec<u8> {
    let clean: Vec<u8> = encoded.iter().copied().filter(|&b| is_base64(b)).collect();
    decode(&clean, 0)
}

/// Whether the first bytes read as text, in UTF-8 or UTF-16.
pub(crate) fn is_text(decoded: &[u8]) -> bool {
    let head = &decoded[..decoded.len().min(96)];
    let good = head
        .iter()
        .filter(|&&b| b >= 0x20 && b != 0x7F || matches!(b, b'\t' | b'\n' | b'\r' | 0))
        .count();
    let ascii = head.iter().filter(|b| b.is_ascii_graphic() || **b == b' ' || **b == 0).count();
    good * 20 >= head.len() * 19 && ascii * 2 >= head.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    fn all(text: &str) -> Vec<Run> {
        let mut found = Vec::new();
        stretches(text.as_bytes(), 24, |place| {
            found.extend(runs_from(text.as_bytes(), place.start, 24));
        });
        found
    }

    #[test]
    fn runs_are_found_wherever_they_stand() {
        let text =
            b"user marta.quillfeather@contoso.com, \xFB\xFF\xBE of some length or other".to_vec();
        let plain = STANDARD.encode(&text);
        for (encoded, context) in [
            (plain.clone(), "state={} next"),
            (URL_SAFE_NO_PAD.encode(&text), "eyJhbGciOiJub25lIn0.{}.x"),
            (plain.replace('+', "%2B").replace('/', "%2f"), "?r={}%3D&s"),
            (plain.replace('/', "\\/").replace('+', "\\u002B"), "\"{}\""),
            (
                plain
                    .as_bytes()
                    .chunks(60)
                    .map(|l| String::from_utf8_lossy(l))
                    .collect::<Vec<_>>()
                    .join("\r\n"),
                "\r\n\r\n{}\r\n",
            ),
        ] {
            for pad in 0..30 {
                let whole = format!("{}{}", " x".repeat(pad), context.replace("{}", &encoded));
                let found = all(&whole);
                assert!(found.iter().any(|run| decode(&run.encoded, 0) == text), "{whole}");
            }
        }
        assert!(
            all("3f2504e0-4f89-41d3-9a0c-0305e82c3301 some_longer_lower_case_word_here").is_empty()
        );
    }

    #[test]
    fn the_comparisons_are_the_table() {
        for byte in 0..=255 {
            let either = in_either_alphabet(u8x16::splat(byte)).to_bitmask() == 0xFFFF;
            assert_eq!(either, is_base64(byte), "{byte}");
        }
    }

    #[test]
    fn decoding_agrees_with_the_library() {
        for length in 0..40u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(73)).collect();
            assert_eq!(decode(URL_SAFE_NO_PAD.encode(&bytes).as_bytes(), 0), bytes);
        }
    }
}
