//! Several people write into one workspace at random, and some of their programs are killed.
//!
//! `CASEWARD_WRITERS=8x1000` sets how many write how often; without it a short form runs. One
//! program of a hundred is killed at a random moment. Afterwards every operation that was
//! acknowledged is in the records and once in the audit log, nothing is there twice, every record
//! can be read and `doctor` finds nothing wrong.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

const ANA: &str = "ana.silva@support.example.com";
const TENANT: &str = "contoso.com";
const JOHN: &str = "john@contoso.com";

/// What writers did, as far as they were told.
#[derive(Default)]
struct Told {
    /// Ids that were given out, with what they were given for.
    made: BTreeMap<String, &'static str>,
    /// Acknowledged audit activities by what they were about.
    done: BTreeMap<(String, &'static str), usize>,
    refused: usize,
    conflicts: usize,
    killed: usize,
}

struct Writer<'a> {
    workspace: &'a Path,
    state: std::path::PathBuf,
    dice: fastrand::Rng,
    /// Cases and requests that this writer has made; it takes others' as well.
    cases: Vec<String>,
    accesses: Vec<String>,
    requests: Vec<String>,
    told: Told,
}

impl Writer<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caseward"));
        command
            .args(arguments)
            .arg("--json")
            .env_clear()
            .env("CASEWARD_WORKSPACE", self.workspace)
            .env("XDG_STATE_HOME", &self.state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command; `None` when it was killed, refused or came too late.
    fn run(&mut self, arguments: &[&str]) -> Option<Value> {
        let mut child = self.command(arguments).spawn().unwrap();
        if self.dice.u32(..100) == 0 {
            // The moment is the experiment: nothing is asserted about it.
            for _ in 0..self.dice.u32(..20_000) {
                std::thread::yield_now();
            }
            child.kill().unwrap();
        }
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        match status.code() {
            Some(0) => Some(serde_json::from_slice(&stdout).unwrap()),
            None => {
                self.told.killed += 1;
                None
            }
            Some(5) => {
                self.told.conflicts += 1;
                None
            }
            // A rule may say no, and an id may be gone from where it was.
            Some(1 | 2) => {
                self.told.refused += 1;
                None
            }
            Some(code) => panic!("{arguments:?}: exit {code}: {said}"),
        }
    }

    fn acknowledge(&mut self, about: &str, activity: &'static str) {
        *self.told.done.entry((about.to_owned(), activity)).or_default() += 1;
    }

    fn on_case(&mut self, activity: &'static str, words: &[&str]) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let arguments: Vec<&str> =
            words.iter().map(|word| if *word == "CASE" { case.as_str() } else { word }).collect();
        if self.run(&arguments).is_some() {
            self.acknowledge(&case, activity);
        }
    }

    fn new_case(&mut self) {
        let answer = if self.dice.bool() { "yes" } else { "no" };
        let words = [
            "case",
            "new",
            TENANT,
            "--title",
            "x",
            "--severity",
            "minimal",
            "--product",
            "p",
            "--contact",
            JOHN,
            "--portal",
            "m365_admin",
            "--advanced-diagnostics",
            answer,
        ];
        if let Some(made) = self.run(&words) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "case"), None, "given out twice");
            self.acknowledge(&id, "Case opened");
            self.cases.push(id);
        }
    }

    fn new_access(&mut self) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let words = [
            "access",
            "request",
            &case,
            "--justification",
            "needed",
            "--resource-tenant",
            "fabrikam.com",
        ];
        if let Some(made) = self.run(&words) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "access"), None, "given out twice");
            self.acknowledge(&id, "Request created");
            self.accesses.push(id);
        }
    }

    fn new_request(&mut self) {
        let words = [
            "dsr",
            "new",
            TENANT,
            "--type",
            "delete",
            "--regulation",
            "gdpr",
            "--requester",
            "customer",
            "--option",
            "a",
            "--identifier",
            "email=nobody@contoso.com",
        ];
        if let Some(made) = self.run(&words) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "request"), None, "given out twice");
            self.acknowledge(&id, "Data subject request received");
            self.requests.push(id);
        }
    }

    fn attach(&mut self) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let file = self.state.join(format!("dump-{}.log", self.dice.u64(..)));
        std::fs::write(&file, format!("{}", self.dice.u64(..))).unwrap();
        let words = ["attach", &case, file.to_str().unwrap(), "--kind", "sign_in_logs"];
        if self.run(&words).is_some() {
            self.acknowledge(&case, "Diagnostic attached");
        }
        std::fs::remove_file(&file).unwrap();
    }

    fn once(&mut self) {
        match self.dice.u32(..12) {
            0 | 1 => self.new_case(),
            2 => self.on_case("Case assigned", &["case", "assign", "CASE", "--engineer", ANA]),
            3 => self.on_case("Case closed", &["case", "close", "CASE"]),
            4 => self.on_case("Case reopened", &["case", "reopen", "CASE"]),
            5 => self.on_case("Consent granted", &["consent", "grant", "CASE"]),
            6 => self.on_case("Consent revoked", &["consent", "revoke", "CASE"]),
            7 => self.new_access(),
            8 => {
                let Some(sar) = self.dice.choice(&self.accesses).cloned() else { return };
                if self.run(&["access", "withdraw", &sar]).is_some() {
                    self.acknowledge(&sar, "Request canceled");
                }
            }
            9 => self.new_request(),
            10 => {
                let Some(dsr) = self.dice.choice(&self.requests).cloned() else { return };
                // A cancelled request counts, whatever its activity is called.
                let _ = self.run(&["dsr", "cancel", &dsr, "--reason", "experiment"]);
            }
            _ => self.attach(),
        }
    }
}

/// Of each case of the example what its record has, beside what the log says of it: answers and
/// reopenings are entries that nothing takes away, so a lost update shows in their number.
fn entries(workspace: &Path, cases: &[String]) -> Vec<[isize; 4]> {
    let tenant = workspace.join("tenants").join(TENANT);
    let log = std::fs::read_to_string(tenant.join("audit.jsonl")).unwrap();
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |case: &String| {
        let record = tenant.join("cases").join(case).join("case.toml");
        let record = std::fs::read_to_string(record).unwrap_or_default();
        let stands = |table: &str| record.lines().filter(|line| *line == table).count() as isize;
        let logged = |activities: &[&str]| {
            let about = events.iter().filter(|event| {
                event["correlationId"] == case.as_str() && event["result"] == "success"
            });
            let said = |event: &&Value| {
                activities.contains(&event["activityDisplayName"].as_str().unwrap())
            };
            about.filter(said).count() as isize
        };
        let answers = ["Consent granted", "Consent revoked", "Consent declined"];
        [
            stands("[[consent]]"),
            logged(&answers),
            stands("[[closures]]"),
            logged(&["Case reopened"]),
        ]
    };
    cases.iter().map(of).collect()
}

fn doctor(workspace: &Path, state: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_caseward"))
        .args(["status", "--json"])
        .env_clear()
        .env("CASEWARD_WORKSPACE", workspace)
        .env("XDG_STATE_HOME", state)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn writers_lose_nothing_when_some_are_killed() {
    let asked = std::env::var("CASEWARD_WRITERS").unwrap_or_else(|_| "4x25".to_owned());
    let (writers, count) = asked.split_once('x').unwrap();
    let (writers, count): (usize, usize) = (writers.parse().unwrap(), count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (workspace, state) = (dir.path().join("ws"), dir.path().join("state"));
    std::fs::create_dir(&state).unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_caseward"))
        .args(["demo", workspace.to_str().unwrap(), "--no-tui"])
        .env_clear()
        .env("XDG_STATE_HOME", &state)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let before = doctor(&workspace, &state)["problems"].clone();
    let first: Vec<String> = std::fs::read_dir(workspace.join("tenants/contoso.com/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let entries_before = entries(&workspace, &first);
    let next = AtomicUsize::new(0);
    let all: Vec<Told> = std::thread::scope(|scope| {
        let start = || {
            let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
            let mut writer = Writer {
                workspace: &workspace,
                state: state.clone(),
                dice: fastrand::Rng::with_seed(seed),
                cases: first.clone(),
                accesses: Vec::new(),
                requests: Vec::new(),
                told: Told::default(),
            };
            (0..count).for_each(|_| writer.once());
            writer.told
        };
        let running: Vec<_> = (0..writers).map(|_| scope.spawn(start)).collect();
        running.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    // The next start finishes what was cut off.
    assert_eq!(doctor(&workspace, &state)["problems"], before, "every record is readable");
    let entries_after = entries(&workspace, &first);
    for ((case, before), after) in first.iter().zip(entries_before).zip(entries_after) {
        let grown = |at: usize| after[at] - before[at];
        assert_eq!(grown(0), grown(1), "{case}: answers in the record and in the log");
        assert_eq!(grown(2), grown(3), "{case}: reopenings in the record and in the log");
    }
    let mut logged: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for tenant in std::fs::read_dir(workspace.join("tenants")).unwrap() {
        let mut text = String::new();
        let Ok(mut log) = std::fs::File::open(tenant.unwrap().path().join("audit.jsonl")) else {
            continue;
        };
        log.read_to_string(&mut text).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "a torn line");
        for line in text.lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "twice: {event}");
            if event["result"] == "success" {
                let about = event["correlationId"].as_str().unwrap().to_owned();
                let activity = event["activityDisplayName"].as_str().unwrap().to_owned();
                *logged.entry((about, activity)).or_default() += 1;
            }
        }
    }
    let mut told = Told::default();
    for one in all {
        for (id, what) in one.made {
            assert_eq!(told.made.insert(id, what), None, "given out twice");
        }
        for (what, times) in one.done {
            *told.done.entry(what).or_default() += times;
        }
        told.refused += one.refused;
        told.conflicts += one.conflicts;
        told.killed += one.killed;
    }
    let acknowledged: usize = told.done.values().sum();
    let mut unheard = 0;
    for ((about, activity), times) in &told.done {
        let key = (about.clone(), (*activity).to_owned());
        let seen = logged.get(&key).copied().unwrap_or(0);
        assert!(seen >= *times, "{key:?}: acknowledged {times} times, logged {seen}");
        unheard += seen - times;
    }
    // What is logged beyond that was done by somebody who was killed before they could be told, or
    // stood in the example's log.
    for (id, what) in &told.made {
        let tenant = workspace.join("tenants/contoso.com");
        let there = match *what {
            "case" => tenant.join("cases").join(id).join("case.toml").is_file(),
            "request" => tenant.join("dsr").join(id).join("request.toml").is_file(),
            _ => std::fs::read_dir(tenant.join("cases")).unwrap().any(|case| {
                case.unwrap().path().join("access").join(format!("{id}.toml")).is_file()
            }),
        };
        assert!(there, "the {what} {id} is lost");
    }
    let journal = std::fs::read_dir(workspace.join(".journal")).unwrap().count();
    assert_eq!(journal, 0, "nothing is left over");
    println!(
        "{writers} writers x {count}: {acknowledged} acknowledged, {} made, {} refused, {} conflicts, \
         {} killed, {unheard} more in the logs",
        told.made.len(),
        told.refused,
        told.conflicts,
        told.killed
    );
    assert!(acknowledged > 0);
}
