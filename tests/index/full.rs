//! A disk that is full at every step of making an index, on a file system that fills up when it is told to.

use super::world::World;
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RealFs};
use caseward::ops::case::{self, CaseFilter};
use caseward::workspace::index::{Freshness, Look, Parts, Surveyed};
use caseward::workspace::{Access, Problem, Workspace};
use std::path::PathBuf;
use std::sync::Arc;

type Answer = (Vec<Surveyed>, Vec<Problem>);

fn ask(workspace: &Workspace, freshness: Freshness) -> Answer {
    let look = Look { parts: Parts::Everything, freshness, tenant: None };
    let (seen, problems, _) = workspace.survey(look, &|_| true, &|seen, _| seen).unwrap();
    (seen, problems)
}

/// The list as people see it.
fn list(world: &World, workspace: Workspace) -> String {
    let mut context = world.context();
    context.workspace = workspace;
    let (lines, problems) = case::list(&context, &CaseFilter::default()).unwrap();
    serde_json::to_string(&(lines, problems)).unwrap()
}

/// What lies in `.cache` beside locks.
fn cache(world: &World) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = world.indexes();
    all.sort();
    all.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Whether an index names every tenant, and tells of each what one of these answers says. One that is
/// made for the first time leaves out what was read before it was begun.
fn tells(at_once: &Answer, truths: &[&Answer]) -> bool {
    let said = |seen: &Surveyed| {
        let of = |truth: &&Answer| truth.0.iter().find(|t| t.tenant == seen.tenant).cloned();
        let known: Vec<Surveyed> = truths.iter().filter_map(of).collect();
        let engagement = |one| known.iter().any(|truth| truth.engagements.contains(one));
        let request = |one| known.iter().any(|truth| truth.requests.contains(one));
        seen.engagements.iter().all(engagement) && seen.requests.iter().all(request)
    };
    at_once.0.len() == truths[0].0.len() && at_once.0.iter().all(said)
}

/// Makes an index on a disk that is full from a step on, or at that step alone, for every step that
/// there is, each time from what `prepare` leaves; how many steps found no room.
fn at_every_step(prepare: &dyn Fn(&World), filling: fn(Arc<dyn Fs>, u64) -> StopFs) -> u64 {
    let world = World::new();
    prepare(&world);
    let before = cache(&world);
    let stale = ask(&world.workspace(), Freshness::AsIndexed);
    let expected = ask(&world.workspace(), Freshness::FromFiles);
    let shown = list(&world, Workspace::open_read_only(&world.root()).unwrap());
    for step in 0_u64.. {
        world.workspace().forget_index().unwrap();
        for (path, bytes) in &before {
            std::fs::write(path, bytes).unwrap();
        }
        let plain: Arc<dyn Fs> = Arc::new(RealFs::open(&world.root()).unwrap());
        let disk = Arc::new(filling(plain, step));
        let on_disk = Arc::clone(&disk) as Arc<dyn Fs>;
        let workspace = Workspace::open_with(on_disk, &world.root(), Access::Write).unwrap();
        assert!(ask(&workspace, Freshness::Checked) == expected, "step {step}: another answer");
        let again = Workspace::open_read_only(&world.root()).unwrap();
        assert_eq!(list(&world, again), shown, "step {step}");
        // What is left is the index that was there, none, or a whole one.
        let after = cache(&world);
        let unfinished = after.iter().find(|(path, _)| path.extension().is_some());
        assert!(
            unfinished.is_none(),
            "step {step}: {:?} is left",
            unfinished.map(|(path, _)| path)
        );
        if after != before && !after.is_empty() {
            let at_once = ask(&world.workspace(), Freshness::AsIndexed);
            assert!(tells(&at_once, &[&expected, &stale]), "step {step}: half an index is left");
        }
        // And whoever comes next, with room, makes one.
        world.settle();
        assert_eq!(cache(&world).len(), 1, "step {step}: no index any more");
        let at_once = ask(&world.workspace(), Freshness::AsIndexed);
        assert!(at_once == expected, "step {step}: the next index is not whole");
        world.agrees(&format!("step {step}"));
        if !disk.stopped() {
            return step;
        }
    }
    unreachable!("a disk has an end");
}

/// Records that are at rest, and no index of them.
fn nothing(world: &World) {
    world.settle();
    world.workspace().forget_index().unwrap();
}

/// An index of records of which one tenant's were all changed since.
fn an_old_one(world: &World) {
    world.settle();
    let before = cache(world);
    for path in super::world::files(&world.tenant_dir().join("cases")) {
        if path.ends_with("case.toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replacen("title = \"", "title = \"New ", 1)).unwrap();
        }
    }
    // Until the files are at rest, the index is made on a disk with room; then the old one is put back.
    world.settle();
    for (path, bytes) in before {
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_disk_that_fills_at_any_step_of_a_rebuild_leaves_no_half_index() {
    for prepare in [nothing, an_old_one] {
        for filling in [StopFs::full, StopFs::tight] {
            let steps = at_every_step(&prepare, filling);
            assert!(steps > 4, "an index has been written: {steps} steps");
        }
    }
}
