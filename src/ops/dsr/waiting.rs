//! DEL-8: what of a plan waits for the release of a legal hold. It is part of the plan that was
//! approved, is left where it is while the hold stands, and goes when the plan is executed again.

use super::super::Context;
use crate::fs::RelPath;
use crate::model::{Meta, PlanItem, Request};
use crate::workspace::layout;
use std::collections::BTreeSet;

/// The paths of a plan that wait now: held files with their sidecars, and the record of an
/// engagement as long as anything in it is held.
pub(super) fn waiting(context: &Context, plan: &[PlanItem]) -> BTreeSet<String> {
    let mut waiting = BTreeSet::new();
    let mut engagements = BTreeSet::new();
    for item in plan {
        let Ok(path) = RelPath::new(&item.path) else { continue };
        let sidecar = layout::sidecar(&path);
        let meta = context.workspace.load::<Meta>(&sidecar).ok().flatten();
        if meta.is_some_and(|meta| !meta.value.holds.is_empty()) {
            waiting.insert(sidecar.display());
            waiting.insert(item.path.clone());
            engagements.insert(item.engagement.as_str());
        }
    }
    let record = |item: &&PlanItem| {
        item.path.ends_with("/case.toml") && engagements.contains(item.engagement.as_str())
    };
    waiting.extend(plan.iter().filter(record).map(|item| item.path.clone()));
    waiting
}

/// Whether an item is the sidecar of a file that was held when the plan was made: releasing the
/// hold changes it, so its planned hash says nothing.
pub(super) fn is_sidecar_of_held(request: &Request, item: &PlanItem) -> bool {
    let file = item.path.strip_suffix(layout::SIDECAR);
    let mut held = request.plan.iter().flat_map(|plan| &plan.held);
    file.is_some_and(|file| held.any(|held| held.path == file))
}
