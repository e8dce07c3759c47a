//! Other readings of the same bytes, always beside the raw one.

pub(crate) mod base64;
pub(crate) mod dump;
mod entities;
mod escapes;
pub(crate) mod layers;
mod markup;
mod stretch;
pub(crate) mod triggers;
pub(crate) mod utf16;
mod variants;

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
