//! `caseward attach` and `caseward diagnostics`.

use super::harness::Sandbox;
use insta::assert_snapshot;

#[test]
fn attach() {
    let sandbox = Sandbox::demo();
    sandbox.file("a.log", "first\n");
    sandbox.file("b.csv", "upn,result\njane@contoso.com,0\n");
    assert_snapshot!(sandbox.transcript([
        "attach 2610240010004182 a.log b.csv --category euii --category eupi --kind sign_in_logs",
        "attach 2610240010004182 a.log --category system-metadata --kind network_topology",
        "attach 2610240010004182 a.log --category oii --tenant contoso-test.com --collected-at 2026-11-20T08:00:00Z",
        "diagnostics list 2610240010004182",
        "diagnostics show 2610240010004182 b.csv",
    ]));
}

#[test]
fn attach_json() {
    let sandbox = Sandbox::demo();
    sandbox.file("a.log", "first\n");
    assert_snapshot!(sandbox.transcript([
        "attach 2610240010004182 a.log --category euii --json",
        "diagnostics show 2610240010004182 a.log --json",
    ]));
}

#[test]
fn attach_is_refused() {
    let sandbox = Sandbox::demo();
    sandbox.file("a.log", "first\n");
    assert_snapshot!(sandbox.transcript([
        "attach 2610240010004182 a.log",
        "attach 2610240010004182 a.log --category euii --collected-at 2026-11-21T09:00:01Z",
        "attach 2610240010004182 a.log --category euii --collected-at 2026-10-24T09:00:00Z",
        "attach 2610240010004182 a.log --category euii --collected-at yesterday",
        "attach 2610240010004182 a.log --category euii --as ben.okafor@support.example.com",
        "attach 2611120010003365 a.log --category euii --as ben.okafor@support.example.com",
        "attach 2610150010002904 a.log --category euii --as ben.okafor@support.example.com",
        "attach 2611200020000943 a.log --category euii",
        "attach 2610240010004182 a.log --category euii --tenant fabrikam.com --json",
        "attach 2610240010004182 a.log --category personal",
    ]));
}

#[test]
fn attach_takes_regular_files_only_and_all_or_none() {
    let sandbox = Sandbox::demo();
    let file = sandbox.file("a.log", "first\n");
    std::os::unix::fs::symlink(&file, sandbox.path().join("link.log")).unwrap();
    let before = sandbox.tree();
    assert_snapshot!(sandbox.transcript([
        "attach 2610240010004182 a.log link.log --category euii",
        "attach 2610240010004182 a.log missing.log --category euii",
        "attach 2610240010004182 a.log home --category euii",
    ]));
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn diagnostics() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "diagnostics list 2610240010004182 --as john@contoso.com",
        "diagnostics list 2611200020000943",
        "diagnostics list 2611030020007714 --json",
        "diagnostics show 2610240010004182 endpoint-health.jsn",
        "diagnostics show 2610240010004182 mailbox-statistics.txt --as ben.okafor@support.example.com",
        "diagnostics show 2610240010004182 migration-users.csv",
        "diagnostics show 2610240010004182 mailbox-statistics.txt",
        "diagnostics show 2610240010004182 move-report.zip",
    ]));
}
