//! Crashes of the deletion transaction, simulated at every operation.
//!
//! `CASEWARD_CRASH_STATES=40000 cargo test --release --test crash -- --nocapture` checks that many
//! states in each model and prints the figures; without the variable a short form runs.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_macros)]

mod concurrency;
mod explore;
mod faults;
mod job;
mod kill;
mod mutation;
mod states;
mod sweep;
mod writer;
mod writers;
