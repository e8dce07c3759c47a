//! Making a workspace out of nothing.

use super::{Access, Workspace, layout, record};
use crate::error::{Error, Result};
use crate::fs::{self, Fs, RealFs};
use crate::model::WorkspaceConfig;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A directory that is about to become a workspace.
#[derive(Debug)]
pub struct NewWorkspace;

impl NewWorkspace {
    /// Makes `root` (which must not exist, or be empty) and writes the configuration and the empty
    /// directories. The attestation log is the caller's next step.
    ///
    /// # Errors
    /// `root` holds something already, or cannot be written.
    pub fn create(root: &Path, config: &WorkspaceConfig) -> Result<Workspace> {
        Self::make_directory(root)?;
        let real = RealFs::open(root).map_err(|error| Error::io("open", root.display(), error))?;
        let fs: Arc<dyn Fs> = Arc::new(real);
        let made = (|| {
            fs.create_dir(&layout::tenants())?;
            fs.create_dir(&layout::journal())?;
            fs.lock(&layout::lock())?;
            fs::replace(&*fs, &layout::config(), record::render(None, config).as_bytes())
        })();
        made.map_err(|error| Error::io("write to", root.display(), error))?;
        Workspace::open_with(fs, root, Access::Write)
    }

    #[allow(clippy::disallowed_methods, reason = "there is no workspace to open yet")]
    pub(super) fn make_directory(root: &Path) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        match builder.create(root) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let empty = std::fs::read_dir(root)
                    .map_err(|error| Error::io("read", root.display(), error))?
                    .next()
                    .is_none();
                if empty {
                    return Ok(());
                }
                Err(Error::Usage {
                    message: format!("{} exists already and is not empty", root.display()),
                    hint: Some("nothing was changed; choose another directory".to_owned()),
                })
            }
            Err(error) => Err(Error::io("create", root.display(), error)),
        }
    }
}
