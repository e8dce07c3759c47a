//! How a bench takes its times: the median of some rounds after one that warms the cache.

use std::time::{Duration, Instant};

/// The median time of `rounds` runs of `once`.
pub fn median(rounds: usize, mut once: impl FnMut()) -> Duration {
    once(); // warms the cache
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            once();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// A time in milliseconds, to print.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
