//! A field of a form: what it holds, and what of it would be lost.

use crate::tui::widgets::area::Area;
use crate::tui::widgets::field::TextField;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(TextField),
    /// One of these: the words, and which.
    One(Vec<String>, usize),
    /// Any of these: the words, which are on, and where the focus is.
    Many(Vec<(String, bool)>, usize),
    Check(bool),
    /// Lines of text.
    Lines(Box<Area>),
}

/// A field with its label and a line of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub label: &'static str,
    pub help: String,
    pub value: Value,
}

impl Field {
    #[must_use]
    pub fn text(label: &'static str, value: impl Into<String>, help: impl Into<String>) -> Self {
        Self { label, help: help.into(), value: Value::Text(TextField::new(value)) }
    }

    #[must_use]
    pub fn one(
        label: &'static str,
        words: impl IntoIterator<Item = impl Into<String>>,
        chosen: usize,
        help: impl Into<String>,
    ) -> Self {
        let words = words.into_iter().map(Into::into).collect();
        Self { label, help: help.into(), value: Value::One(words, chosen) }
    }

    #[must_use]
    pub fn many(
        label: &'static str,
        words: impl IntoIterator<Item = impl Into<String>>,
        help: impl Into<String>,
    ) -> Self {
        let words = words.into_iter().map(|word| (word.into(), false)).collect();
        Self { label, help: help.into(), value: Value::Many(words, 0) }
    }

    #[must_use]
    pub fn lines(label: &'static str, help: impl Into<String>) -> Self {
        Self { label, help: help.into(), value: Value::Lines(Box::default()) }
    }

    #[must_use]
    pub fn check(label: &'static str, help: impl Into<String>) -> Self {
        Self { label, help: help.into(), value: Value::Check(false) }
    }

    /// The text, or the chosen word.
    #[must_use]
    pub fn word(&self) -> &str {
        match &self.value {
            Value::Text(field) => field.value().trim(),
            Value::One(words, chosen) => words.get(*chosen).map_or("", String::as_str),
            Value::Many(..) | Value::Check(_) | Value::Lines(_) => "",
        }
    }

    /// The words that are on.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        match &self.value {
            Value::Many(words, _) => {
                words.iter().filter(|(_, on)| *on).map(|(word, _)| word.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The text of several lines.
    #[must_use]
    pub fn written(&self) -> String {
        match &self.value {
            Value::Lines(area) => area.text(),
            _ => self.word().to_owned(),
        }
    }

    #[must_use]
    pub fn is_on(&self) -> bool {
        self.value == Value::Check(true)
    }
}

/// What of a field would be lost: what was typed or chosen, not where the cursor stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    Text(String),
    One(usize),
    Many(Vec<bool>),
    Check(bool),
}

impl Field {
    pub(super) fn kept(&self) -> Kept {
        match &self.value {
            Value::Text(field) => Kept::Text(field.value().to_owned()),
            Value::One(_, chosen) => Kept::One(*chosen),
            Value::Many(words, _) => Kept::Many(words.iter().map(|(_, on)| *on).collect()),
            Value::Check(on) => Kept::Check(*on),
            Value::Lines(area) => Kept::Text(area.text()),
        }
    }
}
