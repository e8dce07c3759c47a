//! What a request covers: every file that is searched, and the stores that are not.

use super::super::Context;
use super::resume::Stamp;
use super::walk::{self, Engagements, Tally, Walked, walk};
use crate::attest;
use crate::discovery::Target;
use crate::error::{Error, Result};
use crate::fs::{self, FileKind, RelPath};
use crate::model::{
    FindingKind, Request, RequestOption, ScopeProblem, Store, Tenant, UnsearchedStore,
};
use crate::workspace::{CaseRef, DsrRef, layout};
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
    /// What it was when the walk met it; nothing for what is searched in memory.
    pub(super) stamp: Option<Stamp>,
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
        let own = layout::dsr_dir(dsr);
        let tenants = customer_tenants(context, dsr)?;
        let mut engagements = Engagements::default();
        for tenant in &tenants {
            engagements.read(context, &tenant.domain)?;
        }
        let dirs = match request.option {
            RequestOption::A => {
                tenants.iter().map(|tenant| layout::tenant_dir(&tenant.domain)).collect()
            }
            RequestOption::B => {
                let named = named_cases(context, request)?;
                let mut dirs: Vec<RelPath> = named.iter().map(layout::case_dir).collect();
                dirs.extend(engagements.dirs_of(&named));
                dirs
            }
        };
        let mut found = walk(context, &own, &engagements, dirs);
        if request.option == RequestOption::A {
            found.append(attestation(context, &own, &engagements, &tenants)?);
        }
        let Walked { mut files, mut problems, transfer, contacts } = found;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        problems.sort_by(|a, b| (&a.path, &a.kind).cmp(&(&b.path, &b.kind)));
        let store = |store: &str, tally: Tally, why: &str| UnsearchedStore {
            store: store.to_owned(),
            files: tally.files,
            bytes: tally.bytes,
            why: why.to_owned(),
        };
        let not_searched = vec![
            store(
                Store::Transfer.as_str(),
                transfer,
                "files of the customer's own are deleted on a separate request [DSR-8]",
            ),
            store(
                "contacts",
                contacts,
                "contact and business relationship data is not support data [DSR-9]",
            ),
        ];
        Ok(Self { files, problems, not_searched })
    }
}

/// Openings, quarantine and cut tails of the attestation log, as far as they are about this
/// customer's files.
fn attestation(
    context: &Context,
    own: &RelPath,
    engagements: &Engagements,
    tenants: &[Tenant],
) -> Result<Walked> {
    let mut found = Walked::default();
    let base = layout::attest();
    let log = attest::Log::open(Arc::clone(context.workspace.fs()));
    for part in ["open", "trash", "torn"] {
        let dir = base.join(part);
        let entries = match context.workspace.fs().list(&dir) {
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
                                record.record.path.is_within(&layout::tenant_dir(&tenant.domain))
                            })
                        })
                    });
            match entry.kind {
                _ if other_customer => {}
                FileKind::Dir => found.append(walk(context, own, engagements, vec![path])),
                FileKind::File => found.append(walk::file(context, engagements, &path)),
                _ => found.problem(&path, "unreadable", "not a regular file"),
            }
        }
    }
    Ok(found)
}

/// The text of a `case.toml` without the people of the business relationship (DSR-9): contacts, who
/// opened it, who answered for the customer, who may use the transfer link. Comments stay.
/// `None` when it is not TOML.
pub(super) fn without_contacts(context: &Context, path: &RelPath) -> Result<Option<Vec<u8>>> {
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
