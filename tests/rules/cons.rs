//! CONS-*: consent to advanced diagnostics.

use super::world::*;
use caseward::model::Case;
use caseward::model::{
    Activity, Answer, Closure, ConsentEntry, DiagnosticKind, Id, PolicySettings, Portal, Regime,
    Tenant,
};
use caseward::ops::{access, attach, case as cases, consent as ops};
use caseward::policy::consent::{self, ConsentState, ConsentStatus};
use caseward::policy::diagnostics::{self, Collection};
use caseward::policy::{Actor, Refusal};

const DAY: &str = "T10:00:00Z";

/// A moment of May 2026, whose days are the days of the rules' examples: day 0 is 1 May.
fn day(number: u32) -> String {
    let start = time("2026-05-01T10:00:00Z");
    (start + chrono::TimeDelta::days(i64::from(number))).to_rfc3339()
}

fn status(case: &Case, all: &[Case], at: &str) -> ConsentStatus {
    consent::status(&PolicySettings::default(), Regime::M365, case, all, time(at))
}

fn yes(name: &str, opened: &str) -> Case {
    case(name, opened, &[(Answer::Yes, opened)])
}

#[test]
fn cons_1_both_changes_are_in_the_log_with_actor_and_time() {
    let world = World::demo();
    let count = world.audit("contoso.com").len();
    ops::answer(&world.at("2026-11-21T09:00:01Z", ANA), MIGRATION, false, None, None).unwrap();
    ops::answer(&world.at("2026-11-21T09:00:02Z", JOHN), MIGRATION, true, None, None).unwrap();
    let log = world.audit("contoso.com");
    let seen: Vec<_> = log[count..]
        .iter()
        .map(|event| {
            let who = serde_json::to_value(&event.initiated_by).unwrap();
            let who = who["user"]["userPrincipalName"].as_str().unwrap().to_owned();
            (event.activity_display_name, event.activity_date_time, who)
        })
        .collect();
    let expected = [
        (Activity::ConsentRevoked, time("2026-11-21T09:00:01Z"), ANA.to_owned()),
        (Activity::ConsentGranted, time("2026-11-21T09:00:02Z"), JOHN.to_owned()),
    ];
    assert_eq!(seen, expected);
    // On whose word an engineer recorded it: the contact's.
    let history = world.case(MIGRATION).consent;
    assert_eq!((history[1].answer, history[1].by.as_str()), (Answer::Revoked, JOHN));
    assert_eq!(history.len(), 3);
    let again = ops::answer(&world.as_engineer(BEN), DECLINED, false, None, None);
    assert_eq!(refused(again).rule, "CONS-1", "there is nothing to revoke");
    let other = world.as_engineer("jane@fabrikam.com");
    assert_eq!(refused(ops::answer(&other, MIGRATION, true, None, None)).rule, "CONS-1");
}

#[test]
fn cons_2_no_bars_collecting_but_never_the_case() {
    let world = World::demo();
    let ben = world.as_engineer(BEN);
    let file = world.file("a.log", b"x");
    let before = world.records();
    let refusal = refused(attach_now(&ben, &attachment(DECLINED, std::slice::from_ref(&file))));
    assert_eq!(refusal.rule, "CONS-2");
    assert!(refusal.message.contains("resolution may be slower"), "{refusal}");
    assert!(refusal.hint.as_ref().is_some_and(|hint| hint.contains("ask the customer")));
    assert_eq!(world.records(), before);
    last_is_failure(&world.audit("contoso.com"), "CONS-2");
    let mut basic = attachment(DECLINED, &[file]);
    basic.kind = DiagnosticKind::ResourceHealth;
    assert_eq!(attach_now(&ben, &basic).unwrap()[0].authorised_by.to_string(), "basic");
    let mut note = std::io::Cursor::new(b"asked John for the HAR");
    let kind = caseward::model::RecordKind::Note;
    cases::add_record(&ben, DECLINED, kind, false, &mut note, "note").unwrap();
}

/// What the rules say on one kind of diagnostics of one case.
fn authorise(case: &Case, portal: Portal, kind: DiagnosticKind) -> Result<String, Refusal> {
    let case = &Case { portal, ..case.clone() };
    let tenant = Tenant {
        format: 1,
        domain: id("contoso.com"),
        tenant_id: String::new(),
        customer: "contoso".to_owned(),
        name: String::new(),
        aliases: Vec::new(),
        region: None,
        regime: Regime::M365,
        principals: Vec::new(),
        x: None,
    };
    let ana = Actor {
        principal: ANA.to_owned(),
        os_user: String::new(),
        engineer: true,
        memberships: Vec::new(),
        roster: None,
    };
    let collection = Collection {
        settings: &PolicySettings::default(),
        tenant: &tenant,
        case,
        tenant_cases: std::slice::from_ref(case),
        from: &tenant.domain,
        requests: &[],
        kind,
    };
    let now = time(&day(5));
    diagnostics::authorise(&collection, &ana, now, now).map(|given| given.basis.to_string())
}

#[test]
fn cons_3_basic_diagnostics_need_no_consent_and_all_others_do() {
    use DiagnosticKind as Kind;
    let basic = [
        Kind::ProblemDescription,
        Kind::Attachments,
        Kind::ResourceHealth,
        Kind::ResourceConfig,
        Kind::Advisories,
        Kind::ChangeHistory,
        Kind::NetworkTopology,
    ];
    let cases = [
        (yes("yes", &day(0)), Ok("consent"), "active"),
        (case("no", &day(0), &[(Answer::No, &day(0))]), Err("CONS-2"), "declined"),
        (case("unset", &day(0), &[]), Err("CONS-1"), "unset"),
        (
            case("revoked", &day(0), &[(Answer::Yes, &day(0)), (Answer::Revoked, &day(1))]),
            Err("CONS-1"),
            "revoked",
        ),
    ];
    for kind in Kind::ALL {
        for (case, advanced, name) in &cases {
            let given = authorise(case, Portal::M365Admin, kind);
            let given = given.as_deref().map_err(|refusal| refusal.rule);
            if basic.contains(&kind) {
                assert_eq!(given, Ok("basic"), "{kind} with consent {name}");
            } else if kind == Kind::MemoryDump && *name == "active" {
                assert_eq!(given, Err("CONS-9"), "{kind}");
            } else {
                assert_eq!(given, *advanced, "{kind} with consent {name}");
            }
        }
    }
}

#[test]
fn cons_4_no_operation_on_access_writes_to_a_tenant() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_caseward"))
        .args(["access", "--help"])
        .env_clear()
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let verbs: Vec<&str> =
        commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    // What there is decides on access or asks about it; nothing changes what lies at a tenant.
    let known = [
        "request",
        "list",
        "show",
        "approve",
        "reject",
        "remove",
        "withdraw",
        "check",
        "statement",
        "notice",
        "help",
    ];
    for verb in verbs {
        assert!(known.contains(&verb), "`access {verb}` is new: does it only read?");
    }
    // Access lets diagnostics be copied in; the files at the tenant stay as they are.
    let world = World::demo();
    let before = world.records();
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some("contoso-test.com".to_owned());
    attach_now(&world.as_engineer(ANA), &copy).unwrap();
    let after = world.records();
    for (path, bytes) in &before {
        assert_eq!(after.get(path), Some(bytes), "{}", path.display());
    }
    assert_eq!(after.len(), before.len() + 2, "the copy and its sidecar");
}

#[test]
fn cons_5_the_window_ends_thirty_days_after_creation() {
    for (opened, end) in [
        ("2026-01-31T10:00:00Z", "2026-03-02T10:00:00Z"),
        ("2024-01-31T10:00:00Z", "2024-03-01T10:00:00Z"),
        ("2026-12-15T23:59:59Z", "2027-01-14T23:59:59Z"),
    ] {
        let case = yes("a", opened);
        let all = std::slice::from_ref(&case);
        let before = (time(end) - chrono::TimeDelta::seconds(1)).to_rfc3339();
        let valid = status(&case, all, &before);
        assert_eq!(valid.state, ConsentState::Active, "{opened}");
        assert_eq!((valid.expires_at, valid.needs_reprompt), (Some(time(end)), false));
        let over = status(&case, all, end);
        assert_eq!(over.state, ConsentState::Expired, "{opened}: over at equality");
        assert_eq!((over.expires_at, over.needs_reprompt), (Some(time(end)), true));
    }
    // The days are a setting.
    let shorter = PolicySettings { consent_days: 7, ..PolicySettings::default() };
    let case = yes("a", &day(0));
    let at = time(&day(7));
    let state =
        consent::status(&shorter, Regime::M365, &case, std::slice::from_ref(&case), at).state;
    assert_eq!(state, ConsentState::Expired);
}

#[test]
fn cons_6_several_open_cases_share_the_newest_window() {
    let (a, b) = (yes("a", &day(0)), yes("b", &day(20)));
    let all = [a.clone(), b.clone()];
    for case in [&a, &b] {
        let state = |at: u32| status(case, &all, &day(at)).state;
        assert_eq!(state(45), ConsentState::Active, "{}", case.id);
        assert_eq!(state(49), ConsentState::Active, "{}", case.id);
        assert_eq!(state(50), ConsentState::Expired, "{}", case.id);
    }
}

#[test]
fn cons_6_the_azure_regime_has_no_window() {
    let case = yes("a", &day(0));
    let at = time("2036-01-01T00:00:00Z");
    let all = std::slice::from_ref(&case);
    let status = consent::status(&PolicySettings::default(), Regime::Azure, &case, all, at);
    assert_eq!((status.state, status.expires_at), (ConsentState::Active, None));
}

#[test]
fn cons_7_closing_ends_it_and_the_window_is_computed_again() {
    let (a, b) = (yes("a", &day(0)), closed(yes("b", &day(20)), &day(25)));
    let all = [a.clone(), b.clone()];
    assert_eq!(status(&b, &all, &day(24)).state, ConsentState::Active);
    let ended = status(&b, &all, &day(25));
    assert_eq!((ended.state, ended.since), (ConsentState::Ended, Some(time(&day(25)))));
    assert!(!ended.needs_reprompt, "a closed case is not asked about");
    assert_eq!(status(&a, &all, &day(24)).expires_at, Some(time(&day(50))));
    assert_eq!(status(&a, &all, &day(25)).expires_at, Some(time(&day(30))));
    assert_eq!(status(&a, &all, &day(29)).state, ConsentState::Active);
    assert_eq!(status(&a, &all, &day(30)).state, ConsentState::Expired);
}

#[test]
fn cons_8_only_cases_that_said_yes_extend_the_window() {
    let end = |cases: &[Case], at: u32| {
        consent::tenant_window_end(&PolicySettings::default(), cases, time(&day(at)))
    };
    let a = yes("a", &day(0));
    let no = case("no", &day(20), &[(Answer::No, &day(20))]);
    let unset = case("unset", &day(20), &[]);
    assert_eq!(end(&[a.clone(), no.clone(), unset.clone()], 21), Some(time(&day(30))));
    assert_eq!(end(&[no.clone(), unset], 21), None);
    let all = [a.clone(), no.clone()];
    assert_eq!(status(&no, &all, &day(21)).state, ConsentState::Declined, "it bars itself");
    assert_eq!(status(&no, &all, &day(21)).expires_at, None);
    // A re-prompt that is answered Yes starts at the answer.
    let again = case("a", &day(0), &[(Answer::Yes, &day(0)), (Answer::Yes, &day(31))]);
    let all = [again.clone()];
    assert_eq!(status(&again, &all, &day(30)).state, ConsentState::Expired);
    assert_eq!(status(&again, &all, &day(31)).expires_at, Some(time(&day(61))));
    assert_eq!(status(&again, &all, &day(60)).state, ConsentState::Active);
    assert_eq!(status(&again, &all, &day(61)).state, ConsentState::Expired);
    // No, then Yes: the Yes counts from when it was given. Revoked: no window.
    let late = case("late", &day(0), &[(Answer::No, &day(0)), (Answer::Yes, &day(10))]);
    assert_eq!(end(std::slice::from_ref(&late), 12), Some(time(&day(40))));
    assert_eq!(end(std::slice::from_ref(&late), 9), None);
    let revoked = case("r", &day(0), &[(Answer::Yes, &day(0)), (Answer::Revoked, &day(3))]);
    assert_eq!(end(&[revoked], 4), None);
    // What was asked before the case was reopened does not count.
    let mut reopened = yes("o", &day(0));
    reopened.closures.push(Closure {
        closed_at: time(&day(2)),
        reopened_at: time(&day(3)),
        reopened_by: ANA.to_owned(),
        ..closure()
    });
    assert_eq!(end(std::slice::from_ref(&reopened), 4), None);
    assert_eq!(end(&[reopened], 1), Some(time(&day(30))));
}

fn closure() -> Closure {
    toml::from_str(&format!(
        "closed_at = \"2026-05-02{DAY}\"\nreopened_at = \"2026-05-03{DAY}\"\nreopened_by = \"a\""
    ))
    .unwrap()
}

#[test]
fn cons_9_a_memory_dump_needs_a_yes_of_its_own() {
    let mut consented = yes("a", &day(0));
    let given = |case: &Case| {
        authorise(case, Portal::Azure, DiagnosticKind::MemoryDump).map_err(|refusal| refusal.rule)
    };
    assert_eq!(given(&consented), Err("CONS-9"));
    let mut dump =
        ConsentEntry { kind: ConsentEntry::MEMORY_DUMP.to_owned(), ..consent_entry(Answer::No, 1) };
    consented.consent.push(dump.clone());
    assert_eq!(given(&consented), Err("CONS-9"));
    (dump.answer, dump.at) = (Answer::Yes, time(&day(2)));
    consented.consent.push(dump.clone());
    assert_eq!(given(&consented), Ok("consent".to_owned()));
    // The secondary Yes alone is none.
    let mut alone = case("a", &day(0), &[(Answer::No, &day(0))]);
    alone.consent.push(dump);
    assert_eq!(given(&alone), Err("CONS-2"));
}

#[test]
fn cons_9_a_memory_dump_is_attached_under_a_consent_of_its_own_only() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let mut dump = attachment(MIGRATION, &[world.file("vm.dmp", b"x")]);
    dump.kind = DiagnosticKind::MemoryDump;
    let refusal = refused(attach_now(&ana, &dump));
    assert_eq!(refusal.rule, "CONS-9");
    assert!(refusal.hint.unwrap().contains("--kind memory_dump"));
    last_is_failure(&world.audit("contoso.com"), "CONS-9");
    ops::answer(&ana, MIGRATION, true, Some("memory_dump"), None).unwrap();
    attach_now(&ana, &dump).unwrap();
    // Revoked alone: the other consent stays.
    let later = world.at("2026-11-21T10:00:00Z", ANA);
    ops::answer(&later, MIGRATION, false, Some("memory-dump"), None).unwrap();
    assert_eq!(refused(attach_now(&later, &dump)).rule, "CONS-9");
    dump.kind = DiagnosticKind::VmLogs;
    attach_now(&later, &dump).unwrap();
    // Closing ends it as it ends the other.
    ops::answer(&later, MIGRATION, true, Some("memory_dump"), None).unwrap();
    cases::close(&later, MIGRATION).unwrap();
    let reopened = world.at("2026-11-22T10:00:00Z", ANA);
    cases::reopen(&reopened, MIGRATION, None).unwrap();
    ops::answer(&reopened, MIGRATION, true, None, None).unwrap();
    dump.kind = DiagnosticKind::MemoryDump;
    assert_eq!(refused(attach_now(&reopened, &dump)).rule, "CONS-9");
}

fn consent_entry(answer: Answer, at: u32) -> ConsentEntry {
    consent_at(answer, &day(at))
}

fn consent_at(answer: Answer, at: &str) -> ConsentEntry {
    consent(answer, at)
}

#[test]
fn cons_10_the_portal_decides_the_way_in() {
    let case = yes("a", &day(0));
    for portal in Portal::ALL {
        let given = authorise(&case, portal, DiagnosticKind::Other);
        let given = given.as_deref().map_err(|refusal| refusal.rule);
        match portal {
            Portal::Other => assert_eq!(given, Err("SAR-8"), "a request is needed"),
            _ => assert_eq!(given, Ok("consent"), "{portal}"),
        }
    }
    let world = World::demo();
    let chiara = world.as_engineer(CHIARA);
    access::request(&chiara, PHONED, "northwind.example", "opened by telephone").unwrap();
    let ana = world.as_engineer(ANA);
    assert_eq!(refused(access::request(&ana, MIGRATION, "contoso.com", "why")).rule, "SAR-1");
}

#[test]
fn cons_11_each_use_is_logged_once_in_the_tenant_it_concerns() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let counts = || (world.audit("contoso.com").len(), world.audit("contoso-test.com").len());
    let (own, other) = counts();
    let mut files = attachment(MIGRATION, &[world.file("a.log", b"a"), world.file("b.log", b"b")]);
    attach_now(&ana, &files).unwrap();
    assert_eq!(counts(), (own + 2, other), "one for each file");
    attach::view(&ana, MIGRATION, "a.log").unwrap();
    assert_eq!(counts(), (own + 3, other));
    files.tenant = Some("contoso-test.com".to_owned());
    files.files.truncate(1);
    attach_now(&ana, &files).unwrap();
    attach::view(&ana, MIGRATION, "signin-logs-contoso-test.json").unwrap();
    assert_eq!(counts(), (own + 3, other + 2));
    let names: Vec<_> =
        world.audit("contoso-test.com")[other..].iter().map(|e| e.activity_display_name).collect();
    assert_eq!(names, [Activity::DiagnosticAttached, Activity::DiagnosticViewed]);
    assert!(!world.workspace.config().policy.m365_partner_events, "off by default");
}

#[test]
fn cons_12_only_who_works_on_the_case_handles_its_diagnostics() {
    let world = World::demo();
    let file = [world.file("a.log", b"x")];
    let attach =
        |who: &str, case: &str| attach_now(&world.as_engineer(who), &attachment(case, &file));
    assert_eq!(refused(attach(BEN, MIGRATION)).rule, "CONS-12");
    let view = attach::view(&world.as_engineer(BEN), MIGRATION, "migration-users.csv");
    assert_eq!(refused(view).rule, "CONS-12");
    let customer = attach::view(&world.as_engineer(JOHN), MIGRATION, "migration-users.csv");
    assert_eq!(refused(customer).rule, "CONS-12");
    attach(ANA, MIGRATION).unwrap();
    // Reassigned: the old engineer is refused.
    cases::assign(&world.as_engineer(ANA), MIGRATION, BEN).unwrap();
    assert_eq!(refused(attach(ANA, MIGRATION)).rule, "CONS-12");
    attach(BEN, MIGRATION).unwrap();
    // Named on the case: allowed beside the assigned one.
    world.edit_case(MIGRATION, |case| case.engineers.push(CHIARA.to_owned()));
    attach(CHIARA, MIGRATION).unwrap();
    // Unassigned: nobody.
    assert_eq!(refused(attach(ANA, "2611200020000943")).rule, "CONS-12");
    let check = access::check(&world.as_engineer(ANA), MIGRATION, None, DiagnosticKind::Advisories)
        .unwrap();
    assert_eq!((check.allowed, check.rule), (false, "CONS-12"), "basic ones as well");
    let tenant: Id = id("contoso.com");
    assert!(world.audit(tenant.as_str()).len() > 65);
}

/// Closed and opened again within one second: the order of the history decides what counts.
#[test]
fn cons_5_cons_6_what_falls_on_the_second_of_a_closing() {
    let shut = time(&day(3));
    let reopened = |answers: &[(Answer, &str)], before: usize| {
        let mut case = case("2605010010000001", &day(0), answers);
        case.closures.push(Closure {
            closed_at: shut,
            reopened_at: shut,
            reopened_by: ANA.to_owned(),
            customer_permission: None,
            answers: Some(before),
        });
        case
    };
    let state = |case: &Case| status(case, std::slice::from_ref(case), &day(3)).state;
    let then = day(3);
    let after = reopened(&[(Answer::Yes, &day(1)), (Answer::Yes, &then)], 1);
    assert_eq!(state(&after), ConsentState::Active, "given after the closing");
    let before = reopened(&[(Answer::Yes, &then)], 1);
    assert_eq!(state(&before), ConsentState::Ended, "given before it");
}

/// CONS-11: a window that ends in this second has ended.
#[test]
fn cons_11_a_window_lapses_in_its_last_second() {
    let settings = PolicySettings::default();
    let one = [yes("2605010010000001", &day(0))];
    let end = time(&day(0)) + chrono::TimeDelta::days(i64::from(settings.consent_days));
    let change = consent::window_change(&settings, &one, &one, end);
    assert_eq!((change.lapsed_at, change.begins, change.ends), (Some(end), false, false));
    let second = chrono::TimeDelta::seconds(1);
    let change = consent::window_change(&settings, &one, &one, end - second);
    assert_eq!((change.lapsed_at, change.begins, change.ends), (None, false, false));
}
