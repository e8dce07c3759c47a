//! Links, FIFOs and other things that are no files: never followed, never waited for.

use super::harness::{MIGRATION, Sandbox};
use std::os::unix::fs::symlink;
use std::path::Path;

const SECRET: &str = "Zanzibar-4711";

/// Puts a link to something outside at `path` and gives the sandbox.
fn linked(path: &str, target: impl Fn(&Sandbox) -> std::path::PathBuf) -> Sandbox {
    let sandbox = Sandbox::demo();
    let link = sandbox.inside(path);
    if link.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        std::fs::remove_dir_all(&link).unwrap();
    } else {
        let _ = std::fs::remove_file(&link);
    }
    symlink(target(&sandbox), &link).unwrap();
    sandbox
}

/// No command shows what is behind the link, and none changes it.
fn not_followed(sandbox: &Sandbox, outside: &Path) {
    let before = super::harness::tree_of(outside);
    for line in [
        "case list --json",
        &format!("case show {MIGRATION} --json"),
        &format!("diagnostics list {MIGRATION} --json"),
        "status --json",
        "doctor --json",
        "access list --all --json",
        "tenant list --json",
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a --identifier custom=Zanzibar-4711",
        "dsr discover DSR-2026-0002 --json",
        "dsr findings DSR-2026-0002 --json",
    ] {
        let ran = sandbox.sh(line);
        assert_ne!(ran.code, 101, "{ran:?}");
        let shown = line.contains("dsr ");
        assert!(shown || !ran.stdout.contains(SECRET), "{line}: {ran:?}");
    }
    let findings = sandbox.sh("dsr findings DSR-2026-0002 --json");
    if findings.code == 0 {
        let document = findings.document();
        let other = document["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| !["request", "audit"].contains(&item["kind"].as_str().unwrap()));
        assert!(other.is_none(), "{other:?}");
    }
    assert_eq!(super::harness::tree_of(outside), before);
}

fn outside(sandbox: &Sandbox) -> std::path::PathBuf {
    let dir = sandbox.path().join("outside");
    if !dir.exists() {
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("secret.md"), SECRET).unwrap();
        std::fs::write(dir.join("tenant.toml"), SECRET).unwrap();
    }
    dir
}

fn problem_at(sandbox: &Sandbox, path: &str) {
    let status = sandbox.json("status");
    let named =
        status["problems"].as_array().unwrap().iter().find(|problem| problem["path"] == path);
    let why = named.unwrap_or_else(|| panic!("{path} in {status}"))["why"].as_str().unwrap();
    assert!(why.contains("link"), "{why}");
}

#[test]
fn a_linked_file_in_a_store() {
    let path = format!("tenants/contoso.com/cases/{MIGRATION}/diagnostics/extra.md");
    let sandbox = linked(&path, |sandbox| outside(sandbox).join("secret.md"));
    not_followed(&sandbox, &outside(&sandbox));
    problem_at(&sandbox, &path);
    let discovered = sandbox.json("dsr discover DSR-2026-0002");
    assert_eq!(discovered["complete"], false, "what cannot be searched is said");
}

#[test]
fn a_linked_case_directory() {
    let path = format!("tenants/contoso.com/cases/{MIGRATION}");
    let sandbox = linked(&path, outside);
    not_followed(&sandbox, &outside(&sandbox));
    problem_at(&sandbox, &path);
    assert_eq!(sandbox.sh(&format!("case show {MIGRATION}")).code, 2, "it is no case");
}

#[test]
fn a_linked_store() {
    let sandbox = linked(&format!("tenants/contoso.com/cases/{MIGRATION}/records"), outside);
    not_followed(&sandbox, &outside(&sandbox));
    let ran = sandbox.run_with(["case", "note", MIGRATION], b"text");
    assert!([3, 4].contains(&ran.code), "{ran:?}");
    assert!(ran.stderr.contains("link"), "{ran:?}");
    assert_eq!(
        std::fs::read_dir(outside(&sandbox)).unwrap().count(),
        2,
        "nothing is written there"
    );
    let journal = std::fs::read_dir(sandbox.inside(".journal")).unwrap().count();
    assert_eq!(journal, 0, "and nothing stays behind");
}

#[test]
fn a_linked_tenant() {
    let path = "tenants/linked.example";
    let sandbox = linked(path, outside);
    not_followed(&sandbox, &outside(&sandbox));
    problem_at(&sandbox, path);
    let shown = sandbox.sh("tenant show linked.example");
    assert!([2, 4].contains(&shown.code), "{shown:?}");
    let added = sandbox.sh("tenant add linked.example");
    assert_ne!(added.code, 0, "{added:?}");
    assert_eq!(std::fs::read_to_string(outside(&sandbox).join("tenant.toml")).unwrap(), SECRET);
}

#[test]
fn a_linked_record_and_audit_log() {
    for path in [
        &format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"),
        "tenants/contoso.com/audit.jsonl",
        "tenants/contoso.com/tenant.toml",
    ] {
        let sandbox = linked(path, |sandbox| outside(sandbox).join("secret.md"));
        not_followed(&sandbox, &outside(&sandbox));
        let ran = sandbox.sh(&format!("consent revoke {MIGRATION}"));
        assert!([2, 3, 4].contains(&ran.code), "{path}: {ran:?}");
        let journal = std::fs::read_dir(sandbox.inside(".journal")).unwrap().count();
        assert_eq!(journal, 0, "{path}: nothing half done");
    }
}

#[test]
fn a_workspace_behind_a_link_is_a_workspace() {
    let sandbox = Sandbox::demo();
    symlink(sandbox.workspace(), sandbox.path().join("way")).unwrap();
    assert_eq!(sandbox.sh("case list --workspace way").code, 0);
}

#[test]
fn a_fifo_is_not_waited_for() {
    let sandbox = Sandbox::demo();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    for path in [
        format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"),
        format!("tenants/contoso.com/cases/{MIGRATION}/records/pipe"),
        "tenants/fabrikam.com/audit.jsonl".to_owned(),
    ] {
        let path = sandbox.inside(&path);
        let _ = std::fs::remove_file(&path);
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, mode, 0).unwrap();
    }
    for line in ["case list", "case show 2610240010004182", "doctor"] {
        assert!([0, 3, 4].contains(&sandbox.sh(line).code), "{line}");
    }
}

#[test]
fn an_existing_directory_file_or_link_is_not_made_a_demo() {
    let sandbox = Sandbox::demo();
    std::fs::create_dir(sandbox.path().join("empty")).unwrap();
    sandbox.file("file", "x");
    symlink("nowhere", sandbox.path().join("dangling")).unwrap();
    let before = super::harness::tree_of(sandbox.path());
    for dir in ["ws", "empty", "file", "dangling", "home"] {
        let ran = sandbox.sh(&format!("demo {dir} --no-tui"));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("hint: ") && ran.stderr.contains("exists already"), "{ran:?}");
    }
    assert_eq!(super::harness::tree_of(sandbox.path()), before);
    assert!(!sandbox.path().join("nowhere").exists());
}
