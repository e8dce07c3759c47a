//! Removing files in one transaction after the other: hashed, removed, recorded, let go. What
//! cannot be removed is said and does not stop the rest.

use super::Context;
use super::dsr::{ExecutedTx, hash_of, verdict_of};
use super::settle::{self, Memo, Passage};
use crate::attest::{self, How, MAX_ITEMS, Removal, RemovalItem, Session, TxId, Warnings, Why};
use crate::error::Result;
use crate::fs::RelPath;
use crate::model::Sha256;
use crate::workspace::WorkspaceLock;
use std::collections::BTreeMap;
use std::io;

/// How far a removal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovalProgress {
    pub step: attest::Step,
    /// Files done.
    pub done: usize,
    pub total: usize,
}

/// Removes files for one purpose, under the log's lock.
pub(super) struct Removing<'a> {
    pub context: &'a Context,
    pub session: &'a mut Session,
    pub why: Why,
    /// Id of the request, or of the sweep.
    pub request: String,
    pub memo: Memo,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    /// Measured before removal; `None` when it was absent or could not be read.
    pub sha256: Option<Sha256>,
    pub verdict: &'static str,
    pub reason: Option<String>,
}

/// What became of a window of files.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// `None` when there was nothing to remove.
    pub tx: Option<ExecutedTx>,
    pub files: BTreeMap<RelPath, Gone>,
}

/// Splits units of files that go together into windows of at most [`MAX_ITEMS`] files.
pub(super) fn windows<T>(units: Vec<T>, files: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut windows: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for unit in units {
        let count = files(&unit);
        match windows.last_mut() {
            Some(window) if count <= room => {
                room -= count;
                window.push(unit);
            }
            _ => {
                room = MAX_ITEMS.saturating_sub(count);
                windows.push(vec![unit]);
            }
        }
    }
    windows
}

impl Removing<'_> {
    /// Removes at most [`MAX_ITEMS`] files in one transaction and records it. The caller holds
    /// `.lock` since it decided on them.
    pub(super) fn window(
        &mut self,
        lock: &WorkspaceLock,
        paths: &[RelPath],
        progress: &mut dyn FnMut(attest::Progress),
    ) -> Result<Window> {
        let mut window = Window::default();
        let mut items = Vec::new();
        for path in paths {
            match hash_of(self.context, path) {
                Ok((sha256, size)) => {
                    items.push(RemovalItem::remove(path.clone(), size, sha256));
                }
                Err(error) => {
                    window.files.insert(path.clone(), unread(&error));
                }
            }
        }
        // Twice at most: what differs now is left out, and what differs then is for the next run.
        for _ in 0..2 {
            if items.is_empty() {
                return Ok(window);
            }
            let removal = Removal {
                tx: TxId::random()?,
                why: self.why,
                request: self.request.clone(),
                engineer: self.memo.by().to_owned(),
                memo: self.memo.to_string(),
                warnings: Warnings::default(),
                items: items.clone(),
            };
            match self.session.remove(&removal, progress) {
                Ok(outcome) => {
                    settle::record(self.context, lock, &self.memo, &outcome, Passage::Straight)?;
                    self.session.forget(removal.tx)?;
                    for item in outcome.items {
                        let (verdict, reason) = verdict_of(item.verdict.letter());
                        let sha256 = item.sha256;
                        let reason = item.reason.or_else(|| reason.map(str::to_owned));
                        window.files.insert(item.path, Gone { sha256, verdict, reason });
                    }
                    window.tx = Some(ExecutedTx {
                        tx: outcome.tx.to_string(),
                        begin: outcome.begin,
                        end: outcome.end,
                    });
                    return Ok(window);
                }
                Err(attest::Error::Differs(differences)) => {
                    for difference in differences {
                        items.retain(|item| item.path != difference.path);
                        let gone = match difference.how {
                            How::Unreadable(error) => unread(&error),
                            How::Content { .. } => changed("its content changed meanwhile"),
                            How::NotAFile => changed("it is no regular file any more"),
                        };
                        window.files.insert(difference.path, gone);
                    }
                }
                Err(attest::Error::NothingThere) => {
                    for item in items {
                        window.files.insert(item.path, absent());
                    }
                    return Ok(window);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(window)
    }
}

fn changed(how: &str) -> Gone {
    Gone { sha256: None, verdict: "retained", reason: Some(format!("changed: {how}")) }
}

fn absent() -> Gone {
    Gone { sha256: None, verdict: "already_absent", reason: None }
}

/// DEL-7: what cannot be looked at is never said to be deleted.
fn unread(error: &io::Error) -> Gone {
    if error.kind() == io::ErrorKind::NotFound {
        return absent();
    }
    Gone { sha256: None, verdict: "unknown", reason: Some(format!("cannot be read: {error}")) }
}
