//! What a file system says of files, and what it cannot say: where a row may be believed and where not.

use super::staged::{Stage, StagedFs};
use super::world::{WORD, World, files};
use caseward::fs::Stat;
use caseward::workspace::index::{Freshness, Look, Parts, Surveyed, Work};
use caseward::workspace::{Access, Problem, Workspace};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The world behind a file system that says of files what the stage says.
pub fn staged(world: &World, stage: Stage) -> Workspace {
    let fs = Arc::new(StagedFs::new(&world.root(), stage));
    Workspace::open_with(fs, &world.root(), Access::Write).unwrap()
}

pub fn ask(workspace: &Workspace, freshness: Freshness) -> (Vec<Surveyed>, Vec<Problem>, Work) {
    ask_for(workspace, Parts::Everything, freshness)
}

pub fn ask_for(
    workspace: &Workspace,
    parts: Parts,
    freshness: Freshness,
) -> (Vec<Surveyed>, Vec<Problem>, Work) {
    let look = Look { freshness, ..Look::at(parts) };
    workspace.survey(look, &|_| true, &|seen, _| seen).unwrap()
}

/// Asks until the index answers everything that it ever will, and says how much it does.
fn settle(workspace: &Workspace) -> Work {
    let mut quiet = 0;
    for _ in 0..10_000 {
        let (_, _, of_clocks) = ask_for(workspace, Parts::Clocks, Freshness::Checked);
        let (_, _, work) = ask(workspace, Freshness::Checked);
        quiet = if work.saved || of_clocks.saved { 0 } else { quiet + 1 };
        if work.read + of_clocks.read == 0 || quiet > 5 {
            return work;
        }
    }
    panic!("the index never settles");
}

fn agrees(workspace: &Workspace, when: &str) {
    for parts in [Parts::Clocks, Parts::Everything] {
        // The files first: what the index says is remembered.
        let (read, wrong_in_files, _) = ask_for(workspace, parts, Freshness::FromFiles);
        let (indexed, wrong, _) = ask_for(workspace, parts, Freshness::Checked);
        assert!(indexed == read && wrong == wrong_in_files, "{when}: {parts:?}");
    }
}

/// Another word of the same length in the case, in place.
pub fn reword(world: &World) {
    let text = fs::read_to_string(&world.case).unwrap();
    let other = text.replacen(WORD, "Maelbox", 1);
    assert!(other != text && other.len() == text.len());
    fs::write(&world.case, other).unwrap();
}

fn at(stat: Stat, mtime: i64, ctime: i64) -> Stat {
    Stat { mtime, mtime_nanos: 0, ctime, ctime_nanos: 0, ..stat }
}

/// Long before any index of a test was begun, and long after.
const OLD: i64 = 1_000_000_000;
const LATER: i64 = 4_000_000_000;

/// A clock of which one tick lasts as long as the test: what is changed while it is read looks like
/// what was read.
#[test]
fn what_changes_in_the_tick_of_its_reading_is_seen() {
    let world = World::new();
    let stat = Box::new(|_: &Path, stat| Ok(at(stat, OLD, OLD)));
    let workspace = staged(&world, Stage { stat, ..Stage::default() });
    workspace.forget_index().unwrap();
    // What is not there changes only by being made, which its stamp would tell.
    let work = settle(&workspace);
    assert!(work.read > 100 && !work.saved, "{work:?}");
    reword(&world);
    agrees(&workspace, "changed within the tick");
    assert_eq!(world.indexes(), [world.index()], "nothing half made is left");
}

/// By either of its times a file may be younger than the index.
#[test]
fn what_is_younger_than_its_reading_is_read_again() {
    for (mtime, ctime) in [(LATER, OLD), (OLD, LATER)] {
        let world = World::new();
        let case = world.relative(&world.case);
        let stat =
            move |path: &Path, stat| Ok(if path == case { at(stat, mtime, ctime) } else { stat });
        let workspace = staged(&world, Stage { stat: Box::new(stat), ..Stage::default() });
        let work = settle(&workspace);
        assert!(work.kept > 20, "the others are kept: {work:?}");
        assert_eq!(work.read, 1, "{work:?}");
        reword(&world);
        agrees(&workspace, &format!("{mtime} {ctime}"));
    }
}

#[test]
fn what_cannot_be_looked_at_is_read_every_time() {
    let world = World::new();
    let dir = world.case.parent().unwrap().join("diagnostics");
    fs::create_dir_all(&dir).unwrap();
    let of = world.relative(&dir);
    let stat = move |path: &Path, stat| {
        if path == of { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(stat) }
    };
    let workspace = staged(&world, Stage { stat: Box::new(stat), ..Stage::default() });
    let work = settle(&workspace);
    assert!(work.kept > 20 && work.read == 1, "{work:?}");
    fs::write(dir.join("new.log"), "x").unwrap();
    agrees(&workspace, "a file came");
}

/// A disk that fails for a while leaves no trace in any stamp, so what it failed for is not kept.
#[test]
fn what_could_not_be_read_is_read_again() {
    let world = World::new();
    let tenants = world.root().join("tenants");
    let named = |name: &str| {
        let mut all = files(&tenants);
        all.retain(|path| path.ends_with(name));
        world.relative(all.first().unwrap_or_else(|| panic!("there is no {name}")))
    };
    let audit = world.relative(&world.tenant_dir().join("audit.jsonl"));
    let case = world.relative(world.case.parent().unwrap());
    for path in [named("tenant.toml"), named("case.toml"), named("request.toml"), audit, case] {
        let fails = Arc::new(AtomicBool::new(true));
        let (of, failing) = (path.clone(), Arc::clone(&fails));
        let opens = move |path: &Path| path != of || !failing.load(Ordering::Relaxed);
        let workspace = staged(&world, Stage { opens: Box::new(opens), ..Stage::default() });
        workspace.forget_index().unwrap();
        settle(&workspace);
        agrees(&workspace, &format!("{} cannot be read", path.display()));
        fails.store(false, Ordering::Relaxed);
        agrees(&workspace, &format!("{} can be read again", path.display()));
        let dir = world.case.parent().unwrap().join("diagnostics");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("new.log"), "x").unwrap();
        agrees(&workspace, "and a file came");
        fs::remove_file(dir.join("new.log")).unwrap();
    }
}

/// What was collected under approvals is no other matter.
#[test]
fn what_was_collected_and_could_not_be_read_is_read_again() {
    let world = World::new();
    let records = files(&world.root().join("tenants"));
    let meta = |path: &&PathBuf| {
        path.to_string_lossy().ends_with(".meta.toml")
            && path.parent().unwrap().ends_with("diagnostics")
    };
    let sidecar = records.iter().find(meta).unwrap();
    let approval = world.tenant_dir().join("approvals/SAR-COLLECTED");
    let collected = approval.join("diagnostics/a.log.meta.toml");
    fs::create_dir_all(collected.parent().unwrap()).unwrap();
    fs::write(collected.with_file_name("a.log"), "x").unwrap();
    let text = fs::read_to_string(sidecar).unwrap();
    fs::write(&collected, &text).unwrap();
    for (round, path) in
        [&collected, collected.parent().unwrap(), &approval].into_iter().enumerate()
    {
        let fails = Arc::new(AtomicBool::new(true));
        let (of, failing) = (world.relative(path), Arc::clone(&fails));
        let opens = move |path: &Path| path != of || !failing.load(Ordering::Relaxed);
        let workspace = staged(&world, Stage { opens: Box::new(opens), ..Stage::default() });
        workspace.forget_index().unwrap();
        settle(&workspace);
        fs::write(&collected, format!("{text}# {round}\n[[holds]]\n")).unwrap();
        agrees(&workspace, &format!("{} cannot be read", path.display()));
        fails.store(false, Ordering::Relaxed);
        agrees(&workspace, &format!("{} can be read again", path.display()));
        fs::write(&collected, &text).unwrap();
    }
}

/// The clock of its directory tells nothing of it.
#[test]
fn a_name_that_comes_while_a_row_is_read_is_seen() {
    let world = World::new();
    let dir = world.case.parent().unwrap().join("access");
    fs::create_dir_all(&dir).unwrap();
    let (case, late) = (world.relative(world.case.parent().unwrap()), dir.join("late.toml"));
    let (of, listings) = (world.relative(&dir), AtomicUsize::new(0));
    // Once to know the names, and once to read them.
    let listed = move |path: &Path| {
        if path == of && listings.fetch_add(1, Ordering::Relaxed) == 1 {
            fs::write(&late, "late").unwrap();
        }
    };
    let stat = move |path: &Path, stat| {
        let still = Stat { size: 0, ..at(stat, OLD, OLD) };
        Ok(if path.starts_with(&case) { still } else { stat })
    };
    let stage = Stage { listed: Box::new(listed), stat: Box::new(stat), ..Stage::default() };
    let workspace = staged(&world, stage);
    workspace.forget_index().unwrap();
    settle(&workspace);
    assert!(dir.join("late.toml").exists());
    agrees(&workspace, "the name came");
}

/// Nor does that of what is collected under an approval.
#[test]
fn a_file_that_is_collected_while_that_is_read_is_seen() {
    let world = World::new();
    let dir = world.tenant_dir().join("approvals/SAR-COLLECTED/diagnostics");
    fs::create_dir_all(&dir).unwrap();
    let (of, late, listings) =
        (world.relative(&dir), dir.join("late.log.meta.toml"), AtomicUsize::new(0));
    let collected = of.clone();
    let listed = move |path: &Path| {
        if path == of && listings.fetch_add(1, Ordering::Relaxed) == 1 {
            fs::write(&late, "late").unwrap();
        }
    };
    let stat = move |path: &Path, stat| {
        let still = Stat { size: 0, ..at(stat, OLD, OLD) };
        Ok(if path.starts_with(&collected) { still } else { stat })
    };
    let stage = Stage { listed: Box::new(listed), stat: Box::new(stat), ..Stage::default() };
    let workspace = staged(&world, stage);
    workspace.forget_index().unwrap();
    settle(&workspace);
    assert!(dir.join("late.log.meta.toml").exists());
    agrees(&workspace, "a file came");
}

/// A process may have as many files open as it may: what it cannot look at is not left out.
#[test]
fn a_directory_that_cannot_be_held_open_makes_no_list_shorter() {
    let world = World::new();
    let approval = files(&world.root().join("tenants"));
    let approval = approval.iter().find(|path| path.ends_with("approval.toml")).unwrap();
    let collected = approval.with_file_name("diagnostics");
    fs::create_dir(&collected).unwrap();
    fs::write(collected.join("a.log"), "x").unwrap();
    for settled in [false, true] {
        if settled {
            world.settle();
        }
        for dir in [world.relative(&world.tenant_dir().join("cases")), "tenants".into()] {
            let of = dir.clone();
            let enters = Box::new(move |path: &Path| path != of);
            let workspace = staged(&world, Stage { enters, ..Stage::default() });
            for parts in [Parts::Clocks, Parts::Everything] {
                let (whole, _, _) = ask_for(&world.workspace(), parts, Freshness::FromFiles);
                let survey = workspace.survey(Look::at(parts), &|_| true, &|seen, _| seen);
                match survey {
                    Err(error) => assert!(error.to_string().contains("cases"), "{error}"),
                    Ok((seen, _, _)) => assert!(seen == whole, "{dir:?} {parts:?} {settled}"),
                }
            }
        }
    }
}
