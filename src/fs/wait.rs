//! Waiting for a lock: who holds it, said to whoever waits.
//!
//! The kernel's lock alone decides. Whoever holds it writes account, process, host and moment into
//! the lock file, for people to read, and empties it when done; a process that died leaves its words
//! and no lock, so the words are read only while somebody holds the lock, and passed over when their
//! process is gone.

use super::{FsFile, RelPath};
use crate::env;
use crate::model::Time;
use crate::text;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// Nothing is said of a wait that is over sooner: commits take milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);
/// More than any holder writes.
const LIMIT: usize = 1024;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The account of the host.
    pub user: String,
    pub pid: u32,
    pub host: String,
    pub since: Time,
}

impl Holder {
    fn this_process() -> Self {
        Self {
            user: env::os_user(),
            pid: std::process::id(),
            host: env::host(),
            since: env::wall_clock(),
        }
    }

    /// Whether it may still be at work: of a process of another host nothing is known.
    fn may_live(&self) -> bool {
        self.host != env::host() || env::is_running(self.pid)
    }

    /// For example `ana.silva (pid 4242 on host7) since 14:02:11 UTC`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (user, host) = (text::safe(&self.user), text::safe(&self.host));
        format!("{user} (pid {} on {host}) since {} UTC", self.pid, self.since.format("%H:%M:%S"))
    }
}

/// Whether the file is one that people wait for; others are locked to say that a process lives.
pub(super) fn is_waited_for(path: &RelPath) -> bool {
    path.name() == ".lock" || path.name() == "lock"
}

/// Writes who holds the lock. It is for people: what cannot be written is left.
pub(super) fn sign(file: &mut dyn FsFile) {
    let Ok(mut words) = serde_json::to_vec(&Holder::this_process()) else { return };
    words.push(b'\n');
    if words.len() <= LIMIT && file.write_at(&words, 0).is_ok() {
        let _ = file.set_len(words.len() as u64);
    }
}

/// Who holds the lock by the words in its file; `None` when they say nothing that can be so.
#[must_use]
pub fn holder(file: &mut dyn FsFile) -> Option<Holder> {
    let mut words = [0; LIMIT];
    let count = file.read_at(&mut words, 0).ok()?;
    let line = words[..count].split(|&byte| byte == b'\n').next()?;
    serde_json::from_slice(line).ok().filter(Holder::may_live)
}

/// Whom is waited for; `None` for somebody of whom nothing is known.
fn in_words(holder: Option<&Holder>) -> String {
    let whom = holder.map_or_else(|| "another process".to_owned(), Holder::in_words);
    format!("waiting for {whom} to finish")
}

/// Called once, with whom is waited for in words, when a wait has become one worth a word.
type Tell = Box<dyn Fn(String) + Send + Sync>;

static TELL: Mutex<Option<Tell>> = Mutex::new(None);
static WAITING: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Says what is to happen when this process has waited for a lock for a second. The last to say it
/// counts.
pub fn on_wait(tell: impl Fn(String) + Send + Sync + 'static) {
    *TELL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(tell));
}

/// Whether this process waits for a lock at this moment: it has nothing to finish then, and may be
/// ended at once.
#[must_use]
pub fn waiting() -> Arc<AtomicBool> {
    Arc::clone(&WAITING)
}

/// Waits with `acquire`, and tells who is waited for when that takes long.
pub(super) fn patiently<T>(file: &mut dyn FsFile, acquire: impl FnOnce() -> T) -> T {
    let (done, is_done) = mpsc::channel::<()>();
    WAITING.store(true, Ordering::SeqCst);
    let acquired = thread::scope(|scope| {
        let teller = move || {
            if is_done.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout)
                && let Some(tell) = &*TELL.lock().unwrap_or_else(PoisonError::into_inner)
            {
                tell(in_words(holder(file).as_ref()));
            }
        };
        // Without a thread to tell it the wait is a silent one.
        let _ = thread::Builder::new().name("waiting".to_owned()).spawn_scoped(scope, teller);
        let acquired = acquire();
        drop(done);
        acquired
    });
    WAITING.store(false, Ordering::SeqCst);
    acquired
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{Fs, RealFs};

    #[test]
    fn words_of_a_process_that_is_gone_name_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let fs = RealFs::open(dir.path()).unwrap();
        let path = RelPath::new("lock").unwrap();
        let lock = fs.lock(&path).unwrap();
        let mut file = fs.open_write(&path).unwrap();
        let own = holder(&mut *file).unwrap();
        assert_eq!((own.pid, own.user), (std::process::id(), env::os_user()));
        // No process has a number this high.
        let gone = Holder { pid: u32::MAX >> 1, ..Holder::this_process() };
        let said = |words: &[u8], file: &mut dyn FsFile| {
            file.set_len(0).unwrap();
            file.write_at(words, 0).unwrap();
            holder(file)
        };
        assert_eq!(said(&serde_json::to_vec(&gone).unwrap(), &mut *file), None);
        let elsewhere = Holder { host: "another".to_owned(), ..gone };
        let words = serde_json::to_vec(&elsewhere).unwrap();
        assert_eq!(said(&words, &mut *file), Some(elsewhere));
        for garbled in [&b""[..], b"\n", b"{", b"\xff\xfe", &[b'x'; 4096], b"{\"user\":1}"] {
            assert_eq!(said(garbled, &mut *file), None);
        }
        file.write_at(&words, 0).unwrap();
        drop(lock);
        assert_eq!(file.stat().unwrap().size, 0, "nobody holds it, and nobody is named");
    }

    #[test]
    fn a_name_in_a_lock_file_obeys_nobody() {
        let holder = Holder { user: "a\x1b[2J".to_owned(), ..Holder::this_process() };
        assert!(!holder.in_words().contains('\x1b'));
    }
}
