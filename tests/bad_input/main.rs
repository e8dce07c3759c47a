//! What is wrong, hostile, full or gone meets a clear error that names the file and the way out, the
//! exit code of the contract, and a workspace in which nothing changed.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests look at the workspace from outside the program"
)]

#[path = "../cli/harness.rs"]
mod harness;

mod hostile;
mod hosts;
mod ids;
mod links;
mod many;
mod others;
mod records;
mod resources;
mod surroundings;
