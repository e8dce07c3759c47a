//! What an export says of itself, for programs (`manifest.json`) and for people (`index.html`).

use crate::error::{Error, Result};
use crate::model::{
    Category, DsrType, FindingKind, Id, Regulation, Request, Sha256, Time, UnsearchedStore,
};
use crate::ops::Context;
use crate::outside::NewDir;
use crate::text;
use crate::workspace::DsrRef;
use maud::{DOCTYPE, html};
use serde::Serialize;

/// `manifest.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Exported {
    pub dsr: Id,
    pub tenant: Id,
    #[serde(rename = "type")]
    pub kind: DsrType,
    pub regulation: Regulation,
    pub received_at: Time,
    pub exported_at: Time,
    pub exported_by: String,
    /// In the order of their names.
    pub items: Vec<ExportedItem>,
    /// What was found and is not given out.
    pub left_out: Vec<LeftOut>,
    pub not_searched: Vec<NotSearched>,
    /// Nothing was unreadable and no limit was hit.
    pub complete: bool,
    /// Where it lies; not in the manifest.
    #[serde(skip)]
    pub out: String,
}

/// A file that was given out.
#[derive(Debug, Clone, Serialize)]
pub struct ExportedItem {
    /// Relative to the directory.
    pub file: String,
    pub findings: Vec<String>,
    /// What it was called.
    pub name: String,
    pub engagement: Option<String>,
    pub kind: FindingKind,
    pub categories: Vec<Category>,
    pub size: u64,
    pub sha256: Sha256,
    pub redacted: bool,
    pub why: String,
}

/// A finding that was not given out. It is not named: its path may be somebody else's data.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOut {
    pub finding: String,
    pub kind: FindingKind,
    pub reason: String,
}

/// A store that was not searched. What it holds is not said (DTM-2).
#[derive(Debug, Clone, Serialize)]
pub struct NotSearched {
    pub store: String,
    pub why: String,
}

impl Exported {
    pub(super) fn new(
        context: &Context,
        dsr: &DsrRef,
        request: &Request,
        dir: &NewDir,
        mut items: Vec<ExportedItem>,
        left_out: Vec<LeftOut>,
    ) -> Self {
        items.sort_by(|a, b| a.file.cmp(&b.file));
        let discovery = request.discovery.as_ref();
        let unsearched = |store: &UnsearchedStore| NotSearched {
            store: store.store.clone(),
            why: store.why.clone(),
        };
        Self {
            dsr: dsr.id.clone(),
            tenant: dsr.tenant.clone(),
            kind: request.kind,
            regulation: request.regulation,
            received_at: request.received_at,
            exported_at: context.now,
            exported_by: context.actor.principal.clone(),
            items,
            left_out,
            not_searched: discovery
                .map(|discovery| discovery.not_searched.iter().map(unsearched).collect())
                .unwrap_or_default(),
            complete: discovery.is_some_and(|discovery| discovery.complete),
            out: dir.path().display().to_string(),
        }
    }
}

/// The manifest itself: with its schema in front.
#[derive(Serialize)]
struct Manifest<'a> {
    schema: &'static str,
    #[serde(flatten)]
    exported: &'a Exported,
}

/// `manifest.json`.
pub(super) fn manifest(exported: &Exported) -> Result<Vec<u8>> {
    json(&Manifest { schema: "caseward/export/1", exported })
}

/// Indented JSON with a last line feed.
pub(super) fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::io("write", "a manifest", error.into()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

const STYLE: &str = "body { font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; \
max-width: 72rem; margin: 2rem auto; padding: 0 1rem; } table { border-collapse: collapse; width: 100%; } \
th, td { text-align: left; vertical-align: top; padding: .2rem .5rem; border: 1px solid #999; \
overflow-wrap: anywhere; } th { background: #eee; }";

/// `index.html`: no script, nothing fetched.
pub(super) fn page(exported: &Exported) -> Vec<u8> {
    let title = format!("{}: {} for {}", exported.dsr, exported.kind, exported.tenant);
    let time = |at: Time| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (STYLE) }
            }
            body {
                h1 { (title) }
                p {
                    "Received " (time(exported.received_at)) ", given out "
                    (time(exported.exported_at)) ". "
                    @if !exported.complete { strong { "Not everything could be searched." } }
                }
                h2 { "Given out" }
                @if exported.items.is_empty() { p { "Nothing." } } @else {
                    table {
                        tr {
                            th { "File" } th { "Was called" } th { "Engagement" }
                            th { "Categories" } th { "Bytes" } th { "SHA-256" } th { "What it is" }
                        }
                        @for item in &exported.items {
                            @let categories: Vec<&str> =
                                item.categories.iter().map(|c| c.as_str()).collect();
                            tr {
                                td { a href=(item.file) { (item.file) } }
                                td { (text::safe(&item.name)) }
                                td { (item.engagement.as_deref().unwrap_or("–")) }
                                td { (categories.join(", ")) }
                                td { (item.size) }
                                td { (item.sha256) }
                                td { (item.why) }
                            }
                        }
                    }
                }
                h2 { "Left out" }
                @if exported.left_out.is_empty() { p { "Nothing." } } @else {
                    table {
                        tr { th { "Finding" } th { "Kind" } th { "Why" } }
                        @for left in &exported.left_out {
                            tr {
                                td { (left.finding) }
                                td { (left.kind) }
                                td { (text::safe(&left.reason)) }
                            }
                        }
                    }
                }
                h2 { "Not searched" }
                ul {
                    @for store in &exported.not_searched {
                        li { (store.store) ": " (store.why) }
                    }
                }
            }
        }
    };
    (page.into_string() + "\n").into_bytes()
}
