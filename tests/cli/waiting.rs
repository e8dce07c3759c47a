//! Waiting for somebody else's lock: whom for is said, and Ctrl-C ends it.

use super::harness::Sandbox;
use caseward::fs::{Fs, FsLock, RealFs, RelPath};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

fn hold(sandbox: &Sandbox) -> Box<dyn FsLock> {
    let fs = RealFs::open(&sandbox.workspace()).unwrap();
    fs.lock(&RelPath::new(".lock").unwrap()).unwrap()
}

/// Starts a command that has to wait, and what it says first on standard error.
fn start(sandbox: &Sandbox, arguments: &[&str]) -> (Child, String) {
    let mut command = sandbox.command();
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    (child, said)
}

fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
fn whoever_holds_the_lock_is_named_and_the_work_is_done_then() {
    let sandbox = Sandbox::demo();
    let lock = hold(&sandbox);
    let (mut child, said) = start(&sandbox, &["consent", "grant", "2610290010001578"]);
    let me = format!("(pid {} on ", std::process::id());
    assert!(said.starts_with("waiting for ") && said.contains(&me), "{said}");
    assert!(said.contains(" since ") && said.contains("Ctrl-C"), "{said}");
    drop(lock);
    let mut printed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(printed.contains("consent is active"), "{printed}");
}

#[test]
fn words_that_a_dead_holder_left_name_nobody() {
    let sandbox = Sandbox::demo();
    let lock = hold(&sandbox);
    let fs = RealFs::open(&sandbox.workspace()).unwrap();
    let mut file = fs.open_write(&RelPath::new(".lock").unwrap()).unwrap();
    let mut words = vec![0; 1024];
    let count = file.read_at(&mut words, 0).unwrap();
    let stale = String::from_utf8(words[..count].to_vec()).unwrap();
    // No process has a number this high.
    let stale = stale.replace(&format!(":{},", std::process::id()), ":2147483646,");
    file.set_len(0).unwrap();
    file.write_at(stale.as_bytes(), 0).unwrap();
    let (mut child, said) = start(&sandbox, &["consent", "grant", "2610290010001578"]);
    assert_eq!(said, "waiting for another process to finish; Ctrl-C stops waiting\n");
    drop(lock);
    assert!(child.wait().unwrap().success());
    // Nobody holds it now: the words there are not even read.
    file.set_len(0).unwrap();
    file.write_at(stale.as_bytes(), 0).unwrap();
    let ran = sandbox.sh("consent grant 2610290010001578");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn ctrl_c_ends_a_wait_at_once_and_nothing_is_written() {
    for command in
        [&["consent", "grant", "2610290010001578"][..], &["dsr", "discover", "DSR-2026-0001"]]
    {
        let sandbox = Sandbox::demo();
        let before = sandbox.audit("contoso.com");
        let lock = hold(&sandbox);
        let (mut child, said) = start(&sandbox, command);
        assert!(said.starts_with("waiting for "), "{command:?}: {said}");
        interrupt(&child);
        let ended = child.wait().unwrap();
        // As a shell counts it: ended by the signal, or 130 where the program hears it itself.
        let code = ended.code().or_else(|| ended.signal().map(|signal| 128 + signal));
        assert_eq!(code, Some(130), "{command:?}: {ended:?}");
        drop(lock);
        assert_eq!(sandbox.audit("contoso.com"), before);
    }
}

#[test]
fn a_conflict_says_both_versions_and_who_wrote() {
    let sandbox = Sandbox::demo();
    let lock = hold(&sandbox);
    let (mut child, _) = start(
        &sandbox,
        &[
            "case",
            "set-severity",
            "2610240010004182",
            "moderate",
            "--on-request-of",
            "jane@contoso.com",
        ],
    );
    // It has read the case and waits; meanwhile somebody else writes it.
    let path = sandbox.inside("tenants/contoso.com/cases/2610240010004182/case.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let severity = text.lines().find(|line| line.starts_with("severity")).unwrap();
    std::fs::write(&path, text.replace(severity, "severity = \"minimal\"")).unwrap();
    drop(lock);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5), "{said}");
    assert!(said.contains("`severity` is \"minimal\" now and was "), "{said}");
    assert!(said.contains("(this change: to be \"moderate\")"), "{said}");
    assert!(said.contains("last logged there: ") && said.contains(" by "), "{said}");
    assert!(said.contains("nothing was written"), "{said}");
}
