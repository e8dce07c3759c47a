//! Lower-case hexadecimal, the only spelling that records and the log accept.

/// The lower-case hexadecimal spelling of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
        }
    }
    text
}

/// Exactly `N` bytes from lower-case hexadecimal; anything else is `None`.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if text.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(encode(&[0, 0xab, 0x9f]), "00ab9f");
        assert_eq!(decode::<3>(b"00ab9f").unwrap(), [0, 0xab, 0x9f]);
        for bad in ["00AB9f", "00ab9", "00ab9f0", "00ab9g", ""] {
            assert_eq!(decode::<3>(bad.as_bytes()), None, "{bad}");
        }
    }
}
