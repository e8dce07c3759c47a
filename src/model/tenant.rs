//! `tenants/<domain>/tenant.toml`: a customer's directory, its people and their roles.

use super::words::words;
use super::{Extra, Id};
use serde::{Deserialize, Serialize};

words! {
    /// How a tenant's consent to advanced diagnostics works (decision 3).
    "regime" Regime {
        /// One window of 30 days for the whole tenant, from its newest open case.
        M365 = "m365",
        /// Yes or No per case, until it is closed.
        Azure = "azure",
    }
}

/// `tenant.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    pub format: u32,
    /// Also the name of its directory.
    pub domain: Id,
    pub tenant_id: String,
    /// Tenants with the same customer are searched together for a data subject request.
    pub customer: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    pub regime: Regime,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Principal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<Extra>,
}

/// A person of a tenant, with the directory roles that the tenant gave them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// User principal name. A guest of another tenant keeps their home address.
    pub upn: String,
    pub name: String,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<String>,
}

impl Tenant {
    /// The principal of this name, compared without case as directories do.
    #[must_use]
    pub fn principal(&self, upn: &str) -> Option<&Principal> {
        self.principals.iter().find(|principal| principal.upn.eq_ignore_ascii_case(upn))
    }
}
