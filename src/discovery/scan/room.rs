//! Memory shared by the threads of a run, so that many large files at once do not add up.

use std::sync::{Condvar, Mutex, PoisonError};

/// Files smaller than this need not ask.
pub(super) const SMALL: u64 = 1 << 20;

/// Bytes that large files may take at the same time.
#[derive(Debug)]
pub(super) struct Room {
    total: u64,
    left: Mutex<u64>,
    freed: Condvar,
}

/// Bytes taken, given back when dropped.
#[derive(Debug)]
pub(super) struct Taken<'r> {
    room: &'r Room,
    bytes: u64,
}

impl Room {
    pub(super) fn new(total: u64) -> Self {
        Self { total, left: Mutex::new(total), freed: Condvar::new() }
    }

    /// Waits until there is room for `bytes`. A file larger than all of it gets it alone.
    pub(super) fn take(&self, bytes: u64) -> Taken<'_> {
        let bytes = if bytes < SMALL { 0 } else { bytes.min(self.total) };
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.freed.wait_while(left, |left| *left < bytes);
        *wait.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Taken { room: self, bytes }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.room.left.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_take_turns() {
        let room = Room::new(10 * SMALL);
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            let first = room.take(8 * SMALL);
            let second = scope.spawn(|| {
                let _taken = room.take(100 * SMALL);
                order.lock().unwrap_or_else(PoisonError::into_inner).push("second");
            });
            order.lock().unwrap_or_else(PoisonError::into_inner).push("first");
            assert_eq!(room.take(SMALL / 2).bytes, 0, "small files never wait");
            drop(first);
            assert!(second.join().is_ok());
        });
        assert_eq!(order.into_inner().unwrap_or_default(), ["first", "second"]);
        assert_eq!(*room.left.lock().unwrap_or_else(PoisonError::into_inner), 10 * SMALL);
    }
}
