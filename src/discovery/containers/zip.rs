//! Zip archives over anything that can be read at a place.
//!
//! Own code rather than a library's, because an archive from the field must be searched as far as
//! it goes: a lost directory, streamed members without sizes, overlapping or damaged members are
//! read where they can be and reported where they cannot.

use crate::discovery::scan::{Source, read_full};
use std::io::{self, Read};

/// One member, as far as its headers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub name: Vec<u8>,
    /// Says that the name is UTF-8.
    pub utf8: bool,
    pub method: u16,
    pub encrypted: bool,
    pub packed: u64,
    /// Where its local header stands.
    pub header: u64,
}

/// What was found of an archive.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub members: Vec<Member>,
    /// Why it is not all of it.
    pub damage: Option<&'static str>,
    /// There are more members than were asked for.
    pub more: bool,
}

/// Directory entries are read this many bytes at a time.
const MAX_COMMENT: u64 = 65_535 + 22;

/// Whether an archive was appended to other data: a self-extractor, a polyglot.
pub(crate) fn is_appended(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    memchr::memmem::rfind(tail, b"PK\x05\x06").is_some_and(|at| tail.len() - at >= 22)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// Lists at most `limit` members: by the central directory, else by the local headers in order.
///
/// # Errors
/// Whatever the storage answers.
pub(crate) fn directory(source: &mut dyn Source, limit: u64) -> io::Result<Directory> {
    if let Some(directory) = central(source, limit)? {
        return Ok(directory);
    }
    let members = local(source, limit)?;
    let more = members.len() as u64 == limit;
    Ok(Directory {
        members,
        more,
        damage: Some(
            "the archive's directory is missing or damaged; its members were searched one by one",
        ),
    })
}

fn central(source: &mut dyn Source, limit: u64) -> io::Result<Option<Directory>> {
    let size = source.size()?;
    let from = size.saturating_sub(MAX_COMMENT);
    let mut tail = vec![0; usize::try_from(size - from).unwrap_or(0)];
    let filled = read_full(source, &mut tail, from)?;
    tail.truncate(filled);
    let Some(end) = memchr::memmem::rfind(&tail, b"PK\x05\x06") else { return Ok(None) };
    let record = &tail[end..];
    let (mut count, mut length, mut start) = (
        u64::from(u16_at(record, 10)),
        u64::from(u32_at(record, 12)),
        u64::from(u32_at(record, 16)),
    );
    let mut end_at = from + end as u64;
    if end >= 20 && tail[end - 20..].starts_with(b"PK\x06\x07") {
        let mut zip64 = [0; 56];
        let at = u64_at(&tail, end - 20 + 8);
        read_full(source, &mut zip64, at)?;
        if zip64.starts_with(b"PK\x06\x06") {
            (count, length, start) = (u64_at(&zip64, 32), u64_at(&zip64, 40), u64_at(&zip64, 48));
            end_at = at;
        }
    }
    // Bytes before the archive (a self-extractor) shift every offset.
    let Some(shift) = end_at.checked_sub(start.saturating_add(length)) else { return Ok(None) };
    let mut found = Directory::default();
    let mut entries =
        Entries { source, at: start + shift, end: end_at, buffer: Vec::new(), used: 0 };
    while let Some(entry) = entries.next()? {
        if found.members.len() as u64 == limit {
            found.more = true;
            break;
        }
        let (member, _) = member(&entry, shift);
        found.members.push(member);
    }
    if (found.members.len() as u64) < count && !found.more {
        if found.members.is_empty() {
            return Ok(None);
        }
        found.damage = Some("the archive's directory is damaged; members may be missing");
    }
    Ok(Some(found))
}

/// The entries of a central directory, read in large pieces.
struct Entries<'a> {
    source: &'a mut dyn Source,
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl Entries<'_> {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if !self.ready(46)? || !self.buffer[self.used..].starts_with(b"PK\x01\x02") {
            return Ok(None);
        }
        let head = &self.buffer[self.used..];
        let length =
            46 + [28, 30, 32].iter().map(|&at| usize::from(u16_at(head, at))).sum::<usize>();
        if !self.ready(length)? {
            return Ok(None);
        }
        let entry = self.buffer[self.used..self.used + length].to_vec();
        self.used += length;
        Ok(Some(entry))
    }

    /// Makes `length` bytes available after `used`.
    fn ready(&mut self, length: usize) -> io::Result<bool> {
        if self.buffer.len() - self.used < length && self.at < self.end {
            self.buffer.drain(..self.used);
            self.used = 0;
            let have = self.buffer.len();
            let more = (self.end - self.at).min(256 << 10);
            self.buffer.resize(have + usize::try_from(more).unwrap_or(0), 0);
            let filled = read_full(self.source, &mut self.buffer[have..], self.at)?;
            self.buffer.truncate(have + filled);
            self.at += filled as u64;
            if filled == 0 {
                self.at = self.end;
            }
        }
        Ok(self.buffer.len() - self.used >= length)
    }
}

/// A member from its entry in the central directory, and its comment.
fn member(entry: &[u8], shift: u64) -> (Member, usize) {
    let name_length = usize::from(u16_at(entry, 28));
    let flags = u16_at(entry, 8);
    let (mut packed, mut header) = (u64::from(u32_at(entry, 20)), u64::from(u32_at(entry, 42)));
    let unpacked_is_wide = u32_at(entry, 24) == u32::MAX;
    let extra_length = usize::from(u16_at(entry, 30));
    let extra = entry.get(46 + name_length..46 + name_length + extra_length).unwrap_or_default();
    if let Some(wide) = extra_field(extra, 1) {
        let mut at = if unpacked_is_wide { 8 } else { 0 };
        if packed == u64::from(u32::MAX) {
            packed = u64_at(wide, at);
            at += 8;
        }
        if header == u64::from(u32::MAX) {
            header = u64_at(wide, at);
        }
    }
    let member = Member {
        name: entry.get(46..46 + name_length).unwrap_or_default().to_vec(),
        utf8: flags & 0x800 != 0,
        method: method(u16_at(entry, 10), extra),
        encrypted: flags & 1 != 0,
        packed,
        header: header.saturating_add(shift),
    };
    (member, extra_length)
}

/// The method; behind AES it stands in an extra field, and the flag says so anyway.
fn method(method: u16, extra: &[u8]) -> u16 {
    extra_field(extra, 0x9901).filter(|_| method == 99).map_or(method, |field| u16_at(field, 5))
}

fn extra_field(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let length = usize::from(u16_at(extra, 2));
        let field = extra.get(4..4 + length)?;
        if u16_at(extra, 0) == id {
            return Some(field);
        }
        extra = &extra[4 + length..];
    }
    None
}

/// Members by their local headers, for an archive without a directory.
fn local(source: &mut dyn Source, limit: u64) -> io::Result<Vec<Member>> {
    const PIECE: usize = 1 << 20;
    let mut members = Vec::new();
    let mut buffer = vec![0; PIECE + 64];
    let mut at = 0u64;
    loop {
        let filled = read_full(source, &mut buffer, at)?;
        for start in memchr::memmem::find_iter(&buffer[..filled], b"PK\x03\x04") {
            if start >= PIECE || members.len() as u64 >= limit {
                continue;
            }
            let mut head = [0; 30];
            let header = at + start as u64;
            read_full(source, &mut head, header)?;
            let name_length = usize::from(u16_at(&head, 26));
            let mut name = vec![0; name_length];
            let named = read_full(source, &mut name, header + 30)?;
            name.truncate(named);
            let flags = u16_at(&head, 6);
            // Bytes that look like a header inside data have odd versions or methods.
            if u16_at(&head, 4) & 0xFF > 63 || u16_at(&head, 8) > 99 {
                continue;
            }
            members.push(Member {
                name,
                utf8: flags & 0x800 != 0,
                method: u16_at(&head, 8),
                encrypted: flags & 1 != 0,
                packed: if flags & 8 != 0 { u64::MAX } else { u64::from(u32_at(&head, 18)) },
                header,
            });
        }
        if filled < buffer.len() {
            return Ok(members);
        }
        at += PIECE as u64;
    }
}

/// Where a member's data begin, after its local header. `None` when there is no such header.
///
/// # Errors
/// Whatever the storage answers.
pub(crate) fn data_start(source: &mut dyn Source, member: &Member) -> io::Result<Option<u64>> {
    let mut head = [0; 30];
    let filled = read_full(source, &mut head, member.header)?;
    if filled < 30 || !head.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    Ok(Some(member.header + 30 + u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28))))
}

/// Reads a member's unpacked bytes. `None` for a method that nothing here unpacks.
/// `left` is how many packed bytes there are at most.
pub(crate) fn unpack<'a>(
    method: u16,
    packed: impl Read + 'a,
    left: u64,
) -> Option<Box<dyn Read + 'a>> {
    use super::packed::Packing;
    // Archives of a hundred thousand small members are many small buffers, not large ones.
    let buffer = usize::try_from(left.clamp(1, 64 << 10)).unwrap_or(64 << 10);
    match method {
        0 => Some(Box::new(packed)),
        8 => Some(Box::new(flate2::read::DeflateDecoder::new_with_buf(packed, vec![0; buffer]))),
        12 => Some(Packing::Bzip2.open(packed)),
        93 => Some(Packing::Zstd.open(packed)),
        95 => Some(Packing::Xz.open(packed)),
        _ => None,
    }
}

/// The name of a method, for people.
pub(crate) fn method_name(method: u16) -> String {
    match method {
        1 => "shrink".into(),
        6 => "implode".into(),
        9 => "deflate64".into(),
        14 => "lzma".into(),
        96 => "jpeg".into(),
        97 => "wavpack".into(),
        98 => "ppmd".into(),
        other => format!("number {other}"),
    }
}
