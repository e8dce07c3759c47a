//! Staging: new contents lie in `.journal/new-<id>/` until a commit takes them or drops them.

use super::{Workspace, layout};
use crate::error::{Error, Result};
use crate::fs::{self, Fs, FsLock, RelPath};
use crate::model::Sha256;
use std::io::{self, Read};
use std::sync::Arc;

/// The beginning of the name of a stage that is not a commit yet.
pub(super) const UNFINISHED: &str = "new-";
/// The lock that a living stage holds: without it, recovery takes the stage for a leftover.
pub(super) const ALIVE: &str = "lock";

/// A place for new contents. Dropped without a commit, it removes what it holds.
#[derive(Debug)]
pub struct Stage {
    fs: Arc<dyn Fs>,
    pub(super) dir: RelPath,
    pub(super) id: String,
    alive: Option<Box<dyn FsLock>>,
    files: usize,
    /// Set once the commit owns the directory.
    pub(super) taken: bool,
}

/// A file in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    pub(super) index: usize,
    pub size: u64,
    pub sha256: Sha256,
}

impl Workspace {
    /// Opens a stage. `.lock` is held for a moment, so that no recovery sees it half made.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn stage(&self) -> Result<Stage> {
        let _lock = self.lock()?;
        self.stage_locked()
    }

    pub(super) fn stage_locked(&self) -> Result<Stage> {
        let journal = layout::journal();
        let fail = |error| self.io("write to", &journal, error);
        fs::create_dirs(&*self.fs, &journal).map_err(fail)?;
        let id = random_hex().map_err(fail)?;
        let dir = journal.join(format!("{UNFINISHED}{id}"));
        self.fs.create_dir(&dir).map_err(fail)?;
        let mut stage =
            Stage { fs: Arc::clone(&self.fs), dir, id, alive: None, files: 0, taken: false };
        stage.alive = Some(self.fs.lock(&stage.dir.join(ALIVE)).map_err(fail)?);
        Ok(stage)
    }
}

/// 64 random bits as hex, to name things that must not collide.
pub(crate) fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

impl Stage {
    /// Copies `source` in, hashing what passes (DIAG-6), and flushes it to storage. `progress`
    /// is told the bytes so far.
    ///
    /// # Errors
    /// Reading or writing failed; `shown` names the source in the message.
    pub fn copy_in(
        &mut self,
        source: &mut dyn Read,
        shown: &str,
        progress: &mut dyn FnMut(u64),
    ) -> Result<StagedFile> {
        use sha2::Digest;
        let index = self.files;
        let path = self.dir.join(index.to_string());
        let fail = |error| Error::io("write", &path, error);
        let mut file = self.fs.create(&path).map_err(fail)?;
        self.files += 1;
        let mut hash = sha2::Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        let mut size = 0;
        loop {
            let count = match source.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(|error| Error::io("read", shown, error))?,
            };
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            file.write_at(&buffer[..count], size).map_err(fail)?;
            size += count as u64;
            progress(size);
        }
        file.sync().map_err(fail)?;
        Ok(StagedFile { index, size, sha256: Sha256(hash.finalize().into()) })
    }

    /// Stages bytes that are at hand.
    ///
    /// # Errors
    /// Writing failed.
    pub fn put(&mut self, mut bytes: &[u8]) -> Result<StagedFile> {
        self.copy_in(&mut bytes, "memory", &mut |_| {})
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.taken {
            // Best effort: what cannot be removed now is removed by the next recovery.
            let _ = remove_dir_with_files(&*self.fs, &self.dir);
        }
    }
}

/// Removes a directory of plain files.
pub(super) fn remove_dir_with_files(fs: &dyn Fs, dir: &RelPath) -> io::Result<()> {
    for entry in fs.list(dir)? {
        fs.unlink(&dir.join(&entry.name))?;
    }
    fs.remove_dir(dir)
}
