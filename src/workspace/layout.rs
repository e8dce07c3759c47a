//! The paths of a workspace: where each record lies, and what a path belongs to.

use crate::fs::RelPath;
use crate::model::{Id, Store};
use std::ffi::OsStr;
use std::fmt;

/// The ending of a sidecar's name.
pub const SIDECAR: &str = ".meta.toml";

/// A case in its tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseRef {
    pub tenant: Id,
    pub id: Id,
}

impl fmt::Display for CaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.id)
    }
}

/// A data subject request in the tenant it was received for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DsrRef {
    pub tenant: Id,
    pub id: Id,
}

impl fmt::Display for DsrRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.id)
    }
}

/// A transfer deletion request in the tenant it was received for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferRef {
    pub tenant: Id,
    pub id: Id,
}

impl fmt::Display for TransferRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.id)
    }
}

#[must_use]
pub fn config() -> RelPath {
    RelPath::root().join("workspace.toml")
}

#[must_use]
pub fn lock() -> RelPath {
    RelPath::root().join(".lock")
}

#[must_use]
pub fn journal() -> RelPath {
    RelPath::root().join(".journal")
}

/// What is derived and disposable.
#[must_use]
pub fn cache() -> RelPath {
    RelPath::root().join(".cache")
}

#[must_use]
pub fn attest() -> RelPath {
    RelPath::root().join(".attest")
}

/// The keyed index of what was erased (DEL-11): `key` and `index`.
#[must_use]
pub fn erased() -> RelPath {
    RelPath::root().join(".erased")
}

#[must_use]
pub fn tenants() -> RelPath {
    RelPath::root().join("tenants")
}

#[must_use]
pub fn tenant_dir(tenant: &Id) -> RelPath {
    tenants().join(tenant)
}

#[must_use]
pub fn tenant(tenant: &Id) -> RelPath {
    tenant_dir(tenant).join("tenant.toml")
}

#[must_use]
pub fn audit(tenant: &Id) -> RelPath {
    tenant_dir(tenant).join("audit.jsonl")
}

#[must_use]
pub fn cases(tenant: &Id) -> RelPath {
    tenant_dir(tenant).join("cases")
}

#[must_use]
pub fn case_dir(case: &CaseRef) -> RelPath {
    cases(&case.tenant).join(&case.id)
}

#[must_use]
pub fn case(case: &CaseRef) -> RelPath {
    case_dir(case).join("case.toml")
}

#[must_use]
pub fn tombstone(case: &CaseRef) -> RelPath {
    case_dir(case).join("tombstone.toml")
}

#[must_use]
pub fn access_dir(case: &CaseRef) -> RelPath {
    case_dir(case).join("access")
}

#[must_use]
pub fn access_request(case: &CaseRef, sar: &Id) -> RelPath {
    access_dir(case).join(format!("{sar}.toml"))
}

#[must_use]
pub fn store(case: &CaseRef, store: Store) -> RelPath {
    case_dir(case).join(store.as_str())
}

#[must_use]
pub fn approvals(resource_tenant: &Id) -> RelPath {
    tenant_dir(resource_tenant).join("approvals")
}

#[must_use]
pub fn approval_dir(resource_tenant: &Id, sar: &Id) -> RelPath {
    approvals(resource_tenant).join(sar)
}

#[must_use]
pub fn approval(resource_tenant: &Id, sar: &Id) -> RelPath {
    approval_dir(resource_tenant, sar).join("approval.toml")
}

/// Diagnostics that were collected from a resource tenant lie at that tenant (decision 8).
#[must_use]
pub fn approval_diagnostics(resource_tenant: &Id, sar: &Id) -> RelPath {
    approval_dir(resource_tenant, sar).join(Store::Diagnostics.as_str())
}

#[must_use]
pub fn dsrs(tenant: &Id) -> RelPath {
    tenant_dir(tenant).join("dsr")
}

#[must_use]
pub fn dsr_dir(dsr: &DsrRef) -> RelPath {
    dsrs(&dsr.tenant).join(&dsr.id)
}

#[must_use]
pub fn dsr(dsr: &DsrRef) -> RelPath {
    dsr_dir(dsr).join("request.toml")
}

#[must_use]
pub fn findings(dsr: &DsrRef) -> RelPath {
    dsr_dir(dsr).join("findings.jsonl")
}

#[must_use]
pub fn plan(dsr: &DsrRef) -> RelPath {
    dsr_dir(dsr).join("plan.jsonl")
}

/// The transfer deletion requests of a tenant (DTM-7).
#[must_use]
pub fn transfer_requests(tenant: &Id) -> RelPath {
    tenant_dir(tenant).join("transfer")
}

#[must_use]
pub fn transfer_request(request: &TransferRef) -> RelPath {
    transfer_requests(&request.tenant).join(&request.id).join("request.toml")
}

/// The sidecar of a file.
#[must_use]
pub fn sidecar(file: &RelPath) -> RelPath {
    file.with_suffix(SIDECAR)
}

/// The name of the file that a sidecar's name belongs to.
#[must_use]
pub fn sidecar_of(name: &OsStr) -> Option<&OsStr> {
    use std::os::unix::ffi::OsStrExt;
    let stem = name.as_bytes().strip_suffix(SIDECAR.as_bytes())?;
    (!stem.is_empty()).then(|| OsStr::from_bytes(stem))
}

/// The engagement that a path lies in, when it lies in one: below `cases/<id>`.
#[must_use]
pub fn engagement_of(path: &RelPath) -> Option<CaseRef> {
    let parts: Vec<&str> = path.components().take(4).filter_map(OsStr::to_str).collect();
    match parts.as_slice() {
        ["tenants", tenant, "cases", case] => {
            Some(CaseRef { tenant: Id::new(*tenant).ok()?, id: Id::new(*case).ok()? })
        }
        _ => None,
    }
}

/// Whether a directory is a case's `transfer/` or lies below it.
#[must_use]
pub fn is_transfer(dir: &RelPath) -> bool {
    let parts: Vec<&OsStr> = dir.components().take(5).collect();
    matches!(parts.as_slice(), [_, _, cases, _, store]
        if *cases == "cases" && *store == Store::Transfer.as_str())
}
