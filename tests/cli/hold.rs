//! `caseward hold`.

use super::harness::{CLOSED, MIGRATION, Sandbox};
use insta::assert_snapshot;

#[test]
fn add_list_release() {
    let sandbox = Sandbox::demo();
    let file = format!("{CLOSED}/call-quality.csv");
    let id = sandbox.ok(&format!("hold add {file} --reason 'court of Munich, 7 O 42/26'"));
    assert!(id.starts_with("HOLD-") && id.len() == 13, "{id}");
    let list = sandbox.json("hold list");
    assert_eq!(list["holds"].as_array().unwrap().len(), 2);
    assert_eq!(list["holds"][1]["id"], id.as_str());
    sandbox.refused("DEL-8", &format!("hold add {file} --reason 'court of Munich, 7 O 42/26'"));
    let due = sandbox.json("retention list");
    let item = due["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["path"].as_str().unwrap().ends_with("call-quality.csv"));
    assert_eq!(item.unwrap()["held"], true);
    assert_eq!(sandbox.json(&format!("hold release {id}"))["id"], id.as_str());
    assert_eq!(sandbox.json("hold list")["holds"].as_array().unwrap().len(), 1);
}

#[test]
fn refused_and_unknown() {
    let sandbox = Sandbox::demo();
    let path = format!("tenants/contoso.com/cases/{MIGRATION}");
    std::fs::write(sandbox.inside(&format!("{path}/records/bare.md")), "x").unwrap();
    assert_snapshot!(sandbox.transcript([
        "hold list",
        "hold add nothing --reason r",
        "hold add 2610150010002904/none.csv --reason r",
        "hold add 2610150010002904/call-quality.csv --reason ' '",
        "hold add 2610150010002904/call-quality.csv",
        "hold add 2610150010002904/call-quality.csv --reason r --as john@contoso.com",
        &format!("hold add {path}/case.toml --reason r"),
        &format!("hold add {path}/records/bare.md --reason r"),
        "hold add tenants/../workspace.toml --reason r",
        "hold release HOLD-2026-0004",
        "hold release ..",
        "hold release HOLD-2026-0003 --read-only",
    ]));
}
