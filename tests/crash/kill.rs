//! When one of several programs is killed: drawn so that most of them still run then, and some write.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

/// What became of the kills.
#[derive(Debug, Default, Clone, Copy)]
pub struct Kills {
    /// Programs that were to be killed; some were done before.
    pub tried: usize,
    /// Those that ran until they were killed.
    pub hit: usize,
    /// Those of them whose words still stood in the lock afterwards: they died within a commit.
    /// Others may have, and somebody took the lock since.
    pub in_commit: usize,
}

impl Kills {
    pub fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.hit += other.hit;
        self.in_commit += other.in_commit;
    }
}

/// The moment is the experiment: nothing is asserted about it.
#[derive(Debug)]
pub enum Moment {
    /// After a part of what such a command took before.
    After(Duration),
    /// As soon as it is seen to hold the workspace's lock.
    Locked(Lock),
}

/// How long each kind of command took that was let go on.
#[derive(Debug, Default)]
pub struct Lengths(BTreeMap<String, Vec<Duration>>);

impl Lengths {
    pub fn add(&mut self, kind: &str, length: Duration) {
        self.0.entry(kind.to_owned()).or_default().push(length);
    }

    /// Draws when a command of this kind is to be killed. The first of its kind takes as long as
    /// another one.
    pub fn moment(&self, kind: &str, workspace: &Path, dice: &mut fastrand::Rng) -> Moment {
        // Many commands are refused before they take it, so the other way hits more often.
        if dice.u32(..3) == 0 {
            return Moment::Locked(Lock::of(workspace));
        }
        let of_kind = self.0.get(kind).or_else(|| self.0.values().next());
        let length = of_kind.and_then(|lengths| dice.choice(lengths)).copied().unwrap_or_default();
        Moment::After(length.mul_f64(dice.f64()))
    }
}

/// The workspace's lock, watched by the kernel: whoever takes it writes into it.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    watch: OwnedFd,
}

impl Lock {
    fn of(workspace: &Path) -> Self {
        let path = workspace.join(".lock");
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, &path, WatchFlags::MODIFY).unwrap();
        Self { path, watch }
    }

    fn heed(&self) {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut told = Reader::new(&self.watch, &mut room);
        while told.next().is_ok() {}
    }
}

/// Whether the words of whoever holds the lock, or held it last and died, are this program's.
fn signed(lock: &Path, child: &Child) -> bool {
    let words = std::fs::read_to_string(lock).unwrap_or_default();
    words.contains(&format!("\"pid\":{},", child.id()))
}

impl Moment {
    /// Kills the program at this moment, or lets it be when it is done before.
    pub fn kill(&self, child: &mut Child, workspace: &Path) -> Kills {
        let done = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).unwrap();
        let readable = |fd| PollFd::new(fd, PollFlags::IN);
        match self {
            Self::After(length) => {
                let until = Timespec::try_from(*length).unwrap();
                poll(&mut [readable(&done)], Some(&until)).unwrap();
            }
            Self::Locked(lock) => loop {
                let mut either = [readable(&done), readable(&lock.watch)];
                poll(&mut either, None).unwrap();
                lock.heed();
                if !either[0].revents().is_empty() || signed(&lock.path, child) {
                    break;
                }
            },
        }
        child.kill().unwrap();
        let hit = child.wait().unwrap().code().is_none();
        let in_commit = hit && signed(&workspace.join(".lock"), child);
        Kills { tried: 1, hit: hit.into(), in_commit: in_commit.into() }
    }
}
