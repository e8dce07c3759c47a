//! From keys to actions: the table's default keys, looked up from the narrowest scope outwards.

use super::actions::{ACTIONS, ActionId, Scope};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// A key with its modifiers. Shift is part of a letter, not a modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

impl Key {
    #[must_use]
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// The character that this key types, if it types one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("insert", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
];

/// The names of keys, and each letter with ctrl: what a mistyped one is compared with.
#[must_use]
pub fn names() -> Vec<String> {
    let named = NAMED.iter().map(|(name, _)| (*name).to_owned());
    let functions = (1..=12).map(|number| format!("f{number}"));
    let letters = ('a'..='z').map(|letter| format!("ctrl-{letter}"));
    named.chain(functions).chain(letters).collect()
}

/// A string is not the name of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key")]
pub struct NotAKey(String);

impl FromStr for Key {
    type Err = NotAKey;
    fn from_str(name: &str) -> Result<Self, NotAKey> {
        let (ctrl, rest) = match name.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        let (alt, rest) = match rest.strip_prefix("alt-") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let named = NAMED.iter().find(|(known, _)| *known == rest).map(|(_, code)| *code);
        let mut letters = rest.chars();
        let function = rest.strip_prefix('f').and_then(|number| number.parse().ok());
        let code = match (named, letters.next(), letters.next()) {
            (Some(code), _, _) => code,
            (None, Some(letter), None) => KeyCode::Char(letter),
            (None, Some('f'), Some(_)) if matches!(function, Some(1..=12)) => {
                KeyCode::F(function.unwrap_or(1))
            }
            _ => return Err(NotAKey(name.to_owned())),
        };
        Ok(Self { code, ctrl, alt })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(number) => write!(f, "f{number}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Which key does what.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Scope, Key, ActionId)>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::with(&[])
    }
}

impl Keymap {
    /// The keys of the table, but for actions with keys of the user's own.
    #[must_use]
    pub fn with(own: &[(ActionId, Vec<Key>)]) -> Self {
        let mut bindings = Vec::new();
        for info in ACTIONS {
            match own.iter().find(|(id, _)| *id == info.id) {
                Some((_, keys)) => {
                    bindings.extend(keys.iter().map(|key| (info.scope, *key, info.id)));
                }
                None => {
                    let keys = info.keys.iter().filter_map(|key| key.parse().ok());
                    bindings.extend(keys.map(|key: Key| (info.scope, key, info.id)));
                }
            }
        }
        Self { bindings }
    }

    /// The action of `key` on a screen of `scope`.
    #[must_use]
    pub fn action(&self, scope: Scope, key: Key) -> Option<ActionId> {
        [scope, Scope::List, Scope::Global].into_iter().find_map(|scope| {
            self.bindings
                .iter()
                .find(|(at, bound, _)| *at == scope && *bound == key)
                .map(|(_, _, id)| *id)
        })
    }

    /// The first key of an action, as the footer names it.
    #[must_use]
    pub fn key_of(&self, id: ActionId) -> Option<Key> {
        self.bindings.iter().find(|(_, _, bound)| *bound == id).map(|(_, key, _)| *key)
    }

    /// Every key of an action.
    #[must_use]
    pub fn keys_of(&self, id: ActionId) -> Vec<Key> {
        self.bindings.iter().filter(|(_, _, bound)| *bound == id).map(|(_, key, _)| *key).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_default_key_is_a_key_and_reads_back() {
        for info in ACTIONS {
            assert!(!info.keys.is_empty(), "{}", info.name);
            for name in info.keys {
                let key: Key = name.parse().unwrap();
                assert_eq!(key.to_string(), *name);
            }
        }
    }

    #[test]
    fn no_key_means_two_things_on_a_screen() {
        let mut seen = HashSet::new();
        for info in ACTIONS {
            for key in info.keys {
                assert!(seen.insert((info.scope, *key)), "{} {key}", info.name);
                let wider = [Scope::Global, Scope::List].contains(&info.scope);
                let hidden = ACTIONS.iter().any(|other| {
                    other.scope != info.scope
                        && [Scope::Global, Scope::List].contains(&other.scope)
                        && other.keys.contains(key)
                });
                assert!(wider || !hidden, "{} hides a wider {key}", info.name);
            }
        }
    }

    #[test]
    fn the_prefixes_of_multiplexers_and_flow_control_are_left_alone() {
        for info in ACTIONS {
            for key in ["ctrl-a", "ctrl-b", "ctrl-s", "ctrl-q"] {
                assert!(!info.keys.contains(&key), "{} is on {key}", info.name);
            }
        }
    }
}
