//! Paths inside a workspace: relative, without `.` or `..`, as raw bytes.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// A path relative to the workspace directory. It never leaves it: no root, no `..`, no NUL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct RelPath(PathBuf);

/// Why a path cannot be one inside a workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is not a path inside the workspace")]
pub struct BadPath {
    pub path: String,
}

impl RelPath {
    /// The workspace directory itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// # Errors
    /// A path that is absolute, holds `..` or a NUL byte.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, BadPath> {
        let path = path.as_ref();
        let bad = || BadPath { path: path.to_string_lossy().into_owned() };
        if path.as_os_str().as_bytes().contains(&0) {
            return Err(bad());
        }
        let mut clean = PathBuf::new();
        for component in path.components() {
            match component {
                Component::Normal(part) => clean.push(part),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(bad());
                }
            }
        }
        Ok(Self(clean))
    }

    /// The path of `name` in this directory. `name` is one plain component; a separator, `.` or
    /// `..` in it would be a bug of the caller and is turned into `_`, so it can never climb.
    #[must_use]
    pub fn join(&self, name: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref();
        let bytes: Vec<u8> =
            name.as_bytes().iter().map(|&b| if b == b'/' || b == 0 { b'_' } else { b }).collect();
        let safe = match bytes.as_slice() {
            b"" | b"." | b".." => OsString::from("_"),
            _ => OsString::from_vec(bytes),
        };
        Self(self.0.join(safe))
    }

    /// The directory this path lies in; the root's parent is the root.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0.parent().map(Path::to_path_buf).unwrap_or_default())
    }

    /// The last component; empty for the root.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        self.0.file_name().unwrap_or_default()
    }

    /// The same path with `suffix` appended to its last component.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let mut name = self.name().to_os_string();
        name.push(suffix);
        Self(self.0.with_file_name(name))
    }

    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.as_os_str().is_empty()
    }

    /// Whether this path is `dir` or lies below it.
    #[must_use]
    pub fn is_within(&self, dir: &Self) -> bool {
        self.0.starts_with(&dir.0)
    }

    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_os_str().as_bytes()
    }

    /// The components, first to last.
    pub fn components(&self) -> impl Iterator<Item = &OsStr> {
        self.0.iter()
    }

    /// The path with bytes that are not UTF-8 shown as U+FFFD: for people, never for opening.
    #[must_use]
    pub fn display(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_the_workspace() {
        for bad in ["/etc/passwd", "../x", "a/../../x", "a\0b"] {
            assert!(RelPath::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(RelPath::new("./a//b/").unwrap().display(), "a/b");
    }

    #[test]
    fn a_joined_name_is_one_component() {
        let root = RelPath::root().join("a");
        assert_eq!(root.join("../b").display(), "a/.._b");
        assert_eq!(root.join("..").display(), "a/_");
        assert_eq!(root.join("c").parent(), root);
    }
}
