//! The plan: the preview that a second person approves by its digest (DEL-1, DEL-2).

use super::super::{Context, Matter, signing};
use super::discover::hash_of;
use super::scope::customer_tenants;
use super::{decision, load_findings, load_plan, plan_digest, to_change, to_lines};
use crate::attest::Statement;
use crate::error::{Error, Invalid, Result};
use crate::fs::{FileKind, RelPath};
use crate::model::{
    Activity, Category, DecisionKind, DsrState, Finding, FindingKind, Id, IdentifierType, Meta,
    Plan, PlanAction, PlanItem, PlanScope, PlannedEngagement, Request, RequestOption, Sha256,
    Store,
};
use crate::policy::Refusal;
use crate::policy::dsr::{self as rules, Choice};
use crate::workspace::{CaseRef, Commit, DsrRef, layout};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A plan as a face shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Planned {
    pub dsr: Id,
    pub digest: Sha256,
    pub option: RequestOption,
    pub scope: PlanScope,
    pub bytes: u64,
    pub engagements: Vec<PlannedEngagement>,
    pub items: Vec<PlanItem>,
    pub warnings: Vec<String>,
}

/// Makes the plan of a request and records it; an approval of an earlier plan is void.
///
/// # Errors
/// A finding in review is undecided, a rule says no, or a file of the plan cannot be removed.
pub fn plan(
    context: &Context,
    named: &str,
    scope: Option<PlanScope>,
    history_loss_acknowledged: bool,
) -> Result<Planned> {
    let (dsr, loaded) = to_change(context, named)?;
    let request = &loaded.value;
    let scope = match (request.option, scope) {
        (RequestOption::A, None | Some(PlanScope::Engagement)) => PlanScope::Engagement,
        (RequestOption::A, Some(PlanScope::Items)) => {
            return Err(Error::Usage {
                message: "option A deletes whole engagements [DSR-7]".to_owned(),
                hint: Some("--scope items belongs to option B".to_owned()),
            });
        }
        (RequestOption::B, scope) => scope.unwrap_or(PlanScope::Items),
    };
    let findings = load_findings(context, &dsr)?;
    let matter = Matter::dsr(&dsr.id);
    rules::may_plan(
        &context.actor,
        request,
        &undecided(request, &findings),
        scope,
        history_loss_acknowledged,
    )
    .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrPlanned, &matter))?;
    let draft = Draft::of(context, &dsr, request, &findings, scope)
        .map_err(|error| context.logged(error, &dsr.tenant, Activity::DsrPlanned, &matter))?;
    if draft.items.is_empty() {
        let refusal = Refusal::new("DEL-1", "nothing is included, so there is nothing to delete")
            .hint(format!("`caseward dsr findings {}`", request.id));
        return Err(context.refused(refusal, &dsr.tenant, Activity::DsrPlanned, &matter));
    }
    let lines = to_lines(&draft.items)?;
    let digest = plan_digest(request, scope, &lines);
    let bytes = draft.items.iter().map(|item| item.size).sum();
    let mut changed = request.clone();
    changed.state = DsrState::Planned;
    changed.plan = Some(Plan {
        digest,
        at: context.now,
        by: context.actor.principal.clone(),
        scope,
        items: draft.items.len() as u64,
        bytes,
        history_loss_acknowledged,
        warnings: draft.warnings.clone(),
        engagements: draft.engagements.clone(),
    });
    let mut entry = decision(context, DecisionKind::Planned);
    entry.digest = Some(digest);
    changed.decisions.push(entry);
    let event = context
        .event(Activity::DsrPlanned, &matter)
        .change("state", request.state, changed.state)
        .detail("digest", digest)
        .detail("items", draft.items.len());
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.replace(layout::plan(&dsr), lines);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(Planned {
        dsr: request.id.clone(),
        digest,
        option: request.option,
        scope,
        bytes,
        engagements: draft.engagements,
        items: draft.items,
        warnings: draft.warnings,
    })
}

/// The current plan of a request.
///
/// # Errors
/// There is none.
pub fn current(context: &Context, dsr: &DsrRef, request: &Request) -> Result<Planned> {
    let Some(plan) = &request.plan else {
        return Err(Error::Usage {
            message: format!("{} has no plan", request.id),
            hint: Some(format!("`caseward dsr plan {}`", request.id)),
        });
    };
    Ok(Planned {
        dsr: request.id.clone(),
        digest: plan.digest,
        option: request.option,
        scope: plan.scope,
        bytes: plan.bytes,
        engagements: plan.engagements.clone(),
        items: load_plan(context, dsr)?,
        warnings: plan.warnings.clone(),
    })
}

/// What a person has to decide on before there can be a plan: findings in review, and engagements
/// that only a name was found in (a name alone never erases without a person).
pub(super) fn undecided(request: &Request, findings: &[Finding]) -> Vec<String> {
    let mut open: Vec<String> = findings
        .iter()
        .filter(|finding| rules::choice(request, finding) == Choice::Undecided)
        .map(|finding| finding.id.clone())
        .collect();
    let mut engagements: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        if rules::choice(request, finding) == Choice::Included
            && let Some(engagement) = &finding.engagement
        {
            engagements.entry(engagement).or_default().push(finding);
        }
    }
    let is_name = |finding: &Finding| {
        finding.matches.iter().all(|found| {
            request
                .identifiers
                .get(found.identifier)
                .is_some_and(|identifier| identifier.kind == IdentifierType::Name)
        })
    };
    for findings in engagements.values() {
        let only_names = findings.iter().all(|finding| is_name(finding));
        let decided = findings.iter().any(|f| rules::last_decision(request, &f.id).is_some());
        if only_names && !decided {
            open.extend(findings.iter().map(|finding| format!("{} (only a name)", finding.id)));
        }
    }
    open
}

/// A plan in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub items: Vec<PlanItem>,
    pub warnings: Vec<String>,
    pub engagements: Vec<PlannedEngagement>,
}

impl Draft {
    pub(super) fn of(
        context: &Context,
        dsr: &DsrRef,
        request: &Request,
        findings: &[Finding],
        scope: PlanScope,
    ) -> Result<Self> {
        let included: Vec<&Finding> = findings
            .iter()
            .filter(|finding| rules::choice(request, finding) == Choice::Included)
            .collect();
        let mut why: BTreeMap<String, String> = BTreeMap::new();
        for finding in &included {
            let (file, member) = match finding.path.split_once("!/") {
                Some((file, _)) => (file.to_owned(), true),
                None => (finding.path.clone(), false),
            };
            let reason = format!("finding {}", finding.id);
            why.entry(file)
                .and_modify(|known| *known = format!("{known}, {}", finding.id))
                .or_insert_with(
                    || if member { format!("{reason} in the archive") } else { reason },
                );
        }
        let mut draft = Self::default();
        match scope {
            PlanScope::Engagement => draft.whole_engagements(context, &included, &why)?,
            PlanScope::Items => draft.single_items(context, request, &included, &why)?,
        }
        for (path, _) in why.iter().filter(|(_, why)| why.ends_with("in the archive")) {
            draft.warnings.push(format!(
                "{path} is an archive: it goes as a whole, not only the members found"
            ));
        }
        if let Some(discovery) = &request.discovery
            && !discovery.complete
        {
            let count = discovery
                .problems
                .iter()
                .filter(|problem| problem.kind == "unreadable" || problem.kind == "limit")
                .count();
            draft.warnings.push(format!(
                "discovery was not complete: {} could not be searched",
                crate::text::plural(count as u64, "file")
            ));
        }
        draft.same_content_elsewhere(context, dsr)?;
        Ok(draft)
    }

    /// DSR-7: an engagement with at least one included finding goes whole, its approvals and what
    /// was collected under them with it; transfer files stay.
    fn whole_engagements(
        &mut self,
        context: &Context,
        included: &[&Finding],
        why: &BTreeMap<String, String>,
    ) -> Result<()> {
        let mut engagements = BTreeSet::new();
        for finding in included {
            match &finding.engagement {
                Some(named) => {
                    engagements.insert(named.clone());
                }
                None => {
                    let path = outer(finding)?;
                    self.add_file(context, &path, "", why, "left over outside an engagement")?;
                }
            }
        }
        for named in engagements {
            let case_ref = context.workspace.find_case(&named)?;
            let mut files = engagement_files(context, &case_ref)?;
            let record = layout::case(&case_ref);
            files.retain(|path| *path != record && *path != layout::tombstone(&case_ref));
            let before = self.warnings.len();
            for path in files {
                self.add_file(context, &path, &named, why, "part of the engagement")?;
            }
            let held = self.warnings[before..].iter().any(|warning| warning.contains("legal hold"));
            let closed_at = match context.workspace.case(&case_ref) {
                Ok(case) => case.value.closed_at,
                Err(Error::Invalid(_)) => None,
                Err(error) => return Err(error),
            };
            if held {
                self.warnings.push(format!(
                    "{named} keeps its case.toml as long as a file in it is under legal hold"
                ));
                continue;
            }
            // Last, so that the engagement stays whole in itself until everything else is gone.
            self.add_file(context, &record, &named, why, "part of the engagement")?;
            let transfer = layout::store(&case_ref, Store::Transfer);
            let (transfer, _) = context.workspace.artefacts(&transfer, Store::Transfer)?;
            if !transfer.is_empty() {
                self.warnings.push(format!(
                    "the transfer files of {named} are not part of this plan: they need a separate request [DTM-7]"
                ));
            }
            if closed_at.is_none() {
                self.warnings.push(format!("{named} is still open"));
            }
            self.engagements.push(PlannedEngagement {
                engagement: named,
                closed_at,
                transfer_pending: !transfer.is_empty(),
            });
        }
        Ok(())
    }

    /// Option B, item by item: each file found with its sidecar, and the pseudonymised diagnostics
    /// of the same engagement (DSR-6).
    fn single_items(
        &mut self,
        context: &Context,
        request: &Request,
        included: &[&Finding],
        why: &BTreeMap<String, String>,
    ) -> Result<()> {
        for finding in included {
            if matches!(
                finding.kind,
                FindingKind::Case | FindingKind::Access | FindingKind::Approval
            ) {
                return Err(Refusal::new(
                    "DSR-7",
                    format!("{} ({}) is a record of the engagement itself and cannot go alone", finding.id, finding.path),
                )
                .hint(format!(
                    "delete the whole engagement with --scope engagement, or `caseward dsr exclude {} {} --reason …`",
                    request.id, finding.id
                ))
                .into());
            }
        }
        let mut paths: BTreeMap<RelPath, String> = BTreeMap::new();
        let mut engagements = BTreeSet::new();
        for finding in included {
            let engagement = finding.engagement.clone().unwrap_or_default();
            paths.insert(outer(finding)?, engagement.clone());
            engagements.insert(engagement);
        }
        let mut pseudonymised = BTreeMap::new();
        for named in engagements.iter().filter(|named| !named.is_empty()) {
            let case_ref = context.workspace.find_case(named)?;
            for path in pseudonymised_diagnostics(context, &case_ref)? {
                if !paths.contains_key(&path) && !rules::is_path_excluded(request, &path.display())
                {
                    pseudonymised.insert(path, named.clone());
                }
            }
        }
        for (files, reason) in [(paths, "found"), (pseudonymised, "pseudonymised, same engagement")]
        {
            for (path, named) in files {
                self.add_file(context, &path, &named, why, reason)?;
                let sidecar = layout::sidecar(&path);
                if context.workspace.fs().stat(&sidecar).is_ok() {
                    self.add_file(context, &sidecar, &named, why, "sidecar")?;
                }
            }
        }
        Ok(())
    }

    /// Adds a file, unless it (or the file of this sidecar) is under legal hold (DEL-8).
    fn add_file(
        &mut self,
        context: &Context,
        path: &RelPath,
        engagement: &str,
        why: &BTreeMap<String, String>,
        otherwise: &str,
    ) -> Result<()> {
        if self.items.iter().any(|item| item.path == path.display()) {
            return Ok(());
        }
        if path.as_path().to_str().is_none() {
            return Err(Invalid::new(
                path.display(),
                "its name is not UTF-8, so no plan can name it",
            )
            .hint("rename it, then discover again")
            .into());
        }
        let of_sidecar = layout::sidecar_of(path.name()).map(|file| path.parent().join(file));
        let meta = sidecar_meta(context, of_sidecar.as_ref().unwrap_or(path));
        if let Some(hold) = meta.as_ref().and_then(|meta| meta.holds.first()) {
            if of_sidecar.is_none() {
                self.warnings.push(format!("{path} is kept: legal hold {} [DEL-8]", hold.id));
            }
            return Ok(());
        }
        let (sha256, size) =
            hash_of(context, path).map_err(|error| Error::io("read", path, error))?;
        let meta = if of_sidecar.is_some() { None } else { meta };
        let shown = path.display();
        let reason = why.get(&shown).cloned();
        let reason = reason.unwrap_or_else(|| match &of_sidecar {
            Some(file) => format!("sidecar of {}", file.name().to_string_lossy()),
            None => otherwise.to_owned(),
        });
        self.items.push(PlanItem {
            path: shown,
            action: PlanAction::Delete,
            size,
            sha256,
            attached_sha256: meta.as_ref().map(|meta| meta.sha256),
            attached_at: meta.as_ref().map(|meta| meta.at),
            collected_at: meta.as_ref().and_then(|meta| meta.collected_at),
            origin: meta.as_ref().map(|meta| meta.origin.to_string()),
            categories: meta.map(|meta| meta.categories).unwrap_or_default(),
            why: reason,
            engagement: engagement.to_owned(),
        });
        Ok(())
    }

    /// DEL-6: the same content elsewhere within the customer, by sidecar hash, never in transfer.
    fn same_content_elsewhere(&mut self, context: &Context, dsr: &DsrRef) -> Result<()> {
        let planned: BTreeSet<&str> = self.items.iter().map(|item| item.path.as_str()).collect();
        let hashes: BTreeMap<Sha256, &str> = self
            .items
            .iter()
            .filter(|item| item.size > 0)
            .map(|item| (item.sha256, item.path.as_str()))
            .collect();
        let mut warnings = Vec::new();
        for (path, sha256) in registered_files(context, dsr)? {
            let shown = path.display();
            if let Some(twin) = hashes.get(&sha256)
                && !planned.contains(shown.as_str())
            {
                warnings.push(format!(
                    "{shown} has the same content as {twin} and is not part of this plan"
                ));
            }
        }
        self.warnings.extend(warnings);
        Ok(())
    }
}

/// The outer file of a finding.
fn outer(finding: &Finding) -> Result<RelPath> {
    let file = finding.path.split_once("!/").map_or(finding.path.as_str(), |(file, _)| file);
    RelPath::new(file).map_err(|error| Error::usage(error.to_string()))
}

fn sidecar_meta(context: &Context, file: &RelPath) -> Option<Meta> {
    context.workspace.load::<Meta>(&layout::sidecar(file)).ok().flatten().map(|meta| meta.value)
}

/// All files of an engagement: its own, and its approvals with what was collected under them.
pub(super) fn engagement_files(context: &Context, case_ref: &CaseRef) -> Result<Vec<RelPath>> {
    let mut files = files_below(context, &layout::case_dir(case_ref))?;
    let (requests, _) = context.workspace.access_requests(case_ref)?;
    for request in requests {
        let dir = layout::approval_dir(&request.value.resource_tenant, &request.value.id);
        files.extend(files_below(context, &dir)?);
    }
    Ok(files)
}

/// All files below a directory, transfer files left out, by path.
fn files_below(context: &Context, dir: &RelPath) -> Result<Vec<RelPath>> {
    let entries = match context.workspace.fs().list(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", dir, error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = dir.join(&entry.name);
        match entry.kind {
            FileKind::Dir if layout::is_transfer(&path) => {}
            FileKind::Dir => files.extend(files_below(context, &path)?),
            FileKind::File => files.push(path),
            FileKind::Symlink | FileKind::Other => {
                return Err(Invalid::new(
                    path.display(),
                    "is a link or a special file: it can be neither hashed nor attested",
                )
                .hint("remove it by hand, then plan again")
                .into());
            }
        }
    }
    Ok(files)
}

/// DSR-6: the EUPI diagnostics of an engagement.
fn pseudonymised_diagnostics(context: &Context, case_ref: &CaseRef) -> Result<Vec<RelPath>> {
    let mut stores = vec![layout::store(case_ref, Store::Diagnostics)];
    for request in context.workspace.access_requests(case_ref)?.0 {
        let request = request.value;
        stores.push(layout::approval_diagnostics(&request.resource_tenant, &request.id));
    }
    let mut paths = Vec::new();
    for store in stores {
        for artefact in context.workspace.artefacts(&store, Store::Diagnostics)?.0 {
            if artefact.meta.is_some_and(|meta| meta.value.categories.contains(&Category::Eupi)) {
                paths.push(artefact.path);
            }
        }
    }
    Ok(paths)
}

/// Every registered file of the customer outside transfer, with the hash in its sidecar.
fn registered_files(context: &Context, dsr: &DsrRef) -> Result<Vec<(RelPath, Sha256)>> {
    let mut files = Vec::new();
    for tenant in customer_tenants(context, dsr)? {
        let mut stores = Vec::new();
        for id in context.workspace.case_ids(&tenant.domain)?.0 {
            let case_ref = CaseRef { tenant: tenant.domain.clone(), id };
            stores.push((layout::store(&case_ref, Store::Records), Store::Records));
            stores.push((layout::store(&case_ref, Store::Diagnostics), Store::Diagnostics));
        }
        for sar in context.workspace.approval_ids(&tenant.domain)? {
            let dir = layout::approval_diagnostics(&tenant.domain, &sar);
            stores.push((dir, Store::Diagnostics));
        }
        for (dir, store) in stores {
            for artefact in context.workspace.artefacts(&dir, store)?.0 {
                if let Some(meta) = artefact.meta {
                    files.push((artefact.path, meta.value.sha256));
                }
            }
        }
    }
    Ok(files)
}

/// The exact text that the actor signs to approve the current plan (`dsr statement`).
///
/// # Errors
/// A rule says that they may not approve it.
pub fn approval_statement(context: &Context, named: &str) -> Result<String> {
    let dsr = context.workspace.find_dsr(named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    let settings = &context.workspace.config().policy;
    rules::may_approve(&context.actor, &request, settings, None)?;
    Ok(statement_of(context, &dsr, &request)?.text().to_owned())
}

fn statement_of(context: &Context, dsr: &DsrRef, request: &Request) -> Result<Statement> {
    let Some(plan) = &request.plan else {
        return Err(Error::usage(format!("{} has no plan", request.id)));
    };
    let by = &context.actor.principal;
    Ok(signing::deletion_statement(context, &dsr.tenant, request, plan, by))
}

/// Where the workspace requires signed decisions, an approval that somebody merely wrote into the
/// request counts for nothing.
pub(super) fn check_approval_signed(
    context: &Context,
    dsr: &DsrRef,
    request: &Request,
) -> Result<(), Error> {
    let Some(plan) = request
        .plan
        .as_ref()
        .filter(|_| context.workspace.config().policy.require_signed_decisions)
    else {
        return Ok(());
    };
    for decision in &request.decisions {
        if decision.what == DecisionKind::Approved && decision.digest == Some(plan.digest) {
            let text =
                signing::deletion_statement(context, &dsr.tenant, request, plan, &decision.by);
            let signature = decision.signature.as_deref();
            if signing::stands(context, &[text], signature, &decision.by, decision.at)? {
                return Ok(());
            }
        }
    }
    Err(signing::unsigned("DEL-2", &format!("caseward dsr statement {}", request.id)).into())
}

/// Approves the current plan (DEL-2), with a signature over its statement where one is given or
/// the workspace requires it.
///
/// # Errors
/// A rule says no: there is no plan, another digest is meant, the actor made it, or the signature
/// does not stand for this approval.
pub fn approve(
    context: &Context,
    named: &str,
    digest: Option<Sha256>,
    signature: Option<&str>,
) -> Result<Planned> {
    let (dsr, loaded) = to_change(context, named)?;
    let settings = &context.workspace.config().policy;
    let matter = Matter::dsr(&dsr.id);
    let refused = |refusal| context.refused(refusal, &dsr.tenant, Activity::DsrApproved, &matter);
    let approved =
        rules::may_approve(&context.actor, &loaded.value, settings, digest).map_err(refused)?;
    let signature = match signature {
        Some(armored) => {
            let text = statement_of(context, &dsr, &loaded.value)?;
            let by = &context.actor.principal;
            Some(signing::check_decision(context, "DEL-2", &text, armored, by)?.map_err(refused)?)
        }
        None if settings.require_signed_decisions => {
            let command = format!("caseward dsr statement {}", dsr.id);
            return Err(refused(signing::unsigned("DEL-2", &command)));
        }
        None => None,
    };
    let mut changed = loaded.value.clone();
    changed.state = DsrState::Approved;
    let mut entry = decision(context, DecisionKind::Approved);
    entry.digest = Some(approved);
    entry.signature = signature;
    changed.decisions.push(entry);
    let event = context
        .event(Activity::DsrApproved, &matter)
        .change("state", loaded.value.state, changed.state)
        .detail("digest", approved);
    let planned = current(context, &dsr, &changed)?;
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(planned)
}

/// Returns a plan to review with a reason (DEL-2).
///
/// # Errors
/// There is no plan to return.
pub fn give_back(context: &Context, named: &str, reason: &str) -> Result<DsrState> {
    step_back(context, named, reason, super::RETURNABLE, DsrState::Review, DecisionKind::Returned)
}

/// Cancels a request before anything is deleted (DEL-3).
///
/// # Errors
/// It ended, or its execution has begun.
pub fn cancel(context: &Context, named: &str, reason: &str) -> Result<DsrState> {
    step_back(context, named, reason, super::CANCELABLE, DsrState::Canceled, DecisionKind::Canceled)
}

fn step_back(
    context: &Context,
    named: &str,
    reason: &str,
    allowed: &[DsrState],
    state: DsrState,
    what: DecisionKind,
) -> Result<DsrState> {
    let (dsr, loaded) = to_change(context, named)?;
    let matter = Matter::dsr(&dsr.id);
    let activity = match what {
        DecisionKind::Canceled => Activity::DsrClosed,
        _ => Activity::DsrReturned,
    };
    context
        .actor
        .require_engineer("DEL-2", "decide on a deletion")
        .and_then(|()| rules::require_state(&loaded.value, allowed, what.as_str()))
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, activity, &matter))?;
    if reason.trim().is_empty() {
        return Err(Error::Usage {
            message: "this needs a reason".to_owned(),
            hint: Some("--reason \"…\"".to_owned()),
        });
    }
    let mut changed = loaded.value.clone();
    changed.state = state;
    changed.plan = None;
    let mut entry = decision(context, what);
    entry.reason = Some(reason.trim().to_owned());
    changed.decisions.push(entry);
    let event = context.event(activity, &matter).change("state", loaded.value.state, state);
    let mut commit = Commit::new();
    commit.update(&loaded, changed);
    commit.audit(&dsr.tenant, event.build());
    context.commit(commit)?;
    Ok(state)
}
