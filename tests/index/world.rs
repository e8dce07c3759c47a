//! A workspace on disk, asked with and without its index.

use caseward::model::{Id, Time};
use caseward::ops::generate::{self, NewGenerated};
use caseward::ops::retention::SweptItem;
use caseward::ops::{Context, case, retention, status};
use caseward::policy::Actor;
use caseward::policy::retention::RetentionClock;
use caseward::workspace::index::{Freshness, Look, Parts, Surveyed, Work};
use caseward::workspace::{Problem, Workspace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Enough cases for an index to be worth it.
const CASES: u64 = 60;

/// The word that every title of the world's cases is made to begin with.
pub const WORD: &str = "Mailbox";

pub struct World {
    dir: TempDir,
    /// An open case of the tenant with the most.
    pub case: PathBuf,
}

/// The moment that the stories lead to.
fn now() -> Time {
    static NOW: OnceLock<Time> = OnceLock::new();
    *NOW.get_or_init(caseward::env::wall_clock)
}

/// One made-up workspace that the others are copies of.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    let dir = TEMPLATE.get_or_init(|| {
        now();
        let dir = tempfile::tempdir().unwrap();
        let new = NewGenerated { dir: dir.path().join("ws"), cases: CASES, seed: 5 };
        generate::generate(&new, &mut |_, _| {}).unwrap();
        for path in files(&dir.path().join("ws/tenants")) {
            if path.ends_with("case.toml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.replacen("title = \"", &format!("title = \"{WORD} "), 1);
                std::fs::write(&path, text).unwrap();
            }
        }
        dir
    });
    dir.path()
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(&template().join("ws"), &dir.path().join("ws"));
        let open = |path: &PathBuf| {
            path.ends_with("case.toml")
                && std::fs::read_to_string(path).unwrap().contains("status = \"open\"")
        };
        let mut cases = files(&dir.path().join("ws/tenants"));
        cases.retain(open);
        let siblings = |path: &PathBuf| {
            std::fs::read_dir(path.parent().unwrap().parent().unwrap()).unwrap().count()
        };
        let case = cases.into_iter().max_by_key(siblings).unwrap();
        Self { dir, case }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("ws")
    }

    /// A path as the workspace names it.
    pub fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root()).unwrap().to_owned()
    }

    pub fn workspace(&self) -> Workspace {
        Workspace::open(&self.root()).unwrap()
    }

    pub fn context(&self) -> Context {
        let workspace = self.workspace();
        let (tenants, _) = workspace.known_tenants().unwrap();
        let engineer = workspace.config().engineers[0].principal.clone();
        let actor = Actor::resolve(&engineer, "tester", workspace.config(), &tenants).unwrap();
        Context::on(workspace, actor, now())
    }

    pub fn tenant_dir(&self) -> PathBuf {
        self.case.ancestors().nth(3).unwrap().to_path_buf()
    }

    pub fn tenant(&self) -> Id {
        Id::new(self.tenant_dir().file_name().unwrap().to_str().unwrap()).unwrap()
    }

    /// `TENANT/ID` of the open case.
    pub fn case_name(&self) -> String {
        let id = self.case.parent().unwrap().file_name().unwrap().to_str().unwrap();
        format!("{}/{id}", self.tenant())
    }

    /// Asks for everything, and how much had to be read for it.
    pub fn checked(&self) -> (Vec<Surveyed>, Work) {
        self.checked_for(Parts::Everything)
    }

    pub fn checked_for(&self, parts: Parts) -> (Vec<Surveyed>, Work) {
        let look = Look::at(parts);
        let (seen, _, work) = self.workspace().survey(look, &|_| true, &|seen, _| seen).unwrap();
        (seen, work)
    }

    fn ask(&self, parts: Parts, freshness: Freshness) -> (Vec<Surveyed>, Vec<Problem>) {
        let look = Look { parts, freshness, tenant: None };
        let (seen, problems, _) =
            self.workspace().survey(look, &|_| true, &|seen, _| seen).unwrap();
        (seen, problems)
    }

    /// Lists until the index answers everything that it ever will. Each round takes longer than a
    /// tick of the file system's clock sooner or later.
    pub fn settle(&self) {
        let mut quiet = 0;
        for _ in 0..10_000 {
            let (_, of_clocks) = self.checked_for(Parts::Clocks);
            let (_, work) = self.checked();
            quiet = if work.saved || of_clocks.saved { 0 } else { quiet + 1 };
            if work.read + of_clocks.read == 0 || quiet > 5 {
                return;
            }
        }
        panic!("the index never settles");
    }

    /// The index and the files say the same, of the records and of what is made of them.
    pub fn agrees(&self, when: &str) {
        let both = |parts| {
            let both = [Freshness::Checked, Freshness::FromFiles].map(|how| self.ask(parts, how));
            assert_eq!(both[0], both[1], "{when}: {parts:?}");
            both
        };
        // Clocks first: what was read for the rest is remembered for them too.
        both(Parts::Clocks);
        let [_, read] = both(Parts::Everything);
        let context = self.context();
        let landing = |freshness| {
            let (lines, status) = status::landing(&context, freshness).unwrap();
            (serde_json::to_string(&lines).unwrap(), serde_json::to_string(&status).unwrap())
        };
        assert_eq!(landing(Freshness::Checked), landing(Freshness::FromFiles), "{when}");
        self.retention_agrees(when);
        // One tenant alone is read in another way.
        let id = self.tenant();
        let look = Look { tenant: Some(&id), ..Look::at(Parts::Everything) };
        let (alone, _, _) = self.workspace().survey(look, &|_| true, &|seen, _| seen).unwrap();
        let same = read.0.into_iter().filter(|seen| seen.tenant.domain == id);
        assert_eq!(alone, same.collect::<Vec<_>>(), "{when}");
    }

    /// What is under a clock is the same with the index and without.
    fn retention_agrees(&self, when: &str) {
        let list = || {
            let (items, problems) = retention::list(&self.context(), None).unwrap();
            serde_json::to_string_pretty(&(items, problems)).unwrap()
        };
        let (indexed, away) = (list(), self.root().join("away"));
        let cache = self.root().join(".cache");
        let is_there = std::fs::rename(&cache, &away).is_ok();
        let read = list();
        if is_there {
            let _ = std::fs::remove_dir_all(&cache);
            std::fs::rename(&away, &cache).unwrap();
        }
        assert_eq!(indexed, read, "{when}");
        // A sweep, which trusts nothing but the files, finds the same ones due.
        let (items, _) = retention::list(&self.context(), None).unwrap();
        let mut due: Vec<_> = items.into_iter().filter(|item| item.overdue).collect();
        due.retain(|item| item.clock != RetentionClock::Evidence);
        let listed = |held: bool| {
            due.iter()
                .filter(|item| item.held == held)
                .map(|item| &item.path)
                .collect::<BTreeSet<_>>()
        };
        let swept = retention::rehearse(&self.context()).unwrap();
        let found = |verdict: &str| {
            let of = swept.items.iter().filter(|item| item.verdict == verdict);
            let files = of.filter(|item| item.clock != RetentionClock::Evidence);
            let path = |item: &SweptItem| (item.path.clone(), item.path.replace(".meta.toml", ""));
            files.map(path).collect::<Vec<_>>()
        };
        for (held, verdict) in [(false, "planned"), (true, "retained")] {
            let (listed, found) = (listed(held), found(verdict));
            let is_listed =
                |(path, file): &&(String, String)| listed.contains(path) || listed.contains(file);
            assert_eq!(found.iter().find(|both| !is_listed(both)), None, "{when}: {verdict}");
            let all: BTreeSet<_> = found.iter().map(|(path, _)| path).collect();
            assert!(listed.is_subset(&all), "{when}: {verdict}");
        }
    }

    pub fn titles(&self) -> Vec<String> {
        let (lines, _) = case::list(&self.context(), &case::CaseFilter::default()).unwrap();
        lines.into_iter().map(|line| line.title.into()).collect()
    }

    /// What lies in `.cache` that has to do with the index, its locks left out.
    pub fn indexes(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.root().join(".cache")) else { return Vec::new() };
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_none_or(|ending| ending != "lock"))
            .collect()
    }

    pub fn index_holds(&self, words: &[u8]) -> bool {
        let holds = |path: &PathBuf| {
            let bytes = std::fs::read(path).unwrap_or_default();
            bytes.windows(words.len()).any(|window| window == words)
        };
        self.indexes().iter().any(holds)
    }

    /// The one index file.
    pub fn index(&self) -> PathBuf {
        let path = self.indexes().into_iter().find(|path| path.extension().is_none());
        path.expect("there is an index")
    }
}

/// All files below a directory, by path.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().filter_map(Result::ok);
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}
