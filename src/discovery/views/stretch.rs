//! Finding bytes of one class, fast: sixteen are compared at a time, sixty-four become one word of
//! bits, and only where such a word says so are bytes looked at.

use std::ops::Range;
use wide::u8x16;

/// Bytes that become one word.
const BLOCK: usize = 64;

/// Which of sixteen bytes are `byte`: all bits of those are set.
pub(super) fn is(bytes: u8x16, byte: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(byte))
}

/// Which of sixteen bytes are from `first` to `last`.
pub(super) fn among(bytes: u8x16, first: u8, last: u8) -> u8x16 {
    let above = bytes - u8x16::splat(first);
    above.min(u8x16::splat(last - first)).simd_eq(above)
}

/// ASCII letters in lower case; a few other signs become letters' neighbours.
pub(super) fn lower(bytes: u8x16) -> u8x16 {
    bytes | u8x16::splat(0x20)
}

/// Calls `each` for every stretch of at least `least` bytes (16 to 32) of a class.
pub(super) fn find(
    bytes: &[u8],
    least: usize,
    class: impl Fn(u8x16) -> u8x16,
    mut each: impl FnMut(Range<usize>),
) {
    debug_assert!((16..=32).contains(&least));
    // Where the stretch began that goes on at the end of the block before.
    let mut open = None;
    for at in (0..bytes.len()).step_by(BLOCK) {
        let here = mark(bytes, at, &class);
        if here == u64::MAX {
            open = open.or(Some(at));
            continue;
        }
        let mut inside = here;
        if let Some(start) = open.take() {
            let ones = here.trailing_ones();
            let end = at + ones as usize;
            if end - start >= least {
                each(start..end);
            }
            inside = here >> ones << ones;
        }
        let mut begins = long_runs(inside, least);
        while begins != 0 {
            let first = begins.trailing_zeros();
            let end = first + (inside >> first).trailing_ones();
            if end as usize == BLOCK {
                break;
            }
            each(at + first as usize..at + end as usize);
            begins = begins >> end << end;
        }
        let last = inside.leading_ones() as usize;
        open = (last > 0).then_some(at + BLOCK - last);
    }
    if let Some(start) = open.filter(|start| bytes.len() - start >= least) {
        each(start..bytes.len());
    }
}

/// Calls `each` for every byte of the class.
pub(super) fn each(bytes: &[u8], class: impl Fn(u8x16) -> u8x16, mut each: impl FnMut(usize)) {
    for at in (0..bytes.len()).step_by(BLOCK) {
        let mut bits = mark(bytes, at, &class);
        while bits != 0 {
            each(at + bits.trailing_zeros() as usize);
            bits &= bits - 1;
        }
    }
}

/// One bit for each of the bytes from `at` on.
fn mark(bytes: &[u8], at: usize, class: &impl Fn(u8x16) -> u8x16) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk::<BLOCK>() {
        Some(block) => gather(block, class),
        None => {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            gather(&block, class) & ((1 << rest.len()) - 1)
        }
    }
}

fn gather(block: &[u8; BLOCK], class: &impl Fn(u8x16) -> u8x16) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    parts
        .iter()
        .rev()
        .fold(0, |bits, part| bits << 16 | u64::from(class(u8x16::new(*part)).to_bitmask()))
}

/// The places from which at least `least` bits (16 to 32) are set.
fn long_runs(bits: u64, least: usize) -> u64 {
    let mut runs = bits;
    for more in [1, 2, 4, 8] {
        runs &= runs >> more;
    }
    runs & runs >> (least - 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_is_found_wherever_it_begins() {
        for least in [16, 20, 22, 23, 24, 32] {
            for before in 0..140 {
                for length in [least - 1, least, least + 1, least + 40, 200, 333] {
                    let a = "a".repeat(length);
                    let text = [&" ".repeat(before), a.as_str(), &" a".repeat(9), " ", &a].concat();
                    let mut found = Vec::new();
                    find(text.as_bytes(), least, |b| is(b, b'a'), |range| found.push(range));
                    let second = before + length + 19;
                    let mut expected = vec![before..before + length, second..second + length];
                    expected.retain(|range| range.len() >= least);
                    assert_eq!(found, expected, "{least} {text}");
                }
            }
        }
    }

    #[test]
    fn every_byte_of_the_class_is_met_in_order() {
        for length in 0..200 {
            let text: Vec<u8> = (0..length).map(|n| if n % 7 == 3 { b'=' } else { b'x' }).collect();
            let mut found = Vec::new();
            each(&text, |bytes| is(bytes, b'='), |at| found.push(at));
            assert_eq!(found, memchr::memchr_iter(b'=', &text).collect::<Vec<_>>());
        }
    }
}
