//! DSR-7, DSR-10, DSR-11 below the file: spans that give way, and nothing else that changes.

use super::dsr::{discover, discovered, given, jane, new};
use super::world::*;
use caseward::model::{
    DsrState, DsrType, IdentifierType, Meta, PlanAction, PlanScope, RequestOption, Sha256,
};
use caseward::ops::dsr::{self as ops, Discovered, NewRequest};
use caseward::workspace::{Workspace, layout};

/// Writes a record of the closed engagement by hand, with its sidecar.
fn record(world: &World, name: &str, bytes: &[u8]) -> String {
    let path = format!("tenants/contoso.com/cases/{CLOSED}/records/{name}");
    std::fs::write(world.inside(&path), bytes).unwrap();
    let sidecar = format!(
        "format = 1\nname = \"{name}\"\nsize = {}\nsha256 = \"{}\"\nat = \"2026-11-01T09:00:00Z\"\n\
         by = \"{ANA}\"\norigin = \"customer\"\nkind = \"note\"\n",
        bytes.len(),
        Sha256::of(bytes)
    );
    std::fs::write(world.inside(&format!("{path}.meta.toml")), sidecar).unwrap();
    path
}

fn finding(found: &Discovered, path: &str) -> String {
    let found = found.items.iter().find(|item| item.path == path);
    found.unwrap_or_else(|| panic!("no finding in {path}")).id.clone()
}

/// Leaves everything but some findings out.
fn exclude_all_but(world: &World, dsr: &str, found: &Discovered, keep: &[&str]) {
    let others: Vec<String> = found
        .items
        .iter()
        .map(|item| item.id.clone())
        .filter(|id| !keep.contains(&id.as_str()))
        .collect();
    ops::exclude(&world.as_engineer(ANA), dsr, &others, "not this one").unwrap();
}

fn approve_and_execute(world: &World, dsr: &str) -> ops::Executed {
    ops::approve(&world.as_engineer(BEN), dsr, None, None).unwrap();
    ops::execute(&world.as_engineer(ANA), dsr, &mut |_| {}).unwrap()
}

fn meta(workspace: &Workspace, path: &str) -> Meta {
    let path = caseward::fs::RelPath::new(path).unwrap();
    workspace.load::<Meta>(&layout::sidecar(&path)).unwrap().unwrap().value
}

#[test]
fn dsr_7_a_span_gives_way_to_a_mark_and_the_rest_stays_byte_for_byte() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let text = "\u{feff}Call with Jane\r\n\twrite to <JANE@contoso.com>, cc ann@contoso.com\r\n\
                https://x.example/?u=jane%40contoso.com&a=1 {\"m\":\"jane\\u0040contoso.com\"}\r\n";
    let path = record(&world, "call.md", text.as_bytes());
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let item = finding(&found, &path);
    exclude_all_but(&world, &dsr, &found, &[&item]);
    ops::redact(&ana, &dsr, std::slice::from_ref(&item), "the rest is needed").unwrap();
    let plan = ops::plan(&ana, &dsr, None, false).unwrap();
    let planned = plan.items.iter().find(|item| item.path == path).expect("planned");
    assert_eq!(planned.action, PlanAction::Redact);
    let mark = format!("[redacted {dsr}]");
    let expected = text
        .replace("JANE@contoso.com", &mark)
        .replace("jane%40contoso.com", &mark)
        .replace("jane\\u0040contoso.com", &mark);
    let after = planned.after.as_ref().unwrap();
    assert_eq!((after.spans, after.sha256), (3, Sha256::of(expected.as_bytes())));
    assert_eq!(std::fs::read(world.inside(&path)).unwrap(), text.as_bytes(), "not yet");
    let done = approve_and_execute(&world, &dsr);
    assert!(done.complete);
    let verdict = done.items.iter().find(|item| item.path == path).unwrap();
    assert_eq!((verdict.verdict, verdict.sha256), ("redacted", Sha256::of(text.as_bytes())));
    assert_eq!(std::fs::read_to_string(world.inside(&path)).unwrap(), expected);
    // The sidecar has the size and hash of what is there now, and says why.
    let meta = meta(&world.workspace, &path);
    assert_eq!((meta.size, meta.sha256), (after.size, after.sha256));
    assert_eq!(meta.redactions.len(), 1);
    assert_eq!(meta.redactions[0].dsr, id(&dsr));
    // Nothing is left to be found there, and nothing is wrong with the workspace.
    let (_, again) = discovered(&world, RequestOption::B, &[CLOSED]);
    assert!(again.items.iter().all(|item| item.path != path), "{:?}", again.items);
    assert_eq!(caseward::ops::status::status(&ana).unwrap().problems, []);
}

#[test]
fn dsr_7_a_case_keeps_its_form_its_comments_and_its_contacts() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let path = format!("tenants/contoso.com/cases/{CLOSED}/case.toml");
    // John is a contact of the case, and stands in its description too.
    let text = std::fs::read_to_string(world.inside(&path)).unwrap();
    let text = format!("# told by john@contoso.com\n{text}").replace(
        "description = \"\"\"\n",
        "description = \"\"\"\njohn@contoso.com says \\\"it stalls\\\". ",
    );
    std::fs::write(world.inside(&path), &text).unwrap();
    let john = vec![given(IdentifierType::Email, JOHN)];
    let made = ops::receive(&ana, new(RequestOption::B, &[CLOSED], john)).unwrap();
    let dsr = made.id.as_str();
    let found = discover(&ana, dsr).unwrap();
    let item = finding(&found, &path);
    exclude_all_but(&world, dsr, &found, &[&item]);
    ops::redact(&ana, dsr, &[item], "the case stays").unwrap();
    ops::plan(&ana, dsr, None, false).unwrap();
    approve_and_execute(&world, dsr);
    let mark = format!("[redacted {dsr}]");
    let expected = text
        .replace("# told by john@contoso.com", &format!("# told by {mark}"))
        .replace("john@contoso.com says", &format!("{mark} says"));
    assert_eq!(std::fs::read_to_string(world.inside(&path)).unwrap(), expected);
    let case = world.case(CLOSED);
    assert_eq!((case.opened_by.as_str(), case.contacts[0].upn.as_str()), (JOHN, JOHN));
    assert!(case.description.starts_with(&mark), "{}", case.description);
}

#[test]
fn dsr_7_text_in_utf_16_is_rewritten_in_utf_16() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(unit).collect()
    };
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let files = [
        ("le.txt", "\u{feff}An: jane@contoso.com\r\nWörter 😀\r\n", false),
        ("be.txt", "\u{feff}An: jane@contoso.com\r\n", true),
        ("unmarked.txt", "Von jane@contoso.com, an alle\r\n", false),
    ];
    let paths = files.map(|(name, text, big)| record(&world, name, &utf16(text, big)));
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let items = paths.each_ref().map(|path| finding(&found, path));
    exclude_all_but(&world, &dsr, &found, &items.each_ref().map(String::as_str));
    ops::redact(&ana, &dsr, &items, "the rest is needed").unwrap();
    ops::plan(&ana, &dsr, None, false).unwrap();
    approve_and_execute(&world, &dsr);
    for ((_, text, big), path) in files.iter().zip(&paths) {
        let expected = text.replace("jane@contoso.com", &format!("[redacted {dsr}]"));
        assert_eq!(std::fs::read(world.inside(path)).unwrap(), utf16(&expected, *big), "{path}");
    }
}

#[test]
fn dsr_7_what_cannot_be_taken_out_exactly_is_refused_with_a_way_out() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let base64 = "amFuZUBjb250b3NvLmNvbSBhbmQgc29tZSBtb3JlIHRleHQgc28gaXQgaXMgc2Vlbg==";
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("token.txt", format!("auth {base64}\n").into_bytes(), "base64"),
        ("image.bin", b"\x00\x01\x02\x03 jane@contoso.com \x00\x7f\x00".to_vec(), "no text"),
        ("jane@contoso.com.txt", b"nothing".to_vec(), "name"),
        ("all.tar", super::dsr::tar(&[("a", "jane@contoso.com")]), "tar archive"),
        ("n.json", br#"{"a": "jane@contoso.com", "b": 493055501234567}"#.to_vec(), "JSON"),
        ("big.log", b"jane@contoso.com\n".to_vec(), "larger"),
    ];
    let paths: Vec<String> =
        cases.iter().map(|(name, bytes, _)| record(&world, name, bytes)).collect();
    let mut identifiers = jane();
    identifiers.push(given(IdentifierType::Custom, "493055501234567"));
    let made = ops::receive(&ana, new(RequestOption::B, &[CLOSED], identifiers)).unwrap();
    let dsr = made.id.as_str();
    let found = discover(&ana, dsr).unwrap();
    // It grew since: told by its size, before it is read.
    let big = std::fs::File::options().write(true).open(world.inside(&paths[5])).unwrap();
    big.set_len((16 << 20) + 1).unwrap();
    let before: Vec<_> = world.records().into_keys().collect();
    for ((name, _, why), path) in cases.iter().zip(&paths) {
        let item = finding(&found, path);
        let refusal = refused(ops::redact(&ana, dsr, &[item], "r"));
        assert_eq!(refusal.rule, "DSR-7", "{name}");
        assert!(refusal.message.contains(why), "{name}: {refusal}");
        assert!(refusal.hint.as_deref().is_some_and(|hint| hint.contains("exclude")), "{name}");
    }
    let member = found.items.iter().find(|item| item.path.ends_with("all.tar!/a")).unwrap();
    let refusal = refused(ops::redact(&ana, dsr, std::slice::from_ref(&member.id), "r"));
    assert!(refusal.message.contains("only go as a whole"), "{refusal}");
    last_is_failure(&world.audit("contoso.com"), "DSR-7");
    assert_eq!(world.records().into_keys().collect::<Vec<_>>(), before);
    let (_, lines) = ops::findings(&ana, dsr).unwrap();
    assert!(lines.iter().all(|line| line.choice != "rewritten"), "a refusal decides nothing");
}

#[test]
fn dsr_7_a_case_that_would_no_longer_be_one_is_not_rewritten() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    // As an identifier, the word that tells that the case is closed.
    let closed = vec![given(IdentifierType::Custom, "closed")];
    let made = ops::receive(&ana, new(RequestOption::B, &[CLOSED], closed)).unwrap();
    let dsr = made.id.as_str();
    let found = discover(&ana, dsr).unwrap();
    let item = finding(&found, &format!("tenants/contoso.com/cases/{CLOSED}/case.toml"));
    let refusal = refused(ops::redact(&ana, dsr, &[item], "r"));
    assert!(refusal.message.contains("no longer be valid"), "{refusal}");
}

#[test]
fn dsr_7_option_a_deletes_whole_and_redacts_nothing() {
    let world = World::demo();
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    let item = found.items.iter().find(|item| item.path.ends_with(".md")).unwrap().id.clone();
    let refusal = refused(ops::redact(&world.as_engineer(ANA), &dsr, &[item], "r"));
    assert_eq!(refusal.rule, "DSR-7");
}

#[test]
fn dsr_7_a_match_in_the_sidecar_gives_way_and_its_hash_follows() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let path = record(&world, "note.md", b"told by jane@contoso.com\n");
    let sidecar = world.inside(&format!("{path}.meta.toml"));
    let text = std::fs::read_to_string(&sidecar).unwrap();
    std::fs::write(&sidecar, format!("{text}\n[x]\nof = \"jane@contoso.com\"\n")).unwrap();
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let item = finding(&found, &path);
    exclude_all_but(&world, &dsr, &found, &[&item]);
    ops::redact(&ana, &dsr, &[item], "r").unwrap();
    let plan = ops::plan(&ana, &dsr, None, false).unwrap();
    let rewritten: Vec<&str> = plan
        .items
        .iter()
        .filter(|item| item.action == PlanAction::Redact)
        .map(|item| item.path.as_str())
        .collect();
    assert_eq!(rewritten, [path.clone(), format!("{path}.meta.toml")]);
    approve_and_execute(&world, &dsr);
    let now = std::fs::read(world.inside(&path)).unwrap();
    assert_eq!(now, format!("told by [redacted {dsr}]\n").as_bytes());
    let meta = meta(&world.workspace, &path);
    assert_eq!((meta.size, meta.sha256), (now.len() as u64, Sha256::of(&now)));
    let text = std::fs::read_to_string(&sidecar).unwrap();
    assert!(!text.contains("jane@") && text.contains(&format!("of = \"[redacted {dsr}]\"")));
}

#[test]
fn del_1_a_file_that_changed_since_the_plan_is_not_rewritten() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let path = record(&world, "note.md", b"told by jane@contoso.com\n");
    let (dsr, found) = discovered(&world, RequestOption::B, &[CLOSED]);
    let item = finding(&found, &path);
    exclude_all_but(&world, &dsr, &found, &[&item]);
    ops::redact(&ana, &dsr, &[item], "r").unwrap();
    ops::plan(&ana, &dsr, None, false).unwrap();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    std::fs::write(world.inside(&path), "told by jane@contoso.com, and more\n").unwrap();
    let before = world.records();
    let refusal = refused(ops::execute(&ana, &dsr, &mut |_| {}));
    assert_eq!(refusal.rule, "DEL-1");
    assert_eq!(world.records(), before);
}

#[test]
fn dsr_11_a_record_is_corrected_or_deleted_and_asked_for_again() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let wrong = record(&world, "wrong.md", b"Her address is jane@contoso.com, room 4.\n");
    let gone = record(&world, "gone.md", b"jane@contoso.com left the company\n");
    let rectify = NewRequest { kind: DsrType::Rectify, ..new(RequestOption::B, &[CLOSED], jane()) };
    let made = ops::receive(&ana, rectify).unwrap();
    let dsr = made.id.as_str();
    let found = discover(&ana, dsr).unwrap();
    let (change, delete) = (finding(&found, &wrong), finding(&found, &gone));
    exclude_all_but(&world, dsr, &found, &[&change, &delete]);
    assert_eq!(refused(ops::redact(&ana, dsr, &[change.clone()], "r")).rule, "DSR-11");
    assert!(ops::rectify(&ana, dsr, &change, " ", "r").is_err(), "there is no correction");
    ops::rectify(&ana, dsr, &change, "jane.miller@contoso.com", "she married").unwrap();
    let plan = ops::plan(&ana, dsr, Some(PlanScope::Engagement), true).unwrap();
    assert_eq!(plan.scope, PlanScope::Items, "never the engagement around it");
    let actions: Vec<(&str, PlanAction)> = plan
        .items
        .iter()
        .filter(|item| !item.path.ends_with(".meta.toml"))
        .map(|item| (item.path.as_str(), item.action))
        .collect();
    assert_eq!(
        actions,
        [(gone.as_str(), PlanAction::Delete), (wrong.as_str(), PlanAction::Rectify)]
    );
    let done = approve_and_execute(&world, dsr);
    assert_eq!(done.state, DsrState::Fulfilled);
    assert_eq!(
        std::fs::read_to_string(world.inside(&wrong)).unwrap(),
        "Her address is jane.miller@contoso.com, room 4.\n"
    );
    assert!(!world.exists(&gone));
    // Only a request to rectify corrects.
    let (delete, found) = discovered(&world, RequestOption::B, &["2610240010004182"]);
    let item = found.items[0].id.clone();
    assert_eq!(refused(ops::rectify(&ana, &delete, &item, "x", "r")).rule, "DSR-11");
}

/// Stopped at any change of an execution, the next start finishes it, and the sidecar says what the
/// file is.
#[test]
fn del_4_a_redaction_that_was_stopped_is_finished_with_its_sidecar() {
    use caseward::attest::Log;
    use caseward::fs::Fs;
    use caseward::fs::stop::StopFs;
    use std::sync::Arc;
    let (mut steps, mut stops, mut finished) = (0, 0, 0);
    loop {
        let world = World::small();
        world.add_case("contoso.com", &case("1", "2026-11-01T09:00:00Z", &[]));
        let dir = "tenants/contoso.com/cases/1/records";
        std::fs::create_dir_all(world.inside(dir)).unwrap();
        let (path, bytes) = (format!("{dir}/note.md"), b"told by jane@contoso.com\n");
        std::fs::write(world.inside(&path), bytes).unwrap();
        let sidecar = format!(
            "format = 1\nname = \"note.md\"\nsize = {}\nsha256 = \"{}\"\nat = \"2026-11-01T09:00:00Z\"\n\
             by = \"jane@contoso.com\"\norigin = \"customer\"\nkind = \"note\"\n",
            bytes.len(),
            Sha256::of(bytes)
        );
        std::fs::write(world.inside(&format!("{path}.meta.toml")), sidecar).unwrap();
        let (dsr, found) = discovered(&world, RequestOption::B, &["1"]);
        let items: Vec<String> = found.items.iter().map(|item| item.id.clone()).collect();
        ops::redact(&world.as_engineer(ANA), &dsr, &items, "r").unwrap();
        ops::plan(&world.as_engineer(ANA), &dsr, None, false).unwrap();
        ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
        let stop = Arc::new(StopFs::new(world.plain(), steps));
        let stopped = world.on(Arc::clone(&stop) as Arc<dyn Fs>).unwrap();
        let result = ops::execute(&context(&stopped, NOW, ANA), &dsr, &mut |_| {});
        assert!(stop.stopped() || result.is_ok(), "{steps}: {result:?}");
        stops += u32::from(stop.stopped());
        // The next start, as the program does it.
        let workspace = Workspace::open(&world.root()).unwrap();
        let ana = context(&workspace, NOW, ANA);
        let log = Log::open(Arc::clone(workspace.fs()));
        if log.needs_recovery().unwrap() {
            let mut session = log.lock(time(NOW)).unwrap();
            ops::settle(&ana, &mut session).unwrap();
        }
        let now = std::fs::read(world.inside(&path)).unwrap();
        let meta = meta(&workspace, &path);
        assert_eq!((meta.size, meta.sha256), (now.len() as u64, Sha256::of(&now)), "{steps}");
        let rewritten = now != bytes;
        assert_eq!(meta.redactions.len(), usize::from(rewritten), "{steps}");
        finished += u32::from(rewritten && stop.stopped());
        // What is left is done when it is executed again, and it is said once.
        assert!(ops::execute(&ana, &dsr, &mut |_| {}).unwrap().complete, "{steps}");
        assert_eq!(ops::show(&ana, &dsr).unwrap().state, DsrState::Fulfilled);
        let found = discovered(&world, RequestOption::B, &["1"]).1;
        assert!(found.items.is_empty(), "{steps}: {:?}", found.items);
        if !stop.stopped() {
            break;
        }
        steps += 1;
    }
    assert!(stops > 20 && finished > 10, "{stops} stops, {finished} finished by the next start");
}
