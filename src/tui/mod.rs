//! Face two: the terminal interface.
//!
//! In reading order: [`actions`] is the table of what keys do, [`app`] the state with its pure
//! `update`, [`screens`] and [`view`] draw it, [`executor`] and [`worker`] carry out what it asks
//! for through `ops`, [`events`] is what wakes it, [`terminal`] the terminal itself.

pub mod actions;
pub mod app;
pub mod events;
pub mod executor;
pub mod fuzzy;
pub mod keymap;
mod operate;
mod reading;
pub mod refresh;
pub mod screens;
pub mod terminal;
pub mod theme;
pub mod view;
pub mod watch;
pub mod widgets;
pub mod worker;
mod write;

use crate::error::{Error, Result};
use crate::ops::Context;
use crate::preferences::Preferences;
use crate::{env, text, tools};
use app::{Action, App, Effect, Failure};
use events::{Event, Keys};
use executor::{Executor, Moment};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::event::{Event as Input, KeyEventKind, MouseButton, MouseEventKind};
use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver};
use theme::{Role, Theme};
use worker::Sink;

/// What the interface needs to know before it starts.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub theme: Theme,
    pub read_only: bool,
    pub preferences: Preferences,
}

impl Settings {
    #[must_use]
    pub fn new(preferences: Preferences, read_only: bool) -> Self {
        Self { theme: preferences.theme(), read_only, preferences }
    }
}

/// Refuses to start where there is no terminal to talk to.
///
/// # Errors
/// Standard input or output is no terminal.
pub fn require_terminal() -> Result<()> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Error::Usage {
        message: "the interface needs a terminal on standard input and output".to_owned(),
        hint: Some(
            "without one use commands: `caseward status`, `caseward case list`, `caseward --help`"
                .to_owned(),
        ),
    })
}

/// Runs the interface on a workspace until the user leaves it.
///
/// # Errors
/// There is no terminal, or it cannot be written.
pub fn run(context: Context, settings: &Settings) -> Result<()> {
    require_terminal()?;
    let (sender, receiver) = mpsc::channel();
    let keys = events::listen(&sender).map_err(on_terminal)?;
    let told = sender.clone();
    crate::fs::wait::on_wait(move |words| {
        // With the loop gone there is nobody to tell.
        let _ = told.send(Event::Action(Box::new(Action::Waiting(words))));
    });
    let frames = terminal::Collected::default();
    let backend = CrosstermBackend::new(frames.clone());
    let mut executor = Executor::new(context, Moment::Live, Sink::Channel(sender.clone()));
    executor.watch(&sender)?;
    let guard = terminal::Guard::take().map_err(on_terminal)?;
    let mut terminal = Terminal::new(backend).map_err(on_terminal)?;
    if settings.preferences.mouse.value {
        terminal::mouse(true).map_err(on_terminal)?;
    }
    let link = Link { events: &receiver, keys: &keys };
    let ended = drive(&mut terminal, &link, executor, settings, &mut || frames.send_to_terminal());
    drop(guard);
    ended.map_err(on_terminal)
}

fn on_terminal(error: io::Error) -> Error {
    Error::io("use", "the terminal", error)
}

/// What the loop hears, and how it lets others have the keys.
#[derive(Debug)]
pub struct Link<'a> {
    pub events: &'a Receiver<Event>,
    pub keys: &'a Keys,
}

/// The loop: reads what there is, draws once, waits for more. `send` takes a complete frame to
/// where it is seen.
///
/// # Errors
/// The terminal cannot be drawn to or read from.
pub fn drive<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    link: &Link<'_>,
    mut executor: Executor,
    settings: &Settings,
    send: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let size = terminal.size()?;
    let (mut app, effects) = App::start((size.width, size.height), settings);
    for notice in executor.notices() {
        app.say(Role::Warn, notice.clone(), None);
    }
    let mut world = World { app: &mut app, executor: &mut executor, outside: Vec::new() };
    world.carry_out(effects);
    loop {
        let outside = std::mem::take(&mut world.outside);
        let mut redraw = false;
        for effect in outside {
            redraw |= world.reach_out(effect, link)?;
        }
        if redraw {
            // A full redraw without asking the terminal anything.
            let size = terminal.size()?;
            world.app.size = (size.width, size.height);
            terminal.resize(size.into())?;
        }
        if world.app.ended {
            return Ok(());
        }
        terminal.draw(|frame| view::view(world.app, frame))?;
        send()?;
        world.update(Action::Drawn);
        world.executor.drawn();
        let Ok(first) = link.events.recv() else { return Ok(()) };
        let mut changed = world.take(first)?;
        // What came in meanwhile is one frame, too; but a question has to be seen before a key
        // answers it, and the screen is what those keys were typed at.
        while let Ok(next) = link.events.try_recv() {
            changed |= world.take(next)?;
        }
        while !changed && !world.app.ended && world.outside.is_empty() {
            let Ok(next) = link.events.recv() else { return Ok(()) };
            changed |= world.take(next)?;
        }
    }
}

/// The state with what carries out its effects.
struct World<'a> {
    app: &'a mut App,
    executor: &'a mut Executor,
    /// Effects that only the loop can carry out.
    outside: Vec<Effect>,
}

impl World<'_> {
    /// Takes an event; whether the picture may have changed.
    fn take(&mut self, event: Event) -> io::Result<bool> {
        let action = match event {
            Event::Terminal(Input::Key(key)) if key.kind != KeyEventKind::Release => {
                self.executor.look_around();
                Action::Key(key.into())
            }
            Event::Terminal(Input::Paste(text)) => Action::Paste(text),
            Event::Terminal(Input::Resize(columns, rows)) => Action::Resize(columns, rows),
            Event::Terminal(Input::Mouse(mouse)) => match mouse.kind {
                MouseEventKind::ScrollDown => Action::Wheel(3),
                MouseEventKind::ScrollUp => Action::Wheel(-3),
                MouseEventKind::Down(MouseButton::Left) => {
                    Action::Click { column: mouse.column, row: mouse.row }
                }
                _ => return Ok(false),
            },
            Event::Terminal(_) => return Ok(false),
            Event::Action(action) => *action,
            Event::Stop => {
                self.outside.push(Effect::Suspend);
                return Ok(true);
            }
            Event::Continue => {
                terminal::take_again()?;
                self.executor.look_around();
                self.outside.push(Effect::Redraw);
                return Ok(true);
            }
            Event::Gone(error) => return Err(error),
        };
        self.update(action);
        Ok(true)
    }

    /// Does what only the loop can do, which has the terminal; whether all has to be drawn anew.
    fn reach_out(&mut self, effect: Effect, link: &Link<'_>) -> io::Result<bool> {
        match effect {
            Effect::Suspend => {
                events::suspend()?;
                self.take_mouse()?;
            }
            Effect::Copy { what, text } => {
                let action = copy(&what, &text)?;
                self.update(action);
                return Ok(false);
            }
            Effect::Mouse(on) => {
                terminal::mouse(on)?;
                return Ok(false);
            }
            Effect::Edit { text } => {
                let edited = match self.app.preferences.editor.value.clone() {
                    None => Err(Failure::usage(NO_EDITOR)),
                    Some(editor) => {
                        let edit = || tools::edit(&editor, "note.md", text.as_bytes());
                        let edited = link.keys.away(edit)?;
                        let text = edited.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                        text.map_err(|error| Failure::from(&error))
                    }
                };
                self.update(Action::Edited(edited));
                self.take_mouse()?;
            }
            Effect::Page { name, text } => {
                let pager = self.app.preferences.pager.value.clone();
                let pager = pager.unwrap_or_else(|| "less".to_owned());
                let name = format!("{}.txt", name.replace('/', "-"));
                let page = || tools::page(&pager, &name, text.as_bytes());
                if let Err(error) = link.keys.away(page)? {
                    self.update(Action::Say(Role::Bad, error.to_string()));
                }
                self.take_mouse()?;
            }
            _ => {}
        }
        Ok(true)
    }

    /// The mouse is given back with the terminal; taken again with it where it was ours.
    fn take_mouse(&self) -> io::Result<()> {
        if self.app.mouse { terminal::mouse(true) } else { Ok(()) }
    }

    fn update(&mut self, action: Action) {
        let effects = self.app.update(action);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        carry_out(self.app, self.executor, effects, &mut self.outside);
    }
}

const NO_EDITOR: &str = "Neither $VISUAL nor $EDITOR is set, nor `editor` in your configuration.";

/// Sends a text to the terminal's clipboard; what to say of it.
fn copy(what: &str, text: &str) -> io::Result<Action> {
    if text.len() > terminal::CLIPBOARD {
        let why = format!("The {what} is too long for a terminal's clipboard.");
        return Ok(Action::Say(Role::Warn, why));
    }
    let tmux = env::variable("TMUX").is_some();
    // tmux drops the sequences unless it is told to pass them; its own command it always takes.
    if !(tmux && tools::tmux_buffer(text)) {
        terminal::write(&terminal::clipboard(text, tmux))?;
    }
    let shown = text::safe(text).into_owned();
    let said = format!("Sent to the terminal's clipboard: {what} {}", text::truncate(&shown, 70));
    Ok(Action::Say(Role::Good, said))
}

/// Carries out effects and what follows from them, until nothing follows any more.
pub fn carry_out(
    app: &mut App,
    executor: &mut Executor,
    effects: Vec<Effect>,
    outside: &mut Vec<Effect>,
) {
    let mut queue = VecDeque::from(effects);
    while let Some(effect) = queue.pop_front() {
        if matches!(
            effect,
            Effect::Suspend
                | Effect::Redraw
                | Effect::Copy { .. }
                | Effect::Edit { .. }
                | Effect::Page { .. }
                | Effect::Mouse(_)
        ) {
            outside.push(effect.clone());
        }
        for action in executor.execute(effect) {
            queue.extend(app.update(action));
        }
    }
}
