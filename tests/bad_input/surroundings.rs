//! What a shared directory may hold beside records: names, kinds and numbers of files that nobody
//! meant, and others who do the same thing at the same moment.

use super::harness::{ANA, MIGRATION, Sandbox};
use super::many;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

const NEW: &str = "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a --identifier email=zanzibar@contoso.com";

fn store(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/{name}"))
}

#[test]
fn the_longest_names_are_listed_and_searched_in_any_encoding() {
    let sandbox = Sandbox::demo();
    let records = store(&sandbox, "records");
    let before =
        sandbox.json(&format!("case show {MIGRATION}"))["records"].as_array().unwrap().len();
    for fill in [b'a', 0xff, 0x1b] {
        let name = [fill; 255];
        std::fs::write(records.join(OsStr::from_bytes(&name)), "zanzibar@contoso.com").unwrap();
    }
    let shown = sandbox.json(&format!("case show {MIGRATION}"));
    assert_eq!(shown["records"].as_array().unwrap().len(), before + 3);
    let said = sandbox.ok(&format!("case show {MIGRATION}"));
    assert!(!said.contains('\x1b'), "{said}");
    sandbox.ok(NEW);
    let found = sandbox.json("dsr discover DSR-2026-0002");
    let items = found["items"].as_array().unwrap();
    assert_eq!(items.iter().filter(|item| item["kind"] == "record").count(), 3, "{found}");
}

#[test]
fn sockets_and_hard_links_in_a_store_are_no_surprise() {
    let sandbox = Sandbox::demo();
    let records = store(&sandbox, "records");
    let _socket = UnixListener::bind(records.join("s.md")).unwrap();
    let outside = sandbox.file("outside.md", "zanzibar@contoso.com");
    std::fs::hard_link(&outside, records.join("linked.md")).unwrap();
    for line in ["case list", "doctor", "retention list --within 9"] {
        assert!([0, 3].contains(&sandbox.sh(line).code), "{line}");
    }
    sandbox.ok(NEW);
    let found = sandbox.json("dsr discover DSR-2026-0002");
    let items = found["items"].as_array().unwrap();
    let linked = items.iter().find(|item| item["path"].as_str().unwrap().ends_with("linked.md"));
    assert!(linked.is_some(), "a hard link is a file of the workspace: {found}");
    assert!(found["problems"].to_string().contains("s.md"), "a socket is named: {found}");
}

/// Devices where they may be made; pipes and sockets can be made everywhere.
#[test]
fn devices_pipes_and_sockets_are_named_and_never_opened() {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    let sandbox = Sandbox::demo();
    let records = store(&sandbox, "records");
    let make = |path: &std::path::Path, kind: FileType, device| {
        mknodat(CWD, path, kind, Mode::from_raw_mode(0o600), device).is_ok()
    };
    // Whoever opened these would read for ever, wait for ever, or read a disk.
    let mut made = vec![("pipe.md", make(&records.join("pipe.md"), FileType::Fifo, 0))];
    let zero = make(&records.join("zero.md"), FileType::CharacterDevice, makedev(1, 5));
    made.push(("zero.md", zero));
    let disk = make(&records.join("disk.md"), FileType::BlockDevice, makedev(7, 0));
    made.push(("disk.md", disk));
    let _socket = UnixListener::bind(records.join("socket.md")).unwrap();
    made.push(("socket.md", true));
    let made: Vec<&str> = made.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    assert!(made.contains(&"pipe.md"));
    let shown = sandbox.json(&format!("case show {MIGRATION}"));
    sandbox.ok(NEW);
    let found = sandbox.json("dsr discover DSR-2026-0002");
    for name in &made {
        for (place, said) in [("show", &shown["problems"]), ("discover", &found["problems"])] {
            assert!(said.to_string().contains(name), "{name} in {place}: {said}");
        }
        let path = records.join(name);
        let ran = sandbox.sh(&format!("attach {MIGRATION} {} --category euii", path.display()));
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        let ran = sandbox.sh(&format!("hold add {MIGRATION}/{name} --reason x"));
        assert!([1, 2, 3].contains(&ran.code), "{name}: {ran:?}");
    }
    // In the place of a record as well.
    for (name, record) in [
        ("zero", sandbox.inside("tenants/fabrikam.com/audit.jsonl")),
        ("pipe", sandbox.inside("tenants/fabrikam.com/tenant.toml")),
        ("disk", store(&sandbox, "case.toml")),
    ] {
        if !made.contains(&format!("{name}.md").as_str()) {
            continue;
        }
        std::fs::rename(&record, sandbox.path().join(name)).unwrap();
        std::fs::rename(records.join(format!("{name}.md")), &record).unwrap();
        for line in
            ["status", "case list", "doctor", "audit show --tenant fabrikam.com", "retention list"]
        {
            let ran = sandbox.sh(line);
            assert!([0, 1, 2, 3, 4].contains(&ran.code), "{name}, {line}: {ran:?}");
        }
        // Without a tenant's log no moment is known there: then nothing is listed, and it says why.
        let ran = sandbox.sh("doctor");
        let said = ran.stdout + &ran.stderr;
        let there = record.strip_prefix(sandbox.workspace()).unwrap().display().to_string();
        assert!(said.contains(&there), "{there} is named in {said}");
    }
}

#[test]
fn a_case_that_vanishes_is_said_and_the_rest_goes_on() {
    let sandbox = Sandbox::demo();
    let all = sandbox.json("case list")["cases"].as_array().unwrap().len();
    std::fs::remove_dir_all(sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}")))
        .unwrap();
    assert_eq!(sandbox.json("case list")["cases"].as_array().unwrap().len(), all - 1);
    for line in [format!("case show {MIGRATION}"), format!("consent grant {MIGRATION}")] {
        let ran = sandbox.sh(&line);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(MIGRATION) && ran.stderr.contains("hint: "), "{ran:?}");
    }
}

#[test]
fn a_case_of_many_files_is_listed_shown_and_searched() {
    let count = many::asked_for();
    let mut sandbox = Sandbox::demo();
    let diagnostics = store(&sandbox, "diagnostics");
    many::fill(diagnostics.parent().unwrap(), count);
    let dump = sandbox.file("dump.txt", "one more");
    let timed = |sandbox: &Sandbox, line: &str| {
        let began = std::time::Instant::now();
        let ran = sandbox.sh(line);
        let word = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        println!("{count} files, {word}: {:.2} s", began.elapsed().as_secs_f64());
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr.chars().take(600).collect::<String>());
        ran
    };
    timed(&sandbox, "case list");
    timed(&sandbox, "status");
    let said = timed(&sandbox, "doctor").stdout;
    let unregistered = said.lines().filter(|line| line.contains("has no sidecar")).count();
    assert_eq!(unregistered, count, "the notes without sidecars are listed");
    timed(&sandbox, &format!("attach {MIGRATION} {} --category euii", dump.display()));
    assert!(diagnostics.join("dump.txt").exists());
    timed(&sandbox, &format!("case show {MIGRATION}"));
    let shown = sandbox.json(&format!("case show {MIGRATION}"));
    assert!(shown["records"].as_array().unwrap().len() > count);
    timed(&sandbox, &format!("consent grant {MIGRATION}"));
    timed(&sandbox, "retention list --within 9");
    sandbox.ok(NEW);
    timed(&sandbox, "dsr discover DSR-2026-0002");
    let found = sandbox.json("dsr findings DSR-2026-0002");
    let items = found["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["path"].as_str().unwrap().ends_with("/n1321.md")));
    sandbox.at("2027-03-01T09:00:00Z");
    let due = sandbox.json(&format!("retention sweep --dry-run --as {ANA}"));
    let due = due["items"].as_array().unwrap().len();
    assert!(due >= count / 10, "{due} are due");
    timed(&sandbox, &format!("retention sweep --as {ANA}"));
    assert!(!diagnostics.join("d0.txt").exists(), "and swept, in windows of one transaction each");
    assert_eq!(sandbox.json("attest verify")["ok"], true);
}

#[test]
fn two_who_sweep_at_the_same_moment_remove_each_file_once() {
    let mut sandbox = Sandbox::demo();
    sandbox.at("2026-12-26T10:20:00Z");
    let due = sandbox.json(&format!("retention sweep --dry-run --as {ANA}"));
    let due = due["items"].as_array().unwrap().len();
    assert!(due > 1, "there is something to sweep");
    let sweep = || {
        let mut command = sandbox.command();
        command.args(["retention", "sweep", "--json", "--as", ANA]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running = [sweep(), sweep(), sweep()];
    let mut removed = Vec::new();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let deleted = |item: &&serde_json::Value| item["verdict"] == "deleted";
        for item in said["items"].as_array().unwrap().iter().filter(deleted) {
            removed.push(item["path"].as_str().unwrap().to_owned());
        }
    }
    let count = removed.len();
    removed.sort();
    removed.dedup();
    assert_eq!(count, removed.len(), "each once");
    assert_eq!(sandbox.json("attest verify")["ok"], true);
    // What is on hold stays due.
    let left = sandbox.json(&format!("retention sweep --dry-run --as {ANA}"));
    let left = left["items"].as_array().unwrap();
    assert!(left.iter().all(|item| !removed.contains(&item["path"].as_str().unwrap().to_owned())));
    assert_eq!(count + left.len(), due, "and all: {left:?}");
}

#[test]
fn a_case_is_not_closed_while_what_closing_ends_cannot_be_read() {
    let sandbox = Sandbox::demo();
    let access = store(&sandbox, "access");
    let request = std::fs::read_dir(&access).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read(&request).unwrap();
    std::fs::remove_file(&request).unwrap();
    std::fs::create_dir(&request).unwrap();
    let before = sandbox.tree();
    let ran = sandbox.sh(&format!("case close {MIGRATION}"));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("SAR-") && ran.stderr.contains("nothing was changed"), "{ran:?}");
    assert_eq!(sandbox.tree(), before);
    std::fs::remove_dir(&request).unwrap();
    std::fs::write(&request, text).unwrap();
    sandbox.ok(&format!("case close {MIGRATION}"));
}
