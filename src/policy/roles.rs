//! SAR-4: the built-in directory roles that may decide on support access requests, as data.

use serde::Deserialize;
use std::sync::LazyLock;

/// A role that holds `microsoft.azure.supportTickets/allEntities/allTasks`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Role {
    pub name: String,
    /// The role's template id.
    pub id: String,
}

#[derive(Deserialize)]
struct RoleList {
    role: Vec<Role>,
}

static ROLES: LazyLock<Vec<Role>> = LazyLock::new(|| {
    // The list is part of the program and read by every test run: it cannot fail to parse here.
    toml::from_str::<RoleList>(include_str!("roles.toml")).map(|list| list.role).unwrap_or_default()
});

/// The least privileged of them, to name in hints.
pub const LEAST_PRIVILEGED: &str = "Service Support Administrator";

/// All roles that may decide.
#[must_use]
pub fn deciding_roles() -> &'static [Role] {
    &ROLES
}

/// Whether a role of this name may approve, reject and view support access requests.
#[must_use]
pub fn holds_support_tickets(role: &str) -> bool {
    ROLES.iter().any(|known| known.name.eq_ignore_ascii_case(role.trim()))
}
