//! Cases: open, list, show, assign, close, restrict, reopen, and their records.

mod change;
mod list;
mod open;
mod record;
mod view;

pub(super) use change::close_in;
pub use change::{Closed, assign, close, remove, reopen, restrict, set_severity};
pub use list::{CaseFilter, CaseLine, Due, list, list_as_indexed, matches_words};
pub(in crate::ops) use list::{KnownDomains, lines_of, sort};
pub use open::{NewCase, open};
pub use record::{Noted, add_record, read_record};
pub(super) use record::{may_note, may_read_record};
pub use view::{CaseView, RecordView, SlaView, TransferView, expunge_warning, show};
