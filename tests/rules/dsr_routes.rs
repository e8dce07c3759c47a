//! DSR-3, DSR-4, DSR-12: where requests go, what is swapped and what is restricted.

use super::dsr::{discover, exclude_reviews, given, jane, new};
use super::world::*;
use caseward::model::{
    CaseStatus, Channel, DsrState, DsrType, IdentifierType, LinkKind, RequestOption, Requester,
    Route,
};
use caseward::ops::dsr::{self as ops, Arrival, NewRequest, Replacement};

fn of(requester: Requester, identifiers: Vec<caseward::model::GivenIdentifier>) -> NewRequest {
    NewRequest { requester, ..new(RequestOption::A, &[], identifiers) }
}

fn john() -> Vec<caseward::model::GivenIdentifier> {
    vec![given(IdentifierType::Email, "John@contoso.com")]
}

#[test]
fn dsr_3_a_fasttrack_migration_goes_to_its_inbox() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let made = ops::receive(&ana, of(Requester::FastTrack, jane())).unwrap();
    assert_eq!((made.route, made.state), (Route::FastTrackInbox, DsrState::Referred));
    assert!(made.referral_text.unwrap().contains("FastTrack"));
    let consulting = ops::receive(&ana, of(Requester::Consulting, jane())).unwrap();
    assert!(consulting.referral_text.unwrap().contains("attestation is given on request"));
}

#[test]
fn dsr_3_an_end_user_is_told_to_turn_to_the_customer_and_nothing_more() {
    let world = World::demo();
    let made = ops::receive(&world.as_engineer(ANA), of(Requester::EndUser, jane())).unwrap();
    let text = made.referral_text.unwrap();
    assert!(text.contains("Contoso") && text.contains(made.id.as_str()), "{text}");
    for inside in ["jane", "Jane", "john", "contoso.com", MIGRATION] {
        assert!(!text.contains(inside), "{inside} is nobody's business: {text}");
    }
}

#[test]
fn dsr_3_a_mixed_request_is_split_in_two() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let arrival = Arrival { also: vec![Requester::Contact], ..Arrival::default() };
    let made = ops::receive_as(&ana, &of(Requester::Customer, jane()), &arrival).unwrap();
    let [other] = made.also.as_slice() else { panic!("{made:?}") };
    assert_eq!((made.route, made.state), (Route::Assist, DsrState::Discovering));
    assert_eq!((other.route, other.state), (Route::PrivacyResponseCenter, DsrState::Referred));
    for (one, another) in [(&made.id, &other.id), (&other.id, &made.id)] {
        let links = ops::show(&ana, one.as_str()).unwrap().links;
        assert_eq!(links.len(), 1);
        assert_eq!((&links[0].dsr, links[0].kind), (another, LinkKind::Split));
    }
    discover(&ana, made.id.as_str()).unwrap();
    assert_eq!(refused(discover(&ana, other.id.as_str())).rule, "DSR-1");
}

#[test]
fn dsr_3_a_contact_gives_way_in_open_engagements_once_a_replacement_is_confirmed() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let made = ops::receive(&ana, of(Requester::Contact, john())).unwrap();
    let dsr = made.id.as_str();
    assert_eq!((made.route, made.state), (Route::PrivacyResponseCenter, DsrState::Referred));
    assert_eq!(ops::show(&ana, dsr).unwrap().contact_swap, Some("awaiting_replacement"));
    let before = world.records();
    let adele = |confirmed: &str| Replacement {
        upn: "adele@contoso.com".to_owned(),
        confirmed: confirmed.to_owned(),
        phone: None,
    };
    assert_eq!(refused(ops::swap_contact(&ana, dsr, &adele(" "))).rule, "DSR-3");
    last_is_failure(&world.audit("contoso.com"), "DSR-3");
    let unknown = Replacement { upn: "eve@contoso.com".to_owned(), ..adele("mail of 21 November") };
    assert!(ops::swap_contact(&ana, dsr, &unknown).is_err());
    let himself = Replacement { upn: JOHN.to_owned(), ..adele("mail of 21 November") };
    assert!(ops::swap_contact(&ana, dsr, &himself).is_err());
    assert_eq!(world.records(), before, "nothing is touched until then");
    let swapped = ops::swap_contact(&ana, dsr, &adele("mail of 21 November")).unwrap();
    assert!(swapped.engagements.contains(&format!("contoso.com/{MIGRATION}")));
    assert_eq!(ops::show(&ana, dsr).unwrap().contact_swap, Some("contact_swapped"));
    // Closed engagements are untouched to the byte, and in open ones only the contact is another.
    for (path, bytes) in &before {
        let Some(name) = path.to_str().filter(|path| path.ends_with("/case.toml")) else {
            continue;
        };
        let parts: Vec<&str> = name.split('/').collect();
        let engagement = format!("{}/{}", parts[1], parts[3]);
        let case = world.case(&engagement);
        let had = String::from_utf8_lossy(bytes).contains("upn = \"john@contoso.com\"");
        let swap = case.status == CaseStatus::Open && had;
        assert_eq!(swapped.engagements.contains(&engagement), swap, "{engagement}");
        if swap {
            let contact = &case.contacts[0];
            assert_eq!((contact.upn.as_str(), contact.name.as_str()), (ADELE, "Adele Vance"));
            assert!(
                case.contacts.iter().all(|contact| contact.upn != JOHN && contact.phone.is_none())
            );
            assert_eq!(case.opened_by, JOHN, "who opened it is history");
        } else {
            assert_eq!(std::fs::read(world.inside(name)).unwrap(), *bytes, "{engagement}");
        }
    }
    assert_eq!(refused(ops::swap_contact(&ana, dsr, &adele("again"))).rule, "DSR-3", "once");
    let customer = ops::receive(&ana, of(Requester::Customer, john())).unwrap();
    let refusal = refused(ops::swap_contact(&ana, customer.id.as_str(), &adele("mail")));
    assert_eq!(refusal.rule, "DSR-3", "not a contact's request");
}

#[test]
fn dsr_4_a_customers_request_comes_through_the_support_channel() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let through = |requester, channel| {
        let arrival = Arrival { channel: Some(channel), ..Arrival::default() };
        ops::receive_as(&ana, &of(requester, jane()), &arrival)
    };
    for wrong in [Channel::PrivacyResponseCenter, Channel::Direct] {
        let refusal = refused(through(Requester::Customer, wrong));
        assert_eq!(refusal.rule, "DSR-4", "{wrong}");
        assert!(refusal.hint.is_some_and(|hint| hint.contains("support request")));
        last_is_failure(&world.audit("contoso.com"), "DSR-4");
    }
    for right in [Channel::SupportRequest, Channel::AccountManager] {
        let made = through(Requester::Customer, right).unwrap();
        assert_eq!(ops::show(&ana, made.id.as_str()).unwrap().channel, right);
    }
    through(Requester::EndUser, Channel::PrivacyResponseCenter).unwrap();
    let plain = ops::receive(&ana, of(Requester::EndUser, jane())).unwrap();
    assert_eq!(ops::show(&ana, plain.id.as_str()).unwrap().channel, Channel::Direct);
}

#[test]
fn dsr_5_identifiers_may_follow_and_the_same_ones_are_linked() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let made = ops::receive(&ana, of(Requester::Customer, Vec::new())).unwrap();
    let dsr = made.id.as_str();
    assert!(made.duplicates.is_empty());
    let short = vec![given(IdentifierType::Custom, "x")];
    assert!(ops::identify(&ana, dsr, &short, false).is_err(), "it would match half of everything");
    assert!(ops::identify(&ana, dsr, &[], false).is_err());
    assert_eq!(ops::identify(&ana, dsr, &jane(), false).unwrap(), DsrState::Discovering);
    assert!(!discover(&ana, dsr).unwrap().items.is_empty());
    assert_eq!(refused(ops::identify(&ana, dsr, &jane(), false)).rule, "DSR-1", "too late");
    // The same identifiers, at another tenant of the same customer, in capitals.
    let upper = vec![given(IdentifierType::Email, "JANE@contoso.com")];
    let same = |tenant: &str, identifiers| {
        let new = NewRequest { tenant: tenant.to_owned(), ..of(Requester::Customer, identifiers) };
        ops::receive(&ana, new).unwrap()
    };
    let again = same("contoso-test.com", upper);
    assert_eq!(again.duplicates, [made.id.clone()]);
    let links = ops::show(&ana, again.id.as_str()).unwrap().links;
    assert_eq!((&links[0].dsr, links[0].kind), (&made.id, LinkKind::Duplicate));
    // Another customer's, a part of them, and one that is over are not.
    assert!(same("fabrikam.com", jane()).duplicates.is_empty());
    let mut more = jane();
    more.push(given(IdentifierType::Phone, "+49 30 5550 177"));
    assert!(same("contoso.com", more).duplicates.is_empty());
    ops::cancel(&ana, dsr, "twice").unwrap();
    ops::cancel(&ana, again.id.as_str(), "twice").unwrap();
    assert!(same("contoso.com", jane()).duplicates.is_empty());
}

#[test]
fn dsr_12_restriction_closes_the_engagements_and_keeps_them_closed() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let restrict = |option, cases: &[&str]| {
        let new = NewRequest { kind: DsrType::Restrict, ..new(option, cases, jane()) };
        ops::receive(&ana, new).unwrap().id.to_string()
    };
    let dsr = restrict(RequestOption::A, &[]);
    assert_eq!(refused(ops::restrict(&ana, &dsr, "asked")).rule, "DSR-1", "discover comes first");
    let found = discover(&ana, &dsr).unwrap();
    assert_eq!(refused(ops::restrict(&ana, &dsr, "asked")).rule, "DSR-10", "undecided");
    exclude_reviews(&ana, &dsr, &found);
    assert_eq!(refused(ops::plan(&ana, &dsr, None, true)).rule, "DSR-1", "nothing is deleted");
    let item = [found.items[0].id.clone()];
    assert_eq!(refused(ops::redact(&ana, &dsr, &item, "r")).rule, "DSR-12");
    let done = ops::restrict(&ana, &dsr, "asked").unwrap();
    assert_eq!(done.state, DsrState::Fulfilled);
    let open = format!("contoso.com/{MIGRATION}");
    assert!(done.engagements.contains(&open) && done.closed.contains(&open), "{done:?}");
    assert!(!done.closed.contains(&format!("contoso.com/{CLOSED}")), "it was closed already");
    for engagement in &done.engagements {
        let case = world.case(engagement);
        assert_eq!(case.status, CaseStatus::Closed, "{engagement}");
        assert!(case.restriction.is_some_and(|restriction| restriction.no_reopen));
        let reopened = caseward::ops::case::reopen(&ana, engagement, None);
        assert_eq!(refused(reopened).rule, "CASE-7");
    }
    // Closing did all that closing does.
    let sar = caseward::ops::access::show(&ana, "SAR-4F7K2M9Q").unwrap();
    assert_ne!(sar.state, "approved", "{sar:?}");
    let (wrong, _) = super::dsr::discovered(&world, RequestOption::B, &[CLOSED]);
    assert_eq!(refused(ops::restrict(&ana, &wrong, "r")).rule, "DSR-12");
}

#[test]
fn dsr_7_a_tenant_that_vanished_takes_nothing_else_with_it() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let both = [CLOSED, "contoso-test.com/2611030020007714"];
    let made = ops::receive(&ana, new(RequestOption::B, &both, jane())).unwrap();
    let all = ops::receive(&ana, new(RequestOption::A, &[], jane())).unwrap();
    std::fs::rename(world.inside("tenants/contoso-test.com"), world.file_path("gone")).unwrap();
    // Option A searches what there is; a named engagement that is gone is named.
    let found = discover(&ana, all.id.as_str()).unwrap();
    assert!(found.items.iter().all(|item| item.path.starts_with("tenants/contoso.com/")));
    assert!(!found.items.is_empty());
    let error = discover(&ana, made.id.as_str()).unwrap_err();
    assert!(error.to_string().contains("2611030020007714"), "{error}");
    // A request whose own tenant is gone is not there any more, and says so.
    std::fs::rename(world.inside("tenants/contoso.com"), world.file_path("gone too")).unwrap();
    let error = ops::show(&ana, made.id.as_str()).unwrap_err();
    assert!(error.to_string().contains(made.id.as_str()), "{error}");
    assert!(ops::list(&ana).unwrap().0.is_empty());
}
