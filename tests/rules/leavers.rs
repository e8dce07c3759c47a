//! People who left, tenants that vanished, names that differ in case only, and two at once.

use super::meanwhile::Meanwhile;
use super::world::*;
use caseward::error::Error;
use caseward::exit::Exit;
use caseward::model::{Activity, AuditResult, Decision, DiagnosticKind, Id};
use caseward::ops::access::{self, DecisionInput};
use caseward::ops::{case, status};
use caseward::policy::access::Side;

const TEST: &str = "contoso-test.com";
const LEE: &str = "lee@contoso-test.com";

fn ask(world: &World) -> Id {
    access::request(&world.as_engineer(ANA), MIGRATION, TEST, "the source").unwrap().id
}

fn yes(side: Option<Side>) -> DecisionInput<'static> {
    DecisionInput::unsigned(Decision::Approved, side)
}

/// The tenant's administrator takes somebody out of the directory.
fn leaves(world: &World, tenant: &str, upn: &str) {
    let loaded = world.workspace.tenant(&id(tenant)).unwrap();
    let mut changed = loaded.value.clone();
    changed.principals.retain(|person| person.upn != upn);
    assert_eq!(changed.principals.len() + 1, loaded.value.principals.len());
    let mut commit = caseward::workspace::Commit::new();
    commit.update(&loaded, changed);
    world.workspace.commit(commit).unwrap();
}

#[test]
fn sar_7_decisions_of_those_who_left_stand_and_they_make_no_new_ones() {
    let world = World::demo();
    let sar = ask(&world);
    access::decide(&world.as_engineer(LEE), sar.as_str(), yes(None)).unwrap();
    let other = ask(&world);
    let still_open = world.as_engineer(LEE);
    leaves(&world, TEST, LEE);
    // The name is nobody's any more: no operation can be begun under it.
    let error = world.as_engineer(ANA).acting_as(LEE).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains(LEE), "{error}");
    // Who held the program open while the directory changed is refused as well.
    let refusal = refused(access::decide(&still_open, other.as_str(), yes(None)));
    assert_eq!(refusal.rule, "SAR-4");
    assert_eq!(refused(access::remove(&still_open, "SAR-4F7K2M9Q")).rule, "SAR-10");
    let view = access::show(&world.as_engineer(ANA), sar.as_str()).unwrap();
    assert_eq!(view.resource_decision.unwrap().by, LEE);
    let done = access::decide(&world.as_engineer(ADELE), sar.as_str(), yes(Some(Side::Request)));
    assert_eq!(done.unwrap().state, "approved", "the decision of the one who left stands");
    assert_eq!(access::show(&world.as_engineer(ANA), other.as_str()).unwrap().state, "pending");
}

#[test]
fn cons_12_an_engineer_who_left_works_on_nothing() {
    let world = World::demo();
    let mut ana = world.as_engineer(ANA);
    // The workspace does not list her any more; the case still names her.
    ana.actor.engineer = false;
    let copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    assert_eq!(refused(attach_now(&ana, &copy)).rule, "CONS-12");
    assert_eq!(refused(case::close(&ana, MIGRATION)).rule, "CASE-5");
    assert_eq!(refused(access::request(&ana, MIGRATION, TEST, "why")).rule, "SAR-3");
    case::assign(&world.as_engineer(BEN), MIGRATION, BEN).unwrap();
    attach_now(&world.as_engineer(BEN), &copy).unwrap();
}

#[test]
fn sar_8_a_tenant_that_vanished_gives_no_access_and_is_not_brought_back() {
    let world = World::demo();
    let sar = ask(&world);
    let dir = world.inside("tenants/contoso-test.com");
    std::fs::rename(&dir, world.inside("../gone")).unwrap();
    let ana = world.as_engineer(ANA);
    for sar in [sar.as_str(), "SAR-4F7K2M9Q"] {
        let view = access::show(&ana, sar).unwrap();
        assert_eq!(view.state, "pending", "{sar}: without the approval there is none");
        assert!(
            refused(access::decide(&world.as_engineer(LEE_AWAY), sar, yes(Some(Side::Resource))))
                .rule
                .starts_with("SAR-")
        );
    }
    let check = access::check(&ana, MIGRATION, Some(TEST), DiagnosticKind::Other).unwrap_err();
    assert_eq!(check.exit(), Exit::Usage);
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some(TEST.to_owned());
    assert_eq!(attach_now(&ana, &copy).unwrap_err().exit(), Exit::Usage);
    assert!(!dir.exists(), "no entry makes the directory again");
    let problems = status::status(&ana).unwrap().problems;
    let about = problems.iter().filter(|problem| problem.why.contains("is not in this workspace"));
    assert!(about.count() >= 2, "{problems:?}");
    // The case goes on, and closing it ends what was open.
    let closed = case::close(&ana, MIGRATION).unwrap();
    assert!(closed.canceled.contains(&sar));
    assert!(!dir.exists());
    // It comes back as it was: the approval is there, the case is closed.
    std::fs::rename(world.inside("../gone"), &dir).unwrap();
    assert_eq!(access::show(&ana, "SAR-4F7K2M9Q").unwrap().state, "completed");
}

/// Decides in contoso.com; knows nobody of the tenant that vanished.
const LEE_AWAY: &str = ADELE;

#[test]
fn ids_and_names_that_differ_in_case_only_are_the_same() {
    let world = World::demo();
    let shown = access::show(&world.as_engineer("ANA.SILVA@Support.Example.com"), "sar-4f7k2m9q");
    assert_eq!(shown.unwrap().id.as_str(), "SAR-4F7K2M9Q");
    let sar =
        access::request(&world.as_engineer(ANA), MIGRATION, "Contoso-TEST.com", "why").unwrap();
    assert_eq!(sar.resource_tenant.as_str(), TEST, "as the directory is called");
    let lower = sar.id.as_str().to_ascii_lowercase();
    let view = access::decide(&world.as_engineer("Adele@CONTOSO.com"), &lower, yes(None)).unwrap();
    assert_eq!((view.state, view.request_decision.unwrap().by.as_str()), ("approved", ADELE));
    // Asking for the own tenant in other letters is asking for the own tenant.
    let own = access::request(&world.as_engineer(ANA), MIGRATION, "CONTOSO.COM", "why");
    assert_eq!(refused(own).rule, "SAR-1");
    // Whoever asked is who asked, in whatever letters (SAR-6), and works on the case (CONS-12).
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some("CONTOSO-test.com".to_owned());
    attach_now(&world.as_engineer("ANA.silva@support.example.com"), &copy).unwrap();
    assert_eq!(
        case::list(
            &world.as_engineer(ANA),
            &case::CaseFilter {
                tenant: Some("CONTOSO.com".to_owned()),
                ..case::CaseFilter::default()
            }
        )
        .unwrap()
        .0
        .iter()
        .filter(|line| line.id == id(MIGRATION))
        .count(),
        1
    );
}

/// Two administrators approve at the same moment, each for one side, in either order: one of them is
/// told of a conflict, and when they repeat it both slots are filled and each log has its entry once.
#[test]
fn sar_5_two_approvals_at_once_lose_nothing() {
    for (first, second) in [
        ((ADELE, Side::Request), (LEE, Side::Resource)),
        ((LEE, Side::Resource), (ADELE, Side::Request)),
        ((ADELE, Side::Resource), (LEE, Side::Resource)),
    ] {
        let world = World::demo();
        let sar = ask(&world);
        let (winner, named) = (world.as_engineer(first.0), sar.to_string());
        let other = move || {
            access::decide(&winner, &named, yes(Some(first.1))).unwrap();
        };
        let workspace = world.on(Meanwhile::over(world.plain(), other)).unwrap();
        let late = context(&workspace, NOW, second.0);
        let conflict = access::decide(&late, sar.as_str(), yes(Some(second.1))).unwrap_err();
        assert!(matches!(conflict, Error::Conflict { .. }), "{first:?}: {conflict}");
        // What the other tenant wrote on its side is not quoted to this one's people.
        assert!(!conflict.to_string().contains("slot"), "{conflict}");
        let view = access::show(&world.as_engineer(ANA), sar.as_str()).unwrap();
        assert_eq!(view.state, "pending", "the first stands, the second was not written");
        let again = access::decide(&late, sar.as_str(), yes(Some(second.1)));
        if first.1 == second.1 {
            assert_eq!(refused(again).rule, "SAR-5", "that slot is filled");
            continue;
        }
        assert_eq!(again.unwrap().state, "approved");
        for (tenant, activity) in
            [("contoso.com", Activity::RequestApproved), (TEST, Activity::ApprovalApproved)]
        {
            let log = world.audit(tenant);
            let entries = log.iter().filter(|event| {
                event.correlation_id == sar.as_str()
                    && event.activity_display_name == activity
                    && event.result == AuditResult::Success
            });
            assert_eq!(entries.count(), 1, "{tenant}");
        }
    }
}
