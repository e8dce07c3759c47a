//! Discovery on byte slices: what matches, what is left to a person, what is not found.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod boundaries;
mod bounds;
mod build;
mod containers;
mod field;
mod files;
mod forms;
mod invariant;
mod looks;
mod persona;
mod quine;
mod round_trips;
