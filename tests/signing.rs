//! Decisions that carry an SSH signature: made elsewhere, imported here, not to be forged.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests look at files from outside"
)]

use caseward::attest::{DECISION_NAMESPACE, KeyFile, Signer};
use caseward::error::Error;
use caseward::model::Decision;
use caseward::ops::access::{self, DecisionInput};
use caseward::ops::signing::{self, NewSigner};
use caseward::ops::{Context, Opening, dsr, init};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

const PENDING: &str = "SAR-6JWD83PK";
const ADELE: &str = "adele@contoso.com";
const BEN: &str = "ben.okafor@support.example.com";

struct Demo {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Demo {
    /// A demo that requires signed decisions.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo");
        init::demo(Some(path.clone())).unwrap();
        let config = path.join("workspace.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replacen("[policy]", "[policy]\nrequire_signed_decisions = true", 1);
        std::fs::write(config, text).unwrap();
        Self { _dir: dir, path }
    }

    fn acting_as(&self, principal: &str) -> Context {
        Context::open(&Opening {
            workspace: Some(self.path.clone()),
            acting_as: Some(principal.to_owned()),
            read_only: false,
        })
        .unwrap()
    }

    fn list(&self, principal: &str, key: &KeyFile) {
        let new = NewSigner {
            principal: principal.to_owned(),
            key: key.key().to_string(),
            reports: false,
            decisions: true,
            valid_after: None,
            valid_before: None,
        };
        signing::add(&self.acting_as(BEN), &new).unwrap();
    }
}

fn key(seed: u8) -> KeyFile {
    let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&[seed; 32]));
    let key = PrivateKey::new(pair, "test").unwrap();
    KeyFile::parse(key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap()
}

fn approve(signature: Option<&str>) -> DecisionInput<'_> {
    DecisionInput { decision: Decision::Approved, side: None, signature }
}

fn rule_of(error: &Error) -> &'static str {
    error.rule().unwrap()
}

#[test]
fn sar_7_a_required_signature_is_made_elsewhere_and_imported() {
    let demo = Demo::new();
    let adele = demo.acting_as(ADELE);
    let error = access::decide(&adele, PENDING, approve(None)).unwrap_err();
    assert_eq!(rule_of(&error), "SAR-7");

    let hers = key(1);
    let text = access::statement(&adele, PENDING, Decision::Approved, None).unwrap();
    let armored = hers.sign(DECISION_NAMESPACE, text.as_bytes()).unwrap();
    // A key that is not listed never signs a decision.
    let error = access::decide(&adele, PENDING, approve(Some(&armored))).unwrap_err();
    assert!(error.to_string().contains("is not listed"), "{error}");

    demo.list(ADELE, &hers);
    let view = access::decide(&adele, PENDING, approve(Some(&armored))).unwrap();
    assert_eq!(view.state, "approved");
    assert!(view.resource_decision.unwrap().signed);
}

#[test]
fn sar_7_a_signature_stands_for_one_decision_only() {
    let demo = Demo::new();
    let adele = demo.acting_as(ADELE);
    let hers = key(1);
    demo.list(ADELE, &hers);
    let text = access::statement(&adele, PENDING, Decision::Approved, None).unwrap();
    let rejecting = access::statement(&adele, PENDING, Decision::Rejected, None).unwrap();
    let cases = [
        ("for another decision", hers.sign(DECISION_NAMESPACE, rejecting.as_bytes()).unwrap()),
        ("for another namespace", hers.sign("file", text.as_bytes()).unwrap()),
        ("by another key", key(2).sign(DECISION_NAMESPACE, text.as_bytes()).unwrap()),
        ("no signature at all", "-----BEGIN SSH SIGNATURE-----\n".to_owned()),
    ];
    for (what, armored) in cases {
        let error = access::decide(&adele, PENDING, approve(Some(&armored))).unwrap_err();
        assert_eq!(rule_of(&error), "SAR-7", "{what}");
    }
    assert_eq!(access::show(&adele, PENDING).unwrap().state, "pending");
}

#[test]
fn sar_7_a_decision_written_into_the_files_by_hand_counts_for_nothing() {
    let demo = Demo::new();
    let slot =
        "decision = \"approved\"\nat = \"2026-11-20T10:00:00Z\"\nby = \"adele@contoso.com\"\n";
    let request = demo
        .path
        .join("tenants/contoso.com/cases/2611120010003365/access")
        .join(format!("{PENDING}.toml"));
    let text = std::fs::read_to_string(&request).unwrap();
    std::fs::write(&request, format!("{text}\n[request_slot]\n{slot}")).unwrap();
    let approval = demo.path.join("tenants/contoso-test.com/approvals").join(PENDING);
    std::fs::create_dir(&approval).unwrap();
    let text = format!(
        "format = 1\nrevision = 1\nid = \"{PENDING}\"\nrequest_tenant = \"contoso.com\"\n\
         case = \"2611120010003365\"\n\n[resource_slot]\n{slot}"
    );
    std::fs::write(approval.join("approval.toml"), text).unwrap();

    let ben = demo.acting_as(BEN);
    assert_eq!(access::show(&ben, PENDING).unwrap().state, "pending");
    let check = access::check(
        &ben,
        "2611120010003365",
        Some("contoso-test.com"),
        caseward::model::DiagnosticKind::Other,
    )
    .unwrap();
    assert!(!check.allowed);
}

#[test]
fn del_2_a_deletion_needs_the_approvers_signature_over_this_plan() {
    let demo = Demo::new();
    let ana = demo.acting_as("ana.silva@support.example.com");
    let received = dsr::receive(
        &ana,
        dsr::NewRequest {
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
        },
    )
    .unwrap();
    let id = received.id.as_str();
    dsr::discover(&ana, id, &|_| {}, &AtomicBool::new(false)).unwrap();
    dsr::plan(&ana, id, Some(caseward::model::PlanScope::Engagement), true).unwrap();

    let ben = demo.acting_as(BEN);
    let his = key(3);
    demo.list(BEN, &his);
    assert_eq!(rule_of(&dsr::approve(&ben, id, None, None).unwrap_err()), "DEL-2");
    let text = dsr::approval_statement(&ben, id).unwrap();
    assert!(text.contains("\nplan-sha256 "));

    // Written by hand: approved in the record, and executed by nobody.
    let path = demo.path.join(format!("tenants/contoso.com/dsr/{id}/request.toml"));
    let honest = std::fs::read_to_string(&path).unwrap();
    let digest = dsr::show(&ana, id).unwrap().plan.unwrap().digest;
    let forged = honest.replace("state = \"planned\"", "state = \"approved\"")
        + &format!(
            "\n[[decisions]]\nwhat = \"approved\"\nat = \"2026-11-20T10:00:00Z\"\nby = \"{BEN}\"\n\
             os_user = \"x\"\ndigest = \"{digest}\"\n"
        );
    std::fs::write(&path, forged).unwrap();
    assert_eq!(rule_of(&dsr::execute(&ana, id, &mut |_| {}).unwrap_err()), "DEL-2");
    std::fs::write(&path, honest).unwrap();

    let armored = his.sign(DECISION_NAMESPACE, text.as_bytes()).unwrap();
    dsr::approve(&ben, id, None, Some(&armored)).unwrap();
    assert!(dsr::execute(&ana, id, &mut |_| {}).unwrap().complete);
}

#[test]
fn att_7_openings_expire_and_the_log_still_verifies() {
    use caseward::ops::attest;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("demo");
    init::demo(Some(path.clone())).unwrap();
    let open = |principal: &str| {
        Context::open(&Opening {
            workspace: Some(path.clone()),
            acting_as: Some(principal.to_owned()),
            read_only: false,
        })
        .unwrap()
    };
    let ana = open("ana.silva@support.example.com");
    let received = dsr::receive(
        &ana,
        dsr::NewRequest {
            tenant: "contoso.com".to_owned(),
            kind: caseward::model::DsrType::Delete,
            regulation: caseward::model::Regulation::Ccpa,
            requester: caseward::model::Requester::Customer,
            option: caseward::model::RequestOption::B,
            cases: vec!["contoso.com/2610150010002904".to_owned()],
            identifiers: vec![caseward::model::GivenIdentifier::new(
                caseward::model::IdentifierType::Phone,
                "+49 30 5550 137".to_owned(),
            )],
            allow_single_word: false,
            received_at: None,
        },
    )
    .unwrap();
    let id = received.id.as_str();
    dsr::discover(&ana, id, &|_| {}, &AtomicBool::new(false)).unwrap();
    dsr::plan(&ana, id, None, false).unwrap();
    dsr::approve(&open(BEN), id, None, None).unwrap();
    let executed = dsr::execute(&ana, id, &mut |_| {}).unwrap();
    assert!(executed.complete);
    assert_eq!(executed.items.len(), 2, "the note and its sidecar: {:?}", executed.items);
    assert!(attest::show(&ana, 1).unwrap().items.is_some());
    // ATT-7: nothing expires before `evidence_days` after the request ended, and at equality it has.
    let executed_at = attest::show(&ana, 2).unwrap().entry.at;
    let later = |days: i64, seconds: i64| {
        let now = executed_at + chrono::TimeDelta::days(days) + chrono::TimeDelta::seconds(seconds);
        Context { now, ..ana.clone() }
    };
    assert!(attest::shred_expired(&later(400, 0)).unwrap().is_empty(), "nobody closed the request");
    dsr::close(&later(2, 0), id, None).unwrap();
    let at = |days: i64, seconds: i64| later(days + 2, -seconds);
    assert!(attest::shred_expired(&at(90, 1)).unwrap().is_empty());
    assert_eq!(attest::shred_expired(&at(90, 0)).unwrap(), [executed.txs[0].tx.clone()]);
    assert!(attest::shred(&ana, &executed.txs[0].tx).is_err(), "it is gone already");
    assert!(attest::show(&ana, 1).unwrap().items.is_none());
    let read_only = Context { read_only: true, ..ana };
    let verified = attest::verify(&read_only, None, &mut |_, _| {}).unwrap();
    assert!(verified.ok, "{:?}", verified.checks);
}
