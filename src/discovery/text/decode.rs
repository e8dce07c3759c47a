//! From bytes to characters.

/// How bytes stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8; bytes that are not are taken for Windows-1252, so nothing is lost.
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// Decoded characters, each with the range of bytes it came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text(Vec<(char, u32, u32)>);

impl Text {
    /// Stands for something taken out that is no text but separates what is (a colour code):
    /// a character that Unicode promises never to assign.
    pub(crate) const GAP: char = '\u{FDD0}';

    /// Decodes a window of at most 4 GB.
    pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Self {
        let mut text = Self(Vec::with_capacity(bytes.len()));
        match encoding {
            Encoding::Utf8 => text.utf8(bytes),
            Encoding::Utf16Le => text.utf16(bytes, u16::from_le_bytes),
            Encoding::Utf16Be => text.utf16(bytes, u16::from_be_bytes),
        }
        text
    }

    fn utf8(&mut self, bytes: &[u8]) {
        let mut at = 0u32;
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                let end = at + len(c.len_utf8());
                self.push(c, at, end);
                at = end;
            }
            for &byte in chunk.invalid() {
                self.push(windows_1252(byte), at, at + 1);
                at += 1;
            }
        }
    }

    fn utf16(&mut self, bytes: &[u8], unit: fn([u8; 2]) -> u16) {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let mut at = 0u32;
        for decoded in char::decode_utf16(units) {
            let c = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
            let end = at + 2 * len(c.len_utf16());
            self.push(c, at, end);
            at = end;
        }
    }

    pub(crate) fn push(&mut self, c: char, start: u32, end: u32) {
        self.0.push((c, start, end));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, (char, u32, u32)> {
        self.0.iter()
    }

    pub(crate) fn as_slice(&self) -> &[(char, u32, u32)] {
        &self.0
    }
}

fn len(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The character of a byte in Windows-1252, which is Latin-1 with printable characters in the
/// place of the C1 controls.
pub(crate) fn windows_1252(byte: u8) -> char {
    const C1: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => C1[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_becomes_a_character_with_its_place() {
        let text = Text::decode(b"a\xC3\xB8\xE9\x93", Encoding::Utf8);
        assert_eq!(text.as_slice(), [('a', 0, 1), ('ø', 1, 3), ('é', 3, 4), ('“', 4, 5)]);
        let text = Text::decode(b"\0a\xD8\x3D\xDE\x00!", Encoding::Utf16Be);
        assert_eq!(text.as_slice(), [('a', 0, 2), ('😀', 2, 6)]);
    }
}
