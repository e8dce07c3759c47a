//! Making a workspace: empty, or a copy of the example.

use crate::attest::{Log, weak_filesystem};
use crate::env;
use crate::error::{Error, Result};
use crate::fs::{RealFs, RelPath};
use crate::model::{FORMAT, PolicySettings, Time, WorkspaceConfig};
use crate::workspace::{NewWorkspace, Workspace};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `caseward init` is told.
#[derive(Debug, Clone)]
pub struct NewSettings {
    pub dir: PathBuf,
    pub name: String,
    /// Name of the attestation log.
    pub origin: String,
    pub organisation: Option<String>,
    pub region: Option<String>,
    pub test_clock: bool,
    /// The log may lie on a file system that is not known to keep what was flushed.
    pub accept_weak_filesystem: bool,
}

/// A workspace that was made.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    pub dir: String,
    pub name: String,
    pub origin: String,
    /// The log's public key, in the form of a signed note's verifier key.
    pub vkey: String,
}

/// Makes an empty workspace with its attestation log.
///
/// # Errors
/// The directory exists and is not empty, the origin cannot name a log, or an I/O error.
pub fn init(new: &NewSettings) -> Result<Made> {
    for (name, value) in [("--name", &new.name), ("--origin", &new.origin)] {
        if value.trim().is_empty() {
            return Err(Error::usage(format!("{name} must not be empty")));
        }
    }
    if new.origin.chars().any(|c| !c.is_ascii_graphic() || c == '+' || c == '"' || c == '\\') {
        return Err(Error::Usage {
            message: format!("`{}` cannot name a log", crate::text::safe(&new.origin)),
            hint: Some(
                "printable ASCII without spaces, quotes, backslashes or `+`, such as support.example.com/eu/deletions"
                    .to_owned(),
            ),
        });
    }
    let config = WorkspaceConfig {
        format: FORMAT,
        name: new.name.clone(),
        origin: new.origin.clone(),
        organisation: new.organisation.clone(),
        region: new.region.clone(),
        test_clock: new.test_clock,
        policy: PolicySettings::default(),
        engineers: Vec::new(),
        x: None,
    };
    let now = env::now(new.test_clock)?;
    check_footing(&new.dir, new.accept_weak_filesystem)?;
    let workspace = NewWorkspace::create(&new.dir, &config)?;
    with_log(&workspace, now, new.accept_weak_filesystem)
}

/// Refuses a place for a log, before anything is made there.
fn check_footing(dir: &Path, accepted: bool) -> Result<()> {
    let dir = env::absolute(dir);
    let Some(there) = dir.ancestors().find(|above| above.is_dir()) else { return Ok(()) };
    let fail = |error| Error::io("open", there.display(), error);
    let fs = RealFs::open(there).map_err(fail)?;
    match weak_filesystem(&fs, &RelPath::root()).map_err(fail)? {
        Some(name) if !accepted => Err(Error::Usage {
            message: format!(
                "{} lies on a file system ({name}) that is not known to keep what was flushed",
                there.display()
            ),
            hint: Some(
                "choose a place on ext4, xfs, btrfs, zfs or CephFS; with --accept-weak-filesystem the log may lie there, and every report says so"
                    .to_owned(),
            ),
        }),
        _ => Ok(()),
    }
}

pub(super) fn with_log(workspace: &Workspace, now: Time, accept_weak: bool) -> Result<Made> {
    let config = workspace.config();
    let fs = Arc::clone(workspace.fs());
    let log = if accept_weak {
        Log::create_anywhere(fs, &config.origin, now)?
    } else {
        Log::create(fs, &config.origin, now)?
    };
    Ok(Made {
        dir: env::absolute(workspace.root()).display().to_string(),
        name: config.name.clone(),
        origin: config.origin.clone(),
        vkey: log.vkey()?.to_string(),
    })
}

/// Makes a fresh copy of the example in `dir`, or in a new temporary directory: its story happens
/// now, its first engineer is the account that runs the program, and one person may act as anyone.
///
/// # Errors
/// `dir` exists, or an I/O error.
pub fn demo(dir: Option<PathBuf>) -> Result<Made> {
    demo_on(dir, false)
}

/// As [`demo`], on a weak file system as well when that is accepted.
///
/// # Errors
/// As [`demo`].
pub fn demo_on(dir: Option<PathBuf>, accept_weak_filesystem: bool) -> Result<Made> {
    let now = env::now(true)?;
    let dir = match dir {
        Some(dir) => dir,
        None => loop {
            let mut random = [0; 4];
            getrandom::fill(&mut random)
                .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
            let name = format!("caseward-demo-{:08x}", u32::from_be_bytes(random));
            let dir = env::temp_dir().join(name);
            if !dir.exists() {
                break dir;
            }
        },
    };
    check_footing(&dir, accept_weak_filesystem)?;
    let workspace = NewWorkspace::from_example(&dir, now, &env::os_user())?;
    with_log(&workspace, now, accept_weak_filesystem)
}
