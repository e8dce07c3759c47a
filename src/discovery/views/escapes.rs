//! Escapes inside text: one pass over decoded characters that undoes every escape it knows.
//!
//! Bytes escaped one by one (`%C3%B8`, `=C3=B8`, `\xc3\xb8`, `\C3\B8`) are taken together and read
//! as UTF-8, else as Windows-1252.

use super::entities;
use crate::discovery::findings::Step;
use crate::discovery::text::{Text, windows_1252};
use ::base64::Engine;

/// Which escapes to undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Everything but quoted-printable.
    General,
    /// `=XX` with capital digits as RFC 2045 wants it, and soft line breaks.
    QuotedPrintable,
}

type Chars<'a> = &'a [(char, u32, u32)];

/// One pass. `None` when there was nothing to undo; else the text and the kinds of escape met.
pub(crate) fn decode(text: &Text, dialect: Dialect) -> Option<(Text, Vec<Step>)> {
    let chars = text.as_slice();
    let mut out = Text::default();
    let mut met: Vec<Step> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let (c, start, end) = chars[at];
        let escape = match (dialect, c) {
            (Dialect::QuotedPrintable, '=') => quoted(&chars[at..]),
            (Dialect::General, '%') => percent(&chars[at..]),
            (Dialect::General, '\\') => backslash(&chars[at..]),
            (Dialect::General, '&') => entity(&chars[at..]),
            (Dialect::General, '=') => encoded_word(&chars[at..]),
            (Dialect::General, '\u{1B}' | '\u{9B}' | '\u{241B}' | '^') => ansi(&chars[at..]),
            (Dialect::General, '_') => xml_name(&chars[at..]),
            (Dialect::General, '+') => utf7(&chars[at..]).or_else(|| encapsulated(&chars[at..])),
            _ => None,
        };
        let Some(escape) = escape else {
            out.push(c, start, end);
            at += 1;
            continue;
        };
        if !met.contains(&escape.step) {
            met.push(escape.step);
        }
        let end = chars[at + escape.length - 1].2;
        match escape.text {
            Decoded::Chars(decoded) => decoded.into_iter().for_each(|c| out.push(c, start, end)),
            Decoded::Bytes(bytes) => push_bytes(&mut out, &bytes, &chars[at..at + escape.length]),
        }
        at += escape.length;
    }
    (!met.is_empty()).then_some((out, met))
}

struct Escape {
    step: Step,
    /// Characters of the text it takes.
    length: usize,
    text: Decoded,
}

enum Decoded {
    Chars(Vec<char>),
    /// Bytes, each escaped in the same number of characters.
    Bytes(Vec<u8>),
}

fn one(step: Step, length: usize, c: char) -> Option<Escape> {
    Some(Escape { step, length, text: Decoded::Chars(vec![c]) })
}

fn push_bytes(out: &mut Text, bytes: &[u8], from: Chars) {
    let each = from.len() / bytes.len().max(1);
    let place =
        |first: usize, count: usize| (from[first * each].1, from[(first + count) * each - 1].2);
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let (start, end) = place(at, c.len_utf8());
            out.push(c, start, end);
            at += c.len_utf8();
        }
        for &byte in chunk.invalid() {
            let (start, end) = place(at, 1);
            out.push(windows_1252(byte), start, end);
            at += 1;
        }
    }
}

fn at(chars: Chars, index: usize) -> char {
    chars.get(index).map_or('\0', |c| c.0)
}

/// The number written in `digits` characters of `radix` at `from`.
fn number(chars: Chars, from: usize, digits: usize, radix: u32) -> Option<u32> {
    (from..from + digits).try_fold(0u32, |sum, index| {
        Some(sum.checked_mul(radix)? + at(chars, index).to_digit(radix)?)
    })
}

fn byte(chars: Chars, from: usize) -> Option<u8> {
    number(chars, from, 2, 16).and_then(|n| u8::try_from(n).ok())
}

/// Bytes escaped as `prefix` and two hexadecimal digits, as many as follow each other.
fn byte_run(chars: Chars, prefix: &[char], step: Step) -> Option<Escape> {
    let each = prefix.len() + 2;
    let mut bytes = Vec::new();
    while prefix.iter().enumerate().all(|(i, &p)| at(chars, bytes.len() * each + i) == p)
        && let Some(byte) = byte(chars, bytes.len() * each + prefix.len())
    {
        bytes.push(byte);
    }
    (!bytes.is_empty()).then(|| Escape {
        step,
        length: bytes.len() * each,
        text: Decoded::Bytes(bytes),
    })
}

fn percent(chars: Chars) -> Option<Escape> {
    if at(chars, 1) == 'u' || at(chars, 1) == 'U' {
        let unit = number(chars, 2, 4, 16)?;
        return one(Step::Percent, 6, char::from_u32(unit)?);
    }
    byte_run(chars, &['%'], Step::Percent)
}

fn quoted(chars: Chars) -> Option<Escape> {
    let joined = |length| {
        Some(Escape { step: Step::QuotedPrintable, length, text: Decoded::Chars(Vec::new()) })
    };
    // White space before the break is added in transport.
    let mut blank = 1;
    while matches!(at(chars, blank), ' ' | '\t') {
        blank += 1;
    }
    match (at(chars, blank), at(chars, blank + 1)) {
        ('\r', '\n') => return joined(blank + 2),
        ('\n', _) => return joined(blank + 1),
        _ => {}
    }
    let capital = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    let mut bytes = Vec::new();
    while at(chars, bytes.len() * 3) == '='
        && capital(at(chars, bytes.len() * 3 + 1))
        && capital(at(chars, bytes.len() * 3 + 2))
        && let Some(byte) = byte(chars, bytes.len() * 3 + 1)
    {
        bytes.push(byte);
    }
    // No mailer quotes a lone letter or digit, and logs are full of `id=42…`.
    if matches!(bytes[..], [lone] if lone.is_ascii_alphanumeric()) {
        return None;
    }
    (!bytes.is_empty()).then(|| Escape {
        step: Step::QuotedPrintable,
        length: bytes.len() * 3,
        text: Decoded::Bytes(bytes),
    })
}

fn backslash(chars: Chars) -> Option<Escape> {
    let next = at(chars, 1);
    match next {
        '\'' if at(chars, 2).is_ascii_hexdigit() && byte(chars, 2).is_some() => {
            byte_run(chars, &['\\', '\''], Step::Backslash)
        }
        'u' | 'U' => rtf(chars).or_else(|| unicode(chars)),
        'x' if at(chars, 2) == '{' => braced(chars, 3, Step::Backslash),
        'x' => byte_run(chars, &['\\', 'x'], Step::Backslash),
        '0'..='3' if number(chars, 1, 3, 8).is_some() => octal(chars),
        // Databases write a character as four digits.
        '0' if at(chars, 2) == '0' && number(chars, 3, 2, 16).is_some_and(|n| n >= 0x20) => {
            one(Step::Backslash, 5, char::from_u32(number(chars, 1, 4, 16)?)?)
        }
        // LDAP filters and DNs escape a byte as `\C3`. Lower case only when a digit follows, for
        // `\be` begins a word after a path separator more often than it is a byte.
        '0'..='9' | 'A'..='F' if at(chars, 2).is_ascii_hexdigit() => {
            byte_run(chars, &['\\'], Step::Backslash)
        }
        'a'..='f' if at(chars, 2).is_ascii_digit() => byte_run(chars, &['\\'], Step::Backslash),
        'n' => one(Step::Backslash, 2, '\n'),
        'r' => one(Step::Backslash, 2, '\r'),
        't' => one(Step::Backslash, 2, '\t'),
        'f' | 'v' => one(Step::Backslash, 2, '\x0C'),
        'b' | '0' | 'a' => one(Step::Backslash, 2, '\0'),
        'e' | 'E' => one(Step::Backslash, 2, '\u{1B}'),
        '"' | '\'' | '\\' | '/' | ',' | '+' | '<' | '>' | ';' | '=' | '#' | ' ' | '@' | '.'
        | '-' | '_' | '(' | ')' | ':' | '&' | '|' => one(Step::Backslash, 2, next),
        _ => None,
    }
}

/// RTF's `\u248?`: a decimal number without leading zeros, and what older readers show instead, which
/// may be a byte (`\'f8`).
fn rtf(chars: Chars) -> Option<Escape> {
    let digits = (0..5).take_while(|&n| at(chars, 2 + n).is_ascii_digit()).count();
    let instead = match (at(chars, 2 + digits), at(chars, 3 + digits)) {
        ('?', _) => 1,
        ('\\', '\'') if byte(chars, 4 + digits).is_some() => 4,
        _ => return None,
    };
    if digits < 2 || at(chars, 2) == '0' {
        return None;
    }
    one(Step::Backslash, 2 + digits + instead, char::from_u32(number(chars, 2, digits, 10)?)?)
}

/// Signs in encapsulated addresses (`IMCEAEX-…MARTA+2EQUILLFEATHER+40…`).
fn encapsulated(chars: Chars) -> Option<Escape> {
    let sign = byte(chars, 1).filter(|b| b.is_ascii_punctuation() || *b == b' ')?;
    one(Step::Percent, 3, char::from(sign))
}

/// `\u0040`, `\u{40}`, `\U00000040`, and surrogate pairs.
fn unicode(chars: Chars) -> Option<Escape> {
    let step = Step::JsonEscape;
    if at(chars, 2) == '{' {
        return braced(chars, 3, step);
    }
    if at(chars, 1) == 'U' {
        return one(step, 10, char::from_u32(number(chars, 2, 8, 16)?)?);
    }
    let unit = number(chars, 2, 4, 16)?;
    if let Some(c) = char::from_u32(unit) {
        return one(step, 6, c);
    }
    let low = (at(chars, 6) == '\\' && at(chars, 7) == 'u')
        .then(|| number(chars, 8, 4, 16))
        .flatten()
        .filter(|low| (0xDC00..0xE000).contains(low) && unit < 0xDC00)?;
    one(step, 12, char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))?)
}

fn braced(chars: Chars, from: usize, step: Step) -> Option<Escape> {
    let digits = (0..=6).find(|&n| at(chars, from + n) == '}').filter(|&n| n > 0)?;
    one(step, from + digits + 1, char::from_u32(number(chars, from, digits, 16)?)?)
}

fn octal(chars: Chars) -> Option<Escape> {
    let mut bytes = Vec::new();
    while at(chars, bytes.len() * 4) == '\\'
        && let Some(value) = number(chars, bytes.len() * 4 + 1, 3, 8)
        && let Ok(byte) = u8::try_from(value)
    {
        bytes.push(byte);
    }
    Some(Escape { step: Step::Backslash, length: bytes.len() * 4, text: Decoded::Bytes(bytes) })
}

fn entity(chars: Chars) -> Option<Escape> {
    let step = Step::HtmlEntity;
    if at(chars, 1) != '#' {
        let (length, c) = entities::named(chars.iter().skip(1).map(|c| c.0))?;
        return one(step, 1 + length, c);
    }
    let (from, radix) = if matches!(at(chars, 2), 'x' | 'X') { (3, 16) } else { (2, 10) };
    let digits = (0..8).take_while(|&n| at(chars, from + n).is_digit(radix)).count();
    if digits == 0 {
        return None;
    }
    let value = number(chars, from, digits, radix)?;
    // Browsers read these references as Windows-1252.
    let c = match u8::try_from(value) {
        Ok(byte @ 0x80..=0x9F) => windows_1252(byte),
        _ => char::from_u32(value)?,
    };
    let semicolon = usize::from(at(chars, from + digits) == ';');
    one(step, from + digits + semicolon, c)
}

/// ECMA-48 control sequences and strings, also after a caret (`^[[0m`).
fn ansi(chars: Chars) -> Option<Escape> {
    let gone =
        |length| Some(Escape { step: Step::Ansi, length, text: Decoded::Chars(vec![Text::GAP]) });
    let mut next = match (at(chars, 0), at(chars, 1)) {
        ('\u{9B}', _) => 1,
        ('^', '[') if at(chars, 2) == '[' => 3,
        ('\u{1B}' | '\u{241B}', '[') => 2,
        ('\u{1B}', ']') => {
            // An operating system command (a title, a link) ends with BEL or ESC \.
            let end = (2..chars.len().min(512))
                .find(|&i| at(chars, i) == '\x07' || at(chars, i) == '\u{1B}')?;
            return gone(if at(chars, end) == '\x07' { end + 1 } else { end + 2 }.min(chars.len()));
        }
        ('\u{1B}', '(' | ')') if chars.len() > 2 => return gone(3),
        ('\u{1B}', _) => return gone(1),
        _ => return None,
    };
    while matches!(at(chars, next), '0'..='9' | ';' | ':' | '?' | '>' | '=' | '!') {
        next += 1;
    }
    at(chars, next).is_ascii_alphabetic().then(|| gone(next + 1)).flatten()
}

/// `_x0040_`, as spreadsheets and list exports write characters that XML names cannot hold.
fn xml_name(chars: Chars) -> Option<Escape> {
    if !matches!(at(chars, 1), 'x' | 'X') || at(chars, 6) != '_' {
        return None;
    }
    one(Step::XmlName, 7, char::from_u32(number(chars, 2, 4, 16)?)?)
}

/// `+AEA-`: UTF-16 in base64 between plus and hyphen (RFC 2152).
fn utf7(chars: Chars) -> Option<Escape> {
    let run = (1..chars.len().min(64))
        .take_while(|&i| at(chars, i).is_ascii_alphanumeric() || matches!(at(chars, i), '+' | '/'))
        .count();
    if run < 3 || at(chars, run + 1) != '-' {
        return None;
    }
    let encoded: String = (1..=run).map(|i| at(chars, i)).collect();
    let bytes = ::base64::engine::general_purpose::STANDARD_NO_PAD.decode(encoded).ok()?;
    if bytes.len() % 2 != 0 {
        return None;
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
    let decoded = String::from_utf16(&units).ok()?;
    if decoded.chars().any(|c| c.is_control() || u32::from(c) > 0x2FFF) {
        return None;
    }
    let text = Decoded::Chars(decoded.chars().collect());
    Some(Escape { step: Step::Utf7, length: run + 2, text })
}

/// RFC 2047: `=?charset?B?…?=` and `=?charset?Q?…?=`. Neighbours separated by white space only
/// belong together, so that space goes too.
fn encoded_word(chars: Chars) -> Option<Escape> {
    if at(chars, 1) != '?' {
        return None;
    }
    let mark = |from: usize| (from..chars.len().min(from + 1024)).find(|&i| at(chars, i) == '?');
    let charset_end = mark(2)?;
    let kind = at(chars, charset_end + 1).to_ascii_lowercase();
    if at(chars, charset_end + 2) != '?' {
        return None;
    }
    let end = mark(charset_end + 3)?;
    if at(chars, end + 1) != '=' {
        return None;
    }
    let payload: String = chars[charset_end + 3..end].iter().map(|c| c.0).collect();
    let bytes = match kind {
        'b' => super::base64::decode_lenient(payload.as_bytes()),
        'q' => q_bytes(&payload),
        _ => return None,
    };
    let charset: String =
        chars[2..charset_end].iter().map(|c| c.0).take_while(|&c| c != '*').collect();
    let text = super::decode_charset(&bytes, &charset);
    let mut length = end + 2;
    let mut next = length;
    while at(chars, next).is_ascii_whitespace() {
        next += 1;
    }
    if at(chars, next) == '=' && at(chars, next + 1) == '?' {
        length = next;
    }
    let text = Decoded::Chars(text.chars().collect());
    Some(Escape { step: Step::EncodedWord, length, text })
}

fn q_bytes(payload: &str) -> Vec<u8> {
    let bytes = payload.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match (bytes[at], hex) {
            (b'=', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'_', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::discovery::text::Encoding;

    fn decoded(text: &str, dialect: Dialect) -> Option<String> {
        let text = Text::decode(text.as_bytes(), Encoding::Utf8);
        decode(&text, dialect).map(|(text, _)| text.iter().map(|c| c.0).collect())
    }

    #[test]
    fn every_escape_is_undone() {
        for (escaped, plain) in [
            ("a%40b", "a@b"),
            ("a%u0040b", "a@b"),
            ("S%C3%B8ren%20V", "Søren V"),
            ("S%F8ren", "Søren"),
            (r"a\u0040b", "a@b"),
            (r"\ud83d\ude00", "😀"),
            (r"\u{40}", "@"),
            (r"a\U00000040b", "a@b"),
            (r"a\x40b\xc3\xb8", "a@bø"),
            (r"a\100b", "a@b"),
            (r"S\C3\B8ren\2c", "Søren,"),
            (r"x\nmarta\t", "x\nmarta\t"),
            (r"CN=Q\, M", "CN=Q, M"),
            (r"S\'f8r\u1085?n", "Sørнn"),
            (r"S\u248\'f8ren", "Søren"),
            (r"S\00F8ren", "Søren"),
            ("MARTA+2EQ+40C", "MARTA.Q@C"),
            ("a&#64;b&#x40;c&commat;d&eacute;", "a@b@c@dé"),
            ("a\x1b[1;31mb", "a\u{FDD0}b"),
            ("a^[[0mb", "a\u{FDD0}b"),
            ("a_x0040_b", "a@b"),
            ("a+AEA-b", "a@b"),
            ("=?utf-8?B?U8O4cmVu?=\r\n =?iso-8859-1?q?_V=E9n?=", "Søren Vén"),
        ] {
            assert_eq!(decoded(escaped, Dialect::General).as_deref(), Some(plain), "{escaped}");
        }
        for plain in ["a=40b", "user=marta", "100% sure", "R&D", r"C:\Windows", "a+b-c", "a_b_"] {
            assert_eq!(decoded(plain, Dialect::General), None, "{plain}");
        }
    }

    #[test]
    fn quoted_printable_joins_lines() {
        let quoted = |text| decoded(text, Dialect::QuotedPrintable);
        assert_eq!(quoted("mar=\r\nta=40x=C3=B8").as_deref(), Some("marta@xø"));
        assert_eq!(quoted("mar= \nta").as_deref(), Some("marta"));
        for plain in ["user=adele", "phone=493090182047", "id=41AB"] {
            assert_eq!(quoted(plain), None, "{plain}");
        }
    }

    #[test]
    fn places_point_at_the_raw_bytes() {
        let text = Text::decode(b"x%C3%B8y%40", Encoding::Utf8);
        let (text, met) = decode(&text, Dialect::General).unwrap();
        assert_eq!(text.as_slice(), [('x', 0, 1), ('ø', 1, 7), ('y', 7, 8), ('@', 8, 11)]);
        assert_eq!(met, [Step::Percent]);
    }
}
