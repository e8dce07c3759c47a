//! The real program on a pseudo-terminal: how it starts, stops, is resized, killed, suspended and
//! cut off, and the whole main job by keys.

use crate::child;
use crate::harness::{BEN, Stage};
use crate::pty_harness::Pty;
use crate::scripts::{TO_PLAN, TO_REVIEW};
use caseward::attest::Step;
use caseward::ops::{Context, Opening, dsr};
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_caseward");

/// A demo in a directory of its own, opened in the interface.
pub struct Demo {
    scratch: tempfile::TempDir,
}

impl Demo {
    pub fn new() -> Self {
        Self { scratch: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).display().to_string()
    }

    pub fn open(&self) -> Pty {
        let home = self.path("");
        let pty = Pty::start(
            Path::new(PROGRAM),
            &["demo", &self.path("w")],
            &[("HOME", &home), ("XDG_STATE_HOME", &home)],
        );
        pty.shows("Cases (13)");
        pty
    }

    /// The same under a shell.
    fn shell(&self, script: &str) -> Pty {
        let script = script.replace("CASEWARD", PROGRAM).replace("DIR", &self.path("w"));
        let home = self.path("");
        Pty::start(Path::new("/bin/sh"), &["-c", &script], &[("HOME", &home)])
    }
}

/// The terminal as it was: the main screen, the cursor to be seen, pasting plain.
#[track_caller]
fn is_given_back(pty: &Pty) {
    pty.wait("the terminal given back", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    });
}

#[test]
fn start_and_quit_restore_the_screen() {
    let demo = Demo::new();
    let mut pty = demo.shell("CASEWARD demo DIR --no-tui >DIR.txt; echo before; CASEWARD --workspace DIR; stty -a; echo all is over");
    pty.shows("Cases (13)");
    assert!(pty.screen().alternate_screen());
    pty.send("q").shows("all is over");
    is_given_back(&pty);
    let screen = pty.screen().contents();
    assert!(screen.contains("before") && screen.contains(" icanon"), "{screen}");
    assert!(screen.contains(" echo ") && !screen.contains("-icanon"), "{screen}");
    assert!(pty.ended().success());
}

#[test]
fn every_size_down_to_one_cell_is_survived() {
    let demo = Demo::new();
    let mut pty = demo.open();
    for (rows, columns) in [(9, 39), (1, 3), (1, 1), (1, 80), (24, 1)] {
        pty.resize(rows, columns);
    }
    pty.resize(9, 39);
    pty.shows("needs 40×10");
    pty.resize(40, 120);
    pty.shows("Engineer");
    // A storm of sizes ends in the last one.
    for step in 1..=500 {
        pty.resize(1 + step % 30, 1 + step % 120);
    }
    pty.resize(24, 80);
    pty.shows("q leave");
    pty.send("q");
    assert!(pty.ended().success());
}

#[test]
fn sigterm_gives_the_terminal_back() {
    let demo = Demo::new();
    let mut pty = demo.open();
    pty.signal(Signal::TERM);
    let status = pty.ended();
    assert!(!status.success());
    pty.drained();
    is_given_back(&pty);
}

#[test]
fn a_hang_up_ends_the_program_also_where_it_is_ignored() {
    for trap in ["", "trap '' HUP; "] {
        let demo = Demo::new();
        let mut pty = demo.shell(&format!("{trap}exec CASEWARD demo DIR"));
        pty.shows("Cases (13)");
        pty.hang_up();
        pty.ended();
    }
}

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back() {
    let program = std::env::current_exe().unwrap();
    for how in ["main", "worker"] {
        let arguments = ["--exact", "child::panics_when_told_to", "--nocapture"];
        let mut pty = Pty::start(&program, &arguments, &[(child::VARIABLE, how)]);
        pty.shows("drawn on the alternate screen");
        assert!(pty.screen().alternate_screen());
        // Raw mode: a line feed is what ends the line.
        pty.send("\n").shows("for the test");
        assert!(!pty.ended().success(), "{how}");
        is_given_back(&pty);
    }
}

#[test]
fn suspended_and_continued() {
    let demo = Demo::new();
    let home = demo.path("");
    let mut pty = Pty::start(
        Path::new("/bin/bash"),
        &["--norc", "--noprofile", "-i"],
        &[("HOME", &home), ("PS1", "ready> ")],
    );
    pty.shows("ready>");
    pty.send(&format!("{PROGRAM} demo {}\n", demo.path("w"))).shows("Cases (13)");
    pty.send("j\x1a").shows("Stopped");
    pty.wait("the shell asks again", asks_again);
    pty.send("fg\n");
    pty.wait("taken again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Cases (13)")
    });
    pty.send("q");
    pty.wait("the shell asks again", asks_again);
    pty.send("exit\n");
    assert!(pty.ended().success());
}

/// The shell has its screen back and waits at an empty prompt. Before that, what is typed may still
/// be read by the program that is about to end.
fn asks_again(screen: &vt100::Screen) -> bool {
    let (row, _) = screen.cursor_position();
    let line = screen.rows(0, 80).nth(usize::from(row));
    !screen.alternate_screen()
        && !screen.hide_cursor()
        && line.is_some_and(|line| line.trim_end() == "ready>")
}

/// The workspace as it lay on the disk in the middle of a deletion.
fn cut_off_in_the_middle(to: &Path) {
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).type_keys(TO_PLAN).type_keys("@j<enter><enter><tab><enter>");
    stage.shows("it can be executed now");
    let opening = Opening {
        workspace: Some(stage.dir.clone()),
        acting_as: Some(BEN.to_owned()),
        read_only: false,
    };
    let context = Context::open(&opening).unwrap();
    let mut copied = false;
    dsr::execute(&context, "DSR-2026-0002", &mut |at| {
        if !copied && at.step == Step::Removing && at.done > 3 {
            copied = true;
            let copy = Command::new("cp").arg("-a").arg(&stage.dir).arg(to).status().unwrap();
            assert!(copy.success());
        }
    })
    .unwrap();
    assert!(copied, "the deletion was seen in its middle");
}

#[test]
fn a_deletion_cut_off_is_finished_at_the_next_start_and_said() {
    let demo = Demo::new();
    let dir = demo.path("cut");
    cut_off_in_the_middle(Path::new(&dir));
    let home = demo.path("");
    let arguments = ["--workspace", dir.as_str()];
    let mut pty = Pty::start(Path::new(PROGRAM), &arguments, &[("HOME", &home)]);
    pty.shows("a deletion for DSR-2026-0002");
    pty.send("3").shows("fulfilled");
    pty.send("\r").shows("DSR-2026-0002 delete");
    pty.send("f").shows("deleted and verified");
    pty.send("q4v").shows("every check passed");
}

#[test]
fn without_a_terminal_a_command_is_named() {
    let demo = Demo::new();
    let run = |arguments: &[&str]| {
        Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap()
    };
    let made = run(&["demo", &demo.path("w"), "--no-tui"]);
    assert!(made.status.success());
    let output = run(&["--workspace", &demo.path("w")]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("needs a terminal") && said.contains("caseward case list"), "{said}");
    let output = run(&["demo", &demo.path("v")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!Path::new(&demo.path("v")).exists(), "nothing is made that cannot be opened");
}

#[test]
fn no_color_shows_the_selection_without_a_colour() {
    let demo = Demo::new();
    let home = demo.path("");
    let variables = [("HOME", home.as_str()), ("NO_COLOR", "1")];
    let pty = Pty::start(Path::new(PROGRAM), &["demo", &demo.path("w")], &variables);
    pty.shows("Cases (13)").shows("> 2611200020000943");
    let screen = pty.screen();
    let plain = |row, column| {
        let cell = screen.cell(row, column).unwrap();
        cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default
    };
    assert!((0..24).all(|row| (0..80).all(|column| plain(row, column))));
    assert!((0..24).any(|row| screen.cell(row, 2).unwrap().inverse()), "the bar is there");
}

#[test]
fn the_whole_job_by_keys_to_a_report_that_checks() {
    let demo = Demo::new();
    let mut pty = demo.open();
    let record = Path::new(&demo.path("w"))
        .join("tenants/contoso.com/cases/2610240010004182/records/2026-10-24-first-call.md");
    let before = format!("{:x}", Sha256::digest(fs::read(&record).unwrap()));
    // John's request for Jane, on the tenant of the case.
    pty.send("/2610240010004182\r\r").shows("Overview");
    pty.send("r").shows("Take the request");
    pty.send("\t\t\t\tjane@contoso.com\tJane Miller\t\t\t\t\t\r").shows("DSR-2026-0002 was taken");
    pty.send("\r").shows("Review of DSR-2026-0002").shows("undecided");
    pty.send("Eanother person\r\r").shows("all decided");
    pty.send("\r").shows("Next: enter (or p)");
    pty.send("\r").shows("History may go");
    pty.send(" \t\r").shows("a second person approves it.");
    pty.send("@").shows("Act as");
    pty.send("j\r").shows("acting as ben.okafor");
    pty.send("A").shows("Approve the deletion of");
    pty.send("\t\r").shows("it can be executed now");
    pty.send("x").shows("[ Cancel ]");
    pty.send("\tDSR-2026-0002\r").shows("deleted and verified");
    assert!(!record.exists());
    let report = demo.path("report");
    pty.send("\r").shows("Write the report");
    pty.send(&format!("\x15{report}\t\t\t\r")).shows("Report REP-DSR-2026-0002");
    let json = fs::read_to_string(Path::new(&report).join("report.json")).unwrap();
    assert!(json.contains(&before), "the hash of what was deleted stands in the report");
    let checked = Command::new("sh").arg("verify.sh").current_dir(&report).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains("VERIFIED"), "{said}");
    pty.send("4v").shows("every check passed");
    pty.send("q");
    assert!(pty.ended().success());
}

/// A program of the user's: a shell script.
fn script(demo: &Demo, name: &str, body: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = demo.path(name);
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_editor_has_the_terminal_and_gives_it_back() {
    let demo = Demo::new();
    // It reads a key of its own from the terminal: no other program may take it.
    let editor = script(
        &demo,
        "editor",
        "stat -c %a:%s \"$1\" >\"$0.seen\"; echo your turn; read word; echo \"wrote $word\" >>\"$1\"",
    );
    let home = demo.path("");
    let variables = [("HOME", home.as_str()), ("EDITOR", editor.as_str())];
    let mut pty = Pty::start(Path::new(PROGRAM), &["demo", &demo.path("w")], &variables);
    pty.shows("Cases (13)");
    pty.send("/2610240010004182\r\r").shows("Overview");
    pty.send("n\t\tbegun").shows("begun");
    pty.send("\x05").shows("your turn");
    assert!(!pty.screen().alternate_screen());
    pty.send("itself\n");
    pty.wait("the form again", |screen| {
        screen.alternate_screen() && screen.contents().contains("wrote itself")
    });
    pty.shows("begun");
    let seen = fs::read_to_string(format!("{editor}.seen")).unwrap();
    assert_eq!(seen.trim(), "600:5", "only this user reads it");
    pty.send("\t\r").shows("was added");
    // Afterwards keys and sizes are the program's again.
    pty.resize(30, 100);
    pty.shows("was added");
    pty.send("qq");
    assert!(pty.ended().success());
}

#[test]
fn an_editor_that_fails_leaves_the_text_and_says_so() {
    let demo = Demo::new();
    let editor = script(&demo, "editor", "echo ruined >\"$1\"; exit 1");
    let home = demo.path("");
    let variables = [("HOME", home.as_str()), ("EDITOR", editor.as_str())];
    let mut pty = Pty::start(Path::new(PROGRAM), &["demo", &demo.path("w")], &variables);
    pty.shows("Cases (13)");
    pty.send("/2610240010004182\r\r").shows("Overview");
    pty.send("n\t\tbegun\x05").shows("ended without success").shows("begun");
    assert!(!pty.screen().contents().contains("ruined"));
}

#[test]
fn a_diagnostic_opens_in_the_pager_which_survives_its_own_interrupt() {
    let demo = Demo::new();
    let pager = script(
        &demo,
        "pager",
        "trap 'echo stayed' INT; cat \"$1\"; echo the end; until [ \"$word\" = done ]; do read word; done",
    );
    let home = demo.path("");
    let variables = [("HOME", home.as_str()), ("PAGER", pager.as_str())];
    let mut pty = Pty::start(Path::new(PROGRAM), &["demo", &demo.path("w")], &variables);
    pty.shows("Cases (13)");
    pty.send("/2610240010004182\r\r").shows("Overview");
    pty.send("\t\t").shows("Collected");
    pty.send("\r");
    pty.shows("the end");
    assert!(!pty.screen().alternate_screen());
    // Ctrl-C goes to everybody at the terminal; it is the pager's.
    pty.send("\x03").shows("stayed");
    pty.send("done\n");
    pty.wait("the case again", |screen| {
        screen.alternate_screen() && screen.contents().contains("that is logged")
    });
    pty.send("qq");
    assert!(pty.ended().success());
}

#[test]
fn a_copy_goes_out_as_one_sequence_and_the_mouse_stays_the_terminals() {
    let demo = Demo::new();
    let log = demo.path("typescript");
    let program = PROGRAM;
    // Everything that was written, byte by byte.
    let line = format!("script -qefc '{program} demo {}' {log}", demo.path("w"));
    let home = demo.path("");
    let mut pty = Pty::start(Path::new("/bin/sh"), &["-c", &line], &[("HOME", &home)]);
    pty.shows("Cases (13)");
    pty.send("y").shows("Sent to the terminal's clipboard: id 2611200020000943");
    pty.send("q");
    assert!(pty.ended().success());
    let written = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    assert_eq!(written.matches("\x1b]52;c;MjYxMTIwMDAyMDAwMDk0Mw==\x07").count(), 1);
    assert!(!written.contains("\x1b[?1000h"), "the mouse was taken unasked");
    for question in
        ["\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b]52;c;?", "\x1b[?u", "\x1b]10;?", "\x1b]11;?"]
    {
        assert!(!written.contains(question), "{question:?} is a question");
    }
}

#[test]
fn interrupt_and_quit_signals_give_the_terminal_back() {
    for signal in [Signal::INT, Signal::HUP] {
        let demo = Demo::new();
        let mut pty = demo.open();
        pty.signal(signal);
        assert!(!pty.ended().success());
        pty.drained();
        is_given_back(&pty);
    }
}

#[test]
fn stopped_from_outside_and_continued() {
    let demo = Demo::new();
    let mut pty = demo.open();
    pty.signal(Signal::TSTP);
    pty.stopped();
    is_given_back(&pty);
    pty.signal(Signal::CONT);
    pty.wait("taken again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Cases (13)")
    });
    pty.send("q");
    assert!(pty.ended().success());
}

#[test]
fn a_paste_of_a_megabyte_leaves_it_standing() {
    let demo = Demo::new();
    let mut pty = demo.open();
    pty.send("/2610240010004182\r\r").shows("Overview");
    pty.send("n\t\t");
    let line = "0123456789abcdef".repeat(1 << 12);
    let pasted = format!("\x1b[200~{}THE END\x1b[201~", format!("{line}\n").repeat(16));
    pty.send(&pasted).shows("THE END");
    pty.send("\x1b").shows("Esc again throws away");
    pty.send("\x1b").shows("Overview");
    pty.send("qq");
    assert!(pty.ended().success());
}

#[test]
fn a_broken_configuration_is_said_and_the_interface_opens() {
    let demo = Demo::new();
    let home = demo.path("");
    let dir = demo.path(".config/caseward");
    fs::create_dir_all(&dir).unwrap();
    fs::write(Path::new(&dir).join("config.toml"), "theme = \"drak\"\n").unwrap();
    let pty = Pty::start(Path::new(PROGRAM), &["demo", &demo.path("w")], &[("HOME", &home)]);
    pty.shows("Cases (13)").shows("config.toml:1: `drak` is no").shows("did you mean `dark`?");
}
