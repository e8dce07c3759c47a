//! DSR-10, DSR-13: what is given out, what is not, and what says so; and requests of other systems.

use super::dsr::{discover, exclude_reviews, given, jane, new};
use super::world::*;
use caseward::error::Result;
use caseward::exit::Exit;
use caseward::model::{DsrState, DsrType, IdentifierType, RequestOption, Sha256};
use caseward::ops::dsr::{self as ops, Discovered, Exported, Import, NewRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn access(
    world: &World,
    kind: DsrType,
    option: RequestOption,
    cases: &[&str],
) -> (String, Discovered) {
    let ana = world.as_engineer(ANA);
    let made = ops::receive(&ana, NewRequest { kind, ..new(option, cases, jane()) }).unwrap();
    let found = discover(&ana, made.id.as_str()).unwrap();
    (made.id.to_string(), found)
}

fn export(world: &World, dsr: &str, out: &str) -> Result<Exported> {
    ops::export(&world.as_engineer(ANA), dsr, &world.file_path(out))
}

fn manifest(world: &World, out: &str) -> Value {
    let bytes = std::fs::read(world.file_path(out).join("manifest.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn dsr_10_the_included_files_are_given_out_with_their_hashes_and_reasons() {
    for kind in [DsrType::Access, DsrType::Export] {
        let world = World::demo();
        let ana = world.as_engineer(ANA);
        let (dsr, found) = access(&world, kind, RequestOption::A, &[]);
        assert_eq!(refused(export(&world, &dsr, "out")).rule, "DSR-10", "a person decides first");
        assert!(!world.file_path("out").exists(), "and nothing is made");
        exclude_reviews(&ana, &dsr, &found);
        let before = world.records();
        let done = export(&world, &dsr, "out").unwrap();
        let manifest = manifest(&world, "out");
        assert_eq!(manifest["schema"], "caseward/export/1");
        let mut listed: Vec<PathBuf> = vec!["index.html".into(), "manifest.json".into()];
        for item in manifest["items"].as_array().unwrap() {
            let file = item["file"].as_str().unwrap();
            let bytes = std::fs::read(world.file_path("out").join(file)).unwrap();
            assert_eq!(item["sha256"], Sha256::of(&bytes).to_string(), "{file}");
            assert_eq!(item["size"], bytes.len(), "{file}");
            assert!(!item["why"].as_str().unwrap().is_empty());
            listed.push(file.into());
        }
        let there: Vec<PathBuf> = files_below(&world.file_path("out")).into_keys().collect();
        listed.sort();
        assert_eq!(there, listed, "nothing that is not listed");
        assert_eq!(done.items.len() + 2, listed.len());
        let csv = done.items.iter().find(|item| item.name == "call-quality.csv").unwrap();
        assert_eq!(csv.categories.iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["euii", "oii"]);
        let stores: Vec<&Value> = manifest["not_searched"].as_array().unwrap().iter().collect();
        assert_eq!(stores[0]["store"], "transfer");
        assert!(stores[0].get("files").is_none(), "what is in it is not said");
        // The workspace has what it had, but for the request and the logs.
        let mut after = world.records();
        after.retain(|path, _| !path.ends_with("request.toml"));
        assert!(after.iter().all(|(path, bytes)| before.get(path) == Some(bytes)));
        assert_eq!(ops::show(&ana, &dsr).unwrap().state, DsrState::Fulfilled);
    }
}

#[test]
fn dsr_13_internal_notes_and_other_peoples_data_stay_with_the_reason() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = access(&world, DsrType::Access, RequestOption::A, &[]);
    let of = |name: &str| {
        let item = found.items.iter().find(|item| item.path.ends_with(name));
        item.unwrap_or_else(|| panic!("{name} is not found")).id.clone()
    };
    let chat = of("2026-10-27-teams-chat.md");
    let reviews: Vec<String> = found
        .items
        .iter()
        .filter(|item| item.outcome == caseward::model::FindingOutcome::Review)
        .map(|item| item.id.clone())
        .collect();
    ops::include(&ana, &dsr, &reviews, "hers").unwrap();
    ops::exclude(&ana, &dsr, std::slice::from_ref(&chat), "names a colleague").unwrap();
    let done = export(&world, &dsr, "out").unwrap();
    let left = |id: &str| {
        let left = done.left_out.iter().find(|left| left.finding == id);
        left.map(|left| left.reason.clone()).unwrap_or_default()
    };
    assert_eq!(left(&chat), "names a colleague");
    let internal = of("2026-11-10-internal.md");
    assert!(left(&internal).contains("internal note") && left(&internal).contains("DSR-13"));
    let access = found.items.iter().find(|item| item.path.contains("/access/"));
    assert!(access.is_none_or(|item| left(&item.id).contains("DSR-13")));
    // Of a case goes what it says, without the people of the business relationship.
    let case = done.items.iter().find(|item| item.file.ends_with("-case.json")).unwrap();
    let text = std::fs::read_to_string(world.file_path("out").join(&case.file)).unwrap();
    assert!(text.contains("\"description\""));
    for people in ["john@contoso.com", "John Evans", ANA, BEN] {
        assert!(!text.contains(people), "{people}: {text}");
    }
    for left in &done.left_out {
        let shown = serde_json::to_string(left).unwrap();
        assert!(!shown.contains("tenants/"), "its path may be somebody's data: {shown}");
    }
    let whole: Vec<u8> = files_below(&world.file_path("out")).into_values().flatten().collect();
    let internal = world
        .inside(&format!("tenants/contoso.com/cases/{MIGRATION}/records/2026-11-10-internal.md"));
    let note = std::fs::read_to_string(internal).unwrap();
    let line = note.lines().max_by_key(|line| line.len()).unwrap();
    assert!(!String::from_utf8_lossy(&whole).contains(line), "{line}");
}

#[test]
fn dsr_10_a_redacted_copy_leaves_the_original_as_it_is() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = access(&world, DsrType::Access, RequestOption::B, &[CLOSED]);
    let items: Vec<String> = found
        .items
        .iter()
        .filter(|item| item.path.ends_with(".csv") || item.path.ends_with("case.toml"))
        .map(|item| item.id.clone())
        .collect();
    assert!(items.len() >= 2);
    ops::redact(&ana, &dsr, &items, "for the file of the works council").unwrap();
    let before: BTreeMap<_, _> = world
        .records()
        .into_iter()
        .filter(|(path, _)| path.starts_with("tenants/contoso.com/cases"))
        .collect();
    let done = export(&world, &dsr, "out").unwrap();
    for item in done.items.iter().filter(|item| items.contains(&item.findings[0])) {
        assert!(item.redacted, "{}", item.file);
        let text = std::fs::read_to_string(world.file_path("out").join(&item.file)).unwrap();
        assert!(text.contains(&format!("[redacted {dsr}]")), "{text}");
        assert!(!text.to_lowercase().contains("jane@contoso.com"), "{text}");
    }
    let after = world.records();
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
}

#[test]
fn dsr_13_no_name_leads_out_of_the_directory_and_nothing_is_overwritten() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let records = world.inside(&format!("tenants/contoso.com/cases/{CLOSED}/records"));
    let long = format!("{}.md", "n".repeat(200));
    for name in
        ["..", "...md", "-rf", "a\\..\\b.md", "\u{1b}[31mred.md", "\u{202e}dm.txt", &long, "ü b.md"]
    {
        if name != ".." {
            std::fs::write(records.join(name), "jane@contoso.com").unwrap();
        }
    }
    let (dsr, _) = access(&world, DsrType::Access, RequestOption::B, &[CLOSED]);
    // A directory with anything in it, a file, and a link are refused before anything leaves.
    let full = world.file_path("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("mine.txt"), "mine").unwrap();
    world.file("file", b"mine");
    std::os::unix::fs::symlink(world.root(), world.file_path("link")).unwrap();
    let before = (world.tree(), world.audit("contoso.com").len());
    for out in ["full", "file", "link"] {
        assert!(export(&world, &dsr, out).is_err(), "{out}");
        assert_eq!((world.tree(), world.audit("contoso.com").len()), before, "{out}");
    }
    assert_eq!(std::fs::read(full.join("mine.txt")).unwrap(), b"mine");
    std::fs::create_dir(world.file_path("out")).unwrap();
    let done = export(&world, &dsr, "out").unwrap();
    for item in &done.items {
        let name = item.file.strip_prefix("files/").unwrap();
        assert!(
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && name.starts_with('f'),
            "{name}"
        );
        assert!(name.len() < 100, "{name}");
    }
    let page = std::fs::read_to_string(world.file_path("out/index.html")).unwrap();
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    // Again, elsewhere: the same bytes.
    let twice = export(&world, &dsr, "again").unwrap();
    assert_eq!(twice.items.len(), done.items.len());
    assert_eq!(files_below(&world.file_path("out")), files_below(&world.file_path("again")));
    assert!(ana.now == time(NOW));
}

#[test]
fn dsr_10_what_changed_since_it_was_searched_is_not_given_out() {
    let world = World::demo();
    let (dsr, found) = access(&world, DsrType::Access, RequestOption::B, &[CLOSED]);
    let item = found.items.iter().find(|item| item.path.ends_with(".csv")).unwrap();
    std::fs::write(world.inside(&item.path), "Max Power,max@contoso.com\n").unwrap();
    let error = export(&world, &dsr, "out").unwrap_err();
    assert_eq!(error.exit(), Exit::Conflict, "{error}");
    assert!(!world.file_path("out").exists());
    // And a request to delete gives nothing out.
    let (delete, _) = super::dsr::discovered(&world, RequestOption::B, &[CLOSED]);
    assert_eq!(refused(export(&world, &delete, "out")).rule, "DSR-10");
}

#[test]
fn cons_11_an_export_is_logged_in_the_tenants_it_concerns() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let (dsr, found) = access(&world, DsrType::Access, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    let done = export(&world, &dsr, "out").unwrap();
    let diagnostics = |tenant: &str| {
        let inside = format!("tenants/{tenant}/");
        let of = |id: &str| found.items.iter().find(|item| item.id == id).unwrap();
        done.items
            .iter()
            .map(|item| of(&item.findings[0]))
            .filter(|item| item.kind == caseward::model::FindingKind::Diagnostic)
            .filter(|item| item.path.starts_with(&inside))
            .count()
    };
    for tenant in ["contoso.com", "contoso-test.com"] {
        let logged = world
            .audit(tenant)
            .iter()
            .filter(|event| event.activity_display_name.as_str() == "Diagnostic exported")
            .count();
        assert_eq!(logged, diagnostics(tenant), "{tenant}");
    }
    assert!(diagnostics("contoso.com") > 0);
    let log = world.audit("contoso.com");
    assert!(
        log.iter().any(|e| e.activity_display_name.as_str() == "Data subject request exported")
    );
}

fn open_dsr() -> Value {
    json!({
        "regulation": "gdpr",
        "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-20T15:00:00Z",
        "subject_identities": [
            {"identity_type": "email", "identity_value": "jane@contoso.com", "identity_format": "raw"},
            {"identity_type": "ios_vendor_id", "identity_value": "6d92078a-8246-4ba4-ae5b-76104861e7dc",
             "identity_format": "raw"},
            {"identity_type": "controller_customer_id", "identity_value": "C-1881", "identity_format": "raw"},
        ],
        "api_version": "1.0",
        "controller_id": "contoso",
        "status_callback_urls": ["https://contoso.com/callbacks"],
    })
}

fn import(world: &World, request: &Value) -> Result<ops::Imported> {
    let file = world.file("request.json", request.to_string().as_bytes());
    ops::import(
        &world.as_engineer(ANA),
        &Import {
            file,
            tenant: None,
            regulation: None,
            option: RequestOption::A,
            cases: Vec::new(),
            allow_single_word: false,
            allow_duplicate: false,
        },
    )
}

#[test]
fn dsr_4_a_request_of_another_system_is_taken_as_the_customers() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let done = import(&world, &open_dsr()).unwrap();
    assert_eq!((done.received.tenant.as_str(), done.request_status), ("contoso.com", "pending"));
    assert_eq!(done.notices.len(), 1, "no callback is made: {:?}", done.notices);
    let id = done.received.id.as_str();
    let view = ops::show(&ana, id).unwrap();
    assert_eq!((view.kind, view.received_at), (DsrType::Delete, time("2026-11-20T15:00:00Z")));
    let kinds: Vec<IdentifierType> = view.identifiers.iter().map(|given| given.kind).collect();
    assert_eq!(kinds, [IdentifierType::Email, IdentifierType::Guid, IdentifierType::Custom]);
    // It is known by both ids, and answers in the specification's words.
    let status = |named: &str| ops::request_status(&ana, named).unwrap();
    let other = "a7551968-d5d6-44b2-9831-815ac9017798";
    assert_eq!(status(other).id.as_str(), id);
    assert_eq!(status(id).controller_id, "contoso");
    assert_eq!(status(id).request_status, "pending");
    let found = discover(&ana, id).unwrap();
    assert_eq!(status(id).request_status, "in_progress");
    exclude_reviews(&ana, id, &found);
    ops::plan(&ana, id, None, true).unwrap();
    ops::approve(&world.as_engineer(BEN), id, None, None).unwrap();
    ops::execute(&ana, id, &mut |_| {}).unwrap();
    assert_eq!(status(id).request_status, "completed");
    ops::close(&ana, id, None).unwrap();
    assert_eq!(status(id).request_status, "completed");
    // Once: it is recorded again only on purpose.
    let error = import(&world, &open_dsr()).unwrap_err();
    assert_eq!(error.exit(), Exit::Conflict, "{error}");
    let mut second = open_dsr();
    second["subject_request_id"] = json!("b7551968-d5d6-44b2-9831-815ac9017798");
    let second = import(&world, &second).unwrap();
    ops::cancel(&ana, second.received.id.as_str(), "withdrawn").unwrap();
    assert_eq!(status(second.received.id.as_str()).request_status, "cancelled");
}

#[test]
fn dsr_5_hashed_identities_are_refused_and_mistakes_are_named_by_their_place() {
    let world = World::demo();
    for format in ["sha1", "md5", "sha256"] {
        let mut hashed = open_dsr();
        hashed["subject_identities"][1]["identity_format"] = json!(format);
        let refusal = refused(import(&world, &hashed));
        assert_eq!(refusal.rule, "DSR-5");
        assert!(refusal.message.contains("$.subject_identities[1]"), "{refusal}");
    }
    let wrong: [(&str, Value, &str); 12] = [
        ("subject_request_id", json!(null), "$.subject_request_id is not a string"),
        ("subject_request_id", json!("7"), "$.subject_request_id is not a UUID"),
        ("subject_request_type", json!("rectification"), "$.subject_request_type"),
        ("submitted_time", json!("yesterday"), "$.submitted_time"),
        ("submitted_time", json!("2026-11-21T09:00:01Z"), "$.submitted_time is in the future"),
        ("api_version", json!("2.0"), "$.api_version"),
        ("regulation", json!("lgpd"), "$.regulation"),
        ("regulaton", json!("gdpr"), "did you mean `regulation`?"),
        ("subject_identities", json!({}), "$.subject_identities is not a list"),
        ("subject_identities", json!([7]), "$.subject_identities[0] is not an object"),
        (
            "subject_identities",
            json!([{"identity_type": "shoe_size", "identity_value": "43",
            "identity_format": "raw"}]),
            "$.subject_identities[0].identity_type",
        ),
        ("controller_id", json!("contosso"), "contoso"),
    ];
    let before = world.records();
    for (key, value, place) in wrong {
        let mut request = open_dsr();
        request[key] = value;
        let error = import(&world, &request).unwrap_err();
        let hint = error.hint().unwrap_or_default();
        assert!(format!("{error} {hint}").contains(place), "{key}: {error} ({hint})");
        assert_eq!(world.records(), before);
    }
    let text = format!("{{\"a\": {}", "[".repeat(100_000));
    let file = world.file("deep.json", text.as_bytes());
    let deep = Import {
        file,
        tenant: None,
        regulation: None,
        option: RequestOption::A,
        cases: Vec::new(),
        allow_single_word: false,
        allow_duplicate: false,
    };
    let ana = world.as_engineer(ANA);
    assert_eq!(ops::import(&ana, &deep).unwrap_err().exit(), Exit::Invalid);
    let big = world.file("big.json", &vec![b' '; (4 << 20) + 1]);
    let error = ops::import(&ana, &Import { file: big, ..deep }).unwrap_err();
    assert!(error.to_string().contains("larger than"), "{error}");
}

#[test]
fn dsr_2_an_imported_request_without_a_regulation_needs_one() {
    let world = World::demo();
    let mut request = open_dsr();
    request.as_object_mut().unwrap().remove("regulation");
    let error = import(&world, &request).unwrap_err();
    assert!(error.to_string().contains("DSR-2"), "{error}");
}

#[test]
fn dsr_5_ten_thousand_identifiers_are_taken_and_searched_for() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let mut many: Vec<_> = (0..9_999)
        .map(|n| given(IdentifierType::Email, &format!("person{n}@contoso.com")))
        .collect();
    many.extend(jane());
    let made = ops::receive(&ana, new(RequestOption::B, &[CLOSED], many)).unwrap();
    let found = discover(&ana, made.id.as_str()).unwrap();
    assert!(found.items.iter().any(|item| item.path.ends_with("call-quality.csv")));
    assert!(found.items.iter().all(|item| item.matches.iter().all(|m| m.identifier == 9_999)));
}
