//! The attestation report of a request: what was done, composed from the records and the log.

use super::dsr::{results, to_record_report};
use super::{Context, attest as log_ops, doctor};
use crate::attest::{
    AgentKey, Body, KeyFile, Log, Opening, SignError, Signer, SshKey, TxId, Verdict,
};
use crate::env;
use crate::error::{Error, Invalid, Result};
use crate::model::{
    DecisionKind, DsrState, Id, PlanItem, Regulation, Request, RequestOption, Time,
};
use crate::outside;
use crate::policy::{Refusal, clock};
use crate::report::bundle::{self, BundleError, BundleRequest};
use crate::report::{
    Approval, Basis, Content, Customer, Identifier, Issuer, Item, ItemVerdict, Problem, Retained,
    Scope, Store, Tool, mask,
};
use crate::workspace::{DsrRef, layout};
use hmac::{Hmac, Mac};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// A report that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Reported {
    /// The report's id.
    pub id: String,
    pub dsr: Id,
    pub out: String,
    /// `UNSIGNED` or `SIGNED`.
    pub status: crate::report::Status,
    pub files: Vec<String>,
    pub complete: bool,
}

/// Who signs a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing<'a> {
    Unsigned,
    /// By a key in the ssh-agent: the engineer's own, or the only one there.
    Agent,
    /// By an unencrypted Ed25519 key file.
    KeyFile(&'a Path),
}

/// Writes the report bundle of a request, or of single transactions of one, to `out`. The request
/// becomes attested (DSR-14).
///
/// # Errors
/// Nothing was executed yet (ATT-6), `out` is not empty, or the report would say something else
/// than the log.
pub fn write(
    context: &Context,
    named: &[String],
    out: &Path,
    signing: Signing<'_>,
) -> Result<Reported> {
    let log = log_ops::log_of(context);
    let (dsr, wanted) = resolve(context, &log, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    certifiable(&request)?;
    let txs: Vec<TxId> = request
        .executions
        .iter()
        .filter_map(|execution| execution.tx.parse().ok())
        .filter(|tx| wanted.as_ref().is_none_or(|wanted| wanted.contains(tx)))
        .collect();
    let content = compose(context, &log, &dsr, &request, &txs)?;
    let complete = content.totals().complete;
    let id = content.id.clone();
    let signer: Option<Box<dyn Signer>> = match signing {
        Signing::Unsigned => None,
        Signing::Agent => Some(Box::new(agent_key(context)?)),
        Signing::KeyFile(path) => Some(Box::new(
            KeyFile::parse(&outside::read(path)?).map_err(|error| signing_failed(&error))?,
        )),
    };
    let signer = signer.as_deref();
    let written = bundle::write(BundleRequest { out, log: &log, txs: &txs, content, signer })?;
    if !context.read_only {
        to_record_report(context, &dsr)?;
    }
    Ok(Reported {
        id,
        dsr: dsr.id,
        out: out.display().to_string(),
        status: written.report.status,
        files: written.files,
        complete,
    })
}

/// How long a person may take to confirm a signature.
const AGENT_PATIENCE: Duration = Duration::from_secs(60);

/// The engineer's key in the agent: the one that `workspace.toml` names, else the only one there.
fn agent_key(context: &Context) -> Result<AgentKey> {
    let Some(socket) = env::variable("SSH_AUTH_SOCK") else {
        return Err(Error::Failed {
            message: "the report is not signed, and not written: there is no ssh-agent".to_owned(),
            hint: Some(
                "$SSH_AUTH_SOCK is not set: start or forward an agent, or use --key FILE"
                    .to_owned(),
            ),
        });
    };
    let engineers = &context.workspace.config().engineers;
    let own = engineers
        .iter()
        .find(|engineer| context.actor.is(&engineer.principal))
        .and_then(|engineer| SshKey::parse(engineer.ssh_key.as_deref()?));
    AgentKey::find(Path::new(&socket), AGENT_PATIENCE, own.as_ref())
        .map_err(|error| signing_failed(&error))
}

fn signing_failed(error: &SignError) -> Error {
    Error::Failed {
        message: format!("the report is not signed, and not written: {error}"),
        hint: Some(
            "--key FILE takes an unencrypted Ed25519 key; without --sign the report says UNSIGNED"
                .to_owned(),
        ),
    }
}

impl From<BundleError> for Error {
    fn from(error: BundleError) -> Self {
        let message = error.to_string();
        match error {
            BundleError::NotEmpty(_) => Self::Usage {
                message,
                hint: Some("name a directory that does not exist, or an empty one".to_owned()),
            },
            BundleError::Io { path, source } => Self::io("write", path.display(), source),
            BundleError::Log(error) => error.into(),
            BundleError::NotCertifiable { .. } => Refusal::new("ATT-6", message).into(),
            BundleError::Disagrees(_) => Self::from(
                Invalid::new(".attest", message)
                    .hint("the request's records were changed by hand; `caseward attest show` has what the log says"),
            ),
            BundleError::Sign(error) => signing_failed(&error),
        }
    }
}

/// The request that is reported, and the transactions that were named, if any were.
fn resolve(
    context: &Context,
    log: &Log,
    named: &[String],
) -> Result<(DsrRef, Option<BTreeSet<TxId>>)> {
    let mut found: Option<DsrRef> = None;
    let mut txs = BTreeSet::new();
    let mut whole = false;
    for word in named {
        let dsr = match word.parse::<TxId>() {
            Ok(tx) => {
                txs.insert(tx);
                request_of(context, log, tx)?
            }
            Err(_) => {
                whole = true;
                context.workspace.find_dsr(word)?
            }
        };
        match &found {
            Some(other) if *other != dsr => {
                return Err(Error::Usage {
                    message: format!("{dsr} and {other} are different requests"),
                    hint: Some("a report is about one request; write one for each".to_owned()),
                });
            }
            _ => found = Some(dsr),
        }
    }
    let dsr = found.ok_or_else(|| Error::usage("name a request or a transaction"))?;
    Ok((dsr, (!whole).then_some(txs)))
}

/// The request whose execution a transaction was.
fn request_of(context: &Context, log: &Log, tx: TxId) -> Result<DsrRef> {
    // The log must know it before the records are asked.
    log.entries_of(tx)?;
    let name = tx.to_string();
    for tenant in context.tenants()? {
        for request in context.workspace.dsrs(&tenant.domain)?.0 {
            if request.value.executions.iter().any(|execution| execution.tx == name) {
                return Ok(DsrRef { tenant: tenant.domain, id: request.value.id });
            }
        }
    }
    Err(Error::Usage {
        message: format!("transaction {tx} is no request's"),
        hint: Some(
            "`caseward dsr list` and `caseward dsr show` name a request's transactions".to_owned(),
        ),
    })
}

/// ATT-6: only what was carried out is certified.
fn certifiable(request: &Request) -> Result<()> {
    let done = matches!(request.state, DsrState::Fulfilled | DsrState::Attested | DsrState::Closed);
    if done && !request.executions.is_empty() {
        return Ok(());
    }
    let hint = match request.state {
        DsrState::Executing | DsrState::Verifying => "finish it: `caseward dsr execute`",
        _ => "nothing was deleted for it yet",
    };
    Err(Refusal::new(
        "ATT-6",
        format!("{} is {}: only what was carried out can be certified", request.id, request.state),
    )
    .hint(hint)
    .into())
}

fn compose(
    context: &Context,
    log: &Log,
    dsr: &DsrRef,
    request: &Request,
    txs: &[TxId],
) -> Result<Content> {
    let config = context.workspace.config();
    let tenants = super::dsr::customer_tenants(context, dsr)?;
    let plan = super::dsr::load_plan(context, dsr)?;
    let organisation = config.organisation.clone().unwrap_or_else(|| config.name.clone());
    let person = config
        .engineers
        .iter()
        .find(|engineer| context.actor.is(&engineer.principal))
        .map_or_else(|| context.actor.principal.clone(), |engineer| engineer.name.clone());
    let customer = tenants
        .iter()
        .find(|tenant| tenant.domain == dsr.tenant)
        .map(|tenant| tenant.name.clone())
        .unwrap_or_default();
    let names: Vec<String> = tenants.iter().map(|tenant| tenant.domain.to_string()).collect();
    let engagements: BTreeSet<String> =
        plan.iter().map(|item| item.engagement.clone()).filter(|e| !e.is_empty()).collect();
    Ok(Content {
        id: format!("REP-{}", request.id),
        issued_at: context.now,
        issuer: Issuer {
            organisation: organisation.clone(),
            person,
            principal: context.actor.principal.clone(),
            role: if context.actor.engineer { "support engineer" } else { "principal" }.to_owned(),
            contact: context.actor.principal.clone(),
        },
        approvals: approvals(request),
        customer: Customer { name: customer, tenants: names.clone() },
        processor: organisation,
        engagements: engagements.into_iter().collect(),
        request: Some(crate::report::Request {
            id: request.id.to_string(),
            kind: request.kind.to_string(),
            manner: "through the support channel".to_owned(),
            regulation: request.regulation.to_string(),
            received_at: request.received_at,
            answered_at: request.executions.last().map(|execution| execution.at),
            basis: match request.regulation {
                Regulation::Gdpr => "GDPR Art. 17 and 28(3)(e)",
                Regulation::Ccpa => "CCPA § 1798.105",
            }
            .to_owned(),
            denial_basis: None,
        }),
        identifiers: request
            .identifiers
            .iter()
            .map(|given| Identifier {
                kind: given.kind.to_string(),
                mask: mask(given.kind.as_str(), &given.value),
                commitment: given
                    .salt
                    .map(|salt| commitment(&salt.0, given.kind.as_str(), &given.value))
                    .unwrap_or_default(),
            })
            .collect(),
        scope: scope(request, names),
        items: items(log, &plan, txs)?,
        retained: retained(context, dsr, request, &plan)?,
        tool: Tool { name: "caseward".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        workspace: config.name.clone(),
        region: config.region.clone().unwrap_or_else(|| "not stated".to_owned()),
        notices: notices(context, request),
    })
}

/// `HMAC-SHA-256(salt, "caseward-identifier/1 <type> <value>")` in hex.
fn commitment(salt: &[u8; 32], kind: &str, value: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(salt) else { return String::new() };
    mac.update(format!("caseward-identifier/1 {kind} {value}").as_bytes());
    crate::model::Sha256(mac.finalize().into_bytes().into()).to_string()
}

fn approvals(request: &Request) -> Vec<Approval> {
    let digest = request.plan.as_ref().map(|plan| plan.digest);
    request
        .decisions
        .iter()
        .filter(|decision| decision.digest.is_some() && decision.digest == digest)
        .filter_map(|decision| {
            let what = match decision.what {
                DecisionKind::Planned => "deletion planned",
                DecisionKind::Approved => "deletion approved",
                DecisionKind::Executed => "deletion executed",
                _ => return None,
            };
            Some(Approval {
                what: what.to_owned(),
                by: decision.by.clone(),
                at: decision.at,
                basis: if decision.signature.is_some() { Basis::Signed } else { Basis::Declared },
            })
        })
        .collect()
}

fn scope(request: &Request, tenants: Vec<String>) -> Scope {
    let discovery = request.discovery.as_ref();
    Scope {
        option: Some(request.option.to_string()),
        tenants,
        searched: vec![Store {
            store: match request.option {
                RequestOption::A => {
                    "engagements, approvals, requests, audit logs and attestation openings"
                }
                RequestOption::B => "the engagements named, with their approvals",
            }
            .to_owned(),
            files: discovery.map(|discovery| discovery.files),
            bytes: discovery.map(|discovery| discovery.bytes),
            why: None,
        }],
        // DTM-2: that a case has transfer files at all is not for reports, so there are no counts.
        not_searched: discovery
            .map(|discovery| discovery.not_searched.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|store| Store {
                store: store.store.clone(),
                files: None,
                bytes: None,
                why: Some(store.why.clone()),
            })
            .collect(),
        problems: discovery
            .map(|discovery| discovery.problems.as_slice())
            .unwrap_or_default()
            .iter()
            .filter(|problem| problem.kind == "unreadable" || problem.kind == "limit")
            .map(|problem| Problem { path: problem.path.clone(), why: problem.why.clone() })
            .collect(),
        transfer_request: None,
    }
}

/// What each transaction did, file by file, as the log binds it.
fn items(log: &Log, plan: &[PlanItem], txs: &[TxId]) -> Result<Vec<Item>> {
    let planned: BTreeMap<&str, &PlanItem> =
        plan.iter().map(|item| (item.path.as_str(), item)).collect();
    let mut items = Vec::new();
    for tx in txs {
        // A destroyed opening leaves nothing that could be said of single files.
        let Some(opening) = log.opening(*tx)? else { continue };
        let (ended_at, outcomes) = ended(log, *tx)?;
        for (record, verdict) in opening_records(&opening).zip(outcomes) {
            let path = record.path.display();
            let known = planned.get(path.as_str());
            let gone = verdict.is_gone();
            let (word, reason) = match verdict {
                Verdict::Removed => (ItemVerdict::Deleted, None),
                Verdict::Rewritten => (ItemVerdict::Redacted, None),
                Verdict::AlreadyAbsent => (ItemVerdict::AlreadyAbsent, None),
                Verdict::Changed => (ItemVerdict::Retained, Some("changed since the plan")),
                Verdict::Failed => (ItemVerdict::Failed, Some("it could not be removed")),
            };
            let attached = known.and_then(|item| item.attached_sha256);
            items.push(Item {
                tx: Some(*tx),
                categories: known
                    .map(|item| item.categories.iter().map(ToString::to_string).collect())
                    .unwrap_or_default(),
                origin: known
                    .and_then(|item| item.origin.clone())
                    .unwrap_or_else(|| "record of the workspace".to_owned()),
                size: record.size,
                sha256_at_attach: attached.map(|hash| crate::attest::Sha256(hash.0)),
                sha256_before_removal: gone.then_some(record.sha256),
                sha256_after: record.after,
                collected_at: known.and_then(|item| item.collected_at),
                attached_at: known.and_then(|item| item.attached_at),
                removed_at: gone.then_some(ended_at),
                verdict: word,
                hash_mismatch: attached.is_some_and(|hash| hash.0 != record.sha256.0),
                reason: reason.map(str::to_owned),
                verification: match verdict {
                    Verdict::Removed => "looked up after removal: absent; flushed to storage",
                    Verdict::Rewritten => {
                        "looked up after removal: the version without the span is there"
                    }
                    Verdict::AlreadyAbsent => "looked up: absent before this transaction",
                    Verdict::Changed | Verdict::Failed => "looked up: it is still there",
                }
                .to_owned(),
                path,
            });
        }
    }
    Ok(items)
}

fn opening_records(opening: &Opening) -> impl Iterator<Item = &crate::attest::FileRecord> {
    opening.records.iter().map(|opened| &opened.record)
}

/// When a transaction ended, and with which outcomes.
fn ended(log: &Log, tx: TxId) -> Result<(Time, Vec<Verdict>)> {
    log.entries_of(tx)?
        .into_iter()
        .find_map(|entry| match entry.leaf.body {
            Body::End { outcomes, .. } => Some((entry.leaf.time, outcomes)),
            _ => None,
        })
        .ok_or_else(|| {
            Refusal::new("ATT-6", format!("transaction {tx} has begun and not ended")).into()
        })
}

/// What was found or planned and is kept, and on what ground.
fn retained(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
    plan: &[PlanItem],
) -> Result<Vec<Retained>> {
    let mut kept = Vec::new();
    let findings: Vec<crate::model::Finding> =
        context.workspace.json_lines(&layout::findings(dsr))?.unwrap_or_default();
    for finding in &findings {
        use crate::policy::dsr::Choice;
        let ground = match crate::policy::dsr::choice(request, finding) {
            Choice::LegalRecord => "legal record".to_owned(),
            // What a person excluded was judged to be somebody else's data: it is not named here.
            Choice::Excluded | Choice::Included | Choice::Undecided => continue,
        };
        kept.push(Retained { path: finding.path.clone(), ground, until: None });
    }
    let holds = request.plan.as_ref().map(|plan| plan.warnings.as_slice()).unwrap_or_default();
    for warning in holds.iter().filter(|warning| warning.contains("legal hold")) {
        let path = warning.split(" is kept: ").next().unwrap_or(warning);
        let ground = warning.split(" is kept: ").nth(1).unwrap_or("legal hold");
        kept.push(Retained { path: path.to_owned(), ground: ground.to_owned(), until: None });
    }
    for (item, letter) in plan.iter().zip(results(request, plan)) {
        if letter == 'm' {
            let ground = "changed since the plan was approved".to_owned();
            kept.push(Retained { path: item.path.clone(), ground, until: None });
        }
    }
    Ok(kept)
}

/// What a reader must know beside.
fn notices(context: &Context, request: &Request) -> Vec<String> {
    let config = context.workspace.config();
    let mut notices = Vec::new();
    let unsigned =
        request.decisions.iter().any(|d| d.what == DecisionKind::Approved && d.signature.is_none());
    if unsigned {
        notices.push(
            "The decisions above were declared by who used the program, not signed.".to_owned(),
        );
    }
    if config.test_clock {
        notices
            .push("This workspace runs on a test clock: its times may have been set.".to_owned());
    }
    let lax = doctor::laxer_settings(&config.policy);
    if !lax.is_empty() {
        let reason = config.policy.reason.as_deref().unwrap_or("no reason is given");
        notices
            .push(format!("The policy is laxer than the default: {} ({reason}).", lax.join(", ")));
    }
    if request.executions.iter().any(|execution| execution.recovered) {
        notices.push(
            "A transaction was interrupted and finished by recovery; its entries tell when."
                .to_owned(),
        );
    }
    let due = clock::end_of_day(request.extended_to.unwrap_or(request.due_on));
    if request.executions.last().is_some_and(|execution| execution.at > due) {
        notices.push("The request was answered after its legal deadline.".to_owned());
    }
    if let Some(plan) = &request.plan {
        notices.extend(plan.warnings.iter().filter(|w| w.contains("the same content")).cloned());
    }
    notices
}
