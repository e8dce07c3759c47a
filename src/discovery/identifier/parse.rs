//! Intake: from a typed value to its comparable form, or a refusal.

use super::{IdentifierError, IdentifierType, IntakeOptions, Shape, phone};
use crate::discovery::text::{fold_str, is_unspaced};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest value that can be searched for, in characters.
const MAX_CHARS: usize = 512;

pub(super) fn shape(
    kind: IdentifierType,
    value: &str,
    options: &IntakeOptions,
) -> Result<Shape, IdentifierError> {
    let folded = fold_str(value);
    if folded.iter().all(|c| c.is_whitespace()) {
        return Err(IdentifierError::Empty);
    }
    if folded.len() > MAX_CHARS {
        return Err(IdentifierError::TooLong(folded.len()));
    }
    // `::7` is one host's.
    let least = if kind == IdentifierType::Ipv6 { 1 } else { 2 };
    telling(value, &folded, least)?;
    match kind {
        IdentifierType::Name => name(value, &folded, options),
        IdentifierType::Email => {
            let bare = fold_str(strip_scheme(value, &["mailto:"]));
            address(&bare, Dots::Required)
                .map_err(|why| IdentifierError::BadEmail { value: value.to_owned(), why })?;
            Ok(Shape::Literal(bare))
        }
        IdentifierType::Upn => {
            address(&folded, Dots::Optional)
                .map_err(|why| IdentifierError::BadUpn { value: value.to_owned(), why })?;
            Ok(Shape::Literal(folded))
        }
        IdentifierType::Sip => {
            let bare = strip_scheme(value, &["sips:", "sip:"]);
            let bare = fold_str(bare.split([';', '?']).next().unwrap_or(bare));
            address(&bare, Dots::Optional)
                .map_err(|why| IdentifierError::BadSip { value: value.to_owned(), why })?;
            Ok(Shape::Literal(bare))
        }
        IdentifierType::Phone => phone::shape(value, options),
        IdentifierType::Ipv4 => {
            let ip = parse_ipv4(value).ok_or_else(|| IdentifierError::BadIpv4(value.to_owned()))?;
            if ip.is_unspecified() || ip.is_loopback() || ip.is_broadcast() {
                return Err(IdentifierError::CommonAddress(value.to_owned()));
            }
            Ok(Shape::Ipv4(ip))
        }
        IdentifierType::Ipv6 => {
            let bare = value.trim_matches(['[', ']']);
            let bare = bare.split(['%', '/']).next().unwrap_or(bare);
            let ip: Ipv6Addr =
                bare.parse().map_err(|_| IdentifierError::BadIpv6(value.to_owned()))?;
            if ip.is_unspecified() || ip.is_loopback() {
                return Err(IdentifierError::CommonAddress(value.to_owned()));
            }
            Ok(ip.to_ipv4_mapped().map_or(Shape::Ipv6(ip), Shape::Ipv4))
        }
        IdentifierType::Guid => guid(value),
        IdentifierType::Puid | IdentifierType::Session => {
            bare_literal(strip_scheme(value, &["0x"]))
        }
        IdentifierType::Machine => {
            let bare = value.trim_start_matches('\\').trim_end_matches(['\\', '$']);
            bare_literal(bare.rsplit('\\').next().unwrap_or(bare))
        }
        IdentifierType::Custom => Ok(Shape::Literal(folded)),
    }
}

/// Refuses what has fewer letters and digits than tell it from everything else.
fn telling(value: &str, folded: &[char], least: usize) -> Result<(), IdentifierError> {
    match folded.iter().filter(|c| c.is_alphanumeric()).count() {
        0 => Err(IdentifierError::NoText(value.to_owned())),
        count if count < least => Err(IdentifierError::TooShort(value.to_owned())),
        _ => Ok(()),
    }
}

/// What is left of a value without its prefix or domain: that alone is searched for.
fn bare_literal(bare: &str) -> Result<Shape, IdentifierError> {
    if bare.is_empty() {
        return Err(IdentifierError::Empty);
    }
    let folded = fold_str(bare);
    telling(bare, &folded, 2)?;
    Ok(Shape::Literal(folded))
}

fn strip_scheme<'a>(value: &'a str, schemes: &[&str]) -> &'a str {
    let value = value.trim_matches(['<', '>']);
    schemes
        .iter()
        .find(|s| value.get(..s.len()).is_some_and(|head| head.eq_ignore_ascii_case(s)))
        .map_or(value, |s| &value[s.len()..])
}

fn name(value: &str, folded: &[char], options: &IntakeOptions) -> Result<Shape, IdentifierError> {
    let mut words: Vec<Vec<char>> = Vec::new();
    let text: String = folded.iter().collect();
    // "Last, First" at intake means the same person.
    let ordered: Vec<&str> = match text.split_once(',') {
        Some((last, first)) => vec![first, last],
        None => vec![&text],
    };
    for part in ordered {
        for word in part.split(|c: char| c.is_whitespace() || c == ',') {
            if word.chars().any(char::is_alphanumeric) {
                words.push(word.chars().collect());
            }
        }
    }
    if let [word] = words.as_slice() {
        // Scripts without spaces write first and last name together.
        let full = word.len() >= 2 && word.iter().all(|&c| is_unspaced(c));
        if !full && !options.allow_single_word {
            return Err(IdentifierError::SingleWordName(value.to_owned()));
        }
    }
    Ok(Shape::Name(words))
}

#[derive(Clone, Copy, PartialEq)]
enum Dots {
    Required,
    Optional,
}

fn address(folded: &[char], dots: Dots) -> Result<(), &'static str> {
    let text: String = folded.iter().collect();
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Err("it has no @");
    };
    if local.is_empty() || !local.chars().any(char::is_alphanumeric) {
        return Err("nothing stands before the @");
    }
    if domain.is_empty() || !domain.chars().any(char::is_alphanumeric) {
        return Err("nothing stands after the @");
    }
    if text.chars().any(char::is_whitespace) {
        return Err("it holds a space");
    }
    if local.contains('@') {
        return Err("it has more than one @");
    }
    if domain.starts_with(['.', '-'])
        || domain.ends_with(['.', '-'])
        || domain.contains("..")
        || domain.chars().any(|c| "<>()[]\\,;\"'/".contains(c))
    {
        return Err("what stands after the @ is no domain");
    }
    if dots == Dots::Required && !domain.contains('.') {
        return Err("its domain has no dot");
    }
    Ok(())
}

fn parse_ipv4(value: &str) -> Option<Ipv4Addr> {
    let bare = value.strip_prefix("::ffff:").unwrap_or(value);
    let bare = bare.split(['/', ':']).next()?;
    let mut octets = [0u8; 4];
    let mut parts = bare.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        // Zero-padded octets are decimal in the logs that write them.
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

fn guid(value: &str) -> Result<Shape, IdentifierError> {
    let bad = || IdentifierError::BadGuid(value.to_owned());
    let bare = strip_scheme(value, &["urn:uuid:", "0x"]);
    let mut bytes = [0u8; 16];
    let mut nibbles = 0;
    for c in bare.chars() {
        if let Some(digit) = c.to_digit(16) {
            let slot = bytes.get_mut(nibbles / 2).ok_or_else(bad)?;
            *slot = (*slot << 4) | u8::try_from(digit).map_err(|_| bad())?;
            nibbles += 1;
        } else if !matches!(c, '-' | '_' | '{' | '}' | '(' | ')') {
            return Err(bad());
        }
    }
    if nibbles != 32 {
        return Err(bad());
    }
    if bytes.iter().all(|&b| b == bytes[0]) {
        return Err(IdentifierError::CommonGuid(value.to_owned()));
    }
    Ok(Shape::Guid(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Identifier;
    use super::*;
    use IdentifierType as T;

    fn refuse(kind: T, value: &str) -> IdentifierError {
        Identifier::parse(kind, value, &IntakeOptions::default()).unwrap_err()
    }

    fn accept(kind: T, value: &str) -> Shape {
        Identifier::parse(kind, value, &IntakeOptions::default()).unwrap().shape().clone()
    }

    #[test]
    fn nothing_that_would_be_found_everywhere_is_accepted() {
        for kind in T::ALL {
            assert_eq!(refuse(kind, " "), IdentifierError::Empty, "{kind}");
            assert!(matches!(refuse(kind, "-.@"), IdentifierError::NoText(_)), "{kind}");
        }
        assert!(matches!(refuse(T::Custom, "x."), IdentifierError::TooShort(_)));
        assert!(matches!(refuse(T::Custom, &"x".repeat(600)), IdentifierError::TooLong(600)));
        assert!(matches!(refuse(T::Ipv4, "127.0.0.1"), IdentifierError::CommonAddress(_)));
        assert!(matches!(refuse(T::Ipv6, "::1"), IdentifierError::CommonAddress(_)));
        assert!(matches!(
            refuse(T::Guid, "00000000-0000-0000-0000-000000000000"),
            IdentifierError::CommonGuid(_)
        ));
    }

    #[test]
    fn impossible_values_are_refused_by_kind() {
        for value in ["marta.contoso.com", "@contoso.com", "marta@", "a b@c.d", "a@b@c.d", "a@b"] {
            assert!(matches!(refuse(T::Email, value), IdentifierError::BadEmail { .. }), "{value}");
        }
        for value in ["10.20.30.256", "10.20.30", "10.20.30.4.5", "10.20.30.x", "1000.1.1.1"] {
            assert!(matches!(refuse(T::Ipv4, value), IdentifierError::BadIpv4(_)), "{value}");
        }
        for value in ["2001:db8:::1", "2001:db8", "1:2:3:4:5:6:7:8:9"] {
            assert!(matches!(refuse(T::Ipv6, value), IdentifierError::BadIpv6(_)), "{value}");
        }
        for value in ["3f2504e0", "3f2504e0-4f89-41d3-9a0c-0305e82c33010", "not a guid at all ab"] {
            assert!(matches!(refuse(T::Guid, value), IdentifierError::BadGuid(_)), "{value}");
        }
        assert!(matches!(refuse(T::Name, "Marta"), IdentifierError::SingleWordName(_)));
        let single = IntakeOptions { allow_single_word: true, ..IntakeOptions::default() };
        assert!(Identifier::parse(T::Name, "Marta", &single).is_ok());
        assert!(matches!(accept(T::Name, "山田太郎"), Shape::Name(words) if words.len() == 1));
    }

    #[test]
    fn what_is_searched_for_is_told_by_more_than_what_is_left_out() {
        // The prefix, the domain and the account's sign are not searched for.
        for (kind, value) in [
            (T::Puid, "0x-"),
            (T::Session, "<0x_->"),
            (T::Machine, "CONTOSO\\-"),
            (T::Machine, "ab\\.$"),
        ] {
            assert!(matches!(refuse(kind, value), IdentifierError::NoText(_)), "{value}");
        }
        for (kind, value) in [(T::Puid, "0x7"), (T::Machine, "CONTOSO\\7$")] {
            assert!(matches!(refuse(kind, value), IdentifierError::TooShort(_)), "{value}");
        }
        // Written as a path, a machine's name ends in a backslash.
        for value in ["PC-7\\", "\\\\PC-7\\", "CONTOSO\\PC-7$\\", "PC-7\\$"] {
            assert_eq!(accept(T::Machine, value), Shape::Literal("pc-7".chars().collect()));
        }
    }

    #[test]
    fn a_phone_without_a_country_is_asked_for() {
        assert!(matches!(
            refuse(T::Phone, "(425) 555-0137"),
            IdentifierError::PhoneWithoutCountry(_)
        ));
        let us = IntakeOptions { calling_code: Some("+1".into()), ..IntakeOptions::default() };
        let expected = Shape::Phone { country: "1".into(), national: "4255550137".into() };
        for value in
            ["(425) 555-0137", "1 425 555 0137", "+1 (425) 555-0137", "tel:+1-425-555-0137"]
        {
            let phone = Identifier::parse(T::Phone, value, &us).unwrap();
            assert_eq!(phone.shape(), &expected, "{value}");
        }
        assert_eq!(
            accept(T::Phone, "+44 (0)20 7946 0958"),
            Shape::Phone { country: "44".into(), national: "2079460958".into() }
        );
        assert_eq!(
            accept(T::Phone, "00353 1 496 0123"),
            Shape::Phone { country: "353".into(), national: "14960123".into() }
        );
        for value in ["+1 425", "+44 call me", "+1 4255550137 4255550137", "+49 111111111"] {
            assert!(matches!(refuse(T::Phone, value), IdentifierError::BadPhone { .. }), "{value}");
        }
    }

    #[test]
    fn values_are_normalised() {
        let folded = |text: &str| Shape::Literal(text.chars().collect());
        assert_eq!(accept(T::Email, "mailto:Marta@Contoso.COM"), folded("marta@contoso.com"));
        assert_eq!(accept(T::Sip, "sips:M@v.contoso.com;user=ip"), folded("m@v.contoso.com"));
        assert_eq!(accept(T::Machine, "CONTOSO\\PC-7$"), folded("pc-7"));
        assert_eq!(accept(T::Puid, "0x10037FFE"), folded("10037ffe"));
        assert_eq!(accept(T::Ipv4, "010.020.030.004"), Shape::Ipv4(Ipv4Addr::new(10, 20, 30, 4)));
        assert_eq!(accept(T::Name, "Quillfeather, Marta"), accept(T::Name, "Marta Quillfeather"));
        assert_eq!(
            accept(T::Guid, "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}"),
            accept(T::Guid, "urn:uuid:3f2504e04f8941d39a0c0305e82c3301")
        );
    }
}
