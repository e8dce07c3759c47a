//! The pictures in the documentation: what they show is what the program draws.

use crate::harness::Stage;
use crate::scripts::{TO_DELETION, TO_PLAN, TO_REVIEW};
use crate::svg;

/// Every picture: its file in `docs/pictures/`, and its contents.
pub fn all() -> Vec<(&'static str, String)> {
    let mut cases = Stage::sized(108, 24);
    cases.type_keys("jjjjjj");
    let mut review = Stage::new();
    review.type_keys(TO_REVIEW);
    let mut deletion = Stage::new();
    deletion.type_keys(TO_REVIEW).type_keys(TO_PLAN).type_keys(TO_DELETION);
    vec![
        ("cases.svg", svg::render(cases.buffer(), "The list of cases with one in detail")),
        ("review.svg", svg::render(review.buffer(), "Review of what a discovery found")),
        ("deletion.svg", svg::render(deletion.buffer(), "The confirmation of a deletion")),
    ]
}

#[test]
fn the_pictures_in_the_documentation_are_current() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    for (name, wanted) in all() {
        let kept = std::fs::read_to_string(dir.join(name)).unwrap_or_default();
        assert!(kept == wanted, "{name} is out of date: `cargo run --example screenshots`");
    }
}
