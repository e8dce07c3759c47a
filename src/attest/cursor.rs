//! Reads the strict JSON of a leaf: no spaces, no escapes, fixed order.

use super::hex;

/// What is left of a line.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Self { rest: line }
    }

    /// Exactly this text.
    pub(crate) fn expect(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text.as_bytes())?;
        Some(())
    }

    /// Exactly this text, and nothing after it.
    pub(crate) fn end(&mut self, text: &str) -> Option<()> {
        self.expect(text)?;
        self.rest.is_empty().then_some(())
    }

    /// A decimal number without sign or leading zero.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        if number.len() > 1 && number[0] == b'0' {
            return None;
        }
        self.rest = rest;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    fn key(&mut self, key: &str) -> Option<()> {
        self.expect(",\"")?;
        self.expect(key)?;
        self.expect("\":")
    }

    /// `,"key":number`
    pub(crate) fn number_of(&mut self, key: &str) -> Option<u64> {
        self.key(key)?;
        self.number()
    }

    /// `,"key":"text"`, the text in printable ASCII without quote or backslash.
    pub(crate) fn text_of(&mut self, key: &str) -> Option<&'a str> {
        self.key(key)?;
        self.expect("\"")?;
        let end = memchr::memchr(b'"', self.rest)?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        let plain = text.iter().all(|b| (b' '..=b'~').contains(b) && *b != b'\\');
        if plain { std::str::from_utf8(text).ok() } else { None }
    }

    /// `,"key":"hex"`, exactly `N` bytes in lower case.
    pub(crate) fn hex_of<const N: usize>(&mut self, key: &str) -> Option<[u8; N]> {
        hex::decode(self.text_of(key)?.as_bytes())
    }
}
