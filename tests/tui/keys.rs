//! Key scripts: what keys do to the state, what they ask of the world, and what they never do.

use crate::harness::{ANA, BEN, Setting, Stage, acting, keys};
use crate::scripts::{TO_DELETION, TO_PLAN, TO_REVIEW};
use caseward::tui::Settings;
use caseward::tui::actions::{ACTIONS, ActionId, Availability, Danger};
use caseward::tui::app::{Action, App, Done, Effect, Job, Operation, Then, Work};

#[test]
fn letters_arrows_and_pages_move() {
    let mut stage = Stage::new();
    stage.type_keys("jjk<down><enter>").shows("2611120010003365 Finance is asked");
    stage.type_keys("<esc>").shows("Cases (13)");
    stage.type_keys("G<enter>").shows("SharePoint migration leaves folders");
    stage.type_keys("qg<enter>").shows("App registration");
}

#[test]
fn a_filter_shows_what_has_all_words() {
    let mut stage = Stage::new();
    stage.type_keys("/mailbox OPEN").shows("Cases (2 of 13)");
    stage.shows("2610240010004182").shows("2610020030005521").shows_not("2608110010000657");
    // Letters are letters while typing; enter keeps the filter and moves again.
    stage.type_keys("<enter>j<enter>").shows("Shared mailbox: replies");
    stage.type_keys("<esc><esc>").shows("Cases (13)");
}

#[test]
fn escape_goes_back_and_q_leaves_at_the_root() {
    let mut stage = Stage::new();
    stage.type_keys("<enter>?<esc>").shows("Overview");
    stage.type_keys("q");
    assert!(!stage.app.ended);
    stage.shows("Cases (13)");
    stage.type_keys("<esc>").shows("q leaves the program");
    assert!(!stage.app.ended);
    stage.type_keys("q");
    assert!(stage.app.ended);
}

#[test]
fn what_is_due_and_what_is_wrong_is_listed() {
    let broken = |dir: &std::path::Path| {
        let path = dir.join("tenants/contoso.com/cases/2610240010004182/case.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace("severity =", "severty =")).unwrap();
    };
    let mut stage = Stage::with(Setting::default(), broken);
    stage.shows("problem (d: list)").shows("Cases (12)");
    stage.type_keys("d").shows("overdue, ");
    stage.type_keys("G").shows("unknown key `severty`");
}

#[test]
fn a_disabled_action_says_why_with_its_rule() {
    let mut stage = Stage::new();
    // Somebody else's case: its diagnostics are not Ana's.
    stage.type_keys("/2611120010003365<enter><enter>d").shows("CONS-12");
    stage.shows_not("[ Attach ]");
    // The menu shows the reason beside it.
    stage.type_keys("a").shows("attach").shows("does not work on case");
    stage.type_keys("<esc>2A").shows("[SAR-4]");
}

#[test]
fn acting_as_somebody_else_stands_in_the_header() {
    let mut stage = Stage::new();
    stage.shows(ANA).shows_not("acting as");
    stage.type_keys("@j<enter>").shows("acting as ben.okafor");
    stage.resize(120, 40).shows(&format!("acting as {BEN}"));
    stage.resize(80, 24);
    stage.type_keys("@k<enter>").shows_not("acting as");
}

#[test]
fn a_request_is_approved_by_an_administrator_of_both_tenants() {
    let mut stage = Stage::new();
    stage.shows("2 pending access requests (2: view and approve)");
    stage.type_keys("@jjjj<enter>2").shows("acting as adele@contoso.com");
    // Cancel has the focus: enter alone changes nothing.
    stage.type_keys("A<enter>").shows("Manage pending requests (2)");
    stage.type_keys("A<tab><enter>").shows("You approved SAR-6JWD83PK; it is approved now.");
    stage.shows("Manage pending requests (1)").shows("Approved access (3)");
    stage.type_keys("<tab>").shows("SAR-6JWD83PK");
    stage.type_keys("<tab>n<tab><enter>").shows("You rejected SAR-H5T0YQ7N");
}

/// Where decisions are to be signed, the question is a form that takes what was signed elsewhere.
#[test]
fn sar_7_a_decision_is_imported_with_its_signature() {
    let mut stage = Stage::prepared(Setting::default(), |dir, context| {
        let config = dir.join("workspace.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replacen("[policy]", "[policy]\nrequire_signed_decisions = true", 1);
        std::fs::write(config, text).unwrap();
        *context = acting(dir, ANA);
    });
    let scratch = stage.dir.parent().unwrap().to_path_buf();
    let key = scratch.join("id");
    let stock = |arguments: &[&str]| {
        let ran = std::process::Command::new("ssh-keygen").args(arguments).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    };
    let key_name = key.to_str().unwrap();
    stock(&["-q", "-t", "ed25519", "-N", "", "-f", key_name]);
    let signer = caseward::ops::signing::NewSigner {
        principal: "adele@contoso.com".to_owned(),
        key: std::fs::read_to_string(key.with_extension("pub")).unwrap(),
        reports: false,
        decisions: true,
        valid_after: None,
        valid_before: None,
    };
    caseward::ops::signing::add(&acting(&stage.dir, BEN), &signer).unwrap();
    let statement = scratch.join("statement");
    let adele = acting(&stage.dir, "adele@contoso.com");
    let approved = caseward::model::Decision::Approved;
    let text = caseward::ops::access::statement(&adele, "SAR-6JWD83PK", approved, None).unwrap();
    std::fs::write(&statement, text).unwrap();
    let name = statement.to_str().unwrap();
    stock(&["-Y", "sign", "-q", "-n", "decision@caseward", "-f", key_name, name]);
    stage.type_keys("@jjjj<enter>2A").shows("Approve SAR-6JWD83PK, signed");
    stage.shows("caseward --as adele@contoso.com access");
    stage.type_keys("<tab><enter>").shows("Name the file with the signature.");
    // The statement itself is no signature of it.
    stage.type_keys(&format!("<backtab>{name}<tab><enter>")).shows("[SAR-7]");
    stage.type_keys(&format!("<backtab><ctrl-u>{name}.sig<tab><enter>"));
    stage.shows("You approved SAR-6JWD83PK; it is approved now.");
}

/// The banner on the landing screen leads to the two lists, and an entry opens its support request.
#[test]
fn sar_14_pending_requests_are_announced_and_opened_by_their_support_request() {
    let mut stage = Stage::new();
    stage.shows("2 pending access requests (2: view and approve)");
    stage.type_keys("2").shows("Manage pending requests (2)").shows("Approved access (2)");
    stage.shows("Support request ID").shows("2611120010003365");
    stage.type_keys("<enter>").shows("Consent       declined");
    stage.type_keys("<esc><tab>").shows("SAR-4F7K2M9Q").shows(MIGRATION_CASE);
}

const MIGRATION_CASE: &str = "2610240010004182";

#[test]
fn case_4_the_severity_of_an_assigned_case_is_changed_on_request() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>").shows("Severity      critical");
    stage.type_keys("v").shows("On request of").shows("john@contoso.com");
    stage.type_keys("<right><tab><tab><enter>").shows("highest critical impact");
    stage.type_keys("@j<enter>").shows("acting as");
    stage.type_keys("v").shows("[CASE-4]");
}

#[test]
fn sar_1_a_case_by_telephone_asks_for_its_own_tenant() {
    let mut stage = Stage::new();
    stage.type_keys("/2611140040006120<enter><enter>s").shows("Request access");
    stage.shows("northwind.example");
}

#[test]
fn a_question_takes_no_key_before_it_was_drawn() {
    let mut stage = Stage::new();
    stage.type_keys("@jjjj<enter>2");
    for key in keys("A<tab><enter>") {
        stage.press(key);
    }
    assert!(stage.app.asking.is_some(), "keys typed ahead do not answer");
    stage.draw();
    stage.type_keys("<esc>").shows("Manage pending requests (2)");
}

#[test]
fn consent_is_recorded_and_revoked() {
    let mut stage = Stage::new();
    stage.type_keys("/2611120010003365<enter><enter>").shows("Consent       declined");
    stage.type_keys("c").shows("Answer");
    stage.type_keys("<tab><tab><tab><enter>");
    stage.shows("Consent       active");
    stage.type_keys("c<tab><tab><tab><enter>").shows("Consent       revoked");
    // CONS-9: the other consent is another answer.
    stage.type_keys("c<backtab><backtab><right>").shows("memory_dump");
    stage.type_keys("<tab><enter>").shows("Consent       revoked");
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>d");
    stage.type_keys("/nowhere/sign-ins.csv<tab><tab><tab><tab><tab><enter>");
    stage.shows("it does not exist").shows("/nowhere/sign-ins.csv").shows("[ Attach ]");
    // The way out is there: correct the path and send it again.
    let file = stage.dir.parent().unwrap().join("sign-ins.csv");
    std::fs::write(&file, "user\njane@contoso.com\n").unwrap();
    let keys = format!("<tab><ctrl-u>{}<tab><tab><tab><tab><tab><enter>", file.display());
    stage.type_keys(&keys).shows("1 file attached");
}

#[test]
fn diagnostics_need_a_category() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>d");
    let file = stage.dir.parent().unwrap().join("trace.bin");
    std::fs::write(&file, "x").unwrap();
    let keys = format!("{}<tab><tab><tab><tab><tab><enter>", file.display());
    stage.type_keys(&keys).shows("[DIAG-1]");
    stage.type_keys("<backtab><backtab><backtab> ").shows("[x] support_data");
    stage.type_keys("<tab><tab><tab><enter>").shows("1 file attached");
}

#[test]
fn a_change_by_another_engineer_is_a_conflict_and_nothing_is_lost() {
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).shows("undecided");
    stage.type_keys("Eanother person<tab>");
    // Meanwhile another engineer gives the whole request up.
    let request = stage.dir.join("tenants/contoso.com/dsr/DSR-2026-0002/request.toml");
    let text = std::fs::read_to_string(&request).unwrap();
    let text = text.replace("state = \"review\"", "state = \"canceled\"");
    std::fs::write(&request, text.replace("revision = 2", "revision = 3")).unwrap();
    stage.type_keys("<enter>").shows("DSR-1").shows("another person").shows("[ Exclude ]");
}

#[test]
fn the_whole_job_by_keys() {
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).shows("Review of DSR-2026-0002").shows("undecided");
    stage.type_keys("Eanother person<enter><enter>").shows("all decided");
    stage.type_keys("<enter>").shows(">plan").shows("Next: enter (or p)");
    // Without the customer's word on the history there is no plan (DSR-7).
    stage.type_keys("<enter><tab><enter>").shows("[DSR-7]");
    stage.type_keys("<backtab> <tab><enter>").shows("a second person approves it");
    // The one who planned may not approve (DEL-2).
    stage.type_keys("<enter>").shows("[DEL-2]");
    stage.type_keys("@j<enter><enter><tab><enter>").shows("it can be executed now");
    stage.type_keys("<enter>").shows("[ Cancel ]").shows("Not covered").shows("Approved by");
    // Cancel has the focus.
    stage.type_keys("<enter>").shows(">deletion");
    // A wrong id deletes nothing.
    stage.type_keys("<enter><tab>DSR-2026-0001<enter>").shows("nothing was deleted");
    stage
        .type_keys("<ctrl-u>DSR-2026-0002<enter>")
        .shows("Complete:")
        .shows("deleted and verified");
    let out = stage.dir.parent().unwrap().join("report");
    let keys = format!("<enter><ctrl-u>{}<tab><tab><tab><enter>", out.display());
    stage.type_keys(&keys).shows("Report REP-DSR-2026-0002");
    assert!(out.join("verify.sh").is_file());
    stage.type_keys("4v").shows("Verified: every check passed.");
    stage.type_keys("<enter>").shows("Entry 2");
}

#[test]
fn a_report_is_signed_from_the_log() {
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).type_keys(TO_PLAN).type_keys(TO_DELETION);
    stage.type_keys("<tab>DSR-2026-0002<enter>").shows("deleted and verified");
    let scratch = stage.dir.parent().unwrap().to_path_buf();
    let key = scratch.join("id");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    // The genesis is of no transaction; the newest entry is the end of the deletion.
    stage.type_keys("4").shows("3 of 3 entries under the signed checkpoint").shows("not checked");
    stage.type_keys("Gt").shows("of no transaction");
    stage.type_keys("g");
    let out = scratch.join("report");
    // "key file" without one is refused, and then one is named.
    stage.type_keys(&format!("t<ctrl-u>{}<tab>k<tab><tab><enter>", out.display()));
    stage.shows("Name the key file that signs.");
    assert!(!out.exists());
    let name = format!("<backtab>{}<tab><enter>", key.display());
    stage.type_keys(&name).shows("signed, is in");
    let verified = caseward::report::bundle::verify_bundle(&out, None).unwrap();
    let signature = verified.checks.iter().find(|check| check.name == "signature").unwrap();
    assert!(verified.ok && signature.ok, "{:?}", verified.checks);
    // Without an agent nothing is written, and it is said why.
    let out = scratch.join("other");
    stage.type_keys(&format!("t<ctrl-u>{}<tab>s<tab><tab><enter>", out.display()));
    if std::env::var_os("SSH_AUTH_SOCK").is_none() {
        stage.shows("there is no ssh-agent");
        assert!(!out.exists());
    }
    stage.type_keys("<esc><esc>v").shows("Verified: every check passed.").shows("verified");
}

#[test]
fn a_verification_can_be_stopped() {
    let (mut app, _) = App::start((80, 24), &Settings::default());
    app.act(ActionId::GoLog);
    app.act(ActionId::LogVerify);
    assert!(matches!(app.act(ActionId::StopJob)[..], [Effect::Stop]));
    let stage = Stage::new();
    let context = caseward::ops::Context::open(&caseward::ops::Opening {
        workspace: Some(stage.dir.clone()),
        acting_as: Some(BEN.to_owned()),
        read_only: true,
    });
    let stop = std::sync::atomic::AtomicBool::new(true);
    let stopped =
        caseward::ops::attest::verify_until(&context.unwrap(), None, &stop, &mut |_, _| {});
    assert!(matches!(stopped, Err(caseward::error::Error::Interrupted)), "nothing is said of it");
}

#[test]
fn a_deletion_is_confirmed_only_where_it_is_seen_whole() {
    let mut stage = Stage::new();
    stage.type_keys(TO_REVIEW).type_keys(TO_PLAN).type_keys(TO_DELETION);
    stage.shows("[ Cancel ]");
    stage.resize(60, 15).shows("60×20 at least");
    stage.type_keys("<tab>DSR-2026-0002<enter>").shows_not("Complete");
    stage.resize(80, 24).shows("Type DSR-2026-0002 to delete");
    // What was typed while it could not be seen does not count.
    stage.type_keys("<tab><enter>").shows("nothing was deleted");
    // Nor what was typed ahead of the picture.
    stage.app.update(Action::Resize(80, 24));
    for key in keys("DSR-2026-0002<enter>") {
        assert!(stage.press(key).is_empty());
    }
    stage.draw();
    stage.type_keys("<enter>").shows("nothing was deleted");
}

#[test]
fn read_only_takes_every_writing_action_away() {
    let setting = Setting { read_only: true, ..Setting::default() };
    let mut stage = Stage::with(setting, |_| {});
    stage.shows("read-only");
    stage.type_keys("/2610240010004182<enter><enter>");
    for info in ACTIONS.iter().filter(|info| info.writes) {
        assert_eq!(stage.app.availability(info.id), Availability::Hidden, "{}", info.name);
    }
    stage.type_keys("x").shows("The workspace is open read-only.");
    stage.type_keys("a").shows_not("x   close").shows("act as");
}

#[test]
fn whatever_is_dangerous_asks_first() {
    // A dangerous key leads to a question or a form, never to an effect.
    let mut stage = Stage::new();
    let case = "/2610240010004182<enter><enter>";
    stage.type_keys(case);
    for key in keys("x") {
        assert!(stage.press(key).is_empty());
    }
    assert!(stage.app.asking.is_some());
    stage.draw();
    stage.type_keys("<esc><esc>2@jjjj<enter>");
    for info in ACTIONS.iter().filter(|info| info.danger == Danger::Confirm) {
        if stage.app.availability(info.id) == Availability::Enabled {
            assert!(stage.app.act(info.id).is_empty(), "{}", info.name);
            assert!(stage.app.asking.take().is_some(), "{}", info.name);
        }
    }
}

#[test]
fn closing_a_case_ends_its_access() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>x").shows("Close case 2610240010004182?");
    stage.type_keys("<right><enter>").shows("is closed").shows("Status        closed");
    stage.type_keys("c").shows("[CASE-6]");
    stage.type_keys("o<tab><enter>").shows("is open again").shows("Consent       ended");
}

#[test]
fn notes_access_and_assignment_go_through_their_forms() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter><tab>").shows("Records 6");
    stage.type_keys("n<tab><tab>called back, no answer<tab><enter>").shows("Records 7");
    stage.type_keys("s<tab>Only there can it be seen<enter><enter>").shows("was requested");
    stage.type_keys("t<right><tab><enter>").shows(&format!("is assigned to {BEN}"));
}

#[test]
fn one_thing_at_a_time() {
    let (mut app, _) = App::start((80, 24), &Settings::default());
    app.act(ActionId::GoLog);
    assert!(matches!(app.act(ActionId::LogVerify)[..], [Effect::Start(Work::Verify)]));
    app.act(ActionId::LogVerify);
    assert!(app.message().unwrap().text.contains("under way"));
    app.update(Action::Progress("1 of 2 entries".to_owned()));
    assert_eq!(app.job.as_ref().unwrap().progress, "1 of 2 entries");
}

#[test]
fn work_that_ends_leaves_a_form_alone() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>n<tab><tab>half a sent");
    let work = Work::Discover("DSR-2026-0002".parse().unwrap());
    stage.app.job = Some(Job { work, progress: String::new(), stopping: false });
    // Acting as somebody else meanwhile is an operation, not the end of the work.
    let done = |said: &str| Ok(Done { said: said.to_owned(), then: Then::Stay });
    stage.app.update(Action::Done(done("You act as somebody else now.")));
    assert!(stage.app.job.is_some());
    stage.app.update(Action::Finished(done("92 files searched.")));
    assert!(stage.app.job.is_none());
    stage.draw();
    stage.shows("half a sent").shows("92 files searched.").shows("[ Add ]");
}

#[test]
fn control_c_stops_work_and_nothing_else() {
    let mut stage = Stage::new();
    stage.type_keys("<ctrl-c>").shows("q leaves the program");
    assert!(!stage.app.ended);
    let work = Work::Execute("DSR-2026-0002".parse().unwrap());
    stage.app.job = Some(Job { work, progress: String::new(), stopping: false });
    stage.type_keys("<ctrl-c>").shows("is finished once begun");
    stage.type_keys("q").shows("leave when it is done");
    assert!(!stage.app.ended);
}

#[test]
fn effects_say_exactly_what_is_asked_for() {
    let mut stage = Stage::new();
    stage.type_keys("@jjjj<enter>2A<tab>");
    let effects = stage.press(keys("<enter>")[0]);
    assert!(
        matches!(&effects[..], [Effect::Do(Operation::Decide { sar, .. })] if sar.as_str() == "SAR-6JWD83PK"),
        "{effects:?}"
    );
}

#[test]
fn a_workspace_that_vanishes_is_said_and_survived() {
    let mut stage = Stage::new();
    std::fs::rename(stage.dir.join("tenants"), stage.dir.join("gone")).unwrap();
    stage.type_keys("<enter>").shows("2611200020000943");
    stage.type_keys("<esc>R23");
    std::fs::rename(stage.dir.join("gone"), stage.dir.join("tenants")).unwrap();
    stage.type_keys("1R").shows("Cases (13)");
}

#[test]
fn every_size_is_drawn_without_a_panic() {
    let mut stage = Stage::new();
    for script in ["", "<enter>", "<tab>", "a", "<esc><esc>2", "3", "n", "<esc>4v", "?", "<esc>!"] {
        stage.resize(80, 24).type_keys(script);
        for (columns, rows) in [
            (1, 1),
            (3, 1),
            (1, 50),
            (39, 9),
            (40, 10),
            (41, 11),
            (60, 15),
            (300, 3),
            (99, 24),
            (100, 24),
            (200, 60),
        ] {
            stage.resize(columns, rows);
        }
    }
}

#[test]
fn a_sweep_is_looked_at_confirmed_and_told() {
    let late = "tenants/fabrikam.com/cases/2610020030005521/diagnostics/signin-logs-20261022.json";
    let mut stage = Stage::new();
    let path = stage.dir.join(late);
    stage.type_keys("5").shows("Retention (").shows("overdue");
    stage.type_keys("x").shows("signin-logs-20261022.json").shows("2 files");
    // Cancel has the focus: enter alone deletes nothing.
    stage.type_keys("x").shows("Delete 2 files?");
    stage.type_keys("<enter>");
    assert!(path.exists());
    stage.type_keys("x<tab><enter>").shows("2 files deleted and verified");
    assert!(!path.exists());
    stage.shows("Retention (").shows_not("overdue");
    stage.type_keys("xx").shows("nothing is due");
}

#[test]
fn a_hold_keeps_a_file_from_the_sweep_until_it_is_released() {
    let late = "tenants/fabrikam.com/cases/2610020030005521/diagnostics/signin-logs-20261022.json";
    let mut stage = Stage::new();
    stage.type_keys("5Hcourt<enter><enter>").shows("is on legal hold");
    stage.type_keys("x").shows("Due, and kept").shows("Nothing is due.");
    stage.type_keys("<esc>H").shows("Release signin-logs-20261022.json?");
    stage.type_keys("<tab><enter>").shows("is released");
    stage.type_keys("xx<tab><enter>");
    assert!(!stage.dir.join(late).exists());
    // On a file of a case as well.
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter><tab>Hcourt<enter><enter>");
    stage.shows("is on legal hold").shows("(held)");
}

#[test]
fn a_sweep_is_an_engineers_and_nothing_under_read_only() {
    let mut stage = Stage::new();
    stage.act_as("john@contoso.com");
    stage.type_keys("5x").shows("[DEL-2]");
    stage.type_keys("H").shows("[DEL-8]");
    let read_only = Setting { read_only: true, ..Setting::default() };
    let mut stage = Stage::with(read_only, |_| {});
    stage.type_keys("5xx").shows("read-only");
}

#[test]
fn a_listed_account_adds_and_deletes_transfer_files() {
    let mut stage = Stage::new();
    let file = stage.dir.parent().unwrap().join("export.csv");
    std::fs::write(&file, "a,b").unwrap();
    stage.type_keys("/2610240010004182<enter><enter><backtab><backtab>");
    stage.shows("mrs-throttle-report.csv").shows("john@contoso.com");
    // The engineer does not delete for the account.
    stage.type_keys("X").shows("[DTM-1]");
    stage.type_keys("<esc>").act_as("john@contoso.com");
    stage.type_keys("<enter><backtab><backtab>");
    stage.type_keys(&format!("u{}<enter><enter>", file.display())).shows("1 file added");
    // The row in focus stays in focus; the new one came above it.
    stage.type_keys("gX").shows("Delete export.csv?");
    stage.type_keys("<tab><enter>").shows("export.csv is deleted and verified");
    stage.shows_not("export.csv  ");
}
