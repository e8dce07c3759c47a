//! Clocks that go back, and dates that have not come: what expired is never in force again.

use super::world::*;
use caseward::model::{Decision, DiagnosticKind, Span};
use caseward::ops::access::{self, DecisionInput};
use caseward::ops::{attach, case, consent, status};

const TEST: &str = "contoso-test.com";
const REMOVED: &str = "SAR-4F7K2M9Q";

fn may_collect(world: &World, at: &str, tenant: &str) -> (bool, &'static str) {
    let ana = world.at(at, ANA);
    let check = access::check(&ana, MIGRATION, Some(tenant), DiagnosticKind::Other).unwrap();
    (check.allowed, check.rule)
}

#[test]
fn cons_5_a_clock_that_went_back_does_not_bring_consent_back() {
    let world = World::demo();
    let before = world.case(MIGRATION);
    let expires = consent::show(&world.as_engineer(ANA), MIGRATION).unwrap().1.expires_at.unwrap();
    let after = (expires + chrono::TimeDelta::days(1)).to_rfc3339();
    assert_eq!(may_collect(&world, &after, "contoso.com"), (false, "CONS-5"));
    // Asking leaves nothing behind; a refused attempt does, and from then on it is that late.
    assert_eq!(may_collect(&world, NOW, "contoso.com"), (true, "CONS-3"));
    let copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    assert_eq!(refused(attach_now(&world.at(&after, ANA), &copy)).rule, "CONS-5");
    assert_eq!(may_collect(&world, NOW, "contoso.com"), (false, "CONS-5"));
    assert_eq!(refused(attach_now(&world.as_engineer(ANA), &copy)).rule, "CONS-5");
    assert_eq!(consent::show(&world.as_engineer(ANA), MIGRATION).unwrap().1.state, "expired");
    let lines = case::list(&world.as_engineer(ANA), &case::CaseFilter::default()).unwrap().0;
    let line = lines.iter().find(|line| line.id == id(MIGRATION)).unwrap();
    assert_eq!(line.consent, Some("expired"));
    assert_eq!(world.case(MIGRATION), before);
    // The tenant of another log has its own time.
    assert!(may_collect(&world, NOW, TEST).0);
    // Asked again the customer may still say Yes; the answer counts from the moment reached.
    let answered = consent::answer(&world.as_engineer(JOHN), MIGRATION, true, None, None).unwrap();
    assert_eq!(answered.1.state, "active");
    assert_eq!(world.case(MIGRATION).consent.last().unwrap().at, time(&after));
    attach_now(&world.as_engineer(ANA), &copy).unwrap();
}

#[test]
fn sar_16_a_clock_that_went_back_does_not_bring_access_back() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.max_duration = Some("8h".parse::<Span>().unwrap()));
    let sar = access::request(&world.as_engineer(ANA), MIGRATION, TEST, "why").unwrap().id;
    let input = DecisionInput::unsigned(Decision::Approved, None);
    access::decide(&world.as_engineer(ADELE), sar.as_str(), input).unwrap();
    assert!(may_collect(&world, NOW, TEST).0);
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some(TEST.to_owned());
    assert_eq!(refused(attach_now(&world.at("2026-11-22T00:00:00Z", ANA), &copy)).rule, "SAR-16");
    assert_eq!(may_collect(&world, NOW, TEST), (false, "SAR-16"));
    assert_eq!(refused(attach_now(&world.as_engineer(ANA), &copy)).rule, "SAR-16");
    let view = access::show(&world.as_engineer(ANA), sar.as_str()).unwrap();
    assert_eq!(view.state, "completed");
    // The tenant that asked does not learn it from a clock either (SAR-13).
    let view = access::show(&world.as_engineer(JOHN), sar.as_str()).unwrap();
    assert_eq!(view.state, "approved");
}

#[test]
fn sar_10_removed_and_closed_stay_so_whatever_the_clock_says() {
    let world = World::demo();
    access::remove(&world.as_engineer(ADELE_TEST), REMOVED).unwrap();
    for at in [NOW, "2026-11-21T08:59:59Z", "2026-11-13T00:00:00Z"] {
        assert_eq!(may_collect(&world, at, TEST), (false, "SAR-10"), "{at}");
    }
    case::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    for at in ["2026-11-21T08:59:59Z", "2026-11-13T00:00:00Z"] {
        let ana = world.at(at, ANA);
        assert_eq!(may_collect(&world, at, "contoso.com"), (false, "CASE-6"), "{at}");
        assert_eq!(refused(attach::view(&ana, MIGRATION, "move-report.zip")).rule, "CASE-6");
        let show = case::show(&ana, &world.case_ref(MIGRATION)).unwrap();
        assert_eq!((show.status, show.consent.state), ("closed", "ended"), "{at}");
    }
    // Closed and reopened with a clock that went back: the order of the history counts.
    let back = "2026-11-20T00:00:00Z";
    case::reopen(&world.at(back, ANA), MIGRATION, None).unwrap();
    assert_eq!(may_collect(&world, back, "contoso.com"), (false, "CONS-7"));
    assert_eq!(may_collect(&world, back, TEST).0, false);
    let record = world.case(MIGRATION);
    assert!(record.closures[0].reopened_at >= record.closures[0].closed_at);
}

#[test]
fn dates_of_the_future_are_problems_and_open_nothing() {
    let world = World::demo();
    let problems = |who: &str| status::status(&world.as_engineer(who)).unwrap().problems;
    assert_eq!(problems(ANA), []);
    world.edit_case(MIGRATION, |case| {
        let mut yes = case.consent[0].clone();
        yes.at = time("2027-06-01T00:00:00Z");
        case.consent.push(yes);
    });
    world.edit_case(DECLINED, |case| case.opened_at = time("2027-01-01T00:00:00Z"));
    let said = problems(ANA);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|problem| problem.path.ends_with("case.toml")));
    assert!(said.iter().any(|problem| problem.why.contains("`consent.at` lies in the future")));
    assert!(said.iter().any(|problem| problem.why.contains("`opened_at` lies in the future")));
    // The answer of the future does not count yet: the window is that of the last one given.
    let view = consent::show(&world.as_engineer(ANA), MIGRATION).unwrap().1;
    assert!(view.expires_at.unwrap() < time("2027-06-01T00:00:00Z"));
    // A log that is ahead of the clock is one as well, and only its tenant's people are told.
    let late = world.at("2027-07-01T00:00:00Z", ANA);
    access::remove(&world.at("2027-07-01T00:00:00Z", ADELE_TEST), REMOVED).unwrap();
    assert_eq!(status::status(&late).unwrap().problems, []);
    let ahead = |who: &str| {
        problems(who).iter().filter(|problem| problem.path.ends_with("audit.jsonl")).count()
    };
    assert_eq!([ahead(ANA), ahead(ADELE_TEST), ahead(JOHN)], [1, 1, 0]);
}
