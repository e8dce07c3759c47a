//! What others did meanwhile: shown where it is looked at, and said where something is being decided.

use super::{App, Effect, Load, Loaded};
use crate::tui::actions::Scope;
use crate::tui::executor::moved_away;
use crate::tui::theme::Role;
use crate::workspace::lookout::Changes;

/// How a record was when it was last shown: what it is called, and what others change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub name: String,
    pub state: String,
    /// Who did what last, as far as that is known here.
    pub last: Option<String>,
}

impl App {
    /// Others changed something: what is shown of it is read again.
    pub(super) fn changed(&mut self, changes: Changes) -> Vec<Effect> {
        if changes.gone {
            let failure = moved_away(&self.session.root);
            self.say(Role::Bad, failure.message, failure.hint);
            return Vec::new();
        }
        let below = self.is_deciding();
        let mut loads: Vec<Load> = Vec::new();
        for screen in self.screens.iter().rev() {
            loads.extend(screen.loads().into_iter().filter(|load| load.is_touched_by(changes)));
            if !below {
                break;
            }
        }
        // While something is being decided, what it was begun on stays what it is held against.
        let effect = if below { Effect::LookAgain } else { Effect::Load };
        loads.into_iter().map(effect).collect()
    }

    /// Whether a form or a question is open.
    fn is_deciding(&self) -> bool {
        self.asking.is_some() || self.front().scope() == Scope::Text
    }

    /// Gives what was read to every screen. Where the row in focus went, the focus goes; and a form or
    /// a question says when what it is about is not as it was.
    pub(super) fn hand_out(&mut self, loaded: &Loaded) {
        let deciding = self.is_deciding();
        let before = if deciding { self.versions() } else { Vec::new() };
        for screen in &mut self.screens {
            if !screen.loads().iter().any(|load| loaded.answers(load)) {
                screen.loaded(loaded);
                continue;
            }
            let at = screen.list().map_or(0, |list| list.cursor);
            let focus = screen.ids().into_iter().nth(at);
            screen.loaded(loaded);
            let after = focus.and_then(|focus| screen.ids().iter().position(|id| *id == focus));
            if let (Some(at), Some(list)) = (after, screen.list()) {
                list.cursor = at;
            }
            screen.settle();
        }
        let after = self.versions();
        for was in before {
            let changed = after.iter().find(|is| is.name == was.name && is.state != was.state);
            if let Some(is) = changed {
                let last = is.last.as_ref().map_or(String::new(), |last| format!(": {last}"));
                let news = format!("{} changed while this was open{last}.", is.name);
                if let Some(asking) = &mut self.asking {
                    asking.news = Some(news.clone());
                    // It has to be seen before a key answers.
                    asking.drawn = false;
                }
                self.front_mut().meanwhile(&news);
                self.say(Role::Warn, news, None);
            }
        }
    }

    fn versions(&self) -> Vec<Version> {
        self.screens.iter().filter_map(|screen| screen.version()).collect()
    }
}

impl Load {
    /// Whether reading it goes over every case or every tenant.
    #[must_use]
    pub const fn goes_over_everything(&self) -> bool {
        matches!(
            self,
            Self::Session
                | Self::Cases
                | Self::Access
                | Self::Requests
                | Self::Retention
                | Self::SweepPreview
        )
    }

    /// Whether others' changes of this kind can show in it.
    #[must_use]
    pub const fn is_touched_by(&self, changes: Changes) -> bool {
        match self {
            Self::Log => changes.log,
            Self::Case(_) => changes.records || changes.case,
            Self::Cases
            | Self::Access
            | Self::Requests
            | Self::Request(_)
            | Self::Findings(_)
            | Self::Receipt(_)
            | Self::Retention
            | Self::SweepPreview => changes.records,
            // An entry never changes; a directory is the user's; surroundings are read on a key.
            Self::Session | Self::Context { .. } | Self::Entry(_) | Self::Directory(_) => false,
        }
    }
}

impl Loaded {
    /// Whether it is what was asked for, as far as its kind tells.
    #[must_use]
    pub const fn answers(&self, load: &Load) -> bool {
        matches!(
            (self, load),
            (Self::Session(_), Load::Session)
                | (Self::Cases(_), Load::Cases)
                | (Self::Case(_), Load::Case(_))
                | (Self::Access(_), Load::Access)
                | (Self::Requests(_), Load::Requests)
                | (Self::Request(_), Load::Request(_))
                | (Self::Findings { .. }, Load::Findings(_))
                | (Self::Context { .. }, Load::Context { .. })
                | (Self::Receipt(_), Load::Receipt(_))
                | (Self::Log(_), Load::Log)
                | (Self::Entry(_), Load::Entry(_))
                | (Self::Retention { .. }, Load::Retention)
                | (Self::SweepPreview(_), Load::SweepPreview)
                | (Self::Directory { .. }, Load::Directory(_))
        )
    }
}
