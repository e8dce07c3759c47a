//! Which characters make words, and where one word ends when no space says so.

use unicode_normalization::char::is_combining_mark;

/// A letter, a digit, or a mark on one.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        c.is_alphanumeric() || is_combining_mark(c)
    }
}

/// Whether `neighbour` makes the word longer that `edge` is the first or last character of.
/// Scripts that are written without spaces end where another script begins: in `担当Marta`, the
/// name stands on its own.
pub(crate) fn continues(edge: char, neighbour: char) -> bool {
    is_word(neighbour) && (is_combining_mark(neighbour) || script(edge) == script(neighbour))
}

/// Whether words of this character's script are written without spaces between them.
pub(crate) fn is_unspaced(c: char) -> bool {
    script(c) != Script::Spaced
}

#[derive(PartialEq)]
enum Script {
    /// All that separates words by spaces, digits included.
    Spaced,
    Han,
    Hiragana,
    Katakana,
    Hangul,
    SouthEastAsian,
}

fn script(c: char) -> Script {
    match u32::from(c) {
        0x3041..=0x309F => Script::Hiragana,
        0x30A0..=0x30FF | 0x31F0..=0x31FF => Script::Katakana,
        0x3005 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF => {
            Script::Han
        }
        0x1100..=0x11FF | 0x3131..=0x318E | 0xAC00..=0xD7FF => Script::Hangul,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Script::SouthEastAsian,
        _ => Script::Spaced,
    }
}
