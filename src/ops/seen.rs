//! What somebody saw of a record before deciding: held against the record when the decision comes.
//!
//! An operation reads what it changes at the moment of the change, so nothing is lost between the
//! two. Between the look and the decision there may be minutes; what another wrote in them is said
//! first, both versions of it, and the decision is taken again.

use super::Context;
use crate::error::Result;
use crate::fs::RelPath;
use crate::model::Id;
use crate::workspace::CaseRef;

/// The record that a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Case(CaseRef),
    /// A data subject request, by its id.
    Request(Id),
}

/// A record as it was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    pub about: About,
    path: RelPath,
    text: String,
    /// Tenant and id, as its audit log names them.
    matter: (Id, String),
}

impl Seen {
    /// The record as it is now.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn now(context: &Context, about: &About) -> Result<Self> {
        let workspace = &context.workspace;
        let (path, text, matter) = match about {
            About::Case(case) => {
                let loaded = workspace.case(case)?;
                (loaded.path, loaded.text, (case.tenant.clone(), case.id.to_string()))
            }
            About::Request(id) => {
                let dsr = super::dsr::find(context, id.as_str())?;
                let loaded = workspace.dsr(&dsr)?;
                (loaded.path, loaded.text, (dsr.tenant, id.to_string()))
            }
        };
        Ok(Self { about: about.clone(), path, text, matter })
    }

    /// Refuses a decision on a record that somebody wrote since it was seen.
    ///
    /// # Errors
    /// A conflict that names what was, what is, and who wrote; or the record cannot be read.
    pub fn still(&self, context: &Context) -> Result<()> {
        let same = context.workspace.still(&self.path, &self.text);
        same.map_err(|error| context.with_who(error, std::slice::from_ref(&self.matter)))
    }
}
