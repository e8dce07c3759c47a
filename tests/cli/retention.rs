//! `caseward retention`.

use super::harness::Sandbox;
use insta::assert_snapshot;

#[test]
fn list() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "retention list --within 5",
        "retention list --within 5 --as john@contoso.com",
        "retention list --within 0 --json",
        "retention list --within soon",
    ]));
}

#[test]
fn sweep() {
    let mut sandbox = Sandbox::demo();
    sandbox.at("2026-11-26T10:20:00Z");
    assert_snapshot!(sandbox.transcript([
        "retention sweep --dry-run",
        "retention sweep --as john@contoso.com",
        "retention sweep --read-only",
        "retention sweep",
        "retention sweep",
        "attest verify",
        "audit show --tenant contoso.com --category TransferData --as ana.silva@support.example.com",
    ]));
}

#[test]
fn sweep_json() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "retention sweep --dry-run --json",
        "retention sweep --json",
        "retention sweep --json",
    ]));
}

#[test]
fn replay() {
    let sandbox = Sandbox::demo();
    let before = sandbox.tree();
    for line in [
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option b \
         --case 2610150010002904 --identifier email=jane@contoso.com",
        "dsr discover DSR-2026-0002",
        "dsr plan DSR-2026-0002 --scope engagement --acknowledge-history-loss",
        "dsr approve DSR-2026-0002 --as ben.okafor@support.example.com",
        "retention replay",
        "dsr execute DSR-2026-0002",
    ] {
        sandbox.ok(line);
    }
    for (path, bytes) in before {
        if path.starts_with("tenants/contoso.com/cases/2610150010002904/records") {
            std::fs::create_dir_all(sandbox.workspace().join(&path).parent().unwrap()).unwrap();
            std::fs::write(sandbox.workspace().join(&path), bytes).unwrap();
        }
    }
    assert_snapshot!(sandbox.transcript([
        "retention replay --dry-run",
        "retention replay --as john@contoso.com",
        "retention replay",
        "retention replay --json",
    ]));
}

/// A stop between two transactions, or inside one, is finished at the next start.
#[test]
fn two_sweeps_at_once_delete_everything_once() {
    let mut sandbox = Sandbox::demo();
    sandbox.at("2026-12-31T00:00:00Z");
    let start = || {
        let mut command = sandbox.command();
        command.args(["retention", "sweep", "--json"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let running: Vec<_> = (0..4).map(|_| start()).collect();
    let mut deleted = Vec::new();
    let mut txs = 0;
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        txs += document["txs"].as_array().unwrap().len();
        for item in document["items"].as_array().unwrap() {
            if item["verdict"] == "deleted" {
                deleted.push(item["path"].as_str().unwrap().to_owned());
            }
        }
    }
    let count = deleted.len();
    deleted.sort();
    deleted.dedup();
    assert_eq!(deleted.len(), count, "no file is deleted twice");
    assert_eq!(txs, 1);
    assert_eq!(sandbox.json("attest verify")["ok"], true);
    assert_eq!(sandbox.json("attest verify")["size"], 3);
}
