//! What a request covers: every file that is searched, and the stores that are not.

use super::super::Context;
use crate::attest;
use crate::discovery::{Content, Target};
use crate::error::{Error, Result};
use crate::fs::{self, FileKind, RelPath};
use crate::model::{
    FindingKind, Id, Request, RequestOption, ScopeProblem, Store, Tenant, UnsearchedStore,
};
use crate::workspace::{CaseRef, DsrRef, layout};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::sync::Arc;
use toml_edit::{DocumentMut, Item};

/// A file that is searched.
#[derive(Debug)]
pub struct ScopeFile {
    pub target: Target,
    /// The file that a finding is about: a sidecar's findings are its file's.
    pub about: RelPath,
    pub path: RelPath,
    pub kind: FindingKind,
    /// The engagement that the file is part of.
    pub engagement: Option<CaseRef>,
}

/// Everything that a request covers.
#[derive(Debug, Default)]
pub struct Scope {
    pub files: Vec<ScopeFile>,
    pub problems: Vec<ScopeProblem>,
    pub not_searched: Vec<UnsearchedStore>,
}

/// The tenants of the customer that a request belongs to.
pub(in crate::ops) fn customer_tenants(context: &Context, dsr: &DsrRef) -> Result<Vec<Tenant>> {
    let own = context.workspace.tenant(&dsr.tenant)?.value;
    let mut tenants = context.tenants()?;
    tenants.retain(|tenant| tenant.customer == own.customer);
    Ok(tenants)
}

/// The engagements that option B names.
pub fn named_cases(context: &Context, request: &Request) -> Result<Vec<CaseRef>> {
    request.cases.iter().map(|named| context.workspace.find_case(named)).collect()
}

impl Scope {
    /// Walks what a request covers. Nothing of another customer and no file in `transfer/` is
    /// opened (DSR-8, decision 5).
    ///
    /// # Errors
    /// The workspace cannot be read at all; single files and directories are problems instead.
    pub fn of(context: &Context, dsr: &DsrRef, request: &Request) -> Result<Self> {
        let mut walk = Walk {
            context,
            own: layout::dsr_dir(dsr),
            engagements: BTreeMap::new(),
            scope: Self::default(),
            transfer: (0, 0),
            contacts: (0, 0),
        };
        let tenants = customer_tenants(context, dsr)?;
        for tenant in &tenants {
            walk.find_engagements(&tenant.domain)?;
        }
        match request.option {
            RequestOption::A => {
                for tenant in &tenants {
                    walk.directory(&layout::tenant_dir(&tenant.domain));
                }
                walk.attestation(&tenants)?;
            }
            RequestOption::B => {
                let named = named_cases(context, request)?;
                for case in &named {
                    walk.directory(&layout::case_dir(case));
                }
                let approvals: Vec<RelPath> = walk
                    .engagements
                    .iter()
                    .filter(|(_, case)| named.contains(case))
                    .map(|(dir, _)| dir.clone())
                    .collect();
                for dir in approvals {
                    walk.directory(&dir);
                }
            }
        }
        let mut scope = walk.scope;
        let store = |store: &str, (files, bytes), why: &str| UnsearchedStore {
            store: store.to_owned(),
            files,
            bytes,
            why: why.to_owned(),
        };
        scope.not_searched = vec![
            store(
                Store::Transfer.as_str(),
                walk.transfer,
                "files of the customer's own are deleted on a separate request [DSR-8]",
            ),
            store(
                "contacts",
                walk.contacts,
                "contact and business relationship data is not support data [DSR-9]",
            ),
        ];
        scope.files.sort_by(|a, b| a.path.cmp(&b.path));
        scope.problems.sort_by(|a, b| (&a.path, &a.kind).cmp(&(&b.path, &b.kind)));
        Ok(scope)
    }
}

struct Walk<'a> {
    context: &'a Context,
    /// The request's own directory: it holds the identifiers.
    own: RelPath,
    /// Approval directories and the engagements that they belong to.
    engagements: BTreeMap<RelPath, CaseRef>,
    scope: Scope,
    transfer: (u64, u64),
    contacts: (u64, u64),
}

impl Walk<'_> {
    fn problem(&mut self, path: &RelPath, kind: &str, why: impl Into<String>) {
        self.scope.problems.push(ScopeProblem {
            path: path.display(),
            kind: kind.to_owned(),
            why: why.into(),
        });
    }

    /// Which engagement each approval of a tenant belongs to: it lies in another directory, and
    /// often in another tenant (decision 8).
    fn find_engagements(&mut self, tenant: &Id) -> Result<()> {
        let dir = layout::approvals(tenant);
        let entries = match self.context.workspace.fs().list(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("read", dir, error)),
        };
        for entry in entries {
            let path = dir.join(&entry.name);
            let sar = entry.name.to_str().and_then(|name| Id::new(name).ok());
            if let Some(sar) = sar
                && let Ok(Some(approval)) = self.context.workspace.approval(tenant, &sar)
            {
                let approval = approval.value;
                let case = CaseRef { tenant: approval.request_tenant, id: approval.case };
                self.engagements.insert(path, case);
            }
        }
        Ok(())
    }

    fn directory(&mut self, dir: &RelPath) {
        if *dir == self.own {
            return;
        }
        let entries = match self.context.workspace.fs().list(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                self.problem(dir, "unreadable", error.to_string());
                return;
            }
        };
        let transfer = layout::is_transfer(dir);
        let store = !transfer && is_store(dir);
        for entry in &entries {
            let path = dir.join(&entry.name);
            match entry.kind {
                FileKind::Dir => self.directory(&path),
                FileKind::File if transfer => self.count_transfer(&path),
                FileKind::File => {
                    let sidecar = layout::sidecar_of(&entry.name).is_some();
                    let registered = sidecar
                        || entries
                            .binary_search_by(|other| {
                                other.name.as_os_str().cmp(layout::sidecar(&path).name())
                            })
                            .is_ok();
                    if store && !registered {
                        self.problem(
                            &path,
                            "unregistered",
                            "has no sidecar; it is searched all the same",
                        );
                    }
                    self.file(&path);
                }
                FileKind::Symlink if transfer => {}
                FileKind::Symlink => {
                    self.problem(&path, "unreadable", "a symbolic link, which is never followed");
                }
                FileKind::Other if transfer => {}
                FileKind::Other => self.problem(&path, "unreadable", "not a regular file"),
            }
        }
    }

    fn count_transfer(&mut self, path: &RelPath) {
        if layout::sidecar_of(path.name()).is_none() {
            let size = self.context.workspace.fs().stat(path).map_or(0, |stat| stat.size);
            self.transfer = (self.transfer.0 + 1, self.transfer.1 + size);
        }
    }

    fn file(&mut self, path: &RelPath) {
        let fs = self.context.workspace.fs();
        let parts: Vec<&OsStr> = path.components().skip(2).collect();
        // DSR-9: the tenant's people are business relationship data.
        if parts == ["tenant.toml"] {
            let size = fs.stat(path).map_or(0, |stat| stat.size);
            self.contacts = (self.contacts.0 + 1, self.contacts.1 + size);
            return;
        }
        let kind = kind_of(path);
        let engagement = layout::engagement_of(path).or_else(|| {
            self.engagements
                .iter()
                .find(|(dir, _)| path.is_within(dir))
                .map(|(_, case)| case.clone())
        });
        let mut content = Content::File { fs: Arc::clone(fs), path: path.clone() };
        if kind == FindingKind::Case {
            match without_contacts(self.context, path) {
                Ok(Some(text)) => {
                    self.contacts.0 += 1;
                    content = Content::Bytes(text.into());
                }
                // Searched as it stands: better a finding too many than one too few.
                Ok(None) => {
                    self.problem(path, "invalid", "is not valid TOML; searched as plain text");
                }
                Err(error) => {
                    self.problem(path, "unreadable", error.to_string());
                    return;
                }
            }
        }
        let about = match layout::sidecar_of(path.name()) {
            Some(file) => path.parent().join(file),
            None => path.clone(),
        };
        let name = path.name();
        self.scope.files.push(ScopeFile {
            target: Target { name: std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec(), content },
            about,
            path: path.clone(),
            kind,
            engagement,
        });
    }

    /// Openings, quarantine and cut tails of the attestation log, as far as they are about this
    /// customer's files.
    fn attestation(&mut self, tenants: &[Tenant]) -> Result<()> {
        let base = layout::attest();
        let log = attest::Log::open(Arc::clone(self.context.workspace.fs()));
        for part in ["open", "trash", "torn"] {
            let dir = base.join(part);
            let entries = match self.context.workspace.fs().list(&dir) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("read", dir, error)),
            };
            for entry in entries {
                let path = dir.join(&entry.name);
                let other_customer = part == "open"
                    && entry
                        .name
                        .to_str()
                        .and_then(|tx| tx.parse().ok())
                        .and_then(|tx| log.opening(tx).ok().flatten())
                        .is_some_and(|opening| {
                            !opening.records.iter().any(|record| {
                                tenants.iter().any(|tenant| {
                                    record
                                        .record
                                        .path
                                        .is_within(&layout::tenant_dir(&tenant.domain))
                                })
                            })
                        });
                match entry.kind {
                    _ if other_customer => {}
                    FileKind::Dir => self.directory(&path),
                    FileKind::File => self.file(&path),
                    _ => self.problem(&path, "unreadable", "not a regular file"),
                }
            }
        }
        Ok(())
    }
}

/// A directory whose files have sidecars.
fn is_store(dir: &RelPath) -> bool {
    let parts: Vec<&OsStr> = dir.components().skip(2).collect();
    match parts.as_slice() {
        [cases, _, store] if *cases == "cases" => *store == "records" || *store == "diagnostics",
        [approvals, _, store] if *approvals == "approvals" => *store == "diagnostics",
        _ => false,
    }
}

/// What a file is, from its path.
fn kind_of(path: &RelPath) -> FindingKind {
    let parts: Vec<&str> =
        path.components().map(|part| part.to_str().unwrap_or("\u{fffd}")).collect();
    match parts.as_slice() {
        [".attest", ..] => FindingKind::Attestation,
        [_, _, "audit.jsonl"] => FindingKind::Audit,
        [_, _, "dsr" | "transfer", ..] => FindingKind::Request,
        [_, _, "cases", _, "case.toml"] => FindingKind::Case,
        [_, _, "cases", _, "records", ..] => FindingKind::Record,
        [_, _, "cases" | "approvals", _, "diagnostics", ..] => FindingKind::Diagnostic,
        [_, _, "cases", _, "access", ..] => FindingKind::Access,
        [_, _, "approvals", _, "approval.toml"] => FindingKind::Approval,
        _ => FindingKind::Leftover,
    }
}

/// The text of a `case.toml` without the people of the business relationship (DSR-9): contacts, who
/// opened it, who answered for the customer, who may use the transfer link. Comments stay.
/// `None` when it is not TOML.
fn without_contacts(context: &Context, path: &RelPath) -> Result<Option<Vec<u8>>> {
    let bytes = fs::read(&**context.workspace.fs(), path)
        .map_err(|error| Error::io("read", path, error))?;
    Ok(strip_contacts(&bytes))
}

/// As [`without_contacts`], for the text itself.
pub(super) fn strip_contacts(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut document = std::str::from_utf8(bytes).ok()?.parse::<DocumentMut>().ok()?;
    for key in ["contacts", "opened_by"] {
        document.remove(key);
    }
    for (list, key) in [("consent", "by"), ("closures", "reopened_by")] {
        if let Some(entries) = document.get_mut(list).and_then(Item::as_array_of_tables_mut) {
            for entry in entries.iter_mut() {
                entry.remove(key);
            }
        }
    }
    for (table, key) in [("restriction", "by"), ("transfer", "accounts")] {
        if let Some(entry) = document.get_mut(table).and_then(Item::as_table_like_mut) {
            entry.remove(key);
        }
    }
    Some(document.to_string().into_bytes())
}
