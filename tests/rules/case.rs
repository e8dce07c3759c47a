//! CASE-*: opening, closing, reopening, and what a closed case takes.

use super::world::*;
use caseward::error::Error;
use caseward::exit::Exit;
use caseward::model::{
    Activity, ContactMethod, DiagnosticKind, PolicySettings, Portal, RecordKind, Severity,
};
use caseward::ops::case::{self as ops, NewCase};
use caseward::ops::{access, attach, consent as consents, status};
use caseward::policy::access::SarState;
use caseward::policy::case as rules;
use std::io::Cursor;

fn new_case() -> NewCase {
    NewCase {
        tenant: "contoso.com".to_owned(),
        title: "Mail is late".to_owned(),
        description: None,
        severity: Severity::Moderate,
        product: "Exchange Online".to_owned(),
        portal: Portal::M365Admin,
        contact: JOHN.to_owned(),
        contact_method: ContactMethod::Email,
        phone: None,
        country: "DEU".to_owned(),
        language: "en".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        advanced_diagnostics: true,
        assign: None,
        sla_minutes: None,
    }
}

#[test]
fn case_1_a_missing_field_is_invalid_and_its_key_is_named() {
    let world = World::demo();
    let path = world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"));
    let whole = std::fs::read_to_string(&path).unwrap();
    for key in [
        "format",
        "revision",
        "id",
        "title",
        "description",
        "status",
        "severity",
        "product",
        "portal",
        "opened_at",
        "opened_by",
    ] {
        let start = whole.find(&format!("\n{key} = ")).unwrap() + 1;
        let length = if key == "description" {
            whole[start..].rfind("\"\"\"\n").unwrap() + 4
        } else {
            whole[start..].find('\n').unwrap() + 1
        };
        let mut without = whole.clone();
        without.replace_range(start..start + length, "");
        std::fs::write(&path, without).unwrap();
        let error = ops::show(&world.as_engineer(ANA), &world.case_ref(MIGRATION)).unwrap_err();
        assert_eq!(error.exit(), Exit::Invalid, "{key}: {error}");
        assert!(error.to_string().contains(&format!("`{key}`")), "{key}: {error}");
        assert!(error.to_string().contains("case.toml"), "{error}");
    }
}

#[test]
fn case_1_severities_are_a_closed_set() {
    let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
    assert_eq!(words, ["minimal", "moderate", "critical", "highest_critical_impact"]);
}

#[test]
fn case_1_a_rewrite_keeps_peoples_own_values() {
    let world = World::demo();
    let path = world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"));
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("\n[x]\nticket = 7 # ours\nnested = { a = [1, 2] }\n");
    std::fs::write(&path, &text).unwrap();
    ops::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    let after = std::fs::read_to_string(&path).unwrap();
    assert!(after.contains("ticket = 7 # ours\nnested = { a = [1, 2] }"), "{after}");
    assert!(after.contains("# The case to start with"), "comments stay:\n{after}");
    assert!(after.contains("closed_at = \"2026-11-21T09:00:00Z\""), "{after}");
}

#[test]
fn case_2_a_contact_who_is_phoned_has_a_number_and_a_country_has_three_letters() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let before = world.records();
    for phone in [None, Some(String::new()), Some("  ".to_owned())] {
        let new = NewCase { contact_method: ContactMethod::Phone, phone, ..new_case() };
        assert_eq!(refused(ops::open(&ana, new)).rule, "CASE-2");
    }
    for country in ["", "DE", "deu", "DEUT", "D1U"] {
        let new = NewCase { country: country.to_owned(), ..new_case() };
        assert_eq!(refused(ops::open(&ana, new)).rule, "CASE-2", "{country}");
    }
    assert_eq!(world.records(), before);
    let phone = Some("+49 30 1".to_owned());
    ops::open(&ana, NewCase { contact_method: ContactMethod::Phone, phone, ..new_case() }).unwrap();
    // In a file that was edited by hand it is a problem of that file.
    let path = world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/case.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let edited =
        text.replace("method = \"email\"", "method = \"phone\"").replace("phone = \"+", "# \"");
    std::fs::write(&path, edited).unwrap();
    let error = ops::show(&ana, &world.case_ref(MIGRATION)).unwrap_err();
    assert!(matches!(&error, Error::Invalid(i) if i.message.contains("`phone`")), "{error}");
}

#[test]
fn case_3_what_is_left_of_the_service_level_and_who_may_be_an_engineer() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (made, case) = ops::open(&ana, NewCase { sla_minutes: Some(240), ..new_case() }).unwrap();
    let sla = case.sla.unwrap();
    assert_eq!((sla.started_at, sla.minutes), (time(NOW), 240));
    assert_eq!(sla.expires_at, time("2026-11-21T13:00:00Z"));
    for (at, left, overdue, words) in [
        (NOW, 240, false, "SLA of 240 minutes: 4 hours left"),
        ("2026-11-21T12:58:59Z", 1, false, "SLA of 240 minutes: 1 minute left"),
        ("2026-11-21T13:00:00Z", 0, true, "SLA of 240 minutes: over since less than a minute"),
        ("2026-11-22T13:00:00Z", -1440, true, "SLA of 240 minutes: over since 24 hours"),
    ] {
        let view = ops::show(&world.at(at, ANA), &made).unwrap().sla.unwrap();
        assert_eq!((view.minutes_left, view.overdue), (left, overdue), "{at}");
        assert_eq!(view.in_words(), words);
    }
    let none = ops::show(&ana, &world.case_ref(MIGRATION)).unwrap();
    assert_eq!(none.sla, None);
    ops::close(&ana, made.id.as_str()).unwrap();
    assert_eq!(ops::show(&ana, &made).unwrap().sla, None, "a closed case owes no answer");
    // In a file that was edited by hand, what contradicts itself is a problem of that file.
    for edit in [
        "assigned_to = \"ana\"",
        "[sla]\nstarted_at = \"2026-11-21T09:00:00Z\"\nexpires_at = \"2026-11-21T09:00:00Z\"\nminutes = 1",
    ] {
        let path = world.inside(&format!("tenants/contoso.com/cases/{DECLINED}/case.toml"));
        let whole = std::fs::read_to_string(&path).unwrap();
        let key = edit.split(' ').next().unwrap();
        let kept: Vec<&str> = whole.lines().filter(|line| !line.starts_with(key)).collect();
        let head = kept.iter().position(|line| line.starts_with('[')).unwrap();
        let at = if edit.starts_with('[') { kept.len() } else { head };
        let edited = [&kept[..at], &[edit], &kept[at..]].concat().join("\n");
        std::fs::write(&path, edited).unwrap();
        let error = ops::show(&ana, &world.case_ref(DECLINED)).unwrap_err();
        assert!(matches!(&error, Error::Invalid(i) if i.message.contains("CASE-3")), "{error}");
        std::fs::write(&path, whole).unwrap();
    }
    let engineer = caseward::model::Engineer {
        principal: "ana".to_owned(),
        name: "Ana".to_owned(),
        os_user: None,
        ssh_key: None,
    };
    assert!(caseward::ops::settings::add_engineer(&ana, engineer).is_err());
}

#[test]
fn case_4_severity_is_changed_directly_only_while_nobody_is_assigned() {
    let world = World::demo();
    let unassigned = "2611200020000943";
    let set = |who: &str, case: &str, of: Option<&str>| {
        ops::set_severity(&world.as_engineer(who), case, Severity::Critical, of)
    };
    set(BEN, unassigned, None).unwrap();
    assert_eq!(world.case(unassigned).severity, Severity::Critical);
    ops::assign(&world.as_engineer(ANA), unassigned, ANA).unwrap();
    let refusal = refused(set(BEN, unassigned, Some(JOHN)));
    assert_eq!(refusal.rule, "CASE-4");
    assert!(refusal.hint.is_some_and(|hint| hint.contains(ANA)));
    assert_eq!(refused(set(ANA, unassigned, None)).rule, "CASE-4");
    set(ANA, unassigned, Some("lee@contoso-test.com")).unwrap();
}

#[test]
fn case_5_closing_ends_consent_access_and_transfer_in_one_step() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let before: Vec<usize> = ["contoso.com", "contoso-test.com"]
        .iter()
        .map(|tenant| world.audit(tenant).len())
        .collect();
    let pending = access::request(&ana, MIGRATION, "fabrikam.com", "why").unwrap().id;
    let done = ops::close(&ana, MIGRATION).unwrap();
    assert_eq!(done.closed_at, time(NOW));
    assert_eq!(done.transfer_due_at, Some(time("2027-02-19T09:00:00Z")));
    let view = ops::show(&ana, &world.case_ref(MIGRATION)).unwrap();
    assert_eq!((view.status, view.consent.state), ("closed", "ended"));
    assert_eq!(view.transfer.state, "inaccessible");
    let state = |sar: &str| access::show(&ana, sar).unwrap().state;
    assert_eq!(state("SAR-4F7K2M9Q"), SarState::Completed.as_str());
    assert_eq!(state("SAR-9C3XT6WB"), SarState::Removed.as_str(), "it ended before");
    assert_eq!(state(pending.as_str()), SarState::Canceled.as_str());
    // Each side's log has exactly what is its own.
    let names = |tenant: &str, from: usize| -> Vec<&str> {
        let events = world.audit(tenant);
        events[from..].iter().map(|e| e.activity_display_name.as_str()).collect()
    };
    assert_eq!(
        names("contoso.com", before[0]),
        ["Request created", "Case closed", "Request canceled"]
    );
    assert_eq!(names("contoso-test.com", before[1]), ["Approval removed"]);
    // One write of the record: the approval is not touched, that it is completed follows.
    assert_eq!(world.case(MIGRATION).revision, 4);
}

#[test]
fn case_6_a_closed_case_accepts_no_work() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let file = world.file("a.log", b"x");
    let before = world.records();
    let count = world.audit("contoso.com").len();
    let refusals = [
        refused(attach_now(&ben, &attachment(CLOSED, &[file]))),
        refused(attach::view(&ben, CLOSED, "call-quality.csv")),
        refused(access::request(&ben, CLOSED, "contoso-test.com", "why")),
        refused(consents::answer(&ben, CLOSED, true, None, None)),
        refused(consents::answer(&ben, CLOSED, false, None, None)),
        refused(ops::assign(&ana, CLOSED, ANA)),
        refused(ops::set_severity(&ben, CLOSED, Severity::Minimal, Some(JOHN))),
        refused(ops::add_record(
            &ben,
            CLOSED,
            RecordKind::Note,
            false,
            &mut Cursor::new(b"x"),
            "x",
        )),
    ];
    for refusal in &refusals {
        assert_eq!(refusal.rule, "CASE-6", "{refusal}");
    }
    assert_eq!(world.records(), before);
    assert_eq!(world.audit("contoso.com").len(), count + refusals.len(), "each is logged");
    let check = access::check(&ben, CLOSED, None, DiagnosticKind::Advisories).unwrap();
    assert_eq!((check.allowed, check.rule), (false, "CASE-6"));
}

/// Another tenant that cannot be looked into may have a case of the same id: nothing is guessed.
#[test]
fn an_id_is_not_taken_for_the_only_one_past_a_tenant_that_cannot_be_read() {
    let world = World::demo();
    let cases = world.inside("tenants/fabrikam.com/cases");
    std::fs::rename(&cases, world.inside("../cases")).unwrap();
    std::os::unix::fs::symlink("cases", &cases).unwrap();
    let error = world.workspace.find_case(MIGRATION).unwrap_err();
    assert_eq!(error.exit(), Exit::Io, "{error}");
    assert!(error.to_string().contains("tenants/fabrikam.com/cases"), "{error}");
    let named = world.workspace.find_case(&format!("contoso.com/{MIGRATION}")).unwrap();
    assert_eq!(named, world.case_ref(&format!("contoso.com/{MIGRATION}")));
}

#[test]
fn case_5_a_case_is_closed_once() {
    let world = World::demo();
    ops::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    let again = ops::close(&world.at("2026-11-22T09:00:00Z", ANA), MIGRATION);
    assert_eq!(refused(again).rule, "CASE-5");
    assert_eq!(world.case(MIGRATION).closed_at, Some(time(NOW)));
}

#[test]
fn case_7_a_restricted_case_is_reopened_with_the_customers_permission_only() {
    let world = World::demo();
    let chiara = world.as_engineer(CHIARA);
    let restricted = "2609240030001183";
    for permission in [None, Some(String::new()), Some(" ".to_owned())] {
        let refusal = refused(ops::reopen(&chiara, restricted, permission));
        assert_eq!(refusal.rule, "CASE-7");
        assert!(refusal.hint.is_some_and(|hint| hint.contains("--customer-permission")));
    }
    ops::reopen(&chiara, restricted, Some("letter of 20 November".to_owned())).unwrap();
    let case = world.case(restricted);
    assert_eq!(case.closures[0].customer_permission.as_deref(), Some("letter of 20 November"));
    assert!(case.restriction.is_none());
    // An open case cannot be restricted, and only an engineer restricts.
    assert_eq!(refused(ops::restrict(&chiara, restricted, None)).rule, "CASE-7");
    ops::close(&chiara, restricted).unwrap();
    ops::restrict(&chiara, restricted, Some("as the customer wishes".to_owned())).unwrap();
    assert!(world.case(restricted).restriction.is_some_and(|restriction| restriction.no_reopen));
    let john = world.as_engineer(JOHN);
    assert_eq!(refused(ops::restrict(&john, CLOSED, None)).rule, "CASE-7");
}

#[test]
fn case_8_reopening_restores_neither_access_nor_consent() {
    let world = World::demo();
    let at = |now| world.at(now, ANA);
    ops::close(&at("2026-11-21T10:00:00Z"), MIGRATION).unwrap();
    ops::reopen(&at("2026-11-21T11:00:00Z"), MIGRATION, None).unwrap();
    let later = at("2026-11-21T12:00:00Z");
    let view = ops::show(&later, &world.case_ref(MIGRATION)).unwrap();
    assert_eq!((view.status, view.consent.state), ("open", "ended"));
    assert!(view.consent.needs_reprompt);
    assert_eq!(access::show(&later, "SAR-4F7K2M9Q").unwrap().state, "completed");
    let test = Some("contoso-test.com");
    assert!(!access::check(&later, MIGRATION, test, DiagnosticKind::Other).unwrap().allowed);
    assert_eq!(refused(ops::reopen(&later, MIGRATION, None)).rule, "CASE-8");
    consents::answer(&later, MIGRATION, true, None, None).unwrap();
    let check = access::check(&later, MIGRATION, None, DiagnosticKind::Other).unwrap();
    assert!(check.allowed, "a new answer counts: {check:?}");
}

/// A clock in whole seconds cannot tell what came first within one; the records can.
#[test]
fn case_8_within_one_second_too() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    consents::answer(&ana, MIGRATION, true, None, None).unwrap();
    ops::close(&ana, MIGRATION).unwrap();
    ops::reopen(&ana, MIGRATION, None).unwrap();
    let (_, ended) = consents::show(&ana, MIGRATION).unwrap();
    assert_eq!(ended.state, "ended", "the closing came after the answer");
    assert_eq!(access::show(&ana, "SAR-4F7K2M9Q").unwrap().state, "completed");
    consents::answer(&ana, MIGRATION, true, None, None).unwrap();
    let (_, again) = consents::show(&ana, MIGRATION).unwrap();
    assert_eq!(again.state, "active", "the answer came after the reopening");
    let sar = access::request(&ana, MIGRATION, "contoso-test.com", "why").unwrap();
    assert_eq!(access::show(&ana, sar.id.as_str()).unwrap().state, "pending");
}

#[test]
fn case_9_the_portals_schedule_is_shown_with_a_warning() {
    let mut world = World::demo();
    let shown = |world: &World, case: &str| {
        let view = ops::show(&world.as_engineer(ANA), &world.case_ref(case)).unwrap();
        (view.expunge_expected_at, view.expunge_warning)
    };
    assert_eq!(shown(&world, MIGRATION), (None, None), "an open case is not on it");
    ops::close(&world.at("2026-01-31T10:00:00Z", ANA), MIGRATION).unwrap();
    let (at, warning) = shown(&world, MIGRATION);
    // The tenant's own log is later than that clock: the case is closed at its newest entry.
    let closed = world.case(MIGRATION).closed_at.unwrap();
    assert_eq!(at, closed.checked_add_months(chrono::Months::new(13)));
    assert!(warning.unwrap().contains("extract copies before [CASE-9]"));
    let case = closed_on("2026-01-31T10:00:00Z");
    let at = |months| {
        let policy = PolicySettings { case_months_after_close: months, ..Default::default() };
        rules::expunge_expected_at(&policy, &case)
    };
    assert_eq!(at(13), Some(time("2027-02-28T10:00:00Z")), "the month's last day");
    assert_eq!(at(1), Some(time("2026-02-28T10:00:00Z")));
    assert_eq!(at(25), Some(time("2028-02-29T10:00:00Z")), "a leap year's");
    world.set_policy(|policy| policy.case_months_after_close = 0);
    assert_eq!(shown(&world, MIGRATION), (None, None), "no schedule is known");
}

fn closed_on(at: &str) -> caseward::model::Case {
    closed(case("a", "2026-01-01T00:00:00Z", &[]), at)
}

#[test]
fn case_10_a_case_is_never_simply_removed() {
    let world = World::demo();
    let before = world.records();
    for case in [MIGRATION, CLOSED] {
        let refusal = refused(ops::remove(&world.as_engineer(ANA), case));
        assert_eq!(refusal.rule, "CASE-10");
        assert!(refusal.hint.is_some_and(|hint| hint.contains("caseward dsr new")));
        last_is_failure(&world.audit("contoso.com"), "CASE-10");
    }
    assert_eq!(world.records(), before);
}

#[test]
fn case_11_ids_have_the_documented_shape_and_others_are_accepted() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (made, _) = ops::open(&ana, new_case()).unwrap();
    assert_eq!(made.id.as_str().len(), 16);
    assert!(made.id.as_str().starts_with("261121"), "{made}");
    assert!(made.id.as_str().bytes().all(|byte| byte.is_ascii_digit()));
    for other in ["CASE-7", "a", "x_1.y"] {
        world.add_case("contoso.com", &case(other, NOW, &[]));
        assert_eq!(world.case_ref(other).id.as_str(), other);
    }
    let names: Vec<_> =
        world.audit("contoso.com").iter().map(|e| e.activity_display_name).collect();
    assert!(names.ends_with(&[Activity::CaseOpened, Activity::ConsentGranted]), "{names:?}");
    assert_eq!(status::status(&ana).unwrap().problems, []);
}

#[test]
fn sar_13_a_tenants_people_see_their_own_tenants_cases() {
    let world = World::demo();
    let all = ops::list(&world.as_engineer(ANA), &ops::CaseFilter::default()).unwrap().0;
    assert_eq!(all.len(), 13);
    let seen = |who: &str| -> Vec<String> {
        let context = world.as_engineer(who);
        let lines = ops::list(&context, &ops::CaseFilter::default()).unwrap().0;
        let mut tenants: Vec<String> = lines.iter().map(|line| line.tenant.to_string()).collect();
        tenants.dedup();
        tenants.sort();
        tenants.dedup();
        tenants
    };
    assert_eq!(seen(JOHN), ["contoso.com"]);
    // A guest of the other tenant sees both of theirs.
    assert_eq!(seen(ADELE), ["contoso-test.com", "contoso.com"]);
    assert_eq!(seen("jane@fabrikam.com"), ["fabrikam.com"]);
    let stranger = world.as_engineer("jane@fabrikam.com");
    assert!(ops::show(&stranger, &world.case_ref(MIGRATION)).is_err());
    assert!(ops::show(&world.as_engineer(JOHN), &world.case_ref(MIGRATION)).is_ok());
}
