//! The real program with `--log FILE`: it says what the interface did, names nobody, and no byte of it
//! reaches the screen.

use crate::personal::personal;
use crate::pty::{Demo, PROGRAM};
use crate::pty_harness::Pty;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Words that stand nowhere but in what is typed here.
const TYPED: [&str; 3] = ["quillfeather", "wombat", "zanzibar"];

/// Takes a request, reviews nothing, adds a note, and leaves; everything that went to the terminal.
fn a_day_at_work(demo: &Demo, before: &str) -> String {
    let (log, seen) = (demo.path("log.jsonl"), demo.path("typescript"));
    let home = demo.path("");
    let line = format!(
        "{PROGRAM} demo {dir} --no-tui >/dev/null; {before} exec {PROGRAM} --workspace {dir} --log {log} --log-level debug",
        dir = demo.path("w")
    );
    fs::write(demo.path("run.sh"), line).unwrap();
    let recorded = format!("script -qefc 'sh {}' {seen}", demo.path("run.sh"));
    let variables = [("HOME", home.as_str()), ("XDG_STATE_HOME", home.as_str())];
    let mut pty = Pty::start(Path::new("/bin/sh"), &["-c", &recorded], &variables);
    pty.shows("Cases (13)");
    pty.send("/2610240010004182\r\r").shows("Overview");
    pty.send("n\t\tquillfeather of wombat").shows("of wombat");
    pty.send("\t\r").shows("was added");
    pty.send("r").shows("Take the request");
    pty.send("\t\t\t\tzanzibar@contoso.com\t\t\t\t\t\t\r").shows("DSR-2026-0002 was taken");
    pty.send("\r").shows("Review of DSR-2026-0002");
    pty.send("4v").shows("every check passed");
    pty.send("q");
    assert!(pty.ended().success());
    fs::read_to_string(&seen).unwrap()
}

fn is_no_line_of_the_log(written: &str) {
    for word in ["since_ms", "\"event\"", "\"level\"", "{\"", "surveyed", "File too large"] {
        assert!(!written.contains(word), "{word} was written to the terminal: {written:?}");
    }
}

#[test]
fn the_log_says_what_the_interface_did_and_is_not_seen_on_the_screen() {
    let demo = Demo::new();
    let written = a_day_at_work(&demo, "");
    is_no_line_of_the_log(&written);
    let log = fs::read_to_string(demo.path("log.jsonl")).unwrap();
    assert!(log.ends_with('\n'), "a torn line");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((&first["event"], &first["command"]), (&"started".into(), &"tui".into()));
    assert_eq!((&last["event"], &last["exit"]), (&"ended".into(), &0.into()));
    let events: BTreeSet<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    for event in ["opened", "surveyed", "locked", "committed", "discovered"] {
        assert!(events.contains(event), "{event} was never logged: {events:?}");
    }
    let mut words = personal(Path::new(&demo.path("w")));
    assert!(words.len() > 100, "{words:?}");
    words.extend(TYPED.map(str::to_owned));
    words.extend([demo.path(""), "ana.silva".to_owned(), "support.example.com".to_owned()]);
    let log = log.to_lowercase();
    for word in words {
        assert!(!log.contains(&word.to_lowercase()), "{word} is in the log");
    }
}

/// A limit on the size of files stands for a full disk.
#[test]
fn a_log_that_cannot_grow_is_nothing_that_the_interface_shows() {
    let demo = Demo::new();
    fs::write(demo.path("log.jsonl"), vec![b'\n'; 8 << 20]).unwrap();
    // The shell's unit is 512 bytes: 8 MiB, which the log has already.
    let written = a_day_at_work(&demo, "trap '' XFSZ; ulimit -f 16384;");
    is_no_line_of_the_log(&written);
    assert_eq!(fs::metadata(demo.path("log.jsonl")).unwrap().len(), 8 << 20, "it did not grow");
}
