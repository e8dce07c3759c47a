//! The kernel's file system below one directory handle; links are never followed.

use super::wait;
use super::{
    DirEntry, FileKind, Fs, FsDir, FsFile, FsLock, FsTraits, Interest, RelPath, Replace, Stat,
    Watch, WatchId,
};
use rustix::fs::{
    Access, AtFlags, FileType, FlockOperation, Mode, OFlags, RenameFlags, ResolveFlags, SeekFrom,
    StatxFlags, accessat, fchmod, flock, fstat, fstatfs, fsync, ftruncate, mkdirat, openat2,
    renameat_with, seek, statat, statx, unlinkat,
};
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A workspace directory on disk.
#[derive(Debug)]
pub struct RealFs {
    root: OwnedFd,
    shown: PathBuf,
    /// A group workspace (set-group-id, writable by the group): new files stay writable by it.
    group: bool,
}

impl RealFs {
    /// Opens the directory `root`. The path to it may contain links: only what is below may not.
    ///
    /// # Errors
    /// When it is missing, not a directory or not permitted.
    pub fn open(root: &Path) -> io::Result<Self> {
        let handle = rustix::fs::open(root, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mode = fstat(&handle)?.st_mode;
        Ok(Self { root: handle, shown: root.to_path_buf(), group: mode & 0o2020 == 0o2020 })
    }

    /// The directory as it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.shown
    }

    fn open_at(&self, path: &RelPath, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let shown: &Path = if path.is_root() { Path::new(".") } else { path.as_path() };
        loop {
            match openat2(&self.root, shown, flags | OFlags::CLOEXEC, mode, resolve) {
                // openat2 asks to try again when a rename raced with the walk.
                Err(Errno::AGAIN | Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }

    fn parent(&self, path: &RelPath) -> io::Result<OwnedFd> {
        self.open_at(&path.parent(), OFlags::DIRECTORY | OFlags::PATH, Mode::empty())
    }

    fn open_file(&self, path: &RelPath, flags: OFlags) -> io::Result<Box<dyn FsFile>> {
        // NONBLOCK: opening a FIFO must not wait for its other end; it changes nothing for a file.
        let handle =
            self.open_at(path, flags | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?;
        let file = RealFile(std::fs::File::from(handle));
        if file.stat()?.kind != FileKind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Box::new(file))
    }

    fn file_mode(&self) -> u32 {
        if self.group { 0o660 } else { 0o600 }
    }

    fn lock_with(&self, path: &RelPath, how: FlockOperation) -> io::Result<Box<dyn FsLock>> {
        let mode = Mode::from_raw_mode(self.file_mode());
        let handle = self.open_at(path, OFlags::RDWR | OFlags::CREATE, mode)?;
        if self.group {
            // Somebody else's lock file has its mode already, and only its owner may set it.
            let _ = fchmod(&handle, mode);
        }
        let named = wait::is_waited_for(path);
        match flock_with(&handle, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) if how == FlockOperation::LockExclusive => {
                let acquire = || flock_with(&handle, how);
                if named && let Ok(words) = handle.try_clone() {
                    let mut words = RealFile(std::fs::File::from(words));
                    wait::patiently(&mut words, acquire)?;
                } else {
                    acquire()?;
                }
            }
            other => other?,
        }
        let mut file = RealFile(std::fs::File::from(handle));
        if named {
            wait::sign(&mut file);
        }
        Ok(Box::new(RealLock { file, signed: named }))
    }
}

/// Whether a path still leads to the directory that a file system was opened on: it may have been
/// moved, removed, or covered by another.
///
/// # Errors
/// The directory that is open does not answer.
pub fn same_dir(fs: &dyn Fs, path: &Path) -> io::Result<bool> {
    let open = fs.stat(&RelPath::root())?;
    match rustix::fs::stat(path) {
        Ok(there) => Ok((there.st_dev, there.st_ino) == (open.dev, open.inode)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn flock_with(handle: &OwnedFd, how: FlockOperation) -> Result<(), Errno> {
    loop {
        match flock(handle, how) {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

#[derive(Debug)]
struct RealFile(std::fs::File);

#[derive(Debug)]
struct RealDir(OwnedFd);

/// Held for its flock, which ends with it.
#[derive(Debug)]
struct RealLock {
    file: RealFile,
    /// Whether it says who holds it.
    signed: bool,
}

impl FsLock for RealLock {}

impl Drop for RealLock {
    fn drop(&mut self) {
        if self.signed {
            // Still held: these are nobody else's words. What stays after a stop is passed over.
            let _ = self.file.set_len(0);
        }
    }
}

impl FsDir for RealDir {
    fn sync(&self) -> io::Result<()> {
        Ok(fsync(&self.0)?)
    }

    fn stat_below(&self, path: &Path) -> io::Result<Stat> {
        Ok(stat_of(&statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW)?))
    }
}

impl FsFile for RealFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match self.0.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        Ok(ftruncate(&self.0, size)?)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(fsync(&self.0)?)
    }

    fn stat(&self) -> io::Result<Stat> {
        Ok(stat_of(&fstat(self.0.as_fd())?))
    }

    fn next_data(&self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        // Reads and writes name their offset, so moving the file's own disturbs nobody.
        let start = match seek(&self.0, SeekFrom::Data(offset)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(None),
            // It cannot say: then all of it may be data.
            Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => {
                let size = self.stat()?.size;
                return Ok((offset < size).then_some((offset, size)));
            }
            Err(error) => return Err(error.into()),
        };
        match seek(&self.0, SeekFrom::Hole(start)) {
            Ok(end) => Ok(Some((start, end))),
            // Cut off meanwhile.
            Err(Errno::NXIO) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn stat_of(stat: &rustix::fs::Stat) -> Stat {
    Stat {
        kind: kind_of(FileType::from_raw_mode(stat.st_mode)),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mtime: stat.st_mtime,
        mtime_nanos: u32::try_from(stat.st_mtime_nsec).unwrap_or(0),
        ctime: stat.st_ctime,
        ctime_nanos: u32::try_from(stat.st_ctime_nsec).unwrap_or(0),
        dev: stat.st_dev,
        inode: stat.st_ino,
        links: stat.st_nlink,
        mode: stat.st_mode,
    }
}

fn kind_of(kind: FileType) -> FileKind {
    match kind {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Dir,
        FileType::Symlink => FileKind::Symlink,
        _ => FileKind::Other,
    }
}

/// What the magic number of `statfs` stands for (linux/magic.h).
fn traits_of(magic: u64) -> FsTraits {
    let (name, copy_on_write, network, supported) = match magic {
        0xef53 => ("ext4", false, false, true),
        0x5846_5342 => ("xfs", false, false, true),
        0x0102_1994 => ("tmpfs", false, false, true),
        0xf2f5_2010 => ("f2fs", false, false, true),
        0x9123_683e => ("btrfs", true, false, true),
        0x2fc1_2fc1 => ("zfs", true, false, true),
        0xca45_1a4e => ("bcachefs", true, false, true),
        0x794c_7630 => ("overlayfs", true, false, true),
        0x00c3_6400 => ("ceph", true, true, true),
        0x6969 => ("nfs", false, true, false),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => ("smb", false, true, false),
        0x0102_1997 => ("9p", false, true, false),
        0x6573_5546 => ("fuse", false, true, false),
        _ => ("unknown", false, false, false),
    };
    FsTraits { name, copy_on_write, network, supported }
}

impl Fs for RealFs {
    fn open(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.open_file(path, OFlags::RDONLY)
    }

    fn open_write(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        self.open_file(path, OFlags::RDWR)
    }

    fn create(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        let mode = Mode::from_raw_mode(self.file_mode());
        let handle = self.open_at(path, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, mode)?;
        if self.group {
            fchmod(&handle, mode)?; // the umask would take the group's right to write
        }
        Ok(Box::new(RealFile(std::fs::File::from(handle))))
    }

    fn create_private(&self, path: &RelPath) -> io::Result<Box<dyn FsFile>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        let handle = self.open_at(path, flags, Mode::from_raw_mode(0o600))?;
        Ok(Box::new(RealFile(std::fs::File::from(handle))))
    }

    fn stat(&self, path: &RelPath) -> io::Result<Stat> {
        if path.is_root() {
            return Ok(stat_of(&fstat(&self.root)?));
        }
        let parent = self.parent(path)?;
        Ok(stat_of(&statat(&parent, path.name(), AtFlags::SYMLINK_NOFOLLOW)?))
    }

    fn traits(&self, path: &RelPath) -> io::Result<FsTraits> {
        // The directory stands for the name: opening a file only to ask would need the right to
        // read it.
        let dir = if path.is_root() { path.clone() } else { path.parent() };
        let handle = self.open_at(&dir, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        Ok(traits_of(fstatfs(&handle)?.f_type as u64 & 0xffff_ffff))
    }

    fn mount_of(&self, dir: &RelPath) -> io::Result<u64> {
        let handle = self.open_at(dir, OFlags::DIRECTORY | OFlags::PATH, Mode::empty())?;
        // Devices do not tell two bind mounts of one file system apart, and rename does. Where the
        // kernel has no such number the device has to do.
        match statx(&handle, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID) {
            Ok(found) if found.stx_mask & StatxFlags::MNT_ID.bits() != 0 => Ok(found.stx_mnt_id),
            _ => Ok(fstat(&handle)?.st_dev),
        }
    }

    fn held_open(&self, files: &HashSet<(u64, u64)>) -> bool {
        super::held::held_open(files)
    }

    fn list(&self, path: &RelPath) -> io::Result<Vec<DirEntry>> {
        let handle = self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&handle)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => kind_of(FileType::from_raw_mode(
                    statat(&handle, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode,
                )),
                known => kind_of(known),
            };
            entries.push(DirEntry { name: name.to_os_string(), kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn open_dir(&self, path: &RelPath) -> io::Result<Box<dyn FsDir>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        Ok(Box::new(RealDir(self.open_at(path, flags, Mode::empty())?)))
    }

    fn may_write(&self, dir: &RelPath) -> io::Result<()> {
        let handle = self.open_at(dir, OFlags::DIRECTORY | OFlags::PATH, Mode::empty())?;
        Ok(accessat(&handle, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)?)
    }

    fn watch(&self, watch: &Watch, dir: &RelPath, of: Interest) -> io::Result<WatchId> {
        watch.add(&self.open_at(dir, OFlags::DIRECTORY | OFlags::PATH, Mode::empty())?, of)
    }

    fn create_dir(&self, path: &RelPath) -> io::Result<()> {
        let mode = Mode::from_raw_mode(if self.group { 0o2770 } else { 0o700 });
        mkdirat(self.parent(path)?, path.name(), mode)?;
        if self.group {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            fchmod(self.open_at(path, flags, Mode::empty())?, mode)?;
        }
        Ok(())
    }

    fn rename(&self, from: &RelPath, to: &RelPath, replace: Replace) -> io::Result<()> {
        let flags = match replace {
            Replace::Yes => RenameFlags::empty(),
            Replace::No => RenameFlags::NOREPLACE,
        };
        let (old, new) = (self.parent(from)?, self.parent(to)?);
        Ok(renameat_with(old, from.name(), new, to.name(), flags)?)
    }

    fn unlink(&self, path: &RelPath) -> io::Result<()> {
        Ok(unlinkat(self.parent(path)?, path.name(), AtFlags::empty())?)
    }

    fn remove_dir(&self, path: &RelPath) -> io::Result<()> {
        Ok(unlinkat(self.parent(path)?, path.name(), AtFlags::REMOVEDIR)?)
    }

    fn lock(&self, path: &RelPath) -> io::Result<Box<dyn FsLock>> {
        self.lock_with(path, FlockOperation::LockExclusive)
    }

    fn try_lock(&self, path: &RelPath) -> io::Result<Option<Box<dyn FsLock>>> {
        match self.lock_with(path, FlockOperation::NonBlockingLockExclusive) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_pipes_are_never_opened() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "x").unwrap();
        std::fs::create_dir(dir.path().join("real")).unwrap();
        std::fs::write(dir.path().join("real/inner"), "y").unwrap();
        std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("real", dir.path().join("dirlink")).unwrap();
        let fs = RealFs::open(dir.path()).unwrap();
        let path = |p: &str| RelPath::new(p).unwrap();
        assert_eq!(super::super::read(&fs, &path("file")).unwrap(), b"x");
        assert!(fs.open(&path("link")).is_err());
        assert!(fs.open(&path("dirlink/inner")).is_err());
        assert_eq!(fs.stat(&path("link")).unwrap().kind, FileKind::Symlink);
        assert!(fs.open(&path("real")).is_err());
    }

    #[test]
    fn a_rename_without_replacing_leaves_both() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let fs = RealFs::open(dir.path()).unwrap();
        let path = |p: &str| RelPath::new(p).unwrap();
        let error = fs.rename(&path("a"), &path("b"), Replace::No).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        fs.rename(&path("a"), &path("b"), Replace::Yes).unwrap();
        assert_eq!(super::super::read(&fs, &path("b")).unwrap(), b"a");
    }
}
