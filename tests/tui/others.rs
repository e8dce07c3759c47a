//! What others write while the interface is open: it shows, the focus stays, what is being decided is
//! never pulled away, and a decision on what is no longer so is said with both versions first.

use crate::harness::{ANA, BEN, Stage, acting, example};
use caseward::model::Severity;
use caseward::ops::generate::{self, NewGenerated};
use caseward::ops::{case, dsr};
use caseward::tui::app::{Action, Load, Loaded};
use caseward::tui::events::Event;
use caseward::tui::executor::{Executor, Moment};
use caseward::tui::worker::Sink;
use caseward::workspace::Workspace;
use caseward::workspace::lookout::Changes;
use std::sync::mpsc;

const CASE: &str = "2610240010004182";
const RECORDS: Changes = Changes { records: true, log: false, case: false, gone: false };

/// Tells the interface that somebody committed, as the watch does.
fn told(stage: &mut Stage, changes: Changes) {
    let effects = stage.app.update(Action::Changed(changes));
    caseward::tui::carry_out(&mut stage.app, &mut stage.executor, effects, &mut Vec::new());
    stage.draw();
}

/// Another session makes the case critical.
fn another_makes_it_critical(stage: &Stage) {
    let other = acting(&stage.dir, ANA);
    let critical = Severity::HighestCriticalImpact;
    case::set_severity(&other, CASE, critical, Some("john@contoso.com")).unwrap();
}

#[test]
fn the_row_in_focus_marks_and_filter_stay_when_others_open_and_close_cases() {
    let mut stage = Stage::new();
    stage.type_keys("/open<enter>jj j").shows("1 marked");
    let (row, focus) = (stage.focused_row(), stage.app.front().row_id().unwrap());
    let ana = acting(&stage.dir, ANA);
    let rows = |stage: &Stage| stage.text().lines().filter(|line| line.contains(" open ")).count();
    let before = rows(&stage);
    // One above it goes from the list: it moves up, and stays in focus.
    case::close(&ana, "2611200020000943").unwrap();
    told(&mut stage, RECORDS);
    assert_eq!(stage.app.front().row_id().unwrap(), focus);
    assert_eq!(rows(&stage), before - 1);
    assert_eq!(stage.focused_row(), row - 1);
    stage.shows("1 marked").shows("/ open");
}

#[test]
fn a_form_stays_says_what_changed_and_is_held_against_what_was_seen() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>v").shows("Severity");
    stage.type_keys("<right>");
    let typed = stage.app.front().title(&stage.app.session);
    another_makes_it_critical(&stage);
    told(&mut stage, RECORDS);
    assert_eq!(stage.app.front().title(&stage.app.session), typed, "the form is in front");
    stage.shows(&format!("Case {CASE} changed while this was open")).shows("ana.silva");
    // Sent, it is first told with both versions; sent again, it is meant.
    let path = stage.dir.join(format!("tenants/contoso.com/cases/{CASE}/case.toml"));
    let before = std::fs::read_to_string(&path).unwrap();
    let button = "<tab><tab><enter>";
    stage.type_keys(button);
    stage.shows("\"highest_critical_impact\" now and was \"critical\"").shows("send it again");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "nothing was written");
}

#[test]
fn a_conflict_is_told_where_nothing_noticed_it() {
    // No watch told of it: a network file system. The sending finds out.
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>x").shows("[ Cancel ]");
    another_makes_it_critical(&stage);
    stage.type_keys("<tab><enter>");
    stage.shows("\"highest_critical_impact\" now and was \"critical\"");
    let path = stage.dir.join(format!("tenants/contoso.com/cases/{CASE}/case.toml"));
    assert!(std::fs::read_to_string(&path).unwrap().contains("status = \"open\""));
    // Having seen it, it is done.
    stage.type_keys("x<tab><enter>").shows("is closed");
}

#[test]
fn a_question_stays_and_has_to_be_seen_again() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>x<tab>").shows("[ Cancel ]");
    another_makes_it_critical(&stage);
    let effects = stage.app.update(Action::Changed(RECORDS));
    caseward::tui::carry_out(&mut stage.app, &mut stage.executor, effects, &mut Vec::new());
    // A key that was typed at the old picture answers nothing.
    stage.type_keys("");
    let asking = stage.app.asking.as_ref().unwrap();
    assert!(asking.on_verb && !asking.drawn);
    stage.press("enter".parse().unwrap());
    assert!(stage.app.asking.is_some(), "not answered unseen");
    stage.draw();
    stage.shows("changed while this was open").shows("[ Close the case ]");
}

#[test]
fn what_others_decide_in_a_review_moves_nobody_elses_focus() {
    let mut stage = Stage::new();
    stage.type_keys(crate::scripts::TO_REVIEW).type_keys("G");
    let focus = stage.app.front().row_id().unwrap();
    let first = stage.app.front().ids().remove(0);
    let ben = acting(&stage.dir, BEN);
    dsr::exclude(&ben, "DSR-2026-0002", &[first], "another person").unwrap();
    told(&mut stage, RECORDS);
    assert_eq!(stage.app.front().row_id().unwrap(), focus);
}

#[test]
fn a_deletion_that_is_being_confirmed_says_what_became_of_its_request() {
    use crate::scripts::{TO_PLAN, TO_REVIEW};
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).type_keys(TO_PLAN).type_keys("@j<enter><enter><tab><enter><enter>");
    stage.shows("Type DSR-2026-0002 to delete");
    dsr::give_back(&acting(&stage.dir, BEN), "DSR-2026-0002", "a file too many").unwrap();
    told(&mut stage, RECORDS);
    stage.shows("Meanwhile").shows("DSR-2026-0002 changed while this was open");
    // Typed all the same, it is refused: nothing approved lies behind it any more.
    stage.type_keys("<tab>DSR-2026-0002<enter>").shows_not("deleted and verified");
}

#[test]
fn a_workspace_that_is_moved_away_is_said_and_nothing_is_written_until_it_is_back() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>n<tab><tab>kept");
    let away = stage.dir.with_extension("away");
    std::fs::rename(&stage.dir, &away).unwrap();
    told(&mut stage, Changes { gone: true, ..Changes::default() });
    stage.shows("is not at").shows("kept");
    let records = away.join(format!("tenants/contoso.com/cases/{CASE}/records"));
    let count = || std::fs::read_dir(&records).unwrap().count();
    let before = count();
    stage.type_keys("<tab><enter>").shows("is not at").shows("kept");
    assert_eq!(count(), before);
    // Another in its place is another.
    std::fs::create_dir(&stage.dir).unwrap();
    stage.type_keys("<enter>").shows("is not at");
    std::fs::remove_dir(&stage.dir).unwrap();
    std::fs::rename(&away, &stage.dir).unwrap();
    stage.type_keys("<enter>").shows("was added");
}

/// An executor as the program has it, and what it tells the loop.
fn live() -> (tempfile::TempDir, std::path::PathBuf, Executor, mpsc::Receiver<Event>) {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("w");
    let context = example(&dir);
    let (sender, events) = mpsc::channel();
    let mut executor = Executor::new(context, Moment::Fixed, Sink::Channel(sender.clone()));
    executor.watch(&sender).unwrap();
    (scratch, dir, executor, events)
}

fn next(events: &mpsc::Receiver<Event>) -> Action {
    match events.recv().unwrap() {
        Event::Action(action) => *action,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_commit_of_another_process_reaches_the_loop() {
    let (_scratch, dir, _executor, events) = live();
    case::close(&acting(&dir, ANA), CASE).unwrap();
    assert!(matches!(next(&events), Action::Changed(changes) if changes == RECORDS));
}

#[test]
fn lists_of_a_large_workspace_are_read_behind_the_loop() {
    use caseward::ops::status;
    use caseward::tui::app::Effect;
    use caseward::workspace::index::Freshness;
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("w");
    let new = NewGenerated { dir: dir.clone(), cases: 200, seed: 8 };
    generate::generate(&new, &mut |_, _| {}).unwrap();
    let workspace = Workspace::open(&dir).unwrap();
    let engineer = workspace.config().engineers[0].principal.clone();
    let context = acting(&dir, &engineer);
    // What makes a workspace a large one: it was gone over, and there is an index.
    status::landing(&context, Freshness::Checked).unwrap();
    assert!(context.workspace.is_indexed());
    let (sender, events) = mpsc::channel();
    let mut executor = Executor::new(context, Moment::Fixed, Sink::Channel(sender));
    for load in [Load::Access, Load::Requests, Load::Retention, Load::SweepPreview] {
        let at_once = executor.execute(Effect::Load(load.clone()));
        // Nothing but the clock: the loop goes on to the next key.
        assert!(matches!(at_once.as_slice(), [Action::Clock(_)]), "{load:?}: {at_once:?}");
        // Behind the picture, and not before it.
        assert!(events.try_recv().is_err());
        executor.drawn();
        let read = next(&events);
        assert!(matches!(&read, Action::Loaded(loaded) if loaded.answers(&load)), "{read:?}");
    }
    // The cases and the surroundings: something at once, then all of it.
    let at_once = executor.execute(Effect::Load(Load::Cases));
    let [Action::Clock(_), Action::Loaded(Loaded::Cases(newest))] = at_once.as_slice() else {
        panic!("{at_once:?}");
    };
    assert!(newest.status.is_none() && newest.all == 200 && !newest.lines.is_empty());
    executor.drawn();
    let Action::Loaded(Loaded::Cases(all)) = next(&events) else { panic!() };
    assert!(all.status.is_some() && all.lines.len() == 200);
    let at_once = executor.execute(Effect::Load(Load::Session));
    let [Action::Clock(_), Action::Loaded(Loaded::Session(session))] = at_once.as_slice() else {
        panic!("{at_once:?}");
    };
    assert!(session.tenants.is_empty() && session.principal == engineer);
    executor.drawn();
    let Action::Loaded(Loaded::Session(session)) = next(&events) else { panic!() };
    assert!(!session.tenants.is_empty());
    // Nothing is shown twice in pieces while the same person acts.
    for load in [Load::Cases, Load::Session] {
        assert!(matches!(executor.execute(Effect::Load(load)).as_slice(), [Action::Clock(_)]));
        executor.drawn();
        next(&events);
    }
    // Somebody else begins anew.
    let [Action::Done(Ok(_))] = executor.execute(Effect::ActAs(engineer)).as_slice() else {
        panic!("the same engineer may act");
    };
    for load in [Load::Cases, Load::Session] {
        let at_once = executor.execute(Effect::Load(load));
        assert!(matches!(at_once.as_slice(), [Action::Clock(_), Action::Loaded(_)]), "{at_once:?}");
        executor.drawn();
        next(&events);
    }
}
