//! Names and contents that were made to harm: what a terminal would obey never reaches it.

use super::harness::{MIGRATION, Ran, Sandbox};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Clears the screen, sets a title, colours, turns the direction of text, hides.
const EVIL: &str =
    "\u{1b}[2J\u{1b}]0;pwned\u{7}\u{9b}31m\u{202e}gnp\u{200b}\u{7f}\u{85}\u{2028}\u{e0041}";

/// Nothing on standard output or error that a terminal obeys, line feeds aside.
#[track_caller]
fn harmless(ran: &Ran) {
    for (name, text) in [("standard output", &ran.stdout), ("standard error", &ran.stderr)] {
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
        });
        assert_eq!(bad, None, "{name} of {ran:?}");
    }
}

/// A demo in which everything that a stranger names is hostile.
fn hostile() -> Sandbox {
    let sandbox = Sandbox::demo();
    let title = format!("Title {EVIL}");
    let made = sandbox.run([
        "case",
        "new",
        "contoso.com",
        "--title",
        &title,
        "--description",
        &title,
        "--severity",
        "minimal",
        "--product",
        &title,
        "--contact",
        "john@contoso.com",
        "--portal",
        "m365_admin",
        "--advanced-diagnostics",
        "yes",
        "--assign",
        super::harness::ANA,
    ]);
    assert_eq!(made.code, 0, "{made:?}");
    let asked = sandbox.run([
        "access",
        "request",
        MIGRATION,
        "--resource-tenant",
        "contoso-test.com",
        "--justification",
        &title,
    ]);
    assert_eq!(asked.code, 0, "{asked:?}");
    let name = sandbox.file(format!("a{}.log", EVIL.replace('/', "")), EVIL);
    let attached = sandbox.run([
        OsStr::new("attach"),
        OsStr::new(MIGRATION),
        name.as_os_str(),
        OsStr::new("--category"),
        OsStr::new("euii"),
    ]);
    assert_eq!(attached.code, 0, "{attached:?}");
    harmless(&attached);
    let records = sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/records"));
    std::fs::write(records.join(format!("note{EVIL}jane@contoso.com.md")), "jane@contoso.com")
        .unwrap();
    let raw = OsStr::from_bytes(b"caf\xe9\x1b[31m-jane@contoso.com.md");
    std::fs::write(records.join(raw), "jane@contoso.com").unwrap();
    let received = sandbox.run([
        "dsr",
        "new",
        "contoso.com",
        "--type",
        "delete",
        "--regulation",
        "gdpr",
        "--requester",
        "customer",
        "--option",
        "a",
        "--identifier",
        "email=jane@contoso.com",
        "--identifier",
        &format!("custom=x{EVIL}y"),
    ]);
    assert!([0, 2].contains(&received.code), "{received:?}");
    harmless(&received);
    if received.code == 2 {
        sandbox.ok("dsr new contoso.com --type delete --regulation gdpr --requester customer --option a --identifier email=jane@contoso.com");
    }
    sandbox
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed_neither_as_text_nor_as_json() {
    let sandbox = hostile();
    for line in [
        "case list",
        "case show 2610240010004182",
        "status",
        "doctor",
        "access list --all",
        "audit show --tenant contoso.com",
        "diagnostics list 2610240010004182",
        "consent show 2610240010004182",
        "tenant show contoso.com",
        "dsr discover DSR-2026-0002",
        "dsr findings DSR-2026-0002",
        "dsr show DSR-2026-0002",
        "dsr list",
        "dsr plan DSR-2026-0002 --acknowledge-history-loss",
        "attest verify",
        "attest log",
    ] {
        let text = sandbox.sh(line);
        assert!([0, 1, 3].contains(&text.code), "{text:?}");
        harmless(&text);
        let json = sandbox.sh(&format!("{line} --json"));
        assert_eq!(json.code, text.code, "{json:?}");
        harmless(&json);
        let _ = json.document();
    }
    let names = sandbox.json("diagnostics list 2610240010004182");
    let evil = names["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["name"].as_str().unwrap().starts_with('a'));
    let name = evil.expect("the hostile file is listed")["name"].as_str().unwrap().to_owned();
    for json in ["", "--json"] {
        let mut words = vec!["diagnostics", "show", MIGRATION, &name];
        words.extend((!json.is_empty()).then_some(json));
        let shown = sandbox.run(words);
        assert_eq!(shown.code, 0, "{shown:?}");
        harmless(&shown);
    }
}

#[test]
fn json_says_what_was_meant_however_it_is_written() {
    let sandbox = hostile();
    let list = sandbox.json("case list");
    let title = format!("Title {EVIL}");
    let known =
        list["cases"].as_array().unwrap().iter().any(|case| case["title"] == title.as_str());
    assert!(known, "the document holds the very characters, escaped");
}

#[test]
fn hostile_arguments_are_shown_harmless() {
    let sandbox = Sandbox::demo();
    for words in [
        vec!["case", "show", EVIL],
        vec!["case", "list", "--tenant", EVIL],
        vec!["case", "list", "--workspace", EVIL],
        vec!["case", "list", "--as", EVIL],
        vec!["case", "list", "--filter", EVIL],
        vec!["case", "set-severity", MIGRATION, EVIL],
        vec![EVIL],
        vec!["attach", MIGRATION, EVIL, "--category", "euii"],
        vec!["attach", MIGRATION, "x", "--category", EVIL],
        vec!["demo", EVIL, "--no-tui"],
        vec!["dsr", "new", "contoso.com", "--identifier", EVIL],
        vec!["case", "note", MIGRATION, "--file", EVIL],
        vec!["attest", "verify", "--checkpoint", EVIL],
        vec!["consent", "grant", MIGRATION, "--by", EVIL],
        vec!["case", "assign", MIGRATION, "--engineer", EVIL],
        vec!["init", "new", "--name", EVIL, "--origin", "o"],
    ] {
        for json in [false, true] {
            let mut words = words.clone();
            words.extend(json.then_some("--json"));
            let ran = sandbox.run(&words);
            assert_ne!(ran.code, 101, "{ran:?}");
            harmless(&ran);
        }
    }
}

#[test]
fn a_file_name_that_is_not_utf_8_is_attached_listed_and_searched() {
    let sandbox = Sandbox::demo();
    let path = sandbox.file(OsStr::from_bytes(b"caf\xe9 \xff.log"), "latin");
    let attached = sandbox.run([
        OsStr::new("attach"),
        OsStr::new(MIGRATION),
        path.as_os_str(),
        OsStr::new("--category"),
        OsStr::new("euii"),
        OsStr::new("--json"),
    ]);
    assert_eq!(attached.code, 0, "{attached:?}");
    let stored = attached.document()["items"][0]["path"].as_str().unwrap().to_owned();
    assert_eq!(std::fs::read(sandbox.inside(&stored)).unwrap(), b"latin");
    // Somebody put one into the workspace by hand: listed, searched, and not planned without a name.
    let records = sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/records"));
    std::fs::write(records.join(OsStr::from_bytes(b"\xff.md")), "zanzibar@contoso.com").unwrap();
    let shown = sandbox.json(&format!("case show {MIGRATION}"));
    assert_eq!(shown["records"].as_array().unwrap().len(), 7, "{}", shown["records"]);
    sandbox.ok("dsr new contoso.com --type delete --regulation gdpr --requester customer --option a --identifier email=zanzibar@contoso.com");
    let found = sandbox.json("dsr discover DSR-2026-0002");
    let own =
        found["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "record").count();
    assert_eq!(own, 1, "{found}");
    let planned = sandbox.sh("dsr plan DSR-2026-0002 --acknowledge-history-loss");
    assert_eq!(planned.code, 3, "{planned:?}");
    assert!(
        planned.stderr.contains("not UTF-8") && planned.stderr.contains("hint: "),
        "{planned:?}"
    );
}

#[test]
fn a_workspace_path_that_is_not_utf_8_works() {
    let sandbox = Sandbox::empty();
    let dir = sandbox.path().join(OsStr::from_bytes(b"w\xffs"));
    let made = sandbox.run([OsStr::new("demo"), dir.as_os_str(), OsStr::new("--no-tui")]);
    assert_eq!(made.code, 0, "{made:?}");
    let listed = sandbox.run([
        OsStr::new("case"),
        OsStr::new("list"),
        OsStr::new("--workspace"),
        dir.as_os_str(),
    ]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(listed.stdout.contains(MIGRATION));
}
