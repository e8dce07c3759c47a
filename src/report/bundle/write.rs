//! Writing a bundle: everything composed first, checked against the log, then written once.

#![allow(clippy::disallowed_methods, reason = "a bundle lies outside the workspace")]

use super::{Opened, VERIFY_SH, accord, openings_file, proof_file};
use crate::attest::merkle::Claim;
use crate::attest::{
    AllowedSigners, Body, Checkpoint, Entry, Error, Log, REPORT_NAMESPACE, Sha256, SignError,
    Signer, Standing, TxId, VKey, Verdict, Warnings, Why,
};
use crate::report::{Content, LogState, Report, SignedBy, Transaction, html, markdown};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a bundle is made of.
#[derive(Debug)]
pub struct BundleRequest<'a> {
    /// The directory to write, outside the workspace: created, or empty.
    pub out: &'a Path,
    pub log: &'a Log,
    /// The transactions reported, each ended.
    pub txs: &'a [TxId],
    /// Its items must name every file of every transaction, with that transaction's verdict.
    pub content: Content,
    /// Who signs; `None` writes an UNSIGNED report.
    pub signer: Option<&'a dyn Signer>,
}

/// A bundle as written.
#[derive(Debug)]
pub struct Written {
    pub report: Report,
    /// Names of the files, relative to the directory, sorted.
    pub files: Vec<String>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("{0} is not empty: nothing is ever overwritten")]
    NotEmpty(PathBuf),
    #[error("cannot write {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Log(#[from] Error),
    /// ATT-6: only completed transactions are certified.
    #[error("transaction {tx} cannot be certified: {why}")]
    NotCertifiable { tx: TxId, why: &'static str },
    /// The report would say something else than the log.
    #[error("the report does not agree with the log: {0}")]
    Disagrees(String),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// What the log holds of one transaction.
#[derive(Debug, Default)]
struct Account {
    begin: Option<(u64, DateTime<Utc>, Why, u64)>,
    end: Option<(u64, DateTime<Utc>, Vec<Verdict>, Warnings)>,
    lost: bool,
}

/// Writes a bundle.
///
/// # Errors
/// [`BundleError::NotCertifiable`] (ATT-6), a report that disagrees with the log, a directory that
/// is not empty, an agent that refuses, I/O. Nothing is written before everything agrees.
pub fn write(request: BundleRequest<'_>) -> Result<Written, BundleError> {
    let BundleRequest { out, log, txs, mut content, signer } = request;
    must_be_empty(out)?;
    let (entries, accounts) = gather(log, txs)?;
    let note = log.checkpoint()?;
    let vkey = log.vkey()?;
    let checkpoint = verified(&note, &vkey)?;
    let (openings, transactions, outcomes) = certified(log, txs, &accounts)?;
    accord::compare(&content.items, &openings, &outcomes).map_err(BundleError::Disagrees)?;
    accord::sort(&mut content.items, &openings);

    let claims: Vec<Claim> = entries
        .iter()
        .map(|entry| Claim::Inclusion { index: entry.leaf.index, size: checkpoint.size })
        .collect();
    let (proofs, root) = log.prove(&claims, checkpoint.size)?;
    if root != checkpoint.root {
        let what = "the checkpoint states another root than the log has".to_owned();
        return Err(Error::Damaged(what).into());
    }
    let allowed = log.allowed_signers()?;
    let signature = signer.map(|signer| signed_by(signer, &allowed, content.issued_at));
    let state = LogState {
        origin: checkpoint.origin,
        size: checkpoint.size,
        root,
        vkey: vkey.to_string(),
        transactions,
    };
    let report = Report::new(content, state, signature);

    let mut files = BTreeMap::new();
    for (entry, proof) in entries.iter().zip(proofs) {
        let index = entry.leaf.index;
        let Some(proof) = proof else { return Err(Error::UnknownEntry(index).into()) };
        files.insert(format!("entries/{index}.json"), entry.raw.clone());
        files.insert(format!("proofs/{index}.tlog-proof"), proof_file(index, &proof, &note));
    }
    files.insert("openings.txt".to_owned(), openings_file(&openings));
    files.insert("checkpoint".to_owned(), note);
    files.insert("vkey".to_owned(), format!("{vkey}\n").into_bytes());
    files.insert("allowed_signers".to_owned(), allowed);
    files.insert("verify.sh".to_owned(), VERIFY_SH.as_bytes().to_vec());
    files.insert("VERIFY.txt".to_owned(), instructions(&report).into_bytes());
    files.insert("report.json".to_owned(), report.json());
    files.insert("report.md".to_owned(), markdown(&report));
    files.insert("report.html".to_owned(), html(&report));
    let sums = sums(&files);
    let armored = signer.map(|signer| signer.sign(REPORT_NAMESPACE, &sums)).transpose()?;
    files.insert("SHA256SUMS".to_owned(), sums);
    if let Some(armored) = armored {
        files.insert("SHA256SUMS.sig".to_owned(), armored.into_bytes());
    }
    store(out, &files)?;
    Ok(Written { report, files: files.into_keys().collect() })
}

/// The genesis and every entry of the transactions, and what they tell.
fn gather(log: &Log, txs: &[TxId]) -> Result<(Vec<Entry>, HashMap<TxId, Account>), BundleError> {
    let mut accounts: HashMap<TxId, Account> =
        txs.iter().map(|tx| (*tx, Account::default())).collect();
    let entries = log.entries_where(&mut |leaf| {
        leaf.index == 0 || leaf.tx().is_some_and(|tx| accounts.contains_key(&tx))
    })?;
    for entry in &entries {
        let (index, time) = (entry.leaf.index, entry.leaf.time);
        let Some(account) = entry.leaf.tx().and_then(|tx| accounts.get_mut(&tx)) else { continue };
        match &entry.leaf.body {
            Body::Begin { why, count, .. } => {
                account.begin = Some((index, time, *why, u64::from(*count)));
            }
            Body::End { outcomes, warnings, .. } => {
                account.end = Some((index, time, outcomes.clone(), *warnings));
            }
            Body::Lost { .. } => account.lost = true,
            Body::Genesis { .. } | Body::Shred { .. } | Body::Unknown { .. } => {}
        }
    }
    Ok((entries, accounts))
}

fn verified(note: &[u8], vkey: &VKey) -> Result<Checkpoint, BundleError> {
    let checkpoint = Checkpoint::verify(note, vkey);
    Ok(checkpoint.map_err(|error| Error::Damaged(format!("checkpoint: {error}")))?)
}

type Certified = (BTreeMap<TxId, Opened>, Vec<Transaction>, HashMap<TxId, Vec<Verdict>>);

/// ATT-6: every transaction must have ended.
fn certified(
    log: &Log,
    txs: &[TxId],
    accounts: &HashMap<TxId, Account>,
) -> Result<Certified, BundleError> {
    let (mut openings, mut told, mut outcomes) = (BTreeMap::new(), Vec::new(), HashMap::new());
    for tx in txs {
        let not = |why| Err(BundleError::NotCertifiable { tx: *tx, why });
        let Some(account) = accounts.get(tx) else { return not("it is not in the log") };
        let Some((begin, began_at, why, files)) = account.begin else {
            return not("it is not in the log");
        };
        if account.lost {
            return not("its outcome is unknown");
        }
        let Some((end, ended_at, verdicts, warnings)) = &account.end else {
            return not("it has begun and not ended");
        };
        let opening = log.opening(*tx)?;
        told.push(Transaction {
            tx: *tx,
            why: why.name().to_owned(),
            begin,
            end: *end,
            began_at,
            ended_at: *ended_at,
            files,
            warnings: warnings.meanings().into_iter().map(str::to_owned).collect(),
            opening_destroyed: opening.is_none(),
        });
        openings.insert(*tx, Opened { begin, end: *end, opening });
        outcomes.insert(*tx, verdicts.clone());
    }
    told.sort_by_key(|one| one.begin);
    Ok((openings, told, outcomes))
}

/// How the signer stands, as the report tells it.
fn signed_by(signer: &dyn Signer, allowed: &[u8], at: DateTime<Utc>) -> SignedBy {
    let key = signer.key();
    let text = String::from_utf8_lossy(allowed);
    let (principal, warning) = match AllowedSigners::parse(&text) {
        Err(error) => (None, Some(format!("allowed_signers is not readable: {error}"))),
        Ok(allowed) => match allowed.standing(key, REPORT_NAMESPACE, at) {
            Standing::Listed(principal) => (Some(principal), None),
            Standing::NotListed => {
                (None, Some("the signing key is not listed in allowed_signers".to_owned()))
            }
            Standing::OtherNamespace(principal) => {
                let what = "allowed_signers does not list the signing key for reports";
                (Some(principal), Some(what.to_owned()))
            }
            Standing::NotYetValid(principal) => {
                (Some(principal), Some("the signing key is not valid yet".to_owned()))
            }
            Standing::Expired(principal) => {
                (Some(principal), Some("the signing key was not valid any more".to_owned()))
            }
        },
    };
    let namespace = REPORT_NAMESPACE.to_owned();
    SignedBy { principal, key: key.fingerprint(), namespace, warning }
}

/// `SHA256SUMS` over every file, sorted by name.
fn sums(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let lines = files.iter().map(|(name, bytes)| format!("{}  {name}\n", Sha256::of(bytes)));
    lines.collect::<String>().into_bytes()
}

fn instructions(report: &Report) -> String {
    let signed = match &report.signature {
        None => "3. This bundle is UNSIGNED: no person has put a signature to it.\n".to_owned(),
        Some(signed) => format!(
            "3. The signature of the issuer (key {}), with OpenSSH 8.2 or later:\n\n\
             \x20      ssh-keygen -Y verify -f allowed_signers -I {} -n {} \\\n\
             \x20          -s SHA256SUMS.sig < SHA256SUMS\n\n\
             \x20  allowed_signers is the issuer's own list. Compare the key with one that you got\n\
             \x20  another way.\n",
            signed.key,
            signed.principal.as_deref().unwrap_or("PRINCIPAL"),
            signed.namespace
        ),
    };
    format!(
        "How to check this bundle\n\
         ========================\n\n\
         You need sh, sha256sum and openssl 3.0 or later, and no software of the issuer.\n\n\
         1. That no file was changed:\n\n\
         \x20      sha256sum -c SHA256SUMS\n\n\
         2. That the entries are in the log, that the log's key signed its state, and that the\n\
         \x20  entries are bound to the files listed in openings.txt:\n\n\
         \x20      sh verify.sh\n\
         \x20      sh verify.sh 'VKEY'        with the log's key as you had it before\n\n\
         \x20  It names each file with its SHA-256 and ends with VERIFIED.\n\n\
         {signed}\n\
         Keep the file checkpoint. A later bundle of the same log must contain what it states; the\n\
         issuer can be asked for a proof of that (RFC 9162, section 2.1.4).\n\n\
         openings.txt ties the entries to file names and hashes. It is yours: whoever holds it can\n\
         tell which files they were.\n\n\
         What this shows, and what it does not, stands in the report under \"What is attested\" and\n\
         \"What is not attested\".\n"
    )
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.to_path_buf();
    move |source| BundleError::Io { path, source }
}

fn must_be_empty(out: &Path) -> Result<(), BundleError> {
    match std::fs::read_dir(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(out)(error)),
        Ok(mut names) => match names.next() {
            None => Ok(()),
            Some(_) => Err(BundleError::NotEmpty(out.to_path_buf())),
        },
    }
}

/// Writes the files, readable by their owner only: openings are nobody else's business.
fn store(out: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), BundleError> {
    let mut directories = std::fs::DirBuilder::new();
    directories.recursive(true).mode(0o700);
    for directory in [out.to_path_buf(), out.join("entries"), out.join("proofs")] {
        directories.create(&directory).map_err(failed(&directory))?;
    }
    // SHA256SUMS goes last: without it a bundle is visibly unfinished.
    let (last, first): (Vec<_>, Vec<_>) =
        files.iter().partition(|(name, _)| name.starts_with("SHA256SUMS"));
    for (name, bytes) in first.into_iter().chain(last) {
        let path = out.join(name);
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let written = file.and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(failed(&path))?;
    }
    Ok(())
}
