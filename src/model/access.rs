//! Support access requests: the request lives in the support request tenant, the approval in the
//! resource tenant (decision 2). Nothing about the approval stands in the request.

use super::words::words;
use super::{Extra, Id, Time};
use serde::{Deserialize, Serialize};

words! {
    "decision" Decision { Approved = "approved", Rejected = "rejected" }
}

words! {
    /// How a request ended without access.
    "outcome" OutcomeState { Rejected = "rejected", Canceled = "canceled", Expired = "expired" }
}

words! {
    /// How an approval ended.
    "end of access" EndedState { Removed = "removed", Completed = "completed" }
}

/// `cases/<id>/access/<sar-id>.toml`, request side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    pub format: u32,
    pub revision: u64,
    pub id: Id,
    pub case: Id,
    pub request_tenant: Id,
    pub resource_tenant: Id,
    pub justification: String,
    pub created_at: Time,
    pub created_by: String,
    /// How many closings of the case came before it: one in the same second must not cancel it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after_closings: usize,
    /// Decision of the support request tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_slot: Option<Slot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// One administrator's decision for one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    pub decision: Decision,
    pub at: Time,
    pub by: String,
    /// Armoured SSH signature over the statement of the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// How a request ended; never anything about the approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub state: OutcomeState,
    pub at: Time,
}

/// `tenants/<resource>/approvals/<sar-id>/approval.toml`, resource side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    pub format: u32,
    pub revision: u64,
    pub id: Id,
    pub request_tenant: Id,
    pub case: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_slot: Option<Slot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// The end of access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    pub state: EndedState,
    pub at: Time,
    /// Absent when it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}
