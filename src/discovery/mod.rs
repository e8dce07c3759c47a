//! Finding a person's identifiers in files: complete, exact, and fast.
//!
//! In reading order: [`identifier`] is what a request names, checked and normalised; `text` is a
//! stretch of bytes as a reader would see it (decoded, folded); [`patterns`] compiles identifiers
//! into rare *anchors* that are searched for in raw bytes, and *verifiers* that decide on the text
//! around them; `views` are other readings of the same bytes (UTF-16, base64, escapes, …), always
//! beside the raw one, never instead of it; `containers` are files inside files; [`scan`] puts them
//! together over bytes, files and many files; [`findings`] is what comes out.
//!
//! The module knows neither cases nor tenants, opens nothing outside the [`crate::fs`] seam, and
//! searches only for what it was given (DSR-5): no alias, no fuzzy match, no correlation. Nothing
//! that it reads is stored or put into a finding.

pub mod findings;
pub mod identifier;
pub mod patterns;
pub mod scan;

mod containers;
mod text;
mod views;

pub use findings::{FileResult, Form, Hit, Outcome, Problem, ProblemKind, Reason, Step};
pub use identifier::{Identifier, IdentifierError, IdentifierType, IntakeOptions};
pub use patterns::Query;
pub use scan::{
    Content, Context, Explanation, Limits, Progress, Refused, Source, Span, Target, ViewSeen, run,
};

/// What kind of file inside which others lie these bytes are: one that cannot be written anew span
/// by span. `None` for plain bytes and for mail, which is text.
#[must_use]
pub fn container(bytes: &[u8]) -> Option<&'static str> {
    use containers::Kind;
    match containers::sniff(&bytes[..bytes.len().min(containers::HEAD)]) {
        Kind::Packed(_) => Some("compressed file"),
        Kind::Tar => Some("tar archive"),
        Kind::Zip => Some("zip archive"),
        Kind::Pdf => Some("PDF document"),
        Kind::Closed(name) => Some(name),
        Kind::Plain | Kind::Mail => None,
    }
}
