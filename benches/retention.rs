//! A full sweep over a generated workspace: time, peak memory and flushes, beside `sha256sum`, `rm`
//! and `sync` on the same files.
//!
//! `cargo bench --bench retention -- [--cases N] [--days D] [--dir DIR]`: N cases (10,000) are
//! generated as of one day and swept D days (26) later, in DIR (the temporary directory). `--smoke` does
//! it once with 200 cases. The peer hashes each of the due files once, removes them and flushes the
//! file system once; it keeps no log, looks at no clock and survives no stop: it is the floor.

#![allow(clippy::print_stdout, clippy::disallowed_macros, clippy::disallowed_methods)]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const MADE_AT: &str = "2026-11-21T09:00:00Z";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let smoke = arguments.iter().any(|argument| argument == "--smoke");
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let cases: u64 = match value("--cases") {
        Some(count) => count.parse().unwrap(),
        None if smoke => 200,
        None => 10_000,
    };
    let days: i64 = value("--days").map_or(26, |days| days.parse().unwrap());
    let base = value("--dir").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = base.join(format!("caseward-bench-retention-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let workspace = dir.join("ws");
    let at: chrono::DateTime<chrono::Utc> = MADE_AT.parse().unwrap();
    let sweep_at = (at + chrono::TimeDelta::days(days)).to_rfc3339();
    let made = timed(|| {
        run(
            &dir,
            MADE_AT,
            &["generate", workspace.to_str().unwrap(), "--cases", &cases.to_string()],
        )
    });
    let files = count_files(&workspace.join("tenants"));
    println!("{cases} cases with {files} files, generated in {:.1} s", made.1);
    let listed =
        timed(|| ran(&workspace, &sweep_at, &["retention", "list", "--within", "0", "--json"]));
    let document: serde_json::Value = serde_json::from_slice(&listed.0).unwrap();
    let due = document["items"].as_array().unwrap().len();
    println!("due on day {days}: {due} files with their sidecars; listed in {:.2} s", listed.1);
    let paths = due_paths(&workspace, &sweep_at);
    let peer = peer(&workspace, &dir, &paths);
    println!("peer (sha256sum, rm, sync of {} files): {peer:.2} s", paths.len());
    let flushes = flushes(&workspace, &sweep_at, &dir, &paths);
    let (swept, seconds, peak) = measured(&workspace, &sweep_at);
    let document: serde_json::Value = serde_json::from_slice(&swept).unwrap();
    let gone = document["items"].as_array().unwrap().iter().filter(|i| i["verdict"] == "deleted");
    let (gone, txs) = (gone.count(), document["txs"].as_array().unwrap().len());
    println!(
        "sweep: {gone} files in {txs} transactions, {seconds:.2} s ({:.0} files/s), peak {peak} kB{flushes}",
        gone as f64 / seconds
    );
    let again = timed(|| ran(&workspace, &sweep_at, &["retention", "sweep", "--json"]));
    println!("a sweep with nothing due: {:.2} s", again.1);
    assert!(document["items"].as_array().unwrap().iter().all(|i| i["verdict"] != "failed"));
    assert_eq!(gone, paths.len(), "what was announced is what was deleted");
    std::fs::remove_dir_all(&dir).unwrap();
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_caseward")
}

fn command(now: &str) -> Command {
    let mut command = Command::new(program());
    command.env("CASEWARD_NOW", now).stdout(Stdio::piped());
    command
}

fn run(dir: &Path, now: &str, arguments: &[&str]) {
    let done = command(now).current_dir(dir).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn ran(workspace: &Path, now: &str, arguments: &[&str]) -> Vec<u8> {
    let done = command(now).arg("--workspace").arg(workspace).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed().as_secs_f64())
}

fn count_files(dir: &Path) -> u64 {
    let mut count = 0;
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                count += 1;
            }
        }
    }
    count
}

/// The files that a sweep would delete, sidecars among them.
fn due_paths(workspace: &Path, now: &str) -> Vec<String> {
    let said = ran(workspace, now, &["retention", "sweep", "--dry-run", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&said).unwrap();
    let items = document["items"].as_array().unwrap();
    let planned = items.iter().filter(|item| item["verdict"] == "planned");
    planned.map(|item| item["path"].as_str().unwrap().to_owned()).collect()
}

/// The same files, copied: hashed, removed, flushed.
fn peer(workspace: &Path, dir: &Path, paths: &[String]) -> f64 {
    let copy = dir.join("peer");
    for path in paths {
        let to = copy.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(workspace.join(path), to).unwrap();
    }
    let list = dir.join("list");
    std::fs::write(&list, paths.join("\0")).unwrap();
    let start = Instant::now();
    for program in ["sha256sum", "rm"] {
        let input = std::fs::File::open(&list).unwrap();
        let mut xargs = Command::new("xargs");
        xargs.args(["-0", program]).current_dir(&copy).stdin(input).stdout(Stdio::null());
        assert!(xargs.status().unwrap().success());
    }
    let flushed = Command::new("sync").arg("-f").arg(&copy).status().unwrap();
    assert!(flushed.success());
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&copy).unwrap();
    seconds
}

/// How often a sweep of a copy of the workspace calls fsync, where strace is there.
fn flushes(workspace: &Path, now: &str, dir: &Path, paths: &[String]) -> String {
    let there = Command::new("strace").arg("-V").output().is_ok();
    if !there || paths.is_empty() {
        return String::new();
    }
    let copy = dir.join("counted");
    let copied = Command::new("cp").arg("-a").arg(workspace).arg(&copy).status().unwrap();
    assert!(copied.success());
    let table = dir.join("strace");
    let done = Command::new("strace")
        .args(["-c", "-f", "-e", "trace=fsync,fdatasync,rename,renameat2,unlinkat", "-o"])
        .arg(&table)
        .arg(program())
        .env("CASEWARD_NOW", now)
        .arg("--workspace")
        .arg(&copy)
        .args(["retention", "sweep", "--json"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let table = std::fs::read_to_string(&table).unwrap();
    std::fs::remove_dir_all(&copy).unwrap();
    let calls = |name: &str| {
        let row = table.lines().find(|line| line.trim_end().ends_with(name));
        row.and_then(|row| row.split_whitespace().nth(3)).unwrap_or("0").to_owned()
    };
    format!(", {} fsync, {} renames", calls(" fsync"), calls(" renameat2"))
}

/// Runs the sweep; what it said, its seconds, and the peak of its resident memory in kB.
fn measured(workspace: &Path, now: &str) -> (Vec<u8>, f64, u64) {
    let start = Instant::now();
    let mut child = command(now)
        .arg("--workspace")
        .arg(workspace)
        .args(["retention", "sweep", "--json"])
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let reader = {
        let mut stdout = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let mut said = Vec::new();
            std::io::Read::read_to_end(&mut stdout, &mut said).unwrap();
            said
        })
    };
    let mut peak = 0;
    let ended = loop {
        // The high-water mark only grows, so the last look before the end is nearly it.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = mark
            .and_then(|mark| mark.trim().strip_suffix("kB")?.trim().parse().ok())
            .unwrap_or(peak);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let seconds = start.elapsed().as_secs_f64();
    assert!(ended.success());
    (reader.join().unwrap(), seconds, peak)
}
