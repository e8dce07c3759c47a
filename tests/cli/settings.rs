//! `caseward init`, `tenant` and `engineer`: a workspace out of nothing.

use super::harness::Sandbox;
use insta::assert_snapshot;

const INIT: &str =
    "init ws --name 'US support' --origin support.example.com/us --region US --test-clock";

#[test]
fn a_workspace_out_of_nothing() {
    let sandbox = Sandbox::empty();
    let shown = sandbox.transcript([
        INIT,
        "status",
        "engineer add --principal kim@support.example.com --name 'Kim Lee'",
        "tenant add Tailspin.example --customer tailspin --name Tailspin --regime azure --tenant-id 3d1f0a52-77b0-4b6a-9a0e-6b1c2f8d4e55",
        "tenant principal add tailspin.example --upn eva@tailspin.example --name 'Eva Novak' --role 'Service Support Administrator'",
        "tenant principal add tailspin.example --upn tom@tailspin.example --name 'Tom Hart' --role 'Global Reader'",
        "tenant list",
        "tenant show tailspin.example",
        "engineer list",
        "audit show --tenant tailspin.example --as kim@support.example.com",
        "attest verify",
    ]);
    assert_snapshot!(shown);
}

#[test]
fn json() {
    let sandbox = Sandbox::empty();
    let shown = sandbox.transcript([
        format!("{INIT} --json").as_str(),
        "engineer add --principal kim@support.example.com --name Kim --json",
        "tenant add tailspin.example --tenant-id 3d1f0a52-77b0-4b6a-9a0e-6b1c2f8d4e55 --json",
        "tenant principal add tailspin.example --upn eva@tailspin.example --name Eva --role 'User Administrator' --json",
        "tenant list --json",
        "tenant show tailspin.example --json",
        "engineer list --json",
    ]);
    assert_snapshot!(shown);
}

#[test]
fn nothing_is_overwritten_and_names_are_checked() {
    let sandbox = Sandbox::demo();
    let before = sandbox.tree();
    assert_snapshot!(sandbox.transcript([
        INIT,
        "init new --name '' --origin o",
        "init new --name n --origin 'two words'",
        "init new --name n --origin a+b",
        "tenant add contoso.com",
        "tenant add CONTOSO.com",
        "tenant add a/b",
        "tenant add ..",
        "tenant principal add contoso.com --upn adele@contoso.com --name Adele",
        "tenant principal add contoso.com --upn adele --name Adele",
        "tenant principal add contoso.co --upn new@contoso.com --name New",
        "engineer add --principal ana.silva@support.example.com --name Ana",
        "engineer add --principal 'a b@c' --name Ana",
        "tenant show contoso.co",
    ]));
    assert_eq!(sandbox.tree(), before);
    assert!(!sandbox.path().join("new").exists());
}

#[test]
fn a_new_tenant_gets_a_random_guid() {
    let sandbox = Sandbox::empty();
    assert_eq!(sandbox.sh(INIT).code, 0);
    let ids: Vec<String> = ["a.example", "b.example"]
        .iter()
        .map(|domain| {
            let made = sandbox.json(&format!("tenant add {domain}"));
            made["tenant_id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let shape: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(shape, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4", "{id}");
    }
}

/// The whole of a first day: nothing but the program is needed to reach an attached diagnostic.
#[test]
fn a_case_can_be_worked_in_a_new_workspace() {
    let sandbox = Sandbox::empty();
    sandbox.file("a.log", "x\n");
    for line in [
        INIT,
        "engineer add --principal kim@support.example.com --name Kim",
        "tenant add tailspin.example",
        "tenant principal add tailspin.example --upn eva@tailspin.example --name Eva",
    ] {
        assert_eq!(sandbox.sh(line).code, 0, "{line}");
    }
    let id = sandbox.ok(
        "case new tailspin.example --title t --severity minimal --product p --contact eva@tailspin.example \
         --portal m365_admin --advanced-diagnostics yes --assign kim@support.example.com --as kim@support.example.com",
    );
    let ran =
        sandbox.sh(&format!("attach {id} a.log --category euii --as kim@support.example.com"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(sandbox.json(&format!("case show {id}"))["diagnostics"][0]["name"], "a.log");
    assert_eq!(sandbox.sh("doctor --json").document()["problems"], serde_json::json!([]));
}
