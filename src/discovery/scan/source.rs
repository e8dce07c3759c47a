//! Where bytes come from.

use crate::fs::FsFile;
use std::io;

/// Something that can be read at any place; a file, or bytes in memory.
pub trait Source {
    /// Reads at `offset`; 0 means the end. May return fewer bytes than asked for.
    ///
    /// # Errors
    /// Whatever the storage answers.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Bytes there are.
    ///
    /// # Errors
    /// Whatever the storage answers.
    fn size(&self) -> io::Result<u64>;
    /// The next stretch of bytes at or after `offset` that is stored, as its first byte and one past its
    /// last; all else reads as zeros. `None` when there is none any more.
    ///
    /// # Errors
    /// Whatever the storage answers.
    fn next_data(&mut self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        let size = self.size()?;
        Ok((offset < size).then_some((offset, size)))
    }
}

impl Source for &[u8] {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

impl Source for std::sync::Arc<[u8]> {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (&mut &**self).read_at(buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

impl Source for Box<dyn FsFile> {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.stat()?.size)
    }

    fn next_data(&mut self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        (**self).next_data(offset)
    }
}

/// Fills `buffer` from `offset` on, as far as there are bytes.
pub(crate) fn read_full(
    source: &mut dyn Source,
    buffer: &mut [u8],
    offset: u64,
) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
