//! What makes the interface easy on people: nothing typed is thrown away unasked, what was meant comes
//! first, every list can be clicked and copied from, records are read in place.

use crate::harness::{Stage, keys};
use crate::scripts::TO_REVIEW;
use caseward::tui::app::{Action, Effect, begins, passes};
use std::fs;

#[test]
fn esc_in_a_changed_form_asks_before_it_throws_away() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>n").shows("[ Add");
    // Nothing was typed: nothing to ask. Moving about is no change.
    stage.type_keys("<tab><tab><backtab><esc>").shows("Overview");
    stage.type_keys("n<tab><tab>half a thought<esc>");
    stage.shows("Esc again throws away").shows("half a thought");
    // Any other key stays, and the next Esc asks anew.
    stage.type_keys("!").shows_not("Esc again").shows("half a thought!");
    stage.type_keys("<esc>").shows("Esc again");
    stage.app.update(Action::Paste(" and more".to_owned()));
    stage.draw();
    stage.shows_not("Esc again").shows("half a thought! and more");
    // What was taken back is no change.
    stage.type_keys("<esc><esc>").shows("Overview");
    stage.type_keys("v<right><left><esc>").shows("Overview");
    stage.type_keys("v<right><esc>").shows("Esc again");
    stage.type_keys("<esc>").shows("Overview").shows("critical");
}

#[test]
fn a_word_that_begins_as_typed_comes_before_one_that_only_holds_it() {
    assert!(begins("mig", "Mailbox migration") && begins("co mai", "mail to contoso"));
    assert!(!begins("ail", "Mailbox") && passes("ail", "Mailbox"));
    assert!(begins("box", "mailbox, (box)"), "any place counts");
    assert!(begins("ü", "x über") && !begins("ber", "über"));
    // In a list: f0001 stands above f0011, and what begins so above what holds it.
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).type_keys("/re<enter>g");
    let rows: Vec<String> = stage.app.front().ids();
    let shown = stage.text();
    let first = shown.lines().find(|line| line.contains(&rows[0])).unwrap().to_lowercase();
    assert!(begins("re", &first), "{first}");
    // In the palette.
    let mut stage = Stage::new();
    stage.type_keys(":vm");
    let listed = stage.text();
    let at = |what: &str| listed.lines().position(|line| line.contains(what));
    assert!(at("case ").is_some(), "{listed}");
}

#[test]
fn every_list_takes_clicks() {
    let click = |stage: &mut Stage, row: u16| {
        let effects = stage.app.update(Action::Click { column: 5, row });
        caseward::tui::carry_out(&mut stage.app, &mut stage.executor, effects, &mut Vec::new());
        stage.draw();
    };
    let scripts = [
        ("access", "2l"),
        ("review", TO_REVIEW),
        ("retention", "5"),
        ("records", "/2610240010004182<enter><enter><tab>"),
        ("diagnostics", "/2610240010004182<enter><enter><tab><tab>"),
        ("audit", "/2610240010004182<enter><enter><backtab>"),
        ("filtered", "5/contoso<enter>"),
    ];
    for (what, script) in scripts {
        let mut stage = Stage::new();
        stage.type_keys(script).type_keys("g");
        let top = stage.focused_row();
        let first = stage.app.screens.len();
        click(&mut stage, top + 1);
        assert_eq!(stage.focused_row(), top + 1, "{what}:\n{}", stage.text());
        // The heading is no row, nor is what lies below the list.
        click(&mut stage, top - 1);
        click(&mut stage, 23);
        assert_eq!((stage.focused_row(), stage.app.screens.len()), (top + 1, first), "{what}");
    }
}

#[test]
fn ids_are_copied_from_every_list() {
    let copied = |script: &str| {
        let mut stage = Stage::new();
        stage.type_keys(script);
        let effects = stage.press("y".parse().unwrap());
        let one = effects.into_iter().find_map(|effect| match effect {
            Effect::Copy { what, text } => Some(format!("{what} {text}")),
            _ => None,
        });
        stage.draw();
        one.unwrap_or_else(|| stage.text())
    };
    assert!(copied("3").contains("DSR-2026-0001"));
    assert!(copied("5").contains("tenants/"));
    assert!(copied("4").contains("entry 0"), "{}", copied("4"));
    assert!(copied("2l").contains("SAR-"));
}

#[test]
fn a_record_is_read_in_the_pager_by_engineers_and_that_is_logged() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter><tab>").shows("p read");
    let mut paged = Vec::new();
    let effects = stage.app.update(Action::Key(keys("<enter>")[0]));
    caseward::tui::carry_out(&mut stage.app, &mut stage.executor, effects, &mut paged);
    stage.draw();
    stage.shows("was read; that is logged");
    let text = paged.iter().find_map(|effect| match effect {
        Effect::Page { name, text } => Some((name.clone(), text.clone())),
        _ => None,
    });
    let (name, text) = text.unwrap();
    let file = stage.dir.join("tenants/contoso.com/cases/2610240010004182/records").join(name);
    assert_eq!(text.trim(), fs::read_to_string(file).unwrap().trim());
    let log = fs::read_to_string(stage.dir.join("tenants/contoso.com/audit.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("Record viewed"));
    // Notes that are ours alone are not for the customer's people.
    stage.act_as("john@contoso.com");
    stage.type_keys("<enter>").shows("CASE-1");
}
