//! The keyed index of what was erased on request (DEL-11): enough to know a file again that a backup
//! brought back, and nothing that names anybody.
//!
//! `.erased/index` has a line for each erased file, `<kind> <64 hex digits> <TENANT/REQUEST>`: an
//! HMAC-SHA-256, under the key in `.erased/key`, of the path and the content's hash (`f`; `r` for
//! what stood there before a redaction), of the path alone (`p`, `q`), or of a directory that was
//! expunged whole and whose name is never used again (`d`). It stays when the openings of the
//! attestation log are destroyed, and is read by `retention replay` alone.

use super::Context;
use crate::attest::{Outcome, Verdict, encode_path};
use crate::error::{Error, Invalid, Result};
use crate::fs::{self, RelPath};
use crate::model::{Id, Sha256};
use crate::workspace::{Commit, DsrRef, layout};
use hmac::{Hmac, Mac};
use std::collections::HashMap;
use std::io;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    File,
    Rewritten,
    Path,
    RewrittenPath,
    Dir,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::File, Self::Rewritten, Self::Path, Self::RewrittenPath, Self::Dir];

    const fn letter(self) -> char {
        match self {
            Self::File => 'f',
            Self::Rewritten => 'r',
            Self::Path => 'p',
            Self::RewrittenPath => 'q',
            Self::Dir => 'd',
        }
    }
}

/// The index, read.
#[derive(Debug, Clone)]
pub(super) struct Index {
    key: [u8; 32],
    known: HashMap<(Kind, [u8; 32]), DsrRef>,
    /// Lines that are none, by number.
    pub bad_lines: Vec<usize>,
}

fn key_path() -> RelPath {
    layout::erased().join("key")
}

pub(super) fn index_path() -> RelPath {
    layout::erased().join("index")
}

fn read(context: &Context, path: &RelPath) -> Result<Option<Vec<u8>>> {
    match fs::read(&**context.workspace.fs(), path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

fn read_key(context: &Context) -> Result<Option<[u8; 32]>> {
    let Some(bytes) = read(context, &key_path())? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let key: Sha256 = text.trim_end().parse().map_err(|_| {
        Invalid::new(key_path().display(), "is not a key of 64 hex digits")
            .hint("restore it from a backup: without it erased files are not known again")
    })?;
    Ok(Some(key.0))
}

fn mac(key: &[u8; 32], kind: Kind, path: &RelPath, sha256: Option<Sha256>) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(format!("caseward-erased/1 {} {}", kind.letter(), encode_path(path)).as_bytes());
    if let Some(sha256) = sha256 {
        mac.update(format!(" {sha256}").as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// Lines in the making, under the key of the workspace.
#[derive(Debug)]
pub(super) struct Notes {
    key: [u8; 32],
    new_key: bool,
    of: DsrRef,
    lines: String,
}

impl Notes {
    /// For what the request `of` erased. The caller holds `.lock`, so no two keys are drawn.
    pub(super) fn new(context: &Context, of: &DsrRef) -> Result<Self> {
        let (key, new_key) = match read_key(context)? {
            Some(key) => (key, false),
            None => {
                let mut key = [0; 32];
                getrandom::fill(&mut key)
                    .map_err(|error| Error::usage(format!("no random numbers: {error}")))?;
                (key, true)
            }
        };
        Ok(Self { key, new_key, of: of.clone(), lines: String::new() })
    }

    fn line(&mut self, kind: Kind, path: &RelPath, sha256: Option<Sha256>) {
        let mac = Sha256(mac(&self.key, kind, path, sha256));
        self.lines.push_str(&format!("{} {mac} {}\n", kind.letter(), self.of));
    }

    /// A file that was removed, or rewritten, with the hash that it had.
    pub(super) fn file(&mut self, path: &RelPath, sha256: Sha256, rewritten: bool) {
        let (file, name) = if rewritten {
            (Kind::Rewritten, Kind::RewrittenPath)
        } else {
            (Kind::File, Kind::Path)
        };
        self.line(file, path, Some(sha256));
        self.line(name, path, None);
    }

    /// Every file that a transaction removed or rewrote.
    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        for item in outcome.items.iter().filter(|item| item.verdict.is_gone()) {
            if let Some(sha256) = item.sha256 {
                let rewritten = item.verdict == Verdict::Rewritten;
                self.file(&item.path, sha256, rewritten);
            }
        }
    }

    /// A directory that was expunged whole.
    pub(super) fn dir(&mut self, path: &RelPath) {
        self.line(Kind::Dir, path, None);
    }

    pub(super) fn add_to(self, commit: &mut Commit) {
        if self.lines.is_empty() {
            return;
        }
        if self.new_key {
            commit.replace(key_path(), format!("{}\n", Sha256(self.key)).into_bytes());
        }
        commit.append(index_path(), self.lines.into_bytes());
    }
}

impl Index {
    /// The index; `None` when nothing was ever erased on request.
    pub(super) fn load(context: &Context) -> Result<Option<Self>> {
        let (Some(key), Some(bytes)) = (read_key(context)?, read(context, &index_path())?) else {
            return Ok(None);
        };
        let mut index = Self { key, known: HashMap::new(), bad_lines: Vec::new() };
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            match parse(line) {
                Some((kind, mac, of)) => {
                    index.known.insert((kind, mac), of);
                }
                None => index.bad_lines.push(number + 1),
            }
        }
        Ok(Some(index))
    }

    /// The request that erased what this is, if one did.
    pub(super) fn find(
        &self,
        kind: Kind,
        path: &RelPath,
        sha256: Option<Sha256>,
    ) -> Option<&DsrRef> {
        self.known.get(&(kind, mac(&self.key, kind, path, sha256)))
    }
}

fn parse(line: &str) -> Option<(Kind, [u8; 32], DsrRef)> {
    let mut words = line.split(' ');
    let letter = words.next()?;
    let kind = Kind::ALL.into_iter().find(|kind| letter == kind.letter().to_string())?;
    let mac: Sha256 = words.next()?.parse().ok()?;
    let (tenant, id) = words.next()?.split_once('/')?;
    let of = DsrRef { tenant: Id::new(tenant).ok()?, id: Id::new(id).ok()? };
    words.next().is_none().then_some((kind, mac.0, of))
}
