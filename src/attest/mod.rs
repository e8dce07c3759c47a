//! The attestation log: what was removed, when, and a proof that nobody changed the account.
//!
//! In reading order: [`leaf`](Leaf) is an entry, [`merkle`] the tree over them, [`Checkpoint`] its
//! signed root, [`Head`] the local commit point; [`FileRecord`] and [`Opening`] tie an entry to
//! files without naming them in the log. [`Log`] reads; a [`Session`] holds the lock, recovers,
//! and removes files in transactions; [`Log::verify`] checks everything and needs neither.
//!
//! Formats are a contract to the byte. Nothing is repaired: a log that contradicts itself is left
//! as it is and refused.

mod agent;
mod allowed;
mod checkpoint;
mod cursor;
mod disk;
mod error;
mod head;
mod ids;
mod intent;
mod key;
mod layout;
mod leaf;
mod log;
pub mod merkle;
mod pass;
mod record;
mod recover;
mod removal;
mod session;
mod signer;
mod sshsig;
mod statement;
mod time;
mod transaction;
mod verify;
mod weak;
mod withdraw;

pub use crate::model::Sha256;

use crate::model::hex;
pub use agent::{AgentKey, agent_keys};
pub use allowed::{AllowedSigner, AllowedSigners, BadLine, Standing};
pub use checkpoint::{BadCheckpoint, Checkpoint};
pub use error::{Difference, Error, How};
pub use head::Head;
pub use ids::{NotTxId, TxId, Verdict, Warnings, Why};
pub use key::VKey;
pub use leaf::{Body, Entry, Leaf, LeafError, MAX_ITEMS, MAX_LEAF};
pub use log::Log;
pub use record::{FileRecord, Opening, OpeningRecord, Salt, decode_path, encode_path};
pub use removal::{IfChanged, Outcome, OutcomeItem, Progress, Removal, RemovalItem, Step};
pub use session::{Recovered, RecoveredKind, Session};
pub use signer::{
    DECISION_NAMESPACE, KeyFile, REPORT_NAMESPACE, SignError, Signer, verify_signature,
};
pub use sshsig::{SshKey, SshSignature};
pub use statement::{DecisionError, Statement};
pub use time::Clock;
pub use verify::{Check, Verification, VerifyOptions};
pub use weak::{Footing, weak_filesystem};

#[cfg(test)]
mod tests;
