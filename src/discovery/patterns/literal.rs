//! Identifiers that appear as they are: addresses, machine names, session ids, custom text.

use super::around::{Around, stands};
use super::{Found, Scene, Verdict};
use crate::discovery::findings::Reason;
use crate::discovery::identifier::IdentifierType;
use crate::discovery::text::{Glyph, is_word};
use std::ops::Range;

/// Extensions that no top-level domain bears, so that `…@contoso.com.log` is a file.
const EXTENSIONS: &[&str] = &[
    "log", "txt", "json", "jsonl", "xml", "csv", "tsv", "eml", "msg", "pst", "ost", "nst", "html",
    "htm", "evtx", "etl", "har", "dmp", "gz", "tgz", "bz2", "xz", "zst", "7z", "tar", "rar",
    "docx", "xlsx", "pptx", "pdf", "png", "jpg", "jpeg", "gif", "bak", "tmp", "toml", "yaml",
    "yml", "ini", "cfg", "db", "dat", "bin", "reg", "ics", "vcf", "mbox", "oab", "lnk", "swp",
    "old", "meta",
];
/// Those that are top-level domains as well: accepted only where a file's name ends.
const NAME_EXTENSIONS: &[&str] = &["zip", "md", "cab", "doc", "xls", "ps", "cer", "mov"];

/// Occurrences of `text` that touch `near`, the best one.
pub(super) fn verify(
    kind: IdentifierType,
    text: &[char],
    glyphs: &[Glyph],
    near: &Range<usize>,
    scene: Scene,
) -> Option<Found> {
    let mut best: Option<Found> = None;
    for start in starts(text.len(), near) {
        if !stands(glyphs, start, text) {
            continue;
        }
        let around = Around { glyphs, start, end: start + text.len() };
        let reason = match kind {
            IdentifierType::Email | IdentifierType::Upn | IdentifierType::Sip => {
                address(&around, scene)
            }
            IdentifierType::Machine => machine(&around),
            IdentifierType::Puid | IdentifierType::Session => token(&around),
            _ => word(&around),
        };
        let found = Found { start, end: around.end, verdict: Verdict::unless(reason) };
        best = Some(found.better(best));
    }
    if best.is_none() && matches!(kind, IdentifierType::Email | IdentifierType::Upn) {
        best = derived(text, glyphs, near).or_else(|| rewritten(text, glyphs, near));
    }
    best
}

/// The typed text itself, on no boundary at all.
pub(super) fn present(typed: &[char], glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    starts(typed.len(), near).find(|&start| stands(glyphs, start, typed)).map(|start| Found {
        start,
        end: start + typed.len(),
        verdict: Verdict::Review(Reason::TextPresent),
    })
}

/// Where a text of `length` can begin so that it touches `near`.
fn starts(length: usize, near: &Range<usize>) -> Range<usize> {
    near.start.saturating_sub(length.saturating_sub(1))..near.end
}

/// E-mail, UPN and SIP addresses: the local part may not begin earlier, nor the domain go on.
fn address(around: &Around, scene: Scene) -> Option<Reason> {
    let longer = Some(Reason::LongerAddress);
    match around.left(0) {
        _ if around.word_left() => return longer,
        // A dot, hyphen, plus, underscore or apostrophe belongs to a local part only when something of it
        // stands before.
        Some('\'') if quoted_literal(around) => {}
        Some('.' | '-' | '+' | '_' | '\'') if around.left_is_word(1) => return longer,
        _ => {}
    }
    match around.right(0) {
        _ if around.word_right() => longer,
        Some('@') => longer,
        Some('-') if around.right_is_word(1) => longer,
        Some('.') if around.right_is_word(1) && !extension(around, scene) => longer,
        _ => None,
    }
}

/// Whether the apostrophe before it opens a string of a programming language: `b'…'`, `u'…'`.
pub(super) fn quoted_literal(around: &Around) -> bool {
    matches!(around.left(1), Some('b' | 'u' | 'r' | 'n' | 'f')) && !around.left_is_word(2)
}

/// Whether file extensions follow, and nothing after them.
fn extension(around: &Around, scene: Scene) -> bool {
    let rest: String =
        around.after().take_while(|&c| is_word(c) || c == '.' || c == '-').take(40).collect();
    let mut parts = rest.trim_end_matches('.').split('.').skip(1).peekable();
    while let Some(part) = parts.next() {
        let known = EXTENSIONS.contains(&part)
            || scene == Scene::Name && parts.peek().is_none() && NAME_EXTENSIONS.contains(&part);
        if !known {
            return false;
        }
    }
    true
}

/// Machine names: a domain before a backslash, a DNS suffix or `$` after it are the same machine.
fn machine(around: &Around) -> Option<Reason> {
    let longer = Some(Reason::LongerWord);
    match around.left(0) {
        _ if around.word_left() => return longer,
        Some('-') if around.left_is_word(1) => return longer,
        Some('.') if around.left_is_word(1) => return longer,
        _ => {}
    }
    match around.right(0) {
        _ if around.word_right() => longer,
        Some('-') if around.right_is_word(1) => longer,
        _ => None,
    }
}

/// PUIDs and session ids: no letter or digit beside them, and no further group of a longer id.
fn token(around: &Around) -> Option<Reason> {
    let longer = Some(Reason::LongerWord);
    if around.word_left() {
        // `0x` is a way to write it, unless the x ends a word.
        let prefixed =
            around.left(0) == Some('x') && around.left(1) == Some('0') && !around.left_is_word(2);
        if !prefixed {
            return longer;
        }
    }
    if around.word_right() {
        return longer;
    }
    let hex_group = |chars: &mut dyn Iterator<Item = char>| {
        let group: Vec<char> = chars.take_while(|&c| is_word(c)).collect();
        group.len() >= 4 && group.iter().all(char::is_ascii_hexdigit)
    };
    let joined_left = around.left(0) == Some('-') && hex_group(&mut around.before().skip(1));
    let joined_right = around.right(0) == Some('-') && hex_group(&mut around.after().skip(1));
    if joined_left || joined_right { longer } else { None }
}

fn word(around: &Around) -> Option<Reason> {
    let edge = |c: char| is_word(c);
    let left = edge(around.glyphs[around.start].c) && around.word_left();
    let right = edge(around.glyphs[around.end - 1].c) && around.word_right();
    (left || right).then_some(Reason::LongerWord)
}

/// Addresses written so that nothing takes them for one: `user (at) domain [dot] com`.
fn rewritten(text: &[char], glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let reach = text.len() * 3;
    let first = near.start.saturating_sub(reach);
    let end = (near.end + reach).min(glyphs.len());
    let stretch: String = glyphs[first..end].iter().map(|g| g.c).collect();
    let mut squeezed = stretch;
    for (written, sign) in REWRITTEN {
        squeezed = squeezed.replace(written, sign);
    }
    let text: String = text.iter().collect();
    squeezed.contains(&text).then_some(Found {
        start: near.start,
        end: near.end,
        verdict: Verdict::Review(Reason::Rewritten),
    })
}

const REWRITTEN: &[(&str, &str)] = &[
    ("\"@", "@"),
    ("' + '", ""),
    ("\" + \"", ""),
    ("'+'", ""),
    ("\"+\"", ""),
    ("[.]", "."),
    ("(.)", "."),
    ("[@]", "@"),
    ("(@)", "@"),
    (" [at] ", "@"),
    ("[at]", "@"),
    (" (at) ", "@"),
    ("(at)", "@"),
    (" at ", "@"),
    (" [dot] ", "."),
    ("[dot]", "."),
    (" (dot) ", "."),
    ("(dot)", "."),
    (" dot ", "."),
    (" @ ", "@"),
    (" @", "@"),
    ("@ ", "@"),
    (" . ", "."),
    // Broken over lines where an address must not be.
    ("\n", ""),
];

/// Names that directories and file stores make of an address: a guest's
/// `marta_contoso.com#EXT#@…`, a personal site's `marta_contoso_com`.
fn derived(text: &[char], glyphs: &[Glyph], near: &Range<usize>) -> Option<Found> {
    let guest: Vec<char> = text.iter().map(|&c| if c == '@' { '_' } else { c }).collect();
    let bounce: Vec<char> = text.iter().map(|&c| if c == '@' { '=' } else { c }).collect();
    let site: Vec<char> = text.iter().map(|&c| if is_word(c) { c } else { '_' }).collect();
    [guest, bounce, site].into_iter().find_map(|form| {
        starts(form.len(), near)
            .find(|&start| stands(glyphs, start, &form))
            .map(|start| (start, start + form.len()))
            .filter(|&(start, end)| {
                let around = Around { glyphs, start, end };
                !around.word_left() && !around.word_right()
            })
            .map(|(start, end)| Found { start, end, verdict: Verdict::Review(Reason::DerivedName) })
    })
}
