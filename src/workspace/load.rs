//! Reading records.

use super::find::unknown;
use super::{
    CaseRef, DsrRef, Problem, ProblemKind, Record, TransferRef, Workspace, layout, record,
};
use crate::env;
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, FileKind, RelPath};
use crate::model::{
    AccessRequest, Approval, Case, Id, Request, Tenant, Tombstone, TransferRequest,
};
use crate::policy::case as rules;
use crate::share;
use std::collections::HashSet;
use std::io;

/// A record with the text it was read from: what a change is based on.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    pub value: T,
    pub path: RelPath,
    pub text: String,
}

/// Records that were read, beside the files that were none.
pub type Listed<T> = (Vec<Loaded<T>>, Vec<Problem>);

impl Workspace {
    /// Reads a record, `None` when its file does not exist.
    ///
    /// # Errors
    /// It cannot be read or is not valid.
    pub fn load<T: Record>(&self, path: &RelPath) -> Result<Option<Loaded<T>>> {
        let bytes = match fs::read(&*self.fs, path) {
            Ok(bytes) => bytes,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(self.io("read", path, error)),
        };
        let value = record::parse(path, &bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Some(Loaded { value, path: path.clone(), text }))
    }

    /// The names of the directories in `dir` that are ids; other things there are problems.
    pub(super) fn ids(&self, dir: &RelPath) -> Result<(Vec<Id>, Vec<Problem>)> {
        let entries = match self.fs.list(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(self.io("read", dir, error)),
        };
        let (mut ids, mut problems) = (Vec::new(), Vec::new());
        let mut known: HashSet<Id> = HashSet::new();
        for entry in entries {
            let why = match (entry.kind, entry.name.to_str().map(Id::new)) {
                (FileKind::Dir, Some(Ok(id))) => {
                    if let Some(twin) = known.get(&id) {
                        format!("the same id as {twin}: ids are compared without case")
                    } else {
                        known.insert(id.clone());
                        ids.push(id);
                        continue;
                    }
                }
                (FileKind::Symlink, _) => "a symbolic link, which is never followed".to_owned(),
                (FileKind::Dir, Some(Err(error))) => error.to_string(),
                (FileKind::Dir, None) => "its name is not UTF-8".to_owned(),
                _ => "not a directory of a record".to_owned(),
            };
            let path = dir.join(&entry.name);
            problems.push(Problem::new(path.display(), ProblemKind::Invalid, why));
        }
        Ok((ids, problems))
    }

    /// The records at these paths that are there and valid, in their order; many on all processors.
    fn load_each<T: Record + Send>(
        &self,
        paths: impl IntoIterator<Item = RelPath>,
        problems: &mut Vec<Problem>,
        check: impl Fn(&T, &RelPath) -> Option<String> + Sync,
    ) -> Vec<Loaded<T>> {
        /// So many are read before another thread would have begun.
        const FEW: usize = 32;
        let paths: Vec<RelPath> = paths.into_iter().collect();
        let threads = if paths.len() < FEW { 1 } else { env::processors() };
        let read = |path: &RelPath| match self.load::<T>(path) {
            Ok(Some(record)) => match check(&record.value, path) {
                None => Ok(Some(record)),
                Some(why) => Err(Problem::new(path.display(), ProblemKind::Invalid, why)),
            },
            Ok(None) => Ok(None),
            Err(Error::Invalid(invalid)) => Err(invalid.into()),
            Err(error) => {
                Err(Problem::new(path.display(), ProblemKind::Unreadable, error.to_string()))
            }
        };
        let mut records = Vec::with_capacity(paths.len());
        for read in share::map(&paths, threads, &read) {
            match read {
                Ok(record) => records.extend(record),
                Err(problem) => problems.push(problem),
            }
        }
        records
    }

    /// All tenants, by domain.
    ///
    /// # Errors
    /// The directory of tenants cannot be read.
    pub fn tenants(&self) -> Result<Listed<Tenant>> {
        let (ids, mut problems) = self.ids(&layout::tenants())?;
        let tenants = self.load_each(ids.iter().map(layout::tenant), &mut problems, check_tenant);
        Ok((tenants, problems))
    }

    /// One tenant.
    ///
    /// # Errors
    /// There is none of that domain (the nearest is named), or its file is not valid.
    pub fn tenant(&self, domain: &Id) -> Result<Loaded<Tenant>> {
        if let Some(tenant) = self.load(&layout::tenant(domain))? {
            return Ok(tenant);
        }
        let (ids, _) = self.ids(&layout::tenants())?;
        if let Some(other_case) = ids.iter().find(|id| *id == domain)
            && let Some(tenant) = self.load(&layout::tenant(other_case))?
        {
            return Ok(tenant);
        }
        let known = ids.iter().filter(|id| self.sees(id)).map(Id::as_str);
        Err(unknown("tenant", domain.as_str(), known, "caseward tenant list"))
    }

    /// The ids of the engagements of a tenant, tombstones included.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn case_ids(&self, tenant: &Id) -> Result<(Vec<Id>, Vec<Problem>)> {
        self.ids(&layout::cases(tenant))
    }

    /// The cases of a tenant that have not been expunged, by id.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn cases(&self, tenant: &Id) -> Result<Listed<Case>> {
        let (ids, mut problems) = self.case_ids(tenant)?;
        let paths =
            ids.iter().map(|id| layout::case(&CaseRef { tenant: tenant.clone(), id: id.clone() }));
        let cases = self.load_each(paths, &mut problems, check_case);
        Ok((cases, problems))
    }

    /// The tombstones of a tenant: engagements that were expunged.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn tombstones(&self, tenant: &Id) -> Result<Listed<Tombstone>> {
        let (ids, _) = self.case_ids(tenant)?;
        let mut problems = Vec::new();
        let of = |id: &Id| CaseRef { tenant: tenant.clone(), id: id.clone() };
        let mut gone = Vec::new();
        for id in &ids {
            // A tombstone beside a case belongs to a deletion that is under way.
            if !fs::exists(&*self.fs, &layout::case(&of(id)))
                .map_err(|error| self.io("read", &layout::case(&of(id)), error))?
            {
                gone.push(layout::tombstone(&of(id)));
            }
        }
        let tombstones = self.load_each(gone, &mut problems, |_: &Tombstone, _| None);
        Ok((tombstones, problems))
    }

    /// A case, or the tombstone of one that was expunged, or what is wrong with either.
    pub(super) fn case_or_tombstone(
        &self,
        case: &CaseRef,
    ) -> (Option<Case>, Option<Tombstone>, Vec<Problem>) {
        let mut problems = Vec::new();
        let path = layout::case(case);
        // A tombstone beside a case belongs to a deletion that is under way.
        match fs::exists(&*self.fs, &path) {
            Ok(true) => {
                let mut cases = self.load_each([path], &mut problems, check_case);
                (cases.pop().map(|case| case.value), None, problems)
            }
            Ok(false) => {
                let path = layout::tombstone(case);
                let mut found = self.load_each([path], &mut problems, |_: &Tombstone, _| None);
                (None, found.pop().map(|tombstone| tombstone.value), problems)
            }
            Err(error) => {
                let why = error.to_string();
                problems.push(Problem::new(path.display(), ProblemKind::Unreadable, why));
                (None, None, problems)
            }
        }
    }

    /// One tenant, or what is wrong with it; nothing where there is no `tenant.toml`.
    pub(super) fn tenant_or_problem(&self, domain: &Id) -> Result<Tenant, Option<Problem>> {
        let mut problems = Vec::new();
        let mut tenants = self.load_each([layout::tenant(domain)], &mut problems, check_tenant);
        tenants.pop().map(|tenant| tenant.value).ok_or_else(|| problems.pop())
    }

    /// A case's record.
    ///
    /// # Errors
    /// It is not valid, was expunged, or its file is missing.
    pub fn case(&self, case: &CaseRef) -> Result<Loaded<Case>> {
        let path = layout::case(case);
        match self.load::<Case>(&path)? {
            Some(loaded) => match check_case(&loaded.value, &path) {
                None => Ok(loaded),
                Some(why) => Err(Invalid::new(path.display(), why).into()),
            },
            None => match self.load::<Tombstone>(&layout::tombstone(case))? {
                Some(tombstone) => Err(Error::Usage {
                    message: format!(
                        "case {case} was expunged on {}",
                        tombstone.value.at.format("%Y-%m-%d")
                    ),
                    hint: Some(
                        "`caseward attest log` has the entry; the id is never used again"
                            .to_owned(),
                    ),
                }),
                None => Err(Invalid::new(path.display(), "the case has no case.toml")
                    .hint(
                        "restore it, or finish an interrupted deletion with `caseward dsr execute`",
                    )
                    .into()),
            },
        }
    }

    /// The tombstone of a case that was expunged.
    ///
    /// # Errors
    /// It is not valid.
    pub fn tombstone(&self, case: &CaseRef) -> Result<Option<Loaded<Tombstone>>> {
        if self.load::<Case>(&layout::case(case)).is_ok_and(|case| case.is_some()) {
            return Ok(None);
        }
        self.load(&layout::tombstone(case))
    }

    /// The access requests made for a case, oldest first.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn access_requests(&self, case: &CaseRef) -> Result<Listed<AccessRequest>> {
        let dir = layout::access_dir(case);
        let entries = match self.fs.list(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(self.io("read", &dir, error)),
        };
        let mut problems = Vec::new();
        let paths = entries
            .iter()
            .filter(|entry| entry.name.to_string_lossy().ends_with(".toml"))
            .map(|entry| dir.join(&entry.name));
        let mut requests =
            self.load_each(paths, &mut problems, |request: &AccessRequest, path: &RelPath| {
                let stem = path.name().to_string_lossy().trim_end_matches(".toml").to_owned();
                (request.id != *stem.as_str())
                    .then(|| format!("its id is `{}`, its file is named `{stem}`", request.id))
            });
        requests.sort_by_key(|request| request.value.created_at);
        Ok((requests, problems))
    }

    /// The approval of an access request at its resource tenant.
    ///
    /// # Errors
    /// It cannot be read or is not valid.
    pub fn approval(&self, resource_tenant: &Id, sar: &Id) -> Result<Option<Loaded<Approval>>> {
        self.load(&layout::approval(resource_tenant, sar))
    }

    /// The ids of the data subject requests of a tenant, valid or not.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn dsr_ids(&self, tenant: &Id) -> Result<Vec<Id>> {
        Ok(self.ids(&layout::dsrs(tenant))?.0)
    }

    /// The ids of the approvals that lie at a tenant.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn approval_ids(&self, tenant: &Id) -> Result<Vec<Id>> {
        Ok(self.ids(&layout::approvals(tenant))?.0)
    }

    /// The data subject requests of a tenant, by id.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn dsrs(&self, tenant: &Id) -> Result<Listed<Request>> {
        let (ids, mut problems) = self.ids(&layout::dsrs(tenant))?;
        let dsr = |id: &Id| layout::dsr(&DsrRef { tenant: tenant.clone(), id: id.clone() });
        let requests = self.load_each(ids.iter().map(dsr), &mut problems, check_dsr);
        Ok((requests, problems))
    }

    /// These data subject requests, those left out that are gone.
    #[must_use]
    pub fn dsrs_of(&self, dsrs: &[DsrRef]) -> (Vec<(DsrRef, Request)>, Vec<Problem>) {
        let mut problems = Vec::new();
        let loaded = self.load_each(dsrs.iter().map(layout::dsr), &mut problems, check_dsr);
        let mut dsrs = dsrs.iter();
        let of = |loaded: Loaded<Request>| {
            let dsr = dsrs.find(|dsr| layout::dsr(dsr) == loaded.path)?;
            Some((dsr.clone(), loaded.value))
        };
        (loaded.into_iter().filter_map(of).collect(), problems)
    }

    /// The ids of the transfer deletion requests of a tenant, valid or not.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn transfer_request_ids(&self, tenant: &Id) -> Result<Vec<Id>> {
        Ok(self.ids(&layout::transfer_requests(tenant))?.0)
    }

    /// The transfer deletion requests of a tenant, by id.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn transfer_requests(&self, tenant: &Id) -> Result<Listed<TransferRequest>> {
        let (ids, mut problems) = self.ids(&layout::transfer_requests(tenant))?;
        let of = |id: &Id| TransferRef { tenant: tenant.clone(), id: id.clone() };
        let paths = ids.iter().map(|id| layout::transfer_request(&of(id)));
        let requests = self.load_each(paths, &mut problems, |request: &TransferRequest, path| {
            let dir = path.parent();
            let named = dir.name().to_string_lossy().into_owned();
            (request.id != *named)
                .then(|| format!("its id is `{}`, its directory `{named}`", request.id))
        });
        Ok((requests, problems))
    }

    /// A transfer deletion request.
    ///
    /// # Errors
    /// Its file is missing or not valid.
    pub fn transfer_request(&self, request: &TransferRef) -> Result<Loaded<TransferRequest>> {
        let path = layout::transfer_request(request);
        self.load(&path)?
            .ok_or_else(|| Invalid::new(path.display(), "the request has no request.toml").into())
    }

    /// A data subject request.
    ///
    /// # Errors
    /// Its file is missing or not valid.
    pub fn dsr(&self, dsr: &DsrRef) -> Result<Loaded<Request>> {
        let path = layout::dsr(dsr);
        self.load(&path)?
            .ok_or_else(|| Invalid::new(path.display(), "the request has no request.toml").into())
    }

    /// Reads a file of JSON lines; `None` when it does not exist.
    ///
    /// # Errors
    /// It cannot be read, or a line is not what it should be; the line is named.
    pub fn json_lines<T: serde::de::DeserializeOwned>(
        &self,
        path: &RelPath,
    ) -> Result<Option<Vec<T>>> {
        let bytes = match fs::read(&*self.fs, path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io("read", path, error)),
        };
        bytes
            .split(|&byte| byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
            .map(|(index, line)| {
                serde_json::from_slice(line).map_err(|error| {
                    let mut invalid = Invalid::new(path.display(), error.to_string());
                    invalid.line = Some(index + 1);
                    invalid.into()
                })
            })
            .collect::<Result<Vec<T>>>()
            .map(Some)
    }
}

/// What a tenant's record contradicts.
fn check_tenant(tenant: &Tenant, path: &RelPath) -> Option<String> {
    let dir = path.parent();
    let named = dir.name().to_string_lossy().into_owned();
    (tenant.domain != *named)
        .then(|| format!("its domain is `{}`, its directory `{named}`", tenant.domain))
}

/// What a data subject request's record contradicts.
fn check_dsr(request: &Request, path: &RelPath) -> Option<String> {
    let dir = path.parent();
    let named = dir.name().to_string_lossy();
    (request.id != *named.as_ref())
        .then(|| format!("its id is `{}`, its directory `{named}`", request.id))
}

/// What a case's record contradicts.
fn check_case(case: &Case, path: &RelPath) -> Option<String> {
    let dir = path.parent();
    let named = dir.name().to_string_lossy();
    if case.id != *named.as_ref() {
        return Some(format!("its id is `{}`, its directory `{named}`", case.id));
    }
    let closed = case.status == crate::model::CaseStatus::Closed;
    if closed != case.closed_at.is_some() {
        return Some("`status` and `closed_at` contradict each other".to_owned());
    }
    let contacts = case.contacts.iter().map(rules::check_contact);
    let service = rules::check_service(case.sla.as_ref(), case.assigned_to.as_deref());
    contacts.chain([service]).find_map(Result::err).map(|refusal| refusal.to_string())
}
