//! LAW-*: deadlines and what is kept of a request, from intake to its answer.

use super::dsr::{discover, discovered, exclude_reviews, given, jane, new};
use super::world::*;
use caseward::model::{
    AnswerNature, DsrState, DsrType, IdentifierType, Regulation, RequestOption, Requester,
};
use caseward::ops::dsr::{self as ops, NewRequest};
use caseward::ops::report;
use caseward::policy::{answer, clock};

/// Takes Jane's request on the closed engagement as it came at `received`.
fn taken(world: &World, regulation: Regulation, received: &str) -> String {
    let new = NewRequest {
        regulation,
        received_at: Some(time(received)),
        ..new(RequestOption::B, &[CLOSED], jane())
    };
    ops::receive(&world.at("2026-11-21T09:00:00Z", ANA), new).unwrap().id.to_string()
}

#[test]
fn law_1_more_time_is_taken_once_with_reasons_inside_the_first_month() {
    let world = World::demo();
    let dsr = taken(&world, Regulation::Gdpr, "2026-10-31T10:00:00Z");
    let extend =
        |now: &str, reason: &str| ops::extend(&world.at(now, ANA), &dsr, "complexity", reason);
    assert_eq!(refused(extend(NOW, " ")).rule, "LAW-1", "with reasons");
    // The month ends with 2026-11-30, the corresponding date that there is.
    assert_eq!(refused(extend("2026-12-01T00:00:00Z", "many systems")).rule, "LAW-1");
    last_is_failure(&world.audit("contoso.com"), "LAW-1");
    assert_eq!(ops::show(&world.as_engineer(ANA), &dsr).unwrap().extended_to, None);
    let done = extend("2026-11-30T23:59:59Z", "many systems").unwrap();
    assert_eq!(done.due_on.to_string(), "2027-01-31");
    let notice = done.notice.unwrap();
    assert!(notice.contains("many systems") && notice.contains("2027-01-31"), "{notice}");
    let view = ops::show(&world.as_engineer(ANA), &dsr).unwrap();
    assert_eq!(view.due_at, time("2027-01-31T23:59:59Z"));
    assert_eq!(view.extension.unwrap().reason, "many systems");
    assert_eq!(refused(extend("2026-11-30T23:59:59Z", "again")).rule, "LAW-1", "once");
}

#[test]
fn dsr_1_a_request_that_has_ended_gets_no_more_time() {
    let world = World::demo();
    let dsr = taken(&world, Regulation::Gdpr, "2026-10-31T10:00:00Z");
    let ana = world.as_engineer(ANA);
    ops::cancel(&ana, &dsr, "withdrawn").unwrap();
    assert_eq!(refused(ops::extend(&ana, &dsr, "complexity", "many systems")).rule, "DSR-1");
    last_is_failure(&world.audit("contoso.com"), "DSR-1");
}

#[test]
fn law_2_a_day_off_rolls_only_where_the_policy_says_so() {
    // 2026-02-28 is a Saturday, 2026-05-01 a holiday before a weekend.
    let days = ["2026-05-01".parse().unwrap()];
    for (day, rolled) in [
        ("2026-02-27", "2026-02-27"),
        ("2026-02-28", "2026-03-02"),
        ("2026-03-01", "2026-03-02"),
        ("2026-04-30", "2026-04-30"),
        ("2026-05-01", "2026-05-04"),
    ] {
        let working = clock::working_day(day.parse().unwrap(), &days);
        assert_eq!(working.to_string(), rolled, "{day}");
    }
    let mut world = World::demo();
    let received = "2026-10-28T10:00:00Z";
    let due = |world: &World, regulation| {
        let dsr = taken(world, regulation, received);
        ops::show(&world.as_engineer(ANA), &dsr).unwrap().due_on.to_string()
    };
    assert_eq!(due(&world, Regulation::Gdpr), "2026-11-28", "a Saturday, as it is");
    world.set_policy(|policy| policy.roll_to_working_day = true);
    assert_eq!(due(&world, Regulation::Gdpr), "2026-11-30");
    // Calendar days are calendar days.
    assert_eq!(due(&world, Regulation::Ccpa), "2026-12-12");
    world.set_policy(|policy| policy.holidays = vec!["2026-11-30".parse().unwrap()]);
    assert_eq!(due(&world, Regulation::Gdpr), "2026-12-01");
    // An extension counts from receipt and rolls by itself: 2027-01-28 is a Thursday.
    let dsr = taken(&world, Regulation::Gdpr, received);
    let done = ops::extend(&world.as_engineer(ANA), &dsr, "complexity", "why").unwrap();
    assert_eq!(done.due_on.to_string(), "2027-01-28");
    let lax = caseward::ops::doctor::laxer_settings(&world.workspace.config().policy);
    assert_eq!(lax, ["roll_to_working_day = true"]);
}

#[test]
fn law_3_a_denial_gives_reasons_and_ways_to_complain_inside_the_first_month() {
    let world = World::demo();
    let dsr = taken(&world, Regulation::Gdpr, "2026-10-31T10:00:00Z");
    let deny = |now: &str, reason: &str, late: bool| {
        ops::deny(&world.at(now, ANA), &dsr, reason, None, late)
    };
    assert_eq!(refused(deny(NOW, "", false)).rule, "LAW-3");
    // An extension gives more time for the answer, not for a denial.
    ops::extend(&world.as_engineer(ANA), &dsr, "complexity", "why").unwrap();
    assert_eq!(refused(deny("2026-12-01T00:00:00Z", "a claim is open", false)).rule, "LAW-3");
    last_is_failure(&world.audit("contoso.com"), "LAW-3");
    let done = deny("2026-11-30T23:59:59Z", "a legal claim is open", false).unwrap();
    assert_eq!(done.state, DsrState::Denied);
    let answer = done.answer.unwrap();
    assert_eq!(answer.basis_of_denial.as_deref(), Some("a legal claim is open"));
    assert!(!answer.late);
    let route = answer.complaint_route.unwrap();
    assert!(route.contains("supervisory authority") && route.contains("12(4)"), "{route}");
    let notice = done.notice.unwrap();
    assert!(notice.contains("a legal claim is open") && notice.contains(&route), "{notice}");
    assert_eq!(refused(deny(NOW, "again", false)).rule, "DSR-1", "it is over");
    // One that comes late is recorded as late.
    let dsr = taken(&world, Regulation::Ccpa, "2026-10-01T10:00:00Z");
    let late = ops::deny(&world.as_engineer(ANA), &dsr, "no consumer", Some("call us"), true);
    let answer = late.unwrap().answer.unwrap();
    assert_eq!((answer.late, answer.complaint_route.as_deref()), (true, Some("call us")));
}

#[test]
fn law_4_receipt_is_confirmed_within_ten_business_days() {
    let holiday = ["2026-11-26".parse().unwrap()];
    for (received, plain, with_holiday) in [
        // A Saturday: the first business day is Monday.
        ("2026-01-31T10:00:00Z", "2026-02-13", "2026-02-13"),
        ("2026-11-16T23:59:59Z", "2026-11-30", "2026-12-01"),
        ("2026-11-20T10:00:00Z", "2026-12-04", "2026-12-07"),
        ("2024-02-29T00:00:00Z", "2024-03-14", "2024-03-14"),
    ] {
        let received = time(received);
        let by = |holidays: &[_]| {
            clock::confirm_by(Regulation::Ccpa, received, holidays).unwrap().to_string()
        };
        assert_eq!((by(&[]), by(&holiday)), (plain.to_owned(), with_holiday.to_owned()));
        assert_eq!(clock::confirm_by(Regulation::Gdpr, received, &[]), None);
    }
    let world = World::demo();
    let dsr = taken(&world, Regulation::Ccpa, "2026-11-02T10:00:00Z");
    let view = |now: &str| ops::show(&world.at(now, ANA), &dsr).unwrap();
    assert_eq!(view(NOW).confirm_by.unwrap().to_string(), "2026-11-16");
    assert!(!view("2026-11-16T23:59:59Z").confirm_overdue);
    assert!(view("2026-11-17T00:00:00Z").confirm_overdue);
    ops::confirm(&world.as_engineer(ANA), &dsr).unwrap();
    assert!(!view(NOW).confirm_overdue);
    assert_eq!(view(NOW).confirmed_at, Some(time(NOW)));
    assert_eq!(refused(ops::confirm(&world.as_engineer(ANA), &dsr)).rule, "LAW-4", "once");
    let gdpr = taken(&world, Regulation::Gdpr, "2026-11-02T10:00:00Z");
    assert_eq!(refused(ops::confirm(&world.as_engineer(ANA), &gdpr)).rule, "LAW-4");
}

#[test]
fn law_4_nothing_stops_the_clock() {
    let world = World::demo();
    let dsr = taken(&world, Regulation::Ccpa, "2026-11-02T10:00:00Z");
    let due = |now: &str| ops::show(&world.at(now, ANA), &dsr).unwrap();
    assert_eq!(due(NOW).due_on.to_string(), "2026-12-17");
    // Put aside, for example until the person's identity is known.
    assert_eq!(refused(ops::hold(&world.as_engineer(ANA), &dsr, " ")).rule, "DSR-1");
    ops::hold(&world.as_engineer(ANA), &dsr, "identity is being verified").unwrap();
    assert_eq!(refused(discover(&world.as_engineer(ANA), &dsr)).rule, "DSR-1", "it rests");
    assert_eq!(due(NOW).due_on.to_string(), "2026-12-17");
    assert!(due("2026-12-18T00:00:00Z").overdue);
    let later = world.at("2026-12-10T09:00:00Z", ANA);
    assert_eq!(ops::resume(&later, &dsr).unwrap().due_on.to_string(), "2026-12-17");
    assert_eq!(refused(ops::resume(&later, &dsr)).rule, "DSR-1", "it does not rest");
    let done = ops::extend(&later, &dsr, "number-of-requests", "many came").unwrap();
    assert_eq!(done.due_on.to_string(), "2027-01-31", "at most 90 days");
    assert_eq!(refused(ops::extend(&later, &dsr, "complexity", "more")).rule, "LAW-4");
}

#[test]
fn law_4_a_request_that_rested_goes_on_where_its_records_allow() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let none = ops::receive(&ana, new(RequestOption::A, &[], Vec::new())).unwrap();
    let (found, _) = discovered(&world, RequestOption::B, &[CLOSED]);
    ops::plan(&ana, &found, None, false).ok();
    let unsearched = taken(&world, Regulation::Gdpr, "2026-11-02T10:00:00Z");
    for (dsr, state) in [
        (none.id.as_str(), DsrState::IdentifiersNeeded),
        (unsearched.as_str(), DsrState::Discovering),
        (found.as_str(), DsrState::Review),
    ] {
        ops::hold(&ana, dsr, "waiting").unwrap();
        assert_eq!(ops::show(&ana, dsr).unwrap().plan, None, "a plan does not rest");
        assert_eq!(ops::resume(&ana, dsr).unwrap().state, state);
    }
}

#[test]
fn law_5_what_is_kept_of_a_request() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let dsr = taken(&world, Regulation::Gdpr, "2026-11-20T10:00:00Z");
    assert_eq!(refused(ops::close(&ana, &dsr, None)).rule, "LAW-5", "nothing is answered yet");
    discover(&ana, &dsr).unwrap();
    let refusal = refused(ops::close(&ana, &dsr, None));
    assert!(refusal.hint.is_some_and(|hint| hint.contains("dsr plan")), "what was found is there");
    ops::plan(&ana, &dsr, Some(caseward::model::PlanScope::Engagement), true).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    let closed =
        ops::close(&world.at("2026-11-25T09:00:00Z", ANA), &dsr, Some("letter 17")).unwrap();
    assert_eq!(closed.state, DsrState::Closed);
    // Date, nature, manner; date of the response and its nature.
    let path = world.inside(&format!("tenants/contoso.com/dsr/{dsr}/request.toml"));
    let record = std::fs::read_to_string(path).unwrap();
    for line in [
        "received_at = \"2026-11-20T10:00:00Z\"",
        "type = \"delete\"",
        "channel = \"support_request\"",
        "at = \"2026-11-25T09:00:00Z\"",
        "nature = \"fulfilled\"",
        "reason = \"letter 17\"",
    ] {
        assert!(record.contains(line), "{line} is not in:\n{record}");
    }
    assert_eq!(refused(ops::close(&ana, &dsr, None)).rule, "LAW-5", "once");
    // Executed again it says the same.
    assert!(ops::execute(&ana, &dsr, &mut |_| {}).unwrap().complete);
}

#[test]
fn law_5_the_nature_of_an_answer_is_what_was_done() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let nobody = vec![given(IdentifierType::Email, "nobody@contoso.com")];
    let made = ops::receive(&ana, new(RequestOption::A, &[], nobody)).unwrap();
    discover(&ana, made.id.as_str()).unwrap();
    let closed = ops::close(&ana, made.id.as_str(), None).unwrap();
    assert_eq!(closed.answer.unwrap().nature, AnswerNature::NothingFound);
    let referred =
        NewRequest { requester: Requester::EndUser, ..new(RequestOption::A, &[], jane()) };
    let made = ops::receive(&ana, referred).unwrap();
    let closed = ops::close(&ana, made.id.as_str(), None).unwrap();
    assert_eq!(closed.state, DsrState::Referred);
    assert_eq!(closed.answer.unwrap().nature, AnswerNature::Referred);
    assert_eq!(refused(ops::close(&ana, made.id.as_str(), None)).rule, "LAW-5", "once");
    assert!(closed.notice.unwrap().contains("Contoso"));
    // What stayed, stayed.
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let record = found.items.iter().find(|item| item.path.ends_with("/case.toml")).unwrap();
    ops::exclude(&ana, &dsr, std::slice::from_ref(&record.id), "the record stays").unwrap();
    ops::plan(&ana, &dsr, None, false).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let path = world.inside(&format!("{}.meta.toml", found.items[1].path));
    let mut changed = false;
    ops::execute(&ana, &dsr, &mut |at| {
        if at.step == caseward::attest::Step::Withdrawing && !changed {
            std::fs::write(&path, "somebody writes here").unwrap();
            changed = true;
        }
    })
    .unwrap();
    let closed = ops::close(&ana, &dsr, None).unwrap();
    assert_eq!(closed.answer.unwrap().nature, AnswerNature::PartlyFulfilled);
}

#[test]
fn law_7_case_9_the_report_says_what_was_chosen_what_copies_there_are_and_what_law_keeps() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.case_months_after_close = 6);
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let record = found.items.iter().find(|item| item.path.ends_with("/case.toml")).unwrap();
    ops::exclude(&ana, &dsr, std::slice::from_ref(&record.id), "the record stays").unwrap();
    ops::plan(&ana, &dsr, None, false).unwrap();
    ops::approve(&ben, &dsr, None, None).unwrap();
    ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    let out = world.inside("../report");
    report::write(&ana, std::slice::from_ref(&dsr), &out, report::Signing::Unsigned).unwrap();
    let text = std::fs::read_to_string(out.join("report.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let request = &document["request"];
    assert_eq!(request["choice"], "delete");
    let copies = request["copies"].as_array().unwrap();
    assert!(
        copies.last().unwrap().as_str().unwrap().contains("outside the workspace"),
        "{copies:?}"
    );
    let kept = request["legal_storage"][0].as_str().unwrap();
    assert!(kept.contains("at least 24 months"), "{kept}");
    let schedule = &document["portal_schedules"][0];
    assert_eq!(schedule["engagement"], format!("contoso.com/{CLOSED}"));
    assert!(schedule["warning"].as_str().unwrap().contains("extract copies before"), "{schedule}");
    let closed_at = world.case(CLOSED).closed_at.unwrap();
    let expected = closed_at.checked_add_months(chrono::Months::new(6)).unwrap();
    assert_eq!(schedule["expected_on"], expected.date_naive().to_string());
    let page = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(page.contains("kept by law") && page.contains("The portal's own records"), "{page}");
}

#[test]
fn law_9_who_received_what_is_now_deleted_is_to_be_told() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let access = NewRequest { kind: DsrType::Access, ..new(RequestOption::B, &[CLOSED], jane()) };
    let access = ops::receive(&ana, access).unwrap();
    let found = discover(&ana, access.id.as_str()).unwrap();
    exclude_reviews(&ana, access.id.as_str(), &found);
    let told = |world: &World| {
        let (dsr, _) = discovered(world, RequestOption::B, &[CLOSED]);
        let engagement = Some(caseward::model::PlanScope::Engagement);
        let plan = ops::plan(&world.as_engineer(ANA), &dsr, engagement, true).unwrap();
        plan.warnings.into_iter().filter(|warning| warning.contains("LAW-9")).collect::<Vec<_>>()
    };
    assert_eq!(told(&world), Vec::<String>::new(), "nothing was given out yet");
    let out = tempfile::tempdir().unwrap();
    ops::export(&ana, access.id.as_str(), &out.path().join("out")).unwrap();
    let warnings = told(&world);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(access.id.as_str()), "{warnings:?}");
}

#[test]
fn dsr_15_that_a_processor_has_the_data_is_no_ground_for_more_time() {
    let world = World::demo();
    let dsr = taken(&world, Regulation::Gdpr, NOW);
    let ana = world.as_engineer(ANA);
    for ground in ["processor-delay", "processor_delay", "waiting"] {
        let refusal = refused(ops::extend(&ana, &dsr, ground, "the processor is slow"));
        assert_eq!(refusal.rule, "DSR-15", "{ground}");
        assert!(refusal.hint.is_some_and(|hint| hint.contains("complexity")));
    }
    assert_eq!(answer::ground("number-of-requests").unwrap().as_str(), "number_of_requests");
    // The clock starts when it was received, however long it took to come here.
    let late = taken(&world, Regulation::Gdpr, "2026-10-01T10:00:00Z");
    assert!(ops::show(&ana, &late).unwrap().overdue);
}
