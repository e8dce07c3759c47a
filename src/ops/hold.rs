//! Legal holds on single files: placed, released, listed (DEL-8).

use super::{Context, Matter};
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{Activity, Hold, Id, Meta, Store, Time};
use crate::policy::Refusal;
use crate::text;
use crate::workspace::{CaseRef, Commit, Loaded, Problem, layout};
use serde::Serialize;
use std::ffi::OsStr;

/// A hold with its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HoldView {
    pub id: Id,
    /// Relative to the workspace.
    pub path: String,
    pub tenant: Id,
    pub reason: String,
    pub at: Time,
    pub by: String,
}

/// A file that can be held: where it lies, and its sidecar.
struct Held {
    path: RelPath,
    tenant: Id,
    matter: Matter,
    sidecar: Loaded<Meta>,
}

impl Held {
    fn view(&self, hold: &Hold) -> HoldView {
        HoldView {
            id: hold.id.clone(),
            path: self.path.display(),
            tenant: self.tenant.clone(),
            reason: hold.reason.clone(),
            at: hold.at,
            by: hold.by.clone(),
        }
    }
}

/// Puts a file on hold: no sweep, no request and no account deletes it until every hold on it is
/// released. `named` is a path relative to the workspace, or `CASE/NAME`.
///
/// # Errors
/// The actor is no engineer, there is no such file or no sidecar, or it is held for that reason
/// already.
pub fn add(context: &Context, named: &str, reason: &str) -> Result<HoldView> {
    context.require_writable()?;
    let held = find(context, named)?;
    let refused =
        |refusal| context.refused(refusal, &held.tenant, Activity::HoldPlaced, &held.matter);
    context.actor.require_engineer("DEL-8", "place a legal hold").map_err(refused)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::Usage {
            message: "a legal hold needs a reason".to_owned(),
            hint: Some("--reason \"file number of the proceedings\"".to_owned()),
        });
    }
    let mut changed = held.sidecar.value.clone();
    if let Some(same) = changed.holds.iter().find(|hold| hold.reason == reason) {
        let message = format!("{} is held for this reason already: {}", held.path, same.id);
        let hint = format!("`caseward hold release {}` ends it", same.id);
        return Err(refused(Refusal::new("DEL-8", message).hint(hint)));
    }
    let hold = Hold {
        id: super::access::fresh_id("HOLD")?,
        reason: reason.to_owned(),
        at: context.now,
        by: context.actor.principal.clone(),
    };
    let view = held.view(&hold);
    let event = context.event(Activity::HoldPlaced, &held.matter).detail("hold", &hold.id);
    changed.holds.push(hold);
    let mut commit = Commit::new();
    commit.update(&held.sidecar, changed);
    commit.audit(&held.tenant, event.build());
    context.commit(commit)?;
    Ok(view)
}

/// Releases a hold. What waited for it is due again: the next sweep takes it, and a request that was
/// executed around it goes on when it is executed again.
///
/// # Errors
/// The actor is no engineer, or there is no such hold.
pub fn release(context: &Context, id: &str) -> Result<HoldView> {
    context.require_writable()?;
    let wanted = Id::new(id).map_err(|error| Error::usage(error.to_string()))?;
    let mut known = Vec::new();
    let mut found = None;
    each(context, &mut |held| {
        for hold in &held.sidecar.value.holds {
            if context.actor.may_see(&held.tenant) {
                known.push(hold.id.to_string());
            }
            if hold.id == wanted && found.is_none() {
                found = Some((held.view(hold), held.matter.clone(), held.sidecar.clone()));
            }
        }
    })?;
    let Some((view, matter, sidecar)) = found else {
        let near = text::nearest(wanted.as_str(), known.iter().map(String::as_str));
        return Err(Error::Usage {
            message: format!("there is no hold `{}`", text::safe(wanted.as_str())),
            hint: Some(near.map_or_else(
                || "`caseward hold list` shows them".to_owned(),
                |near| format!("did you mean {near}?"),
            )),
        });
    };
    context
        .actor
        .require_engineer("DEL-8", "release a legal hold")
        .map_err(|r| context.refused(r, &view.tenant, Activity::HoldReleased, &matter))?;
    let mut changed = sidecar.value.clone();
    changed.holds.retain(|hold| hold.id != view.id);
    let event = context.event(Activity::HoldReleased, &matter).detail("hold", &view.id);
    let mut commit = Commit::new();
    commit.update(&sidecar, changed);
    commit.audit(&view.tenant, event.build());
    context.commit(commit)?;
    Ok(view)
}

/// Releases every hold on a file, by its path.
///
/// # Errors
/// As [`release`]; the file is not held.
pub fn release_file(context: &Context, named: &str) -> Result<Vec<HoldView>> {
    let held = find(context, named)?;
    let ids: Vec<Id> = held.sidecar.value.holds.iter().map(|hold| hold.id.clone()).collect();
    if ids.is_empty() {
        return Err(Error::usage(format!("{} is under no hold", held.path)));
    }
    ids.iter().map(|id| release(context, id.as_str())).collect()
}

/// All holds, oldest first, of the tenants that the actor may see; transfer files for engineers.
///
/// # Errors
/// The workspace cannot be read.
pub fn list(context: &Context) -> Result<(Vec<HoldView>, Vec<Problem>)> {
    let mut views = Vec::new();
    let problems = each(context, &mut |held| {
        let transfer = layout::is_transfer(&held.path.parent()) && !context.actor.engineer;
        if context.actor.may_see(&held.tenant) && !transfer {
            views.extend(held.sidecar.value.holds.iter().map(|hold| held.view(hold)));
        }
    })?;
    views.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    Ok((views, problems))
}

/// The stores of the workspace, each with its tenant and what its files are a matter of.
fn stores(context: &Context) -> Result<Vec<(RelPath, Store, Id, Matter)>> {
    let mut stores = Vec::new();
    for tenant in context.tenants()? {
        let domain = &tenant.domain;
        for id in context.workspace.case_ids(domain)?.0 {
            let case = CaseRef { tenant: domain.clone(), id };
            for store in Store::ALL {
                let dir = layout::store(&case, store);
                stores.push((dir, store, domain.clone(), Matter::case(&case)));
            }
        }
        for sar in context.workspace.approval_ids(domain)? {
            let dir = layout::approval_diagnostics(domain, &sar);
            let matter = Matter::access_request(&sar);
            stores.push((dir, Store::Diagnostics, domain.clone(), matter));
        }
    }
    Ok(stores)
}

/// Visits every registered file.
fn each(context: &Context, visit: &mut dyn FnMut(&Held)) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for (dir, store, tenant, matter) in stores(context)? {
        let (artefacts, more) = context.workspace.artefacts(&dir, store)?;
        problems.extend(more);
        for artefact in artefacts {
            if let Some(sidecar) = artefact.meta {
                visit(&Held {
                    path: artefact.path,
                    tenant: tenant.clone(),
                    matter: matter.clone(),
                    sidecar,
                });
            }
        }
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// The file that `named` means.
fn find(context: &Context, named: &str) -> Result<Held> {
    if named.starts_with("tenants/") {
        return at(context, &relative(named)?);
    }
    // A path below the workspace as a shell completes it.
    let root = context.workspace.root().display().to_string();
    if let Some(inside) = named.strip_prefix(&root) {
        return at(context, &relative(inside.trim_start_matches('/'))?);
    }
    let Some((case, name)) = named.rsplit_once('/') else {
        return Err(unknown(named));
    };
    let case = context.workspace.find_case(case)?;
    let mut dirs: Vec<RelPath> = Store::ALL.map(|store| layout::store(&case, store)).to_vec();
    for request in context.workspace.access_requests(&case)?.0 {
        let request = request.value;
        dirs.push(layout::approval_diagnostics(&request.resource_tenant, &request.id));
    }
    let there: Vec<RelPath> = dirs
        .into_iter()
        .map(|dir| dir.join(OsStr::new(name)))
        .filter(|path| context.workspace.fs().stat(path).is_ok())
        .collect();
    match there.as_slice() {
        [] => Err(unknown(named)),
        [one] => at(context, one),
        several => {
            let paths: Vec<String> = several.iter().map(RelPath::display).collect();
            Err(Error::Usage {
                message: format!("`{}` is ambiguous: {}", text::safe(named), paths.join(", ")),
                hint: Some("name the path".to_owned()),
            })
        }
    }
}

fn relative(named: &str) -> Result<RelPath> {
    RelPath::new(named).map_err(|error| Error::usage(error.to_string()))
}

/// The file at a path of a store. The path of a sidecar means its file.
fn at(context: &Context, path: &RelPath) -> Result<Held> {
    let path = match layout::sidecar_of(path.name()) {
        Some(file) => path.parent().join(file),
        None => path.clone(),
    };
    let parts: Vec<&str> = path.components().filter_map(OsStr::to_str).collect();
    let shown = path.display();
    let (tenant, matter) = match parts.as_slice() {
        ["tenants", tenant, "cases", case, store, _] if store.parse::<Store>().is_ok() => {
            let id = |word: &str| Id::new(word).map_err(|error| Error::usage(error.to_string()));
            let case = CaseRef { tenant: id(tenant)?, id: id(case)? };
            (case.tenant.clone(), Matter::case(&case))
        }
        ["tenants", tenant, "approvals", sar, "diagnostics", _] => {
            let id = |word: &str| Id::new(word).map_err(|error| Error::usage(error.to_string()));
            (id(tenant)?, Matter::access_request(&id(sar)?))
        }
        _ => return Err(unknown(&shown)),
    };
    if context.workspace.fs().stat(&path).is_err() {
        return Err(unknown(&shown));
    }
    match context.workspace.load::<Meta>(&layout::sidecar(&path))? {
        Some(sidecar) => Ok(Held { path, tenant, matter, sidecar }),
        None => Err(Error::Usage {
            message: format!("{} has no sidecar to write the hold into", text::safe(&shown)),
            hint: Some(
                "`caseward doctor` lists unregistered files; add it to its case first".to_owned(),
            ),
        }),
    }
}

fn unknown(named: &str) -> Error {
    Error::Usage {
        message: format!("there is no file `{}` that could be held", text::safe(named)),
        hint: Some(
            "name a file in records/, diagnostics/ or transfer/ by its path, or as CASE/NAME"
                .to_owned(),
        ),
    }
}
