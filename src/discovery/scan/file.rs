//! The doors: bytes, an open file, a name.

use super::engine::{Engine, View};
use super::limits::Limits;
use super::source::{Source, read_full};
use super::stream::{Cut, Path};
use crate::discovery::containers::{self, Kind};
use crate::discovery::findings::{FileResult, Form, ProblemKind, Step};
use crate::discovery::patterns::{Query, Scene};
use std::io;
use std::sync::atomic::AtomicBool;

/// Largest buffer kept for the next file.
const KEPT: usize = 1 << 20;

static NEVER: AtomicBool = AtomicBool::new(false);

impl Query {
    /// Searches bytes as a file's content.
    #[must_use]
    pub fn scan_bytes(&self, bytes: &[u8], limits: &Limits) -> FileResult {
        let mut source = bytes;
        self.scan_file(&mut source, limits)
    }

    /// Searches an open file.
    #[must_use]
    pub fn scan_file(&self, file: &mut dyn Source, limits: &Limits) -> FileResult {
        self.scan_watched(file, limits, &NEVER, &|_| {}, &mut Vec::new())
    }

    /// Searches a file's name, its last path component.
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
        file: &mut dyn Source,
        limits: &Limits,
        cancel: &AtomicBool,
        read: &dyn Fn(u64),
        buffer: &mut Vec<u8>,
    ) -> FileResult {
        let mut engine = Engine::new(self, limits, cancel);
        engine.search(file, read, buffer);
        engine.out.finish()
    }
}

impl Engine<'_> {
    /// Searches a file; `read` hears of every byte that was read.
    pub(super) fn search(
        &mut self,
        file: &mut dyn Source,
        read: &dyn Fn(u64),
        buffer: &mut Vec<u8>,
    ) {
        let mut watched = Watched { file, read, bytes: 0 };
        if let Err(error) = self.file(&mut watched, buffer) {
            self.out.problem(None, ProblemKind::Unreadable, error.to_string());
        }
        self.out.bytes = watched.bytes;
    }

    /// `buffer` is only there to be used again.
    fn file(&mut self, file: &mut Watched, buffer: &mut Vec<u8>) -> io::Result<()> {
        let size = file.size()?;
        self.allow(size);
        let path = Path::default();
        if size <= self.limits.memory as u64 {
            // One byte more than it says tells whether it grew meanwhile.
            let wanted = usize::try_from(size).unwrap_or(0) + 1;
            if buffer.len() < wanted {
                buffer.resize(wanted, 0);
            }
            // An error shows again below, where what comes before it is searched.
            if let Ok(filled) = read_full(file, &mut buffer[..wanted], 0)
                && filled < wanted
            {
                self.content(&buffer[..filled], &path);
                if buffer.len() > KEPT {
                    *buffer = Vec::new();
                }
                return Ok(());
            }
        }
        let mut head = [0; containers::HEAD];
        let filled = read_full(file, &mut head, 0)?;
        if size > self.limits.file {
            self.problem(
                &path,
                ProblemKind::Limit,
                format!(
                    "larger than the limit; only its first {} MB were searched",
                    self.limits.file >> 20
                ),
            );
        }
        let left = self.limits.file;
        if containers::sniff(&head[..filled]) == Kind::Zip {
            self.packed_pieces(&mut Cut { source: file, at: 0, left }, &path);
            self.zip(file, &path);
        } else {
            self.stream(&mut Cut { source: file, at: 0, left }, &path);
        }
        Ok(())
    }
}

/// A source whose reads are counted.
struct Watched<'a> {
    file: &'a mut dyn Source,
    read: &'a dyn Fn(u64),
    bytes: u64,
}

impl Source for Watched<'_> {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = self.file.read_at(buffer, offset)?;
        // What is read twice counts once.
        let end = offset + count as u64;
        if end > self.bytes {
            (self.read)(end - self.bytes.max(offset));
            self.bytes = end;
        }
        Ok(count)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }
}
