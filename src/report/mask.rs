//! Identifiers as a report shows them (ATT-3): enough to recognise, too little to use.

/// The masked form of an identifier of a type: e-mail addresses and principal names `j…@contoso.com`,
/// phone numbers `+1 …37`, names by initials, anything else by its first and last two characters.
/// What would show more than half of a short value shows less.
#[must_use]
pub fn mask(kind: &str, value: &str) -> String {
    let value = value.trim();
    let kind = kind.to_ascii_lowercase().replace('-', "_");
    match kind.as_str() {
        "email" | "e_mail" | "mail" | "upn" | "account" if value.contains('@') => address(value),
        "phone" | "telephone" | "mobile" => phone(value),
        "name" | "full_name" | "person" => initials(value),
        _ if value.contains('@') => address(value),
        _ => ends(value),
    }
}

fn address(value: &str) -> String {
    let (local, domain) = value.rsplit_once('@').unwrap_or((value, ""));
    let first = local.chars().next().map(String::from).unwrap_or_default();
    format!("{first}\u{2026}@{domain}")
}

fn initials(value: &str) -> String {
    let initials: Vec<String> = value
        .split(|c: char| c.is_whitespace() || c == '-')
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .map(|first| format!("{first}."))
        .collect();
    if initials.is_empty() { "\u{2026}".to_owned() } else { initials.join(" ") }
}

fn ends(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    let shown = |chars: &[char]| chars.iter().collect::<String>();
    match chars.len() {
        0..=2 => "\u{2026}".to_owned(),
        3..=7 => format!("{}\u{2026}", chars[0]),
        n => format!("{}\u{2026}{}", shown(&chars[..2]), shown(&chars[n - 2..])),
    }
}

fn phone(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 6 {
        return "\u{2026}".to_owned();
    }
    let last = &digits[digits.len() - 2..];
    if value.starts_with('+') {
        format!("+{} \u{2026}{last}", &digits[..country_code(&digits)])
    } else {
        format!("\u{2026}{last}")
    }
}

/// Digits of the country calling code at the beginning (ITU-T E.164 assignments).
fn country_code(digits: &str) -> usize {
    const TWO: [&str; 44] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
        "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
        "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if TWO.iter().any(|code| digits.starts_with(code)) => 2,
        _ => 3,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn att_3_identifiers_are_masked_by_type() {
        for (kind, value, masked) in [
            ("email", "jane@contoso.com", "j\u{2026}@contoso.com"),
            ("upn", "j@contoso.com", "j\u{2026}@contoso.com"),
            ("phone", "+1 425 555 0137", "+1 \u{2026}37"),
            ("phone", "+493012345678", "+49 \u{2026}78"),
            ("phone", "+35312345678", "+353 \u{2026}78"),
            ("phone", "030 1234567", "\u{2026}67"),
            ("phone", "110", "\u{2026}"),
            ("name", "Jane  Doe-Smith", "J. D. S."),
            ("name", "\u{c9}lodie", "\u{c9}."),
            ("guid", "b4c1aaaa-1111-2222-3333-44445555dd9f", "b4\u{2026}9f"),
            ("employee_id", "A12345", "A\u{2026}"),
            ("ip", "10.1.2.33", "10\u{2026}33"),
            ("other", "", "\u{2026}"),
            ("user-name", "jane@contoso.com", "j\u{2026}@contoso.com"),
        ] {
            assert_eq!(mask(kind, value), masked, "{kind} {value}");
        }
    }
}
