//! Large workspaces: lists with a warm index, the first byte and all of them, the index made from
//! the files beside a peer that only reads them. `cargo bench --bench scale -- 1000 100000`;
//! `-- --smoke` takes 1,000 cases and one round.
//!
//! Prints medians.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench measures with the wall clock and prints"
)]

mod measure;

use measure::{median, millis};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let smoke = arguments.iter().any(|argument| argument == "--smoke");
    let mut sizes: Vec<u64> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = if smoke { vec![1_000] } else { vec![1_000, 20_000] };
    }
    for cases in sizes {
        measure(cases, if smoke { 1 } else { 9 });
    }
}

fn measure(cases: u64, rounds: usize) {
    // In memory where there is such a place: disks differ more than programs do.
    let base = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };
    let scratch = tempfile::Builder::new().prefix("caseward-bench-").tempdir_in(base).unwrap();
    let ws = scratch.path().join("ws");
    let made = program(&["generate", "--cases", &cases.to_string(), ws.to_str().unwrap()], &ws);
    assert!({ made }.output().unwrap().status.success());
    println!("{cases} cases in {base}");
    let peer = median(rounds, || {
        let script = "find tenants -type f -print0 | xargs -0 cat > /dev/null";
        let status = Command::new("sh").args(["-c", script]).current_dir(&ws).status().unwrap();
        assert!(status.success());
    });
    println!("  {:<34} {:>9.1} ms", "find | xargs cat (the peer)", millis(peer));
    let rebuilt = median(rounds, || {
        let _ = std::fs::remove_dir_all(ws.join(".cache"));
        quiet(&["status", "--json"], &ws);
    });
    let ratio = rebuilt.as_secs_f64() / peer.as_secs_f64();
    println!(
        "  {:<34} {:>9.1} ms  {ratio:.2} x the peer",
        "status, index from the files",
        millis(rebuilt)
    );
    let lists: [&[&str]; 4] = [
        &["case", "list", "--json"],
        &["status", "--json"],
        &["access", "list"],
        &["retention", "list", "--json"],
    ];
    for arguments in lists {
        let all = median(rounds, || quiet(arguments, &ws));
        println!("  {:<34} {:>9.1} ms", arguments.join(" "), millis(all));
    }
    let first = median(rounds, || {
        let mut child =
            program(&["case", "list", "--json"], &ws).stdout(Stdio::piped()).spawn().unwrap();
        let mut byte = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
        let _ = child.kill();
        let _ = child.wait();
    });
    println!("  {:<34} {:>9.1} ms", "case list --json, first byte", millis(first));
    let listed = program(&["case", "list", "--json"], &ws).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let lines = document["cases"].as_array().unwrap();
    assert_eq!(lines.len() as u64, cases);
    let open = lines.iter().find(|line| line["status"] == "open").unwrap();
    let named = format!("{}/{}", open["tenant"].as_str().unwrap(), open["id"].as_str().unwrap());
    let grant = median(rounds, || quiet(&["consent", "grant", &named], &ws));
    println!("  {:<34} {:>9.1} ms", "consent grant", millis(grant));
    let index = std::fs::read_dir(ws.join(".cache")).unwrap().map(|entry| entry.unwrap());
    let bytes: u64 = index.map(|entry| entry.metadata().unwrap().len()).sum();
    println!("  {:<34} {:>9.1} MB", "index", bytes as f64 / 1e6);
}

fn program(arguments: &[&str], ws: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caseward"));
    command
        .args(arguments)
        .env("CASEWARD_WORKSPACE", ws)
        .env("XDG_STATE_HOME", ws.with_file_name("state"));
    command
}

fn quiet(arguments: &[&str], ws: &Path) {
    let output = program(arguments, ws).stdout(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
