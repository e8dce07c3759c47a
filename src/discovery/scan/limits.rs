//! How far discovery goes into one file. Every limit that is reached is reported.

/// Bounds on the work one file can cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file itself that are read.
    pub file: u64,
    /// Bytes that everything in one file may unpack to.
    pub inflated: u64,
    /// How many times the file's size everything in it may unpack to, once that is more than
    /// `ratio_floor`. Logs are seldom packed better than 1 : 40, bombs at 1 : 1000.
    pub ratio: u64,
    /// Bytes below which the ratio does not matter.
    pub ratio_floor: u64,
    /// Members that all containers in one file may have.
    pub members: u64,
    /// Containers inside containers.
    pub depth: usize,
    /// Largest file or member that is taken into memory at once; larger ones are searched piece by
    /// piece, and formats that need the whole are not opened.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 1 << 40,
            inflated: 64 << 30,
            ratio: 100,
            ratio_floor: 1 << 30,
            members: 1_000_000,
            depth: 12,
            memory: 32 << 20,
        }
    }
}
