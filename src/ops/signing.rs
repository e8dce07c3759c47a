//! Signed decisions and the keys that may sign.

use super::Context;
use crate::attest::{
    AllowedSigners, DECISION_NAMESPACE, REPORT_NAMESPACE, SshKey, verify_signature,
};
use crate::error::{Error, Invalid, Result};
use crate::model::Time;
use crate::policy::Refusal;
use crate::workspace::{Commit, layout};
use serde::Serialize;

/// Checks a signature over a decision's statement: by a key that `allowed_signers` lists for
/// `decider` and for decisions, at this moment. The refusal is under `rule`.
pub(super) fn check_decision(
    context: &Context,
    rule: &'static str,
    statement: &str,
    armored: &str,
    decider: &str,
) -> Result<Result<String, Refusal>> {
    let refuse = |message: String| {
        Refusal::new(rule, message).hint(
        "sign exactly what the `statement` command prints: ssh-keygen -Y sign -n decision@caseward -f KEY FILE",
    )
    };
    let key = match verify_signature(armored, DECISION_NAMESPACE, statement.as_bytes()) {
        Ok(key) => key,
        Err(error) => return Ok(Err(refuse(error.to_string()))),
    };
    let signers = signers(context)?;
    let listed = signers.signers().iter().filter(|signer| {
        !signer.cert_authority
            && signer.key == key
            && signer.principals.iter().any(|principal| principal.eq_ignore_ascii_case(decider))
    });
    let mut why = format!("allowed_signers does not list this key for {decider}");
    for signer in listed {
        let for_decisions = signer
            .namespaces
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| name == DECISION_NAMESPACE));
        if !for_decisions {
            why = format!("the key of {decider} is not listed for decisions");
        } else if signer.valid_after.is_some_and(|after| context.now < after) {
            why = format!("the key of {decider} is not valid yet");
        } else if signer.valid_before.is_some_and(|before| context.now >= before) {
            why = format!("the key of {decider} has expired");
        } else {
            return Ok(Ok(armored.trim().to_owned() + "\n"));
        }
    }
    Ok(Err(Refusal::new(rule, why).hint(format!(
        "`caseward attest signer add {decider} --key …` lists a key; a key that is not listed never signs a decision"
    ))))
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
    let key =
        SshKey::parse(&new.key).ok_or_else(|| bad("this is no OpenSSH public key".to_owned()))?;
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
