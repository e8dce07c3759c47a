//! A customer's bundle with one of its files changed, by somebody who makes the sums fit again.

use super::splice;
use caseward::attest::Sha256;
use caseward::report::bundle::{BundleVerification, verify_bundle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use tempfile::TempDir;

const VERIFY_SH: &[u8] = include_bytes!("../../../src/report/bundle/verify.sh");
const VKEY: &str = include_str!("../../fixtures/bundle/vkey");

struct Bundle {
    dir: TempDir,
    /// Every file but the sums.
    files: BTreeMap<PathBuf, Vec<u8>>,
    verdict: BundleVerification,
}

static BUNDLE: LazyLock<Mutex<Bundle>> = LazyLock::new(|| {
    // The crate of the fuzzer, or the program's own with the tests.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = [here.join("fixtures/bundle"), here.join("fuzz/fixtures/bundle")];
    let fixture = fixtures.into_iter().find(|path| path.exists()).expect("the fixture");
    let mut files = BTreeMap::from([(PathBuf::from("verify.sh"), VERIFY_SH.to_vec())]);
    for dir in ["", "entries", "proofs"] {
        for entry in std::fs::read_dir(fixture.join(dir)).expect("the fixture").flatten() {
            if entry.path().is_file() {
                let bytes = std::fs::read(entry.path()).expect("the fixture");
                files.insert(Path::new(dir).join(entry.file_name()), bytes);
            }
        }
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    for made in ["entries", "proofs"] {
        std::fs::create_dir(dir.path().join(made)).expect("a directory of ours");
    }
    for (path, bytes) in &files {
        std::fs::write(dir.path().join(path), bytes).expect("a file of ours");
    }
    sum(dir.path(), &files);
    let verdict = verify_bundle(dir.path(), Some(VKEY)).expect("a directory of ours");
    assert!(verdict.ok, "the fixture verifies: {:?}", verdict.checks);
    Mutex::new(Bundle { dir, files, verdict })
});

fn sum(dir: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    let line = |(path, bytes): (&PathBuf, &Vec<u8>)| {
        format!("{}  {}\n", Sha256::of(bytes), path.display())
    };
    let sums: String = files.iter().map(line).collect();
    std::fs::write(dir.join("SHA256SUMS"), sums).expect("a file of ours");
}

/// The verdict is the same twice, and what passes is still about the log that was signed.
pub fn bundle(data: &[u8]) {
    let Some((&[which, how], data)) = data.split_first_chunk() else { return };
    let bundle = BUNDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut files = bundle.files.clone();
    let names: Vec<PathBuf> =
        files.keys().cloned().chain(["SHA256SUMS.sig".into(), "SHA256SUMS".into()]).collect();
    let name = &names[usize::from(which) % names.len()];
    let old = files.get(name).cloned().unwrap_or_default();
    let new = if how % 2 == 0 { splice(&old, data) } else { data.to_vec() };
    let path = bundle.dir.path().join(name);
    std::fs::write(&path, &new).expect("a file of ours");
    if files.contains_key(name) {
        files.insert(name.clone(), new.clone());
        sum(bundle.dir.path(), &files);
    }
    let verify = || verify_bundle(bundle.dir.path(), Some(VKEY)).expect("a directory of ours");
    let verdict = verify();
    assert_eq!(verdict, verify(), "the same verdict twice");
    assert_eq!(verdict.ok, verdict.checks.iter().all(|check| check.ok));
    if verdict.ok {
        let signed = &bundle.verdict;
        assert_eq!((verdict.size, verdict.root), (signed.size, signed.root));
        // What the log binds cannot be other bytes. Only the key may lack its line feed.
        let bound = ["entries", "proofs", "openings.txt", "checkpoint", "verify.sh"];
        let is_bound = bound.iter().any(|one| name.starts_with(one));
        assert!(!is_bound || new == old, "{} was changed, and passes", name.display());
    }
    match bundle.files.get(name) {
        Some(old) => std::fs::write(&path, old).expect("a file of ours"),
        None => std::fs::remove_file(&path).expect("a file of ours"),
    }
    sum(bundle.dir.path(), &bundle.files);
}
