//! The example workspace is embedded: a change of its files is a change of the program.

#[allow(clippy::disallowed_macros, reason = "how a build script speaks")]
fn main() {
    println!("cargo:rerun-if-changed=workspace-example");
}
