//! What holds for all commands: help, the workspace, who acts, read-only, JSON errors, exit codes.

use super::harness::{MIGRATION, Sandbox};
use insta::assert_snapshot;

#[test]
fn help_names_what_there_is_and_only_that() {
    let sandbox = Sandbox::empty();
    let help = sandbox.sh("--help");
    assert_eq!(help.code, 0);
    let named = help.stdout.lines().any(|line| line.trim_start().starts_with("generate"));
    assert!(!named, "a command for tests in\n{}", help.stdout);
    assert_eq!(sandbox.sh("--version").stdout.trim(), "caseward 0.1.0");
}

#[test]
fn usage_errors_exit_2_and_name_the_way_out() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case lst",
        "case show",
        "case list --tenant contoso.co",
        "case show 2610240010004183",
        "case list --as ana.silva@support.example.co",
        "case list --as nobody",
        "attach 2610240010004182 nothing.txt --category euiii",
        "audit show --tenant contoso.com --category Consnt",
        "case new contoso.com --title x",
    ]));
}

#[test]
fn without_a_workspace_the_way_to_one_is_named() {
    let sandbox = Sandbox::empty();
    assert_snapshot!(sandbox.transcript(["status", "--json status", "case list --workspace home"]));
    let here = sandbox.command().env_remove("CASEWARD_WORKSPACE").arg("status").output().unwrap();
    assert_eq!(here.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&here.stderr).contains("caseward demo"), "{here:?}");
}

#[test]
fn the_workspace_is_found_upwards() {
    let sandbox = Sandbox::demo();
    let below = sandbox.inside("tenants/contoso.com/cases");
    let mut command = sandbox.command();
    command.env_remove("CASEWARD_WORKSPACE").current_dir(below);
    let ran = command.args(["case", "show", MIGRATION]).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
}

#[test]
fn global_options_stand_before_or_after_the_subcommand() {
    let sandbox = Sandbox::demo();
    let before = sandbox.sh("--json --as adele@contoso.com case list --open");
    let after = sandbox.sh("case list --open --as adele@contoso.com --json");
    assert_eq!(before.code, 0);
    assert_eq!(before.stdout, after.stdout);
}

#[test]
fn json_errors_stand_on_standard_output_beside_the_exit_code() {
    let sandbox = Sandbox::demo();
    assert_snapshot!(sandbox.transcript([
        "case show nothing --json",
        "case rm 2610240010004182 --json",
        "case show ../x --json",
        "demo ws --json",
    ]));
}

#[test]
fn json_is_promised_for_arguments_that_cannot_be_parsed_too() {
    let sandbox = Sandbox::demo();
    for line in
        ["case lst --json", "case new contoso.com --json", "case set-severity 1 huge --json"]
    {
        let ran = sandbox.sh(line);
        assert_eq!(ran.code, 2, "{ran:?}");
        let document = ran.document();
        assert_eq!(document["error"]["code"], "usage", "{ran:?}");
        assert!(document["error"]["message"].as_str().is_some_and(|m| !m.is_empty()), "{ran:?}");
    }
}

#[test]
fn read_only_changes_nothing() {
    let sandbox = Sandbox::demo();
    let before = sandbox.tree();
    for line in [
        "status --read-only",
        "case list --read-only",
        "doctor --read-only",
        "attest verify --read-only",
        "case rm 2610240010004182 --read-only",
        "access check 2611120010003365 --read-only",
    ] {
        let ran = sandbox.sh(line);
        assert!([0, 1].contains(&ran.code), "{ran:?}");
    }
    for line in [
        "case close 2610240010004182 --read-only",
        "consent revoke 2610240010004182 --read-only",
        "access request 2610240010004182 --resource-tenant contoso-test.com --justification x --read-only",
        "dsr new contoso.com --type delete --regulation gdpr --requester contact --option a --read-only",
        "dsr discover DSR-2026-0001 --read-only",
        "dsr execute DSR-2026-0001 --read-only",
    ] {
        let ran = sandbox.sh(line);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("read-only"), "{ran:?}");
    }
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let sandbox = Sandbox::demo();
    assert!(!sandbox.sh("case list").stdout.contains('\x1b'));
    let coloured = sandbox.sh("case list --color always");
    assert!(coloured.stdout.contains("\x1b[1m2610240010004182\x1b[0m"), "{}", coloured.stdout);
    assert!(!sandbox.sh("case list --color always --json").stdout.contains('\x1b'));
}

#[test]
fn the_test_clock_needs_a_test_workspace_and_a_time() {
    let mut sandbox = Sandbox::demo();
    sandbox.at("yesterday");
    let ran = sandbox.sh("status");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("CASEWARD_NOW"), "{ran:?}");
    // Without `test_clock` the variable is not even looked at.
    let path = sandbox.inside("workspace.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("test_clock = true", "test_clock = false")).unwrap();
    assert_eq!(sandbox.sh("status").code, 0);
}
