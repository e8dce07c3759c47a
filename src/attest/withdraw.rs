//! Withdrawing files into quarantine, and removing them from there.

use super::disk::{Changed, Disk, present};
use super::intent::{Inode, Intent, Phase, Planned, Settled, to_bytes};
use super::layout::Layout;
use super::{Error, Progress, Step, TxId, Verdict, Warnings};
use crate::fs::{FileKind, RelPath, Replace, hash_file};
use std::io;

/// Step 5 and 6: every file leaves its directory and is hashed again; what is not the file that
/// was planned goes back. On return all of that is durable.
///
/// Running it again after a stop at any point comes to the same end.
pub(crate) fn withdraw_all(
    disk: &Disk,
    layout: &Layout,
    intent: &Intent,
    progress: &mut dyn FnMut(Progress),
) -> Result<Phase, Error> {
    let tx = intent.tx;
    let mut changed = quarantines(disk, layout, intent)?;
    let (total, mut bytes) = (intent.items.len(), 0);
    let mut warnings = Warnings::default();
    let mut items = Vec::with_capacity(total);
    for (n, planned) in intent.items.iter().enumerate() {
        let mut one = One { disk, layout, tx, n, planned, changed: &mut changed };
        let mut read = |count| {
            bytes += count;
            progress(Progress { step: Step::Withdrawing, done: n, total, bytes });
        };
        items.push(one.withdraw(&mut warnings, &mut read)?);
    }
    changed.flush()?;
    // Replacements take their places only now: were the two renames of a file flushed together, a
    // crash could keep the second without the first, and the original would be gone unaccounted.
    if items.iter().any(|item| item.verdict == Verdict::Rewritten) {
        for (n, planned) in intent.items.iter().enumerate() {
            if items[n].verdict == Verdict::Rewritten {
                let mut one = One { disk, layout, tx, n, planned, changed: &mut changed };
                items[n] = one.place()?;
            }
        }
        changed.flush()?;
    }
    Ok(Phase { v: 1, tx, warnings, items })
}

/// Step 8: unlinks what is in quarantine and sees that it is gone. The phase is durable, so a file
/// absent from quarantine was removed by us.
pub(crate) fn remove_all(
    disk: &Disk,
    layout: &Layout,
    intent: &Intent,
    phase: &mut Phase,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Error> {
    let tx = intent.tx;
    let mut changed = quarantines(disk, layout, intent)?;
    let total = intent.items.len();
    for (n, planned) in intent.items.iter().enumerate() {
        progress(Progress { step: Step::Removing, done: n, total, bytes: 0 });
        changed.touch(&planned.trash(layout, tx));
        if phase.items[n].verdict.is_gone() {
            match disk.unlink(&planned.quarantine(layout, tx, n)) {
                Ok(_) => {}
                Err(Error::Io { source, .. }) => {
                    // The verdict first: once the file is back, its absence from quarantine must
                    // not be read as removed.
                    let reason = format!("it could not be removed: {source}");
                    phase.items[n] = Settled::because(Verdict::Failed, reason);
                    disk.replace(&layout.phase(tx), &to_bytes(phase))?;
                }
                Err(other) => return Err(other),
            }
        }
        if !phase.items[n].verdict.is_gone() {
            One { disk, layout, tx, n, planned, changed: &mut changed }.put_back()?;
        }
    }
    changed.flush()?;
    for (n, planned) in intent.items.iter().enumerate() {
        let path = planned.quarantine(layout, tx, n);
        if disk.stat(&path)?.is_some() {
            return Err(Error::Damaged(format!("{path} is there after it was removed")));
        }
        let removed = phase.items[n].verdict == Verdict::Removed;
        if removed && disk.stat(&planned.path)?.is_some() {
            phase.warnings = phase.warnings.with(Warnings::PATH_TAKEN_AGAIN);
        }
    }
    Ok(())
}

/// Opens the quarantines. Those on other file systems were made before `begin`, and go after `end`:
/// one that is missing shows that its file system is not there, and then a file's absence says
/// nothing.
fn quarantines<'a>(disk: &'a Disk, layout: &Layout, intent: &Intent) -> Result<Changed<'a>, Error> {
    for mount in intent.mounts() {
        if disk.stat(&Layout::trash_on(mount, intent.tx))?.is_none() {
            return Err(Error::NotMounted { mount: mount.clone() });
        }
    }
    if intent.is_at_home() {
        disk.create_dirs(&layout.trash_of(intent.tx))?;
    }
    Changed::new(disk, &intent.trashes(layout))
}

/// One file of a transaction.
struct One<'a, 'd> {
    disk: &'d Disk,
    layout: &'a Layout,
    tx: TxId,
    n: usize,
    planned: &'a Planned,
    changed: &'a mut Changed<'d>,
}

impl One<'_, '_> {
    fn quarantine(&self) -> RelPath {
        self.planned.quarantine(self.layout, self.tx, self.n)
    }

    /// The quarantine is flushed with the source directory, for the same reason.
    fn touch(&mut self) {
        self.changed.touch(&self.planned.trash(self.layout, self.tx));
    }

    fn staged(&self) -> RelPath {
        self.planned.staged(self.layout, self.tx, self.n)
    }

    fn withdraw(
        &mut self,
        warnings: &mut Warnings,
        read: &mut dyn FnMut(u64),
    ) -> Result<Settled, Error> {
        let path = &self.planned.path;
        let Some(inode) = self.planned.inode else {
            let there = self.disk.stat(path)?.is_some();
            return Ok(if there {
                Settled::because(Verdict::Changed, "changed: it appeared after the plan")
            } else {
                Settled::plain(Verdict::AlreadyAbsent)
            });
        };
        // The source directory is flushed even when an earlier attempt did the rename: whether
        // that attempt flushed it is not known.
        let held = self.changed.hold(&path.parent())?;
        self.touch();
        let quarantine = self.quarantine();
        if self.disk.stat(&quarantine)?.is_none() {
            let absent = || Settled::because(Verdict::AlreadyAbsent, "it vanished after the plan");
            if !held {
                return Ok(absent());
            }
            match present(self.disk.rename(path, &quarantine, Replace::No)) {
                Ok(Some(())) => {}
                Ok(None) => return Ok(absent()),
                Err(error) => {
                    self.disk.writable(path)?;
                    let reason = format!("it could not be withdrawn: {error}");
                    return Ok(Settled::because(Verdict::Failed, reason));
                }
            }
        }
        let settled = match self.inspect(inode, warnings, read) {
            Ok(None) if self.planned.after.is_some() => Settled::plain(Verdict::Rewritten),
            Ok(None) => Settled::plain(Verdict::Removed),
            Ok(Some(reason)) => Settled::because(Verdict::Changed, reason),
            Err(error) => {
                let reason = format!("it could not be read again: {error}");
                Settled::because(Verdict::Failed, reason)
            }
        };
        if !settled.verdict.is_gone() {
            self.put_back()?;
        }
        Ok(settled)
    }

    /// Whether the withdrawn file is the one that was planned; else the reason why it is not.
    fn inspect(
        &self,
        planned: Inode,
        warnings: &mut Warnings,
        read: &mut dyn FnMut(u64),
    ) -> io::Result<Option<&'static str>> {
        let quarantine = self.quarantine();
        if self.disk.fs().stat(&quarantine)?.kind != FileKind::File {
            return Ok(Some("changed: it is no regular file any more"));
        }
        let mut file = self.disk.open(&quarantine)?;
        let stat = file.stat()?;
        if Inode::from(stat) != planned {
            return Ok(Some("changed: another file took its place after the plan"));
        }
        if hash_file(&mut *file, read)? != (self.planned.sha256, self.planned.size) {
            return Ok(Some("changed: its content changed after the plan"));
        }
        if stat.links > 1 {
            *warnings = warnings.with(Warnings::HARD_LINKS);
        }
        Ok(None)
    }

    /// Puts the replacement where the original was. An absent replacement was placed already.
    fn place(&mut self) -> Result<Settled, Error> {
        let (staged, path) = (self.staged(), &self.planned.path);
        self.changed.hold(&path.parent())?;
        self.touch();
        if self.disk.stat(&staged)?.is_none() {
            return Ok(Settled::plain(Verdict::Rewritten));
        }
        match self.disk.rename(&staged, path, Replace::No) {
            Ok(()) => Ok(Settled::plain(Verdict::Rewritten)),
            Err(error) => {
                self.disk.writable(path)?;
                let settled = if error.kind() == io::ErrorKind::AlreadyExists {
                    Settled::because(Verdict::Changed, "changed: something else took its place")
                } else {
                    let reason = format!("its new version could not be placed: {error}");
                    Settled::because(Verdict::Failed, reason)
                };
                self.put_back()?;
                Ok(settled)
            }
        }
    }

    /// Makes room for an original that is put back: its replacement returns to where it waited,
    /// unless somebody has changed it since.
    fn take_back_replacement(&mut self) -> Result<(), Error> {
        let (staged, path) = (self.staged(), &self.planned.path);
        let Some(after) = self.planned.after else { return Ok(()) };
        if self.disk.stat(&staged)?.is_some() {
            return Ok(());
        }
        let hash = self.disk.open(path).and_then(|mut file| hash_file(&mut *file, &mut |_| {}));
        if hash.is_ok_and(|(hash, _)| hash == after) {
            let moved = self.disk.rename(path, &staged, Replace::No);
            self.disk.writable(path)?;
            moved.map_err(|source| Error::Io { doing: "take back", path: path.clone(), source })?;
        }
        Ok(())
    }

    /// Returns a withdrawn file to its directory, never over something else: when its name is
    /// taken it gets a name beside it. Durable on return. Nothing to do when it is not withdrawn.
    fn put_back(&mut self) -> Result<(), Error> {
        let (quarantine, path) = (self.quarantine(), &self.planned.path);
        if self.disk.stat(&quarantine)?.is_none() {
            return Ok(());
        }
        let parent = path.parent();
        self.disk.create_dirs(&parent)?;
        let dir = self.disk.dir(&parent)?;
        self.take_back_replacement()?;
        let tx = self.tx.to_string();
        let beside = format!(".kept-{}-{}", &tx[..8], self.n);
        let names = [path.clone(), path.with_suffix(&beside), parent.join(&beside[1..])];
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for name in names {
            match self.disk.rename(&quarantine, &name, Replace::No) {
                Ok(()) => return self.disk.sync_dir(&dir),
                Err(error) => last = error,
            }
        }
        self.disk.writable(path)?;
        Err(Error::Io { doing: "put back", path: path.clone(), source: last })
    }
}
