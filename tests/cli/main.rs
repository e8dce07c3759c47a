//! The command line, run as people and scripts run it: transcripts of every command, as text and as
//! JSON, with its refusals and errors. The names are a contract; a changed snapshot is a changed
//! contract.

#![allow(clippy::unwrap_used)]

mod harness;

mod access;
mod attach;
mod attest;
mod audit;
mod case;
mod consent;
mod demo;
mod doctor;
mod dsr;
mod general;
mod settings;
mod status;
