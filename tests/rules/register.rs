//! `docs/rules.md` is held to the sources: no rule is missing from it, and what it names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rules of the design, by area; the numbers that an area leaves out are rules of a later time.
const AREAS: [(&str, &[u32]); 10] = [
    ("CASE", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ("CONS", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("SAR", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
    ("AUD", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ("DIAG", &[1, 2, 3, 4, 5, 6]),
    ("DTM", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ("DSR", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
    ("LAW", &[1, 2, 3, 4, 5, 7, 9, 10]),
    ("DEL", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ("ATT", &[1, 2, 3, 4, 5, 6, 7]),
];
const LATER: [&str; 3] = ["LAW-6", "LAW-8", "DIAG-7"];

/// Rules whose tests bear the id of another that asks for the same thing.
const BORROWED: [&str; 3] = ["DSR-14", "LAW-7", "LAW-10"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rules() -> BTreeSet<String> {
    AREAS
        .iter()
        .flat_map(|(area, numbers)| numbers.iter().map(move |n| format!("{area}-{n}")))
        .collect()
}

/// A row of the register.
struct Row {
    id: String,
    cells: Vec<String>,
}

/// The rows of all tables, in order.
fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Id "))
        .map(cells)
        .map(|cells| Row { id: cells[0].clone(), cells })
        .collect()
}

/// The `path::name` words of a cell.
fn named(cell: &str) -> Vec<(String, String)> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|word| word.split_once("::"))
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(path, name)| (path.to_owned(), name.to_owned()))
        .collect()
}

fn source(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether a file defines an item of this name: a function, a type, a constant, a module; or a
/// closed set of words, which a macro makes.
fn defines(text: &str, name: &str) -> bool {
    let keyword = ["fn", "struct", "enum", "trait", "const", "static", "mod", "type"];
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].trim_end();
        let own = before.len() < at && ends(&text[at + name.len()..]);
        own && (keyword.iter().any(|word| before.ends_with(word)) || before.ends_with('"'))
    })
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> BTreeMap<PathBuf, String> {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    sources(&root().join("tests"), &mut paths);
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The rules that a test's name begins with: `sar_15_sar_16_…` is about both.
fn rules_of(test: &str) -> Vec<String> {
    let mut words = test.split('_');
    let mut ids = Vec::new();
    while let (Some(area), Some(number)) = (words.next(), words.next()) {
        let known = AREAS.iter().any(|(known, _)| known.eq_ignore_ascii_case(area));
        match number.parse::<u32>() {
            Ok(number) if known => ids.push(format!("{}-{number}", area.to_uppercase())),
            _ => break,
        }
    }
    ids
}

#[test]
fn every_rule_has_its_row_and_every_row_is_a_rule() {
    let rows = rows();
    let (enforced, later): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.cells.len() == 4);
    let ids: BTreeSet<String> = enforced.iter().map(|row| row.id.clone()).collect();
    assert_eq!(ids.len(), enforced.len(), "a rule has one row");
    assert_eq!(ids, rules());
    assert_eq!(ids.len(), 108);
    let later_ids: Vec<&str> = later.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(later_ids, LATER);
    for row in &later {
        assert!(row.cells.len() == 3 && row.cells[2].len() > 20, "{}: no reason", row.id);
    }
}

#[test]
fn every_rule_names_code_and_tests_that_exist() {
    let mut without = Vec::new();
    for row in rows().iter().filter(|row| row.cells.len() == 4) {
        let (code, tests) = (named(&row.cells[2]), named(&row.cells[3]));
        for (path, name) in &code {
            assert!(path.starts_with("src/"), "{}: {path}", row.id);
            assert!(defines(&source(path), name), "{}: {path} defines no {name}", row.id);
        }
        for (path, name) in &tests {
            let text = source(path);
            assert!(text.contains(&format!("fn {name}(")), "{}: {path} has no {name}", row.id);
            let about = rules_of(name);
            let own = about.is_empty() || about.contains(&row.id);
            assert!(
                own || BORROWED.contains(&row.id.as_str()),
                "{}: {name} is about {about:?}",
                row.id
            );
        }
        if code.is_empty() || tests.is_empty() {
            // In words, and why.
            assert!(row.cells[3].len() > 30, "{}: neither a test nor a reason", row.id);
            without.push(row.id.as_str().to_owned());
        }
    }
    // None is skipped silently: these are the ones, and DTM-10 asks only to be told apart.
    assert_eq!(without, ["DTM-10"]);
}

#[test]
fn no_test_and_no_refusal_names_an_unknown_rule() {
    let known = rules();
    let (mut tests, mut refusals) = (0, 0);
    for (path, text) in all_sources() {
        for line in text.lines() {
            let Some(rest) = line.trim_start().strip_prefix("fn ") else { continue };
            let name = rest.split('(').next().unwrap_or_default();
            for id in rules_of(name) {
                assert!(known.contains(&id), "{}: {name} names {id}", path.display());
                tests += 1;
            }
        }
        // A rule's id in quotation marks or brackets, as refusals and their texts carry it.
        for (area, _) in AREAS {
            for (at, _) in text.match_indices(&format!("{area}-")) {
                let digits: String =
                    text[at + area.len() + 1..].chars().take_while(char::is_ascii_digit).collect();
                let opens = text[..at].ends_with(['"', '[']);
                let rest = &text[at + area.len() + 1 + digits.len()..];
                if digits.is_empty() || !opens || !rest.starts_with(['"', ']']) {
                    continue;
                }
                let id = format!("{area}-{digits}");
                let fine = known.contains(&id) || LATER.contains(&id.as_str());
                assert!(fine, "{}: {id} is no rule", path.display());
                refusals += 1;
            }
        }
    }
    assert!(tests > 150 && refusals > 100, "{tests} tests and {refusals} refusals were read");
}
