//! The doors: bytes, an open file, a name.

use super::buffers::Buffers;
use super::engine::{Engine, View};
use super::limits::Limits;
use super::source::{Source, read_full};
use super::stream::{Cut, OVERLAP, Path};
use crate::discovery::containers::{self, Kind};
use crate::discovery::findings::{FileResult, Form, ProblemKind, Step};
use crate::discovery::patterns::{Query, Scene};
use std::io;
use std::sync::atomic::AtomicBool;

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
        self.scan_watched(file, limits, &NEVER, &|_| {}, &mut Buffers::default())
    }

    /// Searches a file's name, its last path component.
    #[must_use]
    pub fn scan_name(&self, name: &[u8]) -> FileResult {
        let limits = Limits::default();
        let mut buffers = Buffers::default();
        let mut engine = Engine::new(self, &limits, &NEVER, &mut buffers);
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
        buffers: &mut Buffers,
    ) -> FileResult {
        let mut engine = Engine::new(self, limits, cancel, buffers);
        engine.search(file, read);
        engine.out.finish()
    }
}

impl Engine<'_> {
    /// Searches a file; `read` hears of every byte that was read.
    pub(super) fn search(&mut self, file: &mut dyn Source, read: &dyn Fn(u64)) {
        let mut watched = Watched { file, read, bytes: 0 };
        if let Err(error) = self.file(&mut watched) {
            self.out.problem(None, ProblemKind::Unreadable, error.to_string());
        }
        self.out.bytes = watched.bytes;
    }

    fn file(&mut self, file: &mut Watched) -> io::Result<()> {
        let size = file.size()?;
        self.allow(size);
        let path = Path::default();
        if size <= self.limits.memory as u64 {
            // One byte more than it says tells whether it grew meanwhile.
            let wanted = usize::try_from(size).unwrap_or(0) + 1;
            let mut buffer = self.buffers.take();
            // An error shows again below, where what comes before it is searched.
            let whole = read_full(file, buffer.whole(wanted), 0).ok().filter(|&n| n < wanted);
            if let Some(filled) = whole {
                if (filled as u64) < size {
                    self.shorter(&path);
                }
                buffer.advance(filled);
                self.content(buffer.filled(), &path);
            }
            self.buffers.give(buffer);
            if whole.is_some() {
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
        match containers::sniff(&head[..filled]) {
            Kind::Zip => {
                self.packed_pieces(&mut Cut { source: file, at: 0, left }, &path);
                self.zip(file, &path);
            }
            Kind::Plain => self.stored_pieces(file, left, &path)?,
            _ => self.stream(&mut Cut { source: file, at: 0, left }, &path),
        }
        Ok(())
    }

    /// Searches what is stored of the first `limit` bytes of a file, and passes over its holes: a file of
    /// a terabyte may be nothing else.
    fn stored_pieces(&mut self, file: &mut Watched, limit: u64, path: &Path) -> io::Result<()> {
        let size = file.size()?;
        let mut at = 0;
        let mut next = file.next_data(0)?;
        while let Some((start, mut end)) = next.filter(|&(start, _)| start < limit) {
            // Zeros on either side, for text may end with one that lies in the hole; and a hole that is
            // no longer than that is read too.
            let from = start.saturating_sub(OVERLAP as u64).max(at);
            loop {
                next = file.next_data(end)?;
                match next {
                    Some((start, after)) if start - end <= 2 * OVERLAP as u64 => end = after,
                    _ => break,
                }
            }
            // To the end of the file, which may have grown, or into the hole.
            let until = if end < size { end + OVERLAP as u64 } else { u64::MAX };
            at = until.min(limit);
            file.known(from);
            self.pieces(&mut Cut { source: file, at: from, left: at - from }, from, path);
            if self.stopped() {
                return Ok(());
            }
            if file.bytes < at.min(size) {
                self.shorter(path);
                return Ok(());
            }
        }
        file.known(size.min(limit));
        Ok(())
    }

    fn shorter(&mut self, path: &Path) {
        let why = "it became shorter while it was read; what was left of it was searched";
        self.problem(path, ProblemKind::Unreadable, why);
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

    fn next_data(&mut self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        self.file.next_data(offset)
    }
}

impl Watched<'_> {
    /// Counts what lies before `end`: what is known to be zeros is as good as read.
    fn known(&mut self, end: u64) {
        if end > self.bytes {
            (self.read)(end - self.bytes);
            self.bytes = end;
        }
    }
}
