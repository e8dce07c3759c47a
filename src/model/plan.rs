//! What discovery found and what a plan lists, a line each of `findings.jsonl` and `plan.jsonl`.

use super::{Category, FindingKind, FindingOutcome, PlanAction, Sha256, Time};
use serde::{Deserialize, Serialize};

/// A line of `findings.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// `f0001`, stable for a path over repeated discoveries of one request.
    pub id: String,
    /// Relative to the workspace; a member of an archive is `outer.zip!/inner/name`.
    pub path: String,
    pub kind: FindingKind,
    pub outcome: FindingOutcome,
    pub reason: Option<String>,
    pub matches: Vec<FindingMatch>,
    /// The engagement it belongs to, as `TENANT/ID`.
    pub engagement: Option<String>,
    /// Of the outer file when it was searched.
    pub size: u64,
    pub sha256: Sha256,
}

/// How often an identifier was found in one form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingMatch {
    /// Index into the request's identifiers.
    pub identifier: usize,
    pub form: String,
    pub count: u64,
}

/// A line of `plan.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanItem {
    pub path: String,
    pub action: PlanAction,
    pub size: u64,
    pub sha256: Sha256,
    /// Of the sidecar, where there is one: what was attached.
    pub attached_sha256: Option<Sha256>,
    pub attached_at: Option<Time>,
    pub collected_at: Option<Time>,
    pub origin: Option<String>,
    pub categories: Vec<Category>,
    pub why: String,
    /// The engagement it belongs to, as `TENANT/ID`.
    pub engagement: String,
    /// What takes its place, when it is written anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
}

/// A file as it will be, without the spans that give way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    pub sha256: Sha256,
    pub size: u64,
    /// How many spans give way.
    pub spans: u64,
}
