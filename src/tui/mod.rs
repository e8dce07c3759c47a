//! Face two: the terminal interface.
//!
//! In reading order: [`actions`] is the table of what keys do, [`app`] the state with its pure
//! `update`, [`screens`] and [`view`] draw it, [`executor`] and [`worker`] carry out what it asks
//! for through `ops`, [`events`] is what wakes it, [`terminal`] the terminal itself.

pub mod actions;
pub mod app;
pub mod events;
pub mod executor;
pub mod keymap;
mod operate;
pub mod refresh;
pub mod screens;
pub mod terminal;
pub mod theme;
pub mod view;
pub mod widgets;
pub mod worker;

use crate::error::{Error, Result};
use crate::ops::Context;
use app::{Action, App, Effect};
use events::Event;
use executor::{Executor, Moment};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::event::{Event as Input, KeyEventKind};
use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver};
use theme::{Role, Theme};
use worker::Sink;

/// What the interface needs to know before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub theme: Theme,
    pub read_only: bool,
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
pub fn run(context: Context, settings: Settings) -> Result<()> {
    require_terminal()?;
    let (sender, receiver) = mpsc::channel();
    events::listen(&sender).map_err(on_terminal)?;
    let told = sender.clone();
    crate::fs::wait::on_wait(move |holder| {
        let whom = holder.map_or_else(|| "another process".to_owned(), |who| who.in_words());
        let waiting = Action::Progress(format!("waiting for {whom} to finish"));
        // With the loop gone there is nobody to tell.
        let _ = told.send(Event::Action(Box::new(waiting)));
    });
    let frames = terminal::Collected::default();
    let backend = CrosstermBackend::new(frames.clone());
    let executor = Executor::new(context, Moment::Live, Sink::Channel(sender));
    let guard = terminal::Guard::take().map_err(on_terminal)?;
    let mut terminal = Terminal::new(backend).map_err(on_terminal)?;
    let ended =
        drive(&mut terminal, &receiver, executor, settings, &mut || frames.send_to_terminal());
    drop(guard);
    ended.map_err(on_terminal)
}

fn on_terminal(error: io::Error) -> Error {
    Error::io("use", "the terminal", error)
}

/// The loop: reads what there is, draws once, waits for more. `send` takes a complete frame to
/// where it is seen.
///
/// # Errors
/// The terminal cannot be drawn to or read from.
pub fn drive<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    events: &Receiver<Event>,
    mut executor: Executor,
    settings: Settings,
    send: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let size = terminal.size()?;
    let (mut app, effects) =
        App::start((size.width, size.height), settings.theme, settings.read_only);
    for notice in executor.notices() {
        app.say(Role::Warn, notice.clone(), None);
    }
    let mut world = World { app: &mut app, executor: &mut executor, outside: Vec::new() };
    world.carry_out(effects);
    loop {
        let outside = std::mem::take(&mut world.outside);
        for effect in outside {
            if matches!(effect, Effect::Suspend) {
                events::suspend()?;
            }
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
        let Ok(first) = events.recv() else { return Ok(()) };
        let mut changed = world.take(first)?;
        // What came in meanwhile is one frame, too; but a question has to be seen before a key
        // answers it, and the screen is what those keys were typed at.
        while let Ok(next) = events.try_recv() {
            changed |= world.take(next)?;
        }
        while !changed && !world.app.ended && world.outside.is_empty() {
            let Ok(next) = events.recv() else { return Ok(()) };
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
                Action::Key(key.into())
            }
            Event::Terminal(Input::Paste(text)) => Action::Paste(text),
            Event::Terminal(Input::Resize(columns, rows)) => Action::Resize(columns, rows),
            Event::Terminal(_) => return Ok(false),
            Event::Action(action) => *action,
            Event::Stop => {
                self.outside.push(Effect::Suspend);
                return Ok(true);
            }
            Event::Continue => {
                terminal::take_again()?;
                self.outside.push(Effect::Redraw);
                return Ok(true);
            }
            Event::Gone(error) => return Err(error),
        };
        self.update(action);
        Ok(true)
    }

    fn update(&mut self, action: Action) {
        let effects = self.app.update(action);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        carry_out(self.app, self.executor, effects, &mut self.outside);
    }
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
        if matches!(effect, Effect::Suspend | Effect::Redraw) {
            outside.push(effect.clone());
        }
        for action in executor.execute(effect) {
            queue.extend(app.update(action));
        }
    }
}
