//! SAR-*: support access requests.

use super::world::*;
use caseward::exit::Exit;
use caseward::model::{
    AccessRequest, Activity, AuditResult, Decision, DiagnosticKind, FORMAT, Id, OutcomeState,
    PolicySettings, Tenant,
};
use caseward::ops::access::DecisionInput;
use caseward::ops::access::{self as ops, AccessFilter, AccessView};
use caseward::ops::{Context, case as cases};
use caseward::policy::access::{Matter, SarState, Side};
use caseward::policy::roles;

const LEE: &str = "lee@contoso-test.com";

/// Ana asks for contoso-test.com in her migration case.
fn request(world: &World) -> AccessRequest {
    ops::request(&world.as_engineer(ANA), MIGRATION, "contoso-test.com", "the source").unwrap()
}

fn decide(
    context: &Context,
    sar: &Id,
    yes: bool,
    side: Option<Side>,
) -> caseward::error::Result<AccessView> {
    let decision = if yes { Decision::Approved } else { Decision::Rejected };
    ops::decide(context, sar.as_str(), DecisionInput::unsigned(decision, side))
}

fn state(world: &World, now: &str, sar: &Id) -> &'static str {
    ops::show(&world.at(now, ANA), sar.as_str()).unwrap().state
}

fn may_collect(world: &World, tenant: &str) -> bool {
    let ana = world.as_engineer(ANA);
    ops::check(&ana, MIGRATION, Some(tenant), DiagnosticKind::Other).unwrap().allowed
}

#[test]
fn sar_1_the_cases_own_tenant_needs_no_request_but_by_telephone() {
    let world = World::demo();
    let before = world.records();
    for portal in ["2610240010004182", "2611030020007714", DECLINED] {
        let tenant = world.case_ref(portal).tenant;
        let refusal =
            refused(ops::request(&world.as_engineer(ANA), portal, tenant.as_str(), "why"));
        assert_eq!(refusal.rule, "SAR-1");
        assert!(refusal.message.contains("use consent instead"), "{refusal}");
        last_is_failure(&world.audit(tenant.as_str()), "SAR-1");
    }
    assert_eq!(world.records(), before);
    ops::request(&world.as_engineer(CHIARA), PHONED, "northwind.example", "by telephone").unwrap();
    ops::request(&world.as_engineer(CHIARA), PHONED, "contoso.com", "the other end").unwrap();
}

#[test]
fn sar_2_a_request_names_both_tenants() {
    let world = World::demo();
    let made = request(&world);
    assert_eq!(
        (made.request_tenant.as_str(), made.resource_tenant.as_str()),
        ("contoso.com", "contoso-test.com")
    );
    let unknown = ops::request(&world.as_engineer(ANA), MIGRATION, "tailspin.example", "why");
    assert_eq!(unknown.unwrap_err().exit(), Exit::Usage);
    let text = std::fs::read_to_string(
        world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/access/{}.toml", made.id)),
    )
    .unwrap();
    for side in ["request", "resource"] {
        let without = text.replace(&format!("{side}_tenant"), &format!("# {side}_tenant"));
        assert!(toml::from_str::<AccessRequest>(&without).is_err(), "{side}_tenant is required");
    }
}

#[test]
fn sar_3_the_engineer_creates_it_in_the_support_request_tenant() {
    let world = World::demo();
    for customer in [JOHN, ADELE, LEE] {
        let by = ops::request(&world.as_engineer(customer), MIGRATION, "contoso-test.com", "why");
        assert_eq!(refused(by).rule, "SAR-3", "{customer}");
    }
    let (own, other) = (world.audit("contoso.com").len(), world.audit("contoso-test.com").len());
    let made = request(&world);
    let log = world.audit("contoso.com");
    assert_eq!(log.len(), own + 1);
    assert_eq!(log[own].activity_display_name, Activity::RequestCreated);
    assert!(serde_json::to_value(&log[own].initiated_by).unwrap().get("app").is_some());
    assert_eq!(world.audit("contoso-test.com").len(), other);
    assert!(
        world.exists(&format!("tenants/contoso.com/cases/{MIGRATION}/access/{}.toml", made.id))
    );
    assert!(!world.exists(&format!("tenants/contoso-test.com/approvals/{}", made.id)));
    assert_eq!(refused(ops::withdraw(&world.as_engineer(ADELE), made.id.as_str())).rule, "SAR-3");
}

/// Makes `upn` hold exactly these roles in a tenant, as an administrator there would.
fn set_roles(world: &World, tenant: &str, upn: &str, roles: &[&str]) {
    let loaded = world.workspace.tenant(&id(tenant)).unwrap();
    let mut changed: Tenant = loaded.value.clone();
    let person = changed.principals.iter_mut().find(|person| person.upn == upn).unwrap();
    person.roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let mut commit = caseward::workspace::Commit::new();
    commit.update(&loaded, changed);
    world.workspace.commit(commit).unwrap();
}

#[test]
fn sar_4_forty_five_roles_decide_and_readers_do_not() {
    let roles: Vec<&str> = roles::deciding_roles().iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles.len(), 45);
    let distinct: std::collections::BTreeSet<&str> = roles.iter().copied().collect();
    assert_eq!(distinct.len(), 45);
    assert!(distinct.contains(roles::LEAST_PRIVILEGED));
    let world = World::demo();
    let made = request(&world);
    for role in [
        "Global Reader",
        "Security Reader",
        "Reports Reader",
        "Customer LockBox Access Approver",
        "Service Support",
        "",
    ] {
        set_roles(&world, "contoso-test.com", LEE, &[role]);
        let refusal = refused(decide(&world.as_engineer(LEE), &made.id, true, None));
        assert!(["SAR-4", "SAR-7"].contains(&refusal.rule), "{role}: {refusal}");
        assert!(refusal.hint.is_some_and(|hint| hint.contains(roles::LEAST_PRIVILEGED)));
        assert_eq!(state(&world, NOW, &made.id), "pending");
    }
    for role in roles {
        set_roles(&world, "contoso-test.com", LEE, &["Directory Readers", role]);
        assert!(world.as_engineer(LEE).actor.may_decide_in(&id("contoso-test.com")), "{role}");
        assert!(!world.as_engineer(LEE).actor.may_decide_in(&id("contoso.com")), "{role}");
    }
    decide(&world.as_engineer(LEE), &made.id, true, None).unwrap();
    let stranger = refused(decide(&world.as_engineer("jane@fabrikam.com"), &made.id, true, None));
    assert_eq!(stranger.rule, "SAR-4");
}

#[test]
fn sar_5_access_needs_both_sides() {
    let world = World::demo();
    // One slot, then the other, in either order.
    for sides in [[Side::Request, Side::Resource], [Side::Resource, Side::Request]] {
        let made = request(&world);
        decide(&world.as_engineer(ADELE), &made.id, true, Some(sides[0])).unwrap();
        assert_eq!(state(&world, NOW, &made.id), "pending", "{sides:?}");
        let twice = decide(&world.as_engineer(ADELE), &made.id, true, Some(sides[0]));
        assert_eq!(refused(twice).rule, "SAR-5", "a slot is filled once");
        decide(&world.as_engineer(ADELE), &made.id, true, Some(sides[1])).unwrap();
        assert_eq!(state(&world, NOW, &made.id), "approved", "{sides:?}");
        let after = refused(decide(&world.as_engineer(ADELE), &made.id, false, None));
        assert_eq!(after.rule, "SAR-5", "what is decided is decided");
    }
    // Reject in either: rejected, whatever the other said.
    for (yes, no) in [(Side::Request, Side::Resource), (Side::Resource, Side::Request)] {
        let made = request(&world);
        decide(&world.as_engineer(ADELE), &made.id, true, Some(yes)).unwrap();
        decide(&world.as_engineer(ADELE), &made.id, false, Some(no)).unwrap();
        assert_eq!(state(&world, NOW, &made.id), "rejected");
    }
    // One person who may decide in both fills both.
    let made = request(&world);
    let view = decide(&world.as_engineer(ADELE), &made.id, true, None).unwrap();
    assert_eq!(view.state, "approved");
    assert_eq!(view.request_decision.unwrap().by, ADELE);
    assert_eq!(view.resource_decision.unwrap().by, ADELE);
}

#[test]
fn sar_5_a_workspace_can_demand_two_people() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.require_distinct_approvers = true);
    let made = request(&world);
    let view = decide(&world.as_engineer(ADELE), &made.id, true, None).unwrap();
    assert_eq!(view.state, "pending", "one slot only");
    let again = refused(decide(&world.as_engineer(ADELE), &made.id, true, None));
    assert_eq!(again.rule, "SAR-5");
    assert_eq!(decide(&world.as_engineer(LEE), &made.id, true, None).unwrap().state, "approved");
}

#[test]
fn sar_6_who_asked_never_decides() {
    let world = World::demo();
    let made = request(&world);
    // Not even with a role in both tenants.
    for tenant in ["contoso.com", "contoso-test.com"] {
        let person = caseward::model::Principal {
            upn: ANA.to_owned(),
            name: "Ana".to_owned(),
            roles: vec!["Global Administrator".to_owned()],
            ssh_key: None,
        };
        caseward::ops::settings::add_principal(&world.as_engineer(ANA), &id(tenant), person)
            .unwrap();
    }
    let count = world.audit("contoso-test.com").len();
    for (yes, who) in [(true, ANA), (false, ANA), (true, "ANA.Silva@support.example.com")] {
        assert_eq!(refused(decide(&world.as_engineer(who), &made.id, yes, None)).rule, "SAR-6");
    }
    assert_eq!(world.audit("contoso-test.com").len(), count + 3, "each attempt is logged");
    assert_eq!(state(&world, NOW, &made.id), "pending");
}

#[test]
fn sar_7_the_role_counts_when_it_is_used_and_where_the_slot_is() {
    let world = World::demo();
    let made = request(&world);
    set_roles(&world, "contoso-test.com", ADELE_TEST, &["Directory Readers"]);
    let refusal = refused(decide(&world.as_engineer(ADELE_TEST), &made.id, true, None));
    assert_eq!(refusal.rule, "SAR-7", "the role was lost before the decision");
    set_roles(&world, "contoso-test.com", ADELE_TEST, &["User Administrator"]);
    let elsewhere = decide(&world.as_engineer(ADELE_TEST), &made.id, true, Some(Side::Request));
    assert_eq!(refused(elsewhere).rule, "SAR-4", "a role in one tenant is none in the other");
    decide(&world.as_engineer(ADELE_TEST), &made.id, true, None).unwrap();
    assert_eq!(state(&world, NOW, &made.id), "pending", "their slot only");
    // A decision that was made stays, whatever becomes of the role.
    set_roles(&world, "contoso-test.com", ADELE_TEST, &[]);
    decide(&world.as_engineer(ADELE), &made.id, true, None).unwrap();
    assert_eq!(state(&world, NOW, &made.id), "approved");
}

#[test]
fn sar_8_access_is_to_the_resource_tenant_only_until_the_case_is_closed() {
    let world = World::demo();
    assert!(may_collect(&world, "contoso-test.com"));
    for other in ["fabrikam.com", "northwind.example"] {
        let ana = world.as_engineer(ANA);
        let check = ops::check(&ana, MIGRATION, Some(other), DiagnosticKind::Other).unwrap();
        assert_eq!((check.allowed, check.rule), (false, "SAR-8"), "{other}");
        let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
        copy.tenant = Some(other.to_owned());
        assert_eq!(refused(attach_now(&ana, &copy)).rule, "SAR-8");
        last_is_failure(&world.audit(other), "SAR-8");
    }
    // The access of one case is none for another of the same engineer.
    let other_case = "2611060040008829";
    let ana = world.as_engineer(ANA);
    let check = ops::check(&ana, other_case, Some("contoso-test.com"), DiagnosticKind::Other);
    assert!(!check.unwrap().allowed);
    cases::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    assert!(!may_collect(&world, "contoso-test.com"));
}

#[test]
fn sar_9_a_rejection_says_that_resolution_may_be_slower() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let case = "2611030020007714";
    let made = ops::request(&ana, case, "contoso.com", "why").unwrap();
    decide(&world.as_engineer(ADELE), &made.id, false, None).unwrap();
    let check = ops::check(&ana, case, Some("contoso.com"), DiagnosticKind::Other).unwrap();
    assert_eq!((check.allowed, check.rule), (false, "SAR-9"));
    assert!(check.reason.contains("resolution may be slower"), "{check:?}");
    assert!(check.hint.unwrap().contains("ask the customer"));
    let text = std::fs::read_to_string(
        world.inside(&format!("tenants/contoso-test.com/cases/{case}/access/{}.toml", made.id)),
    )
    .unwrap();
    let stored: AccessRequest = toml::from_str(&text).unwrap();
    assert_eq!(stored.outcome.unwrap().state, OutcomeState::Rejected);
}

#[test]
fn sar_10_removal_takes_effect_at_once_also_for_other_processes() {
    let world = World::demo();
    let sar = "SAR-4F7K2M9Q";
    for (who, rule) in [(ANA, "SAR-10"), (JOHN, "SAR-10"), ("miriam@contoso.com", "SAR-10")] {
        assert_eq!(refused(ops::remove(&world.as_engineer(who), sar)).rule, rule, "{who}");
        assert!(may_collect(&world, "contoso-test.com"));
    }
    // Another open handle on the same workspace, as another process has one.
    let other = caseward::workspace::Workspace::open(&world.root()).unwrap();
    let ana = context(&other, NOW, ANA);
    let allowed = |context: &Context| {
        ops::check(context, MIGRATION, Some("contoso-test.com"), DiagnosticKind::Other)
            .unwrap()
            .allowed
    };
    assert!(allowed(&ana));
    ops::remove(&world.as_engineer(LEE), sar).unwrap();
    assert!(!may_collect(&world, "contoso-test.com"));
    assert!(!allowed(&ana));
    assert_eq!(refused(ops::remove(&world.as_engineer(LEE), sar)).rule, "SAR-10");
    let mut copy = attachment(MIGRATION, &[world.file("a.log", b"x")]);
    copy.tenant = Some("contoso-test.com".to_owned());
    assert_eq!(refused(attach_now(&ana, &copy)).rule, "SAR-10");
    last_is_failure(&world.audit("contoso-test.com"), "SAR-10");
    // What was collected while access was there may still be attached: it counts when it was done.
    copy.collected_at = Some(time("2026-11-20T08:00:00Z"));
    attach_now(&ana, &copy).unwrap();
}

#[test]
fn sar_11_closing_the_case_completes_access() {
    let world = World::demo();
    assert_eq!(SarState::Completed.title(), "Completed");
    assert_eq!(SarState::Completed.as_str(), "completed");
    let path = world.inside("tenants/contoso-test.com/approvals/SAR-4F7K2M9Q/approval.toml");
    let before = std::fs::read(&path).unwrap();
    let closed = cases::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    assert_eq!(closed.completed, [id("SAR-4F7K2M9Q")]);
    assert_eq!(state(&world, NOW, &id("SAR-4F7K2M9Q")), "completed");
    assert_eq!(std::fs::read(&path).unwrap(), before, "it follows from the case alone");
    // It was not so before the closing, and a clock that went back behind it does not bring it back.
    let sar = id("SAR-4F7K2M9Q");
    let (_, request) = world.workspace.find_access_request(&sar).unwrap();
    let approval = world.workspace.approval(&id("contoso-test.com"), &sar).unwrap().unwrap();
    let case = world.case(MIGRATION);
    let matter =
        Matter { request: &request.value, approval: Some(&approval.value), case: Some(&case) };
    let state_at = |now| matter.status(&PolicySettings::default(), time(now)).state;
    assert_eq!(state_at("2026-11-21T08:59:59Z"), SarState::Approved);
    assert_eq!(state_at(NOW), SarState::Completed);
    assert_eq!(state(&world, "2026-11-21T08:59:59Z", &sar), "completed");
    let last = world.audit("contoso-test.com").pop().unwrap();
    assert_eq!(last.activity_display_name, Activity::ApprovalRemoved);
    assert!(serde_json::to_value(&last.initiated_by).unwrap().get("app").is_some());
}

#[test]
fn sar_12_completed_access_stays_listed_for_thirty_days() {
    let mut world = World::demo();
    // SAR-B8MZ4RTE was completed on 9 November at 16:00.
    let listed = |world: &World, now: &str, filter| {
        let (views, _) = ops::list(&world.at(now, ANA), filter, None).unwrap();
        views.iter().any(|view| view.id == id("SAR-B8MZ4RTE"))
    };
    for filter in [AccessFilter::Approved, AccessFilter::Current] {
        assert!(listed(&world, "2026-12-08T16:00:00Z", filter), "day 29");
        assert!(listed(&world, "2026-12-09T15:59:59Z", filter), "a second before day 30");
        assert!(!listed(&world, "2026-12-09T16:00:00Z", filter), "day 30");
    }
    assert!(listed(&world, "2030-01-01T00:00:00Z", AccessFilter::All));
    assert!(!listed(&world, "2026-11-21T09:00:00Z", AccessFilter::Pending));
    let logged = world.audit("contoso-test.com");
    assert!(logged.iter().any(|event| event.activity_display_name == Activity::ApprovalRemoved));
    // What was removed by hand leaves the list at once.
    let (views, _) = ops::list(&world.as_engineer(ANA), AccessFilter::Approved, None).unwrap();
    assert!(!views.iter().any(|view| view.id == id("SAR-9C3XT6WB")));
    world.set_policy(|policy| policy.approved_list_days = 1);
    assert!(!listed(&world, "2026-11-10T16:00:00Z", AccessFilter::Approved), "a setting");
    assert!(listed(&world, "2026-11-10T15:59:59Z", AccessFilter::Approved));
}

#[test]
fn sar_17_a_request_names_its_justification_and_parties() {
    let world = World::demo();
    for empty in ["", " ", "\n\t"] {
        let made = ops::request(&world.as_engineer(ANA), MIGRATION, "contoso-test.com", empty);
        assert_eq!(refused(made).rule, "SAR-17");
        last_is_failure(&world.audit("contoso.com"), "SAR-17");
    }
    let made = request(&world);
    assert_eq!(made.format, FORMAT);
    let view = serde_json::to_value(ops::show(&world.as_engineer(ANA), made.id.as_str()).unwrap())
        .unwrap();
    for (key, value) in [
        ("id", made.id.as_str()),
        ("case", MIGRATION),
        ("justification", "the source"),
        ("request_tenant", "contoso.com"),
        ("resource_tenant", "contoso-test.com"),
        ("created_at", NOW),
        ("created_by", ANA),
        ("state", "pending"),
    ] {
        assert_eq!(view[key], value, "{key}");
    }
    for key in ["expires_at", "listed_until"] {
        assert!(view.get(key).is_some(), "{key} is always there");
    }
    let ok = world.audit("contoso.com").pop().unwrap();
    assert_eq!(ok.result, AuditResult::Success);
}
