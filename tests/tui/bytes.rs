//! What goes over the wire: counted on the real back end, and read back by a terminal emulator.

use crate::harness::{Setting, Stage, keys};
use crate::pty_harness::emulator;
use caseward::tui::app::Action;
use caseward::tui::terminal::Collected;
use caseward::tui::view;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::{Terminal, crossterm};
use std::io;

/// The real back end with a size of its own, and never asked where the cursor is.
struct Wire {
    backend: CrosstermBackend<Collected>,
    size: Size,
}

impl Backend for Wire {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.backend.draw(content)
    }
    fn hide_cursor(&mut self) -> io::Result<()> {
        self.backend.hide_cursor()
    }
    fn show_cursor(&mut self) -> io::Result<()> {
        self.backend.show_cursor()
    }
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        panic!("the terminal is asked a question")
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.backend.set_cursor_position(position)
    }
    fn clear(&mut self) -> io::Result<()> {
        self.backend.clear()
    }
    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.backend.clear_region(region)
    }
    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }
    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }
    fn flush(&mut self) -> io::Result<()> {
        self.backend.flush()
    }
}

/// A stage drawn over a wire, with an emulator at the other end.
struct Line {
    stage: Stage,
    frames: Collected,
    terminal: Terminal<Wire>,
    emulator: vt100::Parser,
}

impl Line {
    fn new(setting: Setting, prepare: impl FnOnce(&std::path::Path)) -> Self {
        crossterm::style::force_color_output(true);
        let stage = Stage::with(setting, prepare);
        let frames = Collected::default();
        let size = Size::new(setting.size.0, setting.size.1);
        let backend = CrosstermBackend::new(frames.clone());
        let terminal = Terminal::new(Wire { backend, size }).unwrap();
        let emulator = emulator(size.height, size.width);
        Self { stage, frames, terminal, emulator }
    }

    /// Draws; the bytes that went over.
    fn draw(&mut self) -> Vec<u8> {
        let app = &self.stage.app;
        self.terminal.draw(|frame| view::view(app, frame)).unwrap();
        let mut bytes = Vec::new();
        self.frames.send(&mut bytes).unwrap();
        self.emulator.process(&bytes);
        self.stage.app.update(Action::Drawn);
        bytes
    }

    fn type_keys(&mut self, script: &str) -> usize {
        let mut count = 0;
        for key in keys(script) {
            self.stage.press(key);
            count = self.draw().len();
        }
        count
    }

    /// What the emulator shows is what the state looks like drawn afresh.
    #[track_caller]
    fn agrees(&mut self) {
        self.stage.draw();
        let shown: Vec<String> =
            self.emulator.screen().rows(0, 500).map(|row| row.trim_end().to_owned()).collect();
        let text = self.stage.text();
        let wanted: Vec<&str> = text.split('\n').collect();
        assert_eq!(shown, wanted);
    }
}

#[test]
fn bytes_at_80_by_24_stay_within_their_budget() {
    let mut line = Line::new(Setting::default(), |_| {});
    let first = line.draw().len();
    let moved = line.type_keys("j");
    let again = line.type_keys("j");
    let same = line.draw().len();
    println!("first frame {first}, one row {moved} and {again}, no change {same} bytes");
    assert!(first <= 3 * 1024, "{first} bytes for the first frame");
    assert!(moved <= 250 && again <= 250, "{moved} and {again} bytes for one row");
    assert!(same <= 40, "{same} bytes for nothing");
}

#[test]
fn a_frame_is_one_synchronized_update() {
    let mut line = Line::new(Setting::default(), |_| {});
    let bytes = line.draw();
    assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
    let count = bytes.windows(8).filter(|window| window == b"\x1b[?2026h").count();
    assert_eq!(count, 1);
}

#[test]
fn only_the_sixteen_colours_and_no_question_go_over() {
    for mono in [false, true] {
        let mut line = Line::new(Setting { mono, ..Setting::default() }, |_| {});
        let mut bytes = line.draw();
        for script in ["<enter>", "<tab>", "a", "<esc>", "<esc>", "2", "@", "<esc>", "3n", "?"] {
            for key in keys(script) {
                line.stage.press(key);
                bytes.extend(line.draw());
            }
        }
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("\x1b[6n") && !text.contains("\x1b[c"), "a question");
        assert!(!text.contains("38;2;") && !text.contains("48;2;"), "a colour of our own");
        let coloured = text.contains("38;5;") || text.contains("\x1b[3");
        assert!(!mono || !text.contains("38;5;"), "colour without colour");
        assert!(mono || coloured, "no colour at all");
    }
}

#[test]
fn what_is_drawn_bit_by_bit_is_what_is_meant() {
    let wide = |dir: &std::path::Path| {
        let path = dir.join("tenants/contoso.com/cases/2610240010004182/case.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let title = "日本語のメールボックス移行 停止 Zoë Ｗide";
        std::fs::write(path, text.replace("Mailbox migration stalls at 95 %", title)).unwrap();
    };
    let mut line = Line::new(Setting::default(), wide);
    line.draw();
    line.agrees();
    for script in [
        "jjjjjj", "<enter>", "<tab>", "<tab>", "a", "<esc>", "<esc>", "/wide", "<esc>", "2", "@jj",
        "<esc>", "3", "n", "<esc>1",
    ] {
        line.type_keys(script);
        line.agrees();
    }
}

#[test]
fn hostile_text_moves_nothing() {
    let hostile = |dir: &std::path::Path| {
        let path = dir.join("tenants/contoso.com/cases/2610240010004182/case.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let title = "\\u001b[2J\\u001b[10;10Hgone\\u001b]0;owned\\u0007\\u009b2J\\r\\n";
        std::fs::write(path, text.replace("Mailbox migration stalls at 95 %", title)).unwrap();
    };
    let mut line = Line::new(Setting::default(), hostile);
    let mut bytes = line.draw();
    line.agrees();
    for key in keys("jjjjjj<enter>") {
        line.stage.press(key);
        bytes.extend(line.draw());
    }
    line.agrees();
    let told = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(!told(b"\x1b]") && !told(b"\xc2\x9b") && !told(b"\x07"));
}
