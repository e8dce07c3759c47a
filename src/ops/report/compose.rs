//! What a report says, gathered from the records and the log.

use crate::attest::{Body, Log, Opening, TxId, Verdict};
use crate::error::Result;
use crate::model::{
    Channel, DecisionKind, DsrType, Id, PlanItem, Regulation, Request, RequestOption, Time,
};
use crate::ops::dsr::results;
use crate::ops::{Context, attest, doctor};
use crate::policy::{Refusal, clock};
use crate::report::{
    Approval, Basis, Content, Customer, Identifier, Issuer, Item, ItemVerdict, PortalSchedule,
    Problem, Retained, Scope, Store, Tool, mask,
};
use crate::workspace::{CaseRef, DsrRef, layout};
use hmac::{Hmac, Mac};
use std::collections::{BTreeMap, BTreeSet};

/// The ground on which audit logs and records of requests stay (LAW-5).
const LEGAL_RECORD: &str = "legal record";

pub(super) fn compose(
    context: &Context,
    log: &Log,
    dsr: &DsrRef,
    request: &Request,
    txs: &[TxId],
) -> Result<Content> {
    let config = context.workspace.config();
    let tenants = crate::ops::dsr::customer_tenants(context, dsr)?;
    let plan = crate::ops::dsr::load_plan(context, dsr)?;
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
    let retained = retained(context, dsr, request, &plan)?;
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
        portal_schedules: portal_schedules(context, &plan)?,
        engagements: engagements.into_iter().collect(),
        request: Some(crate::report::Request {
            id: request.id.to_string(),
            kind: request.kind.to_string(),
            manner: match request.channel {
                None | Some(Channel::SupportRequest) => "through the support channel".to_owned(),
                Some(channel) => format!("by {}", channel.as_str().replace('_', " ")),
            },
            regulation: request.regulation.to_string(),
            received_at: request.received_at,
            answered_at: request
                .answer
                .as_ref()
                .map(|answer| answer.at)
                .or_else(|| request.executions.last().map(|execution| execution.at)),
            basis: match request.regulation {
                Regulation::Gdpr => "GDPR Art. 17 and 28(3)(e)",
                Regulation::Ccpa => "CCPA § 1798.105",
            }
            .to_owned(),
            denial_basis: request.answer.as_ref().and_then(|answer| answer.basis_of_denial.clone()),
            choice: choice(request.kind).to_owned(),
            copies: copies(request),
            legal_storage: legal_storage(context, &retained),
        }),
        identifiers: request
            .identifiers
            .iter()
            .map(|given| Identifier {
                kind: given.kind.to_string(),
                mask: given.mask.clone().unwrap_or_else(|| mask(given.kind.as_str(), &given.value)),
                commitment: given
                    .salt
                    .map(|salt| commitment(&salt.0, given.kind.as_str(), &given.value))
                    .or(given.commitment.map(|commitment| commitment.0))
                    .map(|commitment| crate::model::Sha256(commitment).to_string())
                    .unwrap_or_default(),
            })
            .collect(),
        scope: Scope {
            transfer_request: crate::ops::transfer::in_report(context, dsr)?,
            ..scope(request, names)
        },
        items: items(log, &plan, txs)?,
        retained,
        tool: Tool { name: "caseward".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        workspace: config.name.clone(),
        region: config.region.clone().unwrap_or_else(|| "not stated".to_owned()),
        notices: notices(context, request),
    })
}

/// CASE-9: the engagements of a plan that are closed, with the schedule of the portal they came by.
/// One that was erased as a whole has no record left to say it.
fn portal_schedules(context: &Context, plan: &[PlanItem]) -> Result<Vec<PortalSchedule>> {
    let engagements: BTreeSet<&str> = plan.iter().map(|item| item.engagement.as_str()).collect();
    let mut schedules = Vec::new();
    for engagement in engagements {
        let Some((tenant, id)) = engagement.split_once('/') else { continue };
        let (Ok(tenant), Ok(id)) = (Id::new(tenant), Id::new(id)) else { continue };
        let of = CaseRef { tenant, id };
        if context.workspace.fs().stat(&layout::case(&of)).is_err() {
            continue;
        }
        let case = context.workspace.case(&of)?.value;
        let settings = &context.workspace.config().policy;
        let Some(at) = crate::policy::case::expunge_expected_at(settings, &case) else { continue };
        schedules.push(PortalSchedule {
            engagement: engagement.to_owned(),
            expected_on: at.date_naive(),
            warning: crate::ops::case::expunge_warning(at),
        });
    }
    Ok(schedules)
}

/// LAW-7, GDPR Art. 28(3)(g): at the choice of the controller, data is deleted or returned.
fn choice(kind: DsrType) -> &'static str {
    match kind {
        DsrType::Delete => "delete",
        DsrType::Export => "return",
        DsrType::Access | DsrType::Rectify | DsrType::Restrict => {
            "neither: the request asks for something else"
        }
    }
}

/// LAW-7: what is known of existing copies.
fn copies(request: &Request) -> Vec<String> {
    let Some(plan) = &request.plan else {
        return vec!["No deletion was planned, so copies were not looked for.".to_owned()];
    };
    let mut copies = plan.same_content.clone();
    if copies.is_empty() {
        copies.push(
            "No other registered file of the customer in the workspace had the same content as an \
             item of the plan."
                .to_owned(),
        );
    }
    copies.push("Transfer folders and places outside the workspace were not looked at.".to_owned());
    copies
}

/// LAW-7: what the law requires to be kept.
fn legal_storage(context: &Context, retained: &[Retained]) -> Vec<String> {
    let months = context.workspace.config().policy.record_months;
    let mut kept = vec![format!(
        "The record of this request, at least {months} months from its end: dates, manner, nature \
         of the answer, basis of a denial [LAW-5]."
    )];
    let records = retained.iter().filter(|kept| kept.ground == LEGAL_RECORD).count();
    if records > 0 {
        kept.push(format!(
            "{records} audit {} of requests that name the person, listed under Retained.",
            if records == 1 { "log or record" } else { "logs and records" }
        ));
    }
    kept
}

/// `HMAC-SHA-256(salt, "caseward-identifier/1 <type> <value>")`.
pub(in crate::ops) fn commitment(salt: &[u8; 32], kind: &str, value: &str) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(salt) else { return [0; 32] };
    mac.update(format!("caseward-identifier/1 {kind} {value}").as_bytes());
    mac.finalize().into_bytes().into()
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
                sha256_at_attach: attached,
                sha256_before_removal: gone.then_some(record.sha256),
                sha256_after: record.after,
                collected_at: known.and_then(|item| item.collected_at),
                attached_at: known.and_then(|item| item.attached_at),
                removed_at: gone.then_some(ended_at),
                verdict: word,
                hash_mismatch: attached.is_some_and(|hash| hash != record.sha256),
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
            Choice::LegalRecord => LEGAL_RECORD.to_owned(),
            // What a person excluded was judged to be somebody else's data: it is not named here.
            Choice::Excluded | Choice::Included | Choice::Rewritten | Choice::Undecided => continue,
        };
        kept.push(Retained { path: finding.path.clone(), ground, until: None });
    }
    let results = results(request, plan);
    let gone: BTreeSet<&str> = plan
        .iter()
        .zip(&results)
        .filter(|(_, letter)| matches!(letter, 'g' | 'r' | 'a'))
        .map(|(item, _)| item.path.as_str())
        .collect();
    let held = request.plan.iter().flat_map(|plan| &plan.held);
    // A hold that was released since keeps nothing any more.
    for held in held.filter(|held| !gone.contains(held.path.as_str())) {
        let ground = format!("legal hold {} [DEL-8]", held.hold);
        kept.push(Retained { path: held.path.clone(), ground, until: None });
    }
    for (item, letter) in plan.iter().zip(results) {
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
    if let Ok(at) = attest::log_of(context).footing()
        && !at.supported
    {
        notices.push(format!(
            "The log lies on a file system ({}) that is not known to keep what was flushed: after a power loss it may say more or less than what happened.",
            at.name
        ));
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
        notices.extend(plan.same_content.iter().cloned());
    }
    notices
}
