//! ATT-*: the attestation log.

use super::dsr::planned_engagement;
use super::world::*;
use caseward::attest::{Log, TxId};
use caseward::ops::attest::{self, Verified};
use caseward::ops::dsr as ops;
use hmac::{Hmac, Mac};
use std::sync::Arc;

/// A workspace in which Jane's closed engagement was deleted, with the transaction.
fn after_a_deletion() -> (World, TxId) {
    let world = World::demo();
    let (dsr, _) = planned_engagement(&world);
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    let done = ops::execute(&world.as_engineer(ANA), &dsr, &mut |_| {}).unwrap();
    let tx = done.txs[0].tx.parse().unwrap();
    (world, tx)
}

/// Verifies without remembering anything in the home of whoever runs the tests.
fn verify(world: &World) -> Verified {
    let mut context = world.as_engineer(ANA);
    context.read_only = true;
    attest::verify(&context, None, &mut |_, _| {}).unwrap()
}

#[test]
fn att_1_every_change_of_the_log_is_detected() {
    let (world, _) = after_a_deletion();
    assert!(verify(&world).ok);
    let path = world.inside(".attest/log.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 3);
    let changes: Vec<(&str, Vec<u8>)> = vec![
        ("dropped", [lines[0], lines[2]].concat()),
        ("swapped", [lines[0], lines[2], lines[1]].concat()),
        ("truncated", [lines[0], lines[1]].concat()),
        ("shortened", whole[..whole.len() - 1].to_vec()),
        ("emptied", Vec::new()),
        ("spaced", String::from_utf8(whole.clone()).unwrap().replacen(":1", ": 1", 1).into_bytes()),
    ];
    for (change, bytes) in changes {
        std::fs::write(&path, bytes).unwrap();
        assert!(!verify(&world).ok, "{change}");
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        std::fs::write(&path, flipped).unwrap();
        assert!(!verify(&world).ok, "a bit of byte {at}");
    }
    std::fs::write(&path, &whole).unwrap();
    for other in ["head", "checkpoint", "keys/log.pub"] {
        let path = world.inside(&format!(".attest/{other}"));
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, &good[..good.len() / 2]).unwrap();
        assert!(!verify(&world).ok, "{other}");
        std::fs::write(&path, good).unwrap();
    }
    assert!(verify(&world).ok);
}

/// A log that is whole and signed by its own key, and is not the one in which the records stand.
#[test]
fn att_1_a_log_that_took_anothers_place_is_noticed() {
    let (world, tx) = after_a_deletion();
    let log = attest::log_of(&world.as_engineer(ANA));
    let origin = world.workspace.config().origin.clone();
    assert!(log.size().unwrap() == 3 && verify(&world).ok);
    std::fs::remove_dir_all(world.inside(".attest")).unwrap();
    Log::create(Arc::clone(world.workspace.fs()), &origin, time(NOW)).unwrap();
    let verified = verify(&world);
    let failed: Vec<_> = verified.checks.iter().filter(|check| !check.ok).collect();
    assert!(!verified.ok && failed.len() == 1, "{:?}", verified.checks);
    assert_eq!(failed[0].name, "records");
    assert!(failed[0].detail.contains(&tx.to_string()), "{}", failed[0].detail);
    // Without a record that names it there is nothing to hold it against.
    assert!(verify(&World::demo()).ok);
}

#[test]
fn att_2_destroying_an_opening_never_breaks_the_log() {
    let (world, tx) = after_a_deletion();
    let log = Log::open(Arc::clone(world.workspace.fs()));
    assert!(log.opening(tx).unwrap().is_some());
    let mut session = log.lock(time(NOW)).unwrap();
    session.shred(tx).unwrap();
    drop(session);
    assert!(log.opening(tx).unwrap().is_none());
    assert!(verify(&world).ok, "{:?}", verify(&world).checks);
    let shown = attest::show(&world.as_engineer(ANA), 1).unwrap();
    assert!(shown.items.is_none() && shown.request.is_none());
}

#[test]
fn att_3_no_personal_data_in_the_log() {
    let (world, tx) = after_a_deletion();
    let log = Log::open(Arc::clone(world.workspace.fs()));
    let opening = log.opening(tx).unwrap().unwrap();
    let text = ["log.jsonl", "head", "checkpoint"]
        .map(|file| std::fs::read_to_string(world.inside(&format!(".attest/{file}"))).unwrap())
        .concat()
        .to_lowercase();
    let mut planted = vec![
        "jane".to_owned(),
        "miller".to_owned(),
        "john".to_owned(),
        "silva".to_owned(),
        "contoso".to_owned(),
        "dsr-2026".to_owned(),
        CLOSED.to_owned(),
        "diagnostics".to_owned(),
        "tenants".to_owned(),
    ];
    for record in &opening.records {
        planted.push(record.record.sha256.to_string());
        planted.push(record.record.path.name().to_string_lossy().to_lowercase());
    }
    let encodings = |word: &str| {
        use base64::Engine;
        let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(word).to_lowercase();
        let hashed = caseward::model::Sha256::of(word.as_bytes()).to_string();
        [word.to_owned(), hex, base64, hashed]
    };
    for word in &planted {
        for form in encodings(word) {
            assert!(!text.contains(&form), "{word} as {form}");
        }
    }
}

#[test]
fn att_4_each_commitment_can_be_computed_again() {
    let world = World::demo();
    let (dsr, plan) = planned_engagement(&world);
    let before: Vec<(String, String)> = plan
        .items
        .iter()
        .map(|item| {
            let bytes = std::fs::read(world.inside(&item.path)).unwrap();
            (item.path.clone(), caseward::model::Sha256::of(&bytes).to_string())
        })
        .collect();
    ops::approve(&world.as_engineer(BEN), &dsr, None, None).unwrap();
    ops::execute(&world.as_engineer(ANA), &dsr, &mut |_| {}).unwrap();
    let shown = attest::show(&world.as_engineer(ANA), 1).unwrap();
    let tx: TxId = shown.entry.tx.as_deref().unwrap().parse().unwrap();
    let log = Log::open(Arc::clone(world.workspace.fs()));
    let opening = log.opening(tx).unwrap().unwrap();
    let items = shown.items.unwrap();
    assert_eq!(items.len(), before.len());
    let text = std::fs::read_to_string(world.inside(&format!(".attest/open/{tx}"))).unwrap();
    for ((item, (path, sha256)), record) in items.iter().zip(&before).zip(&opening.records) {
        assert_eq!((&item.path, &item.sha256.to_string()), (path, sha256));
        // The line of the opening is `salt record`: everything that is needed, in plain text.
        let line = text.lines().find(|line| line.contains(&record.record.to_string())).unwrap();
        let (salt, message) = line.split_once(' ').unwrap();
        let key: Vec<u8> =
            (0..32).map(|n| u8::from_str_radix(&salt[2 * n..2 * n + 2], 16).unwrap()).collect();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        mac.update(message.as_bytes());
        let computed: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(computed, item.commitment.to_string(), "{path}");
    }
    let root = opening.commitments().to_string();
    assert!(shown.raw.contains(&format!("\"c\":\"{root}\"")), "{}", shown.raw);
}
