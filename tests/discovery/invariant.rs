//! Nothing that a plain search finds is dropped: match and review together contain every file in which
//! the identifier's text stands, in any case, whatever is beside it.

use crate::persona::*;
use caseward::discovery::{IdentifierType, Limits};
use proptest::prelude::*;
use std::process::Command;

/// What may stand beside an identifier: boundaries, escapes, letters, bytes that are no text.
const BESIDE: [&[u8]; 40] = [
    b"",
    b" ",
    b"\n",
    b"\\n",
    b"\\t",
    b"%2f",
    b"%",
    b"=",
    b"=3D",
    b"=\r\n",
    b"&eacute;",
    b"&",
    b"\x1b[0m",
    b"x",
    b"9",
    b".",
    b"-",
    b"_",
    b"@",
    b"'",
    b"\"",
    b"\\",
    b"\\\\",
    b"\\u00e9",
    b"\xC3\xA9",
    b"\xE9",
    b"\xFF\xFE",
    b"\0",
    b"<b>",
    b"</b>",
    b"<",
    b"+",
    b"?",
    b"=?utf-8?B?",
    b"\xE2\x80\x8B",
    b"0x",
    b"\\x",
    b"{",
    b":",
    b"\xF0\x9F\x98\x80",
];

fn beside() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..BESIDE.len(), 0..4)
        .prop_map(|picks| picks.into_iter().flat_map(|n| BESIDE[n].to_vec()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn literal_text_is_never_dropped(number in 0..ALL.len(), upper in any::<bool>(), before in beside(), after in beside()) {
        let (_, value) = ALL[number];
        let text = if upper { value.to_uppercase() } else { value.to_owned() };
        let bytes = [&before[..], text.as_bytes(), &after[..]].concat();
        let result = scan(&bytes);
        prop_assert!(outcome(&result, value).is_some(), "{:?}", String::from_utf8_lossy(&bytes));
    }

    /// Any identifier of any shape, in any context of bytes.
    #[test]
    fn custom_text_is_never_dropped(value in "[a-zA-Zéß0-9 ._-]{2,20}", before in beside(), after in beside()) {
        prop_assume!(value.trim().chars().filter(|c| c.is_alphanumeric()).count() > 1);
        let query = query(&[(IdentifierType::Custom, &value)]);
        let bytes = [&before[..], value.trim().as_bytes(), &after[..]].concat();
        let result = query.scan_bytes(&bytes, &Limits::default());
        prop_assert!(!result.hits.is_empty(), "{:?} in {:?}", value, String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn ripgrep_finds_no_file_that_discovery_drops() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (number, (_, value)) in ALL.iter().enumerate() {
        for (n, left) in BESIDE.iter().enumerate() {
            let right = BESIDE[(n * 7 + number) % BESIDE.len()];
            let bytes = [*left, value.as_bytes(), right, b"\n"].concat();
            let name = format!("{number:02}-{n:02}");
            std::fs::write(dir.path().join(&name), &bytes).unwrap();
            files.push((name, bytes));
        }
    }
    let query = persona();
    let ours: Vec<&str> = files
        .iter()
        .filter(|(_, bytes)| !query.scan_bytes(bytes, &Limits::default()).hits.is_empty())
        .map(|(name, _)| name.as_str())
        .collect();
    let mut command = Command::new("rg");
    command.current_dir(&dir).args(["-uuu", "-a", "-i", "-F", "-l", "--no-config"]);
    for (_, value) in ALL {
        command.args(["-e", value]);
    }
    // Where ripgrep is missing, the same search is done here.
    let theirs: Vec<String> = match command.arg(".").output() {
        Ok(output) => String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|l| l.trim_start_matches("./").to_owned())
            .collect(),
        Err(_) => files
            .iter()
            .filter(|(_, bytes)| {
                let text = String::from_utf8_lossy(bytes).to_lowercase();
                ALL.iter().any(|(_, value)| text.contains(&value.to_lowercase()))
            })
            .map(|(name, _)| name.clone())
            .collect(),
    };
    assert!(theirs.len() > ALL.len() * 30, "the search found {} files", theirs.len());
    let dropped: Vec<&String> =
        theirs.iter().filter(|name| !ours.contains(&name.as_str())).collect();
    assert!(dropped.is_empty(), "{dropped:?}");
}
