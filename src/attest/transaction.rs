//! One removal from plan to signed end: the order of writing that makes a crash harmless.

use super::disk::Disk;
use super::intent::{Inode, Intent, Phase, Planned, to_bytes};
use super::layout::Layout;
use super::withdraw::{remove_all, withdraw_all};
use super::{
    Body, Difference, Error, How, IfChanged, Log, MAX_ITEMS, Outcome, OutcomeItem, Progress,
    Removal, RemovalItem, Salt, Session, Sha256, Step, Warnings,
};
use crate::fs::{FileKind, RelPath, hash_file};
use std::collections::{HashMap, HashSet};
use std::io;

/// Step 2: hashes every file in place and prepares what is committed to. Changes nothing.
pub(crate) fn plan(
    log: &Log,
    removal: &Removal,
    progress: &mut dyn FnMut(Progress),
) -> Result<Intent, Error> {
    check(log, removal)?;
    let (mut items, mut differences) = (Vec::new(), Vec::new());
    let (total, mut bytes) = (removal.items.len(), 0);
    let mut mounts = Mounts::new(log)?;
    for (done, item) in removal.items.iter().enumerate() {
        let mut read = |count| {
            bytes += count;
            progress(Progress { step: Step::Planning, done, total, bytes });
        };
        match measure(log, item, &mut read) {
            Ok(planned) => items.push(mounts.note(planned?)?),
            Err(how) => differences.push(Difference { path: item.path.clone(), how }),
        }
    }
    if !differences.is_empty() {
        return Err(Error::Differs(differences));
    }
    if items.iter().all(|item| item.inode.is_none()) {
        return Err(Error::NothingThere);
    }
    Ok(Intent {
        v: 1,
        tx: removal.tx,
        why: removal.why,
        request: removal.request.clone(),
        engineer: removal.engineer.clone(),
        memo: removal.memo.clone(),
        warnings: removal.warnings,
        subject_salt: Salt::random()?,
        items,
    })
}

/// Where the file systems of files are mounted.
#[derive(Debug)]
struct Mounts<'a> {
    log: &'a Log,
    /// That of the log.
    home: u64,
    /// By directory: the topmost directory of the workspace on the same other file system.
    known: HashMap<RelPath, Option<RelPath>>,
}

impl<'a> Mounts<'a> {
    fn new(log: &'a Log) -> Result<Self, Error> {
        let home = log.disk.mount_of(log.layout.base())?;
        Ok(Self { log, home, known: HashMap::new() })
    }

    /// Adds to a file that is there where its file system is mounted.
    fn note(&mut self, mut planned: Planned) -> Result<Planned, Error> {
        if planned.inode.is_some() {
            planned.mount = self.of(&planned.path.parent())?;
        }
        Ok(planned)
    }

    fn of(&mut self, dir: &RelPath) -> Result<Option<RelPath>, Error> {
        if let Some(known) = self.known.get(dir) {
            return Ok(known.clone());
        }
        self.log.check_footing(&dir.join("_"))?;
        let mount = self.log.disk.mount_of(dir)?;
        let mut top = dir.clone();
        while mount != self.home
            && !top.is_root()
            && self.log.disk.mount_of(&top.parent())? == mount
        {
            top = top.parent();
        }
        let found = (mount != self.home).then_some(top);
        self.known.insert(dir.clone(), found.clone());
        Ok(found)
    }
}

/// Refuses what no transaction can be.
fn check(log: &Log, removal: &Removal) -> Result<(), Error> {
    let invalid = |what: String| Err(Error::Invalid(what));
    if removal.items.len() > MAX_ITEMS {
        return Err(Error::TooMany { count: removal.items.len() });
    }
    if removal.items.is_empty() {
        return invalid("a transaction without files".to_owned());
    }
    if removal.request.is_empty() || removal.engineer.is_empty() {
        return invalid("a transaction without request or engineer".to_owned());
    }
    let mut seen = HashSet::new();
    for RemovalItem { path, .. } in &removal.items {
        let first = path.components().next().unwrap_or_default().to_string_lossy();
        if matches!(&*first, "" | ".attest" | ".attest.new" | ".lock" | ".journal") {
            return invalid(format!("{path:?} is not a file of the workspace's records"));
        }
        if !seen.insert(path) {
            return invalid(format!("{path} is listed twice"));
        }
    }
    let tx = removal.tx;
    for used in [log.layout.intent(tx), log.layout.opening(tx)] {
        if log.disk.stat(&used)?.is_some() {
            return invalid(format!("transaction {tx} exists already"));
        }
    }
    Ok(())
}

/// Hashes one file from its open handle. The outer error is a difference from the plan.
fn measure(
    log: &Log,
    item: &RemovalItem,
    read: &mut dyn FnMut(u64),
) -> Result<Result<Planned, Error>, How> {
    let (fs, path) = (log.disk.fs(), &item.path);
    let found = (|| -> io::Result<Option<_>> {
        match fs.stat(path) {
            Ok(stat) if stat.kind != FileKind::File => return Ok(None),
            other => other?,
        };
        let mut file = fs.open(path)?;
        let stat = file.stat()?;
        let (sha256, size) = hash_file(&mut *file, read)?;
        Ok(Some((stat, sha256, size)))
    })();
    let (sha256, size, mtime, inode) = match found {
        Ok(None) => return Err(How::NotAFile),
        Ok(Some((stat, found, _))) if found != item.sha256 => match item.if_changed {
            IfChanged::Refuse => return Err(How::Content { planned: item.sha256, found }),
            // It is withdrawn, found to differ once more, and put back.
            IfChanged::Keep => (item.sha256, item.size, stat.mtime, Some(Inode::from(stat))),
        },
        Ok(Some((stat, sha256, size))) => (sha256, size, stat.mtime, Some(Inode::from(stat))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (item.sha256, item.size, 0, None),
        Err(error) => return Err(How::Unreadable(error)),
    };
    let after = item.replacement.as_deref().map(Sha256::of);
    let path = path.clone();
    Ok(Salt::random().map(|salt| Planned {
        salt,
        path,
        sha256,
        size,
        mtime,
        after,
        inode,
        mount: None,
    }))
}

/// Steps 3 to 11 for a new transaction.
pub(crate) fn run(
    session: &mut Session,
    intent: &Intent,
    removal: &Removal,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, Error> {
    let (tx, total) = (intent.tx, intent.items.len());
    progress(Progress { step: Step::Recording, done: 0, total, bytes: 0 });
    let (disk, layout) = (session.disk().clone(), session.layout().clone());
    if intent.is_at_home() {
        make_quarantine(&disk, &layout, intent, removal, &layout.trash_of(tx))?;
    }
    disk.replace(&layout.intent(tx), &to_bytes(intent))?;
    // Only the intent tells recovery of quarantines elsewhere, so they come after it.
    for mount in intent.mounts() {
        make_quarantine(&disk, &layout, intent, removal, &Layout::trash_on(mount, tx))?;
    }
    let opening = intent.opening();
    let begin = session.append(Body::Begin {
        tx,
        why: intent.why,
        count: u32::try_from(total).unwrap_or(u32::MAX),
        commitments: opening.commitments(),
        subject: opening.subject(),
    })?;
    forward(session, intent, begin, None, Warnings::default(), progress)
}

/// Makes one quarantine, with the replacements that wait in it, durably.
fn make_quarantine(
    disk: &Disk,
    layout: &Layout,
    intent: &Intent,
    removal: &Removal,
    path: &RelPath,
) -> Result<(), Error> {
    let above = disk.dir(&path.parent())?;
    disk.create_dir(path)?;
    disk.sync_dir(&above)?;
    let (dir, mut any) = (disk.dir(path)?, false);
    for (n, (item, planned)) in removal.items.iter().zip(&intent.items).enumerate() {
        if let Some(bytes) = &item.replacement
            && planned.trash(layout, intent.tx) == *path
        {
            disk.create(&planned.staged(layout, intent.tx, n), bytes)?;
            any = true;
        }
    }
    if any { disk.sync_dir(&dir) } else { Ok(()) }
}

/// Steps 5 to 11, from wherever an earlier attempt stopped.
pub(crate) fn forward(
    session: &mut Session,
    intent: &Intent,
    begin: u64,
    phase: Option<Phase>,
    also: Warnings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, Error> {
    let (tx, total) = (intent.tx, intent.items.len());
    let (disk, layout) = (session.disk().clone(), session.layout().clone());
    let mut phase = match phase {
        Some(phase) => phase,
        None => {
            let mut phase = withdraw_all(&disk, &layout, intent, progress)?;
            phase.warnings = phase.warnings.with(limits(session, intent)?);
            if held_open(&disk, intent, &phase) {
                phase.warnings = phase.warnings.with(Warnings::OPEN_ELSEWHERE);
            }
            disk.replace(&layout.phase(tx), &to_bytes(&phase))?;
            phase
        }
    };
    remove_all(&disk, &layout, intent, &mut phase, progress)?;
    progress(Progress { step: Step::Closing, done: 0, total, bytes: 0 });
    disk.replace(&layout.opening(tx), &intent.opening().to_bytes())?;
    let outcomes = phase.items.iter().map(|item| item.verdict).collect();
    let warnings = phase.warnings.with(intent.warnings).with(also);
    let end = session.append(Body::End { tx, begin, outcomes, warnings })?;
    session.sign()?;
    session.clear(intent)?;
    Ok(outcome(intent, begin, end, phase, warnings))
}

/// Whether a process has a file open that is about to be removed. It keeps the content until it
/// closes it. The files are withdrawn by now, so nobody new finds them.
fn held_open(disk: &Disk, intent: &Intent, phase: &Phase) -> bool {
    let going = intent.items.iter().zip(&phase.items).filter(|(_, item)| item.verdict.is_gone());
    let files = going.filter_map(|(planned, _)| planned.inode.map(|i| (i.dev, i.inode)));
    disk.fs().held_open(&files.collect())
}

/// What the file systems of the files and of the log limit.
fn limits(session: &Session, intent: &Intent) -> Result<Warnings, Error> {
    let parents: HashSet<RelPath> = intent.items.iter().map(|item| item.path.parent()).collect();
    let mut warnings = Warnings::default();
    if !session.disk().traits(&session.layout().head())?.supported {
        warnings = warnings.with(Warnings::WEAK_FILE_SYSTEM);
    }
    for parent in parents {
        if session.disk().stat(&parent)?.is_none() {
            continue;
        }
        let traits = session.disk().traits(&parent.join("_"))?;
        if !traits.supported {
            warnings = warnings.with(Warnings::WEAK_FILE_SYSTEM);
        }
        if traits.copy_on_write {
            warnings = warnings.with(Warnings::COPY_ON_WRITE);
        }
        if traits.network {
            warnings = warnings.with(Warnings::NETWORK);
        }
    }
    Ok(warnings)
}

/// The outcome of an ended transaction.
pub(crate) fn outcome(
    intent: &Intent,
    begin: u64,
    end: u64,
    phase: Phase,
    warnings: Warnings,
) -> Outcome {
    let items = intent.items.iter().zip(phase.items).map(|(planned, settled)| OutcomeItem {
        path: planned.path.clone(),
        sha256: planned.inode.is_some().then_some(planned.sha256),
        after: planned.after.filter(|_| settled.verdict == super::Verdict::Rewritten),
        size: planned.size,
        mtime: planned.mtime,
        verdict: settled.verdict,
        reason: settled.reason,
        commitment: planned.opened().commitment(),
    });
    Outcome { tx: intent.tx, begin, end, items: items.collect(), warnings }
}
