//! `caseward doctor`.

use super::Global;
use super::output::Tone;
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::doctor;
use crate::text;
use clap::Args;

#[derive(Debug, Args)]
pub struct Doctor {}

impl Doctor {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let examination = doctor::examine(&context)?;
        if out.json {
            out.document("doctor", &examination)?;
        } else {
            out.line(format!("caseward {}", examination.version))?;
            for check in &examination.checks {
                let word = if check.ok {
                    out.tone(Tone::Good, "ok   ")
                } else {
                    out.tone(Tone::Warn, "check")
                };
                out.line(format!("{word} {}: {}", check.name, text::safe(&check.detail)))?;
                if let Some(hint) = &check.hint {
                    out.line(format!("      {hint}"))?;
                }
            }
            for problem in &examination.problems {
                let word = out.tone(Tone::Bad, "wrong");
                out.line(format!(
                    "{word} {}: {}",
                    text::safe(&problem.path),
                    text::safe(&problem.why)
                ))?;
            }
        }
        // A workspace that is not well is reported, not refused.
        Ok(Exit::Done)
    }
}
