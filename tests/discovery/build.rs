//! Containers for the tests, built from scratch.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// How members of a zip archive are written.
#[derive(Clone, Copy, PartialEq)]
pub enum Zip {
    Stored,
    Deflated,
    /// Sizes after the data, as a stream writes them.
    Streamed,
    /// Without a directory.
    Cut,
    Encrypted,
}

pub fn zip(members: &[(&str, &[u8])], how: Zip) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let (method, data) = match how {
            Zip::Stored => (0u16, bytes.to_vec()),
            _ => (8, deflate(bytes)),
        };
        let flags: u16 = match how {
            Zip::Streamed => 8,
            Zip::Encrypted => 1,
            _ => 0,
        };
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let sums = |known: bool| {
            [crc.sum(), data.len() as u32, bytes.len() as u32]
                .map(|n| if known { n } else { 0 })
                .map(u32::to_le_bytes)
                .concat()
        };
        let start = out.len() as u32;
        let common = |known: bool| {
            let mut head = Vec::new();
            head.extend(20u16.to_le_bytes());
            head.extend(flags.to_le_bytes());
            head.extend(method.to_le_bytes());
            head.extend([0; 4]);
            head.extend(sums(known));
            head.extend((name.len() as u16).to_le_bytes());
            head.extend([0; 2]);
            head
        };
        out.extend(b"PK\x03\x04");
        out.extend(common(how != Zip::Streamed));
        out.extend(name.bytes());
        out.extend(&data);
        if how == Zip::Streamed {
            out.extend(b"PK\x07\x08");
            out.extend(sums(true));
        }
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(common(true));
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.bytes());
    }
    if how == Zip::Cut {
        return out;
    }
    let start = out.len() as u32;
    let count = (members.len() as u16).to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}
