//! The life of one case: opened, answered, worked on, perhaps closed, as the rules would have it.

use super::access;
use super::contents::{self, PRODUCTS, TITLES};
use super::teller::Teller;
use crate::error::Result;
use crate::model::{
    Activity, Answer, AuthorisedBy, Case, CaseStatus, Closure, ConsentEntry, Contact,
    ContactMethod, DiagnosticKind, FORMAT, Origin, Portal, RecordKind, Restriction, Severity,
    Store, Time, TransferLink,
};
use crate::ops::Matter;
use crate::policy::diagnostics;
use crate::workspace::{CaseRef, layout, record};
use chrono::Duration;

/// Writes a case of the tenant `home`; `number` is its own in the whole workspace.
pub(super) fn write(teller: &mut Teller<'_, '_>, home: usize, number: u64) -> Result<()> {
    let case = live(teller, home, number)?;
    let of = CaseRef { tenant: teller.tenants[home].domain.clone(), id: case.id.clone() };
    teller.writer.dir(&layout::case_dir(&of))?;
    teller.writer.file(&layout::case(&of), record::render(None, &case).as_bytes())?;
    teller.writer.written.cases += 1;
    teller.writer.written.open_cases += u64::from(case.status == CaseStatus::Open);
    tell(teller, home, &of, &case);
    records(teller, &of, &case)?;
    diagnostics(teller, home, &of, &case)?;
    transfer(teller, home, &of, &case)?;
    if teller.tenants.len() > 1 && teller.dice.chance(25) {
        access::write(teller, home, &of, &case)?;
    }
    Ok(())
}

/// `case.toml`: when it was opened and closed, and what was answered.
fn live(teller: &mut Teller<'_, '_>, home: usize, number: u64) -> Result<Case> {
    let now = teller.world.now;
    let tenant = &teller.tenants[home];
    let dice = &mut *teller.dice;
    let is_open = dice.chance(12);
    let opened_at = now - dice.within(Duration::days(if is_open { 60 } else { 1_100 }));
    let length = Duration::minutes(i64::from(
        u32::try_from(dice.heavy_count(180, 0.9, 150_000)).unwrap_or(0),
    ));
    // Half a second before now is still before now: a closed case was closed in the past.
    let closed_at =
        (!is_open).then(|| (opened_at + length).min(now - Duration::seconds(1)).max(opened_at));
    let contact = dice.pick(&tenant.principals);
    let portal = *dice.pick(&[
        Portal::Azure,
        Portal::EntraAdmin,
        Portal::M365Admin,
        Portal::M365Admin,
        Portal::Other,
    ]);
    let severity = match dice.below(20) {
        0 => Severity::HighestCriticalImpact,
        1..=3 => Severity::Critical,
        4..=9 => Severity::Moderate,
        _ => Severity::Minimal,
    };
    let said = |answer, at| ConsentEntry {
        answer,
        at,
        by: contact.upn.clone(),
        kind: ConsentEntry::ADVANCED.to_owned(),
    };
    let first = if dice.chance(78) { Answer::Yes } else { Answer::No };
    let mut consent = vec![said(first, opened_at)];
    let until = closed_at.unwrap_or(now);
    if dice.chance(12) {
        let later = opened_at + dice.within(until - opened_at);
        consent.push(said(if first == Answer::Yes { Answer::Revoked } else { Answer::Yes }, later));
    }
    let mut closures = Vec::new();
    if let Some(closed) = closed_at.filter(|_| dice.chance(3)) {
        let before = opened_at + (closed - opened_at) / 3;
        closures.push(Closure {
            closed_at: before,
            reopened_at: before + (closed - opened_at) / 3,
            reopened_by: contact.upn.clone(),
            customer_permission: None,
            answers: Some(consent.iter().filter(|entry| entry.at < before).count()),
        });
    }
    let assigned = closed_at.is_some() || dice.chance(90);
    let by_phone = dice.chance(20);
    let link_issued_at = opened_at + dice.within(until - opened_at);
    Ok(Case {
        format: FORMAT,
        revision: 1,
        id: teller.id(format!("{}{number:010}", opened_at.format("%y%m%d")))?,
        title: (*teller.dice.pick(TITLES)).to_owned(),
        description: format!("{} reports it since {}.", contact.name, opened_at.date_naive()),
        status: if closed_at.is_some() { CaseStatus::Closed } else { CaseStatus::Open },
        severity,
        product: (*teller.dice.pick(PRODUCTS)).to_owned(),
        portal,
        opened_at,
        opened_by: contact.upn.clone(),
        closed_at,
        assigned_to: assigned.then(|| teller.dice.pick(teller.world.engineers).principal.clone()),
        engineers: Vec::new(),
        contacts: vec![Contact {
            upn: contact.upn.clone(),
            name: contact.name.clone(),
            method: if by_phone { ContactMethod::Phone } else { ContactMethod::Email },
            phone: by_phone.then(|| format!("+49 30 {:07}", teller.dice.below(10_000_000))),
            country: "DEU".to_owned(),
            language: "en".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        }],
        consent,
        closures,
        sla: None,
        restriction: closed_at.filter(|_| teller.dice.chance(1)).map(|at| Restriction {
            no_reopen: true,
            at,
            by: contact.upn.clone(),
            note: None,
        }),
        transfer: teller.dice.chance(15).then(|| TransferLink {
            link_issued_at,
            accounts: vec![contact.upn.clone()],
            region: Some("EU".to_owned()),
        }),
        x: None,
    })
}

/// What the audit log says of it.
fn tell(teller: &mut Teller<'_, '_>, home: usize, of: &CaseRef, case: &Case) {
    let matter = Matter::case(of);
    let by = &case.opened_by;
    teller.by_user(home, Activity::CaseOpened, &matter, by, case.opened_at, |event| {
        event.detail("severity", case.severity).detail("portal", case.portal)
    });
    for entry in &case.consent {
        let activity = match entry.answer {
            Answer::Yes => Activity::ConsentGranted,
            Answer::No => Activity::ConsentDeclined,
            Answer::Revoked => Activity::ConsentRevoked,
        };
        teller.by_user(home, activity, &matter, &entry.by, entry.at, |event| event);
    }
    let Some(engineer) = &case.assigned_to else { return };
    teller.by_user(home, Activity::CaseAssigned, &matter, engineer, case.opened_at, |event| {
        event.change("engineer", "", engineer)
    });
    for closure in &case.closures {
        teller.by_user(home, Activity::CaseClosed, &matter, engineer, closure.closed_at, |event| {
            event.change("status", "open", "closed")
        });
        let by = &closure.reopened_by;
        teller.by_user(home, Activity::CaseReopened, &matter, by, closure.reopened_at, |event| {
            event.change("status", "closed", "open")
        });
    }
    if let Some(closed) = case.closed_at {
        teller.by_user(home, Activity::CaseClosed, &matter, engineer, closed, |event| {
            event.change("status", "open", "closed")
        });
    }
    if let Some(restriction) = &case.restriction {
        let (by, at) = (&restriction.by, restriction.at);
        teller.by_user(home, Activity::CaseRestricted, &matter, by, at, |event| event);
    }
    if let Some(link) = &case.transfer {
        let at = link.link_issued_at;
        teller.by_user(home, Activity::TransferLinkIssued, &matter, engineer, at, |event| event);
    }
}

/// One to some dozens of notes, chats, mails and calls.
fn records(teller: &mut Teller<'_, '_>, of: &CaseRef, case: &Case) -> Result<()> {
    let Some(engineer) = &case.assigned_to else { return Ok(()) };
    let dir = layout::store(of, Store::Records);
    teller.writer.dir(&dir)?;
    let until = case.closed_at.unwrap_or(teller.world.now);
    let home = teller.tenants.iter().position(|tenant| tenant.domain == of.tenant).unwrap_or(0);
    for number in 1..=teller.dice.heavy_count(1, 0.6, 60) {
        let kind = *teller.dice.pick(&RecordKind::ALL);
        let at = case.opened_at + teller.dice.within(until - case.opened_at);
        let people = &teller.tenants[home].principals;
        let contents = contents::record(teller.dice, kind, number, people, at);
        let internal = kind == RecordKind::Note && teller.dice.chance(10);
        teller.artefact(&dir, &contents, |mut meta| {
            meta.at = at;
            meta.by.clone_from(engineer);
            meta.kind = Some(kind.to_string());
            meta.internal = internal;
            meta
        })?;
    }
    Ok(())
}

/// Diagnostics of the last 28 days: older ones are gone, but for a few that are due.
fn diagnostics(teller: &mut Teller<'_, '_>, home: usize, of: &CaseRef, case: &Case) -> Result<()> {
    let Some(engineer) = &case.assigned_to else { return Ok(()) };
    let now = teller.world.now;
    let until = case.closed_at.unwrap_or(now);
    // An overdue file is what a sweep is for; most workspaces have some.
    let days = if teller.dice.chance(4) { 33 } else { 27 };
    let from = case.opened_at.max(now - Duration::days(days));
    if from >= until {
        return Ok(());
    }
    let dir = layout::store(of, Store::Diagnostics);
    teller.writer.dir(&dir)?;
    for number in 1..=teller.dice.heavy_count(1, 0.7, 80) {
        let at = from + teller.dice.within(until - from);
        let consented = consented(case, at);
        let kinds = DiagnosticKind::ALL.iter().copied().filter(|&kind| {
            kind != DiagnosticKind::MemoryDump
                && kind != DiagnosticKind::VmConsoleScreenshot
                && (consented || diagnostics::is_basic(kind))
        });
        let kinds: Vec<DiagnosticKind> = kinds.collect();
        let kind = *teller.dice.pick(&kinds);
        let people = &teller.tenants[home].principals;
        let contents =
            contents::diagnostic(teller.dice, kind, number, people, at - Duration::days(1));
        let categories = contents::categories(teller.dice, kind);
        let words: Vec<&str> = categories.iter().map(|category| category.as_str()).collect();
        let words = words.join(",");
        teller.artefact(&dir, &contents, |mut meta| {
            meta.at = at;
            meta.by.clone_from(engineer);
            meta.origin = Origin::Collected;
            meta.kind = Some(kind.to_string());
            meta.collected_at = Some(at);
            let basic = diagnostics::is_basic(kind);
            meta.authorised_by =
                Some(if basic { AuthorisedBy::Basic } else { AuthorisedBy::Consent });
            meta.categories = categories;
            meta
        })?;
        let matter = Matter::diagnostic(of);
        teller.by_user(home, Activity::DiagnosticAttached, &matter, engineer, at, |event| {
            event.detail("categories", words)
        });
    }
    Ok(())
}

/// Whether the newest answer before a moment was Yes, and not older than the shortest window.
fn consented(case: &Case, at: Time) -> bool {
    let newest = case.consent.iter().rev().find(|entry| entry.at <= at);
    let closed_between = |since: Time| case.closings().any(|closed| closed > since && closed <= at);
    newest.is_some_and(|entry| {
        entry.answer == Answer::Yes
            && at < entry.at + Duration::days(30)
            && !closed_between(entry.at)
    })
}

/// The customer's files, while their clock runs.
fn transfer(teller: &mut Teller<'_, '_>, home: usize, of: &CaseRef, case: &Case) -> Result<()> {
    let Some(link) = &case.transfer else { return Ok(()) };
    let now = teller.world.now;
    let days = if teller.dice.chance(4) { 95 } else { 89 };
    if case.closed_at.is_some_and(|closed| closed < now - Duration::days(days)) {
        return Ok(());
    }
    let Some(account) = link.accounts.first() else { return Ok(()) };
    let until = case.closed_at.unwrap_or(now);
    let dir = layout::store(of, Store::Transfer);
    teller.writer.dir(&dir)?;
    for number in 1..=teller.dice.heavy_count(1, 0.6, 40) {
        let at = link.link_issued_at + teller.dice.within(until - link.link_issued_at);
        let contents = contents::transfer(teller.dice, number);
        teller.artefact(&dir, &contents, |mut meta| {
            meta.at = at;
            meta.by.clone_from(account);
            meta
        })?;
        let matter = Matter::case(of);
        teller.by_user(home, Activity::TransferAdded, &matter, account, at, |event| event);
    }
    Ok(())
}
