//! caseward: support cases, consent, access, data subject requests and attested deletion.
//!
//! In reading order: [`fs`] is the file system behind a seam, …

pub mod attest;
pub mod fs;
pub mod report;
