//! The command line, run as people and scripts run it: transcripts of every command, as text and as
//! JSON, with its refusals and errors. The names are a contract; a changed snapshot is a changed
//! contract.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests look at the workspace from outside the program"
)]

mod harness;

mod access;
mod attach;
mod attest;
mod audit;
mod case;
mod complete;
mod config;
mod consent;
mod demo;
mod doctor;
mod dsr;
mod dsr_answers;
mod dsr_story;
mod general;
mod generate;
mod hold;
mod log;
mod personal;
mod retention;
mod settings;
mod status;
mod suggestions;
mod transfer;
mod waiting;
