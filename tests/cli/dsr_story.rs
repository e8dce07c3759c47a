//! DSR-3: the three illustrations of the data subject request guide, on the example workspace.
//!
//! John works for Contoso and is the contact of its support cases; Jane works there too, and chats
//! and tickets name her.

use super::harness::{BEN, MIGRATION, Sandbox};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything of the customer's engagements: what a referred request never touches.
fn engagements(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut tree = sandbox.tree();
    tree.retain(|path, _| {
        let path = path.to_string_lossy();
        path.contains("/cases/") || path.contains("/approvals/")
    });
    tree
}

fn log(sandbox: &Sandbox) -> Value {
    sandbox.json("attest verify")["size"].clone()
}

#[test]
fn dsr_3_john_asks_for_his_own_contact_data() {
    let sandbox = Sandbox::demo();
    let before = (engagements(&sandbox), log(&sandbox));
    let made = sandbox.json(
        "dsr new contoso.com --type delete --regulation gdpr --requester contact --identifier email=john@contoso.com",
    );
    let dsr = made["id"].as_str().unwrap();
    // The vendor is controller: to its privacy response centre, at once.
    assert_eq!(made["route"], "privacy_response_center");
    assert_eq!(made["state"], "referred");
    assert!(made["referral_text"].as_str().unwrap().contains("privacy response centre"));
    for step in ["discover", "plan", "execute"] {
        sandbox.refused("DSR-1", &format!("dsr {step} {dsr}"));
    }
    assert_eq!((engagements(&sandbox), log(&sandbox)), before, "nothing is touched");
    // In open engagements a confirmed replacement takes his place, in closed ones nobody does.
    assert_eq!(sandbox.json(&format!("dsr show {dsr}"))["contact_swap"], "awaiting_replacement");
    let swap = format!("dsr swap-contact {dsr} --replacement adele@contoso.com");
    sandbox.refused("DSR-3", &swap);
    assert_eq!(engagements(&sandbox), before.0);
    let swapped = sandbox.json(&format!("{swap} --confirmed 'mail of 21 November'"));
    let swapped: Vec<&str> =
        swapped["engagements"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    assert!(swapped.contains(&format!("contoso.com/{MIGRATION}").as_str()), "{swapped:?}");
    let after = engagements(&sandbox);
    for (path, bytes) in &before.0 {
        let shown = path.to_string_lossy();
        let changed = swapped.iter().any(|engagement| {
            let (tenant, case) = engagement.split_once('/').unwrap();
            shown == format!("tenants/{tenant}/cases/{case}/case.toml")
        });
        assert_eq!(after[path] != *bytes, changed, "{shown}");
        if changed {
            let text = String::from_utf8_lossy(bytes);
            assert!(text.contains("status = \"open\""), "closed engagements are untouched: {text}");
        }
    }
    assert_eq!(sandbox.json(&format!("dsr show {dsr}"))["contact_swap"], "contact_swapped");
    assert_eq!(log(&sandbox), before.1, "nothing was deleted");
}

#[test]
fn dsr_3_jane_turns_to_us_herself() {
    let sandbox = Sandbox::demo();
    let before = (engagements(&sandbox), log(&sandbox));
    let made = sandbox.json(
        "dsr new contoso.com --type delete --regulation gdpr --requester end-user --identifier email=jane@contoso.com",
    );
    let dsr = made["id"].as_str().unwrap();
    assert_eq!((&made["route"], &made["state"]), (&"refer_to_customer".into(), &"referred".into()));
    let text = made["referral_text"].as_str().unwrap();
    assert!(text.contains("turn to Contoso") && !text.contains("jane"), "{text}");
    for step in ["discover", "plan", "execute"] {
        sandbox.refused("DSR-1", &format!("dsr {step} {dsr}"));
    }
    sandbox.refused(
        "DSR-3",
        &format!("dsr swap-contact {dsr} --replacement adele@contoso.com --confirmed r"),
    );
    // Sent, it is answered: no further action.
    let closed = sandbox.json(&format!("dsr close {dsr}"));
    assert_eq!(
        (&closed["state"], &closed["answer"]["nature"]),
        (&"referred".into(), &"referred".into())
    );
    assert_eq!((engagements(&sandbox), log(&sandbox)), before);
    assert_eq!(sandbox.json(&format!("dsr status {dsr}"))["request_status"], "cancelled");
}

/// Takes John's request for Jane, discovers it, and leaves out what is somebody else's.
fn john_brings_janes(sandbox: &Sandbox, option: &str) -> String {
    let made = sandbox.json(&format!(
        "dsr new contoso.com --type delete --regulation gdpr --requester customer {option} --identifier email=jane@contoso.com"
    ));
    assert_eq!((&made["route"], &made["state"]), (&"assist".into(), &"discovering".into()));
    let dsr = made["id"].as_str().unwrap().to_owned();
    let found = sandbox.json(&format!("dsr discover {dsr}"));
    for item in found["items"].as_array().unwrap() {
        if item["outcome"] == "review" {
            let item = item["id"].as_str().unwrap();
            sandbox.ok(&format!("dsr exclude {dsr} {item} --reason 'somebody else'"));
        }
    }
    dsr
}

fn executed(sandbox: &Sandbox, dsr: &str) -> Value {
    sandbox.refused("DEL-2", &format!("dsr approve {dsr}"));
    sandbox.ok(&format!("dsr approve {dsr} --as {BEN}"));
    let done = sandbox.json(&format!("dsr execute {dsr}"));
    assert_eq!(done["complete"], true, "{done}");
    let report = format!("report-{dsr}");
    sandbox.ok(&format!("attest report {dsr} --out {report}"));
    sandbox.ok(&format!("attest verify {report}"));
    let closed = sandbox.json(&format!("dsr close {dsr}"));
    assert_eq!(closed["answer"]["nature"], "fulfilled", "{closed}");
    done
}

#[test]
fn dsr_3_john_brings_janes_request_option_a() {
    let sandbox = Sandbox::demo();
    let dsr = john_brings_janes(&sandbox, "--option a");
    sandbox.refused("DSR-7", &format!("dsr plan {dsr}"));
    sandbox.ok(&format!("dsr plan {dsr} --acknowledge-history-loss"));
    let before = sandbox.tree();
    executed(&sandbox, &dsr);
    // Every engagement that named her is gone but for its tombstone and its transfer files.
    let after = sandbox.tree();
    let tombstones: Vec<String> = after
        .keys()
        .filter(|path| path.ends_with("tombstone.toml") && !before.contains_key(*path))
        .map(|path| path.parent().unwrap().display().to_string())
        .collect();
    assert!(tombstones.contains(&format!("tenants/contoso.com/cases/{MIGRATION}")));
    for path in after.keys() {
        let shown = path.display().to_string();
        if let Some(dir) = tombstones.iter().find(|dir| shown.starts_with(&format!("{dir}/"))) {
            let left = &shown[dir.len() + 1..];
            assert!(left == "tombstone.toml" || left.starts_with("transfer/"), "{shown}");
        }
    }
    // Nothing of the other customer, and no engagement that does not name her.
    for (path, bytes) in &before {
        let shown = path.display().to_string();
        let other = shown.starts_with("tenants/fabrikam.com/") || shown.contains("/transfer/");
        if other {
            assert_eq!(after.get(path), Some(bytes), "{shown}");
        }
    }
}

#[test]
fn dsr_3_john_brings_janes_request_option_b() {
    let sandbox = Sandbox::demo();
    let dsr = john_brings_janes(&sandbox, &format!("--option b --case {MIGRATION}"));
    let found = sandbox.json(&format!("dsr findings {dsr}"));
    let items = found["items"].as_array().unwrap();
    let of = |name: &str| {
        let item = items.iter().find(|item| item["path"].as_str().unwrap().ends_with(name));
        item.unwrap_or_else(|| panic!("{name}"))["id"].as_str().unwrap().to_owned()
    };
    // The engagement's record and a chat keep the rest of what they say; the others go as files.
    let (case, chat) = (of("/case.toml"), of("2026-10-27-teams-chat.md"));
    sandbox.ok(&format!("dsr redact {dsr} {case} {chat} --reason 'the rest is needed'"));
    for item in items {
        let path = item["path"].as_str().unwrap();
        if path.contains("/access/") || path.ends_with("approval.toml") {
            let id = item["id"].as_str().unwrap();
            sandbox.ok(&format!("dsr exclude {dsr} {id} --reason 'who had access stays known'"));
        }
    }
    let plan = sandbox.json(&format!("dsr plan {dsr}"));
    let actions: Vec<&Value> =
        plan["items"].as_array().unwrap().iter().map(|i| &i["action"]).collect();
    assert!(actions.contains(&&"redact".into()) && actions.contains(&&"delete".into()), "{plan}");
    let before = sandbox.tree();
    executed(&sandbox, &dsr);
    let after = sandbox.tree();
    let planned: Vec<&str> =
        plan["items"].as_array().unwrap().iter().map(|i| i["path"].as_str().unwrap()).collect();
    for (path, bytes) in &before {
        let shown = path.display().to_string();
        let file = shown.trim_end_matches(".meta.toml");
        if !shown.contains("/cases/") || planned.contains(&file) {
            continue;
        }
        assert_eq!(after.get(path), Some(bytes), "{shown} is not in the plan");
    }
    let text = std::fs::read_to_string(sandbox.inside(&format!(
        "tenants/contoso.com/cases/{MIGRATION}/records/2026-10-27-teams-chat.md"
    )))
    .unwrap();
    assert!(text.contains(&format!("[redacted {dsr}]")) && !text.contains("jane@contoso.com"));
    assert_eq!(sandbox.json(&format!("case show {MIGRATION}"))["status"], "open", "it goes on");
}
