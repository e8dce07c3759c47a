//! Records that do not say what they should, are of another time, or are no text at all.

use super::harness::{MIGRATION, Sandbox};

fn case_toml(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"))
}

/// Changes a case's record and checks that it is refused with `place` and `hint`, that only this
/// case is affected, and that nothing is written.
fn broken(change: impl Fn(&str) -> Vec<u8>, place: &str, hint: &str) {
    let sandbox = Sandbox::demo();
    let path = case_toml(&sandbox);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text.as_bytes());
    std::fs::write(&path, changed).unwrap();
    let before = sandbox.tree();
    for line in ["case show", "case close", "consent show", "access check", "case rm"] {
        let ran = sandbox.sh(&format!("{line} {MIGRATION} --json"));
        assert_eq!(ran.code, 3, "{ran:?}");
        let document = ran.document();
        assert_eq!(document["error"]["code"], "invalid");
        let message = document["error"]["message"].as_str().unwrap();
        let path = format!("tenants/contoso.com/cases/{MIGRATION}/case.toml");
        assert!(message.starts_with(&format!("{path}{place}")), "{message}");
        let said = document["error"]["hint"].as_str().unwrap_or_default();
        assert!(said.contains(hint), "{said}");
    }
    // It is a problem of that file; everything else works.
    let list = sandbox.json("case list");
    assert_eq!(list["cases"].as_array().unwrap().len(), 12);
    assert_eq!(list["problems"].as_array().unwrap().len(), 1, "{}", list["problems"]);
    assert_eq!(sandbox.sh("case show 2611030020007714").code, 0);
    assert!(sandbox.sh("status").stderr.contains("case.toml"));
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_missing_key_is_named() {
    broken(
        |text| text.replace("severity = \"critical\"\n", "").into_bytes(),
        ":",
        "add `severity = …`",
    );
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_one() {
    broken(
        |text| text.replace("severity = \"critical\"", "severty = \"critical\"").into_bytes(),
        ":13:1: unknown key `severty`",
        "did you mean `severity`?",
    );
}

#[test]
fn an_unknown_key_in_a_table_is_named_too() {
    broken(
        |text| text.replace("time_zone = ", "timezone = ").into_bytes(),
        ":",
        "did you mean `time_zone`?",
    );
}

#[test]
fn an_unknown_word_is_named_with_those_that_are_known() {
    broken(
        |text| text.replace("severity = \"critical\"", "severity = \"severe\"").into_bytes(),
        ":13:12: unknown severity `severe`",
        "",
    );
}

#[test]
fn a_time_that_is_none_is_named() {
    broken(
        |text| {
            text.replace("\"2026-10-24T10:30:00Z\"\nopened_by", "\"yesterday\"\nopened_by")
                .into_bytes()
        },
        ":16:13: ",
        "",
    );
}

#[test]
fn text_that_is_no_toml_is_named_with_its_place() {
    broken(|text| text.replace("status = \"open\"", "status = \"open").into_bytes(), ":12:", "");
}

#[test]
fn a_record_that_is_not_utf_8_is_named_with_its_place() {
    broken(
        |text| {
            let at = text.find("Mailbox migration").unwrap();
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = 0xff;
            bytes
        },
        ":5:10: is not UTF-8",
        "UTF-8",
    );
}

#[test]
fn a_record_of_a_newer_format_is_refused_not_guessed() {
    broken(
        |text| text.replace("format = 1", "format = 2\nnovelty = true").into_bytes(),
        ": written by a newer version",
        "install a newer caseward",
    );
}

#[test]
fn a_record_that_contradicts_itself_is_no_record() {
    broken(
        |text| text.replace("status = \"open\"", "status = \"closed\"").into_bytes(),
        ": `status` and `closed_at` contradict each other",
        "",
    );
    broken(
        |text| text.replace(&format!("id = \"{MIGRATION}\""), "id = \"another\"").into_bytes(),
        ": its id is `another`",
        "",
    );
}

#[test]
fn an_empty_record_is_no_record() {
    broken(|_| Vec::new(), ":", "add `");
}

#[test]
fn a_workspace_of_a_newer_format_is_refused_by_every_command() {
    for format in ["2", "4294967296"] {
        let sandbox = Sandbox::demo();
        let path = sandbox.inside("workspace.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("format = 1", &format!("format = {format}"))).unwrap();
        let before = sandbox.tree();
        for line in [
            "status",
            "case list",
            "doctor",
            "case close 2610240010004182",
            "attest verify",
            "dsr list",
            "engineer list",
        ] {
            let ran = sandbox.sh(&format!("{line} --json"));
            assert_eq!(ran.code, 3, "{ran:?}");
            let error = &ran.document()["error"];
            assert!(error["message"].as_str().unwrap().contains("workspace.toml"), "{error}");
            assert!(error["hint"].as_str().unwrap().contains("newer caseward"), "{error}");
        }
        assert_eq!(sandbox.tree(), before);
    }
}

#[test]
fn a_broken_configuration_is_named_with_its_place() {
    let sandbox = Sandbox::demo();
    let path = sandbox.inside("workspace.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("[policy]", "[policy]\nconsent_day = 60")).unwrap();
    let ran = sandbox.sh("status");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("workspace.toml:"), "{ran:?}");
    assert!(ran.stderr.contains("did you mean `consent_days`?"), "{ran:?}");
}

#[test]
fn a_broken_tenant_sidecar_approval_or_request_is_a_problem_of_that_file() {
    let sandbox = Sandbox::demo();
    let broken = [
        "tenants/northwind.example/tenant.toml",
        "tenants/contoso.com/cases/2610240010004182/diagnostics/migration-users.csv.meta.toml",
        "tenants/contoso-test.com/approvals/SAR-B8MZ4RTE/approval.toml",
        "tenants/contoso.com/cases/2611120010003365/access/SAR-6JWD83PK.toml",
        "tenants/contoso.com/dsr/DSR-2026-0001/request.toml",
    ];
    for path in broken {
        std::fs::write(sandbox.inside(path), "format = 1\nnonsense = true\n").unwrap();
    }
    let before = sandbox.tree();
    let status = sandbox.json("status");
    let problems: Vec<&str> = status["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["path"].as_str().unwrap())
        .collect();
    for path in broken {
        assert!(problems.contains(&path), "{path} in {problems:?}");
    }
    assert_eq!(sandbox.sh("case show 2610240010004182").code, 0);
    // Without its approval nobody knows whether there is access: then there is none.
    let check = sandbox.sh("access show SAR-B8MZ4RTE");
    assert_eq!(check.code, 3, "{check:?}");
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn an_unknown_category_is_refused_on_the_command_line_and_in_a_sidecar() {
    let sandbox = Sandbox::demo();
    sandbox.file("a.log", "x");
    let before = sandbox.tree();
    let ran = sandbox.sh("attach 2610240010004182 a.log --category personal");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("eupi"), "{ran:?}");
    assert_eq!(sandbox.tree(), before);
    let path = sandbox.inside(
        "tenants/contoso.com/cases/2610240010004182/diagnostics/migration-users.csv.meta.toml",
    );
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"euii\"", "\"eui\"")).unwrap();
    let status = sandbox.json("status");
    let why = status["problems"][0]["why"].as_str().unwrap();
    assert!(why.contains("unknown category `eui`"), "{status}");
}

#[test]
fn a_line_of_an_audit_log_that_is_no_event_is_named() {
    let sandbox = Sandbox::demo();
    let path = sandbox.inside("tenants/fabrikam.com/audit.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2] = "{\"id\":1}";
    std::fs::write(&path, format!("{}\n{{\"torn", lines.join("\n"))).unwrap();
    let ran = sandbox.sh("audit show --tenant fabrikam.com --json");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.document()["events"].as_array().unwrap().len(), 13);
    assert!(ran.stderr.contains("line 3"), "{ran:?}");
    assert!(ran.stderr.contains("torn"), "{ran:?}");
    // The torn line is cut when the next event is written, and no whole line with it.
    sandbox.refused("CASE-10", "case rm 2610020030005521");
    let after = std::fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(&format!("{}\n", lines.join("\n"))), "{after}");
    assert_eq!(after.lines().count(), 15);
    assert!(!after.contains("torn"), "{after}");
}

/// A journal that was tampered with never writes outside the workspace.
#[test]
fn a_journal_with_a_path_to_elsewhere_is_refused() {
    let sandbox = Sandbox::demo();
    let dir = sandbox.inside(".journal/0123456789abcdef");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("0"), "evil").unwrap();
    let manifest = |path: &str| {
        let step = format!("{{\"file\":0,\"path\":\"{path}\",\"new\":false}}");
        format!("{{\"v\":1,\"steps\":[{{\"write\":{step}}}]}}")
    };
    for path in ["../evil", "/tmp/caseward-evil", "tenants/../../evil", ""] {
        std::fs::write(dir.join("commit.json"), manifest(path)).unwrap();
        let ran = sandbox.sh("status");
        assert_eq!(ran.code, 3, "{path}: {ran:?}");
        let why = if path.is_empty() { "names no file" } else { "inside the workspace" };
        assert!(ran.stderr.contains("commit.json") && ran.stderr.contains(why), "{ran:?}");
    }
    assert!(!sandbox.path().join("evil").exists());
    assert!(!std::path::Path::new("/tmp/caseward-evil").exists());
    for manifest in ["", "{}", "{\"v\":2,\"steps\":[]}", "{\"v\":1,\"steps\":[{\"erase\":{}}]}"] {
        std::fs::write(dir.join("commit.json"), manifest).unwrap();
        let ran = sandbox.sh("status");
        assert_eq!(ran.code, 3, "{manifest}: {ran:?}");
        assert!(ran.stderr.contains("hint: "), "{ran:?}");
    }
    assert_eq!(sandbox.sh("status --read-only").code, 0, "reading goes on");
}

#[test]
fn a_journal_that_appends_where_no_file_ends_is_refused() {
    let sandbox = Sandbox::demo();
    let dir = sandbox.inside(".journal/0123456789abcdef");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("0"), "{}\n").unwrap();
    let log = sandbox.inside("tenants/contoso.com/audit.jsonl");
    let before = std::fs::read(&log).unwrap();
    for at in [u64::MAX, u64::MAX - 3, 1 << 40] {
        let path = "tenants/contoso.com/audit.jsonl";
        let step = format!("{{\"file\":0,\"path\":\"{path}\",\"at\":{at},\"new\":false}}");
        let manifest = format!("{{\"v\":1,\"steps\":[{{\"append\":{step}}}]}}");
        std::fs::write(dir.join("commit.json"), manifest).unwrap();
        let ran = sandbox.sh("status");
        assert_eq!(ran.code, 1, "{at}: {ran:?}");
        assert!(ran.stderr.contains("bytes where"), "{ran:?}");
        assert_eq!(std::fs::read(&log).unwrap(), before);
    }
}

#[test]
fn a_case_without_its_record_says_so() {
    let sandbox = Sandbox::demo();
    std::fs::remove_file(case_toml(&sandbox)).unwrap();
    let ran = sandbox.sh(&format!("case show {MIGRATION}"));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("no case.toml") && ran.stderr.contains("hint: "), "{ran:?}");
    assert_eq!(sandbox.sh("case list").code, 0);
    assert_eq!(sandbox.sh("status").code, 0);
}
