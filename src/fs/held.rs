//! Whether a process has a file open, as far as this account may see: /proc/PID/fd.

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, statat};
use std::collections::HashSet;
use std::io;

/// Whether any process that this account may look into has one of `files` (device and inode) open.
/// Processes of other accounts, and files that are only mapped, are not seen.
pub(super) fn held_open(files: &HashSet<(u64, u64)>) -> bool {
    let Ok(processes) = names("/proc") else { return false };
    processes.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).any(|process| {
        let fds = format!("/proc/{process}/fd");
        // Gone meanwhile, or somebody else's.
        let Ok(handles) = names(&fds) else { return false };
        handles.iter().any(|handle| {
            let target = statat(CWD, format!("{fds}/{handle}"), AtFlags::empty());
            target.is_ok_and(|stat| files.contains(&(stat.st_dev, stat.st_ino)))
        })
    })
}

fn names(path: &str) -> io::Result<Vec<String>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = openat(CWD, path, flags, Mode::empty())?;
    let mut names = Vec::new();
    for entry in Dir::read_from(&handle)? {
        names.extend(entry?.file_name().to_str().map(str::to_owned));
    }
    Ok(names)
}
