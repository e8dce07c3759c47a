//! Data subject requests as the clocks need them: read once, for the files that they freeze (DEL-9)
//! and for their own evidence (ATT-7).

use crate::env;
use crate::error::Result;
use crate::model::{Finding, Id, Request};
use crate::ops::Context;
use crate::policy::dsr::{Choice, choice};
use crate::policy::retention as rules;
use crate::share;
use crate::workspace::{DsrRef, Problem, layout};
use std::collections::BTreeMap;

/// The requests of a workspace.
#[derive(Debug, Default)]
pub(super) struct Requests {
    read: Vec<(DsrRef, Request)>,
    /// Of which nothing is under a clock: read when somebody asks for one of them.
    others: Vec<DsrRef>,
    pub problems: Vec<Problem>,
}

impl Requests {
    /// All of them, read from their files on all processors.
    ///
    /// # Errors
    /// A directory of them cannot be read.
    pub(super) fn all(context: &Context) -> Result<Self> {
        let of = |tenant: &Id| context.workspace.dsrs(tenant);
        let mut all = Self::default();
        let tenants = context.tenant_ids()?;
        let found = share::map(&tenants, env::processors(), &of);
        for (tenant, found) in tenants.iter().zip(found) {
            let (requests, problems) = found?;
            all.problems.extend(problems);
            all.read.extend(requests.into_iter().map(|request| {
                let id = request.value.id.clone();
                (DsrRef { tenant: tenant.clone(), id }, request.value)
            }));
        }
        Ok(all)
    }

    /// These, of which something may be under a clock, beside others.
    pub(super) fn of(context: &Context, with_clock: &[DsrRef], others: Vec<DsrRef>) -> Self {
        let (read, problems) = context.workspace.dsrs_of(with_clock);
        Self { read, others, problems }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(DsrRef, Request)> {
        self.read.iter()
    }

    /// The requests of this id, at whichever tenants; `None` when there is none, or one of them cannot
    /// be read any more.
    pub(super) fn find(&self, context: &Context, id: &Id) -> Option<Vec<Request>> {
        let read = self.read.iter().filter(|(dsr, _)| dsr.id == *id);
        let read = read.map(|(_, request)| Some(request.clone()));
        let others = self.others.iter().filter(|dsr| dsr.id == *id);
        let others = others.map(|dsr| Some(context.workspace.dsr(dsr).ok()?.value));
        let found: Vec<Request> = read.chain(others).collect::<Option<_>>()?;
        (!found.is_empty()).then_some(found)
    }

    /// DEL-9: the files that the findings of unanswered access, export and rectify requests name, each
    /// with its request. What was excluded is somebody else's and is not frozen.
    ///
    /// # Errors
    /// The findings of a request cannot be read.
    pub(super) fn frozen(&self, context: &Context) -> Result<BTreeMap<String, Id>> {
        let mut frozen = BTreeMap::new();
        for (dsr, request) in self.read.iter().filter(|(_, request)| rules::freezes(request)) {
            let findings: Vec<Finding> =
                context.workspace.json_lines(&layout::findings(dsr))?.unwrap_or_default();
            for finding in findings {
                if choice(request, &finding) == Choice::Excluded {
                    continue;
                }
                let file = finding.path.split_once("!/").map(|(file, _)| file.to_owned());
                let file = file.unwrap_or(finding.path);
                let file = file.strip_suffix(layout::SIDECAR).map(str::to_owned).unwrap_or(file);
                frozen.entry(file).or_insert_with(|| request.id.clone());
            }
        }
        Ok(frozen)
    }
}
