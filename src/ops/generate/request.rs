//! Data subject requests as they come in: received or referred. Answers come from real work.

use super::teller::Teller;
use crate::error::{Error, Result};
use crate::model::{
    Activity, DecisionKind, DsrDecision, DsrType, FORMAT, GivenIdentifier, Id, IdentifierType,
    Regulation, Request, RequestOption, Requester, Sha256,
};
use crate::ops::Matter;
use crate::policy::{clock, referral as rules};
use crate::workspace::{DsrRef, layout, record};
use chrono::{Datelike, Duration};

/// Writes the request of that number for a tenant.
pub(super) fn write(teller: &mut Teller<'_, '_>, home: usize, number: u64) -> Result<()> {
    let tenant = &teller.tenants[home];
    let received_at = teller.world.now - teller.dice.within(Duration::days(25));
    let id = format!("DSR-{}-{:04}", received_at.year(), number + 1);
    let id = Id::new(id).map_err(|error| Error::usage(error.to_string()))?;
    let dsr = DsrRef { tenant: tenant.domain.clone(), id };
    let requester = match teller.dice.below(10) {
        0 => Requester::Contact,
        1 | 2 => Requester::EndUser,
        3 => Requester::Consulting,
        _ => Requester::Customer,
    };
    let regulation = if teller.dice.chance(80) { Regulation::Gdpr } else { Regulation::Ccpa };
    let kind =
        *teller.dice.pick(&[DsrType::Delete, DsrType::Delete, DsrType::Access, DsrType::Export]);
    let (route, state) = rules::route(requester, 2);
    let person = teller.dice.pick(&tenant.principals);
    let engineer = &teller.dice.pick(teller.world.engineers).principal;
    let identifier = |kind, value: &str, salt: u64| GivenIdentifier {
        salt: Some(Sha256::of(&salt.to_le_bytes())),
        ..GivenIdentifier::new(kind, value)
    };
    let salts = [teller.dice.bits(), teller.dice.bits()];
    let request = Request {
        format: FORMAT,
        revision: 1,
        id: dsr.id.clone(),
        kind,
        regulation,
        requester,
        route,
        option: RequestOption::A,
        cases: Vec::new(),
        channel: Some(rules::usual_channel(requester)),
        received_at,
        confirmed_at: None,
        due_on: clock::due_on(regulation, received_at),
        extended_to: None,
        state,
        extension: None,
        answer: None,
        open_dsr: None,
        links: Vec::new(),
        corrections: Vec::new(),
        discovery: None,
        plan: None,
        identifiers: vec![
            identifier(IdentifierType::Email, &person.upn, salts[0]),
            identifier(IdentifierType::Name, &person.name, salts[1]),
        ],
        decisions: vec![DsrDecision {
            what: DecisionKind::Received,
            at: received_at,
            by: engineer.clone(),
            os_user: "generated".to_owned(),
            item: None,
            digest: None,
            reason: None,
            signature: None,
        }],
        executions: Vec::new(),
        x: None,
    };
    teller.writer.dir(&layout::dsrs(&tenant.domain))?;
    teller.writer.dir(&layout::dsr_dir(&dsr))?;
    teller.writer.file(&layout::dsr(&dsr), record::render(None, &request).as_bytes())?;
    teller.writer.written.data_subject_requests += 1;
    let matter = Matter::dsr(&dsr.id);
    teller.by_user(home, Activity::DsrReceived, &matter, engineer, received_at, |event| {
        event.detail("type", kind).detail("regulation", regulation).detail("route", route)
    });
    Ok(())
}
