//! The terminal interface: key scripts, pictures of every screen, bytes on the wire, and the real
//! program on a pseudo-terminal.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

mod answers;
mod bytes;
mod child;
mod config;
mod daily;
mod ease;
mod harness;
mod keys;
mod keys_page;
mod many;
#[path = "../bad_input/many.rs"]
mod many_files;
mod others;
#[path = "../cli/personal.rs"]
mod personal;
mod pictures;
mod pty;
mod pty_harness;
mod pty_log;
mod pty_others;
mod screens;
mod scripts;
mod svg;
