//! `caseward man`: the manual pages, made from the same table as `--help`.

use super::output;
use super::{Cli, Global};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::outside;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  caseward man | man -l -
  caseward man --out ~/.local/share/man/man1")]
pub struct Manual {
    /// Write a page for every command into this directory, which must not hold one of them yet
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Manual {
    pub fn run(self, _global: &Global) -> Result<Exit> {
        let mut command = Cli::command();
        command.build();
        let Some(dir) = self.out else {
            output::text(&String::from_utf8_lossy(&rendered(&Man::new(command))?))?;
            return Ok(Exit::Done);
        };
        let mut pages = Vec::new();
        collect(&command, &mut pages)?;
        for (name, page) in &pages {
            outside::write_new(&dir.join(name), page)?;
        }
        output::message(format!("{} pages written", pages.len()));
        Ok(Exit::Done)
    }
}

fn rendered(page: &Man) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| Error::io("write", "a manual page", error))?;
    Ok(text)
}

/// A command's page and those of its commands: `caseward.1`, `caseward-case-list.1`.
fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let page = Man::new(command.clone());
    pages.push((page.get_filename(), rendered(&page)?));
    let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    inner.filter(|inner| inner.get_name() != "help").try_for_each(|inner| collect(inner, pages))
}
