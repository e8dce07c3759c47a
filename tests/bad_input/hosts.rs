//! Several hosts on one workspace: clocks that disagree, and the same work begun in the same minute.

use super::harness::{ANA, CLOSED, MIGRATION, Sandbox};
use serde_json::Value;
use std::process::{Command, Stdio};

/// The program on another host, as far as the kernel lets a test have one: with a name of its own, and a
/// clock of its own. Where no name can be had, the clock alone.
fn on_host(sandbox: &Sandbox, name: &str, now: &str, words: &[&str]) -> Command {
    let here = sandbox.command();
    let mut command = if may_rename_hosts() {
        let mut command = Command::new("/usr/bin/unshare");
        let script = "hostname \"$0\"; exec \"$@\"";
        command.args(["--map-root-user", "--uts", "--", "/bin/sh", "-c", script, name]);
        command.arg(env!("CARGO_BIN_EXE_caseward"));
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_caseward"))
    };
    command.env_clear().envs(here.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.env("PATH", "/usr/bin:/bin").env("CASEWARD_NOW", now).args(words);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn may_rename_hosts() -> bool {
    let tried = Command::new("/usr/bin/unshare")
        .args(["--map-root-user", "--uts", "/bin/sh", "-c", "hostname probe"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

fn ok(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn times(sandbox: &Sandbox, tenant: &str) -> Vec<String> {
    let log = std::fs::read_to_string(sandbox.inside(&format!("tenants/{tenant}/audit.jsonl")));
    let log = log.unwrap();
    let events = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| event["activityDateTime"].as_str().unwrap().to_owned()).collect()
}

/// One host is three hours ahead: what it does is the past of nobody, and what others do after it comes
/// after it in every record.
#[test]
fn hosts_whose_clocks_disagree_agree_on_what_came_first() {
    let sandbox = Sandbox::demo();
    let (behind, ahead) = ("2026-11-21T09:00:00Z", "2026-11-21T12:00:00Z");
    let before = times(&sandbox, "contoso.com").len();
    let problems = sandbox.json("status")["problems"].clone();
    ok(on_host(&sandbox, "ahead", ahead, &["case", "close", MIGRATION]));
    ok(on_host(&sandbox, "behind", behind, &["case", "reopen", MIGRATION]));
    ok(on_host(&sandbox, "behind", behind, &["consent", "grant", MIGRATION]));
    ok(on_host(&sandbox, "ahead", ahead, &["consent", "revoke", MIGRATION]));
    let shown = ok(on_host(&sandbox, "behind", behind, &["consent", "show", MIGRATION, "--json"]));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        shown["state"], "revoked",
        "the last word counts, whoever's clock says what: {shown}"
    );
    let record = std::fs::read_to_string(
        sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml")),
    );
    let record = record.unwrap();
    let closure = record.split("[[closures]]").nth(1).unwrap();
    let moment = |key: &str| {
        let line = closure.lines().find(|line| line.starts_with(key)).unwrap();
        line.split('"').nth(1).unwrap().to_owned()
    };
    assert!(moment("closed_at") <= moment("reopened_at"), "{closure}");
    let times = times(&sandbox, "contoso.com");
    assert!(times.len() >= before + 4);
    assert!(times[before - 1..].is_sorted(), "{:?}", &times[before - 1..]);
    let status = |now| {
        let said = ok(on_host(&sandbox, "any", now, &["status", "--json"]));
        serde_json::from_str::<Value>(&said).unwrap()["problems"].clone()
    };
    assert!(status(behind).to_string().contains("lies in the future"), "the host behind is told");
    assert_eq!(status(ahead), problems, "and nothing else is wrong");
}

/// A retention clock counts from what was written: a host that is ahead sweeps what is due by its own clock,
/// and one that is behind neither brings it back nor counts it twice.
#[test]
fn two_hosts_that_sweep_in_the_same_minute_remove_each_file_once() {
    let mut sandbox = Sandbox::demo();
    let (one, other) = ("2026-12-26T10:20:00Z", "2026-12-26T10:20:41Z");
    sandbox.at(one);
    let due = sandbox.json(&format!("retention sweep --dry-run --as {ANA}"));
    let due = due["items"].as_array().unwrap().len();
    assert!(due > 1, "there is something to sweep");
    let words = ["retention", "sweep", "--json", "--as", ANA];
    let running = [("one", one), ("other", other), ("one", other), ("other", one)]
        .map(|(name, now)| on_host(&sandbox, name, now, &words).spawn().unwrap());
    let mut removed = Vec::new();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let items = said["items"].as_array().unwrap().iter();
        let deleted = items.filter(|item| item["verdict"] == "deleted");
        removed.extend(deleted.map(|item| item["path"].as_str().unwrap().to_owned()));
    }
    let count = removed.len();
    removed.sort();
    removed.dedup();
    assert_eq!(count, removed.len(), "each once");
    assert!(removed.iter().all(|path| !sandbox.inside(path).exists()), "and gone");
    assert_eq!(sandbox.json("attest verify")["ok"], true);
    // The log speaks of each of them once as well.
    let openings = std::fs::read_dir(sandbox.inside(".attest/open")).unwrap();
    let openings: String =
        openings.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    for path in &removed {
        assert_eq!(openings.matches(&format!(" {path}\n")).count(), 1, "{path}");
    }
    let left = sandbox.json(&format!("retention sweep --dry-run --as {ANA}"));
    assert_eq!(count + left["items"].as_array().unwrap().len(), due, "and all: {left}");
}

/// A host with a clock far behind opens what was closed later than its now: nothing is due before it was
/// closed, and no span is negative.
#[test]
fn what_lies_in_the_future_of_a_host_is_not_due() {
    let sandbox = Sandbox::demo();
    let behind = "2025-01-01T00:00:00Z";
    for words in [
        &["status", "--json"][..],
        &["case", "list", "--json"],
        &["case", "show", CLOSED, "--json"],
        &["retention", "list", "--json"],
    ] {
        let said = ok(on_host(&sandbox, "behind", behind, words));
        assert!(!said.contains("\"-"), "{words:?}: {said}");
    }
    let words = ["retention", "sweep", "--dry-run", "--json", "--as", ANA];
    let swept = ok(on_host(&sandbox, "behind", behind, &words));
    let swept: Value = serde_json::from_str(&swept).unwrap();
    let here = sandbox.json(&format!("retention sweep --dry-run --as {ANA}"));
    let count = |said: &Value| said["items"].as_array().unwrap().len();
    assert!(count(&swept) <= count(&here), "an earlier clock never makes more due: {swept}");
}
