//! The user's editor and pager, each on a file that only this user can read and that vanishes after.

use crate::error::{Error, Result};
use crate::{env, outside};
use std::path::Path;
use std::process::Command;

/// Lets the user change `text`; what it is then. `name` is the name of the file, for the editor's
/// sake. An editor that fails has changed nothing.
///
/// # Errors
/// The editor cannot be run or ends without success, or the file cannot be made or read.
pub fn edit(editor: &str, name: &str, text: &[u8]) -> Result<Vec<u8>> {
    let dir = env::private_temp_dir()?;
    let path = dir.path().join(name);
    outside::write_whole(&path, text)?;
    run("editor", editor, &path)?;
    outside::read(&path)
}

/// Shows a text to the user.
///
/// # Errors
/// The pager cannot be run or ends without success, or the file cannot be made.
pub fn page(pager: &str, name: &str, text: &[u8]) -> Result<()> {
    let dir = env::private_temp_dir()?;
    let path = dir.path().join(name);
    outside::write_whole(&path, text)?;
    run("pager", pager, &path)
}

/// Runs a program with its arguments, split at spaces, and the file as the last.
fn run(what: &str, command: &str, path: &Path) -> Result<()> {
    let mut words = command.split_whitespace();
    let failed = |message: String| Error::Usage {
        message,
        hint: Some(format!(
            "set ${} to a program that waits until you are done",
            what.to_uppercase()
        )),
    };
    let Some(program) = words.next() else {
        return Err(failed(format!("the {what}'s name is empty")));
    };
    let status = Command::new(program).args(words).arg(path).status();
    let status =
        status.map_err(|error| failed(format!("the {what} `{command}` cannot be run: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(format!("the {what} `{command}` ended without success")))
}

/// Hands a text to tmux, for its own buffer and the clipboard of the terminal around it; whether tmux
/// took it.
#[must_use]
pub fn tmux_buffer(text: &str) -> bool {
    use std::io::Write;
    let child = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written =
        child.stdin.take().is_some_and(|mut pipe| pipe.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}
