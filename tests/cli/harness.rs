//! Runs the built program, hermetically, and turns what it did into a transcript.
//!
//! The environment is cleared: no variable, no home and no program search path of the machine that
//! runs the tests reaches the program. The clock is the story's: with it a demo workspace has the
//! example's own times.

#![allow(dead_code, reason = "each test binary uses its own part of the harness")]

use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The moment at which the example's story stands.
pub const NOW: &str = "2026-11-21T09:00:00Z";

/// Cases of the example: open and consented, declined, revoked, closed, closed with transfer files.
pub const MIGRATION: &str = "2610240010004182";
pub const DECLINED: &str = "2611120010003365";
pub const REVOKED: &str = "2610290010001578";
pub const CLOSED: &str = "2610150010002904";
pub const ANA: &str = "ana.silva@support.example.com";
pub const BEN: &str = "ben.okafor@support.example.com";
pub const CHIARA: &str = "chiara.rossi@support.example.com";

/// A directory of its own for one test: a workspace, a home and files to attach.
pub struct Sandbox {
    dir: TempDir,
    now: String,
}

/// What a run of the program left.
#[derive(Debug, Clone)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    line: String,
}

impl Sandbox {
    /// An empty directory; `workspace()` does not exist yet.
    pub fn empty() -> Self {
        let dir = tempfile::Builder::new().prefix("caseward-test-").tempdir().unwrap();
        for name in ["home", "state", "bin"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir, now: NOW.to_owned() }
    }

    /// A fresh demo workspace at the story's moment.
    pub fn demo() -> Self {
        let sandbox = Self::empty();
        let made = sandbox.run(["demo", sandbox.workspace().to_str().unwrap(), "--no-tui"]);
        assert_eq!(made.code, 0, "{made:?}");
        sandbox
    }

    /// Sets the clock of the runs that follow.
    pub fn at(&mut self, now: &str) -> &mut Self {
        now.clone_into(&mut self.now);
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn workspace(&self) -> PathBuf {
        self.dir.path().join("ws")
    }

    /// A path inside the workspace.
    pub fn inside(&self, path: &str) -> PathBuf {
        self.workspace().join(path)
    }

    /// A file of the user's, outside the workspace.
    pub fn file(&self, name: impl AsRef<OsStr>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name.as_ref());
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// The program with a cleared environment, on this workspace.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caseward"));
        command
            .env_clear()
            .env("HOME", self.dir.path().join("home"))
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env("PATH", self.dir.path().join("bin"))
            .env("TMPDIR", self.dir.path())
            .env("NO_COLOR", "1")
            .env("CASEWARD_NOW", &self.now)
            .env("CASEWARD_WORKSPACE", self.workspace())
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        self.run_with(arguments, b"")
    }

    /// Runs with `input` on standard input.
    pub fn run_with<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Ran {
        let arguments: Vec<OsString> =
            arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let mut child = self
            .command()
            .args(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let words: Vec<String> = arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .map(|word| if word.contains([' ', '"']) { format!("'{word}'") } else { word })
            .collect();
        Ran::from_output(&words.join(" "), output)
    }

    /// Runs the words of `line`; a word with spaces stands in single quotes.
    pub fn sh(&self, line: &str) -> Ran {
        self.run(words(line))
    }

    /// Runs what has to succeed and gives its standard output, trimmed.
    pub fn ok(&self, line: &str) -> String {
        let ran = self.sh(line);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.trim().to_owned()
    }

    /// Runs what has to succeed with `--json` and gives the document.
    pub fn json(&self, line: &str) -> Value {
        let ran = self.sh(&format!("{line} --json"));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.document()
    }

    /// Runs what a rule has to refuse, checks code and rule, and gives what it said.
    pub fn refused(&self, rule: &str, line: &str) -> Ran {
        let ran = self.sh(&format!("{line} --json"));
        assert_eq!(ran.code, 1, "{ran:?}");
        let document = ran.document();
        assert_eq!(document["error"]["rule"], rule, "{ran:?}");
        assert_eq!(document["error"]["code"], "refused", "{ran:?}");
        ran
    }

    /// A transcript of several runs, with what differs from run to run made equal.
    pub fn transcript<'a>(&self, lines: impl IntoIterator<Item = &'a str>) -> String {
        let runs: Vec<String> =
            lines.into_iter().map(|line| self.sh(line).transcript(self)).collect();
        runs.join("\n")
    }

    /// Every file of the workspace with its contents, by path.
    pub fn tree(&self) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
        tree_of(&self.workspace())
    }

    /// The audit events of a tenant.
    pub fn audit(&self, tenant: &str) -> Vec<Value> {
        let path = self.inside(&format!("tenants/{tenant}/audit.jsonl"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Every file below `root` with its contents; the target of a link for a link.
pub fn tree_of(root: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut files = std::collections::BTreeMap::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            let name = path.strip_prefix(root).unwrap().to_path_buf();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_symlink() {
                let target = std::fs::read_link(&path).unwrap();
                files.insert(name, target.into_os_string().into_encoded_bytes());
            } else if kind.is_file() {
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Splits a line at spaces outside single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

impl Ran {
    /// What a finished process left; `line` is what it is called in transcripts.
    pub fn from_output(line: &str, output: std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
            line: line.to_owned(),
        }
    }

    /// The one JSON document on standard output.
    pub fn document(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {self:?}"));
        let schema = document["schema"].as_str().unwrap_or_default();
        assert!(schema.starts_with("caseward/") && schema.ends_with("/1"), "{self:?}");
        document
    }

    pub fn transcript(&self, sandbox: &Sandbox) -> String {
        let mut text = format!("$ caseward {}\n{}", self.line, self.stdout);
        if !self.stderr.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(&self.stderr);
        }
        text.push_str(&format!("--- exit {}\n", self.code));
        redact(&text, sandbox.path())
    }
}

/// Makes equal what differs from run to run: the sandbox, the account, times taken, transactions,
/// keys, and everything that is derived from a salt or a key.
pub fn redact(text: &str, sandbox: &Path) -> String {
    let user = caseward::env::os_user();
    let mut text = text.replace(sandbox.to_str().unwrap(), "[dir]");
    for (around, with) in [
        (format!("\"os_user\": \"{user}\""), "\"os_user\": \"[user]\"".to_owned()),
        (format!("--os-user {user}"), "--os-user [user]".to_owned()),
        (format!("as account {user}"), "as account [user]".to_owned()),
    ] {
        text = text.replace(&around, &with);
    }
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        out.push_str(&redact_line(line));
    }
    out
}

fn redact_line(line: &str) -> String {
    let bare = line.trim_start();
    let keep_to = |mark: &str, with: &str| {
        let end = line.find(mark).unwrap_or_default() + mark.len();
        let tail = line[end..].find([',', '\n']).map_or("", |at| &line[end + at..]);
        format!("{}{with}{tail}", &line[..end])
    };
    if bare.starts_with("\"seconds\": ") {
        return keep_to("\"seconds\": ", "\"[seconds]\"");
    }
    for mark in ["\"vkey\": ", "\"leaf_hash\": ", "\"root\": ", "\"commitment\": "] {
        if bare.starts_with(mark) {
            return keep_to(mark, "\"[random]\"");
        }
    }
    let digits = bare.strip_prefix("\"detail\": \"").unwrap_or_default();
    if digits.chars().take_while(char::is_ascii_hexdigit).count() == 64 || digits.contains('+') {
        return keep_to("\"detail\": ", "\"[random]\"");
    }
    if let Some((before, _)) = line.split_once(" with key ") {
        return format!("{before} with key [vkey]\n");
    }
    for mark in
        ["leaf hash ", "  commitment ", ", root ", "file_system: ", "ok     root: ", "ok     key: "]
    {
        if let Some(at) = line.find(mark) {
            return format!("{}[random]\n", &line[..at + mark.len()]);
        }
    }
    redact_words(line)
}

/// Transactions are 32 hex digits, leaves hold hashes under salts, seconds stand before ` s`.
fn redact_words(line: &str) -> String {
    let is_leaf = line.contains("{\"v\":1") || line.contains("{\\\"v\\\":1");
    let mut out = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        if end == 0 {
            let next = rest.find(|c: char| c.is_ascii_hexdigit()).unwrap_or(rest.len());
            out.push_str(&rest[..next]);
            rest = &rest[next..];
            continue;
        }
        match end {
            32 => out.push_str("[tx]"),
            64 if is_leaf => out.push_str("[random]"),
            _ => out.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    if let Some(end) = out.find(" s), ")
        && let Some(start) = out[..end].rfind(" in ")
    {
        out.replace_range(start..end, " in [seconds]");
    }
    if is_leaf && let Some(at) = out.find("vkey") {
        out.truncate(at);
        out.push_str("vkey …\n");
    }
    out
}
