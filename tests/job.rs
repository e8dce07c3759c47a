//! The whole job through the binary, on a fresh demo: from a case to a report whose hashes are those
//! of the files as they were.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests look at the workspace from outside the program"
)]

#[path = "cli/harness.rs"]
mod harness;

use harness::{ANA, BEN, Sandbox};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

/// Five files of different kinds that name the person.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let utf16: Vec<u8> = "\u{feff}Mailbox of robin@contoso.com\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, contents) in [
        ("signins.json", &br#"{"userPrincipalName":"robin@contoso.com","result":50076}"#[..]),
        ("users.csv", b"upn,mailbox\nrobin@contoso.com,12\nkim@contoso.com,3\n"),
        ("stats.txt", &utf16),
        (
            "trace.har",
            br#"{"log":{"entries":[{"request":{"url":"https://x/?u=robin%40contoso.com"}}]}}"#,
        ),
        ("gateway.log", b"2026-11-21 08:00 no person in here\n"),
    ] {
        sandbox.file(name, contents);
    }
    ["signins.json", "users.csv", "stats.txt", "trace.har", "gateway.log"].map(str::to_owned).into()
}

#[test]
fn from_a_case_to_a_report() {
    let sandbox = Sandbox::demo();
    let names = files(&sandbox);

    // A case, consented at creation, assigned.
    let case = sandbox.ok(&format!(
        "case new contoso.com --title 'Robin cannot sign in' --severity moderate --product 'Microsoft Entra ID' \
         --contact john@contoso.com --portal entra_admin --advanced-diagnostics no --assign {ANA}"
    ));
    // Declined: the engineer may not collect, until the customer agrees.
    sandbox.refused("CONS-2", &format!("attach {case} signins.json --category euii"));
    let consent = sandbox.json(&format!("consent grant {case}"));
    assert_eq!(consent["state"], "active");
    assert_eq!(consent["expires_at"], "2026-12-21T09:00:00Z");

    // Access to the other tenant needs both sides.
    sandbox.refused(
        "SAR-8",
        &format!("attach {case} users.csv --category euii --tenant contoso-test.com"),
    );
    let sar = sandbox.ok(&format!(
        "access request {case} --resource-tenant contoso-test.com --justification 'only there'"
    ));
    sandbox.refused("SAR-6", &format!("access approve {sar}"));
    let approve = format!("access approve {sar} --as adele@contoso.com --slot");
    assert_eq!(sandbox.json(&format!("{approve} request"))["state"], "pending");
    sandbox.refused(
        "SAR-5",
        &format!("attach {case} users.csv --category euii --tenant contoso-test.com"),
    );
    assert_eq!(sandbox.json(&format!("{approve} resource"))["state"], "approved");
    let check = sandbox.json(&format!("access check {case} --tenant contoso-test.com"));
    assert_eq!((check["allowed"].clone(), text(&check, "basis")), (true.into(), "access_request"));

    // Diagnostics of five kinds, one of them from the other tenant; a note.
    let (own, there) = names.split_at(4);
    let attached = sandbox.json(&format!(
        "attach {case} {} --category euii --category eupi --kind sign_in_logs",
        own.join(" ")
    ));
    for item in attached["items"].as_array().unwrap() {
        let bytes = std::fs::read(sandbox.path().join(text(item, "name"))).unwrap();
        assert_eq!(text(item, "sha256"), sha256(&bytes));
        assert_eq!(text(item, "delete_after"), "2026-12-19T09:00:00Z");
    }
    sandbox.json(&format!(
        "attach {case} {} --category system-metadata --tenant contoso-test.com",
        there.join(" ")
    ));
    let note =
        sandbox.run_with(["case", "note", case.as_str()], b"Robin (robin@contoso.com) called.\n");
    assert_eq!(note.code, 0, "{note:?}");
    assert_eq!(
        sandbox.json(&format!("diagnostics list {case}"))["items"].as_array().unwrap().len(),
        5
    );
    sandbox.ok(&format!("case close {case}"));
    assert_eq!(sandbox.json(&format!("access show {sar}"))["state"], "completed");

    // The request, discovery, review, plan, approval by a second person.
    let made = sandbox.json(
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a \
         --identifier email=robin@contoso.com",
    );
    let dsr = text(&made, "id").to_owned();
    assert_eq!((text(&made, "route"), text(&made, "due_on")), ("assist", "2026-12-21"));
    let found = sandbox.json(&format!("dsr discover {dsr}"));
    assert_eq!(found["complete"], true, "{found}");
    let stores: Vec<&str> = found["not_searched"]
        .as_array()
        .unwrap()
        .iter()
        .map(|store| text(store, "store"))
        .collect();
    assert_eq!(stores, ["transfer", "contacts"]);
    let paths: Vec<&str> =
        found["items"].as_array().unwrap().iter().map(|item| text(item, "path")).collect();
    for name in own {
        assert!(paths.iter().any(|path| path.ends_with(name.as_str())), "{name} in {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.ends_with("gateway.log")), "{paths:?}");
    assert!(paths.iter().all(|path| path.contains(&case) || path.contains(&sar)), "{paths:?}");
    sandbox.refused("DSR-7", &format!("dsr plan {dsr}"));
    let planned = sandbox.json(&format!("dsr plan {dsr} --acknowledge-history-loss"));
    let items = planned["items"].as_array().unwrap();
    let before: BTreeMap<String, (String, u64)> = items
        .iter()
        .map(|item| {
            let path = text(item, "path").to_owned();
            let bytes = std::fs::read(sandbox.inside(&path)).unwrap();
            assert_eq!(text(item, "sha256"), sha256(&bytes), "{path}");
            (path, (sha256(&bytes), bytes.len() as u64))
        })
        .collect();
    assert!(before.keys().any(|path| path.ends_with("gateway.log")), "the engagement goes whole");
    let rest = other_files(&sandbox, &before);
    sandbox.refused("DEL-2", &format!("dsr approve {dsr}"));
    sandbox.ok(&format!("dsr approve {dsr} --digest {} --as {BEN}", text(&planned, "digest")));

    // Execution: everything planned is gone, and nothing else.
    let done = sandbox.json(&format!("dsr execute {dsr}"));
    assert_eq!(done["complete"], true, "{done}");
    let deleted = done["items"].as_array().unwrap();
    assert_eq!(deleted.len(), before.len());
    for item in deleted {
        let path = text(item, "path");
        assert_eq!(
            (text(item, "sha256"), text(item, "verdict")),
            (before[path].0.as_str(), "deleted")
        );
        assert_eq!(item["hash_mismatch"], false);
        assert!(!sandbox.inside(path).exists(), "{path}");
    }
    assert_eq!(other_files(&sandbox, &before), rest, "nothing else changed");
    let shown = sandbox.sh(&format!("case show {case}"));
    assert_eq!(shown.code, 2, "{shown:?}");
    assert!(shown.stderr.contains("expunged"), "{shown:?}");
    let again = sandbox.json(&format!("dsr execute {dsr}"));
    assert_eq!(again["items"], done["items"]);
    let second = sandbox.json(
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a \
         --identifier email=robin@contoso.com",
    );
    let left = sandbox.json(&format!("dsr discover {}", text(&second, "id")));
    for item in left["items"].as_array().unwrap() {
        let kind = text(item, "kind");
        assert!(
            ["request", "attestation", "audit"].contains(&kind),
            "only records are left: {item}"
        );
    }

    // The log says so, and anyone can check it.
    assert_eq!(sandbox.json("attest verify")["ok"], true);
    let entry = sandbox.json(&format!("attest show {}", done["txs"][0]["end"]));
    check_hashes(&entry, "items", &before);

    // The report: the same hashes, and the person masked.
    sandbox.ok(&format!("attest report {dsr} --out report"));
    let out = sandbox.path().join("report");
    let report: Value =
        serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    check_hashes(&report, "items", &before);
    check_sums(&out);
    for name in ["report.md", "report.html"] {
        let written = std::fs::read_to_string(out.join(name)).unwrap();
        for (path, (sha256, _)) in &before {
            assert!(written.contains(sha256.as_str()), "{name} has the hash of {path}");
        }
        assert!(!written.contains("robin@contoso.com"), "{name} masks identifiers");
    }
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    for outside in ["<script", "http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "self-contained: {outside}");
    }
    let verified = sandbox.sh("attest verify");
    assert_eq!(verified.code, 0, "{verified:?}");
    assert_eq!(sandbox.json("status")["problems"], serde_json::json!([]));
}

/// Everything outside the plan and the books that a deletion keeps.
fn other_files(
    sandbox: &Sandbox,
    planned: &BTreeMap<String, (String, u64)>,
) -> BTreeMap<String, Vec<u8>> {
    sandbox
        .tree()
        .into_iter()
        .map(|(path, bytes)| (path.to_str().unwrap().to_owned(), bytes))
        .filter(|(path, _)| {
            let books = path.starts_with(".attest")
                || path.ends_with("audit.jsonl")
                || path.contains("/dsr/")
                // What is known of erased files, by keyed hash (DEL-11).
                || path.starts_with(".erased")
                || path.ends_with("tombstone.toml");
            !books && !planned.contains_key(path)
        })
        .collect()
}

/// The items of a document are the files as they were.
fn check_hashes(document: &Value, key: &str, before: &BTreeMap<String, (String, u64)>) {
    let items = document[key].as_array().unwrap_or_else(|| panic!("{key} in {document}"));
    assert_eq!(items.len(), before.len(), "{document}");
    for item in items {
        let (hash, size) = &before[text(item, "path")];
        let named = item
            .get("sha256")
            .or_else(|| item.get("sha256_before_removal"))
            .unwrap_or(&Value::Null);
        assert_eq!(named, hash.as_str(), "{item}");
        assert_eq!(item["size"].as_u64(), Some(*size), "{item}");
    }
}

/// `SHA256SUMS` lists every file of the bundle and is right about each.
fn check_sums(out: &Path) {
    let sums = std::fs::read_to_string(out.join("SHA256SUMS")).unwrap();
    let listed: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, name)| (name, hash))
        .collect();
    for (path, bytes) in harness::tree_of(out) {
        let name = path.to_str().unwrap();
        if !name.starts_with("SHA256SUMS") {
            assert_eq!(listed.get(name), Some(&sha256(&bytes).as_str()), "{name}");
        }
    }
}
