//! A stop between any two steps of a commit, and of a whole deletion, leaves all of it or nothing.
//!
//! Every operation runs on a file system that stops after `n` changes, for every `n` until the run
//! is not stopped. Then the workspace is opened on the plain file system, as the next start does.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests look at the workspace from outside the program"
)]

#[path = "rules/world.rs"]
mod world;

use caseward::attest::Log;
use caseward::error::Result;
use caseward::fs::sim::SimFs;
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RelPath};
use caseward::model::{
    Decision, DsrState, DsrType, GivenIdentifier, IdentifierType, PlanScope, Regulation,
    RequestOption, Requester,
};
use caseward::ops::access::DecisionInput;
use caseward::ops::dsr::NewRequest;
use caseward::ops::{Context, access, case, consent, dsr, status};
use caseward::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use world::*;

/// A workspace's files apart from audit logs, the journal, and directories that hold nothing.
type Records = BTreeMap<PathBuf, Vec<u8>>;

/// Copies a directory, files and directories only.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A copy of a prepared workspace, to be stopped in.
struct Trial {
    dir: tempfile::TempDir,
}

impl Trial {
    fn of(prepared: &World) -> Self {
        let mut builder = tempfile::Builder::new();
        builder.prefix("caseward-test-");
        let dir = builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir()).unwrap();
        copy(&prepared.root(), &dir.path().join("ws"));
        Self { dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("ws")
    }

    fn plain(&self) -> Arc<dyn Fs> {
        Arc::new(caseward::fs::RealFs::open(&self.root()).unwrap())
    }

    /// Runs `operation` with at most `steps` changes; whether it was stopped.
    fn stopped_after(&self, steps: u64, operation: &dyn Fn(&Workspace) -> Result<()>) -> bool {
        let stop = Arc::new(StopFs::new(self.plain(), steps));
        let workspace = Workspace::open_with(
            Arc::clone(&stop) as Arc<dyn Fs>,
            &self.root(),
            caseward::workspace::Access::Write,
        )
        .unwrap();
        let result = operation(&workspace);
        // What follows the last step that an operation needs may fail unnoticed, never before it.
        assert!(stop.stopped() || result.is_ok(), "{steps} steps: {result:?}");
        stop.stopped()
    }

    /// Opens as the next start of the program does, deletions included.
    fn reopened(&self) -> Workspace {
        let workspace = Workspace::open(&self.root()).unwrap();
        let context = context(&workspace, NOW, ANA);
        let log = Log::open(Arc::clone(workspace.fs()));
        if log.needs_recovery().unwrap() {
            let mut session = log.lock(time(NOW)).unwrap();
            dsr::settle(&context, &mut session).unwrap();
        }
        workspace
    }

    fn records(&self) -> Records {
        let mut files = files_below(&self.root());
        files.retain(|path, _| !path.ends_with("audit.jsonl") && path != Path::new(".lock"));
        files
    }

    fn directories(&self) -> BTreeSet<PathBuf> {
        let walk = walkdir::WalkDir::new(self.root()).into_iter().map(|entry| entry.unwrap());
        let relative = |path: &Path| path.strip_prefix(self.root()).unwrap().to_owned();
        walk.filter(|entry| entry.file_type().is_dir()).map(|e| relative(e.path())).collect()
    }

    /// What lies in the journal.
    fn journal(&self) -> usize {
        std::fs::read_dir(self.root().join(".journal")).unwrap().count()
    }

    /// The audit logs, each as its lines without the ids and times of events.
    fn events(&self) -> BTreeMap<PathBuf, Vec<String>> {
        let mut files = files_below(&self.root());
        files.retain(|path, _| path.ends_with("audit.jsonl"));
        files
            .into_iter()
            .map(|(path, bytes)| {
                let text = String::from_utf8(bytes).unwrap();
                assert!(
                    text.is_empty() || text.ends_with('\n'),
                    "{}: no torn line",
                    path.display()
                );
                let lines = text.lines().map(|line| {
                    let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
                    event["id"] = "".into();
                    event.to_string()
                });
                (path, lines.collect())
            })
            .collect()
    }
}

/// Stops `operation` after every number of steps: what is left is the old state or the new one, of
/// all files and of all audit logs together, and nothing in the journal.
fn all_or_nothing(prepared: &World, operation: &dyn Fn(&Workspace) -> Result<()>) {
    let untouched = Trial::of(prepared);
    let old = (untouched.records(), untouched.events());
    let done = Trial::of(prepared);
    assert!(!done.stopped_after(u64::MAX - 1, operation));
    let new = (done.records(), done.events());
    assert_ne!(old.0, new.0);
    assert_ne!(old.1, new.1);
    let (mut before, mut after) = (0, 0);
    for steps in 0.. {
        let trial = Trial::of(prepared);
        let stopped = trial.stopped_after(steps, operation);
        let workspace = trial.reopened();
        let journal = std::fs::read_dir(trial.root().join(".journal")).unwrap().count();
        assert_eq!(journal, 0, "{steps} steps: the journal is empty");
        let state = (trial.records(), trial.events());
        if state == old {
            before += 1;
            assert_eq!(after, 0, "{steps} steps: once it is done it stays done");
        } else {
            assert_eq!(state.0, new.0, "{steps} steps: neither the old nor the new records");
            assert_eq!(state.1, new.1, "{steps} steps: each event once");
            after += 1;
        }
        assert_eq!(status::status(&context(&workspace, NOW, ANA)).unwrap().problems, []);
        if !stopped {
            assert!(before > 5 && after > 5, "{before} before and {after} after the commit point");
            return;
        }
    }
}

#[test]
fn a_consent_is_recorded_with_its_event_or_not_at_all() {
    all_or_nothing(&story(&[MIGRATION]), &|workspace| {
        consent::answer(&context(workspace, NOW, ANA), MIGRATION, false, None, None).map(drop)
    });
}

#[test]
fn case_5_a_closing_is_all_or_nothing_in_both_tenants() {
    let world = story(&[MIGRATION]);
    // One access in force, one removed, and one pending: three kinds of ends.
    access::request(&world.as_engineer(ANA), MIGRATION, "fabrikam.com", "why").unwrap();
    all_or_nothing(&world, &|workspace| {
        case::close(&context(workspace, NOW, ANA), MIGRATION).map(drop)
    });
}

#[test]
fn two_files_are_attached_with_their_sidecars_or_none_is() {
    let world = story(&[MIGRATION]);
    let files = [world.file("a.log", b"first\n"), world.file("b.log", &[7; 300_000])];
    all_or_nothing(&world, &|workspace| {
        attach_now(&context(workspace, NOW, ANA), &attachment(MIGRATION, &files)).map(drop)
    });
}

#[test]
fn an_approval_for_both_sides_is_all_or_nothing() {
    let world = story(&[DECLINED]);
    all_or_nothing(&world, &|workspace| {
        let adele = context(workspace, NOW, ADELE);
        access::decide(&adele, "SAR-6JWD83PK", DecisionInput::unsigned(Decision::Approved, None))
            .map(drop)
    });
}

/// A disk that fills after every number of steps, and stays full: what was asked for is done or
/// refused whole, and the next start works, on the full disk as well.
fn a_full_disk_changes_nothing(prepared: &World, operation: &dyn Fn(&Workspace) -> Result<()>) {
    let untouched = Trial::of(prepared);
    let (old, old_tree) = ((untouched.records(), untouched.events()), untouched.directories());
    let done = Trial::of(prepared);
    assert!(!done.stopped_after(u64::MAX - 1, operation));
    let new = (done.records(), done.events());
    let open = |fs: Arc<dyn Fs>, trial: &Trial| {
        Workspace::open_with(fs, &trial.root(), caseward::workspace::Access::Write)
    };
    let (mut refused, mut killed) = (0, 0);
    for steps in 0.. {
        let trial = Trial::of(prepared);
        let full = Arc::new(StopFs::full(trial.plain(), steps));
        let workspace = open(Arc::clone(&full) as Arc<dyn Fs>, &trial).unwrap();
        let result = operation(&workspace);
        let (state, journal) = ((trial.records(), trial.events()), trial.journal());
        assert_eq!(journal, 0, "{steps} steps: the journal is empty at once");
        match &result {
            Ok(()) => assert!(state == new, "{steps} steps: done, and not all of it"),
            Err(error) => {
                refused += 1;
                assert_eq!(error.exit(), caseward::exit::Exit::Io, "{steps} steps: {error}");
                assert!(state == old, "{steps} steps: refused ({error}), and something changed");
                assert_eq!(trial.directories(), old_tree, "{steps} steps: a directory is left");
            }
        }
        // Killed at the same step, and the disk full by the next start.
        let trial = Trial::of(prepared);
        let stopped = trial.stopped_after(steps, operation);
        open(Arc::new(StopFs::full(trial.plain(), 0)), &trial)
            .unwrap_or_else(|error| panic!("{steps} steps: the next start is blocked: {error}"));
        let state = (trial.records(), trial.events());
        assert!(state == old || state == new, "{steps} steps, then full: half of it");
        assert_eq!(trial.journal(), 0, "{steps} steps, then full");
        killed += usize::from(stopped);
        if !full.stopped() {
            break;
        }
    }
    assert!(refused > 5 && killed > 10, "{refused} refused, {killed} killed");
}

#[test]
fn a_disk_that_fills_at_any_step_changes_nothing_and_blocks_nobody() {
    let world = story(&[MIGRATION]);
    access::request(&world.as_engineer(ANA), MIGRATION, "fabrikam.com", "why").unwrap();
    // Records of both tenants are replaced, and both logs grow.
    a_full_disk_changes_nothing(&world, &|workspace| {
        case::close(&context(workspace, NOW, ANA), MIGRATION).map(drop)
    });
    let files = [world.file("a.log", b"first\n")];
    a_full_disk_changes_nothing(&world, &|workspace| {
        attach_now(&context(workspace, NOW, ANA), &attachment(MIGRATION, &files)).map(drop)
    });
    // A directory and a log that were not there.
    let world = story(&[DECLINED]);
    std::fs::remove_file(world.inside("tenants/contoso-test.com/audit.jsonl")).unwrap();
    std::fs::remove_dir_all(world.inside("tenants/contoso-test.com/approvals")).unwrap();
    a_full_disk_changes_nothing(&world, &|workspace| {
        let adele = context(workspace, NOW, ADELE);
        access::decide(&adele, "SAR-6JWD83PK", DecisionInput::unsigned(Decision::Approved, None))
            .map(drop)
    });
}

/// A commit that is being taken back because the disk is full can be stopped as well.
#[test]
fn a_commit_that_is_stopped_while_it_is_taken_back_is_taken_back() {
    let world = story(&[DECLINED]);
    std::fs::remove_file(world.inside("tenants/contoso-test.com/audit.jsonl")).unwrap();
    std::fs::remove_dir_all(world.inside("tenants/contoso-test.com/approvals")).unwrap();
    let approve = |workspace: &Workspace| {
        let adele = context(workspace, NOW, ADELE);
        access::decide(&adele, "SAR-6JWD83PK", DecisionInput::unsigned(Decision::Approved, None))
    };
    let untouched = Trial::of(&world);
    let old = (untouched.records(), untouched.events(), untouched.directories());
    let mut taken_back = 0;
    for steps in 0.. {
        for more in 0.. {
            let trial = Trial::of(&world);
            let full: Arc<dyn Fs> = Arc::new(StopFs::full(trial.plain(), steps));
            let stop = Arc::new(StopFs::new(Arc::clone(&full), steps + more));
            let access = caseward::workspace::Access::Write;
            let fs = Arc::clone(&stop) as Arc<dyn Fs>;
            let workspace = Workspace::open_with(fs, &trial.root(), access).unwrap();
            if approve(&workspace).is_ok() {
                assert!(taken_back > 20, "{taken_back}");
                return;
            }
            let journal = trial.root().join(".journal");
            let undone = std::fs::read_dir(&journal)
                .unwrap()
                .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("old-"));
            trial.reopened();
            assert_eq!(trial.journal(), 0, "full after {steps}, stopped {more} later");
            let state = (trial.records(), trial.events(), trial.directories());
            // Stopped before it was decided to take it back, the next start has room and finishes.
            assert!(!undone || state == old, "full after {steps}, stopped {more} later");
            taken_back += usize::from(undone);
            if !stop.stopped() {
                break;
            }
        }
    }
}

/// The workspace on a simulated disk.
fn simulated(world: &World) -> SimFs {
    let fs = SimFs::new();
    for entry in walkdir::WalkDir::new(world.root()).min_depth(1).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = RelPath::new(entry.path().strip_prefix(world.root()).unwrap()).unwrap();
        if entry.file_type().is_dir() {
            fs.create_dir(&path).unwrap();
        } else {
            let bytes = std::fs::read(entry.path()).unwrap();
            fs.create(&path).unwrap().write_at(&bytes, 0).unwrap();
        }
    }
    fs.settled()
}

/// A flush that fails, of a record or of the log, ends all writing until the next start: whoever
/// shares the open workspace is refused, and nothing reaches the disk.
#[test]
fn after_a_failed_flush_the_whole_program_writes_nothing() {
    let (world, id, _) = approved_deletion();
    let disk = simulated(&world);
    let open = |fs: &SimFs| {
        let fs: Arc<dyn Fs> = Arc::new(fs.clone());
        Workspace::open_with(fs, &world.root(), caseward::workspace::Access::Write).unwrap()
    };
    let probe = disk.settled();
    execute(&context(&open(&probe), NOW, ANA), &id).unwrap();
    let flushes = probe.flushes();
    // Those of the transaction and those of the commit that records it.
    assert!(flushes.iter().any(|flush| flush.name.starts_with(".attest")));
    assert!(flushes.iter().any(|flush| flush.name.starts_with(".journal")));
    for flush in &flushes {
        let fs = disk.settled();
        let workspace = open(&fs);
        fs.fail_step(flush.step, std::io::ErrorKind::Other);
        let what = format!("flush of {}", flush.name);
        assert!(execute(&context(&workspace, NOW, ANA), &id).is_err(), "{what}");
        // Other operations on the same open workspace, as the terminal interface does them.
        let after = fs.steps();
        let again = execute(&context(&workspace, NOW, ANA), &id).unwrap_err();
        assert!(again.to_string().contains("nothing more is written"), "{what}: {again}");
        let engineer = caseward::model::Engineer {
            principal: "dan@support.example.com".to_owned(),
            name: "Dan".to_owned(),
            os_user: None,
            ssh_key: None,
        };
        let after_it = context(&workspace, NOW, ANA);
        let other = caseward::ops::settings::add_engineer(&after_it, engineer).unwrap_err();
        assert!(other.to_string().contains("nothing more is written"), "{what}: {other}");
        assert_eq!(fs.steps(), after, "{what}: something was changed after it");
        // The next start goes on.
        let fs = fs.settled();
        let workspace = open(&fs);
        let done = execute(&context(&workspace, NOW, ANA), &id).unwrap();
        assert!(done.complete, "{what}");
    }
}

#[test]
fn a_refusal_is_logged_once_or_not_at_all() {
    let world = story(&[MIGRATION]);
    let untouched = Trial::of(&world);
    let (records, old) = (untouched.records(), untouched.events());
    let log = PathBuf::from("tenants/contoso.com/audit.jsonl");
    for steps in 0.. {
        let trial = Trial::of(&world);
        let stop = Arc::new(StopFs::new(trial.plain(), steps));
        let access = caseward::workspace::Access::Write;
        let fs = Arc::clone(&stop) as Arc<dyn Fs>;
        let workspace = Workspace::open_with(fs, &trial.root(), access).unwrap();
        // The refusal stands, whether or not it could be logged.
        let refusal = refused(case::remove(&context(&workspace, NOW, ANA), MIGRATION));
        assert_eq!(refusal.rule, "CASE-10");
        trial.reopened();
        assert_eq!(trial.records(), records, "{steps} steps");
        let events = trial.events();
        let added = events[&log].len() - old[&log].len();
        assert!(added <= 1, "{steps} steps: {added} events");
        if !stop.stopped() {
            assert_eq!(added, 1);
            return;
        }
    }
}

/// Recovery itself can be stopped, again and again.
#[test]
fn a_recovery_that_is_stopped_is_recovered_from() {
    let world = story(&[MIGRATION]);
    let close =
        |workspace: &Workspace| case::close(&context(workspace, NOW, ANA), MIGRATION).map(drop);
    let untouched = Trial::of(&world);
    let old = (untouched.records(), untouched.events());
    let done = Trial::of(&world);
    assert!(!done.stopped_after(u64::MAX - 1, &close));
    let new = (done.records(), done.events());
    for steps in 0.. {
        let stopped = {
            let trial = Trial::of(&world);
            let stopped = trial.stopped_after(steps, &close);
            for again in [0, 1, 2, 3, 5, 8] {
                let stop = StopFs::new(trial.plain(), again);
                let access = caseward::workspace::Access::Write;
                let _ = Workspace::open_with(Arc::new(stop), &trial.root(), access);
            }
            trial.reopened();
            let state = (trial.records(), trial.events());
            assert!(
                state == old || state == new,
                "{steps} steps, recovery stopped again and again"
            );
            stopped
        };
        if !stopped {
            return;
        }
    }
}

/// The example without all but these cases of contoso.com: hundreds of runs each copy the workspace.
fn story(cases: &[&str]) -> World {
    let world = World::demo();
    for other in ["fabrikam.com/cases", "northwind.example", "contoso-test.com/cases"] {
        std::fs::remove_dir_all(world.inside(&format!("tenants/{other}"))).unwrap();
    }
    for case in world.workspace.case_ids(&id("contoso.com")).unwrap().0 {
        if !cases.iter().any(|kept| case == **kept) {
            let dir = format!("tenants/contoso.com/cases/{case}");
            std::fs::remove_dir_all(world.inside(&dir)).unwrap();
        }
    }
    world
}

/// Jane's closed engagement: planned by Ana, approved by Ben.
fn approved_deletion() -> (World, String, Vec<String>) {
    let world = story(&[CLOSED]);
    let ana = world.as_engineer(ANA);
    let new = NewRequest {
        tenant: "contoso.com".to_owned(),
        kind: DsrType::Delete,
        regulation: Regulation::Gdpr,
        requester: Requester::Customer,
        option: RequestOption::B,
        cases: vec![CLOSED.to_owned()],
        identifiers: vec![GivenIdentifier::new(
            IdentifierType::Email,
            "jane@contoso.com".to_owned(),
        )],
        allow_single_word: false,
        received_at: None,
    };
    let id = dsr::receive(&ana, new).unwrap().id.to_string();
    dsr::discover(&ana, &id, &|_| {}, &AtomicBool::new(false)).unwrap();
    let plan = dsr::plan(&ana, &id, Some(PlanScope::Engagement), true).unwrap();
    dsr::approve(&world.as_engineer(BEN), &id, None, None).unwrap();
    (world, id, plan.items.into_iter().map(|item| item.path).collect())
}

fn execute(context: &Context, id: &str) -> Result<dsr::Executed> {
    dsr::execute(context, id, &mut |_| {})
}

/// What a deletion leaves behind: everything gone, said so in the log and the request, buried, and
/// no leftover.
fn check_done(trial: &Trial, workspace: &Workspace, named: &str, planned: &[String], steps: u64) {
    let root = trial.root();
    let request = dsr::show(&context(workspace, NOW, ANA), named).unwrap();
    assert_eq!(request.state, DsrState::Fulfilled, "{steps} steps");
    assert_eq!(request.executions.len(), 1, "{steps} steps: recorded once");
    for path in planned {
        assert!(!root.join(path).exists(), "{steps} steps: {path} is left");
    }
    let case = root.join(format!("tenants/contoso.com/cases/{CLOSED}"));
    let left: Vec<_> = std::fs::read_dir(&case).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["tombstone.toml"], "{steps} steps");
    assert!(!root.join("tenants/contoso-test.com/approvals/SAR-B8MZ4RTE").exists());
    let log = Log::open(Arc::clone(workspace.fs()));
    assert_eq!(log.size().unwrap(), 3, "{steps} steps: genesis, begin, end");
    let (begin, end) = (request.executions[0].begin, request.executions[0].end);
    assert_eq!((begin, end), (1, 2));
    let tx = request.executions[0].tx.parse().unwrap();
    let opening = log.opening(tx).unwrap().expect("the opening is there");
    let attested: Vec<String> =
        opening.records.iter().map(|record| record.record.path.display()).collect();
    assert_eq!(attested, planned, "{steps} steps: the log is about these files");
    let names = |tenant: &str| -> Vec<String> {
        let (events, problems) = workspace.audit(&tenant.parse().unwrap()).unwrap();
        assert_eq!(problems, []);
        events.iter().map(|event| event.activity_display_name.to_string()).collect()
    };
    let own = names("contoso.com");
    let count = |name: &str| own.iter().filter(|seen| *seen == name).count();
    assert_eq!(count("Data subject request executed"), 1, "{steps} steps");
    assert_eq!(count("Case expunged"), 1, "{steps} steps");
    assert_eq!(count("Diagnostic deleted"), 2, "{steps} steps: one for each");
}

fn check_no_leftovers(trial: &Trial, workspace: &Workspace, steps: u64) {
    for dir in [".journal", ".attest/txn", ".attest/trash", ".attest/torn"] {
        let left = std::fs::read_dir(trial.root().join(dir)).map_or(0, Iterator::count);
        // A torn tail is kept as evidence, in the step that writes the log.
        assert!(left == 0 || dir == ".attest/torn", "{steps} steps: {left} in {dir}");
    }
    let mut context = context(workspace, NOW, ANA);
    assert_eq!(status::status(&context).unwrap().problems, [], "{steps} steps");
    context.read_only = true;
    let verified = caseward::ops::attest::verify(&context, None, &mut |_, _| {}).unwrap();
    assert!(verified.ok, "{steps} steps: {:?}", verified.checks);
}

#[test]
fn del_4_a_deletion_stopped_anywhere_is_finished_or_never_began() {
    let (world, id, planned) = approved_deletion();
    let run = |workspace: &Workspace| execute(&context(workspace, NOW, ANA), &id).map(drop);
    let untouched = Trial::of(&world);
    let before = untouched.records();
    let (mut never, mut finished) = (0, 0);
    for steps in 0.. {
        let trial = Trial::of(&world);
        let stopped = trial.stopped_after(steps, &run);
        let workspace = trial.reopened();
        check_no_leftovers(&trial, &workspace, steps);
        let state = dsr::show(&context(&workspace, NOW, ANA), &id).unwrap().state;
        if state == DsrState::Approved {
            never += 1;
            assert_eq!(finished, 0, "{steps} steps");
            for path in &planned {
                let bytes = std::fs::read(trial.root().join(path)).unwrap();
                assert_eq!(bytes, before[Path::new(path)], "{steps} steps: {path}");
            }
            let log = Log::open(Arc::clone(workspace.fs()));
            assert_eq!(log.size().unwrap(), 1, "{steps} steps: no entry about nothing");
            // It can be done now.
            let done = execute(&context(&workspace, NOW, ANA), &id).unwrap();
            assert!(done.complete);
        } else {
            finished += 1;
        }
        check_done(&trial, &workspace, &id, &planned, steps);
        // Done again it says the same.
        let again = execute(&context(&workspace, NOW, ANA), &id).unwrap();
        assert!(again.complete && again.items.iter().all(|item| item.verdict == "deleted"));
        if !stopped {
            assert!(never > 5 && finished > 20, "{never} never began, {finished} finished");
            return;
        }
    }
}

/// The settlement after a recovery can be stopped as well.
#[test]
fn del_4_a_settlement_that_is_stopped_is_settled_again() {
    let (world, id, planned) = approved_deletion();
    let run = |workspace: &Workspace| execute(&context(workspace, NOW, ANA), &id).map(drop);
    // Where the run is stopped: in the middle of the transaction, in the quarantine or after it.
    let total = (0..).find(|steps| !Trial::of(&world).stopped_after(*steps, &run)).unwrap();
    for first in [total / 3, total * 2 / 3] {
        for again in 0.. {
            let trial = Trial::of(&world);
            assert!(trial.stopped_after(first, &run));
            let stop = Arc::new(StopFs::new(trial.plain(), again));
            let attempt = || -> Result<()> {
                let access = caseward::workspace::Access::Write;
                let fs = Arc::clone(&stop) as Arc<dyn Fs>;
                let workspace = Workspace::open_with(fs, &trial.root(), access)?;
                let log = Log::open(Arc::clone(workspace.fs()));
                let mut session = log.lock(time(NOW))?;
                dsr::settle(&context(&workspace, NOW, ANA), &mut session).map(drop)
            };
            let result = attempt();
            let stopped = stop.stopped();
            assert!(stopped || result.is_ok(), "{first} and {again} steps: {result:?}");
            let workspace = trial.reopened();
            check_no_leftovers(&trial, &workspace, again);
            let state = dsr::show(&context(&workspace, NOW, ANA), &id).unwrap().state;
            if state == DsrState::Approved {
                execute(&context(&workspace, NOW, ANA), &id).unwrap();
            }
            check_done(&trial, &workspace, &id, &planned, again);
            if !stopped {
                break;
            }
        }
    }
}
