//! The rules, each proved by a test whose name begins with its id.
//!
//! Clocks and tables are proved on `policy` alone; what an operation has to do with files and audit
//! logs on `ops`, in a workspace of its own and at a moment of the test's choosing.

#![allow(clippy::unwrap_used)]

mod world;

mod att;
mod aud;
mod case;
mod clocks;
mod cons;
mod del;
mod diag;
mod dsr;
mod sar;
mod sar_projection;
