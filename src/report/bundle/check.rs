//! Checking a bundle in-process: all that `verify.sh` checks, the signature, and every rendering.

#![allow(clippy::disallowed_methods, reason = "a bundle lies outside the workspace")]

use super::{Opened, VERIFY_SH, accord, read_openings, read_proof};
use crate::attest::{
    AllowedSigners, Body, Check, Checkpoint, Leaf, REPORT_NAMESPACE, Sha256, Standing, TxId, VKey,
    Verdict, merkle, verify_signature,
};
use crate::report::{ATTESTED, NOT_ATTESTED, Report, SCHEMA, Status, html, markdown};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;
use walkdir::WalkDir;

/// The result of checking a bundle.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BundleVerification {
    /// Whether every check passed.
    pub ok: bool,
    /// Entries under the bundle's checkpoint; 0 when it could not be read.
    pub size: u64,
    pub root: Option<Sha256>,
    /// `None` when the report could not be read.
    pub status: Option<Status>,
    pub checks: Vec<Check>,
    /// What is true and may matter, without being a failure.
    pub notices: Vec<String>,
}

/// Checks the bundle in `dir`. `vkey` is the log's key as the reader had it before, if any.
///
/// # Errors
/// Only when the directory cannot be listed; everything else is in the result.
pub fn verify_bundle(dir: &Path, vkey: Option<&str>) -> io::Result<BundleVerification> {
    let mut found = Checking { files: BTreeMap::new(), notices: Vec::new() };
    let mut result = BundleVerification {
        ok: false,
        size: 0,
        root: None,
        status: None,
        checks: Vec::new(),
        notices: Vec::new(),
    };
    let odd = found.load(dir)?;
    let mut failed = false;
    let mut add = |name: &'static str, outcome: Result<String, String>| {
        let ok = outcome.is_ok();
        failed |= !ok;
        let detail = outcome.unwrap_or_else(|what| what);
        result.checks.push(Check { name, ok, detail });
    };
    add("files", if odd.is_empty() { found.sums() } else { Err(odd) });
    let key = found.key(vkey);
    add("key", key.as_ref().map(ToString::to_string).map_err(Clone::clone));
    let checkpoint = key.and_then(|key| found.checkpoint(&key).map(|found| (key, found)));
    let unchecked = || "not checked".to_owned();
    add(
        "checkpoint",
        match &checkpoint {
            Ok((_, found)) => Ok(format!("signed, {}", crate::text::entries(found.size))),
            Err(what) => Err(what.clone()),
        },
    );
    let leaves = match &checkpoint {
        Ok((key, checkpoint)) => found.entries(key, checkpoint),
        Err(_) => Err(unchecked()),
    };
    add(
        "entries",
        match &leaves {
            Ok(leaves) => Ok(format!("{} are in the log", leaves.len())),
            Err(what) => Err(what.clone()),
        },
    );
    let openings = leaves.and_then(|leaves| found.openings(&leaves));
    add(
        "openings",
        match &openings {
            Ok((openings, _)) => Ok(format!("{} transactions fit their entries", openings.len())),
            Err(what) => Err(what.clone()),
        },
    );
    let report = found.report();
    add(
        "report",
        match (&report, &openings, &checkpoint) {
            (Err(what), ..) => Err(what.clone()),
            (Ok(report), Ok((openings, outcomes)), Ok((_, checkpoint))) => {
                found.agrees(report, openings, outcomes, checkpoint)
            }
            _ => Err(unchecked()),
        },
    );
    if let Ok(report) = &report {
        result.status = Some(report.status);
        if let Some(outcome) = found.signature(report) {
            add("signature", outcome);
        }
    } else {
        add("signature", Err(unchecked()));
    }
    if let Ok((_, checkpoint)) = checkpoint {
        (result.size, result.root) = (checkpoint.size, Some(checkpoint.root));
    }
    if vkey.is_none() {
        found.notices.push("the key is the bundle's own; compare it with one you know".to_owned());
    }
    (result.ok, result.notices) = (!failed, found.notices);
    Ok(result)
}

/// The files of a bundle, and what is noticed on the way.
struct Checking {
    files: BTreeMap<String, Vec<u8>>,
    notices: Vec<String>,
}

/// More than any bundle's file can be; a larger one is not read.
const LARGEST: u64 = 256 << 20;

impl Checking {
    /// Reads every file. Returns what has no place in a bundle, in words; empty when nothing.
    fn load(&mut self, dir: &Path) -> io::Result<String> {
        let mut odd = String::new();
        for entry in WalkDir::new(dir).min_depth(1).max_depth(2).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.depth() == 0 => return Err(error.into()),
                Err(error) => {
                    odd = format!("a part of it cannot be read: {error}");
                    continue;
                }
            };
            let name = entry.path().strip_prefix(dir).unwrap_or(entry.path());
            let name = name.to_string_lossy().into_owned();
            let kind = entry.file_type();
            if kind.is_dir() && (name == "entries" || name == "proofs") {
                continue;
            }
            if !kind.is_file() || entry.metadata()?.len() > LARGEST {
                odd = format!("{name} is no file of a bundle");
                continue;
            }
            self.files.insert(name, std::fs::read(entry.path())?);
        }
        Ok(odd)
    }

    fn file(&self, name: &str) -> Result<&[u8], String> {
        self.files.get(name).map(Vec::as_slice).ok_or_else(|| format!("{name} is missing"))
    }

    /// SHA256SUMS lists exactly the files there are.
    fn sums(&self) -> Result<String, String> {
        let listed = self.file("SHA256SUMS")?;
        let mut sums = String::new();
        for (name, bytes) in &self.files {
            if name != "SHA256SUMS" && name != "SHA256SUMS.sig" {
                let line = format!("{}  {name}\n", Sha256::of(bytes));
                if memchr::memmem::find(listed, line.as_bytes()).is_none() {
                    return Err(format!("{name} does not fit SHA256SUMS"));
                }
                sums += &line;
            }
        }
        if sums.as_bytes() != listed {
            return Err("SHA256SUMS lists a file that is not there".to_owned());
        }
        if self.file("verify.sh")? != VERIFY_SH.as_bytes() {
            return Err("verify.sh is not the one that this program writes".to_owned());
        }
        Ok(format!("{} files fit SHA256SUMS", sums.lines().count()))
    }

    fn key(&self, known: Option<&str>) -> Result<VKey, String> {
        let text = String::from_utf8_lossy(self.file("vkey")?).into_owned();
        let text = text.strip_suffix('\n').unwrap_or(&text);
        if known.is_some_and(|known| known.trim() != text) {
            return Err("the bundle's key is not the key that was given".to_owned());
        }
        VKey::parse(text).ok_or_else(|| "vkey is no key".to_owned())
    }

    fn checkpoint(&self, key: &VKey) -> Result<Checkpoint, String> {
        Checkpoint::verify(self.file("checkpoint")?, key).map_err(|error| error.to_string())
    }

    /// Each entry is canonical and in the tree that the checkpoint states.
    fn entries(&self, key: &VKey, checkpoint: &Checkpoint) -> Result<BTreeMap<u64, Leaf>, String> {
        let note = self.file("checkpoint")?;
        let mut leaves = BTreeMap::new();
        for (name, bytes) in &self.files {
            let Some(index) = name.strip_prefix("entries/") else { continue };
            let leaf = Leaf::parse(bytes).map_err(|error| format!("{name}: {error}"))?;
            if index != format!("{}.json", leaf.index) {
                return Err(format!("{name} holds entry {}", leaf.index));
            }
            let index = leaf.index;
            let proof = self.file(&format!("proofs/{index}.tlog-proof"))?;
            let proof = read_proof(proof, index, note)
                .ok_or_else(|| format!("the proof of entry {index} is malformed"))?;
            let (hash, size) = (merkle::leaf_hash(bytes), checkpoint.size);
            if !merkle::verify_inclusion(hash, index, size, &proof, &checkpoint.root) {
                return Err(format!("entry {index} is not in the log"));
            }
            leaves.insert(index, leaf);
        }
        let proofs = self.files.keys().filter(|name| name.starts_with("proofs/")).count();
        if proofs != leaves.len() {
            return Err("there are proofs without an entry".to_owned());
        }
        match leaves.get(&0).map(|leaf| &leaf.body) {
            Some(Body::Genesis { vkey, .. }) if *vkey == key.to_string() => Ok(leaves),
            _ => Err("the log's first entry names another key".to_owned()),
        }
    }

    /// Each opening fits its `begin`, each `begin` has its `end`.
    #[allow(clippy::type_complexity, reason = "openings and outcomes by transaction")]
    fn openings(
        &self,
        leaves: &BTreeMap<u64, Leaf>,
    ) -> Result<(BTreeMap<TxId, Opened>, HashMap<TxId, Vec<Verdict>>), String> {
        let openings = read_openings(self.file("openings.txt")?);
        let openings = openings.ok_or("openings.txt is malformed")?;
        let mut outcomes = HashMap::new();
        for (tx, opened) in &openings {
            let body = |index: u64| leaves.get(&index).map(|leaf| &leaf.body);
            let Some(Body::Begin { tx: begun, count, commitments, subject, .. }) =
                body(opened.begin)
            else {
                return Err(format!("the begin of {tx} is missing"));
            };
            let Some(Body::End { tx: ended, begin, outcomes: verdicts, .. }) = body(opened.end)
            else {
                return Err(format!("the end of {tx} is missing"));
            };
            if begun != tx || ended != tx || *begin != opened.begin {
                return Err(format!("the entries of {tx} are of another transaction"));
            }
            if let Some(opening) = &opened.opening
                && (opening.commitments() != *commitments
                    || opening.subject() != *subject
                    || opening.records.len() != *count as usize)
            {
                return Err(format!("the opening of {tx} does not fit entry {}", opened.begin));
            }
            outcomes.insert(*tx, verdicts.clone());
        }
        let told: usize =
            leaves.values().filter(|leaf| matches!(leaf.body, Body::Begin { .. })).count();
        if openings.is_empty() || told != openings.len() {
            return Err("openings.txt does not account for every entry".to_owned());
        }
        Ok((openings, outcomes))
    }

    fn report(&self) -> Result<Report, String> {
        let bytes = self.file("report.json")?;
        let report: Report = serde_json::from_slice(bytes)
            .map_err(|error| format!("report.json is not readable: {error}"))?;
        if report.schema != SCHEMA {
            return Err(format!("report.json is of an unknown schema, {}", report.schema));
        }
        if report.json() != bytes {
            return Err("report.json is not in canonical form".to_owned());
        }
        Ok(report)
    }

    /// The report says what log, openings and renderings say, and claims no more than it may.
    fn agrees(
        &mut self,
        report: &Report,
        openings: &BTreeMap<TxId, Opened>,
        outcomes: &HashMap<TxId, Vec<Verdict>>,
        checkpoint: &Checkpoint,
    ) -> Result<String, String> {
        let log = &report.log;
        if (log.size, log.root, &log.origin)
            != (checkpoint.size, checkpoint.root, &checkpoint.origin)
        {
            return Err("report.json states another size or root than the checkpoint".to_owned());
        }
        let told: BTreeMap<TxId, (u64, u64)> =
            log.transactions.iter().map(|one| (one.tx, (one.begin, one.end))).collect();
        let opened: BTreeMap<TxId, (u64, u64)> =
            openings.iter().map(|(tx, one)| (*tx, (one.begin, one.end))).collect();
        if told != opened {
            return Err("report.json names other transactions than openings.txt".to_owned());
        }
        accord::compare(&report.content.items, openings, outcomes)?;
        if report.totals != report.content.totals() {
            return Err("the totals are not those of the items".to_owned());
        }
        if report.attested != ATTESTED || report.not_attested != NOT_ATTESTED {
            return Err("the report claims something else than it may".to_owned());
        }
        if report.content.tool.version == env!("CARGO_PKG_VERSION") {
            for (name, rendered) in [("report.md", markdown(report)), ("report.html", html(report))]
            {
                if self.file(name)? != rendered {
                    return Err(format!("{name} says something else than report.json"));
                }
            }
        } else {
            let version = &report.content.tool.version;
            self.notices.push(format!(
                "report.md and report.html were written by version {version} and not compared with \
                 report.json"
            ));
        }
        let totals = report.totals;
        Ok(format!("{} items, {} deleted, all as the log has them", totals.items, totals.deleted))
    }

    /// `None` for a report that is unsigned and says so: then there is nothing to check.
    fn signature(&mut self, report: &Report) -> Option<Result<String, String>> {
        let armored = self.files.get("SHA256SUMS.sig");
        match (report.status, &report.signature, armored) {
            (Status::Unsigned, None, None) => {
                self.notices.push("UNSIGNED: nobody has put a signature to this report".to_owned());
                None
            }
            (Status::Signed, Some(signed), Some(armored)) => {
                let armored = String::from_utf8_lossy(armored).into_owned();
                let (claimed, at) = (signed.key.clone(), report.content.issued_at);
                Some(self.signed(&armored, &claimed, at))
            }
            _ => Some(Err("the report and SHA256SUMS.sig disagree about a signature".to_owned())),
        }
    }

    fn signed(
        &mut self,
        armored: &str,
        claimed: &str,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<String, String> {
        let key = verify_signature(armored, REPORT_NAMESPACE, self.file("SHA256SUMS")?)
            .map_err(|error| error.to_string())?;
        if key.fingerprint() != claimed {
            return Err("the report names another key than the one that signed".to_owned());
        }
        let allowed = String::from_utf8_lossy(self.file("allowed_signers")?).into_owned();
        let allowed = AllowedSigners::parse(&allowed).map_err(|error| error.to_string())?;
        match allowed.standing(&key, REPORT_NAMESPACE, at) {
            Standing::Listed(principal) => Ok(format!("by {principal}, {claimed}")),
            other => {
                self.notices.push(format!("the signing key does not count: {}", words(&other)));
                Ok(format!("it fits, by {claimed}, which allowed_signers does not list for this"))
            }
        }
    }
}

fn words(standing: &Standing) -> String {
    match standing {
        Standing::Listed(principal) => format!("listed as {principal}"),
        Standing::NotListed => "not listed in allowed_signers".to_owned(),
        Standing::OtherNamespace(principal) => format!("{principal} is listed for other purposes"),
        Standing::NotYetValid(principal) => format!("{principal} was not valid yet"),
        Standing::Expired(principal) => format!("{principal} was not valid any more"),
    }
}
