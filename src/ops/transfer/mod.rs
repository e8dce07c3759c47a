//! The customer's transfer folder (DTM): its link and accounts, its files, and the separate request
//! to delete them.

mod check;
mod decide;
mod execute;
mod folder;
mod link;
mod linked;
mod request;
mod store;

pub(in crate::ops) use execute::record_execution;
pub(in crate::ops) use folder::{files, folders_above, note_in_tombstone, with_sidecars};
pub(in crate::ops) use linked::{blocking, in_report};

pub(in crate::ops) use store::copy_out;

pub use check::{Checked, check};
pub use decide::{approve, cancel, close};
pub use execute::{TransferDone, execute, rehearse};
pub use link::{Linked, link};
pub use request::{
    BranchView, NewTransferRequest, TransferRequestView, list as requests, show, submit,
};
pub use store::{
    Deleted, DeletedItem, FolderView, TransferFile, TransferUpload, add, delete, glance, list,
};
