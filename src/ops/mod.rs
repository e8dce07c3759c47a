//! Every operation, the only door to the modules below for both faces.
//!
//! An operation loads what it needs through `workspace`, asks `policy`, and applies its plan with
//! one commit (or, for deletions, a transaction of the attestation log). It returns what happened
//! as a plain value that a face prints or draws. A refusal is written to the audit log (AUD-9)
//! before it is returned.

pub mod access;
pub mod allowed;
pub mod attach;
pub mod attest;
pub mod audit;
pub mod case;
pub mod consent;
mod context;
mod dates;
pub mod doctor;
pub mod dsr;
mod erased;
mod event;
pub mod generate;
pub mod hold;
pub mod init;
mod moments;
mod partner;
pub mod removal;
pub mod report;
pub mod retention;
pub mod seen;
pub mod settings;
pub mod settle;
pub mod signing;
pub mod status;
pub mod transfer;

pub use context::{Context, Opening};
pub use event::{EventDraft, Matter};
