//! Power losses during a sweep: whatever subset of what was not flushed survives, the next start and
//! the next sweep leave the due files gone, the others there, each deletion logged once.

use crate::explore::Dice;
use caseward::attest::{Log, VerifyOptions};
use caseward::fs::sim::{Model, SimFs};
use caseward::fs::{Fs, RelPath, create_dirs, exists};
use caseward::model::{Activity, Id};
use caseward::ops::{Context, retention, settle};
use caseward::policy::Actor;
use caseward::workspace::{Access, NewWorkspace, Workspace};
use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::Arc;

const ANA: &str = "ana.silva@support.example.com";
/// One of two diagnostics is due, and one transfer file; another case's are not.
const NOW: &str = "2027-01-10T15:10:00Z";
const DUE: [&str; 3] = [
    "tenants/fabrikam.com/cases/2610020030005521/diagnostics/signin-logs-20261022.json",
    "tenants/fabrikam.com/cases/2610020030005521/diagnostics/signin-logs-20261028.json",
    "tenants/fabrikam.com/cases/2609240030001183/transfer/lockout-events.csv",
];

fn path(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

fn moment() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

/// The second customer of the example on the simulator, flushed.
fn fabrikam() -> SimFs {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("ws");
    NewWorkspace::from_example(&root, "2026-11-21T09:00:00Z".parse().unwrap(), "tester").unwrap();
    let fs = SimFs::new();
    let mut open = vec![root.clone()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let from = entry.unwrap().path();
            let name = from.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let own = !name.starts_with("tenants/") || name.starts_with("tenants/fabrikam.com");
            if from.is_dir() {
                open.push(from);
            } else if own && !name.starts_with('.') {
                create_dirs(&fs, &path(&name).parent()).unwrap();
                let bytes = std::fs::read(&from).unwrap();
                fs.create(&path(&name)).unwrap().write_at(&bytes, 0).unwrap();
            }
        }
    }
    let origin = open_on(&fs).config().origin.clone();
    Log::create(Arc::new(fs.clone()), &origin, moment()).unwrap();
    fs.settled()
}

fn open_on(fs: &SimFs) -> Workspace {
    Workspace::open_with(Arc::new(fs.clone()), Path::new("/ws"), Access::Write).unwrap()
}

fn context(workspace: &Workspace) -> Context {
    let tenants: Vec<_> = workspace.tenants().unwrap().0.into_iter().map(|t| t.value).collect();
    let actor = Actor::resolve(ANA, "tester", workspace.config(), &tenants).unwrap();
    Context::on(workspace.clone(), actor, moment())
}

fn sweep(fs: &SimFs) -> caseward::error::Result<retention::Swept> {
    retention::sweep(&context(&open_on(fs)), &mut |_| {})
}

/// The next start, and the next sweep.
fn check(fs: &SimFs) -> Result<(), String> {
    let said = |error: caseward::error::Error| error.to_string();
    let workspace = open_on(fs);
    let context = context(&workspace);
    let log = Log::open(Arc::clone(workspace.fs()));
    let mut session = log.lock(moment()).map_err(|error| error.to_string())?;
    settle::settle(&context, &mut session).map_err(said)?;
    drop(session);
    let swept = sweep(fs).map_err(said)?;
    if !swept.complete {
        return Err(format!("not complete: {:?}", swept.items));
    }
    for due in DUE {
        for gone in [due.to_owned(), format!("{due}.meta.toml")] {
            if exists(fs, &path(&gone)).unwrap() {
                return Err(format!("{gone} is still there"));
            }
        }
    }
    let note = "tenants/fabrikam.com/cases/2610020030005521/records/2026-11-02-note.md";
    if !exists(fs, &path(note)).unwrap() {
        return Err("what is not due is gone".to_owned());
    }
    let tenant = Id::new("fabrikam.com").unwrap();
    let (events, problems) = workspace.audit(&tenant).map_err(said)?;
    if !problems.is_empty() {
        return Err(format!("{problems:?}"));
    }
    let count = |activity| {
        let of_sweep = |event: &&caseward::model::AuditEvent| {
            event.activity_display_name == activity
                && event.additional_details.iter().any(|detail| detail.key == "tx")
        };
        events.iter().filter(of_sweep).count()
    };
    let logged = (count(Activity::DiagnosticDeleted), count(Activity::TransferDeleted));
    if logged != (1, 1) {
        return Err(format!("logged {logged:?} times"));
    }
    let verification = log.verify(&VerifyOptions::default(), &mut |_, _| {});
    if !verification.ok || verification.size != 3 {
        return Err(format!("the log: {:?}", verification.checks));
    }
    Ok(())
}

#[test]
fn no_power_loss_during_a_sweep_breaks_anything() {
    let fs = fabrikam();
    sweep(&fs).unwrap();
    check(&fs).unwrap();
    let fs = fabrikam();
    sweep(&fs).unwrap();
    let history = fs.history();
    let stride = if crate::states::wanted() < 10_000 { 3 } else { 1 };
    let mut states = 0;
    for model in [Model::AnySubset, Model::OrderedJournal] {
        for point in (0..history.points()).step_by(stride) {
            let mut dice = Dice::new(point as u64 + 1);
            let (crashed, _) = history.crash(model, point, &mut |sides| dice.roll(sides));
            states += 1;
            if let Err(what) = check(&crashed) {
                panic!("{model:?}, point {point}: {what}");
            }
        }
    }
    println!("a sweep: {states} states");
    assert!(states > 50, "{states}");
}
