//! Prose wrapped to a width.

use crate::text;

/// The text in lines of at most `columns`, broken between words, or within one that is too long.
#[must_use]
pub fn wrap(content: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text::safe_block(content).split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let glue = usize::from(!line.is_empty());
            if text::width(&line) + glue + text::width(word) <= columns {
                if glue == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = broken(word, columns, &mut lines);
        }
        lines.push(line);
    }
    lines
}

/// Puts all but the last piece of a long word on lines of their own.
fn broken(word: &str, columns: usize, lines: &mut Vec<String>) -> String {
    let mut piece = String::new();
    for c in word.chars() {
        let mut longer = piece.clone();
        longer.push(c);
        if text::width(&longer) > columns && !piece.is_empty() {
            // A path breaks behind a slash where that leaves a line worth the name.
            let slash = piece.rfind('/').map(|at| at + 1).filter(|at| *at > columns / 2);
            let rest = piece.split_off(slash.unwrap_or(piece.len()));
            lines.push(std::mem::replace(&mut piece, rest));
            piece.push(c);
        } else {
            piece = longer;
        }
    }
    piece
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_move_to_the_next_line() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 3), ["a", "", "b"]);
    }

    proptest! {
        #[test]
        fn lines_fit_where_a_character_does(content in any::<String>(), columns in 2_usize..30) {
            for line in wrap(&content, columns) {
                // A stand-in such as <202E> is broken like a word.
                prop_assert!(text::width(&line) <= columns, "{line:?}");
            }
        }
    }
}
