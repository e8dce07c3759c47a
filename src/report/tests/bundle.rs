//! The bundle: checked by our own code, by `verify.sh` and by `ssh-keygen`, and tampered with.

use super::*;
use crate::attest::{KeyFile, Signer};
use crate::report::bundle::{BundleError, BundleRequest, verify_bundle, write};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn key(seed: u8) -> KeyFile {
    let pair = ssh_key::private::Ed25519Keypair::from_seed(&[seed; 32]);
    let key = ssh_key::PrivateKey::new(pair.into(), "test").unwrap();
    KeyFile::parse(key.to_openssh(ssh_key::LineEnding::LF).unwrap().as_bytes()).unwrap()
}

fn bundle(place: &Place, signer: Option<&dyn Signer>) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("report");
    let (txs, mut content) = (place.txs(), place.content());
    content.items.reverse();
    write(BundleRequest { out: &out, log: &place.log, txs: &txs, content, signer }).unwrap();
    (parent, out)
}

fn allow(place: &Place, key: &KeyFile, options: &str) {
    let line = format!("ana.silva@support.example.com {options} {}\n", key.key());
    std::fs::write(place.dir.path().join(".attest/allowed_signers"), line).unwrap();
}

/// Runs `verify.sh` with the given shell; whether it verified, and what it printed.
fn run(shell: &str, out: &Path, args: &[&str]) -> (bool, String) {
    let output = Command::new(shell)
        .arg(out.join("verify.sh"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let verified = output.status.success();
    let last = text.lines().last().unwrap_or_default();
    assert!(last == "VERIFIED" || last.starts_with("FAILED: "), "{text}");
    assert_eq!(verified, last == "VERIFIED", "{text}");
    (verified, text)
}

fn files(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walkdir::WalkDir::new(out)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).unwrap();
            (entry.path().strip_prefix(out).unwrap().to_owned(), bytes)
        })
        .collect()
}

#[test]
fn a_bundle_verifies_here_and_with_sh_and_openssl_alone() {
    let place = Place::new();
    let (_parent, out) = bundle(&place, None);
    let checked = verify_bundle(&out, None).unwrap();
    assert!(checked.ok, "{:#?}", checked.checks);
    assert_eq!(checked.status, Some(Status::Unsigned));
    assert!(checked.checks.iter().all(|check| check.name != "signature"), "there is none");
    let (verified, text) = run("sh", &out, &[]);
    assert!(verified, "{text}");
    assert!(text.contains("UNSIGNED"));
    for (_, content) in &FILES[..4] {
        assert!(text.contains(&Sha256::of(content.as_bytes()).to_string()));
    }
    let vkey = place.log.vkey().unwrap().to_string();
    assert!(run("sh", &out, &[&vkey]).0);
    assert!(verify_bundle(&out, Some(&vkey)).unwrap().ok);
    let other = Place::new().log.vkey().unwrap().to_string();
    assert!(!run("sh", &out, &[&other]).0);
    assert!(!verify_bundle(&out, Some(&other)).unwrap().ok);
}

#[test]
fn verify_sh_needs_no_other_program() {
    let place = Place::new();
    let (parent, out) = bundle(&place, None);
    let bin = parent.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let path = std::env::var("PATH").unwrap();
    for tool in ["openssl", "sha256sum"] {
        let found = std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|p| p.exists());
        std::os::unix::fs::symlink(found.unwrap(), bin.join(tool)).unwrap();
    }
    let output = Command::new("/bin/sh")
        .arg(out.join("verify.sh"))
        .env_clear()
        .env("PATH", &bin)
        .env("TMPDIR", parent.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let place = Place::new();
    let signer = key(7);
    allow(&place, &signer, "");
    let (_one, first) = bundle(&place, Some(&signer));
    let (_two, second) = bundle(&place, Some(&signer));
    assert_eq!(files(&first), files(&second));
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::new();
    let (_parent, out) = bundle(&place, None);
    let before = files(&out);
    let (txs, content) = (place.txs(), place.content());
    let request = BundleRequest { out: &out, log: &place.log, txs: &txs, content, signer: None };
    assert!(matches!(write(request), Err(BundleError::NotEmpty(_))));
    assert_eq!(files(&out), before);
}

#[test]
fn att_6_only_a_completed_transaction_is_certified() {
    let place = Place::new();
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("report");
    let txs = [TxId::random().unwrap()];
    let content = place.content();
    let request = BundleRequest { out: &out, log: &place.log, txs: &txs, content, signer: None };
    assert!(matches!(write(request), Err(BundleError::NotCertifiable { .. })));
    assert!(!out.exists());
}

#[test]
fn a_report_that_disagrees_with_the_log_is_not_written() {
    let place = Place::new();
    let alter: [fn(&mut Content); 6] = [
        |content| content.items[4].verdict = ItemVerdict::Deleted,
        |content| content.items[0].sha256_before_removal = Some(Sha256::of(b"other")),
        |content| content.items[0].path = "elsewhere".into(),
        |content| content.items[0].size += 1,
        |content| drop(content.items.remove(2)),
        |content| {
            let mut more = content.items[0].clone();
            (more.tx, more.path) = (None, "more".into());
            content.items.push(more);
        },
    ];
    for (n, alter) in alter.into_iter().enumerate() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("report");
        let (txs, mut content) = (place.txs(), place.content());
        alter(&mut content);
        let request =
            BundleRequest { out: &out, log: &place.log, txs: &txs, content, signer: None };
        assert!(matches!(write(request), Err(BundleError::Disagrees(_))), "{n}");
        assert!(!out.exists());
    }
}

/// Rewrites SHA256SUMS, as somebody who tampers would.
fn sum_again(out: &Path) {
    let mut sums = String::new();
    for (path, bytes) in files(out) {
        let name = path.to_str().unwrap();
        if !name.starts_with("SHA256SUMS") {
            sums += &format!("{}  {name}\n", Sha256::of(&bytes));
        }
    }
    std::fs::write(out.join("SHA256SUMS"), sums).unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    let altered = text.replacen(from, to, 1);
    assert_ne!(text, altered, "{} holds no {from}", path.display());
    std::fs::write(path, altered).unwrap();
}

#[test]
fn every_tampered_bundle_is_refused() {
    let place = Place::new();
    let other = Place::new();
    let (_theirs, theirs) = bundle(&other, None);
    let sha = Sha256::of(FILES[0].1.as_bytes()).to_string();
    let fake = Sha256::of(b"never was").to_string();
    let copy = |name: &str, out: &Path| {
        std::fs::copy(theirs.join(name), out.join(name)).unwrap();
    };
    type Tamper<'a> = (&'static str, Box<dyn Fn(&Path) + 'a>);
    let tampers: Vec<Tamper<'_>> = vec![
        (
            "a hash in the report",
            Box::new(|out| {
                let key = "\"sha256_before_removal\": ";
                let (from, to) = (format!("{key}\"{sha}\""), format!("{key}\"{fake}\""));
                replace(&out.join("report.json"), &from, &to);
            }),
        ),
        (
            "a name in the report",
            Box::new(|out| {
                replace(&out.join("report.json"), "cases/1/case.toml", "cases/2/case.toml");
            }),
        ),
        (
            "a hash in report and opening",
            Box::new(|out| {
                let text = std::fs::read_to_string(out.join("report.json")).unwrap();
                std::fs::write(out.join("report.json"), text.replace(&sha, &fake)).unwrap();
                replace(&out.join("openings.txt"), &sha, &fake);
            }),
        ),
        (
            "a path in the opening",
            Box::new(|out| {
                replace(&out.join("openings.txt"), "case.toml", "code.toml");
            }),
        ),
        (
            "a verdict in the report",
            Box::new(|out| {
                replace(
                    &out.join("report.json"),
                    "\"verdict\": \"retained\"",
                    "\"verdict\": \"deleted\"",
                );
            }),
        ),
        (
            "an outcome in the entry",
            Box::new(|out| {
                replace(&out.join("entries/6.json"), "\"out\":\"m\"", "\"out\":\"g\"");
            }),
        ),
        (
            "the time of an entry",
            Box::new(|out| {
                replace(&out.join("entries/1.json"), "T09:", "T08:");
            }),
        ),
        ("another log's checkpoint", Box::new(|out| copy("checkpoint", out))),
        (
            "another log's key and checkpoint",
            Box::new(|out| {
                copy("checkpoint", out);
                copy("vkey", out);
            }),
        ),
        (
            "the size in the checkpoint",
            Box::new(|out| {
                replace(&out.join("checkpoint"), "\n7\n", "\n8\n");
            }),
        ),
        (
            "a missing signature of the log",
            Box::new(|out| {
                let text = std::fs::read_to_string(out.join("checkpoint")).unwrap();
                let unsigned = text.split('\u{2014}').next().unwrap();
                std::fs::write(out.join("checkpoint"), unsigned).unwrap();
            }),
        ),
        (
            "a proof of another entry",
            Box::new(|out| {
                std::fs::copy(out.join("proofs/1.tlog-proof"), out.join("proofs/2.tlog-proof"))
                    .unwrap();
            }),
        ),
        (
            "renamed entries",
            Box::new(|out| {
                std::fs::rename(out.join("entries/1.json"), out.join("entries/x")).unwrap();
                std::fs::rename(out.join("entries/3.json"), out.join("entries/1.json")).unwrap();
                std::fs::rename(out.join("entries/x"), out.join("entries/3.json")).unwrap();
            }),
        ),
        (
            "a missing proof",
            Box::new(|out| {
                std::fs::remove_file(out.join("proofs/2.tlog-proof")).unwrap();
            }),
        ),
        (
            "the root in the report",
            Box::new(|out| {
                let root = place.log.head().unwrap().root.to_string();
                replace(&out.join("report.json"), &root, &fake);
            }),
        ),
        (
            "a report that claims to be signed",
            Box::new(|out| {
                replace(&out.join("report.json"), "UNSIGNED", "SIGNED");
            }),
        ),
    ];
    for (what, tamper) in &tampers {
        for again in [false, true] {
            let (_parent, out) = bundle(&place, None);
            tamper(&out);
            if again {
                sum_again(&out);
            }
            let checked = verify_bundle(&out, None).unwrap();
            assert!(!checked.ok, "{what}, sums anew: {again}");
            let (verified, text) = run("sh", &out, &[]);
            assert!(!verified, "{what}, sums anew: {again}: {text}");
        }
    }
}

#[test]
fn a_file_that_is_not_listed_is_refused() {
    let place = Place::new();
    let (_parent, out) = bundle(&place, None);
    std::fs::write(out.join("entries/99.json"), "{}").unwrap();
    assert!(!verify_bundle(&out, None).unwrap().ok);
    assert!(!run("sh", &out, &[]).0);
}

#[test]
fn renderings_that_say_something_else_are_refused() {
    let place = Place::new();
    for name in ["report.md", "report.html"] {
        let (_parent, out) = bundle(&place, None);
        replace(&out.join(name), "retained", "deleted");
        sum_again(&out);
        let checked = verify_bundle(&out, None).unwrap();
        let failed: Vec<_> = checked.checks.iter().filter(|c| !c.ok).map(|c| c.name).collect();
        assert_eq!(failed, ["report"], "{name}");
    }
}

#[test]
fn a_signed_bundle_is_checked_by_stock_ssh_keygen() {
    let place = Place::new();
    let signer = key(7);
    allow(&place, &signer, "namespaces=\"report@caseward\"");
    let (_parent, out) = bundle(&place, Some(&signer));
    let checked = verify_bundle(&out, None).unwrap();
    assert!(checked.ok, "{:#?}", checked.checks);
    assert_eq!(checked.status, Some(Status::Signed));
    assert!(run("sh", &out, &[]).0);
    let keygen = |sums: &Path| {
        Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", "report@caseward", "-I", "ana.silva@support.example.com"])
            .arg("-f")
            .arg(out.join("allowed_signers"))
            .arg("-s")
            .arg(out.join("SHA256SUMS.sig"))
            .stdin(std::fs::File::open(sums).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    };
    assert!(keygen(&out.join("SHA256SUMS")));
    assert!(!keygen(&out.join("report.json")));
    // Whoever changes anything and sums again has no signature for it.
    replace(&out.join("report.md"), "retained", "deleted");
    sum_again(&out);
    assert!(!keygen(&out.join("SHA256SUMS")));
    assert!(!verify_bundle(&out, None).unwrap().ok);
}

#[test]
fn a_stripped_signature_is_noticed() {
    let place = Place::new();
    let (_parent, out) = bundle(&place, Some(&key(7)));
    std::fs::remove_file(out.join("SHA256SUMS.sig")).unwrap();
    assert!(!verify_bundle(&out, None).unwrap().ok);
    assert!(!run("sh", &out, &[]).0);
}

#[test]
fn a_signer_that_is_not_listed_is_warned_of_in_the_report() {
    let place = Place::new();
    let signer = key(7);
    for (options, warned) in [
        (None, true),
        (Some("namespaces=\"git\""), true),
        (Some("valid-before=\"20261104\""), true),
        (Some("valid-after=\"20261101\""), false),
    ] {
        if let Some(options) = options {
            allow(&place, &signer, options);
        }
        let (_parent, out) = bundle(&place, Some(&signer));
        let text = std::fs::read_to_string(out.join("report.md")).unwrap();
        assert_eq!(
            text.contains("## Notices") && text.contains("signing key"),
            warned,
            "{options:?}"
        );
        let checked = verify_bundle(&out, None).unwrap();
        assert!(checked.ok);
        let noticed = checked.notices.iter().any(|n| n.contains("does not count"));
        assert_eq!(noticed, warned, "{options:?}");
    }
}
