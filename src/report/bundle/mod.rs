//! The report bundle: a directory that a customer can check without any software of ours.

mod accord;
mod check;
mod write;

pub use check::{BundleVerification, verify_bundle};
pub use write::{BundleError, BundleRequest, Written, write};

use crate::attest::{Opening, Sha256, TxId};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::BTreeMap;

/// The first line of an inclusion proof file (C2SP tlog-proof).
const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";
/// `verify.sh`, the same in every bundle.
const VERIFY_SH: &str = include_str!("verify.sh");

/// A proof file: header, index, steps, the checkpoint it is against.
fn proof_file(index: u64, steps: &[Sha256], checkpoint: &[u8]) -> Vec<u8> {
    let mut text = format!("{PROOF_HEADER}\nindex {index}\n");
    for step in steps {
        text += &BASE64.encode(step.0);
        text.push('\n');
    }
    text.push('\n');
    [text.as_bytes(), checkpoint].concat()
}

/// Reads a proof file against `checkpoint`; any other spelling is `None`.
fn read_proof(bytes: &[u8], index: u64, checkpoint: &[u8]) -> Option<Vec<Sha256>> {
    let head = bytes.strip_suffix(checkpoint)?;
    let text = std::str::from_utf8(head).ok()?.strip_suffix("\n\n")?;
    let mut lines = text.lines().skip(2);
    let steps: Option<Vec<Sha256>> = lines
        .by_ref()
        .map(|line| Some(Sha256(BASE64.decode(line).ok()?.try_into().ok()?)))
        .collect();
    steps.filter(|steps| proof_file(index, steps, checkpoint) == bytes)
}

/// A transaction in `openings.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Opened {
    begin: u64,
    end: u64,
    /// `None` when it was destroyed.
    opening: Option<Opening>,
}

/// `openings.txt`: a line for each transaction, then its opening as stored.
fn openings_file(openings: &BTreeMap<TxId, Opened>) -> Vec<u8> {
    let mut order: Vec<_> = openings.iter().collect();
    order.sort_by_key(|(_, opened)| opened.begin);
    let mut bytes = Vec::new();
    for (tx, Opened { begin, end, opening }) in order {
        let line = format!("transaction {tx} {begin} {end}");
        bytes.extend_from_slice(line.as_bytes());
        match opening {
            Some(opening) => {
                bytes.push(b'\n');
                bytes.extend_from_slice(&opening.to_bytes());
            }
            None => bytes.extend_from_slice(b" destroyed\n"),
        }
    }
    bytes
}

/// Reads `openings.txt`; any other spelling is `None`.
fn read_openings(bytes: &[u8]) -> Option<BTreeMap<TxId, Opened>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut openings = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n')?;
        let end = after.find("transaction ").unwrap_or(after.len());
        let (body, next) = after.split_at(end);
        let words: Vec<&str> = line.split(' ').collect();
        let (tx, opened) = match words.as_slice() {
            ["transaction", tx, begin, end, state @ ..] => {
                let opening = match state {
                    [] => Some(Opening::parse(body.as_bytes())?),
                    ["destroyed"] if body.is_empty() => None,
                    _ => return None,
                };
                let (begin, end) = (begin.parse().ok()?, end.parse().ok()?);
                (tx.parse().ok()?, Opened { begin, end, opening })
            }
            _ => return None,
        };
        if openings.insert(tx, opened).is_some() {
            return None;
        }
        rest = next;
    }
    (openings_file(&openings) == bytes).then_some(openings)
}
