//! `caseward transfer`.

use super::harness::{BEN, MIGRATION, Sandbox};
use insta::assert_snapshot;

#[test]
fn the_folder() {
    let sandbox = Sandbox::demo();
    sandbox.file("export.csv", "a,b\n");
    assert_snapshot!(sandbox.transcript([
        "transfer list 2610240010004182",
        "transfer list 2610240010004182 --as john@contoso.com --json",
        "transfer list 2610240010004182 --as ben.okafor@support.example.com",
        "transfer add 2610240010004182 export.csv --as john@contoso.com",
        "transfer add 2610240010004182 export.csv --as adele@contoso.com",
        "transfer add 2610240010004182 none.csv --as john@contoso.com",
        "transfer add 2609080010007741 export.csv --as john@contoso.com",
        "transfer delete 2610240010004182 exprot.csv --as john@contoso.com",
        "transfer delete 2610240010004182 export.csv",
        "transfer delete 2610240010004182 export.csv --as john@contoso.com",
        "transfer delete 2609080010007741 hrportal_small.sql --as john@contoso.com",
        "transfer link 2610240010004182 --account adele@contoso.com",
        "transfer link 2610240010004182 --account adelle@contoso.com",
        "transfer link 2610240010004182 --remove miriam@contoso.com",
        "transfer link 2609080010007741",
    ]));
}

#[test]
fn the_folder_json() {
    let sandbox = Sandbox::demo();
    sandbox.file("export.csv", "a,b\n");
    assert_snapshot!(sandbox.transcript([
        "transfer add 2610240010004182 export.csv --as john@contoso.com --json",
        "transfer delete 2610240010004182 export.csv --as john@contoso.com --json",
        "transfer link 2610240010004182 --json",
    ]));
}

#[test]
fn the_deletion_request() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "transfer requests",
        "transfer deletion-request contoso.com",
        "transfer show TDR-2026-0001",
        "transfer approve TDR-2026-0001 --as ben.okafor@support.example.com",
        "transfer approve TDR-2026-0001 --acknowledge-all-files",
        "transfer approve TDR-2026-0001 --acknowledge-all-files --as ben.okafor@support.example.com",
        "transfer execute TDR-2026-0001 --dry-run",
        "transfer execute TDR-2026-0001",
        "transfer check TDR-2026-0001",
        "transfer close TDR-2026-0001",
        "transfer cancel TDR-2026-0001 --reason 'only closed cases were meant'",
        "transfer requests",
        "transfer show TDR-2026-0009",
        "transfer show TDR-2026-0001 --as john@contoso.com",
    ]));
}

#[test]
fn the_deletion_request_json() {
    let sandbox = Sandbox::demo();
    sandbox
        .ok("dsr new contoso.com --type delete --regulation gdpr --requester customer --option b \
         --case 2610150010002904 --identifier email=jane@contoso.com");
    assert_snapshot!(sandbox.transcript([
        "transfer deletion-request contoso.com --case 2609080010007741 --dsr DSR-2026-0002 --json",
        &format!("transfer approve TDR-2026-0001 --as {BEN} --json"),
        "transfer execute TDR-2026-0001 --json",
        "transfer check TDR-2026-0001 --json",
        "transfer close TDR-2026-0001 --json",
        "transfer execute TDR-2026-0001 --json",
        "transfer requests --json",
        "transfer deletion-request fabrikam.com --case 2609080010007741 --json",
    ]));
}

#[test]
fn hostile_names_are_shown_and_never_obeyed() {
    let sandbox = Sandbox::demo();
    let name = "\u{1b}[31m\u{202e}gpj.exe\n.log";
    let file = sandbox.file(name, "x");
    let added = sandbox.run(["transfer", "add", MIGRATION, file.to_str().unwrap()]);
    assert_eq!(added.code, 0, "{added:?}");
    for line in [format!("transfer list {MIGRATION}"), "retention list".to_owned()] {
        let said = sandbox.ok(&line);
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said}");
    }
    // A name that no file system encoding explains is deleted like any other.
    use std::os::unix::ffi::OsStringExt;
    let raw = std::ffi::OsString::from_vec(b"caf\xe9.bin".to_vec());
    let dir = sandbox.inside("tenants/contoso.com/cases/2609080010007741/transfer");
    std::fs::write(dir.join(&raw), "x").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dir.join("link")).unwrap();
    let mut sandbox = sandbox;
    sandbox.at("2026-12-19T07:40:00Z");
    let swept = sandbox.json("retention sweep");
    assert!(!dir.join(&raw).exists());
    assert!(std::path::Path::new("/etc/passwd").exists());
    assert!(dir.join("link").symlink_metadata().is_ok(), "a link is said, not followed");
    let problems = swept["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["path"].as_str().unwrap().ends_with("/link")));
}
