//! A plan in the making: which files go, why, and what a person should know beside.

use super::super::Context;
use super::discover::hash_of;
use super::redact::Rewriter;
use super::scope::customer_tenants;
use crate::error::{Error, Invalid, Result};
use crate::fs::{FileKind, RelPath};
use crate::model::{
    After, Category, DecisionKind, DsrType, Finding, FindingKind, Meta, PlanAction, PlanItem,
    PlanScope, PlannedEngagement, Request, Sha256, Store,
};
use crate::policy::Refusal;
use crate::policy::dsr::{self as rules, Choice};
use crate::workspace::{CaseRef, DsrRef, layout};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A plan in the making.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub items: Vec<PlanItem>,
    pub warnings: Vec<String>,
    pub held: Vec<crate::model::HeldFile>,
    pub same_content: Vec<String>,
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
        let chosen = |choice| move |finding: &&Finding| rules::choice(request, finding) == choice;
        let included: Vec<&Finding> = findings.iter().filter(chosen(Choice::Included)).collect();
        let rewritten: Vec<&Finding> = findings.iter().filter(chosen(Choice::Rewritten)).collect();
        let (why, archives) = reasons(&included);
        let mut draft = Self::default();
        match scope {
            PlanScope::Engagement => draft.whole_engagements(context, &included, &why)?,
            PlanScope::Items => {
                draft.single_items(context, request, &included, &rewritten, &why)?;
            }
        }
        draft.rewritten_items(context, request, &rewritten)?;
        for item in draft.items.iter().filter(|item| archives.contains(item.path.as_str())) {
            draft.warnings.push(format!(
                "{} is an archive: it goes as a whole, not only the members found",
                item.path
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
        let paths = draft.items.iter().map(|item| item.path.as_str()).collect();
        let recipients = super::export::recipients(context, dsr, &paths)?;
        draft.warnings.extend(recipients);
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
            let before = self.held.len();
            for path in files {
                self.add_file(context, &path, &named, why, "part of the engagement")?;
            }
            let held = self.held.len() > before;
            let closed_at = match context.workspace.case(&case_ref) {
                Ok(case) => case.value.closed_at,
                Err(Error::Invalid(_)) => None,
                Err(error) => return Err(error),
            };
            if held {
                self.warnings.push(format!(
                    "{named} keeps its case.toml as long as a file in it is under legal hold"
                ));
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
        rewritten: &[&Finding],
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
                    "delete the whole engagement with --scope engagement, `caseward dsr redact {0} {1} --reason …`, or exclude it",
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
        engagements.extend(rewritten.iter().filter_map(|finding| finding.engagement.clone()));
        let mut pseudonymised = BTreeMap::new();
        // What is corrected stays, and so does what is tied to it.
        engagements.retain(|named| !named.is_empty() && request.kind != DsrType::Rectify);
        for named in &engagements {
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

    /// The files whose matches give way to a mark or a correction. One that goes anyhow goes.
    fn rewritten_items(
        &mut self,
        context: &Context,
        request: &Request,
        rewritten: &[&Finding],
    ) -> Result<()> {
        if rewritten.is_empty() {
            return Ok(());
        }
        let rewriter = Rewriter::new(context, request)?;
        for finding in rewritten {
            let engagement = finding.engagement.clone().unwrap_or_default();
            let whole = self.engagements.iter().any(|planned| planned.engagement == engagement);
            if whole || self.items.iter().any(|item| item.path == finding.path) {
                self.warnings.push(format!(
                    "{} is not only rewritten but deleted: other findings take the whole file",
                    finding.path
                ));
                continue;
            }
            let decided = rules::last_decision(request, &finding.id).map(|d| d.what);
            let (action, word) = match decided {
                Some(DecisionKind::Rectify) => (PlanAction::Rectify, "corrected"),
                _ => (PlanAction::Redact, "redacted"),
            };
            for file in rewriter.files(finding)? {
                let spans = crate::text::plural(file.spans, "span");
                let why = format!("finding {}, {spans} {word}", finding.id);
                let why = BTreeMap::from([(file.path.display(), why)]);
                self.add_file(context, &file.path, &engagement, &why, word)?;
                let item = self.items.last_mut().filter(|i| i.path == file.path.display());
                if let Some(item) = item {
                    if item.sha256 != file.before || item.size != file.size {
                        return Err(Error::Conflict {
                            message: format!("{} is being written to", file.path),
                            hint: Some("nothing was planned; try again".to_owned()),
                        });
                    }
                    item.action = action;
                    item.after = Some(After {
                        sha256: Sha256::of(&file.bytes),
                        size: file.bytes.len() as u64,
                        spans: file.spans,
                    });
                }
            }
        }
        Ok(())
    }

    /// Adds a file. One that is under legal hold, and its sidecar, waits for the release (DEL-8).
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
        let hold = meta.as_ref().and_then(|meta| meta.holds.first()).map(|hold| hold.id.clone());
        if let Some(hold) = hold.clone().filter(|_| of_sidecar.is_none()) {
            self.warnings
                .push(format!("{path} is kept until its legal hold {hold} is released [DEL-8]"));
            self.held.push(crate::model::HeldFile { path: path.display(), hold });
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
        let reason = match hold {
            Some(hold) => format!("{reason}; waits for legal hold {hold}"),
            None => reason,
        };
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
            after: None,
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
        self.same_content.clone_from(&warnings);
        self.warnings.extend(warnings);
        Ok(())
    }
}

/// Why each file with an included finding goes, and which of them are archives of which a member
/// was found.
fn reasons<'a>(included: &[&'a Finding]) -> (BTreeMap<String, String>, BTreeSet<&'a str>) {
    let mut files: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for finding in included {
        match finding.path.split_once("!/") {
            Some((file, _)) => files.entry(file).or_default().1.push(&finding.id),
            None => files.entry(&finding.path).or_default().0.push(&finding.id),
        }
    }
    let archives =
        files.iter().filter(|(_, (_, members))| !members.is_empty()).map(|(file, _)| *file);
    let archives = archives.collect();
    let words = |(own, members): (Vec<&str>, Vec<&str>)| match (own.is_empty(), members.is_empty())
    {
        (_, true) => format!("finding {}", own.join(", ")),
        (true, false) => format!("finding {} in the archive", members.join(", ")),
        (false, false) => {
            format!("finding {}, and {} in the archive", own.join(", "), members.join(", "))
        }
    };
    let why = files.into_iter().map(|(file, found)| (file.to_owned(), words(found))).collect();
    (why, archives)
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
