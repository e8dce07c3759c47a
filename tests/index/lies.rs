//! Index files that say something else than what was written into them, and those that are in the
//! making when others are removed.

use super::staged::Stage;
use super::stamps::{ask, ask_for, reword, staged};
use super::world::{WORD, World};
use caseward::workspace::Workspace;
use caseward::workspace::index::{Freshness, Look, Neighbours, Parts, Surveyed};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

const EVERY: [Freshness; 3] =
    [Freshness::Checked, Freshness::AsIndexed, Freshness::NewestAsIndexed];

fn places(bytes: &[u8], word: &[u8]) -> Vec<usize> {
    (0..=bytes.len() - word.len()).filter(|at| bytes[*at..].starts_with(word)).collect()
}

/// One letter of a word, so that all of it can still be read: in the tenants' heads, in the newest
/// cases, and in a tenant's block.
#[test]
fn a_letter_that_changed_in_the_index_is_shown_by_nobody() {
    let world = World::new();
    world.settle();
    let (index, workspace) = (world.index(), world.workspace());
    let bytes = fs::read(&index).unwrap();
    let tenant_id = workspace.tenant(&world.tenant()).unwrap().value.tenant_id;
    let (ids, titles) = (places(&bytes, tenant_id.as_bytes()), places(&bytes, WORD.as_bytes()));
    assert_eq!(ids.len(), 2, "in the heads, and with the newest");
    for at in [ids[0], ids[1], titles[0], titles[titles.len() - 1]] {
        let mut other = bytes.clone();
        other[at..at + 4].copy_from_slice(b"Zzyx");
        for freshness in EVERY {
            fs::write(&index, &other).unwrap();
            let (seen, _, _) = ask(&world.workspace(), freshness);
            assert!(!format!("{seen:?}").contains("Zzyx"), "{freshness:?} at {at}");
        }
        world.agrees("a letter changed");
    }
}

/// And in what is under a clock, which is read without the rest.
#[test]
fn a_letter_that_changed_in_the_clocks_is_shown_by_nobody() {
    let world = World::new();
    let name = "zanzibar.log";
    let dir = world.case.with_file_name("diagnostics");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(name), "x").unwrap();
    world.settle();
    let index = world.index();
    let bytes = fs::read(&index).unwrap();
    let mut other = bytes.clone();
    let all = places(&bytes, name.as_bytes());
    assert!(all.len() > 2, "with the newest, and in the block: {all:?}");
    for at in all {
        other[at..at + 4].copy_from_slice(b"Zzyx");
    }
    for parts in [Parts::Clocks, Parts::Everything] {
        for freshness in EVERY {
            fs::write(&index, &other).unwrap();
            let (seen, _, _) = ask_for(&world.workspace(), parts, freshness);
            assert!(!format!("{seen:?}").contains("Zzyx"), "{parts:?} {freshness:?}");
        }
        fs::write(&index, &other).unwrap();
        world.agrees("letters changed");
    }
}

/// Half a list would look like a whole one.
#[test]
fn of_an_index_that_was_cut_short_nothing_is_shown_at_once() {
    let world = World::new();
    world.settle();
    let index = world.index();
    let bytes = fs::read(&index).unwrap();
    assert!(ask(&world.workspace(), Freshness::AsIndexed).0.len() > 1);
    fs::write(&index, &bytes[..bytes.len() - 1]).unwrap();
    let (seen, _, work) = ask(&world.workspace(), Freshness::AsIndexed);
    assert_eq!((seen.len(), work.indexed), (0, 0));
    world.agrees("cut short");
}

#[test]
fn lengths_that_no_file_has_are_no_lengths() {
    let world = World::new();
    world.settle();
    let index = world.index();
    let bytes = fs::read(&index).unwrap();
    let numbers = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in [u64::MAX, u64::MAX >> 1, 1 << 40] {
        for slot in [0, 2] {
            let mut other = bytes.clone();
            other[numbers + 8 * slot..][..8].copy_from_slice(&length.to_le_bytes());
            for freshness in EVERY {
                fs::write(&index, &other).unwrap();
                ask(&world.workspace(), freshness);
            }
        }
    }
    world.agrees("another one was made");
}

/// What was removed or replaced while a survey ran is not put back by it.
#[test]
fn an_index_whose_base_went_away_takes_nobodys_place() {
    for replaced in [false, true] {
        let world = World::new();
        world.settle();
        let index = world.index();
        let bytes = fs::read(&index).unwrap();
        // A tenant less is reason enough for a new one, once something was read for it.
        let tenants = fs::read_dir(world.root().join("tenants")).unwrap();
        let mut others = tenants.map(|entry| entry.unwrap().path());
        fs::remove_dir_all(others.find(|path| *path != world.tenant_dir()).unwrap()).unwrap();
        reword(&world);
        let once = Once::new();
        let went = || {
            let other = index.with_extension("other");
            fs::write(&other, &bytes).unwrap();
            fs::remove_file(&index).unwrap();
            if replaced {
                fs::rename(&other, &index).unwrap();
            } else {
                fs::remove_file(&other).unwrap();
            }
        };
        let visit = |seen: Surveyed, _: &Neighbours<'_>| {
            if seen.tenant.domain == world.tenant() {
                once.call_once(went);
            }
        };
        let look = Look::at(Parts::Everything);
        world.workspace().survey(look, &|_| true, &visit).unwrap();
        if replaced {
            assert_eq!(fs::read(&index).unwrap(), bytes, "the one that took its place stays");
        } else {
            assert_eq!(world.indexes(), Vec::<PathBuf>::new());
        }
    }
}

/// One that is being written goes first: it could take the place of the one that is removed.
#[test]
fn an_unfinished_index_is_forgotten_before_the_one_that_it_is_to_replace() {
    let world = World::new();
    world.settle();
    let unfinished = world.index().with_extension("new");
    fs::write(&unfinished, WORD).unwrap();
    let index = world.relative(&world.index());
    let still = unfinished.clone();
    let removing = move |path: &Path| assert!(path != index || !still.exists());
    let stage = Stage { removing: Box::new(removing), ..Stage::default() };
    staged(&world, stage).forget_index().unwrap();
    assert_eq!(world.indexes(), Vec::<PathBuf>::new());
    // What a stop left is in nobody's way.
    fs::write(&unfinished, WORD).unwrap();
    world.settle();
    assert!(world.index().exists() && !unfinished.exists());
}

/// What is read of one tenant, or of the tenants' own records, is no index.
#[test]
fn a_look_at_a_part_makes_no_index_of_that_part() {
    let world = World::new();
    world.settle();
    let before = ask(&world.workspace(), Freshness::AsIndexed).0.len();
    assert!(before > 1);
    let id = world.tenant();
    fs::write(world.tenant_dir().join("tenant.toml"), "garbage").unwrap();
    fs::remove_dir_all(world.case.parent().unwrap()).unwrap();
    for look in [
        Look { tenant: Some(&id), ..Look::at(Parts::Everything) },
        Look::at(Parts::Tenants),
        Look { freshness: Freshness::FromFiles, ..Look::at(Parts::Everything) },
    ] {
        let (_, _, work) = world.workspace().survey(look, &|_| true, &|_, _| ()).unwrap();
        assert!(!work.saved, "{look:?}");
        assert_eq!(ask(&world.workspace(), Freshness::AsIndexed).0.len(), before, "{look:?}");
    }
}

#[test]
fn who_may_only_read_leaves_no_index() {
    let world = World::new();
    world.workspace().forget_index().unwrap();
    let workspace = Workspace::open_read_only(&world.root()).unwrap();
    let (_, _, work) = ask(&workspace, Freshness::Checked);
    assert!(work.read > 20 && !work.saved, "{work:?}");
    assert_eq!(world.indexes(), Vec::<PathBuf>::new());
}
