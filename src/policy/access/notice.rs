//! SAR-18: what an administrator is told of a request, to be sent by whatever means.

use crate::model::AccessRequest;

/// The notice of a request that awaits a decision. It names what was asked and where to look, and
/// nothing that could be followed: no link, and no words of the requester's, which could hold one.
#[must_use]
pub fn notice(request: &AccessRequest) -> String {
    format!(
        "Support request {case} of {from}: access to {to} is asked for.\n\
         \n\
         Request {id} was made on {day} (UTC). Access would be read-only, and end when the support\n\
         request is closed. Administrators of both tenants decide.\n\
         \n\
         To read why it is asked for and to decide, sign in the way you always do and open the\n\
         support access requests, or run:\n\
         \n\
         \x20   caseward access show {id}\n\
         \x20   caseward access approve {id}\n\
         \n\
         This message holds no link. A message about this request that holds one is not ours.\n",
        case = request.case,
        from = request.request_tenant,
        to = request.resource_tenant,
        id = request.id,
        day = request.created_at.format("%Y-%m-%d at %H:%M"),
    )
}
