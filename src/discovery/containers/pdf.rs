//! Text of PDF files: content streams unpacked, strings of text operators joined.
//!
//! Pages, fonts and positions are not looked at. Strings of one text object are joined the way they
//! follow each other; glyph codes are translated by every character map that the file holds, for
//! which font a string uses is not tracked.

use std::collections::BTreeMap;
use std::io::Read;

/// What was found in a file.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Streams as they are after unpacking: object streams, metadata, attachments.
    pub streams: Vec<Vec<u8>>,
    /// Lines of text shown on pages, once for each character map.
    pub texts: Vec<String>,
    pub encrypted: bool,
    /// Some streams could not be unpacked.
    pub damaged: bool,
}

/// Glyph codes to text, of one font.
type CharMap = BTreeMap<u32, String>;

/// Most bytes read as text, once for each character map.
const MAX_SHOWN: usize = 256 << 20;
/// Most bytes a file's streams may unpack to.
const MAX_UNPACKED: u64 = 256 << 20;

pub(crate) fn read(bytes: &[u8]) -> Contents {
    let encrypted = memchr::memmem::find(bytes, b"/Encrypt").is_some();
    let mut contents = Contents { encrypted, ..Contents::default() };
    let mut budget = MAX_UNPACKED;
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"stream") {
        let keyword = at + found;
        at = keyword + 6;
        if bytes[..keyword].ends_with(b"end") {
            continue;
        }
        let start = at
            + match &bytes[at..] {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                _ => continue,
            };
        let end =
            memchr::memmem::find(&bytes[start..], b"endstream").map_or(bytes.len(), |n| start + n);
        let from = keyword.saturating_sub(2048);
        let dictionary = &bytes[memchr::memmem::rfind(&bytes[from..keyword], b"obj")
            .map_or(from, |n| from + n)..keyword];
        match unpack(dictionary, &bytes[start..end], &mut budget) {
            Some(stream) => contents.streams.push(stream),
            None => contents.damaged |= !is_image(dictionary),
        }
        at = end;
    }
    let maps: Vec<CharMap> =
        contents.streams.iter().filter_map(|stream| char_map(stream)).take(64).collect();
    let mut shown_budget = MAX_SHOWN;
    for stream in &contents.streams {
        if memchr::memmem::find(stream, b"BT").is_none() {
            continue;
        }
        let shown = shown(stream);
        let plain = lines(&shown, None);
        if !plain.trim().is_empty() {
            contents.texts.push(plain);
        }
        for map in &maps {
            let text = lines(&shown, Some(map));
            shown_budget = shown_budget.saturating_sub(text.len() + stream.len());
            contents.texts.push(text);
            if shown_budget == 0 {
                contents.damaged = true;
                return contents;
            }
        }
    }
    contents
}

fn is_image(dictionary: &[u8]) -> bool {
    ["/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/DCT"]
        .iter()
        .any(|name| memchr::memmem::find(dictionary, name.as_bytes()).is_some())
}

fn unpack(dictionary: &[u8], packed: &[u8], budget: &mut u64) -> Option<Vec<u8>> {
    let has = |name: &str| memchr::memmem::find(dictionary, name.as_bytes()).is_some();
    if is_image(dictionary) || has("/LZWDecode") || has("/Crypt") {
        return None;
    }
    let mut bytes = packed.to_vec();
    if has("/ASCII85Decode") || has("/A85") {
        bytes = ascii85(&bytes);
    } else if has("/ASCIIHexDecode") || has("/AHx") {
        let digits: Vec<u8> = bytes
            .iter()
            .filter_map(|&b| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect();
        bytes = digits.chunks(2).map(|p| p[0] << 4 | p.get(1).copied().unwrap_or(0)).collect();
    }
    if !has("/FlateDecode") && !has("/Fl ") {
        return Some(bytes);
    }
    let mut out = Vec::new();
    let result = flate2::read::ZlibDecoder::new(&bytes[..]).take(*budget).read_to_end(&mut out);
    *budget = budget.saturating_sub(out.len() as u64);
    // Producers get the checksum or the length wrong now and then: what came out counts.
    (result.is_ok() || !out.is_empty()).then_some(out)
}

fn ascii85(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group: Vec<u32> = Vec::with_capacity(5);
    for &byte in bytes {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            _ => continue,
        }
        if group.len() == 5 {
            let value = group.iter().fold(0u32, |v, &d| v.wrapping_mul(85).wrapping_add(d));
            out.extend(value.to_be_bytes());
            group.clear();
        }
    }
    if group.len() > 1 {
        let count = group.len() - 1;
        group.resize(5, 84);
        let value = group.iter().fold(0u32, |v, &d| v.wrapping_mul(85).wrapping_add(d));
        out.extend(&value.to_be_bytes()[..count]);
    }
    out
}

/// What a content stream shows.
enum Shown {
    /// One string's bytes; whether it was written in hexadecimal.
    Text(Vec<u8>),
    /// A gap wide enough for a space.
    Space,
    Line,
}

fn shown(stream: &[u8]) -> Vec<Shown> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut in_text = false;
    while at < stream.len() {
        match stream[at] {
            b'(' => {
                let (text, end) = literal(stream, at + 1);
                if in_text {
                    out.push(Shown::Text(text));
                }
                at = end;
            }
            b'<' if stream.get(at + 1) == Some(&b'<') => at += 2,
            b'<' => {
                let end = memchr::memchr(b'>', &stream[at..]).map_or(stream.len(), |n| at + n);
                let digits: Vec<u8> = stream[at..end]
                    .iter()
                    .filter_map(|&b| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()))
                    .collect();
                if in_text {
                    out.push(Shown::Text(
                        digits
                            .chunks(2)
                            .map(|p| p[0] << 4 | p.get(1).copied().unwrap_or(0))
                            .collect(),
                    ));
                }
                at = end + 1;
            }
            b'-' | b'0'..=b'9' | b'.' => {
                let end = (at + 1..stream.len())
                    .find(|&i| !matches!(stream[i], b'0'..=b'9' | b'.'))
                    .unwrap_or(stream.len());
                let number =
                    std::str::from_utf8(&stream[at..end]).ok().and_then(|n| n.parse::<f64>().ok());
                // Inside a TJ array: thousandths of the font's size, to the left.
                if number.is_some_and(|n| n < -180.0) && in_text {
                    out.push(Shown::Space);
                }
                at = end;
            }
            byte if byte.is_ascii_alphabetic() || matches!(byte, b'\'' | b'"' | b'*') => {
                let end = (at + 1..stream.len())
                    .find(|&i| !stream[i].is_ascii_alphanumeric() && stream[i] != b'*')
                    .unwrap_or(stream.len());
                match &stream[at..end] {
                    b"BT" => in_text = true,
                    b"ET" => {
                        in_text = false;
                        out.push(Shown::Line);
                    }
                    b"T*" | b"Td" | b"TD" | b"Tm" | b"'" | b"\"" => out.push(Shown::Line),
                    _ => {}
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    out
}

/// A string in parentheses from after the first: its bytes, and where it ends.
fn literal(stream: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    let mut depth = 1;
    while at < stream.len() {
        let byte = stream[at];
        at += 1;
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            b'\\' => {
                let next = stream.get(at).copied().unwrap_or(b'\\');
                at += 1;
                match next {
                    b'n' => out.push(b'\n'),
                    b'r' => out.push(b'\r'),
                    b't' => out.push(b'\t'),
                    b'\n' => {}
                    b'\r' => at += usize::from(stream.get(at) == Some(&b'\n')),
                    b'0'..=b'7' => {
                        let mut value = u32::from(next - b'0');
                        for _ in 0..2 {
                            match stream.get(at) {
                                Some(&digit @ b'0'..=b'7') => {
                                    value = value * 8 + u32::from(digit - b'0');
                                }
                                _ => break,
                            }
                            at += 1;
                        }
                        out.push(value as u8);
                    }
                    other => out.push(other),
                }
                continue;
            }
            _ => {}
        }
        out.push(byte);
    }
    (out, at)
}

fn lines(shown: &[Shown], map: Option<&CharMap>) -> String {
    let mut out = String::new();
    for item in shown {
        match item {
            Shown::Space => out.push(' '),
            Shown::Line => out.push('\n'),
            Shown::Text(bytes) => match map {
                None if bytes.starts_with(&[0xFE, 0xFF]) => {
                    out.push_str(&encoding_rs::UTF_16BE.decode(bytes).0);
                }
                None => out.push_str(&encoding_rs::WINDOWS_1252.decode(bytes).0),
                Some(map) => translate(bytes, map, &mut out),
            },
        }
    }
    out
}

fn translate(bytes: &[u8], map: &CharMap, out: &mut String) {
    // Composite fonts use two bytes a glyph, simple ones a single byte.
    let wide = map.keys().any(|&code| code > 0xFF)
        || bytes.len().is_multiple_of(2) && bytes.chunks_exact(2).all(|pair| pair[0] == 0);
    let step = if wide { 2 } else { 1 };
    for code in bytes.chunks(step) {
        let code = code.iter().fold(0u32, |v, &b| v << 8 | u32::from(b));
        if let Some(text) = map.get(&code) {
            out.push_str(text);
        }
    }
}

/// The character map in a stream, when it is one.
fn char_map(stream: &[u8]) -> Option<CharMap> {
    memchr::memmem::find(stream, b"begincmap")?;
    let text = String::from_utf8_lossy(stream);
    let mut map = CharMap::new();
    for (section, ranges) in [("beginbfchar", false), ("beginbfrange", true)] {
        for block in text.split(section).skip(1) {
            let block = block.split("endbf").next().unwrap_or(block);
            let mut tokens = tokens(block);
            while let Some(Token::Code(first)) = tokens.next() {
                let Ok(first) = u32::from_str_radix(first, 16) else { continue };
                let last = if ranges { tokens.next() } else { Some(Token::Code("")) };
                match (last, tokens.next()) {
                    (Some(Token::Code(last)), Some(Token::Code(text))) => {
                        let last = u32::from_str_radix(last, 16).unwrap_or(first);
                        map_range(first, last, text, &mut map);
                    }
                    (_, Some(Token::Open)) => {
                        for (code, token) in (first..).zip(tokens.by_ref()) {
                            let Token::Code(text) = token else { break };
                            map.insert(code, utf16_hex(text));
                        }
                    }
                    _ => break,
                }
            }
        }
    }
    (!map.is_empty()).then_some(map)
}

/// What a character map's sections are made of.
enum Token<'t> {
    /// The digits between `<` and `>`.
    Code(&'t str),
    Open,
    Close,
}

fn tokens(block: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = block;
    std::iter::from_fn(move || {
        let at = rest.find(['<', '[', ']'])?;
        let (sign, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match sign {
            b'[' => Some(Token::Open),
            b']' => Some(Token::Close),
            _ => {
                let end = after.find('>')?;
                rest = &after[end + 1..];
                Some(Token::Code(after[..end].trim()))
            }
        }
    })
}

/// Codes from `first` to `last` stand for consecutive characters, beginning with `text`.
fn map_range(first: u32, last: u32, text: &str, map: &mut CharMap) {
    let text = utf16_hex(text);
    let mut head: Vec<char> = text.chars().collect();
    let Some(base) = head.pop() else { return };
    let single = last <= first;
    let head: String = head.into_iter().collect();
    for code in first..=last.clamp(first, first.saturating_add(0xFFFF)) {
        if let Some(c) = char::from_u32(u32::from(base) + if single { 0 } else { code - first }) {
            map.insert(code, format!("{head}{c}"));
        }
    }
}

fn utf16_hex(digits: &str) -> String {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(16)).collect();
    let units: Vec<u16> =
        digits.chunks(4).map(|four| four.iter().fold(0u32, |v, d| v << 4 | d) as u16).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_a_text_object_are_joined() {
        let stream = b"BT /F1 12 Tf 72 720 Td [(mar) -20 (ta.q) 15 (uill)] TJ (\\100x\\)) Tj ET BT [(a) -300 (b)] TJ ET";
        let text = lines(&shown(stream), None);
        assert!(text.contains("marta.quill@x)"), "{text}");
        assert!(text.contains("a b"), "{text}");
    }

    #[test]
    fn glyph_codes_are_translated() {
        let map = b"/CIDInit begincmap 1 beginbfchar <0003> <0020> endbfchar 2 beginbfrange <0024> <0026> <0041> <0030> <0031> [<006D> <00660069>] endbfrange endcmap";
        let map = char_map(map).unwrap_or_default();
        let text = lines(&shown(b"BT <002400250026000300300031> Tj ET"), Some(&map));
        assert_eq!(text.trim(), "ABC mfi");
    }

    #[test]
    fn ascii85_is_undone() {
        assert_eq!(ascii85(b"87cURD]i,\"Ebo80~>"), b"Hello World!");
    }
}
