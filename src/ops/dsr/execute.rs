//! Execution: the approved plan, as transactions of the attestation log; resumable.

use super::super::settle::{self, Memo, Passage};
use super::super::{Context, Matter};
use super::discover::{Search, hash_of, search};
use super::redact::Rewriter;
use super::resume::Resume;
use super::settle::{is_final, is_settled, results};
use super::waiting::{is_sidecar_of_held, waiting};
use super::{load_findings, load_plan, plan_digest, to_lines};
use crate::attest::{self, IfChanged, Log, MAX_ITEMS, Removal, RemovalItem, TxId, Warnings, Why};
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{Activity, DsrState, Id, PlanAction, PlanItem, Request, Sha256};
use crate::policy::{Refusal, dsr as rules};
use crate::workspace::{DsrRef, Loaded, layout};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How far an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecuteProgress {
    pub step: attest::Step,
    pub done: usize,
    pub total: usize,
}

/// What became of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct Executed {
    pub dsr: Id,
    pub state: DsrState,
    pub txs: Vec<ExecutedTx>,
    pub items: Vec<ExecutedItem>,
    /// Everything that was planned is gone.
    pub complete: bool,
    /// Nothing was done: this is what would be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A transaction of the attestation log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExecutedTx {
    pub tx: String,
    pub begin: u64,
    pub end: u64,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExecutedItem {
    pub path: String,
    pub sha256: Sha256,
    /// `deleted`, `redacted`, `already_absent`, `retained`, `failed` or `unknown`; `planned` in a
    /// dry run.
    pub verdict: &'static str,
    pub reason: Option<&'static str>,
    /// The file was not what was attached (DEL-5).
    pub hash_mismatch: bool,
}

impl Executed {
    /// Whether something failed or is unknown.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.items.iter().any(|item| matches!(item.verdict, "failed" | "unknown"))
    }
}

/// What became of a request's plan so far.
fn outcome(context: &Context, request: &Request, plan: &[PlanItem]) -> Executed {
    let letters = results(request, plan);
    let waiting = waiting(context, plan);
    let items: Vec<ExecutedItem> = plan
        .iter()
        .zip(&letters)
        .map(|(item, letter)| {
            let (verdict, reason) = match letter {
                '.' if waiting.contains(&item.path) => HELD,
                letter => verdict_of(*letter),
            };
            ExecutedItem {
                path: item.path.clone(),
                sha256: item.sha256,
                verdict,
                reason,
                hash_mismatch: item.attached_sha256.is_some_and(|hash| hash != item.sha256),
            }
        })
        .collect();
    Executed {
        dsr: request.id.clone(),
        state: request.state,
        txs: request
            .executions
            .iter()
            .map(|execution| ExecutedTx {
                tx: execution.tx.clone(),
                begin: execution.begin,
                end: execution.end,
            })
            .collect(),
        complete: letters.iter().all(|letter| matches!(letter, 'g' | 'r' | 'a')),
        items,
        dry_run: false,
    }
}

/// DEL-8: what waits for a hold is kept until it is released.
const HELD: (&str, Option<&str>) = ("retained", Some("legal hold"));

/// The word for an outcome's letter, and why where the word does not say it.
pub(crate) fn verdict_of(letter: char) -> (&'static str, Option<&'static str>) {
    match letter {
        'g' => ("deleted", None),
        'r' => ("redacted", None),
        'a' => ("already_absent", None),
        'm' => ("retained", Some("changed")),
        'x' => ("failed", Some("it could not be removed; execute again")),
        'u' => ("unknown", Some("the transaction's intent was lost")),
        _ => ("planned", None),
    }
}

fn is_done(context: &Context, request: &Request, plan: &[PlanItem]) -> bool {
    is_executed(request) && is_settled(context, request, plan)
}

fn is_executed(request: &Request) -> bool {
    matches!(request.state, DsrState::Fulfilled | DsrState::Attested | DsrState::Closed)
        && !request.executions.is_empty()
}

/// Whether the plan may be executed now, or what is left of it when a hold was released since.
fn may_execute(context: &Context, request: &Request) -> std::result::Result<(), Refusal> {
    if is_executed(request) {
        return context.actor.require_engineer("DEL-8", "delete what waited for a hold");
    }
    rules::may_execute(&context.actor, request, &context.workspace.config().policy, context.now)
}

/// What [`execute`] would do, after all its checks. Changes nothing.
///
/// # Errors
/// As [`execute`].
pub fn rehearse(context: &Context, named: &str) -> Result<Executed> {
    let dsr = super::find(context, named)?;
    let loaded = context.workspace.dsr(&dsr)?;
    let plan = load_plan(context, &dsr)?;
    if !is_done(context, &loaded.value, &plan) {
        may_execute(context, &loaded.value)?;
        check_plan(context, &dsr, &loaded.value, &plan)?;
    }
    Ok(Executed { dry_run: true, ..outcome(context, &loaded.value, &plan) })
}

/// Executes the approved plan of a request. Executed again when done, it says the same again.
///
/// # Errors
/// A rule says no (DEL-2, DEL-3); a file differs from the plan (DEL-1, nothing is touched); the
/// workspace gained something since the plan (a conflict); an I/O error, after which the next start
/// finishes what was begun.
pub fn execute(
    context: &Context,
    named: &str,
    progress: &mut dyn FnMut(ExecuteProgress),
) -> Result<Executed> {
    context.require_writable()?;
    let dsr = super::find(context, named)?;
    let log = Log::open(Arc::clone(context.workspace.fs()));
    // The lock order: `.attest/lock`, then `.lock`. What was interrupted is settled first.
    let mut session = log.lock(clock_of(context))?;
    settle::settle(context, &mut session)?;
    let loaded = context.workspace.dsr(&dsr)?;
    let plan = load_plan(context, &dsr)?;
    if is_done(context, &loaded.value, &plan) {
        return Ok(outcome(context, &loaded.value, &plan));
    }
    let matter = Matter::dsr(&dsr.id);
    may_execute(context, &loaded.value)
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrExecuted, &matter))?;
    let logged = |error| context.logged(error, &dsr.tenant, Activity::DsrExecuted, &matter);
    check_plan(context, &dsr, &loaded.value, &plan).map_err(logged)?;
    let warnings = warnings_of(&loaded);
    let digest = loaded.value.plan.as_ref().map(|plan| plan.digest);
    for first in (0..plan.len()).step_by(MAX_ITEMS) {
        // From here on no record changes: what was checked is looked at once more.
        let lock = context.workspace.lock()?;
        let request = context.workspace.dsr(&dsr)?.value;
        may_execute(context, &request)?;
        if request.plan.as_ref().map(|plan| plan.digest) != digest {
            return Err(Error::Conflict {
                message: format!("{} was planned again meanwhile", request.id),
                hint: Some("nothing was touched by this run; look at the new plan".to_owned()),
            });
        }
        check_tree(context, &request, &plan)?;
        let removal = window_of(context, &dsr, &request, &plan, first, warnings)?;
        let Some((memo, removal)) = removal else { continue };
        let (tx, total) = (removal.tx, plan.len());
        let removed = session.remove(&removal, &mut |at| {
            progress(ExecuteProgress { step: at.step, done: first + at.done, total });
        });
        let removed = match removed {
            Ok(removed) => removed,
            Err(error) => {
                drop(lock);
                return Err(logged(error.into()));
            }
        };
        settle::record(context, &lock, &memo, &removed, Passage::Straight)?;
        session.forget(tx)?;
    }
    let request = context.workspace.dsr(&dsr)?.value;
    Ok(outcome(context, &request, &plan))
}

/// The transaction for the window of the plan that begins at `first`; `None` when nothing in it is
/// left to do.
fn window_of(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    plan: &[PlanItem],
    first: usize,
    warnings: Warnings,
) -> Result<Option<(Memo, Removal)>> {
    let window = &plan[first..plan.len().min(first + MAX_ITEMS)];
    let letters = results(request, plan);
    let waiting = waiting(context, plan);
    let items: Vec<RemovalItem> = window
        .iter()
        .zip(&letters[first..])
        .filter(|(item, letter)| !is_final(**letter) && !waiting.contains(&item.path))
        .map(|(item, _)| {
            let path = RelPath::new(&item.path).map_err(|error| Error::usage(error.to_string()))?;
            let (mut sha256, mut size) = (item.sha256, item.size);
            // The sidecar of a file that was held was rewritten by the hold and its release.
            if is_sidecar_of_held(request, item)
                && let Ok(now) = hash_of(context, &path)
            {
                (sha256, size) = now;
            }
            let mut removal = RemovalItem::remove(path, size, sha256);
            if !request.executions.is_empty() {
                removal.if_changed = IfChanged::Keep;
            }
            if item.action != PlanAction::Delete {
                removal.replacement = Some(replacement_of(context, dsr, request, item)?);
            }
            Ok(removal)
        })
        .collect::<Result<_>>()?;
    if items.is_empty() {
        return Ok(None);
    }
    let by = context.actor.principal.clone();
    let memo = Memo::Dsr { dsr: dsr.clone(), first, by: by.clone() };
    let removal = Removal {
        tx: TxId::random()?,
        why: Why::Dsr,
        request: dsr.id.to_string(),
        engineer: by,
        memo: memo.to_string(),
        warnings,
        items,
    };
    Ok(Some((memo, removal)))
}

/// What takes the place of a file that is written anew: the very bytes that were planned.
fn replacement_of(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    item: &PlanItem,
) -> Result<Vec<u8>> {
    let findings = load_findings(context, dsr)?;
    let about = |finding: &&crate::model::Finding| {
        item.path == finding.path
            || layout::sidecar_of(std::ffi::OsStr::new(&item.path))
                .is_some_and(|file| *file == *finding.path)
    };
    let rewriter = Rewriter::new(context, request)?;
    for finding in findings.iter().filter(about) {
        let file = rewriter.files(finding)?.into_iter().find(|f| f.path.display() == item.path);
        let planned = item.after.as_ref().map(|after| after.sha256);
        if let Some(file) = file
            && Some(Sha256::of(&file.bytes)) == planned
        {
            return Ok(file.bytes);
        }
    }
    Err(Error::Conflict {
        message: format!("{} would not become what was planned", item.path),
        hint: Some(format!(
            "nothing of it was touched; `caseward dsr discover {0}` and `caseward dsr plan {0}`",
            request.id
        )),
    })
}

/// A file that came into an engagement which is deleted whole is a conflict: it would be left
/// without its case.
fn check_tree(context: &Context, request: &Request, plan: &[PlanItem]) -> Result<()> {
    let planned: BTreeSet<&str> = plan.iter().map(|item| item.path.as_str()).collect();
    let engagements =
        request.plan.as_ref().map(|plan| plan.engagements.as_slice()).unwrap_or_default();
    for engagement in engagements {
        let case_ref = context.workspace.find_case(&engagement.engagement)?;
        for path in super::draft::engagement_files(context, &case_ref)? {
            if !planned.contains(path.display().as_str()) && path != layout::tombstone(&case_ref) {
                return Err(came_in(request, &path.display()));
            }
        }
    }
    Ok(())
}

fn came_in(request: &Request, path: &str) -> Error {
    Error::Conflict {
        message: format!("{path} came in since the plan was made; nothing was touched"),
        hint: Some(format!(
            "`caseward dsr discover {0}`, review, and `caseward dsr plan {0}` again",
            request.id
        )),
    }
}

/// The clock of a session: it goes on while a deletion runs, unless the workspace's clock is set.
pub(crate) fn clock_of(context: &Context) -> attest::Clock {
    let (test_clock, fallback) = (context.workspace.config().test_clock, context.now);
    attest::Clock::new(move || crate::env::now(test_clock).unwrap_or(fallback))
}

fn warnings_of(loaded: &Loaded<Request>) -> Warnings {
    let twins = loaded.value.plan.as_ref().is_some_and(|plan| !plan.same_content.is_empty());
    if twins { Warnings::default().with(Warnings::SAME_CONTENT) } else { Warnings::default() }
}

/// DEL-1: the plan is the one approved, the files are those planned, and nothing came in since.
fn check_plan(context: &Context, dsr: &DsrRef, request: &Request, plan: &[PlanItem]) -> Result<()> {
    super::approval::check_approval_signed(context, dsr, request)?;
    let Some(recorded) = &request.plan else {
        return Err(Refusal::new("DEL-1", format!("{} has no plan", request.id)).into());
    };
    if plan_digest(request, recorded.scope, &to_lines(plan)?) != recorded.digest {
        return Err(Error::Conflict {
            message: format!("{} is not the plan that was approved", layout::plan(dsr)),
            hint: Some(format!(
                "nothing was touched; plan again: `caseward dsr plan {}`",
                request.id
            )),
        });
    }
    if !request.executions.is_empty() {
        // Part of it is gone: what is left is checked file by file by its transaction.
        return Ok(());
    }
    let mut differing = Vec::new();
    for item in plan.iter().filter(|item| !is_sidecar_of_held(request, item)) {
        let path = RelPath::new(&item.path).map_err(|error| Error::usage(error.to_string()))?;
        match hash_of(context, &path) {
            Ok((sha256, size)) if sha256 == item.sha256 && size == item.size => {}
            Ok(_) => differing.push(format!("{} has other contents", item.path)),
            // Somebody removed it already: the transaction says so.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => differing.push(format!("{} cannot be read ({error})", item.path)),
        }
    }
    if !differing.is_empty() {
        let shown: Vec<String> = differing.iter().take(5).cloned().collect();
        return Err(Refusal::new(
            "DEL-1",
            format!(
                "{} of the plan changed since; nothing was touched: {}",
                crate::text::plural(differing.len() as u64, "file"),
                shown.join("; ")
            ),
        )
        .hint(format!(
            "look at it, then `caseward dsr discover {0}` and `caseward dsr plan {0}`",
            request.id
        ))
        .into());
    }
    check_nothing_new(context, dsr, request, plan)
}

/// A finding or a file that the plan does not know is a conflict: discover and plan again.
fn check_nothing_new(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    plan: &[PlanItem],
) -> Result<()> {
    let known = load_findings(context, dsr)?;
    let how = Search {
        earlier: &known,
        resume: Resume::default(),
        keep: false,
        absent: None,
        progress: &|_| {},
        cancel: &AtomicBool::new(false),
    };
    let found = search(context, dsr, request, how)?;
    let paths: BTreeSet<&str> = known.iter().map(|finding| finding.path.as_str()).collect();
    if let Some(new) = found.items.iter().find(|finding| !paths.contains(finding.path.as_str())) {
        return Err(came_in(request, &new.path));
    }
    check_tree(context, request, plan)
}
