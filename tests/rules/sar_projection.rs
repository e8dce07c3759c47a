//! SAR-13: what the support request tenant can read is the same with and without a manual removal.

use super::world::*;
use caseward::error::Error;
use caseward::model::{Decision, DiagnosticKind, Id};
use caseward::ops::access::DecisionInput;
use caseward::ops::access::{self, AccessFilter};
use caseward::ops::{attach, audit, case, consent, status};
use caseward::policy::access::Side;
use caseward::workspace::CaseRef;
use proptest::prelude::*;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

const CASE: &str = "2611210010000001";
const RITA: &str = "rita@contoso.com";
const MIRIAM: &str = "miriam@contoso.com";

/// What happens in a case, by whoever may or may not do it.
#[derive(Debug, Clone, Copy)]
enum Event {
    Request,
    ApproveForRequestTenant,
    ApproveForResourceTenant,
    RejectForResourceTenant,
    Withdraw,
    Attach,
    AttachOwn,
    ViewResource,
    CheckAsEngineer,
    RitaTriesToRemove,
    RitaTriesToCheck,
    StrangerTriesToApprove,
    Close,
    Reopen,
    Consent,
}

/// A case in a small workspace, with the ids of its access requests in order.
struct Story {
    world: World,
    requests: Vec<Id>,
    minute: u32,
}

impl Story {
    fn new() -> Self {
        let world = World::small();
        world.add_case("contoso.com", &case(CASE, NOW, &[]));
        Self { world, requests: Vec::new(), minute: 0 }
    }

    fn now(&self) -> String {
        (time(NOW) + chrono::TimeDelta::minutes(i64::from(self.minute))).to_rfc3339()
    }

    fn as_(&self, who: &str) -> caseward::ops::Context {
        self.world.at(&self.now(), who)
    }

    /// Takes one step; what the request tenant's people learn from it is returned.
    fn step(&mut self, event: Event) -> Option<String> {
        self.minute += 1;
        let (ana, rita) = (self.as_(ANA), self.as_(RITA));
        let newest = self.requests.last().map_or("SAR-00000000", Id::as_str).to_owned();
        let file = self.world.file("a.log", b"x");
        let mut copy = attachment(CASE, &[file]);
        match event {
            Event::Request => {
                if let Ok(made) = access::request(&ana, CASE, "contoso-test.com", "why") {
                    self.requests.push(made.id);
                }
                None
            }
            Event::ApproveForRequestTenant => {
                let done = access::decide(
                    &rita,
                    &newest,
                    DecisionInput::unsigned(Decision::Approved, Some(Side::Request)),
                );
                Some(said(&done))
            }
            Event::ApproveForResourceTenant => {
                let _ = access::decide(
                    &self.as_(ADELE_TEST),
                    &newest,
                    DecisionInput::unsigned(Decision::Approved, None),
                );
                None
            }
            Event::RejectForResourceTenant => {
                let _ = access::decide(
                    &self.as_(ADELE_TEST),
                    &newest,
                    DecisionInput::unsigned(Decision::Rejected, None),
                );
                None
            }
            Event::Withdraw => {
                let _ = access::withdraw(&ana, &newest);
                None
            }
            Event::Attach => {
                copy.tenant = Some("contoso-test.com".to_owned());
                let _ = attach_now(&ana, &copy);
                None
            }
            Event::AttachOwn => {
                let _ = attach_now(&ana, &copy);
                None
            }
            Event::ViewResource => {
                let _ = attach::view(&ana, CASE, "a.log");
                None
            }
            Event::CheckAsEngineer => {
                let kind = DiagnosticKind::Other;
                let _ = access::check(&ana, CASE, Some("contoso-test.com"), kind);
                None
            }
            Event::RitaTriesToRemove => Some(said(&access::remove(&rita, &newest))),
            Event::RitaTriesToCheck => {
                let kind = DiagnosticKind::Other;
                Some(said(&access::check(&rita, CASE, Some("contoso-test.com"), kind)))
            }
            Event::StrangerTriesToApprove => {
                let done = access::decide(
                    &self.as_(JOHN),
                    &newest,
                    DecisionInput::unsigned(Decision::Approved, None),
                );
                Some(said(&done))
            }
            Event::Close => {
                let _ = case::close(&ana, CASE);
                None
            }
            Event::Reopen => {
                let _ = case::reopen(&ana, CASE, None);
                None
            }
            Event::Consent => {
                let _ = consent::answer(&ana, CASE, true, None, Some(JOHN));
                None
            }
        }
    }

    /// Everything that people of the request tenant can read, ids of requests and events made equal.
    fn seen(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for who in [JOHN, RITA, MIRIAM] {
            let context = self.as_(who);
            let case_ref = CaseRef { tenant: id("contoso.com"), id: id(CASE) };
            seen.push(said(&case::show(&context, &case_ref)));
            seen.push(said(&case::list(&context, &case::CaseFilter::default())));
            seen.push(said(&status::status(&context)));
            seen.push(said(&attach::diagnostics(&context, CASE)));
            seen.push(said(&consent::show(&context, CASE)));
            for filter in [
                AccessFilter::All,
                AccessFilter::Approved,
                AccessFilter::Pending,
                AccessFilter::Current,
            ] {
                seen.push(said(&access::list(&context, filter, None)));
                seen.push(said(&access::list(&context, filter, Some("contoso-test.com"))));
            }
            for request in &self.requests {
                seen.push(said(&access::show(&context, request.as_str())));
            }
            seen.push(said(&audit::show(&context, "contoso.com", None)));
            seen.push(said(&audit::show(&context, "contoso-test.com", None)));
        }
        for (path, bytes) in files_below(&self.world.inside("tenants/contoso.com")) {
            seen.push(format!("{}: {}", path.display(), String::from_utf8_lossy(&bytes)));
        }
        // Files stand in the order of their names, and those of requests are random.
        let mut seen: Vec<String> = seen.iter().map(|text| self.without_ids(text)).collect();
        seen.sort();
        seen
    }

    fn without_ids(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (index, request) in self.requests.iter().enumerate() {
            text = text.replace(request.as_str(), &format!("SAR-{index}"));
        }
        // Ids of events: a UUID after `"id":"` or `id: "`.
        let mut out = String::new();
        for part in text.split_inclusive('"') {
            let word = part.trim_end_matches('"');
            let uuid = word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4;
            out.push_str(if uuid { "[id]\"" } else { part });
        }
        out
    }
}

fn said<T: std::fmt::Debug>(result: &Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("exit {:?}: {error} / {:?}", error.exit(), error.hint()),
    }
}

fn event() -> impl Strategy<Value = Event> {
    use Event::*;
    prop::sample::select(vec![
        Request,
        ApproveForRequestTenant,
        ApproveForResourceTenant,
        RejectForResourceTenant,
        Withdraw,
        Attach,
        AttachOwn,
        ViewResource,
        CheckAsEngineer,
        RitaTriesToRemove,
        RitaTriesToCheck,
        StrangerTriesToApprove,
        Close,
        Reopen,
        Consent,
    ])
}

/// The first thing that the two tell apart.
fn difference(removed: &Story, kept: &Story) -> Option<(String, String)> {
    let (a, b) = (removed.seen(), kept.seen());
    assert_eq!(a.len(), b.len());
    a.into_iter().zip(b).find(|(a, b)| a != b)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Access is approved, anything happens, at some moment one of the two removes it, anything
    /// happens.
    #[test]
    fn sar_13_the_request_tenant_cannot_see_a_removal(
        before in prop::collection::vec(event(), 0..4),
        after in prop::collection::vec(event(), 0..7),
    ) {
        use Event::{ApproveForRequestTenant, ApproveForResourceTenant, Request};
        let (mut removed, mut kept) = (Story::new(), Story::new());
        let opening = [Request, ApproveForRequestTenant, ApproveForResourceTenant];
        for event in opening.into_iter().chain(before) {
            prop_assert_eq!(
                removed.step(event).map(|said| removed.without_ids(&said)),
                kept.step(event).map(|said| kept.without_ids(&said))
            );
        }
        removed.minute += 1;
        kept.minute += 1;
        let sar = removed.requests[0].clone();
        let done = access::remove(&removed.as_(ADELE_TEST), sar.as_str()).is_ok();
        prop_assert_eq!(difference(&removed, &kept), None, "removed: {}", done);
        for event in after {
            let (a, b) = (removed.step(event), kept.step(event));
            prop_assert_eq!(
                a.map(|said| removed.without_ids(&said)),
                b.map(|said| kept.without_ids(&said)),
                "{:?}, removed: {}", event, done
            );
            prop_assert_eq!(difference(&removed, &kept), None, "{:?}, removed: {}", event, done);
        }
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
