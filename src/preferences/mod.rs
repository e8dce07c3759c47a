//! What this user prefers: keys, look, editor and pager, each with where it came from.
//!
//! A flag wins over the environment, the environment over the file, the file over the default; but an
//! editor that the file names wins over `$VISUAL` and `$EDITOR`, which speak for all programs. A
//! mistake in the file is named by line and costs its own setting only.

mod file;
mod keys;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use crate::error::{Error, Invalid, Result};
use crate::tui::actions::ActionId;
use crate::tui::keymap::{Key, Keymap};
use crate::tui::theme::{Look, Symbols, Theme};
use crate::{env, outside};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The name of the option.
    Flag(&'static str),
    /// The name of the variable, without its `$`.
    Environment(&'static str),
    /// The line of the file, from 1.
    File(usize),
    #[default]
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Environment(name) => write!(f, "environment ${name}"),
            Self::File(line) => write!(f, "file, line {line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen<T> {
    pub value: T,
    pub from: Origin,
}

impl<T> Chosen<T> {
    const fn new(value: T, from: Origin) -> Self {
        Self { value, from }
    }
}

/// A filter with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFilter {
    pub name: String,
    pub words: String,
    pub line: usize,
}

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub plain: bool,
    /// `--color always` and `--color never`.
    pub color: Option<bool>,
}

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `$CASEWARD_CONFIG`.
    pub config: Option<PathBuf>,
    /// The usual place of the file.
    pub usual: Option<PathBuf>,
    pub no_color: bool,
    /// `TERM=dumb`.
    pub dumb: bool,
    pub visual: Option<String>,
    pub editor: Option<String>,
    pub pager: Option<String>,
}

impl Surroundings {
    /// As they are.
    #[must_use]
    pub fn now() -> Self {
        Self {
            config: env::variable("CASEWARD_CONFIG").map(PathBuf::from),
            usual: env::config_dir().map(|dir| dir.join("config.toml")),
            no_color: env::variable("NO_COLOR").is_some(),
            dumb: env::variable("TERM").as_deref() == Some("dumb"),
            visual: env::variable("VISUAL"),
            editor: env::variable("EDITOR"),
            pager: env::variable("PAGER"),
        }
    }
}

/// What the file says; a setting that it does not name, or names wrongly, is `None`.
#[derive(Debug, Clone, Default)]
struct Read {
    look: Option<Chosen<Look>>,
    symbols: Option<Chosen<Symbols>>,
    reduced_motion: Option<Chosen<bool>>,
    mouse: Option<Chosen<bool>>,
    plain: Option<Chosen<bool>>,
    editor: Option<Chosen<String>>,
    pager: Option<Chosen<String>>,
    keys: Vec<Bound>,
    filters: Vec<SavedFilter>,
}

/// Keys that the file gives an action.
#[derive(Debug, Clone)]
struct Bound {
    id: ActionId,
    keys: Vec<Key>,
    line: usize,
}

/// What holds.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// The file that was looked for, and who named it.
    pub file: Option<Chosen<PathBuf>>,
    /// Whether it is there.
    pub found: bool,
    pub look: Chosen<Look>,
    pub symbols: Chosen<Symbols>,
    pub reduced_motion: Chosen<bool>,
    pub mouse: Chosen<bool>,
    pub plain: Chosen<bool>,
    pub editor: Chosen<Option<String>>,
    pub pager: Chosen<Option<String>>,
    pub keymap: Keymap,
    /// The actions whose keys the file changes, each with its line.
    pub bound: Vec<(ActionId, usize)>,
    pub filters: Vec<SavedFilter>,
    /// What is wrong with the file.
    pub mistakes: Vec<Invalid>,
}

impl Preferences {
    /// Reads them. Never fails: what is wrong stands in [`Preferences::mistakes`].
    #[must_use]
    pub fn load(flags: &Flags, around: &Surroundings) -> Self {
        let file = match (&flags.config, &around.config, &around.usual) {
            (Some(path), _, _) => Some(Chosen::new(path.clone(), Origin::Flag("--config"))),
            (_, Some(path), _) => {
                Some(Chosen::new(path.clone(), Origin::Environment("CASEWARD_CONFIG")))
            }
            (_, _, Some(path)) => Some(Chosen::new(path.clone(), Origin::Default)),
            _ => None,
        };
        let (mut mistakes, mut found) = (Vec::new(), false);
        let read = file.as_ref().map_or_else(Read::default, |file| {
            let text = contents(&file.value, file.from != Origin::Default, &mut mistakes);
            found = text.is_some();
            text.map_or_else(Read::default, |text| file::read(&file.value, &text, &mut mistakes))
        });
        let (keymap, bound) = match &file {
            Some(file) => keys::keymap(&file.value, read.keys, &mut mistakes),
            None => (Keymap::default(), Vec::new()),
        };
        mistakes.sort_by_key(|mistake| mistake.line);
        let look = match (flags.color, around.no_color, read.look) {
            (Some(false), _, _) => Chosen::new(Look::Mono, Origin::Flag("--color never")),
            (Some(true), _, Some(look)) if look.value != Look::Mono => look,
            (Some(true), _, _) => Chosen::new(Look::Dark, Origin::Flag("--color always")),
            (None, true, _) => Chosen::new(Look::Mono, Origin::Environment("NO_COLOR")),
            (None, false, Some(look)) => look,
            (None, false, None) if around.dumb => {
                Chosen::new(Look::Mono, Origin::Environment("TERM"))
            }
            (None, false, None) => Chosen::default(),
        };
        let plain = match (flags.plain, read.plain) {
            (true, _) => Chosen::new(true, Origin::Flag("--plain")),
            (false, plain) => plain.unwrap_or_default(),
        };
        let program = |read: Option<Chosen<String>>, names: &[(&'static str, &Option<String>)]| {
            if let Some(read) = read {
                return Chosen::new(Some(read.value), read.from);
            }
            let set = names.iter().find_map(|(name, value)| {
                let value = (*value).clone()?;
                Some(Chosen::new(Some(value), Origin::Environment(name)))
            });
            set.unwrap_or_default()
        };
        Self {
            file,
            found,
            look,
            symbols: read.symbols.unwrap_or_default(),
            reduced_motion: read.reduced_motion.unwrap_or_default(),
            mouse: read.mouse.unwrap_or_default(),
            plain,
            editor: program(read.editor, &[("VISUAL", &around.visual), ("EDITOR", &around.editor)]),
            pager: program(read.pager, &[("PAGER", &around.pager)]),
            keymap,
            bound,
            filters: read.filters,
            mistakes,
        }
    }

    /// The look of the terminal interface.
    #[must_use]
    pub const fn theme(&self) -> Theme {
        Theme { look: self.look.value, symbols: self.symbols.value, plain: self.plain.value }
    }

    /// The editor, for a command that needs it and therefore a file that says what it should.
    ///
    /// # Errors
    /// The file has a mistake; or no editor is set.
    pub fn require_editor(&self) -> Result<String> {
        if let Some(mistake) = self.mistakes.first() {
            return Err(mistake.clone().into());
        }
        self.editor.value.clone().ok_or_else(|| Error::Usage {
            message: "neither $VISUAL nor $EDITOR is set, nor `editor` in the configuration file"
                .to_owned(),
            hint: Some("give the text with --file FILE, or on standard input".to_owned()),
        })
    }

    /// Every setting in words, with its origin: `theme`, `light (file, line 3)`.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let yes = |on: &Chosen<bool>| format!("{} ({})", on.value, on.from);
        let program = |set: &Chosen<Option<String>>, none: &str| {
            format!("{} ({})", set.value.as_deref().unwrap_or(none), set.from)
        };
        let mut settings = vec![
            ("theme", format!("{} ({})", self.look.value.as_str(), self.look.from)),
            ("symbols", format!("{} ({})", self.symbols.value.as_str(), self.symbols.from)),
            ("plain", yes(&self.plain)),
            ("reduced_motion", yes(&self.reduced_motion)),
            ("mouse", yes(&self.mouse)),
            ("editor", program(&self.editor, "none")),
            ("pager", program(&self.pager, "less")),
        ];
        if self.bound.is_empty() {
            settings.push(("keys", "as documented (default)".to_owned()));
        }
        for (id, line) in &self.bound {
            let keys: Vec<String> =
                self.keymap.keys_of(*id).iter().map(ToString::to_string).collect();
            let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(" ") };
            let name = crate::tui::actions::info(*id).name;
            settings.push(("keys", format!("{name} = {keys} ({})", Origin::File(*line))));
        }
        for filter in &self.filters {
            let from = Origin::File(filter.line);
            settings.push(("filter", format!("{} = {} ({from})", filter.name, filter.words)));
        }
        settings
    }
}

/// The text of the file, if it is there. One that somebody named has to be.
fn contents(path: &Path, named: bool, mistakes: &mut Vec<Invalid>) -> Option<String> {
    let shown = path.display().to_string();
    match outside::read_state(path) {
        Ok(Some(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) => {
                mistakes.push(Invalid::new(shown, "is no UTF-8 text"));
                None
            }
        },
        Ok(None) if named => {
            mistakes.push(
                Invalid::new(shown, "does not exist")
                    .hint("make it, or leave --config and $CASEWARD_CONFIG out"),
            );
            None
        }
        Ok(None) => None,
        Err(error) => {
            mistakes.push(Invalid::new(shown, error.to_string()));
            None
        }
    }
}
