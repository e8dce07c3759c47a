//! Several people write into one workspace at random, and some of their programs are killed.
//!
//! `CASEWARD_WRITERS=8x1000` sets how many write how often; without it a short form runs. One
//! program of a hundred is killed: after a part of the time that such a command took before, or as
//! soon as it is seen to hold the lock. Afterwards every operation that was acknowledged is in the
//! records and once in the audit log, nothing is there twice, and every record can be read.

use crate::writer::{Review, TENANT, Told, Writer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Runs a command that has to succeed.
fn run(workspace: &Path, state: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_caseward"))
        .args(arguments)
        .arg("--json")
        .env_clear()
        .env("CASEWARD_WORKSPACE", workspace)
        .env("XDG_STATE_HOME", state)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A request with findings, for everybody to decide on.
fn review(workspace: &Path, state: &Path) -> Review {
    let words = "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a \
                 --identifier email=jane@contoso.com";
    let made = run(workspace, state, &words.split_whitespace().collect::<Vec<_>>());
    let id = made["id"].as_str().unwrap().to_owned();
    run(workspace, state, &["dsr", "discover", &id]);
    let findings = run(workspace, state, &["dsr", "findings", &id]);
    let all = findings["items"].as_array().unwrap();
    let of = |key: &str| all.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect();
    let files: Vec<String> = of("path");
    let files = files.into_iter().filter(|path| path.contains("/diagnostics/")).collect();
    Review { id, findings: of("id"), files }
}

/// How often a line stands in the files below a directory that have this ending.
fn lines(dir: &Path, ending: &str, line: &str) -> isize {
    let files = walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.path().to_string_lossy().ends_with(ending));
    let texts = files.map(|entry| std::fs::read_to_string(entry.path()).unwrap());
    texts.map(|text| text.lines().filter(|one| *one == line).count() as isize).sum()
}

/// Decisions and holds that stand in records, beside those that the log speaks of.
fn countings(workspace: &Path, review: &Review) -> [[isize; 2]; 2] {
    let tenants = workspace.join("tenants");
    let log = std::fs::read_to_string(tenants.join(TENANT).join("audit.jsonl")).unwrap();
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let logged = |activity: &str| {
        let about = events.iter().filter(|event| event["result"] == "success");
        about.filter(|event| event["activityDisplayName"] == activity).count() as isize
    };
    let request = tenants.join(TENANT).join("dsr").join(&review.id);
    [
        [lines(&request, "request.toml", "[[decisions]]"), logged("Data subject request reviewed")],
        [
            lines(&tenants.join(TENANT), ".meta.toml", "[[holds]]"),
            logged("Legal hold placed") - logged("Legal hold released"),
        ],
    ]
}

/// Whether what was made is as its maker was told.
fn is_there(workspace: &Path, held: &BTreeSet<String>, id: &str, what: &str) -> bool {
    let tenant = workspace.join("tenants").join(TENANT);
    match what {
        "case" => tenant.join("cases").join(id).join("case.toml").is_file(),
        "request" => tenant.join("dsr").join(id).join("request.toml").is_file(),
        "note" => {
            workspace.join(id).is_file() && workspace.join(format!("{id}.meta.toml")).is_file()
        }
        "hold" => held.contains(id),
        "hold, released" => !held.contains(id),
        "hold, perhaps released" => true,
        _ => std::fs::read_dir(tenant.join("cases"))
            .unwrap()
            .any(|case| case.unwrap().path().join("access").join(format!("{id}.toml")).is_file()),
    }
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
    let review = review(&workspace, &state);
    let before = run(&workspace, &state, &["status"])["problems"].clone();
    let first: Vec<String> = std::fs::read_dir(workspace.join("tenants/contoso.com/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let entries_before = entries(&workspace, &first);
    let countings_before = countings(&workspace, &review);
    let next = AtomicUsize::new(0);
    let began = std::time::Instant::now();
    let all: Vec<Told> = std::thread::scope(|scope| {
        let start = || {
            let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
            Writer::new(&workspace, &state, seed, &first, &review).work(count)
        };
        let running: Vec<_> = (0..writers).map(|_| scope.spawn(start)).collect();
        running.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    // The next start finishes what was cut off.
    let problems = run(&workspace, &state, &["status"])["problems"].clone();
    assert_eq!(problems, before, "every record is readable");
    for (before, after) in countings_before.iter().zip(countings(&workspace, &review)) {
        assert_eq!(after[0] - before[0], after[1] - before[1], "in the records and in the log");
    }
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
    let told = Told::together(all);
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
    let holds = run(&workspace, &state, &["hold", "list"])["holds"].clone();
    let holds = holds.as_array().unwrap().iter();
    let held = holds.map(|hold| hold["id"].as_str().unwrap().to_owned()).collect();
    for (id, what) in &told.made {
        assert!(is_there(&workspace, &held, id, what), "the {what} {id} is lost, or is there");
    }
    for (sar, line) in &told.stands {
        let tenants = workspace.join("tenants");
        let request = lines(&tenants.join(TENANT), &format!("access/{sar}.toml"), line);
        let approval = lines(&tenants, &format!("approvals/{sar}/approval.toml"), line);
        assert_eq!(request + approval, 1, "{line} of {sar} is lost");
    }
    let journal = std::fs::read_dir(workspace.join(".journal")).unwrap().count();
    assert_eq!(journal, 0, "nothing is left over");
    println!(
        "{writers} writers x {count}: {acknowledged} acknowledged, {} made, {} refused, {} conflicts, \
         {} of {} kills hit, {} of them in a commit, {unheard} more in the logs, {:.0} s",
        told.made.len(),
        told.refused,
        told.conflicts,
        told.kills.hit,
        told.kills.tried,
        told.kills.in_commit,
        began.elapsed().as_secs_f64()
    );
    assert!(acknowledged > 0);
    assert!(told.kills.hit > 0 || told.kills.tried < 20, "{:?}: nobody is killed", told.kills);
}
