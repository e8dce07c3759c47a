//! Fuzzes the target of this name; see `targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| caseward_fuzz::targets::run("signers", data));
