//! From a key to the finished frame with 100,000 cases in memory: moving, paging, sorting, filtering.
//! `cargo bench --bench tui`, or with a number of cases as its argument.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_macros)]

use caseward::env::{parse_time, wall_clock};
use caseward::model::{Id, Severity, Time};
use caseward::ops::case::{CaseLine, Due};
use caseward::ops::status::Status;
use caseward::tui::app::{Action, App, CaseList, Loaded};
use caseward::tui::keymap::Key;
use caseward::tui::terminal::Collected;
use caseward::tui::{Settings, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TITLES: &[&str] = &[
    "Mailbox migration stalls at 95 %",
    "Teams calls drop after a minute",
    "Conditional access blocks the break-glass account",
    "Linux VM does not boot after the kernel update",
    "SharePoint search leaves out new documents",
    "Backup job of the file server fails with 0x80070005",
    "ExpressRoute circuit flaps between two peers",
];

fn line(at: usize, now: Time) -> CaseLine {
    let day = chrono::Duration::hours(i64::try_from(at % 9000).unwrap());
    let due = Due {
        what: "diagnostics",
        path: format!("tenants/tenant{}.example/cases/{at}/diagnostics/trace.etl", at % 400),
        at: now + chrono::Duration::days(i64::try_from(at % 40).unwrap() - 3),
        overdue: at % 40 < 3,
        held: false,
    };
    CaseLine {
        id: Id::new(format!("26{at:014}")).unwrap(),
        tenant: Id::new(format!("tenant{}.example", at % 400)).unwrap(),
        title: format!("{} ({})", TITLES[at % TITLES.len()], at % 977).into(),
        status: ["open", "closed", "open", "expunged"][at % 4],
        severity: Severity::ALL.get(at % (Severity::ALL.len() + 1)).copied(),
        product: Some(["Exchange Online", "Azure VM", "Intune"][at % 3].into()),
        assigned_to: Some(format!("engineer{}@support.example.com", at % 60).into()),
        opened_at: Some(now - day),
        closed_at: None,
        consent: Some(["active", "unset", "declined"][at % 3]),
        consent_expires_at: Some(now + day),
        access_pending: u32::from(at % 7 == 6),
        access_approved: u32::from(at % 5 == 4),
        due: vec![due; at % 3].into(),
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() - 1) * percent / 100]
}

fn main() {
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let now = parse_time("2026-11-21T09:00:00Z").unwrap();
    let lines: Vec<CaseLine> = (0..count).map(|at| line(at, now)).collect();
    let due = lines.iter().flat_map(|line| line.due.clone()).take(20_000).collect();
    let status = Status {
        workspace: "bench".to_owned(),
        now,
        test_clock: false,
        tenants: 400,
        cases_open: count / 2,
        cases_closed: count / 4,
        cases_expunged: count / 4,
        access_pending: 3,
        access_approved: 4,
        dsr_open: 5,
        due,
        problems: Vec::new(),
    };
    let (mut app, _) = App::start((80, 24), &Settings::default());
    let list = Arc::new(CaseList::new(lines, status));
    let start = Instant::now();
    list.prepare();
    println!("{count} cases, {}; prepared behind in {:?}", wall_clock(), start.elapsed());
    let start = Instant::now();
    app.update(Action::Loaded(Loaded::Cases(list)));
    println!("taken by the screen in {:?}", start.elapsed());
    let frames = Collected::default();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut timed = |app: &mut App, key: Key| {
        let start = Instant::now();
        app.update(Action::Key(key));
        terminal.draw(|frame| view::view(app, frame)).unwrap();
        let took = start.elapsed();
        frames.send(&mut std::io::sink()).unwrap();
        app.update(Action::Drawn);
        took
    };
    let key = |name: &str| name.parse::<Key>().unwrap();
    for (what, keys, rounds) in [
        ("move", &["j", "j", "j", "k"][..], 250),
        ("page", &["pagedown", "pagedown", "pageup"], 300),
        ("first and last", &["G", "g"], 300),
        ("sort", &["s"], 270),
        ("reverse", &["r"], 100),
        ("mark", &["space"], 300),
    ] {
        let mut times = Vec::new();
        for _ in 0..rounds {
            times.extend(keys.iter().map(|name| timed(&mut app, key(name))));
        }
        report(what, &mut times);
    }
    for words in ["mailbox", "e", "teams calls open", "engineer17 azure", "zzzz", "26000000000999"]
    {
        let (mut typed, mut erased) = (Vec::new(), Vec::new());
        for _ in 0..30 {
            timed(&mut app, key("/"));
            for letter in words.chars() {
                let name = if letter == ' ' { "space".to_owned() } else { letter.to_string() };
                typed.push(timed(&mut app, key(&name)));
            }
            for _ in words.chars() {
                erased.push(timed(&mut app, key("backspace")));
            }
            timed(&mut app, key("esc"));
        }
        report(&format!("type \"{words}\""), &mut typed);
        report("  and erase it", &mut erased);
    }
}

fn report(what: &str, times: &mut [Duration]) {
    let (half, most) = (percentile(times, 50), percentile(times, 99));
    let count = times.len();
    let milli = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("{what:<28} p50 {:>7.3} ms   p99 {:>7.3} ms   of {count}", milli(half), milli(most));
}
