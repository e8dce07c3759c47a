//! `caseward case`.

use super::attach::print_contents;
use super::output::{self, Out, Tone, plain, toned};
use super::{Global, print_problems};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::{ContactMethod, Id, Portal, RecordKind, Severity};
use crate::ops::Context;
use crate::ops::case::{self, CaseFilter, CaseLine, CaseView, NewCase};
use crate::ops::consent;
use crate::outside;
use crate::text;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::io::{IsTerminal, Read};
use std::mem::ManuallyDrop;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum CaseCommand {
    /// Open a case and print its id
    New(CaseNew),
    /// List the cases, newest first
    List {
        /// Only this tenant's
        #[arg(long)]
        tenant: Option<String>,
        /// Only open ones
        #[arg(long)]
        open: bool,
        /// Only those with all these words in id, title, tenant, product, severity or engineer
        #[arg(long, value_name = "TEXT")]
        filter: Option<String>,
    },
    /// Show a case with everything that belongs to it
    Show {
        /// ID or TENANT/ID
        case: String,
    },
    /// Assign a case to an engineer
    Assign {
        case: String,
        #[arg(long, value_name = "PRINCIPAL")]
        engineer: String,
    },
    /// Change the severity
    SetSeverity {
        case: String,
        severity: Severity,
        /// Whose request it is, once the case is assigned
        #[arg(long, value_name = "UPN")]
        on_request_of: Option<String>,
    },
    /// Close a case: ends consent and access, starts the clock of the transfer files
    Close { case: String },
    /// Mark a closed case: not to be reopened without the customer's permission
    Restrict {
        case: String,
        #[arg(long)]
        note: Option<String>,
    },
    /// Reopen a closed case; what closing ended stays ended
    Reopen {
        case: String,
        /// Reference of the customer's permission, for a restricted case
        #[arg(long, value_name = "REF")]
        customer_permission: Option<String>,
    },
    /// Always refused: points at data subject requests
    Rm { case: String },
    /// Add a note, chat, e-mail or call to a case
    Note(CaseNote),
    /// Read one of its records: a note, chat, e-mail or call; reading is logged
    Record { case: String, name: String },
}

#[derive(Debug, Args)]
pub struct CaseNew {
    tenant: String,
    #[arg(long)]
    title: String,
    #[arg(long)]
    description: Option<String>,
    /// minimal, moderate, critical or highest_critical_impact
    #[arg(long)]
    severity: Severity,
    #[arg(long)]
    product: String,
    /// A principal of the tenant
    #[arg(long, value_name = "UPN")]
    contact: String,
    /// azure, entra_admin, m365_admin or other
    #[arg(long)]
    portal: Portal,
    /// Whether the customer allows the collection of advanced diagnostics
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no, required = true, action = clap::ArgAction::Set)]
    advanced_diagnostics: bool,
    /// email or phone
    #[arg(long, default_value = "email", value_name = "METHOD")]
    contact_method: ContactMethod,
    #[arg(long)]
    phone: Option<String>,
    /// ISO 3166-1 alpha-3 [default: ZZZ, unknown]
    #[arg(long, default_value = "ZZZ", hide_default_value = true)]
    country: String,
    #[arg(long, default_value = "en")]
    language: String,
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// Assign it at once
    #[arg(long, value_name = "PRINCIPAL")]
    assign: Option<String>,
    /// Minutes agreed for the first answer, from now
    #[arg(long, value_name = "MINUTES")]
    sla_minutes: Option<u32>,
}

#[derive(Debug, Args)]
pub struct CaseNote {
    case: String,
    /// note, chat, email or call
    #[arg(long, default_value = "note")]
    kind: RecordKind,
    /// Never given to a data subject
    #[arg(long)]
    internal: bool,
    /// Read it from a file (`-`: standard input) [default: $VISUAL or $EDITOR]
    #[arg(long)]
    file: Option<PathBuf>,
}

fn yes_or_no(word: &str) -> Result<bool, String> {
    match word {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it is yes or no".to_owned()),
    }
}

#[derive(Serialize)]
struct Done<'a> {
    id: &'a Id,
    tenant: &'a Id,
}

impl CaseCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::New(new) => {
                let (case_ref, case) = case::open(
                    &context,
                    NewCase {
                        tenant: new.tenant,
                        title: new.title,
                        description: new.description,
                        severity: new.severity,
                        product: new.product,
                        portal: new.portal,
                        contact: new.contact,
                        contact_method: new.contact_method,
                        phone: new.phone,
                        country: new.country,
                        language: new.language,
                        time_zone: new.time_zone,
                        advanced_diagnostics: new.advanced_diagnostics,
                        assign: new.assign,
                        sla_minutes: new.sla_minutes,
                    },
                )?;
                if out.json {
                    out.document("case-new", &Done { id: &case_ref.id, tenant: &case_ref.tenant })?;
                } else {
                    out.line(case_ref.id.as_str())?;
                    if case.assigned_to.is_none() {
                        output::hint(format!(
                            "assign it: caseward case assign {} --engineer {}",
                            case_ref.id, context.actor.principal
                        ));
                    }
                }
            }
            Self::List { tenant, open, filter } => {
                let filter = CaseFilter { tenant, open_only: open, text: filter };
                // A filter that names nothing is an error of its own, not a list that breaks off.
                filter.known_tenant(&context)?;
                if out.json {
                    out.begin("case-list", "cases")?;
                }
                let (cases, problems) = case::list(&context, &filter)?;
                // The program ends behind this: taking a hundred thousand lines apart is work for
                // nobody.
                let cases = ManuallyDrop::new(cases);
                if out.json {
                    out.items(&cases)?;
                    output::close_with("problems", &problems)?;
                } else {
                    print_list(&context, &out, &cases)?;
                }
                print_problems(&problems);
            }
            Self::Show { case } => {
                let case_ref = context.workspace.find_case(&case)?;
                let view = case::show(&context, &case_ref)?;
                if out.json {
                    out.document("case-show", &view)?;
                } else {
                    print_case(&context, &out, &view)?;
                    print_problems(&view.problems);
                }
            }
            Self::Assign { case, engineer } => {
                let done = case::assign(&context, &case, &engineer)?;
                say(&out, "case-assign", &done, &format!("assigned to {engineer}"))?;
            }
            Self::SetSeverity { case, severity, on_request_of } => {
                let done = case::set_severity(&context, &case, severity, on_request_of.as_deref())?;
                say(&out, "case-set-severity", &done, &format!("is {severity}"))?;
            }
            Self::Close { case } => {
                let closed = case::close(&context, &case)?;
                if out.json {
                    out.document("case-close", &closed)?;
                } else {
                    out.line(format!("case {} is closed; its consent has ended", closed.id))?;
                    for sar in &closed.completed {
                        out.line(format!("{sar}: access is Completed"))?;
                    }
                    for sar in &closed.canceled {
                        out.line(format!("{sar}: the request is canceled"))?;
                    }
                    if let Some(at) = closed.transfer_due_at {
                        out.line(format!("transfer files are deleted {}", out.moment(at)))?;
                    }
                }
            }
            Self::Restrict { case, note } => {
                let done = case::restrict(&context, &case, note)?;
                say(&out, "case-restrict", &done, "is not to be reopened without permission")?;
            }
            Self::Reopen { case, customer_permission } => {
                let done = case::reopen(&context, &case, customer_permission)?;
                say(
                    &out,
                    "case-reopen",
                    &done,
                    "is open again; consent and access are not restored",
                )?;
            }
            Self::Rm { case } => case::remove(&context, &case)?,
            Self::Note(note) => note.run(global, &context, &out)?,
            Self::Record { case, name } => {
                let case = context.workspace.find_case(&case)?;
                let (view, bytes) = case::read_record(&context, &case, &name)?;
                print_contents(&out, "case-record", &view, &view.path, &bytes)?;
            }
        }
        Ok(Exit::Done)
    }
}

fn say(out: &Out, name: &str, case: &crate::workspace::CaseRef, what: &str) -> Result<()> {
    if out.json {
        out.document(name, &Done { id: &case.id, tenant: &case.tenant })
    } else {
        out.line(format!("case {} {}", case.id, text::safe(what)))
    }
}

impl CaseNote {
    fn run(self, global: &Global, context: &Context, out: &Out) -> Result<()> {
        let (mut source, shown): (Box<dyn Read>, String) = match &self.file {
            Some(path) if path.as_os_str() == "-" => {
                (Box::new(std::io::stdin()), "standard input".to_owned())
            }
            Some(path) => (Box::new(outside::open_regular(path)?), path.display().to_string()),
            None if !std::io::stdin().is_terminal() => {
                (Box::new(std::io::stdin()), "standard input".to_owned())
            }
            None => (Box::new(std::io::Cursor::new(from_editor(global)?)), "the editor".to_owned()),
        };
        let noted =
            case::add_record(context, &self.case, self.kind, self.internal, &mut *source, &shown)?;
        if out.json {
            #[derive(Serialize)]
            struct Added<'a> {
                id: &'a str,
                #[serde(flatten)]
                noted: &'a case::Noted,
            }
            out.document("case-note", &Added { id: &noted.name, noted: &noted })
        } else {
            out.line(format!("{} ({})", noted.path, text::bytes(noted.size)))
        }
    }
}

/// What the user writes in their editor.
fn from_editor(global: &Global) -> Result<Vec<u8>> {
    let editor = global.preferences().require_editor()?;
    crate::tools::edit(&editor, "note.md", b"").map_err(|error| Error::Usage {
        message: format!("nothing was added: {error}"),
        hint: Some("set $EDITOR to a program that waits, or use --file FILE".to_owned()),
    })
}

fn print_list(context: &Context, out: &Out, cases: &[CaseLine]) -> Result<()> {
    let rows: Vec<_> = cases
        .iter()
        .map(|line| {
            let consent = line.consent.map_or_else(
                || "-".to_owned(),
                |state| consent::in_words(state, line.consent_expires_at, context.now),
            );
            let access = match (line.access_pending, line.access_approved) {
                (0, 0) => "-".to_owned(),
                (pending, 0) => format!("{pending} pending"),
                (0, approved) => format!("{approved} approved"),
                (pending, approved) => format!("{approved} approved, {pending} pending"),
            };
            let overdue = line.due.iter().filter(|due| due.overdue).count();
            let due = match line.due.first() {
                None => plain("-"),
                Some(_) if overdue > 0 => toned(Tone::Bad, format!("{overdue} overdue")),
                Some(next) => plain(format!(
                    "{} in {}",
                    next.what,
                    crate::policy::clock::in_words(next.at - context.now)
                )),
            };
            vec![
                toned(Tone::Strong, line.id.as_str()),
                plain(line.tenant.as_str()),
                plain(line.status),
                plain(line.severity.map_or("-", Severity::as_str)),
                plain(consent),
                plain(access),
                due,
                plain(&line.title),
            ]
        })
        .collect();
    out.table(&["CASE", "TENANT", "STATUS", "SEVERITY", "CONSENT", "ACCESS", "DUE", "TITLE"], &rows)
}

fn print_case(context: &Context, out: &Out, view: &CaseView) -> Result<()> {
    let safe = |text: &str| text::safe(text).into_owned();
    out.line(out.tone(Tone::Strong, format!("{}  {}", view.id, safe(&view.title))))?;
    out.line(format!(
        "{} in {}, severity {}, {} via {}",
        view.status,
        view.tenant,
        view.severity,
        safe(&view.product),
        view.portal
    ))?;
    out.line(format!("opened {} by {}", out.moment(view.opened_at), safe(&view.opened_by)))?;
    if let Some(closed) = view.closed_at {
        out.line(format!("closed {}", out.moment(closed)))?;
    }
    if let Some(sla) = &view.sla {
        out.line(out.tone(if sla.overdue { Tone::Bad } else { Tone::Plain }, sla.in_words()))?;
    }
    if let Some(warning) = &view.expunge_warning {
        out.line(out.tone(Tone::Warn, warning))?;
    }
    match &view.assigned_to {
        Some(engineer) if view.engineers.is_empty() => {
            out.line(format!("assigned to {}", safe(engineer)))?;
        }
        Some(engineer) => out.line(format!(
            "assigned to {}, with {}",
            safe(engineer),
            safe(&view.engineers.join(", "))
        ))?,
        None => out.line("assigned to nobody")?,
    }
    for contact in &view.contacts {
        out.line(format!("contact {} ({})", safe(&contact.name), safe(&contact.upn)))?;
    }
    if view.restriction.is_some() {
        out.line(out.tone(Tone::Warn, "not to be reopened without the customer's permission"))?;
    }
    out.line("")?;
    let consent = &view.consent;
    out.line(format!(
        "Consent: {} — {}",
        out.tone(
            if consent.state == "active" { Tone::Good } else { Tone::Warn },
            consent::in_words(consent.state, consent.expires_at, context.now)
        ),
        consent.why
    ))?;
    for request in &view.access {
        out.line(format!(
            "Access:  {} to {}: {}, {}",
            request.id,
            request.resource_tenant,
            request.state,
            out.moment(request.since)
        ))?;
    }
    let transfer = &view.transfer;
    if transfer.state != "none" {
        let files = transfer
            .files
            .map_or_else(String::new, |n| format!(", {}", text::plural(n as u64, "file")));
        let due =
            transfer.due_at.map_or_else(String::new, |at| format!(", deleted {}", out.moment(at)));
        out.line(format!("Transfer: {}{files}{due}", transfer.state.replace('_', " ")))?;
    }
    if !view.description.trim().is_empty() {
        out.line("")?;
        out.line(text::safe_block(view.description.trim()))?;
    }
    if !view.records.is_empty() {
        out.line("")?;
        let rows: Vec<_> =
            view.records
                .iter()
                .map(|record| {
                    vec![
                        plain(&record.name),
                        plain(record.kind.as_deref().unwrap_or("-")),
                        plain(text::bytes(record.size)),
                        plain(record.at.map_or_else(
                            || "-".to_owned(),
                            |at| at.format("%Y-%m-%d").to_string(),
                        )),
                        plain(if record.internal { "internal" } else { "" }),
                    ]
                })
                .collect();
        out.table(&["RECORD", "KIND", "SIZE", "DATE", ""], &rows)?;
    }
    if !view.diagnostics.is_empty() {
        out.line("")?;
        super::attach::print_diagnostics(out, &view.diagnostics, &view.tenant)?;
    }
    Ok(())
}
