//! Discovery over a directory, for measuring: prints findings as `dsr discover --json` does.
//!
//! usage: `discover_directory DIR IDS.tsv [THREADS] [--summary] [--skip NAME]…`, where each line of the
//! second file is a type, a tab and a value. Directories with a skipped name are not opened;
//! `transfer` always is one.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use caseward::discovery::{
    Content, FileResult, Identifier, IntakeOptions, Limits, Outcome, Query, Target, run,
};
use caseward::fs::{FileKind, Fs, RealFs, RelPath};
use serde_json::{Value, json};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let summary = arguments.iter().any(|a| a == "--summary");
    let mut skipped = vec![String::from("transfer")];
    while let Some(at) = arguments.iter().position(|a| a == "--skip") {
        skipped.extend(arguments.drain(at..(at + 2).min(arguments.len())).skip(1));
    }
    let [directory, identifiers, rest @ ..] = arguments.as_slice() else {
        return Err(
            "usage: discover_directory DIR IDS.tsv [THREADS] [--summary] [--skip NAME]…".into()
        );
    };
    let threads = rest.first().and_then(|n| n.parse().ok()).unwrap_or(2);
    let query = Query::compile(&read_identifiers(identifiers)?);
    let started = Instant::now();
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(directory.as_ref())?);
    let paths = walk(&*fs, &skipped, threads)?;
    let targets: Vec<Target> = paths
        .iter()
        .map(|path| Target {
            name: path.name().as_encoded_bytes().to_vec(),
            content: Content::File { fs: Arc::clone(&fs), path: path.clone() },
        })
        .collect();
    let walked = started.elapsed();
    let results =
        run(&targets, &query, &Limits::default(), threads, &|_| {}, &AtomicBool::new(false));
    let seconds = started.elapsed().as_secs_f64();
    let bytes: u64 = results.iter().map(|(_, result)| result.bytes).sum();
    if summary {
        let found = results.iter().filter(|(_, r)| r.outcome() == Some(Outcome::Match)).count();
        println!(
            "{} files, {:.1} MB, {found} with a match, walk {:.2} s, all {seconds:.2} s, {:.0} MB/s",
            results.len(),
            bytes as f64 / 1e6,
            walked.as_secs_f64(),
            bytes as f64 / 1e6 / seconds
        );
        return Ok(());
    }
    println!("{}", document(&paths, &results, bytes, seconds));
    Ok(())
}

fn document(paths: &[RelPath], results: &[(usize, FileResult)], bytes: u64, seconds: f64) -> Value {
    let mut items = Vec::new();
    let mut problems = Vec::new();
    for (index, result) in results {
        let path = paths[*index].display();
        let shown = |member: &Option<String>| match member {
            Some(member) => format!("{path}!/{member}"),
            None => path.clone(),
        };
        let mut members: Vec<&Option<String>> = result.hits.iter().map(|hit| &hit.member).collect();
        members.sort();
        members.dedup();
        for member in members {
            let hits: Vec<_> = result.hits.iter().filter(|hit| hit.member == *member).collect();
            let strongest = hits.iter().min_by_key(|hit| hit.outcome);
            let matches: Vec<Value> = hits
                .iter()
                .map(|hit| {
                    json!({"identifier": hit.identifier, "form": hit.form.to_string(), "count": hit.count, "offset": hit.offset,
                           "outcome": hit.outcome, "reason": hit.reason})
                })
                .collect();
            items.push(json!({
                "id": format!("f{:04}", items.len() + 1),
                "path": shown(member),
                "outcome": strongest.map(|hit| hit.outcome),
                "reason": strongest.and_then(|hit| hit.reason),
                "matches": matches,
            }));
        }
        for problem in &result.problems {
            problems.push(
                json!({"path": shown(&problem.member), "kind": problem.kind, "why": problem.why}),
            );
        }
    }
    json!({
        "schema": "caseward/dsr-discover/1",
        "searched": {"files": results.len(), "bytes": bytes, "seconds": seconds},
        "findings": items.len(),
        "complete": problems.is_empty(),
        "items": items,
        "problems": problems,
    })
}

fn read_identifiers(path: &str) -> Result<Vec<Identifier>, Box<dyn Error>> {
    let options = IntakeOptions { allow_single_word: true, ..IntakeOptions::default() };
    std::fs::read_to_string(path)?
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(kind, value)| Ok(Identifier::parse(kind.parse()?, value, &options)?))
        .collect()
}

/// All files, in order.
fn walk(fs: &dyn Fs, skipped: &[String], threads: usize) -> io::Result<Vec<RelPath>> {
    let mut files = Vec::new();
    let mut dirs = vec![RelPath::root()];
    // Down to where there are enough directories to share.
    while !dirs.is_empty() && dirs.len() < 64 {
        let mut below = Vec::new();
        for dir in &dirs {
            below.extend(level(fs, dir, skipped, &mut files)?);
        }
        dirs = below;
    }
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<RelPath>> {
        let mut files = Vec::new();
        while let Some(dir) = dirs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut open = vec![dir.clone()];
            while let Some(dir) = open.pop() {
                open.extend(level(fs, &dir, skipped, &mut files)?);
            }
        }
        Ok(files)
    };
    let parts: Vec<io::Result<Vec<RelPath>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    for part in parts {
        files.append(&mut part?);
    }
    files.sort();
    Ok(files)
}

/// Takes the files of one directory and returns the directories in it.
fn level(
    fs: &dyn Fs,
    directory: &RelPath,
    skipped: &[String],
    files: &mut Vec<RelPath>,
) -> io::Result<Vec<RelPath>> {
    let mut below = Vec::new();
    for entry in fs.list(directory)? {
        let path = directory.join(&entry.name);
        match entry.kind {
            FileKind::Dir if skipped.iter().any(|name| entry.name == name.as_str()) => {}
            FileKind::Dir => below.push(path),
            _ => files.push(path),
        }
    }
    Ok(below)
}
