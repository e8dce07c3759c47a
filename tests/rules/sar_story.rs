//! A case whose access is asked for, given and taken, twice over: for the property of SAR-13.

use super::world::*;
use caseward::error::Error;
use caseward::model::{Decision, DiagnosticKind, Id, Severity, Span, Tenant};
use caseward::ops::access::{self, AccessFilter, DecisionInput};
use caseward::ops::{Context, allowed, attach, audit, case, consent, status};
use caseward::policy::access::Side;
use caseward::workspace::{CaseRef, Commit};
use chrono::TimeDelta;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::OnceLock;

const CASE: &str = "2611210010000001";
const REQUEST: &str = "contoso.com";
const RESOURCE: &str = "contoso-test.com";
const RITA: &str = "rita@contoso.com";
const MIRIAM: &str = "miriam@contoso.com";

/// What happens in a case, by whoever may or may not do it.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    Request,
    RequestByCustomer,
    ApproveForRequestTenant,
    RejectForRequestTenant,
    ApproveForResourceTenant,
    RejectForResourceTenant,
    Withdraw,
    WithdrawByCustomer,
    RemoveTheNewest,
    Attach,
    AttachOwn,
    ViewResource,
    CheckAsEngineer,
    RitaTriesToRemove,
    RitaTriesToCheck,
    RitaAsksForTheStatement,
    RitaReadsTheNotice,
    StrangerTriesToApprove,
    RitaLosesHerRole,
    RitaGetsHerRole,
    ResourceAdminLosesHerRole,
    ResourceAdminGetsHerRole,
    Severity,
    Close,
    CloseByCustomer,
    Reopen,
    Consent,
    Settle,
    AnHour,
    FortyDays,
    AnHourBack,
    SixWeeksBack,
}

/// Any event; those on which access turns come more often.
pub fn event() -> impl Strategy<Value = Event> {
    use Event::*;
    prop::sample::select(vec![
        Request,
        Request,
        Request,
        RequestByCustomer,
        ApproveForRequestTenant,
        ApproveForRequestTenant,
        RejectForRequestTenant,
        ApproveForResourceTenant,
        ApproveForResourceTenant,
        RejectForResourceTenant,
        Withdraw,
        WithdrawByCustomer,
        RemoveTheNewest,
        Attach,
        Attach,
        AttachOwn,
        ViewResource,
        CheckAsEngineer,
        RitaTriesToRemove,
        RitaTriesToCheck,
        RitaAsksForTheStatement,
        RitaReadsTheNotice,
        StrangerTriesToApprove,
        RitaLosesHerRole,
        RitaGetsHerRole,
        ResourceAdminLosesHerRole,
        ResourceAdminGetsHerRole,
        Severity,
        Close,
        Close,
        CloseByCustomer,
        Reopen,
        Reopen,
        Consent,
        Settle,
        AnHour,
        FortyDays,
        AnHourBack,
        SixWeeksBack,
    ])
}

/// What is known of a file without reading it: whether it was written again shows here.
type Trace = BTreeMap<PathBuf, (u64, u64, i64, i64)>;

/// A case in a small workspace, with the ids of its access requests in order.
pub struct Story {
    world: World,
    requests: Vec<Id>,
    now: caseward::model::Time,
    trace: Trace,
}

impl Story {
    /// `settings` chooses whether requests expire and access has a longest duration.
    pub fn new(settings: usize) -> Self {
        static MADE: [OnceLock<BTreeMap<PathBuf, Vec<u8>>>; 4] = [const { OnceLock::new() }; 4];
        let files = MADE[settings].get_or_init(|| {
            let mut world = World::small();
            world.set_policy(|policy| {
                let span = |on: bool, text: &str| on.then(|| text.parse::<Span>().unwrap());
                policy.pending_ttl = span(settings & 1 != 0, "2h");
                policy.max_duration = span(settings & 2 != 0, "8h");
            });
            world.add_case(REQUEST, &case(CASE, NOW, &[]));
            world.tree()
        });
        let world = World::copy(files);
        let trace = Trace::new();
        let mut story = Self { world, requests: Vec::new(), now: time(NOW), trace };
        story.trace = story.traced();
        story
    }

    fn as_(&self, who: &str) -> Context {
        context(&self.world.workspace, &self.now.to_rfc3339(), who)
    }

    /// As long passes as an event takes.
    pub fn nothing(&mut self) {
        self.now += TimeDelta::minutes(1);
    }

    /// The resource tenant removes the first access by hand, if it is there.
    pub fn remove_first(&mut self) -> bool {
        self.nothing();
        let sar = self.requests[0].clone();
        access::remove(&self.as_(ADELE_TEST), sar.as_str()).is_ok()
    }

    fn set_roles(&self, tenant: &str, upn: &str, role: &str) {
        let loaded = self.world.workspace.tenant(&id(tenant)).unwrap();
        let mut changed: Tenant = loaded.value.clone();
        let person = changed.principals.iter_mut().find(|person| person.upn == upn).unwrap();
        person.roles = vec![role.to_owned()];
        let mut commit = Commit::new();
        commit.update(&loaded, changed);
        self.world.workspace.commit(commit).unwrap();
    }

    /// Takes one step; what the request tenant's people learn from it is returned.
    pub fn step(&mut self, event: Event) -> Option<String> {
        self.nothing();
        let (ana, rita, john) = (self.as_(ANA), self.as_(RITA), self.as_(JOHN));
        let resource = self.as_(ADELE_TEST);
        let newest = self.requests.last().map_or("SAR-00000000", Id::as_str).to_owned();
        let decide = |context: &Context, decision, side| {
            access::decide(context, &newest, DecisionInput::unsigned(decision, side))
        };
        let kind = DiagnosticKind::Other;
        let decider = "Service Support Administrator";
        let mut told = None;
        match event {
            Event::Request => {
                // Asking again for the same case and tenant is never refused for what became of
                // access: the answer is part of what is compared.
                let made = access::request(&ana, CASE, RESOURCE, "why");
                told = Some(made.as_ref().map_or_else(ToString::to_string, |_| "made".to_owned()));
                self.requests.extend(made.ok().map(|made| made.id));
            }
            Event::RequestByCustomer => {
                told = Some(said(&access::request(&rita, CASE, RESOURCE, "why")));
            }
            Event::ApproveForRequestTenant => {
                told = Some(said(&decide(&rita, Decision::Approved, Some(Side::Request))));
            }
            Event::RejectForRequestTenant => {
                told = Some(said(&decide(&rita, Decision::Rejected, None)));
            }
            Event::ApproveForResourceTenant => drop(decide(&resource, Decision::Approved, None)),
            Event::RejectForResourceTenant => drop(decide(&resource, Decision::Rejected, None)),
            Event::Withdraw => drop(access::withdraw(&ana, &newest)),
            Event::WithdrawByCustomer => told = Some(said(&access::withdraw(&rita, &newest))),
            Event::RemoveTheNewest => drop(access::remove(&resource, &newest)),
            Event::Attach | Event::AttachOwn => {
                let mut copy = attachment(CASE, &[self.world.file("a.log", b"x")]);
                if matches!(event, Event::Attach) {
                    copy.tenant = Some(RESOURCE.to_owned());
                }
                drop(attach_now(&ana, &copy));
            }
            Event::ViewResource => drop(attach::view(&ana, CASE, "a.log")),
            Event::CheckAsEngineer => drop(access::check(&ana, CASE, Some(RESOURCE), kind)),
            Event::RitaTriesToRemove => told = Some(said(&access::remove(&rita, &newest))),
            Event::RitaTriesToCheck => {
                told = Some(said(&access::check(&rita, CASE, Some(RESOURCE), kind)));
            }
            Event::RitaAsksForTheStatement => {
                told = Some(said(&access::statement(&rita, &newest, Decision::Approved, None)));
            }
            Event::RitaReadsTheNotice => told = Some(said(&access::notice(&rita, &newest))),
            Event::StrangerTriesToApprove => {
                told = Some(said(&decide(&john, Decision::Approved, None)));
            }
            Event::RitaLosesHerRole => self.set_roles(REQUEST, RITA, "Directory Readers"),
            Event::RitaGetsHerRole => self.set_roles(REQUEST, RITA, decider),
            Event::ResourceAdminLosesHerRole => self.set_roles(RESOURCE, ADELE_TEST, "Guest"),
            Event::ResourceAdminGetsHerRole => self.set_roles(RESOURCE, ADELE_TEST, decider),
            Event::Severity => {
                drop(case::set_severity(&ana, CASE, Severity::Critical, Some(JOHN)));
            }
            Event::Close => drop(case::close(&ana, CASE)),
            Event::CloseByCustomer => told = Some(said(&case::close(&rita, CASE))),
            Event::Reopen => drop(case::reopen(&ana, CASE, None)),
            Event::Consent => drop(consent::answer(&ana, CASE, true, None, Some(JOHN))),
            Event::Settle => drop(access::settle_lapsed(&ana)),
            Event::AnHour => self.now += TimeDelta::hours(3),
            Event::FortyDays => self.now += TimeDelta::days(40),
            Event::AnHourBack => self.now -= TimeDelta::hours(1),
            Event::SixWeeksBack => self.now -= TimeDelta::weeks(6),
        }
        told.map(|told| self.without_ids(&told))
    }

    /// Everything that these people of the request tenant can read, ids of requests and events made
    /// equal.
    fn seen(&self, people: &[&str]) -> Vec<String> {
        let mut seen = Vec::new();
        for who in people.iter().copied() {
            let context = self.as_(who);
            let case_ref = CaseRef { tenant: id(REQUEST), id: id(CASE) };
            // Requests of one second stand in the order of their random ids: each for itself.
            let shown = case::show(&context, &case_ref).map(|mut view| {
                seen.extend(view.access.drain(..).map(|view| format!("in the case: {view:?}")));
                view
            });
            seen.push(said(&shown));
            seen.push(said(&case::list(&context, &case::CaseFilter::default())));
            seen.push(said(&status::status(&context)));
            seen.push(said(&attach::diagnostics(&context, CASE)));
            seen.push(said(&consent::show(&context, CASE)));
            seen.push(said(&allowed::of_case(&context, &case_ref)));
            for filter in [
                AccessFilter::All,
                AccessFilter::Approved,
                AccessFilter::Pending,
                AccessFilter::Current,
            ] {
                for tenant in [None, Some(RESOURCE)] {
                    let (views, problems) = access::list(&context, filter, tenant).unwrap();
                    seen.push(format!("{filter:?} of {tenant:?}: {} {problems:?}", views.len()));
                    seen.extend(views.iter().map(|view| format!("{filter:?}: {view:?}")));
                }
            }
            for request in &self.requests {
                seen.push(said(&access::show(&context, request.as_str())));
                seen.push(said(&allowed::of_access(&context, request.as_str())));
            }
            if who == MIRIAM {
                // She may read the log of her tenant; the attempts of others are logged, and are
                // events of their own.
                seen.push(said(&self.shown(&context)));
            }
            let own = Context { read_only: true, ..context };
            seen.push(said(&audit::show(&own, RESOURCE, None)));
        }
        for (path, bytes) in files_below(&self.world.inside("tenants/contoso.com")) {
            let text = self.without_ids(&String::from_utf8_lossy(&bytes));
            let lines = in_one_order(text.lines().map(str::to_owned).collect());
            seen.push(format!("{}: {}", path.display(), lines.join("\n")));
        }
        // Files stand in the order of their names, and those of requests are random.
        let mut seen: Vec<String> = seen.iter().map(|text| self.without_ids(text)).collect();
        seen.sort();
        seen
    }

    /// The log of the request tenant.
    fn shown(&self, context: &Context) -> Result<String, Error> {
        let mut log = audit::show(context, REQUEST, None)?;
        let events = log.events.drain(..).map(|event| self.without_ids(&format!("{event:?}")));
        let events = in_one_order(events.collect());
        Ok(format!("{log:?} {}", events.join("\n")))
    }

    /// Size, inode and times of everything in the request tenant's directory.
    fn traced(&self) -> Trace {
        let mut trace = Trace::new();
        let mut open = vec![self.world.inside("tenants/contoso.com")];
        while let Some(path) = open.pop() {
            let meta = path.symlink_metadata().unwrap();
            let told = (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec());
            if meta.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
            trace.insert(path, told);
        }
        trace
    }

    /// The files and directories that changed since this was asked last.
    fn touched(&mut self) -> Vec<String> {
        let now = self.traced();
        let changed = now.iter().filter(|(path, told)| self.trace.get(*path) != Some(told));
        let gone = self.trace.keys().filter(|path| !now.contains_key(*path));
        let root = self.world.root();
        let names = changed.map(|(path, _)| path).chain(gone);
        let mut names: Vec<String> = names
            .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
            .map(|name| self.without_ids(&name))
            .collect();
        names.sort();
        self.trace = now;
        names
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

/// What is said of several requests at one moment stands in the order of their random ids: entries
/// next to each other that differ in nothing but the request are put into the order in which the
/// requests were made.
fn in_one_order(mut entries: Vec<String>) -> Vec<String> {
    let apart_from_request = |entry: &String| {
        let mut parts = entry.split("SAR-");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |said, part| said + part.trim_start_matches(|c: char| c.is_ascii_digit()))
    };
    entries
        .chunk_by_mut(|a, b| apart_from_request(a) == apart_from_request(b))
        .for_each(<[String]>::sort);
    entries
}

fn said<T: std::fmt::Debug>(result: &Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("exit {:?}: {error} / {:?}", error.exit(), error.hint()),
    }
}

/// Her who decides, him who may not, and her who reads the log.
const PEOPLE: [&str; 3] = [RITA, JOHN, MIRIAM];

/// The first thing that was written for one of the two only, since this was asked last.
pub fn written_apart(removed: &mut Story, kept: &mut Story) -> Option<(Vec<String>, Vec<String>)> {
    let (a, b) = (removed.touched(), kept.touched());
    (a != b).then_some((a, b))
}

/// The first thing that people of the request tenant read of one of the two only.
pub fn read_apart(removed: &Story, kept: &Story) -> Option<(String, String)> {
    let (a, b) = (removed.seen(&PEOPLE), kept.seen(&PEOPLE));
    assert_eq!(a.len(), b.len());
    a.into_iter().zip(b).find(|(a, b)| a != b)
}
