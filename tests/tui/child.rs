//! A program that panics, for the tests of the terminal guard: this test binary itself, started
//! again on a pseudo-terminal.

use caseward::tui::terminal::Guard;
use std::io::Write;

pub const VARIABLE: &str = "CASEWARD_TEST_PANIC";

/// Does nothing unless it was started for it.
#[test]
fn panics_when_told_to() {
    let Ok(how) = std::env::var(VARIABLE) else { return };
    let guard = Guard::take().unwrap();
    let mut out = std::io::stdout();
    write!(out, "drawn on the alternate screen").unwrap();
    out.flush().unwrap();
    let mut key = String::new();
    match how.as_str() {
        "main" => {
            std::io::stdin().read_line(&mut key).unwrap();
            panic!("for the test");
        }
        _ => {
            let thread = std::thread::Builder::new().name("worker".to_owned());
            let handle = thread.spawn(|| {
                let mut key = String::new();
                std::io::stdin().read_line(&mut key).unwrap();
                panic!("for the test");
            });
            let _ = handle.unwrap().join();
            // Not reached: the panic ended the program.
            drop(guard);
        }
    }
}
