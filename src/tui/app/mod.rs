//! The state of the interface and what changes it: pure, no input and no output.

mod cases;
mod changed;
mod effect;
mod menu;
mod mouse;
mod operation;
mod over;
mod palette;
mod screen;
mod undo;
mod update;
mod work;

pub use cases::{CaseList, Sort};
pub use changed::Version;
pub use effect::{
    AccessData, Action, AuditLine, CaseData, Done, Effect, Failure, Load, Loaded, LogData, Person,
    Session, Then, kinds,
};
pub use menu::{Menu, MenuKind};
pub use operation::Operation;
pub use palette::{Entry, Known, Palette};
pub use screen::{List, Question, Screen, Step, begins, passes};
pub use undo::Undo;
pub use update::filtered;
pub use work::{Signed, Work};

use super::actions::{self, ActionId, Availability, Scope};
use super::keymap::Keymap;
use super::screens;
use super::theme::Theme;
use crate::preferences::Preferences;
use crate::tui::Settings;
use crate::tui::theme::Role;
use std::sync::Arc;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
    pub hint: Option<String>,
}

/// Work in the background.
#[derive(Debug, Clone)]
pub struct Job {
    pub work: Work,
    pub progress: String,
    pub stopping: bool,
}

/// A question on the screen.
#[derive(Debug, Clone)]
pub struct Asking {
    pub question: Question,
    /// Whether the focus is on the verb; it starts on Cancel.
    pub on_verb: bool,
    /// Keys count only once it was drawn.
    pub drawn: bool,
    /// What became of the record meanwhile.
    pub news: Option<String>,
}

/// The whole state.
#[derive(Debug)]
pub struct App {
    pub session: Arc<Session>,
    pub read_only: bool,
    pub size: (u16, u16),
    /// The root screen first; never empty.
    pub screens: Vec<Box<dyn Screen>>,
    pub menu: Option<Menu>,
    pub palette: Option<Palette>,
    pub known: Known,
    /// Steps back, the last one last.
    pub undo: Vec<Undo>,
    /// How to take back what is being written.
    undoing: Option<Undo>,
    /// Writes that take something back and are not steps of their own.
    taking_back: usize,
    /// What a step back could not take back, said when the rest of it is done.
    left: Option<String>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    pub asking: Option<Asking>,
    pub messages: Vec<Message>,
    /// Whether the last message is still on the screen.
    pub fresh: bool,
    pub job: Option<Job>,
    /// Whom a write waits for.
    pub waiting: Option<String>,
    pub keymap: Keymap,
    pub theme: Theme,
    pub preferences: Preferences,
    pub ended: bool,
}

/// The least size that anything but a request for more is drawn in.
pub const LEAST: (u16, u16) = (40, 10);

impl App {
    /// A fresh state on the list of cases, and what has to be read for it.
    #[must_use]
    pub fn start(size: (u16, u16), settings: &Settings) -> (Self, Vec<Effect>) {
        let cases: Box<dyn Screen> = Box::new(screens::cases::Cases::default());
        let mut app = Self {
            session: Arc::default(),
            read_only: settings.read_only,
            size,
            screens: vec![cases],
            menu: None,
            palette: None,
            known: Known::default(),
            undo: Vec::new(),
            undoing: None,
            taking_back: 0,
            left: None,
            mouse: settings.preferences.mouse.value,
            asking: None,
            messages: Vec::new(),
            fresh: false,
            job: None,
            waiting: None,
            keymap: settings.preferences.keymap.clone(),
            theme: settings.theme,
            preferences: settings.preferences.clone(),
            ended: false,
        };
        for mistake in settings.preferences.mistakes.iter().rev() {
            let said = format!("Your configuration: {mistake}");
            app.say(Role::Warn, said, mistake.hint.clone());
        }
        let mut effects = vec![Effect::Load(Load::Session)];
        effects.extend(app.reload());
        (app, effects)
    }

    /// The screen in front.
    #[must_use]
    pub fn front(&self) -> &dyn Screen {
        self.screens[self.screens.len() - 1].as_ref()
    }

    fn front_mut(&mut self) -> &mut Box<dyn Screen> {
        let last = self.screens.len() - 1;
        &mut self.screens[last]
    }

    /// Reads again what the screen in front shows.
    #[must_use]
    pub fn reload(&self) -> Vec<Effect> {
        self.front().loads().into_iter().map(Effect::Load).collect()
    }

    /// Says something; it stays on the screen until the next key.
    pub fn say(&mut self, role: Role, text: impl Into<String>, hint: Option<String>) {
        self.messages.push(Message { role, text: text.into(), hint });
        self.fresh = true;
    }

    /// Says what went wrong.
    pub fn complain(&mut self, failure: &Failure) {
        self.say(Role::Bad, failure.message.clone(), failure.hint.clone());
    }

    /// The message that is still fresh.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        self.messages.last().filter(|_| self.fresh)
    }

    /// Whether there is room for anything.
    #[must_use]
    pub fn is_too_small(&self) -> bool {
        self.size.0 < LEAST.0 || self.size.1 < LEAST.1
    }

    /// Whether an action can be taken now, and why not.
    #[must_use]
    pub fn availability(&self, id: ActionId) -> Availability {
        let info = actions::info(id);
        if self.read_only && info.writes {
            return Availability::Hidden;
        }
        let available = match info.scope {
            Scope::Global | Scope::List => match id {
                ActionId::StopJob => match &self.job {
                    None => Availability::Hidden,
                    Some(job) if job.work.can_stop() => Availability::Enabled,
                    Some(job) => {
                        let why = format!("{} is finished once begun", job.work.title());
                        Availability::Disabled(why)
                    }
                },
                ActionId::Mark if self.front().row_id().is_none() => Availability::Hidden,
                ActionId::Copy if self.front().copies().is_empty() => Availability::Hidden,
                _ => Availability::Enabled,
            },
            _ if id == ActionId::CasesFilters && self.preferences.filters.is_empty() => {
                let why = "No filter is saved: name one under [filters] in the configuration file";
                Availability::Disabled(why.to_owned())
            }
            scope if scope == self.front().scope() => self.front().availability(id, &self.session),
            _ => Availability::Hidden,
        };
        match (&self.job, available) {
            (Some(job), Availability::Enabled) if info.writes => {
                Availability::Disabled(format!("{} is under way", job.work.title()))
            }
            (_, available) => available,
        }
    }
}
