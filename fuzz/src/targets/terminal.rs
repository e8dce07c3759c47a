//! What reaches a terminal: the sanitiser, and the text around a hit that a reviewer sees.

use caseward::discovery::{Identifier, IdentifierType, IntakeOptions, Limits, Query};
use caseward::text::{decoded, escaped_json, nearest, safe, safe_block, truncate, width};
use std::sync::LazyLock;

/// Whether a terminal would do anything with the character but show it.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

pub fn terminal(data: &[u8]) {
    let text = decoded(data).unwrap_or_else(|| String::from_utf8_lossy(data));
    shown(&text);
    context(data);
}

fn shown(text: &str) {
    let line = safe(text);
    assert!(!line.chars().any(is_obeyed), "{line:?}");
    assert_eq!(safe(&line), line, "safe once is safe");
    if !text.chars().any(is_obeyed) {
        assert_eq!(line, text, "what nobody obeys is shown as it is");
    }
    let block = safe_block(text);
    assert!(!block.chars().any(|c| c != '\n' && is_obeyed(c)), "{block:?}");
    assert_eq!(block.split('\n').count(), text.split('\n').count());
    for columns in [0, 1, 2, 7, 80] {
        let cut = truncate(&line, columns);
        assert!(width(&cut) <= columns, "{cut:?} in {columns}");
        assert!(!cut.chars().any(is_obeyed));
    }
    let document = serde_json::to_string(&[text]).expect("a string is JSON");
    let escaped = escaped_json(&document);
    assert!(!escaped.chars().any(is_obeyed), "{escaped:?}");
    let read: Vec<String> = serde_json::from_str(&escaped).expect("escaped JSON is JSON");
    assert_eq!(read, [text]);
    let head: String = text.chars().take(24).collect();
    let known = ["euii", "eupi", "oii", "support", "system"];
    assert!(nearest(&head, known).is_none_or(|near| known.contains(&near)));
}

/// What a reviewer reads around a hit, as it comes out of the file and as it goes to the terminal.
fn context(data: &[u8]) {
    static QUERY: LazyLock<Query> = LazyLock::new(|| {
        let options = IntakeOptions::default();
        let name = Identifier::parse(IdentifierType::Name, "Jane Miller", &options);
        Query::compile(&[name.expect("a name of two words")])
    });
    let limits = Limits { inflated: 1 << 20, ratio_floor: 1 << 20, ..Limits::default() };
    let (before, after) = super::split(data);
    let bytes = [before, b" Jane Miller ", after].concat();
    let result = QUERY.scan_bytes(&bytes, &limits);
    for hit in result.hits.iter().take(3) {
        let Some(seen) = QUERY.context(&mut bytes.as_slice(), hit, &limits, 40) else { continue };
        assert!(seen.before.chars().count() <= 40 && seen.after.chars().count() <= 40, "{seen:?}");
        for part in [&seen.before, &seen.matched, &seen.after] {
            assert!(!safe(part).chars().any(is_obeyed));
        }
        let masked = seen.masked();
        assert!(!format!("{}{}", masked.before, masked.after).chars().any(char::is_alphanumeric));
        assert_eq!(masked.before.chars().count(), seen.before.chars().count());
    }
}
