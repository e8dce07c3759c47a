//! Files inside files: told by their content, never by their name.

pub(crate) mod mail;
pub(crate) mod packed;
pub(crate) mod pdf;
pub(crate) mod zip;

/// What a file turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing but its bytes.
    Plain,
    Packed(packed::Packing),
    Tar,
    Zip,
    Pdf,
    Mail,
    /// Known, and nothing here opens it: its name.
    Closed(&'static str),
}

/// Bytes that telling needs at most.
pub(crate) const HEAD: usize = 4096;

/// Tells what begins with `head`.
pub(crate) fn sniff(head: &[u8]) -> Kind {
    use packed::Packing;
    let begins = |magic: &[u8]| head.starts_with(magic);
    if begins(&[0x1F, 0x8B, 8]) {
        Kind::Packed(Packing::Gzip)
    } else if begins(b"BZh")
        && matches!(head.get(3), Some(b'1'..=b'9'))
        && head.get(4..10).is_none_or(|m| {
            m == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59] || m == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
        })
    {
        Kind::Packed(Packing::Bzip2)
    } else if begins(&[0xFD, b'7', b'z', b'X', b'Z', 0]) {
        Kind::Packed(Packing::Xz)
    } else if begins(&[0x28, 0xB5, 0x2F, 0xFD]) || skippable_frame(head) {
        Kind::Packed(Packing::Zstd)
    } else if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") || begins(b"PK\x07\x08PK\x03\x04") {
        Kind::Zip
    } else if begins(b"%PDF-") {
        Kind::Pdf
    } else if begins(&[b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C]) {
        Kind::Closed("7z")
    } else if begins(b"Rar!\x1A\x07") {
        Kind::Closed("rar")
    } else if begins(b"MSCF\0\0\0\0") {
        Kind::Closed("cab")
    } else if begins(&[4, 0x22, 0x4D, 0x18]) {
        Kind::Closed("lz4")
    } else if begins(b"LZIP") {
        Kind::Closed("lzip")
    } else if begins(&[0x1F, 0x9D]) {
        Kind::Closed("compress")
    } else if begins(&[0x5D, 0, 0])
        && head.get(5..13).is_some_and(|size| size.iter().all(|&b| b == 0xFF))
    {
        Kind::Closed("lzma")
    } else if begins(b"!BDN") {
        Kind::Closed("outlook data")
    } else if begins(b"MSWIM\0\0\0") {
        Kind::Closed("wim")
    } else if is_tar(head) {
        Kind::Tar
    } else if mail::is_mail(head) {
        Kind::Mail
    } else {
        Kind::Plain
    }
}

/// An archive of another kind inside a program, which would be passed over otherwise.
pub(crate) fn packed_program(bytes: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 3] =
        [(b"Rar!\x1A\x07", "rar"), (b"7z\xBC\xAF\x27\x1C", "7z"), (b"MSCF\0\0\0\0", "cab")];
    if !bytes.starts_with(b"MZ") {
        return None;
    }
    MAGICS
        .iter()
        .find(|(magic, _)| memchr::memmem::find(bytes, magic).is_some())
        .map(|(_, name)| *name)
}

/// A zstd file may begin with a frame that holds no data.
fn skippable_frame(head: &[u8]) -> bool {
    matches!(head.first(), Some(0x50..=0x5F)) && head.get(1..4) == Some(&[0x2A, 0x4D, 0x18])
}

/// The magic of a POSIX header, or a checksum that fits an older one.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    if &header[257..262] == b"ustar" {
        return true;
    }
    let stored = std::str::from_utf8(&header[148..156]).ok().and_then(|text| {
        u32::from_str_radix(text.trim_matches(|c: char| c == '\0' || c == ' '), 8).ok()
    });
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(i, &b)| if (148..156).contains(&i) { u32::from(b' ') } else { u32::from(b) })
        .sum();
    stored == Some(sum) && header[0] != 0
}
