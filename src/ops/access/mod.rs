//! Support access requests: made, decided, removed, and shown as each side may see them.

mod check;
mod decide;
mod matter;
mod request;
mod view;

pub(super) use check::authorise;
pub use check::{AccessCheck, check};
pub use decide::{DecisionInput, decide, remove, statement, withdraw};
pub use matter::LoadedMatter;
pub(super) use matter::{find, matters};
pub use request::request;
pub(super) use view::{of_case, of_engagement, views_of};
pub use view::{AccessFilter, AccessView, SlotView, list, project, show};
