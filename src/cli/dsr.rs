//! `caseward dsr`.

use super::output::{self, Out, Tone, plain, toned};
use super::{Global, print_problems, time};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::{
    DsrType, GivenIdentifier, IdentifierType, PlanScope, Regulation, RequestOption, Requester,
    Sha256, Time,
};
use crate::ops::dsr::{self, Discovered, Executed, FindingLine, NewRequest, Planned, RequestView};
use crate::text;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[derive(Debug, Subcommand)]
pub enum DsrCommand {
    /// Take a request and print its id and route
    New(DsrNew),
    /// List the requests, newest first
    List,
    /// Show a request with its history
    Show { dsr: String },
    /// Search for the request's identifiers and record what was found
    Discover {
        dsr: String,
        /// Search nothing and record nothing: say, view by view, why a file matches or does not
        #[arg(long, value_name = "PATH")]
        explain: Option<String>,
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
    #[command(hide = true)]
    Import(super::NotYet),
    #[command(hide = true)]
    Merge(super::NotYet),
    #[command(hide = true)]
    Redact(super::NotYet),
    #[command(hide = true)]
    Deny(super::NotYet),
    #[command(hide = true)]
    Extend(super::NotYet),
    #[command(hide = true)]
    Rectify(super::NotYet),
    #[command(hide = true)]
    Close(super::NotYet),
    #[command(hide = true)]
    Status(super::NotYet),
    #[command(hide = true)]
    Export(super::NotYet),
}

#[derive(Debug, Args)]
pub struct DsrNew {
    /// The tenant that the request came for
    tenant: String,
    /// access, rectify, restrict, delete or export
    #[arg(long = "type", value_name = "TYPE")]
    kind: DsrType,
    /// gdpr or ccpa
    #[arg(long)]
    regulation: Regulation,
    /// contact, end-user, customer or consulting
    #[arg(long)]
    requester: Requester,
    /// a: all tenants of the customer, whole engagements; b: the engagements named with --case
    #[arg(long, default_value = "a")]
    option: RequestOption,
    /// An engagement that option b covers; once for each
    #[arg(long = "case", value_name = "CASE")]
    cases: Vec<String>,
    /// What to search for, for example email=jane@contoso.com; once for each
    #[arg(long = "identifier", value_name = "TYPE=VALUE", value_parser = identifier)]
    identifiers: Vec<GivenIdentifier>,
    /// Accept a name of one word, which matches everybody who bears it
    #[arg(long)]
    allow_single_word: bool,
    /// When it came in; the legal clock starts then [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    received_at: Option<Time>,
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

fn identifier(text: &str) -> Result<GivenIdentifier, String> {
    let Some((kind, value)) = text.split_once('=') else {
        return Err("it is TYPE=VALUE, for example email=jane@contoso.com".to_owned());
    };
    let kind: IdentifierType = kind.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(GivenIdentifier { kind, value: value.trim().to_owned(), salt: None })
}

impl DsrCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let later = match &self {
            Self::Import(_) => Some("import"),
            Self::Merge(_) => Some("merge"),
            Self::Redact(_) => Some("redact"),
            Self::Deny(_) => Some("deny"),
            Self::Extend(_) => Some("extend"),
            Self::Rectify(_) => Some("rectify"),
            Self::Close(_) => Some("close"),
            Self::Status(_) => Some("status"),
            Self::Export(_) => Some("export"),
            _ => None,
        };
        if let Some(name) = later {
            return super::not_yet(&format!("dsr {name}"));
        }
        let (context, out) = global.open()?;
        match self {
            Self::New(new) => {
                let received = dsr::receive(
                    &context,
                    NewRequest {
                        tenant: new.tenant,
                        kind: new.kind,
                        regulation: new.regulation,
                        requester: new.requester,
                        option: new.option,
                        cases: new.cases,
                        identifiers: new.identifiers,
                        allow_single_word: new.allow_single_word,
                        received_at: new.received_at,
                    },
                )?;
                if out.json {
                    out.document("dsr-new", &received)?;
                } else {
                    out.line(received.id.as_str())?;
                    output::message(format!(
                        "route {}, to be answered by {}",
                        received.route, received.due_on
                    ));
                    match received.referral {
                        Some(referral) => output::hint(referral),
                        None => {
                            output::hint(format!("next: caseward dsr discover {}", received.id));
                        }
                    }
                }
            }
            Self::List => {
                let (requests, problems) = dsr::list(&context)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Requests {
                        requests: Vec<RequestView>,
                    }
                    out.document("dsr-list", &Requests { requests })?;
                } else {
                    print_list(&out, &requests)?;
                }
                print_problems(&problems);
            }
            Self::Show { dsr } => {
                let view = dsr::show(&context, &dsr)?;
                if out.json {
                    out.document("dsr-show", &view)?;
                } else {
                    print_request(&out, &view)?;
                }
            }
            Self::Discover { dsr, explain: Some(path) } => {
                let explained = dsr::explain(&context, &dsr, &path)?;
                if out.json {
                    out.document("dsr-explain", &explained)?;
                } else {
                    print_explained(&out, &explained)?;
                }
            }
            Self::Discover { dsr, explain: None } => {
                let found = discover(&context, &dsr)?;
                if out.json {
                    out.document("dsr-discover", &found)?;
                } else {
                    print_discovered(&out, &found)?;
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
                    print_findings(&out, &items)?;
                    for item in items.iter().filter(|_| around) {
                        print_context(&context, &out, &dsr, item)?;
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
            Self::Plan { dsr, scope, acknowledge_history_loss } => {
                let planned = dsr::plan(&context, &dsr, scope, acknowledge_history_loss)?;
                if out.json {
                    out.document("dsr-plan", &planned)?;
                } else {
                    print_plan(&out, &planned)?;
                    output::hint(format!(
                        "a second person approves it: caseward dsr approve {dsr} --as PRINCIPAL"
                    ));
                }
            }
            Self::Statement { dsr } => {
                super::print_statement(&out, &dsr::approval_statement(&context, &dsr)?)?;
            }
            Self::Approve { dsr, digest, signature } => {
                let signature = super::signature(signature.as_deref())?;
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
                    print_executed(&out, &executed)?;
                }
                return Ok(if executed.has_failures() { Exit::Refused } else { Exit::Done });
            }
            _ => return Err(Error::usage("not part of this version yet")),
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
fn discover(context: &crate::ops::Context, dsr: &str) -> Result<Discovered> {
    let cancel = Arc::new(AtomicBool::new(false));
    // Without a handler Ctrl-C still ends the program; only what was searched is lost.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&cancel));
    let watch = crate::env::Stopwatch::start();
    let shown = std::sync::Mutex::new(watch);
    let live = std::io::stderr().is_terminal();
    let found = dsr::discover(
        context,
        dsr,
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

fn print_list(out: &Out, requests: &[RequestView]) -> Result<()> {
    if requests.is_empty() {
        return out.line("no requests");
    }
    let rows: Vec<_> = requests
        .iter()
        .map(|request| {
            vec![
                toned(Tone::Strong, request.id.as_str()),
                plain(request.tenant.as_str()),
                plain(request.kind.as_str()),
                plain(request.state.as_str()),
                plain(request.requester.as_str()),
                if request.overdue {
                    toned(Tone::Bad, format!("{} overdue", request.due_on))
                } else {
                    plain(request.due_at.format("%Y-%m-%d").to_string())
                },
                plain(request.route.as_str()),
            ]
        })
        .collect();
    out.table(&["REQUEST", "TENANT", "TYPE", "STATE", "REQUESTER", "DUE", "ROUTE"], &rows)
}

fn print_request(out: &Out, view: &RequestView) -> Result<()> {
    out.line(out.tone(
        Tone::Strong,
        format!("{}: {} under {}, {}", view.id, view.kind, view.regulation, view.state),
    ))?;
    out.line(format!("for {} ({}), route {}", view.tenant, view.requester, view.route))?;
    if let Some(referral) = view.referral {
        out.line(referral)?;
    }
    out.line(format!("received {}", out.moment(view.received_at)))?;
    let due = out.moment(view.due_at);
    out.line(if view.overdue {
        out.tone(Tone::Bad, format!("overdue since {due}"))
    } else {
        format!("to be answered by {due}")
    })?;
    match view.option {
        RequestOption::A => out.line("option a: all tenants of the customer, whole engagements")?,
        RequestOption::B => {
            out.line(format!("option b: {}", text::safe(&view.cases.join(", "))))?;
        }
    }
    for identifier in &view.identifiers {
        out.line(format!("  {} {}", identifier.kind, text::safe(&identifier.value)))?;
    }
    if let Some(discovery) = &view.discovery {
        out.line(format!(
            "discovery {}: {} searched, {}{}",
            out.moment(discovery.at),
            text::plural(discovery.files, "file"),
            text::plural(discovery.findings, "finding"),
            if discovery.complete { "" } else { ", NOT complete" }
        ))?;
    }
    if let Some(plan) = &view.plan {
        out.line(format!(
            "plan {} by {}: {}, {}, scope {}",
            plan.digest,
            text::safe(&plan.by),
            text::plural(plan.items, "file"),
            text::bytes(plan.bytes),
            plan.scope
        ))?;
    }
    for execution in &view.executions {
        out.line(format!(
            "executed by {}: entries {} and {} of the log, transaction {}{}",
            text::safe(&execution.by),
            execution.begin,
            execution.end,
            execution.tx,
            if execution.recovered { " (finished after an interruption)" } else { "" }
        ))?;
    }
    out.line("")?;
    let rows: Vec<_> = view
        .decisions
        .iter()
        .map(|decision| {
            vec![
                plain(decision.at.format("%Y-%m-%d %H:%M:%S").to_string()),
                plain(decision.what.as_str()),
                plain(decision.item.as_deref().unwrap_or("-")),
                plain(&decision.by),
                plain(decision.reason.as_deref().unwrap_or("")),
            ]
        })
        .collect();
    out.table(&["TIME (UTC)", "WHAT", "ITEM", "BY", "REASON"], &rows)
}

fn print_discovered(out: &Out, found: &Discovered) -> Result<()> {
    let matches =
        found.items.iter().filter(|f| f.outcome == crate::model::FindingOutcome::Match).count();
    out.line(format!(
        "{}: {} searched ({} in {:.2} s), {} match, {} to review",
        found.dsr,
        text::plural(found.searched.files, "file"),
        text::bytes(found.searched.bytes),
        found.searched.seconds,
        matches,
        found.items.len() - matches
    ))?;
    for store in &found.not_searched {
        out.line(format!(
            "not searched: {} ({}, {}): {}",
            store.store,
            text::plural(store.files, "file"),
            text::bytes(store.bytes),
            store.why
        ))?;
    }
    for problem in &found.problems {
        out.line(format!(
            "{}: {} ({})",
            out.tone(Tone::Warn, problem.kind.as_str()),
            text::safe(&problem.path),
            text::safe(&problem.why)
        ))?;
    }
    if !found.complete {
        out.line(
            out.tone(Tone::Bad, "the result is NOT complete: something could not be searched"),
        )?;
    }
    output::hint(format!("next: caseward dsr findings {}", found.dsr));
    Ok(())
}

fn print_findings(out: &Out, items: &[FindingLine]) -> Result<()> {
    if items.is_empty() {
        return out.line("nothing was found");
    }
    let rows: Vec<_> = items
        .iter()
        .map(|line| {
            let finding = &line.finding;
            let forms: Vec<String> = finding
                .matches
                .iter()
                .map(|found| format!("#{} {}", found.identifier, found.form))
                .collect();
            let tone = match line.choice {
                "undecided" => Tone::Warn,
                "included" => Tone::Strong,
                _ => Tone::Dim,
            };
            let why = finding.reason.clone().unwrap_or_else(|| forms.join(", "));
            vec![
                plain(&finding.id),
                plain(if finding.outcome == crate::model::FindingOutcome::Match {
                    "match"
                } else {
                    "review"
                }),
                toned(tone, line.choice.replace('_', " ")),
                plain(why),
                plain(&finding.path),
            ]
        })
        .collect();
    out.table(&["ITEM", "OUTCOME", "CHOICE", "WHY", "PATH"], &rows)
}

/// The lines around a finding. A file that cannot be read again is said, and the rest goes on.
fn print_context(
    context: &crate::ops::Context,
    out: &Out,
    dsr: &str,
    item: &FindingLine,
) -> Result<()> {
    out.line("")?;
    out.line(format!(
        "{} {}",
        out.tone(Tone::Strong, &item.finding.id),
        text::safe(&item.finding.path)
    ))?;
    match dsr::contexts(context, dsr, &item.finding.id) {
        Ok(lines) => lines.iter().try_for_each(|line| {
            let why = line.reason.as_deref().unwrap_or(&line.form);
            out.line(format!(
                "  …{}{}{}…  ({why})",
                text::safe(&line.before),
                out.tone(Tone::Bad, format!("[{}]", text::safe(&line.matched))),
                text::safe(&line.after)
            ))
        }),
        Err(error) => out.line(format!("  {}", text::safe(&error.to_string()))),
    }
}

fn print_explained(out: &Out, explained: &dsr::Explained) -> Result<()> {
    out.line(format!(
        "{}: {}",
        text::safe(&explained.path),
        out.tone(Tone::Strong, explained.outcome)
    ))?;
    let rows: Vec<_> = explained
        .views
        .iter()
        .map(|view| {
            let mut said: Vec<String> = view
                .found
                .iter()
                .map(|hit| {
                    let why =
                        hit.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
                    let outcome = match hit.outcome {
                        crate::model::FindingOutcome::Match => "match",
                        crate::model::FindingOutcome::Review => "review",
                    };
                    format!("#{} {outcome} {} times{why}", hit.identifier, hit.count)
                })
                .collect();
            said.extend(view.refused.iter().map(|refused| {
                format!(
                    "#{} a part of it {} times, not the identifier",
                    refused.identifier, refused.count
                )
            }));
            if said.is_empty() {
                said.push("nothing".to_owned());
            }
            vec![
                plain(&view.form),
                plain(view.stretches.to_string()),
                plain(text::bytes(view.bytes)),
                plain(said.join("; ")),
                plain(view.member.as_deref().unwrap_or("")),
            ]
        })
        .collect();
    out.table(&["READ AS", "PIECES", "TEXT", "FOUND", "MEMBER"], &rows)?;
    for problem in &explained.problems {
        out.line(format!("{} {}", out.tone(Tone::Warn, "problem:"), text::safe(problem)))?;
    }
    Ok(())
}

fn print_plan(out: &Out, planned: &Planned) -> Result<()> {
    let rows: Vec<_> = planned
        .items
        .iter()
        .map(|item| {
            vec![
                toned(Tone::Bad, item.action.as_str()),
                plain(text::bytes(item.size)),
                plain(item.sha256.to_string().chars().take(12).collect::<String>()),
                plain(&item.why),
                plain(&item.path),
            ]
        })
        .collect();
    out.table(&["ACTION", "SIZE", "SHA-256", "WHY", "PATH"], &rows)?;
    out.line("")?;
    for engagement in &planned.engagements {
        out.line(format!(
            "{} is expunged; a tombstone without personal data stays",
            engagement.engagement
        ))?;
    }
    for warning in &planned.warnings {
        out.line(format!("{} {}", out.tone(Tone::Warn, "warning:"), text::safe(warning)))?;
    }
    out.line(format!(
        "{}, {}; digest {}",
        text::plural(planned.items.len() as u64, "file"),
        text::bytes(planned.bytes),
        planned.digest
    ))
}

fn print_executed(out: &Out, executed: &Executed) -> Result<()> {
    let rows: Vec<_> = executed
        .items
        .iter()
        .map(|item| {
            let tone = match item.verdict {
                "deleted" | "redacted" => Tone::Good,
                "failed" | "unknown" => Tone::Bad,
                _ => Tone::Warn,
            };
            let mismatch = if item.hash_mismatch { "differs from what was attached" } else { "" };
            vec![
                toned(tone, item.verdict),
                plain(item.sha256.to_string().chars().take(12).collect::<String>()),
                plain(item.reason.unwrap_or(mismatch)),
                plain(&item.path),
            ]
        })
        .collect();
    out.table(&["VERDICT", "SHA-256", "REASON", "PATH"], &rows)?;
    out.line("")?;
    for tx in &executed.txs {
        out.line(format!("transaction {}: entries {} and {} of the log", tx.tx, tx.begin, tx.end))?;
    }
    if executed.dry_run {
        return out.line("dry run: everything checks out, and nothing was changed");
    }
    out.line(if executed.complete {
        format!("{} is fulfilled: everything planned is gone", executed.dsr)
    } else {
        format!("{} is {}: not everything planned is gone", executed.dsr, executed.state)
    })?;
    output::hint(format!("next: caseward attest report {} --out DIR", executed.dsr));
    Ok(())
}
