//! `caseward demo`.

use super::harness::{Sandbox, tree_of};
use insta::assert_snapshot;
use std::path::Path;

#[test]
fn demo() {
    let sandbox = Sandbox::empty();
    assert_snapshot!(sandbox.transcript([
        "demo ws --no-tui",
        "demo ws --no-tui",
        "demo a/b --no-tui"
    ]));
}

#[test]
fn demo_json() {
    let sandbox = Sandbox::empty();
    assert_snapshot!(sandbox.transcript(["demo ws --no-tui --json"]));
}

#[test]
fn without_a_name_it_is_a_new_temporary_directory() {
    let sandbox = Sandbox::empty();
    let dirs: Vec<String> =
        (0..2).map(|_| sandbox.json("demo --no-tui")["dir"].as_str().unwrap().to_owned()).collect();
    assert_ne!(dirs[0], dirs[1]);
    for dir in dirs {
        assert!(Path::new(&dir).join("workspace.toml").is_file(), "{dir}");
        assert!(Path::new(&dir).starts_with(sandbox.path()), "{dir} is below $TMPDIR");
    }
}

/// At the story's moment the copy is the example: only the account, the clock and the log differ.
#[test]
fn the_copy_is_the_example() {
    let sandbox = Sandbox::demo();
    let example = tree_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("workspace-example"));
    let mut copy = sandbox.tree();
    copy.retain(|path, _| !path.starts_with(".attest") && path != Path::new(".lock"));
    let names = |tree: &std::collections::BTreeMap<_, _>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&copy), names(&example));
    for (path, contents) in &copy {
        if path != Path::new("workspace.toml") {
            assert_eq!(contents, &example[path], "{}", path.display());
        }
    }
    let config = String::from_utf8(copy[Path::new("workspace.toml")].clone()).unwrap();
    assert!(config.contains("test_clock = true"), "{config}");
    assert!(config.contains("# The example workspace"), "comments stay\n{config}");
}

#[test]
fn a_day_later_the_story_is_a_day_later() {
    let mut sandbox = Sandbox::empty();
    sandbox.at("2026-11-22T09:00:00Z");
    assert_eq!(sandbox.sh("demo ws --no-tui").code, 0);
    let case = sandbox.json("case show 2610240010004182");
    assert_eq!(case["opened_at"], "2026-10-25T10:30:00Z");
    assert_eq!(case["consent"]["expires_at"], "2026-11-24T10:30:00Z");
    let request = sandbox.json("dsr show DSR-2026-0001");
    assert_eq!(request["due_on"], "2026-12-13");
    assert_eq!(sandbox.audit("contoso.com").len(), 65);
}

#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::demo();
    let mode = |path: &str| sandbox.inside(path).metadata().unwrap().permissions().mode() & 0o7777;
    for dir in ["", ".attest", ".journal", "tenants/contoso.com/cases"] {
        assert_eq!(mode(dir), 0o700, "{dir}");
    }
    for file in ["workspace.toml", ".attest/keys/log", "tenants/contoso.com/audit.jsonl"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}
