//! Shell completion: `caseward completions SHELL`, and the answers that the shell asks for.
//!
//! The script calls the program again with `$CASEWARD_COMPLETE` set; what it may complete with is
//! read from the workspace then, so ids of cases, requests and people are those of the moment. It
//! looks and never writes, and offers what the actor may see.

use super::output;
use super::{Cli, Global};
use crate::env;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::Tenant;
use crate::ops::{Context, Opening, access, dsr};
use clap::{Args, Command, CommandFactory};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter};
use clap_complete::env::Shells;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Set by the script while it asks; its value names the shell.
const VARIABLE: &str = "CASEWARD_COMPLETE";

const PROGRAM: &str = "caseward";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseward completions bash > ~/.local/share/bash-completion/completions/caseward
  caseward completions zsh  > ~/.zfunc/_caseward
  caseward completions fish > ~/.config/fish/completions/caseward.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

impl Completions {
    pub fn run(self, _global: &Global) -> Result<Exit> {
        let mut script = Vec::new();
        let shells = Shells::builtins();
        let shell = shells
            .completer(&self.shell)
            .ok_or_else(|| Error::usage(format!("no completions for {}", self.shell)))?;
        shell
            .write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
            .map_err(|error| Error::io("write", "standard output", error))?;
        output::text(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}

/// Answers a shell that asks; `None` when none does.
pub fn answer(arguments: &[OsString]) -> Option<Exit> {
    let shell = env::variable(VARIABLE)?;
    let shells = Shells::builtins();
    let shell = shells.completer(&shell)?;
    let typed: Vec<OsString> =
        arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let mut answer = Vec::new();
    let mut command = with_live_values(Cli::command(), &opening(&typed));
    // Whatever goes wrong here, a shell that completes nothing is the best to be had.
    let _ = shell.write_complete(&mut command, typed, None, &mut answer);
    let _ = output::text(&String::from_utf8_lossy(&answer));
    Some(Exit::Done)
}

/// The workspace and the actor as far as they are typed already.
fn opening(typed: &[OsString]) -> Opening {
    let value = |option: &str| {
        let mut words = typed.iter();
        while let Some(word) = words.next() {
            if word == option {
                return words.next().cloned();
            }
            let text = word.to_str().unwrap_or_default();
            if let Some(value) = text.strip_prefix(option).and_then(|rest| rest.strip_prefix('=')) {
                return Some(value.into());
            }
        }
        None
    };
    Opening {
        workspace: value("--workspace").map(PathBuf::from),
        acting_as: value("--as").and_then(|name| name.into_string().ok()),
        read_only: true,
    }
}

/// Gives every argument that names something of the workspace its completer, whatever command it
/// belongs to: the same name means the same thing everywhere.
fn with_live_values(mut command: Command, opening: &Opening) -> Command {
    let names: Vec<String> =
        command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |inner| with_live_values(inner, opening));
    }
    let ids: Vec<String> =
        command.get_arguments().map(|argument| argument.get_id().to_string()).collect();
    for id in ids {
        let Some(live) = live(&id) else { continue };
        let opening = opening.clone();
        let completer =
            ArgValueCompleter::new(move |current: &OsStr| candidates(&opening, live, current));
        command = command.mut_arg(id, |argument| argument.add(completer));
    }
    command.mut_args(|argument| match argument.get_id().as_str() {
        "workspace" | "out" | "dir" => argument.add(ArgValueCompleter::new(PathCompleter::dir())),
        "key" | "signature" | "checkpoint" | "file" | "files" => {
            argument.add(ArgValueCompleter::new(PathCompleter::file()))
        }
        _ => argument,
    })
}

/// What an argument's value names.
#[derive(Debug, Clone, Copy)]
enum Live {
    Cases,
    Tenants,
    AccessRequests,
    DataSubjectRequests,
    Engineers,
    People,
}

fn live(argument: &str) -> Option<Live> {
    match argument {
        "case" | "cases" => Some(Live::Cases),
        "tenant" | "resource_tenant" => Some(Live::Tenants),
        "sar" => Some(Live::AccessRequests),
        "dsr" => Some(Live::DataSubjectRequests),
        "engineer" | "assign" => Some(Live::Engineers),
        "acting_as" | "contact" | "on_request_of" => Some(Live::People),
        _ => None,
    }
}

/// A value and what it is, in a few words.
type Value = (String, String);

fn candidates(opening: &Opening, live: Live, current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(prefix) = current.to_str() else { return Vec::new() };
    // A name that is still being typed is nobody's.
    let acting_as = opening.acting_as.clone().filter(|name| name != prefix);
    let opening = Opening { acting_as, ..opening.clone() };
    let found = Context::open(&opening).and_then(|context| match live {
        Live::Cases => cases(&context, prefix),
        Live::Tenants => Ok(tenants(&context)?
            .into_iter()
            .map(|tenant| (tenant.domain.to_string(), tenant.name))
            .collect()),
        Live::AccessRequests => {
            let (views, _) = access::list(&context, access::AccessFilter::All, None)?;
            Ok(views
                .into_iter()
                .map(|view| (view.id.to_string(), format!("{} for {}", view.state, view.case)))
                .collect())
        }
        Live::DataSubjectRequests => {
            let (views, _) = dsr::list(&context)?;
            Ok(views
                .into_iter()
                .map(|view| (view.id.to_string(), format!("{} for {}", view.state, view.tenant)))
                .collect())
        }
        Live::Engineers => Ok(engineers(&context)),
        Live::People => {
            let people = tenants(&context)?.into_iter().flat_map(|tenant| tenant.principals);
            let people = people.map(|person| (person.upn, person.name));
            Ok(engineers(&context).into_iter().chain(people).collect())
        }
    });
    // There is nobody to tell what is wrong: the command that is being typed will.
    let found = found.unwrap_or_default();
    let fits = found.into_iter().filter(|(value, _)| value.starts_with(prefix));
    fits.map(|(value, what)| {
        let what = crate::text::safe(&what).into_owned();
        CompletionCandidate::new(value).help(Some(what.into()))
    })
    .collect()
}

/// The ids of the cases that begin so, `TENANT/ID` once a tenant is typed. Titles stand beside them
/// while they are few: each is a file to read.
fn cases(context: &Context, prefix: &str) -> Result<Vec<Value>> {
    const FEW: usize = 50;
    let mut found = Vec::new();
    for tenant in tenants(context)? {
        let (ids, _) = context.workspace.case_ids(&tenant.domain)?;
        for id in ids {
            let case = crate::workspace::CaseRef { tenant: tenant.domain.clone(), id };
            let value = if prefix.contains('/') { case.to_string() } else { case.id.to_string() };
            if value.starts_with(prefix) {
                found.push((value, case));
            }
        }
    }
    let few = found.len() <= FEW;
    Ok(found
        .into_iter()
        .map(|(value, case)| {
            let title = few.then(|| context.workspace.case(&case).ok()).flatten();
            (value, title.map_or_else(|| case.tenant.to_string(), |case| case.value.title))
        })
        .collect())
}

fn tenants(context: &Context) -> Result<Vec<Tenant>> {
    let mut tenants = context.tenants()?;
    tenants.retain(|tenant| context.actor.may_see(&tenant.domain));
    Ok(tenants)
}

fn engineers(context: &Context) -> Vec<Value> {
    let engineers = &context.workspace.config().engineers;
    engineers.iter().map(|one| (one.principal.clone(), one.name.clone())).collect()
}
