//! The targets of the fuzzer, which know nothing of it.

pub mod targets;
