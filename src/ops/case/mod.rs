//! Cases: open, list, show, assign, close, restrict, reopen, and their records.

mod change;
mod list;
mod open;
mod record;
mod view;

pub(super) use change::close_in;
pub use change::{Closed, assign, close, remove, reopen, restrict, set_severity};
pub use list::{CaseFilter, CaseLine, Due, list, matches_words, newest_as_indexed};
pub(in crate::ops) use list::{Common, lines_of, sort};
pub use open::{NewCase, open};
pub use record::{Noted, add_record, read_record};
pub(super) use record::{may_note, may_read_record};
pub use view::{CaseView, RecordView, SlaView, TransferView, expunge_warning, show};
