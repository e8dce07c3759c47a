//! DEL-10: authority over deleted data dies with it, and each side's log says its own part.

use super::dsr::{discovered, exclude_reviews};
use super::world::*;
use caseward::model::{
    Activity, AuditResult, Decision, DiagnosticKind, InitiatedBy, RequestOption,
};
use caseward::ops::access::{self, AccessFilter, DecisionInput};
use caseward::ops::dsr as ops;

const TEST: &str = "contoso-test.com";
const APPROVED: &str = "SAR-4F7K2M9Q";
const REMOVED: &str = "SAR-9C3XT6WB";

/// The activities of a log about a request, with whether a person did it.
fn about(world: &World, tenant: &str, sar: &str) -> Vec<(Activity, bool)> {
    let of = |event: &&caseward::model::AuditEvent| {
        event.result == AuditResult::Success
            && event.target_resources.iter().any(|target| target.id == sar)
    };
    let log = world.audit(tenant);
    let told = log.iter().filter(of).map(|event| {
        let user = matches!(event.initiated_by, InitiatedBy::User { .. });
        (event.activity_display_name, user)
    });
    told.collect()
}

#[test]
fn del_10_expunging_a_case_ends_its_access_and_cancels_its_requests() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let pending = access::request(&ana, MIGRATION, TEST, "again").unwrap().id;
    // One that only the resource tenant approved: it was pending, and has a file there.
    let half = access::request(&ana, MIGRATION, TEST, "half").unwrap().id;
    let yes = DecisionInput::unsigned(Decision::Approved, None);
    access::decide(&world.as_engineer(ADELE_TEST), half.as_str(), yes).unwrap();
    let rejected = access::request(&ana, MIGRATION, TEST, "no").unwrap().id;
    let no = DecisionInput::unsigned(Decision::Rejected, None);
    access::decide(&world.as_engineer(ADELE_TEST), rejected.as_str(), no).unwrap();
    let before = about(&world, TEST, REMOVED);

    let (dsr, found) = discovered(&world, RequestOption::B, &[MIGRATION]);
    exclude_reviews(&ana, &dsr, &found);
    let scope = caseward::model::PlanScope::Engagement;
    ops::plan(&ana, &dsr, Some(scope), true).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let check = |context: &caseward::ops::Context| {
        access::check(context, MIGRATION, Some(TEST), DiagnosticKind::Other)
    };
    assert!(check(&ana).unwrap().allowed, "until it is executed");
    assert!(ops::execute(&ana, &dsr, &mut |_| {}).unwrap().complete);

    assert!(check(&ana).is_err(), "the case is gone, and access with it");
    assert!(!world.exists(&format!("tenants/{TEST}/approvals/{APPROVED}")));
    assert_eq!(
        access::list(&ana, AccessFilter::All, Some(TEST))
            .unwrap()
            .0
            .iter()
            .filter(|view| view.case == id(MIGRATION))
            .count(),
        0
    );
    // Access in force ends at the tenant that gave it, by the program.
    let ended = about(&world, TEST, APPROVED);
    assert_eq!(ended.last(), Some(&(Activity::ApprovalRemoved, false)));
    assert_eq!(ended.iter().filter(|(what, _)| *what == Activity::ApprovalRemoved).count(), 1);
    // What had ended is not ended again, and what never began is not ended there.
    assert_eq!(about(&world, TEST, REMOVED), before);
    assert_eq!(about(&world, TEST, half.as_str()), []);
    // A request that waited is canceled at the tenant that made it, and only there.
    for sar in [&pending, &half] {
        let log = about(&world, "contoso.com", sar.as_str());
        let expected = [(Activity::RequestCreated, false), (Activity::RequestCanceled, false)];
        assert_eq!(log, expected, "{sar}");
    }
    let log = about(&world, "contoso.com", rejected.as_str());
    assert_eq!(log.iter().filter(|(what, _)| *what == Activity::RequestCanceled).count(), 0);
    // The request tenant's log says nothing of approvals (SAR-13).
    let own = world.audit("contoso.com");
    assert!(own.iter().all(|event| !event.activity_display_name.as_str().starts_with("Approval")));
    // Executed again it says the same and writes nothing.
    let counts = world.audit_counts();
    ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    assert_eq!(world.audit_counts(), counts);
}

#[test]
fn del_10_what_a_closing_ended_is_not_ended_again() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    caseward::ops::case::close(&ana, MIGRATION).unwrap();
    let before = about(&world, TEST, APPROVED);
    let (dsr, found) = discovered(&world, RequestOption::B, &[MIGRATION]);
    exclude_reviews(&ana, &dsr, &found);
    ops::plan(&ana, &dsr, Some(caseward::model::PlanScope::Engagement), true).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    assert!(ops::execute(&ana, &dsr, &mut |_| {}).unwrap().complete);
    assert_eq!(about(&world, TEST, APPROVED), before);
}
