//! Who tells a customer's story: hands out chance, writes files with their sidecars, keeps events.

use super::World;
use super::contents::Contents;
use super::dice::Dice;
use super::write::Writer;
use crate::error::{Error, Result};
use crate::fs::RelPath;
use crate::model::{Activity, AuditEvent, FORMAT, Id, Meta, Origin, Sha256, Tenant, Time};
use crate::ops::{EventDraft, Matter};
use crate::workspace::{layout, record};

#[derive(Debug)]
pub(super) struct Teller<'a, 'w> {
    pub(super) dice: &'a mut Dice,
    pub(super) world: &'a World<'w>,
    /// All tenants of the customer.
    pub(super) tenants: &'a [Tenant],
    pub(super) writer: &'a mut Writer<'w>,
    /// What goes into the audit logs, and whose.
    pub(super) events: &'a mut Vec<(Id, AuditEvent)>,
}

impl Teller<'_, '_> {
    /// Something that a person did.
    pub(super) fn by_user(
        &mut self,
        tenant: usize,
        activity: Activity,
        matter: &Matter,
        who: &str,
        at: Time,
        with: impl FnOnce(EventDraft) -> EventDraft,
    ) {
        let seed = self.dice.bits().to_le_bytes();
        let event = EventDraft::seeded(activity, matter, (who, "generated"), at, &seed);
        self.events.push((self.tenants[tenant].domain.clone(), with(event).build()));
    }

    /// Something that followed by itself.
    pub(super) fn by_app(&mut self, tenant: usize, activity: Activity, matter: &Matter, at: Time) {
        let event = EventDraft::by_app(activity, matter, at).build();
        self.events.push((self.tenants[tenant].domain.clone(), event));
    }

    /// A file and its sidecar, in a directory that is there.
    pub(super) fn artefact(
        &mut self,
        dir: &RelPath,
        contents: &Contents,
        meta: impl FnOnce(Meta) -> Meta,
    ) -> Result<()> {
        let path = dir.join(&contents.name);
        let plain = Meta {
            format: FORMAT,
            name: contents.name.clone(),
            size: contents.bytes.len() as u64,
            sha256: Sha256::of(&contents.bytes),
            at: self.world.now,
            by: String::new(),
            origin: Origin::Customer,
            categories: Vec::new(),
            collected_at: None,
            authorised_by: None,
            kind: None,
            internal: false,
            holds: Vec::new(),
            redactions: Vec::new(),
            x: None,
        };
        self.writer.file(&path, &contents.bytes)?;
        let sidecar = record::render(None, &meta(plain));
        self.writer.file(&layout::sidecar(&path), sidecar.as_bytes())
    }

    pub(super) fn id(&self, id: String) -> Result<Id> {
        Id::new(id).map_err(|error| Error::usage(error.to_string()))
    }
}
