//! Readings of text that went through something on its way: folded lines, a wrong charset, zeros
//! between letters.

use crate::discovery::text::{Glyph, Text, windows_1252};

/// Text with folded lines joined (RFC 5545, RFC 2849): a line break and one blank vanish. `None` when
/// no line is folded.
pub(super) fn unfolded(text: &Text) -> Option<Text> {
    let chars = text.as_slice();
    let at = |index: usize| chars.get(index).map_or('\0', |c| c.0);
    let mut out = Text::default();
    let mut joined = false;
    let mut next = 0;
    while let Some(&(c, start, end)) = chars.get(next) {
        let break_length = match (c, at(next + 1)) {
            ('\r', '\n') => 2,
            ('\n', _) => 1,
            _ => 0,
        };
        if break_length > 0
            && matches!(at(next + break_length), ' ' | '\t')
            && !at(next + break_length + 1).is_whitespace()
        {
            joined = true;
            next += break_length + 1;
            continue;
        }
        out.push(c, start, end);
        next += 1;
    }
    joined.then_some(out)
}

/// Text with what was typed over or rubbed out gone: a backspace takes the character before it. `None` when
/// there is no backspace.
pub(super) fn erased(text: &Text) -> Option<Text> {
    let mut out: Vec<(char, u32, u32)> = Vec::new();
    let mut erased = false;
    for &(c, start, end) in text.iter() {
        if c == '\u{8}' {
            erased = true;
            out.pop();
        } else {
            out.push((c, start, end));
        }
    }
    let mut text = Text::default();
    out.into_iter().for_each(|(c, start, end)| text.push(c, start, end));
    erased.then_some(text)
}

/// Text in which runs of characters are the Windows-1252 reading of UTF-8 (`Ã¸`), read as UTF-8. `None`
/// when there is no such run.
pub(super) fn repaired(text: &Text) -> Option<Text> {
    let chars = text.as_slice();
    // Nothing to repair in ASCII, nor where no first byte of UTF-8 has another byte of it behind it.
    let begun = |pair: &[(char, u32, u32)]| {
        matches!(pair[0].0, '\u{C2}'..='\u{F4}')
            && windows_1252_byte(pair[1].0).is_some_and(|byte| byte < 0xC0)
    };
    if !chars.windows(2).any(begun) {
        return None;
    }
    let mut out = Text::default();
    let mut repaired = false;
    let mut next = 0;
    while let Some(&(c, start, end)) = chars.get(next) {
        let decoded = if chars[next..].get(..2).is_some_and(begun) {
            let bytes: Vec<u8> =
                chars[next..].iter().take(4).map_while(|c| windows_1252_byte(c.0)).collect();
            (2..=bytes.len()).find_map(|length| {
                let c = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
                (c.len_utf8() == length).then_some((c, length))
            })
        } else {
            None
        };
        match decoded {
            Some((decoded, length)) => {
                repaired = true;
                out.push(decoded, start, chars[next + length - 1].2);
                next += length;
            }
            None => {
                out.push(c, start, end);
                next += 1;
            }
        }
    }
    repaired.then_some(out)
}

/// The byte beyond ASCII that Windows-1252 reads as this character.
fn windows_1252_byte(c: char) -> Option<u8> {
    match c {
        ..'\u{80}' => None,
        '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(c)).ok(),
        // Most of these lie elsewhere in Unicode.
        _ => (0x80..=0x9F).find(|&byte| windows_1252(byte) == c),
    }
}

/// Glyphs without the zeros that stand between letters in turn with them. `None` when there are few.
pub(super) fn without_zeros(glyphs: &[Glyph]) -> Option<Vec<Glyph>> {
    let zero = |at: usize| glyphs.get(at).is_some_and(|glyph| glyph.c == '\0');
    // A zero that ends a string has no other two places further on.
    let in_turn = |at: usize| {
        let next = !zero(at + 1) && zero(at + 2);
        let before = at >= 2 && !zero(at - 1) && zero(at - 2);
        zero(at) && (next || before)
    };
    let turns = (0..glyphs.len()).filter(|&at| in_turn(at)).count();
    let rest = || (0..glyphs.len()).filter(|&at| !in_turn(at)).map(|at| glyphs[at]);
    (turns >= 8).then(|| rest().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::text::Encoding;

    fn read(text: &str, how: fn(&Text) -> Option<Text>) -> Option<String> {
        how(&Text::decode(text.as_bytes(), Encoding::Utf8))
            .map(|text| text.iter().map(|c| c.0).collect())
    }

    #[test]
    fn text_is_put_back_together() {
        assert_eq!(read("mar\r\n ta\n\tx", unfolded).as_deref(), Some("martax"));
        assert_eq!(read("mar\nta", unfolded), None);
        assert_eq!(read("m\u{8}max\u{8}rta", erased).as_deref(), Some("marta"));
        assert_eq!(read("SÃ¸ren VilladsÃ©n â€“", repaired).as_deref(), Some("Søren Villadsén –"));
        assert_eq!(read("Søren", repaired), None);
    }
}
