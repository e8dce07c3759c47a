//! Phone numbers at intake: calling code and national number.

use super::{IdentifierError, IntakeOptions, Shape};

/// ITU-T E.164 calling codes of two digits; 1 and 7 have one, all others three.
const TWO_DIGITS: [u8; 43] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
];
/// Codes of two digits that are not in the run above.
const TWO_DIGITS_MORE: [u8; 1] = [98];

/// How many of the digits after `+` are the calling code; `None` when no such code is assigned.
fn country_length(digits: &str) -> Option<usize> {
    let first = digits.bytes().next()?;
    match first {
        b'0' => None,
        b'1' | b'7' => Some(1),
        _ => {
            let two: u8 = digits.get(..2)?.parse().ok()?;
            let known = TWO_DIGITS.contains(&two) || TWO_DIGITS_MORE.contains(&two);
            Some(if known { 2 } else { 3 })
        }
    }
}

/// What a country's callers dial before a national number.
pub(crate) fn trunk_prefixes(country: &str) -> &'static [&'static str] {
    match country {
        "1" => &["1"],
        "7" => &["8"],
        "36" => &["06", "0"],
        "370" => &["8", "0"],
        _ => &["0"],
    }
}

pub(super) fn shape(value: &str, options: &IntakeOptions) -> Result<Shape, IdentifierError> {
    let bad = |why| IdentifierError::BadPhone { value: value.to_owned(), why };
    let folded: String = crate::discovery::text::fold_str(value).into_iter().collect();
    let body = folded.strip_prefix("tel:").unwrap_or(&folded);
    // An extension is dialled after the number; the number itself is what identifies.
    let body = body.split(['x', ';', '#']).next().unwrap_or(body);
    let body = body.split("ext").next().unwrap_or(body).trim();
    if body.chars().any(|c| !c.is_ascii_digit() && !"+-./() ".contains(c)) {
        return Err(bad("only digits and the separators + - . / ( ) belong in one"));
    }
    let international = body.trim_start_matches(['(', ' ']).starts_with('+');
    // "+44 (0)20 …": the zero in brackets is dialled only inside the country.
    let body = if international { body.replace("(0)", "") } else { body.to_owned() };
    let digits: String = body.chars().filter(char::is_ascii_digit).collect();
    let (country, national) = if international {
        split(&digits).ok_or_else(|| bad("no country has this calling code"))?
    } else if let Some(rest) = digits.strip_prefix("00").or(digits.strip_prefix("011")) {
        split(rest).ok_or_else(|| bad("no country has this calling code"))?
    } else {
        let Some(code) = &options.calling_code else {
            return Err(IdentifierError::PhoneWithoutCountry(value.to_owned()));
        };
        let code = code.trim().trim_start_matches('+');
        if country_length(code) != Some(code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad("the calling code of the request's country is not one"));
        }
        let national = trunk_prefixes(code)
            .iter()
            .find_map(|trunk| digits.strip_prefix(trunk))
            .unwrap_or(&digits);
        (code.to_owned(), national.to_owned())
    };
    match national.len() {
        0..=5 => Err(bad("it is too short: at least six digits after the country's code")),
        length if length + country.len() > 15 => Err(bad("it has more than 15 digits")),
        _ if national.bytes().all(|b| Some(b) == national.bytes().next()) => {
            Err(bad("it is one digit over and over"))
        }
        _ => Ok(Shape::Phone { country, national }),
    }
}

fn split(digits: &str) -> Option<(String, String)> {
    let length = country_length(digits)?;
    let (country, national) = digits.split_at_checked(length)?;
    // Italy and a few others keep the zero in international form; everywhere else it is a slip.
    Some((country.to_owned(), national.to_owned()))
}
