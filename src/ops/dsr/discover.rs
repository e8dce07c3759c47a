//! Running discovery: the findings of a request, stable in their ids, and what was not searched.

use super::super::{Context, Matter};
use super::resume::Resume;
use super::scope::{Scope, ScopeFile};
use super::{decision, load_findings, to_change, to_lines};
use crate::discovery::{
    self, Content, FileResult, Identifier, IntakeOptions, Limits, Outcome, Query,
};
use crate::env::Stopwatch;
use crate::error::{Error, Result};
use crate::fs::{self, RelPath};
use crate::log;
use crate::model::{
    Activity, DecisionKind, DiscoverySummary, DsrState, Finding, FindingMatch, FindingOutcome, Id,
    Request, ScopeProblem, Sha256, UnsearchedStore,
};
use crate::policy::dsr as rules;
use crate::workspace::{Commit, DsrRef, Loaded, layout};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;

/// How far a discovery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscoverProgress {
    pub files: u64,
    pub files_total: u64,
    pub bytes: u64,
    pub findings: u64,
}

/// What was searched, in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Searched {
    pub files: u64,
    pub bytes: u64,
    pub seconds: f64,
}

/// The result of a discovery.
#[derive(Debug, Clone, Serialize)]
pub struct Discovered {
    pub dsr: Id,
    pub searched: Searched,
    /// How many items there are.
    pub findings: usize,
    pub items: Vec<Finding>,
    pub not_searched: Vec<UnsearchedStore>,
    pub problems: Vec<ScopeProblem>,
    /// Nothing unreadable and no limit hit.
    pub complete: bool,
}

/// Runs discovery and records its findings. A plan that there was is void. When `cancel` is set it
/// stops, and the next run goes on from there.
///
/// # Errors
/// The request is not in a state for it, the user stopped it, or the workspace cannot be read.
pub fn discover(
    context: &Context,
    named: &str,
    progress: &(dyn Fn(DiscoverProgress) + Sync),
    cancel: &AtomicBool,
) -> Result<Discovered> {
    let (dsr, loaded) = to_change(context, named)?;
    let matter = Matter::dsr(&dsr.id);
    context
        .actor
        .require_engineer("DSR-4", "run a discovery")
        .and_then(|()| rules::require_state(&loaded.value, super::DISCOVERABLE, "discovered"))
        .map_err(|refusal| {
            context.refused(refusal, &dsr.tenant, Activity::DsrDiscovered, &matter)
        })?;
    let earlier = load_findings(context, &dsr)?;
    let resume = Resume::load(context, &dsr, &loaded.value);
    let how = Search { earlier: &earlier, resume, keep: true, absent: None, progress, cancel };
    let found = search(context, &dsr, &loaded.value, how)?;
    record(context, &dsr, &loaded, found)
}

/// Writes down what a discovery found.
pub(super) fn record(
    context: &Context,
    dsr: &DsrRef,
    loaded: &Loaded<Request>,
    found: Discovered,
) -> Result<Discovered> {
    let matter = Matter::dsr(&dsr.id);
    let (unregistered, problems): (Vec<_>, Vec<_>) =
        found.problems.iter().cloned().partition(|problem| problem.kind == "unregistered");
    let mut changed = loaded.value.clone();
    changed.state = DsrState::Review;
    changed.plan = None;
    changed.discovery = Some(DiscoverySummary {
        at: context.now,
        by: context.actor.principal.clone(),
        files: found.searched.files,
        bytes: found.searched.bytes,
        findings: found.items.len() as u64,
        complete: found.complete,
        not_searched: found.not_searched.clone(),
        unregistered: unregistered.len() as u64,
        problems,
    });
    changed.decisions.push(decision(context, DecisionKind::Discovered));
    let event = context
        .event(Activity::DsrDiscovered, &matter)
        .change("state", loaded.value.state, changed.state)
        .detail("findings", found.items.len());
    let mut commit = Commit::new();
    commit.update(loaded, changed);
    commit.replace(layout::findings(dsr), to_lines(&found.items)?);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    // A cache that stays is only ever used where it still fits.
    let _ = Resume::forget(context, dsr);
    Ok(found)
}

/// Searches a request's scope once more and records nothing.
///
/// # Errors
/// As [`discover`].
pub(in crate::ops) fn search_once(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    progress: &(dyn Fn(DiscoverProgress) + Sync),
    cancel: &AtomicBool,
) -> Result<Discovered> {
    let earlier = load_findings(context, dsr)?;
    let resume = Resume::default();
    let how = Search { earlier: &earlier, resume, keep: false, absent: None, progress, cancel };
    search(context, dsr, request, how)
}

/// Compiles a request's identifiers, as they were accepted at intake.
pub(super) fn query_of(request: &Request) -> Result<Query> {
    let options = IntakeOptions { allow_single_word: true, ..IntakeOptions::default() };
    let identifiers: Vec<Identifier> = request
        .identifiers
        .iter()
        .map(|given| {
            Identifier::parse(given.kind, &given.value, &options)
                .map_err(|error| Error::usage(format!("identifier of {}: {error}", request.id)))
        })
        .collect::<Result<_>>()?;
    Ok(Query::compile(&identifiers))
}

/// How to search.
pub(super) struct Search<'a> {
    /// Findings of an earlier discovery, whose ids are kept.
    pub earlier: &'a [Finding],
    /// Results of an interrupted run.
    pub resume: Resume,
    /// Keep results when this run is interrupted.
    pub keep: bool,
    /// Files without a result are not searched, and why: a shard is missing.
    pub absent: Option<&'a str>,
    pub progress: &'a (dyn Fn(DiscoverProgress) + Sync),
    pub cancel: &'a AtomicBool,
}

/// Searches what the request covers. Changes nothing but, when it is interrupted, the cache.
pub(super) fn search(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    how: Search<'_>,
) -> Result<Discovered> {
    let Search { earlier, mut resume, keep, absent, progress, cancel } = how;
    let watch = Stopwatch::start();
    let query = query_of(request)?;
    let scope = Scope::of(context, dsr, request)?;
    let mut problems = scope.problems;
    let mut total = scope.files.len() as u64;
    let (mut results, mut files, mut targets) = (Vec::new(), Vec::new(), Vec::new());
    for ScopeFile { target, about, path, kind, engagement, stamp } in scope.files {
        let stamp = stamp.filter(|_| keep);
        let known = stamp.and_then(|stamp| resume.take(&path.display(), stamp));
        match (known, absent) {
            (Some(result), _) => results.push((files.len(), result)),
            (None, Some(why)) if matches!(target.content, Content::File { .. }) => {
                let (path, kind) = (path.display(), "unreadable".to_owned());
                problems.push(ScopeProblem { path, kind, why: why.to_owned() });
                total -= 1;
            }
            (None, _) => targets.push((files.len(), target)),
        }
        files.push((about, path, kind, engagement, stamp));
    }
    let done = results.len() as u64;
    let (places, targets): (Vec<usize>, Vec<_>) = targets.into_iter().unzip();
    let found = discovery::run(
        &targets,
        &query,
        &Limits::default(),
        crate::env::readers(),
        &|at| {
            progress(DiscoverProgress {
                files: done + at.files,
                files_total: total,
                bytes: at.bytes,
                findings: at.findings,
            });
        },
        cancel,
    );
    let complete_run = found.len() == targets.len();
    results.extend(found.into_iter().map(|(index, result)| (places[index], result)));
    if !complete_run {
        if keep && !context.read_only {
            let searched = results.iter().filter_map(|(index, result)| {
                let (_, path, _, _, stamp) = &files[*index];
                Some((path.display(), (*stamp)?, result))
            });
            // Without it the next run searches everything, which is as right.
            let _ = Resume::save(context, dsr, request, searched);
        }
        return Err(Error::Interrupted);
    }
    results.sort_by_key(|(index, _)| *index);
    let mut bytes = 0;
    let mut grouped: BTreeMap<(RelPath, Option<String>), Group> = BTreeMap::new();
    for (index, result) in results {
        let (about, path, kind, engagement, _) = &files[index];
        bytes += result.bytes;
        take_problems(&mut problems, path, &result);
        for hit in result.hits {
            let group = grouped.entry((about.clone(), hit.member.clone())).or_insert_with(|| {
                Group { kind: *kind, engagement: engagement.clone(), hits: Vec::new() }
            });
            group.hits.push(hit);
        }
    }
    let items = number(context, grouped, earlier, &mut problems);
    let complete = !problems.iter().any(|p| p.kind == "unreadable" || p.kind == "limit");
    log::discovered(request.identifiers.len(), total, bytes, items.len(), watch);
    Ok(Discovered {
        dsr: request.id.clone(),
        searched: Searched { files: total, bytes, seconds: watch.seconds() },
        findings: items.len(),
        items,
        not_searched: scope.not_searched,
        problems,
        complete,
    })
}

struct Group {
    kind: crate::model::FindingKind,
    engagement: Option<crate::workspace::CaseRef>,
    hits: Vec<discovery::Hit>,
}

fn take_problems(problems: &mut Vec<ScopeProblem>, path: &RelPath, result: &FileResult) {
    for problem in &result.problems {
        let path = match &problem.member {
            Some(member) => format!("{path}!/{member}"),
            None => path.display(),
        };
        let kind = match problem.kind {
            discovery::ProblemKind::Unreadable => "unreadable",
            discovery::ProblemKind::Limit => "limit",
        };
        problems.push(ScopeProblem { path, kind: kind.to_owned(), why: problem.why.clone() });
    }
}

/// Makes findings of the hits. A path keeps the id that it had in an earlier discovery, so that
/// decisions stay with what they were about.
fn number(
    context: &Context,
    grouped: BTreeMap<(RelPath, Option<String>), Group>,
    earlier: &[Finding],
    problems: &mut Vec<ScopeProblem>,
) -> Vec<Finding> {
    let known: HashMap<&str, &str> =
        earlier.iter().map(|f| (f.path.as_str(), f.id.as_str())).collect();
    let mut next = earlier
        .iter()
        .filter_map(|finding| finding.id.strip_prefix('f')?.parse::<u64>().ok())
        .max()
        .unwrap_or(0);
    let mut hashes: HashMap<RelPath, (Sha256, u64)> = HashMap::new();
    let mut findings = Vec::new();
    for ((about, member), group) in grouped {
        let (sha256, size) = match hashes.get(&about) {
            Some(known) => *known,
            None => match hash_of(context, &about) {
                Ok(hash) => *hashes.entry(about.clone()).or_insert(hash),
                Err(error) => {
                    problems.push(ScopeProblem {
                        path: about.display(),
                        kind: "unreadable".to_owned(),
                        why: error.to_string(),
                    });
                    (Sha256::of(b""), 0)
                }
            },
        };
        let path = match &member {
            Some(member) => format!("{about}!/{member}"),
            None => about.display(),
        };
        let matched = group.hits.iter().any(|hit| hit.outcome == Outcome::Match);
        let reason = if matched {
            None
        } else {
            group.hits.iter().find_map(|hit| hit.reason).map(|reason| reason.to_string())
        };
        let mut matches: BTreeMap<(usize, String), u64> = BTreeMap::new();
        for hit in &group.hits {
            // What a person has to judge is not counted among what needs no judgement.
            if !matched || hit.outcome == Outcome::Match {
                *matches.entry((hit.identifier, hit.form.to_string())).or_default() += hit.count;
            }
        }
        let id = known.get(path.as_str()).map_or_else(
            || {
                next += 1;
                format!("f{next:04}")
            },
            |id| (*id).to_owned(),
        );
        findings.push(Finding {
            id,
            path,
            kind: group.kind,
            outcome: if matched { FindingOutcome::Match } else { FindingOutcome::Review },
            reason,
            matches: matches
                .into_iter()
                .map(|((identifier, form), count)| FindingMatch { identifier, form, count })
                .collect(),
            engagement: group.engagement.map(|case| case.to_string()),
            size,
            sha256,
        });
    }
    findings
}

/// The hash and size of a file of the workspace.
pub(in crate::ops) fn hash_of(context: &Context, path: &RelPath) -> std::io::Result<(Sha256, u64)> {
    let mut file = context.workspace.fs().open(path)?;
    fs::hash_file(&mut *file, &mut |_| {})
}
