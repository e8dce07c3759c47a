//! Discovery against the tools engineers have, on a generated tree: wall time side by side, with the
//! share of planted files each finds next to it, for a fast search that misses half is no search.
//!
//! `cargo bench --bench discovery -- [MEGABYTES] [THREADS]`; tools that are not installed are left
//! out; `-- --smoke` runs on 4 MB. A time of this machine means little by itself: the ratio to `rg` of the same run does.

#![allow(clippy::unwrap_used, clippy::disallowed_macros, clippy::disallowed_methods)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use caseward::discovery::{
    Content, Identifier, IdentifierType, IntakeOptions, Limits, Outcome, Query, Target, run,
};
use caseward::fs::{Fs, RealFs, RelPath};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

const EMAIL: &str = "marta.quillfeather@contoso.com";
const NAME: &str = "Marta Quillfeather";
const PHONE: &str = "+1 (425) 555-0137";
const GUID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const ROUNDS: usize = 5;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let megabytes = numbers.first().copied().unwrap_or(if smoke { 4 } else { 64 });
    let threads = numbers.get(1).copied().unwrap_or(2);
    let dir = tempfile::tempdir().unwrap();
    let corpus = Corpus::generate(dir.path(), megabytes << 20);
    println!(
        "{} files, {:.0} MB, {} planted; median of {ROUNDS}, {threads} threads",
        corpus.files.len(),
        corpus.bytes as f64 / 1e6,
        corpus.planted.len()
    );
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir.path()).unwrap());
    for count in [4, 1000, 10_000] {
        let query = Query::compile(&identifiers(count));
        let (seconds, found) = median(|| ours(&fs, &corpus, &query, threads));
        line(&format!("caseward, {count} identifiers"), seconds, &found, &corpus);
    }
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), format!("{EMAIL}\n{NAME}\n{PHONE}\n{GUID}\n")).unwrap();
    let list = list.path().to_str().unwrap();
    let workers = format!("-j{threads}");
    for (name, arguments) in [
        (
            "rg -uuu -a -F -i -l",
            vec!["rg", &workers, "-uuu", "-a", "-F", "-i", "-l", "-f", list, "."],
        ),
        (
            "rg -z -uuu -a -F -i -l",
            vec!["rg", &workers, "-z", "-uuu", "-a", "-F", "-i", "-l", "-f", list, "."],
        ),
        (
            "ugrep -z --zmax=5",
            vec!["ugrep", "-z", "--zmax=5", "-r", "-a", "-F", "-i", "-l", "-f", list, "."],
        ),
        ("cat", vec!["sh", "-c", "find . -type f -print0 | xargs -0 cat >/dev/null"]),
    ] {
        if Command::new(arguments[0])
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            println!("{name:28} not installed");
            continue;
        }
        let (seconds, found) = median(|| tool(dir.path(), &arguments));
        line(name, seconds, &found, &corpus);
    }
}

fn median(mut search: impl FnMut() -> BTreeSet<String>) -> (f64, BTreeSet<String>) {
    let mut found = search();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            found = search();
            started.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2], found)
}

fn line(name: &str, seconds: f64, found: &BTreeSet<String>, corpus: &Corpus) {
    let hit = corpus.planted.intersection(found).count();
    let wrong = found.difference(&corpus.planted).count();
    println!(
        "{name:28} {seconds:7.3} s  {:6.0} MB/s  found {hit:4}/{}  others {wrong}",
        corpus.bytes as f64 / 1e6 / seconds,
        corpus.planted.len()
    );
}

fn ours(fs: &Arc<dyn Fs>, corpus: &Corpus, query: &Query, threads: usize) -> BTreeSet<String> {
    let targets: Vec<Target> = corpus
        .files
        .iter()
        .map(|name| Target {
            name: name.as_bytes().to_vec(),
            content: Content::File { fs: Arc::clone(fs), path: RelPath::new(name).unwrap() },
        })
        .collect();
    run(&targets, query, &Limits::default(), threads, &|_| {}, &AtomicBool::new(false))
        .into_iter()
        .filter(|(_, result)| {
            result.hits.iter().any(|h| h.outcome == Outcome::Match && h.identifier < 4)
        })
        .map(|(index, _)| corpus.files[index].clone())
        .collect()
}

fn tool(dir: &Path, arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(arguments[0])
        .args(&arguments[1..])
        .current_dir(dir)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|l| l.trim_start_matches("./").split('{').next().unwrap_or("").to_owned())
        .collect()
}

/// The four planted ones, and others that are nowhere.
fn identifiers(count: usize) -> Vec<Identifier> {
    let parse =
        |kind, value: &str| Identifier::parse(kind, value, &IntakeOptions::default()).unwrap();
    let mut all = vec![
        parse(IdentifierType::Email, EMAIL),
        parse(IdentifierType::Name, NAME),
        parse(IdentifierType::Phone, PHONE),
        parse(IdentifierType::Guid, GUID),
    ];
    let mut random = Random(99);
    while all.len() < count {
        let (first, last) = (random.word(), random.word());
        all.push(parse(IdentifierType::Email, &format!("{first}.{last}{}@contoso.com", all.len())));
    }
    all
}

/// A deterministic tree of case files.
struct Corpus {
    files: Vec<String>,
    planted: BTreeSet<String>,
    bytes: u64,
}

impl Corpus {
    fn generate(dir: &Path, size: usize) -> Self {
        let mut random = Random(20_260_521);
        let mut corpus = Self { files: Vec::new(), planted: BTreeSet::new(), bytes: 0 };
        while corpus.bytes < size as u64 {
            let number = corpus.files.len();
            let length = 2_000 + random.below(60_000) as usize;
            let mut text = random.log(length);
            let planted = number.is_multiple_of(10);
            if planted {
                let at = text[..text.len() / 2].rfind('\n').unwrap_or(0) + 1;
                text.insert_str(
                    at,
                    &format!("2026-01-05T10:00:00Z INFO user={} signed in\n", plant(number / 10)),
                );
            }
            let (name, bytes) = match number % 7 {
                5 => (format!("{number}.log.gz"), gzip(text.as_bytes())),
                6 => (format!("{number}.txt"), utf16(&text)),
                _ => (format!("{number}.log"), text.into_bytes()),
            };
            std::fs::write(dir.join(&name), &bytes).unwrap();
            corpus.bytes += bytes.len() as u64;
            if planted {
                corpus.planted.insert(name.clone());
            }
            corpus.files.push(name);
        }
        corpus
    }
}

/// The identifiers in forms of the field, one after the other.
fn plant(number: usize) -> String {
    match number % 12 {
        0 => EMAIL.into(),
        1 => EMAIL.to_uppercase(),
        2 => EMAIL.replace('@', "%40"),
        3 => EMAIL.replace('@', "\\u0040"),
        4 => STANDARD.encode(format!("{{\"login_hint\":\"{EMAIL}\"}}")),
        5 => NAME.into(),
        6 => "Quillfeather, Marta".into(),
        7 => "425.555.0137".into(),
        8 => "+14255550137".into(),
        9 => GUID.replace('-', ""),
        10 => EMAIL.replace('@', "&#64;"),
        _ => GUID.to_uppercase(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// A small generator of pseudo-random numbers (SplitMix64): the same tree on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn word(&mut self) -> String {
        let syllables =
            ["mar", "ti", "lo", "ben", "ka", "ru", "sen", "da", "vi", "ne", "so", "har"];
        (0..2 + self.below(3)).map(|_| syllables[self.below(12) as usize]).collect()
    }

    fn log(&mut self, size: usize) -> String {
        let mut text = String::with_capacity(size + 200);
        while text.len() < size {
            let (first, last) = (self.word(), self.word());
            let (time, id) = (self.below(86_400_000), self.next());
            writeln!(
                text,
                "2026-03-{:02}T{:02}:{:02}:{:02}.{:03}Z INFO [AuthBroker] user={first}.{last}@fabrikam.com correlationId={:08x}-{:04x}-4{:03x}-a{:03x}-{:012x} clientIp={}.{}.{}.{} status=200",
                1 + self.below(28), time / 3_600_000, time / 60_000 % 60, time / 1000 % 60, time % 1000,
                id >> 32, id >> 16 & 0xFFFF, id & 0xFFF, id >> 4 & 0xFFF, self.next() >> 16,
                self.below(255), self.below(255), self.below(255), self.below(255),
            )
            .unwrap();
        }
        text
    }
}
