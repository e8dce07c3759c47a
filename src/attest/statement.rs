//! The exact text that a decider signs, and whether a signed decision counts.
//!
//! A statement names everything that the decision is about, so that a signature cannot be moved to
//! another request, another workspace or another answer:
//!
//! ```text
//! caseward-decision/1
//! origin support.example.com/eu/deletions
//! what deletion
//! id DSR-2026-0001
//! decision approved
//! by bo.lind@support.example.com
//! digest 9f86d081…
//! ```

use super::record::encode_name;
use super::{AllowedSigners, DECISION_NAMESPACE, SignError, SshKey, Standing, verify_signature};
use chrono::{DateTime, Utc};

/// A decision as canonical text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    text: String,
}

/// Why a signed decision does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    #[error(transparent)]
    Signature(#[from] SignError),
    #[error("the key {key} is not listed in allowed_signers: it never signs a decision")]
    NotListed { key: String },
    #[error("the key {key} is {principal}'s, and the decision is by {by}")]
    OtherPrincipal { key: String, principal: String, by: String },
    #[error("the key {key} of {principal} is not listed for decisions")]
    OtherPurpose { key: String, principal: String },
    #[error("the key {key} of {principal} was not valid at that time")]
    NotValid { key: String, principal: String },
}

impl Statement {
    /// `what` is decided about `id` in the workspace of the log `origin`: `decision` by `by`.
    #[must_use]
    pub fn new(origin: &str, what: &str, id: &str, decision: &str, by: &str) -> Self {
        let mut statement = Self { text: "caseward-decision/1\n".to_owned() };
        for (key, value) in
            [("origin", origin), ("what", what), ("id", id), ("decision", decision), ("by", by)]
        {
            statement = statement.with(key, value);
        }
        statement
    }

    /// Adds a line, in the order in which the caller adds them. Spaces, control characters, `%`
    /// and non-ASCII characters of the value are written as `%XX`.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.text += &format!("{} {}\n", encode_name(key), encode_name(value));
        self
    }

    /// The bytes to sign with `ssh-keygen -Y sign -n decision@caseward`, last line feed included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that `armored` is the signature of `by` over this statement at `at`.
    ///
    /// # Errors
    /// What is wrong with the signature, or with the key's standing.
    pub fn verify(
        &self,
        armored: &str,
        allowed: &AllowedSigners,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<SshKey, DecisionError> {
        let ssh_key = verify_signature(armored, DECISION_NAMESPACE, self.text.as_bytes())?;
        let key = ssh_key.fingerprint();
        match allowed.standing_of(&ssh_key, by, DECISION_NAMESPACE, at) {
            Standing::Listed(_) => Ok(ssh_key),
            Standing::NotListed => match allowed.owner(&ssh_key) {
                None => Err(DecisionError::NotListed { key }),
                Some(principal) => {
                    let (principal, by) = (principal.to_owned(), by.to_owned());
                    Err(DecisionError::OtherPrincipal { key, principal, by })
                }
            },
            Standing::OtherNamespace(principal) => {
                Err(DecisionError::OtherPurpose { key, principal })
            }
            Standing::NotYetValid(principal) | Standing::Expired(principal) => {
                Err(DecisionError::NotValid { key, principal })
            }
        }
    }
}
