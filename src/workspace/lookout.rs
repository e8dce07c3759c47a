//! What others write, noticed while it happens: by few watches, however many cases there are.
//!
//! Every commit of whichever process ends with its directory removed from `.journal/`, every step of
//! the attestation log with a write in `.attest/`: one watch on each tells of all of them. What this
//! process commits is passed over. Edits by hand are told of the case that is open, and of names that
//! come into the workspace's own directory; elsewhere nothing watches.

use super::{CaseRef, Workspace, layout};
use crate::fs::{self, Interest, Noticed, RelPath, Watch, WatchId};
use crate::model::Store;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The ids of this process's last commits; shared by all clones of a workspace.
pub(super) type OwnCommits = Arc<Mutex<VecDeque<String>>>;

/// More commits than are on their way at once.
const OWN: usize = 1024;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// Records, by somebody's commit.
    pub records: bool,
    /// The attestation log.
    pub log: bool,
    /// Something in the directories of the case that is open, perhaps in the middle of a commit.
    pub case: bool,
    /// The workspace is not where it was: moved, removed or unmounted.
    pub gone: bool,
}

impl Changes {
    /// Whether there are any.
    #[must_use]
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// These and those.
    pub fn add(&mut self, other: Self) {
        self.records |= other.records;
        self.log |= other.log;
        self.case |= other.case;
        self.gone |= other.gone;
    }
}

/// The numbers of the watches.
#[derive(Debug, Default)]
struct Watched {
    root: Option<WatchId>,
    journal: Option<WatchId>,
    log: Option<WatchId>,
    case: Vec<WatchId>,
}

/// Watches a workspace.
#[derive(Debug)]
pub struct Lookout {
    workspace: Workspace,
    watch: Watch,
    watched: Mutex<Watched>,
}

impl Workspace {
    /// Notes a commit of this process.
    pub(super) fn note_own(&self, id: &str) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() == OWN {
            own.pop_front();
        }
        own.push_back(id.to_owned());
    }

    fn is_own(&self, id: &str) -> bool {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|known| known == id)
    }

    /// Whether the path that the workspace was opened by still leads to it.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        fs::same_dir(&*self.fs, &self.root).unwrap_or(false)
    }
}

impl Lookout {
    /// # Errors
    /// Others' changes are not told here: a network file system, or too much is watched already.
    pub fn new(workspace: &Workspace) -> io::Result<Self> {
        if workspace.fs.traits(&RelPath::root())?.network {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let lookout =
            Self { workspace: workspace.clone(), watch: Watch::new()?, watched: Mutex::default() };
        let root = lookout.add(&RelPath::root(), Interest::Itself)?;
        lookout.watched().root = Some(root);
        lookout.watch_stores();
        Ok(lookout)
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, dir: &RelPath, of: Interest) -> io::Result<WatchId> {
        self.workspace.fs.watch(&self.watch, dir, of)
    }

    /// Both are made when they are first needed, by whoever needs them.
    fn watch_stores(&self) {
        let journal = self.add(&layout::journal(), Interest::Removals).ok();
        let log = self.add(&layout::attest(), Interest::Contents).ok();
        let mut watched = self.watched();
        (watched.journal, watched.log) = (journal, log);
    }

    /// Watches the directories of a case, and of no other case any more.
    pub fn open_case(&self, case: &CaseRef) {
        let stores = Store::ALL.iter().map(|store| layout::store(case, *store));
        let dirs = [layout::case_dir(case), layout::access_dir(case)].into_iter().chain(stores);
        // Most cases have not all of them.
        let new: Vec<WatchId> =
            dirs.filter_map(|dir| self.add(&dir, Interest::Contents).ok()).collect();
        let old = std::mem::replace(&mut self.watched().case, new.clone());
        for id in old.into_iter().filter(|id| !new.contains(id)) {
            self.watch.forget(id);
        }
    }

    /// Waits until something changed that this process did not commit.
    ///
    /// # Errors
    /// Nothing can be noticed any more.
    pub fn wait(&self) -> io::Result<Changes> {
        loop {
            let mut changes = Changes::default();
            for noticed in self.watch.wait()? {
                changes.add(self.told(&noticed));
            }
            if changes.any() {
                return Ok(changes);
            }
        }
    }

    fn told(&self, noticed: &Noticed) -> Changes {
        let none = Changes::default();
        let (id, name) = match noticed {
            Noticed::TooMuch => {
                return Changes { records: true, log: true, case: true, gone: false };
            }
            Noticed::Gone(id) => {
                let gone = self.watched().root == Some(*id) && !self.workspace.is_in_place();
                return Changes { gone, ..none };
            }
            Noticed::Name(id, name) => (*id, name.to_string_lossy()),
        };
        let watched = self.watched();
        if watched.journal == Some(id) {
            // A stage that nobody committed changed nothing.
            let counts = !name.starts_with(super::stage::UNFINISHED);
            return Changes { records: counts && !self.workspace.is_own(&name), ..none };
        }
        if watched.log == Some(id) {
            let counts = matches!(&*name, "log.jsonl" | "checkpoint");
            return Changes { log: counts, ..none };
        }
        if watched.case.contains(&id) {
            return Changes { case: true, ..none };
        }
        if watched.root == Some(id) {
            drop(watched);
            let (journal, log) = (layout::journal(), layout::attest());
            if name == *journal.name().to_string_lossy() || name == *log.name().to_string_lossy() {
                self.watch_stores();
            }
            // Locks and caches are nobody's records.
            let counts = !matches!(&*name, ".lock" | ".cache");
            return Changes { records: counts, log: counts, ..none };
        }
        none
    }
}

/// What tells that others wrote where nothing notices by itself: looked at when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    journal: Option<(i64, u32)>,
    log: Option<(i64, u32)>,
    in_place: bool,
}

impl Glance {
    /// A look: three calls of the kernel.
    #[must_use]
    pub fn at(workspace: &Workspace) -> Self {
        let changed = |dir: &RelPath| {
            let stat = workspace.fs.stat(dir).ok();
            stat.map(|stat| (stat.mtime, stat.mtime_nanos))
        };
        Self {
            journal: changed(&layout::journal()),
            log: changed(&layout::attest()),
            in_place: workspace.is_in_place(),
        }
    }

    /// What changed between two looks.
    #[must_use]
    pub fn since(self, before: Self) -> Changes {
        Changes {
            records: self.journal != before.journal,
            log: self.log != before.log,
            case: false,
            gone: !self.in_place && before.in_place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Commit, NewWorkspace};

    fn example() -> (tempfile::TempDir, Workspace, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        let at = crate::env::parse_time("2026-11-21T09:00:00Z").unwrap();
        let ours = NewWorkspace::from_example(&dir.path().join("w"), at, "tester").unwrap();
        let theirs = Workspace::open(&dir.path().join("w")).unwrap();
        (dir, ours, theirs)
    }

    fn write(workspace: &Workspace, name: &str) {
        let mut commit = Commit::new();
        commit.replace(RelPath::new(name).unwrap(), name.into());
        workspace.commit(commit).unwrap();
    }

    #[test]
    fn a_commit_of_another_is_told_and_an_own_one_is_not() {
        let (_dir, ours, theirs) = example();
        write(&theirs, "tenants/zero");
        let lookout = Lookout::new(&ours).unwrap();
        write(&ours, "tenants/one");
        drop(theirs.stage().unwrap());
        write(&theirs, "tenants/two");
        assert_eq!(lookout.wait().unwrap(), Changes { records: true, ..Changes::default() });
        write(&ours, "tenants/three");
        // The own one is passed over: the next thing that is told is the end of the workspace.
        let root = ours.root().to_owned();
        let moved = root.with_extension("moved");
        std::fs::rename(&root, &moved).unwrap();
        assert_eq!(lookout.wait().unwrap(), Changes { gone: true, ..Changes::default() });
        assert!(!ours.is_in_place());
        std::fs::rename(&moved, &root).unwrap();
        assert!(ours.is_in_place());
    }

    #[test]
    fn an_edit_by_hand_is_told_of_the_case_that_is_open() {
        let (_dir, ours, _) = example();
        let lookout = Lookout::new(&ours).unwrap();
        let case = ours.find_case("2610240010004182").unwrap();
        let other = ours.find_case("2611200020000943").unwrap();
        lookout.open_case(&other);
        lookout.open_case(&case);
        let path = |case: &CaseRef| ours.root().join(layout::case(case).as_path());
        let text = std::fs::read_to_string(path(&other)).unwrap();
        std::fs::write(path(&other), &text).unwrap();
        let text = std::fs::read_to_string(path(&case)).unwrap();
        std::fs::write(path(&case), &text).unwrap();
        assert_eq!(lookout.wait().unwrap(), Changes { case: true, ..Changes::default() });
    }

    #[test]
    fn a_look_tells_what_was_committed_since() {
        let (_dir, ours, theirs) = example();
        write(&ours, "tenants/one");
        let before = Glance::at(&ours);
        assert!(!Glance::at(&ours).since(before).any());
        write(&theirs, "tenants/two");
        assert!(Glance::at(&ours).since(before).records);
    }
}
