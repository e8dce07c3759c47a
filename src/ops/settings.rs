//! What a new workspace needs: tenants with their people, and engineers.

use super::Context;
use crate::error::{Error, Result};
use crate::model::{Engineer, FORMAT, Id, Principal, Regime, Tenant, WorkspaceConfig};
use crate::policy::roles;
use crate::text;
use crate::workspace::{Commit, Loaded, layout};

/// A tenant to add.
#[derive(Debug, Clone)]
pub struct NewTenant {
    pub domain: String,
    pub customer: Option<String>,
    pub name: Option<String>,
    pub regime: Regime,
    pub tenant_id: Option<String>,
    pub region: Option<String>,
    pub aliases: Vec<String>,
}

/// Adds a tenant.
///
/// # Errors
/// The domain is no id, or a tenant of that domain exists.
pub fn add_tenant(context: &Context, new: NewTenant) -> Result<Tenant> {
    context.require_writable()?;
    let domain = Id::new(new.domain.to_ascii_lowercase())
        .map_err(|error| Error::usage(format!("the tenant's domain: {error}")))?;
    let exists = context.workspace.tenant(&domain).is_ok();
    if exists {
        return Err(Error::Conflict {
            message: format!("the tenant {domain} exists already"),
            hint: Some("nothing was changed".to_owned()),
        });
    }
    let first_label = domain.as_str().split('.').next().unwrap_or_default().to_owned();
    let tenant = Tenant {
        format: FORMAT,
        tenant_id: new.tenant_id.unwrap_or_else(random_guid),
        customer: new.customer.unwrap_or_else(|| first_label.clone()),
        name: new.name.unwrap_or(first_label),
        aliases: new.aliases,
        region: new.region.or_else(|| context.workspace.config().region.clone()),
        regime: new.regime,
        principals: Vec::new(),
        x: None,
        domain,
    };
    let mut commit = Commit::new();
    commit.create(layout::tenant(&tenant.domain), &tenant);
    context.commit(commit)?;
    Ok(tenant)
}

fn random_guid() -> String {
    let mut bytes = [0; 16];
    // An id that is all zeroes but for the version is visibly a placeholder to be replaced.
    let _ = getrandom::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Adds a person to a tenant.
///
/// # Errors
/// The tenant knows them already, or the name is no user principal name.
pub fn add_principal(context: &Context, tenant: &Id, principal: Principal) -> Result<Tenant> {
    context.require_writable()?;
    check_principal_name(&principal.upn)?;
    let loaded = context.workspace.tenant(tenant)?;
    if loaded.value.principal(&principal.upn).is_some() {
        return Err(Error::Conflict {
            message: format!("{tenant} knows {} already", principal.upn),
            hint: Some("change their roles in tenant.toml".to_owned()),
        });
    }
    let mut changed = loaded.value.clone();
    changed.principals.push(principal);
    let mut commit = Commit::new();
    commit.update(&loaded, changed.clone());
    context.commit(commit)?;
    Ok(changed)
}

/// Principals are addresses (CASE-3).
fn check_principal_name(name: &str) -> Result<()> {
    let good = crate::policy::case::is_address(name);
    if good {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!("`{}` is not a principal name", text::safe(name)),
        hint: Some("principals are addresses such as adele@contoso.com".to_owned()),
    })
}

/// Whether a role may decide on access requests: told when a person is added.
#[must_use]
pub fn may_decide(role: &str) -> bool {
    roles::holds_support_tickets(role)
}

/// Adds an engineer to `workspace.toml`.
///
/// # Errors
/// The workspace has them already, or the name is no address.
pub fn add_engineer(context: &Context, engineer: Engineer) -> Result<Engineer> {
    context.require_writable()?;
    check_principal_name(&engineer.principal)?;
    let path = layout::config();
    let loaded: Loaded<WorkspaceConfig> = context
        .workspace
        .load(&path)?
        .ok_or_else(|| Error::usage("workspace.toml has vanished"))?;
    let known = loaded
        .value
        .engineers
        .iter()
        .any(|e| e.principal.eq_ignore_ascii_case(&engineer.principal));
    if known {
        return Err(Error::Conflict {
            message: format!("{} is an engineer of this workspace already", engineer.principal),
            hint: Some("change the entry in workspace.toml".to_owned()),
        });
    }
    let mut changed = loaded.value.clone();
    changed.engineers.push(engineer.clone());
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    context.commit(commit)?;
    Ok(engineer)
}
