//! `caseward attest`.

use super::Global;
use super::output::{self, Out, Tone, plain, toned};
use crate::attest::Check;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::ops::attest::{self, EntryView, Shown};
use crate::ops::report::{self, Signing};
use crate::ops::signing::{self, NewSigner, SignerView};
use crate::report::bundle;
use crate::text;
use clap::Subcommand;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum AttestCommand {
    /// The newest entries of the log
    Log {
        #[arg(long, default_value_t = 20)]
        limit: u64,
    },
    /// One entry, with paths, hashes and commitments while its opening exists
    Show { index: u64 },
    /// Destroy the opening of a transaction; the log still verifies
    Shred {
        #[arg(required_unless_present = "expired", conflicts_with = "expired")]
        tx: Option<String>,
        /// All whose transactions ended `evidence_days` ago or longer
        #[arg(long)]
        expired: bool,
    },
    /// The keys that may sign reports and decisions
    #[command(subcommand)]
    Signer(SignerCommand),
    /// Write the report of a request: readable, and checkable without this program
    Report {
        /// A data subject request, or transactions of one
        #[arg(required = true, value_name = "DSR|TX")]
        of: Vec<String>,
        /// The directory to write; created, and must be empty
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Sign with the engineer's key in the ssh-agent (agent forwarding works)
        #[arg(long)]
        sign: bool,
        /// Sign with an unencrypted Ed25519 key file instead
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Let the log work on a file system that is not known to keep what was flushed; reports say so
    AcceptWeakFilesystem {
        /// A file or directory of the workspace on it [default: the log]
        #[arg(value_name = "PATH")]
        path: Option<PathBuf>,
    },
    /// Verify the whole log, or a report bundle, offline
    Verify {
        /// A checkpoint that was handed out, to compare with
        #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
        checkpoint: Option<PathBuf>,
        /// A report bundle; needs no workspace
        bundle: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum SignerCommand {
    /// List a key in allowed_signers
    Add {
        principal: String,
        /// The public key line, or the .pub file
        #[arg(long, value_name = "KEY|FILE")]
        key: String,
        /// Only for reports
        #[arg(long)]
        reports: bool,
        /// Only for decisions
        #[arg(long)]
        decisions: bool,
        #[arg(long, value_name = "TIME", value_parser = super::time)]
        valid_after: Option<crate::model::Time>,
        #[arg(long, value_name = "TIME", value_parser = super::time)]
        valid_before: Option<crate::model::Time>,
    },
    /// The listed keys
    List,
}

impl SignerCommand {
    fn run(self, context: &crate::ops::Context, out: &Out) -> Result<()> {
        match self {
            Self::Add { principal, key, reports, decisions, valid_after, valid_before } => {
                let key = if key.contains(' ') {
                    key
                } else {
                    String::from_utf8_lossy(&crate::outside::read(Path::new(&key))?).into_owned()
                };
                let new =
                    NewSigner { principal, key, reports, decisions, valid_after, valid_before };
                let added = signing::add(context, &new)?;
                if out.json {
                    out.document("signer-add", &added)
                } else {
                    out.line(format!("{} {}", added.principals.join(","), added.key))
                }
            }
            Self::List => {
                let signers = signing::list(context)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Signers {
                        signers: Vec<SignerView>,
                    }
                    return out.document("signer-list", &Signers { signers });
                }
                let rows: Vec<_> = signers
                    .iter()
                    .map(|signer| {
                        let names = signer.namespaces.as_ref();
                        vec![
                            plain(signer.principals.join(",")),
                            plain(names.map_or_else(|| "any".to_owned(), |names| names.join(" "))),
                            plain(&signer.key),
                        ]
                    })
                    .collect();
                out.table(&["PRINCIPAL", "FOR", "KEY"], &rows)
            }
        }
    }
}

impl AttestCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        if let Self::Verify { bundle: Some(dir), .. } = &self {
            return verify_bundle(global, dir);
        }
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
            Self::Shred { tx, .. } => {
                let txs = match tx {
                    Some(tx) => {
                        attest::shred(&context, &tx)?;
                        vec![tx]
                    }
                    None => attest::shred_expired(&context)?,
                };
                if out.json {
                    #[derive(Serialize)]
                    struct Shredded {
                        txs: Vec<String>,
                    }
                    out.document("attest-shred", &Shredded { txs })?;
                } else if txs.is_empty() {
                    out.line("no opening has expired")?;
                } else {
                    for tx in &txs {
                        out.line(format!("the opening of {tx} is destroyed; the log says so"))?;
                    }
                }
            }
            Self::Signer(command) => command.run(&context, &out)?,
            Self::AcceptWeakFilesystem { path } => {
                let accepted = attest::accept_weak_filesystem(&context, path.as_deref())?;
                if out.json {
                    out.document("attest-accept-weak-filesystem", &accepted)?;
                } else if accepted.weak {
                    out.line(format!("{} is accepted; entries and reports say so", accepted.name))?;
                } else {
                    out.line(format!("{} is not weak: nothing to accept", accepted.name))?;
                }
            }
            Self::Report { of, out: dir, sign, key } => {
                let signing = match (&key, sign) {
                    (Some(path), _) => Signing::KeyFile(path),
                    (None, true) => Signing::Agent,
                    (None, false) => Signing::Unsigned,
                };
                let reported = report::write(&context, &of, &dir, signing)?;
                if out.json {
                    out.document("attest-report", &reported)?;
                } else {
                    out.line(format!("report {} in {}", reported.id, text::safe(&reported.out)))?;
                    for file in &reported.files {
                        out.line(format!("  {file}"))?;
                    }
                    output::hint(format!(
                        "check it as the customer would: cd {} && sh verify.sh",
                        reported.out
                    ));
                }
            }
            Self::Verify { checkpoint, .. } => {
                let verified = attest::verify(&context, checkpoint.as_deref(), &mut |_, _| {})?;
                if out.json {
                    out.document("attest-verify", &verified)?;
                } else {
                    print_checks(&out, &verified.checks)?;
                    if let Some(tx) = &verified.open {
                        out.line(format!(
                            "notice: transaction {tx} is open: in progress or interrupted"
                        ))?;
                    }
                    let root = verified.root.as_deref().unwrap_or("unknown");
                    let word = if verified.ok { "intact" } else { "NOT VERIFIED" };
                    out.line(format!("{word}: {}, root {root}", text::entries(verified.size)))?;
                }
                return Ok(if verified.ok { Exit::Done } else { Exit::Refused });
            }
        }
        Ok(Exit::Done)
    }
}

fn print_checks(out: &Out, checks: &[Check]) -> Result<()> {
    for check in checks {
        let word =
            if check.ok { out.tone(Tone::Good, "ok    ") } else { out.tone(Tone::Bad, "FAILED") };
        out.line(format!("{word} {}: {}", check.name, text::safe(&check.detail)))?;
    }
    Ok(())
}

/// Checks a bundle with nothing but the bundle.
fn verify_bundle(global: &Global, dir: &Path) -> Result<Exit> {
    let out = Out::new(global.json, global.color, crate::env::wall_clock());
    let verified = bundle::verify_bundle(dir, None)
        .map_err(|error| Error::io("read", dir.display(), error))?;
    if out.json {
        out.document("attest-verify", &verified)?;
    } else {
        print_checks(&out, &verified.checks)?;
        for notice in &verified.notices {
            out.line(format!("notice: {}", text::safe(notice)))?;
        }
        out.line(if verified.ok { "the bundle verifies" } else { "NOT VERIFIED" })?;
    }
    Ok(if verified.ok { Exit::Done } else { Exit::Refused })
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
        out.line(format!("{} in all; --limit N shows more", text::entries(size)))?;
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
