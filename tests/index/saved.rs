//! What a look at a part of the records saves: all that was known of the other part.

use super::stamps::ask_for;
use super::world::{World, files};
use caseward::workspace::index::{Freshness, Parts};
use std::fs;
use std::path::{Path, PathBuf};

/// Looks until an index is put in place.
fn save(world: &World, parts: Parts) {
    for _ in 0..500 {
        if ask_for(&world.workspace(), parts, Freshness::Checked).2.saved {
            return;
        }
    }
    panic!("nothing is saved");
}

/// The index alone says what the files say.
fn is_whole(world: &World, parts: Parts, after: &str) {
    let (read, wrong_in_files, _) = ask_for(&world.workspace(), parts, Freshness::FromFiles);
    let (kept, wrong, work) = ask_for(&world.workspace(), parts, Freshness::Checked);
    assert_eq!(work.read, 0, "{after}: {parts:?}: {work:?}");
    assert!(kept == read && wrong == wrong_in_files, "{after}: {parts:?}");
}

/// A file that lies in a new folder of its own.
fn add(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x").unwrap();
}

fn hold(sidecar: &Path) {
    let text = fs::read_to_string(sidecar).unwrap();
    let hold = "\n[[holds]]\nid = \"HOLD-1\"\nreason = \"court\"\n\
                at = \"2026-11-20T09:00:00Z\"\nby = \"x\"\n";
    fs::write(sidecar, text + hold).unwrap();
}

/// A tenant that has something of everything: a request, something collected under an approval, names
/// that are no records, a log that is torn; with what was collected there, and two of its cases.
fn tenant_with_everything(world: &World) -> (PathBuf, [PathBuf; 2]) {
    let all = files(&world.root().join("tenants"));
    let sidecar = |path: &&PathBuf| {
        path.parent().unwrap().ends_with("diagnostics")
            && path.to_string_lossy().ends_with(".meta.toml")
    };
    let sidecar = all.iter().find(sidecar).unwrap();
    let tenant = world.tenant_dir();
    let collected = tenant.join("approvals/SAR-COLLECTED/diagnostics/early.log.meta.toml");
    add(&collected.with_file_name("early.log"));
    fs::copy(sidecar, &collected).unwrap();
    let torn = tenant.join("dsr/DSR-2031-0001/request.toml");
    for path in [tenant.join("cases/notes.txt"), tenant.join("dsr/notes.txt"), torn] {
        add(&path);
    }
    let log = tenant.join("audit.jsonl");
    let later = "{\"activityDateTime\":\"2031-01-01T00:00:00Z\"}\n{\"torn";
    fs::write(&log, fs::read_to_string(&log).unwrap_or_default() + later).unwrap();
    let mut cases: Vec<PathBuf> = all
        .into_iter()
        .filter(|path| path.ends_with("case.toml") && path.starts_with(tenant.join("cases")))
        .collect();
    assert!(cases.len() > 2);
    // One in the middle, and the last.
    (collected, [cases.swap_remove(1), cases.pop().unwrap()])
}

#[test]
fn what_a_look_at_clocks_saves_says_the_rest_as_before() {
    let world = World::new();
    let (collected, cases) = tenant_with_everything(&world);
    world.settle();
    add(&cases[0].with_file_name("diagnostics").join("new.log"));
    save(&world, Parts::Clocks);
    for parts in [Parts::Everything, Parts::Clocks] {
        is_whole(&world, parts, "a file came");
    }
    hold(&collected);
    save(&world, Parts::Clocks);
    is_whole(&world, Parts::Clocks, "a hold on what was collected");
    fs::remove_dir_all(cases[1].parent().unwrap()).unwrap();
    save(&world, Parts::Clocks);
    for parts in [Parts::Everything, Parts::Clocks] {
        is_whole(&world, parts, "a case went");
    }
}

#[test]
fn what_a_look_at_the_rest_saves_says_the_clocks_as_before() {
    let world = World::new();
    let (_, cases) = tenant_with_everything(&world);
    world.settle();
    for parts in [Parts::Engagements, Parts::Everything] {
        let text = fs::read_to_string(&cases[0]).unwrap();
        fs::write(&cases[0], text.replacen("title = \"", "title = \"New ", 1)).unwrap();
        save(&world, parts);
        for parts in [Parts::Clocks, Parts::Engagements, Parts::Everything] {
            is_whole(&world, parts, "another title");
        }
    }
}
