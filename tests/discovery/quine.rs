//! A gzip file that unpacks to itself, without end. It is put together here, after the construction
//! of Russ Cox (“Zip Files All The Way Down”, 2010): every instruction is five bytes, either "what
//! follows is literal" or "repeat what was just written".

use crate::persona::*;
use caseward::discovery::{Limits, ProblemKind};
use flate2::Crc;
use std::io::Read;

/// A deflate block that says: `length` literal bytes follow.
fn literal(length: usize) -> Vec<u8> {
    let length = u16::try_from(length).unwrap();
    [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat()
}

/// A deflate block of forty bits that says: repeat the last `length` bytes, in two matches. Only
/// lengths of 17 to 20 make forty bits.
fn repeat(length: usize) -> Vec<u8> {
    assert!((17..=20).contains(&length));
    let high = |value: usize, bits: usize| (0..bits).rev().map(move |bit| value >> bit & 1);
    let low = |value: usize, bits: usize| (0..bits).map(move |bit| value >> bit & 1);
    // Not the last block, fixed codes.
    let mut bits = vec![0, 1, 0];
    for part in [length / 2, length - length / 2] {
        // Lengths from 3 to 10 have the codes from 257 on, distances from 17 to 24 the code 8.
        bits.extend(high(part - 2, 7));
        bits.extend(high(8, 5));
        bits.extend(low(length - 17, 3));
    }
    bits.extend([0; 7]);
    bits.chunks(8)
        .map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | *bit as u8))
        .collect()
}

/// The file with a checksum in it, right or wrong.
fn with_checksum(checksum: u32, size: u32) -> Vec<u8> {
    let head = [&[0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 0xFF][..], b"r\0"].concat();
    let tail = [&[1, 0, 0, 0xFF, 0xFF][..], &checksum.to_le_bytes(), &size.to_le_bytes()].concat();
    let (one, four, none) = (literal(5), literal(20), literal(0));
    let again = repeat(20);
    let (write_head, again_head) = (literal(head.len() + 5), repeat(head.len() + 5));
    let (write_tail, again_tail) = (literal(tail.len() + 5), repeat(tail.len() + 5));
    let (h, t) = (&again_head, &again);
    [
        &head,
        &write_head,
        &head,
        &write_head,
        h,
        &one,
        h,
        &one,
        &one,
        &four,
        h,
        &one,
        &one,
        &four,
        t,
        &four,
        t,
        &four,
        t,
        &four,
        t,
        &four,
        t,
        &none,
        &none,
        &write_tail,
        t,
        &none,
        &none,
        &write_tail,
        &again_tail,
        &tail,
        &again_tail,
        &tail,
    ]
    .into_iter()
    .flatten()
    .copied()
    .collect()
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The file whose checksum is the one that it bears: the sum is linear in the bits that it is made
/// of, so thirty-two equations tell them.
fn quine() -> Vec<u8> {
    let size = with_checksum(0, 0).len() as u32;
    let of = |borne: u32| checksum(&with_checksum(borne, size));
    let wanted = of(0);
    // By its highest bit: what a choice of bits changes, and the choice.
    let mut basis: [Option<(u32, u32)>; 32] = [None; 32];
    for bit in 0..32 {
        let (mut change, mut choice) = (of(1 << bit) ^ wanted ^ 1 << bit, 1 << bit);
        while change != 0 {
            let slot = &mut basis[change.ilog2() as usize];
            let Some((known, with)) = *slot else {
                *slot = Some((change, choice));
                break;
            };
            change ^= known;
            choice ^= with;
        }
    }
    let (mut rest, mut borne) = (wanted, 0);
    while rest != 0 {
        let (known, with) = basis[rest.ilog2() as usize].expect("the equations have a solution");
        rest ^= known;
        borne ^= with;
    }
    with_checksum(borne, size)
}

#[test]
fn a_file_that_unpacks_to_itself_ends_at_the_depth_that_is_allowed() {
    let quine = quine();
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(quine.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, quine, "it is one, checksum and all");
    for depth in [1, 4, Limits::default().depth] {
        let limits = Limits { depth, ..Limits::default() };
        let result = persona().scan_bytes(&quine, &limits);
        let limit: Vec<_> =
            result.problems.iter().filter(|p| p.kind == ProblemKind::Limit).collect();
        assert_eq!(limit.len(), 1, "{:?}", result.problems);
        assert!(limit[0].why.contains("nested"), "{}", limit[0].why);
        // Beside what stands before it, it is searched as any other file.
        let beside = [quine.as_slice(), EMAIL.as_bytes()].concat();
        assert!(!persona().scan_bytes(&beside, &limits).hits.is_empty());
    }
}
