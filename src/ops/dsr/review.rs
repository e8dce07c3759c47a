//! Review: what was found, and whether it goes into the plan.

use super::super::{Context, Matter};
use super::{decision, load_findings, to_change};
use crate::error::{Error, Result};
use crate::fs::{FileKind, RelPath};
use crate::model::{Activity, Correction, DecisionKind, DsrState, Finding, Id};
use crate::policy::dsr::{self as rules, Choice};
use crate::text;
use crate::workspace::{Commit, DsrRef, layout};
use serde::Serialize;

/// A finding with what was decided on it.
#[derive(Debug, Clone, Serialize)]
pub struct FindingLine {
    #[serde(flatten)]
    pub finding: Finding,
    /// `included`, `rewritten`, `excluded`, `undecided` or `legal_record`.
    pub choice: &'static str,
    pub decided_by: Option<String>,
    pub decided_because: Option<String>,
}

/// The word for a choice.
#[must_use]
pub fn choice_word(choice: Choice) -> &'static str {
    match choice {
        Choice::Included => "included",
        Choice::Rewritten => "rewritten",
        Choice::Excluded => "excluded",
        Choice::Undecided => "undecided",
        Choice::LegalRecord => "legal_record",
    }
}

/// The findings of a request with the decisions on them.
///
/// # Errors
/// There is no such request, or no discovery yet.
pub fn findings(context: &Context, named: &str) -> Result<(Id, Vec<FindingLine>)> {
    let dsr = super::find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    if request.discovery.is_none() {
        return Err(Error::Usage {
            message: format!("{} has no findings yet", request.id),
            hint: Some(format!("`caseward dsr discover {}`", request.id)),
        });
    }
    let lines = load_findings(context, &dsr)?
        .into_iter()
        .map(|finding| {
            let choice = rules::choice(&request, &finding);
            let last = rules::last_decision(&request, &finding.id);
            FindingLine {
                choice: choice_word(choice),
                decided_by: last.map(|decision| decision.by.clone()),
                decided_because: last.and_then(|decision| decision.reason.clone()),
                finding,
            }
        })
        .collect();
    Ok((request.id, lines))
}

/// Includes findings in the plan.
///
/// # Errors
/// An item is unknown, there is no reason, or the request is not in review.
pub fn include(context: &Context, named: &str, items: &[String], reason: &str) -> Result<usize> {
    decide(context, named, items, reason, DecisionKind::Include, None)
}

/// Excludes findings from the plan.
///
/// # Errors
/// As [`include`].
pub fn exclude(context: &Context, named: &str, items: &[String], reason: &str) -> Result<usize> {
    decide(context, named, items, reason, DecisionKind::Exclude, None)
}

/// Has the matches of findings give way to a visible mark: in the file under a request to delete
/// (option B), in the copy given out under one for access or export.
///
/// # Errors
/// As [`include`]; a match cannot be replaced where it stands.
pub fn redact(context: &Context, named: &str, items: &[String], reason: &str) -> Result<usize> {
    decide(context, named, items, reason, DecisionKind::Redact, None)
}

/// Has the matches of a finding say what is right instead (DSR-11).
///
/// # Errors
/// As [`redact`]; there is no correction.
pub fn rectify(
    context: &Context,
    named: &str,
    item: &str,
    to: &str,
    reason: &str,
) -> Result<usize> {
    if to.trim().is_empty() {
        return Err(Error::Usage {
            message: "this needs what it should say".to_owned(),
            hint: Some("--to \"…\"; what should be gone altogether is deleted".to_owned()),
        });
    }
    decide(context, named, &[item.to_owned()], reason, DecisionKind::Rectify, Some(to))
}

/// Decides on findings: all of them or none. A plan that there was is void.
fn decide(
    context: &Context,
    named: &str,
    items: &[String],
    reason: &str,
    what: DecisionKind,
    correction: Option<&str>,
) -> Result<usize> {
    let (dsr, loaded) = to_change(context, named)?;
    let matter = Matter::dsr(&dsr.id);
    context
        .actor
        .require_engineer("DSR-10", "review findings")
        .and_then(|()| rules::require_state(&loaded.value, rules::REVIEWABLE, "reviewed"))
        .and_then(|()| match what {
            DecisionKind::Redact => rules::may_rewrite(&context.actor, &loaded.value, false),
            DecisionKind::Rectify => rules::may_rewrite(&context.actor, &loaded.value, true),
            _ => Ok(()),
        })
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrReviewed, &matter))?;
    if reason.trim().is_empty() {
        return Err(Error::Usage {
            message: "a decision on a finding needs a reason".to_owned(),
            hint: Some("--reason \"another person of the same name\"".to_owned()),
        });
    }
    let findings = load_findings(context, &dsr)?;
    let mut changed = loaded.value.clone();
    for item in items {
        let found = findings.iter().find(|f| f.id.eq_ignore_ascii_case(item));
        // DSR-6: pseudonymised diagnostics come into a plan without being findings, by their path.
        let whole = matches!(what, DecisionKind::Include | DecisionKind::Exclude);
        if whole && found.is_none() && is_file_of_customer(context, &dsr, item)? {
            let mut entry = decision(context, what);
            entry.item = Some(item.clone());
            entry.reason = Some(reason.trim().to_owned());
            changed.decisions.push(entry);
            continue;
        }
        let Some(finding) = found else {
            let near = text::nearest(item, findings.iter().map(|finding| finding.id.as_str()));
            return Err(Error::Usage {
                message: format!("{} has no finding `{}`", dsr.id, text::safe(item)),
                hint: Some(near.map_or_else(
                    || format!("`caseward dsr findings {}`", dsr.id),
                    |near| format!("did you mean {near}?"),
                )),
            });
        };
        if rules::choice(&loaded.value, finding) == Choice::LegalRecord {
            let refusal = crate::policy::Refusal::new(
                "LAW-5",
                format!("{} is a legal record, which is kept whatever is decided", finding.id),
            );
            return Err(context.refused(refusal, &dsr.tenant, Activity::DsrReviewed, &matter));
        }
        if !whole {
            // Whoever decides learns at once where it cannot be done.
            let text = correction.map_or_else(|| super::redact::mark(&dsr.id), str::to_owned);
            super::redact::Rewriter::new(context, &loaded.value)?
                .files_with(finding, &text)
                .map_err(|e| context.logged(e, &dsr.tenant, Activity::DsrReviewed, &matter))?;
        }
        if let Some(to) = correction {
            changed.corrections.retain(|known| known.item != finding.id);
            let item = finding.id.clone();
            changed.corrections.push(Correction { item, to: to.trim().to_owned() });
        }
        let mut entry = decision(context, what);
        entry.item = Some(finding.id.clone());
        entry.reason = Some(reason.trim().to_owned());
        changed.decisions.push(entry);
    }
    changed.state = DsrState::Review;
    changed.plan = None;
    let event = context
        .event(Activity::DsrReviewed, &matter)
        .detail("decision", what)
        .detail("findings", items.len());
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(items.len())
}

/// Whether `item` is the path of a file at one of the customer's tenants.
fn is_file_of_customer(context: &Context, dsr: &DsrRef, item: &str) -> Result<bool> {
    let Ok(path) = RelPath::new(item) else { return Ok(false) };
    let tenants = super::scope::customer_tenants(context, dsr)?;
    let within = tenants.iter().any(|tenant| path.is_within(&layout::tenant_dir(&tenant.domain)));
    Ok(within && context.workspace.fs().stat(&path).is_ok_and(|stat| stat.kind == FileKind::File))
}
