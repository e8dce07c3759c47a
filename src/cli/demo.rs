//! `caseward demo`.

use super::Global;
use super::output::Out;
use crate::error::Result;
use crate::exit::Exit;
use crate::ops::init;
use crate::tui;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Demo {
    /// Where to make it; must not exist [default: a new temporary directory]
    dir: Option<PathBuf>,
    /// Make it also on a file system that is not known to keep what was flushed
    #[arg(long)]
    accept_weak_filesystem: bool,
    /// Only make it and print the next commands
    #[arg(long)]
    no_tui: bool,
}

/// The main job on the example, a command a line. `$W` is the workspace.
const TOUR: &[(&str, &str)] = &[
    ("what is due, what expires soon", "status"),
    ("the cases", "case list"),
    (
        "may we collect from the customer's other tenant?",
        "access check 2610240010004182 --tenant contoso-test.com",
    ),
    (
        "John asks for Jane's data to be erased",
        "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a --identifier email=jane@contoso.com --identifier \"name=Jane Miller\"",
    ),
    ("search for exactly what he gave", "dsr discover DSR-2026-0002"),
    ("look at what was found", "dsr findings DSR-2026-0002"),
];

impl Demo {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let opens = !self.no_tui && !global.json;
        if opens {
            // Before anything is made: without a terminal only --no-tui makes sense.
            tui::require_terminal().map_err(|error| {
                error.with_hint("make the demo without opening it: `caseward demo --no-tui`")
            })?;
        }
        let made = init::demo_on(self.dir, self.accept_weak_filesystem)?;
        let out = Out::new(global.json, global.color, crate::env::wall_clock());
        if out.json {
            out.document("demo", &made)?;
            return Ok(Exit::Done);
        }
        let dir = crate::text::safe(&made.dir);
        if opens {
            let workspace = Some(PathBuf::from(&made.dir));
            super::interface(&Global { workspace, ..global.clone() })?;
            out.line(format!("The demo lies in {dir}"))?;
            out.line(format!("  caseward --workspace {dir}    # opens it again"))?;
            return Ok(Exit::Done);
        }
        out.line(format!("A fresh workspace lies in {dir}"))?;
        out.line("")?;
        out.line(format!("  export CASEWARD_WORKSPACE={dir}"))?;
        for (what, command) in TOUR {
            out.line(format!("  caseward {command}    # {what}"))?;
        }
        Ok(Exit::Done)
    }
}
