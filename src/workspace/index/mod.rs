//! The index: what lists need of every record, so that they do not have to read every file.
//!
//! One file per account in `.cache/`, derived and disposable. Nothing in it is believed: each row
//! says which files and directories it was made of, with a digest of their stamps (inode, size,
//! mtime, ctime), and a row is used only when all of them still have these stamps, else its files
//! are read again. So it does not matter who changed a file, how, or whether this program was
//! running: the answer is the one that the files would give.
//!
//! A row is *settled* when its youngest stamp is older than the moment its reading began, by the
//! clock of the file system itself. A file that was changed within the same tick as it was read
//! could change again without its stamp telling; such a row is never saved as settled and is read
//! again until it is.
//!
//! Writes of this program do not touch the index: a row that was just written would not be settled
//! anyhow, and a commit stays as short as it is. Whoever lists next reads the changed rows, and
//! saves them once they are worth it.
//!
//! The file is readable by its account alone, so that it never tells anybody what the files'
//! permissions would not. It quotes records: whoever removes records for good calls
//! [`Workspace::forget_index`].

mod file;
mod names;
mod newest;
mod read;
mod row;
mod run;
mod stamp;
mod survey;

pub use newest::NEWEST;
pub use row::{Closing, DatedFile, Engagement, EngagementClocks, RequestOutline, Stores};
pub use survey::{Freshness, Look, Neighbours, Parts, Surveyed, Work};

use super::{Workspace, layout};
use crate::error::Result;
use crate::fs::RelPath;
use std::io;

/// The beginning of the names of all accounts' indexes.
const PREFIX: &str = "index-";
/// The ending of one that is being written.
const UNFINISHED: &str = ".new";

/// Where the account's index lies.
fn path_of(account: u32) -> RelPath {
    layout::cache().join(format!("{PREFIX}{account}"))
}

impl Workspace {
    /// Removes every account's index, those included that are being written: they quote records
    /// that are gone. The next list makes a new one.
    ///
    /// # Errors
    /// One of them cannot be removed.
    pub fn forget_index(&self) -> Result<()> {
        let dir = layout::cache();
        let entries = match self.fs.list(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(|error| self.io("read", &dir, error))?,
        };
        let ours = |name: &str| name.starts_with(PREFIX);
        let mut names: Vec<_> = entries
            .into_iter()
            .map(|entry| entry.name)
            .filter(|name| name.to_str().is_some_and(ours))
            .collect();
        // Unfinished ones first: whoever writes one then finds it gone when it is to take its
        // place, and cannot bring back what is removed here.
        names.sort_by_key(|name| !name.to_string_lossy().ends_with(UNFINISHED));
        for name in names {
            let path = dir.join(&name);
            match self.fs.unlink(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.io("remove", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
