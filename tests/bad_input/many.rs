//! A case of very many files.
//!
//! `CASEWARD_MANY_FILES=100000 cargo test --release --test bad_input --test tui many_files -- --nocapture`
//! tries that many and says how long each thing took; without it a short form runs.

use caseward::model::Sha256;
use std::path::Path;

/// How many.
pub fn asked_for() -> usize {
    std::env::var("CASEWARD_MANY_FILES").map_or(2_000, |number| number.parse().unwrap())
}

/// Adds that many records to the example's migration case, the 1,322nd of them about `zanzibar`, and a
/// tenth as many diagnostics.
pub fn fill(case: &Path, count: usize) {
    let (records, diagnostics) = (case.join("records"), case.join("diagnostics"));
    for n in 0..count {
        let words = if n == 1_321 { "zanzibar@contoso.com" } else { "" };
        std::fs::write(records.join(format!("n{n}.md")), words).unwrap();
    }
    let sidecar = std::fs::read_to_string(diagnostics.join("mailbox-statistics.txt.meta.toml"));
    let sidecar = sidecar.unwrap();
    let field = |key: &str| {
        let line = sidecar.lines().find(|line| line.starts_with(key)).unwrap();
        line.to_owned()
    };
    let (hash, size) = (field("sha256 = "), field("size = "));
    let hashed = format!("sha256 = \"{}\"", Sha256::of(b"x"));
    let sidecar = sidecar.replace(&hash, &hashed).replace(&size, "size = 1");
    for n in 0..count / 10 {
        std::fs::write(diagnostics.join(format!("d{n}.txt")), "x").unwrap();
        let sidecar = sidecar.replace("mailbox-statistics.txt", &format!("d{n}.txt"));
        std::fs::write(diagnostics.join(format!("d{n}.txt.meta.toml")), sidecar).unwrap();
    }
}
