//! `caseward attach` and `caseward diagnostics`.

use super::output::{Out, Tone, plain, toned};
use super::{Global, print_problems, time};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::{Category, DiagnosticKind, Id, Time};
use crate::ops::attach::{self, Attached, Attachment, DiagnosticView};
use crate::text;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::borrow::Cow;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Attach {
    // Numbered, for completion changes arguments one by one.
    #[arg(index = 1)]
    case: String,
    #[arg(index = 2, required_unless_present = "from_transfer", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A file of the case's transfer folder, copied: its origin stays on record, so that the check
    /// after a deletion of the folder finds it; once for each
    #[arg(long, value_name = "NAME", action = clap::ArgAction::Append)]
    from_transfer: Vec<String>,
    /// support_data, account_data, system_metadata, oii, euii or eupi; once for each
    #[arg(long = "category", value_name = "CAT", action = clap::ArgAction::Append)]
    categories: Vec<Category>,
    /// The tenant they were collected from [default: the case's]
    #[arg(long)]
    tenant: Option<String>,
    /// When they were collected [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    collected_at: Option<Time>,
    /// What they are, for example sign_in_logs or network_topology
    #[arg(long, default_value = "other", hide_default_value = true)]
    kind: DiagnosticKind,
}

impl Attach {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let attachment = Attachment {
            case: self.case,
            files: self.files,
            from_transfer: self.from_transfer,
            categories: self.categories,
            tenant: self.tenant,
            collected_at: self.collected_at,
            kind: self.kind,
        };
        let items = attach::attach(&context, &attachment, &mut |_, _| {})?;
        if out.json {
            #[derive(Serialize)]
            struct Items {
                items: Vec<Attached>,
            }
            out.document("attach", &Items { items })?;
        } else {
            for item in &items {
                let categories: Vec<&str> = item.categories.iter().map(|c| c.as_str()).collect();
                out.line(format!(
                    "{} ({}, {}, authorised by {})",
                    text::safe(&item.path),
                    text::bytes(item.size),
                    categories.join(" "),
                    item.authorised_by
                ))?;
                out.line(format!("  sha256 {}", item.sha256))?;
                out.line(format!("  deleted no later than {}", out.moment(item.delete_after)))?;
            }
        }
        Ok(Exit::Done)
    }
}

#[derive(Debug, Subcommand)]
pub enum DiagnosticsCommand {
    /// The diagnostics of a case, with category, authority and age
    List { case: String },
    /// Read one; reading is logged in the tenant it concerns
    Show { case: String, name: String },
}

impl DiagnosticsCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::List { case } => {
                let (case_ref, items, problems) = attach::diagnostics(&context, &case)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Items<'a> {
                        case: &'a Id,
                        items: Vec<DiagnosticView>,
                    }
                    out.document("diagnostics-list", &Items { case: &case_ref.id, items })?;
                } else if items.is_empty() {
                    out.line(format!("case {} has no diagnostics", case_ref.id))?;
                } else {
                    print_diagnostics(&out, &items, &case_ref.tenant)?;
                }
                print_problems(&problems);
            }
            Self::Show { case, name } => {
                let (view, bytes) = attach::view(&context, &case, &name)?;
                print_contents(&out, "diagnostics-show", &view, &view.path, &bytes)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// What a file says; as the document `name`, beside what is known of it.
pub fn print_contents<V: Serialize>(
    out: &Out,
    name: &str,
    view: &V,
    path: &str,
    bytes: &[u8],
) -> Result<()> {
    #[derive(Serialize)]
    struct Shown<'a, V> {
        #[serde(flatten)]
        view: &'a V,
        /// Null for contents that are no text.
        text: Option<Cow<'a, str>>,
    }
    let text = text::decoded(bytes);
    if out.json {
        return out.document(name, &Shown { view, text });
    }
    if let Some(text) = text {
        return out.line(text::safe_block(&text));
    }
    let size = text::bytes(bytes.len() as u64);
    out.line(format!("{}: {size} that are no text", text::safe(path)))?;
    super::output::hint("open it with a program of its own; --json gives its hash");
    Ok(())
}

/// The table of diagnostics; `own` is the tenant that needs no mention.
pub fn print_diagnostics(out: &Out, items: &[DiagnosticView], own: &Id) -> Result<()> {
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            let categories: Vec<&str> = item.categories.iter().map(|c| c.as_str()).collect();
            let due = match item.delete_after {
                None => plain("unknown"),
                Some(at) if item.held => {
                    toned(Tone::Warn, format!("held, {}", at.format("%Y-%m-%d")))
                }
                Some(at) if item.overdue => {
                    toned(Tone::Bad, format!("overdue since {}", at.format("%Y-%m-%d")))
                }
                Some(at) => plain(at.format("%Y-%m-%d").to_string()),
            };
            let from = if item.tenant == *own { "-" } else { item.tenant.as_str() };
            vec![
                plain(&item.name),
                plain(text::bytes(item.size)),
                plain(item.kind.as_deref().unwrap_or("-")),
                plain(categories.join(" ")),
                plain(
                    item.authorised_by.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                ),
                due,
                plain(from),
            ]
        })
        .collect();
    out.table(
        &["DIAGNOSTIC", "SIZE", "KIND", "CATEGORIES", "AUTHORISED BY", "DELETE BY", "FROM"],
        &rows,
    )
}
