//! DEL-11: files that were erased on request and came back with a backup are erased again.

use crate::attest::{Body, Log, Outcome, TxId, Verdict, Why};
use crate::error::{Error, Result};
use crate::fs::{FileKind, RelPath};
use crate::model::{Activity, FORMAT, Id, Meta, Request, Sha256, Store, Tombstone};
use crate::ops::dsr::{ExecutedTx, clock_of, hash_of};
use crate::ops::erased::{Index, Kind, index_path};
use crate::ops::removal::{RemovalProgress, Removing, windows};
use crate::ops::settle::{self, Memo};
use crate::ops::{Context, EventDraft, Matter, transfer};
use crate::policy::retention as rules;
use crate::workspace::{CaseRef, Commit, DsrRef, Problem, ProblemKind, layout};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

/// What a replay did.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    pub txs: Vec<ExecutedTx>,
    pub items: Vec<ReplayedItem>,
    /// Nothing that was erased is there any more.
    pub complete: bool,
    pub problems: Vec<Problem>,
    /// Nothing was done: this is what would be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A file that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayedItem {
    pub path: String,
    /// The request that had erased it, as `TENANT/ID`.
    pub erased_for: String,
    pub sha256: Option<Sha256>,
    /// As of `dsr execute`; `planned` in a dry run.
    pub verdict: &'static str,
    pub reason: Option<String>,
}

impl Replayed {
    /// Whether something failed or is unknown.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.items.iter().any(|item| matches!(item.verdict, "failed" | "unknown"))
    }

    fn finish(mut self) -> Self {
        self.items.sort_by(|a, b| a.path.cmp(&b.path));
        let gone = |item: &ReplayedItem| matches!(item.verdict, "deleted" | "already_absent");
        self.complete = self.items.iter().all(gone);
        self
    }
}

/// What [`replay`] would erase again. Changes nothing.
///
/// # Errors
/// The actor is no engineer, or the workspace cannot be read.
pub fn rehearse_replay(context: &Context) -> Result<Replayed> {
    rules::may_sweep(&context.actor)?;
    let mut back = Back::look(context)?;
    let mut items = std::mem::take(&mut back.kept);
    for (of, files) in &back.files {
        items.extend(files.iter().map(|path| ReplayedItem {
            path: path.display(),
            erased_for: of.to_string(),
            sha256: None,
            verdict: "planned",
            reason: None,
        }));
    }
    let problems = back.problems;
    Ok(Replayed { txs: Vec::new(), items, complete: false, problems, dry_run: true }.finish())
}

/// Erases again what had been erased on request and is there again, in new attested transactions.
///
/// # Errors
/// As a sweep.
pub fn replay(context: &Context, progress: &mut dyn FnMut(RemovalProgress)) -> Result<Replayed> {
    context.require_writable()?;
    rules::may_sweep(&context.actor)?;
    let log = Log::open(Arc::clone(context.workspace.fs()));
    let mut session = log.lock(clock_of(context))?;
    settle::settle(context, &mut session)?;
    let back = Back::look(context)?;
    let total = back.files.values().map(Vec::len).sum();
    let (mut txs, mut items, mut before) = (Vec::new(), back.kept, 0);
    for (of, files) in back.files {
        let by = context.actor.principal.clone();
        let mut removing = Removing {
            context,
            session: &mut session,
            why: if is_transfer(&of) { Why::Transfer } else { Why::Dsr },
            request: of.id.to_string(),
            memo: Memo::Replay { dsr: of.clone(), by },
        };
        for paths in windows(files, |_| 1) {
            let lock = context.workspace.lock()?;
            let done = removing.window(&lock, &paths, &mut |at| {
                progress(RemovalProgress { step: at.step, done: before + at.done, total });
            })?;
            before += paths.len();
            txs.extend(done.tx);
            items.extend(done.files.into_iter().map(|(path, gone)| ReplayedItem {
                path: path.display(),
                erased_for: of.to_string(),
                sha256: gone.sha256,
                verdict: gone.verdict,
                reason: gone.reason,
            }));
        }
    }
    let problems = back.problems;
    Ok(Replayed { txs, items, complete: false, problems, dry_run: false }.finish())
}

/// A transfer deletion request, by its number.
fn is_transfer(of: &DsrRef) -> bool {
    of.id.as_str().starts_with("TDR-")
}

/// What is there again.
#[derive(Default)]
struct Back {
    /// By the request that had erased them; records of an engagement last.
    files: BTreeMap<DsrRef, Vec<RelPath>>,
    kept: Vec<ReplayedItem>,
    problems: Vec<Problem>,
}

/// What tells erased files: the index, and openings from before there was one.
struct Known {
    index: Option<Index>,
    opened: BTreeMap<RelPath, Vec<(Sha256, bool, DsrRef)>>,
}

impl Known {
    fn load(context: &Context, problems: &mut Vec<Problem>) -> Result<Self> {
        let index = Index::load(context)?;
        for line in index.iter().flat_map(|index| &index.bad_lines) {
            let why = format!("line {line} is no entry of the index of erased files");
            problems.push(Problem::new(index_path().display(), ProblemKind::Invalid, why));
        }
        let log = Log::open(Arc::clone(context.workspace.fs()));
        let mut opened: BTreeMap<RelPath, Vec<(Sha256, bool, DsrRef)>> = BTreeMap::new();
        for tenant in context.tenants()? {
            let (requests, more) = context.workspace.dsrs(&tenant.domain)?;
            problems.extend(more);
            for request in requests.into_iter().map(|loaded| loaded.value) {
                let of = DsrRef { tenant: tenant.domain.clone(), id: request.id.clone() };
                for tx in executions(&request) {
                    for (path, sha256, rewritten) in erased_by(&log, tx)? {
                        opened.entry(path).or_default().push((sha256, rewritten, of.clone()));
                    }
                }
            }
        }
        Ok(Self { index, opened })
    }

    /// The request that expunged this directory whole.
    fn dir(&self, path: &RelPath) -> Option<DsrRef> {
        self.index.as_ref()?.find(Kind::Dir, path, None).cloned()
    }

    fn is_known_path(&self, path: &RelPath) -> bool {
        let removed = |(_, rewritten, _): &(Sha256, bool, DsrRef)| !rewritten;
        self.opened.get(path).is_some_and(|known| known.iter().any(removed))
            || self.index.as_ref().is_some_and(|index| index.find(Kind::Path, path, None).is_some())
    }

    /// The request that erased this content here, and whether it only rewrote it.
    fn file(&self, path: &RelPath, sha256: Sha256) -> Option<(DsrRef, bool)> {
        if let Some(index) = &self.index {
            for (kind, rewritten) in [(Kind::File, false), (Kind::Rewritten, true)] {
                if let Some(of) = index.find(kind, path, Some(sha256)) {
                    return Some((of.clone(), rewritten));
                }
            }
        }
        let opened = self.opened.get(path)?.iter().find(|(hash, _, _)| *hash == sha256)?;
        Some((opened.2.clone(), opened.1))
    }

    /// Whether a file of this name was erased or rewritten: only then it is hashed.
    fn is_worth_hashing(&self, path: &RelPath) -> bool {
        let rewritten = |index: &Index| index.find(Kind::RewrittenPath, path, None).is_some();
        self.opened.contains_key(path)
            || self.is_known_path(path)
            || self.index.as_ref().is_some_and(rewritten)
    }
}

fn executions(request: &Request) -> impl Iterator<Item = TxId> + '_ {
    request.executions.iter().filter_map(|execution| execution.tx.parse().ok())
}

/// What a transaction removed (or rewrote, `true`), as its opening says while it exists.
pub(super) fn erased_by(log: &Log, tx: TxId) -> Result<Vec<(RelPath, Sha256, bool)>> {
    let Some(opening) = log.opening(tx)? else { return Ok(Vec::new()) };
    let outcomes = log.entries_of(tx)?.into_iter().find_map(|entry| match entry.leaf.body {
        Body::End { outcomes, .. } => Some(outcomes),
        _ => None,
    });
    let items = opening.records.into_iter().zip(outcomes.unwrap_or_default());
    Ok(items
        .filter(|(_, verdict)| verdict.is_gone())
        .map(|(opened, verdict)| {
            let rewritten = verdict == Verdict::Rewritten;
            (opened.record.path, opened.record.sha256, rewritten)
        })
        .collect())
}

impl Back {
    fn look(context: &Context) -> Result<Self> {
        let mut back = Self::default();
        let known = Known::load(context, &mut back.problems)?;
        for tenant in context.tenants()? {
            let domain = &tenant.domain;
            let mut dirs = Vec::new();
            for id in context.workspace.case_ids(domain)?.0 {
                dirs.push(layout::case_dir(&CaseRef { tenant: domain.clone(), id }));
            }
            for sar in context.workspace.approval_ids(domain)? {
                dirs.push(layout::approval_dir(domain, &sar));
            }
            for dir in dirs {
                let expunged = known.dir(&dir);
                back.directory(context, &known, &dir, expunged.as_ref())?;
            }
        }
        for files in back.files.values_mut() {
            // Like the first time: the engagement's record last.
            files.sort_by_key(|path| (path.name() == "case.toml", path.clone()));
        }
        Ok(back)
    }

    fn directory(
        &mut self,
        context: &Context,
        known: &Known,
        dir: &RelPath,
        expunged: Option<&DsrRef>,
    ) -> Result<()> {
        let entries = match context.workspace.fs().list(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("read", dir, error)),
        };
        for entry in entries {
            let path = dir.join(&entry.name);
            match entry.kind {
                FileKind::Dir => {
                    // Transfer files stay under their own clock when an engagement goes (DTM-7).
                    let expunged = expunged.filter(|_| !layout::is_transfer(&path));
                    self.directory(context, known, &path, expunged)?;
                }
                FileKind::File if entry.name == "tombstone.toml" => {}
                FileKind::File => self.file(context, known, path, expunged),
                FileKind::Symlink | FileKind::Other => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, context: &Context, known: &Known, path: RelPath, expunged: Option<&DsrRef>) {
        let found = match expunged {
            Some(of) => Some((of.clone(), false)),
            None if !known.is_worth_hashing(&path) => None,
            None => match hash_of(context, &path) {
                Ok((sha256, _)) => {
                    let found = known.file(&path, sha256);
                    if found.is_none() && known.is_known_path(&path) {
                        let why = "has another content than the file of this name that was erased \
                                   on request: look whether it is about the same person";
                        let kind = ProblemKind::Invalid;
                        self.problems.push(Problem::new(path.display(), kind, why));
                    }
                    found
                }
                Err(error) => {
                    let kind = ProblemKind::Unreadable;
                    self.problems.push(Problem::new(path.display(), kind, error.to_string()));
                    None
                }
            },
        };
        let Some((of, rewritten)) = found else { return };
        let reason = if rewritten {
            Some("it came back as it was before its redaction: redact it again".to_owned())
        } else {
            hold_on(context, &path)
        };
        match reason {
            Some(reason) => self.kept.push(ReplayedItem {
                path: path.display(),
                erased_for: of.to_string(),
                sha256: None,
                verdict: "retained",
                reason: Some(reason),
            }),
            None => self.files.entry(of).or_default().push(path),
        }
    }
}

/// DEL-8: a hold that was placed since keeps the file.
fn hold_on(context: &Context, path: &RelPath) -> Option<String> {
    let of = layout::sidecar_of(path.name()).map(|_| path.clone());
    let of = of.unwrap_or_else(|| layout::sidecar(path));
    let meta = context.workspace.load::<Meta>(&of).ok().flatten()?;
    let holds: Vec<Id> = meta.value.holds.iter().map(|hold| hold.id.clone()).collect();
    (!holds.is_empty()).then(|| rules::Keep::Hold(holds).ground())
}

/// Beside the audit events of the files: one of the request, a tombstone where the restored
/// directory has none, and no empty directories.
pub(in crate::ops) fn record_replay(
    context: &Context,
    commit: &mut Commit,
    of: &DsrRef,
    outcome: &Outcome,
    by: &str,
) {
    let tx = outcome.tx.to_string();
    let (activity, matter) = if is_transfer(of) {
        (Activity::TransferDeletionExecuted, Matter::transfer_request(&of.id))
    } else {
        (Activity::DsrExecuted, Matter::dsr(&of.id))
    };
    let event = EventDraft::by_transaction(activity, &matter, &tx, context.now)
        .detail("by", by)
        .detail("replay", "restored files erased again");
    commit.audit(&of.tenant, event.build());
    let (mut dirs, mut cases) = (BTreeSet::new(), BTreeSet::new());
    for item in outcome.items.iter().filter(|item| item.verdict.is_gone()) {
        let mut dir = item.path.parent();
        let least =
            if dir.components().nth(2).is_some_and(|part| part == "approvals") { 4 } else { 5 };
        while dir.components().count() >= least {
            dirs.insert(dir.clone());
            dir = dir.parent();
        }
        if item.path.name() == "case.toml" {
            cases.extend(layout::engagement_of(&item.path));
        }
    }
    for case in cases {
        let path = layout::tombstone(&case);
        if context.workspace.load::<Tombstone>(&path).ok().flatten().is_none() {
            let pending = transfer::files(context, &case).is_ok_and(|(files, _)| !files.is_empty());
            let tombstone = Tombstone {
                format: FORMAT,
                id: case.id.clone(),
                status: "expunged".to_owned(),
                at: context.now,
                closed_at: None,
                tx: tx.clone(),
                transfer_pending: pending,
            };
            commit.create(path, &tombstone);
        }
    }
    for dir in dirs.into_iter().rev() {
        // `Store::Transfer` was seen to already where it is empty.
        if dir.name() != Store::Transfer.as_str() {
            commit.remove_empty_dir(dir);
        }
    }
}
