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
use rustix::fs::AtFlags;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use walkdir::WalkDir;

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
    // Whoever shows what files say now has to look at them: no list is faster than that alone.
    let (of_cases, of_clocks) = (looks(&ws, false), looks(&ws, true));
    let lists: [(&[&str], &[Looks]); 4] = [
        (&["case", "list", "--json"], &of_cases),
        (&["status", "--json"], &of_cases),
        (&["access", "list"], &of_cases),
        (&["retention", "list", "--json"], &of_clocks),
    ];
    for (arguments, looks) in lists {
        let bare = median(rounds, || look(looks));
        let all = median(rounds, || quiet(arguments, &ws));
        let count: usize = looks.iter().map(|(_, names)| names.len()).sum();
        println!(
            "  {:<34} {:>9.1} ms  {:.2} x {count} bare looks, {:.1} ms",
            arguments.join(" "),
            millis(all),
            all.as_secs_f64() / bare.as_secs_f64(),
            millis(bare)
        );
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

/// A tenant's directory of cases, and names below it.
type Looks = (PathBuf, Vec<PathBuf>);

/// The files and directories of cases that a list says something of; without the records where only
/// clocks are asked for.
fn looks(ws: &Path, only_clocks: bool) -> Vec<Looks> {
    let tenants = std::fs::read_dir(ws.join("tenants")).unwrap();
    let below = |tenant: std::io::Result<std::fs::DirEntry>| {
        let cases = tenant.unwrap().path().join("cases");
        let names = WalkDir::new(&cases).min_depth(1).max_depth(3).sort_by_file_name();
        let wanted = |path: &Path, is_dir: bool| {
            let of =
                |dir: &str| path.components().nth(1).is_some_and(|name| name.as_os_str() == dir);
            let is_dated = of("diagnostics") || of("transfer");
            let is_record = path.ends_with("case.toml") || of("access");
            let is_sidecar = path.to_string_lossy().ends_with(".meta.toml");
            let has_clock =
                path.components().nth(1).is_none() || (is_dated && (is_dir || is_sidecar));
            has_clock || (!only_clocks && is_record)
        };
        let names = names.into_iter().filter_map(Result::ok).filter_map(|entry| {
            let name = entry.path().strip_prefix(&cases).unwrap();
            wanted(name, entry.file_type().is_dir()).then(|| name.to_owned())
        });
        let names = names.collect();
        (cases, names)
    };
    tenants.map(below).collect()
}

/// Looks at them, on all processors.
fn look(looks: &[Looks]) {
    let threads = std::thread::available_parallelism().unwrap().get();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((dir, names)) = looks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Ok(dir) = std::fs::File::open(dir) else { continue };
                    for name in names {
                        let seen =
                            rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW).unwrap();
                        std::hint::black_box(seen);
                    }
                }
            });
        }
    });
}
