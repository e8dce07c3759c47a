//! Reading a tenant's audit log.

use super::{Context, Matter};
use crate::error::{Error, Result};
use crate::model::{Activity, AuditCategory, AuditEvent, Id};
use crate::policy::audit as rules;
use crate::workspace::Problem;

/// A tenant's events, oldest first.
#[derive(Debug, Clone)]
pub struct Log {
    pub tenant: Id,
    pub events: Vec<AuditEvent>,
    /// AUD-8: how many of them the directory itself keeps no longer: in its free edition, and in
    /// P1 and P2.
    pub gone_at_source: (usize, usize),
    pub problems: Vec<Problem>,
}

impl Log {
    /// AUD-8: what whoever exports the log has to know, if there is something.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let (free, premium) = self.gone_at_source;
        (free > 0).then(|| {
            format!(
                "the directory keeps its own log for {} days (Free) or {} days (P1, P2): of the {} \
                 events here {free} are older than the one and {premium} than the other, and exist \
                 nowhere else [AUD-8]",
                rules::SOURCE_DAYS_FREE,
                rules::SOURCE_DAYS_PREMIUM,
                self.events.len(),
            )
        })
    }
}

/// The log of a tenant. A refusal is logged there: who tries to read it is the tenant's business.
///
/// # Errors
/// The tenant is unknown, or the actor may not read its log (AUD-7).
pub fn show(context: &Context, tenant: &str, category: Option<AuditCategory>) -> Result<Log> {
    let id = Id::new(tenant).map_err(|error| Error::usage(error.to_string()))?;
    let tenant = context.workspace.tenant(&id)?.value.domain;
    rules::may_read(&context.actor, &tenant).map_err(|refusal| {
        context.refused(refusal, &tenant, Activity::RecordViewed, &Matter::audit_log(&tenant))
    })?;
    let (mut events, problems) = context.workspace.audit(&tenant)?;
    events.retain(|event| category.is_none_or(|wanted| event.category == wanted));
    let gone = events
        .iter()
        .map(|event| rules::gone_at_source(event.activity_date_time, context.now))
        .fold((0, 0), |(free, premium), (f, p)| (free + usize::from(f), premium + usize::from(p)));
    Ok(Log { tenant, events, gone_at_source: gone, problems })
}
