//! What every operation needs: the workspace, who acts, and the moment.

use super::event::{EventDraft, Matter};
use crate::attest::Log;
use crate::env;
use crate::error::{Error, Result};
use crate::log;
use crate::model::{Activity, AuditEvent, Id, InitiatedBy, Tenant, Time};
use crate::policy::actor::Roster;
use crate::policy::audit::may_read;
use crate::policy::{Actor, Refusal};
use crate::text;
use crate::workspace::{Commit, Workspace};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How to open a workspace.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// `--workspace`.
    pub workspace: Option<PathBuf>,
    /// `--as`.
    pub acting_as: Option<String>,
    /// `--read-only`: nothing is written, not even what recovery or the audit log would.
    pub read_only: bool,
}

/// An operation's surroundings.
#[derive(Debug, Clone)]
pub struct Context {
    pub workspace: Workspace,
    pub actor: Actor,
    pub now: Time,
    pub read_only: bool,
    /// What recovery found and did at the start, in sentences for people.
    pub notices: Vec<String>,
}

impl Context {
    /// Opens the workspace and finds out who acts.
    ///
    /// # Errors
    /// There is no workspace, it is not valid, or nobody knows the principal.
    pub fn open(opening: &Opening) -> Result<Self> {
        let workspace = open_workspace(opening)?;
        let now = env::now(workspace.config().test_clock)?;
        let actor = resolve_actor(&workspace, opening.acting_as.as_deref())?;
        let mut context = Self { read_only: opening.read_only, ..Self::on(workspace, actor, now) };
        context.notices = recover(&context);
        Ok(context)
    }

    /// A context on a workspace that is open already, for callers that bring their own clock.
    #[must_use]
    pub fn on(workspace: Workspace, actor: Actor, now: Time) -> Self {
        let workspace = workspace.in_sight(actor.sight());
        Self { workspace, actor, now, read_only: false, notices: Vec::new() }
    }

    /// The same, acting as somebody else.
    ///
    /// # Errors
    /// Nobody knows the principal.
    pub fn acting_as(&self, principal: &str) -> Result<Self> {
        Ok(self.with_actor(resolve_actor(&self.workspace, Some(principal))?))
    }

    fn with_actor(&self, actor: Actor) -> Self {
        let workspace = self.workspace.clone().in_sight(actor.sight());
        Self { workspace, actor, ..self.clone() }
    }

    /// The same at this moment: an open program asks before each operation.
    ///
    /// # Errors
    /// The test clock cannot be read.
    pub fn refreshed(&self) -> Result<Self> {
        let now = env::now(self.workspace.config().test_clock)?;
        Ok(Self { now, ..self.clone() })
    }

    /// The moment that counts in a tenant: the clock, or the newest entry of its audit log when
    /// the clock went back behind that. What expired stays expired, whatever the clock says now.
    ///
    /// Only that tenant's log is asked: what happens in another must not show here (SAR-13).
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn moment_in(&self, tenant: &Id) -> Result<Time> {
        Ok(self.workspace.latest_event(tenant)?.map_or(self.now, |latest| latest.max(self.now)))
    }

    /// The same, at the moment that counts in these tenants.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn not_before(&self, tenants: &[&Id]) -> Result<Self> {
        let mut now = self.now;
        for tenant in tenants {
            now = now.max(self.moment_in(tenant)?);
        }
        Ok(Self { now, ..self.clone() })
    }

    /// The same, with the roles that the tenants give the actor at this moment (SAR-7): a program
    /// may stay open for days.
    ///
    /// # Errors
    /// The tenants cannot be read.
    pub fn with_roles_now(&self) -> Result<Self> {
        // A roster is asked each time.
        if self.actor.roster.is_some() {
            return Ok(self.clone());
        }
        let tenants = self.tenants()?;
        Ok(self.with_actor(self.actor.in_tenants(&tenants)))
    }

    /// Refuses to write under `--read-only`.
    ///
    /// # Errors
    /// The workspace was opened read-only.
    pub fn require_writable(&self) -> Result<()> {
        if self.read_only {
            return Err(Error::Usage {
                message: "the workspace is open read-only".to_owned(),
                hint: Some("nothing was changed; run it again without --read-only".to_owned()),
            });
        }
        Ok(())
    }

    /// An event that the actor causes.
    #[must_use]
    pub fn event(&self, activity: Activity, matter: &Matter) -> EventDraft {
        EventDraft::by_user(activity, matter, &self.actor, self.now)
    }

    /// An event that follows by itself.
    #[must_use]
    pub fn automatic_event(&self, activity: Activity, matter: &Matter) -> AuditEvent {
        EventDraft::by_app(activity, matter, self.now).build()
    }

    /// Commits, unless the workspace is open read-only.
    ///
    /// # Errors
    /// As [`Workspace::commit`].
    pub fn commit(&self, commit: Commit) -> Result<()> {
        self.require_writable()?;
        let about = commit.matters();
        self.workspace.commit(commit).map_err(|error| self.with_who(error, &about))
    }

    /// A conflict with who wrote last what was to be written, by the log of its tenant, as far as
    /// the actor may read it (AUD-7).
    pub(super) fn with_who(&self, error: Error, about: &[(Id, String)]) -> Error {
        let Error::Conflict { message, hint } = error else { return error };
        let latest = about.iter().filter(|(tenant, _)| may_read(&self.actor, tenant).is_ok());
        let latest = latest.filter_map(|(tenant, id)| {
            let (events, _) = self.workspace.audit(tenant).ok()?;
            let is_about = |event: &AuditEvent| {
                let mut targets = event.target_resources.iter();
                event.correlation_id == *id || targets.any(|target| target.id == *id)
            };
            events.into_iter().rfind(is_about)
        });
        let said = latest.max_by_key(|event| event.activity_date_time).map(|event| {
            let who = match &event.initiated_by {
                InitiatedBy::User { user_principal_name, .. } => user_principal_name,
                InitiatedBy::App { display_name } => display_name,
            };
            let at = event.activity_date_time;
            format!(
                "last logged there: {} by {} at {}",
                event.activity_display_name,
                text::safe(who),
                at.format("%Y-%m-%d %H:%M:%S UTC")
            )
        });
        let hint = said.into_iter().chain(hint).reduce(|said, hint| format!("{said}; {hint}"));
        Error::Conflict { message, hint }
    }

    /// Turns a refusal into an error, after it was written to `tenant`'s audit log as a failed
    /// `activity` (AUD-9). When the log cannot be written the refusal still stands, and says so.
    pub fn refused(
        &self,
        refusal: Refusal,
        tenant: &Id,
        activity: Activity,
        matter: &Matter,
    ) -> Error {
        if self.read_only {
            return refusal.into();
        }
        let mut commit = Commit::new();
        commit.audit(tenant, self.event(activity, matter).refused(&refusal).build());
        // A tenant that vanished is not brought back by an entry about it.
        let known = self.workspace.tenant(tenant).map(drop);
        match known.and_then(|()| self.workspace.commit(commit)) {
            Ok(()) => refusal.into(),
            Err(error) => {
                let hint = refusal.hint.clone().unwrap_or_default();
                let unlogged = format!("the refusal could not be logged: {error}");
                let both = if hint.is_empty() { unlogged } else { format!("{hint}; {unlogged}") };
                Refusal { hint: Some(both), ..refusal }.into()
            }
        }
    }

    /// As [`Context::refused`], for an error that may be something else: only a refusal is logged.
    pub fn logged(&self, error: Error, tenant: &Id, activity: Activity, matter: &Matter) -> Error {
        match error {
            Error::Refused(refusal) => self.refused(refusal, tenant, activity, matter),
            other => other,
        }
    }

    /// The names of the tenants of the workspace that are valid.
    ///
    /// # Errors
    /// Their directory cannot be read.
    pub fn tenant_ids(&self) -> Result<Vec<Id>> {
        Ok(self.tenants()?.into_iter().map(|tenant| tenant.domain).collect())
    }

    /// The tenants of the workspace that are valid.
    ///
    /// # Errors
    /// Their directory cannot be read.
    pub fn tenants(&self) -> Result<Vec<Tenant>> {
        Ok(self.workspace.known_tenants()?.0)
    }
}

/// Finishes a deletion that was interrupted. A log that cannot be used stops deletions, not the
/// program: what is wrong is said, and `attest verify` says it in full.
fn recover(context: &Context) -> Vec<String> {
    let log = Log::open(Arc::clone(context.workspace.fs()));
    let attempt = || -> Result<Vec<String>> {
        if !log.exists()? || !log.needs_recovery()? {
            return Ok(Vec::new());
        }
        if context.read_only {
            return Ok(vec![
                "a deletion was interrupted; it is finished when the workspace is opened for writing"
                    .to_owned(),
            ]);
        }
        // Somebody who holds the lock is at work and not interrupted.
        match log.try_lock(super::dsr::clock_of(context))? {
            Some(mut session) => {
                log::recovered(session.recovered().len());
                super::settle::settle(context, &mut session)
            }
            None => Ok(Vec::new()),
        }
    };
    attempt().unwrap_or_else(|error| vec![format!("nothing can be deleted: {error}")])
}

/// Whom tenants list by their files at this moment.
#[derive(Debug)]
struct FromFiles {
    workspace: Workspace,
}

impl Roster for FromFiles {
    fn roles(&self, principal: &str, tenant: &Id) -> Option<Vec<String>> {
        let record = self.workspace.tenant(tenant).ok()?.value;
        if record.domain != *tenant {
            return None;
        }
        Some(record.principal(principal)?.roles.clone())
    }
}

fn open_workspace(opening: &Opening) -> Result<Workspace> {
    let found;
    let root: &Path = match &opening.workspace {
        Some(root) => root,
        None => {
            found = env::default_workspace().ok_or_else(|| Error::Usage {
                message: "no workspace: neither --workspace, nor $CASEWARD_WORKSPACE, nor a \
                          workspace.toml here or above"
                    .to_owned(),
                hint: Some("try `caseward demo`, or make one with `caseward init DIR`".to_owned()),
            })?;
            &found
        }
    };
    if opening.read_only { Workspace::open_read_only(root) } else { Workspace::open(root) }
}

/// The actor: `--as`, else the engineer whose `os_user` runs the program, else, in a demo
/// workspace, the first engineer, else the account itself.
fn resolve_actor(workspace: &Workspace, named: Option<&str>) -> Result<Actor> {
    let config = workspace.config();
    let os_user = env::os_user();
    let own = || {
        config
            .engineers
            .iter()
            .find(|engineer| engineer.os_user.as_deref() == Some(&os_user))
            .or_else(|| config.engineers.first().filter(|_| config.test_clock))
            .map(|engineer| engineer.principal.as_str())
    };
    let Some(principal) = named.or_else(own) else {
        // Somebody whom the workspace does not know may look and set up; rules refuse the rest.
        return Ok(Actor {
            principal: os_user.clone(),
            os_user,
            engineer: false,
            memberships: vec![],
            roster: None,
        });
    };
    let roster = Arc::new(FromFiles { workspace: workspace.clone() });
    if let Some(engineer) = Actor::engineer(principal, &os_user, config, roster) {
        return Ok(engineer);
    }
    let (tenants, _) = workspace.known_tenants()?;
    Actor::resolve(principal, &os_user, config, &tenants).ok_or_else(|| {
        let known: Vec<&str> = config
            .engineers
            .iter()
            .map(|engineer| engineer.principal.as_str())
            .chain(tenants.iter().flat_map(|t| t.principals.iter().map(|p| p.upn.as_str())))
            .collect();
        Error::Usage {
            message: format!("nobody here is called `{}`", text::safe(principal)),
            hint: Some(match text::nearest(principal, known) {
                Some(near) => format!("did you mean {near}?"),
                None => {
                    "`caseward engineer list` and `caseward tenant show` name people".to_owned()
                }
            }),
        }
    })
}
