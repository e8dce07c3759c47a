//! `caseward case`.

use super::harness::{MIGRATION, Sandbox};
use insta::assert_snapshot;

const NEW: &str = "case new contoso.com --title 'Mail is late' --severity moderate \
                   --product 'Exchange Online' --contact john@contoso.com --portal m365_admin \
                   --advanced-diagnostics yes";

#[test]
fn list() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case list",
        "case list --open --tenant northwind.example",
        "case list --filter 'teams ben'",
        "case list --filter nothing-of-the-sort",
    ]));
}

#[test]
fn list_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["case list --tenant contoso.com --json"]));
}

#[test]
fn show() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case show 2610240010004182",
        "case show contoso.com/2610150010002904",
        "case show 2611200020000943",
        "case show 2609240030001183",
    ]));
}

#[test]
fn show_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["case show 2610290010001578 --json"]));
}

#[test]
fn new_prints_the_id_and_nothing_else() {
    let sandbox = Sandbox::demo();
    let ran = sandbox.sh(NEW);
    assert_eq!(ran.code, 0, "{ran:?}");
    let id = ran.stdout.trim().to_owned();
    assert!(id.len() == 16 && id.starts_with("261121"), "{id}");
    let shown = sandbox.transcript([
        format!("case show {id}").as_str(),
        &format!("case assign {id} --engineer ben.okafor@support.example.com"),
        &format!("case set-severity {id} critical"),
        &format!(
            "case set-severity {id} critical --as ben.okafor@support.example.com --on-request-of \
             john@contoso.com"
        ),
        &format!("case show {id} --json"),
    ]);
    assert_snapshot!(shown.replace(&id, "[case]"));
}

#[test]
fn new_in_json_has_the_id() {
    let sandbox = Sandbox::demo();
    let made = sandbox.json(NEW);
    assert_eq!(made["schema"], "caseward/case-new/1");
    assert_eq!(made["tenant"], "contoso.com");
    let listed = sandbox.json("case list");
    let known = listed["cases"].as_array().unwrap().iter().any(|case| case["id"] == made["id"]);
    assert!(known, "{listed}");
}

#[test]
fn new_refuses_what_is_missing_or_unknown() {
    let sandbox = Sandbox::demo();
    let cases = sandbox.json("case list");
    let lines = [
        NEW.replace("john@contoso.com", "jon@contoso.com"),
        NEW.replace("'Mail is late'", "' '"),
        NEW.replace("moderate", "medium"),
        NEW.replace("m365_admin", "teams"),
        NEW.replace("contoso.com --title", "contosso.com --title"),
        format!("{NEW} --contact-method phone"),
        format!("{NEW} --country DE"),
        format!("{NEW} --assign anna.silva@support.example.com"),
        format!("{NEW} --as jane@fabrikam.com"),
    ];
    assert_snapshot!(sandbox.transcript(lines.iter().map(String::as_str)));
    assert_eq!(sandbox.json("case list"), cases);
}

#[test]
fn values_are_taken_with_hyphens_too() {
    let sandbox = Sandbox::demo();
    let line =
        NEW.replace("m365_admin", "m365-admin").replace("moderate", "highest-critical-impact");
    let id = sandbox.ok(&line);
    let shown = sandbox.json(&format!("case show {id}"));
    assert_eq!(shown["severity"], "highest_critical_impact");
    assert_eq!(shown["portal"], "m365_admin");
}

#[test]
fn close_restrict_reopen() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case restrict 2610240010004182",
        "case close 2610240010004182",
        "case close 2610240010004182",
        "case restrict 2610240010004182 --note 'only with a letter'",
        "case reopen 2610240010004182",
        "case reopen 2610240010004182 --customer-permission 'mail of 21 November'",
        "case reopen 2610240010004182",
        "case show 2610240010004182",
    ]));
}

#[test]
fn close_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case close 2610240010004182 --json",
        "case close 2610290010001578 --json",
        "case close 2610290010001578 --json",
        "case restrict 2610290010001578 --json",
    ]));
}

#[test]
fn rm_is_refused_and_points_at_dsr() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["case rm 2610240010004182"]));
}

#[test]
fn assign() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case assign 2611200020000943 --engineer ben.okafor@support.example.com",
        "case assign 2611200020000943 --engineer ben.okafo@support.example.com",
        "case assign 2611200020000943 --engineer adele@contoso.com --json",
        "case assign 2610150010002904 --engineer ben.okafor@support.example.com",
        "case assign 2611200020000943 --engineer ana.silva@support.example.com --as lee@contoso-test.com",
        "case assign 2611200020000943 --engineer ana.silva@support.example.com --json",
    ]));
}

#[test]
fn record() {
    let sandbox = Sandbox::demo();
    let add = sandbox.run_with(
        ["case", "note", MIGRATION, "--kind", "call", "--internal"],
        b"Jane called.\x1b[2J\n",
    );
    assert_eq!(add.code, 0, "{add:?}");
    let path = add.stdout.split(" (").next().unwrap();
    let name = path.rsplit('/').next().unwrap();
    let shown = sandbox.run(["case", "record", MIGRATION, name]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.starts_with("Jane called."), "{shown:?}");
    assert!(!shown.stdout.contains('\x1b'), "{shown:?}");
    let document = sandbox.run(["case", "record", MIGRATION, name, "--json"]);
    let document: serde_json::Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(document["schema"], "caseward/case-record/1");
    assert_eq!((&document["name"], &document["internal"]), (&name.into(), &true.into()));
    let missing = sandbox.run(["case", "record", MIGRATION, "missing.md"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.stderr.contains("`missing.md`"), "{missing:?}");
    // Internal notes are among them: no tenant's people.
    let refused = sandbox.run(["case", "record", MIGRATION, name, "--as", "john@contoso.com"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stdout.is_empty(), "{refused:?}");
    let log = std::fs::read_to_string(sandbox.inside("tenants/contoso.com/audit.jsonl")).unwrap();
    assert_eq!(log.matches("Record viewed").count(), 3, "two readings and a refusal");
}

#[test]
fn note() {
    let sandbox = Sandbox::demo();
    sandbox.file("call.txt", "Jane called.\n");
    sandbox.file("empty.txt", "");
    assert_snapshot!(sandbox.transcript([
        "case note 2610240010004182 --kind call --file call.txt",
        "case note 2610240010004182 --kind email --internal --file call.txt --json",
        "case note 2610240010004182 --file empty.txt",
        "case note 2610240010004182 --file missing.txt",
        "case note 2610240010004182 --file home",
        "case note 2610150010002904 --file call.txt",
        "case note 2610240010004182 --file call.txt --as john@contoso.com",
        "case note 2610240010004182 --kind letter --file call.txt",
    ]));
    let piped = sandbox.run_with(["case", "note", MIGRATION], b"from a pipe\n");
    assert_eq!(piped.code, 0, "{piped:?}");
    let path = piped.stdout.split(" (").next().unwrap();
    assert_eq!(std::fs::read(sandbox.inside(path)).unwrap(), b"from a pipe\n");
}
