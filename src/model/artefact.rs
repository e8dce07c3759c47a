//! Sidecars: what is known of each file in `records/`, `diagnostics/` and `transfer/`.

use super::words::words;
use super::{Extra, Id, Redaction, Sha256, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::str::FromStr;

words! {
    /// The closed set of diagnostic data categories (DIAG-1).
    "category" Category {
        SupportData = "support_data",
        AccountData = "account_data",
        SystemMetadata = "system_metadata",
        /// Organisation identifiable information.
        Oii = "oii",
        /// End user identifiable information.
        Euii = "euii",
        /// End user pseudonymous information.
        Eupi = "eupi",
    }
}

words! {
    /// Kinds of support records.
    "kind of record" RecordKind { Note = "note", Chat = "chat", Email = "email", Call = "call" }
}

words! {
    /// Kinds of diagnostics (CONS-3): the first seven are basic, the rest need consent.
    "kind of diagnostics" DiagnosticKind {
        ProblemDescription = "problem_description",
        Attachments = "attachments",
        ResourceHealth = "resource_health",
        ResourceConfig = "resource_config",
        Advisories = "advisories",
        ChangeHistory = "change_history",
        NetworkTopology = "network_topology",
        VmLogs = "vm_logs",
        SignInLogs = "sign_in_logs",
        PortalAccess = "portal_access",
        VmConsoleScreenshot = "vm_console_screenshot",
        PolicySettings = "policy_settings",
        AccessControl = "access_control",
        /// Needs a consent of its own (CONS-9).
        MemoryDump = "memory_dump",
        /// Anything else counts as advanced.
        Other = "other",
    }
}

words! {
    /// The three stores of a case.
    "store" Store { Records = "records", Diagnostics = "diagnostics", Transfer = "transfer" }
}

/// `<name>.meta.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    pub format: u32,
    /// The original name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Of the contents when attached (DIAG-6).
    pub sha256: Sha256,
    /// Attached, recorded or uploaded.
    pub at: Time,
    pub by: String,
    pub origin: Origin,
    /// Diagnostics only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// Diagnostics only: the 28-day clock starts here (DIAG-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<Time>,
    /// Diagnostics only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_by: Option<AuthorisedBy>,
    /// A [`RecordKind`] or a [`DiagnosticKind`], after the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Records: never given to a data subject (DSR-13).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redactions: Vec<Redaction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// A legal hold on one file (DEL-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    pub id: Id,
    pub reason: String,
    pub at: Time,
    pub by: String,
}

/// Where a file came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Collected,
    Customer,
    /// Copied out of the transfer folder, under this name (DTM-8).
    Transfer(String),
}

/// What authorised the collection (DIAG-5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorisedBy {
    Consent,
    Basic,
    /// A support access request.
    AccessRequest(Id),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Collected => f.write_str("collected"),
            Self::Customer => f.write_str("customer"),
            Self::Transfer(name) => write!(f, "transfer:{name}"),
        }
    }
}

impl FromStr for Origin {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "collected" => Ok(Self::Collected),
            "customer" => Ok(Self::Customer),
            _ => match word.strip_prefix("transfer:") {
                Some(name) if !name.is_empty() => Ok(Self::Transfer(name.to_owned())),
                _ => Err(format!(
                    "unknown origin `{word}`; one of: collected, customer, transfer:<name>"
                )),
            },
        }
    }
}

impl std::fmt::Display for AuthorisedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Consent => f.write_str("consent"),
            Self::Basic => f.write_str("basic"),
            Self::AccessRequest(id) => f.write_str(id.as_str()),
        }
    }
}

impl FromStr for AuthorisedBy {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "consent" => Ok(Self::Consent),
            "basic" => Ok(Self::Basic),
            id => Id::new(id).map(Self::AccessRequest).map_err(|error| error.to_string()),
        }
    }
}

macro_rules! serde_by_words {
    ($($name:ty),+) => { $(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+ };
}
serde_by_words!(Origin, AuthorisedBy);
