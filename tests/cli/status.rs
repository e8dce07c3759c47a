//! `caseward status`.

use super::harness::Sandbox;
use insta::assert_snapshot;

#[test]
fn status() {
    let mut sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["status", "status --as john@contoso.com"]));
    sandbox.at("2026-11-27T09:00:00Z");
    assert_snapshot!("status_a_week_later", sandbox.transcript(["status"]));
}

#[test]
fn status_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["status --json"]));
}
