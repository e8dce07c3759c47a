//! What the program keeps of its own in a workspace: the redo journal, the audit log, the index.

use super::{is_plain, splice};
use caseward::fs::sim::SimFs;
use caseward::fs::{FileKind, Fs, RelPath, create_dirs, read};
use caseward::model::{AuditEvent, Id};
use caseward::ops::generate::{self, NewGenerated};
use caseward::workspace::index::{Freshness, Look, Parts, Surveyed};
use caseward::workspace::{Access, Problem, Workspace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tempfile::TempDir;

const CONFIG: &str = "format = 1\nname = \"fuzzed\"\norigin = \"example.com/fuzzed\"\n";
const TENANT: &str = "fuzzed.example";

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a path of ours")
}

fn put(fs: &SimFs, name: &str, bytes: &[u8]) {
    create_dirs(fs, &path(name).parent())
        .and_then(|()| fs.create(&path(name)))
        .and_then(|mut file| file.write_at(bytes, 0))
        .expect("a simulated disk");
}

/// Every file and directory with its contents.
fn tree(fs: &SimFs, dir: &RelPath, all: &mut BTreeMap<RelPath, Option<Vec<u8>>>) {
    for entry in fs.list(dir).unwrap_or_default() {
        let path = dir.join(&entry.name);
        if entry.kind == FileKind::Dir {
            tree(fs, &path, all);
            all.insert(path, None);
        } else {
            let bytes = read(fs, &path).expect("a simulated disk");
            all.insert(path, Some(bytes));
        }
    }
}

fn everything(fs: &SimFs) -> BTreeMap<RelPath, Option<Vec<u8>>> {
    let mut all = BTreeMap::new();
    tree(fs, &RelPath::root(), &mut all);
    all
}

/// A journal entry that says anything: finished or refused; finished, a second start has nothing to do, and
/// refused it is refused alike.
pub fn journal(data: &[u8]) {
    static BASE: LazyLock<SimFs> = LazyLock::new(|| {
        let fs = SimFs::new();
        put(&fs, "workspace.toml", CONFIG.as_bytes());
        put(&fs, "tenants/fuzzed.example/audit.jsonl", b"{}\n");
        put(&fs, ".journal/0a/0", b"first\n");
        put(&fs, ".journal/0a/1", b"second\n");
        fs.settled()
    });
    let fs = BASE.settled();
    put(&fs, ".journal/0a/commit.json", data);
    let start = || {
        let opened = Workspace::open_with(Arc::new(fs.clone()), Path::new("ws"), Access::Write);
        opened.map(|_| ()).map_err(|error| error.to_string())
    };
    let (first, after) = (start(), everything(&fs));
    if let Err(why) = &first {
        assert!(is_plain(why), "{why:?}");
        assert_eq!(start(), first, "refused alike twice");
    } else if fs.stat(&path("workspace.toml")).is_ok() {
        assert!(fs.list(&path(".journal")).is_ok_and(|entries| entries.is_empty()), "forgotten");
        // The configuration may be what was written.
        if read(&fs, &path("workspace.toml")).is_ok_and(|bytes| bytes == CONFIG.as_bytes()) {
            assert_eq!(start(), Ok(()), "finished once is finished");
            assert_eq!(everything(&fs), after, "a second start changes nothing");
        }
    }
}

/// An audit log that says anything: each line is an event or a problem.
pub fn audit(data: &[u8]) {
    let fs = SimFs::new();
    put(&fs, "workspace.toml", CONFIG.as_bytes());
    put(&fs, &format!("tenants/{TENANT}/audit.jsonl"), data);
    let opened = Workspace::open_with(Arc::new(fs), Path::new("ws"), Access::ReadOnly);
    let workspace = opened.expect("a workspace of ours");
    let tenant = Id::new(TENANT).expect("an id");
    let (events, problems) = workspace.audit(&tenant).expect("a log that can be read");
    let lines = data.iter().filter(|byte| **byte == b'\n').count();
    let torn = usize::from(data.last().is_some_and(|byte| *byte != b'\n'));
    assert_eq!(events.len() + problems.len(), lines + torn, "every line is accounted for");
    let latest = workspace.latest_event(&tenant).expect("a log that can be read");
    for event in events {
        let written = serde_json::to_vec(&event).expect("an event is JSON");
        assert!(!written.contains(&b'\n'), "one line");
        let again: AuditEvent = serde_json::from_slice(&written).expect("what was written");
        assert_eq!(again, event);
    }
    assert_eq!(workspace.latest_event(&tenant).ok(), Some(latest));
}

/// A made-up workspace with an index.
struct Indexed {
    workspace: Workspace,
    /// Where the index lies, and what it was.
    file: PathBuf,
    good: Vec<u8>,
    truth: Answer,
    clocks: Answer,
    _dir: TempDir,
}

type Answer = (Vec<Surveyed>, Vec<Problem>);

fn ask(workspace: &Workspace, parts: Parts, freshness: Freshness) -> Answer {
    let look = Look { parts, freshness, tenant: None };
    let asked = workspace.survey(look, &|_| true, &|seen, _| seen);
    let (seen, problems, _) = asked.expect("a workspace that can be read");
    (seen, problems)
}

static INDEXED: LazyLock<Mutex<Indexed>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let root = dir.path().join("ws");
    let new = NewGenerated { dir: root.clone(), cases: 24, seed: 3 };
    generate::generate(&new, &mut |_, _| {}).expect("a workspace");
    let workspace = Workspace::open(&root).expect("a workspace");
    let [truth, clocks] = [Parts::Everything, Parts::Clocks]
        .map(|parts| ask(&workspace, parts, Freshness::FromFiles));
    let file = root.join(format!(".cache/index-{}", caseward::env::account()));
    // Rows settle with the next tick of the file system's clock.
    let good = loop {
        let read = [Parts::Clocks, Parts::Everything].map(|parts| {
            let work = workspace.survey(Look::at(parts), &|_| true, &|_, _| ());
            work.expect("a workspace that can be read").2.read
        });
        if read == [0, 0] {
            break std::fs::read(&file).expect("an index");
        }
    };
    Mutex::new(Indexed { workspace, file, good, truth, clocks, _dir: dir })
});

/// An index that says anything. Without fitting checksums it is none, and lists are what the files say; with
/// them, which only a person can have made, it may lie, and nothing else.
pub fn index(data: &[u8]) {
    let Some((&how, data)) = data.split_first() else { return };
    let indexed = INDEXED.lock().unwrap_or_else(PoisonError::into_inner);
    let good = &indexed.good;
    let front = good.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let bytes = match how % 4 {
        0 => data.to_vec(),
        1 => splice(good, data),
        2 => [&good[..front], data].concat(),
        // The heads, or the newest cases, which stand behind them.
        _ => {
            let (numbers, rest) = good[front..].split_at(32);
            let (heads, rest) = rest.split_at(number(&numbers[..8]));
            let (newest, blocks) = rest.split_at(number(&numbers[16..24]));
            let (mut heads, mut newest) = (heads.to_vec(), newest.to_vec());
            let part = if how / 4 % 2 == 0 { &mut heads } else { &mut newest };
            *part = splice(part, data);
            let size =
                |part: &[u8]| [(part.len() as u64).to_le_bytes(), checksum(part).to_le_bytes()];
            let numbers = [size(&heads).concat(), size(&newest).concat()].concat();
            [&good[..front], &numbers, &heads, &newest, blocks].concat()
        }
    };
    for (parts, truth) in [(Parts::Clocks, &indexed.clocks), (Parts::Everything, &indexed.truth)] {
        std::fs::write(&indexed.file, &bytes).expect("a file of ours");
        let seen = ask(&indexed.workspace, parts, Freshness::Checked);
        if how % 4 != 3 {
            assert_eq!(seen, *truth, "the files say otherwise");
        }
    }
    std::fs::write(&indexed.file, &bytes).expect("a file of ours");
    for freshness in [Freshness::AsIndexed, Freshness::NewestAsIndexed] {
        let (shown, _) = ask(&indexed.workspace, Parts::Everything, freshness);
        assert!(shown.len() <= bytes.len());
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum().into()
}
