//! The list of what is under a clock and the sweep that deletes by it find the same: the list is made of
//! what is kept of records, the sweep of the files themselves.

use super::world::*;
use caseward::ops::retention as ops;
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
}
