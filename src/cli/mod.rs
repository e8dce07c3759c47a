//! Face one: the command line. One file per command, thin over `ops`.

mod access;
mod attach;
mod attest;
mod audit;
mod case;
mod complete;
mod consent;
mod demo;
mod doctor;
mod dsr;
mod generate;
mod hold;
mod man;
mod output;
mod retention;
mod settings;
mod status;
mod transfer;
mod version;

use crate::env::Stopwatch;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::log;
use crate::ops::{Context, Opening};
use crate::preferences::{Flags, Preferences, Surroundings};
use crate::tui;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use output::{ColorChoice, Out};
use serde::Serialize;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const ABOUT: &str = "Support cases, consent, access, data subject requests and attested deletion";

const AFTER_HELP: &str = "\
Start here:
  caseward demo                        a fresh example workspace, opened in the terminal interface
  caseward                             the terminal interface on the workspace
  caseward status                      what is due, what expires soon, what is wrong
  caseward case list --open            the open cases
  caseward dsr new TENANT --type delete --regulation gdpr --requester customer --option a \\
                   --identifier email=jane@contoso.com

Exit codes: 0 done, 1 refused by a rule or a verification failed, 2 usage, 3 workspace or file
invalid, 4 I/O error, 5 conflict, 130 interrupted.";

/// The command line as it was typed.
#[derive(Debug, Parser)]
#[command(name = "caseward", version, about = ABOUT, after_help = AFTER_HELP, max_term_width = 100)]
#[command(disable_version_flag = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    /// Print version
    #[arg(short = 'V', long)]
    version: bool,
    /// With --version: what a report of a problem needs; nothing personal
    #[arg(short, long, requires = "version")]
    verbose: bool,
    /// Without a subcommand the terminal interface opens.
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options that stand before or after the subcommand.
#[derive(Debug, Clone, Args)]
struct Global {
    /// The workspace [default: $CASEWARD_WORKSPACE, else the nearest directory upwards with a workspace.toml]
    #[arg(long, global = true, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Who acts: an engineer or a principal of a tenant [default: the engineer who is this account]
    #[arg(long = "as", global = true, value_name = "PRINCIPAL")]
    acting_as: Option<String>,
    /// One JSON document on standard output
    #[arg(long, global = true)]
    json: bool,
    /// Colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
    /// Your configuration [default: $CASEWARD_CONFIG, else $XDG_CONFIG_HOME/caseward/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The terminal interface in lines of plain ASCII, for a screen reader
    #[arg(long, global = true)]
    plain: bool,
    /// Change nothing, not even what recovery or the audit log would write
    #[arg(long, global = true)]
    read_only: bool,
    /// Append what the program does, and how long it takes, to this file; no personal data
    #[arg(long, global = true, value_name = "FILE")]
    log: Option<PathBuf>,
    /// How much of it [default: $CASEWARD_LOG, else info]
    #[arg(long, global = true, value_enum, value_name = "LEVEL")]
    log_level: Option<log::Level>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A fresh copy of the example workspace, its story shifted to now
    Demo(demo::Demo),
    /// Make a new, empty workspace with its attestation log
    Init(settings::Init),
    /// Tenants and the people in them
    #[command(subcommand)]
    Tenant(settings::TenantCommand),
    /// The engineers of the workspace
    #[command(subcommand)]
    Engineer(settings::EngineerCommand),
    /// Counts, what is due, what expires soon, problems
    Status(status::Status),
    /// Cases: open, list, show, assign, close, restrict, reopen, note
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Consent to advanced diagnostics: show, grant, revoke
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Support access requests: request, list, approve, reject, remove, check
    #[command(subcommand)]
    Access(access::AccessCommand),
    /// Attach diagnostics to a case
    Attach(attach::Attach),
    /// The diagnostics of a case
    #[command(subcommand)]
    Diagnostics(attach::DiagnosticsCommand),
    /// Data subject requests: from intake to deletion
    #[command(subcommand)]
    Dsr(dsr::DsrCommand),
    /// The attestation log: list, show, verify
    #[command(subcommand)]
    Attest(attest::AttestCommand),
    /// A tenant's audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Versions, terminal, file system, permissions, problems
    Doctor(doctor::Doctor),
    /// The customer's transfer folder: link, files, and the request to delete them
    #[command(subcommand)]
    Transfer(transfer::TransferCommand),
    /// What falls due when; sweep what is due; erase again what a backup brought back
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// Legal holds on single files
    #[command(subcommand)]
    Hold(hold::HoldCommand),
    #[command(hide = true)]
    Generate(generate::Generate),
    /// A completion script for your shell, with the ids of the workspace
    Completions(complete::Completions),
    /// The manual pages
    Man(man::Manual),
}

/// Runs the program on its arguments and returns its exit code.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(exit) = complete::answer(&arguments) {
        return exit;
    }
    let watch = Stopwatch::start();
    let parsed = Cli::command().try_get_matches_from(&arguments);
    let parsed = parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, words(&matches))));
    let (cli, command) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            if !error.use_stderr() {
                // Help and version are the program's own words.
                let _ = error.print();
                return Exit::Done;
            }
            // An argument may hold anything, and the message repeats it.
            let said = error.render().to_string();
            output::message(crate::text::safe_block(said.trim_end()));
            if arguments.iter().take_while(|word| *word != "--").any(|word| word == "--json") {
                print_error(&usage_of(&error));
            }
            return Exit::Usage;
        }
    };
    let json = cli.global.json;
    say_waits();
    if let Err(error) = cli.global.start_log(&command) {
        return report(&error, json);
    }
    let ran = run(cli);
    let (exit, failure) = match ran {
        Ok(exit) => (exit, None),
        Err(error) => (report(&error, json), Some(error)),
    };
    log::ended(exit, failure.as_ref(), watch);
    exit
}

/// The words of the command, for example `case note`: the program's own, never what follows them.
fn words(matches: &ArgMatches) -> String {
    let mut words = Vec::new();
    let mut matches = matches;
    while let Some((word, inner)) = matches.subcommand() {
        words.push(word);
        matches = inner;
    }
    if words.is_empty() { "tui".to_owned() } else { words.join(" ") }
}

fn run(cli: Cli) -> Result<Exit> {
    let global = &cli.global;
    if cli.version {
        return version::run(global, cli.verbose);
    }
    let Some(command) = cli.command else { return interface(global) };
    match command {
        Command::Demo(command) => command.run(global),
        Command::Init(command) => command.run(global),
        Command::Tenant(command) => command.run(global),
        Command::Engineer(command) => command.run(global),
        Command::Status(command) => command.run(global),
        Command::Case(command) => command.run(global),
        Command::Consent(command) => command.run(global),
        Command::Access(command) => command.run(global),
        Command::Attach(command) => command.run(global),
        Command::Diagnostics(command) => command.run(global),
        Command::Dsr(command) => command.run(global),
        Command::Attest(command) => command.run(global),
        Command::Audit(command) => command.run(global),
        Command::Generate(command) => command.run(global),
        Command::Doctor(command) => command.run(global),
        Command::Transfer(command) => command.run(global),
        Command::Retention(command) => command.run(global),
        Command::Hold(command) => command.run(global),
        Command::Completions(command) => command.run(global),
        Command::Man(command) => command.run(global),
    }
}

/// Says on standard error whom the program waits for.
fn say_waits() {
    crate::fs::wait::on_wait(|words| {
        output::message(format!("{words}; Ctrl-C stops waiting"));
    });
}

/// A flag that Ctrl-C raises, for work that stops at its next safe point. A wait for a lock has none
/// and nothing to finish: it ends at once.
fn cancel_on_interrupt() -> Arc<AtomicBool> {
    use signal_hook::{consts::SIGINT, flag};
    let cancel = Arc::new(AtomicBool::new(false));
    let interrupted = i32::from(Exit::Interrupted as u8);
    // Without a handler Ctrl-C still ends the program; only what was done so far is lost.
    let _ = flag::register_conditional_shutdown(SIGINT, interrupted, crate::fs::wait::waiting());
    let _ = flag::register(SIGINT, Arc::clone(&cancel));
    cancel
}

/// Opens the terminal interface.
fn interface(global: &Global) -> Result<Exit> {
    tui::require_terminal()?;
    let context = Context::open(&global.opening())?;
    tui::run(context, &tui::Settings::new(global.preferences(), global.read_only))?;
    Ok(Exit::Done)
}

impl Global {
    fn opening(&self) -> Opening {
        Opening {
            workspace: self.workspace.clone(),
            acting_as: self.acting_as.clone(),
            read_only: self.read_only,
        }
    }

    /// Begins the log, where one is asked for.
    fn start_log(&self, command: &str) -> Result<()> {
        let Some(path) = &self.log else {
            return match self.log_level {
                None => Ok(()),
                Some(_) => Err(Error::usage("--log-level without --log FILE logs nothing")),
            };
        };
        let workspace = self.workspace.clone().or_else(crate::env::default_workspace);
        log::start(path, self.log_level, workspace.as_deref())?;
        log::started(command, self.read_only);
        Ok(())
    }

    /// What this user prefers.
    fn preferences(&self) -> Preferences {
        let color = match self.color {
            ColorChoice::Auto => None,
            ColorChoice::Always => Some(true),
            ColorChoice::Never => Some(false),
        };
        let flags = Flags { config: self.config.clone(), plain: self.plain, color };
        Preferences::load(&flags, &Surroundings::now())
    }

    /// Opens the workspace for a command.
    fn open(&self) -> Result<(Context, Out)> {
        let context = Context::open(&self.opening())?;
        let out = Out::new(self.json, self.color, context.now);
        for notice in &context.notices {
            output::message(format!("notice: {}", crate::text::safe(notice)));
        }
        Ok((context, out))
    }
}

#[derive(Serialize)]
struct Refused<'a> {
    error: ErrorDocument<'a>,
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    code: &'a str,
    rule: Option<&'a str>,
    message: String,
    hint: Option<String>,
}

/// What clap says in its first paragraph, as an error of ours.
fn usage_of(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    let message = words.join(" ");
    Error::usage(message.strip_prefix("error: ").unwrap_or(&message))
        .with_hint("`caseward --help` lists the commands, and each of them has --help")
}

/// Prints an error as the document that stands beside the exit code.
fn print_error(error: &Error) {
    let document = Refused {
        error: ErrorDocument {
            code: error.code(),
            rule: error.rule(),
            message: error.to_string(),
            hint: error.hint(),
        },
    };
    let out = Out::new(true, ColorChoice::Never, crate::env::wall_clock());
    // With standard output gone there is still standard error.
    let _ = match output::is_open() {
        // What has begun is ended as a document that says so.
        true => output::close_with("error", &document.error),
        false => out.document("error", &document),
    };
}

/// Says what went wrong and what to do, and returns the exit code.
fn report(error: &Error, json: bool) -> Exit {
    if let Error::Io { source, path, .. } = error
        && source.kind() == std::io::ErrorKind::BrokenPipe
        && path == "standard output"
    {
        // The reader has seen enough: `caseward case list | head` is no failure.
        return Exit::Done;
    }
    if json {
        print_error(error);
    }
    output::message(format!("caseward: {}", crate::text::safe_block(&error.to_string())));
    if let Some(hint) = error.hint() {
        output::hint(crate::text::safe_block(&hint));
    }
    error.exit()
}

/// Prints the problems of files that a command passed over.
fn print_problems(problems: &[crate::workspace::Problem]) {
    let (shown, more) = problems.split_at(problems.len().min(10));
    for problem in shown {
        let (path, why) = (crate::text::safe(&problem.path), crate::text::safe(&problem.why));
        output::message(format!("problem: {path}: {} ({why})", problem.kind.as_str()));
    }
    if !more.is_empty() {
        output::message(format!("problem: and {} more; `caseward doctor` lists all", more.len()));
    }
}

/// Parses an RFC 3339 time for clap.
fn time(text: &str) -> Result<crate::model::Time, String> {
    crate::env::parse_time(text)
        .map_err(|_| format!("`{text}` is no RFC 3339 time such as 2026-11-21T09:00:00Z"))
}

/// Reads an imported signature.
fn signature(path: Option<&std::path::Path>) -> Result<Option<String>> {
    path.map(|path| Ok(String::from_utf8_lossy(&crate::outside::read(path)?).into_owned()))
        .transpose()
}

/// Prints a statement to the byte: it is what gets signed.
fn print_statement(out: &Out, text: &str) -> Result<()> {
    if out.json {
        #[derive(Serialize)]
        struct Statement<'a> {
            statement: &'a str,
            namespace: &'a str,
        }
        let namespace = crate::attest::DECISION_NAMESPACE;
        return out.document("statement", &Statement { statement: text, namespace });
    }
    out.line(text.trim_end_matches('\n'))?;
    output::hint("ssh-keygen -Y sign -n decision@caseward -f KEY FILE, then --signature FILE.sig");
    Ok(())
}
