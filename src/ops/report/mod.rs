//! The attestation report of a request: what was done, composed from the records and the log.

mod compose;

pub(super) use compose::commitment;

use super::dsr::to_record_report;
use super::{Context, attest as log_ops};
use crate::attest::{AgentKey, KeyFile, Log, SignError, Signer, SshKey, TxId};
use crate::env;
use crate::error::{Error, Invalid, Result};
use crate::model::{DsrState, Id, Request};
use crate::outside;
use crate::policy::Refusal;
use crate::report::bundle::{self, BundleError, BundleRequest};
use crate::workspace::DsrRef;
use compose::compose;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// A report that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Reported {
    /// The report's id.
    pub id: String,
    pub dsr: Id,
    pub out: String,
    /// `UNSIGNED` or `SIGNED`.
    pub status: crate::report::Status,
    pub files: Vec<String>,
    pub complete: bool,
}

/// Who signs a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing<'a> {
    Unsigned,
    /// By a key in the ssh-agent: the engineer's own, or the only one there.
    Agent,
    /// By an unencrypted Ed25519 key file.
    KeyFile(&'a Path),
}

/// Writes the report bundle of a request, or of single transactions of one, to `out`. The request
/// becomes attested (DSR-14).
///
/// # Errors
/// Nothing was executed yet (ATT-6), `out` is not empty, or the report would say something else
/// than the log.
pub fn write(
    context: &Context,
    named: &[String],
    out: &Path,
    signing: Signing<'_>,
) -> Result<Reported> {
    let log = log_ops::log_of(context);
    let (dsr, wanted) = resolve(context, &log, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    certifiable(&request)?;
    let txs: Vec<TxId> = request
        .executions
        .iter()
        .filter_map(|execution| execution.tx.parse().ok())
        .filter(|tx| wanted.as_ref().is_none_or(|wanted| wanted.contains(tx)))
        .collect();
    let content = compose(context, &log, &dsr, &request, &txs)?;
    let complete = content.totals().complete;
    let id = content.id.clone();
    let signer: Option<Box<dyn Signer>> = match signing {
        Signing::Unsigned => None,
        Signing::Agent => Some(Box::new(agent_key(context)?)),
        Signing::KeyFile(path) => Some(Box::new(
            KeyFile::parse(&outside::read(path)?).map_err(|error| signing_failed(&error))?,
        )),
    };
    let signer = signer.as_deref();
    let written = bundle::write(BundleRequest { out, log: &log, txs: &txs, content, signer })?;
    if !context.read_only {
        to_record_report(context, &dsr)?;
    }
    Ok(Reported {
        id,
        dsr: dsr.id,
        out: out.display().to_string(),
        status: written.report.status,
        files: written.files,
        complete,
    })
}

/// How long a person may take to confirm a signature.
const AGENT_PATIENCE: Duration = Duration::from_secs(60);

/// The engineer's key in the agent: the one that `workspace.toml` names, else the only one there.
fn agent_key(context: &Context) -> Result<AgentKey> {
    let Some(socket) = env::variable("SSH_AUTH_SOCK") else {
        return Err(Error::Failed {
            message: "the report is not signed, and not written: there is no ssh-agent".to_owned(),
            hint: Some(
                "$SSH_AUTH_SOCK is not set: start or forward an agent, or use --key FILE"
                    .to_owned(),
            ),
        });
    };
    let engineers = &context.workspace.config().engineers;
    let own = engineers
        .iter()
        .find(|engineer| context.actor.is(&engineer.principal))
        .and_then(|engineer| SshKey::parse(engineer.ssh_key.as_deref()?));
    AgentKey::find(Path::new(&socket), AGENT_PATIENCE, own.as_ref())
        .map_err(|error| signing_failed(&error))
}

fn signing_failed(error: &SignError) -> Error {
    Error::Failed {
        message: format!("the report is not signed, and not written: {error}"),
        hint: Some(
            "--key FILE takes an unencrypted Ed25519 key; without --sign the report says UNSIGNED"
                .to_owned(),
        ),
    }
}

impl From<BundleError> for Error {
    fn from(error: BundleError) -> Self {
        let message = error.to_string();
        match error {
            BundleError::NotEmpty(_) => Self::Usage {
                message,
                hint: Some("name a directory that does not exist, or an empty one".to_owned()),
            },
            BundleError::Io { path, source } => Self::io("write", path.display(), source),
            BundleError::Log(error) => error.into(),
            BundleError::NotCertifiable { .. } => Refusal::new("ATT-6", message).into(),
            BundleError::Disagrees(_) => Self::from(
                Invalid::new(".attest", message)
                    .hint("the request's records were changed by hand; `caseward attest show` has what the log says"),
            ),
            BundleError::Sign(error) => signing_failed(&error),
        }
    }
}

/// The request that is reported, and the transactions that were named, if any were.
fn resolve(
    context: &Context,
    log: &Log,
    named: &[String],
) -> Result<(DsrRef, Option<BTreeSet<TxId>>)> {
    let mut found: Option<DsrRef> = None;
    let mut txs = BTreeSet::new();
    let mut whole = false;
    for word in named {
        let dsr = match word.parse::<TxId>() {
            Ok(tx) => {
                txs.insert(tx);
                request_of(context, log, tx)?
            }
            Err(_) => {
                whole = true;
                crate::ops::dsr::find(context, word)?
            }
        };
        match &found {
            Some(other) if *other != dsr => {
                return Err(Error::Usage {
                    message: format!("{dsr} and {other} are different requests"),
                    hint: Some("a report is about one request; write one for each".to_owned()),
                });
            }
            _ => found = Some(dsr),
        }
    }
    let dsr = found.ok_or_else(|| Error::usage("name a request or a transaction"))?;
    Ok((dsr, (!whole).then_some(txs)))
}

/// The request whose execution a transaction was.
fn request_of(context: &Context, log: &Log, tx: TxId) -> Result<DsrRef> {
    // The log must know it before the records are asked.
    log.entries_of(tx)?;
    let name = tx.to_string();
    for tenant in context.tenants()? {
        for request in context.workspace.dsrs(&tenant.domain)?.0 {
            if request.value.executions.iter().any(|execution| execution.tx == name) {
                return Ok(DsrRef { tenant: tenant.domain, id: request.value.id });
            }
        }
    }
    Err(Error::Usage {
        message: format!("transaction {tx} is no request's"),
        hint: Some(
            "`caseward dsr list` and `caseward dsr show` name a request's transactions".to_owned(),
        ),
    })
}

/// ATT-6: only what was carried out is certified.
fn certifiable(request: &Request) -> Result<()> {
    let done = matches!(request.state, DsrState::Fulfilled | DsrState::Attested | DsrState::Closed);
    if done && !request.executions.is_empty() {
        return Ok(());
    }
    let hint = match request.state {
        DsrState::Executing | DsrState::Verifying => "finish it: `caseward dsr execute`",
        _ => "nothing was deleted for it yet",
    };
    Err(Refusal::new(
        "ATT-6",
        format!("{} is {}: only what was carried out can be certified", request.id, request.state),
    )
    .hint(hint)
    .into())
}
