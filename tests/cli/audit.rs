//! `caseward audit`.

use super::harness::Sandbox;
use insta::assert_snapshot;

#[test]
fn show() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "audit show --tenant contoso-test.com --category MicrosoftSupportAccessManagement",
        "audit show --tenant fabrikam.com",
        "audit show --tenant contoso.com --category TransferData --as miriam@contoso.com",
        "audit show --tenant contoso.com --as adele@contoso.com",
        "audit show --tenant contoso-test.com --as miriam@contoso.com",
        "audit show --tenant contosso.com",
    ]));
}

#[test]
fn show_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "audit show --tenant northwind.example --category MicrosoftSupportAccessManagement --json",
        "audit show --tenant fabrikam.com --category MicrosoftSupportAccessManagement --json",
    ]));
}
