//! `caseward generate`: a made-up workspace for tests and benches.

use super::Global;
use super::output::{Out, message};
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::generate::{self, NewGenerated};
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Generate {
    /// Where to make it; must not exist, or be empty
    dir: PathBuf,
    /// How many cases
    #[arg(long, value_name = "N")]
    cases: u64,
    /// The same seed, number and moment ($CASEWARD_NOW) give the same records
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
}

impl Generate {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let out = Out::new(global.json, global.color, crate::env::wall_clock());
        let new = NewGenerated { dir: self.dir, cases: self.cases, seed: self.seed };
        let live = std::io::stderr().is_terminal();
        let mut last = crate::env::Stopwatch::start();
        let made = generate::generate(&new, &mut |done, total| {
            if live && last.seconds() >= 0.5 {
                last = crate::env::Stopwatch::start();
                message(format!("{done} of {total} cases"));
            }
        })?;
        if out.json {
            out.document("generated", &made)?;
            return Ok(Exit::Done);
        }
        out.line(format!(
            "{} cases of {} customers in {}: {} files, {} bytes",
            made.written.cases,
            made.customers,
            crate::text::safe(&made.made.dir),
            made.written.files,
            made.written.bytes
        ))?;
        Ok(Exit::Done)
    }
}
