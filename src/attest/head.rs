//! `head`: the local commit point. What lies beyond it does not exist.

use super::Sha256;
use std::fmt;

/// How far the log goes: `attest-head/1 <size> <bytes> <root-hex>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Bytes of `log.jsonl` that hold them.
    pub bytes: u64,
    pub root: Sha256,
}

impl Head {
    /// The only accepted spelling, or `None`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(bytes).ok()?.strip_prefix("attest-head/1 ")?;
        let mut parts = line.strip_suffix('\n')?.split(' ');
        let head = Self {
            size: parts.next()?.parse().ok()?,
            bytes: parts.next()?.parse().ok()?,
            root: parts.next()?.parse().ok()?,
        };
        (head.to_string().as_bytes() == bytes).then_some(head)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "attest-head/1 {} {} {}", self.size, self.bytes, self.root)
    }
}
