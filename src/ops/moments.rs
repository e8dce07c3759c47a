//! The moments that count in tenants, each asked for once: for lists, which go over many of them.

use super::Context;
use crate::error::Result;
use crate::model::{Id, Time};
use crate::workspace::index::Neighbours;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The moments that count, as of when each was first asked for.
#[derive(Debug)]
pub(super) struct Moments<'a> {
    context: &'a Context,
    known: Mutex<HashMap<Id, Time>>,
}

impl<'a> Moments<'a> {
    pub(super) fn of(context: &'a Context) -> Self {
        Self { context, known: Mutex::default() }
    }

    /// As [`Context::moment_in`].
    ///
    /// # Errors
    /// The tenant's log cannot be read.
    pub(super) fn in_tenant(&self, tenant: &Id) -> Result<Time> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = known().get(tenant) {
            return Ok(*moment);
        }
        let moment = self.context.moment_in(tenant)?;
        known().insert(tenant.clone(), moment);
        Ok(moment)
    }

    /// Takes over what `others` know of a tenant, so that nothing is read there.
    pub(super) fn learn(&self, tenant: &Id, others: &Neighbours<'_>) {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains_key(tenant) {
            return;
        }
        if let Some(latest) = others.latest(tenant) {
            self.after(tenant, latest);
        }
    }

    /// The moment in a tenant whose log was looked at already and speaks of `latest` last.
    pub(super) fn after(&self, tenant: &Id, latest: Option<Time>) -> Time {
        let moment = latest.map_or(self.context.now, |latest| latest.max(self.context.now));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(tenant.clone()).or_insert(moment)
    }
}
