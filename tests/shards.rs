//! One discovery over eight processes, as over eight hosts, is the discovery of one.

#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests look at files from outside the program")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

struct World {
    dir: TempDir,
    tenant: String,
    dsr: String,
}

/// A made-up workspace with a request that finds something.
fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World { dir, tenant: String::new(), dsr: String::new() };
    let root = world.root();
    let made = world.run(&["generate", "--cases", "150", "--seed", "3", root.to_str().unwrap()]);
    assert!(made.0 == 0, "{made:?}");
    // The tenant with the most files, and a contact of its.
    let tenants = std::fs::read_dir(root.join("tenants")).unwrap().map(|entry| entry.unwrap());
    let count = |dir: &Path| walkdir::WalkDir::new(dir).into_iter().count();
    let tenant = tenants.max_by_key(|entry| count(&entry.path())).unwrap();
    world.tenant = tenant.file_name().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(tenant.path().join("tenant.toml")).unwrap();
    let upn = text.split("upn = \"").nth(1).unwrap().split('"').next().unwrap();
    let identifier = format!("email={upn}");
    let (code, said) = world.run(&[
        "dsr",
        "new",
        &world.tenant,
        "--type",
        "delete",
        "--regulation",
        "gdpr",
        "--requester",
        "customer",
        "--option",
        "a",
        "--identifier",
        &identifier,
        "--json",
    ]);
    assert_eq!(code, 0, "{said}");
    world.dsr = document(&said)["id"].as_str().unwrap().to_owned();
    world
}

fn document(said: &str) -> Value {
    serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

impl World {
    fn root(&self) -> PathBuf {
        self.dir.path().join("ws")
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_caseward"))
            .args(arguments)
            .env_clear()
            .env("CASEWARD_NOW", "2026-11-21T09:00:00Z")
            .env("CASEWARD_WORKSPACE", self.root())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    fn out(&self, shard: u32) -> PathBuf {
        self.dir.path().join(format!("shard-{shard}"))
    }

    /// Searches the shards, all at once.
    fn search(&self, of: u32) -> Vec<Value> {
        std::thread::scope(|scope| {
            let runs: Vec<_> =
                (1..=of).map(|shard| scope.spawn(move || self.shard(shard, of))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        })
    }

    fn shard(&self, shard: u32, of: u32) -> Value {
        let (place, out) = (format!("{shard}/{of}"), self.out(shard));
        let out = out.to_str().unwrap();
        let arguments = ["dsr", "discover", &self.dsr, "--shard", &place, "--out", out, "--json"];
        let (code, said) = self.run(&arguments);
        assert_eq!(code, 0, "{said}");
        document(&said)
    }

    fn merge(&self, shards: impl IntoIterator<Item = u32>) -> (i32, String) {
        let files: Vec<PathBuf> = shards.into_iter().map(|shard| self.out(shard)).collect();
        let mut arguments = vec!["dsr", "merge", &self.dsr, "--json"];
        arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
        self.run(&arguments)
    }

    fn findings(&self) -> Vec<u8> {
        let dir = self.root().join("tenants").join(&self.tenant).join("dsr").join(&self.dsr);
        std::fs::read(dir.join("findings.jsonl")).unwrap_or_default()
    }
}

#[test]
fn eight_shards_are_one_run() {
    let world = world();
    // A twin, because a discovery leaves a line in the audit log, which is searched as well.
    let twin = World {
        dir: tempfile::tempdir().unwrap(),
        tenant: world.tenant.clone(),
        dsr: world.dsr.clone(),
    };
    let copied = Command::new("cp").arg("-a").args([world.root(), twin.root()]).status().unwrap();
    assert!(copied.success());
    let (code, said) = twin.run(&["dsr", "discover", &world.dsr, "--json"]);
    assert_eq!(code, 0, "{said}");
    let (whole, alone) = (document(&said), twin.findings());
    assert!(whole["findings"].as_u64().unwrap() > 3, "the test would show nothing: {whole:#}");
    let shards = world.search(8);
    let bytes: Vec<u64> = shards.iter().map(|shard| shard["bytes"].as_u64().unwrap()).collect();
    let mean = bytes.iter().sum::<u64>() / 8;
    for one in &bytes {
        assert!(one.abs_diff(mean) <= mean / 10, "out of balance: {bytes:?}");
    }
    // The order in which they are given does not matter.
    let (code, said) = world.merge((1..=8).rev());
    assert_eq!(code, 0, "{said}");
    let merged = document(&said);
    assert_eq!(world.findings(), alone, "the findings differ");
    for key in ["findings", "items", "not_searched", "problems", "complete"] {
        assert_eq!(merged[key], whole[key], "{key}");
    }
    assert_eq!(merged["searched"]["files"], whole["searched"]["files"]);
    assert_eq!(merged["searched"]["bytes"], whole["searched"]["bytes"]);
    assert_eq!(merged["complete"], true);
}

#[test]
fn a_shard_that_is_there_is_not_searched_again() {
    let world = world();
    let first = world.shard(2, 3);
    assert_eq!(first["kept"], false);
    let bytes = std::fs::read(world.out(2)).unwrap();
    let again = world.shard(2, 3);
    assert_eq!(again["kept"], true);
    assert_eq!(again["files"], first["files"]);
    assert_eq!(std::fs::read(world.out(2)).unwrap(), bytes);
    let out = world.out(2);
    let other = ["dsr", "discover", &world.dsr, "--shard", "1/3", "--out", out.to_str().unwrap()];
    assert_eq!(world.run(&other).0, 2, "another shard's file is not overwritten");
    assert_eq!(std::fs::read(world.out(2)).unwrap(), bytes);
}

#[test]
fn a_missing_shard_makes_the_discovery_incomplete() {
    let world = world();
    let shards = world.search(3);
    let (code, said) = world.merge([1, 3]);
    assert_eq!(code, 0, "{said}");
    let merged = document(&said);
    assert_eq!(merged["complete"], false);
    let problems = merged["problems"].as_array().unwrap().iter();
    let missing = problems.filter(|problem| problem["why"].as_str().unwrap().contains("shard 2/3"));
    assert_eq!(missing.count() as u64, shards[1]["files"].as_u64().unwrap());
}

#[test]
fn what_is_no_shard_of_this_run_is_refused() {
    let world = world();
    world.search(2);
    let twice = world.merge([1, 1, 2]);
    assert_eq!(twice.0, 2, "{}", twice.1);
    let whole = std::fs::read(world.out(1)).unwrap();
    // A result taken out, a byte changed, the end missing, another file.
    let text = String::from_utf8(whole.clone()).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.remove(1);
    let shorter = format!("{}\n", lines.join("\n"));
    let changed = text.replacen("\"number\":1", "\"number\":2", 1);
    let cut = text[..text.len() / 2].to_owned();
    for tampered in [shorter, changed, cut, String::new(), "{}\n{}\n".to_owned()] {
        std::fs::write(world.out(1), tampered).unwrap();
        let (code, said) = world.merge([1, 2]);
        assert_eq!(code, 3, "{said}");
        assert!(world.findings().is_empty(), "nothing was recorded");
    }
    std::fs::write(world.out(1), &whole).unwrap();
    // Shards of a run over another number of them.
    let out = world.out(9);
    let other = ["dsr", "discover", &world.dsr, "--shard", "3/3", "--out", out.to_str().unwrap()];
    assert_eq!(world.run(&other).0, 0);
    assert_eq!(world.merge([1, 2, 9]).0, 2);
    // Of another request of the same person.
    let another = self::world();
    another.search(1);
    std::fs::copy(another.out(1), world.out(1)).unwrap();
    assert_eq!(world.merge([1, 2]).0, 3);
}

#[test]
fn a_file_that_changed_after_its_shard_is_searched_again() {
    let world = world();
    world.search(2);
    let found = |said: &str| document(said)["findings"].as_u64().unwrap();
    let (code, before) = world.merge([1, 2]);
    assert_eq!(code, 0, "{before}");
    let words: Vec<u8> = world.findings();
    let text = String::from_utf8(words).unwrap();
    let path = text
        .lines()
        .map(|line| document(line)["path"].as_str().unwrap().to_owned())
        .find(|path| path.contains("/records/") && !path.contains('!'))
        .expect("a finding in a record");
    std::fs::write(world.root().join(&path), "nobody is named here").unwrap();
    let new = world.root().join(&path).with_file_name("new.txt");
    std::fs::write(new, "nobody either").unwrap();
    let (code, after) = world.merge([1, 2]);
    assert_eq!(code, 0, "{after}");
    assert_eq!(found(&after), found(&before) - 1);
    let problems = document(&after)["problems"].clone();
    assert!(problems.as_array().unwrap().iter().all(|problem| problem["kind"] == "unregistered"));
}
