//! How far discovery goes into one file. Every limit that is reached is reported.

/// Bounds on the work one file can cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that all containers in one file may inflate to.
    pub inflated: u64,
    /// Members that all containers in one file may have.
    pub members: u64,
    /// Containers inside containers.
    pub depth: usize,
    /// How many times its packed size a container may inflate to, once it is past
    /// [`Limits::RATIO_FLOOR`].
    pub ratio: u64,
    /// Largest file or member that is taken into memory at once; larger ones are searched piece by
    /// piece, and formats that need the whole are not opened.
    pub memory: usize,
}

impl Limits {
    /// Bytes below which the ratio does not matter: logs of a repeated line are packed very well.
    pub const RATIO_FLOOR: u64 = 256 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self { inflated: 16 << 30, members: 1_000_000, depth: 12, ratio: 1100, memory: 32 << 20 }
    }
}
