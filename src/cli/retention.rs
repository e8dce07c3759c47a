//! `caseward retention`.

use super::output::{self, Out, Tone, plain, toned};
use super::{Global, print_problems};
use crate::attest::Step;
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::removal::RemovalProgress;
use crate::ops::retention::{self, Replayed, RetentionItem, Swept};
use crate::text;
use clap::Subcommand;
use std::io::IsTerminal;

#[derive(Debug, Subcommand)]
pub enum RetentionCommand {
    /// What falls due when, soonest first: diagnostics 28 days after collection, transfer files 90
    /// days after the closing, evidence 90 days after a request ended
    List {
        /// Only what is overdue or falls due within so many days
        #[arg(long, value_name = "DAYS")]
        within: Option<u32>,
    },
    /// Delete what is due, with attestation; asks nothing, so cron can run it, on several hosts too
    Sweep {
        /// Say what would go, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Erase again what had been erased on request and came back with a backup
    Replay {
        /// Say what would go, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

impl RetentionCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::List { within } => {
                if out.json {
                    out.begin("retention-list", "items")?;
                }
                let (items, problems) = retention::list(&context, within)?;
                if out.json {
                    out.items(&items)?;
                    output::close_with("problems", &problems)?;
                } else {
                    print_list(&out, &items)?;
                }
                print_problems(&problems);
                Ok(Exit::Done)
            }
            Self::Sweep { dry_run } => {
                let swept = if dry_run {
                    retention::rehearse(&context)?
                } else {
                    retention::sweep(&context, &mut said())?
                };
                if out.json {
                    out.document("retention-sweep", &swept)?;
                } else {
                    print_swept(&out, &swept)?;
                }
                print_problems(&swept.problems);
                Ok(if swept.has_failures() { Exit::Refused } else { Exit::Done })
            }
            Self::Replay { dry_run } => {
                let replayed = if dry_run {
                    retention::rehearse_replay(&context)?
                } else {
                    retention::replay(&context, &mut said())?
                };
                if out.json {
                    out.document("retention-replay", &replayed)?;
                } else {
                    print_replayed(&out, &replayed)?;
                }
                print_problems(&replayed.problems);
                Ok(if replayed.has_failures() { Exit::Refused } else { Exit::Done })
            }
        }
    }
}

/// Tells how far a removal is, on a terminal and not more often than people read.
pub(super) fn said() -> impl FnMut(RemovalProgress) {
    let live = std::io::stderr().is_terminal();
    let mut last = crate::env::Stopwatch::start();
    move |at| {
        if live && last.seconds() >= 0.5 {
            last = crate::env::Stopwatch::start();
            let step = match at.step {
                Step::Planning => "hashing",
                Step::Recording => "recording",
                Step::Withdrawing => "withdrawing",
                Step::Removing => "removing",
                Step::Closing => "closing",
            };
            output::message(format!("{} of {} files, {step}", at.done, at.total));
        }
    }
}

fn print_list(out: &Out, items: &[RetentionItem]) -> Result<()> {
    if items.is_empty() {
        return out.line("nothing is under a clock that ends then");
    }
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            let (tone, state) = match (item.overdue, item.held) {
                (true, true) => (Tone::Bad, "overdue, held"),
                (false, true) => (Tone::Warn, "held"),
                (true, false) => (Tone::Bad, "overdue"),
                (false, false) => (Tone::Plain, ""),
            };
            vec![
                plain(out.moment(item.due_at)),
                toned(tone, state),
                plain(item.clock.as_str()),
                plain(&item.path),
            ]
        })
        .collect();
    out.table(&["DUE", "STATE", "CLOCK", "PATH"], &rows)?;
    for item in items {
        if let Some(conflict) = &item.conflict {
            let path = text::safe(&item.path);
            out.line(format!("{} {path}: {conflict}", out.tone(Tone::Warn, "conflict:")))?;
        }
    }
    Ok(())
}

/// The rows of what became of files.
pub(super) fn verdict_row(
    verdict: &str,
    sha256: Option<crate::model::Sha256>,
    reason: Option<&str>,
    path: &str,
) -> Vec<(Tone, String)> {
    let tone = match verdict {
        "deleted" | "redacted" => Tone::Good,
        "failed" | "unknown" => Tone::Bad,
        _ => Tone::Warn,
    };
    let hash = sha256.map(|hash| hash.to_string().chars().take(12).collect::<String>());
    vec![
        toned(tone, verdict),
        plain(hash.as_deref().unwrap_or("-")),
        plain(path),
        plain(reason.unwrap_or("")),
    ]
}

pub(super) const VERDICTS: &[&str] = &["VERDICT", "SHA-256", "PATH", "REASON"];

fn print_swept(out: &Out, swept: &Swept) -> Result<()> {
    if swept.items.is_empty() {
        return out.line("nothing is due");
    }
    let rows: Vec<_> = swept
        .items
        .iter()
        .map(|item| {
            let mismatch = item.hash_mismatch.then_some("differs from what was attached");
            let reason = item.reason.as_deref().or(mismatch);
            verdict_row(item.verdict, item.sha256, reason, &item.path)
        })
        .collect();
    out.table(VERDICTS, &rows)?;
    print_transactions(out, &swept.txs)?;
    if swept.dry_run {
        return out.line("dry run: nothing was changed");
    }
    out.line(if swept.complete {
        "everything that was due is gone".to_owned()
    } else {
        let is_kept = |verdict: &str| !matches!(verdict, "deleted" | "redacted" | "already_absent");
        let kept = swept.items.iter().filter(|item| is_kept(item.verdict)).count();
        format!("still there although due: {}", text::plural(kept as u64, "file"))
    })
}

pub(super) fn print_transactions(out: &Out, txs: &[crate::ops::dsr::ExecutedTx]) -> Result<()> {
    if !txs.is_empty() {
        out.line("")?;
    }
    txs.iter().try_for_each(|tx| {
        out.line(format!("transaction {}: entries {} and {} of the log", tx.tx, tx.begin, tx.end))
    })
}

fn print_replayed(out: &Out, replayed: &Replayed) -> Result<()> {
    if replayed.items.is_empty() {
        return out.line("nothing that was erased on request is there again");
    }
    let rows: Vec<_> = replayed
        .items
        .iter()
        .map(|item| {
            let of = format!("erased for {}", item.erased_for);
            let reason = item.reason.as_ref().map_or(of.clone(), |why| format!("{of}; {why}"));
            verdict_row(item.verdict, item.sha256, Some(&reason), &item.path)
        })
        .collect();
    out.table(VERDICTS, &rows)?;
    print_transactions(out, &replayed.txs)?;
    out.line(match (replayed.dry_run, replayed.complete) {
        (true, _) => "dry run: nothing was changed",
        (false, true) => "what had come back is gone again",
        (false, false) => "not everything that came back is gone",
    })
}
