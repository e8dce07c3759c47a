//! `caseward transfer`.

mod print;

use super::output;
use super::retention::said;
use super::{Global, print_problems};
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::transfer::{
    self, NewTransferRequest, TransferFile, TransferRequestView, TransferUpload,
};
use crate::text;
use crate::workspace::Problem;
use clap::Subcommand;
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum TransferCommand {
    /// Issue a new link for an open case, with the accounts that may use it; prints when it ends
    Link {
        /// ID or TENANT/ID
        case: String,
        /// List this account, one a time
        #[arg(long = "account", value_name = "UPN")]
        accounts: Vec<String>,
        /// Do not list this account any more
        #[arg(long = "remove", value_name = "UPN")]
        removed: Vec<String>,
    },
    /// The files in a case's transfer folder; for its engineers and listed accounts
    List { case: String },
    /// Put files into the folder
    Add {
        case: String,
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Delete files out of the folder of an open case; for its listed accounts
    Delete {
        case: String,
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Take the separate request to delete the transfer files of a customer's account
    DeletionRequest {
        tenant: String,
        /// Only this case: the customer's own narrowing
        #[arg(long = "case", value_name = "CASE")]
        cases: Vec<String>,
        /// The data subject request that it belongs to
        #[arg(long, value_name = "DSR")]
        dsr: Option<String>,
        /// The customer knows that all files of their closed cases go
        #[arg(long)]
        acknowledge_all_files: bool,
    },
    /// All deletion requests, newest first
    Requests,
    /// Show a deletion request: what becomes of each case, and what is owed
    Show {
        /// TDR-…
        request: String,
    },
    /// Approve a deletion request, as the second person
    Approve {
        request: String,
        /// The customer knows that all files of their closed cases go
        #[arg(long)]
        acknowledge_all_files: bool,
    },
    /// Delete what the request covers; resumable, asks nothing
    Execute {
        request: String,
        /// Say what would go, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// The check that is owed afterwards: discovery over everything else
    Check {
        request: String,
        /// Whose identifiers are searched for, where the request is linked to none
        #[arg(long, value_name = "DSR")]
        dsr: Option<String>,
    },
    /// Close a request whose check is done
    Close { request: String },
    /// Cancel a request before it is executed
    Cancel {
        request: String,
        #[arg(long)]
        reason: String,
    },
}

impl TransferCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let show = |name: &str, view: &TransferRequestView| {
            if out.json { out.document(name, view) } else { print::request(&out, view) }
        };
        match self {
            Self::Link { case, accounts, removed } => {
                let linked = transfer::link(&context, &case, &accounts, &removed)?;
                if out.json {
                    out.document("transfer-link", &linked)?;
                } else {
                    print::linked(&out, &linked)?;
                }
            }
            Self::List { case } => {
                let folder = transfer::list(&context, &case)?;
                if out.json {
                    out.document("transfer-list", &folder)?;
                } else {
                    print::folder(&out, &folder)?;
                }
                print_problems(&folder.problems);
            }
            Self::Add { case, files } => {
                let upload = TransferUpload { case, files };
                let files = transfer::add(&context, &upload, &mut |_, _| {})?;
                if out.json {
                    #[derive(Serialize)]
                    struct Added {
                        items: Vec<TransferFile>,
                    }
                    out.document("transfer-add", &Added { items: files })?;
                } else {
                    for file in &files {
                        let path = text::safe(&file.path);
                        out.line(format!("{path} ({})", text::bytes(file.size)))?;
                    }
                }
            }
            Self::Delete { case, names } => {
                let deleted = transfer::delete(&context, &case, &names)?;
                if out.json {
                    out.document("transfer-delete", &deleted)?;
                } else {
                    print::items(&out, &deleted.items, &deleted.txs)?;
                }
                return Ok(if deleted.has_failures() { Exit::Refused } else { Exit::Done });
            }
            Self::DeletionRequest { tenant, cases, dsr, acknowledge_all_files } => {
                let new = NewTransferRequest {
                    tenant,
                    cases,
                    dsr,
                    all_files_acknowledged: acknowledge_all_files,
                };
                let view = transfer::submit(&context, &new)?;
                if out.json {
                    out.document("transfer-deletion-request", &view)?;
                } else {
                    out.line(view.id.as_str())?;
                    output::message(format!("state {}", view.state));
                    output::hint(format!("next: {}", view.next));
                }
            }
            Self::Requests => {
                let (requests, problems) = transfer::requests(&context)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Requests {
                        requests: Vec<TransferRequestView>,
                        problems: Vec<Problem>,
                    }
                    let problems = problems.clone();
                    out.document("transfer-requests", &Requests { requests, problems })?;
                } else {
                    print::requests(&out, &requests)?;
                }
                print_problems(&problems);
            }
            Self::Show { request } => show("transfer-show", &transfer::show(&context, &request)?)?,
            Self::Approve { request, acknowledge_all_files } => {
                let view = transfer::approve(&context, &request, acknowledge_all_files)?;
                show("transfer-approve", &view)?;
            }
            Self::Execute { request, dry_run } => {
                let done = if dry_run {
                    transfer::rehearse(&context, &request)?
                } else {
                    transfer::execute(&context, &request, &mut said())?
                };
                if out.json {
                    out.document("transfer-execute", &done)?;
                } else {
                    print::executed(&out, &done)?;
                }
                return Ok(if done.has_failures() { Exit::Refused } else { Exit::Done });
            }
            Self::Check { request, dsr } => {
                let cancel = super::cancel_on_interrupt();
                let checked =
                    transfer::check(&context, &request, dsr.as_deref(), &|_| {}, &cancel)?;
                if out.json {
                    out.document("transfer-check", &checked)?;
                } else {
                    print::checked(&out, &checked)?;
                }
                print_problems(&checked.problems);
            }
            Self::Close { request } => {
                show("transfer-close", &transfer::close(&context, &request)?)?;
            }
            Self::Cancel { request, reason } => {
                show("transfer-cancel", &transfer::cancel(&context, &request, &reason)?)?;
            }
        }
        Ok(Exit::Done)
    }
}
