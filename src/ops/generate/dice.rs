//! Numbers that look random and depend on a seed alone.

use chrono::Duration;

/// A sequence of its own for every (seed, part): parts can be made in any order.
#[derive(Debug)]
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    pub(super) fn new(seed: u64, part: u64) -> Self {
        // An odd multiplier spreads neighbouring parts over all seeds.
        Self(fastrand::Rng::with_seed(seed ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// Below `end`; 0 when that is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.usize(..end) }
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0.u64(..)
    }

    pub(super) fn chance(&mut self, of_a_hundred: u32) -> bool {
        self.0.u32(..100) < of_a_hundred
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Mostly small, now and then very large (Pareto): at least `least`, at most `most`. The
    /// larger the tail in (0, 1), the heavier.
    pub(super) fn heavy(&mut self, least: f64, tail: f64, most: f64) -> f64 {
        let unit = 1.0 - self.0.f64();
        (least * unit.powf(-tail)).min(most)
    }

    /// As [`Dice::heavy`], whole.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by most")]
    pub(super) fn heavy_count(&mut self, least: u32, tail: f64, most: u32) -> usize {
        self.heavy(f64::from(least), tail, f64::from(most)) as usize
    }

    /// Whole seconds, evenly below `end`.
    pub(super) fn within(&mut self, end: Duration) -> Duration {
        let seconds = u64::try_from(end.num_seconds()).unwrap_or(0).max(1);
        Duration::seconds(i64::try_from(self.0.u64(..seconds)).unwrap_or(0))
    }

    /// That many characters out of `alphabet`.
    pub(super) fn word(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet))).collect()
    }

    pub(super) fn guid(&mut self) -> String {
        let n = u128::from(self.bits()) << 64 | u128::from(self.bits());
        let hex = format!("{n:032x}");
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}
