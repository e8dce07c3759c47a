//! Text as a reader would see it: decoded characters, folded for comparing, each still knowing the
//! bytes it came from.

mod class;
mod decode;
mod fold;

pub(crate) use class::{continues, is_unspaced, is_word};
pub(crate) use decode::{Encoding, Text, windows_1252};
pub(crate) use fold::{Glyph, fold, fold_str};
