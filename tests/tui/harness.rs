//! The interface on a fresh example workspace, driven by key scripts, at a fixed moment.

use caseward::attest::Log;
use caseward::env::parse_time;
use caseward::model::Time;
use caseward::ops::{Context, case};
use caseward::policy::Actor;
use caseward::preferences::{Flags, Preferences, Surroundings};
use caseward::text::width;
use caseward::tui::app::{Action, App, CaseList, Effect, Loaded};
use caseward::tui::executor::{Executor, Moment};
use caseward::tui::keymap::Key;
use caseward::tui::theme::Theme;
use caseward::tui::worker::Sink;
use caseward::tui::{Settings, carry_out, view};
use caseward::workspace::{NewWorkspace, Workspace};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const ANA: &str = "ana.silva@support.example.com";
pub const BEN: &str = "ben.okafor@support.example.com";

/// The moment at which the example's story stands.
pub fn story() -> Time {
    parse_time("2026-11-21T09:00:00Z").unwrap()
}

/// The interface with its workspace.
pub struct Stage {
    pub app: App,
    pub executor: Executor,
    pub dir: PathBuf,
    terminal: Terminal<TestBackend>,
    /// The last picture, cell by cell.
    drawn: Buffer,
    cursor: Position,
    _scratch: tempfile::TempDir,
}

/// A fresh copy of the example with a log.
pub fn example(dir: &Path) -> Context {
    let workspace = NewWorkspace::from_example(dir, story(), "tester").unwrap();
    let origin = workspace.config().origin.clone();
    Log::create(Arc::clone(workspace.fs()), &origin, story()).unwrap();
    let tenants: Vec<_> = workspace.tenants().unwrap().0.into_iter().map(|t| t.value).collect();
    let actor = Actor::resolve(ANA, "tester", workspace.config(), &tenants).unwrap();
    Context::on(workspace, actor, story())
}

/// The workspace as it is now, at the moment of the story.
pub fn acting(dir: &Path, principal: &str) -> Context {
    let workspace = Workspace::open(dir).unwrap();
    let tenants: Vec<_> = workspace.tenants().unwrap().0.into_iter().map(|t| t.value).collect();
    let actor = Actor::resolve(principal, "tester", workspace.config(), &tenants).unwrap();
    Context::on(workspace, actor, story())
}

/// How a stage differs from the usual one.
#[derive(Clone, Copy)]
pub struct Setting {
    pub size: (u16, u16),
    pub mono: bool,
    pub theme: Theme,
    pub read_only: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { size: (80, 24), mono: false, theme: Theme::default(), read_only: false }
    }
}

impl Stage {
    pub fn new() -> Self {
        Self::with(Setting::default(), |_| {})
    }

    pub fn sized(columns: u16, rows: u16) -> Self {
        Self::with(Setting { size: (columns, rows), ..Setting::default() }, |_| {})
    }

    /// A stage whose workspace `prepare` has changed before anything is read.
    pub fn with(setting: Setting, prepare: impl FnOnce(&Path)) -> Self {
        Self::prepared(setting, |dir, _| prepare(dir))
    }

    /// As [`Stage::with`], for what changes the context as well.
    pub fn prepared(setting: Setting, prepare: impl FnOnce(&Path, &mut Context)) -> Self {
        Self::made(setting, None, prepare)
    }

    /// A stage for somebody with a configuration file of these contents.
    pub fn configured(contents: &str) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("config.toml");
        std::fs::write(&path, contents).unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        let preferences = Preferences::load(&flags, &Surroundings::default());
        let theme = preferences.theme();
        Self::made(Setting { theme, ..Setting::default() }, Some(preferences), |_, _| {})
    }

    fn made(
        setting: Setting,
        prefer: Option<Preferences>,
        prepare: impl FnOnce(&Path, &mut Context),
    ) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let dir = scratch.path().join("w");
        let mut context = example(&dir);
        prepare(&dir, &mut context);
        context.read_only = setting.read_only;
        let mut executor = Executor::new(context, Moment::Fixed, Sink::Inline);
        let theme = if setting.mono { Theme::mono() } else { setting.theme };
        let settings = Settings {
            theme,
            read_only: setting.read_only,
            preferences: prefer.unwrap_or_default(),
        };
        let (mut app, effects) = App::start(setting.size, &settings);
        carry_out(&mut app, &mut executor, effects, &mut Vec::new());
        let backend = TestBackend::new(setting.size.0, setting.size.1);
        let terminal = Terminal::new(backend).unwrap();
        let (drawn, cursor) = (Buffer::default(), Position::ORIGIN);
        let mut stage = Self { app, executor, dir, terminal, drawn, cursor, _scratch: scratch };
        stage.draw();
        stage
    }

    /// Types a script: letters are keys, `<enter>` and the like are named ones, and the picture is
    /// drawn after each.
    pub fn type_keys(&mut self, script: &str) -> &mut Self {
        for key in keys(script) {
            self.press(key);
            self.draw();
        }
        self
    }

    /// Presses a key without drawing; the effects that left the state.
    pub fn press(&mut self, key: Key) -> Vec<Effect> {
        let effects = self.app.update(Action::Key(key));
        carry_out(&mut self.app, &mut self.executor, effects.clone(), &mut Vec::new());
        effects
    }

    /// Acts as somebody else from here on.
    pub fn act_as(&mut self, principal: &str) -> &mut Self {
        let effects = vec![Effect::ActAs(principal.to_owned())];
        carry_out(&mut self.app, &mut self.executor, effects, &mut Vec::new());
        self.draw();
        self
    }

    /// As in the first moment on a large workspace: the newest cases are there, of so many.
    pub fn begins_with_newest(&mut self, all: usize) -> &mut Self {
        let context = acting(&self.dir, &self.app.session.principal);
        let (lines, _) = case::list(&context, &case::CaseFilter::default()).unwrap();
        let newest = CaseList::newest(lines, all);
        self.app.update(Action::Loaded(Loaded::Cases(Arc::new(newest))));
        self.draw();
        self
    }

    /// The row of the screen that the hardware cursor is on.
    pub fn focused_row(&self) -> u16 {
        self.cursor.y
    }

    /// Lets the picker of files show this directory.
    pub fn picks_in(&mut self, dir: &Path) {
        use caseward::tui::app::Load;
        let screen = self.app.screens.last_mut().unwrap();
        let asked = screen.loads().into_iter().find_map(|load| match load {
            Load::Directory(asked) => Some(asked),
            _ => None,
        });
        let actions = self.executor.execute(Effect::Load(Load::Directory(dir.to_owned())));
        for action in actions {
            let action = match action {
                Action::Loaded(Loaded::Directory { dir, entries, .. }) => {
                    let asked = asked.clone().unwrap();
                    Action::Loaded(Loaded::Directory { asked, dir, entries })
                }
                other => other,
            };
            self.app.update(action);
        }
        self.draw();
    }

    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.app.update(Action::Resize(columns, rows));
        self.terminal.backend_mut().resize(columns, rows);
        self.draw();
        self
    }

    pub fn draw(&mut self) {
        let app = &self.app;
        let frame = self.terminal.draw(|frame| view::view(app, frame)).unwrap();
        self.drawn = frame.buffer.clone();
        self.cursor = self.terminal.backend().cursor_position();
        self.app.update(Action::Drawn);
    }

    /// The last picture, cell by cell.
    pub fn buffer(&self) -> &Buffer {
        &self.drawn
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        text_of(&self.drawn)
    }

    #[track_caller]
    pub fn shows(&self, what: &str) -> &Self {
        let text = self.text();
        assert!(text.contains(what), "`{what}` is not on the screen:\n{text}");
        self
    }

    #[track_caller]
    pub fn shows_not(&self, what: &str) -> &Self {
        let text = self.text();
        assert!(!text.contains(what), "`{what}` is on the screen:\n{text}");
        self
    }

    /// Text, then style runs (a letter a cell), then the cursor.
    pub fn picture(&self) -> String {
        let (buffer, cursor) = (&self.drawn, self.cursor);
        let styles: Vec<String> = rows(buffer, |cell| letter(cell).to_string());
        let shown = self.dir.display().to_string();
        let text = text_of(buffer).replace(&shown, "WORKSPACE");
        format!("{text}\n--- styles\n{}\n--- cursor {cursor}\n", styles.join("\n"))
    }

    /// As [`Stage::picture_of_log`], for times that the log took from the clock itself.
    pub fn picture_without_times(&self) -> String {
        let picture = self.picture_of_log();
        let lines: Vec<String> = picture
            .split('\n')
            .map(|line| match line.find("2026-") {
                Some(at) => {
                    let end = line[at..].find(" UTC (").map_or(at + 16, |_| line.len());
                    format!("{}<time>{}", &line[..at], &line[end.min(line.len())..])
                }
                None => line.to_owned(),
            })
            .collect();
        lines.join("\n")
    }

    /// As [`Stage::picture`], with what is random in a log made the same.
    pub fn picture_of_log(&self) -> String {
        let picture = self.picture();
        let mut steady = String::new();
        let mut run = String::new();
        for c in picture.chars().chain(['\n']) {
            if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
                run.push(c);
                continue;
            }
            let mixed = run.len() >= 12 && run.contains(|c: char| c.is_ascii_alphabetic());
            // The beginning of something that had no room.
            let random = mixed || (run.len() >= 8 && c == '…');
            steady.push_str(&if random { "#".repeat(run.len()) } else { run.clone() });
            run.clear();
            steady.push(c);
        }
        steady.trim_end().to_owned() + "\n"
    }
}

/// The keys of a script.
pub fn keys(script: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        match named {
            Some((name, after)) if name.parse::<Key>().is_ok() && name.len() > 1 => {
                keys.push(name.parse().unwrap());
                rest = after;
            }
            _ => {
                let name = if c == ' ' { "space".to_owned() } else { c.to_string() };
                keys.push(name.parse().unwrap());
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    keys
}

fn rows(buffer: &Buffer, show: impl Fn(&Cell) -> String) -> Vec<String> {
    let area = buffer.area;
    (area.top()..area.bottom())
        .map(|y| {
            let mut row = String::new();
            let mut x = area.left();
            while x < area.right() {
                let cell = &buffer[(x, y)];
                row.push_str(&show(cell));
                // The second half of a wide character is not a cell of its own.
                x += u16::try_from(width(cell.symbol())).unwrap().max(1);
            }
            row.trim_end().to_owned()
        })
        .collect()
}

pub fn text_of(buffer: &Buffer) -> String {
    rows(buffer, |cell| cell.symbol().to_owned()).join("\n")
}

/// A letter for a look: capital when reversed.
fn letter(cell: &Cell) -> char {
    let colour = match cell.fg {
        Color::Reset => None,
        Color::Green | Color::LightGreen => Some('g'),
        Color::Yellow | Color::LightYellow => Some('y'),
        Color::Red | Color::LightRed => Some('r'),
        Color::Cyan | Color::LightCyan => Some('c'),
        Color::Magenta => Some('m'),
        Color::Blue => Some('l'),
        other => panic!("{other:?} is none of the theme's colours"),
    };
    assert_eq!(cell.bg, Color::Reset, "the background is the terminal's own");
    let modified = |modifier| cell.modifier.contains(modifier);
    let letter = match colour {
        Some(letter) => letter,
        None if modified(Modifier::UNDERLINED) => 'u',
        None if modified(Modifier::BOLD) => 'b',
        None if modified(Modifier::DIM) => 'd',
        None if modified(Modifier::REVERSED) => 's',
        None => return ' ',
    };
    if modified(Modifier::REVERSED) { letter.to_ascii_uppercase() } else { letter }
}
