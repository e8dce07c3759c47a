//! A look at everything a report of a problem needs: versions, file system, modes, problems.

mod problems;

use super::{Context, attest};
use crate::env;
use crate::workspace::Problem;
use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The whole examination.
#[derive(Debug, Clone, Serialize)]
pub struct Examination {
    pub ok: bool,
    pub version: &'static str,
    pub checks: Vec<Finding>,
    pub problems: Vec<Problem>,
}

impl Examination {
    /// Adds what a face knows of itself.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.ok &= findings.iter().all(|finding| finding.ok);
        self.checks.extend(findings);
    }
}

/// Examines the program's surroundings and the workspace. Changes nothing, and stops at nothing that it
/// finds.
#[must_use]
pub fn examine(context: &Context) -> Examination {
    let mut checks = Vec::new();
    let mut add = |name, ok, detail: String, hint: Option<&str>| {
        checks.push(Finding { name, ok, detail, hint: hint.map(str::to_owned) });
    };
    let root = context.workspace.root();
    add(
        "workspace",
        true,
        format!("{} (format {})", root.display(), context.workspace.config().format),
        None,
    );
    add(
        "actor",
        context.actor.engineer,
        format!("{} as account {}", context.actor.principal, context.actor.os_user),
        (!context.actor.engineer)
            .then_some("set os_user of your entry in workspace.toml, or use --as PRINCIPAL"),
    );
    let mode = context.workspace.fs().stat(&crate::fs::RelPath::root()).map_or(0, |stat| stat.mode);
    let group = mode & 0o2020 == 0o2020;
    let open_to_others = mode & 0o007 != 0;
    let detail = if group {
        format!("mode {:04o}: a group workspace, its group is the trust boundary", mode & 0o7777)
    } else {
        format!("mode {:04o}", mode & 0o7777)
    };
    add(
        "permissions",
        !open_to_others,
        detail,
        open_to_others.then_some("chmod o-rwx on the workspace"),
    );
    let kind = file_system(context);
    add(
        "file_system",
        kind.1,
        kind.0,
        (!kind.1).then_some(
            "keep workspaces on ext4, xfs, btrfs, zfs or CephFS, or `caseward attest accept-weak-filesystem`",
        ),
    );
    let config = context.workspace.config();
    if config.test_clock {
        add("test_clock", true, "$CASEWARD_NOW may set the clock; reports say so".to_owned(), None);
    }
    let lax = laxer_settings(&config.policy);
    if !lax.is_empty() {
        add(
            "policy",
            config.policy.reason.is_some(),
            format!("laxer than the default: {}", lax.join(", ")),
            config.policy.reason.is_none().then_some("say why in [policy] reason"),
        );
    }
    let (intact, detail) = attestation_log(context);
    add(
        "attestation_log",
        intact,
        detail,
        (!intact).then_some("`caseward attest verify` says it in full"),
    );
    let terminal = env::variable("TERM").unwrap_or_else(|| "unset".to_owned());
    let tmux = if env::variable("TMUX").is_some() { ", inside tmux" } else { "" };
    add("terminal", terminal != "unset", format!("TERM {terminal}{tmux}"), None);
    for tool in ["ssh-keygen", "openssl", "sha256sum"] {
        let found = env::find_program(tool);
        let ok = found.is_some();
        let detail =
            found.map_or_else(|| "not found".to_owned(), |path| path.display().to_string());
        add(
            "tool",
            ok,
            format!("{tool}: {detail}"),
            (!ok).then_some("needed to check reports by hand, not by this program"),
        );
    }
    let problems = problems::all(context);
    Examination {
        ok: checks.iter().all(|check| check.ok) && problems.is_empty(),
        version: env!("CARGO_PKG_VERSION"),
        checks,
        problems,
    }
}

/// Whether the log is intact, with its size or what is wrong with it.
fn attestation_log(context: &Context) -> (bool, String) {
    let context = Context { read_only: true, ..context.clone() };
    match attest::verify(&context, None, &mut |_, _| {}) {
        Err(error) => (false, error.to_string()),
        Ok(verified) if verified.ok => {
            (true, format!("{}, intact", crate::text::entries(verified.size)))
        }
        Ok(verified) => {
            let failed = verified.checks.iter().filter(|check| !check.ok);
            let failed: Vec<String> =
                failed.map(|check| format!("{}: {}", check.name, check.detail)).collect();
            (false, failed.join("; "))
        }
    }
}

/// What the file system of the log is, and whether deletions can rely on it.
fn file_system(context: &Context) -> (String, bool) {
    match attest::log_of(context).footing() {
        Ok(at) if at.supported && at.name == "tmpfs" => {
            ("tmpfs: gone after a restart".to_owned(), true)
        }
        Ok(at) if at.supported => (at.name, true),
        Ok(at) if at.accepted => {
            let name = at.name;
            (format!("{name}: not known to keep what was flushed, and accepted"), true)
        }
        Ok(at) => (format!("{}: not known to keep what was flushed", at.name), false),
        Err(error) => (error.to_string(), false),
    }
}

/// The settings that keep data or access longer, or ask for less, than the sources say.
#[must_use]
pub fn laxer_settings(policy: &crate::model::PolicySettings) -> Vec<String> {
    let default = crate::model::PolicySettings::default();
    let mut lax = Vec::new();
    for (name, value, usual) in [
        ("consent_days", policy.consent_days, default.consent_days),
        ("diagnostics_days", policy.diagnostics_days, default.diagnostics_days),
        (
            "transfer_days_after_close",
            policy.transfer_days_after_close,
            default.transfer_days_after_close,
        ),
        ("transfer_link_days", policy.transfer_link_days, default.transfer_link_days),
        ("evidence_days", policy.evidence_days, default.evidence_days),
    ] {
        if value > usual {
            lax.push(format!("{name} = {value} (default {usual})"));
        }
    }
    if policy.record_months < default.record_months {
        lax.push(format!(
            "record_months = {} (default {})",
            policy.record_months, default.record_months
        ));
    }
    if policy.roll_to_working_day {
        lax.push("roll_to_working_day = true".to_owned());
    }
    if !policy.deletion_second_person {
        lax.push("deletion_second_person = false".to_owned());
    }
    lax
}
