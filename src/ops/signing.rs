//! Signed decisions and the keys that may sign.
//!
//! A statement names everything that is decided and by whom, and no time, so that it can be signed
//! elsewhere with `ssh-keygen -Y sign -n decision@caseward` and brought back. It cannot be used for
//! anything else: ids are never used twice, and a plan's digest binds every file.

use super::Context;
use crate::attest::{AllowedSigners, DECISION_NAMESPACE, REPORT_NAMESPACE, SshKey, Statement};
use crate::error::{Error, Invalid, Result};
use crate::model::{AccessRequest, Decision, Id, Plan, Request, Sha256, Time};
use crate::policy::Refusal;
use crate::policy::access::Side;
use crate::workspace::{Commit, layout};
use serde::Serialize;

/// The statement of a decision on an access request.
pub(super) fn access_statement(
    context: &Context,
    request: &AccessRequest,
    slots: &[Side],
    decision: Decision,
    by: &str,
) -> Statement {
    let slots: Vec<&str> = slots
        .iter()
        .map(|slot| match slot {
            Side::Request => "request",
            Side::Resource => "resource",
        })
        .collect();
    let origin = &context.workspace.config().origin;
    let created_at = request.created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    Statement::new(origin, "access", request.id.as_str(), decision.as_str(), by)
        .with("case", &format!("{}/{}", request.request_tenant, request.case))
        .with("access-to", request.resource_tenant.as_str())
        .with("created-at", &created_at)
        .with("created-by", &request.created_by)
        .with("justification-sha256", &Sha256::of(request.justification.as_bytes()).to_string())
        .with("slots", &slots.join(","))
}

/// The statement of an approval of a deletion.
pub(super) fn deletion_statement(
    context: &Context,
    tenant: &Id,
    request: &Request,
    plan: &Plan,
    by: &str,
) -> Statement {
    let origin = &context.workspace.config().origin;
    Statement::new(origin, "deletion", request.id.as_str(), "approved", by)
        .with("tenant", tenant.as_str())
        .with("option", request.option.as_str())
        .with("scope", plan.scope.as_str())
        .with("files", &plan.items.to_string())
        .with("bytes", &plan.bytes.to_string())
        .with("plan-sha256", &plan.digest.to_string())
}

/// Checks a signature over a decision's statement: by a key that `allowed_signers` lists for
/// `decider` and for decisions, at this moment. The refusal is under `rule`.
pub(super) fn check_decision(
    context: &Context,
    rule: &'static str,
    statement: &Statement,
    armored: &str,
    decider: &str,
) -> Result<Result<String, Refusal>> {
    Ok(match statement.verify(armored, &signers(context)?, decider, context.now) {
        Ok(_) => Ok(armored.trim().to_owned() + "\n"),
        Err(error) => Err(Refusal::new(rule, error.to_string()).hint(
            "sign exactly what the `statement` command prints, with a key that `caseward attest signer list` shows",
        )),
    })
}

/// Whether a recorded decision carries a signature over one of `statements` by a key that was
/// listed for its decider at that time. Where a workspace requires signatures, a decision that
/// somebody merely wrote into a file counts for nothing.
pub(super) fn stands(
    context: &Context,
    statements: &[Statement],
    signature: Option<&str>,
    by: &str,
    at: Time,
) -> Result<bool> {
    let Some(armored) = signature else { return Ok(false) };
    let signers = signers(context)?;
    Ok(statements.iter().any(|statement| statement.verify(armored, &signers, by, at).is_ok()))
}

/// The refusal of a decision without a signature where the workspace requires one.
pub(super) fn unsigned(rule: &'static str, statement_command: &str) -> Refusal {
    Refusal::new(rule, "this workspace requires signed decisions, and none was given")
        .hint(format!("`{statement_command}` prints what to sign; import it with --signature FILE"))
}

fn signers(context: &Context) -> Result<AllowedSigners> {
    let bytes = super::attest::log_of(context).allowed_signers()?;
    let text = String::from_utf8_lossy(&bytes);
    AllowedSigners::parse(&text).map_err(|error| {
        Invalid::new(".attest/allowed_signers", error.to_string())
            .hint("ssh-keygen(1), ALLOWED SIGNERS, has the format")
            .into()
    })
}

/// A key to list.
#[derive(Debug, Clone)]
pub struct NewSigner {
    pub principal: String,
    /// The OpenSSH public key, one line.
    pub key: String,
    pub reports: bool,
    pub decisions: bool,
    pub valid_after: Option<Time>,
    pub valid_before: Option<Time>,
}

/// A listed key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignerView {
    pub principals: Vec<String>,
    /// `SHA256:…`
    pub key: String,
    pub namespaces: Option<Vec<String>>,
    pub valid_after: Option<Time>,
    pub valid_before: Option<Time>,
}

/// Lists a key in `.attest/allowed_signers`.
///
/// # Errors
/// The key or the principal cannot be read, or there is no log.
pub fn add(context: &Context, new: &NewSigner) -> Result<SignerView> {
    context.require_writable()?;
    let bad = |message: String| Error::Usage {
        message,
        hint: Some("--key takes a public key line (ssh-ed25519 AAAA…) or the .pub file".to_owned()),
    };
    let key = SshKey::parse(new.key.trim())
        .ok_or_else(|| bad("this is no OpenSSH public key".to_owned()))?;
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | ',' | '*' | '?' | '!' | '#');
    if new.principal.is_empty() || !new.principal.chars().all(plain) {
        return Err(bad(format!("`{}` cannot be listed", crate::text::safe(&new.principal))));
    }
    let mut names = Vec::new();
    if new.reports || !new.decisions {
        names.push(REPORT_NAMESPACE);
    }
    if new.decisions || !new.reports {
        names.push(DECISION_NAMESPACE);
    }
    let mut line = format!("{} namespaces=\"{}\"", new.principal, names.join(","));
    let stamp = |time: Time| time.format("%Y%m%d%H%M%SZ").to_string();
    if let Some(after) = new.valid_after {
        line.push_str(&format!(",valid-after=\"{}\"", stamp(after)));
    }
    if let Some(before) = new.valid_before {
        line.push_str(&format!(",valid-before=\"{}\"", stamp(before)));
    }
    line.push_str(&format!(" {key}\n"));
    // The lock order: the log's, then the workspace's.
    let log = super::attest::log_of(context);
    let _session = log.lock(super::dsr::clock_of(context))?;
    let mut text = String::from_utf8_lossy(&log.allowed_signers()?).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&line);
    AllowedSigners::parse(&text)
        .map_err(|error| Invalid::new(".attest/allowed_signers", error.to_string()))?;
    let mut commit = Commit::new();
    commit.replace(layout::attest().join("allowed_signers"), text.into_bytes());
    context.commit(commit)?;
    list(context)?.pop().ok_or_else(|| Error::usage("the key was not listed"))
}

/// The listed keys.
///
/// # Errors
/// `allowed_signers` cannot be read.
pub fn list(context: &Context) -> Result<Vec<SignerView>> {
    Ok(signers(context)?
        .signers()
        .iter()
        .map(|signer| SignerView {
            principals: signer.principals.clone(),
            key: signer.key.fingerprint(),
            namespaces: signer.namespaces.clone(),
            valid_after: signer.valid_after,
            valid_before: signer.valid_before,
        })
        .collect())
}
