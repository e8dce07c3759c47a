//! Categories that a diagnostic probably needs (DIAG-2, DIAG-4): suggestions, never decisions.

use crate::model::{Category, DiagnosticKind};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use Category::{AccountData, Euii, Eupi, Oii, SupportData, SystemMetadata};

/// Words in the name of a file, the kind that such files are, and what they usually hold. The first
/// that fits counts.
const NAMES: &[(&str, DiagnosticKind, &[Category])] = &[
    ("sign", DiagnosticKind::SignInLogs, &[Euii, Eupi]),
    ("audit", DiagnosticKind::SignInLogs, &[Euii, Eupi]),
    ("console", DiagnosticKind::VmLogs, &[SystemMetadata, Eupi]),
    ("waagent", DiagnosticKind::VmLogs, &[SystemMetadata]),
    ("dump", DiagnosticKind::MemoryDump, &[SupportData, Euii]),
    ("screenshot", DiagnosticKind::VmConsoleScreenshot, &[SupportData, Euii]),
    ("polic", DiagnosticKind::PolicySettings, &[Oii]),
    ("conditional", DiagnosticKind::PolicySettings, &[Oii]),
    ("role", DiagnosticKind::AccessControl, &[Oii, Euii]),
    ("topology", DiagnosticKind::NetworkTopology, &[Oii, SystemMetadata]),
    ("network", DiagnosticKind::NetworkTopology, &[Oii, SystemMetadata]),
    ("health", DiagnosticKind::ResourceHealth, &[SystemMetadata]),
    ("licen", DiagnosticKind::ResourceConfig, &[AccountData]),
    ("billing", DiagnosticKind::ResourceConfig, &[AccountData]),
    ("invoice", DiagnosticKind::ResourceConfig, &[AccountData]),
    ("chat", DiagnosticKind::Attachments, &[SupportData]),
    ("note", DiagnosticKind::Attachments, &[SupportData]),
    ("call", DiagnosticKind::Attachments, &[SupportData]),
    ("telemetry", DiagnosticKind::Other, &[SystemMetadata, Eupi]),
    ("event", DiagnosticKind::Other, &[SystemMetadata]),
    ("patch", DiagnosticKind::Other, &[SystemMetadata]),
];

/// What a file of this name probably is and holds.
#[must_use]
pub fn of_name(name: &str) -> Option<(DiagnosticKind, &'static [Category])> {
    let name = name.to_lowercase();
    let found = NAMES.iter().find(|(part, _, _)| name.contains(part));
    found.map(|(_, kind, categories)| (*kind, *categories))
}

/// The part of a name that [`of_name`] goes by.
#[must_use]
pub fn because(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    NAMES.iter().map(|(part, _, _)| *part).find(|part| name.contains(part))
}

/// What diagnostics of this kind usually hold. DIAG-4: identity logs hold user names and
/// pseudonymous identifiers.
#[must_use]
pub fn of_kind(kind: DiagnosticKind) -> &'static [Category] {
    match kind {
        DiagnosticKind::SignInLogs | DiagnosticKind::PortalAccess => &[Euii, Eupi],
        DiagnosticKind::ProblemDescription | DiagnosticKind::Attachments => &[SupportData],
        DiagnosticKind::ResourceHealth
        | DiagnosticKind::Advisories
        | DiagnosticKind::ChangeHistory
        | DiagnosticKind::VmLogs => &[SystemMetadata],
        DiagnosticKind::ResourceConfig | DiagnosticKind::NetworkTopology => &[SystemMetadata, Oii],
        DiagnosticKind::VmConsoleScreenshot | DiagnosticKind::MemoryDump => &[SupportData, Euii],
        DiagnosticKind::PolicySettings => &[Oii],
        DiagnosticKind::AccessControl => &[Oii, Euii],
        DiagnosticKind::Other => &[],
    }
}

/// What one value is by its form (DIAG-2). A form that two categories share suggests both: whose
/// an IPv4 address or a GUID is does not show.
#[must_use]
pub fn of_value(value: &str) -> &'static [Category] {
    let value = value.trim_matches(|c: char| !c.is_alphanumeric() && c != ':');
    let lower = value.to_ascii_lowercase();
    if lower.starts_with("sip:") || lower.starts_with("sips:") {
        return &[Euii];
    }
    if let Some((local, domain)) = value.split_once('@') {
        return if !local.is_empty() && is_domain(domain) { &[Euii, Oii] } else { &[] };
    }
    if value.parse::<Ipv4Addr>().is_ok() {
        return &[Euii, Oii];
    }
    // The first 64 bits name the tenant's network; of `::1` and its like they are zero.
    if let Ok(address) = value.parse::<Ipv6Addr>() {
        return if address.segments()[..4].iter().any(|s| *s != 0) { &[Oii] } else { &[] };
    }
    if is_guid(value) {
        return &[Eupi, Oii];
    }
    // A passport unique id: sixteen hexadecimal digits that begin with 1003.
    if value.len() == 16 && lower.starts_with("1003") && is_hex(value) {
        return &[Eupi];
    }
    if lower.ends_with(".onmicrosoft.com") && is_domain(value) {
        return &[Oii];
    }
    &[]
}

/// What a text holds, value by value.
#[must_use]
pub fn of_text(text: &str) -> BTreeSet<Category> {
    let separates = |c: char| c.is_whitespace() || "\"',;()<>[]{}|=".contains(c);
    text.split(separates).flat_map(of_value).copied().collect()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(|part| if is_hex(part) { part.len() } else { 0 });
    lengths.eq([8, 4, 4, 4, 12])
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}
