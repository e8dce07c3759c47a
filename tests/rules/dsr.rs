//! DSR-*: data subject requests, from intake to plan.

use super::meanwhile::{Call, Meanwhile};
use super::world::*;
use caseward::error::Result;
use caseward::model::{
    DsrState, DsrType, FindingKind, FindingOutcome, GivenIdentifier, IdentifierType, PlanScope,
    Regulation, RequestOption, Requester, Route,
};
use caseward::ops::Context;
use caseward::ops::dsr::{self as ops, Discovered, NewRequest, Planned, Received};
use std::sync::atomic::AtomicBool;

pub fn given(kind: IdentifierType, value: &str) -> GivenIdentifier {
    GivenIdentifier::new(kind, value)
}

pub fn jane() -> Vec<GivenIdentifier> {
    vec![given(IdentifierType::Email, "jane@contoso.com")]
}

/// A request of the customer contoso.com to delete.
pub fn new(option: RequestOption, cases: &[&str], identifiers: Vec<GivenIdentifier>) -> NewRequest {
    NewRequest {
        tenant: "contoso.com".to_owned(),
        kind: DsrType::Delete,
        regulation: Regulation::Gdpr,
        requester: Requester::Customer,
        option,
        cases: cases.iter().map(|case| (*case).to_owned()).collect(),
        identifiers,
        allow_single_word: false,
        received_at: None,
    }
}

pub fn discover(context: &Context, dsr: &str) -> Result<Discovered> {
    ops::discover(context, dsr, &|_| {}, &AtomicBool::new(false))
}

/// Takes Jane's request and discovers it; gives its id.
pub fn discovered(world: &World, option: RequestOption, cases: &[&str]) -> (String, Discovered) {
    let ana = world.as_engineer(ANA);
    let made = ops::receive(&ana, new(option, cases, jane())).unwrap();
    let found = discover(&ana, made.id.as_str()).unwrap();
    (made.id.to_string(), found)
}

/// Decides on everything that a person has to decide on, so that there can be a plan.
pub fn exclude_reviews(context: &Context, dsr: &str, found: &Discovered) {
    let reviews: Vec<String> = found
        .items
        .iter()
        .filter(|item| item.outcome == FindingOutcome::Review)
        .map(|item| item.id.clone())
        .collect();
    if !reviews.is_empty() {
        ops::exclude(context, dsr, &reviews, "somebody else").unwrap();
    }
}

/// Jane's request on one closed engagement, planned whole.
pub fn planned_engagement(world: &World) -> (String, Planned) {
    let (dsr, _) = discovered(world, RequestOption::B, &[CLOSED]);
    let plan = ops::plan(&world.as_engineer(ANA), &dsr, Some(PlanScope::Engagement), true).unwrap();
    (dsr, plan)
}

#[test]
fn dsr_1_five_types_and_discovery_comes_first() {
    let types: Vec<&str> = DsrType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(types, ["access", "rectify", "restrict", "delete", "export"]);
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let made = ops::receive(&ana, new(RequestOption::A, &[], jane())).unwrap();
    for result in [
        ops::plan(&ana, made.id.as_str(), None, true).map(drop),
        ops::approve(&world.as_engineer(BEN), made.id.as_str(), None, None).map(drop),
        ops::execute(&ana, made.id.as_str(), &mut |_| {}).map(drop),
        ops::include(&ana, made.id.as_str(), &["f0001".to_owned()], "r").map(drop),
    ] {
        assert_eq!(refused(result).rule, "DSR-1");
    }
    // Only a request to delete is planned for deletion.
    let access = NewRequest { kind: DsrType::Access, ..new(RequestOption::A, &[], jane()) };
    let access = ops::receive(&ana, access).unwrap();
    let found = discover(&ana, access.id.as_str()).unwrap();
    exclude_reviews(&ana, access.id.as_str(), &found);
    assert_eq!(refused(ops::plan(&ana, access.id.as_str(), None, true)).rule, "DSR-1");
}

#[test]
fn dsr_2_a_request_says_under_which_law_it_comes() {
    let world = World::demo();
    let path = world.inside("tenants/contoso.com/dsr/DSR-2026-0001/request.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("regulation = \"gdpr\"\n", "")).unwrap();
    let error = ops::show(&world.as_engineer(ANA), "DSR-2026-0001").unwrap_err();
    assert!(error.to_string().contains("`regulation`"), "{error}");
    assert!(Regulation::ALL.len() == 2 && "lgpd".parse::<Regulation>().is_err());
}

#[test]
fn dsr_3_routes_by_who_asks() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let before = world.records();
    for (requester, route, state) in [
        (Requester::Contact, Route::PrivacyResponseCenter, DsrState::Referred),
        (Requester::EndUser, Route::ReferToCustomer, DsrState::Referred),
        (Requester::Consulting, Route::EngagementManager, DsrState::Referred),
        (Requester::Customer, Route::Assist, DsrState::Discovering),
    ] {
        let made: Received =
            ops::receive(&ana, NewRequest { requester, ..new(RequestOption::A, &[], jane()) })
                .unwrap();
        assert_eq!((made.route, made.state), (route, state), "{requester}");
        assert_eq!(made.referral.is_some(), state == DsrState::Referred);
        if state == DsrState::Referred {
            assert_eq!(refused(discover(&ana, made.id.as_str())).rule, "DSR-1", "{requester}");
        }
    }
    // A request that is referred touches no engagement.
    let after = world.records();
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
}

/// Who is sent elsewhere need not know what the engagements are.
#[test]
fn dsr_3_a_request_that_is_referred_names_no_engagements() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    for (option, cases) in [(RequestOption::B, &[][..]), (RequestOption::A, &[CLOSED][..])] {
        let from = |requester| NewRequest { requester, ..new(option, cases, jane()) };
        let taken = ops::receive(&ana, from(Requester::EndUser)).unwrap();
        assert_eq!(taken.state, DsrState::Referred);
        assert_eq!(refused(ops::receive(&ana, from(Requester::Customer))).rule, "DSR-7");
    }
}

#[test]
fn dsr_4_requests_are_taken_by_engineers() {
    let world = World::demo();
    for customer in [JOHN, ADELE] {
        let made = ops::receive(&world.as_engineer(customer), new(RequestOption::A, &[], jane()));
        assert_eq!(refused(made).rule, "DSR-4");
    }
}

#[test]
fn dsr_5_only_the_identifiers_given_are_searched_for() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let none = ops::receive(&ana, new(RequestOption::A, &[], Vec::new())).unwrap();
    assert_eq!(none.state, DsrState::IdentifiersNeeded, "the clock runs all the same");
    assert_eq!(refused(discover(&ana, none.id.as_str())).rule, "DSR-5");
    let dir = world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/records"));
    for (name, text) in [
        ("only-a-name.md", "Jane M. called, and so did Miller, Jane."),
        ("alias.md", "jane@contoso.onmicrosoft.com and jane.miller@contoso.com"),
        ("local-part.md", "user jane, mailbox JANE"),
        ("hit.md", "write to JANE@Contoso.com."),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let (_, found) = discovered(&world, RequestOption::A, &[]);
    let hit = |name: &str| found.items.iter().any(|item| item.path.ends_with(name));
    assert!(hit("hit.md"));
    for missed in ["only-a-name.md", "alias.md", "local-part.md"] {
        assert!(!hit(missed), "{missed}");
    }
    assert!(found.items.iter().all(|item| item.matches.iter().all(|found| found.identifier == 0)));
}

/// Half-way: its files were listed when the engagement was opened, and cannot be when they are searched.
#[test]
fn dsr_5_a_directory_that_loses_its_permission_makes_the_discovery_incomplete() {
    let world = World::demo();
    let made = ops::receive(&world.as_engineer(ANA), new(RequestOption::B, &[CLOSED], jane()));
    let made = made.unwrap().id;
    let whole = discover(&world.as_engineer(ANA), made.as_str()).unwrap();
    assert!(whole.complete, "{:?}", whole.problems);
    let records = format!("tenants/contoso.com/cases/{CLOSED}/records");
    let closed = records.clone();
    let fs = Meanwhile::refusing(world.plain(), move |call, path| {
        call == Call::List && path.display() == closed
    });
    let context = context(&world.on(fs).unwrap(), NOW, ANA);
    let part = discover(&context, made.as_str()).unwrap();
    assert!(!part.complete, "{:?}", part.problems);
    assert!(part.problems.iter().any(|one| one.path.contains(&records)), "{:?}", part.problems);
}

#[test]
fn dsr_6_pseudonymised_diagnostics_of_a_matched_engagement_are_in_the_plan() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = discovered(&world, RequestOption::B, &[MIGRATION]);
    exclude_reviews(&ana, &dsr, &found);
    let telemetry = found.items.iter().any(|item| item.path.ends_with("mover-telemetry.json"));
    assert!(!telemetry, "never in findings");
    let records: Vec<String> = found
        .items
        .iter()
        .filter(|item| {
            matches!(item.kind, FindingKind::Case | FindingKind::Access | FindingKind::Approval)
        })
        .map(|item| item.id.clone())
        .collect();
    ops::exclude(&ana, &dsr, &records, "the record stays").unwrap();
    let path = format!("tenants/contoso.com/cases/{MIGRATION}/diagnostics/mover-telemetry.json");
    let plan = ops::plan(&ana, &dsr, None, false).unwrap();
    let item = plan.items.iter().find(|item| item.path == path).expect("in the plan");
    assert_eq!(item.why, "pseudonymised, same engagement");
    assert!(plan.items.iter().any(|item| item.path == format!("{path}.meta.toml")));
    ops::exclude(&ana, &dsr, std::slice::from_ref(&path), "needed until Friday").unwrap();
    let plan = ops::plan(&ana, &dsr, None, false).unwrap();
    assert!(!plan.items.iter().any(|item| item.path.starts_with(&path)), "excluded with a reason");
}

#[test]
fn dsr_7_option_a_deletes_whole_engagements_and_says_so() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    assert_eq!(refused(ops::plan(&ana, &dsr, None, false)).rule, "DSR-7", "history is lost");
    last_is_failure(&world.audit("contoso.com"), "DSR-7");
    let plan = ops::plan(&ana, &dsr, None, true).unwrap();
    assert_eq!(plan.scope, PlanScope::Engagement);
    let engagements: Vec<&str> = plan.engagements.iter().map(|e| e.engagement.as_str()).collect();
    let matched: std::collections::BTreeSet<String> = found
        .items
        .iter()
        .filter(|item| item.outcome == FindingOutcome::Match)
        .filter_map(|item| item.engagement.clone())
        .collect();
    assert_eq!(engagements, matched.iter().map(String::as_str).collect::<Vec<_>>());
    let planned: std::collections::BTreeSet<&str> =
        plan.items.iter().map(|item| item.path.as_str()).collect();
    for (path, _) in world.tree() {
        let path = path.to_str().unwrap();
        let belongs = matched.iter().any(|engagement| {
            let (tenant, case) = engagement.split_once('/').unwrap();
            path.starts_with(&format!("tenants/{tenant}/cases/{case}/"))
        });
        let approval = ["SAR-4F7K2M9Q", "SAR-9C3XT6WB", "SAR-B8MZ4RTE"]
            .iter()
            .any(|sar| path.contains(&format!("/approvals/{sar}/")));
        let expected = (belongs && !path.contains("/transfer/")) || approval;
        assert_eq!(planned.contains(path), expected, "{path}");
    }
    let transfer = plan.warnings.iter().any(|warning| warning.contains("DTM-7"));
    assert!(transfer, "the transfer files of the engagement stay: {:?}", plan.warnings);
}

#[test]
fn dsr_7_option_b_names_engagements_of_the_same_customer() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let receive = |option, cases: &[&str]| ops::receive(&ana, new(option, cases, jane()));
    assert_eq!(refused(receive(RequestOption::B, &[])).rule, "DSR-7");
    assert_eq!(refused(receive(RequestOption::A, &[CLOSED])).rule, "DSR-7");
    assert!(receive(RequestOption::B, &["2610020030005521"]).is_err(), "another customer's");
    let (_, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let inside = format!("tenants/contoso.com/cases/{CLOSED}/");
    assert!(!found.items.is_empty());
    assert!(found.items.iter().all(|item| item.path.starts_with(&inside)));
}

#[test]
fn dsr_7_nothing_of_another_customer_is_found() {
    let world = World::demo();
    let (_, found) = discovered(&world, RequestOption::A, &[]);
    assert!(found.items.len() > 10);
    for item in &found.items {
        let own = item.path.starts_with("tenants/contoso.com/")
            || item.path.starts_with("tenants/contoso-test.com/");
        assert!(own, "{}", item.path);
    }
    // The same person's address planted at another customer stays unread.
    let other = world.inside("tenants/fabrikam.com/cases/2610020030005521/records/planted.md");
    std::fs::write(other, "jane@contoso.com").unwrap();
    let (_, again) = discovered(&world, RequestOption::A, &[]);
    assert!(again.items.iter().all(|item| !item.path.ends_with("planted.md")));
}

#[test]
fn dsr_8_transfer_files_are_never_opened_and_always_said_to_be_unsearched() {
    let world = World::demo();
    let dir = format!("tenants/contoso.com/cases/{MIGRATION}/transfer");
    std::fs::write(world.inside(&format!("{dir}/jane@contoso.com.txt")), "jane@contoso.com")
        .unwrap();
    let sidecar = world.inside(&format!("{dir}/mrs-throttle-report.csv.meta.toml"));
    let text = std::fs::read_to_string(&sidecar).unwrap();
    std::fs::write(&sidecar, format!("{text}\n[x]\nof = \"jane@contoso.com\"\n")).unwrap();
    let (_, found) = discovered(&world, RequestOption::A, &[]);
    assert!(found.items.iter().all(|item| !item.path.contains("/transfer/")), "{:?}", found.items);
    let stores: Vec<&str> = found.not_searched.iter().map(|store| store.store.as_str()).collect();
    assert_eq!(stores, ["transfer", "contacts"]);
    assert_eq!(found.not_searched[0].files, 5);
    // The entries are there with nothing in them, too.
    let (_, none) = discovered(&world, RequestOption::B, &[CLOSED]);
    let transfer = &none.not_searched[0];
    assert_eq!((transfer.store.as_str(), transfer.files, transfer.bytes), ("transfer", 0, 0));
}

#[test]
fn dsr_9_the_contacts_own_address_erases_nothing() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let john = vec![given(IdentifierType::Email, JOHN)];
    let made = ops::receive(&ana, new(RequestOption::A, &[], john)).unwrap();
    let found = discover(&ana, made.id.as_str()).unwrap();
    let structural = found
        .items
        .iter()
        .any(|item| item.path.ends_with("/case.toml") || item.path.ends_with("/tenant.toml"));
    assert!(!structural, "{:?}", found.items);
    let contacts = &found.not_searched[1];
    assert_eq!(contacts.store, "contacts");
    assert!(contacts.files > 0 && contacts.why.contains("DSR-9"), "{contacts:?}");
}

#[test]
fn dsr_10_a_person_decides_with_a_reason_and_it_is_kept() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    let review: Vec<&str> = found
        .items
        .iter()
        .filter(|item| item.outcome == FindingOutcome::Review)
        .map(|item| item.id.as_str())
        .collect();
    assert!(!review.is_empty());
    let refusal = refused(ops::plan(&ana, &dsr, None, true));
    assert_eq!(refusal.rule, "DSR-10");
    assert!(review.iter().all(|id| refusal.message.contains(id)), "{refusal}");
    let one = [review[0].to_owned()];
    assert!(ops::exclude(&ana, &dsr, &one, " ").is_err(), "a reason is needed");
    ops::exclude(&ana, &dsr, &one, "not Jane").unwrap();
    let (_, lines) = ops::findings(&ana, &dsr).unwrap();
    let line = lines.iter().find(|line| line.finding.id == one[0]).unwrap();
    assert_eq!((line.choice, line.decided_because.as_deref()), ("excluded", Some("not Jane")));
    assert_eq!(line.decided_by.as_deref(), Some(ANA));
    // A new discovery keeps the ids, and the decisions with them.
    discover(&ana, &dsr).unwrap();
    let (_, lines) = ops::findings(&ana, &dsr).unwrap();
    let line = lines.iter().find(|line| line.finding.id == one[0]).unwrap();
    assert_eq!(line.choice, "excluded");
}

#[test]
fn dsr_7_an_archive_goes_as_a_whole_and_the_plan_says_so() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let report =
        world.inside(&format!("tenants/contoso.com/cases/{MIGRATION}/diagnostics/move-report.zip"));
    let records = world.inside(&format!("tenants/contoso.com/cases/{CLOSED}/records"));
    // Found by a member; by several; by its own name and a member.
    std::fs::copy(&report, records.join("one.zip")).unwrap();
    std::fs::copy(&report, records.join("of jane@contoso.com.zip")).unwrap();
    std::fs::write(
        records.join("several.tar"),
        tar(&[("a", "jane@contoso.com"), ("b", "jane@contoso.com")]),
    )
    .unwrap();
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    exclude_reviews(&ana, &dsr, &found);
    let members = |name: &str| found.items.iter().filter(|f| f.path.contains(name)).count();
    assert!(members("one.zip") >= 1 && members("several.tar!/") == 2, "{:?}", found.items);
    let plan = ops::plan(&ana, &dsr, Some(PlanScope::Engagement), true).unwrap();
    for name in ["one.zip", "of jane@contoso.com.zip", "several.tar"] {
        let said = plan.warnings.iter().any(|w| w.contains(name) && w.contains("goes as a whole"));
        assert!(said, "{name}: {:?}", plan.warnings);
    }
    let plain = plan.warnings.iter().any(|w| w.contains(".md") && w.contains("goes as a whole"));
    assert!(!plain, "{:?}", plan.warnings);
}

/// A tar archive of text files.
pub fn tar(members: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, text) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}
