//! What can go wrong, by what the caller can do about it; each kind has its exit code.

use crate::exit::Exit;
use crate::policy::Refusal;
use std::fmt;
use std::io;

/// The crate's error. `Display` is one sentence; the way out is in [`Error::hint`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request cannot be understood: an unknown id, an ambiguous one, a missing option.
    #[error("{message}")]
    Usage { message: String, hint: Option<String> },
    /// A file of the workspace does not say what it should.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The operating system said no.
    #[error("cannot {action} {path}: {}", reason(.source))]
    Io { action: &'static str, path: String, source: io::Error },
    /// Somebody else changed it, or it is no longer what was planned.
    #[error("{message}")]
    Conflict { message: String, hint: Option<String> },
    /// A check of the attestation log or of a bundle failed.
    #[error("{message}")]
    Failed { message: String, hint: Option<String> },
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// The system's words without the error number, with a word of ours where they are obscure.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::AlreadyExists => "it exists already".to_owned(),
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            "a symbolic link is in the way, and none is followed".to_owned()
        }
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        }
    }
}

/// A file that cannot be used as it is, with the place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// Relative to the workspace.
    pub path: String,
    /// From 1; `None` when the file as a whole is meant.
    pub line: Option<usize>,
    /// From 1, in characters.
    pub column: Option<usize>,
    pub message: String,
    pub hint: Option<String>,
}

impl Invalid {
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, column: None, message: message.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        write!(f, ": {}", self.message)
    }
}

impl Error {
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    #[must_use]
    pub fn io(action: &'static str, path: impl fmt::Display, source: io::Error) -> Self {
        Self::Io { action, path: path.to_string(), source }
    }

    /// The same error with a way out; errors that carry one already keep it.
    #[must_use]
    pub fn with_hint(mut self, new: impl Into<String>) -> Self {
        match &mut self {
            Self::Refused(Refusal { hint, .. })
            | Self::Invalid(Invalid { hint, .. })
            | Self::Usage { hint, .. }
            | Self::Conflict { hint, .. }
            | Self::Failed { hint, .. } => {
                hint.get_or_insert_with(|| new.into());
            }
            Self::Io { .. } | Self::Interrupted => {}
        }
        self
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(Refusal { hint, .. })
            | Self::Invalid(Invalid { hint, .. })
            | Self::Usage { hint, .. }
            | Self::Conflict { hint, .. }
            | Self::Failed { hint, .. } => hint.clone(),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull => {
                    Some("nothing was changed; free some space and try again".to_owned())
                }
                io::ErrorKind::PermissionDenied => {
                    Some("check the owner and mode of that path".to_owned())
                }
                _ => None,
            },
            Self::Interrupted => None,
        }
    }

    /// The word in `{"error": {"code": …}}`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Usage { .. } => "usage",
            Self::Invalid(_) => "invalid",
            Self::Io { .. } => "io",
            Self::Conflict { .. } => "conflict",
            Self::Failed { .. } => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Refused(_) | Self::Failed { .. } => Exit::Refused,
            Self::Usage { .. } => Exit::Usage,
            Self::Invalid(_) => Exit::Invalid,
            Self::Io { .. } => Exit::Io,
            Self::Conflict { .. } => Exit::Conflict,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    /// The rule that said no.
    #[must_use]
    pub const fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.rule),
            _ => None,
        }
    }
}

/// What the crate's fallible functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<crate::attest::Error> for Error {
    fn from(error: crate::attest::Error) -> Self {
        use crate::attest::{Error as Attest, How};
        let message = error.to_string();
        match error {
            Attest::Io { doing, path, source } => Self::Io { action: doing, path: path.display(), source },
            Attest::ReadOnly { .. } | Attest::Broken | Attest::Random(_) => {
                Self::Io { action: "write", path: ".attest".to_owned(), source: io::Error::other(message) }
            }
            Attest::Differs(differences) => {
                let shown: Vec<String> = differences
                    .iter()
                    .take(5)
                    .map(|difference| match &difference.how {
                        How::Content { .. } => format!("{} has other contents", difference.path),
                        How::NotAFile => format!("{} is not a file any more", difference.path),
                        How::Unreadable(error) => {
                            format!("{} cannot be read ({})", difference.path, reason(error))
                        }
                    })
                    .collect();
                Refusal::new("DEL-1", format!("{message}: {}", shown.join("; ")))
                    .hint("look at what changed, then discover and plan again")
                    .into()
            }
            Attest::NothingThere => Refusal::new("DEL-4", message).into(),
            Attest::UnknownTx(_) | Attest::UnknownEntry(_) => Self::Usage {
                message,
                hint: Some("`caseward attest log` lists the entries".to_owned()),
            },
            Attest::Exists | Attest::TooMany { .. } | Attest::Invalid(_) => Self::usage(message),
            Attest::Missing => Self::from(
                Invalid::new(".attest", message)
                    .hint("`caseward init` makes one; an example or a copy without it can be read, not deleted from"),
            ),
            Attest::Version { .. } | Attest::Damaged(_) | Attest::Key(_) => Self::from(
                Invalid::new(".attest", message).hint("`caseward attest verify` says what is wrong"),
            ),
            Attest::WeakFileSystem { .. } => Self::from(Invalid::new(".attest", message).hint(
                "move the workspace to ext4, xfs, btrfs, zfs or CephFS, or accept it: `caseward attest accept-weak-filesystem`; reports will say so",
            )),
            Attest::NotMounted { .. } => Self::from(
                Invalid::new(".attest", message).hint("mount it, then start again"),
            ),
            Attest::Permissions { .. } => Self::from(
                Invalid::new(".attest", message).hint("set the mode with chmod, then try again"),
            ),
        }
    }
}
