//! How requests, findings, plans and outcomes look as text.

use crate::cli::output::{self, Out, Tone, plain, toned};
use crate::error::Result;
use crate::model::{FindingOutcome, LinkKind, PlanAction, RequestOption};
use crate::ops::dsr::{self, Discovered, Executed, FindingLine, Planned, RequestView};
use crate::text;

pub(super) fn print_list(out: &Out, requests: &[RequestView]) -> Result<()> {
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

pub(super) fn print_request(out: &Out, view: &RequestView) -> Result<()> {
    out.line(out.tone(
        Tone::Strong,
        format!("{}: {} under {}, {}", view.id, view.kind, view.regulation, view.state),
    ))?;
    out.line(format!("for {} ({}), route {}", view.tenant, view.requester, view.route))?;
    if let Some(referral) = view.referral {
        out.line(referral)?;
    }
    if let Some(text) = &view.referral_text {
        out.line(format!("to send: {}", text::safe(text)))?;
    }
    if let Some(swap) = view.contact_swap {
        out.line(format!("contact in open engagements: {}", swap.replace('_', " ")))?;
    }
    for link in &view.links {
        let what = match link.kind {
            LinkKind::Split => "the other part of a mixed request",
            LinkKind::Duplicate => "names the same identifiers",
        };
        out.line(format!("see {}: {what}", link.dsr))?;
    }
    let channel = view.channel.as_str().replace('_', " ");
    out.line(format!("received {}, {channel}", out.moment(view.received_at)))?;
    match (view.confirm_by, view.confirmed_at) {
        (_, Some(at)) => out.line(format!("receipt confirmed {}", out.moment(at)))?,
        (Some(day), None) if view.confirm_overdue => {
            out.line(out.tone(Tone::Bad, format!("receipt not confirmed by {day}")))?;
        }
        (Some(day), None) => out.line(format!("receipt to be confirmed by {day}"))?,
        (None, None) => {}
    }
    if let Some(extension) = &view.extension {
        let why = text::safe(&extension.reason);
        out.line(format!("extended for {}: {why}", extension.ground.as_str().replace('_', " ")))?;
    }
    if let Some(answer) = &view.answer {
        let nature = answer.nature.as_str().replace('_', " ");
        out.line(format!("answered {}: {nature}", out.moment(answer.at)))?;
        for line in [&answer.basis_of_denial, &answer.complaint_route].into_iter().flatten() {
            out.line(text::safe(line))?;
        }
    }
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

pub(super) fn print_discovered(out: &Out, found: &Discovered) -> Result<()> {
    let matches = found.items.iter().filter(|f| f.outcome == FindingOutcome::Match).count();
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

pub(super) fn print_findings(out: &Out, items: &[FindingLine]) -> Result<()> {
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
                "included" | "rewritten" => Tone::Strong,
                _ => Tone::Dim,
            };
            let why = finding.reason.clone().unwrap_or_else(|| forms.join(", "));
            vec![
                plain(&finding.id),
                plain(if finding.outcome == FindingOutcome::Match { "match" } else { "review" }),
                toned(tone, line.choice.replace('_', " ")),
                plain(why),
                plain(&finding.path),
            ]
        })
        .collect();
    out.table(&["ITEM", "OUTCOME", "CHOICE", "WHY", "PATH"], &rows)
}

/// The lines around a finding. A file that cannot be read again is said, and the rest goes on.
pub(super) fn print_context(
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

pub(super) fn print_explained(out: &Out, explained: &dsr::Explained) -> Result<()> {
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
                        FindingOutcome::Match => "match",
                        FindingOutcome::Review => "review",
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

pub(super) fn print_plan(out: &Out, planned: &Planned) -> Result<()> {
    let rows: Vec<_> = planned
        .items
        .iter()
        .map(|item| {
            vec![
                match item.action {
                    PlanAction::Delete => toned(Tone::Bad, item.action.as_str()),
                    _ => toned(Tone::Warn, item.action.as_str()),
                },
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

pub(super) fn print_executed(out: &Out, executed: &Executed) -> Result<()> {
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
        format!("{} is fulfilled: everything planned is done", executed.dsr)
    } else {
        format!("{} is {}: not everything planned is done", executed.dsr, executed.state)
    })?;
    output::hint(format!("next: caseward attest report {} --out DIR", executed.dsr));
    Ok(())
}

pub(super) fn print_shard(out: &Out, done: &dsr::Sharded) -> Result<()> {
    let files = text::plural(done.files, "file");
    let place = done.shard;
    if done.kept {
        return out.line(format!(
            "shard {place} of {} is in {} already",
            done.dsr,
            text::safe(&done.out)
        ));
    }
    out.line(format!(
        "shard {place} of {}: {files} searched, {}, {} with findings; in {}",
        done.dsr,
        text::bytes(done.bytes),
        done.found,
        text::safe(&done.out)
    ))
}
