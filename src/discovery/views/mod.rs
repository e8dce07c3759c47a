//! Other readings of the same bytes, always beside the raw one.

mod entities;
mod escapes;
pub(crate) mod layers;
pub(crate) mod utf16;

/// Decodes base64 in either alphabet, skipping whatever does not belong to it.
pub(crate) fn base64_lenient(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for &byte in encoded {
        let Some(value) = base64_value(byte) else { continue };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// The six bits a character of either base64 alphabet stands for.
pub(crate) fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Decodes bytes in the named charset; an unknown name is taken for UTF-8 or Windows-1252.
pub(crate) fn decode_charset(bytes: &[u8], label: &str) -> String {
    let encoding = encoding_rs::Encoding::for_label(label.trim().as_bytes());
    match encoding {
        Some(known) if known != encoding_rs::UTF_8 => known.decode(bytes).0.into_owned(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
        },
    }
}
