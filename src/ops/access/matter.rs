//! A request with its approval and its case, as loaded.

use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{AccessRequest, Approval, Case, Id, Slot};
use crate::ops::Context;
use crate::ops::signing;
use crate::policy::access::{self as rules, SarStatus, Side};
use crate::workspace::index::Engagement;
use crate::workspace::{CaseRef, Loaded, Problem};

/// A request with its approval and its case, as loaded.
#[derive(Debug, Clone)]
pub struct LoadedMatter {
    pub request: Loaded<AccessRequest>,
    pub approval: Option<Loaded<Approval>>,
    /// `None` when the engagement was expunged.
    pub case: Option<Loaded<Case>>,
}

impl LoadedMatter {
    /// As the rules look at it.
    #[must_use]
    pub fn as_matter(&self) -> rules::Matter<'_> {
        rules::Matter {
            request: &self.request.value,
            approval: self.approval.as_ref().map(|approval| &approval.value),
            case: self.case.as_ref().map(|case| &case.value),
        }
    }

    #[must_use]
    pub fn status(&self, context: &Context) -> SarStatus {
        self.as_matter().status(&context.workspace.config().policy, context.now)
    }
}

/// The access requests of a case, oldest first.
pub(in crate::ops) fn matters(
    context: &Context,
    case_ref: &CaseRef,
    case: Option<&Loaded<Case>>,
) -> Result<(Vec<LoadedMatter>, Vec<Problem>)> {
    let (requests, mut problems) = context.workspace.access_requests(case_ref)?;
    let mut matters = Vec::new();
    for request in requests {
        let resource = &request.value.resource_tenant;
        match context.workspace.approval(resource, &request.value.id) {
            Ok(approval) => {
                let matter = LoadedMatter { request, approval, case: case.cloned() };
                matters.push(only_signed(context, matter)?);
            }
            // Without its approval the state of a request is unknown: better none than a wrong one.
            Err(Error::Invalid(invalid)) => problems.push(invalid.into()),
            Err(error) => return Err(error),
        }
    }
    Ok((matters, problems))
}

/// The access requests of an engagement that was surveyed: to look at, not to write. Without the
/// text it was read from a record cannot be the base of a change.
pub(in crate::ops) fn matters_of(
    context: &Context,
    engagement: &Engagement,
) -> Result<Vec<LoadedMatter>> {
    fn seen<T: Clone>(value: &T) -> Loaded<T> {
        Loaded { value: value.clone(), path: RelPath::root(), text: String::new() }
    }
    if engagement.access.is_empty() {
        return Ok(Vec::new());
    }
    let case = engagement.case.as_ref().map(seen);
    let matter = |(request, approval): &(AccessRequest, Option<Approval>)| LoadedMatter {
        request: seen(request),
        approval: approval.as_ref().map(seen),
        case: case.clone(),
    };
    engagement.access.iter().map(|both| only_signed(context, matter(both))).collect()
}

/// Where the workspace requires signed decisions, a slot without a signature that stands for it is
/// as good as empty. The text that the records were read from stays, so a change is still based on
/// what the files say.
fn only_signed(context: &Context, mut matter: LoadedMatter) -> Result<LoadedMatter> {
    if !context.workspace.config().policy.require_signed_decisions {
        return Ok(matter);
    }
    let request = matter.request.value.clone();
    let stands = |slot: &Slot| {
        let sides: [&[Side]; 3] =
            [&[Side::Request], &[Side::Resource], &[Side::Request, Side::Resource]];
        let statements = sides.map(|sides| {
            signing::access_statement(context, &request, sides, slot.decision, &slot.by)
        });
        signing::stands(context, &statements, slot.signature.as_deref(), &slot.by, slot.at)
    };
    if let Some(slot) = &matter.request.value.request_slot
        && !stands(slot)?
    {
        matter.request.value.request_slot = None;
    }
    if let Some(approval) = &mut matter.approval
        && let Some(slot) = &approval.value.resource_slot
        && !stands(slot)?
    {
        approval.value.resource_slot = None;
    }
    Ok(matter)
}

pub(in crate::ops) fn find(context: &Context, sar: &str) -> Result<(CaseRef, LoadedMatter)> {
    let id = Id::new(sar).map_err(|error| Error::usage(error.to_string()))?;
    let (case_ref, request) = context.workspace.find_access_request(&id)?;
    let approval = context.workspace.approval(&request.value.resource_tenant, &request.value.id)?;
    let case = context.workspace.case(&case_ref).ok();
    let matter = only_signed(context, LoadedMatter { request, approval, case })?;
    Ok((case_ref, matter))
}
