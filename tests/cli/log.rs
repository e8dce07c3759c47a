//! `--log FILE`: what the program did, and nothing about anybody. `--version --verbose`.

use super::harness::{BEN, MIGRATION, Sandbox};
use super::personal::personal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

/// Words that stand nowhere but in what the operations are given.
const PLANTED: [&str; 8] = [
    "quillfeather",
    "zanzibar",
    "wombat",
    "+14255550137",
    "10.20.30.4",
    "because-of-xylophones",
    "dromedary.log",
    "narwhal",
];

fn lines(sandbox: &Sandbox) -> Vec<Value> {
    let text = std::fs::read_to_string(sandbox.path().join("log.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "a torn line");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A kind of operation each, with words planted wherever words can be.
fn operations(sandbox: &Sandbox) -> Vec<String> {
    let note =
        sandbox.file("narwhal.txt", "marta.quillfeather@contoso.com called from 10.20.30.4\n");
    let dump = sandbox.file("dromedary.log", "user=marta.quillfeather@contoso.com +14255550137\n");
    let (note, dump) = (note.to_str().unwrap(), dump.to_str().unwrap());
    let case = MIGRATION;
    let dsr = "DSR-2026-0002";
    let file = format!("{case}/mailbox-statistics.txt");
    [
        "status",
        "case list",
        "case list --json",
        "case new contoso.com --title 'Zanzibar stalls' --severity minimal --product wombat --contact john@contoso.com \
         --portal m365_admin --advanced-diagnostics yes",
        "case show 2610240010004182",
        "case show 'zanzibar stalls'",
        "case assign CASE --engineer ben.okafor@support.example.com",
        "case assign CASE --engineer marta.quillfeather@contoso.com",
        "case note CASE --file NOTE",
        "consent revoke CASE",
        "consent grant CASE",
        "access request CASE --resource-tenant fabrikam.com --justification 'because-of-xylophones'",
        "access list",
        "access check CASE --tenant contoso-test.com",
        "attach CASE DUMP --category euii --kind sign_in_logs",
        "attach CASE nothing-of-wombat --category euii",
        "diagnostics list CASE",
        "diagnostics show CASE dromedary.log",
        "transfer link CASE --account marta.quillfeather@contoso.com",
        "transfer add CASE DUMP --as john@contoso.com",
        "transfer list CASE",
        "hold add FILE --reason 'because-of-xylophones'",
        "hold list",
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a \
         --identifier email=marta.quillfeather@contoso.com --identifier phone=+14255550137",
        "dsr discover DSR",
        "dsr findings DSR",
        "dsr plan DSR --acknowledge-history-loss",
        "dsr approve DSR",
        "dsr approve DSR --as BEN",
        "dsr execute DSR",
        "dsr show DSR",
        "attest verify",
        "attest log",
        "attest report DSR --out OUT",
        "attest verify OUT",
        "audit show --tenant contoso.com",
        "retention list",
        "retention sweep",
        "retention replay",
        "doctor",
        "tenant add wombat.example --customer zanzibar --name Zanzibar --regime azure",
        "tenant list",
        "case close CASE",
        "case reopen CASE",
        "--as quillfeather status",
        "--workspace zanzibar status",
        "completions bash",
    ]
    .into_iter()
    .map(|line| {
        [("CASE", case), ("NOTE", note), ("DUMP", dump), ("DSR", dsr), ("FILE", &file), ("BEN", BEN), ("OUT", "narwhal")]
            .iter()
            .fold(line.to_owned(), |line, (key, value)| line.replace(key, value))
    })
    .collect()
}

#[test]
fn every_operation_is_logged_and_nobody_is_in_the_log() {
    let sandbox = Sandbox::demo();
    let mut words = personal(&sandbox.workspace());
    assert!(words.len() > 100, "{words:?}");
    let (mut commands, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for line in operations(&sandbox) {
        let ran = sandbox.sh(&format!("--log log.jsonl --log-level debug {line}"));
        codes.insert(ran.code);
        let last = lines(&sandbox).pop().unwrap();
        assert_eq!(last["event"], "ended", "{line}: {ran:?}");
        assert_eq!(last["exit"], ran.code, "{line}: {last}");
        commands.insert(line);
    }
    assert!(codes.is_superset(&BTreeSet::from([0, 1, 2])), "refusals and mistakes too: {codes:?}");
    words.extend(personal(&sandbox.workspace()));
    words.extend(PLANTED.map(str::to_owned));
    let place = sandbox.path().to_str().unwrap().to_owned();
    words.extend([place, "support.example.com".to_owned(), "ana.silva".to_owned()]);
    let log = std::fs::read_to_string(sandbox.path().join("log.jsonl")).unwrap().to_lowercase();
    for word in words {
        assert!(!log.contains(&word.to_lowercase()), "{word} is in the log");
    }
    let events: BTreeSet<String> =
        lines(&sandbox).iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    for event in
        ["started", "opened", "locked", "committed", "discovered", "removed", "surveyed", "ended"]
    {
        assert!(events.contains(event), "{event} was never logged: {events:?}");
    }
    let refused = lines(&sandbox).into_iter().filter(|line| line["rule"].is_string());
    assert!(refused.count() > 0, "a refusal names its rule");
}

#[test]
fn the_log_is_private_appended_to_and_as_long_as_asked_for() {
    let sandbox = Sandbox::demo();
    let log = sandbox.path().join("log.jsonl");
    assert_eq!(sandbox.sh("--log log.jsonl status").code, 0);
    let mode = std::fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let first = std::fs::read_to_string(&log).unwrap();
    assert_eq!(sandbox.sh("--log log.jsonl case list").code, 0);
    let both = std::fs::read_to_string(&log).unwrap();
    assert!(both.starts_with(&first) && both.len() > first.len());
    assert!(!both.contains("\"level\":\"debug\""), "{both}");
    let said = lines(&sandbox);
    assert_eq!((&said[0]["event"], &said[0]["command"]), (&"started".into(), &"status".into()));
    // Only what went wrong.
    std::fs::remove_file(&log).unwrap();
    let quiet = sandbox
        .command()
        .args(["--log", "log.jsonl", "status"])
        .env("CASEWARD_LOG", "warn")
        .output();
    assert_eq!(quiet.unwrap().status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "");
    let loud = sandbox
        .command()
        .args(["status", "--log", "log.jsonl", "--log-level", "debug"])
        .env("CASEWARD_LOG", "error")
        .output();
    assert_eq!(loud.unwrap().status.code(), Some(0));
    assert!(std::fs::read_to_string(&log).unwrap().contains("\"level\":\"debug\""));
    let wrong = sandbox
        .command()
        .args(["--log", "log.jsonl", "status"])
        .env("CASEWARD_LOG", "loud")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("error, warn, info or debug"),
        "{wrong:?}"
    );
    assert_eq!(sandbox.sh("status --log-level debug").code, 2, "a level of nothing");
}

#[test]
fn no_log_lies_in_the_workspace_or_in_place_of_something_else() {
    let sandbox = Sandbox::demo();
    std::os::unix::fs::symlink(sandbox.workspace(), sandbox.path().join("there")).unwrap();
    std::os::unix::fs::symlink("target", sandbox.path().join("link")).unwrap();
    let made = sandbox.sh("status");
    for (path, why) in [
        ("ws/log", "lies in the workspace"),
        ("ws/tenants/contoso.com/audit.jsonl", "lies in the workspace"),
        ("there/tenants/log", "lies in the workspace"),
        ("ws/../ws/.attest/log.jsonl", "lies in the workspace"),
        ("link", "link"),
        ("home", "home"),
        ("missing/log", "missing"),
    ] {
        let ran = sandbox.sh(&format!("--log {path} case close {MIGRATION}"));
        assert!(matches!(ran.code, 2 | 4), "{path}: {ran:?}");
        assert!(ran.stderr.contains(why), "{path}: {ran:?}");
    }
    assert!(!sandbox.inside("log").exists() && !sandbox.inside("tenants/log").exists());
    assert!(!sandbox.path().join("target").exists());
    assert_eq!(sandbox.sh("status").stdout, made.stdout, "nothing was done");
}

/// A limit on the size of files stands for a full disk.
#[test]
fn a_log_that_cannot_grow_breaks_no_operation() {
    let sandbox = Sandbox::demo();
    let log = sandbox.file("log.jsonl", vec![b'\n'; 8 << 20]);
    let program = env!("CARGO_BIN_EXE_caseward");
    // The shell's unit is 512 bytes: 8 MiB, which the log has already.
    let script = format!(
        "trap '' XFSZ; ulimit -f 16384; exec {program} --log log.jsonl case close {MIGRATION}"
    );
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &script]).current_dir(sandbox.path()).env_clear();
    let like_others = sandbox.command();
    shell.envs(like_others.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = shell.output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 8 << 20, "it did not grow");
    let shown = sandbox.sh(&format!("case show {MIGRATION} --json"));
    assert!(shown.stdout.contains("\"closed\""), "{shown:?}");
}

#[test]
fn the_long_version_says_what_a_report_needs_and_nobody() {
    let sandbox = Sandbox::empty();
    let long = sandbox.sh("--version --verbose");
    assert_eq!(long.code, 0);
    for word in [
        "caseward 0.1.0",
        "commit: ",
        "compiler: rustc ",
        "target: ",
        "workspace format: 1",
        "system: Linux",
        "terminal: ",
    ] {
        assert!(long.stdout.contains(word), "{word} in {long:?}");
    }
    assert_eq!(sandbox.sh("-V -v").stdout, long.stdout);
    assert_eq!(sandbox.sh("-V").stdout, "caseward 0.1.0\n");
    let json: Value =
        serde_json::from_str(&sandbox.sh("--version --verbose --json").stdout).unwrap();
    assert_eq!(json["schema"], "caseward/version/1");
    assert_eq!(json["workspace_format"], 1);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    for word in [sandbox.path().to_str().unwrap(), &host] {
        assert!(word.is_empty() || !long.stdout.contains(word), "{word} in {long:?}");
    }
    assert_eq!(sandbox.sh("--verbose").code, 2, "of what?");
    let hostile = sandbox.command().args(["-Vv"]).env("TERM", "x\u{1b}[2Jy").output().unwrap();
    assert!(!hostile.stdout.contains(&0x1b), "{hostile:?}");
}
