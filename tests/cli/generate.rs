//! `caseward generate`: made-up workspaces, which are valid, tell every state and are the same for
//! the same seed.

use super::harness::Sandbox;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn generated(sandbox: &Sandbox, seed: u32) -> BTreeMap<String, Vec<u8>> {
    let dir = sandbox.path().join(format!("seed-{seed}-{}", std::process::id()));
    if dir.exists() {
        std::fs::remove_dir_all(&dir).unwrap();
    }
    let seed = seed.to_string();
    let ran = sandbox.run(["generate", "--cases", "60", "--seed", &seed, dir.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut files = BTreeMap::new();
    collect(&dir.join("tenants"), "", &mut files);
    files
}

fn collect(dir: &Path, at: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{at}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &name, files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_records() {
    let sandbox = Sandbox::empty();
    let first = generated(&sandbox, 7);
    assert!(first == generated(&sandbox, 7), "the same seed gave other records");
    assert!(first != generated(&sandbox, 8), "another seed gave the same records");
}

#[test]
fn a_generated_workspace_is_valid_and_tells_every_state() {
    let sandbox = Sandbox::empty();
    let dir = sandbox.workspace();
    let ran = sandbox.run(["generate", "--cases", "800", dir.to_str().unwrap(), "--json"]);
    let made = ran.document();
    assert_eq!(made["cases"], 800);
    let doctor = sandbox.sh("doctor --json").document();
    assert_eq!(doctor["problems"].as_array().unwrap().len(), 0, "{doctor:#}");

    let states = |line: &str, list: &str, key: &str| -> BTreeSet<String> {
        let document = sandbox.sh(line).document();
        let items = document[list].as_array().unwrap();
        items.iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    let cases = sandbox.sh("case list --json").document();
    assert_eq!(cases["cases"].as_array().unwrap().len(), 800);
    let consents = states("case list --json", "cases", "consent");
    for state in ["active", "declined", "revoked", "expired", "ended"] {
        assert!(consents.contains(state), "{consents:?}");
    }
    let access = states("access list --all --json", "requests", "state");
    for state in ["pending", "approved", "rejected", "canceled", "removed", "completed"] {
        assert!(access.contains(state), "{access:?}");
    }
    assert!(cases.to_string().contains("overdue"), "something is left for a sweep");
}

#[test]
fn generate_refuses_what_it_cannot_make() {
    let sandbox = Sandbox::demo();
    let dir = sandbox.workspace();
    let dir = dir.to_str().unwrap();
    let ran = sandbox.run(["generate", "--cases", "5", dir]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("not empty"), "{}", ran.stderr);
    let ran = sandbox.run(["generate", "--cases", "0", "elsewhere"]);
    assert_eq!(ran.code, 2);
    assert!(!sandbox.path().join("elsewhere").exists());
}
