//! Content that comes as a stream: taken whole when it fits into memory, else piece by piece.

use super::buffers::Buffer;
use super::engine::{Engine, Place, View};
use super::source::Source;
use crate::discovery::containers::packed::{self, Packing};
use crate::discovery::containers::{self, Kind};
use crate::discovery::findings::{Form, ProblemKind, Step};
use std::io::{self, Read};

/// Bytes searched at a time when something is too large to be taken whole.
pub(super) const PIECE: usize = 1 << 20;
/// Bytes a piece shares with the next: longer than any identifier in any form.
pub(super) const OVERLAP: usize = 64 << 10;

/// Where content was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path {
    pub form: Form,
    /// Inner names, joined by `!/`.
    pub member: Option<String>,
    /// Containers around it.
    pub depth: usize,
}

impl Path {
    pub(crate) fn inside(&self, step: Step) -> Self {
        Self { form: self.form.with(step), member: self.member.clone(), depth: self.depth + 1 }
    }

    pub(crate) fn member(&self, name: &str) -> Self {
        let member = match &self.member {
            Some(outer) => format!("{outer}!/{name}"),
            None => name.to_owned(),
        };
        Self { form: self.form.clone(), member: Some(member), depth: self.depth + 1 }
    }

    pub(crate) fn view<'a>(&'a self, bytes: &'a [u8]) -> View<'a> {
        View {
            form: self.form.clone(),
            member: self.member.as_deref(),
            level: self.depth,
            ..View::plain(bytes)
        }
    }
}

impl Engine<'_> {
    /// Searches what a reader yields, whatever it turns out to be.
    pub(crate) fn stream(&mut self, reader: &mut dyn Read, path: &Path) {
        let mut buffer = self.buffers.take();
        self.buffered_stream(reader, &mut buffer, path);
        self.buffers.give(buffer);
    }

    fn buffered_stream(&mut self, reader: &mut dyn Read, buffer: &mut Buffer, path: &Path) {
        let kept = self.fill(reader, buffer, PIECE, path);
        if kept == Filled::Ended {
            return self.content(buffer.filled(), path);
        }
        let kind = containers::sniff(&buffer.filled()[..containers::HEAD]);
        let needs_all = matches!(kind, Kind::Zip | Kind::Pdf | Kind::Mail);
        if needs_all {
            let memory = self.limits.memory;
            if self.fill(reader, buffer, memory, path) == Filled::Ended {
                return self.content(buffer.filled(), path);
            }
            self.problem(
                path,
                ProblemKind::Limit,
                format!(
                    "too large to be opened in memory ({} MB); searched as plain bytes",
                    memory >> 20
                ),
            );
        }
        let mut rest = buffer.filled().chain(reader);
        match kind {
            Kind::Packed(_) | Kind::Tar => self.open_stream(kind, &mut rest, path),
            _ => {
                if let Kind::Closed(name) = kind {
                    self.closed(path, name);
                }
                self.pieces(&mut rest, 0, path);
            }
        }
    }

    /// Unpacks a stream of streams.
    pub(super) fn open_stream(&mut self, kind: Kind, reader: &mut dyn Read, path: &Path) {
        if self.too_deep(path) {
            return;
        }
        match kind {
            Kind::Packed(packing) => {
                let mut unpacked = packing.open(reader);
                self.stream(&mut *unpacked, &path.inside(packing.step()));
            }
            Kind::Tar => self.tar(reader, path),
            _ => {}
        }
    }

    fn tar(&mut self, reader: &mut dyn Read, path: &Path) {
        let mut archive = tar::Archive::new(reader);
        archive.set_ignore_zeros(true);
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(path, &error),
        };
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                // Where one header is wrong, nothing says where the next begins.
                Err(error) => return self.unreadable(path, &error),
            };
            if !self.admit_member(path) {
                return;
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            self.member_name(&entry.path_bytes(), path);
            if let Some(link) = entry.link_name_bytes() {
                self.member_name(&link, path);
            }
            self.stream(&mut entry, &path.member(&name));
            if self.stopped() {
                return;
            }
        }
    }

    /// Searches bytes that are there as a whole.
    pub(crate) fn content(&mut self, bytes: &[u8], path: &Path) {
        let kind = containers::sniff(&bytes[..bytes.len().min(containers::HEAD)]);
        let view = path.view(bytes);
        match kind {
            Kind::Plain => {
                self.view(&view);
                self.inflated_token(&view);
                if let Some(name) = containers::packed_program(bytes) {
                    self.closed(path, name);
                }
                if containers::zip::is_appended(bytes) {
                    self.zip(&mut &*bytes, path);
                }
            }
            Kind::Tar => self.view(&view),
            Kind::Mail => return self.mail(bytes, path),
            // Packed bytes hold no encoded text, but names and stored members show in them.
            _ => self.packed_view(&view),
        }
        if kind == Kind::Packed(Packing::Gzip)
            && let Some(name) = packed::gzip_name(bytes)
        {
            self.member_name(name, path);
        }
        match kind {
            Kind::Packed(_) | Kind::Tar => self.open_stream(kind, &mut &*bytes, path),
            Kind::Zip => self.zip(&mut &*bytes, path),
            Kind::Pdf => self.pdf(bytes, path),
            Kind::Closed(name) => self.closed(path, name),
            Kind::Plain | Kind::Mail => {}
        }
    }

    /// Searches packed bytes piece by piece: only what stands in them as it is.
    pub(super) fn packed_pieces(&mut self, reader: &mut dyn Read, path: &Path) {
        self.each_piece(reader, 0, path, Self::packed_view);
    }

    /// Searches piece by piece, each with the end of the one before; the first begins at `base`.
    pub(super) fn pieces(&mut self, reader: &mut dyn Read, base: u64, path: &Path) {
        self.each_piece(reader, base, path, Self::view);
    }

    fn each_piece(
        &mut self,
        reader: &mut dyn Read,
        mut base: u64,
        path: &Path,
        search: fn(&mut Self, &View),
    ) {
        let mut buffer = self.buffers.take();
        let mut first = 0;
        loop {
            let kept = buffer.len();
            let ended = self.fill(reader, &mut buffer, kept + PIECE, path) == Filled::Ended;
            let own = first..if ended { buffer.len() } else { buffer.len() - OVERLAP / 2 };
            let view = path.view(buffer.filled());
            search(self, &View { place: Place { base, scale: 1.0 }, own, ..view });
            if ended || self.stopped() {
                break;
            }
            base += (buffer.len() - OVERLAP) as u64;
            buffer.keep_end(OVERLAP);
            first = OVERLAP / 2;
        }
        self.buffers.give(buffer);
    }

    /// Reads until `buffer` holds `size` bytes. Damage ends the stream and is reported; what came
    /// before it stays.
    fn fill(
        &mut self,
        reader: &mut dyn Read,
        buffer: &mut Buffer,
        size: usize,
        path: &Path,
    ) -> Filled {
        while buffer.len() < size {
            if self.stopped() {
                return Filled::Ended;
            }
            match reader.read(buffer.space(size)) {
                Ok(0) => return Filled::Ended,
                Ok(count) => {
                    buffer.advance(count);
                    if !self.spend(count as u64, path) {
                        return Filled::Ended;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.unreadable(path, &error);
                    return Filled::Ended;
                }
            }
        }
        Filled::Full
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filled {
    /// There may be more.
    Full,
    Ended,
}

/// A source read from one place on.
pub(super) struct Cut<'s> {
    pub source: &'s mut dyn Source,
    pub at: u64,
    pub left: u64,
}

impl Read for Cut<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.source.read_at(&mut buffer[..most], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
