//! `caseward doctor`.

use super::Global;
use super::output::Tone;
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::doctor::{self, Finding};
use crate::text;
use clap::Args;

#[derive(Debug, Args)]
pub struct Doctor {}

/// The user's configuration: what holds and who said so, and what is wrong in the file.
fn preferences(global: &Global) -> Vec<Finding> {
    let preferences = global.preferences();
    let mut findings = Vec::new();
    if let Some(file) = &preferences.file {
        let there = if preferences.found { "" } else { ", not there" };
        let detail = format!("{}{there} ({})", file.value.display(), file.from);
        findings.push(Finding { name: "config", ok: true, detail, hint: None });
    }
    for mistake in &preferences.mistakes {
        let (detail, hint) = (mistake.to_string(), mistake.hint.clone());
        findings.push(Finding { name: "config", ok: false, detail, hint });
    }
    for (name, value) in preferences.settings() {
        let detail = format!("{name} {value}");
        findings.push(Finding { name: "setting", ok: true, detail, hint: None });
    }
    findings
}

impl Doctor {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let mut examination = doctor::examine(&context);
        examination.add(preferences(global));
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
