//! A tenant's own record as the index keeps it.

use super::{place, word};
use crate::model::{FORMAT, Id, Principal, Regime, Tenant};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::workspace::index) struct TenantRow {
    domain: String,
    tenant_id: String,
    customer: String,
    name: String,
    aliases: Vec<String>,
    region: Option<String>,
    regime: u8,
    principals: Vec<(String, String, Vec<String>, Option<String>)>,
}

impl From<&Tenant> for TenantRow {
    fn from(tenant: &Tenant) -> Self {
        Self {
            domain: tenant.domain.as_str().to_owned(),
            tenant_id: tenant.tenant_id.clone(),
            customer: tenant.customer.clone(),
            name: tenant.name.clone(),
            aliases: tenant.aliases.clone(),
            region: tenant.region.clone(),
            regime: place(&Regime::ALL, &tenant.regime),
            principals: tenant
                .principals
                .iter()
                .map(|p| (p.upn.clone(), p.name.clone(), p.roles.clone(), p.ssh_key.clone()))
                .collect(),
        }
    }
}

impl TenantRow {
    pub(in crate::workspace::index) fn into_tenant(self) -> Option<Tenant> {
        Some(Tenant {
            format: FORMAT,
            domain: Id::new(self.domain).ok()?,
            tenant_id: self.tenant_id,
            customer: self.customer,
            name: self.name,
            aliases: self.aliases,
            region: self.region,
            regime: word(&Regime::ALL, self.regime)?,
            principals: self
                .principals
                .into_iter()
                .map(|(upn, name, roles, ssh_key)| Principal { upn, name, roles, ssh_key })
                .collect(),
            x: None,
        })
    }
}
