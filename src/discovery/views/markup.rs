//! Markup taken out of text: tags that only style a word vanish, all others break the line.

use crate::discovery::text::Text;

/// Longest tag, in characters; Word's run properties are long.
const MAX_TAG: usize = 2048;

/// Elements that break no word: HTML's phrasing elements, and what office formats put around runs of
/// text in a paragraph or cell.
const INLINE: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "b",
    "bdi",
    "bdo",
    "big",
    "cite",
    "code",
    "data",
    "dfn",
    "del",
    "em",
    "font",
    "i",
    "ins",
    "kbd",
    "mark",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "time",
    "tt",
    "u",
    "var",
    "wbr",
    "r",
    "t",
    "rpr",
    "sz",
    "color",
    "rfont",
    "family",
    "scheme",
    "charset",
    "rph",
    "phoneticpr",
    "ph",
    "o:p",
    "st1:personname",
    "hl",
    "highlight",
];
/// Elements of office formats that do break.
const OFFICE_BREAKS: &[&str] = &[
    "p",
    "br",
    "cr",
    "tab",
    "tc",
    "tr",
    "tbl",
    "sectpr",
    "si",
    "c",
    "row",
    "h",
    "list-item",
    "line-break",
    "table-cell",
    "s",
];

/// Text without markup. `None` when there is none.
pub(crate) fn strip(text: &Text) -> Option<Text> {
    let chars = text.as_slice();
    let mut out = Text::default();
    let mut stripped = false;
    let mut at = 0;
    while at < chars.len() {
        let (c, start, end) = chars[at];
        if c == '<'
            && let Some((length, inline)) = tag(&chars[at..])
        {
            stripped = true;
            if !inline {
                out.push('\n', start, chars[at + length - 1].2);
            }
            at += length;
            continue;
        }
        out.push(c, start, end);
        at += 1;
    }
    stripped.then_some(out)
}

/// The tag that begins here: its length, and whether words go on across it. What merely stands in
/// angle brackets, such as an address, is no tag.
fn tag(chars: &[(char, u32, u32)]) -> Option<(usize, bool)> {
    let close = chars.iter().take(MAX_TAG).position(|c| c.0 == '>')?;
    let inner: String = chars[1..close].iter().map(|c| c.0).collect();
    if inner.starts_with("!--") || inner.starts_with('?') || inner.starts_with('!') {
        return Some((close + 1, inner.starts_with("!--")));
    }
    let inner = inner.trim_start_matches('/').trim_end_matches('/');
    let name = inner.split(|c: char| c.is_whitespace() || c == '/').next()?.to_ascii_lowercase();
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.'));
    // An attribute has an equals sign; `<Marta Quillfeather>` has not.
    let rest = &inner[inner.len().min(name.len())..];
    if !valid || !rest.trim().is_empty() && !rest.contains('=') {
        return None;
    }
    let local = name.split_once(':').map_or(name.as_str(), |(_, local)| local);
    let office = matches!(
        name.split(':').next(),
        Some("w" | "a" | "m" | "wp" | "text" | "w14" | "mc" | "x")
    ) && name.contains(':');
    let inline =
        if office { !OFFICE_BREAKS.contains(&local) } else { INLINE.contains(&name.as_str()) };
    Some((close + 1, inline))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::text::Encoding;

    fn stripped(text: &str) -> Option<String> {
        strip(&Text::decode(text.as_bytes(), Encoding::Utf8))
            .map(|text| text.iter().map(|c| c.0).collect())
    }

    #[test]
    fn runs_of_a_paragraph_join_and_cells_do_not() {
        for (marked, plain) in [
            ("mar<b>ta</b>", "marta"),
            (
                "<w:t>mar</w:t></w:r><w:proofErr w:type=\"x\"/><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">ta</w:t>",
                "marta",
            ),
            ("<td>a</td><td>b</td>", "\na\n\nb\n"),
            ("a<br/>b", "a\nb"),
            ("<si><r><t>mar</t></r><r><rPr><b/></rPr><t>ta</t></r></si>", "\nmarta\n"),
            ("a<!-- x -->b", "ab"),
        ] {
            assert_eq!(stripped(marked).as_deref(), Some(plain), "{marked}");
        }
        for text in ["<marta@contoso.com>", "a < b > c", "<Marta Quillfeather>", "no markup"] {
            assert_eq!(stripped(text), None, "{text}");
        }
    }
}
