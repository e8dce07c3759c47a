//! `caseward access`.

use super::harness::{MIGRATION, Sandbox};
use insta::assert_snapshot;

#[test]
fn list() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access list",
        "access list --pending",
        "access list --approved",
        "access list --all --tenant northwind.example",
        "access list --pending --all",
        "access list --as jane@fabrikam.com",
    ]));
}

#[test]
fn list_is_projected_for_each_side() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access list --all --as john@contoso.com",
        "access list --all --as adele@contoso-test.com",
    ]));
}

#[test]
fn list_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["access list --approved --json"]));
}

#[test]
fn show() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access show SAR-9C3XT6WB",
        "access show SAR-9C3XT6WB --as miriam@contoso.com",
        "access show sar-b8mz4rte",
        "access show SAR-Q7HN2V5D --json",
        "access show SAR-4F7K2M9Q --as jane@fabrikam.com",
        "access show SAR-4F7K2M9",
    ]));
}

/// Asks for access and gives the id.
fn request(sandbox: &Sandbox) -> String {
    let id = sandbox.ok(&format!(
        "access request {MIGRATION} --resource-tenant contoso-test.com --justification 'the source of the move'"
    ));
    assert!(id.starts_with("SAR-") && id.len() == 12, "{id}");
    id
}

#[test]
fn request_and_approve_for_both_sides_at_once() {
    let sandbox = Sandbox::demo();
    let id = request(&sandbox);
    let shown = sandbox.transcript([
        format!("access approve {id}").as_str(),
        &format!("access approve {id} --as john@contoso.com"),
        &format!("access approve {id} --as jane@fabrikam.com"),
        &format!("access approve {id} --as adele@contoso.com"),
        &format!("access approve {id} --as adele@contoso.com"),
        &format!("access remove {id} --as adele@contoso.com --json"),
        &format!("access remove {id} --as adele@contoso.com"),
    ]);
    assert_snapshot!(shown.replace(&id, "SAR-NEWXXXXX"));
}

#[test]
fn each_slot_can_be_decided_alone() {
    let sandbox = Sandbox::demo();
    let id = request(&sandbox);
    let shown = sandbox.transcript([
        format!("access approve {id} --slot request --as adele@contoso.com").as_str(),
        &format!("access approve {id} --slot request --as adele@contoso.com"),
        &format!("access show {id}"),
        &format!("access reject {id} --as lee@contoso-test.com"),
        &format!("access reject {id} --as lee@contoso-test.com --json"),
    ]);
    assert_snapshot!(shown.replace(&id, "SAR-NEWXXXXX"));
}

#[test]
fn withdraw() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access withdraw SAR-6JWD83PK --as adele@contoso.com",
        "access withdraw SAR-6JWD83PK --json",
        "access withdraw SAR-6JWD83PK",
    ]));
}

#[test]
fn request_is_refused_where_it_is_not_the_way_in() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access request 2610240010004182 --resource-tenant contoso.com --justification x",
        "access request 2610240010004182 --resource-tenant contoso-test.com --justification ' '",
        "access request 2610240010004182 --resource-tenant contoso-tst.com --justification x",
        "access request 2610150010002904 --resource-tenant contoso-test.com --justification x",
        "access request 2610240010004182 --resource-tenant contoso-test.com --justification x --as john@contoso.com --json",
    ]));
}

#[test]
fn request_json() {
    let sandbox = Sandbox::demo();
    let made = sandbox.json(&format!(
        "access request {MIGRATION} --resource-tenant contoso-test.com --justification why"
    ));
    assert_eq!(made["schema"], "caseward/access-request/1");
    assert_eq!(made["state"], "pending");
    assert_eq!(made["case"], MIGRATION);
    assert_eq!(made["request_tenant"], "contoso.com");
    assert_eq!(made["resource_tenant"], "contoso-test.com");
    let shown = sandbox.json(&format!("access show {}", made["id"].as_str().unwrap()));
    assert_eq!(shown["state"], "pending");
}

#[test]
fn check() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access check 2610240010004182",
        "access check 2610240010004182 --tenant contoso-test.com",
        "access check 2610240010004182 --tenant contoso-test.com --as adele@contoso-test.com",
        "access check 2610240010004182 --tenant contoso-test.com --as miriam@contoso.com",
        "access check 2610240010004182 --tenant contoso-test.com --as ben.okafor@support.example.com",
        "access check 2610240010004182 --tenant fabrikam.com",
        "access check 2610240010004182 --kind network_topology",
        "access check 2610240010004182 --kind memory_dump",
        "access check 2611120010003365 --as ben.okafor@support.example.com",
        "access check 2610290010001578 --as chiara.rossi@support.example.com",
        "access check 2610020030005521 --as ben.okafor@support.example.com",
        "access check 2611140040006120 --as chiara.rossi@support.example.com",
        "access check 2611200020000943",
        "access check 2610150010002904",
        "access check 2610240010004182 --kind memory",
    ]));
}

#[test]
fn check_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "access check 2610240010004182 --json",
        "access check 2610240010004182 --tenant contoso-test.com --json",
        "access check 2610240010004182 --kind advisories --json",
        "access check 2611120010003365 --as ben.okafor@support.example.com --json",
    ]));
}
