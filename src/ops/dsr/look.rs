//! A second look: why a file matched or did not, and the text around a finding. Both read the file
//! again; nothing of it is kept.

use super::super::Context;
use super::discover::query_of;
use super::load_findings;
use super::scope::Scope;
use crate::discovery::{Content, FileResult, Limits, Outcome, Query, Source};
use crate::error::{Error, Result};
use crate::model::{FindingOutcome, Id, Request};
use crate::text;
use crate::workspace::DsrRef;
use serde::Serialize;

/// Why a file matched or did not, view by view.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    pub dsr: Id,
    pub path: String,
    /// `match`, `review` or `no`.
    pub outcome: &'static str,
    pub views: Vec<ExplainedView>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// One way of reading the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedView {
    pub member: Option<String>,
    pub form: String,
    /// Stretches of bytes that were read in this way.
    pub stretches: u64,
    /// Bytes after decoding.
    pub bytes: u64,
    pub found: Vec<ExplainedHit>,
    /// A telling part of an identifier stood there, and the identifier did not.
    pub refused: Vec<ExplainedRefusal>,
}

/// An identifier that was found in a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedHit {
    pub identifier: usize,
    pub outcome: FindingOutcome,
    pub reason: Option<String>,
    pub count: u64,
}

/// An identifier that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedRefusal {
    pub identifier: usize,
    pub count: u64,
}

/// The text around one occurrence, everything but the match masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContextLine {
    pub identifier: usize,
    pub member: Option<String>,
    pub form: String,
    pub outcome: FindingOutcome,
    pub reason: Option<String>,
    pub before: String,
    pub matched: String,
    pub after: String,
}

/// Characters shown on either side of a match.
const WIDTH: usize = 40;

/// Explains a file of the request's scope.
///
/// # Errors
/// The file is not in the scope, or cannot be opened.
pub fn explain(context: &Context, named: &str, path: &str) -> Result<Explained> {
    let dsr = super::find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    let query = query_of(&request)?;
    let outer = path.split_once("!/").map_or(path, |(outer, _)| outer);
    let mut source = open(context, &dsr, &request, outer)?;
    let explanation = query.explain(&mut *source, &Limits::default());
    let mut result = explanation.result;
    let name = outer.rsplit('/').next().unwrap_or(outer);
    result.hits.extend(query.scan_name(name.as_bytes()).hits);
    Ok(Explained {
        dsr: request.id,
        path: outer.to_owned(),
        outcome: match result.outcome() {
            Some(Outcome::Match) => "match",
            Some(Outcome::Review) => "review",
            None => "no",
        },
        views: explanation
            .views
            .into_iter()
            .map(|view| ExplainedView {
                member: view.member,
                form: view.form.to_string(),
                stretches: view.stretches,
                bytes: view.bytes,
                found: view
                    .found
                    .into_iter()
                    .map(|(identifier, outcome, reason, count)| ExplainedHit {
                        identifier,
                        outcome: outcome_of(outcome),
                        reason: reason.map(|reason| reason.to_string()),
                        count,
                    })
                    .collect(),
                refused: view
                    .refused
                    .into_iter()
                    .map(|refused| ExplainedRefusal {
                        identifier: refused.identifier,
                        count: refused.count,
                    })
                    .collect(),
            })
            .collect(),
        problems: result.problems.into_iter().map(|problem| problem.why).collect(),
    })
}

/// The text around the occurrences of a finding, masked except the match itself.
///
/// # Errors
/// There is no such finding, or its file cannot be opened.
pub fn contexts(context: &Context, named: &str, item: &str) -> Result<Vec<ContextLine>> {
    let dsr = super::find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    let findings = load_findings(context, &dsr)?;
    let finding = findings.iter().find(|finding| finding.id.eq_ignore_ascii_case(item));
    let Some(finding) = finding else {
        return Err(Error::usage(format!("{} has no finding `{}`", dsr.id, text::safe(item))));
    };
    let query = query_of(&request)?;
    let (outer, member) = match finding.path.split_once("!/") {
        Some((outer, member)) => (outer, Some(member)),
        None => (finding.path.as_str(), None),
    };
    let mut source = open(context, &dsr, &request, outer)?;
    let result: FileResult = query.scan_file(&mut *source, &Limits::default());
    let mut lines = Vec::new();
    for hit in result.hits.iter().filter(|hit| hit.member.as_deref() == member) {
        lines.extend(line(&query, &mut *source, hit));
    }
    Ok(lines)
}

fn line(
    query: &Query,
    source: &mut dyn Source,
    hit: &crate::discovery::Hit,
) -> Option<ContextLine> {
    let around = query.context(source, hit, &Limits::default(), WIDTH)?.masked();
    Some(ContextLine {
        identifier: hit.identifier,
        member: hit.member.clone(),
        form: hit.form.to_string(),
        outcome: outcome_of(hit.outcome),
        reason: hit.reason.map(|reason| reason.to_string()),
        before: around.before,
        matched: around.matched,
        after: around.after,
    })
}

fn outcome_of(outcome: Outcome) -> FindingOutcome {
    match outcome {
        Outcome::Match => FindingOutcome::Match,
        Outcome::Review => FindingOutcome::Review,
    }
}

/// Opens a file of the scope as discovery reads it: a case without its contacts, a file as it is.
fn open(context: &Context, dsr: &DsrRef, request: &Request, path: &str) -> Result<Box<dyn Source>> {
    let scope = Scope::of(context, dsr, request)?;
    let known: Vec<String> = scope.files.iter().map(|file| file.path.display()).collect();
    let Some(file) = scope.files.into_iter().find(|file| file.path.display() == path) else {
        let near = text::nearest(path, known.iter().map(String::as_str));
        return Err(Error::Usage {
            message: format!("{} is not in the scope of {}", text::safe(path), request.id),
            hint: Some(near.map_or_else(
                || "paths are relative to the workspace; transfer files and contacts are never searched".to_owned(),
                |near| format!("did you mean {near}?"),
            )),
        });
    };
    match file.target.content {
        Content::Bytes(bytes) => Ok(Box::new(bytes)),
        Content::File { fs, path } => {
            let file = fs.open(&path).map_err(|error| Error::io("read", &path, error))?;
            Ok(Box::new(file))
        }
    }
}
