//! `caseward status`.

use super::Global;
use super::output::{Out, Tone, plain, toned};
use super::print_problems;
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::status;
use crate::text;
use clap::Args;

#[derive(Debug, Args)]
pub struct Status {}

impl Status {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let status = status::status(&context)?;
        if out.json {
            out.document("status", &status)?;
        } else {
            print(&out, &status)?;
            print_problems(&status.problems);
        }
        Ok(Exit::Done)
    }
}

fn print(out: &Out, status: &status::Status) -> Result<()> {
    let name = text::safe(&status.workspace);
    let clock = if status.test_clock { " (test clock)" } else { "" };
    out.line(out.tone(
        Tone::Strong,
        format!("{name}, {}{clock}", status.now.format("%Y-%m-%d %H:%M UTC")),
    ))?;
    out.line(format!(
        "{} with {} open, {} closed and {} expunged",
        text::plural(status.tenants as u64, "tenant"),
        text::plural(status.cases_open as u64, "case"),
        status.cases_closed,
        status.cases_expunged
    ))?;
    out.line(format!(
        "{} pending, {} approved; {} open",
        text::plural(status.access_pending as u64, "access request"),
        status.access_approved,
        text::plural(status.dsr_open as u64, "data subject request")
    ))?;
    if status.due.is_empty() {
        return out.line(format!("nothing is due within {} days", status::SOON_DAYS));
    }
    out.line("")?;
    let rows: Vec<_> = status
        .due
        .iter()
        .map(|due| {
            let state = match (due.held, due.overdue) {
                (true, true) => toned(Tone::Bad, "held, overdue"),
                (true, false) => toned(Tone::Warn, "held"),
                (false, true) => toned(Tone::Bad, "overdue"),
                (false, false) => plain("due"),
            };
            vec![state, plain(due.what), plain(out.moment(due.at)), plain(&due.path)]
        })
        .collect();
    out.table(&["STATE", "WHAT", "WHEN", "PATH"], &rows)
}
