//! Buffers that are used again, from file to file and from member to member: memory that was filled
//! with zeros once need not be so for each of a hundred thousand small ones.

/// Largest buffer that is kept.
const KEPT: usize = 2 << 20;
/// Most buffers that are kept: one for each level of the nesting that is common.
const MOST: usize = 4;

/// One thread's spare buffers.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Vec<Vec<u8>>);

/// Bytes read so far, and space for more.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// All of it is initialised; what follows the filled part is of no meaning.
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffers {
    /// An empty buffer.
    pub(super) fn take(&mut self) -> Buffer {
        Buffer { bytes: self.0.pop().unwrap_or_default(), filled: 0 }
    }

    pub(super) fn give(&mut self, buffer: Buffer) {
        if buffer.bytes.len() <= KEPT && self.0.len() < MOST {
            self.0.push(buffer.bytes);
        }
    }
}

impl Buffer {
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    pub(super) fn len(&self) -> usize {
        self.filled
    }

    /// Space behind the filled part, at most up to `size` bytes in all; grown step by step, for most
    /// streams are short.
    pub(super) fn space(&mut self, size: usize) -> &mut [u8] {
        if self.filled == self.bytes.len() {
            let grown = (self.bytes.len() * 2).max(64 << 10).min(size).max(self.filled);
            self.bytes.resize(grown, 0);
        }
        let end = self.bytes.len().min(size).max(self.filled);
        &mut self.bytes[self.filled..end]
    }

    /// All of the first `size` bytes, for reading into; none of them counts as filled.
    pub(super) fn whole(&mut self, size: usize) -> &mut [u8] {
        self.filled = 0;
        if self.bytes.len() < size {
            self.bytes.resize(size, 0);
        }
        &mut self.bytes[..size]
    }

    /// Counts `count` more bytes as filled.
    pub(super) fn advance(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.bytes.len());
    }

    /// Keeps only the last `count` bytes.
    pub(super) fn keep_end(&mut self, count: usize) {
        let from = self.filled.saturating_sub(count);
        self.bytes.copy_within(from..self.filled, 0);
        self.filled -= from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_used_again_shows_nothing_of_before() {
        let mut buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.space(100)[..5].copy_from_slice(b"first");
        buffer.advance(5);
        assert_eq!(buffer.filled(), b"first");
        assert_eq!(buffer.space(7).len(), 2, "never more than was asked for");
        buffer.keep_end(2);
        assert_eq!(buffer.filled(), b"st");
        buffers.give(buffer);
        assert!(buffers.take().filled().is_empty());
        let mut large = buffers.take();
        large.whole(KEPT + 1);
        buffers.give(large);
        assert!(buffers.0.is_empty(), "what is too large is let go");
    }
}
