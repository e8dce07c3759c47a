//! What is under a clock: every diagnostic and every transfer file of a closed case, with the moment
//! at which it is due and what keeps it beyond that.

use super::requests::Requests;
use crate::env;
use crate::error::Result;
use crate::fs::RelPath;
use crate::model::{Case, Id, Meta, Sha256, Store, Time, Tombstone};
use crate::ops::{Context, transfer};
use crate::policy::retention::{self as rules, Keep, RetentionClock};
use crate::policy::transfer as folder_rules;
use crate::share;
use crate::workspace::{CaseRef, Loaded, Problem, ProblemKind, layout};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A file under a clock, with its sidecar: they go together or stay together.
#[derive(Debug, Clone)]
pub(super) struct Clocked {
    pub path: RelPath,
    pub sidecar: Option<RelPath>,
    pub clock: RetentionClock,
    pub due_at: Time,
    pub keep: Option<Keep>,
    /// Of the contents when attached.
    pub attached: Option<Sha256>,
    /// The tenant that it lies at.
    pub tenant: Id,
    /// Whose transfer folder it lies in.
    pub case: Option<CaseRef>,
}

/// Which files to look for.
#[derive(Debug, Clone)]
pub(super) enum Reach {
    Everything,
    /// The transfer folders of these cases.
    Transfer(BTreeSet<CaseRef>),
}

/// Every file under a clock, whoever may see it; and what is wrong with others.
pub(super) struct Scan<'a> {
    context: &'a Context,
    /// DEL-9: files that unanswered requests keep.
    frozen: Arc<BTreeMap<String, Id>>,
    pub files: Vec<Clocked>,
    pub problems: Vec<Problem>,
}

impl<'a> Scan<'a> {
    /// # Errors
    /// What the requests freeze cannot be read.
    pub(super) fn new(context: &'a Context, requests: &Requests) -> Result<Self> {
        let frozen = Arc::new(requests.frozen(context)?);
        Ok(Self { context, frozen, files: Vec::new(), problems: Vec::new() })
    }

    /// One that does not know what unanswered requests keep.
    pub(super) fn without_requests(context: &'a Context) -> Self {
        Self { context, frozen: Arc::default(), files: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn run(mut self, reach: &Reach) -> Result<Self> {
        match reach {
            Reach::Everything => self.everything()?,
            Reach::Transfer(cases) => {
                for case in cases {
                    self.transfer(case)?;
                }
            }
        }
        self.files.sort_by(|a, b| (a.due_at, &a.path).cmp(&(b.due_at, &b.path)));
        self.problems.sort();
        self.problems.dedup();
        Ok(self)
    }

    /// Every tenant, on all processors.
    fn everything(&mut self) -> Result<()> {
        let part = |tenant: &Id| -> Result<(Vec<Clocked>, Vec<Problem>)> {
            let frozen = Arc::clone(&self.frozen);
            let mut part = Self { frozen, ..Self::without_requests(self.context) };
            part.tenant(tenant)?;
            Ok((part.files, part.problems))
        };
        let (tenants, of_tenants) = self.context.workspace.known_tenants()?;
        // What lies at a tenant whose record is not valid is left alone, so that is said.
        self.problems.extend(of_tenants);
        let tenants: Vec<Id> = tenants.into_iter().map(|tenant| tenant.domain).collect();
        for part in share::map(&tenants, env::processors(), &part) {
            let (files, problems) = part?;
            self.files.extend(files);
            self.problems.extend(problems);
        }
        Ok(())
    }

    fn tenant(&mut self, tenant: &Id) -> Result<()> {
        let (cases, more) = self.context.workspace.case_ids(tenant)?;
        self.problems.extend(more);
        for id in cases {
            let case = CaseRef { tenant: tenant.clone(), id };
            self.diagnostics(tenant, &layout::store(&case, Store::Diagnostics))?;
            self.transfer(&case)?;
        }
        for sar in self.context.workspace.approval_ids(tenant)? {
            self.diagnostics(tenant, &layout::approval_diagnostics(tenant, &sar))?;
        }
        Ok(())
    }

    /// Looks at one file once more: another process may have put it on hold, or reopened its case.
    pub(super) fn again(&mut self, file: &Clocked) -> Option<Clocked> {
        match file.clock {
            RetentionClock::Transfer => {
                let case = file.case.as_ref()?;
                let due_at = self.transfer_due(case)?;
                let keep = self.keep(&file.path, self.meta(&file.path).as_ref());
                Some(Clocked { due_at, keep, ..file.clone() })
            }
            _ => {
                let of = file.sidecar.as_ref().unwrap_or(&file.path);
                let meta = self.context.workspace.load::<Meta>(of).ok().flatten()?.value;
                let settings = &self.context.workspace.config().policy;
                let due_at = rules::diagnostic_due_at(settings, &meta, self.context.now).ok()?;
                let keep = self.keep(&file.path, Some(&meta));
                Some(Clocked { due_at, keep, ..file.clone() })
            }
        }
    }

    fn keep(&self, path: &RelPath, meta: Option<&Meta>) -> Option<Keep> {
        let holds = meta.map(|meta| meta.holds.as_slice()).unwrap_or_default();
        if !holds.is_empty() {
            return Some(Keep::Hold(holds.iter().map(|hold| hold.id.clone()).collect()));
        }
        self.frozen.get(&path.display()).map(|dsr| Keep::Evidence(dsr.clone()))
    }

    fn meta(&self, file: &RelPath) -> Option<Meta> {
        let of = match layout::sidecar_of(file.name()) {
            Some(_) => file.clone(),
            None => layout::sidecar(file),
        };
        self.context.workspace.load::<Meta>(&of).ok().flatten().map(|meta| meta.value)
    }

    pub(super) fn diagnostics(&mut self, tenant: &Id, dir: &RelPath) -> Result<()> {
        let (artefacts, problems) = self.context.workspace.artefacts(dir, Store::Diagnostics)?;
        for artefact in artefacts {
            // Its problem says that its age is unknown.
            let Some(meta) = artefact.meta else { continue };
            self.diagnostic(tenant, artefact.path, &meta);
        }
        for problem in problems {
            // A sidecar whose file is gone is under the clock of what it described.
            let path = RelPath::new(&problem.path).ok();
            let lone = path.filter(|path| {
                problem.kind == ProblemKind::Invalid && layout::sidecar_of(path.name()).is_some()
            });
            match lone.and_then(|path| self.context.workspace.load::<Meta>(&path).ok().flatten()) {
                Some(meta) => self.diagnostic(tenant, meta.path.clone(), &meta),
                None => self.problems.push(problem),
            }
        }
        Ok(())
    }

    fn diagnostic(&mut self, tenant: &Id, path: RelPath, meta: &Loaded<Meta>) {
        let settings = &self.context.workspace.config().policy;
        match rules::diagnostic_due_at(settings, &meta.value, self.context.now) {
            Ok(due_at) => {
                let lone = meta.path == path;
                self.files.push(Clocked {
                    keep: self.keep(&path, Some(&meta.value)),
                    sidecar: (!lone).then(|| meta.path.clone()),
                    clock: RetentionClock::Diagnostics,
                    due_at,
                    attached: (!lone).then_some(meta.value.sha256),
                    tenant: tenant.clone(),
                    case: None,
                    path,
                });
            }
            Err(why) => {
                self.problems.push(Problem::new(path.display(), ProblemKind::Invalid, why));
            }
        }
    }

    /// DTM-5: when the transfer files of a case are due; `None` while it is open, or when that
    /// cannot be told.
    fn transfer_due(&mut self, case: &CaseRef) -> Option<Time> {
        let settings = &self.context.workspace.config().policy;
        let closed_at = match self.context.workspace.load::<Case>(&layout::case(case)) {
            Ok(Some(loaded)) => loaded.value.closed_at?,
            Ok(None) => {
                let path = layout::tombstone(case);
                let tombstone = self.context.workspace.load::<Tombstone>(&path).ok().flatten()?;
                folder_rules::tombstone_start(&tombstone.value)
            }
            Err(error) => {
                let path = layout::case(case).display();
                let why = format!("the clock of its transfer files cannot be read: {error}");
                self.problems.push(Problem::new(path, ProblemKind::Invalid, why));
                return None;
            }
        };
        if closed_at > self.context.now {
            let path = layout::case(case).display();
            let why = "its closing lies in the future, so the clock of its transfer files cannot \
                       be counted";
            self.problems.push(Problem::new(path, ProblemKind::Invalid, why));
            return None;
        }
        Some(folder_rules::due_after(settings, closed_at))
    }

    pub(super) fn transfer(&mut self, case: &CaseRef) -> Result<()> {
        let (files, problems) = transfer::files(self.context, case)?;
        if files.is_empty() && problems.is_empty() {
            return Ok(());
        }
        let Some(due_at) = self.transfer_due(case) else { return Ok(()) };
        self.problems.extend(problems);
        for file in transfer::with_sidecars(files) {
            let meta = self.meta(&file.path);
            self.files.push(Clocked {
                keep: self.keep(&file.path, meta.as_ref()),
                sidecar: file.sidecar,
                clock: RetentionClock::Transfer,
                due_at,
                attached: meta
                    .filter(|_| layout::sidecar_of(file.path.name()).is_none())
                    .map(|meta| meta.sha256),
                tenant: case.tenant.clone(),
                case: Some(case.clone()),
                path: file.path,
            });
        }
        Ok(())
    }
}
