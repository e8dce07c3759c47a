//! `caseward dsr confirm`, `extend`, `deny`, `hold`, `resume`, `close`, `restrict`, `swap-contact`,
//! `export` and `status`: clocks and answers.

use crate::cli::output::{self, Out, Tone};
use crate::error::Result;
use crate::ops::Context;
use crate::ops::dsr::{self, Replacement, RequestStatus, Stepped};
use crate::text;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Extend {
    dsr: String,
    /// complexity or number-of-requests; that a processor has the data is none
    #[arg(long, default_value = "complexity")]
    ground: String,
    /// What the data subject is told
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct Deny {
    dsr: String,
    /// What the data subject is told
    #[arg(long)]
    reason: String,
    /// What the data subject is told about complaining [default: what the law names]
    #[arg(long, value_name = "TEXT")]
    complaint_route: Option<String>,
    /// Record a denial that comes after the first period
    #[arg(long)]
    late: bool,
}

#[derive(Debug, Args)]
pub struct Hold {
    dsr: String,
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct Close {
    dsr: String,
    /// Whatever should be remembered of the answer
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct Restrict {
    dsr: String,
    #[arg(long, default_value = "")]
    reason: String,
}

#[derive(Debug, Args)]
pub struct SwapContact {
    dsr: String,
    /// Who takes the contact's place, a principal of the customer
    #[arg(long, value_name = "UPN")]
    replacement: String,
    /// Reference of the replacement's own confirmation
    #[arg(long, value_name = "REF", default_value = "")]
    confirmed: String,
    /// A number, when the replacement is to be phoned
    #[arg(long)]
    phone: Option<String>,
}

#[derive(Debug, Args)]
pub struct Export {
    dsr: String,
    /// A new or empty directory
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Extend {
    pub(super) fn run(&self, context: &Context, out: &Out) -> Result<()> {
        let stepped = dsr::extend(context, &self.dsr, &self.ground, &self.reason)?;
        say(out, "dsr-extend", &stepped)
    }
}

impl Deny {
    pub(super) fn run(&self, context: &Context, out: &Out) -> Result<()> {
        let route = self.complaint_route.as_deref();
        let stepped = dsr::deny(context, &self.dsr, &self.reason, route, self.late)?;
        say(out, "dsr-deny", &stepped)
    }
}

impl Hold {
    pub(super) fn run(&self, context: &Context, out: &Out) -> Result<()> {
        say(out, "dsr-hold", &dsr::hold(context, &self.dsr, &self.reason)?)
    }
}

impl Close {
    pub(super) fn run(&self, context: &Context, out: &Out) -> Result<()> {
        say(out, "dsr-close", &dsr::close(context, &self.dsr, self.reason.as_deref())?)
    }
}

pub(super) fn resume(context: &Context, out: &Out, dsr: &str) -> Result<()> {
    say(out, "dsr-resume", &dsr::resume(context, dsr)?)
}

pub(super) fn confirm(context: &Context, out: &Out, dsr: &str) -> Result<()> {
    say(out, "dsr-confirm", &dsr::confirm(context, dsr)?)
}

fn say(out: &Out, name: &str, stepped: &Stepped) -> Result<()> {
    if out.json {
        return out.document(name, stepped);
    }
    out.line(format!("{} is in state {}", stepped.id, stepped.state))?;
    if let Some(day) = stepped.extended_to {
        out.line(format!("to be answered by {day}"))?;
    }
    if let Some(answer) = &stepped.answer {
        let late = if answer.late { ", late" } else { "" };
        out.line(format!("answered: {}{late}", answer.nature.as_str().replace('_', " ")))?;
    }
    if let Some(notice) = &stepped.notice {
        output::message(format!("to send: {}", text::safe(notice)));
    }
    Ok(())
}

impl Restrict {
    pub(super) fn run(&self, context: &Context, out: &Out) -> Result<()> {
        let restricted = dsr::restrict(context, &self.dsr, &self.reason)?;
        if out.json {
            return out.document("dsr-restrict", &restricted);
        }
        for engagement in &restricted.engagements {
            let closed = restricted.closed.contains(engagement);
            let word = if closed { "closed and restricted" } else { "restricted" };
            out.line(format!("{engagement} is {word}"))?;
        }
        output::hint(format!("when the answer is sent: caseward dsr close {}", restricted.id));
        Ok(())
    }
}

impl SwapContact {
    pub(super) fn run(self, context: &Context, out: &Out) -> Result<()> {
        let with =
            Replacement { upn: self.replacement, confirmed: self.confirmed, phone: self.phone };
        let swapped = dsr::swap_contact(context, &self.dsr, &with)?;
        if out.json {
            return out.document("dsr-swap-contact", &swapped);
        }
        for engagement in &swapped.engagements {
            out.line(format!("{engagement} has another contact now"))?;
        }
        for engagement in &swapped.transfer_accounts {
            output::message(format!(
                "warning: the transfer link of {engagement} still lists the former contact"
            ));
        }
        Ok(())
    }
}

impl Export {
    pub(super) fn run(&self, context: &Context, out: &Out) -> Result<()> {
        let exported = dsr::export(context, &self.dsr, &self.out)?;
        if out.json {
            return out.document("dsr-export", &exported);
        }
        for item in &exported.items {
            out.line(format!(
                "{} {:>9} {} {}",
                &item.sha256.to_string()[..12],
                text::bytes(item.size),
                item.file,
                if item.redacted { "(redacted)" } else { "" }
            ))?;
        }
        for left in &exported.left_out {
            out.line(format!(
                "{} {} ({}): {}",
                out.tone(Tone::Warn, "left out:"),
                left.finding,
                left.kind,
                text::safe(&left.reason)
            ))?;
        }
        out.line(format!(
            "{} in {}, with manifest.json and index.html",
            text::plural(exported.items.len() as u64, "file"),
            text::safe(&exported.out)
        ))?;
        output::hint(format!("when it is sent: caseward dsr close {}", exported.dsr));
        Ok(())
    }
}

pub(super) fn status(context: &Context, out: &Out, dsr: &str) -> Result<()> {
    let status: RequestStatus = dsr::request_status(context, dsr)?;
    if out.json {
        return out.document("dsr-status", &status);
    }
    out.line(format!("{}: {} ({})", status.id, status.state, status.request_status))?;
    let late = if status.overdue { ", overdue" } else { "" };
    out.line(format!("to be answered by {}{late}", status.due_on))?;
    match (status.confirm_by, status.confirmed_at) {
        (_, Some(at)) => out.line(format!("receipt confirmed {}", out.moment(at)))?,
        (Some(day), None) => {
            let late = if status.confirm_overdue { ", overdue" } else { "" };
            out.line(format!("receipt to be confirmed by {day}{late}"))?;
        }
        (None, None) => {}
    }
    Ok(())
}
