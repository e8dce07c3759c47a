//! Edits as people, programs and accidents make them.

use super::world::{World, files};
use caseward::ops::{case, consent};
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// An edit; numbers choose among what there is.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Words in a record are changed in place.
    Reword(usize, u8),
    /// As editors do that write a new file and rename it.
    Replace(usize, u8),
    Garbage(usize),
    /// A newer program's record.
    Future(usize),
    Delete(usize),
    DeleteCase(usize),
    RenameCase(usize),
    DeleteTenant,
    CopyCase(usize),
    Link(usize),
    LinkedDir(usize),
    Unregistered(usize, &'static str),
    Strange(usize),
    Hold(usize),
    Unapprove,
    TearAudit,
    OwnConsent(bool),
    OwnClose,
    IndexGone,
    IndexCut(u16),
    IndexGarbage(u16, u8),
    IndexFuture,
}

pub fn any() -> impl Strategy<Value = Edit> {
    let n = 0..64_usize;
    prop_oneof![
        4 => (n.clone(), proptest::arbitrary::any::<u8>()).prop_map(|(n, w)| Edit::Reword(n, w)),
        2 => (n.clone(), proptest::arbitrary::any::<u8>()).prop_map(|(n, w)| Edit::Replace(n, w)),
        2 => n.clone().prop_map(Edit::Garbage),
        1 => n.clone().prop_map(Edit::Future),
        3 => n.clone().prop_map(Edit::Delete),
        1 => n.clone().prop_map(Edit::DeleteCase),
        1 => n.clone().prop_map(Edit::RenameCase),
        1 => Just(Edit::DeleteTenant),
        1 => n.clone().prop_map(Edit::CopyCase),
        1 => n.clone().prop_map(Edit::Link),
        1 => n.clone().prop_map(Edit::LinkedDir),
        2 => (n.clone(), prop::sample::select(vec!["diagnostics", "transfer", "access", ""]))
            .prop_map(|(n, dir)| Edit::Unregistered(n, dir)),
        1 => n.clone().prop_map(Edit::Strange),
        2 => n.prop_map(Edit::Hold),
        1 => Just(Edit::Unapprove),
        1 => Just(Edit::TearAudit),
        2 => proptest::arbitrary::any::<bool>().prop_map(Edit::OwnConsent),
        1 => Just(Edit::OwnClose),
        1 => Just(Edit::IndexGone),
        1 => proptest::arbitrary::any::<u16>().prop_map(Edit::IndexCut),
        1 => (proptest::arbitrary::any::<u16>(), proptest::arbitrary::any::<u8>()).prop_map(|(at, b)| Edit::IndexGarbage(at, b)),
        1 => Just(Edit::IndexFuture),
    ]
}

fn choose(of: &[PathBuf], n: usize) -> Option<&PathBuf> {
    (!of.is_empty()).then(|| &of[n % of.len()])
}

fn records(world: &World) -> Vec<PathBuf> {
    let mut records = files(&world.root().join("tenants"));
    records.retain(|path| path.extension() == Some(OsStr::new("toml")));
    records
}

fn cases(world: &World) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = walkdir::WalkDir::new(world.root().join("tenants"))
        .min_depth(3)
        .max_depth(3)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_dir())
        .map(walkdir::DirEntry::into_path)
        .collect();
    cases.retain(|path| path.parent().unwrap().ends_with("cases"));
    cases
}

/// Another word of the same length somewhere in a quoted value.
fn reworded(text: &str, word: u8) -> String {
    match text.find("title = \"").map(|at| at + 9).or_else(|| text.find("reason = \"")) {
        Some(at) => {
            let mut bytes = text.as_bytes().to_vec();
            if bytes[at].is_ascii_alphabetic() {
                bytes[at] = b'a' + word % 26;
            }
            String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
        }
        None => format!("{text}# {word}\n"),
    }
}

impl Edit {
    pub fn make(&self, world: &World) {
        let records = records(world);
        let cases = cases(world);
        match *self {
            Self::Reword(n, word) => {
                let Some(path) = choose(&records, n) else { return };
                let text = fs::read_to_string(path).unwrap_or_default();
                fs::write(path, reworded(&text, word)).unwrap();
            }
            Self::Replace(n, word) => {
                let Some(path) = choose(&records, n) else { return };
                let text = fs::read_to_string(path).unwrap_or_default();
                let new = path.with_extension("toml~");
                fs::write(&new, reworded(&text, word)).unwrap();
                fs::rename(new, path).unwrap();
            }
            Self::Garbage(n) => {
                let Some(path) = choose(&records, n) else { return };
                fs::write(path, b"\xff\x00 = [").unwrap();
            }
            Self::Future(n) => {
                let Some(path) = choose(&records, n) else { return };
                let text = fs::read_to_string(path).unwrap_or_default();
                fs::write(path, text.replace("format = 1", "format = 99")).unwrap();
            }
            Self::Delete(n) => {
                let Some(path) = choose(&records, n) else { return };
                fs::remove_file(path).unwrap();
            }
            Self::DeleteCase(n) => {
                let Some(path) = choose(&cases, n) else { return };
                fs::remove_dir_all(path).unwrap();
            }
            Self::RenameCase(n) => {
                let Some(path) = choose(&cases, n) else { return };
                let _ = fs::rename(path, path.with_file_name("RENAMED-1"));
            }
            Self::DeleteTenant => {
                let tenants = fs::read_dir(world.root().join("tenants")).unwrap();
                let mut tenants: Vec<PathBuf> =
                    tenants.map(|entry| entry.unwrap().path()).collect();
                tenants.sort();
                fs::remove_dir_all(&tenants[0]).unwrap();
            }
            Self::CopyCase(n) => {
                let Some(path) = choose(&cases, n) else { return };
                let copy = path.with_file_name("COPY-1");
                let _ = fs::create_dir(&copy);
                let Ok(text) = fs::read_to_string(path.join("case.toml")) else { return };
                let id = path.file_name().unwrap().to_string_lossy().into_owned();
                fs::write(copy.join("case.toml"), text.replace(&id, "COPY-1")).unwrap();
            }
            Self::Link(n) => {
                let Some(path) = choose(&records, n) else { return };
                fs::remove_file(path).unwrap();
                std::os::unix::fs::symlink("/etc/hostname", path).unwrap();
            }
            Self::LinkedDir(n) => {
                // The very same files, behind a link: they are not followed there.
                let Some(path) = choose(&cases, n) else { return };
                let elsewhere = world.root().join(format!("elsewhere-{n}"));
                if fs::rename(path, &elsewhere).is_ok() {
                    std::os::unix::fs::symlink(&elsewhere, path).unwrap();
                }
            }
            Self::Unregistered(n, dir) => {
                let Some(path) = choose(&cases, n) else { return };
                let dir = path.join(dir);
                let _ = fs::create_dir(&dir);
                let _ = fs::write(dir.join(format!("new-{n}.toml")), "x");
            }
            Self::Strange(n) => {
                let Some(path) = choose(&cases, n) else { return };
                let dir = path.join("diagnostics");
                let _ = fs::create_dir(&dir);
                let long = vec![0xfe; 255];
                let _ = fs::write(dir.join(OsStr::from_bytes(&long)), "x");
                let _ = std::os::unix::net::UnixListener::bind(dir.join("socket"));
                let _ = fs::create_dir(dir.join("dir"));
                let _ = fs::hard_link(path.join("case.toml"), dir.join("linked"));
            }
            Self::Hold(n) => {
                let mut sidecars = records;
                sidecars.retain(|path| path.to_string_lossy().ends_with(".meta.toml"));
                let Some(path) = choose(&sidecars, n) else { return };
                let text = fs::read_to_string(path).unwrap_or_default();
                let hold = "\n[[holds]]\nid = \"HOLD-1\"\nreason = \"court\"\n\
                            at = \"2026-11-20T09:00:00Z\"\nby = \"x\"\n";
                fs::write(path, format!("{text}{hold}")).unwrap();
            }
            Self::Unapprove => {
                let approvals = records.into_iter().filter(|path| path.ends_with("approval.toml"));
                for path in approvals {
                    fs::remove_dir_all(path.parent().unwrap()).unwrap();
                }
            }
            Self::TearAudit => {
                let path = world.tenant_dir().join("audit.jsonl");
                let mut bytes = fs::read(&path).unwrap_or_default();
                bytes.extend_from_slice(b"{\"torn");
                let _ = fs::write(&path, bytes);
            }
            Self::OwnConsent(yes) => {
                let _ = consent::answer(&world.context(), &world.case_name(), yes, None, None);
            }
            Self::OwnClose => {
                let _ = case::close(&world.context(), &world.case_name());
            }
            Self::IndexGone => world.workspace().forget_index().unwrap(),
            Self::IndexCut(_) | Self::IndexGarbage(..) | Self::IndexFuture => self.spoil(world),
        }
    }

    fn spoil(&self, world: &World) {
        for path in world.indexes() {
            let mut bytes = fs::read(&path).unwrap();
            let length = bytes.len().max(1);
            match *self {
                Self::IndexCut(at) => bytes.truncate(usize::from(at) % length),
                Self::IndexGarbage(at, mask) => {
                    if let Some(byte) = bytes.get_mut(usize::from(at) % length) {
                        *byte ^= mask;
                    }
                }
                _ => {
                    let line = b"caseward-index 99 9.9.9\n";
                    bytes.splice(..line.len().min(length), line.iter().copied());
                }
            }
            fs::write(&path, bytes).unwrap();
        }
    }
}
