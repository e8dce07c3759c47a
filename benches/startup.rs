//! Start-up: what `--help`, the list of cases and a verification cost, beside a peer that only
//! starts; and the interface in a real pseudo-terminal: start to first whole frame, bytes over the
//! wire, and what five idle seconds cost. `cargo bench --bench startup`; `-- --smoke` runs one short
//! round.
//!
//! Prints medians and the ratio to the peer (`/bin/true`): the machine's own cost of starting a
//! process is in both.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench measures with the wall clock and prints"
)]

mod measure;
mod screen;

use measure::{median, millis};
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let rounds = if smoke { 5 } else { 101 };
    let scratch = tempfile::tempdir().unwrap();
    let demo = scratch.path().join("demo");
    let program = env!("CARGO_BIN_EXE_caseward");
    let made = Command::new(program)
        .args(["demo", "--no-tui"])
        .arg(&demo)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
    let size = std::fs::metadata(program).unwrap().len();
    println!("binary {:.1} MB", size as f64 / 1e6);
    let peer = median(rounds, || run("/bin/true", &[], &demo));
    println!("{:<28} {:>9.2} ms", "/bin/true", millis(peer));
    for arguments in [
        &["--help"][..],
        &["case", "list"],
        &["status"],
        &["attest", "verify"],
        &["dsr", "list", "--json"],
    ] {
        let time = median(rounds, || run(program, arguments, &demo));
        println!(
            "{:<28} {:>9.2} ms  {:>6.1} x /bin/true",
            arguments.join(" "),
            millis(time),
            time.as_secs_f64() / peer.as_secs_f64()
        );
    }
    screen::report(program, &demo, if smoke { 5 } else { 51 }, if smoke { 1 } else { 5 });
}

fn run(program: &str, arguments: &[&str], demo: &Path) {
    let status = Command::new(program)
        .args(arguments)
        .env("CASEWARD_WORKSPACE", demo)
        .env("XDG_STATE_HOME", demo.with_file_name("state"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}
