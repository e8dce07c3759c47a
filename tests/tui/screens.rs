//! Pictures of every screen as text and style runs: usual, empty, wrong, narrow, wide, without
//! colour, and with names that try to take the terminal over.

use crate::harness::{Setting, Stage};
use crate::scripts::{TO_DELETION, TO_PLAN, TO_REVIEW};
use caseward::attest::Log;
use caseward::fs::stop::StopFs;
use caseward::fs::{Fs, RealFs};
use caseward::ops::{Context, dsr};
use caseward::tui::app::{Action, Job, Work};
use caseward::workspace::Workspace;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn shot(name: &str, stage: &Stage) {
    insta::assert_snapshot!(name, stage.picture());
}

/// For screens with ids and hashes of a log that was made just now.
fn log_shot(name: &str, stage: &Stage) {
    insta::assert_snapshot!(name, stage.picture_of_log());
}

/// For the log itself, whose times are the clock's.
fn timeless_shot(name: &str, stage: &Stage) {
    insta::assert_snapshot!(name, stage.picture_without_times());
}

fn mono() -> Setting {
    Setting { mono: true, ..Setting::default() }
}

/// Takes everything out of the example but its tenants and people.
fn emptied(dir: &Path) {
    for tenant in fs::read_dir(dir.join("tenants")).unwrap() {
        for part in ["cases", "approvals", "dsr"] {
            let _ = fs::remove_dir_all(tenant.as_ref().unwrap().path().join(part));
        }
    }
}

const MAILBOX: &str = "tenants/contoso.com/cases/2610240010004182";

fn retitled(dir: &Path, title: &str) {
    let path = dir.join(MAILBOX).join("case.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace("Mailbox migration stalls at 95 %", title);
    fs::write(path, text).unwrap();
}

/// Names and contents of a stranger who knows terminals.
fn hostile(dir: &Path) {
    retitled(
        dir,
        "\\u001b[2J\\u001b]0;owned\\u0007 \\u202Egnp.exe\\u2066 \\u009b31m \\t\\u0000end",
    );
    let name = "x\u{1b}[31m\u{202e}dm.\u{7}\r\n.md";
    fs::write(dir.join(MAILBOX).join("records").join(name), "\u{1b}c").unwrap();
    let path = dir.join("tenants/contoso.com/tenant.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("John Evans", "\\u001b[7mJohn\\u200B Evans\\u202E")).unwrap();
}

fn wide(dir: &Path) {
    retitled(
        dir,
        "日本語のメールボックス移行が九十五パーセントで停止する 🚀 e\u{301}\u{301} Ｗide",
    );
}

#[test]
fn cases() {
    shot("cases", &Stage::new());
    shot("cases_120x40", Stage::sized(120, 40).type_keys("jjjjjj"));
    shot("cases_100x24", Stage::sized(100, 24).type_keys("j"));
    shot("cases_60x15", &Stage::sized(60, 15));
    shot("cases_45x12", &Stage::sized(45, 12));
    shot("cases_39x9", &Stage::sized(39, 9));
    shot("cases_mono", Stage::with(mono(), |_| {}).type_keys("jj"));
    let mut stage = Stage::new();
    shot("cases_newest", stage.begins_with_newest(100_000));
    stage.type_keys("/zzz").shows("None of the newest has all these words");
    shot("cases_empty", &Stage::with(Setting::default(), emptied));
    shot("cases_hostile", &Stage::with(Setting::default(), hostile));
    shot("cases_wide_characters", &Stage::with(Setting::default(), wide));
    let read_only = Setting { read_only: true, ..Setting::default() };
    shot("cases_read_only", &Stage::with(read_only, |_| {}));
    let mut stage = Stage::new();
    shot("cases_filter", stage.type_keys("/contoso open"));
    shot("cases_filter_none", stage.type_keys(" zzz"));
}

#[test]
fn cases_with_a_broken_record_and_without_a_workspace() {
    let broken = |dir: &Path| {
        let path = dir.join(MAILBOX).join("case.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("severity =", "severty =")).unwrap();
    };
    let mut stage = Stage::with(Setting::default(), broken);
    shot("cases_problem", &stage);
    shot("due", stage.type_keys("d"));
    let mut stage = Stage::new();
    fs::rename(stage.dir.join("tenants"), stage.dir.join("gone")).unwrap();
    fs::write(stage.dir.join("tenants"), "").unwrap();
    shot("cases_vanished", stage.type_keys("R"));
}

#[test]
fn case() {
    let mut stage = Stage::new();
    shot("case_overview", stage.type_keys("/2610240010004182<enter><enter>"));
    shot("case_menu", stage.type_keys("a"));
    shot("case_records", stage.type_keys("<esc><tab>"));
    shot("case_diagnostics", stage.type_keys("<tab>"));
    shot("case_access", stage.type_keys("<tab>"));
    shot("case_transfer", stage.type_keys("<tab>"));
    shot("case_audit", stage.type_keys("<tab>"));
    shot("case_60x15", stage.type_keys("<tab>").resize(60, 15));
    shot("case_120x40", stage.resize(120, 40));
    shot("case_45x12", stage.resize(45, 12));
    stage.resize(80, 24);
    shot("case_close", stage.type_keys("x"));
    shot("case_closed", stage.type_keys("<tab><enter>"));
    shot("case_refused", stage.type_keys("d"));
    shot("help", stage.type_keys("?"));
    shot("messages", stage.type_keys("<esc>!"));
    fs::remove_file(stage.dir.join(MAILBOX).join("case.toml")).unwrap();
    shot("case_vanished", stage.type_keys("<esc>R"));
}

#[test]
fn case_of_a_stranger() {
    let mut stage = Stage::with(Setting::default(), hostile);
    shot("case_hostile", stage.type_keys("/2610240010004182<enter><enter>"));
    shot("case_records_hostile", stage.type_keys("<tab>"));
    shot("act_as_hostile", stage.type_keys("@"));
    let mut stage = Stage::with(Setting::default(), wide);
    shot("case_wide_characters", stage.type_keys("/2610240010004182<enter><enter>"));
    let mut stage = Stage::new();
    shot("case_nothing_in_it", stage.type_keys("<enter><tab>"));
}

#[test]
fn forms() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter>");
    shot("form_consent", stage.type_keys("c"));
    shot("form_access", stage.type_keys("<esc>s<tab>日本語 only there"));
    shot("form_attach", stage.type_keys("<esc><esc>d/tmp/sign-ins-berlin.csv"));
    shot("form_attach_categories", stage.type_keys("<tab><tab><right> "));
    shot("form_note", stage.type_keys("<esc><esc>n"));
    shot("form_note_60x15", stage.resize(60, 15));
    shot("form_note_40x10", stage.resize(40, 10));
    stage.resize(80, 24).type_keys("<tab><tab><tab>");
    shot("form_note_refused", stage.type_keys("<enter>"));
    let mut stage = Stage::with(mono(), |_| {});
    shot("form_mono", stage.type_keys("/2610240010004182<enter><enter>c"));
}

#[test]
fn access() {
    let mut stage = Stage::new();
    shot("access_pending", stage.type_keys("2"));
    shot("access_approved", stage.type_keys("<tab>"));
    shot("access_120x40", stage.resize(120, 40));
    shot("access_60x15", stage.resize(60, 15));
    stage.resize(80, 24);
    shot("act_as", stage.type_keys("@jjj"));
    shot("access_question", stage.type_keys("j<enter><tab>y"));
    shot("access_refused", stage.type_keys("<esc>w"));
    shot("access_empty", Stage::with(Setting::default(), emptied).type_keys("2"));
    shot("access_question_mono", Stage::with(mono(), |_| {}).type_keys("@jjjj<enter>2A<tab>"));
}

#[test]
fn requests() {
    let mut stage = Stage::new();
    shot("requests", stage.type_keys("3"));
    shot("request_referred", stage.type_keys("<enter>"));
    shot("form_request", stage.type_keys("<esc>n"));
    shot("form_request_60x15", stage.resize(60, 15));
    // Option b without its cases.
    stage.resize(80, 24).type_keys("<backtab><backtab><backtab><backtab><right><tab><tab><tab>");
    shot("form_request_refused", stage.type_keys("<enter>"));
    shot("requests_empty", Stage::with(Setting::default(), emptied).type_keys("3"));
    shot("requests_120x40", Stage::sized(120, 40).type_keys("3"));
}

#[test]
fn clocks_and_answers_of_a_request() {
    let mut stage = Stage::new();
    // Under the CCPA, so that both clocks show.
    stage.type_keys("3n<right><tab><tab><right><tab><tab>jane@contoso.com<tab><tab><tab>");
    stage.type_keys("<right><tab>2610150010002904<tab><tab><enter>");
    shot("request_both_clocks", &stage);
    shot("form_extend", stage.type_keys("m"));
    shot("request_extended", stage.type_keys("<tab>many systems<enter><enter>"));
    shot("request_menu", stage.type_keys("a"));
    stage.type_keys("<esc>d");
    shot("form_redact", stage.type_keys("r"));
    shot("review_rewritten", stage.type_keys("the rest is needed<enter><enter>"));
    shot("review_menu", stage.type_keys("a"));
    shot("form_deny", stage.type_keys("<esc><esc>n"));
    shot("request_denied", stage.type_keys("no consumer of ours<enter><enter>"));
    // A contact's own request, and one for access.
    stage.type_keys("3n<right><tab><tab><tab><left><left><tab>john@contoso.com<tab><tab><tab>");
    shot("request_of_a_contact", stage.type_keys("<tab><tab><tab><enter>"));
    shot("form_swap_contact", stage.type_keys("o"));
    stage.type_keys(
        "<esc>3n<right><tab><left><left><left><tab><tab><tab>jane@contoso.com<tab><tab><tab>",
    );
    stage.type_keys("<right><tab>2610150010002904<tab><tab><enter>d<esc>");
    shot("form_export", stage.type_keys("e"));
}

#[test]
fn a_deletion_from_review_to_report() {
    let mut stage = Stage::new();
    log_shot("review", stage.type_keys(TO_REVIEW));
    log_shot("review_120x40", stage.resize(120, 40));
    log_shot("review_60x15", stage.resize(60, 15));
    stage.resize(80, 24);
    shot("finding_in_context", stage.type_keys("c"));
    shot("form_include", stage.type_keys("<esc>i"));
    log_shot("request_in_review", stage.type_keys("<esc><esc>"));
    stage.type_keys("<enter>");
    log_shot("request_planned", stage.type_keys(TO_PLAN));
    log_shot("request_plan_scrolled", stage.type_keys("<pagedown>"));
    log_shot("request_approve", stage.type_keys("@j<enter><enter>"));
    stage.type_keys("<tab><enter>");
    log_shot("deletion", stage.type_keys("<enter>"));
    log_shot("deletion_typed", stage.type_keys("<tab>DSR-2026-0002"));
    log_shot("deletion_120x40", stage.resize(120, 40));
    shot("deletion_60x15", stage.resize(60, 15));
    stage.resize(80, 24).type_keys("<ctrl-u>DSR-2026-0002");
    log_shot("receipt", stage.type_keys("<enter>"));
    log_shot("request_fulfilled", stage.type_keys("<esc>"));
    shot("form_report", stage.type_keys("<enter>"));
    timeless_shot("log", stage.type_keys("<esc>4"));
    timeless_shot("log_verified", stage.type_keys("v"));
    timeless_shot("entry", stage.type_keys("<enter>"));
    shot("cases_expunged", stage.type_keys("1/2610240010004182<enter>"));
}

#[test]
fn a_deletion_without_colour() {
    let mut stage = Stage::with(mono(), |_| {});
    stage.type_keys(TO_REVIEW).type_keys(TO_PLAN).type_keys(TO_DELETION);
    log_shot("deletion_mono", stage.type_keys("<tab>"));
}

/// Jane's closed engagement, approved, and its deletion stopped between `begin` and `end`.
fn interrupted(dir: &Path, context: &Context) {
    let new = dsr::NewRequest {
        tenant: "contoso.com".to_owned(),
        kind: caseward::model::DsrType::Delete,
        regulation: caseward::model::Regulation::Gdpr,
        requester: caseward::model::Requester::Customer,
        option: caseward::model::RequestOption::B,
        cases: vec!["2610150010002904".to_owned()],
        identifiers: vec![caseward::model::GivenIdentifier::new(
            caseward::model::IdentifierType::Email,
            "jane@contoso.com".to_owned(),
        )],
        allow_single_word: false,
        received_at: None,
    };
    let id = dsr::receive(context, new).unwrap().id.to_string();
    dsr::discover(context, &id, &|_| {}, &AtomicBool::new(false)).unwrap();
    dsr::plan(context, &id, Some(caseward::model::PlanScope::Engagement), true).unwrap();
    let ben = context.acting_as("ben.okafor@support.example.com").unwrap();
    dsr::approve(&ben, &id, None, None).unwrap();
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir).unwrap());
    let size = || Log::open(Arc::clone(&fs)).size().unwrap();
    // The first stop at which the log has the begin: nothing but the genesis is there before.
    for steps in 0.. {
        let stop: Arc<dyn Fs> = Arc::new(StopFs::new(Arc::clone(&fs), steps));
        let access = caseward::workspace::Access::Write;
        let workspace = Workspace::open_with(stop, dir, access).unwrap();
        let stopped = Context { workspace, ..context.clone() };
        let _ = dsr::execute(&stopped, &id, &mut |_| {});
        if size() > 1 {
            return assert_eq!(size(), 2);
        }
    }
}

#[test]
fn a_deletion_that_was_interrupted_and_what_recovery_did() {
    let setting = Setting { read_only: true, ..Setting::default() };
    let mut stage = Stage::prepared(setting, |dir, context| interrupted(dir, context));
    timeless_shot("log_interrupted", stage.type_keys("4"));
    let mut stage = Stage::prepared(Setting::default(), |dir, context| {
        interrupted(dir, context);
        let mut session = Log::open(Arc::clone(context.workspace.fs())).lock(context.now).unwrap();
        context.notices = dsr::settle(context, &mut session).unwrap();
    });
    timeless_shot("log_recovered", stage.type_keys("4"));
    stage.shows("At the start").shows_not("Interrupted");
}

#[test]
fn log_without_a_log() {
    let without = |dir: &Path| fs::remove_dir_all(dir.join(".attest")).unwrap();
    let mut stage = Stage::with(Setting::default(), without);
    shot("log_missing", stage.type_keys("4"));
    shot("messages_after_an_error", stage.type_keys("!"));
    shot("messages_empty", Stage::new().type_keys("!"));
}

#[test]
fn work_in_the_background() {
    let mut stage = Stage::new();
    let work = Work::Discover("DSR-2026-0002".parse().unwrap());
    stage.app.job = Some(Job { work, progress: String::new(), stopping: false });
    stage.app.update(Action::Progress("34 of 87 files, 51.2 kB, 4 matches".to_owned()));
    stage.draw();
    shot("job", &stage);
    shot("job_stopping", stage.type_keys("S"));
}

/// Every picture kept is one that a test takes, and there are enough of them.
#[test]
fn no_picture_is_left_over() {
    let sources = [
        ("tui__screens__", include_str!("screens.rs")),
        ("tui__config__", include_str!("config.rs")),
        ("tui__daily__", include_str!("daily.rs")),
    ];
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tui/snapshots");
    let mut kept = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let taken = sources.iter().find_map(|(prefix, source)| {
            let name = file.strip_prefix(prefix)?.strip_suffix(".snap")?;
            Some(source.contains(&format!("\"{name}\"")))
        });
        assert_eq!(taken, Some(true), "{file} is left over");
        kept += 1;
    }
    assert!(kept >= 120, "{kept} pictures");
}

#[test]
fn retention() {
    let mut stage = Stage::new();
    shot("retention", stage.type_keys("5"));
    shot("retention_120x40", stage.resize(120, 40));
    shot("retention_60x15", stage.resize(60, 15));
    shot("retention_39x9", stage.resize(39, 9));
    stage.resize(80, 24);
    shot("retention_filter", stage.type_keys("/transfer"));
    stage.type_keys("<esc>");
    shot("form_hold", stage.type_keys("Hletter of 14 September"));
    shot("hold_release", stage.type_keys("<esc><esc>/mover<enter>H"));
    let mut stage = Stage::new();
    shot("sweep", stage.type_keys("5x"));
    shot("sweep_39x9", stage.resize(39, 9));
    stage.resize(80, 24);
    shot("sweep_question", stage.type_keys("x"));
    shot("retention_swept", stage.type_keys("<tab><enter>"));
    shot("sweep_nothing", stage.type_keys("x"));
    shot("retention_empty", Stage::with(Setting::default(), emptied).type_keys("5"));
    shot("retention_mono", Stage::with(mono(), |_| {}).type_keys("5j"));
    let mut stage = Stage::new();
    fs::rename(stage.dir.join("tenants"), stage.dir.join("gone")).unwrap();
    fs::write(stage.dir.join("tenants"), "").unwrap();
    shot("retention_vanished", stage.type_keys("5"));
}

#[test]
fn transfer_folder() {
    let mut stage = Stage::new();
    stage.type_keys("/2610240010004182<enter><enter><backtab><backtab>");
    shot("form_transfer_link", stage.type_keys("L"));
    shot("form_transfer_add", stage.type_keys("<esc>u"));
    shot("transfer_not_ours", stage.type_keys("<esc>X"));
    shot("case_transfer_39x9", stage.resize(39, 9));
    let mut stage = Stage::new();
    stage.type_keys("/2611120010003365<enter><enter><backtab><backtab>");
    shot("case_transfer_of_others", &stage);
    let mut stage = Stage::with(Setting::default(), |dir| {
        fs::remove_dir_all(dir.join(MAILBOX).join("transfer")).unwrap();
    });
    stage.type_keys("/2610240010004182<enter><enter><backtab><backtab>");
    shot("case_transfer_empty", &stage);
}
