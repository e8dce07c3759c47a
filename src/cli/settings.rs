//! `caseward init`, `tenant`, `engineer`: what a new workspace needs.

use super::output::{self, Out, Tone, plain, toned};
use super::{Global, print_problems};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::{Engineer, Id, Principal, Regime};
use crate::ops::settings::{self, NewTenant};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Init {
    /// The directory to make; it must not exist, or be empty
    dir: PathBuf,
    /// What the workspace is called
    #[arg(long)]
    name: String,
    /// The name of the attestation log, for example support.example.com/eu/deletions
    #[arg(long)]
    origin: String,
    /// The issuer on reports
    #[arg(long)]
    organisation: Option<String>,
    /// Where the workspace lies, for example EU
    #[arg(long)]
    region: Option<String>,
    /// Let $CASEWARD_NOW replace the clock; reports say so
    #[arg(long)]
    test_clock: bool,
    /// Take a file system that is not known to keep what was flushed; reports say so
    #[arg(long)]
    accept_weak_filesystem: bool,
}

impl Init {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let made = crate::ops::init::init(&crate::ops::init::NewSettings {
            dir: self.dir,
            name: self.name,
            origin: self.origin,
            organisation: self.organisation,
            region: self.region,
            test_clock: self.test_clock,
            accept_weak_filesystem: self.accept_weak_filesystem,
        })?;
        let out = Out::new(global.json, global.color, crate::env::wall_clock());
        if out.json {
            out.document("init", &made)?;
        } else {
            let dir = crate::text::safe(&made.dir);
            out.line(format!("workspace {} in {dir}", crate::text::safe(&made.name)))?;
            out.line(format!("attestation log {} with key {}", made.origin, made.vkey))?;
            output::hint(format!(
                "next: caseward --workspace {} engineer add --principal you@example.com --name \"…\" --os-user {}",
                dir,
                crate::env::os_user()
            ));
        }
        Ok(Exit::Done)
    }
}

#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Add a tenant
    Add(TenantAdd),
    /// List the tenants
    List,
    /// Show a tenant and its people
    Show { tenant: Id },
    /// The people of a tenant
    #[command(subcommand)]
    Principal(PrincipalCommand),
}

#[derive(Debug, Args)]
pub struct TenantAdd {
    /// Its domain, for example contoso.com
    domain: String,
    /// The customer it belongs to; tenants of one customer are searched together [default: the domain's first label]
    #[arg(long)]
    customer: Option<String>,
    #[arg(long)]
    name: Option<String>,
    /// How its consent works: m365 (a 30-day window for the tenant) or azure (per case)
    #[arg(long, default_value = "m365")]
    regime: Regime,
    /// The directory's id [default: a random GUID]
    #[arg(long)]
    tenant_id: Option<String>,
    #[arg(long)]
    region: Option<String>,
    /// Another domain of the tenant; once for each
    #[arg(long = "alias")]
    aliases: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum PrincipalCommand {
    /// Add a person to a tenant
    Add(PrincipalAdd),
}

#[derive(Debug, Args)]
pub struct PrincipalAdd {
    tenant: Id,
    /// User principal name, for example adele@contoso.com
    #[arg(long)]
    upn: String,
    #[arg(long)]
    name: String,
    /// A directory role, for example "Service Support Administrator"; once for each
    #[arg(long = "role")]
    roles: Vec<String>,
    /// OpenSSH public key
    #[arg(long)]
    ssh_key: Option<String>,
}

#[derive(Serialize)]
struct Tenants<'a> {
    tenants: Vec<&'a crate::model::Tenant>,
}

impl TenantCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::Add(new) => {
                let tenant = settings::add_tenant(
                    &context,
                    NewTenant {
                        domain: new.domain,
                        customer: new.customer,
                        name: new.name,
                        regime: new.regime,
                        tenant_id: new.tenant_id,
                        region: new.region,
                        aliases: new.aliases,
                    },
                )?;
                if out.json {
                    #[derive(Serialize)]
                    struct Added<'a> {
                        id: &'a Id,
                        tenant_id: &'a str,
                        customer: &'a str,
                        regime: Regime,
                    }
                    out.document(
                        "tenant-add",
                        &Added {
                            id: &tenant.domain,
                            tenant_id: &tenant.tenant_id,
                            customer: &tenant.customer,
                            regime: tenant.regime,
                        },
                    )?;
                } else {
                    out.line(tenant.domain.as_str())?;
                    output::hint(format!(
                        "people: caseward tenant principal add {} --upn … --name … --role …",
                        tenant.domain
                    ));
                }
            }
            Self::List => {
                let (tenants, problems) = context.workspace.tenants()?;
                if out.json {
                    let tenants = tenants.iter().map(|tenant| &tenant.value).collect();
                    out.document("tenant-list", &Tenants { tenants })?;
                } else {
                    let rows: Vec<_> = tenants
                        .iter()
                        .map(|tenant| {
                            let tenant = &tenant.value;
                            vec![
                                toned(Tone::Strong, tenant.domain.as_str()),
                                plain(&tenant.customer),
                                plain(tenant.regime.as_str()),
                                plain(tenant.region.as_deref().unwrap_or("-")),
                                plain(tenant.principals.len().to_string()),
                                plain(&tenant.name),
                            ]
                        })
                        .collect();
                    out.table(
                        &["TENANT", "CUSTOMER", "REGIME", "REGION", "PEOPLE", "NAME"],
                        &rows,
                    )?;
                }
                print_problems(&problems);
            }
            Self::Show { tenant } => {
                let tenant = context.workspace.tenant(&tenant)?.value;
                if out.json {
                    out.document("tenant-show", &tenant)?;
                } else {
                    show_tenant(&out, &tenant)?;
                }
            }
            Self::Principal(PrincipalCommand::Add(new)) => {
                let unknown: Vec<String> =
                    new.roles.iter().filter(|role| !settings::may_decide(role)).cloned().collect();
                let principal = Principal {
                    upn: new.upn.clone(),
                    name: new.name,
                    roles: new.roles.clone(),
                    ssh_key: new.ssh_key,
                };
                let tenant = settings::add_principal(&context, &new.tenant, principal)?;
                if out.json {
                    #[derive(Serialize)]
                    struct Added<'a> {
                        id: &'a str,
                        tenant: &'a Id,
                        roles: &'a [String],
                        may_decide: bool,
                    }
                    out.document(
                        "principal-add",
                        &Added {
                            id: &new.upn,
                            tenant: &tenant.domain,
                            roles: &new.roles,
                            may_decide: unknown.len() < new.roles.len(),
                        },
                    )?;
                } else {
                    out.line(crate::text::safe(&new.upn))?;
                    if unknown.len() == new.roles.len() {
                        output::hint(format!(
                            "none of their roles decides on access requests; the least privileged that does is {}",
                            crate::policy::roles::LEAST_PRIVILEGED
                        ));
                    }
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn show_tenant(out: &Out, tenant: &crate::model::Tenant) -> Result<()> {
    out.line(
        out.tone(Tone::Strong, format!("{} ({})", tenant.domain, crate::text::safe(&tenant.name))),
    )?;
    out.line(format!(
        "customer {}, regime {}, region {}, directory {}",
        crate::text::safe(&tenant.customer),
        tenant.regime,
        tenant.region.as_deref().unwrap_or("-"),
        crate::text::safe(&tenant.tenant_id)
    ))?;
    let rows: Vec<_> = tenant
        .principals
        .iter()
        .map(|principal| {
            let decides = principal.roles.iter().any(|role| settings::may_decide(role));
            vec![
                plain(&principal.upn),
                plain(&principal.name),
                plain(if decides { "decides on access" } else { "-" }),
                plain(principal.roles.join(", ")),
            ]
        })
        .collect();
    out.table(&["PRINCIPAL", "NAME", "ACCESS REQUESTS", "ROLES"], &rows)
}

#[derive(Debug, Subcommand)]
pub enum EngineerCommand {
    /// Add an engineer
    Add(EngineerAdd),
    /// List the engineers
    List,
}

#[derive(Debug, Args)]
pub struct EngineerAdd {
    /// E-mail address
    #[arg(long)]
    principal: String,
    #[arg(long)]
    name: String,
    /// The account of the host that is this engineer when --as is not given
    #[arg(long)]
    os_user: Option<String>,
    /// OpenSSH public key
    #[arg(long)]
    ssh_key: Option<String>,
}

impl EngineerCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        match self {
            Self::Add(new) => {
                let engineer = settings::add_engineer(
                    &context,
                    Engineer {
                        principal: new.principal,
                        name: new.name,
                        os_user: new.os_user,
                        ssh_key: new.ssh_key,
                    },
                )?;
                if out.json {
                    #[derive(Serialize)]
                    struct Added<'a> {
                        id: &'a str,
                    }
                    out.document("engineer-add", &Added { id: &engineer.principal })?;
                } else {
                    out.line(crate::text::safe(&engineer.principal))?;
                }
            }
            Self::List => {
                let engineers = &context.workspace.config().engineers;
                if out.json {
                    #[derive(Serialize)]
                    struct Engineers<'a> {
                        engineers: &'a [Engineer],
                    }
                    out.document("engineer-list", &Engineers { engineers })?;
                } else {
                    let rows: Vec<_> = engineers
                        .iter()
                        .map(|engineer| {
                            let own = context.actor.is(&engineer.principal);
                            vec![
                                toned(
                                    if own { Tone::Strong } else { Tone::Plain },
                                    &engineer.principal,
                                ),
                                plain(&engineer.name),
                                plain(engineer.os_user.as_deref().unwrap_or("-")),
                                plain(if engineer.ssh_key.is_some() { "yes" } else { "no" }),
                            ]
                        })
                        .collect();
                    out.table(&["ENGINEER", "NAME", "ACCOUNT", "SSH KEY"], &rows)?;
                }
            }
        }
        Ok(Exit::Done)
    }
}
