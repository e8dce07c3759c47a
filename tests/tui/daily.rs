//! What one lives in all day: the palette, sorting, filters, marks, undo, copying, picking files,
//! notes of several lines, the mouse.

use crate::harness::{Setting, Stage, keys};
use crate::scripts::TO_REVIEW;
use caseward::tui::app::{Action, Effect, Entry, Operation};
use std::fs;

fn shot(name: &str, stage: &Stage) {
    insta::assert_snapshot!(name, stage.picture());
}

/// The effects of the last key of a script.
fn effects(stage: &mut Stage, script: &str) -> Vec<Effect> {
    let mut last = Vec::new();
    for key in keys(script) {
        last = stage.press(key);
        stage.draw();
    }
    last
}

#[test]
fn the_palette_finds_actions_and_says_why_not() {
    let mut stage = Stage::new();
    shot("palette", stage.type_keys(":"));
    stage.type_keys("retent<enter>").shows("Retention");
    // Somebody else's case: what cannot be done stands there with its rule.
    stage.type_keys("1/2611120010003365<enter><enter>");
    shot("palette_disabled", stage.type_keys("<ctrl-p>attach"));
    stage.shows("not now:").shows("CONS-12");
    stage.type_keys("<enter>").shows("CONS-12").shows_not("[ Attach ]");
    // What asks first asks first from here, too.
    stage.type_keys(":close<enter>").shows("[ Cancel ]");
    stage.type_keys("<esc>:zzzz").shows("Nothing has this name or id");
    stage.type_keys("<enter>").shows("Nothing has this name or id");
    stage.type_keys(":<esc>").shows_not("Find an action");
}

#[test]
fn the_palette_jumps_to_a_case_a_request_and_an_access_request() {
    let mut stage = Stage::new();
    shot("palette_ids", stage.type_keys(":26102"));
    stage.type_keys("40010004182<enter>").shows("Overview").shows("Mailbox migration");
    stage.type_keys(":DSR-2026-0001<enter>").shows("DSR-2026-0001 ");
    stage
        .type_keys(":sar-4f7k<enter>")
        .shows("Approved access")
        .shows("Request         SAR-4F7K2M9Q");
}

#[test]
fn the_palette_knows_nothing_that_another_principal_saw() {
    let mut stage = Stage::new();
    let sees = |stage: &mut Stage| {
        stage.type_keys(":sar");
        let rows = &stage.app.palette.as_ref().unwrap().rows;
        let found = rows.iter().filter(|row| matches!(row, Entry::Access { .. })).count();
        stage.type_keys("<esc><esc>");
        found
    };
    let engineer = sees(&mut stage);
    stage.act_as("john@contoso.com");
    let john = sees(&mut stage);
    let mut fresh = Stage::new();
    fresh.act_as("john@contoso.com");
    assert_eq!(john, sees(&mut fresh), "of {engineer} that an engineer sees");
    assert_ne!(john, engineer);
}

#[test]
fn nothing_that_one_principal_saw_stays_for_the_next() {
    let case = "/2610240010004182<enter><enter>";
    for (keys, theirs) in [
        (case.to_owned(), "Cross-tenant move"),
        (format!("{case}<tab>"), "2026-10-24-first-call"),
        (format!("{case}<tab><tab>"), "endpoint-health"),
        ("3<enter>".to_owned(), "Pat Kowalski"),
        ("3".to_owned(), "DSR-2026-0001"),
        ("d".to_owned(), "contoso"),
    ] {
        let mut stage = Stage::new();
        stage.type_keys(&keys).shows(theirs);
        stage.act_as("erik@northwind.example").shows_not(theirs);
        stage.type_keys("<esc>").shows_not(theirs);
    }
}

#[test]
fn a_line_of_ten_megabytes_is_a_finding_like_any_other() {
    let mut stage = Stage::new();
    let half = "0123456789abcdef ".repeat(5 << 16);
    let line = format!("{half} jane@contoso.com {half}");
    assert!(line.len() > 10 << 20);
    let records = stage.dir.join("tenants/contoso.com/cases/2610240010004182/records");
    fs::write(records.join("aaa-one-line.md"), line).unwrap();
    stage.type_keys(TO_REVIEW).shows("Review of DSR-2026-0002");
    stage.type_keys("/one-line<enter>");
    stage.shows("aaa-one-line.md").shows("11.1 MB");
    // What stands around the match is shown, not the line.
    stage.type_keys("c").shows("jane@contoso.com •••").shows_not("abcdef");
}

#[test]
fn read_only_leaves_no_writing_action_in_the_palette() {
    let setting = Setting { read_only: true, ..Setting::default() };
    let mut stage = Stage::with(setting, |_| {});
    stage.type_keys("/2610240010004182<enter><enter>:");
    for writing in ["consent", "attach", "close", "note"] {
        let listed = stage.app.palette.as_ref().unwrap().rows.iter().any(|row| {
            matches!(row, Entry::Action(id, _)
                if caseward::tui::actions::info(*id).title == writing)
        });
        assert!(!listed, "{writing}");
    }
    stage.type_keys("refresh").shows("Read everything again");
}

#[test]
fn the_list_is_sorted_by_column_and_the_row_in_focus_stays() {
    let mut stage = Stage::new();
    stage.type_keys("/2610020030005521<enter><esc>");
    stage.type_keys("ss").shows("Title ▲").shows("by title, from A");
    shot("cases_sorted", &stage);
    stage.type_keys("r").shows("Title ▼").shows("from Z");
    stage.type_keys("ssssss").shows("Due ▲").shows("by what is due, soonest first");
    stage.type_keys("g<enter>").shows("2610020030005521 Shared mailbox");
    let mut stage = Stage::new();
    stage.type_keys("sssssg<enter>").shows("Severity      highest critical impact");
    // Round again to where it began.
    stage.type_keys("<esc>ssss").shows("Cases (13)").shows_not("▲");
}

#[test]
fn every_letter_narrows_and_every_letter_taken_back_widens() {
    let mut stage = Stage::new();
    stage.type_keys("/con").shows("(8 of 13)");
    let by_letters = stage.text();
    stage.type_keys("t<backspace>");
    assert_eq!(stage.text(), by_letters);
    stage.type_keys("toso open mail").shows("(1 of 13)");
    stage.type_keys("<esc>").shows("Cases (13)");
}

#[test]
fn a_saved_filter_is_chosen_by_name() {
    let mut stage = Stage::configured("[filters]\nmine = \"ana open\"\nmail = \"mailbox\"\n");
    shot("saved_filters", stage.type_keys("f"));
    stage.type_keys("j<enter>").shows("(2 of 13)").shows("/ mailbox");
    stage.type_keys("U").shows("Cases (13)").shows("filter is as it was");
    let mut stage = Stage::new();
    stage.type_keys("f").shows("name one under [filters]");
}

#[test]
fn marks_are_decided_on_together_and_a_decision_is_taken_back() {
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).shows("Review of DSR-2026-0002");
    stage.type_keys("G ");
    stage.shows("1 marked");
    stage.type_keys("g  ").shows(", 3 marked");
    shot("review_marked", &stage);
    let marked = stage.app.screens.len();
    let done = effects(&mut stage, "eanother person<enter><enter>");
    assert!(
        done.iter().any(|effect| matches!(effect,
            Effect::Do(Operation::Exclude { items, .. }) if items.len() == 3)),
        "{done:?}"
    );
    assert_eq!(stage.app.screens.len(), marked);
    stage.shows("3 findings excluded");
    // What nobody had decided on before stays decided, and that is said.
    stage.type_keys("U").shows("decide anew instead");
}

#[test]
fn undo_restores_marks_and_decisions_and_names_what_it_cannot() {
    let mut stage = Stage::new();
    stage.type_keys("U").shows("Nothing was changed yet");
    stage.type_keys("  ").shows("2 marked");
    stage.type_keys("U").shows("1 marked");
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).type_keys("Eanother person<enter><enter>").shows("all decided");
    // An exact match counts as included: excluded and taken back, it is included again.
    stage.type_keys("/included<enter>").shows("included");
    stage.type_keys("eby mistake<enter><enter>").shows("1 finding excluded");
    let back = effects(&mut stage, "U");
    let items = back.iter().find_map(|effect| match effect {
        Effect::Do(Operation::Include { items, .. }) => Some(items.len()),
        _ => None,
    });
    assert_eq!(items, Some(1), "{back:?}");
    stage.shows("1 finding included");
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>x<tab><enter>").shows("is closed");
    stage.type_keys("U").shows("This cannot be undone: Case 2610240010004182 is closed");
    stage.type_keys("U").shows("This cannot be undone");
}

#[test]
fn ids_hashes_and_paths_are_copied() {
    let mut stage = Stage::new();
    let copied = effects(&mut stage, "y");
    assert!(
        matches!(copied.as_slice(), [Effect::Copy { what, text }]
            if what == "id" && text == "2611200020000943"),
        "{copied:?}"
    );
    stage.type_keys(TO_REVIEW);
    shot("copy_menu", stage.type_keys("y"));
    let copied = effects(&mut stage, "j<enter>");
    assert!(
        matches!(copied.as_slice(), [Effect::Copy { what, text }]
            if what == "SHA-256" && text.len() == 64),
        "{copied:?}"
    );
}

#[test]
fn the_clipboard_is_told_and_never_asked() {
    use caseward::tui::terminal::clipboard;
    assert_eq!(clipboard("id", false), "\x1b]52;c;aWQ=\x07");
    assert_eq!(clipboard("id", true), "\x1bPtmux;\x1b\x1b]52;c;aWQ=\x07\x1b\\\x1b]52;c;aWQ=\x07");
    // Whatever is copied, nothing of it can end the sequence.
    let hostile = clipboard("\x07\x1b\\\x1b[2J", false);
    assert_eq!(hostile.matches('\x1b').count(), 1);
    assert!(!hostile.contains("52;c;?"), "a question");
}

#[test]
fn files_are_picked_with_what_their_names_suggest() {
    let mut stage = Stage::new();
    let dir = stage.dir.parent().unwrap().join("files");
    fs::create_dir_all(dir.join("older")).unwrap();
    for (name, size) in [("sign-ins-berlin.csv", 1200), ("telemetry.json", 30), ("x.bin", 0)] {
        let file = fs::File::create(dir.join(name)).unwrap();
        file.set_len(size).unwrap();
        let day = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_000_000);
        file.set_modified(day).unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", dir.join("link.csv")).unwrap();
    let older = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_794_000_000);
    fs::File::open(dir.join("older")).unwrap().set_modified(older).unwrap();
    stage.type_keys("/2610240010004182<enter><enter>D").shows("Attach to 2610240010004182");
    stage.picks_in(&dir);
    stage.shows("older/").shows("sign-ins-berlin.csv").shows_not("link.csv");
    stage.type_keys("j").shows("its name holds \"sign\"");
    let shown = stage.picture().replace(&dir.display().to_string(), "FILES");
    insta::assert_snapshot!("picker", shown);
    stage.type_keys("/tele").shows_not("berlin");
    stage.type_keys("<esc>");
    // Two marked, both in the form, with what the two suggest.
    stage.type_keys("gj  ").shows("2 marked");
    stage.type_keys("<enter>").shows("[ Attach ]").shows("telemetry.json");
    stage.shows("[x] euii").shows("[x] system_metadata").shows("sign_in_logs");
    stage.type_keys("<esc>").shows("Overview");
}

#[test]
fn a_directory_that_cannot_be_listed_is_said() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>D");
    let gone = stage.dir.join("nowhere");
    stage.picks_in(&gone);
    stage.shows("it does not exist");
}

#[test]
fn a_note_has_several_lines() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>n<tab><tab>first<enter>second 日本");
    shot("form_note_lines", &stage);
    stage.app.update(Action::Paste("\nthird\u{1b}[2J\nfourth".to_owned()));
    stage.draw();
    stage.shows("fourth");
    stage.type_keys("<tab><enter>").shows("was added");
    let records = stage.dir.join("tenants/contoso.com/cases/2610240010004182/records");
    let written = fs::read_dir(records)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .find(|text| text.starts_with("first"));
    assert_eq!(written.as_deref(), Some("first\nsecond 日本\nthird[2J\nfourth"));
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    use caseward::tui::app::Failure;
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>n<tab><tab>kept");
    let asked = effects(&mut stage, "<ctrl-e>");
    assert!(matches!(asked.as_slice(), [Effect::Edit { text }] if text == "kept"), "{asked:?}");
    stage.app.update(Action::Edited(Err(Failure::usage("the editor `x` ended without success"))));
    stage.draw();
    stage.shows("ended without success").shows("kept");
    stage.app.update(Action::Edited(Ok("other\nlines\n".to_owned())));
    stage.draw();
    stage.shows("other").shows("lines").shows_not("kept").shows_not("without success");
}

#[test]
fn a_diagnostic_is_read_in_the_pager_and_that_is_logged() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter><tab><tab>").shows("Diagnostic");
    stage.type_keys("<enter>").shows("was read; that is logged");
    let log = fs::read_to_string(stage.dir.join("tenants/contoso.com/audit.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("iew"), "{log}");
    // Whose it is not, is told the rule.
    stage.type_keys("@j<enter>p").shows("CONS-12");
}

#[test]
fn the_wheel_and_a_click_do_what_keys_do() {
    let mut stage = Stage::new();
    stage.app.update(Action::Wheel(3));
    stage.draw();
    let row = stage.focused_row();
    stage.app.update(Action::Wheel(-3));
    stage.draw();
    assert_eq!(stage.focused_row(), row - 3);
    stage.app.update(Action::Click { column: 5, row: row - 1 });
    stage.draw();
    assert_eq!(stage.focused_row(), row - 1);
    // Beside the rows nothing happens; on the one in focus it opens.
    for (column, row) in [(5, 0), (5, 23), (5, 4), (200, row)] {
        stage.app.update(Action::Click { column, row });
    }
    stage.draw();
    assert_eq!(stage.focused_row(), row - 1);
    let opened = stage.app.update(Action::Click { column: 5, row: row - 1 });
    assert!(!opened.is_empty());
    assert_eq!(stage.app.screens.len(), 2);
    let mut stage = Stage::new();
    let asked = effects(&mut stage, "M");
    assert!(matches!(asked.as_slice(), [Effect::Mouse(true)]), "{asked:?}");
}
