//! Open files, large files, many files, bad files.

use crate::persona::*;
use caseward::discovery::{Content, Limits, Outcome, ProblemKind, Source, Target, run};
use caseward::fs::{Fs, RealFs, RelPath};
use std::io;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn pieces_and_blocks_lose_nothing_and_count_nothing_twice() {
    // Around every boundary of blocks (32 KB) and pieces (4 MB).
    let line = b"the quick brown fox jumps over the lazy dog 0123456789\n";
    let mut text: Vec<u8> = line.iter().copied().cycle().take(9 << 20).collect();
    let places: Vec<usize> =
        [32 << 10, 64 << 10, 4 << 20, (4 << 20) - (32 << 10), (8 << 20) - (64 << 10)]
            .into_iter()
            .flat_map(|edge: usize| [edge - 200, edge - 15])
            .collect();
    for at in &places {
        let plant = format!(" {EMAIL} ");
        text[*at..at + plant.len()].copy_from_slice(plant.as_bytes());
    }
    let result = scan(&text);
    let total: u64 =
        result.hits.iter().filter(|hit| hit.outcome == Outcome::Match).map(|hit| hit.count).sum();
    assert_eq!(total, places.len() as u64);
    assert_eq!(result.bytes, 9 << 20);
    assert_eq!(result.hits[0].offset, (32 << 10) - 199);
}

/// Fails after its first bytes.
struct Failing;

impl Source for Failing {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let text = EMAIL.as_bytes();
        if offset > 0 {
            return Err(io::Error::other("gone"));
        }
        buffer[..text.len()].copy_from_slice(text);
        Ok(text.len())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(1 << 20)
    }
}

#[test]
fn what_cannot_be_read_is_a_problem_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.log"), format!("x {EMAIL} y")).unwrap();
    std::fs::write(dir.path().join("b.log"), "nothing here").unwrap();
    symlink("a.log", dir.path().join("c.log")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.path().join("d.fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir.path()).unwrap());
    let targets: Vec<Target> = ["a.log", "b.log", "c.log", "d.fifo", "missing"]
        .iter()
        .map(|name| Target {
            name: name.as_bytes().to_vec(),
            content: Content::File { fs: Arc::clone(&fs), path: RelPath::new(name).unwrap() },
        })
        .chain([Target { name: Vec::new(), content: Content::Bytes(EMAIL.as_bytes().into()) }])
        .collect();
    let query = persona();
    let all = |threads| {
        run(&targets, &query, &Limits::default(), threads, &|_| {}, &AtomicBool::new(false))
    };
    let results = all(1);
    assert_eq!(results, all(4), "the number of threads changes nothing");
    assert_eq!(results.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    let outcomes: Vec<_> = results.iter().map(|(_, result)| result.outcome()).collect();
    let found = Some(Outcome::Match);
    assert_eq!(outcomes, [found, None, None, None, None, found]);
    for (index, result) in &results[2..5] {
        assert_eq!(result.problems.len(), 1, "{index}");
        assert_eq!(result.problems[0].kind, ProblemKind::Unreadable);
    }
    let failing = query.scan_file(&mut Failing, &Limits::default());
    assert_eq!(failing.problems[0].why, "gone");
}

#[test]
fn a_cancelled_run_returns_what_it_finished() {
    let targets: Vec<Target> = (0..50)
        .map(|_| Target { name: Vec::new(), content: Content::Bytes(EMAIL.as_bytes().into()) })
        .collect();
    let cancel = AtomicBool::new(false);
    let stop = |progress: caseward::discovery::Progress| {
        cancel.store(progress.files >= 10, Ordering::Relaxed);
    };
    let results = run(&targets, &persona(), &Limits::default(), 1, &stop, &cancel);
    assert_eq!(results.len(), 10);
}
