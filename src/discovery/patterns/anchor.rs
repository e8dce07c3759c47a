//! Anchors: for each identifier a few short, rare byte strings, one of which stands in every raw form
//! of it that needs no further view. They are compared without regard to ASCII case.

use super::guid::little_endian;
use super::runs::{LEGACY, LONGEST, letters, longest_run, reversed_run, title_case};
use crate::discovery::findings::{Reason, Step};
use crate::discovery::identifier::{Identifier, IdentifierType, Shape};
use crate::discovery::text::Encoding;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A run of letters this long is an anchor of its own.
const STRONG: usize = 4;

/// What to do where an anchor is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AnchorKind {
    /// Decode the text around it and let the verifier decide.
    Text(TextAnchor),
    /// Compare bytes; nothing needs decoding.
    Exact(Exact),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TextAnchor {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl TextAnchor {
    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::Utf8 => Encoding::Utf8,
            Self::Utf16Le => Encoding::Utf16Le,
            Self::Utf16Be => Encoding::Utf16Be,
        }
    }
}

/// An identifier's value in bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exact {
    pub bytes: Vec<u8>,
    pub step: Step,
    /// Why it is left to a person all the same.
    pub review: Option<Reason>,
    /// Bytes of text: letters or digits beside it make it part of something longer.
    pub wordy: bool,
}

/// All anchors of a query, by their bytes: one may serve many identifiers.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    pub map: BTreeMap<Vec<u8>, Vec<(usize, AnchorKind)>>,
    pub foreign: bool,
    pub signs: Vec<u8>,
}

impl Anchors {
    pub(super) fn add(&mut self, number: usize, identifier: &Identifier) {
        match identifier.shape() {
            Shape::Literal(text) => {
                let value: String = text.iter().collect();
                self.literal(number, identifier.value(), &value);
                if identifier.kind() == IdentifierType::Puid {
                    self.puid(number, &value);
                }
            }
            Shape::Name(_) => self.name(number, identifier.value()),
            Shape::Phone { national, .. } => self.phone(number, national),
            Shape::Ipv4(address) => self.ipv4(number, *address),
            Shape::Ipv6(address) => self.ipv6(number, *address),
            Shape::Guid(bytes) => self.guid(number, bytes),
        }
        self.cover_typed(number, identifier.value());
    }

    fn text(&mut self, number: usize, anchor: &str) {
        self.put(number, anchor.as_bytes(), AnchorKind::Text(TextAnchor::Utf8));
    }

    fn put(&mut self, number: usize, bytes: &[u8], kind: AnchorKind) {
        let entry = self.map.entry(bytes.to_ascii_lowercase()).or_default();
        if !entry.contains(&(number, kind.clone())) {
            entry.push((number, kind));
        }
    }

    /// Whatever the kind: where a plain search would find the value as typed, an anchor must stand.
    fn cover_typed(&mut self, number: usize, typed: &str) {
        let typed = typed.to_ascii_lowercase();
        let covered = self.map.iter().any(|(anchor, served)| {
            served.iter().any(|(n, kind)| *n == number && matches!(kind, AnchorKind::Text(_)))
                && memchr::memmem::find(typed.as_bytes(), anchor).is_some()
        });
        if !covered {
            self.text(number, &typed);
        }
    }

    /// The same value in another notation, in lower or in upper case: for a person.
    fn notation(&mut self, number: usize, text: &str) {
        for text in [text.to_ascii_lowercase(), text.to_ascii_uppercase()] {
            let exact = Exact {
                bytes: text.clone().into_bytes(),
                step: Step::Numbers,
                review: Some(Reason::OtherNotation),
                wordy: true,
            };
            self.put(number, text.as_bytes(), AnchorKind::Exact(exact));
        }
    }

    /// A PUID is a number, and some logs write it in decimal.
    fn puid(&mut self, number: usize, value: &str) {
        if let Ok(value) = u64::from_str_radix(value, 16) {
            self.notation(number, &value.to_string());
        }
    }

    fn literal(&mut self, number: usize, typed: &str, folded: &str) {
        let (local, domain) = folded.split_once('@').unwrap_or((folded, ""));
        let typed_local = typed.split('@').next().unwrap_or(typed);
        if let Some(run) = longest_run(typed_local, STRONG) {
            return self.text(number, &run);
        }
        if typed.is_ascii() && !domain.is_empty() {
            // A short local part is rare only together with what follows it.
            let last: String = reversed_run(local);
            let next: String =
                domain.chars().take_while(char::is_ascii_alphanumeric).take(8).collect();
            for joint in AT_SIGNS {
                self.text(number, &format!("{last}{joint}{next}"));
            }
            self.signs.push(b'@');
            return;
        }
        if typed.is_ascii() {
            self.signs.extend(folded.bytes().filter(u8::is_ascii_punctuation));
            return self.text(number, folded.get(..LONGEST).unwrap_or(folded));
        }
        if folded.is_ascii() {
            // Other letters for plain ones: the plain ones are the same text.
            self.text(number, folded.get(..LONGEST).unwrap_or(folded));
        }
        self.foreign(number, typed);
    }

    fn name(&mut self, number: usize, typed: &str) {
        if let Some(run) = longest_run(typed, STRONG) {
            return self.text(number, &run);
        }
        if !typed.is_ascii() {
            return self.foreign(number, typed);
        }
        // Short words: one of them with whatever can follow it inside the name.
        let words: Vec<String> = typed
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        for pair in words.windows(2) {
            for joint in WORD_JOINTS {
                self.text(number, &format!("{}{joint}", pair[0]));
            }
        }
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            self.text(number, &format!("{last},"));
            if words.len() == 1 {
                self.text(number, first);
            }
        }
        self.signs.push(b' ');
    }

    /// Text without a run of ASCII letters: a few of its letters in every case and both normal
    /// forms, in UTF-8 and UTF-16, and the whole in the encodings of its script.
    fn foreign(&mut self, number: usize, typed: &str) {
        self.foreign = true;
        for part in letters(typed) {
            self.text(number, &part);
            for (unit, kind) in [
                (u16::to_le_bytes as fn(u16) -> [u8; 2], TextAnchor::Utf16Le),
                (u16::to_be_bytes, TextAnchor::Utf16Be),
            ] {
                let bytes: Vec<u8> = part.encode_utf16().flat_map(unit).collect();
                self.put(number, &bytes, AnchorKind::Text(kind));
            }
        }
        let title: String = title_case(typed);
        for text in [typed.to_owned(), typed.to_lowercase(), typed.to_uppercase(), title] {
            for encoding in LEGACY {
                let (bytes, _, lossy) = encoding.encode(&text);
                if !lossy && *bytes != *text.as_bytes() {
                    let exact = Exact {
                        bytes: bytes.to_vec(),
                        step: Step::Legacy,
                        review: None,
                        wordy: true,
                    };
                    self.put(number, &bytes, AnchorKind::Exact(exact));
                }
            }
        }
    }

    /// The last seven digits without separators, and the boundary before a last group of two to six
    /// with some digits on either side of it: long enough to be rare, whatever the grouping.
    fn phone(&mut self, number: usize, national: &str) {
        let length = national.len();
        self.text(number, &national[length.saturating_sub(7)..]);
        for group in 2..=6.min(length - 1) {
            let (head, last) = national.split_at(length - group);
            for joint in DIGIT_JOINTS {
                if group == 2 {
                    // The group before has three digits or more, or else two and the same sign.
                    self.text(number, &format!("{}{joint}{last}", &head[head.len() - 3..]));
                    self.text(number, &format!("{joint}{}{joint}{last}", &head[head.len() - 2..]));
                } else {
                    let before = &head[head.len() - 2.min(head.len())..];
                    self.text(number, &format!("{before}{joint}{last}"));
                }
            }
        }
    }

    fn ipv4(&mut self, number: usize, address: Ipv4Addr) {
        let [a, b, c, d] = address.octets();
        for anchor in [
            format!("{a}.{b}.{c}.{d}"),
            format!("{a:03}.{b:03}.{c:03}.{d:03}"),
            format!("{a}-{b}-{c}-{d}"),
            format!("{a}_{b}_{c}_{d}"),
            format!("{d}.{c}.{b}.{a}.in"),
        ] {
            self.text(number, &anchor);
        }
        self.text(number, &format!("{a}[.]{b}[.]{c}"));
        self.notation(number, &format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"));
        // As the kernel lists its sockets.
        self.notation(number, &format!("{:08x}", u32::from(address).swap_bytes()));
        self.text(number, &format!("{:08x}", u32::from(address)));
        self.text(number, &u32::from(address).to_string());
        let mapped = address.to_ipv6_mapped().segments();
        self.text(number, &format!("ffff:{:x}:{:x}", mapped[6], mapped[7]));
        self.text(number, &format!("ffff:{:04x}:{:04x}", mapped[6], mapped[7]));
    }

    /// Two neighbouring groups, the way they look in every form that does not leave them out.
    fn ipv6(&mut self, number: usize, address: Ipv6Addr) {
        let groups = address.segments();
        // A dotted tail rewrites the last two groups, so the pair comes from the first six.
        let weight = |n: u16| if n == 0 { 0 } else { format!("{n:x}").len() };
        let pair = (0..5)
            .filter(|&i| groups[i] != 0 && groups[i + 1] != 0)
            .max_by_key(|&i| (weight(groups[i]) + weight(groups[i + 1]), i));
        if let Some(i) = pair {
            let head = format!("{:x}", groups[i]);
            for sign in [":", "-", "%3a", "%253a"] {
                self.text(number, &format!("{head}{sign}{:x}", groups[i + 1]));
                self.text(number, &format!("{head}{sign}{:04x}", groups[i + 1]));
            }
        } else {
            // Lone groups between zeros: each with the colon that follows it in any form.
            let lone = (0..6).filter(|&i| groups[i] != 0).max_by_key(|&i| weight(groups[i]));
            for sign in [':', '-'] {
                match lone {
                    Some(i) => self.text(number, &format!("{:x}{sign}", groups[i])),
                    None => {
                        self.text(number, &format!("{sign}{:x}{sign}{:x}", groups[6], groups[7]));
                        self.text(
                            number,
                            &format!("{sign}{:04x}{sign}{:04x}", groups[6], groups[7]),
                        );
                        self.text(number, &format!("{sign}{sign}{:x}", groups[7]));
                        self.text(number, &format!("{sign}0{sign}{:x}", groups[7]));
                        self.text(number, &format!("0000{sign}{:04x}", groups[7]));
                    }
                }
            }
        }
        let digits = address.octets().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        self.notation(number, &digits);
        let bytes = address.octets().to_vec();
        self.put(
            number,
            &bytes.clone(),
            AnchorKind::Exact(Exact { bytes, step: Step::Binary, review: None, wordy: false }),
        );
        let nibbles: Vec<String> = address
            .octets()
            .iter()
            .rev()
            .flat_map(|b| [b & 15, b >> 4])
            .map(|n| format!("{n:x}"))
            .collect();
        self.text(number, &nibbles[..8].join("."));
    }

    /// Also as the security identifier that Windows makes of a directory's object id.
    fn guid(&mut self, number: usize, guid: &[u8; 16]) {
        let words: Vec<String> = little_endian(guid)
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]).to_string())
            .collect();
        let sid = format!("S-1-12-1-{}", words.join("-"));
        let review = Some(Reason::OtherNotation);
        let exact =
            Exact { bytes: sid.clone().into_bytes(), step: Step::Numbers, review, wordy: true };
        self.put(number, sid.as_bytes(), AnchorKind::Exact(exact));
        for bytes in [*guid, little_endian(guid)] {
            let hex: Vec<String> = bytes[..4].iter().map(|b| format!("{b:02x}")).collect();
            for joint in ["", "-", " ", ":", ",", ", ", "\\", "\\x", "%", "=", ",0x", ", 0x", " 0x"]
            {
                let anchor = hex.join(joint);
                self.text(number, &anchor);
            }
            self.put(
                number,
                &bytes,
                AnchorKind::Exact(Exact {
                    bytes: bytes.to_vec(),
                    step: Step::Binary,
                    review: None,
                    wordy: false,
                }),
            );
            let encoded = STANDARD_NO_PAD.encode(bytes);
            let safe = encoded.replace('+', "-").replace('/', "_");
            for text in [encoded, safe] {
                let exact = Exact {
                    bytes: text.clone().into_bytes(),
                    step: Step::Base64,
                    review: None,
                    wordy: true,
                };
                self.put(number, text.as_bytes(), AnchorKind::Exact(exact));
            }
        }
    }
}

/// How `@` is written; what else there is comes from the views.
const AT_SIGNS: &[&str] = &[
    "@",
    "%40",
    "%2540",
    "\\u0040",
    "\\\\u0040",
    "&#64;",
    "&#x40;",
    "&commat;",
    "=40",
    "_",
    "\\x40",
    "\\@",
    "_x0040_",
];

/// What can stand directly after a word inside a name: white space as it is and escaped, a hyphen
/// or underscore, markup.
const WORD_JOINTS: &[&str] = &[
    " ", "\t", "\n", "\r", "+", "%", "&", "\\", "=", "_", "-", "<", "\u{a0}", "\u{2002}",
    "\u{3000}",
];

/// What stands between two groups of a number: signs and spaces of every kind. Their escapes are
/// triggers.
const DIGIT_JOINTS: &[&str] = &[
    " ", "-", ".", "/", ") ", ")", " - ", "  ", "\u{a0}", "\u{2011}", "\u{2010}", "\u{2013}",
    "\u{2212}", "\u{202f}", "\u{2009}", "+",
];
