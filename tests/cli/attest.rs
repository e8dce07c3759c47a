//! `caseward attest`.

use super::harness::{BEN, Sandbox};
use insta::assert_snapshot;

/// A demo in which one closed engagement was deleted.
fn after_a_deletion() -> Sandbox {
    let sandbox = Sandbox::demo();
    for line in [
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option b --case 2610150010002904 --identifier email=jane@contoso.com",
        "dsr discover DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss",
    ] {
        sandbox.ok(line);
    }
    sandbox.ok(&format!("dsr approve DSR-2026-0002 --as {BEN}"));
    sandbox.ok("dsr execute DSR-2026-0002");
    sandbox
}

/// The transcript without what depends on the file system under the test: the warnings of an `end`.
fn transcript<'a>(sandbox: &Sandbox, lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in sandbox.transcript(lines).lines().filter(|line| !line.starts_with("warning: ")) {
        match (inside, line.trim()) {
            (false, "\"warnings\": [") => inside = true,
            (true, "]," | "]") => {
                inside = false;
                kept.push_str("      \"warnings\": [],\n");
            }
            (true, _) => {}
            (false, _) => {
                let bits = line.find("\"w\":\"").or_else(|| line.find("\\\"w\\\":"));
                kept.push_str(bits.map_or(line, |at| &line[..at]));
                kept.push('\n');
            }
        }
    }
    kept
}

#[test]
fn log_show_verify() {
    let sandbox = after_a_deletion();
    assert_snapshot!(transcript(
        &sandbox,
        [
            "attest log",
            "attest log --limit 1",
            "attest show 0",
            "attest show 1",
            "attest show 2",
            "attest show 3",
            "attest verify",
        ]
    ));
}

#[test]
fn log_show_verify_json() {
    let sandbox = after_a_deletion();
    assert_snapshot!(transcript(
        &sandbox,
        [
            "attest log --json",
            "attest show 2 --json",
            "attest verify --json",
            "attest show 3 --json",
        ]
    ));
}

#[test]
fn a_new_log_is_intact() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript(["attest verify", "attest log"]));
}

#[test]
fn a_checkpoint_that_was_handed_out_is_compared() {
    let sandbox = after_a_deletion();
    let handed_out = std::fs::read(sandbox.inside(".attest/checkpoint")).unwrap();
    sandbox.file("checkpoint", handed_out);
    assert_eq!(sandbox.sh("attest verify --checkpoint checkpoint").code, 0);
    let other = Sandbox::demo();
    let foreign = std::fs::read(other.inside(".attest/checkpoint")).unwrap();
    sandbox.file("foreign", foreign);
    let ran = sandbox.sh("attest verify --checkpoint foreign");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("FAILED"), "{ran:?}");
    assert_eq!(sandbox.sh("attest verify --checkpoint missing").code, 4);
}

#[test]
fn a_changed_log_fails_and_stops_deletions() {
    let sandbox = after_a_deletion();
    let path = sandbox.inside(".attest/log.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"n\":", "\"n\": ", 1)).unwrap();
    let ran = sandbox.sh("attest verify --json");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.document()["ok"], false);
    // Everything else goes on.
    assert_eq!(sandbox.sh("case list").code, 0);
}

#[test]
fn a_rolled_back_log_raises_the_alarm() {
    let sandbox = Sandbox::demo();
    let before: Vec<_> = [".attest/log.jsonl", ".attest/head", ".attest/checkpoint"]
        .iter()
        .map(|path| (sandbox.inside(path), std::fs::read(sandbox.inside(path)).unwrap()))
        .collect();
    for line in [
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option b --case 2610150010002904 --identifier email=jane@contoso.com",
        "dsr discover DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss",
    ] {
        sandbox.ok(line);
    }
    sandbox.ok(&format!("dsr approve DSR-2026-0002 --as {BEN}"));
    sandbox.ok("dsr execute DSR-2026-0002");
    assert_eq!(sandbox.sh("attest verify").code, 0);
    for (path, bytes) in before {
        std::fs::write(path, bytes).unwrap();
    }
    let ran = sandbox.sh("attest verify");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("FAILED"), "{ran:?}");
}

#[test]
fn report() {
    let sandbox = after_a_deletion();
    let shown = sandbox.transcript([
        "attest report DSR-2026-0002 --out report",
        "attest report DSR-2026-0002 --out report",
        "attest report DSR-2026-0001 --out other",
        "attest report DSR-2026-0009 --out other",
        "attest report DSR-2026-0002 --out missing/deep",
        "dsr show DSR-2026-0002",
    ]);
    assert_snapshot!(shown);
    assert!(!sandbox.path().join("other").exists(), "nothing is written for a refusal");
    // Twice from the same state: the same bytes.
    let first = super::harness::tree_of(&sandbox.path().join("report"));
    assert_eq!(sandbox.sh("attest report DSR-2026-0002 --out again").code, 0);
    let again = super::harness::tree_of(&sandbox.path().join("again"));
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (path, bytes) in &first {
        assert_eq!(again.get(path), Some(bytes), "{}", path.display());
    }
}

#[test]
fn report_json() {
    let sandbox = after_a_deletion();
    assert_snapshot!(sandbox.transcript([
        "attest report DSR-2026-0002 --out report --json",
        "attest report DSR-2026-0001 --out other --json",
    ]));
}

#[test]
fn att_6_what_is_not_executed_is_not_certified() {
    let sandbox = Sandbox::demo();
    sandbox.ok("dsr new contoso.com --type delete --regulation gdpr --requester customer --option b --case 2610150010002904 --identifier email=jane@contoso.com");
    for step in [
        "dsr discover DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss",
        "dsr approve DSR-2026-0002 --as ben.okafor@support.example.com",
    ] {
        sandbox.refused("ATT-6", "attest report DSR-2026-0002 --out out");
        sandbox.ok(step);
    }
    sandbox.refused("ATT-6", "attest report DSR-2026-0002 --out out");
    assert!(!sandbox.path().join("out").exists());
}
