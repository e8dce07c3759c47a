//! What the program knows of its own making. The example workspace is embedded: a change of its files is
//! a change of the program.

#![allow(clippy::disallowed_macros, reason = "how a build script speaks")]
#![allow(clippy::disallowed_methods, reason = "a build script has an environment of its own")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=workspace-example");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CASEWARD_COMMIT");
    for (name, value) in [
        ("CASEWARD_TARGET", env::var("TARGET").ok()),
        ("CASEWARD_PROFILE", env::var("PROFILE").ok()),
        ("CASEWARD_RUSTC", compiler()),
        ("CASEWARD_COMMIT", env::var("CASEWARD_COMMIT").ok().or_else(commit)),
    ] {
        let value =
            value.filter(|value| value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
        println!("cargo:rustc-env={name}={}", value.unwrap_or_default());
    }
}

/// `rustc 1.90.0 (…)`, as the compiler at hand says.
fn compiler() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The commit of a checkout, from its files: without one, as in a tarball, there is none. Only releases
/// say it: to a build in the making each commit would be a reason to build anew.
fn commit() -> Option<String> {
    if env::var("PROFILE").ok()? != "release" {
        return None;
    }
    let git = git_dir(Path::new(&env::var("CARGO_MANIFEST_DIR").ok()?))?;
    println!("cargo:rerun-if-changed={}", git.join("HEAD").display());
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(branch) = head.trim().strip_prefix("ref: ") else { return hash(&head) };
    // A worktree has its own HEAD and shares the branches.
    let common =
        fs::read_to_string(git.join("commondir")).map_or(git.clone(), |dir| git.join(dir.trim()));
    let file = common.join(branch);
    if let Ok(text) = fs::read_to_string(&file) {
        println!("cargo:rerun-if-changed={}", file.display());
        return hash(&text);
    }
    let packed = common.join("packed-refs");
    println!("cargo:rerun-if-changed={}", packed.display());
    let packed = fs::read_to_string(packed).ok()?;
    packed.lines().find_map(|line| hash(line.strip_suffix(branch)?.trim_end()))
}

/// The directory `.git`, or the one that a file of this name points at.
fn git_dir(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_owned())
}
