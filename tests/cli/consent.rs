//! `caseward consent`.

use super::harness::Sandbox;
use insta::assert_snapshot;

#[test]
fn show() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "consent show 2610240010004182",
        "consent show 2611120010003365",
        "consent show 2610290010001578",
        "consent show 2610150010002904",
        "consent show 2610020030005521",
        "consent show 2609150040002236",
        "consent show 2611140040006120",
    ]));
}

#[test]
fn show_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "consent show 2610240010004182 --json",
        "consent show 2610020030005521 --json",
        "consent show 2610150010002904 --json",
    ]));
}

#[test]
fn grant_and_revoke() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "consent grant 2610290010001578",
        "consent grant 2610290010001578 --as john@contoso.com",
        "consent revoke 2610290010001578 --by john@contoso.com",
        "consent revoke 2610290010001578",
        "consent revoke 2611140040006120 --json",
        "consent grant 2610150010002904",
        "consent grant 2610240010004182 --as jane@fabrikam.com",
        "consent grant 2609150040002236 --kind memory_dump",
    ]));
}

#[test]
fn a_kind_of_consent_that_does_not_exist_is_refused() {
    let sandbox = Sandbox::demo();
    let before = sandbox.tree();
    let ran = sandbox.sh("consent grant 2610240010004182 --kind memory_dmp");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("memory_dump"), "{ran:?}");
    assert_eq!(sandbox.tree(), before);
}
