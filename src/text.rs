//! Untrusted text made safe for a terminal, its width, and words that nearly match.
//!
//! File names, file contents and record values come from strangers. On a terminal they pass one of
//! the functions here first: what a terminal would obey is shown instead.

use std::borrow::Cow;
use std::cmp::Reverse;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is shown in place of a character that must not reach a terminal, `None` for the others.
fn stand_in(c: char) -> Option<String> {
    match c {
        // C0 controls, among them ESC, BEL, CR and LF: their control pictures.
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).map(String::from),
        '\x7f' => Some('\u{2421}'.to_string()),
        // C1 controls: CSI, OSC and the like as single characters.
        '\u{80}'..='\u{9f}' => Some(format!("<{:02X}>", c as u32)),
        // Soft hyphen, Arabic letter mark, zero-width space and joiners, directional marks.
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' => Some(format!("<{:04X}>", c as u32)),
        // Line and paragraph separators, bidirectional embeddings and overrides.
        '\u{2028}'..='\u{202e}' => Some(format!("<{:04X}>", c as u32)),
        // Word joiner, invisible operators, bidirectional isolates, deprecated format characters.
        '\u{2060}'..='\u{206f}' => Some(format!("<{:04X}>", c as u32)),
        // Byte order mark, interlinear annotation.
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' => Some(format!("<{:04X}>", c as u32)),
        // Tags: an invisible copy of ASCII.
        '\u{e0000}'..='\u{e007f}' => Some(format!("<{:05X}>", c as u32)),
        _ => None,
    }
}

/// One line of text that a terminal can show: nothing in it moves the cursor, changes a colour,
/// turns the direction or hides.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| stand_in(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match stand_in(c) {
            Some(shown) => safe.push_str(&shown),
            None => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Several lines of text that a terminal can show: line feeds stay, tabs become four spaces.
#[must_use]
pub fn safe_block(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| safe(&line.strip_suffix('\r').unwrap_or(line).replace('\t', "    ")).into())
        .collect();
    lines.join("\n")
}

/// The text of a file: in the encoding that its byte order mark names, else UTF-8, with a
/// replacement character for each mistake. `None` for contents that are no text (a NUL byte within
/// the first 8 KiB without such a mark).
#[must_use]
pub fn decoded(contents: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(contents) {
        return Some(encoding.decode_without_bom_handling(&contents[mark..]).0);
    }
    let beginning = &contents[..contents.len().min(8 << 10)];
    (!beginning.contains(&0)).then(|| String::from_utf8_lossy(contents))
}

/// A JSON document in which what a terminal would obey is escaped too: JSON itself demands that of
/// the controls below U+0020 only. Line feeds between values stay.
#[must_use]
pub fn escaped_json(document: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c != '\n' && stand_in(c).is_some();
    // Of ASCII only the control characters are obeyed: whole lists are nothing else. Stretch by
    // stretch without a branch in between is several times as fast as byte by byte.
    let plain = |stretch: &[u8]| {
        stretch.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\n'))
    };
    if document.as_bytes().chunks(64).all(plain) {
        return Cow::Borrowed(document);
    }
    if !document.chars().any(obeyed) {
        return Cow::Borrowed(document);
    }
    let mut safe = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        if obeyed(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Columns that a terminal needs for the text.
#[must_use]
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text cut to at most `columns`, with `…` where something was cut.
#[must_use]
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let mut cut = String::new();
    for c in text.chars() {
        let columns_of_c = c.width().unwrap_or(0);
        if used + columns_of_c > columns - 1 {
            break;
        }
        used += columns_of_c;
        cut.push(c);
    }
    cut.push('…');
    Cow::Owned(cut)
}

/// The candidate that `word` was probably meant to be, if one is near enough to say so.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    candidates
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&folded, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= 1 + known.chars().count().min(12) / 4)
        // Of two that are as near, the one that begins as it was typed.
        .min_by_key(|(distance, known)| (*distance, Reverse(common_start(&folded, known))))
        .map(|(_, known)| known)
}

fn common_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars().flat_map(char::to_lowercase)).take_while(|(a, b)| a == b).count()
}

/// A number of bytes for people: `812 B`, `4.2 kB`, `1.3 MB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut whole, mut tenths, mut unit) = (count, 0, 0);
    while whole >= 1000 && unit + 1 < UNITS.len() {
        tenths = whole % 1000 / 100;
        whole /= 1000;
        unit += 1;
    }
    if unit == 0 || whole >= 100 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{tenths} {}", UNITS[unit])
    }
}

/// `1 entry`, `2 entries`.
#[must_use]
pub fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// `1 file`, `2 files`.
#[must_use]
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_is_read_in_the_encoding_that_its_mark_names() {
        let utf16: Vec<u8> =
            "\u{feff}Größe\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&utf16).unwrap(), "Größe\r\n");
        assert_eq!(decoded(b"\xef\xbb\xbfplain").unwrap(), "plain");
        assert_eq!(decoded(b"broken \xff").unwrap(), "broken \u{fffd}");
        assert!(decoded(b"PK\x03\x04\0\0").is_none());
    }

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        assert_eq!(safe("a\x1b[31mb"), "a␛[31mb");
        assert_eq!(safe("x\u{202e}gnp.exe"), "x<202E>gnp.exe");
        assert_eq!(safe("a\u{9b}0m"), "a<9B>0m");
        assert_eq!(safe("Zoë 日本"), "Zoë 日本");
        assert_eq!(safe_block("a\r\n\tb\x07"), "a\n    b␇");
    }

    #[test]
    fn a_cut_says_so_and_fits() {
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("abc", 3), "abc");
        assert_eq!(truncate("abc", 0), "");
    }

    #[test]
    fn a_typing_error_finds_its_word() {
        assert_eq!(nearest("eupii", ["euii", "eupi", "oii"]), Some("eupi"));
        assert_eq!(nearest("xyz", ["euii", "eupi"]), None);
        assert_eq!(bytes(4_250), "4.2 kB");
    }

    proptest! {
        #[test]
        fn safe_text_has_no_control_character(text in any::<String>()) {
            prop_assert!(safe(&text).chars().all(|c| !c.is_control() && stand_in(c).is_none()));
        }

        #[test]
        fn truncated_text_fits(text in any::<String>(), columns in 0_usize..20) {
            prop_assert!(width(&truncate(&safe(&text), columns)) <= columns);
        }
    }
}
