//! Names: words in order, with any white space or line break between, or `Last, First`.

use super::around::{Around, at, stands};
use super::{Found, Verdict};
use crate::discovery::findings::Reason;
use crate::discovery::text::{Glyph, is_unspaced};
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// Longest stretch between two words of a name, in characters.
const MAX_GAP: usize = 60;

#[derive(Clone, Copy, PartialEq)]
enum Join {
    /// White space, a line break with a quotation's prefix, a plus sign.
    Space,
    /// A comma, and white space if any.
    Comma,
    /// Signs of emphasis, or the border of two columns.
    Column,
    /// Nothing at all, or a sign that stands for a space.
    Sign,
}

pub(super) fn verify(words: &[Vec<char>], glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let length: usize = words.iter().map(|word| word.len() + MAX_GAP).sum();
    let mut best: Option<Found> = None;
    for start in near.start.saturating_sub(length)..near.end {
        // Every order of the name begins with one of its words.
        for turn in 0..words.len() {
            if !stands(glyphs, start, &words[turn]) {
                continue;
            }
            if let Some((end, reason)) = sequence(words, turn, glyphs, start)
                && end > near.start
            {
                let around = Around { glyphs, start, end };
                let reason = boundaries(&around).or(reason);
                best = Some(Found { start, end, verdict: Verdict::unless(reason) }.better(best));
            }
        }
    }
    best.or_else(|| lossy(words, glyphs, near))
}

/// The name with its letters beyond ASCII lost: question marks, or letters of another charset, in
/// their places.
fn lossy(words: &[Vec<char>], glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let pattern = words.join(&' ');
    if pattern.is_ascii_only() || pattern.iter().filter(|c| c.is_ascii_alphanumeric()).count() < 6 {
        return None;
    }
    (near.start.saturating_sub(pattern.len() * 2)..near.end).find_map(|start| {
        let end = lossy_end(&pattern, glyphs, start).filter(|&end| end > near.start)?;
        let around = Around { glyphs, start, end };
        let free = !around.word_left() && !around.word_right();
        free.then_some(Found { start, end, verdict: Verdict::Review(Reason::LostLetters) })
    })
}

trait AsciiOnly {
    fn is_ascii_only(&self) -> bool;
}

impl AsciiOnly for Vec<char> {
    fn is_ascii_only(&self) -> bool {
        self.iter().all(char::is_ascii)
    }
}

fn lossy_end(pattern: &[char], glyphs: &[Glyph], start: usize) -> Option<usize> {
    let mut next = start;
    let mut i = 0;
    let mut lost = false;
    while i < pattern.len() {
        let marked = pattern.get(i + 1).is_some_and(|&c| is_combining_mark(c));
        if pattern[i].is_ascii() && !marked {
            if at(glyphs, next) != pattern[i] {
                return None;
            }
            next += 1;
            i += 1;
            continue;
        }
        // One letter, decomposed, is lost in up to three characters.
        let strange = |c: char| {
            c == '?' || c == char::REPLACEMENT_CHARACTER || (!c.is_ascii() && !c.is_whitespace())
        };
        // A letter with a mark came from beyond ASCII as well.
        let lost_at = |i: usize| strange(at(glyphs, i)) || is_combining_mark(at(glyphs, i + 1));
        let count = (0..6).take_while(|&n| lost_at(next + n)).count();
        if count == 0 {
            return None;
        }
        lost = true;
        next += count;
        i += 1;
        while pattern.get(i).is_some_and(|&c| is_combining_mark(c)) {
            i += 1;
        }
    }
    lost.then_some(next)
}

/// The words from `turn` on, then those before it, beginning at `start`: where they end, and what
/// speaks against taking them for the name.
fn sequence(
    words: &[Vec<char>],
    turn: usize,
    glyphs: &[Glyph],
    start: usize,
) -> Option<(usize, Option<Reason>)> {
    let mut reason = None;
    let mut next = start + words[turn].len();
    for step in 1..words.len() {
        let word = &words[(turn + step) % words.len()];
        let wrapped = (turn + step).is_multiple_of(words.len());
        let (begin, join) = join(glyphs, next)?;
        if !stands(glyphs, begin, word) {
            return None;
        }
        match join {
            Join::Comma if wrapped => {}
            Join::Space if !wrapped => {}
            Join::Comma => reason = reason.or(Some(Reason::Joined)),
            Join::Space => reason = reason.or(Some(Reason::Reversed)),
            Join::Column => reason = reason.or(Some(Reason::Joined)),
            Join::Sign => {
                let together = is_unspaced(at(glyphs, next.wrapping_sub(1))) && begin == next;
                if begin == next && !together || wrapped {
                    return None;
                }
                if !together {
                    reason = reason.or(Some(Reason::Joined));
                }
            }
        }
        next = begin + word.len();
    }
    Some((next, reason))
}

/// What joins the word that ends at `from` to the next: where that begins, and how.
fn join(glyphs: &[Glyph], from: usize) -> Option<(usize, Join)> {
    let comment = std::cell::Cell::new(false);
    let blank = |mut i: usize| {
        while i < from + MAX_GAP {
            match at(glyphs, i) {
                ' ' | '\n' | '+' => i += 1,
                // A quoted line repeats its mark.
                '>' | '|' if line_begins(glyphs, from, i) => i += 1,
                // So does a comment; whether it is one, a person must say.
                '#' | '*' | '/' if line_begins(glyphs, from, i) => {
                    comment.set(true);
                    i += 1;
                }
                _ => break,
            }
        }
        i
    };
    let spaced = blank(from);
    if at(glyphs, spaced) == ',' {
        return Some((blank(spaced + 1), Join::Comma));
    }
    if spaced > from {
        return Some((spaced, if comment.get() { Join::Column } else { Join::Space }));
    }
    match at(glyphs, from) {
        '_' | '-' => Some((from + 1, Join::Sign)),
        // Emphasis and columns: `**First** **Last**`, `"Last";"First"`.
        '*' | '"' | '\'' | ';' => {
            let signs = (from..from + 8)
                .take_while(|&i| matches!(at(glyphs, i), '*' | '"' | '\'' | ';' | ',' | ' '))
                .count();
            Some((from + signs, Join::Column))
        }
        _ => Some((from, Join::Sign)),
    }
}

/// Whether only white space and quotation marks stand between the last line break and `i`.
fn line_begins(glyphs: &[Glyph], from: usize, i: usize) -> bool {
    (from..i).rev().map(|j| at(glyphs, j)).find(|c| !matches!(c, ' ' | '>' | '|' | '#' | '*' | '/'))
        == Some('\n')
}

fn boundaries(around: &Around) -> Option<Reason> {
    if around.word_left() || around.word_right() {
        return Some(Reason::LongerWord);
    }
    // Hyphens and apostrophes tie further words to a name, save the possessive.
    let tied = |c: Option<char>| matches!(c, Some('-' | '\''));
    if tied(around.left(0)) && around.left_is_word(1) && !super::literal::quoted_literal(around) {
        return Some(Reason::LongerName);
    }
    if tied(around.right(0)) && around.right_is_word(1) {
        let possessive = around.right(0) == Some('\'')
            && around.right(1) == Some('s')
            && !around.right_is_word(2);
        if !possessive {
            return Some(Reason::LongerName);
        }
    }
    None
}
