//! The separate request to delete a customer's transfer files (DTM-7).

use super::words::words;
use super::{Extra, Id, Time};
use serde::{Deserialize, Serialize};

words! {
    /// Where a transfer deletion request stands.
    "state" TransferRequestState {
        /// That it covers all files of the account is still to be acknowledged.
        Submitted = "submitted",
        Accepted = "accepted",
        Approved = "approved",
        /// Only files of open cases are left: their contacts delete them.
        SelfService = "self_service",
        /// DTM-8: the check over everything else is owed.
        CrossCheckRequired = "cross_check_required",
        Closed = "closed",
        Canceled = "canceled",
    }
}

words! {
    /// What becomes of the files of one case (DTM-6).
    "branch" TransferBranch {
        SelfService = "self_service",
        Delete = "delete",
        AlreadyDeleted = "already_deleted",
    }
}

words! {
    /// What somebody did to a transfer deletion request.
    "decision" TransferDecisionKind {
        Submitted = "submitted",
        Approved = "approved",
        Executed = "executed",
        Checked = "checked",
        Closed = "closed",
        Canceled = "canceled",
    }
}

/// `tenants/<tenant>/transfer/<id>/request.toml`. Names no file and no person of the customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    pub format: u32,
    pub revision: u64,
    /// `TDR-<year>-<number>`.
    pub id: Id,
    /// The data subject request that it belongs to, as `TENANT/ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dsr: Option<String>,
    /// The customer's own narrowing, as `TENANT/ID`; empty means all cases of the account.
    #[serde(default)]
    pub cases: Vec<String>,
    pub state: TransferRequestState,
    pub submitted_at: Time,
    pub submitted_by: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_files_acknowledged: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<TransferCheck>,
    /// What was measured of each case at the last execution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<TransferResult>,
    /// Transactions of the attestation log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub executions: Vec<TransferExecution>,
    /// History, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<TransferDecision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// `[check]`: the discovery over the other stores that followed the deletion (DTM-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferCheck {
    pub at: Time,
    pub by: String,
    /// The request whose identifiers were searched for, as `TENANT/ID`.
    pub dsr: String,
    /// Files with a finding, records kept by law left out.
    pub findings: u64,
    /// Nothing unreadable and no limit hit.
    pub complete: bool,
}

/// One case of a deletion request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferResult {
    /// `TENANT/ID`.
    pub case: String,
    pub branch: TransferBranch,
    /// Looked up after execution: nothing is left but what is under legal hold.
    pub gone: bool,
    /// DTM-9: where the files lay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// One transaction of a deletion request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferExecution {
    pub tx: String,
    /// Index of the `begin` leaf.
    pub begin: u64,
    /// Index of the `end` leaf.
    pub end: u64,
    pub at: Time,
    pub by: String,
    /// Whether the process that started it did not finish it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovered: bool,
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferDecision {
    pub what: TransferDecisionKind,
    pub at: Time,
    pub by: String,
    /// The account of the host; `by` is a claim.
    pub os_user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
