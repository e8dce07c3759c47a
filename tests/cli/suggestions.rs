//! What an id that nothing bears is taken for: near ones are named to those who may know of them.

use super::harness::{ANA, MIGRATION, Sandbox};

const JANE: &str = "jane@fabrikam.com";
const JOHN: &str = "john@contoso.com";

/// Commands with ids of Contoso's that are almost right.
fn almost() -> Vec<String> {
    let case = format!("{}3", &MIGRATION[..MIGRATION.len() - 1]);
    let mut lines: Vec<String> = [
        "case show CASE",
        "case show contoso.com/CASE",
        "case show contoso.con/CASE",
        "case close CASE",
        "case list --tenant contoso.con",
        "case record CASE 2026-10-24-first-call.md",
        "consent show CASE",
        "consent grant CASE",
        "access check CASE --tenant contoso.com",
        "access check CASE --tenant contoso.con",
        "access request CASE --resource-tenant contoso.com --justification x",
        "access list --tenant contoso.con",
        "access show SAR-4F7K2M9X",
        "access withdraw SAR-4F7K2M9X",
        "attach CASE Cargo.toml --category euii",
        "diagnostics list CASE",
        "transfer list CASE",
        "transfer deletion-request contoso.con",
        "audit show --tenant contoso.con",
        "tenant show contoso.con",
        "dsr show DSR-2026-0009",
        "dsr new contoso.con --type delete --regulation gdpr --requester customer --option a --identifier email=a@b.com",
        "hold release HOLD-2026-0009",
        "hold add CASE/mailbox-statistics.txt --reason x",
    ]
    .map(|line| line.replace("CASE", &case))
    .into();
    lines.push("dsr import request.json".to_owned());
    lines
}

fn request() -> String {
    serde_json::json!({
        "regulation": "gdpr",
        "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-20T09:00:00Z",
        "subject_identities": [
            {"identity_type": "email", "identity_value": "a@b.com", "identity_format": "raw"}
        ],
        "api_version": "1.0",
        "controller_id": "contosa",
    })
    .to_string()
}

#[test]
fn sar_13_no_id_of_a_tenant_is_suggested_to_somebody_of_another() {
    let sandbox = Sandbox::demo();
    sandbox.file("request.json", request());
    let mut guessed = 0;
    for line in almost() {
        // Whoever may know of it is helped.
        let ran = sandbox.sh(&format!("{line} --as {ANA}"));
        assert_ne!(ran.code, 0, "{line}: {ran:?}");
        guessed += usize::from(["did you mean", "is it "].iter().any(|w| ran.stderr.contains(w)));
        for format in ["", " --json"] {
            let ran = sandbox.sh(&format!("{line} --as {JANE}{format}"));
            assert_ne!(ran.code, 0, "{line}: {ran:?}");
            let said = (ran.stdout + &ran.stderr).to_lowercase();
            for id in [MIGRATION, "contoso.com?", "contoso?", "4f7k2m9q", "dsr-2026-0001", "-0003?"]
            {
                assert!(!said.contains(id), "{line}: {id} in {said}");
            }
        }
    }
    assert!(guessed > 15, "{guessed} of the lines are almost right");
    // What is in sight is suggested to a tenant's own people.
    let own = sandbox.sh(&format!("dsr show DSR-2026-0009 --as {JOHN}"));
    assert!(own.stderr.contains("did you mean DSR-2026-0001?"), "{own:?}");
    let own = sandbox.sh(&format!("access show SAR-4F7K2M9X --as {JOHN}"));
    assert!(own.stderr.contains("did you mean SAR-4F7K2M9Q?"), "{own:?}");
}

#[test]
fn sar_13_an_id_that_several_tenants_have_is_not_ambiguous_to_those_who_see_one() {
    let sandbox = Sandbox::demo();
    let new = "dsr new TENANT --type delete --regulation gdpr --requester customer --option a \
               --identifier email=a@b.com";
    let of = |tenant: &str| sandbox.json(&new.replace("TENANT", tenant))["id"].clone();
    let (one, other) = (of("contoso.com"), of("fabrikam.com"));
    // A record that was brought along from elsewhere has the id that another has here.
    let dir = |tenant: &str, id: &serde_json::Value| {
        sandbox.inside(&format!("tenants/{tenant}/dsr/{}", id.as_str().unwrap()))
    };
    let (from, to) = (dir("fabrikam.com", &other), dir("fabrikam.com", &one));
    std::fs::rename(&from, &to).unwrap();
    let path = to.join("request.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (one, other) = (one.as_str().unwrap(), other.as_str().unwrap());
    std::fs::write(path, text.replace(other, one)).unwrap();
    let ran = sandbox.sh(&format!("dsr show {one} --as {ANA}"));
    assert!(ran.stderr.contains("is ambiguous") && ran.stderr.contains("contoso.com"), "{ran:?}");
    let ran = sandbox.sh(&format!("dsr show {one} --json --as {JANE}"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.document()["tenant"], "fabrikam.com");
    let ran = sandbox.sh(&format!("dsr show {one} --as adele@contoso-test.com"));
    assert!(!ran.stderr.contains("fabrikam"), "{ran:?}");
}
