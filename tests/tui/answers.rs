//! The clocks and answers of requests, by keys.

use super::harness::Stage;

/// Takes a request of the customer for a case by the form: its type, law and e-mail address.
fn take(stage: &mut Stage, kind: &str, law: &str, case: &str) {
    let words = ["access", "rectify", "restrict", "delete", "export"];
    let from = words.iter().position(|word| *word == "delete").unwrap();
    let to = words.iter().position(|word| *word == kind).unwrap();
    let turn = |from: usize, to: usize| {
        if to >= from { "<right>".repeat(to - from) } else { "<left>".repeat(from - to) }
    };
    let law = if law == "ccpa" { "<right>" } else { "" };
    let script = format!(
        "3n<tab>{}<tab>{law}<tab><tab>jane@contoso.com<tab><tab><tab><right><tab>{case}<tab><tab><enter>",
        turn(from, to)
    );
    stage.type_keys(&script).shows("was taken");
}

const CLOSED_CASE: &str = "2610150010002904";

#[test]
fn a_request_is_confirmed_extended_put_aside_and_denied() {
    let mut stage = Stage::new();
    take(&mut stage, "delete", "ccpa", CLOSED_CASE);
    stage.shows("Confirm by").shows("2026-12-04");
    stage.type_keys("C").shows("Was the receipt");
    stage.type_keys("<right><enter>").shows("Confirmed");
    stage.type_keys("C").shows("[LAW-4]");
    stage.type_keys("m").shows("DSR-15");
    stage.type_keys("<tab><tab><enter>").shows("A reason is needed");
    stage.type_keys("<backtab>many systems<enter><enter>").shows("2027-02-19");
    stage.type_keys("m").shows("[LAW-4]");
    stage
        .type_keys("swaiting for the identity<enter><enter>")
        .shows("held")
        .shows("take it up again");
    stage.type_keys("d").shows("[DSR-1]");
    stage.type_keys("<enter>").shows("Take up");
    stage.type_keys("<right><enter>").shows("discovering");
    stage.type_keys("w").shows("[LAW-5]");
    stage.type_keys("nno consumer of ours<enter><enter>").shows("denied").shows("Attorney General");
    stage.type_keys("n").shows("[DSR-1]");
}

#[test]
fn a_finding_is_redacted_planned_and_attested_by_keys() {
    let mut stage = Stage::new();
    take(&mut stage, "delete", "gdpr", CLOSED_CASE);
    stage.type_keys("d").shows("Review of DSR-2026-0002");
    stage.type_keys("t").shows("[DSR-11]");
    stage.type_keys("rthe rest is needed<enter><enter>").shows("rewritten");
    stage.type_keys("jrthe rest is needed<enter><enter>").shows("f0002");
    stage.type_keys("<esc>p<tab><tab><enter>G").shows("span redacted");
    stage.type_keys("@j<enter><enter><tab><enter>").shows("it can be executed now");
    stage.type_keys("<enter>").shows("redact");
    stage.type_keys("<tab>DSR-2026-0002<enter>").shows("Complete:").shows("redacted");
    let path = stage.dir.join(format!("tenants/contoso.com/cases/{CLOSED_CASE}/case.toml"));
    assert!(std::fs::read_to_string(path).unwrap().contains("[redacted DSR-2026-0002]"));
    stage.type_keys("<esc>w<tab><enter>").shows("is closed now, answered: fulfilled");
}

#[test]
fn what_was_found_is_given_out_by_keys() {
    let mut stage = Stage::new();
    take(&mut stage, "access", "gdpr", CLOSED_CASE);
    stage.type_keys("e").shows("[DSR-1]");
    stage.type_keys("d").shows("Review of");
    stage.type_keys("<esc>").shows(">export");
    stage.type_keys("p").shows("[DSR-1]");
    let out = stage.dir.parent().unwrap().join("out");
    stage
        .type_keys(&format!("<enter><ctrl-u>{}<enter><enter>", out.display()))
        .shows("2 files given out");
    assert!(out.join("manifest.json").is_file());
    stage.type_keys("e").shows("Export DSR-2026-0002");
    stage.type_keys(&format!("<ctrl-u>{}<enter><enter>", out.display()));
    stage.shows("is not empty");
    stage.type_keys("<esc><esc>").shows(">answer");
    stage.type_keys("<enter><tab><enter>").shows("Answered");
}

#[test]
fn engagements_are_restricted_by_keys() {
    let mut stage = Stage::new();
    take(&mut stage, "restrict", "gdpr", "2610240010004182");
    stage.type_keys("d").shows("Review of");
    stage.type_keys("Eanother person<enter><enter><esc>");
    stage.shows(">restriction");
    stage.type_keys("<enter>").shows("without the customer's permission");
    stage.type_keys("accuracy is contested<enter><enter>").shows("not to be opened again");
    stage.type_keys("1/2610240010004182<enter><enter>").shows("closed");
    stage.type_keys("o<tab><enter>").shows("[CASE-7]");
}

#[test]
fn a_record_is_corrected_by_keys() {
    let mut stage = Stage::new();
    take(&mut stage, "rectify", "gdpr", CLOSED_CASE);
    stage.type_keys("d").shows("Review of");
    stage.type_keys("r").shows("[DSR-11]");
    stage.type_keys("tjane.miller@contoso.com<tab>she married<enter><enter>").shows("rewritten");
}

#[test]
fn identifiers_follow_and_a_contact_is_replaced_by_keys() {
    let mut stage = Stage::new();
    stage
        .type_keys("3n<tab><tab><tab><tab><tab><tab><tab><tab><tab><tab><enter>")
        .shows("identifiers needed");
    stage.type_keys("d").shows("[DSR-5]");
    stage.type_keys("<enter>jane@contoso.com<tab><tab><tab><enter>").shows("discovering");
    // A contact's own request: nothing is searched, and the replacement has to have confirmed.
    stage.type_keys(
        "3n<tab><tab><tab><left><left><tab>john@contoso.com<tab><tab><tab><tab><tab><tab><enter>",
    );
    stage.shows("awaiting replacement").shows("privacy response centre");
    stage.type_keys("oadele@contoso.com<tab><tab><tab><enter>").shows("[DSR-3]");
    stage
        .type_keys("<backtab><backtab>mail of 21 November<enter><enter><enter>")
        .shows("contact swapped");
}
