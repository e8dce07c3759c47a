//! Hashing a file from its open handle, so that no other name can slip in between.

use super::FsFile;
use crate::model::Sha256;
use sha2::Digest;
use std::io;

/// How much of a file is read at once.
const CHUNK: usize = 256 * 1024;

/// Hashes a file to its end. `read` hears the bytes of each piece. Returns the hash and how many
/// bytes were hashed.
///
/// # Errors
/// Whatever reading answers.
pub fn hash_file(file: &mut dyn FsFile, read: &mut dyn FnMut(u64)) -> io::Result<(Sha256, u64)> {
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut offset = 0;
    loop {
        let count = file.read_at(&mut buffer, offset)?;
        if count == 0 {
            return Ok((Sha256(hasher.finalize().into()), offset));
        }
        hasher.update(&buffer[..count]);
        offset += count as u64;
        read(count as u64);
    }
}
