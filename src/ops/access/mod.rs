//! Support access requests: made, decided, removed, and shown as each side may see them.

mod check;
mod decide;
mod matter;
mod owed;
mod request;
mod view;

pub(super) use check::authorise;
pub use check::{AccessCheck, check};
pub use decide::{DecisionInput, decide, remove, statement, withdraw};
pub use matter::LoadedMatter;
pub(super) use matter::{find, matters};
pub(super) use owed::settle_case;
pub use owed::settle_lapsed;
pub(super) use request::fresh_id;
pub use request::request;
pub use view::{AccessFilter, AccessView, SlotView, list, notice, project, show};
pub(super) use view::{of_case, problems_of_engagement, views_of};
