//! Searching bytes, files, and many files.

mod engine;
mod file;
mod limits;
mod run;
mod source;

pub use limits::Limits;
pub use run::{Content, Progress, Target, run};
pub use source::Source;
