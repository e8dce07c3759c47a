//! The interface in a pseudo-terminal of 80×24: how soon it stands, what it sends, what it costs idle.

use crate::measure::millis;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Without bytes for this long a frame is over.
const QUIET: Duration = Duration::from_millis(150);

/// A running interface.
struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Screen {
    /// Starts it; the time until its first frame stood whole, footer included, and the frame's bytes.
    fn start(program: &str, demo: &Path) -> (Self, Duration, usize) {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(["--workspace", demo.to_str().unwrap()]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("HOME", demo.parent().unwrap());
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (sender, bytes) = mpsc::channel();
        thread::spawn(move || {
            let mut room = [0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut room) {
                if sender.send(room[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(" leave") {
            seen.extend(bytes.recv_timeout(Duration::from_secs(30)).expect("a first frame"));
        }
        let took = begun.elapsed();
        let mut screen = Self { child, keys, bytes, _master: pair.master };
        let count = seen.len() + screen.until_quiet();
        (screen, took, count)
    }

    fn until_quiet(&mut self) -> usize {
        let mut count = 0;
        while let Ok(more) = self.bytes.recv_timeout(QUIET) {
            count += more.len();
        }
        count
    }

    /// The bytes that a key costs.
    fn key(&mut self, key: &str) -> usize {
        self.keys.write_all(key.as_bytes()).unwrap();
        self.until_quiet()
    }

    /// Clock ticks of the processor, and switches of all threads, so far.
    fn spent(&self) -> (u64, u64) {
        let pid = self.child.process_id().unwrap();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let (_, rest) = stat.rsplit_once(')').unwrap();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        let mut switches = 0;
        for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
            let counts = status.lines().filter(|line| line.contains("ctxt_switches"));
            let number =
                |line: &str| line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap();
            switches += counts.map(number).sum::<u64>();
        }
        (ticks, switches)
    }

    fn end(mut self) {
        let _ = self.keys.write_all(b"q");
        let _ = self.child.wait();
    }
}

/// Measures and prints.
pub fn report(program: &str, demo: &Path, rounds: usize, idle: u64) {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let (screen, took, _) = Screen::start(program, demo);
        times.push(took);
        screen.end();
    }
    times.sort();
    let (half, most) = (times[times.len() / 2], times[times.len() - 1]);
    println!(
        "{:<28} {:>9.2} ms  slowest of {rounds}: {:.2} ms",
        "interface, first frame",
        millis(half),
        millis(most)
    );
    let (mut screen, _, first) = Screen::start(program, demo);
    screen.key("j");
    let (moved, same) = (screen.key("j"), screen.key("\t"));
    println!("bytes: first frame {first}, one row {moved}, nothing changed {same}");
    let before = screen.spent();
    thread::sleep(Duration::from_secs(idle));
    let after = screen.spent();
    println!(
        "idle for {idle} s: {} clock ticks, {} context switches",
        after.0 - before.0,
        after.1 - before.1
    );
    screen.end();
}
