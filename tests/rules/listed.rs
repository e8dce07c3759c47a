//! The list of what is under a clock and the sweep that deletes by it find the same: the list is made of
//! what is kept of records, the sweep of the files themselves.

use super::world::*;
use caseward::ops::retention as ops;
use caseward::policy::retention::RetentionClock;
use caseward::workspace::Problem;
use std::collections::BTreeSet;

/// Overdue at the story's moment.
const LATE: &str =
    "tenants/fabrikam.com/cases/2610020030005521/diagnostics/signin-logs-20261022.json";
/// Under an approval, at the resource tenant.
const CROSS: &str =
    "tenants/contoso-test.com/approvals/SAR-4F7K2M9Q/diagnostics/signin-logs-contoso-test.json";
/// In a case that was closed on 2026-09-20.
const FOLDER: &str = "tenants/contoso.com/cases/2609080010007741/transfer";
/// In a case that is open.
const REPORT: &str = "tenants/contoso.com/cases/2610240010004182/transfer/mrs-throttle-report.csv";

/// The paths that are overdue at that moment and what is wrong with others, if both say the same.
fn found(world: &World, at: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let context = world.at(at, ANA);
    let (items, problems) = ops::list(&context, None).unwrap();
    let swept = ops::rehearse(&context).unwrap();
    let overdue = items.into_iter().filter(|item| item.overdue).map(|item| item.path);
    let overdue: BTreeSet<String> = overdue.collect();
    // A sidecar goes with its file, and is listed where that is gone.
    let all: BTreeSet<String> = swept.items.into_iter().map(|item| item.path).collect();
    let goes_along =
        |path: &String| path.strip_suffix(".meta.toml").is_some_and(|file| all.contains(file));
    let due: BTreeSet<String> = all.iter().filter(|path| !goes_along(path)).cloned().collect();
    assert_eq!(overdue, due, "{at}");
    let said = |problems: Vec<Problem>| -> BTreeSet<String> {
        problems.iter().map(|one| format!("{}: {}", one.path, one.why)).collect()
    };
    let problems = said(problems);
    assert_eq!(problems, said(swept.problems), "{at}");
    (overdue, problems)
}

#[test]
fn diag_3_the_list_knows_what_a_sweep_finds_of_what_is_not_as_it_should_be() {
    let world = World::demo();
    // A sidecar whose file is gone, and names that are no cases and no requests.
    std::fs::remove_file(world.inside(LATE)).unwrap();
    let stray = "tenants/fabrikam.com/cases/notes.txt";
    std::fs::write(world.inside(stray), "x").unwrap();
    let torn = "tenants/contoso-test.com/dsr/DSR-2026-0099/request.toml";
    std::fs::create_dir_all(world.inside(torn).parent().unwrap()).unwrap();
    std::fs::write(world.inside(torn), "torn").unwrap();
    let (overdue, problems) = found(&world, "2030-01-01T00:00:00Z");
    for path in [&format!("{LATE}.meta.toml"), CROSS] {
        assert!(overdue.contains(path), "{path} of {overdue:?}");
    }
    for path in [stray, torn] {
        assert!(problems.iter().any(|said| said.starts_with(path)), "{path} of {problems:?}");
    }
}

#[test]
fn dtm_5_the_list_knows_what_a_sweep_finds_in_transfer_folders() {
    let world = World::demo();
    assert!(world.exists(REPORT));
    // Files of closed cases in folders within, one of them beside others and one with none.
    let beside = format!("{FOLDER}/deep/stray.bin");
    let alone = format!("tenants/contoso.com/cases/{CLOSED}/transfer/deep/alone.bin");
    let _ = std::fs::remove_dir_all(world.inside(&alone).ancestors().nth(2).unwrap());
    for path in [&beside, &alone] {
        std::fs::create_dir_all(world.inside(path).parent().unwrap()).unwrap();
        std::fs::write(world.inside(path), "x").unwrap();
    }
    let link = format!("{FOLDER}/link");
    std::os::unix::fs::symlink("/etc/hostname", world.inside(&link)).unwrap();
    let (overdue, problems) = found(&world, "2030-01-01T00:00:00Z");
    assert!(overdue.contains(&beside) && overdue.contains(&alone), "{overdue:?}");
    assert!(!overdue.contains(REPORT), "its case is open");
    assert!(problems.iter().any(|said| said.starts_with(&link)), "{problems:?}");
    // Before it was closed nothing is counted, and that is said.
    std::fs::remove_dir_all(world.inside(&format!("{FOLDER}/deep"))).unwrap();
    std::fs::remove_file(world.inside(&link)).unwrap();
    let (_, problems) = found(&world, "2026-09-10T00:00:00Z");
    let of_case = |said: &&String| said.contains("2609080010007741/case.toml");
    let said = problems.iter().find(of_case).unwrap_or_else(|| panic!("{problems:?}"));
    assert!(said.contains("closing lies in the future"), "{said}");
    // And where the record of the closing is torn.
    let record = "tenants/contoso.com/cases/2609080010007741/case.toml";
    std::fs::write(world.inside(record), "torn").unwrap();
    let (overdue, problems) = found(&world, "2030-01-01T00:00:00Z");
    assert!(!overdue.iter().any(|path| path.starts_with(FOLDER)), "{overdue:?}");
    assert!(problems.iter().any(|said| said.starts_with(record)), "{problems:?}");
}

/// What is wrong is told once, by the list and by a sweep.
#[test]
fn diag_3_what_cannot_be_read_is_told_once() {
    let world = World::demo();
    let record = "tenants/contoso-test.com/dsr/DSR-2026-0099/request.toml";
    std::fs::create_dir_all(world.inside(record).parent().unwrap()).unwrap();
    std::fs::write(world.inside(record), "torn").unwrap();
    let tenant = "tenants/fabrikam.com/tenant.toml";
    std::fs::write(world.inside(tenant), "torn").unwrap();
    let ana = world.as_engineer(ANA);
    let listed = ops::list(&ana, None).unwrap().1;
    let rehearsed = ops::rehearse(&ana).unwrap().problems;
    let swept = ops::sweep(&ana, &mut |_| {}).unwrap().problems;
    for problems in [listed, rehearsed, swept] {
        for path in [record, tenant] {
            let told = problems.iter().filter(|problem| problem.path == path).count();
            assert_eq!(told, 1, "{path}: {problems:?}");
        }
    }
}

/// SAR-13: of other tenants nobody is told anything; of what is wrong, and of evidence, engineers are.
#[test]
fn att_7_evidence_and_what_is_wrong_are_listed_to_engineers_alone() {
    let (world, _) = super::retention::closed_erasure();
    let stray = "tenants/contoso.com/cases/notes.txt";
    std::fs::write(world.inside(stray), "x").unwrap();
    let at = "2027-02-20T09:00:00Z";
    let (items, problems) = ops::list(&world.at(at, ANA), None).unwrap();
    let is_evidence = |item: &ops::RetentionItem| item.clock == RetentionClock::Evidence;
    assert!(items.iter().any(is_evidence) && problems.iter().any(|one| one.path == stray));
    let (items, problems) = ops::list(&world.at(at, JOHN), None).unwrap();
    assert!(!items.iter().any(is_evidence) && problems.is_empty(), "{items:?} {problems:?}");
}

#[test]
fn sar_13_nobody_is_told_of_another_tenants_clocks() {
    let world = World::demo();
    let seen = |who: &str| -> BTreeSet<String> {
        let (items, _) = ops::list(&world.as_engineer(who), None).unwrap();
        items.into_iter().map(|item| item.path).collect()
    };
    let (all, own) = (seen(ANA), seen(ADELE));
    assert!(all.contains(LATE) && own.contains(CROSS));
    // Adele is of both tenants of her customer, and no listed account of a transfer folder.
    let theirs = |path: &&String| {
        path.starts_with("tenants/contoso")
            && !path.contains("/transfer/")
            && !path.contains("/dsr/")
    };
    let expected = all.iter().filter(theirs);
    assert_eq!(own, expected.cloned().collect());
}
