//! AUD-*: what the audit logs say, in whose log, and who may read it.

use super::world::*;
use caseward::error::Error;
use caseward::model::{
    Activity, AuditCategory, AuditEvent, AuditResult, Channel, ContactMethod, Decision,
    InitiatedBy, Portal, RecordKind, Regulation, RequestOption, Requester, Severity,
};
use caseward::ops::access::DecisionInput;
use caseward::ops::case::NewCase;
use caseward::ops::dsr::NewRequest;
use caseward::ops::{access, attach, audit, case, consent, dsr};
use caseward::policy::access::Side;

const SUPPORT_ACCESS: [&str; 6] = [
    "Request created",
    "Request approved",
    "Request rejected",
    "Request canceled",
    "Approval approved",
    "Approval removed",
];

fn is_app(event: &AuditEvent) -> bool {
    matches!(event.initiated_by, InitiatedBy::App { .. })
}

/// The events that came after `from`, by name, with whether they were automatic.
fn since(world: &World, tenant: &str, from: usize) -> Vec<(&'static str, bool)> {
    world.audit(tenant)[from..]
        .iter()
        .map(|event| (event.activity_display_name.as_str(), is_app(event)))
        .collect()
}

#[test]
fn aud_1_support_access_is_logged_by_the_directory_in_its_category() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let category = AuditCategory::MicrosoftSupportAccessManagement;
    assert_eq!(category.as_str(), "MicrosoftSupportAccessManagement");
    let events = audit::show(&ana, "contoso.com", Some(category)).unwrap().events;
    assert!(events.len() > 5);
    for event in &events {
        assert_eq!(event.logged_by_service, "Core Directory");
        assert!(SUPPORT_ACCESS.contains(&event.activity_display_name.as_str()), "{event:?}");
    }
    let all = audit::show(&ana, "contoso.com", None).unwrap().events;
    for event in all.iter().filter(|event| event.category != category) {
        assert_ne!(event.logged_by_service, "Core Directory");
        assert!(!SUPPORT_ACCESS.contains(&event.activity_display_name.as_str()), "{event:?}");
    }
    // What this program writes itself agrees with the example.
    access::request(&ana, MIGRATION, "contoso-test.com", "why").unwrap();
    let last = world.audit("contoso.com").pop().unwrap();
    assert_eq!((last.category, last.logged_by_service.as_str()), (category, "Core Directory"));
}

#[test]
fn aud_2_categories_and_activities_are_closed_sets() {
    let support: Vec<&str> = Activity::ALL
        .iter()
        .filter(|a| a.category() == AuditCategory::MicrosoftSupportAccessManagement)
        .map(|activity| activity.as_str())
        .collect();
    assert_eq!(support, SUPPORT_ACCESS);
    let categories: Vec<&str> =
        AuditCategory::ALL.iter().map(|category| category.as_str()).collect();
    assert_eq!(
        categories,
        [
            "MicrosoftSupportAccessManagement",
            "SupportCase",
            "Consent",
            "DiagnosticData",
            "TransferData",
            "DataSubjectRequest",
            "CrossTenantAccessSettings",
            "DelegatedAdminServiceProviderConstraints"
        ]
    );
    let line = r#""Request deleted""#;
    assert!(serde_json::from_str::<Activity>(line).is_err());
    let of = |category: AuditCategory| -> Vec<&str> {
        Activity::ALL.iter().filter(|a| a.category() == category).map(|a| a.as_str()).collect()
    };
    assert_eq!(
        of(AuditCategory::Consent),
        ["Consent granted", "Consent declined", "Consent revoked"]
    );
    assert_eq!(
        of(AuditCategory::DiagnosticData),
        ["Diagnostic attached", "Diagnostic viewed", "Diagnostic exported", "Diagnostic deleted"]
    );
}

#[test]
fn aud_3_people_approve_reject_and_remove_and_the_rest_follows() {
    let world = World::demo();
    let (ana, adele) = (world.as_engineer(ANA), world.as_engineer(ADELE));
    let own = world.audit("contoso.com").len();
    let other = world.audit("contoso-test.com").len();
    let ask = || access::request(&ana, MIGRATION, "contoso-test.com", "why").unwrap().id;
    let (first, second) = (ask(), ask());
    access::decide(&adele, first.as_str(), DecisionInput::unsigned(Decision::Approved, None))
        .unwrap();
    access::decide(&adele, second.as_str(), DecisionInput::unsigned(Decision::Rejected, None))
        .unwrap();
    access::remove(&adele, first.as_str()).unwrap();
    case::close(&ana, MIGRATION).unwrap();
    assert_eq!(
        since(&world, "contoso.com", own),
        [
            ("Request created", true),
            ("Request created", true),
            ("Request approved", false),
            ("Request rejected", false),
            ("Case closed", false),
        ]
    );
    assert_eq!(
        since(&world, "contoso-test.com", other),
        [
            ("Approval approved", true),
            ("Approval removed", false),
            // Of SAR-4F7K2M9Q, by the closing.
            ("Approval removed", true),
        ]
    );
}

#[test]
fn aud_4_each_tenants_log_has_its_own_side_only() {
    let world = World::demo();
    let (ana, adele) = (world.as_engineer(ANA), world.as_engineer(ADELE));
    let sar = access::request(&ana, MIGRATION, "contoso-test.com", "why").unwrap().id;
    access::decide(&adele, sar.as_str(), DecisionInput::unsigned(Decision::Approved, None))
        .unwrap();
    access::remove(&adele, sar.as_str()).unwrap();
    let about = |tenant: &str| -> Vec<&str> {
        world
            .audit(tenant)
            .iter()
            .filter(|event| event.correlation_id == sar.as_str())
            .map(|event| event.activity_display_name.as_str())
            .collect()
    };
    assert_eq!(about("contoso.com"), ["Request created", "Request approved"]);
    assert_eq!(about("contoso-test.com"), ["Approval approved", "Approval removed"]);
    for stranger in ["fabrikam.com", "northwind.example"] {
        assert_eq!(about(stranger), [""; 0]);
    }
    // In the whole log of the request tenant no approval ever ends or begins.
    let own = world.audit("contoso.com");
    assert!(own.iter().all(|e| !e.activity_display_name.as_str().starts_with("Approval")));
}

#[test]
fn aud_5_the_golden_sequence() {
    let world = World::demo();
    let (ana, adele) = (world.as_engineer(ANA), world.as_engineer(ADELE));
    let lee = world.as_engineer("lee@contoso-test.com");
    let ask = || access::request(&ana, MIGRATION, "contoso-test.com", "why").unwrap().id;
    let steps = || {
        let sar = ask();
        access::withdraw(&ana, sar.as_str()).unwrap();
        let sar = ask();
        access::decide(&lee, sar.as_str(), DecisionInput::unsigned(Decision::Approved, None))
            .unwrap();
        access::decide(
            &adele,
            sar.as_str(),
            DecisionInput::unsigned(Decision::Approved, Some(Side::Request)),
        )
        .unwrap();
        let sar = ask();
        access::decide(&lee, sar.as_str(), DecisionInput::unsigned(Decision::Rejected, None))
            .unwrap();
        ask();
        case::close(&ana, MIGRATION).unwrap();
    };
    let (own, other) = (world.audit("contoso.com").len(), world.audit("contoso-test.com").len());
    steps();
    let names = |tenant, from| -> Vec<&str> {
        since(&world, tenant, from).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(
        names("contoso.com", own),
        [
            "Request created",
            "Request canceled",
            "Request created",
            "Request approved",
            "Request created",
            "Request rejected",
            "Request created",
            "Case closed",
            "Request canceled",
        ]
    );
    assert_eq!(
        names("contoso-test.com", other),
        ["Approval approved", "Approval removed", "Approval removed"]
    );
}

#[test]
fn aud_6_every_line_has_the_shape_of_a_directory_audit_record() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    case::close(&ana, MIGRATION).unwrap();
    let _ = attach::view(&ana, MIGRATION, "move-report.zip");
    for tenant in ["contoso.com", "contoso-test.com", "fabrikam.com", "northwind.example"] {
        let text = std::fs::read_to_string(world.inside(&format!("tenants/{tenant}/audit.jsonl")));
        let mut ids = std::collections::BTreeSet::new();
        for line in text.unwrap().lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let keys: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
            let mut expected = [
                "id",
                "activityDateTime",
                "activityDisplayName",
                "category",
                "correlationId",
                "initiatedBy",
                "loggedByService",
                "operationType",
                "result",
                "resultReason",
                "targetResources",
                "additionalDetails",
            ];
            expected.sort_unstable();
            let mut keys = keys;
            keys.sort_unstable();
            assert_eq!(keys, expected, "{line}");
            assert!(record["activityDateTime"].as_str().unwrap().ends_with('Z'), "{line}");
            let by = record["initiatedBy"].as_object().unwrap();
            assert!(by.len() == 1 && (by.contains_key("user") || by.contains_key("app")), "{line}");
            let result = record["result"].as_str().unwrap();
            assert!(["success", "failure", "timeout"].contains(&result), "{line}");
            assert!(!record["targetResources"].as_array().unwrap().is_empty(), "{line}");
            assert!(
                ids.insert(record["id"].as_str().unwrap().to_owned()),
                "ids are unique: {line}"
            );
        }
    }
}

/// Every built-in role that decides or reads, in its own tenant and in another.
#[test]
fn aud_7_the_matrix_of_readers_and_deciders() {
    let readers =
        ["Reports Reader", "Security Reader", "Security Administrator", "Global Administrator"];
    let deciders = caseward::policy::roles::deciding_roles();
    let both: Vec<&str> = readers
        .into_iter()
        .filter(|reader| deciders.iter().any(|role| role.name == *reader))
        .collect();
    assert_eq!(both, ["Security Administrator", "Global Administrator"]);
    let (own, other) = (id("contoso.com"), id("contoso-test.com"));
    let names = deciders.iter().map(|role| role.name.as_str());
    for role in names.chain(readers).chain(["Global Reader", "Directory Readers", ""]) {
        for written in [role.to_owned(), role.to_uppercase(), format!(" {role} ")] {
            let actor = caseward::policy::Actor {
                principal: "a@contoso.com".to_owned(),
                os_user: String::new(),
                engineer: false,
                memberships: vec![caseward::policy::actor::Membership {
                    tenant: own.clone(),
                    roles: vec!["Directory Readers".to_owned(), written],
                }],
                roster: None,
            };
            let reads = |tenant| caseward::policy::audit::may_read(&actor, tenant).is_ok();
            assert_eq!(reads(&own), readers.contains(&role), "{role}");
            assert!(!reads(&other), "{role}: elsewhere it is none");
            let decides = deciders.iter().any(|known| known.name == role);
            assert_eq!(actor.may_decide_in(&own), decides, "{role}");
        }
    }
}

/// A closed pair of boundaries: seven days and thirty, over at equality.
#[test]
fn aud_8_an_export_says_what_the_directory_keeps_no_longer() {
    let world = World::demo();
    let start = time("2026-11-01T00:00:00Z");
    for (at, gone) in [
        ("2026-11-07T23:59:59Z", (false, false)),
        ("2026-11-08T00:00:00Z", (true, false)),
        ("2026-11-30T23:59:59Z", (true, false)),
        ("2026-12-01T00:00:00Z", (true, true)),
    ] {
        assert_eq!(caseward::policy::audit::gone_at_source(start, time(at)), gone, "{at}");
    }
    let log = audit::show(&world.as_engineer(ANA), "contoso.com", None).unwrap();
    let older = |days| {
        let end = time(NOW) - chrono::TimeDelta::days(days);
        log.events.iter().filter(|event| event.activity_date_time <= end).count()
    };
    assert_eq!(log.gone_at_source, (older(7), older(30)));
    assert!(older(7) > older(30) && older(30) > 0, "the story has some of each");
    let warning = log.warning().unwrap();
    assert!(warning.contains(&format!("{} are older", older(7))), "{warning}");
    assert!(warning.contains("[AUD-8]"));
    // Its own log keeps them all; a young log needs no warning.
    let small = World::small();
    small.add_case("contoso.com", &case("2611210010000001", NOW, &[]));
    case::close(&small.as_engineer(ANA), "2611210010000001").unwrap();
    let warned = |at: &str| {
        audit::show(&small.at(at, ANA), "contoso.com", None).unwrap().warning().is_some()
    };
    assert!(!warned("2026-11-28T08:59:59Z"));
    assert!(warned("2026-11-28T09:00:00Z"));
}

#[test]
fn aud_7_who_decides_does_not_read_and_who_reads_does_not_decide() {
    let world = World::demo();
    let may = |who: &str, tenant: &str| audit::show(&world.as_engineer(who), tenant, None).is_ok();
    for (who, tenant, expected) in [
        ("miriam@contoso.com", "contoso.com", true),
        ("miriam@contoso.com", "contoso-test.com", false),
        ("omar@fabrikam.com", "fabrikam.com", true),
        ("omar@fabrikam.com", "contoso.com", false),
        ("lee@contoso-test.com", "contoso-test.com", true),
        (ADELE, "contoso.com", false),
        (ADELE, "contoso-test.com", false),
        (JOHN, "contoso.com", false),
        (ANA, "contoso.com", true),
    ] {
        assert_eq!(may(who, tenant), expected, "{who} on {tenant}");
    }
    let refusal = refused(audit::show(&world.as_engineer(JOHN), "contoso.com", None));
    assert_eq!(refusal.rule, "AUD-7");
}

/// Every attempt that a rule refuses leaves one record, in the log of the tenant it concerns.
#[test]
fn aud_9_refused_attempts_are_logged() {
    let world = World::demo();
    let file = world.file("a.log", b"x");
    let as_ = |who: &str| world.as_engineer(who);
    let new_case = |contact_method, country: &str| NewCase {
        tenant: "contoso.com".to_owned(),
        title: "t".to_owned(),
        description: None,
        severity: Severity::Minimal,
        product: "p".to_owned(),
        portal: Portal::M365Admin,
        contact: JOHN.to_owned(),
        contact_method,
        phone: None,
        country: country.to_owned(),
        language: "en".to_owned(),
        time_zone: "UTC".to_owned(),
        advanced_diagnostics: true,
        assign: None,
        sla_minutes: None,
    };
    let new_request = || NewRequest {
        tenant: "contoso.com".to_owned(),
        kind: caseward::model::DsrType::Delete,
        regulation: Regulation::Gdpr,
        requester: Requester::Customer,
        option: RequestOption::A,
        cases: Vec::new(),
        identifiers: Vec::new(),
        allow_single_word: false,
        received_at: None,
    };
    let referred = "DSR-2026-0001";
    type Attempt<'a> = (&'a str, &'a str, &'a str, Box<dyn Fn() -> Option<Error> + 'a>);
    macro_rules! attempt {
        ($name:literal, $tenant:literal, $rule:literal, $call:expr) => {
            ($name, $tenant, $rule, Box::new(|| $call.err()) as Box<dyn Fn() -> Option<Error>>)
        };
    }
    let resource = "SAR-4F7K2M9Q";
    let attempts: Vec<Attempt<'_>> = vec![
        attempt!(
            "open as a stranger",
            "contoso.com",
            "CASE-1",
            case::open(&as_("jane@fabrikam.com"), new_case(ContactMethod::Email, "DEU"))
        ),
        attempt!(
            "open without a number",
            "contoso.com",
            "CASE-2",
            case::open(&as_(ANA), new_case(ContactMethod::Phone, "DEU"))
        ),
        attempt!(
            "assign as a customer",
            "contoso.com",
            "CASE-1",
            case::assign(&as_(JOHN), MIGRATION, ANA)
        ),
        attempt!(
            "severity",
            "contoso.com",
            "CASE-4",
            case::set_severity(&as_(BEN), MIGRATION, Severity::Minimal, None)
        ),
        attempt!(
            "close as a customer",
            "contoso.com",
            "CASE-5",
            case::close(&as_(JOHN), MIGRATION)
        ),
        attempt!("close twice", "contoso.com", "CASE-5", case::close(&as_(ANA), CLOSED)),
        attempt!("restrict", "contoso.com", "CASE-7", case::restrict(&as_(ANA), MIGRATION, None)),
        attempt!(
            "reopen",
            "fabrikam.com",
            "CASE-7",
            case::reopen(&as_(ANA), "2609240030001183", None)
        ),
        attempt!(
            "reopen an open one",
            "contoso.com",
            "CASE-8",
            case::reopen(&as_(ANA), MIGRATION, None)
        ),
        attempt!("rm", "contoso.com", "CASE-10", case::remove(&as_(ANA), MIGRATION)),
        attempt!(
            "note",
            "contoso.com",
            "CASE-6",
            case::add_record(&as_(ANA), CLOSED, RecordKind::Note, false, &mut &b"x"[..], "x")
        ),
        attempt!(
            "consent",
            "contoso.com",
            "CASE-6",
            consent::answer(&as_(ANA), CLOSED, true, None, None)
        ),
        attempt!(
            "attach",
            "contoso.com",
            "CONS-2",
            attach_now(&as_(BEN), &attachment(DECLINED, std::slice::from_ref(&file)))
        ),
        attempt!(
            "view",
            "contoso.com",
            "CONS-12",
            attach::view(&as_(BEN), MIGRATION, "move-report.zip")
        ),
        attempt!(
            "view there",
            "contoso-test.com",
            "CONS-12",
            attach::view(&as_(BEN), MIGRATION, "signin-logs-contoso-test.json")
        ),
        attempt!(
            "ask",
            "contoso.com",
            "SAR-1",
            access::request(&as_(ANA), MIGRATION, "contoso.com", "w")
        ),
        attempt!(
            "approve",
            "contoso-test.com",
            "SAR-5",
            access::decide(
                &as_(ADELE),
                resource,
                DecisionInput::unsigned(Decision::Approved, None)
            )
        ),
        attempt!("remove", "contoso-test.com", "SAR-10", access::remove(&as_(JOHN), resource)),
        attempt!(
            "withdraw",
            "contoso-test.com",
            "SAR-3",
            access::withdraw(&as_(JOHN), "SAR-6JWD83PK")
        ),
        attempt!(
            "dsr through the wrong channel",
            "contoso.com",
            "DSR-4",
            dsr::receive_as(
                &as_(ANA),
                &new_request(),
                &dsr::Arrival { channel: Some(Channel::Direct), ..Default::default() }
            )
        ),
        attempt!("deny", "contoso.com", "DSR-1", dsr::deny(&as_(ANA), referred, "w", None, false)),
        attempt!(
            "extend",
            "contoso.com",
            "DSR-1",
            dsr::extend(&as_(ANA), referred, "complexity", "w")
        ),
        attempt!("hold", "contoso.com", "DSR-1", dsr::hold(&as_(ANA), referred, "w")),
        attempt!("resume", "contoso.com", "DSR-1", dsr::resume(&as_(ANA), referred)),
        attempt!("confirm", "contoso.com", "LAW-4", dsr::confirm(&as_(ANA), referred)),
        attempt!("restrict", "contoso.com", "DSR-12", dsr::restrict(&as_(ANA), referred, "w")),
        attempt!(
            "export",
            "contoso.com",
            "DSR-1",
            dsr::export(&as_(ANA), referred, std::path::Path::new("/nowhere"))
        ),
        attempt!(
            "redact",
            "contoso.com",
            "DSR-1",
            dsr::redact(&as_(ANA), referred, &["f0001".to_owned()], "w")
        ),
        attempt!(
            "read the log",
            "contoso.com",
            "AUD-7",
            audit::show(&as_(JOHN), "contoso.com", None)
        ),
        attempt!(
            "look at a request",
            "contoso-test.com",
            "SAR-13",
            access::show(&as_("jane@fabrikam.com"), resource)
        ),
        attempt!(
            "ask what may be collected there",
            "contoso-test.com",
            "SAR-13",
            access::check(
                &as_(JOHN),
                MIGRATION,
                Some("contoso-test.com"),
                caseward::model::DiagnosticKind::Other
            )
        ),
        attempt!(
            "attach from there without access",
            "fabrikam.com",
            "SAR-8",
            attach_now(
                &as_(ANA),
                &attach::Attachment {
                    tenant: Some("fabrikam.com".to_owned()),
                    ..attachment(MIGRATION, std::slice::from_ref(&file))
                }
            )
        ),
        attempt!(
            "attach untagged",
            "contoso.com",
            "DIAG-1",
            attach_now(
                &as_(ANA),
                &attach::Attachment {
                    categories: Vec::new(),
                    ..attachment(MIGRATION, std::slice::from_ref(&file))
                }
            )
        ),
        attempt!(
            "attach what is due already",
            "contoso.com",
            "DIAG-5",
            attach_now(
                &as_(ANA),
                &attach::Attachment {
                    collected_at: Some(time("2026-10-01T00:00:00Z")),
                    ..attachment(MIGRATION, std::slice::from_ref(&file))
                }
            )
        ),
        attempt!(
            "ask as a customer",
            "contoso.com",
            "SAR-3",
            access::request(&as_(JOHN), MIGRATION, "contoso-test.com", "w")
        ),
        attempt!(
            "ask without a reason",
            "contoso.com",
            "SAR-17",
            access::request(&as_(ANA), MIGRATION, "contoso-test.com", " ")
        ),
        attempt!(
            "answer as a stranger",
            "contoso.com",
            "CONS-1",
            consent::answer(&as_("jane@fabrikam.com"), MIGRATION, true, None, None)
        ),
        attempt!(
            "dsr by a customer",
            "contoso.com",
            "DSR-4",
            dsr::receive(&as_(JOHN), new_request())
        ),
        attempt!(
            "discover",
            "contoso.com",
            "DSR-1",
            dsr::discover(&as_(ANA), referred, &|_| {}, &std::sync::atomic::AtomicBool::new(false))
        ),
        attempt!(
            "include",
            "contoso.com",
            "DSR-1",
            dsr::include(&as_(ANA), referred, &["f0001".to_owned()], "w")
        ),
        attempt!("plan", "contoso.com", "DSR-1", dsr::plan(&as_(ANA), referred, None, true)),
        attempt!(
            "approve a plan",
            "contoso.com",
            "DSR-1",
            dsr::approve(&as_(BEN), referred, None, None)
        ),
        attempt!("return", "contoso.com", "DSR-1", dsr::give_back(&as_(BEN), referred, "w")),
        attempt!("cancel", "contoso.com", "DSR-1", dsr::cancel(&as_(BEN), referred, "w")),
        attempt!("execute", "contoso.com", "DSR-1", dsr::execute(&as_(ANA), referred, &mut |_| {})),
    ];
    for (name, tenant, rule, call) in attempts {
        let (counts, records) = (world.audit_counts(), world.records());
        match call() {
            Some(Error::Refused(refusal)) => assert_eq!(refusal.rule, rule, "{name}: {refusal}"),
            other => panic!("{name}: {other:?}"),
        }
        let mut expected = counts.clone();
        *expected.get_mut(tenant).unwrap() += 1;
        assert_eq!(world.audit_counts(), expected, "{name} leaves one record at {tenant}");
        let log = world.audit(tenant);
        last_is_failure(&log, rule);
        let last = log.last().unwrap();
        assert!(!is_app(last), "{name}: somebody attempted it");
        assert!(last.result_reason.contains(rule), "{last:?}");
        assert_eq!(world.records(), records, "{name} changes nothing else");
    }
}

#[test]
fn aud_10_changes_are_old_to_new_and_never_free_text() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let detail = |key: &str| -> Option<String> {
        let last = world.audit("contoso.com").pop().unwrap();
        assert_eq!(last.result, AuditResult::Success);
        last.additional_details.into_iter().find(|d| d.key == key).map(|d| d.value)
    };
    case::set_severity(&ana, MIGRATION, Severity::Minimal, Some(JOHN)).unwrap();
    assert_eq!(detail("severity").as_deref(), Some("critical → minimal"));
    case::assign(&ana, MIGRATION, BEN).unwrap();
    assert_eq!(detail("engineer").as_deref(), Some(&*format!("{ANA} → {BEN}")));
    consent::answer(&ana, MIGRATION, false, None, None).unwrap();
    assert_eq!(detail("state").as_deref(), Some("active → revoked"));
    let secret = "Zanzibar-4711";
    let mut text = secret.as_bytes();
    case::add_record(&ana, MIGRATION, RecordKind::Note, true, &mut text, "n").unwrap();
    access::request(&ana, MIGRATION, "contoso-test.com", secret).unwrap();
    case::close(&ana, MIGRATION).unwrap();
    case::restrict(&ana, MIGRATION, Some(secret.to_owned())).unwrap();
    case::reopen(&ana, MIGRATION, Some(secret.to_owned())).unwrap();
    for (path, bytes) in world.tree() {
        if path.ends_with("audit.jsonl") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains(secret), "{}", path.display());
        }
    }
}
