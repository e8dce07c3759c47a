//! The attestation report: what the customer gets, and what he needs to check it.
//!
//! In reading order: [`Content`] is what the caller knows, [`Report`] adds what the log proves and
//! what may be claimed; [`markdown`] and [`html`] render it, [`bundle`] writes it with its
//! evidence into a directory and checks such a directory.

pub mod bundle;
mod claims;
mod html;
mod markdown;
mod mask;
mod model;
mod rows;

pub use claims::{ATTESTED, NOT_ATTESTED};
pub use html::html;
pub use markdown::markdown;
pub use mask::mask;
pub use model::*;

#[cfg(test)]
mod tests;
