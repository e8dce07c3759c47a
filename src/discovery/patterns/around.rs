//! What stands beside an occurrence.

use crate::discovery::text::{Glyph, continues};

/// The neighbourhood of `glyphs[start..end]`.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub glyphs: &'a [Glyph],
    pub start: usize,
    pub end: usize,
}

impl Around<'_> {
    /// The `n`th character before it, counting from 0; `None` at an end of the text or a gap in it.
    pub(super) fn left(&self, n: usize) -> Option<char> {
        let at = self.start.checked_sub(n + 1)?;
        (!self.glyphs[at + 1..=self.start.min(self.glyphs.len() - 1)].iter().any(|g| g.gap))
            .then(|| self.glyphs[at].c)
    }

    /// The `n`th character after it.
    pub(super) fn right(&self, n: usize) -> Option<char> {
        let at = self.end + n;
        let glyph = self.glyphs.get(at)?;
        (!self.glyphs[self.end..=at].iter().any(|g| g.gap)).then_some(glyph.c)
    }

    /// Whether a word goes on before the first character.
    pub(super) fn word_left(&self) -> bool {
        self.left(0).is_some_and(|c| continues(self.glyphs[self.start].c, c))
    }

    /// Whether a word goes on after the last character.
    pub(super) fn word_right(&self) -> bool {
        self.right(0).is_some_and(|c| continues(self.glyphs[self.end - 1].c, c))
    }

    /// Whether the `n`th character before it is a letter or digit.
    pub(super) fn left_is_word(&self, n: usize) -> bool {
        self.left(n).is_some_and(crate::discovery::text::is_word)
    }

    pub(super) fn right_is_word(&self, n: usize) -> bool {
        self.right(n).is_some_and(crate::discovery::text::is_word)
    }

    /// The characters after it, to the end of the text or a gap.
    pub(super) fn after(&self) -> impl Iterator<Item = char> + '_ {
        (0..).map_while(|n| self.right(n))
    }

    /// The characters before it, from the nearest outwards.
    pub(super) fn before(&self) -> impl Iterator<Item = char> + '_ {
        (0..).map_while(|n| self.left(n))
    }
}

/// The character at an index, NUL outside the text.
pub(super) fn at(glyphs: &[Glyph], index: usize) -> char {
    glyphs.get(index).map_or('\0', |glyph| glyph.c)
}

/// Whether `text` stands at `index`.
pub(super) fn stands(glyphs: &[Glyph], index: usize, text: &[char]) -> bool {
    glyphs
        .get(index..index + text.len())
        .is_some_and(|stretch| stretch.iter().zip(text).all(|(glyph, c)| glyph.c == *c))
}
