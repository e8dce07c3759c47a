//! What the rules allow: pure functions of records and a moment.
//!
//! Nothing here reads a file, the clock or the environment. Each refusal carries the id of the rule
//! (`docs/rules.md`) and one sentence that a person can act on.

pub mod access;
pub mod actor;
pub mod answer;
pub mod audit;
pub mod case;
pub mod clock;
pub mod consent;
pub mod diagnostics;
pub mod dsr;
pub mod referral;
pub mod retention;
pub mod roles;
pub mod suggest;
pub mod transfer;

pub use actor::Actor;

/// A rule said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} [{rule}]")]
pub struct Refusal {
    /// The id of the rule, for example `CONS-5`.
    pub rule: &'static str,
    /// What is refused and why, one sentence.
    pub message: String,
    /// What to do instead, where there is something.
    pub hint: Option<String>,
}

impl Refusal {
    #[must_use]
    pub fn new(rule: &'static str, message: impl Into<String>) -> Self {
        Self { rule, message: message.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
