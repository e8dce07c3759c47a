//! DTM-*: the customer's transfer folder, its link, and the separate request to delete its files.

use super::dsr::{discovered, exclude_reviews};
use super::meanwhile::Meanwhile;
use super::retention::{sweep, verdict};
use super::world::*;
use caseward::exit::Exit;
use caseward::model::{
    Activity, CaseStatus, DsrState, PlanScope, RequestOption, TransferBranch, TransferRequestState,
};
use caseward::ops::attach::Attachment;
use caseward::ops::dsr as dsr_ops;
use caseward::ops::transfer::{
    self as ops, NewTransferRequest, TransferDone, TransferRequestView, TransferUpload,
};
use caseward::ops::{Context, case as case_ops, hold, report};
use std::sync::atomic::AtomicBool;

/// Closed on 2026-08-28: due on 2026-11-26 at 10:20; one of its two files is on hold.
const OLD: &str = "2608110010000657";
/// Closed on 2026-09-20: due on 2026-12-19 at 07:40.
const RECENT: &str = "2609080010007741";
const DUMP: &str = "tenants/contoso.com/cases/2609080010007741/transfer/hrportal_small.sql";
/// In Ana's open case.
const REPORT: &str = "tenants/contoso.com/cases/2610240010004182/transfer/mrs-throttle-report.csv";

fn upload(context: &Context, case: &str, file: std::path::PathBuf) -> caseward::error::Result<()> {
    let upload = TransferUpload { case: case.to_owned(), files: vec![file] };
    ops::add(context, &upload, &mut |_, _| {}).map(drop)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn submit(context: &Context, cases: &[&str], dsr: Option<&str>) -> TransferRequestView {
    let new = NewTransferRequest {
        tenant: "contoso.com".to_owned(),
        cases: names(cases),
        dsr: dsr.map(str::to_owned),
        all_files_acknowledged: false,
    };
    ops::submit(context, &new).unwrap()
}

fn execute(context: &Context, request: &str) -> caseward::error::Result<TransferDone> {
    ops::execute(context, request, &mut |_| {})
}

fn check(
    context: &Context,
    request: &str,
    dsr: Option<&str>,
) -> caseward::error::Result<ops::Checked> {
    ops::check(context, request, dsr, &|_| {}, &AtomicBool::new(false))
}

fn transfer_files(world: &World) -> Vec<String> {
    let tree = world.tree();
    let paths = tree.keys().map(|path| path.display().to_string());
    paths.filter(|path| path.contains("/cases/") && path.contains("/transfer/")).collect()
}

#[test]
fn dtm_1_only_listed_accounts_and_the_cases_engineers_add_and_see() {
    let world = World::demo();
    let file = || world.file("new.log", b"new");
    // Adele is a principal of the tenant, Ben an engineer of other cases.
    for other in [ADELE, BEN] {
        let context = world.as_engineer(other);
        assert_eq!(refused(upload(&context, MIGRATION, file())).rule, "DTM-1", "{other}");
        last_is_failure(&world.audit("contoso.com"), "DTM-1");
        assert_eq!(refused(ops::list(&context, MIGRATION)).rule, "DTM-2", "{other}");
        let gone = ops::delete(&context, MIGRATION, &names(&["mrs-throttle-report.csv"]));
        assert_eq!(refused(gone).rule, "DTM-1", "{other}");
    }
    assert!(world.exists(REPORT));
    for own in [JOHN, ANA] {
        upload(&world.as_engineer(own), MIGRATION, file()).unwrap();
    }
    let folder = ops::list(&world.as_engineer(JOHN), MIGRATION).unwrap();
    assert_eq!((folder.state, folder.files.len()), ("active", 3));
    // The account deletes, the engineer does not delete for it.
    let ana = world.as_engineer(ANA);
    assert_eq!(refused(ops::delete(&ana, MIGRATION, &names(&["new.log"]))).rule, "DTM-1");
    let done = ops::delete(&world.as_engineer(JOHN), MIGRATION, &names(&["new.log"])).unwrap();
    assert!(done.complete);
    assert_eq!(done.items.len(), 2, "the sidecar with its file");
    // Listed since, Adele may, and once she is not any more she may not.
    let linked = ops::link(&ana, MIGRATION, &names(&[ADELE]), &[]).unwrap();
    assert_eq!(linked.accounts, [JOHN, ADELE]);
    upload(&world.as_engineer(ADELE), MIGRATION, file()).unwrap();
    ops::link(&ana, MIGRATION, &[], &names(&[ADELE])).unwrap();
    assert_eq!(refused(upload(&world.as_engineer(ADELE), MIGRATION, file())).rule, "DTM-1");
}

#[test]
fn dtm_1_links_are_issued_by_the_engineers_of_the_case_to_people_of_the_tenant() {
    let world = World::demo();
    assert_eq!(refused(ops::link(&world.as_engineer(BEN), MIGRATION, &[], &[])).rule, "DTM-1");
    assert_eq!(refused(ops::link(&world.as_engineer(JOHN), MIGRATION, &[], &[])).rule, "DTM-1");
    let ana = world.as_engineer(ANA);
    let error = ops::link(&ana, MIGRATION, &names(&["adela@contoso.com"]), &[]).unwrap_err();
    assert!(error.hint().unwrap().contains(ADELE), "{error}");
    assert_eq!(error.exit(), Exit::Usage);
    // Somebody of another customer is nobody here.
    assert!(ops::link(&ana, MIGRATION, &names(&["omar@fabrikam.com"]), &[]).is_err());
}

#[test]
fn dtm_2_who_is_not_entitled_learns_nothing_of_the_files() {
    let mut seen = Vec::new();
    for with_files in [true, false] {
        let world = World::demo();
        if !with_files {
            std::fs::remove_dir_all(world.inside(DUMP).parent().unwrap()).unwrap();
        }
        let adele = world.at("2026-12-20T00:00:00Z", ADELE);
        let told = format!(
            "{:?} {:?} {:?} {:?}",
            ops::list(&adele, RECENT).unwrap_err().to_string(),
            caseward::ops::retention::list(&adele, None).unwrap(),
            serde_json::to_string(&case_ops::show(&adele, &world.case_ref(RECENT)).unwrap())
                .unwrap(),
            hold::list(&adele).unwrap(),
        );
        seen.push(told);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(!seen[0].contains("hrportal"), "{}", seen[0]);
    let world = World::demo();
    let listed = caseward::ops::retention::list(&world.as_engineer(JOHN), None).unwrap().0;
    assert!(listed.iter().any(|item| item.path == DUMP), "a listed account sees its own");
    let id = submit(&world.as_engineer(ANA), &[RECENT], None).id.to_string();
    assert_eq!(refused(ops::show(&world.as_engineer(ADELE), &id)).rule, "DTM-2");
    // A deletion is logged without a count.
    sweep(&world.at("2026-12-20T00:00:00Z", ANA)).unwrap();
    for event in world.audit("contoso.com") {
        if event.activity_display_name == Activity::TransferDeleted {
            assert!(event.additional_details.iter().all(|detail| detail.key != "files"));
        }
    }
}

#[test]
fn dtm_3_a_link_lasts_90_days_from_issue_and_is_issued_anew_while_the_case_is_open() {
    let world = World::demo();
    let file = world.file("new.log", b"new");
    // Issued on 2026-10-24 at 11:20.
    upload(&world.at("2027-01-22T11:19:59Z", JOHN), MIGRATION, file.clone()).unwrap();
    let over = world.at("2027-01-22T11:20:00Z", JOHN);
    assert_eq!(refused(upload(&over, MIGRATION, file.clone())).rule, "DTM-3");
    assert_eq!(ops::list(&over, MIGRATION).unwrap().state, "link_expired");
    assert_eq!(refused(ops::delete(&over, MIGRATION, &names(&["new.log"]))).rule, "DTM-3");
    let linked = ops::link(&world.at("2027-01-22T11:20:00Z", ANA), MIGRATION, &[], &[]).unwrap();
    assert_eq!(linked.expires_at, Some(time("2027-04-22T11:20:00Z")));
    assert_eq!(linked.accounts, [JOHN], "who is listed stays listed");
    upload(&over, MIGRATION, file).unwrap();
    // Not for a closed case.
    case_ops::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    assert_eq!(refused(ops::link(&world.as_engineer(ANA), MIGRATION, &[], &[])).rule, "CASE-6");
}

#[test]
fn dtm_4_closed_is_inaccessible_and_reopened_accessible_while_the_link_is_valid() {
    // Issued on 2026-10-24 at 11:20: 89 and 90 days later.
    for (reopened, state) in
        [("2027-01-21T11:20:00Z", "active"), ("2027-01-22T11:20:00Z", "link_expired")]
    {
        let world = World::demo();
        let file = world.file("new.log", b"new");
        case_ops::close(&world.as_engineer(ANA), MIGRATION).unwrap();
        let john = world.as_engineer(JOHN);
        assert_eq!(ops::list(&john, MIGRATION).unwrap().state, "inaccessible");
        assert_eq!(refused(upload(&john, MIGRATION, file.clone())).rule, "DTM-4");
        let gone = ops::delete(&john, MIGRATION, &names(&["mrs-throttle-report.csv"]));
        assert_eq!(refused(gone).rule, "DTM-6", "it takes a separate request");
        case_ops::reopen(&world.at(reopened, ANA), MIGRATION, None).unwrap();
        let john = world.at(reopened, JOHN);
        assert_eq!(ops::list(&john, MIGRATION).unwrap().state, state);
        assert_eq!(upload(&john, MIGRATION, file).is_ok(), state == "active");
    }
}

#[test]
fn dtm_5_files_and_folder_go_90_days_after_the_closing() {
    let world = World::demo();
    let stray = format!("tenants/contoso.com/cases/{RECENT}/transfer/deep/stray.bin");
    std::fs::create_dir_all(world.inside(&stray).parent().unwrap()).unwrap();
    std::fs::write(world.inside(&stray), "no sidecar").unwrap();
    let before = sweep(&world.at("2026-12-19T07:39:59Z", ANA)).unwrap();
    assert!(before.items.iter().all(|item| !item.path.contains(RECENT)));
    assert!(world.exists(DUMP));
    let at = world.at("2026-12-19T07:40:00Z", ANA);
    let swept = sweep(&at).unwrap();
    for path in [DUMP, &format!("{DUMP}.meta.toml"), &stray] {
        assert_eq!(verdict(&swept, path).0, "deleted", "its clock is the case's");
    }
    let folder = format!("tenants/contoso.com/cases/{RECENT}/transfer");
    assert!(!world.exists(&folder), "the workspace too");
    assert!(world.exists(&format!("tenants/contoso.com/cases/{RECENT}/case.toml")));
    let events = world.audit("contoso.com");
    assert!(events.iter().any(|e| e.activity_display_name == Activity::TransferDeleted
        && e.target_resources[0].id == RECENT));
    let tree = world.tree();
    // But for the file of another case, which a legal hold keeps.
    let again = sweep(&at).unwrap();
    assert!(again.txs.is_empty() && again.items.iter().all(|item| item.verdict == "retained"));
    assert_eq!(world.tree(), tree, "done again it does nothing");
}

#[test]
fn dtm_5_reopening_stops_the_clock_and_closing_starts_it_anew() {
    let world = World::demo();
    case_ops::reopen(&world.as_engineer(ANA), RECENT, Some("ref 7".to_owned())).unwrap();
    sweep(&world.at("2026-12-19T07:40:00Z", ANA)).unwrap();
    assert!(world.exists(DUMP));
    case_ops::close(&world.at("2026-12-20T00:00:00Z", ANA), RECENT).unwrap();
    sweep(&world.at("2027-03-19T23:59:59Z", ANA)).unwrap();
    assert!(world.exists(DUMP));
    sweep(&world.at("2027-03-20T00:00:00Z", ANA)).unwrap();
    assert!(!world.exists(DUMP));
}

#[test]
fn dtm_5_a_link_from_before_the_purge_leads_nowhere_after_reopening() {
    let mut world = World::demo();
    world.set_policy(|policy| {
        policy.transfer_link_days = 365;
        policy.reason = Some("a test".to_owned());
    });
    case_ops::close(&world.as_engineer(ANA), MIGRATION).unwrap();
    let purged = "2027-02-19T09:00:00Z";
    sweep(&world.at(purged, ANA)).unwrap();
    case_ops::reopen(&world.at(purged, ANA), MIGRATION, None).unwrap();
    let john = world.at(purged, JOHN);
    assert_eq!(ops::list(&john, MIGRATION).unwrap().state, "link_expired");
    ops::link(&world.at(purged, ANA), MIGRATION, &[], &[]).unwrap();
    assert_eq!(ops::list(&john, MIGRATION).unwrap().state, "active");
}

#[test]
fn dtm_5_a_hold_keeps_a_file_and_with_it_the_folder() {
    let world = World::demo();
    let at = world.at("2026-11-26T10:20:00Z", ANA);
    let swept = sweep(&at).unwrap();
    let path = |name: &str| format!("tenants/contoso.com/cases/{OLD}/transfer/{name}");
    assert_eq!(verdict(&swept, &path("fs-ber-02-manifest.csv")).0, "deleted");
    let (word, ground) = verdict(&swept, &path("mover-20260811.log"));
    assert_eq!(word, "retained");
    assert!(ground.contains("DTM-5") && ground.contains("HOLD-2026-0003"), "{ground}");
    hold::release(&at, "HOLD-2026-0003").unwrap();
    assert_eq!(verdict(&sweep(&at).unwrap(), &path("mover-20260811.log")).0, "deleted");
    assert!(!world.exists(&format!("tenants/contoso.com/cases/{OLD}/transfer")));
}

#[test]
fn dtm_6_three_branches_with_the_boundary_at_90_days() {
    let world = World::demo();
    let branch = |now: &str, case: &str| {
        let view = submit(&world.at(now, ANA), &[case], None);
        (view.branches[0].branch, view.state)
    };
    use TransferRequestState as S;
    assert_eq!(branch(NOW, MIGRATION), (TransferBranch::SelfService, S::SelfService));
    assert_eq!(branch("2026-12-19T07:39:59Z", RECENT), (TransferBranch::Delete, S::Accepted));
    // The sweep is late: executing the request runs it.
    assert_eq!(
        branch("2026-12-19T07:40:00Z", RECENT),
        (TransferBranch::AlreadyDeleted, S::Approved)
    );
    let at = world.at("2026-12-19T07:40:00Z", ANA);
    sweep(&at).unwrap();
    assert_eq!(
        branch("2026-12-19T07:40:00Z", RECENT),
        (TransferBranch::AlreadyDeleted, S::CrossCheckRequired)
    );
    let john = NewTransferRequest { tenant: "contoso.com".to_owned(), ..Default::default() };
    assert_eq!(refused(ops::submit(&world.as_engineer(JOHN), &john)).rule, "DTM-6");
}

#[test]
fn dtm_6_in_an_open_case_the_contact_deletes() {
    let world = World::demo();
    let ana = world.as_engineer(ANA);
    let id = submit(&ana, &[MIGRATION], None).id.to_string();
    let done = execute(&ana, &id).unwrap();
    assert_eq!(done.request.state, TransferRequestState::SelfService);
    assert!(!done.complete && world.exists(REPORT), "we do not delete it");
    ops::delete(&world.as_engineer(JOHN), MIGRATION, &names(&["mrs-throttle-report.csv"])).unwrap();
    let done = execute(&ana, &id).unwrap();
    assert_eq!(done.request.state, TransferRequestState::CrossCheckRequired);
    assert!(done.complete && done.txs.is_empty());
}

#[test]
fn dtm_7_the_approval_of_a_data_subject_request_never_touches_transfer_files() {
    let world = World::demo();
    let before = transfer_files(&world);
    assert!(before.len() > 6);
    let ana = world.as_engineer(ANA);
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    dsr_ops::plan(&ana, &dsr, None, true).unwrap();
    dsr_ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    assert_eq!(transfer_files(&world), before);
}

#[test]
fn dtm_7_all_files_of_the_account_go_knowingly_and_with_a_second_person() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let view = submit(&ana, &[], None);
    let id = view.id.to_string();
    assert_eq!(view.state, TransferRequestState::Submitted);
    assert!(view.branches.iter().all(|branch| branch.case.starts_with("contoso")));
    assert_eq!(refused(execute(&ana, &id)).rule, "DTM-7", "not approved");
    assert_eq!(refused(ops::approve(&ben, &id, false)).rule, "DTM-7");
    assert_eq!(refused(ops::approve(&ana, &id, true)).rule, "DEL-2");
    assert_eq!(refused(ops::approve(&world.as_engineer(JOHN), &id, true)).rule, "DTM-7");
    ops::approve(&ben, &id, true).unwrap();
    let rehearsed = ops::rehearse(&ana, &id).unwrap();
    assert!(rehearsed.items.iter().any(|item| item.path == DUMP && item.verdict == "planned"));
    assert!(world.exists(DUMP));
    let done = execute(&ana, &id).unwrap();
    // Closed ones are gone but for what is held, open ones are their contacts'.
    let left = transfer_files(&world);
    assert!(
        left.iter().all(|path| {
            path.contains("mover-20260811.log")
                || path.contains(MIGRATION)
                || !path.contains("/contoso")
        }),
        "{left:?}"
    );
    assert!(done.items.iter().any(|item| item.path == DUMP && item.verdict == "deleted"));
    assert_eq!(done.request.state, TransferRequestState::SelfService);
    assert_eq!(done.request.executions.len(), 1);
    assert!(
        world.exists("tenants/fabrikam.com/cases/2609240030001183/transfer/lockout-events.csv")
    );
    // The record names no file.
    let record = format!("tenants/contoso.com/transfer/{id}/request.toml");
    let text = std::fs::read_to_string(world.inside(&record)).unwrap();
    assert!(!text.contains("hrportal") && !text.contains("john@"), "{text}");
}

#[test]
fn dtm_7_the_customers_narrowing_is_recorded_and_kept_to() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let view = submit(&ana, &[RECENT], None);
    assert_eq!(view.cases, [format!("contoso.com/{RECENT}")]);
    ops::approve(&ben, view.id.as_str(), false).unwrap();
    let done = execute(&ana, view.id.as_str()).unwrap();
    assert!(done.complete && !world.exists(DUMP));
    let other = format!("tenants/contoso.com/cases/{OLD}/transfer/fs-ber-02-manifest.csv");
    assert!(world.exists(&other));
    let again = execute(&ana, view.id.as_str()).unwrap();
    assert_eq!(again.request.state, TransferRequestState::CrossCheckRequired);
    let foreign = NewTransferRequest {
        tenant: "contoso.com".to_owned(),
        cases: names(&["2609240030001183"]),
        ..Default::default()
    };
    assert_eq!(ops::submit(&ana, &foreign).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn dtm_7_a_case_reopened_after_the_approval_is_its_contacts_again() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let id = submit(&ana, &[RECENT], None).id.to_string();
    ops::approve(&ben, &id, false).unwrap();
    case_ops::reopen(&ana, RECENT, Some("ref 7".to_owned())).unwrap();
    assert_eq!(world.case(RECENT).status, CaseStatus::Open);
    let done = execute(&ana, &id).unwrap();
    assert!(world.exists(DUMP) && done.txs.is_empty());
    assert_eq!(done.request.state, TransferRequestState::SelfService);
    ops::cancel(&ana, &id, "the customer wants it kept").unwrap();
}

#[test]
fn dtm_7_a_case_reopened_while_the_request_is_executed_is_left_alone() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let id = submit(&ana, &[RECENT], None).id.to_string();
    ops::approve(&ben, &id, false).unwrap();
    let other = ana.clone();
    let fs = Meanwhile::over(world.plain(), move || {
        case_ops::reopen(&other, RECENT, Some("ref 7".to_owned())).unwrap();
    });
    let late = Context { workspace: world.on(fs).unwrap(), ..ana };
    let done = execute(&late, &id).unwrap();
    assert!(world.exists(DUMP) && done.txs.is_empty());
    assert_eq!(done.request.state, TransferRequestState::SelfService);
}

#[test]
fn del_8_a_hold_keeps_a_transfer_file_from_the_account_and_from_the_request() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let held = hold::add(&ana, REPORT, "court").unwrap();
    let john = world.as_engineer(JOHN);
    let names = names(&["mrs-throttle-report.csv"]);
    assert_eq!(refused(ops::delete(&john, MIGRATION, &names)).rule, "DEL-8");
    last_is_failure(&world.audit("contoso.com"), "DEL-8");
    hold::add(&ana, DUMP, "court").unwrap();
    let id = submit(&ana, &[RECENT], None).id.to_string();
    ops::approve(&ben, &id, false).unwrap();
    let done = execute(&ana, &id).unwrap();
    assert_eq!(done.items[0].verdict, "retained");
    assert!(world.exists(DUMP) && world.exists(REPORT));
    hold::release(&ana, held.id.as_str()).unwrap();
    assert!(ops::delete(&john, MIGRATION, &names).unwrap().complete);
}

#[test]
fn dtm_8_a_copy_out_of_the_folder_keeps_its_origin_and_is_listed_for_the_check() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let copy = |name: &str| Attachment {
        from_transfer: vec![name.to_owned()],
        ..attachment(MIGRATION, &[])
    };
    let before = world.records();
    let error = attach_now(&ana, &copy("mrs-throttle-report.cvs")).unwrap_err();
    assert!(error.hint().unwrap().contains("mrs-throttle-report.csv"), "{error}");
    // DTM-2: who is not of the case is not told what is in the folder.
    assert_eq!(refused(attach_now(&ben, &copy("mrs-throttle-report.csv"))).rule, "CONS-12");
    assert_eq!(world.records(), before);
    let done = attach_now(&ana, &copy("mrs-throttle-report.csv")).unwrap();
    assert_eq!(done.len(), 1);
    assert!(done[0].path.ends_with("/diagnostics/mrs-throttle-report.csv"), "{}", done[0].path);
    let sidecar = format!("{}.meta.toml", done[0].path);
    let sidecar = std::fs::read_to_string(world.inside(&sidecar)).unwrap();
    assert!(sidecar.contains("origin = \"transfer:mrs-throttle-report.csv\""), "{sidecar}");
    assert!(world.exists(REPORT), "the customer's file stays where it is");
    let (dsr, _) = discovered(&world, RequestOption::A, &[]);
    let id = submit(&ana, &[RECENT], Some(&dsr)).id.to_string();
    ops::approve(&ben, &id, false).unwrap();
    execute(&ana, &id).unwrap();
    let listed = check(&ana, &id, None).unwrap().from_transfer;
    assert!(listed.iter().any(|copy| copy.path == done[0].path), "{listed:?}");
    // What is no longer what was put there is not passed on as if it were.
    std::fs::write(world.inside(REPORT), "something else").unwrap();
    let error = attach_now(&ana, &copy("mrs-throttle-report.csv")).unwrap_err();
    assert!(error.to_string().contains("no longer what was put there"), "{error}");
}

#[test]
fn dtm_8_the_data_subject_request_waits_for_the_check_and_is_fulfilled_with_it() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    let id = submit(&ana, &[RECENT], Some(&dsr)).id.to_string();
    dsr_ops::plan(&ana, &dsr, None, true).unwrap();
    dsr_ops::approve(&ben, &dsr, None, None).unwrap();
    let done = dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    assert!(done.complete);
    let state = || dsr_ops::show(&ana, &dsr).unwrap().state;
    assert_eq!(state(), DsrState::Verifying, "the transfer request is open");
    assert_eq!(dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap().state, DsrState::Verifying);
    assert_eq!(refused(check(&ana, &id, None)).rule, "DTM-7", "the files are there still");
    assert_eq!(refused(ops::close(&ana, &id)).rule, "DTM-7");
    ops::approve(&ben, &id, false).unwrap();
    execute(&ana, &id).unwrap();
    assert_eq!(refused(ops::close(&ana, &id)).rule, "DTM-8", "the check is owed");
    last_is_failure(&world.audit("contoso.com"), "DTM-8");
    assert_eq!(state(), DsrState::Verifying);
    let checked = check(&ana, &id, None).unwrap();
    assert!(checked.complete);
    let har = "tenants/contoso.com/cases/2611120010003365/diagnostics/erp-signin.har";
    let copy = checked.from_transfer.iter().find(|copy| copy.path == har);
    if world.exists(har) {
        assert_eq!(copy.unwrap().origin, "transfer:erp-signin.har");
    }
    assert_eq!(state(), DsrState::Verifying);
    ops::close(&ana, &id).unwrap();
    assert_eq!(state(), DsrState::Fulfilled);
    // DTM-9: the attestation says where the files lay, and that the check was done; no counts.
    let out = world.inside("../report");
    report::write(&ana, std::slice::from_ref(&dsr), &out, report::Signing::Unsigned).unwrap();
    let text = std::fs::read_to_string(out.join("report.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let said = document["scope"]["transfer_request"].as_str().unwrap();
    assert!(said.starts_with(&format!("{id}, region EU: closed; the check")), "{said}");
}

#[test]
fn dtm_8_copies_of_transfer_files_are_listed_for_the_check() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let (dsr, _) = discovered(&world, RequestOption::B, &[CLOSED]);
    let id = submit(&ana, &[RECENT], None).id.to_string();
    ops::approve(&ben, &id, false).unwrap();
    execute(&ana, &id).unwrap();
    assert_eq!(check(&ana, &id, None).unwrap_err().exit(), Exit::Usage, "whose identifiers?");
    let checked = check(&ana, &id, Some(&dsr)).unwrap();
    let har = "tenants/contoso.com/cases/2611120010003365/diagnostics/erp-signin.har";
    assert!(checked.from_transfer.iter().any(|copy| copy.path == har));
    assert!(!checked.items.is_empty(), "Jane is still in her engagement");
    assert_eq!(checked.request.check.as_ref().unwrap().findings, checked.items.len() as u64);
    ops::close(&ana, &id).unwrap();
    assert_eq!(ops::show(&ana, &id).unwrap().state, TransferRequestState::Closed);
    // Executed again it says the same.
    assert!(execute(&ana, &id).unwrap().complete);
}

#[test]
fn dtm_8_a_cancelled_request_stands_in_nobodys_way() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let (dsr, found) = discovered(&world, RequestOption::A, &[]);
    exclude_reviews(&ana, &dsr, &found);
    let id = submit(&ana, &[MIGRATION], Some(&dsr)).id.to_string();
    dsr_ops::plan(&ana, &dsr, None, true).unwrap();
    dsr_ops::approve(&ben, &dsr, None, None).unwrap();
    dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap();
    assert_eq!(ops::cancel(&ana, &id, " ").unwrap_err().exit(), Exit::Usage);
    ops::cancel(&ana, &id, "the customer withdrew it").unwrap();
    assert_eq!(dsr_ops::show(&ana, &dsr).unwrap().state, DsrState::Fulfilled);
}

#[test]
fn dtm_9_the_region_follows_the_customer_and_stands_in_the_link_and_the_result() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    assert_eq!(ops::link(&ana, MIGRATION, &[], &[]).unwrap().region.as_deref(), Some("EU"));
    // Northwind is in the US, whatever the workspace's own region is.
    let northwind = ops::link(&ben, "2609150040002236", &[], &[]).unwrap();
    assert_eq!(northwind.region.as_deref(), Some("US"));
    let id = submit(&ana, &[RECENT], None).id.to_string();
    ops::approve(&ben, &id, false).unwrap();
    let done = execute(&ana, &id).unwrap();
    assert_eq!(done.request.results[0].region.as_deref(), Some("EU"));
    // Elsewhere it is the workspace's, the nearest to the engineer.
    let small = World::small();
    small.add_case("contoso.com", &case("C1", "2026-11-01T00:00:00Z", &[]));
    assert_eq!(ops::link(&small.as_engineer(ANA), "C1", &[], &[]).unwrap().region, None);
}

#[test]
fn dtm_5_an_expunged_engagement_keeps_the_clock_of_its_transfer_files() {
    let world = World::demo();
    let (ana, ben) = (world.as_engineer(ANA), world.as_engineer(BEN));
    let note = format!("tenants/contoso.com/cases/{RECENT}/records/2026-09-09-note.md");
    std::fs::write(world.inside(&note), "jane@contoso.com called").unwrap();
    let (dsr, found) = discovered(&world, RequestOption::B, &[RECENT]);
    exclude_reviews(&ana, &dsr, &found);
    dsr_ops::plan(&ana, &dsr, Some(PlanScope::Engagement), true).unwrap();
    dsr_ops::approve(&ben, &dsr, None, None).unwrap();
    assert!(dsr_ops::execute(&ana, &dsr, &mut |_| {}).unwrap().complete);
    let pending = || {
        let stone = world.workspace.tombstone(&world.case_ref(RECENT)).unwrap().unwrap();
        stone.value.transfer_pending
    };
    assert!(world.exists(DUMP) && pending());
    let listed = caseward::ops::retention::list(&ana, None).unwrap().0;
    let item = listed.iter().find(|item| item.path == DUMP).unwrap();
    assert_eq!(item.due_at, time("2026-12-19T07:40:00Z"));
    sweep(&world.at("2026-12-19T07:39:59Z", ANA)).unwrap();
    assert!(world.exists(DUMP));
    sweep(&world.at("2026-12-19T07:40:00Z", ANA)).unwrap();
    assert!(!world.exists(DUMP) && !pending());
}
