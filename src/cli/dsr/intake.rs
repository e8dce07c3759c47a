//! `caseward dsr new`, `identify` and `import`: how requests come in.

use crate::cli::output::{self, Out};
use crate::cli::time;
use crate::error::{Error, Result};
use crate::model::{
    Channel, DsrType, GivenIdentifier, IdentifierType, Regulation, RequestOption, Requester, Time,
};
use crate::ops::Context;
use crate::ops::dsr::{self, Arrival, Import, NewRequest, Received};
use clap::Args;
use std::path::PathBuf;

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
    /// contact, end-user, customer, consulting or fast-track; once for each part of a mixed request
    #[arg(long = "requester", value_name = "REQUESTER", required = true)]
    requesters: Vec<Requester>,
    /// How it came: support-request, account-manager, privacy-response-center or direct
    #[arg(long)]
    channel: Option<Channel>,
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
pub struct DsrIdentify {
    dsr: String,
    /// What to search for, for example email=jane@contoso.com; once for each
    #[arg(long = "identifier", value_name = "TYPE=VALUE", value_parser = identifier, required = true)]
    identifiers: Vec<GivenIdentifier>,
    /// Accept a name of one word, which matches everybody who bears it
    #[arg(long)]
    allow_single_word: bool,
}

#[derive(Debug, Args)]
pub struct DsrImport {
    /// An OpenDSR 1.0 request, JSON
    file: PathBuf,
    /// The tenant that it is for [default: the request's controller_id]
    #[arg(long)]
    tenant: Option<String>,
    /// Where the file names none
    #[arg(long)]
    regulation: Option<Regulation>,
    /// a: all tenants of the customer, whole engagements; b: the engagements named with --case
    #[arg(long, default_value = "a")]
    option: RequestOption,
    /// An engagement that option b covers; once for each
    #[arg(long = "case", value_name = "CASE")]
    cases: Vec<String>,
    /// Take a request that was imported before once more
    #[arg(long)]
    allow_duplicate: bool,
}

fn identifier(text: &str) -> Result<GivenIdentifier, String> {
    let Some((kind, value)) = text.split_once('=') else {
        return Err("it is TYPE=VALUE, for example email=jane@contoso.com".to_owned());
    };
    let kind: IdentifierType = kind.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(GivenIdentifier::new(kind, value.trim()))
}

impl DsrNew {
    pub(super) fn run(self, context: &Context, out: &Out) -> Result<()> {
        let Some((requester, also)) = self.requesters.split_first() else {
            return Err(Error::usage("--requester is missing"));
        };
        let new = NewRequest {
            tenant: self.tenant,
            kind: self.kind,
            regulation: self.regulation,
            requester: *requester,
            option: self.option,
            cases: self.cases,
            identifiers: self.identifiers,
            allow_single_word: self.allow_single_word,
            received_at: self.received_at,
        };
        let arrival = Arrival { channel: self.channel, also: also.to_vec(), open_dsr: None };
        let received = dsr::receive_as(context, &new, &arrival)?;
        if out.json {
            return out.document("dsr-new", &received);
        }
        say_received(out, &received)?;
        received.also.iter().try_for_each(|part| say_received(out, part))
    }
}

fn say_received(out: &Out, received: &Received) -> Result<()> {
    out.line(received.id.as_str())?;
    output::message(format!("route {}, to be answered by {}", received.route, received.due_on));
    if let Some(day) = received.confirm_by {
        output::message(format!("its receipt is to be confirmed by {day} [LAW-4]"));
    }
    for other in &received.duplicates {
        output::message(format!("warning: {other} is open and names the same identifiers"));
    }
    match (received.referral, received.state) {
        (Some(referral), _) => output::hint(referral),
        (None, crate::model::DsrState::IdentifiersNeeded) => output::hint(format!(
            "it has no identifiers: ask the customer, then caseward dsr identify {}",
            received.id
        )),
        (None, _) => output::hint(format!("next: caseward dsr discover {}", received.id)),
    }
    if let Some(text) = &received.referral_text {
        output::message(format!("to send: {}", crate::text::safe(text)));
    }
    Ok(())
}

impl DsrIdentify {
    pub(super) fn run(self, context: &Context, out: &Out) -> Result<()> {
        let state = dsr::identify(context, &self.dsr, &self.identifiers, self.allow_single_word)?;
        super::say_state(out, "dsr-identify", &self.dsr, state.as_str())
    }
}

impl DsrImport {
    pub(super) fn run(self, context: &Context, out: &Out) -> Result<()> {
        let imported = dsr::import(
            context,
            &Import {
                file: self.file,
                tenant: self.tenant,
                regulation: self.regulation,
                option: self.option,
                cases: self.cases,
                allow_single_word: false,
                allow_duplicate: self.allow_duplicate,
            },
        )?;
        if out.json {
            return out.document("dsr-import", &imported);
        }
        say_received(out, &imported.received)?;
        for notice in &imported.notices {
            output::message(format!("notice: {}", crate::text::safe(notice)));
        }
        Ok(())
    }
}
