//! Verification: everything about the log that can be checked, without lock and without recovery.
//!
//! It may run while others write. It takes a snapshot whose parts fit each other, reads exactly
//! the bytes that its head covers, and never reports as passed what it did not check.

use super::checkpoint::Checkpoint;
use super::layout::VERSION;
use super::merkle::{Frontier, leaf_hash};
use super::pass::{Reader, each_line, read_head};
use super::recover::{checkpoints, ids_in};
use super::{Body, Error, Head, Leaf, Log, Opening, Sha256, TxId, VKey};
use crate::text::entries;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// What to compare the log with beside itself.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// The newest checkpoint this user has seen, as stored (a signed note).
    pub last_seen: Option<Vec<u8>>,
    /// A checkpoint handed in, such as a customer's.
    pub checkpoint: Option<Vec<u8>>,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    /// What was found, for people.
    pub detail: String,
}

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Verification {
    /// Whether every check passed.
    pub ok: bool,
    /// Entries; 0 when not even the head could be read.
    pub size: u64,
    /// The root that was computed from the entries; `None` unless all were read.
    pub root: Option<Sha256>,
    pub checks: Vec<Check>,
    /// The transaction that is open: in progress, or interrupted.
    pub open: Option<TxId>,
    /// The newest checkpoint that verified, to be kept as this user's last seen.
    #[serde(skip)]
    pub checkpoint: Option<Vec<u8>>,
    /// The log's key.
    #[serde(skip)]
    pub vkey: Option<VKey>,
}

/// Files read together so that none is newer than the head allows.
#[derive(Debug)]
struct Snapshot {
    head: Head,
    note: Option<Vec<u8>>,
    /// No checkpoint was signed while the head was read.
    steady: bool,
    openings: BTreeSet<TxId>,
    /// Sizes of the checkpoints kept.
    sizes: Vec<u64>,
}

/// How often to try for a snapshot between two signatures of a busy writer.
const ATTEMPTS: usize = 50;
/// Entries that a transaction appends before it signs.
const UNSIGNED: u64 = 2;

impl Log {
    /// Checks the whole log. Findings are in the result, never an error.
    #[must_use]
    pub fn verify(
        &self,
        options: &VerifyOptions,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Verification {
        self.checked(options, &|| false, progress)
    }

    /// As [`Log::verify`], until `stop` is set: then there is no result.
    #[must_use]
    pub fn verify_until(
        &self,
        options: &VerifyOptions,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Option<Verification> {
        let stopped = || stop.load(Ordering::Relaxed);
        let result = self.checked(options, &stopped, progress);
        // Whatever was found meanwhile, it is not all there is to find.
        (!stopped()).then_some(result)
    }

    fn checked(
        &self,
        options: &VerifyOptions,
        stopped: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Verification {
        let mut checks = Checks::default();
        let mut result = Verification {
            ok: false,
            size: 0,
            root: None,
            checks: Vec::new(),
            open: None,
            checkpoint: None,
            vkey: None,
        };
        if let Err(error) = self.run(options, stopped, progress, &mut checks, &mut result) {
            checks.add(error.0, false, error.1.to_string());
        }
        checks.complete(options);
        result.ok = checks.0.iter().all(|check| check.ok);
        result.checks = checks.0;
        result
    }

    fn run(
        &self,
        options: &VerifyOptions,
        stopped: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
        checks: &mut Checks,
        result: &mut Verification,
    ) -> Result<(), (&'static str, Error)> {
        let at = |name: &'static str| move |error: Error| (name, error);
        self.check_version().map_err(at("format"))?;
        checks.add("format", true, String::from_utf8_lossy(VERSION).trim_end().to_owned());
        match self.check_permissions() {
            Ok(()) => checks.add("permissions", true, "closed to others".to_owned()),
            Err(error) => checks.add("permissions", false, error.to_string()),
        }
        let snapshot = self.snapshot().map_err(at("head"))?;
        let head = snapshot.head;
        result.size = head.size;
        checks.add("head", true, format!("{}, {} bytes", entries(head.size), head.bytes));

        let note = snapshot.note.as_deref().unwrap_or_default();
        let mut roots = Roots::new(&snapshot, note, options);
        let mut openings = Openings { log: self, names: &snapshot.openings, good: 0, bad: vec![] };
        let (mut reader, mut frontier) = (Reader::default(), Frontier::default());
        let mut begun = 0;
        each_line(&self.disk, &self.layout.log(), &head, &mut |index, line| {
            let (leaf, _) = reader.next(index, line)?;
            frontier.push(leaf_hash(line));
            roots.note(&frontier);
            begun += u64::from(matches!(leaf.body, Body::Begin { .. }));
            if index & 0xfff == 0 {
                if stopped() {
                    return Err(Error::Broken);
                }
                progress(index, head.size);
            }
            openings.check(&leaf)
        })
        .map_err(at("entries"))?;
        progress(head.size, head.size);
        checks.add("entries", true, in_words(&reader, head.size));
        let root = frontier.root();
        let detail = if root == head.root {
            root.to_string()
        } else {
            format!("head states {}, the entries give {root}", head.root)
        };
        checks.add("root", root == head.root, detail);
        result.root = Some(root);
        result.open = reader.open.map(|open| open.tx);
        checks.add(
            "transactions",
            true,
            match reader.open {
                None => format!("{begun}, none open"),
                Some(open) => format!("{begun}, {} open since entry {}", open.tx, open.begin),
            },
        );
        let Some(vkey) = reader.vkey else { return Ok(()) };
        self.check_key(&vkey, checks).map_err(at("key"))?;
        if checks.add_signed("checkpoint", note, &vkey, &roots, head.size, snapshot.steady) {
            result.checkpoint = Some(note.to_vec());
        }
        self.check_kept(&snapshot, &vkey, &roots, checks).map_err(at("checkpoints"))?;
        openings.report(begun, checks);
        for (name, note) in options.notes() {
            checks.add_compared(name, note, &vkey, &roots, head.size);
        }
        result.vkey = Some(vkey);
        Ok(())
    }

    /// Reads checkpoint, head, checkpoint until no signature came between; whatever is listed
    /// first can only be older than the head.
    fn snapshot(&self) -> Result<Snapshot, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let openings = ids_in(self, &self.layout.openings(), "")?;
            let sizes = checkpoints(self)?;
            let note = self.disk.read(&self.layout.checkpoint())?;
            let head = read_head(&self.disk, &self.layout)?;
            let steady = note == self.disk.read(&self.layout.checkpoint())?;
            if steady || attempt == ATTEMPTS {
                return Ok(Snapshot { head, note, steady, openings, sizes });
            }
        }
    }

    /// The public key file must be the key that the genesis entry names.
    fn check_key(&self, vkey: &VKey, checks: &mut Checks) -> Result<(), Error> {
        let file = self.disk.read(&self.layout.public_key())?.unwrap_or_default();
        let text = String::from_utf8_lossy(&file).into_owned();
        let key = ssh_key::PublicKey::from_openssh(text.trim_end()).ok();
        let same = key.as_ref().and_then(|key| key.key_data().ed25519());
        let same = same.is_some_and(|key| key.0 == *vkey.public_bytes());
        let detail = if same {
            vkey.to_string()
        } else {
            "keys/log.pub is not the key that the genesis entry names".to_owned()
        };
        checks.add("key", same, detail);
        Ok(())
    }

    /// Every checkpoint ever signed must still be a state of this log.
    fn check_kept(
        &self,
        snapshot: &Snapshot,
        vkey: &VKey,
        roots: &Roots,
        checks: &mut Checks,
    ) -> Result<(), Error> {
        for size in &snapshot.sizes {
            let note = self.disk.read(&self.layout.checkpoint_of(*size))?.unwrap_or_default();
            let found = match Checkpoint::verify(&note, vkey) {
                Ok(found) if found.size != *size => Err("it is of another size".to_owned()),
                Ok(found) => roots.compare(&found, snapshot.head.size),
                Err(error) => Err(error.to_string()),
            };
            if let Err(what) = found {
                checks.add("checkpoints", false, format!("checkpoints/{size}: {what}"));
                return Ok(());
            }
        }
        // Looked up, not searched in the list: the list may be older than the newest checkpoint,
        // the numbered copy never is younger.
        let note = snapshot.note.as_deref().unwrap_or_default();
        let kept = match Checkpoint::parse(note) {
            Ok(newest) => {
                self.disk.read(&self.layout.checkpoint_of(newest.size))?.as_deref() == Some(note)
            }
            Err(_) => false,
        };
        let detail = if kept {
            format!("{} kept, all states of this log", snapshot.sizes.len())
        } else {
            "the newest checkpoint is not among those kept".to_owned()
        };
        checks.add("checkpoints", kept, detail);
        Ok(())
    }
}

fn in_words(reader: &Reader, size: u64) -> String {
    let mut words = format!("{size} in canonical form");
    if reader.unknown > 0 {
        words += &format!("; {} of a kind unknown to this version", reader.unknown);
    }
    if reader.backwards > 0 {
        words +=
            &format!("; {} dated before the one before: a clock was set back", reader.backwards);
    }
    words
}

impl VerifyOptions {
    fn notes(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let last = self.last_seen.as_deref().map(|note| ("last_seen", note));
        last.into_iter().chain(self.checkpoint.as_deref().map(|note| ("given_checkpoint", note)))
    }
}

/// The checks so far, in order.
#[derive(Debug, Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, name: &'static str, ok: bool, detail: String) {
        self.0.push(Check { name, ok, detail });
    }

    /// Names what an earlier failure kept from being checked: that is a failure too.
    fn complete(&mut self, options: &VerifyOptions) {
        let names = [
            "format",
            "permissions",
            "head",
            "entries",
            "root",
            "transactions",
            "key",
            "checkpoint",
            "checkpoints",
            "openings",
        ];
        for name in names.into_iter().chain(options.notes().map(|(name, _)| name)) {
            if !self.0.iter().any(|check| check.name == name) {
                self.add(name, false, "not checked".to_owned());
            }
        }
    }

    /// The log's own newest checkpoint. Whether it verified.
    fn add_signed(
        &mut self,
        name: &'static str,
        note: &[u8],
        vkey: &VKey,
        roots: &Roots,
        size: u64,
        steady: bool,
    ) -> bool {
        let checked = Checkpoint::verify(note, vkey).map_err(|error| error.to_string());
        let checked = checked.and_then(|found| {
            roots.compare(&found, size)?;
            match size - found.size {
                0 => Ok(format!("signed, {}", entries(size))),
                more if more <= UNSIGNED || !steady => {
                    Ok(format!("signed, {} of {size} entries; {more} not signed yet", found.size))
                }
                more => Err(format!("{more} entries are not under the signed checkpoint")),
            }
        });
        let ok = checked.is_ok();
        self.add(name, ok, checked.unwrap_or_else(|what| what));
        ok
    }

    /// A checkpoint from elsewhere: the log must still contain what it states.
    fn add_compared(
        &mut self,
        name: &'static str,
        note: &[u8],
        vkey: &VKey,
        roots: &Roots,
        size: u64,
    ) {
        let checked = Checkpoint::verify(note, vkey).map_err(|error| error.to_string());
        let checked = checked.and_then(|found| {
            roots.compare(&found, size)?;
            Ok(format!("what it states ({}) is the beginning of this log", entries(found.size)))
        });
        let ok = checked.is_ok();
        self.add(name, ok, checked.unwrap_or_else(|what| format!("rollback alarm: {what}")));
    }
}

/// The roots at the sizes that some checkpoint speaks of.
#[derive(Debug)]
struct Roots {
    /// Ascending; the root once the log has grown to that size.
    wanted: Vec<(u64, Option<Sha256>)>,
    next: usize,
}

impl Roots {
    fn new(snapshot: &Snapshot, note: &[u8], options: &VerifyOptions) -> Self {
        let notes = options.notes().map(|(_, note)| note).chain([note]);
        let sizes = notes.filter_map(|note| Some(Checkpoint::parse(note).ok()?.size));
        let sizes: BTreeSet<u64> = sizes.chain(snapshot.sizes.iter().copied()).collect();
        Self { wanted: sizes.into_iter().map(|size| (size, None)).collect(), next: 0 }
    }

    fn note(&mut self, frontier: &Frontier) {
        while let Some((size, root)) = self.wanted.get_mut(self.next)
            && *size <= frontier.size()
        {
            if *size == frontier.size() {
                *root = Some(frontier.root());
            }
            self.next += 1;
        }
    }

    fn compare(&self, checkpoint: &Checkpoint, size: u64) -> Result<(), String> {
        let then = checkpoint.size;
        if then > size {
            return Err(format!("it states {}, the log has {size}: rolled back", entries(then)));
        }
        let found = self.wanted.binary_search_by_key(&then, |(size, _)| *size).ok();
        match found.and_then(|place| self.wanted[place].1) {
            Some(root) if root == checkpoint.root => Ok(()),
            _ => Err(format!("the log had another root at {}", entries(then))),
        }
    }
}

/// The openings that are there, each against its `begin` entry.
#[derive(Debug)]
struct Openings<'a> {
    log: &'a Log,
    names: &'a BTreeSet<TxId>,
    good: u64,
    bad: Vec<String>,
}

impl Openings<'_> {
    fn check(&mut self, leaf: &Leaf) -> Result<(), Error> {
        let Body::Begin { tx, count, commitments, subject, .. } = &leaf.body else {
            return Ok(());
        };
        if !self.names.contains(tx) {
            return Ok(());
        }
        // Destroyed since it was listed: no failure.
        let Some(bytes) = self.log.disk.read(&self.log.layout.opening(*tx))? else {
            return Ok(());
        };
        let fits = Opening::parse(&bytes).is_some_and(|opening| {
            opening.records.len() == *count as usize
                && opening.commitments() == *commitments
                && opening.subject() == *subject
        });
        if fits {
            self.good += 1;
        } else {
            self.bad.push(format!("the opening of {tx} does not fit entry {}", leaf.index));
        }
        Ok(())
    }

    fn report(self, begun: u64, checks: &mut Checks) {
        let detail = match self.bad.first() {
            Some(first) => first.clone(),
            None => format!("{} of {begun} there, all fit their entries", self.good),
        };
        checks.add("openings", self.bad.is_empty(), detail);
    }
}
