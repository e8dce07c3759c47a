//! `caseward dsr`.

mod answer;
mod intake;
mod print;

use crate::cli::output::{self, Out};
use crate::cli::{Global, print_problems};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::{PlanScope, Sha256};
use crate::ops::dsr::{self, FindingLine, RequestView};
use crate::text;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::IsTerminal;
use std::sync::atomic::AtomicBool;

#[derive(Debug, Subcommand)]
pub enum DsrCommand {
    /// Take a request and print its id and route
    New(intake::DsrNew),
    /// List the requests, newest first
    List,
    /// Show a request with its history
    Show { dsr: String },
    /// Search for the request's identifiers and record what was found
    Discover {
        dsr: String,
        /// Search nothing and record nothing: say, view by view, why a file matches or does not
        #[arg(long, value_name = "PATH", conflicts_with = "shard")]
        explain: Option<String>,
        /// Search only a share of the files, for one of N hosts, and record nothing
        #[arg(long, value_name = "K/N", requires = "out")]
        shard: Option<dsr::Shard>,
        /// Where the shard's results go, for `dsr merge`
        #[arg(long, value_name = "FILE", requires = "shard")]
        out: Option<std::path::PathBuf>,
    },
    /// The findings and what was decided on them
    Findings {
        dsr: String,
        /// Show the text around each, read again from the file, masked but for the match
        #[arg(long)]
        context: bool,
    },
    /// Include findings in the plan
    Include(Review),
    /// Exclude findings from the plan
    Exclude(Review),
    /// Make the plan: the preview that a second person approves by its digest
    Plan {
        dsr: String,
        /// items or engagement; option A is always engagement
        #[arg(long)]
        scope: Option<PlanScope>,
        /// The customer knows that the history of whole engagements is lost
        #[arg(long)]
        acknowledge_history_loss: bool,
    },
    /// Approve the current plan, as a second person
    Approve {
        dsr: String,
        /// Only if the plan has this digest
        #[arg(long)]
        digest: Option<Sha256>,
        /// The approver's signature over what `dsr statement` prints
        #[arg(long, value_name = "FILE")]
        signature: Option<std::path::PathBuf>,
    },
    /// Print the exact text that an approver signs with ssh-keygen -Y sign -n decision@caseward
    Statement { dsr: String },
    /// Return a plan to review
    Return {
        dsr: String,
        #[arg(long)]
        reason: String,
    },
    /// Cancel a request before anything is deleted
    Cancel {
        dsr: String,
        #[arg(long)]
        reason: String,
    },
    /// Delete, verify, log; resumable, no prompt: the plan was approved
    Execute {
        dsr: String,
        /// Check everything and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Have the matches of findings give way to a visible mark, and keep the rest of the file
    Redact(Review),
    /// Have the matches of a finding say what is right
    Rectify(Rectify),
    /// Give a request that came without identifiers those that the customer sent since
    Identify(intake::DsrIdentify),
    /// Take a request that another system wrote (OpenDSR 1.0)
    Import(intake::DsrImport),
    /// Where a request stands, in our words and in OpenDSR's
    Status {
        /// Its id, or its subject_request_id
        dsr: String,
    },
    /// Record that its receipt was confirmed to the data subject
    Confirm { dsr: String },
    /// Take more time, with the reasons told inside the first period
    Extend(answer::Extend),
    /// Deny a request, with the reasons and the ways to complain
    Deny(answer::Deny),
    /// Put a request aside; its clock goes on
    Hold(answer::Hold),
    /// Take up a request that was put aside
    Resume { dsr: String },
    /// Close the engagements and mark them not to be opened again without permission
    Restrict(answer::Restrict),
    /// Put a confirmed replacement in a contact's place in open engagements
    SwapContact(answer::SwapContact),
    /// Give out what was found: a directory with files, manifest and hashes
    Export(answer::Export),
    /// Close a request whose answer was sent
    Close(answer::Close),
    /// Put the shards of a discovery together and record what was found
    Merge {
        dsr: String,
        /// What `dsr discover --shard` wrote
        #[arg(required = true, value_name = "FILE")]
        files: Vec<std::path::PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct Review {
    dsr: String,
    /// Findings, for example f0001
    #[arg(required = true, value_name = "ITEM")]
    items: Vec<String>,
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct Rectify {
    dsr: String,
    /// A finding, for example f0001
    item: String,
    /// What its matches are to say instead
    #[arg(long, value_name = "TEXT")]
    to: String,
    #[arg(long)]
    reason: String,
}

impl DsrCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::New(new) => new.run(&context, &out)?,
            Self::Identify(identify) => identify.run(&context, &out)?,
            Self::Import(import) => import.run(&context, &out)?,
            Self::Status { dsr } => answer::status(&context, &out, &dsr)?,
            Self::Confirm { dsr } => answer::confirm(&context, &out, &dsr)?,
            Self::Extend(extend) => extend.run(&context, &out)?,
            Self::Deny(deny) => deny.run(&context, &out)?,
            Self::Hold(hold) => hold.run(&context, &out)?,
            Self::Resume { dsr } => answer::resume(&context, &out, &dsr)?,
            Self::Restrict(restrict) => restrict.run(&context, &out)?,
            Self::SwapContact(swap) => swap.run(&context, &out)?,
            Self::Export(export) => export.run(&context, &out)?,
            Self::Close(close) => close.run(&context, &out)?,
            Self::List => {
                let (requests, problems) = dsr::list(&context)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Requests {
                        requests: Vec<RequestView>,
                    }
                    out.document("dsr-list", &Requests { requests })?;
                } else {
                    print::print_list(&out, &requests)?;
                }
                print_problems(&problems);
            }
            Self::Show { dsr } => {
                let view = dsr::show(&context, &dsr)?;
                if out.json {
                    out.document("dsr-show", &view)?;
                } else {
                    print::print_request(&out, &view)?;
                }
            }
            Self::Discover { dsr, explain: Some(path), .. } => {
                let explained = dsr::explain(&context, &dsr, &path)?;
                if out.json {
                    out.document("dsr-explain", &explained)?;
                } else {
                    print::print_explained(&out, &explained)?;
                }
            }
            Self::Discover { dsr, shard: Some(shard), out: Some(file), .. } => {
                let done = discover(&dsr, |progress, cancel| {
                    dsr::discover_shard(&context, &dsr, shard, &file, progress, cancel)
                })?;
                if out.json {
                    out.document("dsr-shard", &done)?;
                } else {
                    print::print_shard(&out, &done)?;
                }
            }
            Self::Discover { dsr, .. } => {
                let found = discover(&dsr, |progress, cancel| {
                    dsr::discover(&context, &dsr, progress, cancel)
                })?;
                if out.json {
                    out.document("dsr-discover", &found)?;
                } else {
                    print::print_discovered(&out, &found)?;
                }
            }
            Self::Findings { dsr, context: around } => {
                let (id, items) = dsr::findings(&context, &dsr)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Items {
                        dsr: crate::model::Id,
                        findings: usize,
                        items: Vec<FindingLine>,
                    }
                    out.document("dsr-findings", &Items { dsr: id, findings: items.len(), items })?;
                } else {
                    print::print_findings(&out, &items)?;
                    for item in items.iter().filter(|_| around) {
                        print::print_context(&context, &out, &dsr, item)?;
                    }
                }
            }
            Self::Include(review) => {
                let count = dsr::include(&context, &review.dsr, &review.items, &review.reason)?;
                say_decided(&out, &review.dsr, "included", count)?;
            }
            Self::Exclude(review) => {
                let count = dsr::exclude(&context, &review.dsr, &review.items, &review.reason)?;
                say_decided(&out, &review.dsr, "excluded", count)?;
            }
            Self::Redact(review) => {
                let count = dsr::redact(&context, &review.dsr, &review.items, &review.reason)?;
                say_decided(&out, &review.dsr, "redacted", count)?;
            }
            Self::Rectify(it) => {
                let count = dsr::rectify(&context, &it.dsr, &it.item, &it.to, &it.reason)?;
                say_decided(&out, &it.dsr, "rectified", count)?;
            }
            Self::Plan { dsr, scope, acknowledge_history_loss } => {
                let planned = dsr::plan(&context, &dsr, scope, acknowledge_history_loss)?;
                if out.json {
                    out.document("dsr-plan", &planned)?;
                } else {
                    print::print_plan(&out, &planned)?;
                    output::hint(format!(
                        "a second person approves it: caseward dsr approve {dsr} --as PRINCIPAL"
                    ));
                }
            }
            Self::Statement { dsr } => {
                crate::cli::print_statement(&out, &dsr::approval_statement(&context, &dsr)?)?;
            }
            Self::Approve { dsr, digest, signature } => {
                let signature = crate::cli::signature(signature.as_deref())?;
                let planned = dsr::approve(&context, &dsr, digest, signature.as_deref())?;
                if out.json {
                    #[derive(Serialize)]
                    struct Approved {
                        id: crate::model::Id,
                        digest: Sha256,
                        state: &'static str,
                    }
                    let approved =
                        Approved { id: planned.dsr, digest: planned.digest, state: "approved" };
                    out.document("dsr-approve", &approved)?;
                } else {
                    out.line(format!(
                        "{}: the plan {} is approved: {}, {}",
                        planned.dsr,
                        planned.digest,
                        text::plural(planned.items.len() as u64, "file"),
                        text::bytes(planned.bytes)
                    ))?;
                    output::hint(format!("next: caseward dsr execute {dsr}"));
                }
            }
            Self::Return { dsr, reason } => {
                let state = dsr::give_back(&context, &dsr, &reason)?;
                say_state(&out, "dsr-return", &dsr, state.as_str())?;
            }
            Self::Cancel { dsr, reason } => {
                let state = dsr::cancel(&context, &dsr, &reason)?;
                say_state(&out, "dsr-cancel", &dsr, state.as_str())?;
            }
            Self::Execute { dsr, dry_run } => {
                let executed = if dry_run {
                    dsr::rehearse(&context, &dsr)?
                } else {
                    dsr::execute(&context, &dsr, &mut |_| {})?
                };
                if out.json {
                    out.document("dsr-execute", &executed)?;
                } else {
                    print::print_executed(&out, &executed)?;
                }
                return Ok(if executed.has_failures() { Exit::Refused } else { Exit::Done });
            }
            Self::Merge { dsr, files } => {
                let found = discover(&dsr, |progress, cancel| {
                    dsr::merge(&context, &dsr, &files, progress, cancel)
                })?;
                if out.json {
                    out.document("dsr-discover", &found)?;
                } else {
                    print::print_discovered(&out, &found)?;
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn say_decided(out: &Out, dsr: &str, word: &str, count: usize) -> Result<()> {
    if out.json {
        #[derive(Serialize)]
        struct Decided<'a> {
            id: &'a str,
            decision: &'a str,
            items: usize,
        }
        out.document("dsr-review", &Decided { id: dsr, decision: word, items: count })
    } else {
        out.line(format!("{} {word}", text::plural(count as u64, "finding")))
    }
}

fn say_state(out: &Out, name: &str, dsr: &str, state: &str) -> Result<()> {
    if out.json {
        #[derive(Serialize)]
        struct State<'a> {
            id: &'a str,
            state: &'a str,
        }
        out.document(name, &State { id: dsr, state })
    } else {
        out.line(format!("{dsr} is in state {state}"))
    }
}

/// Runs a discovery; on a terminal the counts go by on standard error. Ctrl-C stops it, and the next
/// run goes on from there.
fn discover<T>(
    dsr: &str,
    run: impl FnOnce(&(dyn Fn(dsr::DiscoverProgress) + Sync), &AtomicBool) -> Result<T>,
) -> Result<T> {
    let cancel = super::cancel_on_interrupt();
    let watch = crate::env::Stopwatch::start();
    let shown = std::sync::Mutex::new(watch);
    let live = std::io::stderr().is_terminal();
    let found = run(
        &|at| {
            let mut last = shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if live && last.seconds() >= 0.5 {
                *last = crate::env::Stopwatch::start();
                output::message(progress_line(&at, watch.seconds()));
            }
        },
        &cancel,
    );
    if let Err(Error::Interrupted) = &found {
        output::hint(format!("run it again to go on from here: caseward dsr discover {dsr}"));
    }
    found
}

/// `1200 of 5178 files, 63.1 MB at 21.0 MB/s, 12 with findings, 9 s left`.
fn progress_line(at: &dsr::DiscoverProgress, seconds: f64) -> String {
    let rate = |count: u64| (count as f64 / seconds.max(0.001)) as u64;
    let left = (at.files_total - at.files) / rate(at.files).max(1);
    format!(
        "{} of {} files, {} at {}/s, {} with findings, {left} s left",
        at.files,
        at.files_total,
        text::bytes(at.bytes),
        text::bytes(rate(at.bytes)),
        at.findings
    )
}
