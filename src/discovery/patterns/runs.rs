//! The parts of a typed value that anchors are made of.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest anchor; more bytes do not make it rarer.
pub(super) const LONGEST: usize = 12;

/// Encodings of files older than Unicode, by script.
pub(super) static LEGACY: &[&encoding_rs::Encoding] = &[
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::WINDOWS_1252,
    encoding_rs::WINDOWS_1253,
    encoding_rs::WINDOWS_1254,
    encoding_rs::WINDOWS_1255,
    encoding_rs::WINDOWS_1256,
    encoding_rs::WINDOWS_1257,
    encoding_rs::WINDOWS_1258,
    encoding_rs::WINDOWS_874,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_5,
    encoding_rs::ISO_8859_7,
    encoding_rs::KOI8_R,
    encoding_rs::KOI8_U,
    encoding_rs::IBM866,
    encoding_rs::MACINTOSH,
    encoding_rs::X_MAC_CYRILLIC,
    encoding_rs::SHIFT_JIS,
    encoding_rs::EUC_JP,
    encoding_rs::ISO_2022_JP,
    encoding_rs::GB18030,
    encoding_rs::BIG5,
    encoding_rs::EUC_KR,
];

/// Runs that stand in countless files of support cases.
const COMMON: &[&str] = &[
    "desktop",
    "laptop",
    "contoso",
    "microsoft",
    "onmicrosoft",
    "server",
    "client",
    "admin",
    "user",
    "users",
    "mail",
    "corp",
    "test",
    "info",
    "support",
    "service",
    "session",
    "windows",
    "azure",
    "teams",
    "outlook",
    "http",
    "https",
    "error",
];

/// The runs of ASCII letters and digits that no normal form, ligature or case mapping changes.
pub(super) fn runs(typed: &str) -> Vec<String> {
    let composed: Vec<char> = typed.nfc().collect();
    let mut runs = vec![String::new()];
    for (i, &c) in composed.iter().enumerate() {
        let marked = composed.get(i + 1).is_some_and(|&next| is_combining_mark(next));
        match runs.last_mut() {
            Some(run) if c.is_ascii_alphanumeric() && !marked => run.push(c.to_ascii_lowercase()),
            _ => runs.push(String::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// The run of at least `least` characters that is likely to be the rarest: long, with letters, best
/// of letters and digits mixed, and no word that stands everywhere.
pub(super) fn longest_run(typed: &str, least: usize) -> Option<String> {
    let weight = |run: &String| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let mixed = digits > 0 && digits < run.len();
        let common = COMMON.contains(&run.as_str());
        (run.len() * 2 + if mixed { run.len() } else { 0 })
            .saturating_sub(digits + if common { 2 * run.len() } else { 0 })
    };
    let best = runs(typed).into_iter().filter(|run| run.len() >= least).max_by_key(weight)?;
    (!COMMON.contains(&best.as_str())).then(|| best.chars().take(LONGEST).collect())
}

/// The run of letters that a text ends with.
pub(super) fn reversed_run(text: &str) -> String {
    let run: Vec<char> =
        text.chars().rev().take_while(char::is_ascii_alphanumeric).take(8).collect();
    run.into_iter().rev().collect()
}

/// Two neighbouring letters of the text, in every case and in both normal forms.
pub(super) fn letters(typed: &str) -> Vec<String> {
    let composed: Vec<char> = typed.nfc().collect();
    let pair = composed
        .windows(2)
        .filter(|pair| pair.iter().all(|c| c.is_alphanumeric()))
        .max_by_key(|pair| pair.iter().map(|c| c.len_utf8()).sum::<usize>())
        .or_else(|| composed.windows(1).find(|one| one[0].is_alphanumeric()))
        // Signs that fold to letters, such as `№`, are none themselves.
        .or_else(|| composed.windows(1).next());
    let mut parts = vec![String::new()];
    for &c in pair.unwrap_or_default() {
        let cased = [c.to_string(), c.to_lowercase().collect(), c.to_uppercase().collect()];
        let forms = cased.iter().flat_map(|s| [s.nfc().collect::<String>(), s.nfd().collect()]);
        let mut forms: Vec<String> = forms.collect();
        forms.sort();
        forms.dedup();
        parts = parts
            .iter()
            .flat_map(|part| forms.iter().map(move |form| format!("{part}{form}")))
            .collect();
    }
    parts
}

pub(super) fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        begins = !c.is_alphanumeric();
    }
    out
}
