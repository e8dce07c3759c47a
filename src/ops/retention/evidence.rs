//! ATT-7: what stays of a request some time after it ended is its record, without the person.
//!
//! Findings and plan go in a transaction of their own, the openings of its transactions are
//! destroyed, and its identifiers give way to their masks and commitments. The record itself stays
//! (LAW-5). Openings of sweeps go by the same clock: they name files, and file names name people.

use super::forget::forget;
use super::requests::Requests;
use super::sweep::{Swept, SweptItem};
use crate::attest::{Body, Log, Outcome, Session, TxId, Why};
use crate::error::{Error, Result};
use crate::fs::{FileKind, RelPath};
use crate::model::{Activity, DecisionKind, DsrDecision, HeldFile, Id, Request, Sha256, Time};
use crate::ops::dsr;
use crate::ops::erased::Notes;
use crate::ops::removal::Removing;
use crate::ops::settle::Memo;
use crate::ops::{Context, EventDraft, Matter};
use crate::policy::clock;
use crate::policy::retention::{self as rules, Keep, RetentionClock};
use crate::workspace::{Commit, DsrRef, WorkspaceLock, layout};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Evidence under the clock.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// `None` for openings that belong to no request.
    dsr: Option<DsrRef>,
    pub due_at: Time,
    pub keep: Option<Keep>,
    /// Findings, plan, and whatever else lies beside the request.
    files: Vec<RelPath>,
    openings: Vec<TxId>,
    /// Whether the record still says what it is to forget.
    record: Option<RelPath>,
}

fn opening_path(tx: TxId) -> String {
    layout::attest().join("open").join(tx.to_string()).display()
}

impl Evidence {
    /// What goes or changes, by path.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> + '_ {
        let files = self.files.iter().map(RelPath::display);
        let openings = self.openings.iter().map(|tx| opening_path(*tx));
        files.chain(self.record.iter().map(RelPath::display)).chain(openings)
    }

    pub(super) fn kept(&self, context: &Context) -> Option<SweptItem> {
        let keep = self.keep.as_ref()?;
        let reason = keep.conflict(RetentionClock::Evidence, &context.workspace.config().policy);
        let path = self.dsr.as_ref().map_or_else(String::new, |dsr| layout::dsr(dsr).display());
        Some(item(path, "retained", None, Some(reason)))
    }

    /// Erases it: openings first, then the files in one transaction, the record last, so that what
    /// a stop leaves undone is due again.
    pub(super) fn erase(
        &self,
        context: &Context,
        session: &mut Session,
        swept: &mut Swept,
    ) -> Result<()> {
        let lock = context.workspace.lock()?;
        self.shred(context, session, &lock)?;
        swept
            .items
            .extend(self.openings.iter().map(|tx| item(opening_path(*tx), "deleted", None, None)));
        let Some(dsr) = &self.dsr else { return Ok(()) };
        forget_cache(context, dsr)?;
        let by = context.actor.principal.clone();
        let mut removing = Removing {
            context,
            session,
            why: Why::Evidence,
            request: dsr.id.to_string(),
            memo: Memo::Evidence { dsr: dsr.clone(), by: by.clone() },
        };
        let done = removing.window(&lock, &self.files, &mut |_| {})?;
        if done.tx.is_none() {
            record(context, &lock, dsr, None, &by)?;
        }
        swept.txs.extend(done.tx);
        for (path, gone) in done.files {
            swept.items.push(item(path.display(), gone.verdict, gone.sha256, gone.reason));
        }
        if let Some(path) = &self.record {
            let reason = "its identifiers gave way to their masks; the record stays [LAW-5]";
            swept.items.push(item(path.display(), "redacted", None, Some(reason.to_owned())));
        }
        Ok(())
    }

    /// Destroys its openings.
    fn shred(&self, context: &Context, session: &mut Session, lock: &WorkspaceLock) -> Result<()> {
        if let Some(dsr) = &self.dsr {
            self.remember(context, session.log(), lock, dsr)?;
        }
        for tx in &self.openings {
            session.shred(*tx)?;
        }
        Ok(())
    }

    /// Before an opening is destroyed, what it says of erased files is in the keyed index (DEL-11).
    fn remember(
        &self,
        context: &Context,
        log: &Log,
        lock: &WorkspaceLock,
        dsr: &DsrRef,
    ) -> Result<()> {
        let index = crate::ops::erased::Index::load(context)?;
        let mut notes = Notes::new(context, dsr)?;
        for tx in &self.openings {
            for (path, sha256, rewritten) in super::replay::erased_by(log, *tx)? {
                let kind = if rewritten {
                    crate::ops::erased::Kind::Rewritten
                } else {
                    crate::ops::erased::Kind::File
                };
                let known = index
                    .as_ref()
                    .is_some_and(|index| index.find(kind, &path, Some(sha256)).is_some());
                if !known {
                    notes.file(&path, sha256, rewritten);
                }
            }
        }
        let mut commit = Commit::new();
        notes.add_to(&mut commit);
        context.workspace.commit_locked(lock, None, commit)
    }
}

fn item(
    path: String,
    verdict: &'static str,
    sha256: Option<Sha256>,
    reason: Option<String>,
) -> SweptItem {
    let clock = RetentionClock::Evidence;
    SweptItem { path, clock, sha256, verdict, reason, hash_mismatch: false }
}

/// An interrupted discovery may have left results in the cache.
fn forget_cache(context: &Context, dsr: &DsrRef) -> Result<()> {
    dsr::forget_resume(context, dsr)
        .map_err(|error| Error::io("clear", RelPath::root().join(".cache"), error))
}

/// Destroys the openings that are due, and nothing else of the evidence; returns their transactions.
pub(in crate::ops) fn shred_expired(context: &Context, session: &mut Session) -> Result<Vec<TxId>> {
    let evidence = due(context, &Requests::all(context)?)?;
    let mut shredded = Vec::new();
    for one in evidence {
        if one.keep.is_some() || !rules::is_due(one.due_at, context.now) {
            continue;
        }
        one.shred(context, session, &context.workspace.lock()?)?;
        shredded.extend(one.openings);
    }
    Ok(shredded)
}

/// Evidence under the clock, that of running requests left out.
pub(super) fn due(context: &Context, requests: &Requests) -> Result<Vec<Evidence>> {
    let settings = &context.workspace.config().policy;
    let mut openings = openings(context)?;
    let mut found = Vec::new();
    for (dsr, request) in requests.iter() {
        let own: Vec<TxId> = request
            .executions
            .iter()
            .filter_map(|execution| execution.tx.parse().ok())
            .filter(|tx| openings.remove(tx))
            .collect();
        if let Some(due_at) = rules::evidence_due_at(settings, request) {
            let files = beside(context, dsr)?;
            let record = (!rules::is_forgotten(request)).then(|| layout::dsr(dsr));
            if !files.is_empty() || !own.is_empty() || record.is_some() {
                let keep = deferred(context, request);
                let dsr = Some(dsr.clone());
                found.push(Evidence { dsr, due_at, keep, files, openings: own, record });
            }
        }
    }
    found.extend(loose(context, &openings, requests)?);
    Ok(found)
}

/// DEL-8: a deletion that waits for a hold still needs its plan.
fn deferred(context: &Context, request: &Request) -> Option<Keep> {
    let held = request.plan.iter().flat_map(|plan| &plan.held);
    let waiting = held.filter(|held| is_held(context, held)).map(|held| held.hold.clone());
    let holds: Vec<Id> = waiting.collect();
    (!holds.is_empty()).then_some(Keep::Hold(holds))
}

fn is_held(context: &Context, held: &HeldFile) -> bool {
    RelPath::new(&held.path).is_ok_and(|path| context.workspace.fs().stat(&path).is_ok())
}

/// The files beside `request.toml`.
fn beside(context: &Context, dsr: &DsrRef) -> Result<Vec<RelPath>> {
    let dir = layout::dsr_dir(dsr);
    let entries =
        context.workspace.fs().list(&dir).map_err(|error| Error::io("read", &dir, error))?;
    Ok(entries
        .into_iter()
        .filter(|entry| entry.kind == FileKind::File)
        .map(|entry| dir.join(&entry.name))
        .filter(|path| *path != layout::dsr(dsr))
        .collect())
}

/// The transactions whose openings are there.
fn openings(context: &Context) -> Result<BTreeSet<TxId>> {
    let dir = layout::attest().join("open");
    let entries = match context.workspace.fs().list(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(Error::io("read", &dir, error)),
    };
    Ok(entries.iter().filter_map(|entry| entry.name.to_str()?.parse().ok()).collect())
}

/// Openings that no request lists: of sweeps, of the customers' own deletions, of repeated
/// deletions. They go `evidence_days` after the transaction ended, those of a request not before
/// its own evidence; one whose request cannot be read stays.
fn loose(
    context: &Context,
    openings: &BTreeSet<TxId>,
    requests: &Requests,
) -> Result<Vec<Evidence>> {
    if openings.is_empty() {
        return Ok(Vec::new());
    }
    let settings = &context.workspace.config().policy;
    let log = Log::open(std::sync::Arc::clone(context.workspace.fs()));
    let mut whys: BTreeMap<TxId, Why> = BTreeMap::new();
    let mut ends: BTreeMap<TxId, Time> = BTreeMap::new();
    log.entries_where(&mut |leaf| {
        match &leaf.body {
            Body::Begin { tx, why, .. } if openings.contains(tx) => {
                whys.insert(*tx, *why);
            }
            Body::End { tx, .. } if openings.contains(tx) => {
                ends.insert(*tx, leaf.time);
            }
            _ => {}
        }
        false
    })?;
    let mut found: BTreeMap<Time, Vec<TxId>> = BTreeMap::new();
    for (tx, ended) in ends {
        let mut due_at = clock::end_of(ended, settings.evidence_days);
        if whys.get(&tx) == Some(&Why::Dsr) {
            let of = log.opening(tx)?.and_then(|opening| Id::new(opening.request).ok());
            // Where several tenants have a request of this number, the opening may be of any of them.
            let ends = |found: Vec<Request>| -> Option<Time> {
                let due = found.iter().map(|request| rules::evidence_due_at(settings, request));
                due.collect::<Option<Vec<_>>>()?.into_iter().max()
            };
            match of.and_then(|id| requests.find(context, &id)).and_then(ends) {
                Some(of_request) => due_at = due_at.max(of_request),
                None => continue,
            }
        }
        found.entry(due_at).or_default().push(tx);
    }
    Ok(found
        .into_iter()
        .map(|(due_at, openings)| Evidence {
            dsr: None,
            due_at,
            keep: None,
            files: Vec::new(),
            openings,
            record: None,
        })
        .collect())
}

/// After the transaction: the record forgets. Idempotent.
pub(in crate::ops) fn record_evidence(
    context: &Context,
    lock: &WorkspaceLock,
    dsr: &DsrRef,
    outcome: &Outcome,
    by: &str,
) -> Result<()> {
    record(context, lock, dsr, Some(outcome), by)
}

fn record(
    context: &Context,
    lock: &WorkspaceLock,
    dsr: &DsrRef,
    outcome: Option<&Outcome>,
    by: &str,
) -> Result<()> {
    let loaded = context.workspace.dsr(dsr)?;
    if rules::is_forgotten(&loaded.value) {
        return Ok(());
    }
    let mut changed = forget(&loaded.value);
    changed.decisions.push(DsrDecision {
        what: DecisionKind::EvidenceErased,
        at: context.now,
        by: by.to_owned(),
        os_user: context.actor.os_user.clone(),
        item: None,
        digest: None,
        reason: None,
        signature: None,
    });
    let matter = Matter::dsr(&dsr.id);
    let event = match outcome {
        Some(outcome) => EventDraft::by_transaction(
            Activity::DsrEvidenceErased,
            &matter,
            &outcome.tx.to_string(),
            context.now,
        ),
        None => EventDraft::by_app(Activity::DsrEvidenceErased, &matter, context.now),
    };
    let mut commit = Commit::new();
    commit.rewrite(&loaded, changed);
    commit.audit(&dsr.tenant, event.detail("by", by).build());
    context.workspace.commit_locked(lock, None, commit)
}
