//! `caseward dsr`.

use super::harness::{BEN, Sandbox};
use insta::assert_snapshot;

const JANE: &str = "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a \
                    --identifier email=jane@contoso.com --identifier 'name=Jane Miller'";
const ONE: &str = "dsr new contoso.com --type delete --regulation ccpa --requester customer --option b \
                   --case 2610150010002904 --identifier email=jane@contoso.com";

#[test]
fn new() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        JANE,
        "dsr new contoso.com --type delete --regulation ccpa --requester contact --option a",
        "dsr new contoso.com --type access --regulation gdpr --requester end-user --option a",
        "dsr new contoso.com --type export --regulation gdpr --requester consulting --option a --received-at 2026-01-31T10:00:00Z",
        "dsr list",
        "dsr show DSR-2026-0002",
        "dsr show DSR-2026-0001 --json",
    ]));
}

#[test]
fn new_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        format!("{JANE} --json").as_str(),
        "dsr new contoso.com --type delete --regulation ccpa --requester contact --option a --json",
        "dsr list --json",
    ]));
}

#[test]
fn new_is_refused() {
    let sandbox = Sandbox::demo();
    let start = "dsr new contoso.com --type delete --regulation gdpr --requester customer";
    assert_snapshot!(sandbox.transcript([
        format!("{start} --option a").as_str(),
        &format!("{start} --option b --identifier email=jane@contoso.com"),
        &format!("{start} --option a --case 2610150010002904 --identifier email=jane@contoso.com"),
        &format!("{start} --option b --case 2610020030005521 --identifier email=jane@contoso.com"),
        &format!("{start} --identifier jane@contoso.com"),
        &format!("{start} --identifier mail=jane@contoso.com"),
        &format!("{start} --identifier email=jane"),
        &format!("{start} --identifier name=Jane"),
        &format!("{start} --identifier ipv4=127.0.0.1"),
        &format!("{start} --identifier email=jane@contoso.com --received-at 2026-11-21T09:00:01Z"),
        &format!("{start} --identifier email=jane@contoso.com --as john@contoso.com"),
        "dsr new contoso.com --type delete --requester customer --identifier email=jane@contoso.com",
        "dsr new contoso.com --type forget --regulation gdpr --requester customer --json",
        "dsr show DSR-2026-0009",
    ]));
}

#[test]
fn from_discovery_to_execution() {
    let sandbox = Sandbox::demo();
    assert_eq!(sandbox.ok(ONE), "DSR-2026-0002");
    assert_snapshot!(sandbox.transcript([
        "dsr plan DSR-2026-0002",
        "dsr findings DSR-2026-0002",
        "dsr discover DSR-2026-0002",
        "dsr findings DSR-2026-0002",
        "dsr exclude DSR-2026-0002 f0099 --reason x",
        "dsr exclude DSR-2026-0002 f0001",
        "dsr exclude DSR-2026-0002 f0001 --reason ' '",
        "dsr plan DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement",
        "dsr exclude DSR-2026-0002 f0001 --reason 'the record itself'",
        "dsr plan DSR-2026-0002",
        "dsr execute DSR-2026-0002",
        "dsr approve DSR-2026-0002",
        "dsr approve DSR-2026-0002 --as ben.okafor@support.example.com",
        "dsr execute DSR-2026-0002 --dry-run",
        "dsr execute DSR-2026-0002",
        "dsr execute DSR-2026-0002",
        "dsr show DSR-2026-0002",
        "dsr cancel DSR-2026-0002 --reason late",
    ]));
}

#[test]
fn from_discovery_to_execution_json() {
    let sandbox = Sandbox::demo();
    sandbox.ok(ONE);
    assert_snapshot!(sandbox.transcript([
        "dsr discover DSR-2026-0002 --json",
        "dsr findings DSR-2026-0002 --json",
        "dsr exclude DSR-2026-0002 f0001 --reason 'the record itself' --json",
        "dsr plan DSR-2026-0002 --json",
        "dsr approve DSR-2026-0002 --as ben.okafor@support.example.com --json",
        "dsr execute DSR-2026-0002 --json",
        "dsr execute DSR-2026-0002 --json",
    ]));
}

#[test]
fn return_and_cancel() {
    let sandbox = Sandbox::demo();
    sandbox.ok(ONE);
    sandbox.ok("dsr discover DSR-2026-0002");
    sandbox.ok("dsr exclude DSR-2026-0002 f0001 --reason record");
    sandbox.ok("dsr plan DSR-2026-0002");
    assert_snapshot!(sandbox.transcript([
        "dsr return DSR-2026-0002 --reason 'f0002 is somebody else' --as ben.okafor@support.example.com",
        "dsr approve DSR-2026-0002 --as ben.okafor@support.example.com",
        "dsr cancel DSR-2026-0002 --reason ' '",
        "dsr cancel DSR-2026-0002 --reason 'the customer withdrew it' --as john@contoso.com",
        "dsr cancel DSR-2026-0002 --reason 'the customer withdrew it' --json",
        "dsr discover DSR-2026-0002",
        "dsr show DSR-2026-0002",
    ]));
}

#[test]
fn option_a_plans_whole_engagements() {
    let sandbox = Sandbox::demo();
    sandbox.ok(JANE);
    assert_snapshot!(sandbox.transcript([
        "dsr discover DSR-2026-0002",
        "dsr findings DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope items",
        "dsr plan DSR-2026-0002",
        "dsr plan DSR-2026-0002 --acknowledge-history-loss",
    ]));
}

#[test]
fn a_digest_makes_sure_which_plan_is_approved() {
    let sandbox = Sandbox::demo();
    sandbox.ok(ONE);
    sandbox.ok("dsr discover DSR-2026-0002");
    let planned =
        sandbox.json("dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss");
    let digest = planned["digest"].as_str().unwrap();
    let wrong = "0".repeat(64);
    let approve = format!("dsr approve DSR-2026-0002 --as {BEN} --digest");
    sandbox.refused("DEL-1", &format!("{approve} {wrong}"));
    assert_eq!(sandbox.sh(&format!("{approve} 12ab")).code, 2);
    assert_eq!(sandbox.sh(&format!("{approve} {digest}")).code, 0);
}

#[test]
fn nobody_of_another_tenant_sees_a_request() {
    let sandbox = Sandbox::demo();
    let erik = "--as erik@northwind.example";
    let listed = sandbox.sh(&format!("dsr list --json {erik}"));
    let document: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(document["requests"].as_array().map(Vec::len), Some(0), "{listed:?}");
    for command in [
        "dsr show DSR-2026-0001",
        "dsr show contoso.com/DSR-2026-0001",
        "dsr findings DSR-2026-0001",
        "dsr cancel DSR-2026-0001 --reason x",
        "attest report DSR-2026-0001",
    ] {
        let ran = sandbox.sh(&format!("{command} {erik}"));
        assert_ne!(ran.code, 0, "{ran:?}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        for of_theirs in ["Kowalski", "pat@", "contoso"] {
            assert!(!said.contains(of_theirs), "{command}: {said}");
        }
    }
    // Their own people and engineers do.
    for own in ["john@contoso.com", "ben.okafor@support.example.com"] {
        let ran = sandbox.sh(&format!("dsr show DSR-2026-0001 --as {own}"));
        assert!(ran.stdout.contains("Pat Kowalski"), "{ran:?}");
    }
}
