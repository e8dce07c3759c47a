//! Bounded work: holes are passed over, files that change while they are read are said, and no form of
//! bomb is opened without end.

use crate::build::{Zip, gzip, zip};
use crate::persona::*;
use caseward::discovery::{
    Content, Identifier, IdentifierType, IntakeOptions, Limits, Outcome, ProblemKind, Query,
    Source, Target, run,
};
use caseward::fs::{Fs, RealFs, RelPath};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A terabyte of which only a few stretches are stored; it counts the bytes it hands out.
struct Sparse {
    data: BTreeMap<u64, Vec<u8>>,
    handed_out: u64,
}

const TERABYTE: u64 = 1 << 40;

impl Source for Sparse {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let count = (TERABYTE - offset.min(TERABYTE)).min(buffer.len() as u64) as usize;
        buffer[..count].fill(0);
        for (&start, bytes) in &self.data {
            for (n, &byte) in bytes.iter().enumerate() {
                if let Some(at) = (start + n as u64).checked_sub(offset)
                    && at < count as u64
                {
                    buffer[at as usize] = byte;
                }
            }
        }
        self.handed_out += count as u64;
        Ok(count)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(TERABYTE)
    }

    fn next_data(&mut self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        Ok(self
            .data
            .iter()
            .map(|(&start, bytes)| (start, start + bytes.len() as u64))
            .find(|&(_, end)| end > offset)
            .map(|(start, end)| (start.max(offset), end)))
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn the_holes_of_a_sparse_file_are_not_read_and_hide_nothing() {
    let block = |text: &[u8], before: usize| [vec![b'.'; before], text.to_vec()].concat();
    // The last byte of the name in UTF-16 is a zero that lies in the hole.
    let mut name = utf16(&format!(" {NAME}"));
    assert_eq!(name.pop(), Some(0));
    let address = format!("{EMAIL} ");
    let mut file = Sparse {
        data: BTreeMap::from([
            (0, block(b" first block", 100)),
            (1 << 30, block(address.as_bytes(), 4000)),
            (2 << 30, block(&name, 4)),
            ((2 << 30) + 8192, block(UPN.as_bytes(), 1)),
            (TERABYTE - 5000, block(PHONE.as_bytes(), 5000 - PHONE.len())),
        ]),
        handed_out: 0,
    };
    let result = persona().scan_file(&mut file, &Limits::default());
    for (value, offset) in [
        (EMAIL, (1 << 30) + 4000),
        (NAME, (2 << 30) + 6),
        (UPN, (2 << 30) + 8193),
        (PHONE, TERABYTE - PHONE.len() as u64),
    ] {
        let number = ALL.iter().position(|(_, known)| *known == value).unwrap();
        let mut hits = result.hits.iter().filter(|hit| hit.identifier == number);
        let hit = hits.next().unwrap_or_else(|| panic!("{value}: {:?}", result.hits));
        // UTF-16 can be read at either parity.
        assert!(hit.outcome == Outcome::Match && hit.offset.abs_diff(offset) <= 1, "{hit:?}");
        assert!(hits.next().is_none());
    }
    assert!(result.problems.is_empty(), "{:?}", result.problems);
    assert_eq!(result.bytes, TERABYTE, "a hole that is known counts as searched");
    assert!(file.handed_out < 4 << 20, "{} bytes were read", file.handed_out);
}

#[test]
fn a_sparse_file_of_the_kernel_is_searched_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("core.1234");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(TERABYTE).unwrap();
    let page = (5 << 30) - EMAIL.len() as u64;
    file.write_all_at(EMAIL.as_bytes(), page).unwrap();
    file.write_all_at(format!(" {UPN}").as_bytes(), TERABYTE - 100).unwrap();
    let fs: Arc<dyn Fs> = Arc::new(RealFs::open(dir.path()).unwrap());
    let target = Target {
        name: b"core.1234".to_vec(),
        content: Content::File { fs, path: RelPath::new("core.1234").unwrap() },
    };
    let results =
        run(&[target], &persona(), &Limits::default(), 1, &|_| {}, &AtomicBool::new(false));
    let result = &results[0].1;
    assert_eq!(outcome(result, EMAIL), Some(Outcome::Match), "{result:?}");
    assert_eq!(outcome(result, UPN), Some(Outcome::Match), "{result:?}");
    assert_eq!((result.bytes, result.problems.len()), (TERABYTE, 0));
}

/// Says it has more or fewer bytes than it turns out to have.
struct Changing {
    said: u64,
    bytes: Vec<u8>,
}

impl Source for Changing {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.bytes.as_slice().read_at(buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.said)
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_searched_as_far_as_it_goes_and_said() {
    let bytes = format!("{}{EMAIL}", "x ".repeat(1000)).into_bytes();
    let size = bytes.len() as u64;
    let mut cut = Changing { said: size + 5000, bytes: bytes.clone() };
    let result = persona().scan_file(&mut cut, &Limits::default());
    assert_eq!(outcome(&result, EMAIL), Some(Outcome::Match));
    assert_eq!(result.problems.len(), 1);
    assert_eq!(result.problems[0].kind, ProblemKind::Unreadable);
    assert!(result.problems[0].why.contains("became shorter"), "{:?}", result.problems);
    let mut grown = Changing { said: 10, bytes };
    let result = persona().scan_file(&mut grown, &Limits::default());
    assert_eq!(outcome(&result, EMAIL), Some(Outcome::Match));
    assert_eq!((result.bytes, result.problems.len()), (size, 0));
}

#[test]
fn a_large_file_cut_off_while_it_is_read_is_said_too() {
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    let bytes = [EMAIL.as_bytes(), &b" and more".repeat(200_000)].concat();
    let mut cut = Changing { said: bytes.len() as u64 + (3 << 20), bytes };
    let result = persona().scan_file(&mut cut, &limits);
    assert_eq!(outcome(&result, EMAIL), Some(Outcome::Match));
    assert!(
        result.problems.iter().any(|problem| problem.why.contains("became shorter")),
        "{:?}",
        result.problems
    );
}

/// A file in as many layers of gzip.
fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(EMAIL.as_bytes().to_vec(), |inner, _| gzip(&inner))
}

#[test]
fn nesting_without_end_stops_and_is_said() {
    let limits = Limits::default();
    let within = persona().scan_bytes(&nested(limits.depth - 1), &limits);
    assert_eq!(outcome(&within, EMAIL), Some(Outcome::Match), "{within:?}");
    assert!(within.problems.is_empty());
    let beyond = persona().scan_bytes(&nested(limits.depth + 1), &limits);
    assert!(beyond.problems.iter().any(|p| p.kind == ProblemKind::Limit), "{beyond:?}");
}

#[test]
fn an_archive_of_many_members_is_searched_to_the_last() {
    let names: Vec<String> = (0..20_000).map(|n| format!("d{}/{n}.txt", n % 97)).collect();
    let mut members: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), b"nothing".as_slice())).collect();
    let last = format!("for {EMAIL}.");
    members.push(("last.txt", last.as_bytes()));
    for how in [Zip::Stored, Zip::Deflated] {
        let result = scan(&zip(&members, how));
        let hit = result.hits.iter().find(|hit| hit.member.as_deref() == Some("last.txt"));
        assert_eq!(hit.map(|hit| hit.outcome), Some(Outcome::Match));
        assert!(result.problems.is_empty(), "{:?}", result.problems);
    }
}

/// A stretch of one byte is passed over; what stands at its edges is not, nor an identifier that is
/// one character many times over.
#[test]
fn a_stretch_of_one_byte_hides_nothing() {
    // Smaller than the files, so that they are searched piece by piece.
    let limits = Limits { memory: 64 << 10, ..Limits::default() };
    for filler in [0_u8, b'0', 0xFF] {
        for (before, after) in [(0, 600 << 10), (600 << 10, 0), (600_001, 600_001)] {
            let mut bytes = vec![filler; before];
            bytes.extend_from_slice(format!(" {EMAIL} ").as_bytes());
            bytes.extend(vec![filler; after]);
            let result = persona().scan_file(&mut bytes.as_slice(), &limits);
            assert_eq!(result.outcome(), Some(Outcome::Match), "{filler} {before} {after}");
        }
    }
    let seven = Identifier::parse(IdentifierType::Custom, "7777777", &IntakeOptions::default());
    let query = Query::compile(&[seven.unwrap()]);
    assert_eq!(
        query.scan_bytes(b"7777777", &Limits::default()).outcome(),
        Some(Outcome::Match),
        "one digit seven times"
    );
}
