//! `caseward transfer` for people.

use crate::cli::output::{self, Out, Tone, plain, toned};
use crate::cli::retention::{VERDICTS, print_transactions, verdict_row};
use crate::error::Result;
use crate::ops::dsr::ExecutedTx;
use crate::ops::transfer::{
    Checked, DeletedItem, FolderView, Linked, TransferDone, TransferRequestView,
};
use crate::text;

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

pub(super) fn linked(out: &Out, linked: &Linked) -> Result<()> {
    if let Some(at) = linked.expires_at {
        out.line(format!("the link of case {} is valid until {}", linked.case, out.moment(at)))?;
    }
    let accounts = text::safe(&linked.accounts.join(", ")).into_owned();
    if accounts.is_empty() {
        out.line("no account is listed yet")?;
        output::hint(format!("list one: caseward transfer link {} --account UPN", linked.case));
    } else {
        out.line(format!("accounts: {accounts}"))?;
    }
    match &linked.region {
        Some(region) => out.line(format!("region: {}", text::safe(region))),
        None => Ok(()),
    }
}

pub(super) fn folder(out: &Out, folder: &FolderView) -> Result<()> {
    out.line(format!("transfer folder of case {}: {}", folder.case, spaced(folder.state)))?;
    if let Some(at) = folder.link_expires_at {
        out.line(format!("link until {}", out.moment(at)))?;
    }
    if let Some(at) = folder.due_at {
        out.line(format!("deleted {}", out.moment(at)))?;
    }
    if !folder.accounts.is_empty() {
        out.line(format!("accounts: {}", text::safe(&folder.accounts.join(", "))))?;
    }
    if folder.files.is_empty() {
        return out.line("no files");
    }
    out.line("")?;
    let rows: Vec<_> = folder
        .files
        .iter()
        .map(|file| {
            let at = file.at.map(|at| at.format("%Y-%m-%d").to_string());
            vec![
                plain(&file.name),
                plain(text::bytes(file.size)),
                plain(at.as_deref().unwrap_or("unregistered")),
                plain(file.by.as_deref().unwrap_or("-")),
                toned(Tone::Warn, if file.held { "held" } else { "" }),
            ]
        })
        .collect();
    out.table(&["FILE", "SIZE", "DATE", "BY", ""], &rows)
}

pub(super) fn items(out: &Out, items: &[DeletedItem], txs: &[ExecutedTx]) -> Result<()> {
    let rows: Vec<_> = items
        .iter()
        .map(|item| verdict_row(item.verdict, item.sha256, item.reason.as_deref(), &item.path))
        .collect();
    if rows.is_empty() {
        out.line("no files")?;
    } else {
        out.table(VERDICTS, &rows)?;
    }
    print_transactions(out, txs)
}

pub(super) fn requests(out: &Out, requests: &[TransferRequestView]) -> Result<()> {
    if requests.is_empty() {
        return out.line("no request to delete transfer files");
    }
    let rows: Vec<_> = requests
        .iter()
        .map(|request| {
            vec![
                toned(Tone::Strong, request.id.as_str()),
                plain(request.tenant.as_str()),
                plain(spaced(request.state.as_str())),
                plain(request.submitted_at.format("%Y-%m-%d").to_string()),
                plain(request.dsr.as_deref().unwrap_or("-")),
            ]
        })
        .collect();
    out.table(&["REQUEST", "TENANT", "STATE", "SUBMITTED", "DSR"], &rows)
}

pub(super) fn request(out: &Out, view: &TransferRequestView) -> Result<()> {
    let head = format!("{}  {}", view.id, spaced(view.state.as_str()));
    out.line(out.tone(Tone::Strong, head))?;
    let scope = if view.cases.is_empty() {
        "all cases of the account".to_owned()
    } else {
        view.cases.join(", ")
    };
    out.line(format!("of {}, {scope}", view.tenant))?;
    let by = text::safe(&view.submitted_by).into_owned();
    out.line(format!("submitted {} by {by}", out.moment(view.submitted_at)))?;
    if let Some(dsr) = &view.dsr {
        out.line(format!("for {dsr}, which is not fulfilled before this is closed"))?;
    }
    let rows: Vec<_> = view
        .branches
        .iter()
        .map(|branch| {
            let due = branch.due_at.map_or_else(|| "-".to_owned(), |at| out.moment(at));
            let gone = view.results.iter().find(|result| result.case == branch.case);
            vec![
                plain(&branch.case),
                plain(spaced(branch.branch.as_str())),
                plain(due),
                plain(match gone {
                    None => "",
                    Some(result) if result.gone => "gone",
                    Some(_) => "files are left",
                }),
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.line("")?;
        out.table(&["CASE", "BRANCH", "DELETED BY ITSELF", "MEASURED"], &rows)?;
    }
    out.line("")?;
    for decision in &view.decisions {
        let reason = decision.reason.as_ref().map_or(String::new(), |why| format!(": {why}"));
        let line = format!(
            "{} {} by {}{reason}",
            decision.at.format("%Y-%m-%d %H:%M"),
            decision.what,
            decision.by
        );
        out.line(text::safe(&line))?;
    }
    output::hint(format!("next: {}", view.next));
    Ok(())
}

pub(super) fn executed(out: &Out, done: &TransferDone) -> Result<()> {
    items(out, &done.items, &done.txs)?;
    out.line(match (done.dry_run, done.complete) {
        (true, _) => "dry run: nothing was changed".to_owned(),
        (false, true) => "nothing is left in the folders of this request".to_owned(),
        (false, false) => {
            format!("{} is in state {}", done.request.id, spaced(done.request.state.as_str()))
        }
    })?;
    output::hint(format!("next: {}", done.request.next));
    Ok(())
}

pub(super) fn checked(out: &Out, checked: &Checked) -> Result<()> {
    let count = text::plural(checked.items.len() as u64, "file");
    out.line(format!("found in other stores: {count}"))?;
    let rows: Vec<_> = checked
        .items
        .iter()
        .map(|item| vec![plain(item.outcome.as_str()), plain(&item.path)])
        .collect();
    if !rows.is_empty() {
        out.table(&["OUTCOME", "PATH"], &rows)?;
    }
    let rows: Vec<_> = checked
        .from_transfer
        .iter()
        .map(|copy| vec![plain(&copy.origin), plain(&copy.path)])
        .collect();
    if !rows.is_empty() {
        out.line("copies of transfer files, to be looked at:")?;
        out.table(&["ORIGIN", "PATH"], &rows)?;
    }
    if !checked.complete {
        out.line(
            out.tone(Tone::Warn, "the check was not complete: something could not be searched"),
        )?;
    }
    output::hint(format!("next: {}", checked.request.next));
    Ok(())
}
