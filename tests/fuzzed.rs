//! The fuzzer's targets on their corpus and on mutations of it: the same ones in every run.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../fuzz/src/targets/mod.rs"]
#[allow(dead_code, reason = "what only the fuzzer itself calls")]
mod targets;

use std::path::Path;

/// Mutations of each seed.
const ROUNDS: usize = 40;

/// A small generator of pseudo-random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) as usize % limit.max(1)
    }

    /// A few changes: other bytes, pieces left out, doubled, or taken from another seed.
    fn mutate(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let (at, length) = (self.below(bytes.len() + 1), self.below(24));
            let end = (at + length).min(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                3 => {
                    let from = self.below(other.len() + 1);
                    let piece = other[from..(from + length).min(other.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                4 => bytes.insert(at, self.below(256) as u8),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
        bytes.truncate(4096);
        bytes
    }
}

#[test]
fn no_input_breaks_a_decoder() {
    for (name, target) in targets::TARGETS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut paths: Vec<_> =
            std::fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert!(seeds.len() >= 2, "{name} has a corpus");
        let mut random = Random(2_026);
        target(b"");
        for seed in &seeds {
            target(seed);
            for _ in 0..ROUNDS {
                let other = &seeds[random.below(seeds.len())];
                target(&random.mutate(seed, other));
            }
        }
    }
}
