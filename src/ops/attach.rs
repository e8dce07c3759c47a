//! Diagnostics: attached with category and authority, hashed while they are copied, listed.

use super::{Context, Matter, access, transfer};
use crate::error::{Error, Result};
use crate::fs::{self, RelPath};
use crate::model::{
    Activity, AuthorisedBy, Case, Category, DiagnosticKind, FORMAT, Id, Meta, Origin, Sha256,
    Store, Time,
};
use crate::outside;
use crate::policy::{Refusal, diagnostics as rules, suggest};
use crate::workspace::{CaseRef, Commit, Loaded, Problem, StagedFile, layout};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Files to attach.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub case: String,
    pub files: Vec<PathBuf>,
    /// Names in the case's transfer folder, to be copied out of it (DTM-8).
    pub from_transfer: Vec<String>,
    pub categories: Vec<Category>,
    /// The tenant they were collected from; without it, the case's.
    pub tenant: Option<String>,
    /// Without it, now.
    pub collected_at: Option<Time>,
    pub kind: DiagnosticKind,
}

/// A diagnostic that was attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attached {
    pub case: Id,
    pub tenant: Id,
    pub name: String,
    pub path: String,
    pub sha256: Sha256,
    pub size: u64,
    pub categories: Vec<Category>,
    pub authorised_by: AuthorisedBy,
    pub collected_at: Time,
    /// DIAG-3: the latest moment of its deletion.
    pub delete_after: Time,
}

/// Attaches files: all of them or none. `progress` is told the file and the bytes so far.
///
/// # Errors
/// A rule says no; a file is a link, a FIFO or changes while it is read (DIAG-6).
pub fn attach(
    context: &Context,
    attachment: &Attachment,
    progress: &mut dyn FnMut(&Path, u64),
) -> Result<Vec<Attached>> {
    context.require_writable()?;
    let settings = &context.workspace.config().policy;
    let case_ref = context.workspace.find_case(&attachment.case)?;
    let loaded = context.workspace.case(&case_ref)?;
    let case = &loaded.value;
    let from = match &attachment.tenant {
        Some(tenant) => {
            let id = Id::new(tenant.as_str()).map_err(|error| Error::usage(error.to_string()))?;
            context.workspace.tenant(&id)?.value.domain
        }
        None => case_ref.tenant.clone(),
    };
    let context = &context.not_before(&[&case_ref.tenant, &from])?;
    let collected_at = attachment.collected_at.unwrap_or(context.now);
    let matter = Matter::diagnostic(&case_ref);
    let authority = rules::check_categories(&attachment.categories)
        .map_err(|refusal| with_suggestion(refusal, attachment))
        .and_then(|()| rules::check_collected_at(settings, collected_at, context.now));
    let authority = match authority {
        Ok(()) => access::authorise(
            context,
            &case_ref,
            &loaded,
            &from,
            attachment.kind,
            &context.actor,
            collected_at,
        )?,
        Err(refusal) => Err(refusal),
    }
    .map_err(|refusal| context.refused(refusal, &from, Activity::DiagnosticAttached, &matter))?;
    // Decision 8: what was collected from a tenant lies at that tenant.
    let dir = match &authority.basis {
        AuthorisedBy::AccessRequest(sar) => layout::approval_diagnostics(&from, sar),
        AuthorisedBy::Consent | AuthorisedBy::Basic => layout::store(&case_ref, Store::Diagnostics),
    };
    let mut stage = context.workspace.stage()?;
    let mut commit = Commit::new();
    // What authorised the collection must still stand when the copy is done.
    commit.rely_on(&loaded);
    if let AuthorisedBy::AccessRequest(sar) = &authority.basis
        && let Some(approval) = context.workspace.approval(&from, sar)?
    {
        commit.rely_on(&approval);
    }
    let mut sources = Vec::new();
    for file in &attachment.files {
        let staged = copy_in(&mut stage, file, &mut |bytes| progress(file, bytes))?;
        let original = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let original =
            original.ok_or_else(|| Error::usage(format!("{} has no name", file.display())))?;
        sources.push((staged, original, Origin::Collected));
    }
    for name in &attachment.from_transfer {
        let told = &mut |bytes| progress(Path::new(name), bytes);
        let (staged, original) =
            transfer::copy_out(context, &case_ref, case, name, &mut stage, told)?;
        sources.push((staged, original, Origin::Transfer(name.clone())));
    }
    let mut attached = Vec::new();
    let mut taken: Vec<RelPath> = Vec::new();
    for (staged, original, origin) in sources {
        let path = store_path(context, &dir, &original, &taken)?;
        taken.push(path.clone());
        let name = path.name().to_string_lossy().into_owned();
        let meta = Meta {
            format: FORMAT,
            name: original,
            size: staged.size,
            sha256: staged.sha256,
            at: context.now,
            by: context.actor.principal.clone(),
            origin,
            categories: attachment.categories.clone(),
            collected_at: Some(collected_at),
            authorised_by: Some(authority.basis.clone()),
            kind: Some(attachment.kind.as_str().to_owned()),
            internal: false,
            holds: Vec::new(),
            redactions: Vec::new(),
            x: None,
        };
        let categories: Vec<&str> = attachment.categories.iter().map(|c| c.as_str()).collect();
        let event = context
            .event(Activity::DiagnosticAttached, &matter)
            .detail("categories", categories.join(","))
            .detail("kind", attachment.kind)
            .detail("authorised_by", &authority.basis);
        attached.push(Attached {
            case: case.id.clone(),
            tenant: from.clone(),
            name,
            path: path.display(),
            sha256: staged.sha256,
            size: staged.size,
            categories: attachment.categories.clone(),
            authorised_by: authority.basis.clone(),
            collected_at,
            delete_after: rules::delete_after(settings, collected_at),
        });
        commit.place(staged, path.clone());
        commit.create(layout::sidecar(&path), &meta);
        commit.audit(&from, event.build());
    }
    context.workspace.commit_staged(Some(stage), commit)?;
    Ok(attached)
}

/// DIAG-2: the refusal of untagged files says what they look like: by kind, name, and the first
/// 64 KiB of their contents.
fn with_suggestion(refusal: Refusal, attachment: &Attachment) -> Refusal {
    let mut found: BTreeSet<Category> = suggest::of_kind(attachment.kind).iter().copied().collect();
    for path in &attachment.files {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        found.extend(suggest::of_name(&name).into_iter().flat_map(|(_, categories)| categories));
        let mut head = Vec::new();
        // A file that cannot be read suggests nothing here and is refused when it is attached.
        let read =
            outside::open_regular(path).map(|file| file.take(64 << 10).read_to_end(&mut head));
        if matches!(read, Ok(Ok(_))) {
            found.extend(suggest::of_text(&String::from_utf8_lossy(&head)));
        }
    }
    let all = refusal.hint.clone().unwrap_or_default();
    if found.is_empty() {
        return refusal;
    }
    let words: Vec<String> =
        found.iter().map(|category| format!("--category {category}")).collect();
    refusal.hint(format!("they look like {}; {all}", words.join(" ")))
}

/// Copies a file of the user's into the stage: a regular file, itself and not a link to it, that
/// does not change meanwhile (DIAG-6).
pub(super) fn copy_in(
    stage: &mut crate::workspace::Stage,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<StagedFile> {
    let shown = path.display().to_string();
    let mut file = outside::open_regular(path)?;
    let before = file.metadata().map_err(|error| Error::io("read", &shown, error))?;
    let staged = stage.copy_in(&mut file, &shown, progress)?;
    let after = file.metadata().map_err(|error| Error::io("read", &shown, error))?;
    let same = before.len() == staged.size
        && after.len() == staged.size
        && before.modified().ok() == after.modified().ok();
    if same {
        return Ok(staged);
    }
    Err(Error::Conflict {
        message: format!("{shown} changed while it was read"),
        hint: Some("nothing was attached; wait until it is complete".to_owned()),
    })
}

/// The path in the store for a file called `original`: its own name where it can be one, else a
/// name made safe; never one that is taken.
pub(super) fn store_path(
    context: &Context,
    dir: &RelPath,
    original: &str,
    taken: &[RelPath],
) -> Result<RelPath> {
    let mut safe: String =
        original
            .chars()
            .map(|c| {
                if c.is_control() || c == '/' || c == char::REPLACEMENT_CHARACTER { '_' } else { c }
            })
            .collect();
    // A leading dot hides a file; the ending of a sidecar would make it one.
    if safe.starts_with('.') {
        safe.insert(0, '_');
    }
    if safe.ends_with(layout::SIDECAR) {
        safe.push('_');
    }
    // Room for the sidecar's ending within the 255 bytes of a name.
    while safe.len() > 200 {
        safe.pop();
    }
    let (stem, ending) = match safe.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem.to_owned(), ending.to_owned()),
        _ => (safe, String::new()),
    };
    let mut number = 1;
    loop {
        let path = numbered(dir, &stem, &ending, number);
        if !taken.contains(&path) && !exists(context, &path)? {
            return Ok(path);
        }
        number += 1;
    }
}

fn numbered(dir: &RelPath, stem: &str, ending: &str, number: u32) -> RelPath {
    let counted = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
    dir.join(if ending.is_empty() { counted } else { format!("{counted}.{ending}") })
}

fn exists(context: &Context, path: &RelPath) -> Result<bool> {
    fs::exists(&**context.workspace.fs(), path)
        .map_err(|error: io::Error| Error::io("read", path, error))
}

/// A name in `dir` that nothing bears: `stem.ending`, else `stem-2.ending`, …
pub(super) fn free_name(
    context: &Context,
    dir: &RelPath,
    stem: &str,
    ending: &str,
) -> Result<RelPath> {
    let mut number = 1;
    loop {
        let path = numbered(dir, stem, ending, number);
        if !exists(context, &path)? {
            return Ok(path);
        }
        number += 1;
    }
}

/// A diagnostic of a case.
#[derive(Debug, Clone, Serialize)]
pub struct DiagnosticView {
    pub name: String,
    pub path: String,
    /// The tenant it was collected from.
    pub tenant: Id,
    pub size: u64,
    pub sha256: Option<Sha256>,
    pub kind: Option<String>,
    pub categories: Vec<Category>,
    pub collected_at: Option<Time>,
    pub authorised_by: Option<AuthorisedBy>,
    pub delete_after: Option<Time>,
    pub overdue: bool,
    pub held: bool,
}

/// The diagnostics of a case, also those that lie at a resource tenant, as the actor may see them.
pub(super) fn list(
    context: &Context,
    case_ref: &CaseRef,
    case: &Loaded<Case>,
) -> Result<(Vec<DiagnosticView>, Vec<Problem>)> {
    let own = layout::store(case_ref, Store::Diagnostics);
    let mut stores = vec![(case_ref.tenant.clone(), own)];
    let (matters, mut problems) = access::matters(context, case_ref, Some(case))?;
    for matter in &matters {
        let request = &matter.request.value;
        let full = crate::policy::access::view_of(&context.actor, request)
            == crate::policy::access::View::Full;
        if full && matter.approval.is_some() {
            let resource = &request.resource_tenant;
            let dir = layout::approval_diagnostics(resource, &request.id);
            stores.push((resource.clone(), dir));
        }
    }
    let settings = &context.workspace.config().policy;
    let mut views = Vec::new();
    for (tenant, dir) in stores {
        let (artefacts, more) = context.workspace.artefacts(&dir, Store::Diagnostics)?;
        problems.extend(more);
        views.extend(artefacts.into_iter().map(|artefact| {
            let meta = artefact.meta.map(|meta| meta.value);
            let collected_at = meta.as_ref().and_then(|meta| meta.collected_at);
            let delete_after = collected_at.map(|at| rules::delete_after(settings, at));
            DiagnosticView {
                name: artefact.name,
                path: artefact.path.display(),
                tenant: tenant.clone(),
                size: artefact.size,
                sha256: meta.as_ref().map(|meta| meta.sha256),
                kind: meta.as_ref().and_then(|meta| meta.kind.clone()),
                categories: meta.as_ref().map(|m| m.categories.clone()).unwrap_or_default(),
                collected_at,
                authorised_by: meta.as_ref().and_then(|meta| meta.authorised_by.clone()),
                delete_after,
                overdue: delete_after.is_some_and(|at| context.now >= at),
                held: meta.is_some_and(|meta| !meta.holds.is_empty()),
            }
        }));
    }
    Ok((views, problems))
}

/// The diagnostics of a case: names and categories, not contents.
///
/// # Errors
/// The case is unknown or not valid.
pub fn diagnostics(
    context: &Context,
    named: &str,
) -> Result<(CaseRef, Vec<DiagnosticView>, Vec<Problem>)> {
    let case_ref = context.workspace.find_case(named)?;
    let case = context.workspace.case(&case_ref)?;
    let (views, problems) = list(context, &case_ref, &case)?;
    Ok((case_ref, views, problems))
}

/// A diagnostic's contents for reading; reading is logged in the tenant it concerns (CONS-11).
///
/// # Errors
/// CONS-12, or there is none of that name.
pub fn view(context: &Context, named: &str, name: &str) -> Result<(DiagnosticView, Vec<u8>)> {
    let (case_ref, views, _) = diagnostics(context, named)?;
    let case = context.workspace.case(&case_ref)?.value;
    let known: Vec<String> = views.iter().map(|view| view.name.clone()).collect();
    let Some(view) = views.into_iter().find(|view| view.name == name || view.path == name) else {
        let near = crate::text::nearest(name, known.iter().map(String::as_str));
        return Err(Error::Usage {
            message: format!(
                "case {} has no diagnostic `{}`",
                case_ref.id,
                crate::text::safe(name)
            ),
            hint: Some(near.map_or_else(
                || format!("`caseward diagnostics list {}`", case_ref.id),
                |near| format!("did you mean {near}?"),
            )),
        });
    };
    let matter = Matter::diagnostic(&case_ref);
    let mut commit = Commit::new();
    crate::policy::case::require_open(&case, "reading of diagnostics")
        .and_then(|()| crate::policy::case::require_worker(&context.actor, &case))
        .map_err(|r| context.refused(r, &view.tenant, Activity::DiagnosticViewed, &matter))?;
    let path = RelPath::new(&view.path).map_err(|error| Error::usage(error.to_string()))?;
    let bytes = fs::read(&**context.workspace.fs(), &path)
        .map_err(|error| Error::io("read", &view.path, error))?;
    commit.audit(&view.tenant, context.event(Activity::DiagnosticViewed, &matter).build());
    context.commit(commit)?;
    Ok((view, bytes))
}
