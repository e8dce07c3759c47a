//! `caseward access`.

use super::output::{self, Out, Tone, plain, toned};
use super::{Global, print_problems};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::{Decision, DiagnosticKind};
use crate::ops::access::{self, AccessFilter, AccessView, DecisionInput};
use crate::policy::access::Side;
use crate::text;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Ask for access to another tenant and print the request's id
    Request {
        case: String,
        /// The tenant where the problem is
        #[arg(long, value_name = "TENANT")]
        resource_tenant: String,
        /// Why the problem can only be seen there
        #[arg(long, value_name = "TEXT")]
        justification: String,
    },
    /// List requests and approved access, as far as the actor may see them
    List(AccessList),
    /// Show one request
    Show { sar: String },
    /// Approve: every slot that the actor may fill
    Approve(Decide),
    /// Reject
    Reject(Decide),
    /// Print the exact text to sign with ssh-keygen -Y sign -n decision@caseward
    Statement {
        sar: String,
        /// Decide for one side only
        #[arg(long, value_enum)]
        slot: Option<SlotName>,
        /// approved or rejected
        #[arg(long, default_value = "approved")]
        decision: Decision,
    },
    /// Print a message for those who decide, to be sent by any means; it holds no link
    Notice { sar: String },
    /// Remove approved access at once
    Remove { sar: String },
    /// Withdraw a pending request
    Withdraw { sar: String },
    /// Whether diagnostics may be collected now: exit 0 or 1
    Check {
        case: String,
        /// The tenant to collect from [default: the case's]
        #[arg(long)]
        tenant: Option<String>,
        /// The kind of diagnostics, for example sign_in_logs
        #[arg(long, default_value = "other", hide_default_value = true)]
        kind: DiagnosticKind,
    },
}

#[derive(Debug, Args)]
pub struct AccessList {
    /// Only those that await a decision
    #[arg(long, conflicts_with_all = ["approved", "all"])]
    pending: bool,
    /// Only approved access, with what was completed less than 30 days ago
    #[arg(long, conflicts_with = "all")]
    approved: bool,
    /// Everything there ever was
    #[arg(long)]
    all: bool,
    #[arg(long)]
    tenant: Option<String>,
}

#[derive(Debug, Args)]
pub struct Decide {
    sar: String,
    /// Decide for one side only
    #[arg(long, value_enum)]
    slot: Option<SlotName>,
    /// The decider's signature over what `access statement` prints
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

impl Decide {
    fn run(&self, context: &crate::ops::Context, decision: Decision) -> Result<AccessView> {
        let signature = super::signature(self.signature.as_deref())?;
        let side = self.slot.map(Side::from);
        let input = DecisionInput { decision, side, signature: signature.as_deref() };
        access::decide(context, &self.sar, input)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SlotName {
    Request,
    Resource,
}

impl From<SlotName> for Side {
    fn from(slot: SlotName) -> Self {
        match slot {
            SlotName::Request => Self::Request,
            SlotName::Resource => Self::Resource,
        }
    }
}

impl AccessCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::Request { case, resource_tenant, justification } => {
                let request = access::request(&context, &case, &resource_tenant, &justification)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Made<'a> {
                        id: &'a str,
                        case: &'a str,
                        request_tenant: &'a str,
                        resource_tenant: &'a str,
                        state: &'a str,
                    }
                    out.document(
                        "access-request",
                        &Made {
                            id: request.id.as_str(),
                            case: request.case.as_str(),
                            request_tenant: request.request_tenant.as_str(),
                            resource_tenant: request.resource_tenant.as_str(),
                            state: "pending",
                        },
                    )?;
                } else {
                    out.line(request.id.as_str())?;
                    output::hint(format!(
                        "administrators of {} and {} decide: caseward access approve {} --as …",
                        request.request_tenant, request.resource_tenant, request.id
                    ));
                }
            }
            Self::List(list) => {
                let filter = match (list.pending, list.approved, list.all) {
                    (true, _, _) => AccessFilter::Pending,
                    (_, true, _) => AccessFilter::Approved,
                    (_, _, true) => AccessFilter::All,
                    _ => AccessFilter::Current,
                };
                let (requests, problems) = access::list(&context, filter, list.tenant.as_deref())?;
                if out.json {
                    #[derive(Serialize)]
                    struct Requests {
                        requests: Vec<AccessView>,
                    }
                    out.document("access-list", &Requests { requests })?;
                } else {
                    print_list(&out, &requests)?;
                }
                print_problems(&problems);
            }
            Self::Show { sar } => print(&out, &access::show(&context, &sar)?)?,
            Self::Statement { sar, slot, decision } => {
                let text = access::statement(&context, &sar, decision, slot.map(Side::from))?;
                super::print_statement(&out, &text)?;
            }
            Self::Approve(decide) => print(&out, &decide.run(&context, Decision::Approved)?)?,
            Self::Reject(decide) => {
                print(&out, &decide.run(&context, Decision::Rejected)?)?;
                output::hint(
                    "resolution may be slower; the engineer may ask the customer to supply the data [SAR-9]",
                );
            }
            Self::Notice { sar } => {
                let notice = access::notice(&context, &sar)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Notice<'a> {
                        notice: &'a str,
                    }
                    out.document("access-notice", &Notice { notice: &notice })?;
                } else {
                    out.line(notice.trim_end())?;
                }
            }
            Self::Remove { sar } => print(&out, &access::remove(&context, &sar)?)?,
            Self::Withdraw { sar } => print(&out, &access::withdraw(&context, &sar)?)?,
            Self::Check { case, tenant, kind } => {
                let check = access::check(&context, &case, tenant.as_deref(), kind)?;
                if out.json {
                    out.document("access-check", &check)?;
                } else {
                    let word = if check.allowed {
                        out.tone(Tone::Good, "allowed")
                    } else {
                        out.tone(Tone::Bad, "denied")
                    };
                    out.line(format!("{word}: {} [{}]", text::safe(&check.reason), check.rule))?;
                    if let Some(end) = check.expires_at {
                        out.line(format!("until {}", out.moment(end)))?;
                    }
                    if let Some(hint) = &check.hint {
                        output::hint(hint);
                    }
                }
                return Ok(if check.allowed { Exit::Done } else { Exit::Refused });
            }
        }
        Ok(Exit::Done)
    }
}

fn print_list(out: &Out, requests: &[AccessView]) -> Result<()> {
    if requests.is_empty() {
        return out.line("no requests");
    }
    let rows: Vec<_> = requests
        .iter()
        .map(|request| {
            let tone = match request.state {
                "approved" => Tone::Good,
                "pending" => Tone::Warn,
                _ => Tone::Plain,
            };
            vec![
                toned(Tone::Strong, request.id.as_str()),
                toned(tone, request.state),
                plain(request.case.as_str()),
                plain(request.request_tenant.as_str()),
                plain(request.resource_tenant.as_str()),
                plain(request.created_at.format("%Y-%m-%d").to_string()),
                plain(&request.justification),
            ]
        })
        .collect();
    out.table(&["REQUEST", "STATE", "CASE", "FROM", "TO", "CREATED", "JUSTIFICATION"], &rows)
}

fn print(out: &Out, view: &AccessView) -> Result<()> {
    if out.json {
        return out.document("access-show", view);
    }
    out.line(format!("{}: {}", view.id, out.tone(Tone::Strong, view.state)))?;
    out.line(format!(
        "case {} of {}, access to {}",
        view.case, view.request_tenant, view.resource_tenant
    ))?;
    out.line(format!("{} — {}", text::safe(&view.created_by), text::safe(&view.justification)))?;
    let sides = [
        (&view.request_tenant, &view.request_decision),
        (&view.resource_tenant, &view.resource_decision),
    ];
    for (tenant, decision) in sides {
        if let Some(slot) = decision {
            out.line(format!(
                "{} for {tenant} by {}, {}",
                slot.decision,
                text::safe(&slot.by),
                out.moment(slot.at)
            ))?;
        }
    }
    if let Some(end) = view.expires_at {
        let what = if view.state == "pending" { "expires" } else { "ends" };
        out.line(format!("{what} {} unless something happens before", out.moment(end)))?;
    }
    if let Some(until) = view.listed_until {
        out.line(format!("listed until {}", out.moment(until)))?;
    }
    Ok(())
}
