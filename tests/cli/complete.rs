//! `caseward completions` and `caseward man`.

use super::harness::{CHIARA, MIGRATION, Sandbox};
use std::process::Command;

/// What a shell is offered for the last of these words.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut asked = vec!["--", "caseward"];
    asked.extend(words);
    let index = words.len().to_string();
    let variables = [
        ("CASEWARD_COMPLETE", "bash"),
        ("_CLAP_IFS", "\n"),
        ("_CLAP_COMPLETE_INDEX", &index),
        ("_CLAP_COMPLETE_COMP_TYPE", "9"),
        ("_CLAP_COMPLETE_SPACE", "true"),
    ];
    let ran = sandbox.command().args(asked).envs(variables).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_shell_is_offered_the_ids_of_the_workspace() {
    let sandbox = Sandbox::demo();
    assert_eq!(offered(&sandbox, &["case", "show", &MIGRATION[..6]]), [MIGRATION]);
    let full = format!("contoso.com/{MIGRATION}");
    assert_eq!(offered(&sandbox, &["consent", "show", &full[..20]]), [full.as_str()]);
    assert_eq!(offered(&sandbox, &["dsr", "show", "DSR"]), ["DSR-2026-0001"]);
    assert_eq!(offered(&sandbox, &["--as", "chi"]), [CHIARA]);
    assert_eq!(offered(&sandbox, &["audit", "show", "--tenant", "fab"]), ["fabrikam.com"]);
    assert_eq!(offered(&sandbox, &["com"]), ["completions"]);
}

#[test]
fn a_tenants_people_are_offered_their_own_only() {
    let sandbox = Sandbox::demo();
    let tenants = offered(&sandbox, &["--as", "john@contoso.com", "case", "list", "--tenant", ""]);
    assert_eq!(tenants.first().map(String::as_str), Some("contoso.com"), "{tenants:?}");
    assert!(!tenants.iter().any(|one| one == "fabrikam.com"), "{tenants:?}");
    let cases = offered(&sandbox, &["--as", "john@contoso.com", "case", "show", "261002"]);
    assert!(!cases.iter().any(|id| id == "2610020030005521"), "a stranger's case: {cases:?}");
}

#[test]
fn a_shell_that_asks_without_a_workspace_is_offered_nothing() {
    let sandbox = Sandbox::empty();
    let offered = offered(&sandbox, &["case", "show", "2"]);
    assert!(offered.iter().all(|word| !word.starts_with('2')), "{offered:?}");
}

#[test]
fn completion_scripts_are_valid_for_their_shell() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = sandbox.run(["completions", shell]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("CASEWARD_COMPLETE"), "{}", ran.stdout);
        if shell == "bash" {
            let script = sandbox.file("script", &ran.stdout);
            let checked = Command::new("bash").arg("-n").arg(script).status().unwrap();
            assert!(checked.success());
        }
    }
    assert_eq!(sandbox.run(["completions", "tcsh"]).code, 2);
}

#[test]
fn manual_pages_are_written_once_for_every_command() {
    let sandbox = Sandbox::empty();
    let page = sandbox.run(["man"]);
    assert!(page.stdout.contains(".TH caseward 1"), "{}", page.stdout);
    let dir = sandbox.path().join("man1");
    assert_eq!(sandbox.run(["man", "--out", dir.to_str().unwrap()]).code, 0);
    let list = std::fs::read_to_string(dir.join("caseward-case-list.1")).unwrap();
    assert!(list.contains("caseward case list"), "{list}");
    assert!(!dir.join("caseward-generate.1").exists(), "a hidden command has no page");
    let again = sandbox.run(["man", "--out", dir.to_str().unwrap()]);
    assert_eq!(again.code, 4);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}
