//! CONS-11: the partner events of the m365 regime, off by default.

use super::dsr;
use super::world::*;
use caseward::model::{DsrType, InitiatedBy, Regime, RequestOption};
use caseward::ops::dsr::{self as ops, NewRequest};
use caseward::ops::{case, consent};

/// The events of a tenant's log in the two partner categories: activity, category, moment.
fn partner_events(world: &World, tenant: &str) -> Vec<(String, String, String)> {
    let of = |event: &caseward::model::AuditEvent| {
        let category = event.category.as_str();
        ["CrossTenantAccessSettings", "DelegatedAdminServiceProviderConstraints"]
            .contains(&category)
            .then(|| {
                assert_eq!(event.logged_by_service, "Core Directory");
                assert!(
                    matches!(&event.initiated_by, InitiatedBy::App { display_name } if display_name == "EntraGDAP")
                );
                (
                    event.activity_display_name.as_str().to_owned(),
                    category.to_owned(),
                    event.activity_date_time.to_rfc3339(),
                )
            })
    };
    world.audit(tenant).iter().filter_map(of).collect()
}

fn added(at: &str) -> Vec<(String, String, String)> {
    rows(
        [
            ("Add a partner to cross-tenant access setting", "CrossTenantAccessSettings"),
            ("Add allowed assignable roles", "DelegatedAdminServiceProviderConstraints"),
        ],
        at,
    )
}

fn removed(at: &str) -> Vec<(String, String, String)> {
    rows(
        [
            ("Delete allowed assignable roles", "DelegatedAdminServiceProviderConstraints"),
            ("Delete partner specific cross-tenant access setting", "CrossTenantAccessSettings"),
        ],
        at,
    )
}

fn rows(events: [(&str, &str); 2], at: &str) -> Vec<(String, String, String)> {
    let at = time(at).to_rfc3339();
    events.iter().map(|(a, c)| ((*a).to_owned(), (*c).to_owned(), at.clone())).collect()
}

const CASE: &str = "2611210010000001";
const SECOND: &str = "2611210010000002";

/// The same story with and without the setting.
fn story(world: &World) {
    world.add_case("contoso.com", &case(CASE, NOW, &[]));
    world.add_case("contoso.com", &case(SECOND, NOW, &[]));
    let answer = |at: &str, case: &str, yes| {
        consent::answer(&world.at(at, JOHN), case, yes, None, None).unwrap();
    };
    answer("2026-11-21T10:00:00Z", CASE, true);
    answer("2026-11-22T10:00:00Z", SECOND, true);
    answer("2026-11-23T10:00:00Z", CASE, false);
    case::close(&world.at("2026-11-24T10:00:00Z", ANA), SECOND).unwrap();
    answer("2026-11-25T10:00:00Z", CASE, true);
    // It runs out on 25 December; the next answer comes in January.
    answer("2027-01-05T10:00:00Z", CASE, true);
}

#[test]
fn cons_11_partner_events_are_written_only_where_they_are_asked_for() {
    let world = World::small();
    story(&world);
    assert_eq!(partner_events(&world, "contoso.com"), []);
}

#[test]
fn cons_11_partner_events_follow_the_tenants_window() {
    let mut world = World::small();
    world.set_policy(|policy| policy.m365_partner_events = true);
    story(&world);
    let expected = [
        added("2026-11-21T10:00:00Z"),
        // The second Yes finds the partner there; the first No leaves the second's window.
        removed("2026-11-24T10:00:00Z"),
        added("2026-11-25T10:00:00Z"),
        removed("2026-12-25T10:00:00Z"),
        added("2027-01-05T10:00:00Z"),
    ]
    .concat();
    assert_eq!(partner_events(&world, "contoso.com"), expected);
    assert_eq!(partner_events(&world, "contoso-test.com"), []);
    // A Yes while the window lasts adds nothing.
    consent::answer(&world.at("2027-01-06T10:00:00Z", JOHN), CASE, true, None, None).unwrap();
    assert_eq!(partner_events(&world, "contoso.com"), expected);
}

#[test]
fn cons_11_the_azure_regime_has_no_partner() {
    let mut world = World::small();
    world.set_policy(|policy| policy.m365_partner_events = true);
    let loaded = world.workspace.tenant(&id("contoso.com")).unwrap();
    let mut tenant = loaded.value.clone();
    tenant.regime = Regime::Azure;
    let mut commit = caseward::workspace::Commit::new();
    commit.update(&loaded, tenant);
    world.workspace.commit(commit).unwrap();
    story(&world);
    assert_eq!(partner_events(&world, "contoso.com"), []);
}

#[test]
fn cons_11_cases_that_close_together_end_the_window_once() {
    let mut world = World::small();
    world.set_policy(|policy| policy.m365_partner_events = true);
    for name in [CASE, SECOND] {
        world.add_case("contoso.com", &case(name, NOW, &[]));
        consent::answer(&world.at("2026-11-21T10:00:00Z", JOHN), name, true, None, None).unwrap();
    }
    let ana = world.at("2026-11-23T10:00:00Z", ANA);
    let both = NewRequest {
        kind: DsrType::Restrict,
        ..dsr::new(RequestOption::B, &[CASE, SECOND], dsr::jane())
    };
    let id = ops::receive(&ana, both).unwrap().id;
    dsr::discover(&ana, id.as_str()).unwrap();
    assert_eq!(ops::restrict(&ana, id.as_str(), "asked").unwrap().closed.len(), 2);
    let expected = [added("2026-11-21T10:00:00Z"), removed("2026-11-23T10:00:00Z")].concat();
    assert_eq!(partner_events(&world, "contoso.com"), expected);
}
