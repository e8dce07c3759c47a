//! The report as headed rows of text, the same for every rendering.

use super::{Basis, Item, Report, Status};
use chrono::{DateTime, Utc};

/// A section: a heading and what stands under it.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) body: Body,
}

/// What stands under a heading.
pub(super) enum Body {
    /// Label and value.
    Facts(Vec<(&'static str, String)>),
    Table {
        heads: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
    List(Vec<String>),
}

pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn maybe(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(dash, time)
}

fn dash() -> String {
    "\u{2013}".to_owned()
}

fn listed(words: &[String]) -> String {
    if words.is_empty() { dash() } else { words.join(", ") }
}

/// The line that stands first.
pub(super) fn first_line(report: &Report) -> String {
    match (&report.signature, report.status) {
        (Some(signed), Status::Signed) => {
            let by = signed.principal.as_deref().unwrap_or("a key that is not listed");
            format!("SIGNED by {by} ({})", signed.key)
        }
        _ => "UNSIGNED: nobody has put a signature to this report".to_owned(),
    }
}

/// The line that sums up.
pub(super) fn verdict_line(report: &Report) -> String {
    let totals = report.totals;
    let state = if totals.complete { "Complete" } else { "Partial" };
    format!(
        "{state}: of {} items {} deleted, {} redacted, {} already absent, {} retained, {} failed, \
         {} unknown.",
        totals.items,
        totals.deleted,
        totals.redacted,
        totals.already_absent,
        totals.retained,
        totals.failed,
        totals.unknown
    )
}

/// Every section, in order. Empty tables are kept: that there was nothing is a statement too.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let content = &report.content;
    let mut sections = Vec::new();
    let mut add = |title, body| sections.push(Section { title, body });
    let mut notices = content.notices.clone();
    notices.extend(report.signature.as_ref().and_then(|signed| signed.warning.clone()));
    if !notices.is_empty() {
        add("Notices", Body::List(notices));
    }
    add("Report", Body::Facts(report_facts(report)));
    add("Approvals", approvals(report));
    if let Some(facts) = request_facts(report) {
        add("Request", Body::Facts(facts));
    }
    if !content.portal_schedules.is_empty() {
        add("The portal's own records", portal_schedules(report));
    }
    add("Identifiers", identifiers(report));
    add("Scope", Body::Facts(scope_facts(report)));
    add("Searched", stores(&content.scope.searched));
    add("Not searched", stores(&content.scope.not_searched));
    let problems = content.scope.problems.iter();
    let rows = problems.map(|problem| vec![problem.path.clone(), problem.why.clone()]).collect();
    add("Problems", Body::Table { heads: vec!["path", "why"], rows });
    add("Items", items(&content.items));
    let rows = content.retained.iter().map(|kept| {
        let until = kept.until.map_or_else(dash, |until| until.to_string());
        vec![kept.path.clone(), kept.ground.clone(), until]
    });
    add("Retained", Body::Table { heads: vec!["path", "ground", "until"], rows: rows.collect() });
    add("Log", Body::Facts(log_facts(report)));
    add("Transactions", transactions(report));
    add("What is attested", Body::List(report.attested.clone()));
    add("What is not attested", Body::List(report.not_attested.clone()));
    sections
}

fn report_facts(report: &Report) -> Vec<(&'static str, String)> {
    let content = &report.content;
    let issuer = &content.issuer;
    vec![
        ("report", content.id.clone()),
        ("schema", report.schema.clone()),
        ("issued", time(content.issued_at)),
        ("issuer", issuer.organisation.clone()),
        ("person", format!("{} ({}), {}", issuer.person, issuer.principal, issuer.role)),
        ("contact", issuer.contact.clone()),
        ("customer (controller)", content.customer.name.clone()),
        ("tenants", listed(&content.customer.tenants)),
        ("processor", content.processor.clone()),
        ("engagements", listed(&content.engagements)),
        ("workspace", format!("{}, region {}", content.workspace, content.region)),
        ("written by", format!("{} {}", content.tool.name, content.tool.version)),
    ]
}

fn approvals(report: &Report) -> Body {
    let rows = report.content.approvals.iter().map(|approval| {
        let basis = match approval.basis {
            Basis::Declared => "declared",
            Basis::Signed => "signed",
        };
        vec![approval.what.clone(), approval.by.clone(), time(approval.at), basis.to_owned()]
    });
    Body::Table { heads: vec!["what", "by", "at", "known by"], rows: rows.collect() }
}

fn request_facts(report: &Report) -> Option<Vec<(&'static str, String)>> {
    let request = report.content.request.as_ref()?;
    Some(vec![
        ("request", request.id.clone()),
        ("type", request.kind.clone()),
        ("manner", request.manner.clone()),
        ("regulation", request.regulation.clone()),
        ("received", time(request.received_at)),
        ("answered", maybe(request.answered_at)),
        ("basis", request.basis.clone()),
        ("basis of denial", request.denial_basis.clone().unwrap_or_else(dash)),
        ("choice", request.choice.clone()),
        ("copies", sentences(&request.copies)),
        ("kept by law", sentences(&request.legal_storage)),
    ])
}

fn sentences(lines: &[String]) -> String {
    if lines.is_empty() { dash() } else { lines.join(" ") }
}

fn portal_schedules(report: &Report) -> Body {
    let schedules = report.content.portal_schedules.iter();
    let rows = schedules
        .map(|one| vec![one.engagement.clone(), one.expected_on.to_string(), one.warning.clone()])
        .collect();
    Body::Table { heads: vec!["engagement", "expected on", "before that"], rows }
}

fn identifiers(report: &Report) -> Body {
    let identifiers = report.content.identifiers.iter();
    let rows = identifiers
        .map(|one| vec![one.kind.clone(), one.mask.clone(), one.commitment.clone()])
        .collect();
    Body::Table { heads: vec!["type", "masked", "commitment"], rows }
}

fn scope_facts(report: &Report) -> Vec<(&'static str, String)> {
    let scope = &report.content.scope;
    let transfer = scope.transfer_request.clone();
    vec![
        ("option", scope.option.clone().unwrap_or_else(dash)),
        ("tenants", listed(&scope.tenants)),
        ("transfer request", transfer.unwrap_or_else(dash)),
    ]
}

fn stores(stores: &[super::Store]) -> Body {
    let rows = stores.iter().map(|store| {
        let why = store.why.clone().unwrap_or_else(dash);
        let count = |count: Option<u64>| count.map_or_else(dash, |count| count.to_string());
        vec![store.store.clone(), count(store.files), count(store.bytes), why]
    });
    Body::Table { heads: vec!["store", "files", "bytes", "why"], rows: rows.collect() }
}

fn items(items: &[Item]) -> Body {
    let rows = items.iter().map(|item| {
        let hash = |hash: Option<crate::attest::Sha256>| hash.map_or_else(dash, |h| h.to_string());
        let mut verdict = item.verdict.words().to_owned();
        if item.hash_mismatch {
            verdict += "; differs from its hash at attach";
        }
        if let Some(reason) = &item.reason {
            verdict += &format!("; {reason}");
        }
        vec![
            item.path.clone(),
            verdict,
            listed(&item.categories),
            item.origin.clone(),
            item.size.to_string(),
            hash(item.sha256_at_attach),
            hash(item.sha256_before_removal),
            hash(item.sha256_after),
            maybe(item.collected_at),
            maybe(item.attached_at),
            maybe(item.removed_at),
            item.verification.clone(),
        ]
    });
    let heads = vec![
        "path",
        "verdict",
        "categories",
        "origin",
        "bytes",
        "SHA-256 at attach",
        "SHA-256 before removal",
        "SHA-256 after redaction",
        "collected",
        "attached",
        "removed",
        "verification",
    ];
    Body::Table { heads, rows: rows.collect() }
}

fn log_facts(report: &Report) -> Vec<(&'static str, String)> {
    let log = &report.log;
    vec![
        ("origin", log.origin.clone()),
        ("size", crate::text::entries(log.size)),
        ("root", log.root.to_string()),
        ("verifier key", log.vkey.clone()),
        ("signature", first_line(report)),
    ]
}

fn transactions(report: &Report) -> Body {
    let rows = report.log.transactions.iter().map(|one| {
        let mut warnings = one.warnings.clone();
        if one.opening_destroyed {
            warnings.push("the opening was destroyed".to_owned());
        }
        vec![
            one.tx.to_string(),
            one.why.clone(),
            format!("{}, {}", one.begin, one.end),
            one.files.to_string(),
            time(one.began_at),
            time(one.ended_at),
            listed(&warnings),
        ]
    });
    let heads = vec!["transaction", "why", "entries", "files", "began", "ended", "warnings"];
    Body::Table { heads, rows: rows.collect() }
}
