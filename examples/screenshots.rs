//! Draws the pictures of the documentation and its page of keys anew: `cargo run --example screenshots`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_macros)]

// The same stage, keys and pictures as the tests: the pictures show what is tested.
#[path = "../tests/tui/harness.rs"]
#[allow(dead_code)]
mod harness;
#[path = "../tests/tui/keys_page.rs"]
mod keys_page;
#[path = "../tests/tui/pictures.rs"]
mod pictures;
#[path = "../tests/tui/scripts.rs"]
mod scripts;
#[path = "../tests/tui/svg.rs"]
mod svg;

fn main() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    std::fs::write(docs.join("keys.md"), keys_page::page()).unwrap();
    println!("docs/keys.md");
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&dir).unwrap();
    for (name, picture) in pictures::all() {
        std::fs::write(dir.join(name), picture).unwrap();
        println!("docs/pictures/{name}");
    }
}
