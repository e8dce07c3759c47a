//! Giving out what was found: a directory with the included files, redacted copies where that was
//! decided, and a manifest that says what is there, what is not, and why (DSR-10, DSR-13).
//!
//! Names in the directory are made here, never taken from what was found. What leaves is logged
//! before it leaves; the manifest is written last, so a directory without one is not whole.

mod manifest;

pub use manifest::{Exported, ExportedItem, LeftOut};

use super::super::{Context, EventDraft, Matter};
use super::discover::hash_of;
use super::plan::undecided;
use super::redact::Rewriter;
use super::{decision, load_findings, to_change};
use crate::error::{Error, Result};
use crate::fs::{FsFile, RelPath};
use crate::model::{
    Activity, Case, Category, DecisionKind, DsrState, Finding, FindingKind, Meta, Request, Sha256,
};
use crate::outside::NewDir;
use crate::policy::dsr::{self as rules, Choice};
use crate::workspace::{CaseRef, Commit, DsrRef, Loaded, layout};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// A file that is going to be given out.
struct Outgoing {
    /// All findings in it.
    findings: Vec<String>,
    source: RelPath,
    engagement: Option<String>,
    name: String,
    contents: Contents,
    categories: Vec<Category>,
    kind: FindingKind,
    why: String,
}

enum Contents {
    /// As it is: its hash and size when it was searched.
    Copy(Sha256, u64),
    /// A version of it.
    Made { bytes: Vec<u8>, redacted: bool },
}

/// What goes and what stays.
#[derive(Default)]
struct Selection {
    outgoing: Vec<Outgoing>,
    left_out: Vec<LeftOut>,
}

/// Gives out the findings of a request for access or export in a new directory.
///
/// # Errors
/// It asks for something else, a person has to decide first, a file changed since it was searched,
/// `out` is not empty, or the disk says no.
pub fn export(context: &Context, named: &str, out: &Path) -> Result<Exported> {
    let (dsr, loaded) = to_change(context, named)?;
    let request = &loaded.value;
    let findings = load_findings(context, &dsr)?;
    let matter = Matter::dsr(&dsr.id);
    rules::may_export(&context.actor, request, &undecided(request, &findings))
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrExported, &matter))?;
    let selection = Selection::of(context, request, &findings)
        .map_err(|error| context.logged(error, &dsr.tenant, Activity::DsrExported, &matter))?;
    selection.check(context, request)?;
    let dir = NewDir::create(out)?;
    log(context, &dsr, &selection)?;
    let exported = write(context, &dsr, request, &selection, &dir)?;
    finish(context, &dsr, &loaded, exported.items.len())?;
    Ok(exported)
}

impl Selection {
    fn of(context: &Context, request: &Request, findings: &[Finding]) -> Result<Self> {
        let rewriter = Rewriter::new(context, request)?;
        let mut selection = Self::default();
        let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in findings {
            let decided = rules::last_decision(request, &finding.id);
            let left_out = match rules::choice(request, finding) {
                Choice::Included | Choice::Rewritten => reserved(context, finding),
                Choice::Excluded => decided.and_then(|decision| decision.reason.clone()),
                Choice::Undecided => Some("nobody decided on it".to_owned()),
                Choice::LegalRecord => Some("a record that is kept by law".to_owned()),
            };
            match left_out {
                Some(reason) => selection.left_out.push(LeftOut {
                    finding: finding.id.clone(),
                    kind: finding.kind,
                    reason,
                }),
                None => {
                    let file = finding.path.split_once("!/").map_or(&*finding.path, |(f, _)| f);
                    files.entry(file).or_default().push(finding);
                }
            }
        }
        for (file, found) in files {
            let source = RelPath::new(file).map_err(|error| Error::usage(error.to_string()))?;
            let first = found[0];
            let meta = context.workspace.load::<Meta>(&layout::sidecar(&source)).ok().flatten();
            let rewritten = found.iter().find(|f| rules::choice(request, f) == Choice::Rewritten);
            let contents = match (first.kind, rewritten) {
                (_, Some(finding)) => {
                    let made = rewriter.files(finding)?.into_iter().find(|f| f.path == source);
                    match made {
                        // Only the sidecar held a match, and it is not given out.
                        None => Contents::Copy(first.sha256, first.size),
                        Some(made) if first.kind == FindingKind::Case => Contents::Made {
                            bytes: redacted_case(context, &source, &made)?,
                            redacted: true,
                        },
                        Some(made) => Contents::Made { bytes: made.bytes, redacted: true },
                    }
                }
                (FindingKind::Case, None) => {
                    Contents::Made { bytes: case_summary(context, &source, None)?, redacted: false }
                }
                _ => Contents::Copy(first.sha256, first.size),
            };
            let whole = found.iter().any(|finding| finding.path.contains("!/"));
            let ids: Vec<String> = found.iter().map(|finding| finding.id.clone()).collect();
            let why = match (whole, &contents) {
                (true, _) => "an archive, given whole: only members of it were found",
                (false, Contents::Made { redacted: true, .. }) => "a redacted copy",
                (false, Contents::Made { .. }) => "what the engagement's record says",
                (false, Contents::Copy(..)) => "a copy",
            };
            selection.outgoing.push(Outgoing {
                name: name_for(&first.id, &source, first.kind),
                findings: ids,
                engagement: first.engagement.clone(),
                categories: meta.map(|meta| meta.value.categories).unwrap_or_default(),
                kind: first.kind,
                why: why.to_owned(),
                contents,
                source,
            });
        }
        Ok(selection)
    }

    /// Every file that is copied is still what was searched.
    fn check(&self, context: &Context, request: &Request) -> Result<()> {
        for outgoing in &self.outgoing {
            let Contents::Copy(sha256, size) = outgoing.contents else { continue };
            let now = hash_of(context, &outgoing.source)
                .map_err(|error| Error::io("read", &outgoing.source, error))?;
            if now != (sha256, size) {
                return Err(changed(request, &outgoing.source));
            }
        }
        Ok(())
    }
}

fn changed(request: &Request, path: &RelPath) -> Error {
    Error::Conflict {
        message: format!("{path} changed since it was searched"),
        hint: Some(format!("`caseward dsr discover {}`, and look at it again", request.id)),
    }
}

/// DSR-13: what is never given out, and why.
fn reserved(context: &Context, finding: &Finding) -> Option<String> {
    match finding.kind {
        FindingKind::Access | FindingKind::Approval => {
            return Some(
                "a record of who had access, which is a matter of security [DSR-13]".to_owned(),
            );
        }
        _ => {}
    }
    let file = finding.path.split_once("!/").map_or(&*finding.path, |(file, _)| file);
    let sidecar = layout::sidecar(&RelPath::new(file).ok()?);
    match context.workspace.load::<Meta>(&sidecar) {
        Ok(meta) => meta
            .is_some_and(|meta| meta.value.internal)
            .then(|| "an internal note of the vendor's [DSR-13]".to_owned()),
        // Whether it is internal cannot be told, so it is not given out.
        Err(_) => Some("its sidecar is not valid, so it may be internal [DSR-13]".to_owned()),
    }
}

/// A name made of the finding's id and what is harmless of the original name.
fn name_for(id: &str, source: &RelPath, kind: FindingKind) -> String {
    if kind == FindingKind::Case {
        return format!("{id}-case.json");
    }
    let name = source.name().to_string_lossy();
    let safe: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .collect();
    // The end says what kind of file it is.
    let safe = &safe[safe.len().saturating_sub(80)..];
    format!("{id}-{}", safe.trim_start_matches('.'))
}

/// What of an engagement's record is the customer's: no contact, no engineer, nothing internal.
#[derive(Serialize)]
struct CaseSummary<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    product: &'a str,
    status: &'a str,
    severity: &'a str,
    opened_at: crate::model::Time,
    closed_at: Option<crate::model::Time>,
}

fn case_summary(context: &Context, path: &RelPath, text: Option<&[u8]>) -> Result<Vec<u8>> {
    let case: Case = match text {
        Some(text) => crate::workspace::record::parse(path, text)?,
        None => {
            let loaded = context.workspace.load::<Case>(path)?;
            loaded.map(|loaded| loaded.value).ok_or_else(|| {
                Error::io("read", path, std::io::Error::from(std::io::ErrorKind::NotFound))
            })?
        }
    };
    let summary = CaseSummary {
        id: case.id.as_str(),
        title: &case.title,
        description: &case.description,
        product: &case.product,
        status: case.status.as_str(),
        severity: case.severity.as_str(),
        opened_at: case.opened_at,
        closed_at: case.closed_at,
    };
    manifest::json(&summary)
}

fn redacted_case(
    context: &Context,
    path: &RelPath,
    made: &super::redact::Rewritten,
) -> Result<Vec<u8>> {
    case_summary(context, path, Some(&made.bytes))
}

/// Logs what leaves, in the tenant that it concerns (CONS-11), before it leaves.
fn log(context: &Context, dsr: &DsrRef, selection: &Selection) -> Result<()> {
    let mut commit = Commit::new();
    for outgoing in &selection.outgoing {
        if outgoing.kind != FindingKind::Diagnostic {
            continue;
        }
        let tenant = outgoing.source.components().nth(1).and_then(|part| part.to_str());
        let case = outgoing.engagement.as_deref().and_then(|named| named.split_once('/'));
        let (Some(tenant), Some((of, case))) = (tenant, case) else { continue };
        let (Ok(tenant), Ok(of), Ok(case)) = (tenant.parse(), of.parse(), case.parse()) else {
            continue;
        };
        let matter = Matter::diagnostic(&CaseRef { tenant: of, id: case });
        let categories: Vec<&str> = outgoing.categories.iter().map(|c| c.as_str()).collect();
        let event = context
            .event(Activity::DiagnosticExported, &matter)
            .detail("dsr", &dsr.id)
            .detail("categories", categories.join(","));
        commit.audit(&tenant, event.build());
    }
    let event: EventDraft = context
        .event(Activity::DsrExported, &Matter::dsr(&dsr.id))
        .detail("files", selection.outgoing.len())
        .detail("left_out", selection.left_out.len());
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)
}

fn write(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    selection: &Selection,
    dir: &NewDir,
) -> Result<Exported> {
    let files = dir.dir("files")?;
    let mut items = Vec::new();
    for outgoing in &selection.outgoing {
        let (size, sha256, redacted) = match &outgoing.contents {
            Contents::Made { bytes, redacted } => {
                let (size, sha256) = files.file(&outgoing.name, &mut bytes.as_slice())?;
                (size, sha256, *redacted)
            }
            Contents::Copy(expected, _) => {
                let fs = context.workspace.fs();
                let file = fs
                    .open(&outgoing.source)
                    .map_err(|error| Error::io("read", &outgoing.source, error))?;
                let (size, sha256) = files.file(&outgoing.name, &mut Reading { file, at: 0 })?;
                if sha256 != *expected {
                    return Err(changed(request, &outgoing.source));
                }
                (size, sha256, false)
            }
        };
        items.push(ExportedItem {
            file: format!("files/{}", outgoing.name),
            findings: outgoing.findings.clone(),
            name: outgoing.source.name().to_string_lossy().into_owned(),
            engagement: outgoing.engagement.clone(),
            kind: outgoing.kind,
            categories: outgoing.categories.clone(),
            size,
            sha256,
            redacted,
            why: outgoing.why.clone(),
        });
    }
    let exported = Exported::new(context, dsr, request, dir, items, selection.left_out.clone());
    dir.file("index.html", &mut manifest::page(&exported).as_slice())?;
    // Last: without it a directory is visibly unfinished.
    dir.file("manifest.json", &mut manifest::manifest(&exported)?.as_slice())?;
    Ok(exported)
}

/// An open file of the workspace from its beginning on.
struct Reading {
    file: Box<dyn FsFile>,
    at: u64,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// The request is fulfilled: what is left is to send it.
fn finish(context: &Context, dsr: &DsrRef, loaded: &Loaded<Request>, files: usize) -> Result<()> {
    let mut changed = loaded.value.clone();
    if changed.state == DsrState::Review {
        changed.state = DsrState::Fulfilled;
    }
    changed.decisions.push(decision(context, DecisionKind::Exported));
    let event = context
        .event(Activity::DsrUpdated, &Matter::dsr(&dsr.id))
        .change("state", loaded.value.state, changed.state)
        .detail("exported", files);
    let mut commit = Commit::new();
    commit.update(loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)
}

/// LAW-9: the exports that gave out a file which is now deleted, changed or restricted: who received
/// it is told.
pub(super) fn recipients(
    context: &Context,
    dsr: &DsrRef,
    paths: &BTreeSet<&str>,
) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for tenant in super::scope::customer_tenants(context, dsr)? {
        for other in context.workspace.dsrs(&tenant.domain)?.0 {
            let request = other.value;
            let exported = request.decisions.iter().any(|d| d.what == DecisionKind::Exported);
            if !exported || request.id == dsr.id {
                continue;
            }
            let of = DsrRef { tenant: tenant.domain.clone(), id: request.id.clone() };
            let given = load_findings(context, &of)?
                .iter()
                .filter(|finding| {
                    matches!(rules::choice(&request, finding), Choice::Included | Choice::Rewritten)
                        && paths.contains(finding.path.split("!/").next().unwrap_or_default())
                })
                .count();
            if given > 0 {
                told.push(format!(
                    "{} of this plan was given out under {}: whoever received it has to be told [LAW-9]",
                    crate::text::plural(given as u64, "file"),
                    request.id
                ));
            }
        }
    }
    Ok(told)
}
