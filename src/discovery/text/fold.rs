//! Folding: what a reader takes for the same text becomes the same characters.
//!
//! Compatibility decomposition (NFKD) and full case folding, both ways (`ß` = `SS`, `ı` = `I`);
//! hyphens, apostrophes and spaces of every kind as the plain ones; invisible characters dropped.
//! Homoglyphs are not folded: a Cyrillic `а` stays another letter.

use super::decode::Text;
use std::sync::LazyLock;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// A folded character and the bytes it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyph {
    pub c: char,
    /// First byte in the window.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Something that is not text (a colour code) stood directly before it.
    pub gap: bool,
}

/// Folds a decoded text.
pub(crate) fn fold(text: &Text) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(text.len());
    let mut gap = false;
    for &(c, start, end) in text.iter() {
        if c == Text::GAP {
            gap = true;
            continue;
        }
        fold_char(c, |c| {
            push(&mut out, Glyph { c, start, end, gap });
            gap = false;
        });
    }
    out
}

/// Folds what a person typed.
pub(crate) fn fold_str(text: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, |c| push(&mut out, Glyph { c, start: 0, end: 0, gap: false }));
    }
    out.into_iter().map(|glyph| glyph.c).collect()
}

/// Appends, keeping combining marks in canonical order.
fn push(out: &mut Vec<Glyph>, glyph: Glyph) {
    // Below the combining marks nothing combines.
    if glyph.c < '\u{300}' {
        return out.push(glyph);
    }
    // The dot that case mapping leaves on a Turkish İ is no letter's own.
    if glyph.c == '\u{307}' && out.last().is_some_and(|before| before.c == 'i') {
        return;
    }
    let class = canonical_combining_class(glyph.c);
    let mut at = out.len();
    if class != 0 {
        while at > 0 && canonical_combining_class(out[at - 1].c) > class {
            at -= 1;
        }
    }
    out.insert(at, glyph);
}

fn fold_char(c: char, mut put: impl FnMut(char)) {
    if c.is_ascii() {
        return put(match c {
            '\r' => '\n',
            '\t' | '\x0B' | '\x0C' => ' ',
            _ => c.to_ascii_lowercase(),
        });
    }
    match usize::try_from(u32::from(c)).ok().and_then(|at| LATIN.get(at)) {
        Some(Some(folded)) => put(*folded),
        _ => fold_any(c, put),
    }
}

/// What the letters that one byte can stand for, and a few more, fold to when it is one character:
/// bytes that are no text at all are read as these.
static LATIN: LazyLock<Vec<Option<char>>> = LazyLock::new(|| {
    let single = |c: char| {
        let mut folded = Vec::new();
        fold_any(c, |c| folded.push(c));
        match folded[..] {
            [one] => Some(one),
            _ => None,
        }
    };
    ('\0'..'\u{250}').map(single).collect()
});

fn fold_any(c: char, mut put: impl FnMut(char)) {
    match plain(c) {
        Plain::Nothing => {}
        Plain::As(c) => put(c),
        Plain::Itself => decompose_compatible(c, |part| {
            if let Plain::As(c) = plain(part) {
                return put(c);
            }
            for upper in part.to_uppercase() {
                for lower in upper.to_lowercase() {
                    // Case mapping can leave a composed letter again (Ǆ, ΐ).
                    decompose_compatible(lower, &mut put);
                }
            }
        }),
    }
}

enum Plain {
    Nothing,
    As(char),
    Itself,
}

fn plain(c: char) -> Plain {
    match c {
        // Soft hyphen, joiners, directional marks, byte-order mark, variation selectors.
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}'
        | '\u{FE00}'..='\u{FE0F}' => Plain::Nothing,
        '\u{85}' | '\u{2028}' | '\u{2029}' => Plain::As('\n'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => {
            Plain::As('-')
        }
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' | '\u{FF07}' => Plain::As('\''),
        // The full stops of Chinese and Japanese stand in domain names too.
        '\u{3002}' | '\u{FF61}' => Plain::As('.'),
        c if c.is_whitespace() => Plain::As(' '),
        _ => Plain::Itself,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        fold_str(text).into_iter().collect()
    }

    #[test]
    fn what_reads_the_same_folds_to_the_same() {
        for (a, b) in [
            ("Straße", "STRASSE"),
            ("ＡＢＣ＠ｘ", "abc@x"),
            ("S\u{f8}ren", "S\u{d8}REN"),
            ("Villads\u{e9}n", "VILLADSE\u{301}N"),
            ("\u{fb01}n", "FIN"),
            ("a\u{a0}b\u{2011}c", "A B-C"),
            ("O\u{2019}Brien", "o'brien"),
            ("mar\u{ad}ta\u{200b}", "Marta"),
            ("İsmail IŞIK", "ismail ışık"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("q\u{323}\u{307}", "q\u{307}\u{323}"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        assert_ne!(folded("m\u{430}rta"), folded("marta"), "homoglyphs stay apart");
    }
}
