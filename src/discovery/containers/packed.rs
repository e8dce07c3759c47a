//! Streams packed as a whole: gzip, bzip2, xz, zstd.

use crate::discovery::findings::Step;
use std::io::{self, BufRead, BufReader, Read};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Packing {
    pub(crate) fn step(self) -> Step {
        match self {
            Self::Gzip => Step::Gzip,
            Self::Bzip2 => Step::Bzip2,
            Self::Xz => Step::Xz,
            Self::Zstd => Step::Zstd,
        }
    }

    /// Reads the unpacked bytes, all members or frames of them. What comes before damage is read;
    /// the damage is an error.
    pub(crate) fn open<'a>(self, packed: impl Read + 'a) -> Box<dyn Read + 'a> {
        match self {
            Self::Gzip => Box::new(GzipMembers {
                inner: Some(flate2::bufread::GzDecoder::new(BufReader::with_capacity(
                    64 << 10,
                    packed,
                ))),
                first: true,
            }),
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(packed)),
            Self::Xz => Box::new(lzma_rust2::XzReader::new(packed, true)),
            Self::Zstd => Box::new(ZstdFrames { packed: BufReader::new(packed), frame: None }),
        }
    }
}

/// The name that a gzip file was packed under, from its first header.
pub(crate) fn gzip_name(bytes: &[u8]) -> Option<&[u8]> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    }
    let rest = bytes.get(at..).filter(|_| flags & 8 != 0)?;
    Some(&rest[..memchr::memchr(0, rest)?])
}

/// The members of a gzip file, one after the other. Zeros or other bytes after the last one are
/// padding and not an error, as with `gzip`.
struct GzipMembers<R: BufRead> {
    inner: Option<flate2::bufread::GzDecoder<R>>,
    first: bool,
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = &mut self.inner else { return Ok(0) };
            let count = decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(decoder) = self.inner.take() else { return Ok(0) };
            let mut rest = decoder.into_inner();
            self.first = false;
            if rest.fill_buf()?.starts_with(&[0x1F]) {
                self.inner = Some(flate2::bufread::GzDecoder::new(rest));
            }
        }
    }
}

/// The frames of a zstd file.
struct ZstdFrames<R: Read> {
    packed: BufReader<R>,
    frame: Option<ruzstd::decoding::FrameDecoder>,
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBytes;
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        loop {
            if let Some(frame) = &mut self.frame {
                while frame.can_collect() < buffer.len() && !frame.is_finished() {
                    frame
                        .decode_blocks(&mut self.packed, UptoBytes(buffer.len().max(64 << 10)))
                        .map_err(io::Error::other)?;
                }
                let count = frame.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                self.frame = None;
            }
            if self.packed.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let mut frame = ruzstd::decoding::FrameDecoder::new();
            match frame.init(&mut self.packed) {
                Ok(()) => self.frame = Some(frame),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut (&mut self.packed).take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}
