//! Who acts: an engineer of the workspace, or a principal of one or more tenants.

use super::Refusal;
use super::roles;
use crate::model::{Id, Tenant, WorkspaceConfig};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

/// The one on whose behalf an operation runs. `principal` is a claim; `os_user` is the account of
/// the host and is recorded beside it.
#[derive(Debug, Clone)]
pub struct Actor {
    pub principal: String,
    pub os_user: String,
    /// Whether the workspace lists them as an engineer.
    pub engineer: bool,
    /// The tenants that list them, with their roles there. Of an engineer, who sees them all,
    /// nothing is gathered beforehand where there is a roster to ask.
    pub memberships: Vec<Membership>,
    /// Whom a tenant lists, asked when it matters.
    pub roster: Option<Arc<dyn Roster>>,
}

/// Whom tenants list.
pub trait Roster: Debug + Send + Sync {
    /// The roles that a tenant gives a principal; `None` when it does not list them.
    fn roles(&self, principal: &str, tenant: &Id) -> Option<Vec<String>>;
}

/// A tenant that knows a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub tenant: Id,
    pub roles: Vec<String>,
}

impl Actor {
    /// The engineer of that name, `None` when the workspace lists none. What tenants say of them is
    /// asked of `roster`: there may be thousands of tenants, and an operation concerns one or two.
    #[must_use]
    pub fn engineer(
        principal: &str,
        os_user: &str,
        config: &WorkspaceConfig,
        roster: Arc<dyn Roster>,
    ) -> Option<Self> {
        let engineer =
            config.engineers.iter().find(|e| e.principal.eq_ignore_ascii_case(principal))?;
        Some(Self {
            principal: engineer.principal.clone(),
            os_user: os_user.to_owned(),
            engineer: true,
            memberships: Vec::new(),
            roster: Some(roster),
        })
    }

    /// The actor of that name, `None` when neither the workspace nor a tenant knows them.
    #[must_use]
    pub fn resolve(
        principal: &str,
        os_user: &str,
        config: &WorkspaceConfig,
        tenants: &[Tenant],
    ) -> Option<Self> {
        let engineer =
            config.engineers.iter().find(|e| e.principal.eq_ignore_ascii_case(principal));
        let mut known = tenants.iter().filter_map(|tenant| tenant.principal(principal));
        let shown = engineer
            .map(|engineer| engineer.principal.clone())
            .or_else(|| known.next().map(|known| known.upn.clone()))?;
        let nobody = Self {
            principal: shown,
            os_user: os_user.to_owned(),
            engineer: engineer.is_some(),
            memberships: Vec::new(),
            roster: None,
        };
        Some(nobody.in_tenants(tenants))
    }

    /// The same person with the roles that these tenants give them.
    #[must_use]
    pub fn in_tenants(&self, tenants: &[Tenant]) -> Self {
        let membership = |tenant: &Tenant| {
            let roles = tenant.principal(&self.principal)?.roles.clone();
            Some(Membership { tenant: tenant.domain.clone(), roles })
        };
        Self { memberships: tenants.iter().filter_map(membership).collect(), ..self.clone() }
    }

    /// Whether `principal` names this actor.
    #[must_use]
    pub fn is(&self, principal: &str) -> bool {
        self.principal.eq_ignore_ascii_case(principal)
    }

    /// Their roles in a tenant; `None` when it does not list them.
    #[must_use]
    pub fn roles_in(&self, tenant: &Id) -> Option<Cow<'_, [String]>> {
        match &self.roster {
            Some(roster) => roster.roles(&self.principal, tenant).map(Cow::Owned),
            None => {
                let own = self.memberships.iter().find(|membership| membership.tenant == *tenant);
                own.map(|membership| Cow::Borrowed(membership.roles.as_slice()))
            }
        }
    }

    /// Whether the tenant lists them.
    #[must_use]
    pub fn belongs_to(&self, tenant: &Id) -> bool {
        self.roles_in(tenant).is_some()
    }

    /// Whether a tenant's cases are theirs to see: an engineer's all, a tenant's own people's theirs.
    /// Whom neither the workspace nor a tenant knows reads by the files' permissions alone.
    #[must_use]
    pub fn may_see(&self, tenant: &Id) -> bool {
        self.sees_every_tenant() || self.belongs_to(tenant)
    }

    /// Whether no tenant is kept from them: engineers, and accounts that nobody knows, whom only the
    /// files' permissions stop.
    #[must_use]
    pub fn sees_every_tenant(&self) -> bool {
        self.engineer || self.memberships.is_empty()
    }

    /// The tenants that are not kept from them; `None` when none is.
    #[must_use]
    pub fn sight(&self) -> Option<BTreeSet<Id>> {
        let own = || self.memberships.iter().map(|membership| membership.tenant.clone());
        (!self.sees_every_tenant()).then(|| own().collect())
    }

    /// SAR-4: whether they hold `microsoft.azure.supportTickets/allEntities/allTasks` there.
    #[must_use]
    pub fn may_decide_in(&self, tenant: &Id) -> bool {
        let held = self.roles_in(tenant).unwrap_or_default();
        held.iter().any(|role| roles::holds_support_tickets(role))
    }

    /// Refuses whoever is not an engineer of the workspace.
    ///
    /// # Errors
    /// A refusal under `rule`, saying `what` is refused.
    pub fn require_engineer(&self, rule: &'static str, what: &str) -> Result<(), Refusal> {
        if self.engineer {
            return Ok(());
        }
        Err(Refusal::new(
            rule,
            format!("{} is not an engineer of this workspace and may not {what}", self.principal),
        )
        .hint("act as an engineer with --as; `caseward engineer list` names them"))
    }
}
