//! Who reads a tenant's audit log, and for how long the directory keeps its own (AUD-7, AUD-8).

use super::{Actor, Refusal, clock};
use crate::model::{Id, Time};

/// AUD-7: the roles that may read a tenant's log.
pub const READERS: [&str; 4] =
    ["Reports Reader", "Security Reader", "Security Administrator", "Global Administrator"];

/// AUD-8: for this long the directory keeps what is logged there: in its free edition, and in P1
/// and P2. What is older exists in the workspace's own log only.
pub const SOURCE_DAYS_FREE: u32 = 7;
pub const SOURCE_DAYS_PREMIUM: u32 = 30;

/// AUD-7: whether `actor` may read the log of `tenant`. Engineers of the workspace may read every
/// log; a tenant's own people theirs, with a role for it; whom nobody knows reads by the files'
/// permissions alone.
///
/// # Errors
/// They hold no such role.
pub fn may_read(actor: &Actor, tenant: &Id) -> Result<(), Refusal> {
    let reads =
        |role: &String| READERS.iter().any(|reader| reader.eq_ignore_ascii_case(role.trim()));
    let reader = || actor.roles_in(tenant).unwrap_or_default().iter().any(reads);
    if actor.engineer || actor.memberships.is_empty() || reader() {
        return Ok(());
    }
    Err(Refusal::new(
        "AUD-7",
        format!("{} holds no role in {tenant} that reads its audit log", actor.principal),
    )
    .hint(format!("roles that do: {}", READERS.join(", "))))
}

/// AUD-8: whether the directory's own entry of an event at `at` is gone by `now`, in its free and
/// in its paid edition; half-open as every window.
#[must_use]
pub fn gone_at_source(at: Time, now: Time) -> (bool, bool) {
    (now >= clock::end_of(at, SOURCE_DAYS_FREE), now >= clock::end_of(at, SOURCE_DAYS_PREMIUM))
}
