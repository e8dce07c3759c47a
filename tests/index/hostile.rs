//! Places where no index can be, and disks that are full: everything works without.

use super::world::World;
use std::process::Command;

/// The program's own list as JSON.
fn list(world: &World, before: &str) -> (bool, String) {
    let program = env!("CARGO_BIN_EXE_caseward");
    let script = format!("{before} exec {program} case list --json");
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("CASEWARD_NOW", "2026-11-21T09:00:00Z") // the list is the same, whenever it is made
        .env("CASEWARD_WORKSPACE", world.root())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_disk_that_fills_up_costs_the_index_and_nothing_else() {
    let world = World::new();
    let (ok, expected) = list(&world, "");
    assert!(ok && expected.contains("caseward/case-list/1"), "{expected}");
    for blocks in [0, 1, 4, 16] {
        world.workspace().forget_index().unwrap();
        // Files end at this many KiB; writing more fails, as on a full disk.
        let (ok, said) = list(&world, &format!("trap '' XFSZ; ulimit -f {blocks};"));
        assert!(ok, "{blocks}: {said}");
        assert_eq!(said, expected, "{blocks}");
        assert!(world.indexes().iter().all(|path| path.extension().is_none()), "{blocks}");
    }
}

#[test]
fn what_lies_in_its_place_is_no_index() {
    let world = World::new();
    world.settle();
    let index = world.index();
    let bytes = std::fs::read(&index).unwrap();
    for length in (0..bytes.len()).step_by(bytes.len() / 12) {
        std::fs::write(&index, &bytes[..length]).unwrap();
        world.agrees(&format!("cut to {length} of {}", bytes.len()));
    }
    std::fs::remove_file(&index).unwrap();
    std::fs::create_dir(&index).unwrap();
    world.agrees("a directory in its place");
    std::fs::remove_dir(&index).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &index).unwrap();
    world.agrees("a link in its place");
    assert!(std::fs::read("/etc/hostname").is_ok_and(|text| !text.starts_with(b"caseward")));
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let world = World::new();
    let cache = world.root().join(".cache");
    if cache.exists() {
        std::fs::remove_dir_all(&cache).unwrap();
    }
    std::fs::write(&cache, "somebody's file").unwrap();
    world.agrees("a file in the place of the directory");
    assert_eq!(std::fs::read(&cache).unwrap(), b"somebody's file");
}

#[test]
fn nothing_is_written_where_nothing_is_to_be_written() {
    let world = World::new();
    world.workspace().forget_index().unwrap();
    let before = names(&world);
    let workspace = caseward::workspace::Workspace::open_read_only(&world.root()).unwrap();
    workspace.known_tenants().unwrap();
    assert_eq!(names(&world), before);
}

fn names(world: &World) -> Vec<std::path::PathBuf> {
    walkdir::WalkDir::new(world.root())
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .collect()
}
