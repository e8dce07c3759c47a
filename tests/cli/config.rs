//! The user's configuration file, as the command line deals with it.

use super::harness::Sandbox;
use std::fs;

/// A configuration in its usual place.
fn configured(text: &str) -> Sandbox {
    let sandbox = Sandbox::demo();
    let dir = sandbox.path().join("home/.config/caseward");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("config.toml"), text).unwrap();
    sandbox
}

fn check<'a>(document: &'a serde_json::Value, detail: &str) -> &'a serde_json::Value {
    let checks = document["checks"].as_array().unwrap();
    let found = checks.iter().find(|c| c["detail"].as_str().unwrap().contains(detail));
    found.unwrap_or_else(|| panic!("{detail} in {checks:?}"))
}

#[test]
fn doctor_says_what_won_and_where_it_came_from() {
    let sandbox = configured(
        "theme = \"light\"\neditor = \"vim\"\n[keys]\ndown = [\"j\", \"down\", \"J\"]\n",
    );
    let document = sandbox.json("doctor");
    check(&document, "/home/.config/caseward/config.toml (default)");
    // NO_COLOR is set in here.
    check(&document, "theme mono (environment $NO_COLOR)");
    check(&document, "editor vim (file, line 2)");
    check(&document, "pager less (default)");
    check(&document, "keys down = j down J (file, line 4)");
    let document = sandbox.json("doctor --color always --plain");
    check(&document, "theme light (file, line 1)");
    check(&document, "plain true (flag --plain)");
}

#[test]
fn a_broken_file_is_named_and_stops_only_what_needs_it() {
    let sandbox = configured("theme = \"ligth\"\n");
    let document = sandbox.json("doctor");
    assert_eq!(document["ok"], false);
    let wrong = check(&document, "config.toml:1: `ligth` is no theme");
    assert_eq!(wrong["hint"], "did you mean `light`?");
    sandbox.ok("case list");
    let file = sandbox.file("other.toml", "mouse = 1\n");
    let document = sandbox.json(&format!("doctor --config {}", file.display()));
    check(&document, "other.toml:1: this is of type integer");
    check(&document, "other.toml (flag --config)");
}
