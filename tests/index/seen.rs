//! Every kind of edit, one by one, of files that the index knows: the answer is the one of the files.

use super::staged::Stage;
use super::stamps::{ask, ask_for, staged};
use super::world::{WORD, World, files};
use caseward::ops::access::{self, AccessFilter};
use caseward::ops::{Context, case, retention, status};
use caseward::workspace::index::{Freshness, Parts};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The index and the files say the same, and the index still says something.
fn same(world: &World, after: &str) {
    let index = fs::read(world.index()).unwrap();
    for parts in [Parts::Clocks, Parts::Everything] {
        // What the look before has saved would answer this one.
        fs::write(world.index(), &index).unwrap();
        let (read, wrong_in_files, _) = ask_for(&world.workspace(), parts, Freshness::FromFiles);
        let (indexed, wrong, work) = ask_for(&world.workspace(), parts, Freshness::Checked);
        assert!(work.kept > 20, "{after}: {work:?}");
        assert!(indexed == read && wrong == wrong_in_files, "{after}: {parts:?}");
    }
}

/// The first record whose path ends like this.
fn first(world: &World, matches: impl Fn(&Path) -> bool) -> PathBuf {
    let all = files(&world.root().join("tenants"));
    all.into_iter().find(|path| matches(path)).expect("there is such a record")
}

/// Words in place of others, in a file that stays the same one.
fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    let other = text.replacen(from, to, 1);
    assert_ne!(text, other, "{}", path.display());
    fs::write(path, other).unwrap();
}

fn append(path: &Path, words: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text + words).unwrap();
}

#[test]
fn an_edit_of_every_kind_of_file_is_seen() {
    let world = World::new();
    let within = |path: &Path, dir: &str| path.parent().unwrap().ends_with(dir);
    let access = first(&world, |path| within(path, "access"));
    let sidecar = first(&world, |path| {
        within(path, "diagnostics") && path.to_string_lossy().ends_with(".meta.toml")
    });
    let request = first(&world, |path| path.ends_with("request.toml"));
    let approval = first(&world, |path| path.ends_with("approval.toml"));
    let tenant = first(&world, |path| path.ends_with("tenant.toml"));
    let bare = first(&world, |path| {
        path.ends_with("case.toml")
            && *path != world.case
            && !path.with_file_name("transfer").exists()
            && !path.with_file_name("access").exists()
    });
    let log = first(&world, |path| path.ends_with("audit.jsonl"));
    // Something collected under an approval.
    let collected = approval.with_file_name("diagnostics").join(sidecar.file_name().unwrap());
    fs::create_dir(collected.parent().unwrap()).unwrap();
    fs::copy(&sidecar, &collected).unwrap();
    fs::write(collected.to_string_lossy().strip_suffix(".meta.toml").unwrap(), "x").unwrap();
    let another = first(&world, |path| path.ends_with("approval.toml") && *path != approval);
    // The clock of transfer files runs from the closing of their case.
    let transferred = first(&world, |path| {
        path.ends_with("case.toml")
            && path.with_file_name("transfer").exists()
            && fs::read_to_string(path).unwrap().contains("closed_at = ")
    });
    // An engagement of which only a tombstone is left, which cannot be read.
    let tombstone = world.case.parent().unwrap().with_file_name("GONE-1").join("tombstone.toml");
    fs::create_dir(tombstone.parent().unwrap()).unwrap();
    fs::write(&tombstone, "torn").unwrap();
    world.settle();
    let hold = "\n[[holds]]\nid = \"HOLD-1\"\nreason = \"court\"\n\
                at = \"2026-11-20T09:00:00Z\"\nby = \"x\"\n";
    let later = "{\"activityDateTime\":\"2031-01-01T00:00:00Z\"}\n";
    let edits: [(&str, &dyn Fn()); 21] = [
        // First: an edit says little of a tenant that another one changed already.
        ("an approval that came", &|| {
            let dir = another.ancestors().nth(2).unwrap().join("SAR-NEW/diagnostics");
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("new.log"), "x").unwrap();
        }),
        ("a tenant", &|| edit(&tenant, "customer = \"", "customer = \"Z")),
        ("a case", &|| edit(&world.case, WORD, "Maelbox")),
        ("an access request", &|| edit(&access, "justification = \"", "justification = \"Z")),
        ("an approval", &|| edit(&approval, "decision = \"approved\"", "decision = \"declined\"")),
        ("a sidecar", &|| append(&sidecar, hold)),
        ("a request", &|| fs::write(&request, "torn").unwrap()),
        ("a tombstone", &|| fs::write(&tombstone, "= no").unwrap()),
        ("the end of a log", &|| append(&log, later)),
        ("a file in a new folder", &|| {
            fs::create_dir(bare.with_file_name("transfer")).unwrap();
            fs::write(bare.with_file_name("transfer").join("new.csv"), "x").unwrap();
        }),
        ("a file in a folder", &|| fs::write(access.with_file_name("new.toml"), "x").unwrap()),
        ("a case that came", &|| {
            let copy = world.case.parent().unwrap().with_file_name("COPY-1");
            fs::create_dir(&copy).unwrap();
            let id = world.case.parent().unwrap().file_name().unwrap().to_string_lossy();
            let text = fs::read_to_string(&world.case).unwrap();
            fs::write(copy.join("case.toml"), text.replace(&*id, "COPY-1")).unwrap();
        }),
        ("a name that is no case", &|| {
            let cases = bare.ancestors().nth(2).unwrap();
            fs::write(cases.join("notes.txt"), "x").unwrap();
        }),
        ("a request that came", &|| {
            let dir = request.parent().unwrap().with_file_name("DSR-2031-0001");
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("request.toml"), "torn").unwrap();
        }),
        ("a moment of closing", &|| edit(&transferred, "closed_at = \"20", "closed_at = \"19")),
        ("a record beside transfer files", &|| fs::write(&transferred, "torn").unwrap()),
        ("a sidecar of what was collected", &|| append(&collected, hold)),
        ("a file beside what was collected", &|| {
            fs::write(collected.with_file_name("new.log"), "x").unwrap();
        }),
        ("what was collected first", &|| {
            fs::create_dir(another.with_file_name("diagnostics")).unwrap();
            fs::write(another.with_file_name("diagnostics").join("new.log"), "x").unwrap();
        }),
        ("an approval that went", &|| fs::remove_dir_all(approval.parent().unwrap()).unwrap()),
        ("no approvals at all", &|| {
            fs::remove_dir_all(another.ancestors().nth(2).unwrap()).unwrap();
        }),
    ];
    for (what, make) in edits {
        make();
        same(&world, what);
    }
}

/// Records have whole seconds, but people write what they like.
#[test]
fn a_moment_that_no_row_keeps_is_read_every_time() {
    let world = World::new();
    let sidecar = first(&world, |path| {
        path.parent().unwrap().ends_with("diagnostics")
            && path.to_string_lossy().ends_with(".meta.toml")
    });
    let text = fs::read_to_string(&sidecar).unwrap();
    let at = text.find("collected_at = \"").unwrap();
    let end = at + text[at..].find("Z\"").unwrap();
    fs::write(&sidecar, format!("{}.25{}", &text[..end], &text[end..])).unwrap();
    let collected = world.tenant_dir().join("approvals/SAR-COLLECTED/diagnostics/a.log.meta.toml");
    fs::create_dir_all(collected.parent().unwrap()).unwrap();
    fs::write(collected.with_file_name("a.log"), "x").unwrap();
    fs::copy(&sidecar, &collected).unwrap();
    let text = fs::read_to_string(&world.case).unwrap();
    let at = text.find("opened_at = \"").unwrap();
    let end = at + text[at..].find("Z\"").unwrap();
    fs::write(&world.case, format!("{}.25{}", &text[..end], &text[end..])).unwrap();
    // Nor is the index written anew for it every time.
    world.settle();
    same(&world, "settled");
    let (seen, _, _) = ask(&world.workspace(), Freshness::Checked);
    let cases = seen.iter().flat_map(|seen| &seen.engagements).filter_map(|e| e.case.as_ref());
    assert_eq!(cases.filter(|case| case.opened_at.timestamp_subsec_millis() == 250).count(), 1);
}

/// Whoever reads the index learns nothing that no list shows.
#[test]
fn values_of_peoples_own_are_not_in_the_index() {
    let world = World::new();
    let records = files(&world.root().join("tenants"));
    let of_access = |path: &&PathBuf| {
        path.ends_with("approval.toml") || path.parent().unwrap().ends_with("access")
    };
    let of_access: Vec<&PathBuf> = records.iter().filter(of_access).collect();
    assert!(of_access.len() > 2);
    for path in of_access {
        append(path, "\n[x]\nwish = \"Zanzibar\"\n");
    }
    append(&world.case, "\n[x]\nwish = \"Zanzibar\"\n");
    world.settle();
    let (_, wrong, work) = ask(&world.workspace(), Freshness::Checked);
    assert!(wrong.is_empty() && work.read == 0, "{wrong:?} {work:?}");
    assert!(world.index_holds(WORD.as_bytes()) && !world.index_holds(b"Zanzibar"));
    same(&world, "settled");
}

#[test]
fn a_tenant_that_is_no_more_is_missed_by_the_requests_that_name_it() {
    let world = World::new();
    let approval = first(&world, |path| path.ends_with("approval.toml"));
    let sar = approval.parent().unwrap().file_name().unwrap().to_string_lossy();
    let said = || {
        let (_, problems) = case::list(&world.context(), &case::CaseFilter::default()).unwrap();
        problems.iter().any(|problem| problem.path.contains(&*sar))
    };
    let tenant = approval.ancestors().nth(3).unwrap();
    // One that is not decided yet: nothing of it lies at the other tenant.
    fs::remove_dir_all(approval.parent().unwrap()).unwrap();
    world.settle();
    assert!(!said());
    // The very same records, behind a link: they are not followed there.
    let elsewhere = world.root().join("elsewhere");
    fs::rename(tenant, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, tenant).unwrap();
    assert!(said(), "behind a link");
    fs::remove_file(tenant).unwrap();
    fs::rename(&elsewhere, tenant).unwrap();
    assert!(!said());
    fs::write(tenant.join("tenant.toml"), "torn").unwrap();
    assert!(said(), "torn");
}

#[test]
fn the_newest_know_what_their_logs_speak_of_last() {
    let world = World::new();
    world.settle();
    let (all, _, _) = ask(&world.workspace(), Freshness::Checked);
    let (newest, _, _) = ask(&world.workspace(), Freshness::NewestAsIndexed);
    assert!(newest.len() > 5 && newest.iter().any(|seen| seen.latest.flatten().is_some()));
    for seen in newest {
        let same = all.iter().find(|other| other.tenant == seen.tenant).unwrap();
        assert_eq!(seen.latest, same.latest, "{}", seen.tenant.domain);
        let is_same = |one| same.engagements.contains(one);
        assert!(seen.engagements.iter().all(is_same), "{}", seen.tenant.domain);
    }
}

/// A request that something of is under a clock is read by whoever asks for clocks.
#[test]
fn what_comes_to_lie_beside_a_request_is_seen() {
    let world = World::new();
    let request = first(&world, |path| path.ends_with("request.toml"));
    let line = |line: &str| match line.split(" = ").next() {
        Some("type") => "type = \"access\"\n".to_owned(),
        Some("state") => "state = \"discovering\"\n".to_owned(),
        _ => format!("{line}\n"),
    };
    let text = fs::read_to_string(&request).unwrap();
    let (own, tables) = text.split_once("\n[[").unwrap();
    let own: String = own.lines().map(line).collect();
    fs::write(&request, format!("{own}\n[[{tables}")).unwrap();
    world.settle();
    let id = request.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let has_clock = |freshness| {
        let (seen, _, _) = ask_for(&world.workspace(), Parts::Clocks, freshness);
        let mut requests = seen.iter().flat_map(|seen| &seen.requests);
        requests.find(|request| request.id == *id).map(|request| request.has_clock)
    };
    assert_eq!(has_clock(Freshness::Checked), Some(false), "an unanswered one without findings");
    fs::write(request.with_file_name("findings.jsonl"), "").unwrap();
    for freshness in [Freshness::Checked, Freshness::FromFiles] {
        assert_eq!(has_clock(freshness), Some(true), "DEL-9: with findings");
    }
    world.settle();
    assert_eq!(has_clock(Freshness::AsIndexed), Some(true), "and from the index");
}

/// What the index knows is not read once more, also not of tenants that requests name.
#[test]
fn a_list_of_what_stayed_the_same_opens_no_record() {
    let world = World::new();
    world.settle();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&opened);
    let opens = Box::new(move |path: &Path| {
        if path.starts_with("tenants") && path.extension().is_some_and(|e| e != "example") {
            seen.lock().unwrap().push(path.to_owned());
        }
        true
    });
    let context = world.context();
    let workspace = staged(&world, Stage { opens, ..Stage::default() });
    let context = Context::on(workspace, context.actor, context.now);
    let none = || std::mem::take(&mut *opened.lock().unwrap());
    none();
    case::list(&context, &case::CaseFilter::default()).unwrap();
    assert_eq!(none(), Vec::<PathBuf>::new());
    assert!(access::list(&context, AccessFilter::All, None).unwrap().0.len() > 1);
    assert_eq!(none(), Vec::<PathBuf>::new());
    status::status(&context).unwrap();
    assert_eq!(none(), Vec::<PathBuf>::new());
    // Of a list of clocks, requests and what is not plain are read themselves.
    retention::list(&context, None).unwrap();
    let read = none();
    assert!(!read.iter().any(|path| path.ends_with("case.toml")), "{read:?}");
}
