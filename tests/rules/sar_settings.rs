//! SAR-15 … SAR-18: what a workspace may set about access requests, and what is told of them.

use super::world::*;
use caseward::model::{
    AccessRequest, Activity, Approval, AuditResult, Decision, DiagnosticKind, Ended, EndedState,
    Id, PolicySettings, Slot, Span, Time,
};
use caseward::ops::access::{self as ops, AccessFilter, DecisionInput};
use caseward::ops::case as cases;
use caseward::policy::access::{Matter, SarState};

const LEE: &str = "lee@contoso-test.com";
const TEST: &str = "contoso-test.com";

fn ask(world: &World, at: &str) -> Id {
    ops::request(&world.at(at, ANA), MIGRATION, TEST, "the source").unwrap().id
}

fn approve(world: &World, at: &str, who: &str, sar: &Id) -> caseward::error::Result<&'static str> {
    let input = DecisionInput::unsigned(Decision::Approved, None);
    ops::decide(&world.at(at, who), sar.as_str(), input).map(|view| view.state)
}

fn state(world: &World, at: &str, who: &str, sar: &Id) -> &'static str {
    ops::show(&world.at(at, who), sar.as_str()).unwrap().state
}

/// The successful events of a log about a request.
fn logged(world: &World, tenant: &str, sar: &Id) -> Vec<(&'static str, String)> {
    let events = world.audit(tenant);
    let about = events.iter().filter(|event| {
        event.correlation_id == sar.as_str() && event.result == AuditResult::Success
    });
    about.map(|e| (e.activity_display_name.as_str(), e.activity_date_time.to_rfc3339())).collect()
}

#[test]
fn sar_15_without_a_setting_a_request_waits_for_ever() {
    let world = World::demo();
    let sar = ask(&world, NOW);
    let view = ops::show(&world.at("2036-01-01T00:00:00Z", ANA), sar.as_str()).unwrap();
    assert_eq!((view.state, view.expires_at), ("pending", None));
}

#[test]
fn sar_15_a_pending_request_expires_and_the_log_has_it_once() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.pending_ttl = Some("4d".parse::<Span>().unwrap()));
    let sar = ask(&world, NOW);
    let end = "2026-11-25T09:00:00Z";
    let view = ops::show(&world.as_engineer(ANA), sar.as_str()).unwrap();
    assert_eq!(view.expires_at, Some(time(end)));
    assert_eq!(state(&world, "2026-11-25T08:59:59Z", ANA, &sar), "pending");
    for who in [ANA, JOHN, LEE] {
        assert_eq!(state(&world, end, who, &sar), "expired", "{who}: over at equality");
    }
    // One slot does not keep it alive, and after the end nothing can be decided or withdrawn.
    approve(&world, "2026-11-24T00:00:00Z", LEE, &sar).unwrap();
    let refusal = refused(approve(&world, end, ADELE, &sar));
    assert_eq!(refusal.rule, "SAR-15");
    assert!(refusal.hint.unwrap().contains("ask again"));
    assert_eq!(refused(ops::withdraw(&world.at(end, ANA), sar.as_str())).rule, "SAR-15");
    let ana = world.at(end, ANA);
    let other = ops::request(&ana, "2611030020007714", "fabrikam.com", "why").unwrap().id;
    let check = ops::check(&ana, MIGRATION, Some("fabrikam.com"), DiagnosticKind::Other).unwrap();
    assert_eq!(check.rule, "SAR-8");
    // The entry: by the program, at the moment it happened, however often somebody comes by.
    let canceled = ("Request canceled", time(end).to_rfc3339());
    assert_eq!(
        logged(&world, "contoso.com", &sar),
        [("Request created", time(NOW).to_rfc3339()), canceled]
    );
    ops::settle_lapsed(&world.at("2026-11-25T10:00:00Z", ANA)).unwrap();
    assert_eq!(logged(&world, "contoso.com", &sar).len(), 2);
    assert_eq!(logged(&world, TEST, &sar), [], "no approval, no entry");
    let event = world
        .audit("contoso.com")
        .into_iter()
        .find(|event| {
            event.correlation_id == sar.as_str()
                && event.activity_display_name == Activity::RequestCanceled
        })
        .unwrap();
    assert!(serde_json::to_value(&event.initiated_by).unwrap().get("app").is_some());
    assert_eq!(event.additional_details[0].value, "pending → expired");
    // Nobody needs to act for it: a sweep writes what is owed for others as well.
    let late = world.at("2026-12-01T00:00:00Z", ANA);
    assert!(ops::settle_lapsed(&late).unwrap() >= 2, "that of the example's story besides");
    let counts = world.audit_counts();
    ops::settle_lapsed(&late).unwrap();
    assert_eq!(world.audit_counts(), counts, "once");
    let tenant = other_tenant(&world, &other);
    assert_eq!(logged(&world, &tenant, &other).len(), 2);
}

fn other_tenant(world: &World, sar: &Id) -> String {
    world.workspace.find_access_request(sar).unwrap().0.tenant.to_string()
}

#[test]
fn sar_15_a_closing_before_the_end_cancels() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.pending_ttl = Some("1d".parse::<Span>().unwrap()));
    let sar = ask(&world, NOW);
    cases::close(&world.at("2026-11-21T12:00:00Z", ANA), MIGRATION).unwrap();
    assert_eq!(state(&world, "2026-11-30T00:00:00Z", ANA, &sar), "canceled");
    ops::settle_lapsed(&world.at("2026-11-30T00:00:00Z", ANA)).unwrap();
    assert_eq!(logged(&world, "contoso.com", &sar).len(), 2, "created and canceled, no more");
}

#[test]
fn sar_16_access_ends_with_its_longest_duration_or_the_case() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.max_duration = Some("8h".parse::<Span>().unwrap()));
    let sar = ask(&world, NOW);
    approve(&world, NOW, ADELE, &sar).unwrap();
    let (before, end) = ("2026-11-21T16:59:59Z", "2026-11-21T17:00:00Z");
    let view = ops::show(&world.as_engineer(ANA), sar.as_str()).unwrap();
    assert_eq!((view.expires_at, view.duration.as_deref()), (Some(time(end)), Some("8h")));
    let check = |at: &str| {
        ops::check(&world.at(at, ANA), MIGRATION, Some(TEST), DiagnosticKind::Other).unwrap()
    };
    assert_eq!((check(before).allowed, check(before).expires_at), (true, Some(time(end))));
    assert_eq!((check(end).allowed, check(end).rule), (false, "SAR-16"), "over at equality");
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some(TEST.to_owned());
    assert_eq!(refused(attach_now(&world.at(end, ANA), &copy)).rule, "SAR-16");
    // What was collected while it lasted may still be attached.
    copy.collected_at = Some(time(before));
    attach_now(&world.at(end, ANA), &copy).unwrap();
    // Completed, listed for thirty days from then, and logged where access was given, once.
    let later = "2026-11-22T00:00:00Z";
    let view = ops::show(&world.at(later, LEE), sar.as_str()).unwrap();
    assert_eq!((view.state, view.since), ("completed", time(end)));
    assert_eq!(view.listed_until, Some(time("2026-12-21T17:00:00Z")));
    assert_eq!(refused(ops::remove(&world.at(later, LEE), sar.as_str())).rule, "SAR-10");
    for _ in 0..2 {
        ops::settle_lapsed(&world.at(later, ANA)).unwrap();
    }
    let removed = ("Approval removed", time(end).to_rfc3339());
    assert_eq!(logged(&world, TEST, &sar)[1..], [removed]);
    // The request tenant learns of it when the case is closed, not before (SAR-13).
    assert_eq!(state(&world, later, JOHN, &sar), "approved");
    assert_eq!(ops::show(&world.at(later, JOHN), sar.as_str()).unwrap().expires_at, None);
    assert_eq!(logged(&world, "contoso.com", &sar).len(), 2);
    cases::close(&world.at("2026-11-23T00:00:00Z", ANA), MIGRATION).unwrap();
    assert_eq!(state(&world, "2026-11-23T00:00:00Z", JOHN, &sar), "completed");
    let seen = ops::show(&world.at("2026-11-23T00:00:00Z", JOHN), sar.as_str()).unwrap();
    assert_eq!(seen.since, time("2026-11-23T00:00:00Z"), "by the closing, as far as it knows");
    assert_eq!(logged(&world, TEST, &sar).len(), 2, "what had ended is not ended again");
}

#[test]
fn sar_16_the_case_may_end_it_earlier() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.max_duration = Some("30d".parse::<Span>().unwrap()));
    let sar = ask(&world, NOW);
    approve(&world, NOW, ADELE, &sar).unwrap();
    cases::close(&world.at("2026-11-22T00:00:00Z", ANA), MIGRATION).unwrap();
    let view = ops::show(&world.at("2027-11-22T00:00:00Z", ANA), sar.as_str()).unwrap();
    assert_eq!((view.state, view.since), ("completed", time("2026-11-22T00:00:00Z")));
    ops::settle_lapsed(&world.at("2027-11-22T00:00:00Z", ANA)).unwrap();
    let removals = logged(&world, TEST, &sar);
    assert_eq!(removals.iter().filter(|(name, _)| *name == "Approval removed").count(), 1);
}

/// The records of one request, with its case closed or not, at one moment.
#[test]
fn sar_10_sar_11_sar_15_sar_16_what_falls_on_the_same_second() {
    let world = World::demo();
    let sar = id("SAR-4F7K2M9Q");
    let (_, request) = world.workspace.find_access_request(&sar).unwrap();
    let request = request.value;
    let approval = world.workspace.approval(&id(TEST), &sar).unwrap().unwrap().value;
    let open = world.case(MIGRATION);
    let of =
        |request: &AccessRequest, approval: &Approval, shut: Time, settings: &PolicySettings| {
            let case = closed(open.clone(), &shut.to_rfc3339());
            let matter = Matter { request, approval: Some(approval), case: Some(&case) };
            let status = matter.status(settings, shut);
            (status.state, status.lapsed)
        };
    let plain = PolicySettings::default();
    let noon = time("2026-12-01T12:00:00Z");
    // A closing counts from its own second on, and a removal in that second came before it.
    assert_eq!(of(&request, &approval, noon, &plain), (SarState::Completed, false));
    let ended = Some(Ended { state: EndedState::Removed, at: noon, by: Some(LEE.to_owned()) });
    let removed = Approval { ended, ..approval.clone() };
    assert_eq!(of(&request, &removed, noon, &plain), (SarState::Removed, false));
    // Who closes in the second in which a setting would end it was not late.
    let day = "1d".parse::<Span>().unwrap();
    let settings =
        PolicySettings { max_duration: Some(day), pending_ttl: Some(day), ..plain.clone() };
    let approved_at = request.request_slot.as_ref().unwrap().at;
    let approved_at = approved_at.max(approval.resource_slot.as_ref().unwrap().at);
    let over = approved_at + day.delta();
    assert_eq!(of(&request, &approval, over, &settings), (SarState::Completed, false));
    let pending = AccessRequest { request_slot: None, outcome: None, ..request.clone() };
    let undecided = Approval { resource_slot: None, ended: None, ..approval.clone() };
    let lapses = pending.created_at + day.delta();
    assert_eq!(of(&pending, &undecided, lapses, &settings), (SarState::Canceled, false));
    // SAR-9: a No ends it whatever else the records do not say.
    let slot = request.request_slot.clone().unwrap();
    let no = Some(Slot { decision: Decision::Rejected, ..slot });
    let rejected = AccessRequest { request_slot: no, ..request };
    assert_eq!(of(&rejected, &approval, noon, &plain), (SarState::Rejected, false));
}

#[test]
fn sar_15_sar_16_a_setting_that_is_no_length_of_time_is_named() {
    let world = World::demo();
    let path = world.inside("workspace.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    for wrong in ["\"4\"", "\"0h\"", "\"four days\"", "4"] {
        let policy = text.replacen("[policy]\n", &format!("[policy]\npending_ttl = {wrong}\n"), 1);
        assert_ne!(policy, text);
        std::fs::write(&path, policy).unwrap();
        let error = caseward::workspace::Workspace::open(&world.root()).unwrap_err();
        assert_eq!(error.exit(), caseward::exit::Exit::Invalid, "{wrong}: {error}");
        assert!(error.to_string().contains("workspace.toml"), "{error}");
    }
}

#[test]
fn sar_17_a_view_names_scope_duration_and_every_party() {
    let world = World::demo();
    let sar = ask(&world, NOW);
    let view = ops::show(&world.as_engineer(ANA), sar.as_str()).unwrap();
    let json = serde_json::to_value(&view).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "id",
        "case",
        "request_tenant",
        "resource_tenant",
        "state",
        "justification",
        "scope",
        "duration",
        "created_at",
        "created_by",
        "since",
        "expires_at",
        "listed_until",
        "request_decision",
        "resource_decision",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["scope"], "read_only");
    assert_eq!(json["duration"], serde_json::Value::Null, "until the case is closed");
    // A record without any of what a request names is none.
    let path = world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/access/{sar}.toml"));
    let text = std::fs::read_to_string(path).unwrap();
    for key in ["justification", "created_at", "created_by", "case", "id"] {
        let without: String = text
            .lines()
            .filter(|line| !line.starts_with(&format!("{key} =")))
            .fold(String::new(), |text, line| text + line + "\n");
        assert_ne!(without, text, "{key}");
        assert!(toml::from_str::<AccessRequest>(&without).is_err(), "{key} is required");
    }
}

#[test]
fn sar_18_a_notice_holds_no_link_whatever_was_typed() {
    let world = World::demo();
    let lure = "see https://login.example.net/approve or www.example.net/x, mailto:a@example.net";
    let sar = ops::request(&world.as_engineer(ANA), MIGRATION, TEST, lure).unwrap().id;
    let notice = ops::notice(&world.as_engineer(ANA), sar.as_str()).unwrap();
    for link in ["://", "http", "www.", "mailto:", "href", "<", "](", "example.net"] {
        assert!(!notice.to_lowercase().contains(link), "{link}:\n{notice}");
    }
    for named in [sar.as_str(), MIGRATION, "contoso.com", TEST, "read-only"] {
        assert!(notice.contains(named), "{named}:\n{notice}");
    }
    // It is for those whose matter it is.
    let stranger = world.as_engineer("jane@fabrikam.com");
    assert_eq!(refused(ops::notice(&stranger, sar.as_str())).rule, "SAR-13");
}

/// SAR-12: what was completed leaves the list, and `--all` and the log keep it, also when the case
/// is opened and closed again.
#[test]
fn sar_12_the_history_survives_whatever_becomes_of_the_case() {
    let world = World::demo();
    let first = id("SAR-4F7K2M9Q");
    cases::close(&world.at(NOW, ANA), MIGRATION).unwrap();
    cases::reopen(&world.at("2026-11-22T09:00:00Z", ANA), MIGRATION, None).unwrap();
    let second = ask(&world, "2026-11-23T09:00:00Z");
    approve(&world, "2026-11-23T09:00:00Z", ADELE, &second).unwrap();
    cases::close(&world.at("2026-11-25T09:00:00Z", ANA), MIGRATION).unwrap();
    let listed = |at: &str, filter| -> Vec<Id> {
        let views = ops::list(&world.at(at, LEE), filter, None).unwrap().0;
        views.into_iter().map(|view| view.id).collect()
    };
    let approved = |at| listed(at, AccessFilter::Approved);
    // Day 30 of the first is day 26 of the second.
    for (at, expected) in [
        ("2026-12-20T09:00:00Z", [true, true]),
        ("2026-12-21T08:59:59Z", [true, true]),
        ("2026-12-21T09:00:00Z", [false, true]),
        ("2026-12-25T08:59:59Z", [false, true]),
        ("2026-12-25T09:00:00Z", [false, false]),
    ] {
        let list = approved(at);
        assert_eq!([list.contains(&first), list.contains(&second)], expected, "{at}");
    }
    let all = listed("2031-01-01T00:00:00Z", AccessFilter::All);
    assert!(all.contains(&first) && all.contains(&second));
    let log = world.audit(TEST);
    for sar in [&first, &second] {
        let ends = log.iter().filter(|event| {
            event.correlation_id == sar.as_str()
                && event.activity_display_name == Activity::ApprovalRemoved
        });
        assert_eq!(ends.count(), 1, "{sar}");
    }
}
