//! caseward: support cases, consent, access, data subject requests and attested deletion.
//!
//! In reading order: [`model`] is what records are, [`policy`] what the rules allow, [`fs`] the file
//! system behind a seam, [`workspace`] where records live, [`discovery`] finds identifiers, [`attest`]
//! removes files and proves it, [`report`] tells the customer, [`ops`] is every operation,
//! [`cli`] and [`tui`] are its two faces, and [`preferences`] what this user prefers of them; [`log`] is
//! the program's log of itself. Long work is spread over threads by `share`.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests look at files from outside"))]

pub mod attest;
pub mod cli;
pub mod discovery;
pub mod env;
pub mod error;
pub mod exit;
pub mod fs;
pub mod log;
pub mod model;
pub mod ops;
pub mod outside;
pub mod policy;
pub mod preferences;
pub mod report;
mod share;
pub mod text;
pub mod tools;
pub mod tui;
pub mod workspace;
