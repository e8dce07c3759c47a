//! Work shared among threads.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

/// What `of` makes of each item, in their order, on up to so many threads. Each takes the next item
/// when it is done with one, so items may be of very different sizes.
///
/// # Panics
/// As `of` does.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    of: &(impl Fn(&T) -> R + Sync),
) -> Vec<R> {
    let threads = threads.min(items.len());
    if threads <= 1 {
        return items.iter().map(of).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, of(item)));
        }
    };
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let join = |other: ScopedJoinHandle<'_, _>| {
            other.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        for (at, result) in work().into_iter().chain(others.into_iter().flat_map(join)) {
            results[at] = Some(result);
        }
    });
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::{Barrier, Mutex};

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for threads in [0, 1, 2, 7, 2000] {
            let doubled = map(&items, threads, &|item| item * 2);
            assert!(doubled.iter().copied().eq(items.iter().map(|item| item * 2)), "{threads}");
        }
        assert!(map(&[] as &[u8], 4, &|byte| *byte).is_empty());
    }

    #[test]
    fn several_threads_take_part() {
        let (meet, seen) = (Barrier::new(3), Mutex::new(HashSet::new()));
        map(&[(); 3], 3, &|()| {
            meet.wait();
            seen.lock().unwrap().insert(thread::current().id());
        });
        assert_eq!(seen.into_inner().unwrap().len(), 3);
    }
}
