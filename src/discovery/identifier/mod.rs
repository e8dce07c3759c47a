//! The identifiers of a request: what kinds there are, and one of them, checked and normalised.

mod error;
mod kind;
mod parse;
mod phone;

pub use error::IdentifierError;
pub use kind::IdentifierType;
pub(crate) use phone::trunk_prefixes;

use std::net::{Ipv4Addr, Ipv6Addr};

/// One identifier as the customer gave it (DSR-5), with what its kind needs for comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    kind: IdentifierType,
    value: String,
    shape: Shape,
}

/// What the intake may accept beside the plain rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntakeOptions {
    /// Accept a name of a single word, which matches everybody who bears it.
    pub allow_single_word: bool,
    /// Country calling code (`1`, `+44`) for phone numbers given in national form. It is asked
    /// for, never guessed.
    pub calling_code: Option<String>,
}

/// The comparable form of an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Folded characters that must appear as they are.
    Literal(Vec<char>),
    /// Folded words of a name, in order.
    Name(Vec<Vec<char>>),
    /// Digits of the country calling code, and of the number after it.
    Phone {
        country: String,
        national: String,
    },
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
    /// In text order (big-endian).
    Guid([u8; 16]),
}

impl Identifier {
    /// Checks and normalises `value` as a `kind`.
    ///
    /// # Errors
    /// [`IdentifierError`], worded for the person who typed the value.
    pub fn parse(
        kind: IdentifierType,
        value: &str,
        options: &IntakeOptions,
    ) -> Result<Self, IdentifierError> {
        let value = value.trim();
        Ok(Self { kind, value: value.to_owned(), shape: parse::shape(kind, value, options)? })
    }

    #[must_use]
    pub fn kind(&self) -> IdentifierType {
        self.kind
    }

    /// The value as given, without surrounding white space.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }
}
