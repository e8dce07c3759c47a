//! `caseward attest`.

use super::Global;
use super::output::{Out, Tone, plain, toned};
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::attest::{self, EntryView, Shown};
use crate::text;
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum AttestCommand {
    /// The newest entries of the log
    Log {
        #[arg(long, default_value_t = 20)]
        limit: u64,
    },
    /// One entry, with paths, hashes and commitments while its opening exists
    Show { index: u64 },
    /// Verify the whole log, offline
    Verify {
        /// A checkpoint that was handed out, to compare with
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
}

impl AttestCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::Log { limit } => {
                let (size, entries) = attest::log(&context, limit)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Entries {
                        size: u64,
                        entries: Vec<EntryView>,
                    }
                    out.document("attest-log", &Entries { size, entries })?;
                } else {
                    print_log(&out, size, &entries)?;
                }
            }
            Self::Show { index } => {
                let shown = attest::show(&context, index)?;
                if out.json {
                    out.document("attest-show", &shown)?;
                } else {
                    print_entry(&out, &shown)?;
                }
            }
            Self::Verify { checkpoint } => {
                let verified = attest::verify(&context, checkpoint.as_deref(), &mut |_, _| {})?;
                if out.json {
                    out.document("attest-verify", &verified)?;
                } else {
                    for check in &verified.checks {
                        let word = if check.ok {
                            out.tone(Tone::Good, "ok    ")
                        } else {
                            out.tone(Tone::Bad, "FAILED")
                        };
                        out.line(format!("{word} {}: {}", check.name, text::safe(&check.detail)))?;
                    }
                    if let Some(tx) = &verified.open {
                        out.line(format!(
                            "notice: transaction {tx} is open: in progress or interrupted"
                        ))?;
                    }
                    let root = verified.root.as_deref().unwrap_or("unknown");
                    let word = if verified.ok { "intact" } else { "NOT VERIFIED" };
                    out.line(format!(
                        "{word}: {}, root {root}",
                        if verified.size == 1 {
                            "1 entry".to_owned()
                        } else {
                            format!("{} entries", verified.size)
                        }
                    ))?;
                }
                return Ok(if verified.ok { Exit::Done } else { Exit::Refused });
            }
        }
        Ok(Exit::Done)
    }
}

fn print_log(out: &Out, size: u64, entries: &[EntryView]) -> Result<()> {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let what = match (entry.files, &entry.outcomes) {
                (Some(files), _) => {
                    format!(
                        "{}, {}",
                        entry.why.unwrap_or_default(),
                        text::plural(u64::from(files), "file")
                    )
                }
                (None, Some(outcomes)) => {
                    let gone =
                        outcomes.chars().filter(|letter| matches!(letter, 'g' | 'r')).count();
                    format!("{gone} of {} removed", outcomes.len())
                }
                (None, None) => String::new(),
            };
            vec![
                plain(entry.index.to_string()),
                toned(Tone::Strong, &entry.kind),
                plain(entry.at.format("%Y-%m-%d %H:%M:%S").to_string()),
                plain(entry.tx.as_deref().unwrap_or("-")),
                plain(what),
            ]
        })
        .collect();
    out.table(&["ENTRY", "KIND", "TIME (UTC)", "TRANSACTION", "WHAT"], &rows)?;
    if size > entries.len() as u64 {
        out.line(format!("{size} entries in all; --limit N shows more"))?;
    }
    Ok(())
}

fn print_entry(out: &Out, shown: &Shown) -> Result<()> {
    out.line(out.tone(Tone::Strong, format!("entry {}: {}", shown.entry.index, shown.entry.kind)))?;
    out.line(text::safe(&shown.raw))?;
    out.line(format!("leaf hash {}", shown.leaf_hash))?;
    for warning in &shown.entry.warnings {
        out.line(format!("warning: {warning}"))?;
    }
    if let (Some(request), Some(engineer)) = (&shown.request, &shown.engineer) {
        out.line(format!("for {} by {}", text::safe(request), text::safe(engineer)))?;
    }
    match &shown.items {
        Some(items) => {
            for item in items {
                out.line("")?;
                out.line(text::safe(&item.path))?;
                if let Some(verdict) = item.verdict {
                    out.line(format!("  {verdict}, {}", text::bytes(item.size)))?;
                }
                out.line(format!("  sha256     {}", item.sha256))?;
                out.line(format!("  commitment {}", item.commitment))?;
            }
            Ok(())
        }
        None if shown.entry.tx.is_some() => {
            out.line("its opening was destroyed or not written yet: paths and hashes are not known")
        }
        None => Ok(()),
    }
}
