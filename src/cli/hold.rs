//! `caseward hold`.

use super::output::{self, Out, plain};
use super::{Global, print_problems};
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::hold::{self, HoldView};
use crate::text;
use crate::workspace::Problem;
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Put a file on legal hold: nothing deletes it until the hold is released
    Add {
        /// Its path in the workspace, or CASE/NAME
        file: String,
        /// Why; never put into an attestation
        #[arg(long)]
        reason: String,
    },
    /// Release a hold; what waited for it is due again
    Release {
        /// HOLD-…
        hold: String,
    },
    /// All holds, oldest first
    List,
}

impl HoldCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::Add { file, reason } => {
                let held = hold::add(&context, &file, &reason)?;
                if out.json {
                    out.document("hold-add", &held)?;
                } else {
                    out.line(held.id.as_str())?;
                    output::message(format!("{} is held", text::safe(&held.path)));
                }
            }
            Self::Release { hold } => {
                let released = hold::release(&context, &hold)?;
                if out.json {
                    out.document("hold-release", &released)?;
                } else {
                    let path = text::safe(&released.path);
                    out.line(format!("{} is released: {path}", released.id))?;
                    output::hint(
                        "what waited for it goes with the next `caseward retention sweep`, or when \
                         its request is executed again",
                    );
                }
            }
            Self::List => {
                let (holds, problems) = hold::list(&context)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Holds {
                        holds: Vec<HoldView>,
                        problems: Vec<Problem>,
                    }
                    let problems = problems.clone();
                    out.document("hold-list", &Holds { holds, problems })?;
                } else {
                    print_list(&out, &holds)?;
                }
                print_problems(&problems);
            }
        }
        Ok(Exit::Done)
    }
}

fn print_list(out: &Out, holds: &[HoldView]) -> Result<()> {
    if holds.is_empty() {
        return out.line("no file is under legal hold");
    }
    let rows: Vec<_> = holds
        .iter()
        .map(|hold| {
            vec![
                plain(hold.id.as_str()),
                plain(hold.at.format("%Y-%m-%d").to_string()),
                plain(&hold.by),
                plain(&hold.reason),
                plain(&hold.path),
            ]
        })
        .collect();
    out.table(&["HOLD", "SINCE", "BY", "REASON", "PATH"], &rows)
}
