//! DIAG-*: diagnostics, their categories, their clock, and what authorised them.

use super::world::*;
use caseward::error::Error;
use caseward::exit::Exit;
use caseward::model::{Category, Meta, Sha256};
use caseward::ops::attach::Attachment;
use caseward::ops::{access, case, consent};
use caseward::policy::suggest;
use caseward::workspace::layout;
use std::path::PathBuf;

#[test]
fn diag_1_categories_are_a_closed_set_and_at_least_one_is_needed() {
    let words: Vec<&str> = Category::ALL.iter().map(|category| category.as_str()).collect();
    assert_eq!(words, ["support_data", "account_data", "system_metadata", "oii", "euii", "eupi"]);
    for unknown in ["personal", "", "EUII ", "euii,oii"] {
        assert!(unknown.parse::<Category>().is_err(), "{unknown}");
    }
    let world = World::demo();
    let before = world.records();
    let untagged = Attachment {
        categories: Vec::new(),
        ..attachment(MIGRATION, &[world.file("a.log", b"x")])
    };
    assert_eq!(refused(attach_now(&world.as_engineer(ANA), &untagged)).rule, "DIAG-1");
    last_is_failure(&world.audit("contoso.com"), "DIAG-1");
    assert_eq!(world.records(), before);
    let several = Attachment { categories: vec![Category::Oii, Category::Eupi], ..untagged };
    let done = attach_now(&world.as_engineer(ANA), &several).unwrap();
    assert_eq!(done[0].categories, [Category::Oii, Category::Eupi]);
}

#[test]
fn diag_2_values_and_names_suggest_their_categories() {
    use Category::{AccountData, Euii, Eupi, Oii, SupportData, SystemMetadata};
    for (value, expected) in [
        // The example of the source: the name is a user's, its domain the organisation's.
        ("joe@contoso.com", &[Euii, Oii][..]),
        ("<joe@contoso.com>,", &[Euii, Oii]),
        ("sip:joe@contoso.com", &[Euii]),
        ("SIPS:joe@contoso.com", &[Euii]),
        ("203.0.113.7", &[Euii, Oii]),
        ("2001:db8:12:34::1", &[Oii]),
        ("2001:db8:12:34::", &[Oii]),
        ("::1", &[]),
        ("b4c1c1a2-0f3b-4f5e-9d77-0a1b2c3d4e5f", &[Eupi, Oii]),
        ("{B4C1C1A2-0F3B-4F5E-9D77-0A1B2C3D4E5F}", &[Eupi, Oii]),
        ("10032000A1B2C3D4", &[Eupi]),
        ("contoso.onmicrosoft.com", &[Oii]),
        ("joe@", &[]),
        ("@contoso.com", &[]),
        ("joe@contoso", &[]),
        ("1.2.3", &[]),
        ("256.1.1.1", &[]),
        ("20032000A1B2C3D4", &[]),
        ("b4c1c1a2-0f3b-4f5e-9d77", &[]),
        ("word", &[]),
        ("", &[]),
    ] {
        assert_eq!(suggest::of_value(value), expected, "{value}");
    }
    for (name, expected) in [
        ("SignIns.json", &[Euii, Eupi][..]),
        ("vm-events.evtx", &[SystemMetadata]),
        ("patch-state.csv", &[SystemMetadata]),
        ("licences.csv", &[AccountData]),
        ("Billing-2026.xlsx", &[AccountData]),
        ("chat-transcript.md", &[SupportData]),
        ("telemetry.log", &[SystemMetadata, Eupi]),
    ] {
        assert_eq!(suggest::of_name(name).map(|(_, found)| found), Some(expected), "{name}");
    }
    assert_eq!(suggest::of_name("a.bin"), None);
    // Untagged files are refused, and the refusal says what they look like; nobody decides for them.
    let world = World::demo();
    let text = b"signed in: joe@contoso.com from 2001:db8::1, session of 10032000a1b2c3d4";
    let mut untagged = attachment(MIGRATION, &[world.file("a.log", text)]);
    untagged.categories.clear();
    let refusal = refused(attach_now(&world.as_engineer(ANA), &untagged));
    let hint = refusal.hint.unwrap();
    assert_eq!(refusal.rule, "DIAG-1");
    assert!(
        hint.starts_with("they look like --category oii --category euii --category eupi;"),
        "{hint}"
    );
    let mut nothing = attachment(MIGRATION, &[world.file("b.bin", b"\0\0")]);
    nothing.categories.clear();
    let refusal = refused(attach_now(&world.as_engineer(ANA), &nothing));
    assert!(refusal.hint.unwrap().starts_with("--category with one of"));
}

#[test]
fn diag_4_identity_logs_are_euii_and_eupi() {
    use caseward::model::DiagnosticKind as Kind;
    let identity = [Category::Euii, Category::Eupi];
    assert_eq!(suggest::of_kind(Kind::SignInLogs), identity);
    assert_eq!(suggest::of_kind(Kind::PortalAccess), identity);
    assert_eq!(suggest::of_name("entra-signins.json").unwrap(), (Kind::SignInLogs, &identity[..]));
    assert_eq!(suggest::of_name("entra-audit.json").unwrap().0, Kind::SignInLogs);
    for kind in Kind::ALL {
        let suggested = suggest::of_kind(kind);
        assert_eq!(suggested.is_empty(), kind == Kind::Other, "{kind}");
        let identity_log = [Kind::SignInLogs, Kind::PortalAccess].contains(&kind);
        assert_eq!(suggested.contains(&Category::Eupi), identity_log, "{kind}");
    }
    let world = World::demo();
    let mut untagged = attachment(MIGRATION, &[world.file("export.json", b"{}")]);
    (untagged.kind, untagged.categories) = (Kind::SignInLogs, Vec::new());
    let hint = refused(attach_now(&world.as_engineer(ANA), &untagged)).hint.unwrap();
    assert!(hint.starts_with("they look like --category euii --category eupi;"), "{hint}");
}

#[test]
fn diag_3_twenty_eight_days_from_collection_not_from_attaching() {
    let mut world = World::demo();
    let collected = "2026-10-31T09:00:00Z";
    let copy = Attachment {
        collected_at: Some(time(collected)),
        ..attachment(MIGRATION, &[world.file("a.log", b"x")])
    };
    let done = attach_now(&world.as_engineer(ANA), &copy).unwrap();
    assert_eq!(done[0].delete_after, time("2026-11-28T09:00:00Z"));
    let overdue = |world: &World, now: &str| {
        let view = case::show(&world.at(now, ANA), &world.case_ref(MIGRATION)).unwrap();
        let due = view.due.into_iter().find(|due| due.path.ends_with("/a.log")).unwrap();
        assert_eq!(due.what, "diagnostics");
        due.overdue
    };
    assert!(!overdue(&world, "2026-11-28T08:59:59Z"), "28 days but a second");
    assert!(overdue(&world, "2026-11-28T09:00:00Z"), "28 days");
    world.set_policy(|policy| policy.diagnostics_days = 7);
    assert!(overdue(&world, "2026-11-07T09:00:00Z"));
    assert!(!overdue(&world, "2026-11-07T08:59:59Z"));
}

#[test]
fn diag_5_the_time_of_collection_decides() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let file = world.file("a.log", b"x");
    let collected = |at: &str| Attachment {
        collected_at: Some(time(at)),
        ..attachment(MIGRATION, std::slice::from_ref(&file))
    };
    // Now is 2026-11-21 09:00; the case was opened, with its Yes, on 2026-10-24 at 10:30.
    for (at, rule) in [
        ("2026-11-21T09:00:01Z", Some("DIAG-5")),
        ("2026-11-21T09:00:00Z", None),
        ("2026-10-24T10:30:00Z", None),
        ("2026-10-24T10:29:59Z", Some("CONS-7")),
        ("2026-10-24T09:00:01Z", Some("CONS-7")),
        ("2026-10-24T09:00:00Z", Some("DIAG-5")),
        ("2025-01-01T00:00:00Z", Some("DIAG-5")),
    ] {
        let before = world.records();
        match (attach_now(&ana, &collected(at)), rule) {
            (Ok(done), None) => assert_eq!(done[0].authorised_by.to_string(), "consent", "{at}"),
            (Err(Error::Refused(refusal)), Some(rule)) => {
                // Before the case was open there was no consent, whatever that is called.
                let any = rule == "CONS-7" && refusal.rule.starts_with("CONS-");
                assert!(any || refusal.rule == rule, "{at}: {refusal}");
                assert_eq!(world.records(), before, "{at}");
            }
            (other, _) => panic!("{at}: {other:?}"),
        }
    }
}

#[test]
fn diag_5_what_authorised_it_is_stored() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let file = world.file("a.log", b"x");
    let meta = |path: &str| -> Meta {
        let path = caseward::fs::RelPath::new(path).unwrap();
        world.workspace.load(&layout::sidecar(&path)).unwrap().unwrap().value
    };
    let own = attach_now(&ana, &attachment(MIGRATION, std::slice::from_ref(&file))).unwrap();
    assert_eq!(meta(&own[0].path).authorised_by.unwrap().to_string(), "consent");
    let other = Attachment {
        tenant: Some("contoso-test.com".to_owned()),
        ..attachment(MIGRATION, std::slice::from_ref(&file))
    };
    let there = attach_now(&ana, &other).unwrap();
    assert_eq!(meta(&there[0].path).authorised_by.unwrap().to_string(), "SAR-4F7K2M9Q");
    assert!(
        there[0].path.starts_with("tenants/contoso-test.com/approvals/SAR-4F7K2M9Q/diagnostics/")
    );
    // In force from the second approval, on 12 November at 08:40, and not a second earlier.
    for (at, allowed) in [("2026-11-12T08:40:00Z", true), ("2026-11-12T08:39:59Z", false)] {
        let copy = Attachment { collected_at: Some(time(at)), ..other.clone() };
        assert_eq!(attach_now(&ana, &copy).is_ok(), allowed, "{at}");
    }
    // The earlier access was in force on 28 October, until it was removed on the 30th at 17:45.
    for (at, allowed) in [
        ("2026-10-28T00:00:00Z", true),
        ("2026-10-30T17:44:59Z", true),
        ("2026-10-30T17:45:00Z", false),
    ] {
        let copy = Attachment { collected_at: Some(time(at)), ..other.clone() };
        let done = attach_now(&ana, &copy);
        assert_eq!(done.is_ok(), allowed, "{at}: {done:?}");
        if let Ok(done) = done {
            assert_eq!(done[0].authorised_by.to_string(), "SAR-9C3XT6WB", "{at}");
        }
    }
}

#[test]
fn diag_5_consent_counts_at_the_time_of_collection() {
    let world = World::demo();
    let file = world.file("a.log", b"x");
    // Revoked at noon: what was collected before may be attached, what comes after may not.
    consent::answer(&world.at("2026-11-21T12:00:00Z", ANA), MIGRATION, false, None, None).unwrap();
    let later = world.at("2026-11-21T13:00:00Z", ANA);
    for (at, rule) in [
        ("2026-11-21T11:59:59Z", None),
        ("2026-11-21T12:00:00Z", Some("CONS-1")),
        ("2026-11-21T12:30:00Z", Some("CONS-1")),
    ] {
        let copy = Attachment {
            collected_at: Some(time(at)),
            ..attachment(MIGRATION, std::slice::from_ref(&file))
        };
        match rule {
            None => assert!(attach_now(&later, &copy).is_ok(), "{at}"),
            Some(rule) => assert_eq!(refused(attach_now(&later, &copy)).rule, rule, "{at}"),
        }
    }
    // After a reopening the closed interval authorises nothing.
    case::close(&later, MIGRATION).unwrap();
    case::reopen(&world.at("2026-11-21T15:00:00Z", ANA), MIGRATION, None).unwrap();
    access::request(&world.at("2026-11-21T15:00:00Z", ANA), MIGRATION, "contoso-test.com", "w")
        .unwrap();
    let copy = Attachment {
        collected_at: Some(time("2026-11-21T14:00:00Z")),
        ..attachment(MIGRATION, &[file])
    };
    assert_eq!(refused(attach_now(&world.at("2026-11-21T16:00:00Z", ANA), &copy)).rule, "CONS-7");
}

#[test]
fn diag_6_size_hash_and_name_are_taken_while_copying() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let large: Vec<u8> = (0..1_000_003_u32).map(|n| (n % 251) as u8).collect();
    for (name, contents) in [("empty.log", &b""[..]), ("large.bin", &large), ("ünï côde.txt", b"x")]
    {
        let file = world.file(name, contents);
        let done = attach_now(&ana, &attachment(MIGRATION, &[file])).unwrap().remove(0);
        assert_eq!(done.size, contents.len() as u64);
        assert_eq!(done.sha256, Sha256::of(contents));
        assert_eq!(std::fs::read(world.inside(&done.path)).unwrap(), contents);
        let path = caseward::fs::RelPath::new(&done.path).unwrap();
        let meta: Meta = world.workspace.load(&layout::sidecar(&path)).unwrap().unwrap().value;
        assert_eq!((meta.name.as_str(), meta.size, meta.sha256), (name, done.size, done.sha256));
    }
}

#[test]
fn diag_6_the_reader_is_asked_for_every_byte_once() {
    let world = World::demo();
    let contents = vec![7; 300_000];
    let file = world.file("large.bin", &contents);
    let mut seen = Vec::new();
    let add = |_: &std::path::Path, bytes: u64| seen.push(bytes);
    let mut add = add;
    caseward::ops::attach::attach(
        &world.as_engineer(ANA),
        &attachment(MIGRATION, &[file]),
        &mut add,
    )
    .unwrap();
    assert_eq!(seen.last(), Some(&300_000));
    assert!(seen.len() > 1 && seen.is_sorted(), "streamed: {seen:?}");
}

#[test]
fn diag_6_links_fifos_and_files_that_change_are_refused() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let file = world.file("a.log", b"first\n");
    let beside = |name: &str| file.parent().unwrap().join(name);
    let (link, fifo, dir) = (beside("link"), beside("fifo"), beside("dir"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    std::fs::create_dir(&dir).unwrap();
    let before = world.tree();
    let attempt = |path: PathBuf| attach_now(&ana, &attachment(MIGRATION, &[path])).unwrap_err();
    for (path, code) in [
        (link, Exit::Usage),
        (fifo, Exit::Usage),
        (dir, Exit::Usage),
        (PathBuf::from("/dev/zero"), Exit::Usage),
        (beside("missing"), Exit::Io),
    ] {
        let error = attempt(path.clone());
        assert_eq!(error.exit(), code, "{}: {error}", path.display());
    }
    // Somebody writes on while it is read.
    let mut grow =
        |path: &std::path::Path, _: u64| std::fs::write(path, b"first\nsecond\n").unwrap();
    let error = caseward::ops::attach::attach(&ana, &attachment(MIGRATION, &[file]), &mut grow)
        .unwrap_err();
    assert_eq!(error.exit(), Exit::Conflict, "{error}");
    assert!(error.to_string().contains("changed while it was read"), "{error}");
    assert_eq!(world.tree(), before, "nothing is left, not even in the journal");
}

/// Two files of one name, names that would hide or pose as sidecars: all find a place.
#[test]
fn diag_6_nothing_is_overwritten_whatever_files_are_called() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let before = world.records();
    let long = "n".repeat(250);
    let names = ["a.log", "a.log", ".hidden", "a.log.meta.toml", "call.\u{1b}[31m.log", &long];
    let mut paths = Vec::new();
    for name in names {
        let file = world.file(name, name.as_bytes());
        let done = attach_now(&ana, &attachment(MIGRATION, &[file])).unwrap().remove(0);
        assert_eq!(std::fs::read(world.inside(&done.path)).unwrap(), name.as_bytes());
        assert!(!done.name.starts_with('.') && !done.name.ends_with(".meta.toml"), "{}", done.name);
        assert!(!done.name.contains('\u{1b}'), "{:?}", done.name);
        paths.push(done.path);
    }
    let distinct: std::collections::BTreeSet<&String> = paths.iter().collect();
    assert_eq!(distinct.len(), names.len());
    let after = world.records();
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
    let view = case::show(&ana, &world.case_ref(MIGRATION)).unwrap();
    assert_eq!(view.problems, []);
}
