//! `caseward doctor`.

use super::harness::Sandbox;
use insta::assert_snapshot;

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
