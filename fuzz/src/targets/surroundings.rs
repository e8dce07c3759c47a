//! What comes from outside the workspace: the configuration, requests of other systems, an ssh-agent.

use super::is_plain;
use caseward::attest::{SshKey, agent_keys};
use caseward::ops::dsr::opendsr;
use caseward::preferences::{Flags, Preferences, Surroundings};
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// A place for files of this process.
fn scratch() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub fn config(data: &[u8]) {
    static FILE: LazyLock<Mutex<(TempDir, PathBuf)>> = LazyLock::new(|| {
        let dir = scratch();
        let path = dir.path().join("config.toml");
        Mutex::new((dir, path))
    });
    let file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    std::fs::write(&file.1, data).expect("a file of ours");
    let flags = Flags { config: Some(file.1.clone()), ..Flags::default() };
    let read = || Preferences::load(&flags, &Surroundings::default());
    let (first, second) = (read(), read());
    assert_eq!(first.mistakes, second.mistakes, "the same mistakes twice");
    assert_eq!(first.settings(), second.settings());
    assert!(first.found || !first.mistakes.is_empty());
    let lines = data.iter().filter(|byte| **byte == b'\n').count() + 1;
    for mistake in &first.mistakes {
        assert!(is_plain(&mistake.message), "{mistake:?}");
        assert!(mistake.line.is_none_or(|line| (1..=lines).contains(&line)), "{mistake:?}");
    }
}

pub fn opendsr(data: &[u8]) {
    let read = || opendsr::parse("request.json", data);
    match (read(), read()) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first, second);
            assert!(!first.identifiers.is_empty(), "a request about nobody");
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string());
            assert!(is_plain(&first.to_string()), "{first}");
        }
        _ => panic!("read once, refused once"),
    }
}

/// What an agent that answers every request with the same bytes is taken for.
pub fn agent(data: &[u8]) {
    struct Agent {
        dir: TempDir,
        answers: mpsc::Sender<Vec<u8>>,
    }
    static AGENT: LazyLock<Mutex<Agent>> = LazyLock::new(|| {
        let dir = scratch();
        let listener = UnixListener::bind(dir.path().join("agent")).expect("a socket of ours");
        let (answers, to_give) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Ok(answer) = to_give.recv() else { return };
                // A client that does not want to hear it has refused it.
                let _ = stream.read(&mut [0; 16]).and_then(|_| stream.write_all(&answer));
            }
        });
        Mutex::new(Agent { dir, answers })
    });
    let agent = AGENT.lock().unwrap_or_else(PoisonError::into_inner);
    let ask = |answer: Vec<u8>| {
        agent.answers.send(answer).expect("the agent lives");
        agent_keys(&agent.dir.path().join("agent"), Duration::from_secs(5))
    };
    let framed = [&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes(), data].concat();
    // Whole, and with a length of its own that may promise what does not come.
    for answer in [framed, data.to_vec()] {
        match ask(answer) {
            Ok(keys) => {
                for (key, _) in keys {
                    assert_eq!(SshKey::from_blob(key.blob()), Some(key.clone()));
                    assert!(!key.algorithm().chars().any(char::is_control));
                }
            }
            Err(error) => assert!(is_plain(&error.to_string())),
        }
    }
}
