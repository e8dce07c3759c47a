//! What a report may claim, and what it must not. The words are fixed; nothing composes them.

/// What is attested.
pub const ATTESTED: [&str; 5] = [
    "The files committed to in the entries named below were removed from the live workspace at the \
     times given there.",
    "Each one's SHA-256 was computed after it was withdrawn from its directory and before it was \
     removed.",
    "Each removal was confirmed by look-up and flushed to storage before it was recorded.",
    "The entries are in the log at the size and with the root given below; the checkpoint over \
     them is signed with the log's key.",
    "A file called redacted was replaced by a version without the personal data; its original was \
     removed as above, and the entry is bound to both hashes.",
];

/// What is not attested.
pub const NOT_ATTESTED: [&str; 6] = [
    "Destruction on the storage medium: removing a file by name is not sanitisation in the sense \
     of NIST SP 800-88r2.",
    "Copies outside the workspace.",
    "Backups and snapshots.",
    "The clock of the host: times are those it showed.",
    "That nobody copied a file before it was removed.",
    "That the operator told the log the truth: no cryptography can show that.",
];
