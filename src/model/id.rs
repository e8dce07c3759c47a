//! Ids: the short strings that name records.

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A record's id: ASCII `[A-Za-z0-9._-]`, 1 to 64 characters, never `.` or `..`. Two ids that
/// differ only in case are the same id. An id is also a directory name, so nothing else is taken.
/// Cheap to clone: lists name the same tenant in every line.
#[derive(Clone)]
pub struct Id(Arc<str>);

/// Why a string is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    #[error("an id is empty")]
    Empty,
    #[error("the id `{0}` is longer than 64 characters")]
    Long(String),
    #[error("the id `{id}` holds {found:?}; ids are letters, digits, `.`, `_` and `-`")]
    Character { id: String, found: char },
    #[error("`{0}` cannot be an id")]
    Dots(String),
}

impl Id {
    /// # Errors
    /// [`BadId`] says what is wrong with it.
    pub fn new(id: impl AsRef<str>) -> Result<Self, BadId> {
        let id = id.as_ref();
        if id.is_empty() {
            return Err(BadId::Empty);
        }
        if id.chars().count() > 64 {
            return Err(BadId::Long(id.to_owned()));
        }
        if id == "." || id == ".." {
            return Err(BadId::Dots(id.to_owned()));
        }
        match id.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
            Some(found) => Err(BadId::Character { id: id.to_owned(), found }),
            None => Ok(Self(id.into())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bytes that ids are compared by.
fn lowercase(id: &str) -> impl Iterator<Item = u8> {
    id.bytes().map(|byte| byte.to_ascii_lowercase())
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}
impl Eq for Id {}
impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Id {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        lowercase(&self.0).cmp(lowercase(&other.0))
    }
}
impl std::hash::Hash for Id {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        lowercase(&self.0).for_each(|byte| state.write_u8(byte));
        state.write_u8(0xff);
    }
}
impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl AsRef<std::ffi::OsStr> for Id {
    fn as_ref(&self) -> &std::ffi::OsStr {
        (*self.0).as_ref()
    }
}
impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl FromStr for Id {
    type Err = BadId;
    fn from_str(id: &str) -> Result<Self, BadId> {
        Self::new(id)
    }
}
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Id, E> {
                Id::new(id).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_one_plain_name() {
        for bad in ["", ".", "..", "a/b", "a b", "é", "a\0", &"x".repeat(65)] {
            assert!(Id::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Id::new("SAR-4f7k").unwrap(), Id::new("sar-4F7K").unwrap());
    }

    proptest! {
        /// The documented shape (16 digits, YYMMDD first) is taken, and so is any other id.
        #[test]
        fn case_11_an_sr_number_is_accepted_and_never_required(
            sr in "2[0-9](0[1-9]|1[0-2])(0[1-9]|[12][0-9])[0-9]{10}",
            other in "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}",
        ) {
            prop_assert_eq!(Id::new(sr.clone()).unwrap().to_string(), sr);
            prop_assert_eq!(Id::new(other.clone()).unwrap().to_string(), other);
        }
    }
}
