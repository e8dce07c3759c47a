//! Searching bytes, files, and many files.

mod archive;
mod budget;
mod buffers;
mod derive;
mod engine;
mod file;
mod limits;
mod look;
mod room;
mod run;
mod source;
mod stream;

pub use limits::Limits;
pub use look::{Context, Explanation, Refused, Span, ViewSeen};
pub use run::{Content, Progress, Target, run};
pub use source::Source;
pub(crate) use source::read_full;
