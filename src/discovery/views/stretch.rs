//! Finding stretches of bytes of one class, fast: blocks are tested as a whole, in a way that the
//! compiler turns into vector instructions, and only where one passes are bytes looked at.

use std::ops::Range;

/// Bytes of a word of flags. A stretch of three words less one byte holds two whole words that begin
/// at a multiple of eight.
const WORD: usize = 8;
/// Shortest stretch that is found.
pub(super) const SHORTEST: usize = 3 * WORD - 1;
/// Bytes whose flags are computed together.
const CHUNK: usize = 512;
const ALL: u64 = 0x0101_0101_0101_0101;

/// Calls `each` for every stretch of at least `least` bytes for which `exact` holds. `rough` must hold
/// wherever `exact` does; it should be made of a few comparisons joined without branches.
pub(super) fn find(
    bytes: &[u8],
    least: usize,
    rough: impl Fn(u8) -> bool,
    exact: impl Fn(u8) -> bool,
    mut each: impl FnMut(Range<usize>),
) {
    let mut flags = [0u8; CHUNK];
    let mut done = 0;
    let mut before = 0u64;
    for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
        // No branch and no call: this becomes vector instructions.
        for (flag, &byte) in flags.iter_mut().zip(chunk) {
            *flag = u8::from(rough(byte));
        }
        for (step, word) in flags[..chunk.len()].chunks_exact(WORD).enumerate() {
            let mut eight = [0; WORD];
            eight.copy_from_slice(word);
            let word = u64::from_le_bytes(eight);
            let both = word & before == ALL;
            before = word;
            if !both {
                continue;
            }
            let at = number * CHUNK + (step - usize::from(step > 0)) * WORD;
            if at < done {
                continue;
            }
            let start = at - bytes[done..at].iter().rev().take_while(|&&byte| exact(byte)).count();
            let end = at + bytes[at..].iter().take_while(|&&byte| exact(byte)).count();
            if end - start >= least {
                each(start..end);
            }
            done = end.max(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_is_found_wherever_it_begins() {
        for before in 0..40 {
            for length in SHORTEST..60 {
                let text =
                    [" ".repeat(before), "a".repeat(length), " b".repeat(9), "a".repeat(length)]
                        .concat();
                let mut found = Vec::new();
                find(
                    text.as_bytes(),
                    SHORTEST,
                    |b| b != b' ',
                    |b| b == b'a',
                    |range| found.push(range),
                );
                let second = before + length + 18;
                assert_eq!(found, [before..before + length, second..second + length], "{text}");
            }
        }
    }
}
