//! Ids that are none, of nobody, or of two.

use super::harness::{MIGRATION, Sandbox};

#[test]
fn an_id_is_never_a_path() {
    let sandbox = Sandbox::demo();
    let before = sandbox.tree();
    for id in [
        "../contoso.com",
        "..",
        ".",
        "contoso.com/..",
        "contoso.com/../x",
        "contoso.com/cases/2610240010004182",
        "/etc/passwd",
        "contoso.com/",
        "/2610240010004182",
        "a b",
        "*",
        "é",
        "x\u{1b}[31m",
        "-",
    ] {
        for command in ["case show", "case close", "case rm", "consent show", "diagnostics list"] {
            let mut words: Vec<&str> = command.split(' ').collect();
            words.extend(["--json", "--", id]);
            let ran = sandbox.run(words);
            assert_eq!(ran.code, 2, "{id:?}: {ran:?}");
            assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{ran:?}");
        }
        for words in
            [["access", "show", "--", id], ["dsr", "show", "--", id], ["tenant", "show", "--", id]]
        {
            assert_eq!(sandbox.run(words).code, 2, "{words:?}");
        }
    }
    let long = "1".repeat(65);
    assert_eq!(sandbox.sh(&format!("case show {long}")).code, 2);
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_case_of_another_tenant_is_not_found_under_this_one() {
    let sandbox = Sandbox::demo();
    for named in ["fabrikam.com/2610240010004182", "contoso-test.com/2610240010004182"] {
        let ran = sandbox.sh(&format!("case show {named}"));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("there is no case"), "{ran:?}");
    }
    assert_eq!(sandbox.sh("case show contoso.com/2610240010004182").code, 0);
    assert_eq!(sandbox.sh("case show CONTOSO.com/2610240010004182").code, 0, "ids have no case");
}

#[test]
fn an_ambiguous_id_lists_its_candidates() {
    let sandbox = Sandbox::demo();
    let from = sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"));
    let dir = sandbox.inside(&format!("tenants/fabrikam.com/cases/{MIGRATION}"));
    std::fs::create_dir(&dir).unwrap();
    std::fs::copy(from, dir.join("case.toml")).unwrap();
    let before = sandbox.tree();
    for command in ["case show", "case close", "access check", "consent grant", "case rm"] {
        let ran = sandbox.sh(&format!("{command} {MIGRATION}"));
        assert_eq!(ran.code, 2, "{ran:?}");
        for candidate in ["contoso.com", "fabrikam.com"] {
            assert!(ran.stderr.contains(&format!("{candidate}/{MIGRATION}")), "{ran:?}");
        }
        assert!(ran.stderr.contains("TENANT/ID"), "{ran:?}");
    }
    assert_eq!(sandbox.tree(), before);
    assert_eq!(sandbox.sh(&format!("case show fabrikam.com/{MIGRATION}")).code, 0);
}

#[test]
fn two_directories_that_differ_in_case_only_are_one_id_and_a_problem() {
    let sandbox = Sandbox::demo();
    for name in ["Twin", "twin"] {
        std::fs::create_dir(sandbox.inside(&format!("tenants/fabrikam.com/cases/{name}"))).unwrap();
    }
    let status = sandbox.json("status");
    let why = status["problems"]
        .as_array()
        .unwrap()
        .iter()
        .any(|problem| problem["why"].as_str().unwrap().contains("compared without case"));
    assert!(why, "{status}");
}

#[test]
fn who_is_not_known_acts_for_nobody() {
    let sandbox = Sandbox::demo();
    let before = sandbox.tree();
    for who in
        ["", " ", "nobody", "ana.silva", "root", "\u{1b}]0;x\u{7}", "adele@fabrikam.com", "*"]
    {
        let ran = sandbox.run(["case", "close", MIGRATION, "--as", who]);
        assert_eq!(ran.code, 2, "{who:?}: {ran:?}");
        assert!(!ran.stderr.contains('\x1b') && !ran.stderr.contains('\x07'), "{ran:?}");
    }
    assert_eq!(sandbox.tree(), before);
    // Known, and not permitted: a rule says so.
    sandbox.refused("CASE-5", &format!("case close {MIGRATION} --as jane@fabrikam.com"));
    // Names of people have no case either.
    assert_eq!(sandbox.sh("status --as ANA.SILVA@support.example.com").code, 0);
}
