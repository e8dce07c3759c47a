//! The example workspace, embedded in the program, as a fresh copy whose story happens now.

use super::{Access, NewWorkspace, Workspace, layout, record};
use crate::error::{Error, Result};
use crate::fs::{self, Fs, RealFs, RelPath};
use crate::model::{Time, WorkspaceConfig};
use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use include_dir::{Dir, DirEntry, include_dir};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/workspace-example");

/// The moment at which the example's story stands.
fn story_now() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().unwrap_or_default()
}

impl NewWorkspace {
    /// Writes the example to `root`, which must not exist, with every time in its records shifted
    /// so that the story stands at `now`. The first engineer becomes `os_user`, and the workspace
    /// takes a test clock: one person can play every part. The attestation log is the caller's.
    ///
    /// # Errors
    /// `root` exists, or cannot be written.
    pub fn from_example(root: &Path, now: Time, os_user: &str) -> Result<Workspace> {
        if root.symlink_metadata().is_ok() {
            return Err(Error::Usage {
                message: format!("{} exists already", root.display()),
                hint: Some("nothing was changed; name a directory that does not exist".to_owned()),
            });
        }
        Self::make_directory(root)?;
        let real = RealFs::open(root).map_err(|error| Error::io("open", root.display(), error))?;
        let fs: Arc<dyn Fs> = Arc::new(real);
        let shift = now - story_now();
        write_all(&*fs, &EXAMPLE, shift)
            .and_then(|()| fs.create_dir(&layout::journal()))
            .and_then(|()| fs.lock(&layout::lock()).map(drop))
            .map_err(|error| Error::io("write to", root.display(), error))?;
        let path = layout::config();
        let text = fs::read(&*fs, &path).map_err(|error| Error::io("read", &path, error))?;
        let mut config: WorkspaceConfig = record::parse(&path, &text)?;
        config.test_clock = true;
        for engineer in &mut config.engineers {
            if engineer.os_user.as_deref() == Some(os_user) {
                engineer.os_user = None;
            }
        }
        if let Some(first) = config.engineers.first_mut() {
            first.os_user = Some(os_user.to_owned());
        }
        let text = record::render(Some(&String::from_utf8_lossy(&text)), &config);
        fs::replace(&*fs, &path, text.as_bytes())
            .map_err(|error| Error::io("write", &path, error))?;
        Workspace::open_with(fs, root, Access::Write)
    }
}

fn write_all(fs: &dyn Fs, dir: &Dir<'_>, shift: TimeDelta) -> std::io::Result<()> {
    for entry in dir.entries() {
        let path =
            RelPath::new(entry.path()).map_err(|error| std::io::Error::other(error.to_string()))?;
        match entry {
            DirEntry::Dir(dir) => {
                fs.create_dir(&path)?;
                write_all(fs, dir, shift)?;
            }
            DirEntry::File(file) => {
                let is_record = path.as_path().extension() == Some(OsStr::new("toml"))
                    || path.name() == "audit.jsonl";
                let mut target = fs.create(&path)?;
                match file.contents_utf8().filter(|_| is_record) {
                    Some(text) => target.write_at(shifted(text, shift).as_bytes(), 0)?,
                    None => target.write_at(file.contents(), 0)?,
                }
            }
        }
    }
    Ok(())
}

/// The text with every quoted time and date moved.
fn shifted(text: &str, shift: TimeDelta) -> String {
    let mut moved = String::with_capacity(text.len());
    // Between two quotes stands a value; escaped quotes only split prose, which is no time.
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            moved.push('"');
        }
        match moved_time(part, shift) {
            Some(time) => moved.push_str(&time),
            None => moved.push_str(part),
        }
    }
    moved
}

fn moved_time(text: &str, shift: TimeDelta) -> Option<String> {
    match text.len() {
        10 => {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            let moved = date.checked_add_signed(TimeDelta::days(shift.num_days()))?;
            Some(moved.format("%Y-%m-%d").to_string())
        }
        20 => {
            let time = crate::env::parse_time(text).ok()?.checked_add_signed(shift)?;
            Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_dates_move_and_nothing_else_does() {
        let text = r#"at = "2026-11-21T09:00:00Z" # "2026-11-21"
due_on = "2026-12-21"
title = "on 2026-11-21T09:00:00Z it \"failed\"""#;
        let moved = shifted(text, TimeDelta::days(1));
        assert!(moved.contains("at = \"2026-11-22T09:00:00Z\" # \"2026-11-22\""), "{moved}");
        assert!(moved.contains("due_on = \"2026-12-22\""), "{moved}");
        assert!(moved.contains("on 2026-11-21T09:00:00Z it"), "{moved}");
        assert_eq!(shifted(text, TimeDelta::zero()), text);
    }
}
