//! Searching for all anchors at once, whatever their number.
//!
//! Anchors are looked for by *grams* of four bytes. Of an anchor of n bytes every `stride`-th
//! position of the text must begin one of `stride` consecutive grams as long as n ≥ stride + 3, so
//! only every `stride`-th position is looked at: one load, one multiplication and one bit of a
//! small table. Case is folded by setting bit 5 of every byte, which needs no copy of the text and
//! lets a few other signs through to the comparison that follows. Whatever overlaps is reported,
//! anchors inside anchors included.

use super::anchor::{AnchorKind, Anchors};
use std::collections::HashMap;

/// What each anchor is, and the tables to find them by.
#[derive(Debug)]
pub(crate) struct AnchorIndex {
    anchors: Vec<Vec<u8>>,
    /// What each anchor means: the identifiers it serves.
    served: Vec<Vec<(usize, AnchorKind)>>,
    tiers: Vec<Tier>,
}

/// An anchor in the bytes searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnchorHit {
    pub anchor: usize,
    pub start: usize,
    pub end: usize,
}

/// Anchors of similar length.
#[derive(Debug)]
struct Tier {
    stride: usize,
    /// Which of a gram's four bytes count: all, or fewer for shorter anchors.
    mask: u32,
    shift: u32,
    filter: Filter,
    /// Where each hash's entries begin.
    slots: Vec<u32>,
    entries: Vec<Entry>,
}

/// One bit for each hash of a gram, in a table whose size the compiler knows: then no access needs
/// a check.
#[derive(Debug)]
enum Filter {
    /// Stays in the first cache.
    Small(Box<[u64; SMALL]>),
    /// For thousands of identifiers; stays in the second.
    Large(Box<[u64; LARGE]>),
}

/// Words of the tables: 32 KB and 256 KB.
const SMALL: usize = 1 << 12;
const LARGE: usize = 1 << 15;

/// A gram of an anchor.
#[derive(Debug, Clone, Copy)]
struct Entry {
    gram: u32,
    anchor: u32,
    /// Its place in the anchor.
    offset: u32,
}

/// Shortest anchors of each tier and its stride.
const TIERS: [(usize, usize); 5] = [(8, 5), (6, 3), (4, 1), (3, 1), (1, 1)];

impl AnchorIndex {
    pub(super) fn new(anchors: Anchors) -> Self {
        let (anchors, served): (Vec<Vec<u8>>, Vec<_>) = anchors.map.into_iter().unzip();
        let mut tiers = Vec::new();
        let mut longer = usize::MAX;
        for (least, stride) in TIERS {
            let members: Vec<usize> = (0..anchors.len())
                .filter(|&a| (least..longer).contains(&anchors[a].len()))
                .collect();
            longer = least;
            if !members.is_empty() {
                tiers.push(Tier::new(&anchors, &members, least.min(4), stride));
            }
        }
        merge_small(&mut tiers, &anchors);
        Self { anchors, served, tiers }
    }

    pub(crate) fn served(&self, anchor: usize) -> &[(usize, AnchorKind)] {
        &self.served[anchor]
    }

    /// Calls `found` for every anchor in `bytes`.
    pub(crate) fn search(&self, bytes: &[u8], mut found: impl FnMut(AnchorHit)) {
        for tier in &self.tiers {
            tier.search(bytes, |at, gram| {
                for entry in tier.entries_of(gram) {
                    let anchor = &self.anchors[entry.anchor as usize];
                    let Some(start) = at.checked_sub(entry.offset as usize) else { continue };
                    let end = start + anchor.len();
                    if entry.gram == gram
                        && bytes
                            .get(start..end)
                            .is_some_and(|text| text.eq_ignore_ascii_case(anchor))
                    {
                        found(AnchorHit { anchor: entry.anchor as usize, start, end });
                    }
                }
            });
        }
    }
}

/// One pass over the text costs more than a shorter stride for few anchors, so the anchors of two
/// strided tiers share one.
fn merge_small(tiers: &mut Vec<Tier>, anchors: &[Vec<u8>]) {
    let strided: Vec<usize> = (0..tiers.len()).filter(|&t| tiers[t].stride > 1).collect();
    if let [first, second] = strided[..] {
        let mut members: Vec<usize> = [first, second]
            .iter()
            .flat_map(|&t| tiers[t].entries.iter().map(|e| e.anchor as usize))
            .collect();
        members.sort_unstable();
        members.dedup();
        let stride = tiers[second].stride;
        tiers[first] = Tier::new(anchors, &members, 4, stride);
        tiers.remove(second);
    }
}

const FOLD: u32 = 0x2020_2020;

fn gram_of(bytes: &[u8]) -> u32 {
    let mut four = [0u8; 4];
    let count = bytes.len().min(4);
    four[..count].copy_from_slice(&bytes[..count]);
    u32::from_le_bytes(four) | FOLD
}

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

impl Tier {
    fn new(anchors: &[Vec<u8>], members: &[usize], length: usize, stride: usize) -> Self {
        let mask = if length >= 4 { u32::MAX } else { (1 << (8 * length)) - 1 };
        let masked = |bytes: &[u8]| gram_of(bytes) & mask;
        let window = stride + length - 1;
        // Grams that many anchors share make long lists: each anchor is entered where it differs.
        let mut common: HashMap<u32, u32> = HashMap::new();
        for &member in members {
            for gram in anchors[member].windows(length) {
                *common.entry(masked(gram)).or_default() += 1;
            }
        }
        let mut entries = Vec::with_capacity(members.len() * stride);
        for &member in members {
            let anchor = &anchors[member];
            let cost = |first: usize| -> u32 {
                (first..first + stride)
                    .map(|at| {
                        common[&masked(&anchor[at..at + length])]
                            + plainness(&anchor[at..at + length])
                    })
                    .sum()
            };
            let first = (0..=anchor.len() - window).min_by_key(|&first| cost(first)).unwrap_or(0);
            for offset in first..first + stride {
                let gram = masked(&anchor[offset..offset + length]);
                entries.push(Entry { gram, anchor: member as u32, offset: offset as u32 });
            }
        }
        let filter = if entries.len() < 2 * SMALL {
            Filter::Small(table(&entries))
        } else {
            Filter::Large(table(&entries))
        };
        let size = (entries.len() * 4).next_power_of_two().clamp(1 << 10, 1 << 20);
        let shift = 32 - size.trailing_zeros();
        entries.sort_by_key(|entry| hash(entry.gram) >> shift);
        let mut slots = vec![0u32; size + 1];
        for entry in &entries {
            slots[(hash(entry.gram) >> shift) as usize + 1] += 1;
        }
        for slot in 1..slots.len() {
            slots[slot] += slots[slot - 1];
        }
        Self { stride, mask, shift, filter, slots, entries }
    }

    fn entries_of(&self, gram: u32) -> &[Entry] {
        let slot = (hash(gram) >> self.shift) as usize;
        &self.entries[self.slots[slot] as usize..self.slots[slot + 1] as usize]
    }

    /// Calls `candidate` with every looked-at position whose gram may be an anchor's.
    fn search(&self, bytes: &[u8], candidate: impl FnMut(usize, u32)) {
        match &self.filter {
            Filter::Small(table) => self.search_by(bytes, table, candidate),
            Filter::Large(table) => self.search_by(bytes, table, candidate),
        }
    }

    fn search_by<const SIZE: usize>(
        &self,
        bytes: &[u8],
        table: &[u64; SIZE],
        mut candidate: impl FnMut(usize, u32),
    ) {
        let mask = self.mask;
        let listed = |gram: u32| {
            let (word, bit) = place::<SIZE>(gram);
            table[word] >> bit
        };
        // The stride as a constant lets the compiler unroll and drop checks.
        match self.stride {
            5 => strided::<5>(bytes, mask, listed, &mut candidate),
            3 => strided::<3>(bytes, mask, listed, &mut candidate),
            _ => strided::<1>(bytes, mask, listed, &mut candidate),
        }
    }
}

/// Where a gram's bit is in a table of `SIZE` words, a power of two.
fn place<const SIZE: usize>(gram: u32) -> (usize, u32) {
    let hash = hash(gram);
    let rest = 32 - SIZE.trailing_zeros();
    ((hash >> rest) as usize & (SIZE - 1), hash >> (rest - 6) & 63)
}

fn table<const SIZE: usize>(entries: &[Entry]) -> Box<[u64; SIZE]> {
    let mut table = Box::new([0; SIZE]);
    for entry in entries {
        let (word, bit) = place::<SIZE>(entry.gram);
        table[word] |= 1 << bit;
    }
    table
}

fn strided<const STRIDE: usize>(
    bytes: &[u8],
    mask: u32,
    // Its lowest bit says so.
    listed: impl Fn(u32) -> u64,
    candidate: &mut impl FnMut(usize, u32),
) {
    const STEPS: usize = 8;
    /// Enough for the widest stride; of known size, so that no access needs a check.
    const PIECE: usize = 5 * STEPS + 4;
    let mut at = 0;
    // Eight positions at a time, their bits joined, so that nearly every branch is not taken.
    while let Some(piece) = bytes.get(at..).and_then(<[u8]>::first_chunk::<PIECE>) {
        let mut grams = [0u32; STEPS];
        let mut any = 0;
        for (step, gram) in grams.iter_mut().enumerate() {
            let mut four = [0; 4];
            four.copy_from_slice(&piece[step * STRIDE..step * STRIDE + 4]);
            *gram = (u32::from_le_bytes(four) | FOLD) & mask;
            any |= listed(*gram);
        }
        if any & 1 != 0 {
            for (step, &gram) in grams.iter().enumerate() {
                if listed(gram) & 1 != 0 {
                    candidate(at + step * STRIDE, gram);
                }
            }
        }
        at += STRIDE * STEPS;
    }
    while at < bytes.len() {
        let gram = gram_of(&bytes[at..]) & mask;
        if listed(gram) & 1 != 0 {
            candidate(at, gram);
        }
        at += STRIDE;
    }
}

/// How often a gram is likely to stand in any text: digits, dots and repeated bytes are everywhere.
fn plainness(gram: &[u8]) -> u32 {
    let digits =
        gram.iter().filter(|b| b.is_ascii_hexdigit() || b.is_ascii_punctuation()).count() as u32;
    let same = gram.iter().all(|b| *b == gram[0]);
    digits / 3 + if same { 8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::anchor::TextAnchor;
    use super::*;

    fn index(texts: &[&str]) -> AnchorIndex {
        let mut anchors = Anchors::default();
        for (number, text) in texts.iter().enumerate() {
            let entry = anchors.map.entry(text.as_bytes().to_vec()).or_default();
            entry.push((number, AnchorKind::Text(TextAnchor::Utf8)));
        }
        AnchorIndex::new(anchors)
    }

    /// All occurrences, the slow way.
    fn expected(texts: &[&str], bytes: &[u8]) -> Vec<(String, usize)> {
        let lower = bytes.to_ascii_lowercase();
        let mut found: Vec<(String, usize)> = Vec::new();
        for text in texts {
            found.extend(
                (0..lower.len())
                    .filter(|&at| lower[at..].starts_with(text.as_bytes()))
                    .map(|at| ((*text).to_owned(), at)),
            );
        }
        found.sort();
        found
    }

    #[test]
    fn every_occurrence_is_found_at_every_place() {
        let sets: [&[&str]; 5] = [
            &["quillfeather"],
            &["quillfeather", "feather", "5-0137", "anna", "li,", "jo"],
            &["abcdef", "bcdefg", "abcdefgh", "aaaaaa", "aaaaaaaa"],
            &["x@y"],
            &["10.20.30.4", "4.30.20.10.in", "desktop"],
        ];
        for texts in sets {
            let index = index(texts);
            for pad in 0..70 {
                let mut bytes = vec![b'a'; pad];
                for text in texts {
                    bytes.extend(text.to_uppercase().bytes());
                    bytes.extend(text.bytes());
                }
                let mut found = Vec::new();
                index.search(&bytes, |hit| {
                    found.push((
                        String::from_utf8_lossy(&index.anchors[hit.anchor]).into_owned(),
                        hit.start,
                    ));
                });
                found.sort();
                assert_eq!(found, expected(texts, &bytes), "{texts:?} {pad}");
            }
        }
    }

    #[test]
    fn ten_thousand_alike_anchors_stay_apart() {
        let texts: Vec<String> = (0..10_000).map(|n| format!("user{n:05}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let index = index(&texts);
        let mut found = Vec::new();
        index.search(b"user user0 User04711, user09999 user1234", |hit| found.push(hit.anchor));
        assert_eq!(found, [4711, 9999]);
    }
}
