//! The doors: bytes, an open file, a name.

use super::engine::{Engine, Place, View};
use super::limits::Limits;
use super::source::{Source, read_full};
use crate::discovery::findings::{FileResult, Form, ProblemKind, Step};
use crate::discovery::patterns::{Query, Scene};
use std::sync::atomic::AtomicBool;

/// Bytes searched at a time when a file is too large to be taken whole.
const PIECE: usize = 4 << 20;
/// Bytes a piece shares with the next: longer than any identifier in any form.
const OVERLAP: usize = 64 << 10;

static NEVER: AtomicBool = AtomicBool::new(false);

impl Query {
    /// Searches bytes; `name` is the file's last path component, which is not itself searched.
    #[must_use]
    pub fn scan_bytes(&self, name: &[u8], bytes: &[u8], limits: &Limits) -> FileResult {
        let mut source = bytes;
        self.scan_file(name, &mut source, limits)
    }

    /// Searches an open file.
    #[must_use]
    pub fn scan_file(&self, name: &[u8], file: &mut dyn Source, limits: &Limits) -> FileResult {
        self.scan_watched(name, file, limits, &NEVER, &|_| {})
    }

    /// Searches a file's name.
    #[must_use]
    pub fn scan_name(&self, name: &[u8]) -> FileResult {
        let limits = Limits::default();
        let mut engine = Engine::new(self, &limits, &NEVER);
        engine.view(&View {
            form: Form::default().with(Step::FileName),
            scene: Scene::Name,
            ..View::plain(name)
        });
        engine.out.finish()
    }

    pub(super) fn scan_watched(
        &self,
        _name: &[u8],
        file: &mut dyn Source,
        limits: &Limits,
        cancel: &AtomicBool,
        read: &dyn Fn(u64),
    ) -> FileResult {
        let mut engine = Engine::new(self, limits, cancel);
        let mut buffer = Vec::new();
        // How much of the buffer's front was already searched, and where the buffer lies.
        let (mut kept, mut base) = (0usize, 0u64);
        loop {
            buffer.resize(kept + if base == 0 { limits.memory.min(PIECE) } else { PIECE }, 0);
            let filled = match read_full(file, &mut buffer[kept..], base + kept as u64) {
                Ok(filled) => filled,
                Err(error) => {
                    engine.out.problem(None, ProblemKind::Unreadable, error.to_string());
                    break;
                }
            };
            read(filled as u64);
            engine.out.bytes += filled as u64;
            buffer.truncate(kept + filled);
            let last = filled < PIECE.min(limits.memory);
            let first_own = if base == 0 { 0 } else { OVERLAP / 2 };
            let own = first_own..if last { buffer.len() } else { buffer.len() - OVERLAP / 2 };
            let view = View { place: Place { base, scale: 1.0 }, own, ..View::plain(&buffer) };
            engine.view(&view);
            if last || engine.cancelled() {
                break;
            }
            kept = OVERLAP;
            let rest = buffer.len() - kept;
            base += rest as u64;
            buffer.copy_within(rest.., 0);
            buffer.truncate(kept);
        }
        engine.out.finish()
    }
}
