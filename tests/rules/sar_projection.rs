//! SAR-13: what the support request tenant can read is the same with and without a manual removal.

use super::sar_story::{Event, Story, event, read_apart, written_apart};
use super::world::*;
use caseward::model::{Decision, DiagnosticKind};
use caseward::ops::access::{self, AccessFilter, DecisionInput};
use caseward::ops::status;
use proptest::prelude::*;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// How many sequences a run tries: some by default, `CASEWARD_SAR_SEQUENCES` by hand.
fn sequences() -> u32 {
    std::env::var("CASEWARD_SAR_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: sequences(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Two workspaces live through the same events: access is approved, anything happens, at some
    /// moment one of the two removes it by hand, anything happens. After each event what the request
    /// tenant's people were answered and which of its files were touched is compared, and at the
    /// end everything that they can read. Sequences are of every length, so the end of one is what
    /// others pass through.
    #[test]
    fn sar_13_the_request_tenant_cannot_see_a_removal(
        settings in 0_usize..4,
        before in prop::collection::vec(event(), 0..4),
        after in prop::collection::vec(event(), 0..9),
    ) {
        let (mut removed, mut kept) = (Story::new(settings), Story::new(settings));
        let opening = [Event::Request, Event::ApproveForRequestTenant, Event::ApproveForResourceTenant];
        for event in opening.into_iter().chain(before) {
            let (a, b) = (removed.step(event), kept.step(event));
            prop_assert_eq!(a, b, "{:?} before any removal", event);
        }
        // From here on what is written is compared, not what was before.
        prop_assert_eq!(written_apart(&mut removed, &mut kept), None, "before any removal");
        let done = removed.remove_first();
        kept.nothing();
        prop_assert_eq!(written_apart(&mut removed, &mut kept), None, "removed: {}", done);
        for event in after {
            let (a, b) = (removed.step(event), kept.step(event));
            prop_assert_eq!(a, b, "{:?}, removed: {}", event, done);
            let apart = written_apart(&mut removed, &mut kept);
            prop_assert_eq!(apart, None, "{:?}, removed: {}", event, done);
        }
        prop_assert_eq!(read_apart(&removed, &kept), None, "removed: {}", done);
    }
}

/// Neither a file of the request tenant nor its time changes, when access is removed and when a
/// refusal follows from it.
#[test]
fn sar_13_a_removal_touches_nothing_of_the_request_tenant() {
    let world = World::demo();
    let times = || -> Vec<(PathBuf, i64, i64)> {
        let root = world.inside("tenants/contoso.com");
        let mut open = vec![root];
        let mut times = Vec::new();
        while let Some(path) = open.pop() {
            let meta = path.symlink_metadata().unwrap();
            times.push((path.clone(), meta.mtime(), meta.mtime_nsec()));
            if meta.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        times.sort();
        times
    };
    let before = times();
    access::remove(&world.as_engineer(ADELE_TEST), "SAR-4F7K2M9Q").unwrap();
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some("contoso-test.com".to_owned());
    assert_eq!(refused(attach_now(&world.as_engineer(ANA), &copy)).rule, "SAR-10");
    let again = access::decide(
        &world.as_engineer(JOHN),
        "SAR-4F7K2M9Q",
        DecisionInput::unsigned(Decision::Approved, None),
    );
    assert_eq!(refused(again).rule, "SAR-5");
    assert_eq!(times(), before);
    // The engineer and the resource tenant know.
    for who in [ANA, ADELE_TEST, ADELE] {
        assert_eq!(access::show(&world.as_engineer(who), "SAR-4F7K2M9Q").unwrap().state, "removed");
    }
    assert_eq!(access::show(&world.as_engineer(JOHN), "SAR-4F7K2M9Q").unwrap().state, "approved");
    // Asking again is always allowed.
    access::request(&world.as_engineer(ANA), MIGRATION, "contoso-test.com", "again").unwrap();
}

/// The list of approved access belongs to the resource tenant.
#[test]
fn sar_13_approved_access_is_listed_for_the_resource_tenant_only() {
    let world = World::demo();
    let listed = |who: &str| {
        let (views, _) =
            access::list(&world.as_engineer(who), AccessFilter::Approved, None).unwrap();
        views.into_iter().map(|view| view.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(ADELE_TEST), ["SAR-4F7K2M9Q", "SAR-B8MZ4RTE"]);
    assert_eq!(listed(ANA), ["SAR-4F7K2M9Q", "SAR-B8MZ4RTE"]);
    assert_eq!(listed(JOHN), ["SAR-B8MZ4RTE"], "it learns of access when the case is closed");
    assert_eq!(status::status(&world.as_engineer(JOHN)).unwrap().access_approved, 0);
    assert_eq!(status::status(&world.as_engineer(ADELE_TEST)).unwrap().access_approved, 1);
    let view = access::show(&world.as_engineer(JOHN), "SAR-4F7K2M9Q").unwrap();
    assert!(view.resource_decision.is_none());
    assert_eq!(view.request_decision.unwrap().by, ADELE, "its own decision");
    let refusal = refused(access::show(&world.as_engineer("jane@fabrikam.com"), "SAR-4F7K2M9Q"));
    assert_eq!(refusal.rule, "SAR-13");
    let check = access::check(
        &world.as_engineer(JOHN),
        MIGRATION,
        Some("contoso-test.com"),
        DiagnosticKind::Other,
    );
    assert_eq!(refused(check).rule, "SAR-13", "for engineers and the resource tenant");
    let theirs = access::check(
        &world.as_engineer(ADELE_TEST),
        MIGRATION,
        Some("contoso-test.com"),
        DiagnosticKind::Other,
    );
    assert!(theirs.unwrap().allowed);
}

/// Who acts next writes what the clocks did into both logs; whoever removes access only into the one
/// of the tenant that gave it.
#[test]
fn sar_13_a_removal_writes_nothing_that_is_owed_to_the_request_tenant() {
    let (mut removed, mut kept) = (Story::new(1), Story::new(1));
    use Event::{AnHour, ApproveForRequestTenant, ApproveForResourceTenant, Request};
    for event in [Request, ApproveForRequestTenant, ApproveForResourceTenant, Request, AnHour] {
        assert_eq!(removed.step(event), kept.step(event));
    }
    assert_eq!(written_apart(&mut removed, &mut kept), None);
    assert!(removed.remove_first());
    kept.nothing();
    assert_eq!(written_apart(&mut removed, &mut kept), None);
    assert_eq!(read_apart(&removed, &kept), None);
}
