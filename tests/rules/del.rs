//! DEL-*: planning, approving and executing a deletion.

use super::dsr::{discover, discovered, exclude_reviews, planned_engagement};
use super::meanwhile::{Call, Meanwhile};
use super::world::*;
use caseward::attest::Step;
use caseward::error::Error;
use caseward::exit::Exit;
use caseward::fs::RelPath;
use caseward::model::{
    DsrState, FindingKind, FindingOutcome, Hold, Meta, PlanScope, RequestOption, Sha256,
};
use caseward::ops::dsr::{self as ops, Executed};
use caseward::workspace::{Commit, layout};

fn records_dir() -> String {
    format!("tenants/contoso.com/cases/{CLOSED}/records")
}

/// Planned by Ana, approved by Ben.
fn approved(world: &World) -> String {
    let (dsr, _) = planned_engagement(world);
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    dsr
}

fn execute(world: &World, dsr: &str) -> caseward::error::Result<Executed> {
    ops::execute(&world.as_engineer(ANA), dsr, &mut |_| {})
}

fn log_size(world: &World) -> u64 {
    caseward::ops::attest::log_of(&world.as_engineer(ANA)).size().unwrap()
}

fn verdict<'a>(done: &'a Executed, name: &str) -> (&'a str, Option<&'a str>) {
    let item = done.items.iter().find(|item| item.path.ends_with(name)).expect(name);
    (item.verdict, item.reason)
}

#[test]
fn del_1_the_preview_has_every_path_with_size_categories_and_hash() {
    let world = World::demo();
    let (_, plan) = planned_engagement(&world);
    let mut bytes = 0;
    for item in &plan.items {
        let contents = std::fs::read(world.inside(&item.path)).unwrap();
        assert_eq!(item.sha256, Sha256::of(&contents), "{}", item.path);
        assert_eq!(item.size, contents.len() as u64, "{}", item.path);
        bytes += item.size;
    }
    assert_eq!(plan.bytes, bytes);
    assert_eq!(plan.items.len(), 12);
    let csv = plan.items.iter().find(|item| item.path.ends_with("call-quality.csv")).unwrap();
    let categories: Vec<&str> = csv.categories.iter().map(|category| category.as_str()).collect();
    assert_eq!(categories, ["euii", "oii"]);
    assert_eq!(
        plan.items.last().unwrap().path,
        format!("tenants/contoso.com/cases/{CLOSED}/case.toml")
    );
}

#[test]
fn del_1_a_file_that_differs_from_the_plan_stops_everything() {
    let world = World::demo();
    let dsr = approved(&world);
    std::fs::write(world.inside(&format!("{}/2026-11-09-closing.md", records_dir())), "changed")
        .unwrap();
    let (before, size) = (world.records(), log_size(&world));
    assert_eq!(refused(ops::rehearse(&world.as_engineer(ANA), &dsr)).rule, "DEL-1");
    let refusal = refused(execute(&world, &dsr));
    assert_eq!(refusal.rule, "DEL-1");
    assert!(refusal.message.contains("2026-11-09-closing.md"), "{refusal}");
    last_is_failure(&world.audit("contoso.com"), "DEL-1");
    assert_eq!((world.records(), log_size(&world)), (before, size), "nothing is touched");
}

#[test]
fn del_1_a_new_finding_or_file_means_plan_again() {
    for planted in ["nothing about anybody", "jane@contoso.com wrote again"] {
        let world = World::demo();
        let dsr = approved(&world);
        std::fs::write(world.inside(&format!("{}/late.md", records_dir())), planted).unwrap();
        let (before, size) = (world.tree(), log_size(&world));
        let error = execute(&world, &dsr).unwrap_err();
        assert_eq!(error.exit(), Exit::Conflict, "{error}");
        assert!(error.to_string().contains("late.md"), "{error}");
        assert_eq!((world.tree(), log_size(&world)), (before, size));
        // Discovered and planned again, and approved again, it goes.
        let ana = world.as_engineer(ANA);
        discover(&ana, &dsr).unwrap();
        ops::plan(&ana, &dsr, Some(PlanScope::Engagement), true).unwrap();
        assert_eq!(refused(execute(&world, &dsr)).rule, "DSR-1", "the old approval is void");
        ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
        let done = execute(&world, &dsr).unwrap();
        assert_eq!(verdict(&done, "late.md"), ("deleted", None));
    }
}

#[test]
fn del_1_a_file_that_changes_meanwhile_is_kept() {
    let world = World::demo();
    let dsr = approved(&world);
    let path = world.inside(&format!("tenants/contoso.com/cases/{CLOSED}/case.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut changed = false;
    let done = ops::execute(&world.as_engineer(ANA), &dsr, &mut |at| {
        if at.step == Step::Withdrawing && !changed {
            std::fs::write(&path, format!("{text}# by hand\n")).unwrap();
            changed = true;
        }
    })
    .unwrap();
    assert!(changed);
    assert_eq!(verdict(&done, "/case.toml"), ("retained", Some("changed")));
    assert!(!done.complete && !done.has_failures());
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("# by hand\n"));
    let gone = done.items.iter().filter(|item| item.verdict == "deleted").count();
    assert_eq!(gone, done.items.len() - 1);
    assert!(!world.exists(&format!("tenants/contoso.com/cases/{CLOSED}/tombstone.toml")));
    assert_eq!(world.case(CLOSED).id, id(CLOSED), "the case is still one");
}

#[test]
fn del_1_what_is_left_of_a_plan_and_changed_meanwhile_is_kept_and_the_rest_goes() {
    let world = World::demo();
    let (dsr, plan) = planned_engagement(&world);
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let mut files = plan.items.iter().map(|item| item.path.clone());
    let mut left = || files.find(|path| path.contains("/records/")).unwrap();
    let (changed, same) = (left(), left());
    let stuck = [changed.clone(), same.clone()];
    let fs = Meanwhile::refusing(world.plain(), move |call, path| {
        call == Call::Rename && stuck.contains(&path.display())
    });
    let refusing = context(&world.on(fs).unwrap(), NOW, ANA);
    let part = ops::execute(&refusing, &dsr, &mut |_| {}).unwrap();
    assert_eq!((verdict(&part, &changed).0, verdict(&part, &same).0), ("failed", "failed"));
    assert_eq!(part.state, DsrState::Executing);
    std::fs::write(world.inside(&changed), "another text").unwrap();
    let done = execute(&world, &dsr).unwrap();
    assert_eq!(verdict(&done, &changed), ("retained", Some("changed")));
    assert_eq!(verdict(&done, &same).0, "deleted");
    assert_eq!(std::fs::read(world.inside(&changed)).unwrap(), b"another text");
    assert!(!world.exists(&same));
    assert_eq!((done.state, done.complete), (DsrState::Fulfilled, false));
}

#[test]
fn del_2_a_second_person_approves_and_may_return_it() {
    let mut world = World::demo();
    let (dsr, plan) = planned_engagement(&world);
    assert_eq!(refused(execute(&world, &dsr)).rule, "DSR-1", "not approved");
    assert_eq!(refused(ops::approve(&world.as_engineer(ANA), &dsr, None, None)).rule, "DEL-2");
    last_is_failure(&world.audit("contoso.com"), "DEL-2");
    let john = refused(ops::approve(&world.as_engineer(JOHN), &dsr, None, None));
    assert_eq!(john.rule, "DEL-2", "only an engineer");
    let other = Some(Sha256([0; 32]));
    assert_eq!(refused(ops::approve(&world.as_engineer(BEN), &dsr, other, None)).rule, "DEL-1");
    assert!(ops::give_back(&world.as_engineer(BEN), &dsr, "").is_err(), "with a reason");
    ops::give_back(&world.as_engineer(BEN), &dsr, "f0002 is somebody else").unwrap();
    assert_eq!(ops::show(&world.as_engineer(ANA), &dsr).unwrap().state, DsrState::Review);
    let again =
        ops::plan(&world.as_engineer(ANA), &dsr, Some(PlanScope::Engagement), true).unwrap();
    assert_eq!(again.digest, plan.digest, "the same files make the same plan");
    ops::approve(&world.as_engineer(BEN), &dsr, Some(again.digest), None).unwrap();
    // Planned again, the approval is void.
    ops::plan(&world.as_engineer(BEN), &dsr, Some(PlanScope::Engagement), true).unwrap();
    assert_eq!(refused(execute(&world, &dsr)).rule, "DSR-1");
    assert_eq!(refused(ops::approve(&world.as_engineer(BEN), &dsr, None, None)).rule, "DEL-2");
    world.set_policy(|policy| policy.deletion_second_person = false);
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    execute(&world, &dsr).unwrap();
}

#[test]
fn del_2_a_plan_that_was_edited_is_not_the_one_approved() {
    let world = World::demo();
    let dsr = approved(&world);
    let path = world.inside(&format!("tenants/contoso.com/dsr/{dsr}/plan.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap();
    let shorter: Vec<&str> = text.lines().skip(1).collect();
    std::fs::write(&path, shorter.join("\n") + "\n").unwrap();
    let size = log_size(&world);
    let error = execute(&world, &dsr).unwrap_err();
    assert_eq!(error.exit(), Exit::Conflict, "{error}");
    assert_eq!(log_size(&world), size);
}

#[test]
fn del_3_between_approval_and_execution_it_can_be_cancelled() {
    let mut world = World::demo();
    world.set_policy(|policy| policy.cancel_window_minutes = 10);
    let dsr = approved(&world);
    let run = |world: &World, now: &str| ops::execute(&world.at(now, ANA), &dsr, &mut |_| {});
    assert_eq!(refused(run(&world, "2026-11-21T09:00:00Z")).rule, "DEL-3");
    assert_eq!(refused(run(&world, "2026-11-21T09:09:59Z")).rule, "DEL-3");
    last_is_failure(&world.audit("contoso.com"), "DEL-3");
    run(&world, "2026-11-21T09:10:00Z").unwrap();
    assert_eq!(refused(ops::cancel(&world.as_engineer(ANA), &dsr, "late")).rule, "DSR-1");
    let (other, _) = discovered(&world, RequestOption::B, &["2608110010000657"]);
    ops::cancel(&world.as_engineer(ANA), &other, "withdrawn").unwrap();
    assert_eq!(ops::show(&world.as_engineer(ANA), &other).unwrap().state, DsrState::Canceled);
    assert_eq!(refused(discover(&world.as_engineer(ANA), &other)).rule, "DSR-1");
}

#[test]
fn del_4_done_again_it_says_the_same_and_files_nothing() {
    let world = World::demo();
    let dsr = approved(&world);
    let first = serde_json::to_value(execute(&world, &dsr).unwrap()).unwrap();
    let (tree, size) = (world.tree(), log_size(&world));
    assert_eq!(size, 3, "genesis, begin, end");
    let second = serde_json::to_value(execute(&world, &dsr).unwrap()).unwrap();
    assert_eq!(second, first);
    assert_eq!((world.tree(), log_size(&world)), (tree, size));
}

#[test]
fn del_4_a_plan_whose_files_are_all_gone_files_no_zero_deleted() {
    let world = World::demo();
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let ana = world.as_engineer(ANA);
    let record = found.items.iter().find(|item| item.path.ends_with("/case.toml")).unwrap();
    ops::exclude(&ana, &dsr, std::slice::from_ref(&record.id), "stays").unwrap();
    let plan = ops::plan(&ana, &dsr, None, false).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    for item in &plan.items {
        std::fs::remove_file(world.inside(&item.path)).unwrap();
    }
    let size = log_size(&world);
    let refusal = refused(execute(&world, &dsr));
    assert_eq!(refusal.rule, "DEL-4");
    assert_eq!(log_size(&world), size, "no entry about nothing");
}

#[test]
fn del_5_a_file_that_is_not_what_was_attached_is_deleted_and_said_to_differ() {
    let world = World::demo();
    let tampered = format!("{}/2026-11-09-closing.md", records_dir());
    std::fs::write(world.inside(&tampered), "not what was recorded").unwrap();
    let dsr = approved(&world);
    let done = execute(&world, &dsr).unwrap();
    for item in &done.items {
        assert_eq!(item.hash_mismatch, item.path == tampered, "{}", item.path);
        assert_eq!(item.verdict, "deleted");
    }
    let item = done.items.iter().find(|item| item.path == tampered).unwrap();
    assert_eq!(item.sha256, Sha256::of(b"not what was recorded"), "as it was removed");
}

#[test]
fn del_6_afterwards_nothing_of_it_is_left_and_twins_are_named() {
    let world = World::demo();
    let source = format!("tenants/contoso.com/cases/{CLOSED}/diagnostics/call-quality.csv");
    let bytes = std::fs::read(world.inside(&source)).unwrap();
    // The same content: elsewhere of this customer, in a transfer folder, and at another customer.
    let ana = world.as_engineer(ANA);
    let copy = world.file("copy.csv", &bytes);
    attach_now(&ana, &attachment(MIGRATION, std::slice::from_ref(&copy))).unwrap();
    let other = "2609150040002236";
    attach_now(&world.as_engineer(BEN), &attachment(other, &[copy])).unwrap();
    let transfer = format!("tenants/contoso.com/cases/{MIGRATION}/transfer/copy.csv");
    std::fs::write(world.inside(&transfer), &bytes).unwrap();
    let (dsr, plan) = planned_engagement(&world);
    let twins: Vec<&String> =
        plan.warnings.iter().filter(|warning| warning.contains("same content")).collect();
    assert_eq!(twins.len(), 1, "{:?}", plan.warnings);
    assert!(twins[0].contains(&format!("{MIGRATION}/diagnostics/copy.csv")), "{}", twins[0]);
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    execute(&world, &dsr).unwrap();
    for item in &plan.items {
        assert!(!world.exists(&item.path), "{}", item.path);
    }
    let case = format!("tenants/contoso.com/cases/{CLOSED}");
    let left: Vec<_> = std::fs::read_dir(world.inside(&case)).unwrap().collect();
    assert_eq!(left.len(), 1, "the tombstone alone: {left:?}");
    assert!(!world.exists("tenants/contoso-test.com/approvals/SAR-B8MZ4RTE"));
    for empty in [".attest/trash", ".attest/txn", ".journal"] {
        let left = std::fs::read_dir(world.inside(empty)).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{empty}");
    }
    let tombstone =
        std::fs::read_to_string(world.inside(&format!("{case}/tombstone.toml"))).unwrap();
    for personal in ["jane", "Jane", "john", "contoso.com"] {
        assert!(!tombstone.contains(personal), "{tombstone}");
    }
    // The id is known and never used again.
    let error = caseward::ops::case::show(&ana, &world.case_ref(CLOSED)).unwrap_err();
    assert!(error.to_string().contains("expunged"), "{error}");
}

#[test]
fn del_7_what_was_gone_before_is_not_said_to_be_deleted() {
    let world = World::demo();
    let dsr = approved(&world);
    std::fs::remove_file(world.inside(&format!("{}/2026-11-09-closing.md", records_dir())))
        .unwrap();
    let done = execute(&world, &dsr).unwrap();
    assert_eq!(verdict(&done, "2026-11-09-closing.md"), ("already_absent", None));
    assert_eq!(verdict(&done, "2026-10-19-call-back.md"), ("deleted", None));
    assert!(done.complete);
}

#[test]
fn del_8_a_legal_hold_keeps_one_file_and_only_that() {
    let world = World::demo();
    let held = format!("{}/2026-10-19-call-back.md", records_dir());
    let path = RelPath::new(&held).unwrap();
    let loaded = world.workspace.load::<Meta>(&layout::sidecar(&path)).unwrap().unwrap();
    let mut meta = loaded.value.clone();
    meta.holds.push(Hold {
        id: id("HOLD-1"),
        reason: "court".to_owned(),
        at: time(NOW),
        by: ANA.to_owned(),
    });
    let mut commit = Commit::new();
    commit.update(&loaded, meta);
    world.workspace.commit(commit).unwrap();
    let (dsr, plan) = planned_engagement(&world);
    let waits = |path: &str| {
        let item = plan.items.iter().find(|item| item.path == path).unwrap();
        item.why.ends_with("waits for legal hold HOLD-1")
    };
    assert!(waits(&held) && waits(&format!("{held}.meta.toml")));
    assert!(
        plan.warnings.iter().any(|w| w.contains("HOLD-1") && w.contains("DEL-8")),
        "{:?}",
        plan.warnings
    );
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let done = execute(&world, &dsr).unwrap();
    for item in &done.items {
        let kept = item.path.starts_with(&held) || item.path.ends_with("/case.toml");
        let expected = if kept { ("retained", Some("legal hold")) } else { ("deleted", None) };
        assert_eq!((item.verdict, item.reason), expected, "{}", item.path);
    }
    assert!(world.exists(&held) && world.exists(&format!("{held}.meta.toml")));
    assert!(!world.exists(&format!("{}/2026-11-09-closing.md", records_dir())));
    assert_eq!(world.case(CLOSED).id, id(CLOSED), "as long as something is held there is a case");
}

#[test]
fn del_8_a_hold_that_came_after_the_plan_stops_it() {
    let world = World::demo();
    let dsr = approved(&world);
    let held = RelPath::new(format!("{}/2026-10-19-call-back.md", records_dir())).unwrap();
    let loaded = world.workspace.load::<Meta>(&layout::sidecar(&held)).unwrap().unwrap();
    let mut meta = loaded.value.clone();
    meta.holds.push(Hold {
        id: id("HOLD-1"),
        reason: "r".to_owned(),
        at: time(NOW),
        by: ANA.to_owned(),
    });
    let mut commit = Commit::new();
    commit.update(&loaded, meta);
    world.workspace.commit(commit).unwrap();
    let error = execute(&world, &dsr).unwrap_err();
    assert!(matches!(error, Error::Refused(_) | Error::Conflict { .. }), "{error}");
    assert!(world.exists(&held.display()));
}

#[test]
fn option_a_over_the_whole_story_leaves_a_clean_workspace() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    let plan = ops::plan(&ana, &dsr, None, true).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let done = execute(&world, &dsr).unwrap();
    assert!(done.complete);
    assert_eq!(done.items.len(), plan.items.len());
    assert_eq!(caseward::ops::status::status(&ana).unwrap().problems, []);
    // A second request finds what a person kept, and nothing else.
    let (_, again) = discovered(&world, RequestOption::A, &[]);
    let excluded: Vec<&str> = found
        .items
        .iter()
        .filter(|item| item.outcome == FindingOutcome::Review)
        .map(|item| item.path.as_str())
        .collect();
    for item in &again.items {
        let record = matches!(
            item.kind,
            FindingKind::Request | FindingKind::Audit | FindingKind::Attestation
        );
        assert!(record || excluded.contains(&item.path.as_str()), "{} is left", item.path);
    }
}

#[test]
fn del_6_no_index_quotes_what_was_deleted() {
    let world = World::demo();
    let dsr = approved(&world);
    std::fs::create_dir_all(world.inside(".cache")).unwrap();
    // Of whatever account, and one that is being written.
    let indexes = [".cache/index-4711", ".cache/index-4712.new"].map(|name| world.inside(name));
    for index in &indexes {
        std::fs::write(index, "jane@contoso.com").unwrap();
    }
    execute(&world, &dsr).unwrap();
    for index in &indexes {
        assert!(!index.exists(), "{}", index.display());
    }
}
