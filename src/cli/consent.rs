//! `caseward consent`.

use super::Global;
use super::output::{Out, Tone, plain};
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::Context;
use crate::ops::consent::{self, ConsentView};
use crate::workspace::CaseRef;
use clap::{Args, Subcommand};
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub enum ConsentCommand {
    /// The state, why, and until when
    Show { case: String },
    /// Record that the customer agreed
    Grant(Answer),
    /// Record that the customer declined or withdrew
    Revoke(Answer),
}

#[derive(Debug, Args)]
pub struct Answer {
    case: String,
    /// Which consent: advanced_diagnostics, or a secondary one such as memory_dump
    #[arg(long)]
    kind: Option<String>,
    /// Who answered [default: the acting customer, else the case's contact]
    #[arg(long, value_name = "UPN")]
    by: Option<String>,
}

impl ConsentCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let (case, view) = match self {
            Self::Show { case } => consent::show(&context, &case)?,
            Self::Grant(a) => {
                consent::answer(&context, &a.case, true, a.kind.as_deref(), a.by.as_deref())?
            }
            Self::Revoke(a) => {
                consent::answer(&context, &a.case, false, a.kind.as_deref(), a.by.as_deref())?
            }
        };
        print(&context, &out, &case, &view)?;
        Ok(Exit::Done)
    }
}

fn print(context: &Context, out: &Out, case: &CaseRef, view: &ConsentView) -> Result<()> {
    if out.json {
        #[derive(Serialize)]
        struct Document<'a> {
            case: &'a str,
            tenant: &'a str,
            #[serde(flatten)]
            view: &'a ConsentView,
        }
        let document = Document { case: case.id.as_str(), tenant: case.tenant.as_str(), view };
        return out.document("consent-show", &document);
    }
    let tone = if view.state == "active" { Tone::Good } else { Tone::Warn };
    let words = consent::in_words(view.state, view.expires_at, context.now);
    out.line(format!("case {}: consent is {}", case.id, out.tone(tone, words)))?;
    out.line(format!("{} (regime {})", view.why, view.regime))?;
    if let Some(end) = view.expires_at {
        let word = if end > context.now { "expires" } else { "expired" };
        out.line(format!("{word} {}", out.moment(end)))?;
    }
    if view.needs_reprompt {
        out.line(format!("ask the customer again: caseward consent grant {}", case.id))?;
    }
    if !view.history.is_empty() {
        out.line("")?;
        let rows: Vec<_> = view
            .history
            .iter()
            .map(|entry| {
                vec![
                    plain(entry.at.format("%Y-%m-%d %H:%M UTC").to_string()),
                    plain(entry.answer.as_str()),
                    plain(&entry.by),
                    plain(&entry.kind),
                ]
            })
            .collect();
        out.table(&["ANSWERED", "ANSWER", "BY", "FOR"], &rows)?;
    }
    Ok(())
}
