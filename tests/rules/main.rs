//! The rules, each proved by a test whose name begins with its id.
//!
//! Clocks and tables are proved on `policy` alone; what an operation has to do with files and audit
//! logs on `ops`, in a workspace of its own and at a moment of the test's choosing.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests look at the workspace from outside the program"
)]

mod world;

mod att;
mod aud;
mod authority;
mod case;
mod clocks;
mod cons;
mod del;
mod diag;
mod dsr;
mod dsr_export;
mod dsr_redact;
mod dsr_routes;
mod dtm;
mod going_back;
mod law;
mod leavers;
mod listed;
mod meanwhile;
mod partner;
mod register;
mod retention;
mod sar;
mod sar_projection;
mod sar_settings;
mod sar_story;
