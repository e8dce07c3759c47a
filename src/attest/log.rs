//! A handle on the log: creating it, reading it, and what needs no lock.

use super::checkpoint::Checkpoint;
use super::disk::Disk;
use super::key::{LogKey, is_origin};
use super::layout::{Layout, TEMPORARY, VERSION};
use super::merkle::{Claim, Prover, leaf_hash};
use super::weak::weak_filesystem;
use super::{Body, Entry, Error, Head, Leaf, Opening, Sha256, TxId, pass};
use crate::fs::{FileKind, Fs, RelPath, Replace};
use chrono::{DateTime, Utc};
use std::ops::Range;
use std::sync::Arc;

/// The attestation log of a workspace. Cheap to clone; holds no lock and no open file.
#[derive(Debug, Clone)]
pub struct Log {
    pub(crate) disk: Disk,
    pub(crate) layout: Layout,
}

impl Log {
    /// Makes a new log with a new key: genesis entry, head, first checkpoint. It is prepared
    /// beside its final place and appears whole, by one rename.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Invalid`] for an origin that no checkpoint can bear,
    /// [`Error::WeakFileSystem`], I/O.
    pub fn create(fs: Arc<dyn Fs>, origin: &str, now: DateTime<Utc>) -> Result<Self, Error> {
        if let Ok(Some(name)) = weak_filesystem(&*fs, &RelPath::root()) {
            let path = Layout::live().base().clone();
            return Err(Error::WeakFileSystem { path, name: name.to_owned() });
        }
        Self::create_anywhere(fs, origin, now)
    }

    /// As [`Log::create`]; a weak file system is accepted, and that is recorded.
    ///
    /// # Errors
    /// As [`Log::create`], but for the file system.
    pub fn create_anywhere(
        fs: Arc<dyn Fs>,
        origin: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        if !is_origin(origin) {
            return Err(Error::Invalid(format!(
                "{origin:?} cannot name a log: printable ASCII without space, +, \" and \\"
            )));
        }
        let (disk, layout, live) = (Disk::new(fs), Layout::nascent(), Layout::live());
        if disk.stat(live.base())?.is_some() {
            return Err(Error::Exists);
        }
        let above = disk.dir(&RelPath::root())?;
        remove_tree(&disk, layout.base())?;
        let directories = layout.directories();
        directories.iter().try_for_each(|directory| disk.create_dir(directory))?;

        let key = LogKey::generate(origin)?;
        let (private, public) = key.files()?;
        let vkey = key.public().to_string();
        let body = Body::Genesis { origin: origin.to_owned(), vkey };
        let mut line = Leaf { index: 0, time: now, body }.to_bytes();
        let root = leaf_hash(&line);
        line.push(b'\n');
        let head = Head { size: 1, bytes: line.len() as u64, root };
        let checkpoint = Checkpoint { origin: origin.to_owned(), size: 1, root }.sign(&key);
        for (path, bytes) in [
            (layout.version(), VERSION),
            (layout.lock(), b""),
            (layout.key(), private.as_slice()),
            (layout.public_key(), public.as_slice()),
            (layout.log(), line.as_slice()),
            (layout.head(), head.to_string().as_bytes()),
            (layout.checkpoint_of(1), checkpoint.as_slice()),
            (layout.checkpoint(), checkpoint.as_slice()),
        ] {
            disk.create(&path, bytes)?;
        }
        Self::note_weak(&disk, &layout)?;
        for directory in &directories {
            disk.sync_dir(&disk.dir(directory)?)?;
        }
        disk.rename(layout.base(), live.base(), Replace::No).map_err(|source| Error::Io {
            doing: "create",
            path: live.base().clone(),
            source,
        })?;
        disk.sync_dir(&above)?;
        Ok(Self { disk, layout: live })
    }

    /// The log of a workspace; nothing is read yet.
    #[must_use]
    pub fn open(fs: Arc<dyn Fs>) -> Self {
        Self { disk: Disk::new(fs), layout: Layout::live() }
    }

    /// Whether there is a log at all.
    ///
    /// # Errors
    /// I/O.
    pub fn exists(&self) -> Result<bool, Error> {
        Ok(self.disk.stat(self.layout.base())?.is_some())
    }

    /// # Errors
    /// [`Error::Missing`], [`Error::Version`], I/O.
    pub(crate) fn check_version(&self) -> Result<(), Error> {
        if !self.exists()? {
            return Err(Error::Missing);
        }
        match self.disk.read(&self.layout.version())? {
            None => Err(Error::Damaged("VERSION is missing".to_owned())),
            Some(found) if found == VERSION => Ok(()),
            Some(found) => {
                let found = String::from_utf8_lossy(&found).trim_end().to_owned();
                Err(Error::Version { found })
            }
        }
    }

    /// The commit point: how many entries there are, and their root.
    ///
    /// # Errors
    /// No log, an unknown version, an unreadable head.
    pub fn head(&self) -> Result<Head, Error> {
        self.check_version()?;
        pass::read_head(&self.disk, &self.layout)
    }

    /// Entries.
    ///
    /// # Errors
    /// As [`Log::head`].
    pub fn size(&self) -> Result<u64, Error> {
        self.head().map(|head| head.size)
    }

    /// Whether something interrupted is left: write-ahead state, quarantined or temporary files,
    /// bytes beyond the head, entries beyond the checkpoint. Cheap, without the lock: also true
    /// while another process is in the middle of a transaction, and until an ended transaction is
    /// forgotten.
    ///
    /// # Errors
    /// No log, an unknown version, I/O.
    pub fn needs_recovery(&self) -> Result<bool, Error> {
        let head = self.head()?;
        for directory in [self.layout.txn(), self.layout.trash()] {
            if self.disk.stat(&directory)?.is_some() && !self.disk.list(&directory)?.is_empty() {
                return Ok(true);
            }
        }
        if !self.temporaries()?.is_empty() {
            return Ok(true);
        }
        let longer = self.disk.stat(&self.layout.log())?.is_none_or(|log| log.size != head.bytes);
        let checkpoint = self.disk.read(&self.layout.checkpoint())?.unwrap_or_default();
        let signed = Checkpoint::parse(&checkpoint).is_ok_and(|signed| signed.size == head.size);
        Ok(longer || !signed)
    }

    /// Files that were being written beside their final names.
    pub(crate) fn temporaries(&self) -> Result<Vec<RelPath>, Error> {
        let mut found = Vec::new();
        let layout = &self.layout;
        for directory in
            [layout.base().clone(), layout.txn(), layout.openings(), layout.checkpoints()]
        {
            if self.disk.stat(&directory)?.is_none() {
                continue;
            }
            let names = self.disk.list(&directory)?.into_iter().map(|entry| entry.name);
            let temporary = names.filter(|name| name.to_string_lossy().ends_with(TEMPORARY));
            found.extend(temporary.map(|name| directory.join(name)));
        }
        Ok(found)
    }

    /// Entries `range`, typed and raw, oldest first. What is beyond the head does not exist.
    /// The root is not checked: that is [`Log::verify`].
    ///
    /// # Errors
    /// As [`Log::head`]; [`Error::Damaged`] for an entry that is not canonical.
    pub fn entries(&self, range: Range<u64>) -> Result<Vec<Entry>, Error> {
        let head = self.head()?;
        let mut entries = Vec::new();
        let (path, end) = (self.layout.log(), range.end);
        pass::each_line_before(&self.disk, &path, &head, end, &mut |index, line| {
            if range.contains(&index) {
                let leaf = Leaf::parse(line)
                    .map_err(|error| Error::Damaged(format!("entry {index}: {error}")))?;
                entries.push(Entry { leaf, raw: line.to_vec() });
            }
            Ok(())
        })?;
        Ok(entries)
    }

    /// Entry `index`.
    ///
    /// # Errors
    /// As [`Log::entries`], and [`Error::UnknownEntry`].
    pub fn entry(&self, index: u64) -> Result<Entry, Error> {
        let entries = self.entries(index..index.saturating_add(1))?;
        entries.into_iter().next().ok_or(Error::UnknownEntry(index))
    }

    /// The entries that `wanted` picks, oldest first, in one pass.
    ///
    /// # Errors
    /// As [`Log::entries`].
    pub fn entries_where(
        &self,
        wanted: &mut dyn FnMut(&Leaf) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        let head = self.head()?;
        let mut entries = Vec::new();
        pass::each_line(&self.disk, &self.layout.log(), &head, &mut |index, line| {
            let leaf = Leaf::parse(line)
                .map_err(|error| Error::Damaged(format!("entry {index}: {error}")))?;
            if wanted(&leaf) {
                entries.push(Entry { leaf, raw: line.to_vec() });
            }
            Ok(())
        })?;
        Ok(entries)
    }

    /// Every entry of one transaction, oldest first.
    ///
    /// # Errors
    /// As [`Log::entries`], and [`Error::UnknownTx`].
    pub fn entries_of(&self, tx: TxId) -> Result<Vec<Entry>, Error> {
        let entries = self.entries_where(&mut |leaf| leaf.tx() == Some(tx))?;
        if entries.is_empty() { Err(Error::UnknownTx(tx)) } else { Ok(entries) }
    }

    /// The opening of a transaction; `None` when it was destroyed or never written.
    ///
    /// # Errors
    /// I/O, [`Error::Damaged`] when it is not whole.
    pub fn opening(&self, tx: TxId) -> Result<Option<Opening>, Error> {
        let Some(bytes) = self.disk.read(&self.layout.opening(tx))? else { return Ok(None) };
        let opening = Opening::parse(&bytes);
        opening.map(Some).ok_or_else(|| Error::Damaged(format!("the opening of {tx} is not whole")))
    }

    /// The newest signed checkpoint, as stored.
    ///
    /// # Errors
    /// I/O, [`Error::Damaged`] when it is missing.
    pub fn checkpoint(&self) -> Result<Vec<u8>, Error> {
        let bytes = self.disk.read(&self.layout.checkpoint())?;
        bytes.ok_or_else(|| Error::Damaged("the checkpoint is missing".to_owned()))
    }

    /// The log's verifier key, as its genesis entry states it.
    ///
    /// # Errors
    /// As [`Log::entry`].
    pub fn vkey(&self) -> Result<super::VKey, Error> {
        match self.entry(0)?.leaf.body {
            Body::Genesis { vkey, .. } => super::VKey::parse(&vkey),
            _ => None,
        }
        .ok_or_else(|| Error::Damaged("entry 0 states no key".to_owned()))
    }

    /// `allowed_signers`, as stored; empty when there is none.
    ///
    /// # Errors
    /// I/O.
    pub fn allowed_signers(&self) -> Result<Vec<u8>, Error> {
        Ok(self.disk.read(&self.layout.allowed_signers())?.unwrap_or_default())
    }

    /// Proofs against the first `size` entries, in one pass; `None` for an impossible claim.
    /// Also returns the root of those entries.
    ///
    /// # Errors
    /// As [`Log::head`].
    #[allow(clippy::type_complexity, reason = "a list of optional proofs and the root")]
    pub fn prove(
        &self,
        claims: &[Claim],
        size: u64,
    ) -> Result<(Vec<Option<Vec<Sha256>>>, Sha256), Error> {
        let head = self.head()?;
        let mut prover = Prover::default();
        for claim in claims {
            prover.want(*claim);
        }
        pass::each_line(&self.disk, &self.layout.log(), &head, &mut |index, line| {
            if index < size {
                prover.push(leaf_hash(line));
            }
            Ok(())
        })?;
        let proofs = claims.iter().map(|claim| prover.proof(*claim)).collect();
        Ok((proofs, prover.frontier().root()))
    }

    /// The inclusion proof of entry `index` in the first `size` entries.
    ///
    /// # Errors
    /// As [`Log::head`]; [`Error::UnknownEntry`].
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Sha256>, Error> {
        let (proofs, _) = self.prove(&[Claim::Inclusion { index, size }], size)?;
        proofs.into_iter().next().flatten().ok_or(Error::UnknownEntry(index))
    }

    /// The proof that the first `old` entries are the beginning of the first `size`.
    ///
    /// # Errors
    /// As [`Log::head`]; [`Error::UnknownEntry`].
    pub fn consistency_proof(&self, old: u64, size: u64) -> Result<Vec<Sha256>, Error> {
        let (proofs, _) = self.prove(&[Claim::Consistency { old, size }], size)?;
        proofs.into_iter().next().flatten().ok_or(Error::UnknownEntry(size))
    }
}

/// Removes what an interrupted creation left.
fn remove_tree(disk: &Disk, path: &RelPath) -> Result<(), Error> {
    if disk.stat(path)?.is_none() {
        return Ok(());
    }
    for entry in disk.list(path)? {
        let inner = path.join(entry.name);
        if entry.kind == FileKind::Dir {
            remove_tree(disk, &inner)?;
        } else {
            disk.unlink(&inner)?;
        }
    }
    disk.remove_dir(path)
}
