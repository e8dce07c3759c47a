//! Places where no index can be, and disks that are full: everything works without.

use super::world::{World, files};
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

/// An index that a newer version made, or whose files were touched by a clock that is ahead, is read by
/// nobody who does not understand it, and replaced.
#[test]
fn an_index_from_the_future_is_replaced() {
    let world = World::new();
    let (_, expected) = list(&world, "");
    world.settle();
    let index = world.index();
    let bytes = std::fs::read(&index).unwrap();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let first = std::str::from_utf8(&bytes[..line]).unwrap();
    let words: Vec<&str> = first.split(' ').collect();
    for newer in [
        format!("{} {} {}", words[0], "999999", words[2]),
        format!("{} {} {}", words[0], "9".repeat(words[1].len()), words[2]),
        format!("{} {} {}", words[0], words[1], "99.0.0"),
        format!("{first} extra"),
    ] {
        std::fs::write(&index, [newer.as_bytes(), &bytes[line..]].concat()).unwrap();
        let (ok, said) = list(&world, "");
        assert!(ok && said == expected, "{newer}");
        let now = std::fs::read(world.index()).unwrap();
        assert!(
            now.starts_with(&bytes[..=line]),
            "{newer}: an index of this version stands there again"
        );
        world.agrees(&newer);
    }
    // Touched in the year 2099: the files as well as the index.
    let future = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_070_908_800);
    for path in files(&world.root()) {
        std::fs::File::options().append(true).open(path).unwrap().set_modified(future).unwrap();
    }
    world.agrees("everything touched in the future");
    let text = std::fs::read_to_string(&world.case).unwrap();
    std::fs::write(&world.case, text.replacen("title = \"", "title = \"Changed ", 1)).unwrap();
    let keep = std::fs::File::options().append(true).open(&world.case).unwrap();
    keep.set_modified(future).unwrap();
    world.agrees("changed, and touched in the same second of the future");
    let (ok, said) = list(&world, "");
    assert!(ok && said.contains("Changed "), "the change shows");
}

/// A disk of its own, where the kernel lets a test have one, that is full while the index is made anew.
#[test]
fn a_disk_that_is_full_while_the_index_is_rebuilt_costs_nothing_else() {
    let world = World::new();
    let (_, expected) = list(&world, "");
    let program = env!("CARGO_BIN_EXE_caseward");
    // On the small disk: everything but the index, and then not a byte more than `$0` kB.
    let script = format!(
        "set -e; mount -t tmpfs -o size=64m none /mnt; cp -a {} /mnt/ws; rm -rf /mnt/ws/.cache; \
         mkdir -m 700 /mnt/ws/.cache; cd /mnt; head -c 64M /dev/zero > fill 2>/dev/null || true; \
         truncate -s -\"$0\"k fill; \
         said=$({program} case list --json); ls /mnt/ws/.cache >&2; printf '%s\\n' \"$said\"",
        world.root().display()
    );
    for left in ["0", "4", "16"] {
        let output = Command::new("/usr/bin/unshare")
            .args(["--map-root-user", "--mount", "/bin/sh", "-c"])
            .args([script.as_str(), left])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("CASEWARD_NOW", "2026-11-21T09:00:00Z")
            .env("CASEWARD_WORKSPACE", "/mnt/ws")
            .output();
        let Ok(output) = output else { return };
        let (said, left_over) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if left_over.contains("unshare") || left_over.contains("mount") {
            return;
        }
        assert!(output.status.success(), "{left} kB: {left_over}");
        assert_eq!(said, expected, "{left} kB");
        assert!(!left_over.contains(".new"), "{left} kB: half an index is left: {left_over}");
    }
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
