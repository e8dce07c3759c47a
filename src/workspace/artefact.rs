//! The files of a store with what their sidecars say.

use super::{Loaded, Problem, ProblemKind, Workspace, layout, record};
use crate::error::Result;
use crate::fs::{self, FileKind, RelPath};
use crate::model::{Meta, Store};
use std::collections::BTreeSet;
use std::io;

/// What is wrong with a file of a store that has no sidecar.
pub const UNREGISTERED: &str = "has no sidecar, so its origin, category and age are unknown";
/// What is wrong with a sidecar on its own.
pub const WITHOUT_FILE: &str = "a sidecar without its file";

/// A file in `records/`, `diagnostics/` or `transfer/`.
#[derive(Debug, Clone)]
pub struct Artefact {
    pub path: RelPath,
    /// The name in the store, for people.
    pub name: String,
    pub store: Store,
    /// Bytes now.
    pub size: u64,
    /// `None` for an unregistered file, or one whose sidecar does not parse.
    pub meta: Option<Loaded<Meta>>,
}

impl Workspace {
    /// The files of the store in `dir`, by name. Unregistered files are listed and are problems;
    /// links and other things that are no files are problems only. A missing store is empty.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn artefacts(&self, dir: &RelPath, store: Store) -> Result<(Vec<Artefact>, Vec<Problem>)> {
        let entries = match self.fs.list(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(self.io("read", dir, error)),
        };
        let names: BTreeSet<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        let (mut artefacts, mut problems) = (Vec::new(), Vec::new());
        for entry in &entries {
            let path = dir.join(&entry.name);
            match entry.kind {
                FileKind::File => {}
                FileKind::Symlink => {
                    let why = "a symbolic link, which is never followed; put the file itself here";
                    problems.push(Problem::new(path.display(), ProblemKind::Unreadable, why));
                    continue;
                }
                FileKind::Dir => {
                    let why = "a directory inside a store; its files belong into the store itself";
                    problems.push(Problem::new(path.display(), ProblemKind::Unregistered, why));
                    continue;
                }
                FileKind::Other => {
                    let why = "not a regular file";
                    problems.push(Problem::new(path.display(), ProblemKind::Unreadable, why));
                    continue;
                }
            }
            if layout::sidecar_of(&entry.name).is_some_and(|file| names.contains(file)) {
                continue;
            }
            if layout::sidecar_of(&entry.name).is_some() {
                problems.push(Problem::new(path.display(), ProblemKind::Invalid, WITHOUT_FILE));
                continue;
            }
            let size = match self.fs.stat(&path) {
                Ok(stat) => stat.size,
                Err(error) => {
                    problems.push(Problem::new(
                        path.display(),
                        ProblemKind::Unreadable,
                        error.to_string(),
                    ));
                    continue;
                }
            };
            // A name that is not there need not be opened: a store may have very many such files.
            let registered = names.contains(layout::sidecar(&path).name());
            let sidecar = if registered { self.sidecar(&path) } else { Ok(None) };
            let meta = match sidecar {
                Ok(Some(meta)) => Some(meta),
                Ok(None) => {
                    let kind = ProblemKind::Unregistered;
                    problems.push(Problem::new(path.display(), kind, UNREGISTERED));
                    None
                }
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            };
            let name = entry.name.to_string_lossy().into_owned();
            artefacts.push(Artefact { path, name, store, size, meta });
        }
        Ok((artefacts, problems))
    }

    fn sidecar(&self, file: &RelPath) -> Result<Option<Loaded<Meta>>, Problem> {
        let path = layout::sidecar(file);
        let bytes = match fs::read(&*self.fs, &path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Problem::new(
                    path.display(),
                    ProblemKind::Unreadable,
                    error.to_string(),
                ));
            }
        };
        let value = record::parse(&path, &bytes).map_err(Problem::from)?;
        Ok(Some(Loaded { value, path, text: String::from_utf8_lossy(&bytes).into_owned() }))
    }
}
