//! Discovery against the tools engineers have, on a generated tree: wall time side by side, with the
//! share of planted files each finds next to it, for a fast search that misses half is no search.
//!
//! `cargo bench --bench discovery -- [MEGABYTES] [THREADS]`; `-- --smoke` runs once on 4 MB and is silent about
//! tools that are not installed. A time of this machine means little by itself: the ratios of one run do.

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
/// Others that a request names, planted nowhere.
const OTHERS: [(IdentifierType, &str); 8] = [
    (IdentifierType::Name, "S\u{f8}ren Villads\u{e9}n"),
    (IdentifierType::Upn, "mquillf@contoso.onmicrosoft.com"),
    (IdentifierType::Puid, "10037FFEA1B2C3D4"),
    (IdentifierType::Session, "a91f00d2c4e84b0b"),
    (IdentifierType::Ipv4, "10.20.30.4"),
    (IdentifierType::Ipv6, "2001:db8:85a3::8a2e:370:7334"),
    (IdentifierType::Sip, "sip:mquill@voice.contoso.com"),
    (IdentifierType::Machine, "DESKTOP-7QX1MQF"),
];

/// How a run is measured.
#[derive(Clone, Copy)]
struct How {
    threads: usize,
    rounds: usize,
    smoke: bool,
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let megabytes = numbers.first().copied().unwrap_or(if smoke { 4 } else { 64 });
    let threads = numbers.get(1).copied().unwrap_or(2);
    let how = How { threads, rounds: if smoke { 1 } else { 5 }, smoke };
    let dir = tempfile::tempdir().unwrap();
    let corpus = Corpus::generate(dir.path(), megabytes << 20);
    compare("all of it", dir.path(), &corpus, how, &[12, 1000, 10_000], &["-z"]);
    let text = corpus.only("text/");
    compare("plain text alone", &dir.path().join("text"), &text, how, &[12], &[]);
}

/// Ours with each number of identifiers, then the tools; `rg` with these further options is what the
/// others are compared with.
fn compare(title: &str, dir: &Path, corpus: &Corpus, how: How, counts: &[usize], options: &[&str]) {
    println!(
        "{title}: {} files, {:.0} MB, {} planted; median of {}, {} threads",
        corpus.files.len(),
        corpus.bytes as f64 / 1e6,
        corpus.planted.len(),
        how.rounds,
        how.threads
    );
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir).unwrap());
    let mut times = Vec::new();
    for &count in counts {
        let query = Query::compile(&identifiers(count));
        let (seconds, found) = median(how, || ours(&fs, corpus, &query, how.threads));
        line(&format!("caseward, {count} identifiers"), seconds, &found, corpus);
        times.push(seconds);
    }
    let list = tempfile::NamedTempFile::new().unwrap();
    let others: String = OTHERS.iter().map(|(_, value)| format!("{value}\n")).collect();
    std::fs::write(list.path(), format!("{EMAIL}\n{NAME}\n{PHONE}\n{GUID}\n{others}")).unwrap();
    let list = list.path().to_str().unwrap();
    let workers = format!("-j{}", how.threads);
    let rg = ["rg", "--no-config", &workers, "-uuu", "-a", "-F", "-i", "-l", "-f", list];
    let ugrep = ["ugrep", "-z", "--zmax=5", "-r", "-a", "-F", "-i", "-l", "-f", list, "."];
    let mut compared = None;
    for (name, arguments) in [
        ("rg -uuu -a -F -i -l", [&rg[..], &["."]].concat()),
        ("rg -z -uuu -a -F -i -l", [&rg[..], &["-z", "."]].concat()),
        ("ugrep -z --zmax=5", ugrep.to_vec()),
        ("cat", vec!["sh", "-c", "find . -type f -print0 | xargs -0 cat >/dev/null"]),
    ] {
        if !is_installed(arguments[0]) {
            if !how.smoke {
                println!("{name:28} not installed");
            }
            continue;
        }
        let (seconds, found) = median(how, || tool(dir, &arguments));
        line(name, seconds, &found, corpus);
        if arguments[0] == "rg" && options.iter().all(|option| arguments.contains(option)) {
            compared = compared.or(Some((name, seconds)));
        }
    }
    for (count, seconds) in counts.iter().zip(&times) {
        print!("  {count}: {:.2} of the time of {}", seconds / times[0], counts[0]);
        if let Some((name, reference)) = compared {
            print!(", {:.2} of that of {name}", seconds / reference);
        }
        println!();
    }
}

fn is_installed(tool: &str) -> bool {
    let quiet =
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok()
}

fn median(how: How, mut search: impl FnMut() -> BTreeSet<String>) -> (f64, BTreeSet<String>) {
    let mut found = search();
    let mut times: Vec<f64> = (0..how.rounds)
        .map(|_| {
            let started = Instant::now();
            found = search();
            started.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[how.rounds / 2], found)
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
            result.hits.iter().any(|h| h.outcome == Outcome::Match && h.identifier < 12)
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

/// The four planted ones, eight more kinds, and others that are nowhere.
fn identifiers(count: usize) -> Vec<Identifier> {
    let parse =
        |kind, value: &str| Identifier::parse(kind, value, &IntakeOptions::default()).unwrap();
    let mut all = vec![
        parse(IdentifierType::Email, EMAIL),
        parse(IdentifierType::Name, NAME),
        parse(IdentifierType::Phone, PHONE),
        parse(IdentifierType::Guid, GUID),
    ];
    all.extend(OTHERS.iter().map(|&(kind, value)| parse(kind, value)));
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
    sizes: Vec<u64>,
    planted: BTreeSet<String>,
    bytes: u64,
}

impl Corpus {
    fn generate(dir: &Path, size: usize) -> Self {
        let mut random = Random(20_260_521);
        std::fs::create_dir(dir.join("text")).unwrap();
        let mut corpus =
            Self { files: Vec::new(), sizes: Vec::new(), planted: BTreeSet::new(), bytes: 0 };
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
                _ => (format!("text/{number}.log"), text.into_bytes()),
            };
            std::fs::write(dir.join(&name), &bytes).unwrap();
            corpus.bytes += bytes.len() as u64;
            if planted {
                corpus.planted.insert(name.clone());
            }
            corpus.files.push(name);
            corpus.sizes.push(bytes.len() as u64);
        }
        corpus
    }

    /// The files in one of its directories, as that directory sees them.
    fn only(&self, dir: &str) -> Self {
        let inside = |name: &String| name.strip_prefix(dir).map(str::to_owned);
        let kept = self.files.iter().zip(&self.sizes).filter_map(|(n, s)| Some((inside(n)?, *s)));
        let (files, sizes): (Vec<String>, Vec<u64>) = kept.unzip();
        let planted = self.planted.iter().filter_map(inside).collect();
        Self { files, planted, bytes: sizes.iter().sum(), sizes }
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
