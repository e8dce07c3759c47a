//! `caseward doctor`.

use super::harness::{MIGRATION, Sandbox};
use insta::assert_snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

#[test]
fn doctor() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["doctor"]));
}

#[test]
fn doctor_lists_what_is_wrong_and_names_a_lax_policy() {
    let sandbox = Sandbox::demo();
    let path = sandbox.inside("workspace.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let lax = text.replace(
        "[policy]",
        "[policy]
consent_days = 60
deletion_second_person = false",
    );
    std::fs::write(&path, lax).unwrap();
    let broken = sandbox.inside("tenants/fabrikam.com/cases/2610020030005521/case.toml");
    std::fs::write(broken, "format = 1\n").unwrap();
    let ran = sandbox.sh("doctor --json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.document();
    assert_eq!(document["ok"], false);
    let policy = document["checks"].as_array().unwrap().iter().find(|c| c["name"] == "policy");
    let policy = policy.expect("a lax policy is named");
    assert_eq!(policy["ok"], false);
    let detail = policy["detail"].as_str().unwrap();
    assert!(detail.contains("consent_days = 60 (default 30)"), "{detail}");
    assert!(detail.contains("deletion_second_person"), "{detail}");
    let problems = document["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0]["path"].as_str().unwrap().ends_with("2610020030005521/case.toml"));
}

/// The problems that are found, by path.
fn problems(sandbox: &Sandbox, line: &str) -> BTreeMap<String, String> {
    let ran = sandbox.sh(line);
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.document();
    let problems = document["problems"].as_array().unwrap().clone();
    assert_eq!(document["ok"], false, "{document:#}");
    let word = |problem: &Value, key: &str| problem[key].as_str().unwrap().to_owned();
    problems.iter().map(|one| (word(one, "path"), word(one, "why"))).collect()
}

fn broken(sandbox: &Sandbox, path: &str) -> String {
    std::fs::write(sandbox.inside(path), "format = 1\n").unwrap();
    path.to_owned()
}

/// A directory in place of a file: nobody can read it, not even root.
fn unreadable(sandbox: &Sandbox, path: &str) -> String {
    std::fs::remove_file(sandbox.inside(path)).unwrap();
    std::fs::create_dir(sandbox.inside(path)).unwrap();
    path.to_owned()
}

#[test]
fn doctor_goes_on_past_what_cannot_be_read_and_names_it() {
    let sandbox = Sandbox::demo();
    let expected = [
        unreadable(&sandbox, "tenants/contoso.com/audit.jsonl"),
        broken(&sandbox, &format!("tenants/contoso.com/cases/{MIGRATION}/case.toml")),
        broken(&sandbox, "tenants/fabrikam.com/cases/2610020030005521/case.toml"),
    ];
    let found = problems(&sandbox, "doctor --json");
    for path in &expected {
        assert!(found.contains_key(path), "{path} in {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "and nothing else: {found:#?}");
    let said = sandbox.ok("doctor");
    assert!(said.contains("attestation_log") && said.contains("setting: keys"), "{said}");
    // A store of cases that is none, in one tenant and in two.
    let mut expected: Vec<String> = expected.into();
    for tenant in ["fabrikam.com", "contoso-test.com"] {
        let cases = format!("tenants/{tenant}/cases");
        let _ = std::fs::remove_dir_all(sandbox.inside(&cases));
        std::fs::write(sandbox.inside(&cases), "").unwrap();
        expected.retain(|path| !path.starts_with(&cases));
        expected.push(cases);
        let found = problems(&sandbox, "doctor --json");
        for path in &expected {
            assert!(found.contains_key(path), "{path} in {found:#?}");
        }
    }
    // The attestation log, and the tenants themselves.
    unreadable(&sandbox, ".attest/log.jsonl");
    let ran = sandbox.sh("doctor --json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let checks = ran.document()["checks"].clone();
    let log = checks.as_array().unwrap().iter().find(|check| check["name"] == "attestation_log");
    assert_eq!(log.unwrap()["ok"], false, "{checks:#}");
    let found = problems(&sandbox, "doctor --json");
    assert!(expected.iter().all(|path| found.contains_key(path)), "{found:#?}");
}

/// Pipes and sockets can be made everywhere, devices where the kernel permits.
#[test]
fn doctor_names_pipes_sockets_devices_and_links_wherever_they_lie() {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    let sandbox = Sandbox::demo();
    let case = format!("tenants/contoso.com/cases/{MIGRATION}");
    let make = |path: &str, kind: FileType, device| {
        mknodat(CWD, sandbox.inside(path), kind, Mode::from_raw_mode(0o600), device).is_ok()
    };
    let mut expected = Vec::new();
    for place in ["", "/records", "/diagnostics", "/transfer", "/access"] {
        let path = format!("{case}{place}/pipe");
        assert!(make(&path, FileType::Fifo, 0), "{path}");
        expected.push((path, "pipe"));
    }
    for place in ["tenants/contoso.com", "tenants/contoso.com/dsr", "tenants/contoso.com/cases"] {
        let path = format!("{place}/socket");
        UnixListener::bind(sandbox.inside(&path)).unwrap();
        expected.push((path, "socket"));
        let path = format!("{place}/link");
        symlink("/etc/hostname", sandbox.inside(&path)).unwrap();
        expected.push((path, "link"));
    }
    let path = format!("{case}/records/zero");
    if make(&path, FileType::CharacterDevice, makedev(1, 5)) {
        expected.push((path, "device"));
    }
    let found = problems(&sandbox, "doctor --json");
    for (path, word) in &expected {
        let why = found.get(path).unwrap_or_else(|| panic!("{path} in {found:#?}"));
        // Stores of records have their own words for what is none.
        let other = ["not a regular file", "special file", "not a directory of a record"];
        let other = other.iter().any(|words| why.contains(words));
        assert!(why.contains(word) || other, "{path}: {why}");
    }
    assert_eq!(found.len(), expected.len(), "each once: {found:#?}");
    let line = &format!("{case}/records/pipe: a pipe, which is never opened");
    assert!(sandbox.ok("doctor").contains(line.as_str()));
    // DTM-2, SAR-13: what lies in other tenants, or in a transfer folder, is not for everybody.
    let found = problems(&sandbox, "doctor --json --as john@contoso.com");
    assert!(found.contains_key(&format!("{case}/records/pipe")), "{found:#?}");
    assert!(!found.keys().any(|path| path.contains("/transfer/")), "{found:#?}");
    let ran = sandbox.sh("doctor --json --as jane@fabrikam.com").document();
    assert!(!ran["problems"].to_string().contains("contoso"), "{ran:#}");
}

#[test]
fn sar_13_what_cannot_be_read_of_a_tenant_is_not_told_to_another() {
    let sandbox = Sandbox::demo();
    unreadable(&sandbox, "tenants/contoso.com/audit.jsonl");
    broken(&sandbox, &format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"));
    let ran = sandbox.sh("doctor --json --as jane@fabrikam.com");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.document()["problems"].to_string().contains("contoso"), "{ran:?}");
}
