//! Others at work: several writers, a process killed half-way, a reader that goes away.

use super::harness::{ANA, BEN, MIGRATION, Sandbox};
use std::io::Read;
use std::process::{Child, Stdio};

/// Starts the program without waiting for it.
fn start(sandbox: &Sandbox, words: &[&str]) -> Child {
    let mut command = sandbox.command();
    command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn writers_of_one_record_win_or_are_told_of_the_conflict() {
    let sandbox = Sandbox::demo();
    let before = sandbox.audit("contoso.com").len();
    let children: Vec<Child> = (0..12)
        .map(|n| {
            let engineer = if n % 2 == 0 { ANA } else { BEN };
            start(&sandbox, &["case", "assign", MIGRATION, "--engineer", engineer])
        })
        .collect();
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => done += 1,
            Some(5) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(
                    said.contains("changed by somebody else") && said.contains("hint: "),
                    "{said}"
                );
            }
            other => panic!("{other:?}: {output:?}"),
        }
    }
    assert!(done >= 1);
    assert_eq!(sandbox.audit("contoso.com").len(), before + done, "an event for each that won");
    let case = std::fs::read_to_string(
        sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml")),
    )
    .unwrap();
    assert!(case.contains(&format!("revision = {}", 3 + done)), "no write is lost:\n{case}");
    assert_eq!(sandbox.json("status")["problems"], serde_json::json!([]));
}

#[test]
fn writers_of_different_things_all_succeed() {
    let sandbox = Sandbox::demo();
    let count = |sandbox: &Sandbox| sandbox.audit("contoso.com").len();
    let before = count(&sandbox);
    for n in 0..8 {
        sandbox.file(format!("{n}.log"), format!("{n}\n"));
    }
    let children: Vec<Child> = (0..8)
        .map(|n| {
            let file = format!("{n}.log");
            start(&sandbox, &["attach", MIGRATION, &file, "--category", "euii"])
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(count(&sandbox), before + 8);
    let items = sandbox.json(&format!("diagnostics list {MIGRATION}"));
    assert_eq!(items["items"].as_array().unwrap().len(), 9 + 8);
    assert_eq!(std::fs::read_dir(sandbox.inside(".journal")).unwrap().count(), 0);
}

#[test]
fn requests_that_are_taken_at_once_get_numbers_of_their_own() {
    let sandbox = Sandbox::demo();
    let words = [
        "dsr",
        "new",
        "contoso.com",
        "--type",
        "access",
        "--regulation",
        "gdpr",
        "--requester",
        "end-user",
        "--option",
        "a",
    ];
    let children: Vec<Child> = (0..6).map(|_| start(&sandbox, &words)).collect();
    let mut ids = std::collections::BTreeSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        ids.insert(String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!(ids.len(), 6, "{ids:?}");
    assert_eq!(sandbox.json("dsr list")["requests"].as_array().unwrap().len(), 7);
}

#[test]
fn two_who_execute_the_same_plan_delete_it_once() {
    let sandbox = Sandbox::demo();
    for line in [
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option b --case 2610150010002904 --identifier email=jane@contoso.com",
        "dsr discover DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss",
    ] {
        sandbox.ok(line);
    }
    sandbox.ok(&format!("dsr approve DSR-2026-0002 --as {BEN}"));
    let words = ["dsr", "execute", "DSR-2026-0002", "--json"];
    let children: Vec<Child> = (0..4).map(|_| start(&sandbox, &words)).collect();
    let mut said = std::collections::BTreeSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        said.insert(String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!(said.len(), 1, "all say the same: {said:?}");
    assert_eq!(sandbox.json("attest log")["size"], 3);
    assert_eq!(sandbox.json("attest verify")["ok"], true);
}

/// Killed while a large file is copied in: nothing is attached, and the next start clears up.
#[test]
fn killed_half_way_nothing_is_attached() {
    let sandbox = Sandbox::demo();
    let large = sandbox.file("large.bin", "");
    // Sparse, and large enough that the copy cannot be finished before the kill.
    std::fs::File::options().write(true).open(&large).unwrap().set_len(8 << 30).unwrap();
    let before = sandbox.tree();
    let journal = sandbox.inside(".journal");
    let stages = || {
        std::fs::read_dir(&journal)
            .unwrap()
            .filter_map(Result::ok)
            .map(|e| e.path())
            .collect::<Vec<_>>()
    };
    let mut child = start(&sandbox, &["attach", MIGRATION, "large.bin", "--category", "euii"]);
    let at_work =
        || stages().iter().any(|stage| stage.join("0").metadata().is_ok_and(|m| m.len() > 0));
    while !at_work() {
        assert!(child.try_wait().unwrap().is_none(), "it ended: {:?}", child.wait_with_output());
        std::thread::yield_now();
    }
    // A living process keeps what it has copied, whoever else writes.
    sandbox.ok("case set-severity 2611200020000943 critical");
    assert!(at_work(), "the stage of a living process is left alone");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(stages().len(), 1);
    assert_eq!(sandbox.sh("status --read-only").code, 0);
    assert_eq!(stages().len(), 1, "reading clears nothing up");
    assert_eq!(sandbox.sh("status").code, 0);
    assert_eq!(stages().len(), 0, "the next start does");
    let mut after = sandbox.tree();
    let mut before = before;
    for tree in [&mut before, &mut after] {
        tree.retain(|path, _| {
            !path.ends_with("audit.jsonl") && !path.to_str().unwrap().contains("2611200020000943")
        });
    }
    assert_eq!(after, before);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let sandbox = Sandbox::demo();
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    for line in [
        "case list",
        "audit show --tenant contoso.com",
        "status --json",
        "case show 2610240010004182",
    ] {
        // Gone before a word was read.
        let mut child = start(&sandbox, &words(line));
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
        assert!(output.stderr.is_empty(), "{line}: {output:?}");
        // Gone after the first bytes: `| head -1`.
        let mut child = start(&sandbox, &words(line));
        let mut first = [0; 4];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
    }
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let sandbox = Sandbox::demo();
    for (line, code) in [
        ("case show nothing", 2),
        ("case rm 2610240010004182", 1),
        ("case rm 2610240010004182 --json", 1),
        ("case lst", 2),
        ("access withdraw SAR-6JWD83PK", 0),
        ("dsr discover DSR-2026-0001", 1),
    ] {
        let mut child = start(&sandbox, &line.split(' ').collect::<Vec<_>>());
        drop(child.stderr.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
    }
}

#[test]
fn an_audit_log_of_ten_thousand_lines_is_read_and_appended_to() {
    let sandbox = Sandbox::demo();
    let path = sandbox.inside("tenants/contoso.com/audit.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut long = text.clone();
    while long.lines().count() < 10_000 {
        long.push_str(&text);
    }
    std::fs::write(&path, &long).unwrap();
    let lines = long.lines().count();
    sandbox.refused("CASE-10", &format!("case rm {MIGRATION}"));
    let after = std::fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(&long), "what was there stays");
    assert_eq!(after.lines().count(), lines + 1);
    let shown = sandbox.json("audit show --tenant contoso.com");
    assert_eq!(shown["events"].as_array().unwrap().len(), lines + 1);
    let table = sandbox.sh("audit show --tenant contoso.com --category SupportCase");
    assert!(table.stdout.lines().count() > 100, "{}", table.stdout.len());
    assert_eq!(sandbox.json("status")["problems"], serde_json::json!([]));
}
