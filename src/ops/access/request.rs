//! Making a request (SAR-3).

use super::owed::settle_case;
use crate::error::{Error, Result};
use crate::model::{AccessRequest, Activity, FORMAT, Id};
use crate::ops::{Context, Matter};
use crate::policy::access::{self as rules};
use crate::workspace::{Commit, layout};

/// Makes an access request (SAR-3).
///
/// # Errors
/// The resource tenant is unknown, or a rule says no.
pub fn request(
    context: &Context,
    named: &str,
    resource_tenant: &str,
    justification: &str,
) -> Result<AccessRequest> {
    context.require_writable()?;
    let case_ref = context.workspace.find_case(named)?;
    let context = &context.not_before(&[&case_ref.tenant])?;
    settle_case(context, &case_ref)?;
    let loaded = context.workspace.case(&case_ref)?;
    let case = &loaded.value;
    let resource = Id::new(resource_tenant).map_err(|error| Error::usage(error.to_string()))?;
    let resource = context.workspace.tenant(&resource)?.value.domain;
    rules::may_request(&context.actor, case, &case_ref.tenant, &resource, justification).map_err(
        |refusal| {
            let matter = Matter::case(&case_ref);
            context.refused(refusal, &case_ref.tenant, Activity::RequestCreated, &matter)
        },
    )?;
    let id = fresh_id("SAR")?;
    let request = AccessRequest {
        format: FORMAT,
        revision: 1,
        id: id.clone(),
        case: case.id.clone(),
        request_tenant: case_ref.tenant.clone(),
        resource_tenant: resource,
        justification: justification.trim().to_owned(),
        created_at: context.now,
        created_by: context.actor.principal.clone(),
        after_closings: case.closures.len(),
        request_slot: None,
        outcome: None,
        x: None,
    };
    let mut commit = Commit::new();
    commit.rely_on(&loaded);
    commit.create(layout::access_request(&case_ref, &id), &request);
    let event = context.automatic_event(Activity::RequestCreated, &Matter::access_request(&id));
    commit.audit(&case_ref.tenant, event);
    context.commit(commit)?;
    Ok(request)
}

/// A prefix and eight characters of Crockford's alphabet: 40 random bits.
pub(in crate::ops) fn fresh_id(prefix: &str) -> Result<Id> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
    let letters: String =
        random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    Id::new(format!("{prefix}-{letters}")).map_err(|error| Error::usage(error.to_string()))
}
