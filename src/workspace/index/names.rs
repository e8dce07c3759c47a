//! Names below a directory, many of them in one piece: every row of the index has some.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Names of files as they are on disk, of whatever bytes, in an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names(
    /// Each ended by the one byte that no name has.
    Vec<u8>,
);

const END: u8 = 0;

impl Names {
    /// Adds a name, given in parts.
    pub(super) fn push(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
        self.0.push(END);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let ended = self.0.strip_suffix(&[END]).map(|all| all.split(|byte| *byte == END));
        ended.into_iter().flatten()
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names in one piece")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Names, E> {
                Ok(Names(bytes.to_vec()))
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_come_back_as_they_were(
            all in prop::collection::vec(prop::collection::vec(1_u8.., 0..6), 0..5),
        ) {
            let mut names = Names::default();
            all.iter().for_each(|name| names.push(&[name]));
            let bytes = postcard::to_allocvec(&names).unwrap();
            let back: Names = postcard::from_bytes(&bytes).unwrap();
            prop_assert_eq!(back.iter().collect::<Vec<_>>(), all);
        }
    }
}
