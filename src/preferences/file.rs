//! The configuration file read: what each of its lines means, or why it means nothing.

use super::{Bound, Chosen, Origin, Read, SavedFilter};
use crate::error::Invalid;
use crate::text;
use crate::tui::actions::{self, ACTIONS, Danger};
use crate::tui::keymap::{self, Key};
use crate::tui::theme::{Look, Symbols};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The settings there are.
const NAMES: &[&str] =
    &["theme", "symbols", "reduced_motion", "mouse", "plain", "editor", "pager", "keys", "filters"];

/// The file with what is wrong in it.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    mistakes: &'a mut Vec<Invalid>,
}

/// Reads the file; each mistake costs its own setting, a mistake of form all of them.
pub(super) fn read(path: &Path, text: &str, mistakes: &mut Vec<Invalid>) -> Read {
    let mut reader = Reader { path, text, mistakes };
    match DeTable::parse(text) {
        Ok(table) => reader.table(table.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().next().unwrap_or("no TOML").to_owned();
            reader.wrong(at, message, Some("until then the defaults hold".to_owned()));
            Read::default()
        }
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1
    }

    fn wrong(&mut self, at: usize, message: impl Into<String>, hint: Option<String>) {
        let line = Some(self.line(at));
        let path = self.path.display().to_string();
        self.mistakes.push(Invalid { path, line, column: None, message: message.into(), hint });
    }

    /// A name that nobody knows, with the nearest that somebody does.
    fn unknown<'b>(
        &mut self,
        at: usize,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'b str> + Clone,
    ) {
        let hint = match text::nearest(word, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let all: Vec<&str> = known.into_iter().take(12).collect();
                format!("there are {}", all.join(", "))
            }
        };
        self.wrong(at, format!("`{}` is no {what}", text::safe(word)), Some(hint));
    }

    fn table(&mut self, table: &DeTable<'_>) -> Read {
        let mut read = Read::default();
        for (name, value) in table {
            let at = name.span().start;
            match name.get_ref().as_ref() {
                "theme" => {
                    read.look =
                        self.word(value, "theme", Look::ALL.map(Look::as_str)).map(|word| {
                            let look =
                                Look::ALL.into_iter().find(|look| look.as_str() == word.value);
                            Chosen { value: look.unwrap_or_default(), from: word.from }
                        });
                }
                "symbols" => {
                    let all = Symbols::ALL.map(Symbols::as_str);
                    read.symbols = self.word(value, "set of symbols", all).map(|word| {
                        let found = Symbols::ALL.into_iter().find(|s| s.as_str() == word.value);
                        Chosen { value: found.unwrap_or_default(), from: word.from }
                    });
                }
                "reduced_motion" => read.reduced_motion = self.switch(value),
                "mouse" => read.mouse = self.switch(value),
                "plain" => read.plain = self.switch(value),
                "editor" => read.editor = self.program(value),
                "pager" => read.pager = self.program(value),
                "keys" => read.keys = self.keys(value),
                "filters" => read.filters = self.filters(value),
                other => self.unknown(at, "setting", other, NAMES.iter().copied()),
            }
        }
        read
    }

    fn from(&self, value: &Value<'_>) -> Origin {
        Origin::File(self.line(value.span().start))
    }

    fn wrong_type(&mut self, value: &Value<'_>, wanted: &str) {
        let is = value.get_ref().type_str();
        self.wrong(value.span().start, format!("this is of type {is}, not {wanted}"), None);
    }

    fn string<'b>(&mut self, value: &'b Value<'_>) -> Option<&'b str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(value, "a string");
        }
        text
    }

    fn switch(&mut self, value: &Value<'_>) -> Option<Chosen<bool>> {
        let on = value.get_ref().as_bool();
        if on.is_none() {
            self.wrong_type(value, "true or false");
        }
        on.map(|on| Chosen::new(on, self.from(value)))
    }

    fn word<const N: usize>(
        &mut self,
        value: &Value<'_>,
        what: &str,
        known: [&'static str; N],
    ) -> Option<Chosen<&'static str>> {
        let word = self.string(value)?;
        let found = known.into_iter().find(|known| *known == word);
        if found.is_none() {
            self.unknown(value.span().start, what, word, known);
        }
        found.map(|word| Chosen::new(word, self.from(value)))
    }

    fn program(&mut self, value: &Value<'_>) -> Option<Chosen<String>> {
        let words = self.string(value)?.trim().to_owned();
        if words.is_empty() {
            self.wrong(value.span().start, "a program has a name", None);
            return None;
        }
        Some(Chosen::new(words, self.from(value)))
    }

    fn keys(&mut self, value: &Value<'_>) -> Vec<Bound> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, "a table such as [keys]");
            return Vec::new();
        };
        let mut bound = Vec::new();
        for (name, value) in table {
            let (at, name) = (name.span().start, name.get_ref().as_ref());
            let Some(info) = ACTIONS.iter().find(|info| info.name == name) else {
                self.unknown(at, "action", name, ACTIONS.iter().map(|info| info.name));
                continue;
            };
            let Some(keys) = self.keys_of(value, info) else { continue };
            bound.push(Bound { id: info.id, keys, line: self.line(at) });
        }
        bound
    }

    /// The keys of one action: a string, or a list of them. One wrong key, and the default holds.
    fn keys_of(&mut self, value: &Value<'_>, info: &actions::Info) -> Option<Vec<Key>> {
        let values: Vec<&Value<'_>> = match value.get_ref().as_array() {
            Some(list) => list.iter().collect(),
            None => vec![value],
        };
        let mut keys = Vec::new();
        for value in values {
            let name = self.string(value)?;
            let at = value.span().start;
            let Ok(key) = name.parse::<Key>() else {
                let known = keymap::names();
                self.unknown(at, "key", name, known.iter().map(String::as_str));
                return None;
            };
            if key.ctrl && (info.writes || info.danger != Danger::None) {
                let why = format!("`{}` changes records, and {name} is too easily hit", info.name);
                self.wrong(at, why, Some("take a key without ctrl".to_owned()));
                return None;
            }
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Some(keys)
    }

    fn filters(&mut self, value: &Value<'_>) -> Vec<SavedFilter> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, "a table such as [filters]");
            return Vec::new();
        };
        let mut filters = Vec::new();
        for (name, value) in table {
            let line = self.line(name.span().start);
            let Some(words) = self.string(value) else { continue };
            let (name, words) = (name.get_ref().to_string(), words.trim().to_owned());
            filters.push(SavedFilter { name, words, line });
        }
        filters.sort_by_key(|filter| filter.line);
        filters
    }
}
