//! The real program beside others: what they write shows, a lock is waited for in sight, and a workspace
//! that moves away or turns read-only takes nothing that was typed with it.

use crate::harness::{ANA, acting};
use crate::pty::{Demo, PROGRAM};
use crate::pty_harness::Pty;
use caseward::model::Severity;
use caseward::ops::case;
use caseward::workspace::Workspace;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

const CASE: &str = "2610240010004182";

/// The demo's case on the screen.
fn on_case(pty: &mut Pty) {
    pty.send(&format!("/{CASE}\r\r")).shows("Overview");
}

fn another_makes_it_critical(dir: &str) {
    let other = acting(Path::new(dir), ANA);
    let critical = Severity::HighestCriticalImpact;
    case::set_severity(&other, CASE, critical, Some("john@contoso.com")).unwrap();
}

#[test]
fn what_another_process_writes_shows_without_a_key() {
    let demo = Demo::new();
    let mut pty = demo.open();
    pty.send("G");
    let closed = |screen: &vt100::Screen| {
        screen.contents().lines().any(|line| line.contains(CASE) && line.contains("closed"))
    };
    assert!(!closed(&pty.screen()));
    case::close(&acting(Path::new(&demo.path("w")), ANA), CASE).unwrap();
    pty.wait("the case closed", closed);
    // And back, in the case itself.
    pty.send("g");
    on_case(&mut pty);
    pty.shows("Status        closed");
    case::reopen(&acting(Path::new(&demo.path("w")), ANA), CASE, None).unwrap();
    pty.shows("Status        open");
    pty.send("qq");
    assert!(pty.ended().success());
}

#[test]
fn a_record_that_another_changes_under_an_open_form_is_a_conflict_that_loses_nothing() {
    let demo = Demo::new();
    let mut pty = demo.open();
    on_case(&mut pty);
    pty.send("v").shows("On request of");
    pty.send("\t\x15adele@contoso.com").shows("adele@contoso.com");
    another_makes_it_critical(&demo.path("w"));
    pty.shows("changed while this was open").shows("adele@contoso.com");
    pty.send("\t\r").shows("now and was \"critical\"").shows("Nothing you typed is lost");
    pty.shows("adele@contoso.com");
    pty.send("\r").shows(&format!("Case {CASE} is critical now."));
}

#[test]
fn a_lock_that_another_holds_is_waited_for_in_sight_and_keys_go_on() {
    let demo = Demo::new();
    let mut pty = demo.open();
    on_case(&mut pty);
    let held = Workspace::open(Path::new(&demo.path("w"))).unwrap().lock().unwrap();
    pty.send("x").shows("[ Cancel ]");
    pty.send("\t\r");
    pty.shows(&format!("A write is waiting for {} (pid {}", account(), std::process::id()));
    pty.shows(" since ");
    pty.send("\t").shows("first-call.md");
    drop(held);
    pty.shows(&format!("Case {CASE} is closed"));
    pty.wait("nothing waiting", |screen| !screen.contents().contains("A write is waiting"));
}

fn account() -> String {
    caseward::env::os_user()
}

#[test]
fn a_workspace_that_moves_away_is_said_at_once_and_a_form_keeps_what_was_typed() {
    let demo = Demo::new();
    let mut pty = demo.open();
    on_case(&mut pty);
    pty.send("n\t\tkept").shows("kept");
    let (dir, away) = (demo.path("w"), demo.path("away"));
    fs::rename(&dir, &away).unwrap();
    pty.shows("is not at").shows("kept");
    pty.send("!").wait("said, and gone with a key", |screen| {
        screen.contents().contains("kept!") && !screen.contents().contains("is not at")
    });
    pty.send("\t\r").shows("Nothing is written until it is there").shows("kept!");
    fs::rename(&away, &dir).unwrap();
    pty.send("\r").shows("was added");
    pty.send("qq");
}

#[test]
fn a_workspace_that_is_removed_is_said_and_the_program_can_be_left() {
    let demo = Demo::new();
    let mut pty = demo.open();
    fs::rename(demo.path("w"), demo.path("going")).unwrap();
    fs::remove_dir_all(demo.path("going")).unwrap();
    pty.shows("is not at");
    pty.send("2").shows("Manage pending requests");
    pty.send("1").shows("Cases");
    pty.send("q");
    assert!(pty.ended().success());
}

/// Files below a directory, itself included.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(below(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_workspace_that_turns_read_only_refuses_the_write_and_keeps_what_was_typed() {
    const NOBODY: u32 = 65534;
    let demo = Demo::new();
    let root = rustix::process::geteuid().is_root();
    let (dir, program) = (demo.path("w"), demo.path("caseward"));
    let home = demo.path("");
    fs::copy(PROGRAM, &program).unwrap();
    // Nothing is read-only for root.
    let own = ["--reuid=65534", "--regid=65534", "--clear-groups", &program, "demo", &dir];
    let mut pty = if root {
        chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
        Pty::start(Path::new("/usr/bin/setpriv"), &own, &[("HOME", &home)])
    } else {
        Pty::start(Path::new(&program), &["demo", &dir], &[("HOME", &home)])
    };
    pty.shows("Cases (13)");
    on_case(&mut pty);
    pty.send("n\t\tkept").shows("kept");
    let all = below(Path::new(&dir));
    let modes: Vec<_> = all.iter().map(|path| fs::metadata(path).unwrap().permissions()).collect();
    for (path, mode) in all.iter().zip(&modes) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode.mode() & !0o222)).unwrap();
    }
    pty.send("\t\r").shows("permission denied").shows("kept");
    for (path, mode) in all.iter().zip(modes) {
        fs::set_permissions(path, mode).unwrap();
    }
    pty.send("\r").shows("was added");
    pty.send("qq");
}
