//! One discovery over several hosts: each searches a shard of the files, and a merge puts the
//! shards together as if one had searched them all.
//!
//! What a shard is follows from the files alone, so nobody has to hand them out. A shard's file
//! holds results, no text that was read; it is bound to the request, its identifiers, the program's
//! version and its place among the others, under a key that only the request's record gives.
//! Merging believes a result only while its file still has the stamp that it had when it was
//! searched; whatever changed since or came is searched by the merge itself. The files of a shard
//! that is missing are not: they are problems, and the discovery is not complete.

use super::super::{Context, Matter};
use super::discover::{DiscoverProgress, Discovered, Search, query_of, record, search};
use super::resume::{Line, Resume, Stamp, key_of};
use super::scope::Scope;
use super::{load_findings, to_change};
use crate::discovery::{self, Limits, Target};
use crate::error::{Error, Invalid, Result};
use crate::fs::RelPath;
use crate::model::{Activity, Id, Request, Sha256};
use crate::outside;
use crate::policy::dsr as rules;
use crate::workspace::{DsrRef, Loaded};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

/// The most shards that one discovery is cut into.
const MOST: u32 = 10_000;

/// A file larger than this is not read as a shard.
const LARGEST: u64 = 4 << 30;

/// The place of a shard: `K/N`, the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shard {
    #[serde(rename = "shard")]
    number: u32,
    of: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no shard such as 3/8");
        let (number, of) = text.split_once('/').ok_or_else(bad)?;
        let (number, of) = (number.parse().map_err(|_| bad())?, of.parse().map_err(|_| bad())?);
        if of == 0 || of > MOST || number == 0 || number > of {
            return Err(format!("a shard is K/N with K from 1 to N and N at most {MOST}"));
        }
        Ok(Self { number, of })
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What became of a shard.
#[derive(Debug, Clone, Serialize)]
pub struct Sharded {
    pub dsr: Id,
    #[serde(flatten)]
    pub shard: Shard,
    pub out: String,
    /// Files of this shard, and their bytes.
    pub files: u64,
    pub bytes: u64,
    /// Files of it in which something was found.
    pub found: u64,
    /// It was there already, and nothing was searched.
    pub kept: bool,
}

/// The first line of a shard's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    shard_format: u32,
    dsr: String,
    number: u32,
    of: u32,
    files: u64,
    bytes: u64,
    found: u64,
}

/// Its last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    hmac: Sha256,
}

/// Which shard each file falls to, files and answer in the order of their paths: the largest first,
/// each to the shard that has the fewest bytes by then. The same for everybody who sees the files.
fn assign(sizes: &[u64], of: u32) -> Vec<u32> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), at));
    let mut loads: std::collections::BTreeSet<(u64, u32)> = (0..of).map(|n| (0, n)).collect();
    let mut shards = vec![0; sizes.len()];
    for at in order {
        let Some((bytes, shard)) = loads.pop_first() else { break };
        shards[at] = shard;
        // An empty file costs something, too.
        loads.insert((bytes + sizes[at].max(1), shard));
    }
    shards
}

/// Searches one shard and writes what came of it to `out`. Nothing in the workspace changes. When
/// `out` is that shard already, nothing is done: a batch engine may try again.
///
/// # Errors
/// As [`super::discover`]; `out` is something else, or cannot be written.
pub fn discover_shard(
    context: &Context,
    named: &str,
    shard: Shard,
    out: &Path,
    progress: &(dyn Fn(DiscoverProgress) + Sync),
    cancel: &AtomicBool,
) -> Result<Sharded> {
    let dsr = super::find(context, named)?;
    let request = context.workspace.dsr(&dsr)?.value;
    permitted(context, &dsr, &request)?;
    let key = key(&dsr, &request);
    let shown = out.display().to_string();
    let done = |head: &Head, kept| Sharded {
        dsr: dsr.id.clone(),
        shard,
        out: shown.clone(),
        files: head.files,
        bytes: head.bytes,
        found: head.found,
        kept,
    };
    if outside::exists(out) {
        let (head, _) = read(out, &key, &dsr)?;
        if (head.number, head.of) != (shard.number, shard.of) {
            return Err(Error::usage(format!("{shown} is shard {}/{}", head.number, head.of))
                .with_hint("give each shard a file of its own with --out"));
        }
        return Ok(done(&head, true));
    }
    let query = query_of(&request)?;
    let mine = share(Scope::of(context, &dsr, &request)?, shard);
    let targets: Vec<Target> = mine.iter().map(|(target, ..)| target.clone()).collect();
    let total = targets.len() as u64;
    let report = |at: discovery::Progress| {
        progress(DiscoverProgress {
            files: at.files,
            files_total: total,
            bytes: at.bytes,
            findings: at.findings,
        });
    };
    let threads = crate::env::readers();
    let results = discovery::run(&targets, &query, &Limits::default(), threads, &report, cancel);
    if results.len() != targets.len() {
        return Err(Error::Interrupted);
    }
    let head = Head {
        shard_format: 1,
        dsr: dsr.to_string(),
        number: shard.number,
        of: shard.of,
        files: total,
        bytes: mine.iter().map(|(_, _, stamp)| stamp.size()).sum(),
        found: results.iter().filter(|(_, result)| !result.hits.is_empty()).count() as u64,
    };
    let mut bytes = Vec::new();
    append(&mut bytes, &head)?;
    for (at, result) in results {
        let (_, path, stamp) = &mine[at];
        // A file that changed while it was searched has another stamp now, and is searched again.
        append(&mut bytes, &Line { path: path.display(), stamp: *stamp, result })?;
    }
    let seal = Seal { hmac: Sha256(mac(&key, &bytes).finalize().into_bytes().into()) };
    append(&mut bytes, &seal)?;
    outside::write_whole(out, &bytes)?;
    Ok(done(&head, false))
}

/// Appends a value as a line of JSON.
fn append(to: &mut Vec<u8>, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *to, value)
        .map_err(|error| Error::io("write", "a shard", error.into()))?;
    to.push(b'\n');
    Ok(())
}

fn permitted(context: &Context, dsr: &DsrRef, request: &Request) -> Result<()> {
    let matter = Matter::dsr(&dsr.id);
    context
        .actor
        .require_engineer("DSR-4", "run a discovery")
        .and_then(|()| rules::require_state(request, super::DISCOVERABLE, "discovered"))
        .map_err(|refusal| context.refused(refusal, &dsr.tenant, Activity::DsrDiscovered, &matter))
}

/// The files of a shard, with their stamps. What is searched in memory, such as records without the
/// parts that are not to be searched, belongs to none: the merge does it.
fn share(scope: Scope, shard: Shard) -> Vec<(Target, RelPath, Stamp)> {
    let files =
        scope.files.into_iter().filter_map(|file| Some((file.target, file.path, file.stamp?)));
    let files: Vec<_> = files.collect();
    let sizes: Vec<u64> = files.iter().map(|(_, _, stamp)| stamp.size()).collect();
    let shards = assign(&sizes, shard.of);
    let own = |at: usize| shards[at] == shard.number - 1;
    files.into_iter().enumerate().filter(|(at, _)| own(*at)).map(|(_, file)| file).collect()
}

/// Puts shards together and records the discovery, as one run would have.
///
/// # Errors
/// A file is no shard of this request as it stands, was changed, or is given twice; and as
/// [`super::discover`].
pub fn merge(
    context: &Context,
    named: &str,
    files: &[PathBuf],
    progress: &(dyn Fn(DiscoverProgress) + Sync),
    cancel: &AtomicBool,
) -> Result<Discovered> {
    let (dsr, loaded) = to_change(context, named)?;
    permitted(context, &dsr, &loaded.value)?;
    let (results, absent) = collect(context, &dsr, &loaded, files)?;
    let earlier = load_findings(context, &dsr)?;
    let how = Search {
        earlier: &earlier,
        resume: results,
        keep: true,
        absent: absent.as_deref(),
        progress,
        cancel,
    };
    let found = search(context, &dsr, &loaded.value, how)?;
    record(context, &dsr, &loaded, found)
}

/// The results of all shards, and which shards are missing, in words.
fn collect(
    context: &Context,
    dsr: &DsrRef,
    loaded: &Loaded<Request>,
    files: &[PathBuf],
) -> Result<(Resume, Option<String>)> {
    let key = key(dsr, &loaded.value);
    let mut seen: BTreeMap<u32, &PathBuf> = BTreeMap::new();
    let mut shards = None;
    let mut resume = Resume::default();
    let here = context.workspace.fs().stat(&RelPath::root()).map_or(0, |stat| stat.dev);
    for file in files {
        let (head, lines) = read(file, &key, dsr)?;
        let of = *shards.get_or_insert(head.of);
        if head.of != of {
            let message =
                format!("{} is one of {} shards, the others are of {of}", file.display(), head.of);
            return Err(Error::usage(message).with_hint("merge the shards of one run"));
        }
        if let Some(other) = seen.insert(head.number, file) {
            let (one, two) = (other.display(), file.display());
            let message = format!("{one} and {two} are both shard {}/{of}", head.number);
            return Err(Error::usage(message).with_hint("give each shard once"));
        }
        for line in lines {
            // Hosts call the device of a shared file system by numbers of their own.
            resume.put(line.path, line.stamp.on(here), line.result);
        }
    }
    let of = shards.ok_or_else(|| Error::usage("no shards are given"))?;
    let missing: Vec<String> =
        (1..=of).filter(|n| !seen.contains_key(n)).map(|n| format!("{n}/{of}")).collect();
    let absent = match missing.as_slice() {
        [] => None,
        [one] => Some(format!("not searched: shard {one} is missing")),
        more => Some(format!("not searched: shards {} are missing", more.join(", "))),
    };
    Ok((resume, absent))
}

/// Reads a shard's file and checks that it is one of this request as it stands.
fn read(path: &Path, key: &[u8], dsr: &DsrRef) -> Result<(Head, Vec<Line>)> {
    let invalid = |why: &str| {
        Invalid::new(path.display().to_string(), why)
            .hint("search that shard again: `caseward dsr discover DSR --shard K/N --out FILE`")
    };
    let bytes = outside::read_bounded(path, LARGEST)?;
    let body = bytes.strip_suffix(b"\n").ok_or_else(|| invalid("is cut off"))?;
    let end = body.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let seal: Seal = serde_json::from_slice(&body[end..])
        .map_err(|_| invalid("is no shard of a discovery, or is cut off"))?;
    let mut lines = body[..end].split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let head: Head = lines
        .next()
        .and_then(|line| serde_json::from_slice(line).ok())
        .ok_or_else(|| invalid("is no shard of a discovery"))?;
    if head.shard_format != 1 {
        return Err(invalid("was written by a newer version").into());
    }
    if head.dsr != dsr.to_string() {
        return Err(invalid(&format!("is a shard of {}, not of {dsr}", head.dsr)).into());
    }
    if mac(key, &body[..end]).verify_slice(&seal.hmac.0).is_err() {
        let why = "was changed, or was made for other identifiers or by another version";
        return Err(invalid(why).into());
    }
    let lines: Vec<Line> = lines
        .map(serde_json::from_slice)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(&format!("has a line that is no result: {error}")))?;
    if lines.len() as u64 != head.files || head.number == 0 || head.number > head.of {
        return Err(invalid("does not hold what it says").into());
    }
    Ok((head, lines))
}

/// What a shard is sealed with: nobody makes one who cannot read the request.
fn key(dsr: &DsrRef, request: &Request) -> Vec<u8> {
    let mut key = format!("caseward shard 1\n{dsr}\n{}\n", key_of(request)).into_bytes();
    for salt in request.identifiers.iter().filter_map(|identifier| identifier.salt) {
        key.extend_from_slice(&salt.0);
    }
    key
}

fn mac(key: &[u8], bytes: &[u8]) -> Hmac<sha2::Sha256> {
    // A hash takes keys of every length.
    let mut mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(key)
        .unwrap_or_else(|_| <Hmac<sha2::Sha256> as Mac>::new(&Default::default()));
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_are_checked() {
        let shard: Shard = "3/8".parse().unwrap();
        assert_eq!((shard.number, shard.of), (3, 8));
        for bad in ["", "3", "0/8", "9/8", "3/0", "a/b", "1/10001", "-1/2", "1/2/3"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    proptest! {
        /// Every file falls to one shard, and none is more than the largest file above another.
        #[test]
        fn shards_are_balanced_by_bytes(
            sizes in prop::collection::vec(prop_oneof![0..2000_u64, 0..2_000_000_u64], 0..400),
            of in 1..20_u32,
        ) {
            let shards = assign(&sizes, of);
            prop_assert_eq!(&shards, &assign(&sizes, of));
            let mut loads = vec![0_u64; of as usize];
            for (size, shard) in sizes.iter().zip(&shards) {
                loads[*shard as usize] += (*size).max(1);
            }
            let (most, least) = (loads.iter().max().unwrap(), loads.iter().min().unwrap());
            prop_assert!(most - least <= sizes.iter().copied().max().unwrap_or(0).max(1));
        }
    }
}
