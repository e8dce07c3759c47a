//! The clocks that delete: DIAG-3, DEL-2, DEL-8, DEL-9, DEL-11, ATT-7, LAW-5.

use super::dsr::{
    discover, discovered, exclude_reviews, given, jane, new as new_request, planned_engagement,
};
use super::meanwhile::Meanwhile;
use super::world::*;
use base64::Engine;
use caseward::attest::{Body, Why};
use caseward::exit::Exit;
use caseward::fs::RelPath;
use caseward::model::{
    Activity, Case, DecisionKind, DsrDecision, DsrState, DsrType, IdentifierType, Meta, PlanScope,
    Request, RequestOption, Tombstone,
};
use caseward::ops::dsr::{self as dsr_ops, NewRequest};
use caseward::ops::retention::{self as ops, Replayed, RetentionItem, Swept};
use caseward::ops::{Context, attest, hold};
use caseward::policy::retention as rules;
use caseward::workspace::{Commit, DsrRef, layout};
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Collected on 2026-10-22 at 08:00: overdue at the story's moment.
const LATE: &str =
    "tenants/fabrikam.com/cases/2610020030005521/diagnostics/signin-logs-20261022.json";
/// Collected on 2026-10-26 at 10:15.
const SIGNINS: &str =
    "tenants/contoso.com/cases/2610240010004182/diagnostics/signin-logs-20261026.json";
/// Under an approval, at the resource tenant.
const CROSS: &str =
    "tenants/contoso-test.com/approvals/SAR-4F7K2M9Q/diagnostics/signin-logs-contoso-test.json";

pub fn sweep(context: &Context) -> caseward::error::Result<Swept> {
    named_alike(context);
    ops::sweep(context, &mut |_| {})
}

/// The list, which reads as little as it can, names what a sweep would find in the files.
fn named_alike(context: &Context) {
    let Ok(found) = ops::rehearse(context) else { return };
    let file = |path: &str| path.strip_suffix(layout::SIDECAR).unwrap_or(path).to_owned();
    let found = |verdict: &str| -> BTreeSet<String> {
        let of = found.items.iter().filter(|item| item.verdict == verdict);
        of.map(|item| file(&item.path)).collect()
    };
    let items = listed(context);
    let paths: BTreeSet<&str> = items.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(paths.len(), items.len(), "each once: {items:?}");
    let due = |held: bool| -> BTreeSet<String> {
        let due = items.iter().filter(|item| item.overdue && item.held == held);
        due.map(|item| file(&item.path)).collect()
    };
    assert_eq!(due(false), found("planned"));
    // Of evidence that is kept a sweep names the record alone.
    assert!(found("retained").is_subset(&due(true)));
}

fn replay(context: &Context) -> Replayed {
    ops::replay(context, &mut |_| {}).unwrap()
}

fn listed(context: &Context) -> Vec<RetentionItem> {
    ops::list(context, None).unwrap().0
}

fn item<'a>(items: &'a [RetentionItem], path: &str) -> &'a RetentionItem {
    items.iter().find(|item| item.path == path).expect(path)
}

pub fn verdict<'a>(swept: &'a Swept, path: &str) -> (&'a str, &'a str) {
    let item = swept.items.iter().find(|item| item.path == path).expect(path);
    (item.verdict, item.reason.as_deref().unwrap_or_default())
}

fn edit_sidecar(world: &World, file: &str, change: impl FnOnce(&mut Meta)) {
    let path = layout::sidecar(&RelPath::new(file).unwrap());
    let loaded = world.workspace.load::<Meta>(&path).unwrap().unwrap();
    let mut meta = loaded.value.clone();
    change(&mut meta);
    let mut commit = Commit::new();
    commit.update(&loaded, meta);
    world.workspace.commit(commit).unwrap();
}

fn log_size(world: &World) -> u64 {
    attest::log_of(&world.as_engineer(ANA)).size().unwrap()
}

/// Whether the log's transactions were all for this reason.
fn whys(world: &World) -> Vec<Why> {
    let log = attest::log_of(&world.as_engineer(ANA));
    let mut whys = Vec::new();
    log.entries_where(&mut |leaf| {
        if let Body::Begin { why, .. } = leaf.body {
            whys.push(why);
        }
        false
    })
    .unwrap();
    whys
}

#[test]
fn diag_3_a_diagnostic_goes_28_days_after_collection_and_not_a_second_before() {
    let world = World::demo();
    let due = "2026-11-23T10:15:00Z";
    assert_eq!(item(&listed(&world.as_engineer(ANA)), SIGNINS).due_at, time(due));
    let before = world.at("2026-11-23T10:14:59Z", ANA);
    assert!(!item(&listed(&before), SIGNINS).overdue);
    let swept = sweep(&before).unwrap();
    assert!(swept.items.iter().all(|item| !item.path.starts_with(SIGNINS)));
    assert!(world.exists(SIGNINS));
    let at = world.at(due, ANA);
    assert!(item(&listed(&at), SIGNINS).overdue);
    let swept = sweep(&at).unwrap();
    assert_eq!(verdict(&swept, SIGNINS).0, "deleted");
    assert_eq!(verdict(&swept, &format!("{SIGNINS}.meta.toml")).0, "deleted");
    assert!(swept.complete && swept.txs.len() == 1);
    assert!(!world.exists(SIGNINS) && !world.exists(&format!("{SIGNINS}.meta.toml")));
    assert_eq!(whys(&world), [Why::Retention, Why::Retention]);
    let last = world.audit("contoso.com").pop().unwrap();
    assert_eq!(last.activity_display_name, Activity::DiagnosticDeleted);
    assert!(!serde_json::to_string(&last).unwrap().contains("signin"), "files are not named");
}

#[test]
fn diag_3_collection_counts_not_attaching() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let file = world.file("old.log", b"old");
    let mut old = attachment(MIGRATION, &[file]);
    old.collected_at = Some(time("2026-10-25T09:00:00Z"));
    let path = attach_now(&ana, &old).unwrap()[0].path.clone();
    assert_eq!(item(&listed(&ana), &path).due_at, time("2026-11-22T09:00:00Z"));
    sweep(&world.at("2026-11-22T09:00:00Z", ANA)).unwrap();
    assert!(!world.exists(&path));
}

#[test]
fn diag_3_what_lies_at_a_resource_tenant_goes_too_and_is_logged_there_alone() {
    let world = World::demo();
    let own = world.audit("contoso.com").len();
    let other = world.audit("contoso-test.com").len();
    let swept = sweep(&world.at("2026-12-11T10:02:00Z", ANA)).unwrap();
    assert_eq!(verdict(&swept, CROSS).0, "deleted");
    let events = world.audit("contoso-test.com").split_off(other);
    assert!(events.iter().any(|event| event.target_resources[0].id == MIGRATION), "{events:?}");
    // SAR-13: nothing about the approval's files where the case was opened; its own were due too.
    let own = world.audit("contoso.com").split_off(own);
    let files = |event: &caseward::model::AuditEvent| {
        let detail = event.additional_details.iter().find(|detail| detail.key == "files");
        detail.map(|detail| detail.value.parse::<usize>().unwrap()).unwrap_or_default()
    };
    let of_migration: usize =
        own.iter().filter(|e| e.target_resources[0].id == MIGRATION).map(files).sum();
    let there = |path: &str| {
        path.starts_with("tenants/contoso.com/cases/2610240010004182") && !path.ends_with(".toml")
    };
    assert_eq!(of_migration, swept.items.iter().filter(|item| there(&item.path)).count());
}

#[test]
fn diag_3_what_cannot_be_counted_is_said_and_not_guessed() {
    let world = World::demo();
    edit_sidecar(&world, LATE, |meta| meta.collected_at = Some(time("2027-01-01T00:00:00Z")));
    edit_sidecar(&world, SIGNINS, |meta| meta.collected_at = None);
    let alone = "tenants/contoso.com/cases/2610240010004182/diagnostics/unknown.log";
    std::fs::write(world.inside(alone), "x").unwrap();
    let later = world.at("2026-12-31T00:00:00Z", ANA);
    let (items, problems) = ops::list(&later, None).unwrap();
    assert!(items.iter().all(|item| ![LATE, SIGNINS, alone].contains(&item.path.as_str())));
    let why = |path: &str| &problems.iter().find(|problem| problem.path == path).unwrap().why;
    assert!(why(LATE).contains("lies in the future"), "{}", why(LATE));
    assert!(why(SIGNINS).contains("`collected_at`"), "{}", why(SIGNINS));
    assert!(why(alone).contains("no sidecar"), "{}", why(alone));
    let swept = sweep(&later).unwrap();
    assert!(swept.problems.iter().any(|problem| problem.path == alone));
    for kept in [LATE, SIGNINS, alone] {
        assert!(world.exists(kept), "{kept}");
    }
}

/// What is collected in this very second does not lie in the future.
#[test]
fn diag_3_the_clock_starts_in_the_second_of_collection() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let done = attach_now(&ana, &attachment(MIGRATION, &[world.file("a.log", b"x")])).unwrap();
    assert_eq!(done[0].collected_at, time(NOW));
    let (items, problems) = caseward::ops::retention::list(&ana, None).unwrap();
    assert!(!problems.iter().any(|one| one.path.contains("a.log")), "{problems:?}");
    let item = items.iter().find(|item| item.path == done[0].path).unwrap();
    assert_eq!(item.due_at, time("2026-12-19T09:00:00Z"));
}

#[test]
fn diag_3_a_clock_that_went_back_deletes_nothing() {
    let world = World::demo();
    let before = world.tree();
    for past in ["2020-01-01T00:00:00Z", "2026-10-22T07:59:59Z"] {
        let context = world.at(past, ANA);
        assert!(listed(&context).iter().all(|item| !item.overdue));
        let swept = sweep(&context).unwrap();
        assert!(swept.items.is_empty() && swept.txs.is_empty());
    }
    assert_eq!(world.tree(), before);
}

#[test]
fn diag_3_a_sidecar_whose_file_is_gone_goes_by_the_same_clock() {
    let world = World::demo();
    std::fs::remove_file(world.inside(LATE)).unwrap();
    let sidecar = format!("{LATE}.meta.toml");
    let swept = sweep(&world.as_engineer(ANA)).unwrap();
    assert_eq!(verdict(&swept, &sidecar).0, "deleted");
    assert!(swept.problems.is_empty());
}

#[test]
fn del_2_a_sweep_needs_no_second_person_and_is_an_engineers() {
    let world = World::demo();
    let john = world.as_engineer(JOHN);
    assert_eq!(refused(sweep(&john)).rule, "DEL-2");
    last_is_failure(&world.audit("contoso.com"), "DEL-2");
    assert_eq!(refused(ops::rehearse(&john)).rule, "DEL-2");
    assert!(world.exists(LATE));
    sweep(&world.as_engineer(CHIARA)).unwrap();
    assert!(!world.exists(LATE));
}

#[test]
fn del_4_a_sweep_with_nothing_due_files_nothing() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let first = ops::rehearse(&ana).unwrap();
    assert!(first.dry_run && !first.complete);
    assert_eq!(first.items.len(), 2);
    let untouched = world.tree();
    sweep(&ana).unwrap();
    assert_ne!(world.tree(), untouched);
    let (after, size) = (world.tree(), log_size(&world));
    let again = sweep(&ana).unwrap();
    assert!(again.complete && again.items.is_empty() && again.txs.is_empty());
    assert_eq!((world.tree(), log_size(&world)), (after, size));
}

#[test]
fn del_5_a_file_that_is_not_what_was_attached_is_swept_and_said_to_differ() {
    let world = World::demo();
    std::fs::write(world.inside(LATE), "other").unwrap();
    let swept = sweep(&world.as_engineer(ANA)).unwrap();
    let of = |path: &str| swept.items.iter().find(|item| item.path == path).unwrap();
    assert!(of(LATE).hash_mismatch && of(LATE).verdict == "deleted");
    assert!(!of(&format!("{LATE}.meta.toml")).hash_mismatch);
}

#[test]
fn del_8_a_hold_keeps_one_file_from_the_sweep_and_its_release_lets_it_go() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let held = hold::add(&ana, LATE, "letter of 1 November").unwrap();
    assert_eq!(
        world.audit("fabrikam.com").pop().unwrap().activity_display_name,
        Activity::HoldPlaced
    );
    let items = listed(&ana);
    let late = item(&items, LATE);
    assert!(late.held && late.overdue && late.holds == [held.id.clone()]);
    let later = world.at("2026-11-25T09:20:00Z", ANA);
    let swept = sweep(&later).unwrap();
    let (word, ground) = verdict(&swept, LATE);
    assert_eq!(word, "retained");
    assert!(ground.contains(held.id.as_str()) && ground.contains("DEL-8"), "{ground}");
    assert!(ground.contains("DIAG-3"), "{ground}");
    assert!(!swept.complete && !swept.has_failures());
    assert!(world.exists(LATE) && world.exists(&format!("{LATE}.meta.toml")));
    assert!(!world.exists(SIGNINS), "only the held one stays");
    hold::release(&later, held.id.as_str()).unwrap();
    assert_eq!(
        world.audit("fabrikam.com").pop().unwrap().activity_display_name,
        Activity::HoldReleased
    );
    assert_eq!(verdict(&sweep(&later).unwrap(), LATE).0, "deleted");
}

#[test]
fn del_8_two_holds_are_two_and_the_same_one_is_refused() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let first = hold::add(&ana, "2610020030005521/signin-logs-20261022.json", "a").unwrap();
    assert_eq!(first.path, LATE);
    assert_eq!(refused(hold::add(&ana, LATE, " a ")).rule, "DEL-8");
    last_is_failure(&world.audit("fabrikam.com"), "DEL-8");
    let second = hold::add(&ana, LATE, "b").unwrap();
    assert_eq!(refused(hold::add(&world.as_engineer(JOHN), LATE, "c")).rule, "DEL-8");
    assert_eq!(refused(hold::release(&world.as_engineer(JOHN), first.id.as_str())).rule, "DEL-8");
    hold::release(&ana, first.id.as_str()).unwrap();
    assert_eq!(verdict(&sweep(&ana).unwrap(), LATE).0, "retained", "the second one stands");
    hold::release(&ana, second.id.as_str()).unwrap();
    assert_eq!(verdict(&sweep(&ana).unwrap(), LATE).0, "deleted");
    assert_eq!(hold::release(&ana, first.id.as_str()).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn del_8_a_hold_placed_while_a_sweep_is_under_way_is_seen() {
    let world = World::demo();
    let ana = world.at("2026-11-25T09:20:00Z", ANA);
    let other = ana.clone();
    let fs = Meanwhile::over(world.plain(), move || {
        hold::add(&other, SIGNINS, "in the last moment").unwrap();
    });
    let late = Context { workspace: world.on(fs).unwrap(), ..ana };
    let swept = sweep(&late).unwrap();
    assert_eq!(verdict(&swept, SIGNINS).0, "retained");
    assert!(world.exists(SIGNINS) && !world.exists(LATE));
}

/// DEL-8 on a request: the held file and the engagement's record wait, and go when it is released.
#[test]
fn del_8_a_deletion_that_waited_for_a_hold_is_finished_after_its_release() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let file = format!("tenants/contoso.com/cases/{CLOSED}/records/2026-10-19-call-back.md");
    let held = hold::add(&ana, &file, "court").unwrap();
    let (dsr, plan) = planned_engagement(&world);
    assert!(plan.items.iter().any(|item| item.path == file && item.why.contains("waits")));
    dsr_ops::approve(&ben, &dsr, None, None).unwrap();
    let run = || dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    let of = |done: &dsr_ops::Executed, path: &str| {
        let item = done.items.iter().find(|item| item.path == path).unwrap();
        (item.verdict, item.reason)
    };
    let record = format!("tenants/contoso.com/cases/{CLOSED}/case.toml");
    let first = run();
    assert_eq!(first.state, DsrState::Fulfilled);
    for waits in [&file, &format!("{file}.meta.toml"), &record] {
        assert_eq!(of(&first, waits), ("retained", Some("legal hold")), "{waits}");
        assert!(world.exists(waits), "{waits}");
    }
    assert!(!first.complete && !first.has_failures());
    let (tree, size) = (world.tree(), log_size(&world));
    run();
    assert_eq!((world.tree(), log_size(&world)), (tree, size), "as long as it is held");
    hold::release(&ana, held.id.as_str()).unwrap();
    let last = run();
    assert!(last.complete, "{last:?}");
    assert_eq!(of(&last, &file), ("deleted", None));
    assert!(!world.exists(&record));
    assert!(world.exists(&format!("tenants/contoso.com/cases/{CLOSED}/tombstone.toml")));
    assert_eq!(last.txs.len(), 2);
}

fn request(world: &World, kind: DsrType, now: &str) -> String {
    let new = NewRequest { kind, ..new_request(RequestOption::B, &[MIGRATION], jane()) };
    let dsr = dsr_ops::receive(&world.at(now, ANA), new).unwrap().id.to_string();
    discover(&world.at(now, ANA), &dsr).unwrap();
    dsr
}

#[test]
fn del_9_an_unanswered_access_request_freezes_its_evidence_and_the_conflict_is_said() {
    for (kind, frozen) in [
        (DsrType::Access, true),
        (DsrType::Export, true),
        (DsrType::Rectify, true),
        (DsrType::Delete, false),
    ] {
        let world = World::demo();
        let dsr = request(&world, kind, NOW);
        let now = world.at("2026-11-23T10:15:00Z", ANA);
        let items = listed(&now);
        let signins = item(&items, SIGNINS);
        assert_eq!(signins.held, frozen, "{kind}");
        let swept = sweep(&now).unwrap();
        let (word, reason) = verdict(&swept, SIGNINS);
        if !frozen {
            assert_eq!(word, "deleted", "an erasure request never keeps what it wants gone");
            continue;
        }
        assert_eq!(signins.frozen_by.as_ref().map(caseward::model::Id::as_str), Some(dsr.as_str()));
        let conflict = signins.conflict.as_deref().unwrap();
        for said in ["DIAG-3", "DEL-9", &dsr] {
            assert!(conflict.contains(said) && reason.contains(said), "{conflict} / {reason}");
        }
        assert_eq!(word, "retained");
        // Excluded, it is somebody else's and nothing keeps it.
        let found = dsr_ops::findings(&now, &dsr).unwrap().1;
        let finding = found.iter().find(|line| line.finding.path == SIGNINS).unwrap();
        let id = finding.finding.id.clone();
        dsr_ops::exclude(&now, &dsr, &[id], "another Jane").unwrap();
        assert_eq!(verdict(&sweep(&now).unwrap(), SIGNINS).0, "deleted");
    }
}

#[test]
fn del_9_once_it_is_answered_nothing_is_frozen() {
    let world = World::demo();
    let dsr = request(&world, DsrType::Access, NOW);
    dsr_ops::cancel(&world.as_engineer(ANA), &dsr, "withdrawn").unwrap();
    let swept = sweep(&world.at("2026-11-23T10:15:00Z", ANA)).unwrap();
    assert_eq!(verdict(&swept, SIGNINS).0, "deleted");
}

/// Jane's erasure under option A, everything included, executed.
fn erased(world: &World) -> String {
    let ana = world.as_engineer(ANA);
    let (dsr, found) = discovered(world, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    dsr_ops::plan(&ana, &dsr, None, true).unwrap();
    dsr_ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    dsr
}

fn restore(world: &World, backup: &std::collections::BTreeMap<PathBuf, Vec<u8>>, below: &str) {
    for (path, bytes) in backup.iter().filter(|(path, _)| path.starts_with(below)) {
        let to = world.root().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

#[test]
fn del_11_what_a_backup_brings_back_is_erased_again_with_new_entries() {
    let world = World::demo();
    let backup = world.tree();
    let dsr = erased(&world);
    let (after, size) = (world.records(), log_size(&world));
    let ana = world.as_engineer(ANA);
    assert!(replay(&ana).items.is_empty(), "nothing came back yet");
    assert_eq!(log_size(&world), size);
    restore(&world, &backup, "tenants/contoso.com/cases");
    restore(&world, &backup, "tenants/contoso-test.com/approvals");
    assert_ne!(world.records(), after);
    let rehearsed = ops::rehearse_replay(&ana).unwrap();
    let done = replay(&ana);
    assert!(done.complete, "{:?}", done.items);
    assert_eq!(rehearsed.items.len(), done.items.len());
    assert!(done.items.iter().all(|item| item.erased_for == format!("contoso.com/{dsr}")));
    let transfer = |path: &PathBuf| path.to_string_lossy().contains("/transfer/");
    let without = |tree: std::collections::BTreeMap<PathBuf, Vec<u8>>| {
        tree.into_iter()
            .filter(|(path, _)| path.starts_with("tenants") && !transfer(path))
            .collect::<Vec<_>>()
    };
    assert_eq!(without(world.records()), without(after), "as it was after the erasure");
    assert!(log_size(&world) > size);
    assert!(attest::verify(&ana, None, &mut |_, _| {}).unwrap().ok);
    assert!(replay(&ana).items.is_empty());
}

#[test]
fn del_11_after_the_openings_are_destroyed_it_is_still_known_and_names_nobody() {
    let world = World::demo();
    let backup = world.tree();
    let dsr = erased(&world);
    let ana = world.as_engineer(ANA);
    for tx in dsr_ops::show(&ana, &dsr).unwrap().executions {
        attest::shred(&ana, &tx.tx).unwrap();
    }
    let index = std::fs::read_to_string(world.inside(".erased/index")).unwrap();
    for personal in ["jane", "Jane", "records", "diagnostics", CLOSED] {
        assert!(!index.contains(personal), "{personal}");
    }
    restore(&world, &backup, &format!("tenants/contoso.com/cases/{CLOSED}"));
    let done = replay(&ana);
    assert!(done.complete && !done.items.is_empty());
    assert!(!world.exists(&format!("tenants/contoso.com/cases/{CLOSED}/case.toml")));
}

#[test]
fn del_11_an_older_version_and_a_lost_tombstone_are_no_way_back() {
    let world = World::demo();
    let backup = world.tree();
    let dsr = erased(&world);
    let dir = format!("tenants/contoso.com/cases/{CLOSED}");
    std::fs::remove_dir_all(world.inside(&dir)).unwrap();
    restore(&world, &backup, &dir);
    let record = world.inside(&format!("{dir}/case.toml"));
    let text = std::fs::read_to_string(&record).unwrap().replace("revision", "# older\nrevision");
    std::fs::write(&record, text).unwrap();
    let ana = world.as_engineer(ANA);
    let done = replay(&ana);
    assert!(done.complete, "{:?}", done.items);
    assert!(!record.exists());
    let path = RelPath::new(format!("{dir}/tombstone.toml")).unwrap();
    let stone = world.workspace.load::<Tombstone>(&path).unwrap().unwrap().value;
    assert_eq!(stone.status, "expunged");
    let last = world.audit("contoso.com");
    assert!(last.iter().any(|event| event.correlation_id == dsr
        && event.additional_details.iter().any(|detail| detail.key == "replay")));
}

#[test]
fn del_11_another_content_under_an_erased_name_is_said_and_kept() {
    let world = World::demo();
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let ana = world.as_engineer(ANA);
    let record = found.items.iter().find(|item| item.path.ends_with("/case.toml")).unwrap();
    dsr_ops::exclude(&ana, &dsr, std::slice::from_ref(&record.id), "stays").unwrap();
    dsr_ops::plan(&ana, &dsr, Some(PlanScope::Items), false).unwrap();
    dsr_ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let done = dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    let path = done.items[0].path.clone();
    std::fs::write(world.inside(&path), "quite another note").unwrap();
    let again = replay(&ana);
    assert!(again.items.is_empty() && world.exists(&path));
    assert!(again.problems.iter().any(|problem| problem.path == path));
}

/// Without directories that are expunged whole, and without openings: by path and content alone.
#[test]
fn del_11_single_files_are_known_from_the_index_alone() {
    let world = World::demo();
    let backup = world.tree();
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let ana = world.as_engineer(ANA);
    let record = found.items.iter().find(|item| item.path.ends_with("/case.toml")).unwrap();
    dsr_ops::exclude(&ana, &dsr, std::slice::from_ref(&record.id), "stays").unwrap();
    dsr_ops::plan(&ana, &dsr, Some(PlanScope::Items), false).unwrap();
    dsr_ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let done = dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    for tx in &done.txs {
        attest::shred(&ana, &tx.tx).unwrap();
    }
    restore(&world, &backup, &format!("tenants/contoso.com/cases/{CLOSED}"));
    let again = replay(&ana);
    assert!(again.complete);
    let paths = |items: Vec<String>| items.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(
        paths(again.items.iter().map(|item| item.path.clone()).collect()),
        paths(done.items.iter().map(|item| item.path.clone()).collect()),
    );
    assert!(world.exists(&format!("tenants/contoso.com/cases/{CLOSED}/case.toml")));
}

fn ended(world: &World, dsr: &str, state: DsrState, what: DecisionKind, at: &str) {
    let of = DsrRef { tenant: id("contoso.com"), id: id(dsr) };
    let loaded = world.workspace.dsr(&of).unwrap();
    let mut request = loaded.value.clone();
    request.state = state;
    request.decisions.push(DsrDecision {
        what,
        at: time(at),
        by: ANA.to_owned(),
        os_user: "tester".to_owned(),
        item: None,
        digest: None,
        reason: Some("told Jane Miller (jane@contoso.com) so".to_owned()),
        signature: None,
    });
    request.x = Some("note = \"Jane Miller\"".parse().unwrap());
    let mut commit = Commit::new();
    commit.update(&loaded, request);
    world.workspace.commit(commit).unwrap();
}

/// A workspace of one case in which only Jane is named, and her erasure, executed and closed.
pub fn closed_erasure() -> (World, String) {
    let world = World::small();
    let ana = world.as_engineer(ANA);
    let one = Case {
        description: "Jane Miller <jane@contoso.com> cannot sign in".to_owned(),
        ..case("C1", "2026-11-01T00:00:00Z", &[(caseward::model::Answer::Yes, NOW)])
    };
    world.add_case("contoso.com", &one);
    let file = world.file("jane-miller-jane@contoso.com.log", b"jane@contoso.com signed in");
    attach_now(&ana, &attachment("C1", &[file])).unwrap();
    // A sweep's opening names files as well.
    let mut old = attachment("C1", &[world.file("jane@contoso.com-old.log", b"old")]);
    old.collected_at = Some(time("2026-10-24T10:00:00Z"));
    old.kind = caseward::model::DiagnosticKind::ResourceHealth;
    attach_now(&ana, &old).unwrap();
    sweep(&world.at("2026-11-21T10:00:00Z", ANA)).unwrap();
    let identifiers = vec![
        given(IdentifierType::Email, "jane@contoso.com"),
        given(IdentifierType::Name, "Jane Miller"),
    ];
    let new = new_request(RequestOption::A, &[], identifiers);
    let dsr = dsr_ops::receive(&ana, new).unwrap().id.to_string();
    let found = discover(&ana, &dsr).unwrap();
    for item in &found.items {
        let _ = dsr_ops::include(&ana, &dsr, std::slice::from_ref(&item.id), "it is Jane Miller");
    }
    dsr_ops::plan(&ana, &dsr, None, true).unwrap();
    dsr_ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    assert!(dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap().complete);
    ended(&world, &dsr, DsrState::Closed, DecisionKind::Closed, "2026-11-22T09:00:00Z");
    (world, dsr)
}

/// Every form in which somebody could look for an identifier in the bytes of a workspace.
fn forms(identifier: &str) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut forms = vec![identifier.as_bytes().to_vec(), hex(identifier.as_bytes()).into_bytes()];
    for text in [identifier.to_owned(), identifier.to_lowercase()] {
        let hash = Hasher::digest(text.as_bytes());
        forms.push(hash.to_vec());
        forms.push(hex(&hash).into_bytes());
        // Base64 at each alignment, without the characters that its neighbours change.
        for pad in 0..3 {
            let padded = [vec![b' '; pad], text.clone().into_bytes()].concat();
            let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&padded);
            let from = (pad * 8).div_ceil(6);
            let to = (padded.len() * 8) / 6;
            forms.push(encoded.as_bytes()[from..to].to_vec());
        }
    }
    forms
}

fn places(world: &World, identifier: &str) -> Vec<String> {
    let mut places = Vec::new();
    for (path, bytes) in world.tree() {
        let hay = [path.to_string_lossy().as_bytes(), b"\n", &bytes].concat().to_ascii_lowercase();
        for form in forms(identifier) {
            let needle = form.to_ascii_lowercase();
            if hay.windows(needle.len()).any(|window| window == needle) {
                places.push(path.display().to_string());
            }
        }
    }
    places
}

#[test]
fn att_7_after_evidence_days_the_erased_person_is_nowhere_in_the_workspace() {
    let (world, dsr) = closed_erasure();
    std::fs::create_dir_all(world.inside(".cache")).unwrap();
    let cache = format!(".cache/discovery-contoso.com-{dsr}.jsonl");
    std::fs::write(world.inside(&cache), "jane@contoso.com").unwrap();
    let identifiers = ["jane@contoso.com", "Jane Miller"];
    for identifier in identifiers {
        assert!(!places(&world, identifier).is_empty(), "{identifier} is there before");
    }
    // 90 days from the closing: kept a second before, gone at equality.
    sweep(&world.at("2027-02-20T08:59:59Z", ANA)).unwrap();
    assert!(world.exists(&format!("tenants/contoso.com/dsr/{dsr}/findings.jsonl")));
    let at = world.at("2027-02-20T09:00:00Z", ANA);
    let due = ops::list(&at, Some(0)).unwrap().0;
    assert!(due.iter().any(|item| item.path.ends_with("findings.jsonl") && item.overdue));
    let swept = sweep(&at).unwrap();
    assert!(swept.complete, "{:?}", swept.items);
    assert_eq!(whys(&world).last(), Some(&Why::Evidence), "a transaction of its own");
    for identifier in identifiers {
        assert_eq!(places(&world, identifier), Vec::<String>::new(), "{identifier}");
    }
    let request = dsr_ops::show(&at, &dsr).unwrap();
    assert_eq!(request.identifiers[0].value, "j…@contoso.com");
    assert!(attest::verify(&at, None, &mut |_, _| {}).unwrap().ok);
    let openings = world.tree().keys().filter(|path| path.starts_with(".attest/open")).count();
    assert_eq!(openings, 1, "of the erasure of the evidence itself: it names no person");
    assert!(sweep(&at).unwrap().txs.is_empty());
}

#[test]
fn att_7_the_commitment_stays_and_the_salt_goes() {
    let (world, dsr) = closed_erasure();
    let of = DsrRef { tenant: id("contoso.com"), id: id(&dsr) };
    let before: Request = world.workspace.dsr(&of).unwrap().value;
    let salt = before.identifiers[0].salt.unwrap();
    sweep(&world.at("2027-02-20T09:00:00Z", ANA)).unwrap();
    let after: Request = world.workspace.dsr(&of).unwrap().value;
    let given = &after.identifiers[0];
    assert_eq!((given.kind, given.value.as_str()), (IdentifierType::Email, ""));
    assert_eq!(given.salt, None);
    use hmac::{Hmac, Mac};
    let mut mac = Hmac::<Hasher>::new_from_slice(&salt.0).unwrap();
    mac.update(b"caseward-identifier/1 email jane@contoso.com");
    let expected: [u8; 32] = mac.finalize().into_bytes().into();
    assert_eq!(given.commitment.unwrap().0, expected, "as the reports showed it");
}

/// A record that forgot is read no more by the list, until something lies beside it again.
#[test]
fn att_7_what_appears_beside_a_forgotten_record_is_listed_and_goes() {
    let (world, dsr) = closed_erasure();
    let at = world.at("2027-02-20T09:00:00Z", ANA);
    sweep(&at).unwrap();
    assert!(!listed(&at).iter().any(|item| item.path.contains(&dsr)));
    let notes = format!("tenants/contoso.com/dsr/{dsr}/notes.txt");
    std::fs::write(world.inside(&notes), "jane@contoso.com").unwrap();
    assert!(item(&listed(&at), &notes).overdue);
    sweep(&at).unwrap();
    assert!(!world.exists(&notes));
}

/// An opening that no record names goes by the clock of the request that it names itself, also when
/// nothing else of that request is under one.
#[test]
fn att_7_an_opening_that_its_record_does_not_name_is_listed_by_the_requests_clock() {
    let (world, dsr) = closed_erasure();
    let backup = world.tree();
    let at = world.at("2027-02-20T09:00:00Z", ANA);
    sweep(&at).unwrap();
    restore(&world, &backup, ".attest/open");
    let of = DsrRef { tenant: id("contoso.com"), id: id(&dsr) };
    let loaded = world.workspace.dsr(&of).unwrap();
    let mut request = loaded.value.clone();
    request.executions.clear();
    let mut commit = Commit::new();
    commit.rewrite(&loaded, request);
    world.workspace.commit(commit).unwrap();
    let items = listed(&at);
    let openings = items.iter().filter(|item| item.path.starts_with(".attest/open/"));
    assert!(openings.filter(|item| item.overdue).count() > 0, "{items:?}");
    // And what lies beside a record of which nothing else is left.
    let notes = format!("tenants/contoso.com/dsr/{dsr}/notes.txt");
    std::fs::write(world.inside(&notes), "jane@contoso.com").unwrap();
    assert!(item(&listed(&at), &notes).overdue);
    // Another tenant's request of the same number, still under way: whose opening it is, nobody knows.
    let twin = DsrRef { tenant: id("contoso-test.com"), id: id(&dsr) };
    let path = world.inside(&layout::dsr(&twin).display());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = std::fs::read_to_string(world.inside(&layout::dsr(&of).display())).unwrap();
    std::fs::write(&path, text.replace("state = \"closed\"", "state = \"discovering\"")).unwrap();
    let openings = |items: Vec<RetentionItem>| {
        items.iter().filter(|item| item.path.starts_with(".attest/open/")).count()
    };
    assert!(openings(listed(&at)) < openings(items));
    named_alike(&at);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    sweep(&at).unwrap();
    assert!(!world.exists(&notes));
}

#[test]
fn att_7_evidence_that_a_backup_brings_back_goes_again() {
    let (world, dsr) = closed_erasure();
    let backup = world.tree();
    let at = world.at("2027-02-20T09:00:00Z", ANA);
    sweep(&at).unwrap();
    restore(&world, &backup, &format!("tenants/contoso.com/dsr/{dsr}"));
    assert!(!places(&world, "jane@contoso.com").is_empty());
    sweep(&at).unwrap();
    assert_eq!(places(&world, "jane@contoso.com"), Vec::<String>::new());
}

#[test]
fn att_7_while_a_deletion_waits_for_a_hold_its_plan_stays() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let file = format!("tenants/contoso.com/cases/{CLOSED}/records/2026-10-19-call-back.md");
    let held = hold::add(&ana, &file, "court").unwrap();
    let (dsr, _) = planned_engagement(&world);
    dsr_ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    ended(&world, &dsr, DsrState::Closed, DecisionKind::Closed, NOW);
    let late = world.at("2027-06-01T00:00:00Z", ANA);
    let plan = format!("tenants/contoso.com/dsr/{dsr}/plan.jsonl");
    let swept = sweep(&late).unwrap();
    assert_eq!(
        verdict(&swept, &format!("tenants/contoso.com/dsr/{dsr}/request.toml")).0,
        "retained"
    );
    assert!(world.exists(&plan));
    hold::release(&late, held.id.as_str()).unwrap();
    let done = dsr_ops::execute(&late, &dsr, &mut |_| {}).unwrap();
    assert!(done.complete && done.state == DsrState::Closed);
    sweep(&late).unwrap();
    assert!(!world.exists(&plan));
}

#[test]
fn law_5_the_record_of_a_request_is_kept_whatever_is_swept() {
    let (world, dsr) = closed_erasure();
    let of = DsrRef { tenant: id("contoso.com"), id: id(&dsr) };
    let before = world.workspace.dsr(&of).unwrap().value;
    for now in ["2027-02-20T09:00:00Z", "2028-11-22T08:59:59Z", "2036-01-01T00:00:00Z"] {
        sweep(&world.at(now, ANA)).unwrap();
        let kept = world.workspace.dsr(&of).unwrap().value;
        // Date, nature, manner, answer.
        assert_eq!((kept.received_at, kept.kind), (before.received_at, before.kind));
        assert_eq!((kept.regulation, kept.requester), (before.regulation, before.requester));
        assert_eq!(kept.executions, before.executions);
        let dates = |request: &Request| {
            request.decisions.iter().map(|d| (d.what, d.at)).collect::<Vec<_>>()
        };
        assert_eq!(dates(&kept)[..before.decisions.len()], dates(&before));
    }
    // A second request of the same person takes the record of the first for what it is.
    let again = world.at("2027-02-20T09:00:00Z", ANA);
    assert!(world.audit("contoso.com").len() > 5);
    let settings = &again.workspace.config().policy;
    let until = rules::record_kept_until(settings, time("2026-11-22T09:00:00Z"));
    assert_eq!(until, time("2028-11-22T09:00:00Z"));
}

#[test]
fn law_5_the_basis_of_a_denial_stays_without_the_person() {
    let world = World::demo();
    let dsr = request(&world, DsrType::Access, NOW);
    ended(&world, &dsr, DsrState::Denied, DecisionKind::Denied, NOW);
    sweep(&world.at("2027-03-01T00:00:00Z", ANA)).unwrap();
    let kept = dsr_ops::show(&world.as_engineer(ANA), &dsr).unwrap();
    assert_eq!(kept.state, DsrState::Denied);
    let basis = kept.decisions.iter().find(|d| d.what == DecisionKind::Denied).unwrap();
    let reason = basis.reason.as_deref().unwrap();
    assert!(reason.starts_with("told ") && reason.ends_with(" so"), "{reason}");
    assert!(!reason.contains("jane@contoso.com"), "{reason}");
}

#[test]
fn a_case_that_does_not_parse_keeps_its_clock_for_diagnostics() {
    let world = World::demo();
    let record = "tenants/fabrikam.com/cases/2610020030005521/case.toml";
    std::fs::write(world.inside(record), "broken").unwrap();
    let swept = sweep(&world.as_engineer(ANA)).unwrap();
    assert_eq!(verdict(&swept, LATE).0, "deleted");
    assert!(world.workspace.load::<Case>(&RelPath::new(record).unwrap()).is_err());
}
