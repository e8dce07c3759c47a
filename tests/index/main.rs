//! The index answers as the files do, whatever happened to either.

#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests edit the workspace behind the program's back")]

mod edits;
mod full;
mod hostile;
mod lies;
mod saved;
mod seen;
mod staged;
mod stamps;
mod world;

use caseward::model::Id;
use caseward::ops::generate::{self, NewGenerated};
use caseward::ops::{Context, Opening, case, consent, status};
use caseward::workspace::Workspace;
use caseward::workspace::index::{Freshness, Look, NEWEST, Parts};
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use world::{WORD, World};

#[test]
fn a_quiet_workspace_is_answered_from_the_index_alone() {
    let world = World::new();
    world.settle();
    let (_, work) = world.checked();
    assert_eq!(work.read, 0, "{work:?}");
    assert!(work.kept > 20, "{work:?}");
    let (_, work) = world.checked_for(Parts::Clocks);
    assert!(work.read == 0 && work.kept > 20, "{work:?}");
    // What it is held against does not come from it.
    let (_, _, work) = stamps::ask(&world.workspace(), Freshness::FromFiles);
    assert!(work.kept == 0 && work.read > 100, "{work:?}");
    world.agrees("at rest");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_agrees_with_the_files_after_any_edits(
        edits in prop::collection::vec(edits::any(), 1..8),
        settled in any::<bool>(),
    ) {
        let world = World::new();
        if settled {
            world.settle();
        }
        for edit in &edits {
            edit.make(&world);
            world.agrees(&format!("after {edit:?} of {edits:?}"));
        }
        // Everything that was read becomes quiet, and the answer stays.
        world.settle();
        world.agrees("settled");
    }
}

#[test]
fn an_edit_of_the_same_size_with_its_old_time_is_seen() {
    let world = World::new();
    world.settle();
    let path = world.case.clone();
    let times = std::fs::metadata(&path).unwrap().modified().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = text.replacen(WORD, "Maelbox", 1);
    assert!(changed != text && changed.len() == text.len());
    std::fs::write(&path, &changed).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(times).unwrap();
    assert!(world.titles().iter().any(|title| title.contains("Maelbox")));
    world.agrees("after the edit");
}

#[test]
fn an_edit_in_the_very_moment_of_reading_is_seen() {
    let world = World::new();
    let path = world.case.clone();
    let text = std::fs::read_to_string(&path).unwrap();
    // In place and of one size: within one tick of the clock no stamp would tell.
    for round in 0..100 {
        let word = format!("M{:06}", round % 1_000_000);
        std::fs::write(&path, text.replacen(WORD, &word, 1)).unwrap();
        assert!(world.titles().iter().any(|title| title.contains(&word)), "round {round}");
    }
}

#[test]
fn the_programs_own_writes_are_seen() {
    let world = World::new();
    world.settle();
    let context = world.context();
    let named = world.case_name();
    consent::answer(&context, &named, true, None, None).unwrap();
    world.agrees("after consent");
    case::close(&context, &named).unwrap();
    world.agrees("after closing");
    let (lines, _) = case::list(&world.context(), &case::CaseFilter::default()).unwrap();
    let line = lines.iter().find(|line| format!("{}/{}", line.tenant, line.id) == named).unwrap();
    assert_eq!((line.status, line.consent), ("closed", Some("ended")));
}

#[test]
fn what_is_shown_at_once_is_what_was_last_true() {
    let world = World::new();
    let context = world.context();
    let at_once = || status::landing(&context, Freshness::AsIndexed).unwrap().0.len();
    world.workspace().forget_index().unwrap();
    assert_eq!(at_once(), 0, "without an index there is nothing to show at once");
    world.settle();
    let checked = status::landing(&context, Freshness::Checked).unwrap().0.len();
    assert_eq!(at_once(), checked);
    std::fs::remove_dir_all(world.case.parent().unwrap()).unwrap();
    assert_eq!(at_once(), checked, "nothing was looked at");
    assert_eq!(status::landing(&context, Freshness::Checked).unwrap().0.len(), checked - 1);
}

/// More cases than are kept in front, and of so few tenants that consent hangs on cases that are not
/// among them.
#[test]
fn the_newest_at_once_are_the_first_of_the_whole_list() {
    let dir = tempfile::tempdir().unwrap();
    let new = NewGenerated { dir: dir.path().join("ws"), cases: 3 * NEWEST as u64, seed: 11 };
    generate::generate(&new, &mut |_, _| {}).unwrap();
    let open = || Workspace::open(&new.dir).unwrap();
    let engineer = open().config().engineers[0].principal.clone();
    let acting = |who: &str| {
        let opening = Opening {
            workspace: Some(new.dir.clone()),
            acting_as: Some(who.to_owned()),
            ..Opening::default()
        };
        Context::open(&opening).unwrap()
    };
    let context = acting(&engineer);
    let (lines, _) = case::list(&context, &case::CaseFilter::default()).unwrap();
    let consent_hangs_on = consent_of_an_old_case(&new.dir, &lines);
    let late = log_of_a_later_moment(&new.dir, &lines, &consent_hangs_on.tenant);
    open().forget_index().unwrap();
    let context = acting(&engineer);
    let known = || case::newest_as_indexed(&context).unwrap();
    assert_eq!(known().1, 0, "there is no index yet");
    let (lines, _) = case::list(&context, &case::CaseFilter::default()).unwrap();
    let (newest, all) = known();
    assert_eq!((newest.len(), all), (NEWEST, lines.len()));
    let json = |lines: &[case::CaseLine]| serde_json::to_string_pretty(lines).unwrap();
    assert_eq!(json(&newest), json(&lines[..NEWEST]));
    let now_as = |line: &case::CaseLine, consent| {
        newest.iter().any(|new| new.id == line.id && new.consent == Some(consent))
    };
    assert!(now_as(&consent_hangs_on, "active") && now_as(&late, "expired"));
    let look = Look { freshness: Freshness::NewestAsIndexed, ..Look::at(Parts::Engagements) };
    let (kept, _, _) = open().survey(look, &|_| true, &|s, _| s.engagements.len()).unwrap();
    let kept: usize = kept.into_iter().sum();
    assert!((NEWEST + 1..NEWEST + 50).contains(&kept), "the newest and few more: {kept}");
    let consents = newest.iter().filter(|line| line.consent == Some("active")).count();
    assert!(consents > 10, "{consents} of them have consent");

    // Somebody of one tenant sees that tenant's, old ones too, and no others (SAR-13).
    let of_tenant = |tenant: &str| lines.iter().filter(|line| line.tenant == *tenant).count();
    let tenant =
        lines.iter().map(|line| &line.tenant).max_by_key(|t| of_tenant(t.as_str())).unwrap();
    let principal = open().tenant(tenant).unwrap().value.principals[0].upn.clone();
    let (own, all) = case::newest_as_indexed(&acting(&principal)).unwrap();
    let (listed, _) = case::list(&acting(&principal), &case::CaseFilter::default()).unwrap();
    assert_eq!((own.len(), all), (listed.len().min(NEWEST), listed.len()));
    assert!(own.iter().all(|line| line.tenant == *tenant) && own.len() > 1);

    // What is gone from the index is gone from its front.
    context.workspace.forget_index().unwrap();
    assert!(known().0.is_empty());
}

/// One of the newest whose consent is in force because a case answers that is not among them (CONS-8).
fn consent_of_an_old_case(root: &Path, lines: &[case::CaseLine]) -> case::CaseLine {
    let (newest, others) = lines.split_at(NEWEST);
    let old_of = |line: &case::CaseLine| {
        others.iter().find(|old| old.tenant == line.tenant && old.status == "closed")
    };
    let mut expired = newest.iter().filter(|line| line.consent == Some("expired"));
    let (line, old) = expired.find_map(|line| Some((line, old_of(line)?))).unwrap();
    let path = root.join(format!("tenants/{}/cases/{}/case.toml", old.tenant, old.id));
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("status = \"closed\"", "status = \"open\"");
    let mut words: String =
        text.split_inclusive('\n').filter(|line| !line.starts_with("closed_at")).collect();
    let yesterday = caseward::env::wall_clock() - chrono::TimeDelta::days(1);
    let at = yesterday.format("%Y-%m-%dT%H:%M:%SZ");
    words += &format!(
        "\n[[consent]]\nanswer = \"yes\"\nat = \"{at}\"\nby = \"x@y\"\n\
         kind = \"advanced_diagnostics\"\n"
    );
    std::fs::write(path, words).unwrap();
    line.clone()
}

/// One of the newest of another tenant, whose log speaks of a moment at which its consent is over.
fn log_of_a_later_moment(root: &Path, lines: &[case::CaseLine], other: &Id) -> case::CaseLine {
    let mut newest = lines[..NEWEST].iter().filter(|line| line.tenant != *other);
    let line = newest
        .find(|line| line.consent == Some("active") && line.consent_expires_at.is_some())
        .unwrap();
    let path = root.join(format!("tenants/{}/audit.jsonl", line.tenant));
    let mut log = std::fs::read(&path).unwrap();
    log.extend_from_slice(b"{\"activityDateTime\":\"2099-01-01T00:00:00Z\"}\n");
    std::fs::write(&path, log).unwrap();
    // The clock of the file system goes on, so that what it says of the log is kept.
    let written = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    let probe = root.with_file_name("probe");
    while {
        std::fs::write(&probe, "x").unwrap();
        written(&probe) <= written(&path)
    } {}
    line.clone()
}

#[test]
fn several_programs_at_once_agree() {
    let world = World::new();
    let path = world.case.clone();
    let text = std::fs::read_to_string(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    world.checked();
                }
            });
        }
        for round in 0..200 {
            std::fs::write(&path, text.replacen(WORD, &format!("M{round:06}"), 1)).unwrap();
        }
    });
    assert!(world.titles().iter().any(|title| title.contains("M000199")));
    world.agrees("afterwards");
}

#[test]
fn a_forgotten_index_is_not_brought_back_by_whoever_had_read_it() {
    let world = World::new();
    world.settle();
    let workspace = world.workspace();
    let secret = WORD.as_bytes();
    assert!(world.index_holds(secret), "the test would show nothing");
    // A survey that has begun before and ends after.
    std::fs::write(&world.case, "changed = true").unwrap();
    let look = Look::at(Parts::Everything);
    workspace.survey(look, &|_| true, &|_, _| workspace.forget_index().unwrap()).unwrap();
    assert!(!world.index_holds(secret));
    assert!(world.indexes().is_empty(), "{:?}", world.indexes());
}

#[test]
fn nobody_else_may_read_an_index_in_a_group_workspace_either() {
    let world = World::new();
    let root = world.root();
    std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o2770)).unwrap();
    world.workspace().forget_index().unwrap();
    world.settle();
    for path in world.indexes() {
        if path.extension().is_none_or(|ending| ending != "lock") {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
}
