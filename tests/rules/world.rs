//! Workspaces, people and moments for tests that call operations in process.

#![allow(dead_code, reason = "each test binary uses its own part")]

use caseward::attest::Log;
use caseward::error::{Error, Result};
use caseward::fs::{Fs, RealFs, RelPath};
use caseward::model::{
    Answer, AuditEvent, AuditResult, Case, CaseStatus, Category, ConsentEntry, DiagnosticKind,
    Engineer, FORMAT, Id, PolicySettings, Portal, Principal, Regime, Severity, Time,
    WorkspaceConfig,
};
use caseward::ops::attach::{Attached, Attachment};
use caseward::ops::settings::NewTenant;
use caseward::ops::{Context, attach, settings};
use caseward::policy::{Actor, Refusal};
use caseward::workspace::{Access, CaseRef, Commit, NewWorkspace, Workspace, layout};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The moment at which the example's story stands.
pub const NOW: &str = "2026-11-21T09:00:00Z";

pub const ANA: &str = "ana.silva@support.example.com";
pub const BEN: &str = "ben.okafor@support.example.com";
pub const CHIARA: &str = "chiara.rossi@support.example.com";
/// Decides in contoso.com, and as a guest in contoso-test.com.
pub const ADELE: &str = "adele@contoso.com";
/// Decides in contoso-test.com only.
pub const ADELE_TEST: &str = "adele@contoso-test.com";
pub const JOHN: &str = "john@contoso.com";

/// Ana's open and consented case of contoso.com.
pub const MIGRATION: &str = "2610240010004182";
/// Ben's, whose customer declined.
pub const DECLINED: &str = "2611120010003365";
/// Chiara's, opened by telephone: portal `other`.
pub const PHONED: &str = "2611140040006120";
/// A closed case in which Jane is named.
pub const CLOSED: &str = "2610150010002904";

pub fn time(text: &str) -> Time {
    caseward::env::parse_time(text).unwrap()
}

pub fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// A workspace on disk.
pub struct World {
    dir: TempDir,
    pub workspace: Workspace,
}

impl World {
    /// The example at the story's moment.
    pub fn demo() -> Self {
        let dir = temporary();
        let root = dir.path().join("ws");
        let workspace = NewWorkspace::from_example(&root, time(NOW), "tester").unwrap();
        Self::with_log(dir, workspace)
    }

    /// Two tenants of one customer, one decider in each and one in both, a reader of the request
    /// tenant's log, and an engineer; no case.
    pub fn small() -> Self {
        let dir = temporary();
        let engineer = |principal: &str| Engineer {
            principal: principal.to_owned(),
            name: principal.to_owned(),
            os_user: None,
            ssh_key: None,
        };
        let config = WorkspaceConfig {
            format: FORMAT,
            name: "small".to_owned(),
            origin: "support.example.com/small".to_owned(),
            organisation: None,
            region: None,
            test_clock: true,
            policy: PolicySettings::default(),
            engineers: vec![engineer(ANA), engineer(BEN)],
            x: None,
        };
        let workspace = NewWorkspace::create(&dir.path().join("ws"), &config).unwrap();
        let world = Self::with_log(dir, workspace);
        let ana = world.as_engineer(ANA);
        for domain in ["contoso.com", "contoso-test.com"] {
            let new = NewTenant {
                domain: domain.to_owned(),
                customer: Some("contoso".to_owned()),
                name: None,
                regime: Regime::M365,
                tenant_id: None,
                region: None,
                aliases: Vec::new(),
            };
            settings::add_tenant(&ana, new).unwrap();
        }
        for (tenant, upn, role) in [
            ("contoso.com", JOHN, "Global Reader"),
            ("contoso.com", "rita@contoso.com", "Service Support Administrator"),
            ("contoso.com", "miriam@contoso.com", "Reports Reader"),
            ("contoso-test.com", ADELE_TEST, "Service Support Administrator"),
        ] {
            let principal = Principal {
                upn: upn.to_owned(),
                name: upn.to_owned(),
                roles: vec![role.to_owned()],
                ssh_key: None,
            };
            settings::add_principal(&ana, &id(tenant), principal).unwrap();
        }
        world
    }

    fn with_log(dir: TempDir, workspace: Workspace) -> Self {
        let origin = workspace.config().origin.clone();
        Log::create(Arc::clone(workspace.fs()), &origin, time(NOW)).unwrap();
        Self { dir, workspace }
    }

    /// A copy of a workspace that was made before: cheaper than making it again.
    pub fn copy(files: &BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let dir = temporary();
        let root = dir.path().join("ws");
        for (path, bytes) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let workspace = Workspace::open(&root).unwrap();
        Self { dir, workspace }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("ws")
    }

    pub fn inside(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// A file of the user's, outside the workspace.
    pub fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// A path of the user's, outside the workspace.
    pub fn file_path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `principal` acting at the story's moment.
    pub fn as_engineer(&self, principal: &str) -> Context {
        self.at(NOW, principal)
    }

    /// `principal` acting at `now`.
    pub fn at(&self, now: &str, principal: &str) -> Context {
        context(&self.workspace, now, principal)
    }

    /// The same workspace on another file system seam.
    pub fn on(&self, fs: Arc<dyn Fs>) -> Result<Workspace> {
        Workspace::open_with(fs, &self.root(), Access::Write)
    }

    /// The plain file system of this workspace.
    pub fn plain(&self) -> Arc<dyn Fs> {
        Arc::new(RealFs::open(&self.root()).unwrap())
    }

    /// Changes the policy of the workspace.
    pub fn set_policy(&mut self, change: impl FnOnce(&mut PolicySettings)) {
        let loaded = self.workspace.load::<WorkspaceConfig>(&layout::config()).unwrap().unwrap();
        let mut config = loaded.value.clone();
        change(&mut config.policy);
        let mut commit = Commit::new();
        commit.update(&loaded, config);
        self.workspace.commit(commit).unwrap();
        self.workspace = Workspace::open(&self.root()).unwrap();
    }

    pub fn case_ref(&self, named: &str) -> CaseRef {
        self.workspace.find_case(named).unwrap()
    }

    pub fn case(&self, named: &str) -> Case {
        self.workspace.case(&self.case_ref(named)).unwrap().value
    }

    /// Changes a case's record as a person with an editor would.
    pub fn edit_case(&self, named: &str, change: impl FnOnce(&mut Case)) {
        let loaded = self.workspace.case(&self.case_ref(named)).unwrap();
        let mut case = loaded.value.clone();
        change(&mut case);
        let mut commit = Commit::new();
        commit.update(&loaded, case);
        self.workspace.commit(commit).unwrap();
    }

    /// Writes a case with a record of the test's own.
    pub fn add_case(&self, tenant: &str, case: &Case) {
        let case_ref = CaseRef { tenant: id(tenant), id: case.id.clone() };
        let mut commit = Commit::new();
        commit.create(layout::case(&case_ref), case);
        self.workspace.commit(commit).unwrap();
    }

    pub fn audit(&self, tenant: &str) -> Vec<AuditEvent> {
        let (events, problems) = self.workspace.audit(&id(tenant)).unwrap();
        assert_eq!(problems, []);
        events
    }

    /// The number of events in every tenant's log.
    pub fn audit_counts(&self) -> BTreeMap<String, usize> {
        let (tenants, _) = self.workspace.tenants().unwrap();
        tenants
            .iter()
            .map(|tenant| tenant.value.domain.to_string())
            .map(|domain| (domain.clone(), self.audit(&domain).len()))
            .collect()
    }

    /// Every file with its contents.
    pub fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files_below(&self.root())
    }

    /// The tree without what every attempt may touch: audit logs and the journal.
    pub fn records(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut tree = self.tree();
        tree.retain(|path, _| !path.ends_with("audit.jsonl"));
        tree
    }

    pub fn exists(&self, path: &str) -> bool {
        caseward::fs::exists(&**self.workspace.fs(), &RelPath::new(path).unwrap()).unwrap()
    }
}

/// A directory in memory where there is one: flushing to a disk would be most of a test's time.
fn temporary() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix("caseward-test-");
    builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir()).unwrap()
}

/// `principal` acting at `now` on a workspace.
pub fn context(workspace: &Workspace, now: &str, principal: &str) -> Context {
    Context::on(workspace.clone(), actor(workspace, principal), time(now))
}

pub fn actor(workspace: &Workspace, principal: &str) -> Actor {
    let tenants: Vec<_> =
        workspace.tenants().unwrap().0.into_iter().map(|tenant| tenant.value).collect();
    Actor::resolve(principal, "tester", workspace.config(), &tenants).unwrap()
}

pub fn files_below(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                files.insert(path.strip_prefix(root).unwrap().to_path_buf(), bytes);
            }
        }
    }
    files
}

/// The refusal that an operation has to end in.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: Result<T>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The last event of a log, which has to be a failure under `rule`.
#[track_caller]
pub fn last_is_failure(events: &[AuditEvent], rule: &str) {
    let last = events.last().expect("an event");
    assert_eq!(last.result, AuditResult::Failure, "{last:?}");
    let named = last.additional_details.iter().find(|detail| detail.key == "rule");
    assert_eq!(named.map(|detail| detail.value.as_str()), Some(rule), "{last:?}");
}

/// An open m365 case assigned to Ana, with these answers on advanced diagnostics.
pub fn case(name: &str, opened_at: &str, answers: &[(Answer, &str)]) -> Case {
    Case {
        format: FORMAT,
        revision: 1,
        id: id(name),
        title: name.to_owned(),
        description: name.to_owned(),
        status: CaseStatus::Open,
        severity: Severity::Moderate,
        product: "Exchange Online".to_owned(),
        portal: Portal::M365Admin,
        opened_at: time(opened_at),
        opened_by: JOHN.to_owned(),
        closed_at: None,
        assigned_to: Some(ANA.to_owned()),
        engineers: Vec::new(),
        contacts: Vec::new(),
        consent: answers.iter().map(|(answer, at)| consent(*answer, at)).collect(),
        closures: Vec::new(),
        sla: None,
        restriction: None,
        transfer: None,
        x: None,
    }
}

pub fn consent(answer: Answer, at: &str) -> ConsentEntry {
    ConsentEntry {
        answer,
        at: time(at),
        by: JOHN.to_owned(),
        kind: ConsentEntry::ADVANCED.to_owned(),
    }
}

/// The same case, closed.
pub fn closed(mut case: Case, at: &str) -> Case {
    case.status = CaseStatus::Closed;
    case.closed_at = Some(time(at));
    case
}

/// Files to attach to a case: euii, collected now from the case's own tenant.
pub fn attachment(case: &str, files: &[PathBuf]) -> Attachment {
    Attachment {
        case: case.to_owned(),
        files: files.to_vec(),
        from_transfer: Vec::new(),
        categories: vec![Category::Euii],
        tenant: None,
        collected_at: None,
        kind: DiagnosticKind::Other,
    }
}

pub fn attach_now(context: &Context, attachment: &Attachment) -> Result<Vec<Attached>> {
    attach::attach(context, attachment, &mut |_, _| {})
}
