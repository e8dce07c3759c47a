//! `caseward --version`, and with `--verbose` what a report of a problem needs: nothing personal.

use super::Global;
use super::output::Out;
use crate::env;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::FORMAT;
use crate::text;
use serde::Serialize;
use std::io::IsTerminal;

/// The build and its surroundings.
#[derive(Debug, Serialize)]
struct Version {
    version: &'static str,
    /// `None` in a build from a tarball, or one that is no release.
    commit: Option<&'static str>,
    compiler: Option<&'static str>,
    target: &'static str,
    profile: &'static str,
    /// Of records; a workspace of a newer one is not opened.
    workspace_format: u32,
    system: String,
    terminal: Terminal,
}

/// What decides how the interface looks: names of terminals and whether variables are set.
#[derive(Debug, Serialize)]
struct Terminal {
    input: bool,
    output: bool,
    columns: Option<usize>,
    term: Option<String>,
    colorterm: Option<String>,
    term_program: Option<String>,
    locale: Option<String>,
    no_color: bool,
    tmux: bool,
    ssh: bool,
}

fn known(word: &'static str) -> Option<&'static str> {
    (!word.is_empty()).then_some(word)
}

impl Version {
    fn now() -> Self {
        let set = |name| env::variable(name).is_some();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: known(env!("CASEWARD_COMMIT")),
            compiler: known(env!("CASEWARD_RUSTC")),
            target: env!("CASEWARD_TARGET"),
            profile: env!("CASEWARD_PROFILE"),
            workspace_format: FORMAT,
            system: env::system(),
            terminal: Terminal {
                input: std::io::stdin().is_terminal(),
                output: std::io::stdout().is_terminal(),
                columns: super::output::terminal_width(),
                term: env::variable("TERM"),
                colorterm: env::variable("COLORTERM"),
                term_program: env::variable("TERM_PROGRAM"),
                locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(env::variable),
                no_color: set("NO_COLOR"),
                tmux: set("TMUX"),
                ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            },
        }
    }

    fn lines(&self) -> Vec<String> {
        let word = |word: Option<&str>| text::safe(word.unwrap_or("unknown")).into_owned();
        let (yes, terminal) = (|is: bool| if is { "yes" } else { "no" }, &self.terminal);
        let columns = terminal.columns.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
        vec![
            format!("commit: {}", word(self.commit)),
            format!("compiler: {}", word(self.compiler)),
            format!("target: {}, {}", self.target, self.profile),
            format!("workspace format: {}", self.workspace_format),
            format!("system: {}", text::safe(&self.system)),
            format!(
                "terminal: TERM {}, COLORTERM {}, program {}, {columns} columns",
                word(terminal.term.as_deref()),
                word(terminal.colorterm.as_deref()),
                word(terminal.term_program.as_deref()),
            ),
            format!("locale: {}", word(terminal.locale.as_deref())),
            format!(
                "input is a terminal: {}, output: {}, NO_COLOR: {}, tmux: {}, ssh: {}",
                yes(terminal.input),
                yes(terminal.output),
                yes(terminal.no_color),
                yes(terminal.tmux),
                yes(terminal.ssh),
            ),
        ]
    }
}

/// Prints it.
pub fn run(global: &Global, verbose: bool) -> Result<Exit> {
    let out = Out::new(global.json, global.color, env::wall_clock());
    let version = Version::now();
    if out.json {
        out.document("version", &version)?;
        return Ok(Exit::Done);
    }
    out.line(format!("caseward {}", version.version))?;
    if verbose {
        version.lines().into_iter().try_for_each(|line| out.line(line))?;
    }
    Ok(Exit::Done)
}
