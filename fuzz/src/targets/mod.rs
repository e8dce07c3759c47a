//! What is fuzzed, a target a format: each makes of arbitrary bytes an input of its parser and checks what
//! must hold whatever the bytes are.

mod bundle;
mod discovery;
mod log;
mod records;
mod surroundings;
mod terminal;
mod workspace;

/// A target by its name, which is also that of its corpus.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 26] = [
    ("agent", surroundings::agent),
    ("audit", workspace::audit),
    ("base64", discovery::base64),
    ("bundle", bundle::bundle),
    ("checkpoint", log::checkpoint),
    ("config", surroundings::config),
    ("dumps", discovery::dumps),
    ("escapes", discovery::escapes),
    ("index", workspace::index),
    ("intake", discovery::intake),
    ("journal", workspace::journal),
    ("keys", log::keys),
    ("leaves", log::leaves),
    ("mail", discovery::mail),
    ("markup", discovery::markup),
    ("openings", log::openings),
    ("opendsr", surroundings::opendsr),
    ("packed", discovery::packed),
    ("records", records::records),
    ("recovery", log::recovery),
    ("sidecars", records::sidecars),
    ("signers", log::signers),
    ("terminal", terminal::terminal),
    ("utf16", discovery::utf16),
    ("whole", discovery::whole),
    ("zip", discovery::zip),
];

/// Runs a target by its name.
pub fn run(name: &str, data: &[u8]) {
    let known = TARGETS.iter().find(|(known, _)| *known == name);
    known.expect("a target of this name").1(data);
}

/// Bytes up to and after a place that the first of them chooses.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return (&[], &[]) };
    rest.split_at(rest.len() * usize::from(first) / 256)
}

/// Text in which bytes beyond ASCII stand for fragments: what a format is made of comes often.
fn worded(data: &[u8], fragments: &[&str]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in data {
        match byte.checked_sub(0x80) {
            Some(n) => {
                text.extend(fragments[usize::from(n) % fragments.len()].as_bytes());
            }
            None => text.push(byte),
        }
    }
    text
}

/// Changes the bytes that pairs of `data` name.
fn damage(bytes: &mut [u8], data: &[u8]) {
    for pair in data.chunks_exact(2).take(16) {
        let at = usize::from(pair[0]) * bytes.len() / 256;
        if let Some(byte) = bytes.get_mut(at) {
            *byte = pair[1];
        }
    }
}

/// The bytes with a piece of them replaced: the first two bytes of `data` say where it begins, the third how
/// long it is, the others stand in its place.
fn splice(bytes: &[u8], data: &[u8]) -> Vec<u8> {
    let Some((&[high, low, length], piece)) = data.split_first_chunk() else {
        return bytes.to_vec();
    };
    let start = usize::from(u16::from_be_bytes([high, low])) * (bytes.len() + 1) / 65_536;
    let end = (start + usize::from(length)).min(bytes.len());
    [&bytes[..start], piece, &bytes[end..]].concat()
}

/// Whether a sentence can be shown as it is.
fn is_plain(sentence: &str) -> bool {
    !sentence.is_empty() && !sentence.contains('\u{1b}')
}
