//! ATT-3: nothing about people, files or their content is in the log, in any usual spelling.

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

/// The spellings in which a text could leak.
fn spellings(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut all = vec![text.to_owned(), text.to_lowercase(), hex::encode(bytes)];
    // The last characters of an encoding depend on what follows.
    for code in [STANDARD.encode(bytes), URL_SAFE.encode(bytes)] {
        all.push(code.trim_end_matches('=').chars().take(code.len() - 4).collect());
    }
    let hash = Sha256::of(bytes);
    all.extend([hash.to_string(), STANDARD.encode(hash.0), URL_SAFE.encode(hash.0)]);
    all.retain(|spelling| spelling.len() >= 6);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn att_3_no_personal_data_is_in_the_log(
        name in "[A-Z][a-z]{6,12}", mail in "[a-z]{6,10}\\.[a-z]{6}@[a-z]{6}\\.com",
        folder in "[a-z \u{e4}-\u{fc}]{6,20}[a-z]", file in "[a-zA-Z0-9]{8,16}\\.txt",
        content in "[ -~]{8,200}", engineer in "[a-z]{8,12}@support\\.example\\.com",
        request in "DSR-2026-[0-9]{6}",
    ) {
        let place = Place::new();
        let path = format!("tenants/{name}.example/{}/{file}", folder.trim());
        let full = place.dir.path().join(&path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        let content = format!("{content} {mail}");
        std::fs::write(&full, &content).unwrap();
        let mut removal = removal(vec![item(&path, &content)]);
        (removal.engineer, removal.request) = (engineer.clone(), request.clone());
        let mut session = place.log.lock(noon()).unwrap();
        session.remove(&removal, &mut quiet).unwrap();
        session.shred(removal.tx).unwrap();
        session.forget(removal.tx).unwrap();
        drop(session);
        // What anybody may see of the log for ever: entries, head, checkpoints.
        let mut seen = String::new();
        for name in ["log.jsonl", "head", "checkpoint", "checkpoints/3", "checkpoints/4"] {
            let path = place.dir.path().join(".attest").join(name);
            seen += &std::fs::read_to_string(path).unwrap();
        }
        let lower = seen.to_lowercase();
        for planted in [&name, &mail, &path, &file, &content, &engineer, &request] {
            for spelling in spellings(planted) {
                prop_assert!(!seen.contains(&spelling), "{planted:?} as {spelling:?}");
                prop_assert!(!lower.contains(&spelling.to_lowercase()), "{planted:?}");
            }
        }
        // And nothing private is left anywhere in the log's directory.
        for directory in ["open", "txn", "trash", "torn"] {
            let path = place.dir.path().join(".attest").join(directory);
            prop_assert_eq!(std::fs::read_dir(path).unwrap().count(), 0);
        }
    }
}

#[test]
fn secrets_never_show_in_debug() {
    let place = Place::new();
    let removal = all_files();
    let mut session = place.log.lock(noon()).unwrap();
    let outcome = session.remove(&removal, &mut quiet).unwrap();
    let opening = place.log.opening(removal.tx).unwrap().unwrap();
    let key = std::fs::read_to_string(place.dir.path().join(".attest/keys/log")).unwrap();
    let secret = key.lines().nth(2).unwrap();
    let shown = format!("{session:?} {removal:?} {outcome:?} {opening:?} {:?}", session.key);
    for hidden in [secret, &opening.subject_salt.reveal(), &opening.records[0].salt.reveal()] {
        assert!(!shown.contains(hidden));
    }
}
