//! Discovery on byte slices: what matches, what is left to a person, what is not found.

#![allow(clippy::unwrap_used)]

mod boundaries;
mod files;
mod forms;
mod persona;
