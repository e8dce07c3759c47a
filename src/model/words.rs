//! Closed vocabularies: enums whose words are the same on disk, in JSON and on the command line.

/// A word that is not in a vocabulary; names the nearest one and all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}`{}; one of: {}", nearest_hint(.nearest.as_ref()), .known.join(", "))]
pub struct UnknownWord {
    pub what: &'static str,
    pub word: String,
    pub nearest: Option<&'static str>,
    pub known: Vec<&'static str>,
}

fn nearest_hint(nearest: Option<&&'static str>) -> String {
    nearest.map(|word| format!(", did you mean `{word}`?")).unwrap_or_default()
}

impl UnknownWord {
    #[must_use]
    pub fn new(what: &'static str, word: &str, known: Vec<&'static str>) -> Self {
        let nearest = crate::text::nearest(word, known.iter().copied());
        Self { what, word: word.to_owned(), nearest, known }
    }
}

/// Defines an enum over fixed words: `ALL`, `as_str`, `Display`, `FromStr` (which also takes the
/// hyphen form of a word, as the command line does) and serde as a string.
macro_rules! words {
    ($(#[$meta:meta])* $what:literal $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, in the order of the definition.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];

            /// The word on disk and in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let plain = word.replace('-', "_").to_ascii_lowercase();
                Self::ALL.iter().copied().find(|value| {
                    value.as_str() == word || value.as_str().eq_ignore_ascii_case(&plain)
                }).ok_or_else(|| {
                    $crate::model::UnknownWord::new($what, word, Self::ALL.iter().map(|v| v.as_str()).collect())
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::ALL.iter().copied().find(|value| value.as_str() == word).ok_or_else(|| {
                    serde::de::Error::custom($crate::model::UnknownWord::new(
                        $what, &word, Self::ALL.iter().map(|v| v.as_str()).collect()))
                })
            }
        }
    };
}
pub(crate) use words;
