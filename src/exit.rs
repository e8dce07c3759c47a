//! Exit codes: what a script can rely on.

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// Refused by a rule, or a verification failed.
    Refused = 1,
    Usage = 2,
    /// The workspace or a file in it is not valid.
    Invalid = 3,
    /// The operating system said no.
    Io = 4,
    /// Somebody else changed it, or it changed since it was planned.
    Conflict = 5,
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
