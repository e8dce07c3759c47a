//! `caseward dsr`: clocks, answers, what is given out, and requests of other systems.

use super::harness::{BEN, Sandbox, tree_of};
use insta::assert_snapshot;

const CLOSED: &str = "--case 2610150010002904 --identifier email=jane@contoso.com";

fn new(kind: &str, law: &str, rest: &str) -> String {
    format!("dsr new contoso.com --type {kind} --regulation {law} --requester customer {rest}")
}

#[test]
fn clocks_and_answers() {
    let mut sandbox = Sandbox::demo();
    sandbox.ok(&new("delete", "ccpa", &format!("--option b {CLOSED}")));
    sandbox.ok(&new("delete", "gdpr", "--option a --identifier email=nobody@contoso.com"));
    let first = sandbox.transcript([
        "dsr status DSR-2026-0002",
        "dsr confirm DSR-2026-0002",
        "dsr confirm DSR-2026-0002",
        "dsr extend DSR-2026-0002 --ground processor-delay --reason 'the processor is slow'",
        "dsr extend DSR-2026-0002 --ground number-of-requests --reason 'many came at once'",
        "dsr hold DSR-2026-0002 --reason 'identity is being verified'",
        "dsr discover DSR-2026-0002",
        "dsr resume DSR-2026-0002",
        "dsr status DSR-2026-0002 --json",
        "dsr deny DSR-2026-0002 --reason ' '",
        "dsr deny DSR-2026-0002 --reason 'the person is no consumer'",
        "dsr show DSR-2026-0002",
        "dsr status DSR-2026-0002",
        "dsr close DSR-2026-0003",
        "dsr discover DSR-2026-0003",
    ]);
    sandbox.at("2026-12-22T00:00:00Z");
    let later = sandbox.transcript([
        "dsr extend DSR-2026-0003 --reason late",
        "dsr deny DSR-2026-0003 --reason late",
        "dsr close DSR-2026-0003 --json",
        "dsr close DSR-2026-0003",
    ]);
    assert_snapshot!(format!("{first}\n{later}"));
}

#[test]
fn identifiers_may_follow_and_parts_are_split() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        new("delete", "gdpr", "").as_str(),
        "dsr discover DSR-2026-0002",
        "dsr identify DSR-2026-0002 --identifier custom=x",
        "dsr identify DSR-2026-0002 --identifier email=jane@contoso.com",
        &new("delete", "gdpr", "--requester contact --identifier email=JANE@contoso.com"),
        &new("delete", "gdpr", "--channel privacy-response-center"),
        "dsr show DSR-2026-0003",
        "dsr swap-contact DSR-2026-0004 --replacement adele@contoso.com",
        "dsr swap-contact DSR-2026-0004 --replacement adele@contoso.com --confirmed 'mail of 21 November'",
    ]));
}

#[test]
fn export() {
    let sandbox = Sandbox::demo();
    sandbox.ok(&new("access", "gdpr", &format!("--option b {CLOSED}")));
    sandbox.ok("dsr discover DSR-2026-0002");
    std::fs::create_dir(sandbox.path().join("full")).unwrap();
    sandbox.file("full/mine.txt", "mine");
    let transcript = sandbox.transcript([
        "dsr export DSR-2026-0002 --out full",
        "dsr redact DSR-2026-0002 f0002 --reason 'names the works council'",
        "dsr export DSR-2026-0002 --out out",
        "dsr export DSR-2026-0002 --out out",
        "dsr close DSR-2026-0002",
    ]);
    let files: Vec<String> = tree_of(&sandbox.path().join("out"))
        .keys()
        .map(|path| path.display().to_string())
        .collect();
    let manifest = std::fs::read_to_string(sandbox.path().join("out/manifest.json")).unwrap();
    assert_snapshot!(format!("{transcript}\n{}\n\n{manifest}", files.join("\n")));
}

#[test]
fn import() {
    let sandbox = Sandbox::demo();
    let request = |identity: &str| {
        format!(
            r#"{{"regulation": "ccpa", "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
  "subject_request_type": "access", "submitted_time": "2026-11-20T15:00:00Z", "api_version": "1.0",
  "subject_identities": [{{"identity_type": "email", {identity}}}]}}"#
        )
    };
    let raw = request(r#""identity_value": "jane@contoso.com", "identity_format": "raw""#);
    sandbox.file("raw.json", &raw);
    sandbox
        .file("hashed.json", request(r#""identity_value": "6cd3", "identity_format": "sha256""#));
    sandbox.file("typo.json", raw.replace("identity_value", "identity_valeu"));
    sandbox.file("cut.json", &raw[..raw.len() / 2]);
    assert_snapshot!(sandbox.transcript([
        "dsr import raw.json",
        "dsr import missing.json --tenant contoso.com",
        "dsr import hashed.json --tenant contoso.com",
        "dsr import typo.json --tenant contoso.com",
        "dsr import cut.json --tenant contoso.com",
        "dsr import raw.json --tenant contoso.com --json",
        "dsr import raw.json --tenant contoso.com",
        "dsr status a7551968-d5d6-44b2-9831-815ac9017798 --json",
    ]));
}

#[test]
fn restrict() {
    let sandbox = Sandbox::demo();
    sandbox.ok(&new("restrict", "gdpr", &format!("--option b {CLOSED}")));
    assert_snapshot!(sandbox.transcript([
        "dsr restrict DSR-2026-0002",
        "dsr discover DSR-2026-0002",
        "dsr restrict DSR-2026-0002 --reason 'accuracy is contested'",
        "case reopen 2610150010002904",
        "dsr close DSR-2026-0002",
    ]));
}

/// What is redacted is in the plan, in the log and in the report, and anybody can check it.
#[test]
fn redacted_items_are_attested_end_to_end() {
    let sandbox = Sandbox::demo();
    sandbox.ok(&new("delete", "gdpr", &format!("--option b {CLOSED}")));
    sandbox.ok("dsr discover DSR-2026-0002");
    sandbox.ok("dsr redact DSR-2026-0002 f0001 f0002 --reason 'the rest is needed'");
    let transcript = sandbox.transcript([
        "dsr findings DSR-2026-0002",
        "dsr plan DSR-2026-0002",
        &format!("dsr approve DSR-2026-0002 --as {BEN}"),
        "dsr execute DSR-2026-0002",
    ]);
    assert_snapshot!(transcript);
    sandbox.ok("attest report DSR-2026-0002 --out report");
    let report = std::fs::read_to_string(sandbox.path().join("report/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["totals"]["redacted"], 2, "{report}");
    for item in report["items"].as_array().unwrap() {
        let path = sandbox.inside(item["path"].as_str().unwrap());
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("[redacted DSR-2026-0002]") && !text.contains("jane@"), "{text}");
        assert_eq!(item["verdict"], "redacted");
        assert_ne!(item["sha256_after"], item["sha256_before_removal"]);
    }
    // As the customer checks it, with what every system has.
    let checked = std::process::Command::new("sh")
        .arg("verify.sh")
        .current_dir(sandbox.path().join("report"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    sandbox.ok("attest verify report");
    sandbox.ok("attest verify");
    // And nothing is found there any more.
    sandbox.ok(&new("delete", "gdpr", &format!("--option b {CLOSED}")));
    let found = sandbox.json("dsr discover DSR-2026-0003");
    assert_eq!(found["findings"], 0, "{found}");
    let doctor = sandbox.json("status");
    assert_eq!(doctor["problems"].as_array().unwrap().len(), 0, "{doctor}");
}
